//! The fields of the `geoip` filter: their names, and which of them each kind of database gives.
//!
//! Source of behaviour: logstash-filter-geoip 7.3.4, `Field.java` and `Database.java`.

macro_rules! fields {
    ($($field:ident $name:literal $ecs:literal $legacy:literal)+) => {
        /// One thing that is known of an address.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Field {
            $($field,)+
        }

        impl Field {
            /// All fields, in the order in which they are set.
            pub(super) const ALL: &'static [Self] = &[$(Self::$field,)+];

            /// The name in the option `fields`.
            pub(super) fn name(self) -> &'static str {
                match self {
                    $(Self::$field => $name,)+
                }
            }

            /// The place below the target with ECS; empty where there is none.
            pub(super) fn ecs(self) -> &'static str {
                match self {
                    $(Self::$field => $ecs,)+
                }
            }

            /// The place below the target without ECS.
            pub(super) fn legacy(self) -> &'static str {
                match self {
                    $(Self::$field => $legacy,)+
                }
            }
        }
    };
}

fields! {
    AsNumber "autonomous_system_number" "[as][number]" "[asn]"
    AsOrganization "autonomous_system_organization" "[as][organization][name]" "[as_org]"
    CityName "city_name" "[geo][city_name]" "[city_name]"
    CountryName "country_name" "[geo][country_name]" "[country_name]"
    ContinentCode "continent_code" "[geo][continent_code]" "[continent_code]"
    ContinentName "continent_name" "[geo][continent_name]" "[continent_name]"
    CountryCode2 "country_code2" "[geo][country_iso_code]" "[country_code2]"
    CountryCode3 "country_code3" "" "[country_code3]"
    Domain "domain" "[domain]" "[domain]"
    Ip "ip" "[ip]" "[ip]"
    Isp "isp" "[mmdb][isp]" "[isp]"
    PostalCode "postal_code" "[geo][postal_code]" "[postal_code]"
    DmaCode "dma_code" "[mmdb][dma_code]" "[dma_code]"
    RegionName "region_name" "[geo][region_name]" "[region_name]"
    RegionCode "region_code" "[geo][region_code]" "[region_code]"
    RegionIsoCode "region_iso_code" "[geo][region_iso_code]" "[region_iso_code]"
    Timezone "timezone" "[geo][timezone]" "[timezone]"
    Location "location" "[geo][location]" "[location]"
    Latitude "latitude" "[geo][location][lat]" "[latitude]"
    Longitude "longitude" "[geo][location][lon]" "[longitude]"
    Organization "organization" "[mmdb][organization]" "[organization]"
    Network "network" "[ip_traits][network]" "[network]"
    HostingProvider "hosting_provider" "[ip_traits][hosting_provider]" "[hosting_provider]"
    TorExitNode "tor_exit_node" "[ip_traits][tor_exit_node]" "[tor_exit_node]"
    AnonymousVpn "anonymous_vpn" "[ip_traits][anonymous_vpn]" "[anonymous_vpn]"
    Anonymous "anonymous" "[ip_traits][anonymous]" "[anonymous]"
    PublicProxy "public_proxy" "[ip_traits][public_proxy]" "[public_proxy]"
    ResidentialProxy "residential_proxy" "[ip_traits][residential_proxy]" "[residential_proxy]"
}

impl Field {
    /// The field of a name, in any case of its letters.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.name().eq_ignore_ascii_case(name))
    }
}

/// What a database knows of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    AnonymousIp,
    Asn,
    City,
    Country,
    Domain,
    Enterprise,
    Isp,
}

impl Kind {
    /// The kind that a database says to be; the order of the tests is that of the original.
    pub(super) fn from_type(name: &str) -> Option<Self> {
        let kinds = [
            ("City", Self::City),
            ("Country", Self::Country),
            ("GeoIP2-Domain", Self::Domain),
            ("GeoLite2-ASN", Self::Asn),
            ("GeoIP2-ISP", Self::Isp),
            ("Enterprise", Self::Enterprise),
            ("GeoIP2-Anonymous-IP", Self::AnonymousIp),
        ];
        kinds.iter().find(|(part, _)| name.contains(part)).map(|(_, kind)| *kind)
    }

    /// The fields that are set when the config names none.
    pub(super) fn default_fields(self, is_ecs: bool) -> &'static [Field] {
        use Field::{
            Anonymous, AnonymousVpn, AsNumber, AsOrganization, CityName, ContinentCode,
            ContinentName, CountryCode2, CountryCode3, CountryName, DmaCode, Domain,
            HostingProvider, Ip, Isp, Latitude, Location, Longitude, Organization, PostalCode,
            PublicProxy, RegionCode, RegionIsoCode, RegionName, ResidentialProxy, Timezone,
            TorExitNode,
        };
        match self {
            Self::AnonymousIp => &[
                HostingProvider,
                TorExitNode,
                AnonymousVpn,
                Anonymous,
                PublicProxy,
                ResidentialProxy,
            ],
            Self::Asn => &[AsNumber, AsOrganization, Ip],
            Self::City if is_ecs => &[
                CityName,
                CountryName,
                ContinentCode,
                CountryCode2,
                Ip,
                PostalCode,
                DmaCode,
                RegionName,
                RegionIsoCode,
                Timezone,
                Location,
            ],
            Self::City => &[
                CityName,
                CountryName,
                ContinentCode,
                CountryCode2,
                CountryCode3,
                Ip,
                PostalCode,
                DmaCode,
                RegionName,
                RegionCode,
                Timezone,
                Location,
                Latitude,
                Longitude,
            ],
            Self::Country => &[CountryName, ContinentName, CountryCode2, Ip],
            Self::Domain => &[Domain],
            Self::Enterprise => &[
                CityName,
                CountryName,
                ContinentName,
                CountryCode2,
                Ip,
                RegionName,
                RegionIsoCode,
                Location,
            ],
            Self::Isp => &[AsNumber, AsOrganization, Ip, Isp, Organization],
        }
    }
}
