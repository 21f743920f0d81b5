//! `convert_datatype`: texts to integers and decimals of any size, as Java's `BigDecimal` reads them.

use crate::arena::Arena;
use crate::codec::json;
use crate::diagnostic::Code;
use crate::event::{Event, Value};
use crate::filter::field::FieldName;
use crate::filter::{CompileCx, Cx, number, shown_value};
use crate::limits;
use crate::program::options::PluginOptions;

/// One field that becomes a number.
#[derive(Debug)]
pub(super) struct Conversion {
    field: FieldName,
    kind: Kind,
    /// The tags for a value that is not there or null, and for one that is no number.
    tags: [Box<str>; 2],
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Float,
    Int,
}

/// Reads the option; nothing when errors were recorded.
pub(super) fn compile(
    options: &PluginOptions,
    cx: &mut CompileCx<'_>,
) -> Option<Box<[Conversion]>> {
    let style = cx.options.field_reference_escape_style;
    let mut sound = true;
    let mut conversions = Vec::new();
    for (field, value) in options.pairs("convert_datatype") {
        let name = value.to_text();
        let kind = if name.eq_ignore_ascii_case("int") {
            Kind::Int
        } else if name.eq_ignore_ascii_case("float") {
            Kind::Float
        } else {
            let message = format!("`{name}` is no type that `convert_datatype` knows");
            cx.error_with_help(Code::BadValue, value.span, message, "use `int` or `float`");
            sound = false;
            continue;
        };
        let tag = |what| format!("_dataconversion{what}_{}_{name}", field.value).into_boxed_str();
        conversions.push(Conversion {
            field: FieldName::fixed(field.value, style),
            kind,
            tags: [tag("nullvalue"), tag("uncoercible")],
        });
    }
    sound.then(|| conversions.into())
}

impl Conversion {
    pub(super) fn tags(&self) -> &[Box<str>] {
        &self.tags
    }

    /// Converts the field, or tags the event and tells so.
    pub(super) fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &Cx<'_, 'b>) -> bool {
        let [null, uncoercible] = &self.tags;
        let Ok(path) = self.field.resolve(event, cx) else {
            event.tag(uncoercible, cx.arena);
            return false;
        };
        let converted = match event.get(path) {
            None | Some(Value::Null) => {
                event.tag(null, cx.arena);
                return false;
            }
            Some(value) => self.kind.convert(value, cx.arena),
        };
        if let Some(value) = converted
            && event.set_unchecked(path, value, cx.arena).is_ok()
        {
            return true;
        }
        event.tag(uncoercible, cx.arena);
        false
    }

    pub(super) fn explain<'b>(&'b self, event: &Event<'b>, cx: &Cx<'_, 'b>) -> Option<String> {
        let path = self.field.resolve(event, cx).ok()?;
        Some(match event.get(path) {
            None => format!("`convert_datatype` finds no field `{path}`"),
            Some(value) => {
                format!("`convert_datatype` cannot make a number of field `{path}`: {}", shown_value(value))
            }
        })
    }
}

impl Kind {
    fn convert<'b>(self, value: &Value<'b>, arena: &'b Arena) -> Option<Value<'b>> {
        match (self, value) {
            (_, Value::Int(value)) => Some(Value::Int(*value)),
            (Self::Float, Value::Float(value)) => value.is_finite().then_some(Value::Float(*value)),
            (Self::Int, Value::Float(value)) => number::truncate(*value, arena),
            (_, Value::Number(text) | Value::Str(text)) => {
                let decimal = Decimal::parse(text)?;
                match self {
                    Self::Float => Some(decimal.value(arena)),
                    Self::Int => decimal.truncated(arena),
                }
            }
            _ => None,
        }
    }
}

/// A decimal number as it is written.
#[derive(Clone, Copy)]
struct Decimal<'t> {
    is_negative: bool,
    whole: &'t str,
    fraction: &'t str,
    exponent: i64,
}

impl<'t> Decimal<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let (is_negative, unsigned) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            None => (unsigned, 0),
            Some((mantissa, exponent)) => {
                let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
                if !is_digits(digits) || digits.is_empty() || digits.len() > 10 {
                    return None;
                }
                (mantissa, exponent.parse().ok()?)
            }
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let has_digits = !(whole.is_empty() && fraction.is_empty());
        (has_digits && is_digits(whole) && is_digits(fraction))
            .then_some(Self { is_negative, whole, fraction, exponent })
    }

    /// The number, exactly.
    fn value<'b>(&self, arena: &'b Arena) -> Value<'b> {
        let written = arena.build(|out| {
            if self.is_negative {
                out.push('-');
            }
            let whole = self.whole.trim_start_matches('0');
            out.push_str(if whole.is_empty() { "0" } else { whole });
            if !self.fraction.is_empty() {
                out.push('.');
                out.push_str(self.fraction);
            }
            if self.exponent != 0 {
                // Writing to a text in memory does not fail.
                let _ = core::fmt::Write::write_fmt(out, format_args!("e{}", self.exponent));
            }
        });
        json::number(written, arena)
    }

    /// The number without its decimals; nothing when it has too many digits.
    fn truncated<'b>(&self, arena: &'b Arena) -> Option<Value<'b>> {
        let shift = usize::try_from(self.exponent.unsigned_abs()).unwrap_or(usize::MAX);
        let is_up = self.exponent >= 0;
        let len = if is_up {
            self.whole.len().saturating_add(shift)
        } else {
            self.whole.len().saturating_sub(shift)
        };
        if len > limits::DECIMAL_DIGITS {
            return None;
        }
        let digits = self.whole.bytes().chain(self.fraction.bytes()).chain(core::iter::repeat(b'0'));
        let mut plain = arena.string(len + 1);
        if self.is_negative {
            plain.push('-');
        }
        let significant = digits.take(len).skip_while(|&digit| digit == b'0');
        plain.extend(significant.map(char::from));
        if plain.is_empty() || plain == "-" {
            return Some(Value::Int(0));
        }
        Some(json::number(plain.into_bump_str(), arena))
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::text;

    fn converted(kind: Kind, text: &str) -> Option<String> {
        let arena = Arena::new();
        let mut out = String::new();
        text::push_ruby(&kind.convert(&Value::Str(text), &arena)?, &mut out);
        Some(out)
    }

    #[test]
    fn integers_are_truncated_decimals_of_any_size() {
        for (text, expected) in [
            ("1.9", Some("1")),
            ("-1.9", Some("-1")),
            ("1e3", Some("1000")),
            ("12.345e2", Some("1234")),
            ("12345e-2", Some("123")),
            ("0.005e3", Some("5")),
            ("1e-99", Some("0")),
            ("-0.5", Some("0")),
            ("+5", Some("5")),
            (".5", Some("0")),
            ("99999999999999999999", Some("99999999999999999999")),
            ("", None),
            ("-", None),
            (".", None),
            ("1,000", None),
            (" 1", None),
            ("0x1F", None),
            ("1e", None),
        ] {
            assert_eq!(converted(Kind::Int, text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn integers_of_too_many_digits_are_refused() {
        let most = limits::DECIMAL_DIGITS - 1;
        assert_eq!(converted(Kind::Int, &format!("1e{most}")).map(|text| text.len()), Some(most + 1));
        assert_eq!(converted(Kind::Int, &format!("1e{}", most + 1)), None);
        assert_eq!(converted(Kind::Int, "1e999999999"), None);
    }

    #[test]
    fn decimals_keep_their_value() {
        for (text, expected) in [
            ("12", "12"),
            ("4.7", "4.7"),
            ("007.50", "7.5"),
            ("1.", "1"),
            ("43947404257507186289.345324", "43947404257507186289.345324"),
        ] {
            assert_eq!(converted(Kind::Float, text).as_deref(), Some(expected), "{text}");
        }
    }
}
