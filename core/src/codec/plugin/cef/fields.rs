//! The names of CEF's extension fields: short keys, full names and fields of events, in both directions.

use std::collections::BTreeMap;

use crate::event::{EscapeStyle, FieldPath};
use crate::program::Ecs;

/// The table; its head explains it.
const TABLE: &str = include_str!("fields.txt");

/// Numbered fields go from 1 to this.
const NUMBERED: u32 = 15;

/// Which machine a log is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Device {
    Host,
    Observer,
}

/// One extension field.
#[derive(Debug)]
struct Row {
    name: String,
    key: String,
    ecs: String,
    legacy: Option<String>,
    is_time: bool,
    is_first: bool,
}

/// Where a value of an extension goes.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) path: FieldPath,
    /// Whether it is read as a time.
    pub(super) is_time: bool,
    /// Whether it names the zone of the times.
    pub(super) is_zone: bool,
}

fn rows(device: Device) -> Vec<Row> {
    let mut rows = Vec::new();
    for line in TABLE.lines().filter(|line| !line.starts_with("# ") && *line != "#") {
        let numbers = if line.contains('#') { 1..=NUMBERED } else { 1..=1 };
        for number in numbers {
            let line = line.replace('#', &number.to_string());
            let mut words = line.split(' ');
            let mut word = || words.next().unwrap_or_default();
            let (name, key, ecs) = (word(), word(), word());
            let mut row = Row {
                name: name.to_owned(),
                key: if key == "-" { name } else { key }.to_owned(),
                ecs: ecs.replace("DEVICE", if device == Device::Host { "host" } else { "observer" }),
                legacy: None,
                is_time: false,
                is_first: false,
            };
            for remark in words {
                match remark.split_once('=') {
                    Some(("legacy", name)) => row.legacy = Some(name.to_owned()),
                    Some(("host", field)) if device == Device::Host => {
                        field.clone_into(&mut row.ecs);
                    }
                    None if remark == "time" => row.is_time = true,
                    None if remark == "first" => row.is_first = true,
                    _ => {}
                }
            }
            rows.push(row);
        }
    }
    rows
}

/// The fields in which keys and names of a log line are put.
pub(super) fn decoding(ecs: Ecs, device: Device, style: EscapeStyle) -> BTreeMap<String, Place> {
    let mut places = BTreeMap::new();
    for row in rows(device) {
        let is_ecs = ecs != Ecs::Disabled;
        let field = if is_ecs { &row.ecs } else { &row.name };
        let legacy_field = row.legacy.as_ref().map(|name| if is_ecs { &row.ecs } else { name });
        let names = [(Some(&row.key), Some(field)), (Some(&row.name), Some(field))];
        let legacy = (row.legacy.as_ref(), legacy_field);
        for (name, field) in names.into_iter().chain([legacy]) {
            if let (Some(name), Some(field)) = (name, field)
                && let Ok(path) = FieldPath::parse(field, style)
            {
                let is_time = is_ecs && row.is_time;
                let is_zone = is_ecs && row.ecs == "[event][timezone]";
                places.insert(name.clone(), Place { path, is_time, is_zone });
            }
        }
    }
    places
}

/// The keys under which fields and names are written.
pub(super) fn encoding(ecs: Ecs, device: Device, by_key: bool) -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    let mut rows = rows(device);
    rows.sort_by_key(|row| row.is_first);
    for row in rows {
        let field = if ecs == Ecs::Disabled { &row.name } else { &row.ecs };
        let key = if by_key { &row.key } else { &row.name };
        keys.insert(field.clone(), key.clone());
        keys.insert(row.name.clone(), key.clone());
        if let Some(legacy) = row.legacy {
            let key = if by_key { row.key } else { legacy.clone() };
            keys.insert(legacy, key);
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_names_lead_to_one_field() {
        let style = EscapeStyle::None;
        for (ecs, device, name, expected) in [
            (Ecs::Disabled, Device::Observer, "src", "sourceAddress"),
            (Ecs::Disabled, Device::Observer, "dlat", "destinationGeoLatitude"),
            (Ecs::Disabled, Device::Observer, "destinationLatitude", "destinationLatitude"),
            (Ecs::V8, Device::Observer, "src", "[source][ip]"),
            (Ecs::V8, Device::Observer, "sourceAddress", "[source][ip]"),
            (Ecs::V8, Device::Observer, "dvchost", "[observer][hostname]"),
            (Ecs::V8, Device::Host, "dvchost", "[host][name]"),
            (Ecs::V8, Device::Host, "dvc", "[host][ip]"),
            (Ecs::V8, Device::Host, "cs15Label", "[cef][device_custom_string_15][label]"),
        ] {
            let places = decoding(ecs, device, style);
            let path = places.get(name).map(|place| place.path.as_ref().to_string());
            let expected = FieldPath::parse(expected, style).map(|path| path.as_ref().to_string());
            assert_eq!(path, expected.ok(), "{name}");
        }
    }

    #[test]
    fn fields_have_one_key_and_the_first_of_several_names() {
        let keys = encoding(Ecs::V8, Device::Observer, true);
        assert_eq!(keys.get("[source][ip]").map(String::as_str), Some("src"));
        assert_eq!(
            keys.get("[source][registered_domain]").map(String::as_str),
            Some("sourceDnsDomain")
        );
        let names = encoding(Ecs::Disabled, Device::Observer, false);
        assert_eq!(names.get("sourceAddress").map(String::as_str), Some("sourceAddress"));
        assert_eq!(names.get("sourceLatitude").map(String::as_str), Some("sourceLatitude"));
    }
}
