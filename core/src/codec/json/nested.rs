//! Lists and maps inside an event, left as text: gone through once, to see that they are JSON and to
//! spell them as the writer would.
//!
//! `{"a": [1, 2.50], "b": "\u00e9\/"}` becomes `{"a":[1,2.5],"b":"é/"}`. A text that is spelled so already is not
//! even copied.

use crate::codec::json::decimal::{Number, Spelling};
use crate::codec::json::fast::{Reader, Unusual, escape, string_stop};
use crate::event::raw::Raw;
use crate::event::{Array, Object, Value};
use crate::limits;
use crate::scan::Level;
use crate::scan::json::escape_of;

/// A list or map that is gone through.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    is_object: bool,
    /// Whether two names of the map may be the same.
    may_repeat: bool,
    /// Where the map's names start among all.
    names_from: usize,
    /// Bit `hash & 63` is set for every name.
    seen: u64,
}

impl<'b> Reader<'b, '_> {
    /// Reads the list or map at the place, without looking for what it means.
    #[inline(always)]
    pub(super) fn nested<L: Level>(&mut self, level: L) -> Result<Value<'b>, Unusual> {
        let start = self.at;
        let is_object = self.text.as_bytes().get(start) == Some(&b'{');
        self.start_writing(start);
        let shapes = self.shapes.take();
        let levels = match shapes {
            None => self.go_through(level)?,
            Some(shapes) => {
                let levels = match self.follow(level, shapes) {
                    Some(levels) if levels + self.outer <= limits::NESTING => levels,
                    Some(_) => return Err(Unusual),
                    None => {
                        let levels = self.go_through(level)?;
                        shapes.learn(
                            self.text.as_bytes().get(start..self.at).unwrap_or_default(),
                            levels,
                        );
                        levels
                    }
                };
                self.shapes = Some(shapes);
                levels
            }
        };
        let text = if self.written == 0 && self.copied == start {
            self.text.as_bytes().get(start..self.at).ok_or(Unusual)?
        } else {
            self.write_up_to(self.at)?;
            self.take_written()
        };
        let levels = u32::try_from(levels).map_err(|_| Unusual)?;
        Ok(if is_object {
            let raw = Raw::new_in(text, levels, self.arena);
            Value::object(Object::from_raw(raw, self.arena), self.arena)
        } else {
            let raw = Raw::new_in(text, levels, self.arena);
            Value::Array(self.arena.alloc(Array::from_raw(raw, self.arena)))
        })
    }

    /// Goes to the end of the list or map, and tells how many are inside each other.
    #[inline(always)]
    fn go_through<L: Level>(&mut self, level: L) -> Result<usize, Unusual> {
        self.frames.clear();
        self.names.clear();
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        let mut levels = 0;
        let mut frame = Frame { is_object: false, may_repeat: false, names_from: 0, seen: 0 };
        loop {
            match bytes.get(at) {
                Some(b'"') => at = self.string_end(level, at + 1)?,
                Some(byte @ (b'{' | b'[')) => {
                    let is_object = *byte == b'{';
                    self.frames.push(frame);
                    levels = levels.max(self.frames.len());
                    if levels + self.outer > limits::NESTING {
                        return Err(Unusual);
                    }
                    let names_from = self.names.len();
                    frame = Frame { is_object, may_repeat: false, names_from, seen: 0 };
                    at = self.without_blanks(at + 1)?;
                    let end = if is_object { b'}' } else { b']' };
                    if bytes.get(at) != Some(&end) {
                        if is_object {
                            at = self.name(level, at, &mut frame)?;
                        }
                        continue;
                    }
                }
                Some(b'-' | b'0'..=b'9') => at = self.number_end(level, at)?,
                _ => at = self.word(at)?.0,
            }
            // A value has ended here, or the list or map that is open is empty.
            loop {
                at = self.without_blanks(at)?;
                match bytes.get(at) {
                    Some(b',') => {
                        at = self.without_blanks(at + 1)?;
                        if frame.is_object {
                            at = self.name(level, at, &mut frame)?;
                        }
                        break;
                    }
                    Some(b'}') if frame.is_object => {
                        if frame.may_repeat {
                            self.check_names(frame.names_from)?;
                        }
                        self.names.truncate(frame.names_from);
                    }
                    Some(b']') if !frame.is_object => {}
                    _ => return Err(Unusual),
                }
                at += 1;
                frame = self.frames.pop().ok_or(Unusual)?;
                if self.frames.is_empty() {
                    self.at = at;
                    return Ok(levels);
                }
            }
        }
    }

    /// Leaves blanks out of what is written.
    #[inline(always)]
    fn without_blanks(&mut self, at: usize) -> Result<usize, Unusual> {
        if self.text.as_bytes().get(at).is_some_and(|byte| *byte > b' ') {
            return Ok(at);
        }
        self.write_up_to(at)?;
        self.copied = self.behind_blanks(at);
        Ok(self.copied)
    }

    /// Goes over a name and its colon, and remembers it; escapes in it are unusual.
    #[inline(always)]
    fn name<L: Level>(&mut self, level: L, at: usize, frame: &mut Frame) -> Result<usize, Unusual> {
        let bytes = self.text.as_bytes();
        if bytes.get(at) != Some(&b'"') {
            return Err(Unusual);
        }
        let end = string_stop(level, bytes, at + 1);
        if bytes.get(end) != Some(&b'"') {
            return Err(Unusual);
        }
        let hash = name_hash(bytes, at + 1, end)?;
        let bit = 1 << (hash & 63);
        frame.may_repeat |= frame.seen & bit != 0;
        frame.seen |= bit;
        self.names.push(hash);
        let at = self.without_blanks(end + 1)?;
        if bytes.get(at) != Some(&b':') {
            return Err(Unusual);
        }
        self.without_blanks(at + 1)
    }

    /// A name that stands twice in a map is unusual: the last value counts.
    #[inline(never)]
    fn check_names(&mut self, from: usize) -> Result<(), Unusual> {
        const FEW: usize = 24;
        let names = self.names.get_mut(from..).ok_or(Unusual)?;
        if names.len() > FEW {
            names.sort_unstable();
            let repeats = names.windows(2).any(|pair| pair.first() == pair.last());
            return if repeats { Err(Unusual) } else { Ok(()) };
        }
        let repeats = names.iter().enumerate().any(|(at, name)| {
            // Without a way out in between, the compiler compares several at once.
            names.iter().take(at).filter(|other| *other == name).count() > 0
        });
        if repeats { Err(Unusual) } else { Ok(()) }
    }

    /// Goes behind the quote that ends a string.
    #[inline(always)]
    pub(super) fn string_end<L: Level>(&mut self, level: L, from: usize) -> Result<usize, Unusual> {
        let bytes = self.text.as_bytes();
        let mut at = from;
        loop {
            at = string_stop(level, bytes, at);
            match bytes.get(at) {
                Some(b'"') => return Ok(at + 1),
                Some(b'\\') => at = self.escape_end(at)?,
                _ => return Err(Unusual),
            }
        }
    }

    /// Goes behind an escape, and spells it as the writer does.
    #[inline(always)]
    fn escape_end(&mut self, at: usize) -> Result<usize, Unusual> {
        match self.text.as_bytes().get(at + 1) {
            Some(b'"' | b'\\' | b'n' | b't' | b'r' | b'b' | b'f') => Ok(at + 2),
            _ => self.other_escape_end(at),
        }
    }

    #[inline(never)]
    fn other_escape_end(&mut self, at: usize) -> Result<usize, Unusual> {
        let (character, len) = escape(self.text.as_bytes(), at)?;
        self.write_up_to(at)?;
        match u8::try_from(character) {
            Ok(byte) if let Some(text) = escape_of(byte) => self.write(text)?,
            _ => self.write(character.encode_utf8(&mut [0; 4]).as_bytes())?,
        }
        self.copied = at + len;
        Ok(self.copied)
    }

    /// Goes behind a number, and spells it as the writer does.
    // PERF: nearly all numbers are seen to be spelled so already, or with a shifted dot, from the places
    // of their digits; a quarter of the instructions of reading the digits.
    #[inline(always)]
    pub(super) fn number_end<L: Level>(&mut self, level: L, at: usize) -> Result<usize, Unusual> {
        let bytes = self.text.as_bytes();
        let digits = level.block(bytes, at).in_range(b'0', b'9');
        let whole = digits.trailing_ones() as usize;
        let first = bytes.get(at);
        if whole == 0 || whole > 16 || first == Some(&b'0') && whole > 1 {
            return self.any_number_end(at);
        }
        match bytes.get(at + whole) {
            Some(b'e' | b'E') => self.any_number_end(at),
            Some(b'.') => {
                let fraction = (digits >> (whole + 1)).trailing_ones() as usize;
                let end = at + whole + 1 + fraction;
                // Of sixteen digits, those below 4.5e15 are as sure.
                let count = whole + fraction - usize::from(first < Some(&b'4'));
                let is_short = fraction > 0 && count <= SURE_DIGITS;
                let ends_in_zero = bytes.get(end - 1) == Some(&b'0') && fraction > 1;
                if !is_short || ends_in_zero || matches!(bytes.get(end), Some(b'e' | b'E')) {
                    return self.any_number_end(at);
                }
                let is_small = first == Some(&b'0') && bytes.get(at..at + 5) == Some(b"0.000");
                if is_small {
                    self.any_number_end(at)
                } else if whole <= 7 {
                    Ok(end)
                } else {
                    self.shifted_end(at, whole, end)
                }
            }
            _ => Ok(at + whole),
        }
    }

    /// Goes behind a decimal from ten millions up: `12345678.5` is `1.23456785E7`.
    #[inline(never)]
    fn shifted_end(&mut self, at: usize, whole: usize, end: usize) -> Result<usize, Unusual> {
        const EXPONENTS: [&[u8]; 9] =
            [b"E7", b"E8", b"E9", b"E10", b"E11", b"E12", b"E13", b"E14", b"E15"];
        let bytes = self.text.as_bytes();
        if bytes.get(at + whole..end) == Some(b".0") {
            // The zeros before the dot would go as well.
            return self.any_number_end(at);
        }
        let exponent = EXPONENTS.get(whole.wrapping_sub(8)).ok_or(Unusual)?;
        self.write_up_to(at + 1)?;
        self.write(b".")?;
        self.write_up_to(at + whole)?;
        self.copied = at + whole + 1;
        self.write_up_to(end)?;
        self.write(exponent)?;
        Ok(end)
    }

    #[inline(never)]
    fn any_number_end(&mut self, at: usize) -> Result<usize, Unusual> {
        let (number, end) = Number::read(self.text, at)?;
        match number.spelling(self.zero, self.arena) {
            Spelling::Same => {}
            Spelling::Other(spelled) => {
                self.write_up_to(at)?;
                self.write(spelled.as_bytes())?;
                self.copied = end;
            }
            Spelling::Long(value) => {
                let mut text = Vec::new();
                value.write_json(&mut text);
                self.write_up_to(at)?;
                self.write(&text)?;
                self.copied = end;
            }
        }
        Ok(end)
    }
}

/// So many digits are always the shortest ones that read back as their double, whatever they are.
const SURE_DIGITS: usize = 15;

/// Mixes a name so that names of up to eight bytes have different hashes; longer ones are likely to.
#[inline(always)]
fn name_hash(bytes: &[u8], from: usize, to: usize) -> Result<u64, Unusual> {
    const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;
    let len = to - from;
    let mixed = match bytes.get(from..from + 8).and_then(|start| start.first_chunk::<8>()) {
        // No name holds a byte 0, so the bytes tell the length.
        Some(start) if len.wrapping_sub(1) < 8 => {
            u64::from_le_bytes(*start) & u64::MAX >> (64 - 8 * len)
        }
        _ => any_hash(bytes.get(from..to).ok_or(Unusual)?),
    };
    let mixed = mixed.wrapping_mul(MULTIPLIER);
    Ok(mixed ^ mixed >> 29)
}

/// Gives the bytes themselves, the first one lowest, if they are up to eight.
#[inline(never)]
fn any_hash(name: &[u8]) -> u64 {
    const MULTIPLIER: u64 = 0xD6E8_FEB8_6659_FD93;
    let (chunks, rest) = name.as_chunks::<8>();
    let rest = rest.iter().rev().fold(0, |rest, byte| rest << 8 | u64::from(*byte));
    match chunks {
        [] => rest,
        [whole] if name.len() == 8 => u64::from_le_bytes(*whole),
        chunks => {
            let mut state = name.len() as u64;
            for chunk in chunks {
                state = (state ^ u64::from_le_bytes(*chunk)).wrapping_mul(MULTIPLIER);
                state ^= state >> 32;
            }
            (state ^ rest).wrapping_mul(MULTIPLIER)
        }
    }
}
