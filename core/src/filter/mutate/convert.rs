//! convert: texts to numbers and back, strictly, as mutate does since Logstash 8.14.

use crate::arena::Arena;
use crate::event::{Event, Value, text};
use crate::filter::field::FieldName;
use crate::filter::mutate::{Failed, strings};
use crate::filter::{Cx, number};

/// A type that a field can be converted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Conversion {
    Boolean,
    Float,
    FloatEu,
    Integer,
    IntegerEu,
    String,
}

impl Conversion {
    pub(super) const NAMES: [&'static str; 6] =
        ["boolean", "float", "float_eu", "integer", "integer_eu", "string"];

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "boolean" => Self::Boolean,
            "float" => Self::Float,
            "float_eu" => Self::FloatEu,
            "integer" => Self::Integer,
            "integer_eu" => Self::IntegerEu,
            "string" => Self::String,
            _ => return None,
        })
    }

    /// Converts a field; missing fields, nulls and maps stay, lists are converted item by item and
    /// not at all when one item fails.
    pub(super) fn apply<'b>(
        self,
        event: &mut Event<'b>,
        name: &'b FieldName,
        cx: &mut Cx<'_, 'b>,
    ) -> Result<(), Failed> {
        // What is set at the top level needs no look at its parents, and but for two fields none at its
        // kind.
        if let Some(key) = name.ordinary() {
            let Some(field) = event.data.get_mut(key) else { return Ok(()) };
            // PERF: nearly all that is converted are short texts of digits, which take a quarter of the
            // instructions of other texts.
            if let Value::Str(text) = field
                && matches!(self, Self::Integer | Self::IntegerEu)
                && let Some(value) = plain_integer(text)
            {
                *field = Value::Int(value);
                return Ok(());
            }
            if let Some(converted) = self.converted(field, cx.arena)? {
                *field = converted;
            }
            return Ok(());
        }
        let path = name.resolve(event, cx)?;
        let Some(field) = event.get(path) else { return Ok(()) };
        if let Some(converted) = self.converted(field, cx.arena)? {
            event.set(path, converted, cx.arena)?;
        }
        Ok(())
    }

    /// The new value of a field; nothing when it stays.
    fn converted<'b>(
        self,
        field: &Value<'b>,
        arena: &'b Arena,
    ) -> Result<Option<Value<'b>>, Failed> {
        Ok(match field {
            Value::Null | Value::Object(_) => None,
            Value::Array(array) => {
                let mut items = arena.list();
                items.reserve(array.as_slice().len());
                for item in array.as_slice() {
                    items.push(match item {
                        Value::Null => Value::Null,
                        item => self.convert(item, arena)?,
                    });
                }
                Some(Value::array(items, arena))
            }
            value => Some(self.convert(value, arena)?),
        })
    }

    fn convert<'b>(self, value: &Value<'b>, arena: &'b Arena) -> Result<Value<'b>, Failed> {
        match self {
            Self::Boolean => Ok(boolean(value, arena)),
            Self::Float => float(value, Marks::Us, arena),
            Self::FloatEu => float(value, Marks::Eu, arena),
            Self::Integer => integer(value, Marks::Us, arena),
            Self::IntegerEu => integer(value, Marks::Eu, arena),
            Self::String => Ok(string(value, arena)),
        }
    }
}

/// Which mark separates thousands, and which the fraction.
#[derive(Clone, Copy, PartialEq)]
enum Marks {
    /// `1.234,5`
    Eu,
    /// `1,234.5`
    Us,
}

/// The value of a text that is an integer of few digits without a sign, as most are: such need no
/// cleaning.
fn plain_integer(text: &str) -> Option<i64> {
    let digits = text.as_bytes();
    // A leading zero announces another base, and 18 digits fit.
    if digits.is_empty() || digits.len() > 18 || (digits[0] == b'0' && digits.len() > 1) {
        return None;
    }
    let mut value = 0;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(value)
}

/// The value of a text of digits, with a sign and decimals or without: such need no cleaning.
fn plain_float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let whole = unsigned.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let decimals = match unsigned.get(whole..) {
        Some([]) => true,
        Some([b'.', decimals @ ..]) => {
            !decimals.is_empty() && decimals.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    };
    if whole == 0 || !decimals { None } else { text.parse().ok() }
}

/// The text without blanks around it and without thousands marks, in lower case.
fn cleaned<'b>(text: &str, marks: Marks, arena: &'b Arena) -> &'b str {
    let thousands = if marks == Marks::Us { ',' } else { '.' };
    let characters = strings::stripped(text).chars().filter(|&character| character != thousands);
    let cleaned = characters.map(|character| match character {
        ',' => '.',
        character => character.to_ascii_lowercase(),
    });
    arena.build(|out| out.extend(cleaned))
}

fn integer<'b>(value: &Value<'b>, marks: Marks, arena: &'b Arena) -> Result<Value<'b>, Failed> {
    Ok(match value {
        Value::Bool(value) => Value::Int(i64::from(*value)),
        Value::Float(value) => number::truncate(*value, arena).ok_or(Failed)?,
        Value::Int(value) => Value::Int(*value),
        Value::Number(text) if text.contains(['.', 'e', 'E']) => {
            number::truncate(text.parse().map_err(|_| Failed)?, arena).ok_or(Failed)?
        }
        Value::Number(text) => Value::Number(text),
        Value::Str(text) => integer_of_text(text, marks, arena)?,
        Value::Time(time) => Value::Int(time.as_seconds()),
        Value::Array(_) | Value::Null | Value::Object(_) => return Err(Failed),
    })
}

fn integer_of_text<'b>(
    text: &str,
    marks: Marks,
    arena: &'b Arena,
) -> Result<Value<'b>, Failed> {
    let text = cleaned(text, marks, arena);
    let value = number::strict_float(text, arena).ok_or(Failed)?;
    if text.contains('.') {
        number::truncate(value, arena).ok_or(Failed)
    } else {
        number::strict_integer(text, arena).ok_or(Failed)
    }
}

fn float<'b>(value: &Value<'b>, marks: Marks, arena: &'b Arena) -> Result<Value<'b>, Failed> {
    #[expect(clippy::cast_precision_loss, reason = "Ruby's to_f rounds as well")]
    Ok(Value::Float(match value {
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::Float(value) => *value,
        Value::Int(value) => *value as f64,
        Value::Number(text) => text.parse().map_err(|_| Failed)?,
        Value::Str(text) => match plain_float(text).filter(|_| marks == Marks::Us) {
            Some(value) => value,
            None => number::strict_float(cleaned(text, marks, arena), arena).ok_or(Failed)?,
        },
        Value::Time(time) => {
            time.as_seconds() as f64 + f64::from(time.subsec_nanos()) / 1_000_000_000.0
        }
        Value::Array(_) | Value::Null | Value::Object(_) => return Err(Failed),
    }))
}

fn string<'b>(value: &Value<'b>, arena: &'b Arena) -> Value<'b> {
    match value {
        Value::Str(text) => Value::Str(text),
        Value::Object(_) => value.copy_in(arena),
        value => Value::Str(arena.build(|out| text::push_ruby(value, out))),
    }
}

/// True and false by the text; anything else stays as it is.
fn boolean<'b>(value: &Value<'b>, arena: &'b Arena) -> Value<'b> {
    let text = match value {
        Value::Str(text) => *text,
        value => arena.build(|out| text::push_ruby(value, out)),
    };
    // The plugin's expressions are anchored at lines, and their dot is any character.
    let line_is = |words: &[&str], number: u8| {
        text.split('\n').any(|line| {
            let bytes = line.as_bytes();
            words.iter().any(|word| line.eq_ignore_ascii_case(word))
                || bytes == [number]
                || (line.chars().count() == 3
                    && bytes.first() == Some(&number)
                    && bytes.last() == Some(&b'0'))
        })
    };
    if line_is(&["true", "t", "yes", "y"], b'1') {
        Value::Bool(true)
    } else if text.is_empty() || line_is(&["false", "f", "no", "n"], b'0') {
        Value::Bool(false)
    } else {
        value.copy_in(arena)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_texts_convert_as_cleaned_ones_do() {
        let arena = Arena::new();
        let digits = ["", "0", "7", "00", "09", "10", "123456789012345678", "1234567890123456789"];
        let ends = ["", ".", ".0", ".5", ".25x", "e3", "_1", " ", ",5", "9223372036854775807"];
        for sign in ["", "-", "+", " ", "--", "0x"] {
            for (first, end) in digits.iter().flat_map(|first| ends.map(|end| (first, end))) {
                let text = format!("{sign}{first}{end}");
                if let Some(value) = plain_integer(&text) {
                    let slow = integer_of_text(&text, Marks::Us, &arena);
                    assert_eq!(slow, Ok(Value::Int(value)), "{text}");
                }
                if let Some(value) = plain_float(&text) {
                    let slow = number::strict_float(cleaned(&text, Marks::Us, &arena), &arena);
                    assert_eq!(slow.map(f64::to_bits), Some(value.to_bits()), "{text}");
                }
            }
        }
        assert_eq!(plain_integer("5000"), Some(5000));
        assert_eq!(plain_float("-0.125"), Some(-0.125));
    }
}
