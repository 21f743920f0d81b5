//! `cidr`: matches events whose address lies in one of some networks.
//!
//! `cidr { address => ["%{ip}"] network => ["10.0.0.0/8", "fe80::/64"] add_tag => ["inside"] }` tags the event with
//! `ip` = `10.1.2.3`. Entries that are no address or network are passed over. Source of behaviour:
//! logstash-filter-cidr 3.1.3 and Ruby's ipaddr.

use core::net::{Ipv4Addr, Ipv6Addr};

use crate::diagnostic::Code;
use crate::event::{Event, Template, Value};
use crate::filter::field::FieldName;
use crate::filter::{CompileCx, Cx, Filter, Outcome};
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Matches events whose address lies in one of some networks.",
    example: r#"cidr { address => ["%{[source][ip]}"] network => ["10.0.0.0/8", "192.168.0.0/16"] add_tag => ["internal"] }"#,
    options: &[
        ("address", "The addresses, with `%{field}`."),
        ("address_field", "The field that holds the address or a list of addresses."),
        ("ecs_compatibility", "No effect on the events."),
        ("network", "The networks, with `%{field}`; one text may hold several between commas."),
        ("network_path", "A file of networks, instead of `network`."),
        ("refresh_interval", "How often Logstash looks at the file again."),
        ("separator", "What stands between two networks in the file."),
    ],
    differences: &[("refresh_interval", "The file is read when the pipeline starts.")],
};

#[derive(Debug)]
struct Cidr {
    addresses: Addresses,
    /// Networks that are the same for all events.
    fixed: Networks,
    /// Those that hold `%{field}`.
    templates: Box<[Template]>,
}

#[derive(Debug)]
enum Addresses {
    Field(FieldName),
    Templates(Box<[Template]>),
}

/// Networks, none of which lies in another: by family, in the order of their addresses.
#[derive(Debug, Default)]
struct Networks {
    v4: Box<[Range]>,
    v6: Box<[Range]>,
}

/// The addresses of a network, the last one included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Range {
    first: u128,
    last: u128,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    V4,
    V6,
}

pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let (address, network) = (options.texts("address"), options.texts("network"));
    let mut sound = true;
    for (list, other) in [("address", "address_field"), ("network", "network_path")] {
        let both = (!options.texts(list).is_empty()).then(|| options.option_span(other)).flatten();
        if let Some(span) = both {
            sound = false;
            let message = format!("`{list}` and `{other}` cannot both be set");
            cx.error(Code::BadValue, span, message);
        }
    }
    let mut ranges = Vec::new();
    if let Some(path) = options.text("network_path") {
        let separator = options.text("separator").map_or("\n", |text| text.value);
        if let Some(bytes) = cx.resources.file(path.value) {
            let text = String::from_utf8_lossy(bytes.as_ref());
            ranges.extend(split(&text, separator).filter_map(parse));
        } else {
            sound = false;
            cx.error_with_help(
                Code::BadResource,
                path.span,
                format!("the file of networks `{}` cannot be read", path.value),
                "`network_path` names a file with one network a line",
            );
        }
    }
    let mut templates = Vec::new();
    for text in &network {
        let template = Template::parse(text.value, style);
        match template.as_literal() {
            Some(literal) => ranges.extend(entries(literal).filter_map(parse)),
            None => templates.push(template),
        }
    }
    let addresses = match options.text("address_field") {
        Some(field) => Addresses::Field(FieldName::fixed(field.value, style)),
        None => Addresses::Templates(
            address.iter().map(|text| Template::parse(text.value, style)).collect(),
        ),
    };
    let cidr = Cidr { addresses, fixed: Networks::new(&ranges), templates: templates.into() };
    sound.then(|| Box::new(cidr) as Box<dyn Filter>)
}

/// Ruby's `split` of a file; what is empty is no network.
fn split<'t>(text: &'t str, separator: &'t str) -> impl Iterator<Item = &'t str> {
    let by_blanks = (separator == " ").then(|| text.split_ascii_whitespace());
    let by_text = (separator != " " && !separator.is_empty()).then(|| text.split(separator));
    by_blanks.into_iter().flatten().chain(by_text.into_iter().flatten())
}

/// The networks that one text of the option holds.
fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(|entry| entry.trim_matches([' ', '\t', '\n', '\x0B', '\x0C', '\r', '\0']))
}

impl Filter for Cidr {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        let is_inside = match &self.addresses {
            Addresses::Field(field) => {
                let value = field.resolve(event, cx).ok().and_then(|path| event.get(path));
                let texts = match value {
                    Some(Value::Array(array)) => array.as_slice(),
                    Some(value) => core::slice::from_ref(value),
                    None => &[],
                };
                texts.iter().filter_map(Value::as_str).any(|text| self.has(text, event, cx))
            }
            Addresses::Templates(templates) => templates.iter().any(|template| {
                let text = template.render(event, cx.now, cx.arena);
                text.is_ok_and(|text| self.has(text, event, cx))
            }),
        };
        if is_inside { Outcome::Matched } else { Outcome::Unmatched }
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &[]
    }
}

impl Cidr {
    /// Whether a text is an address in one of the networks.
    fn has<'b>(&'b self, text: &str, event: &Event<'b>, cx: &Cx<'_, 'b>) -> bool {
        let Some((family, address)) = parse(text) else { return false };
        self.fixed.has(family, address)
            || self.templates.iter().any(|template| {
                let text = template.render(event, cx.now, cx.arena).unwrap_or("");
                entries(text).filter_map(parse).any(|(other, network)| {
                    other == family && network.holds(address)
                })
            })
    }
}

impl Networks {
    fn new(ranges: &[(Family, Range)]) -> Self {
        let of = |wanted: Family| {
            let all = ranges.iter().filter(|(family, _)| *family == wanted);
            let mut ranges: Vec<Range> = all.map(|(_, range)| *range).collect();
            // Of those that start at one place the widest comes first.
            ranges.sort_by_key(|range| (range.first, core::cmp::Reverse(range.last)));
            let mut outer: Vec<Range> = Vec::new();
            for range in ranges {
                if !outer.last().is_some_and(|last| last.holds(range)) {
                    outer.push(range);
                }
            }
            outer.into_boxed_slice()
        };
        Self { v4: of(Family::V4), v6: of(Family::V6) }
    }

    fn has(&self, family: Family, address: Range) -> bool {
        let ranges = if family == Family::V4 { &self.v4 } else { &self.v6 };
        let behind = ranges.partition_point(|range| range.first <= address.first);
        behind.checked_sub(1).is_some_and(|at| ranges[at].holds(address))
    }
}

impl Range {
    fn holds(self, other: Self) -> bool {
        self.first <= other.first && other.last <= self.last
    }
}

/// Reads an address, or a network: `10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `fe80::/64`, `[::1]`.
fn parse(text: &str) -> Option<(Family, Range)> {
    let (address, mask) = match text.split_once('/') {
        Some((address, mask)) => (address, Some(mask)),
        None => (text, None),
    };
    if let Ok(address) = address.parse::<Ipv4Addr>() {
        let mask = match mask {
            None => u32::MAX,
            Some(mask) => match prefix(mask, 32) {
                Some(bits) => u32::MAX.checked_shl(32 - bits).unwrap_or(0),
                None => contiguous(u32::from(mask.parse::<Ipv4Addr>().ok()?).into(), 32)?
                    .try_into()
                    .ok()?,
            },
        };
        let first = u32::from(address) & mask;
        let range = Range { first: first.into(), last: (first | !mask).into() };
        return Some((Family::V4, range));
    }
    let address = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(address);
    // The zone of a link-local address says nothing here.
    let address = match address.split_once('%') {
        Some((_, "")) => return None,
        Some((address, _)) => address,
        None => address,
    };
    let address = u128::from(address.parse::<Ipv6Addr>().ok()?);
    let mask = match mask {
        None => u128::MAX,
        Some(mask) => match prefix(mask, 128) {
            Some(bits) => u128::MAX.checked_shl(128 - bits).unwrap_or(0),
            None => contiguous(mask.parse::<Ipv6Addr>().ok()?.into(), 128)?,
        },
    };
    let first = address & mask;
    Some((Family::V6, Range { first, last: first | !mask }))
}

/// The bits of a prefix written as a number.
fn prefix(text: &str, most: u32) -> Option<u32> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !(text.len() > 1 && text.starts_with('0'));
    text.parse().ok().filter(|&bits| is_plain && bits <= most)
}

/// A mask, if its ones stand before its zeros.
fn contiguous(mask: u128, bits: u32) -> Option<u128> {
    let aligned = mask << (128 - bits);
    (aligned.leading_ones() + aligned.trailing_zeros().min(128) >= 128).then_some(mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_read_as_ruby_reads_them() {
        for text in [
            "10.0.0.0/8", "10.0.0.0/255.0.0.0", "::/0", "0.0.0.0/0", "[::1]", "fe80::1%eth0", "1.2.3.4",
            "::ffff:1.2.3.4", "fe80::/ffff::",
        ] {
            assert!(parse(text).is_some(), "{text}");
        }
        for text in [
            "", "10.1", "010.1.1.1", " 10.1.1.1", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/", "10.0.0.0/255.0.255.0",
            "::1/129", "10.0.0.0/8/8", "bogus", "fe80::1%",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_address_is_found_among_nested_networks() {
        let ranges = ["10.0.0.0/8", "10.1.0.0/16", "10.0.0.0/24", "192.168.1.1", "11.0.0.0/8"];
        let ranges: Vec<_> = ranges.iter().filter_map(|text| parse(text)).collect();
        let networks = Networks::new(&ranges);
        assert_eq!(networks.v4.len(), 3);
        for (text, expected) in [
            ("10.1.2.3", true),
            ("10.255.255.255", true),
            ("11.0.0.0", true),
            ("12.0.0.0", false),
            ("9.255.255.255", false),
            ("192.168.1.1", true),
            ("192.168.1.2", false),
            ("10.0.0.0/7", false),
            ("::ffff:10.0.0.1", false),
        ] {
            let found = parse(text).is_some_and(|(family, address)| networks.has(family, address));
            assert_eq!(found, expected, "{text}");
        }
    }
}
