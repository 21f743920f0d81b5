//! JSON text to values: a fast reader that leaves inner lists and maps as text, simd-json's tape, and an
//! exact one.
//!
//! `{"a": 1, "b": {"c" : 1.50}}` becomes a map of `1` and of the text `{"c":1.5}`: what nobody looks
//! into is written out again as it came. The fast reader takes a text only when what it makes of it is what
//! the exact one makes; that one alone decides that a text is no JSON. Source of behaviour: Logstash
//! 9.x's JSON reader (Jackson, strict; nesting up to 1,000).

use crate::arena::Arena;
use crate::event::{Array, Object, Value};

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod check;
mod decimal;
mod exact;
mod fast;
mod nested;
mod shape;
mod tape;
#[cfg(test)]
mod tests;

pub(crate) use exact::{first_error, number};

/// The text is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JsonError;

/// What may follow the first value of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// Anything; it is not read (the codecs).
    Anything,
    /// More objects, of which the last counts (the filter).
    Objects,
}

/// What becomes of `-0.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NegativeZero {
    /// It stays (the codecs).
    Kept,
    /// It becomes `0.0`: the decimals of Logstash's filter have no negative zero.
    Plain,
}

/// Reads texts, and remembers what they looked like.
#[derive(Debug, Default)]
pub(crate) struct JsonReader {
    shapes: shape::Shapes,
    /// Made when the first text needs it: it takes memory from the start.
    tape: Option<Box<tape::TapeReader>>,
}

impl JsonReader {
    /// Reads a text; blanks alone are an error.
    pub(crate) fn read<'b>(
        &mut self,
        text: &'b str,
        after: After,
        zero: NegativeZero,
        arena: &'b Arena,
    ) -> Result<Value<'b>, JsonError> {
        let fast = fast::read(text, zero, arena, arena.simd(), Some(&mut self.shapes));
        fast.or_else(|fast::Unusual| {
            let taped = self.tape.get_or_insert_default().read(text, arena);
            taped.map_or_else(|| exact::read(text, after, zero, arena), Ok)
        })
    }
}

/// Reads the text of a map that [`JsonReader::read`] left as it was, one level deep.
pub(crate) fn read_object<'b>(text: &'b [u8], levels: u32, arena: &'b Arena) -> Object<'b> {
    match read_level(text, levels, arena) {
        Some(Value::Object(object)) => core::mem::replace(object, Object::new_in(arena)),
        // Not reached: the text was read as a map before.
        _ => Object::new_in(arena),
    }
}

/// Reads the text of a list that [`JsonReader::read`] left as it was, one level deep.
pub(crate) fn read_array<'b>(text: &'b [u8], levels: u32, arena: &'b Arena) -> Array<'b> {
    match read_level(text, levels, arena) {
        Some(Value::Array(array)) => core::mem::replace(array, Array::new_in(arena)),
        // Not reached: the text was read as a list before.
        _ => Array::new_in(arena),
    }
}

/// Levels down to which a text is read level by level, as somebody looks into it. A deeper one is read
/// at once: its inner texts would be gone through again for every level.
const LAZY_LEVELS: u32 = 16;

fn read_level<'b>(text: &'b [u8], levels: u32, arena: &'b Arena) -> Option<Value<'b>> {
    let text = str::from_utf8(text).ok()?;
    let fast = if levels <= LAZY_LEVELS {
        fast::read(text, NegativeZero::Kept, arena, arena.simd(), None)
    } else {
        Err(fast::Unusual)
    };
    let exact = |fast::Unusual| exact::read(text, After::Anything, NegativeZero::Kept, arena);
    fast.or_else(exact).ok()
}
