//! What a field holds.

use core::fmt;

use crate::arena::Arena;
use crate::codec::json::read_array;
use crate::event::object::Object;
use crate::event::raw::Raw;
use crate::limits;
use crate::time::Timestamp;

/// A field's value; strings are slices of the input, the program or the arena.
pub enum Value<'b> {
    /// A list.
    Array(&'b mut Array<'b>),
    /// `true` or `false`.
    Bool(bool),
    /// A double.
    Float(f64),
    /// An integer.
    Int(i64),
    /// JSON's null.
    Null,
    /// The JSON text of a number that is exactly neither an `i64` nor an `f64`.
    Number(&'b str),
    /// A map.
    Object(&'b mut Object<'b>),
    /// A text.
    Str(&'b str),
    /// An instant.
    Time(Timestamp),
}

const _: () = assert!(size_of::<Value<'_>>() == 24, "events are built of these");

/// A list of values.
pub struct Array<'b> {
    items: bumpalo::collections::Vec<'b, Value<'b>>,
    /// The text that holds the values instead; `items` is then empty.
    raw: Option<&'b mut Raw<'b, Self>>,
}

impl<'b> Array<'b> {
    /// Makes an empty list.
    pub fn new_in(arena: &'b Arena) -> Self {
        Self { items: arena.list(), raw: None }
    }

    /// Makes a list of the text that the writer would write for it.
    pub(crate) fn from_raw(raw: &'b mut Raw<'b, Self>, arena: &'b Arena) -> Self {
        Self { items: arena.list(), raw: Some(raw) }
    }

    /// The text, unless the list was changed or made of its values.
    pub(crate) fn raw(&self) -> Option<&Raw<'b, Self>> {
        self.raw.as_deref()
    }

    /// Appends a value.
    pub fn push(&mut self, value: Value<'b>) {
        self.unpack().push(value);
    }

    /// Appends values.
    pub(crate) fn extend(&mut self, values: impl IntoIterator<Item = Value<'b>>) {
        self.unpack().extend(values);
    }

    /// Removes the value at `index`; those after it move down.
    pub(crate) fn remove(&mut self, index: usize) -> Value<'b> {
        self.unpack().remove(index)
    }

    /// Keeps the values for which `keep` holds.
    pub(crate) fn retain(&mut self, keep: impl FnMut(&Value<'b>) -> bool) {
        self.unpack().retain(keep);
    }

    /// The values, to change them.
    pub fn as_mut_slice(&mut self) -> &mut [Value<'b>] {
        self.unpack()
    }

    /// The values.
    pub fn as_slice(&self) -> &[Value<'b>] {
        match &self.raw {
            None => &self.items,
            Some(raw) => &raw.parsed(read_array).items,
        }
    }

    /// Puts the values into the list, to change them; the text is then no longer theirs.
    fn unpack(&mut self) -> &mut bumpalo::collections::Vec<'b, Value<'b>> {
        if let Some(raw) = self.raw.take() {
            *self = raw.take_parsed(read_array);
        }
        &mut self.items
    }
}

impl<'b> Value<'b> {
    /// A list of these values.
    pub fn array(values: impl IntoIterator<Item = Self>, arena: &'b Arena) -> Self {
        let mut array = Array::new_in(arena);
        array.items.extend(values);
        Self::Array(arena.alloc(array))
    }

    /// A map.
    pub fn object(object: Object<'b>, arena: &'b Arena) -> Self {
        Self::Object(arena.alloc(object))
    }

    /// The text of a string; nothing of any other kind.
    pub fn as_str(&self) -> Option<&'b str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// Whether this is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Copies the structure into the arena; texts are shared.
    #[must_use]
    pub fn copy_in(&self, arena: &'b Arena) -> Self {
        match self {
            Self::Array(array) => {
                if let Some(raw) = array.raw() {
                    let copy = Array::from_raw(raw.copy_in(arena), arena);
                    return Self::Array(arena.alloc(copy));
                }
                let mut copy =
                    bumpalo::collections::Vec::with_capacity_in(array.items.len(), arena.bump());
                copy.extend(array.items.iter().map(|value| value.copy_in(arena)));
                Self::Array(arena.alloc(Array { items: copy, raw: None }))
            }
            Self::Bool(value) => Self::Bool(*value),
            Self::Float(value) => Self::Float(*value),
            Self::Int(value) => Self::Int(*value),
            Self::Null => Self::Null,
            Self::Number(text) => Self::Number(text),
            Self::Object(object) => Self::Object(arena.alloc(object.copy_in(arena))),
            Self::Str(text) => Self::Str(text),
            Self::Time(time) => Self::Time(*time),
        }
    }

    /// Whether the value nests at most `levels` lists and maps.
    pub(crate) fn fits_in_levels(&self, levels: usize) -> bool {
        match self {
            Self::Array(array) if let Some(raw) = array.raw() => raw.levels() <= levels,
            Self::Array(array) => {
                levels > 0 && array.items.iter().all(|value| value.fits_in_levels(levels - 1))
            }
            Self::Object(object) if let Some(raw) = object.raw() => raw.levels() <= levels,
            Self::Object(object) => {
                levels > 0 && object.iter().all(|(_, value)| value.fits_in_levels(levels - 1))
            }
            _ => true,
        }
    }

    /// A number's value when it is one; texts of digits are not numbers.
    pub(crate) fn as_number(&self) -> Option<Num<'b>> {
        match self {
            Self::Int(value) => Some(Num::Int(*value)),
            Self::Float(value) => Some(Num::Float(*value)),
            Self::Number(text) => Some(Num::Text(text)),
            _ => None,
        }
    }
}

impl<'b> Object<'b> {
    /// Copies the structure into the arena; texts are shared.
    #[must_use]
    pub fn copy_in(&self, arena: &'b Arena) -> Self {
        if let Some(raw) = self.raw() {
            return Object::from_raw(raw.copy_in(arena), arena);
        }
        let mut copy = Object::with_capacity_in(self.len(), arena);
        for (key, value) in self.entries() {
            copy.insert(key, value.copy_in(arena), arena);
        }
        copy
    }
}

/// A number of any of the three forms, for comparisons.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Num<'b> {
    Float(f64),
    Int(i64),
    Text(&'b str),
}

impl Num<'_> {
    /// The nearest double.
    pub(crate) fn to_f64(self) -> f64 {
        match self {
            Self::Float(value) => value,
            #[expect(clippy::cast_precision_loss, reason = "a rounding conversion is meant")]
            Self::Int(value) => value as f64,
            Self::Text(text) => text.parse().unwrap_or(f64::NAN),
        }
    }

    /// Orders two numbers by value. Two integers are compared exactly, big ones too.
    pub(crate) fn compare(self, other: Num<'_>) -> Option<core::cmp::Ordering> {
        match (self, other) {
            (Self::Int(left), Num::Int(right)) => Some(left.cmp(&right)),
            (Self::Text(left), Num::Text(right)) => {
                compare_integers(left, right).or_else(|| self.to_f64().partial_cmp(&other.to_f64()))
            }
            _ => self.to_f64().partial_cmp(&other.to_f64()),
        }
    }
}

/// Orders two texts of plain integers of any length.
fn compare_integers(left: &str, right: &str) -> Option<core::cmp::Ordering> {
    let split = |text: &str| -> Option<(bool, usize)> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then_some((negative, digits.len()))
    };
    let (left_negative, left_len) = split(left)?;
    let (right_negative, right_len) = split(right)?;
    Some(match (left_negative, right_negative) {
        (false, true) => core::cmp::Ordering::Greater,
        (true, false) => core::cmp::Ordering::Less,
        (false, false) => left_len.cmp(&right_len).then_with(|| left.cmp(right)),
        (true, true) => right_len.cmp(&left_len).then_with(|| right.cmp(left)),
    })
}

/// Equal by kind and value; maps regardless of order. `1` and `1.0` differ.
impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Array(left), Self::Array(right)) => left.as_slice() == right.as_slice(),
            (Self::Bool(left), Self::Bool(right)) => left == right,
            (Self::Float(left), Self::Float(right)) => left == right,
            (Self::Int(left), Self::Int(right)) => left == right,
            (Self::Null, Self::Null) => true,
            (Self::Object(left), Self::Object(right)) => {
                left.len() == right.len()
                    && left.entries().all(|(key, value)| right.get(key) == Some(value))
            }
            (Self::Number(left), Self::Number(right)) | (Self::Str(left), Self::Str(right)) => {
                left == right
            }
            (Self::Time(left), Self::Time(right)) => left == right,
            _ => false,
        }
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Array(array) => f.debug_list().entries(array.as_slice()).finish(),
            Self::Bool(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Null => f.write_str("null"),
            Self::Number(text) => f.write_str(text),
            Self::Object(object) => object.fmt(f),
            Self::Str(text) => text.fmt(f),
            Self::Time(time) => time.fmt(f),
        }
    }
}

const _: () = assert!(limits::NESTING >= 100, "ordinary JSON nests less");
