//! `cef`: `ArcSight`'s Common Event Format.
//!
//! `CEF:0|Vendor|Product|1.0|100|name|5|src=10.0.0.1 msg=a \= b` gives `[cef][version]` = `0`, `[observer][vendor]` = `Vendor`,
//! …, `[source][ip]`, `message` = `a = b`, or the full names of CEF without ECS (`deviceVendor`, `sourceAddress`). What
//! stands before `CEF:` is the syslog header. Source of behaviour: logstash-codec-cef 6.2.8.

mod encode;
mod fields;
mod time;

use std::collections::BTreeMap;

use crate::codec::decode;
use crate::codec::encode::Encoder;
use crate::codec::plugin::{Decode, DecodeCx, Decoder, Out, Piece, Taken};
use crate::diagnostic::Code;
use crate::event::{EscapeStyle, Event, FieldPath, PathRef, SetError, Value};
use crate::filter::CompileCx;
use crate::program::options::PluginOptions;
use crate::program::{Ecs, PluginDoc};
use crate::time::{Locale, Zone};

pub(crate) use encode::CefEncoder;
use fields::{Device, Place};
use time::Times;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "ArcSight's Common Event Format.",
    example: r#"cef { device => "host" default_timezone => "UTC" }"#,
    options: &[
        ("default_timezone", "The zone of times that name none, of devices that name none."),
        ("delimiter", r"What ends a line; `\r` and `\n` stand for carriage return and line feed."),
        ("device", "Whether the device of a log is the `observer` of what happened or its `host` (ECS)."),
        ("fields", "The fields that are written as extensions."),
        ("locale", "The language of names of months."),
        ("name", "The name that is written."),
        ("product", "The product that is written."),
        ("raw_data_field", "The field that gets the whole line."),
        ("reverse_mapping", "Writes short keys instead of full names."),
        ("severity", "The severity that is written, 0 to 10."),
        ("signature", "The signature id that is written."),
        ("vendor", "The vendor that is written."),
        ("version", "The version of the product that is written."),
    ],
    differences: &[("delimiter", "Without it each line is read by itself, as Logstash's file input gives them.")],
};

pub(super) fn decoder(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Decoder> {
    let (ecs, style) = (cx.ecs(options), cx.options.field_reference_escape_style);
    let raw = options.text("raw_data_field");
    let raw_field = match raw.map(|text| FieldPath::parse(text.value, style)) {
        None => None,
        Some(Ok(path)) => Some(path),
        Some(Err(error)) => {
            cx.error(Code::BadFieldReference, raw?.span, error.to_string());
            return None;
        }
    };
    let zone = match options.text("default_timezone") {
        None => cx.options.timezone.clone(),
        Some(text) => match Zone::parse(text.value) {
            Ok(zone) => zone,
            Err(error) => {
                cx.error(Code::BadTimeZone, text.span, error.to_string());
                return None;
            }
        },
    };
    let locale = options.text("locale").map_or_else(Locale::english, |text| {
        Locale::parse(text.value)
    });
    let device = device(options);
    let header = if ecs == Ecs::Disabled { HEADER } else { HEADER_ECS };
    let syslog = if ecs == Ecs::Disabled { "syslog" } else { "[log][syslog][header]" };
    let path = |name: &str| FieldPath::parse(name, style).ok();
    let decode = Cef {
        header: header.iter().map(|name| path(name)).collect::<Option<Box<[_]>>>()?,
        syslog: path(syslog)?,
        raw_field,
        places: fields::decoding(ecs, device, style),
        times: Times::new(&locale, zone),
        style,
    };
    let mut decoder = Decoder::coded(ecs, decode);
    // The line is kept as `raw_data_field` only.
    decoder.keeps_original = false;
    if let Some(delimiter) = options.text("delimiter") {
        let text = delimiter.value.replace("\\r", "\r").replace("\\n", "\n");
        decoder = decoder.with_delimiter(&text, delimiter.span, cx)?;
    }
    Some(decoder)
}

pub(super) fn encoder(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Encoder> {
    CefEncoder::compile(options, cx).map(Encoder::cef)
}

fn device(options: &PluginOptions) -> Device {
    match options.text("device").map(|text| text.value) {
        Some("host") => Device::Host,
        _ => Device::Observer,
    }
}

const HEADER: [&str; 7] = [
    "cefVersion",
    "deviceVendor",
    "deviceProduct",
    "deviceVersion",
    "deviceEventClassId",
    "name",
    "severity",
];

const HEADER_ECS: [&str; 7] = [
    "[cef][version]",
    "[observer][vendor]",
    "[observer][product]",
    "[observer][version]",
    "[event][code]",
    "[cef][name]",
    "[event][severity]",
];

#[derive(Debug)]
struct Cef {
    header: Box<[FieldPath]>,
    syslog: FieldPath,
    raw_field: Option<FieldPath>,
    places: BTreeMap<String, Place>,
    times: Times,
    style: EscapeStyle,
}

/// Why a line is no CEF.
struct Bad(&'static str);

impl From<SetError> for Bad {
    fn from(_: SetError) -> Self {
        Self("a field of the line cannot be set")
    }
}

impl Decode for Cef {
    fn decode<'b>(
        &'b self,
        piece: Piece<'b>,
        cx: &mut DecodeCx<'_, 'b>,
        out: &mut dyn Out<'b>,
    ) -> Taken {
        let event = self.read(piece, cx);
        out.event(event.unwrap_or_else(|Bad(why)| {
            decode::failed(piece.origin, "_cefparsefailure", why, cx)
        }));
        Taken::Line
    }
}

impl Cef {
    fn read<'b>(&'b self, piece: Piece<'b>, cx: &DecodeCx<'_, 'b>) -> Result<Event<'b>, Bad> {
        let arena = cx.arena;
        let mut event = Event::empty(cx.now, piece.origin, arena);
        if let Some(path) = &self.raw_field {
            event.set(path.as_ref(), Value::Str(piece.origin.text), arena)?;
        }
        if simdutf8::basic::from_utf8(piece.bytes).is_err() {
            return Err(Bad("the line is not UTF-8"));
        }
        let mut line = piece.origin.text;
        if let Some(inner) = line.strip_prefix('"') {
            let last = inner.chars().next_back().map_or(0, char::len_utf8);
            line = &inner[..inner.len() - last];
        }
        let line = chomped(line);
        if line.contains('\n') {
            return Err(Bad("the line has a line feed inside"));
        }
        let mut rest = line;
        for (at, path) in self.header.iter().enumerate() {
            let Some((field, behind)) = header_field(rest) else {
                return Err(Bad("the line has fewer than 7 header fields that end in `|`"));
            };
            rest = behind;
            let mut value = unescaped(field, &[('\\', '\\'), ('|', '|')], arena);
            if at == 0 {
                if let Some((before, version)) = value.rsplit_once(' ') {
                    event.set(self.syslog.as_ref(), Value::Str(before), arena)?;
                    value = version;
                }
                value = value.strip_prefix("CEF:").unwrap_or(value);
            }
            event.set(path.as_ref(), Value::Str(value), arena)?;
        }
        self.read_extensions(rest, &mut event, cx)?;
        Ok(event)
    }

    fn read_extensions<'b>(
        &'b self,
        text: &'b str,
        event: &mut Event<'b>,
        cx: &DecodeCx<'_, 'b>,
    ) -> Result<(), Bad> {
        let arena = cx.arena;
        let mut rest = text.trim_matches(|character| is_blank(character) || character == '\0');
        let mut pairs = arena.list();
        let mut device_zone = None;
        while !rest.is_empty() {
            let Some(key_len) = key_length(rest) else {
                return Err(Bad("an extension has no key"));
            };
            let key = &rest[..key_len];
            let value_len = value_length(&rest[key_len + 1..]);
            let raw = &rest[key_len + 1..key_len + 1 + value_len];
            rest = rest[key_len + 1 + value_len..].trim_start_matches(is_blank);
            let escapes = [('\\', '\\'), ('=', '='), ('n', '\n'), ('r', '\r')];
            let value = unescaped(raw, &escapes, arena);
            let place = self.places.get(key);
            if place.is_some_and(|place| place.is_zone) {
                device_zone = Some(value);
            }
            let path = match place {
                Some(place) => place.path.as_ref(),
                None => self.unknown_path(key, cx)?,
            };
            pairs.push((path, place.is_some_and(|place| place.is_time), value));
        }
        for (path, is_time, value) in pairs {
            let value = if !is_time {
                Value::Str(value)
            } else if value.trim().is_empty() {
                Value::Null
            } else {
                let time = self.times.parse(value, device_zone, cx.now);
                Value::Time(time.ok_or(Bad("a time of the line cannot be read"))?)
            };
            event.set(path, value, arena)?;
        }
        Ok(())
    }

    /// The field of a key that CEF does not have: `x[0]` is the first of a list.
    fn unknown_path<'b>(
        &self,
        key: &'b str,
        cx: &DecodeCx<'_, 'b>,
    ) -> Result<PathRef<'b>, Bad> {
        let reference = match key.split_once('[') {
            Some((name, index)) if key.ends_with(']') => cx.arena.build(|out| {
                out.push('[');
                out.push_str(name);
                out.push_str("][");
                out.push_str(index);
            }),
            _ => key,
        };
        PathRef::parse_in(reference, self.style, cx.arena)
            .map_err(|_| Bad("a key of the line is no field reference"))
    }
}

/// Ruby's `chomp`.
fn chomped(line: &str) -> &str {
    line.strip_suffix("\r\n")
        .or_else(|| line.strip_suffix('\n'))
        .or_else(|| line.strip_suffix('\r'))
        .unwrap_or(line)
}

/// The text up to the next `|` that is not escaped, and what follows. When only escaped ones are left, the last
/// of them ends the field, as backtracking has it.
fn header_field(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut last_escaped = None;
    while let Some(found) = memchr::memchr2(b'|', b'\\', &bytes[at..]) {
        at += found;
        if bytes[at] == b'|' {
            return Some((&text[..at], &text[at + 1..]));
        }
        match bytes.get(at + 1) {
            Some(b'|') => {
                last_escaped = Some(at + 1);
                at += 2;
            }
            Some(b'\\') => at += 2,
            _ => at += 1,
        }
    }
    last_escaped.map(|at| (&text[..at], &text[at + 1..]))
}

/// The length of a key with `=` behind it.
fn key_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let mut at = bytes.iter().take_while(|byte| is_word(byte)).count();
    if at == 0 {
        return None;
    }
    while bytes.get(at) == Some(&b'.') {
        let is_part = |byte: &u8| {
            !matches!(byte, b'.' | b'=' | b'|' | b'\\' | b'[' | b']' | b' ' | b'\t'..=b'\r')
        };
        let len = bytes[at + 1..].iter().take_while(|byte| is_part(byte)).count();
        if len == 0 {
            return None;
        }
        at += 1 + len;
    }
    if bytes.get(at) == Some(&b'[') {
        let digits = bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 || bytes.get(at + 1 + digits) != Some(&b']') {
            return None;
        }
        at += digits + 2;
    }
    (bytes.get(at) == Some(&b'=')).then_some(at)
}

/// The length of a value: up to the blanks before the next key, or to the end.
fn value_length(text: &str) -> usize {
    let mut at = 0;
    while let Some(found) = text[at..].find(is_blank) {
        let blanks = at + found;
        let behind = text[blanks..].trim_start_matches(is_blank);
        if key_length(behind).is_some() {
            return blanks;
        }
        at = text.len() - behind.len();
    }
    text.len()
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t'..='\r')
}

/// The text with what stands behind backslashes replaced.
fn unescaped<'b>(
    text: &'b str,
    escapes: &[(char, char)],
    arena: &'b crate::arena::Arena,
) -> &'b str {
    if memchr::memchr(b'\\', text.as_bytes()).is_none() {
        return text;
    }
    arena.build(|out| {
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('\\') {
            out.push_str(before);
            let escape = escapes.iter().find(|(escape, _)| behind.starts_with(*escape));
            if let Some((escape, character)) = escape {
                out.push(*character);
                rest = &behind[escape.len_utf8()..];
            } else {
                out.push('\\');
                rest = behind;
            }
        }
        out.push_str(rest);
    })
}
