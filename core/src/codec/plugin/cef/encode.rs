//! Events to CEF: header fields from templates, extensions from the fields that the config names.

use core::fmt::Write as _;
use std::collections::BTreeMap;

use crate::codec::plugin::cef::{device, fields};
use crate::diagnostic::Code;
use crate::event::{Event, FieldPath, Template, Value, json, text};
use crate::filter::CompileCx;
use crate::program::options::PluginOptions;
use crate::time::Timestamp;

/// Writes events as CEF.
#[derive(Debug)]
pub(crate) struct CefEncoder {
    /// Vendor, product, version, signature and name, each with what stands for an empty text.
    header: [(Template, &'static str); 5],
    severity: Template,
    /// Keys and fields.
    fields: Box<[(Box<str>, FieldPath)]>,
    delimiter: Box<str>,
}

impl CefEncoder {
    /// Reads the codec's options; nothing when errors were recorded.
    pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Self> {
        let style = cx.options.field_reference_escape_style;
        let template = |name: &str, default: &'static str| {
            let text = options.text(name).map_or(default, |text| text.value);
            (Template::parse(text, style), default)
        };
        let by_key = options.flag("reverse_mapping", false);
        let keys: BTreeMap<String, String> =
            fields::encoding(cx.ecs(options), device(options), by_key);
        let mut chosen = Vec::new();
        let mut is_sound = true;
        for name in options.texts("fields") {
            match FieldPath::parse(name.value, style) {
                Ok(path) => {
                    let key = keys.get(name.value).map_or(name.value, String::as_str);
                    let key: String =
                        key.chars().filter(char::is_ascii_alphanumeric).collect();
                    chosen.push((key.into(), path));
                }
                Err(error) => {
                    cx.error(Code::BadFieldReference, name.span, error.to_string());
                    is_sound = false;
                }
            }
        }
        let delimiter = options.text("delimiter").map_or("", |text| text.value);
        is_sound.then(|| Self {
            header: [
                template("vendor", "Elasticsearch"),
                template("product", "Logstash"),
                template("version", "1.0"),
                template("signature", "Logstash"),
                template("name", "Logstash"),
            ],
            severity: template("severity", "6").0,
            fields: chosen.into(),
            delimiter: delimiter.replace("\\r", "\r").replace("\\n", "\n").into(),
        })
    }

    /// Appends an event.
    pub(crate) fn encode(&self, event: &Event<'_>, now: Timestamp, out: &mut Vec<u8>) {
        let mut line = "CEF:0".to_owned();
        let mut value = String::new();
        for (template, default) in &self.header {
            value.clear();
            // What cannot be filled in is as good as empty.
            if template.push_rendered(event, now, &mut value).is_err() || value.is_empty() {
                value.clear();
                value.push_str(default);
            }
            line.push('|');
            push_header(&value, &mut line);
        }
        value.clear();
        let _ = self.severity.push_rendered(event, now, &mut value);
        let _ = write!(line, "|{}|", severity(value.trim()));
        let mut is_first = true;
        for (key, path) in &self.fields {
            let Some(field) = event.get(path.as_ref()).filter(|field| !field.is_null()) else {
                continue;
            };
            if !is_first {
                line.push(' ');
            }
            is_first = false;
            line.push_str(key);
            line.push('=');
            value.clear();
            match field {
                Value::Array(_) | Value::Object(_) => json::push_value(field, &mut value),
                Value::Time(time) => {
                    time.push_iso(&mut line);
                    continue;
                }
                field => text::push_ruby(field, &mut value),
            }
            push_extension(&value, &mut line);
        }
        line.push_str(&self.delimiter);
        out.extend_from_slice(line.as_bytes());
    }
}

/// A whole number from 0 to 10, else 6.
fn severity(text: &str) -> u8 {
    match text.parse::<f64>() {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10")]
        Ok(number) if number.fract() == 0.0 && (0.0..=10.0).contains(&number) => number as u8,
        _ => 6,
    }
}

fn push_header(value: &str, out: &mut String) {
    for character in value.replace("\r\n", "\n").chars() {
        match character {
            '\\' | '|' => out.extend(['\\', character]),
            '\n' | '\r' => out.push(' '),
            other => out.push(other),
        }
    }
}

fn push_extension(value: &str, out: &mut String) {
    for character in value.replace("\r\n", "\n").chars() {
        match character {
            '\\' | '=' => out.extend(['\\', character]),
            '\n' | '\r' => out.push_str("\\n"),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_are_whole_numbers_up_to_ten() {
        let found = ["5", "5.0", "10", "11", "-1", "5.5", "high", ""].map(severity);
        assert_eq!(found, [5, 5, 10, 6, 6, 6, 6, 6]);
    }
}
