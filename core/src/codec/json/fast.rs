//! JSON text to values, the fast way: one level of fields, what is inside them left as text.
//!
//! Strings without escapes are slices of the text. What is not, is put into room that is taken once
//! for a text: unescaped strings here, respelled lists and maps in nested.rs. Every doubt is
//! [`Unusual`]: the exact reader then decides.

use bumpalo::collections::Vec as ArenaVec;

use crate::arena::Arena;
use crate::codec::json::NegativeZero;
use crate::codec::json::decimal::Number;
use crate::codec::json::nested::Frame;
use crate::codec::json::shape::Shapes;
use crate::event::{Array, Key, Object, Value};
use crate::scan::{Kernel, Level, Simd, Test};

/// The exact reader must see the text: it is no JSON, or it holds something rare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unusual;

/// Reads a text that holds one value.
pub(super) fn read<'b>(
    text: &'b str,
    zero: NegativeZero,
    arena: &'b Arena,
    simd: Simd,
    shapes: Option<&mut Shapes>,
) -> Result<Value<'b>, Unusual> {
    simd.dispatch(Read { text, zero, arena, shapes })
}

struct Read<'b, 's> {
    text: &'b str,
    zero: NegativeZero,
    arena: &'b Arena,
    shapes: Option<&'s mut Shapes>,
}

impl<'b> Kernel for Read<'b, '_> {
    type Output = Result<Value<'b>, Unusual>;

    #[inline(always)]
    fn run<L: Level>(self, level: L) -> Self::Output {
        let Self { text, zero, arena, shapes } = self;
        let mut reader = Reader {
            text,
            at: 0,
            outer: 0,
            zero,
            arena,
            shapes,
            room: &mut [],
            written: 0,
            copied: 0,
            frames: arena.list(),
            names: arena.list(),
        };
        reader.at = reader.behind_blanks(0);
        let value = match reader.byte() {
            Some(b'{') => {
                reader.outer = 1;
                level.enter(ReadObject(&mut reader))?
            }
            Some(b'[') => {
                // With the map that an item may be.
                reader.outer = 2;
                reader.array(level)?
            }
            _ => reader.scalar(level)?,
        };
        if reader.behind_blanks(reader.at) < text.len() {
            return Err(Unusual);
        }
        Ok(value)
    }
}

/// Reads the map at the reader's place.
struct ReadObject<'a, 'b, 's>(&'a mut Reader<'b, 's>);

impl<'b> Kernel for ReadObject<'_, 'b, '_> {
    type Output = Result<Value<'b>, Unusual>;

    #[inline(always)]
    fn run<L: Level>(self, level: L) -> Self::Output {
        self.0.object(level)
    }
}

/// Goes through the list or map at the reader's place.
struct GoThrough<'a, 'b, 's>(&'a mut Reader<'b, 's>);

impl<'b> Kernel for GoThrough<'_, 'b, '_> {
    type Output = Result<Value<'b>, Unusual>;

    #[inline(always)]
    fn run<L: Level>(self, level: L) -> Self::Output {
        self.0.nested(level)
    }
}

/// A text and how far it is read.
pub(super) struct Reader<'b, 's> {
    pub(super) text: &'b str,
    pub(super) at: usize,
    /// Lists and maps that are open around the one which is gone through.
    pub(super) outer: usize,
    pub(super) zero: NegativeZero,
    pub(super) arena: &'b Arena,
    /// What inner lists and maps looked like before.
    pub(super) shapes: Option<&'s mut Shapes>,
    /// Where texts are put that are not spelled as they came; what is behind `written` is free.
    pub(super) room: &'b mut [u8],
    pub(super) written: usize,
    /// Up to where the text is written to `room`, while something is.
    pub(super) copied: usize,
    /// The lists and maps around the one that is gone through.
    pub(super) frames: ArenaVec<'b, Frame>,
    /// Hashes of the names of the map that is gone through, and of those around it.
    pub(super) names: ArenaVec<'b, u64>,
}

impl<'b> Reader<'b, '_> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) -> Option<u8> {
        self.at = self.behind_blanks(self.at);
        self.byte()
    }

    #[inline(always)]
    pub(super) fn behind_blanks(&self, from: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = from;
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = bytes.get(at) {
            at += 1;
        }
        at
    }

    /// Reads the map at the place.
    #[inline(always)]
    fn object<L: Level>(&mut self, level: L) -> Result<Value<'b>, Unusual> {
        self.at += 1;
        let mut object = Object::with_capacity_in(8, self.arena);
        if self.skip_blanks() == Some(b'}') {
            self.at += 1;
            return Ok(Value::object(object, self.arena));
        }
        loop {
            if self.byte() != Some(b'"') {
                return Err(Unusual);
            }
            let name = self.string(level)?;
            if self.skip_blanks() != Some(b':') {
                return Err(Unusual);
            }
            self.at += 1;
            let value = match self.skip_blanks() {
                Some(b'{' | b'[') => level.enter(GoThrough(self))?,
                _ => self.scalar(level)?,
            };
            object.insert(Key::new(name), value, self.arena);
            let byte = self.skip_blanks();
            self.at += 1;
            match byte {
                Some(b',') => self.skip_blanks(),
                Some(b'}') => return Ok(Value::object(object, self.arena)),
                _ => return Err(Unusual),
            };
        }
    }

    /// Reads the list at the place.
    #[inline(always)]
    fn array<L: Level>(&mut self, level: L) -> Result<Value<'b>, Unusual> {
        self.at += 1;
        let mut array = Array::new_in(self.arena);
        if self.skip_blanks() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(self.arena.alloc(array)));
        }
        loop {
            array.push(match self.byte() {
                // Whoever looks into a list of maps, looks into the maps.
                Some(b'{') => level.enter(ReadObject(self))?,
                Some(b'[') => level.enter(GoThrough(self))?,
                _ => self.scalar(level)?,
            });
            let byte = self.skip_blanks();
            self.at += 1;
            match byte {
                Some(b',') => self.skip_blanks(),
                Some(b']') => return Ok(Value::Array(self.arena.alloc(array))),
                _ => return Err(Unusual),
            };
        }
    }

    /// Reads what is neither list nor map.
    #[inline(always)]
    fn scalar<L: Level>(&mut self, level: L) -> Result<Value<'b>, Unusual> {
        match self.byte() {
            Some(b'"') => self.string(level).map(Value::Str),
            Some(b'-' | b'0'..=b'9') => {
                let (number, end) = Number::read(self.text, self.at)?;
                self.at = end;
                Ok(number.value(self.zero, self.arena))
            }
            _ => {
                let (end, value) = self.word(self.at)?;
                self.at = end;
                Ok(value)
            }
        }
    }

    /// Reads `true`, `false` and `null`.
    #[inline(always)]
    pub(super) fn word(&self, at: usize) -> Result<(usize, Value<'b>), Unusual> {
        let rest = self.text.as_bytes().get(at..).unwrap_or_default();
        let (word, value): (&[u8], _) = match rest.first() {
            Some(b't') => (b"true", Value::Bool(true)),
            Some(b'f') => (b"false", Value::Bool(false)),
            _ => (b"null", Value::Null),
        };
        if rest.starts_with(word) { Ok((at + word.len(), value)) } else { Err(Unusual) }
    }

    /// Reads the string whose quote is at the place.
    #[inline(always)]
    fn string<L: Level>(&mut self, level: L) -> Result<&'b str, Unusual> {
        let start = self.at + 1;
        let stop = string_stop(level, self.text.as_bytes(), start);
        if self.text.as_bytes().get(stop) == Some(&b'"') {
            self.at = stop + 1;
            return self.text.get(start..stop).ok_or(Unusual);
        }
        self.unescaped(level, start, stop)
    }

    /// Reads a string with escapes, the first of which is at `stop`.
    #[inline(always)]
    fn unescaped<L: Level>(
        &mut self,
        level: L,
        start: usize,
        stop: usize,
    ) -> Result<&'b str, Unusual> {
        let bytes = self.text.as_bytes();
        self.start_writing(start);
        let mut at = stop;
        loop {
            match bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    self.write_up_to(at)?;
                    let (character, len) = escape(bytes, at)?;
                    self.write(character.encode_utf8(&mut [0; 4]).as_bytes())?;
                    at += len;
                    self.copied = at;
                }
                _ => return Err(Unusual),
            }
            at = string_stop(level, bytes, at);
        }
        self.write_up_to(at)?;
        self.at = at + 1;
        let written = self.take_written();
        str::from_utf8(written).map_err(|_| Unusual)
    }

    /// Begins a text in the room that takes what comes from `at` on.
    pub(super) fn start_writing(&mut self, at: usize) {
        self.copied = at;
        self.written = 0;
    }

    /// Ends the text in the room.
    pub(super) fn take_written(&mut self) -> &'b [u8] {
        let room = core::mem::take(&mut self.room);
        let (written, rest) = room.split_at_mut(self.written.min(room.len()));
        self.room = rest;
        written
    }

    /// Copies what was read and not yet written; a text that does not fit is unusual.
    #[inline(always)]
    pub(super) fn write_up_to(&mut self, to: usize) -> Result<(), Unusual> {
        const STEP: usize = 32;
        let from = core::mem::replace(&mut self.copied, to);
        let len = to.wrapping_sub(from);
        let bytes = self.text.as_bytes();
        // PERF: pieces between blanks are short; one copy of fixed length takes less than half the
        // time of a call of memcpy.
        if len <= STEP
            && let Some(source) = bytes.get(from..from + STEP)
            && let Some(place) = self.room.get_mut(self.written..self.written + STEP)
        {
            place.copy_from_slice(source);
            self.written += len;
            return Ok(());
        }
        self.write(bytes.get(from..to).ok_or(Unusual)?)
    }

    /// Writes the first `len` bytes of an array; a text that does not fit is unusual.
    #[inline(always)]
    pub(super) fn write_start<const N: usize>(
        &mut self,
        text: &[u8; N],
        len: usize,
    ) -> Result<(), Unusual> {
        if let Some(place) = self.room.get_mut(self.written..self.written + N) {
            place.copy_from_slice(text);
            self.written += len;
            return Ok(());
        }
        self.write(text.get(..len).ok_or(Unusual)?)
    }

    #[inline(never)]
    pub(super) fn write(&mut self, text: &[u8]) -> Result<(), Unusual> {
        if self.room.is_empty() {
            self.take_room();
        }
        let end = self.written + text.len();
        self.room.get_mut(self.written..end).ok_or(Unusual)?.copy_from_slice(text);
        self.written = end;
        Ok(())
    }

    /// Takes room for the rest of the text, and a quarter more: decimals may grow.
    #[cold]
    fn take_room(&mut self) {
        let rest = self.text.len();
        self.room = self.arena.bump().alloc_slice_fill_copy(rest + rest / 4 + 64, 0);
    }
}

/// The first byte at or after `at` that ends a run of plain text in a string: a quote, a backslash or a
/// control character.
#[inline(always)]
pub(super) fn string_stop<L: Level>(level: L, bytes: &[u8], at: usize) -> usize {
    level.find_with(bytes, at, &NotPlain)
}

struct NotPlain;

impl Test for NotPlain {
    #[inline(always)]
    fn mask<L: Level>(&self, level: L, vector: L::Vector) -> u32 {
        level.json_escaped(vector)
    }

    #[inline(always)]
    fn passes(&self, byte: u8) -> bool {
        byte < 0x20 || matches!(byte, b'"' | b'\\')
    }
}

/// The character that the escape at `at` stands for, and the escape's length. Half a pair of surrogates
/// is unusual.
pub(super) fn escape(bytes: &[u8], at: usize) -> Result<(char, usize), Unusual> {
    let character = match bytes.get(at + 1) {
        Some(character @ (b'"' | b'\\' | b'/')) => char::from(*character),
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => {
            let unit = hex4(bytes, at + 2)?;
            if !(0xD800..0xE000).contains(&unit) {
                return char::from_u32(unit).map(|character| (character, 6)).ok_or(Unusual);
            }
            let is_escape = bytes.get(at + 6..at + 8) == Some(b"\\u");
            let low = hex4(bytes, at + 8)?;
            if !is_escape || unit >= 0xDC00 || !(0xDC00..0xE000).contains(&low) {
                return Err(Unusual);
            }
            let code = 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
            return char::from_u32(code).map(|character| (character, 12)).ok_or(Unusual);
        }
        _ => return Err(Unusual),
    };
    Ok((character, 2))
}

fn hex4(bytes: &[u8], at: usize) -> Result<u32, Unusual> {
    let digits = bytes.get(at..at + 4).ok_or(Unusual)?;
    digits.iter().try_fold(0, |value, digit| {
        let digit = char::from(*digit).to_digit(16).ok_or(Unusual)?;
        Ok(value << 4 | digit)
    })
}
