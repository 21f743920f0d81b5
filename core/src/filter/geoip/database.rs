//! An address in a `MaxMind` database to the values of fields, which borrow the database's texts.

use core::net::IpAddr;

use maxminddb::Reader;

use crate::arena::Arena;
use crate::event::{Key, Object, Value};
use crate::filter::geoip::answer::{Place, Traits};
use crate::filter::geoip::fields::{Field, Kind};
use crate::filter::stored::FileError;
use crate::limits;
use crate::program::FileBytes;

/// A database that can be asked.
#[derive(Debug)]
pub(super) struct Database {
    reader: Reader<FileBytes>,
    pub(super) kind: Kind,
}

/// The database does not have the address, or is damaged at its place.
#[derive(Debug)]
pub(super) struct NotFound;

impl From<maxminddb::MaxMindDbError> for NotFound {
    fn from(_: maxminddb::MaxMindDbError) -> Self {
        Self
    }
}

/// The values of an answer, in the order of the fields that were asked for.
pub(super) type Answer<'b> = bumpalo::collections::Vec<'b, (Field, Value<'b>)>;

impl Database {
    /// Reads the head of a database.
    pub(super) fn open(bytes: &FileBytes) -> Result<Self, FileError> {
        check_size(bytes.as_ref().len())?;
        let reader = Reader::from_source(bytes.clone())
            .map_err(|error| FileError::new(format!("is no MaxMind database: {error}")))?;
        let name = &reader.metadata().database_type;
        let Some(kind) = Kind::from_type(name) else {
            return Err(FileError::new(format!(
                "is of the type `{name}`; known are City, Country, Enterprise, GeoLite2-ASN, GeoIP2-ISP, \
                 GeoIP2-Domain and GeoIP2-Anonymous-IP"
            )));
        };
        Ok(Self { reader, kind })
    }

    /// What the database knows of an address.
    pub(super) fn find<'b>(
        &'b self,
        address: IpAddr,
        fields: &[Field],
        arena: &'b Arena,
    ) -> Result<Answer<'b>, NotFound> {
        let found = self.reader.lookup(address)?;
        let mut answer = arena.list();
        let mut add = |field, value: Option<Value<'b>>| {
            if let Some(value) = value {
                answer.push((field, value));
            }
        };
        match self.kind {
            Kind::City | Kind::Country | Kind::Enterprise => {
                let place: Place<'b> = found.decode()?.ok_or(NotFound)?;
                let location = &place.location;
                let has_place = location.latitude.is_some() || location.longitude.is_some();
                if self.kind == Kind::City && !has_place {
                    return Err(NotFound);
                }
                for &field in fields {
                    add(field, place_field(field, &place, address, self.kind, arena));
                }
            }
            Kind::Asn | Kind::Isp => {
                let isp: Traits<'b> = found.decode()?.ok_or(NotFound)?;
                for &field in fields {
                    let value = match field {
                        Field::AsNumber => isp.autonomous_system_number.map(|it| Value::Int(it.into())),
                        Field::AsOrganization => isp.autonomous_system_organization.map(Value::Str),
                        Field::Ip => Some(Value::Str(host_address(address, arena))),
                        Field::Isp if self.kind == Kind::Isp => isp.isp.map(Value::Str),
                        Field::Organization if self.kind == Kind::Isp => {
                            isp.organization.map(Value::Str)
                        }
                        Field::Network if self.kind == Kind::Asn => network(&found, arena),
                        _ => None,
                    };
                    add(field, value);
                }
            }
            Kind::Domain => {
                let domain: Traits<'b> = found.decode()?.ok_or(NotFound)?;
                if fields.contains(&Field::Domain) {
                    add(Field::Domain, Some(domain.domain.map_or(Value::Null, Value::Str)));
                }
            }
            Kind::AnonymousIp => {
                let traits: Traits<'b> = found.decode()?.ok_or(NotFound)?;
                for &field in fields {
                    let flag = match field {
                        Field::Anonymous => traits.is_anonymous,
                        Field::AnonymousVpn => traits.is_anonymous_vpn,
                        Field::HostingProvider => traits.is_hosting_provider,
                        Field::PublicProxy => traits.is_public_proxy,
                        Field::ResidentialProxy => traits.is_residential_proxy,
                        Field::TorExitNode => traits.is_tor_exit_node,
                        Field::Ip => {
                            add(field, Some(Value::Str(host_address(address, arena))));
                            continue;
                        }
                        _ => continue,
                    };
                    add(field, Some(Value::Bool(flag.unwrap_or(false))));
                }
            }
        }
        Ok(answer)
    }
}

fn check_size(bytes: usize) -> Result<(), FileError> {
    if bytes > limits::DATABASE_BYTES {
        let most = limits::DATABASE_BYTES;
        let message = format!("has {bytes} bytes, more than the {most} that are taken");
        return Err(FileError::limit(message));
    }
    Ok(())
}

fn place_field<'b>(
    field: Field,
    place: &Place<'b>,
    address: IpAddr,
    kind: Kind,
    arena: &'b Arena,
) -> Option<Value<'b>> {
    let region = place.region.as_ref();
    let location = &place.location;
    let traits = &place.traits;
    let is_city = kind == Kind::City;
    let is_enterprise = kind == Kind::Enterprise;
    let text = match field {
        Field::Ip => Some(host_address(address, arena)),
        Field::CountryCode2 => place.country.iso_code,
        Field::CountryName => place.country.names.english,
        Field::ContinentName => place.continent.names.english,
        Field::CityName if kind != Kind::Country => place.city.names.english,
        Field::RegionName if kind != Kind::Country => region.and_then(|it| it.names.english),
        Field::RegionIsoCode if kind != Kind::Country => {
            let (country, region) = (place.country.iso_code?, region?.iso_code?);
            Some(arena.build(|out| {
                out.push_str(country);
                out.push('-');
                out.push_str(region);
            }))
        }
        Field::Timezone if kind != Kind::Country => location.time_zone,
        Field::ContinentCode if is_city => place.continent.code,
        Field::CountryCode3 if is_city => place.country.iso_code,
        Field::PostalCode if is_city => place.postal.code,
        Field::RegionCode if is_city => region.and_then(|it| it.iso_code),
        Field::AsOrganization if is_enterprise => traits.autonomous_system_organization,
        _ => {
            let flag = |flag: Option<bool>| is_enterprise.then(|| Value::Bool(flag.unwrap_or(false)));
            return match field {
                Field::Location if kind != Kind::Country => {
                    let mut object = Object::new_in(arena);
                    object.insert(Key::new("lat"), Value::Float(location.latitude?), arena);
                    object.insert(Key::new("lon"), Value::Float(location.longitude?), arena);
                    Some(Value::object(object, arena))
                }
                Field::Latitude if is_city => location.latitude.map(Value::Float),
                Field::Longitude if is_city => location.longitude.map(Value::Float),
                Field::DmaCode if is_city => location.metro_code.map(|code| Value::Int(code.into())),
                Field::AsNumber if is_enterprise => {
                    traits.autonomous_system_number.map(|it| Value::Int(it.into()))
                }
                Field::Anonymous => flag(traits.is_anonymous),
                Field::AnonymousVpn => flag(traits.is_anonymous_vpn),
                Field::HostingProvider => flag(traits.is_hosting_provider),
                Field::PublicProxy => flag(traits.is_public_proxy),
                Field::ResidentialProxy => flag(traits.is_residential_proxy),
                Field::TorExitNode => flag(traits.is_tor_exit_node),
                _ => None,
            };
        }
    };
    text.map(Value::Str)
}

fn network<'b>(
    found: &maxminddb::LookupResult<'b, FileBytes>,
    arena: &'b Arena,
) -> Option<Value<'b>> {
    use core::fmt::Write;
    let network = found.network().ok()?;
    Some(Value::Str(arena.build(|out| {
        let _ = write!(out, "{network}");
    })))
}

/// An address as Java writes it: IPv6 with all of its eight parts.
fn host_address(address: IpAddr, arena: &Arena) -> &str {
    use core::fmt::Write;
    arena.build(|out| match address {
        IpAddr::V4(address) => {
            let _ = write!(out, "{address}");
        }
        IpAddr::V6(address) => {
            for (at, part) in address.segments().iter().enumerate() {
                if at > 0 {
                    out.push(':');
                }
                let _ = write!(out, "{part:x}");
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_has_a_greatest_size() {
        assert!(check_size(limits::DATABASE_BYTES).is_ok());
        assert!(check_size(limits::DATABASE_BYTES + 1).expect_err("too large").is_limit);
    }

    #[test]
    fn ipv6_addresses_have_all_their_parts() {
        let arena = Arena::new();
        let text = |address: &str| host_address(address.parse().expect(address), &arena);
        assert_eq!(text("2001:218::1"), "2001:218:0:0:0:0:0:1");
        assert_eq!(text("10.0.0.1"), "10.0.0.1");
    }
}
