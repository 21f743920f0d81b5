//! What is read of a database's answer: no more than fields are made of, and one type for what has one shape, so that little code is
//! made of it and what is not asked for is skipped.

use core::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};

/// Entries of a list of regions: 32. Stops a damaged database from giving a list without end; the databases have 2 at most.
const REGIONS: usize = 32;

/// A place: City, Country and Enterprise databases.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Place<'a> {
    #[serde(borrow)]
    pub(super) city: Named<'a>,
    pub(super) continent: Named<'a>,
    pub(super) country: Named<'a>,
    pub(super) location: Location<'a>,
    pub(super) postal: Named<'a>,
    #[serde(rename = "subdivisions", deserialize_with = "last")]
    pub(super) region: Option<Named<'a>>,
    pub(super) traits: Traits<'a>,
}

/// Something with a name or a code.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Named<'a> {
    #[serde(borrow)]
    pub(super) code: Option<&'a str>,
    pub(super) iso_code: Option<&'a str>,
    pub(super) names: Names<'a>,
}

/// The name in English.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Names<'a> {
    #[serde(borrow, rename = "en")]
    pub(super) english: Option<&'a str>,
}

/// A point on the earth.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Location<'a> {
    pub(super) latitude: Option<f64>,
    pub(super) longitude: Option<f64>,
    pub(super) metro_code: Option<u16>,
    #[serde(borrow)]
    pub(super) time_zone: Option<&'a str>,
}

/// Who has the address: the traits of a place, and ASN, ISP, Domain and Anonymous-IP databases.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Traits<'a> {
    pub(super) autonomous_system_number: Option<u32>,
    #[serde(borrow)]
    pub(super) autonomous_system_organization: Option<&'a str>,
    pub(super) domain: Option<&'a str>,
    pub(super) is_anonymous: Option<bool>,
    pub(super) is_anonymous_vpn: Option<bool>,
    pub(super) is_hosting_provider: Option<bool>,
    pub(super) is_public_proxy: Option<bool>,
    pub(super) is_residential_proxy: Option<bool>,
    pub(super) is_tor_exit_node: Option<bool>,
    pub(super) isp: Option<&'a str>,
    pub(super) organization: Option<&'a str>,
}

/// Reads the last entry of a list.
fn last<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Named<'de>>, D::Error> {
    struct Last;

    impl<'de> Visitor<'de> for Last {
        type Value = Option<Named<'de>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a list of at most {REGIONS} regions")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut last = None;
            let mut count = 0;
            while let Some(entry) = list.next_element()? {
                last = Some(entry);
                count += 1;
                if count > REGIONS {
                    return Err(A::Error::invalid_length(count, &self));
                }
            }
            Ok(last)
        }
    }

    deserializer.deserialize_seq(Last)
}
