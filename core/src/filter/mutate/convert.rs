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
        let path = name.resolve(event, cx)?;
        let converted = match event.get(path) {
            None | Some(Value::Null | Value::Object(_)) => return Ok(()),
            Some(Value::Array(array)) => {
                let mut items = Vec::with_capacity(array.as_slice().len());
                for item in array.as_slice() {
                    items.push(match item {
                        Value::Null => Value::Null,
                        item => self.convert(item, cx.arena)?,
                    });
                }
                Value::array(items, cx.arena)
            }
            Some(value) => self.convert(value, cx.arena)?,
        };
        event.set(path, converted, cx.arena)?;
        Ok(())
    }

    fn convert<'b>(self, value: &Value<'b>, arena: &'b Arena) -> Result<Value<'b>, Failed> {
        match self {
            Self::Boolean => Ok(boolean(value, arena)),
            Self::Float => float(value, Marks::Us),
            Self::FloatEu => float(value, Marks::Eu),
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

/// Whether a text is an integer of few digits, as most are: such need no cleaning.
fn is_plain(text: &str) -> bool {
    matches!(text.as_bytes(), [b'1'..=b'9', rest @ ..]
        if rest.len() < 18 && rest.iter().all(u8::is_ascii_digit))
}

/// The text without blanks around it and without thousands marks, in lower case.
fn cleaned(text: &str, marks: Marks) -> String {
    let thousands = if marks == Marks::Us { ',' } else { '.' };
    let characters = strings::stripped(text).chars().filter(|&character| character != thousands);
    characters
        .map(|character| match character {
            ',' => '.',
            character => character.to_ascii_lowercase(),
        })
        .collect()
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
        Value::Str(text) if is_plain(text) => Value::Int(text.parse().map_err(|_| Failed)?),
        Value::Str(text) => {
            let text = cleaned(text, marks);
            let value = number::strict_float(&text).ok_or(Failed)?;
            if text.contains('.') {
                number::truncate(value, arena).ok_or(Failed)?
            } else {
                number::strict_integer(&text, arena).ok_or(Failed)?
            }
        }
        Value::Time(time) => Value::Int(time.as_seconds()),
        Value::Array(_) | Value::Null | Value::Object(_) => return Err(Failed),
    })
}

fn float<'b>(value: &Value<'b>, marks: Marks) -> Result<Value<'b>, Failed> {
    #[expect(clippy::cast_precision_loss, reason = "Ruby's to_f rounds as well")]
    Ok(Value::Float(match value {
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::Float(value) => *value,
        Value::Int(value) => *value as f64,
        Value::Number(text) => text.parse().map_err(|_| Failed)?,
        Value::Str(text) => number::strict_float(&cleaned(text, marks)).ok_or(Failed)?,
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
        value => {
            let mut out = String::new();
            text::push_ruby(value, &mut out);
            Value::Str(arena.text(&out))
        }
    }
}

/// True and false by the text; anything else stays as it is.
fn boolean<'b>(value: &Value<'b>, arena: &'b Arena) -> Value<'b> {
    let mut out = String::new();
    let text = match value {
        Value::Str(text) => *text,
        value => {
            text::push_ruby(value, &mut out);
            out.as_str()
        }
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
