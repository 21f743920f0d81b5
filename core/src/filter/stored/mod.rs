//! Values that a config or a file holds and that events get copies of.
//!
//! `"a": {"b": 1}` of a dictionary becomes a map with the text `b` and the number 1. Texts are not copied
//! into events, which borrow them; lists and maps are.

use crate::arena::Arena;
use crate::event::{Key, Object, Value};
use crate::limits;
use crate::program::options::{Number, OptionKind, OptionValue};

pub(crate) mod csv;
pub(crate) mod json;
pub(crate) mod yaml;

/// A value that outlives events.
#[derive(Clone, Debug)]
pub(crate) enum Stored {
    Bool(bool),
    Float(f64),
    Int(i64),
    List(Box<[Self]>),
    Map(Box<[(Box<str>, Self)]>),
    Null,
    /// A number that is exactly neither an `i64` nor an `f64`.
    Number(Box<str>),
    Text(Box<str>),
}

/// What is wrong with a file of values.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FileError {
    /// What, in words that follow "the file".
    pub(crate) message: String,
    /// Whether a limit of this program was reached, and nothing else is wrong.
    pub(crate) is_limit: bool,
}

impl FileError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_limit: false }
    }

    pub(crate) fn limit(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_limit: true }
    }
}

impl Stored {
    /// The value for an event.
    ///
    /// The recursion is as deep as the file nests, which reading it limits.
    pub(crate) fn value<'b>(&'b self, arena: &'b Arena) -> Value<'b> {
        match self {
            Self::Bool(value) => Value::Bool(*value),
            Self::Float(value) => Value::Float(*value),
            Self::Int(value) => Value::Int(*value),
            Self::List(items) => Value::array(items.iter().map(|item| item.value(arena)), arena),
            Self::Map(entries) => {
                let mut object = Object::with_capacity_in(entries.len(), arena);
                for (name, value) in entries {
                    object.insert(Key::new(name), value.value(arena), arena);
                }
                Value::object(object, arena)
            }
            Self::Null => Value::Null,
            Self::Number(text) => Value::Number(text),
            Self::Text(text) => Value::Str(text),
        }
    }

    /// A copy of an event's value.
    ///
    /// The recursion is as deep as events nest, which is limited.
    pub(crate) fn from_value(value: &Value<'_>) -> Self {
        match value {
            Value::Array(array) => {
                Self::List(array.as_slice().iter().map(Self::from_value).collect())
            }
            Value::Bool(value) => Self::Bool(*value),
            Value::Float(value) => Self::Float(*value),
            Value::Int(value) => Self::Int(*value),
            Value::Null => Self::Null,
            Value::Number(text) => Self::Number((*text).into()),
            Value::Object(object) => Self::Map(
                object.iter().map(|(name, value)| (name.into(), Self::from_value(value))).collect(),
            ),
            Value::Str(text) => Self::Text((*text).into()),
            Value::Time(time) => {
                let mut text = String::new();
                time.push_iso(&mut text);
                Self::Text(text.into())
            }
        }
    }

    /// The value of an option. The recursion is as deep as the config nests, which is limited.
    pub(crate) fn from_option(value: &OptionValue) -> Self {
        match &value.kind {
            OptionKind::Array(items) => Self::List(items.iter().map(Self::from_option).collect()),
            OptionKind::Bool(value) => Self::Bool(*value),
            OptionKind::Hash(entries) => {
                let entry = |(name, value): &(OptionValue, OptionValue)| {
                    (name.to_text().into(), Self::from_option(value))
                };
                Self::Map(entries.iter().map(entry).collect())
            }
            OptionKind::Number(_, Number::Float(value)) => Self::Float(*value),
            OptionKind::Number(_, Number::Int(value)) => Self::Int(*value),
            OptionKind::Codec(_) | OptionKind::Text(_) => Self::Text(value.to_text().into()),
        }
    }
}

/// A file as text: UTF-8, a byte order mark dropped, bytes that are none replaced.
pub(crate) fn text(bytes: &[u8]) -> Result<std::borrow::Cow<'_, str>, FileError> {
    if bytes.len() > limits::DICTIONARY_BYTES {
        return Err(FileError::limit(format!(
            "has {} bytes, more than the {} that are read",
            bytes.len(),
            limits::DICTIONARY_BYTES
        )));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    Ok(String::from_utf8_lossy(bytes))
}

/// Entries of a file in their order: key and value.
pub(crate) type Entries = Vec<(Box<str>, Stored)>;

/// A file's entries, and those of its keys that no text of an event equals.
#[derive(Debug, Default)]
pub(crate) struct File {
    pub(crate) entries: Entries,
    /// Keys that are numbers, booleans or null, as they are written.
    pub(crate) odd_keys: Vec<String>,
}
