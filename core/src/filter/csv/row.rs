//! The first line of a text to its values, as strictly as Ruby's csv reads it.
//!
//! Lines end with what ends the first line: `\r\n`, `\n` or `\r`. A value in quotes may hold line ends,
//! separators and doubled quotes, and stands alone between its separators; a value without quotes has no
//! quote in it. No value at all is null, two quotes are the empty text.

use crate::arena::Arena;
use crate::pattern::unicode::ByteSet;
use crate::scan::{ByteClass, Kernel, Level, Simd};

/// What separates and quotes values.
#[derive(Debug)]
pub(crate) struct Format {
    separator: Box<str>,
    quote: Box<str>,
    /// Bytes that may end a value without quotes, or are wrong in it.
    stops: ByteClass,
}

/// Where a value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    /// Nothing between two separators.
    Null,
    /// A text; `true` if it has doubled quotes.
    Text(usize, usize, bool),
}

/// A line that Ruby refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RowError {
    pub(super) at: usize,
    pub(super) message: &'static str,
}

impl Format {
    /// Nothing if the separator is empty or the quote not one character.
    pub(crate) fn new(separator: &str, quote: &str) -> Option<Self> {
        let is_one = quote.chars().count() == 1;
        let mut stops = ByteSet::EMPTY;
        for byte in [*separator.as_bytes().first()?, *quote.as_bytes().first()?, b'\r', b'\n'] {
            stops.insert(byte);
        }
        let stops = ByteClass::new(&stops);
        is_one.then(|| Self { separator: separator.into(), quote: quote.into(), stops })
    }

    /// Finds the values of the first line; nothing if there is no text at all.
    pub(crate) fn read(
        &self,
        text: &str,
        simd: Simd,
        cells: &mut Vec<Cell>,
    ) -> Result<Option<()>, RowError> {
        cells.clear();
        let bytes = text.as_bytes();
        if bytes.is_empty() {
            return Ok(None);
        }
        let (end, ending) = line_end(bytes).unwrap_or((bytes.len(), b"\n"));
        if end > 0 {
            simd.dispatch(Read { format: self, bytes, ending, cells })?;
        }
        Ok(Some(()))
    }

    /// The text of a cell; nothing for null.
    #[inline]
    pub(crate) fn text<'b>(
        &self,
        cell: Cell,
        text: &'b str,
        arena: &'b Arena,
    ) -> Option<&'b str> {
        let Cell::Text(start, end, is_doubled) = cell else { return None };
        let value = text.get(start..end).unwrap_or("");
        Some(if is_doubled { self.undoubled(value, arena) } else { value })
    }

    fn undoubled<'b>(&self, value: &str, arena: &'b Arena) -> &'b str {
        let mut out = arena.string(value.len());
        let mut rest = value;
        while let Some(at) = find(self.quote.as_bytes(), rest.as_bytes()) {
            let (before, behind) = rest.split_at(at + self.quote.len());
            out.push_str(before);
            rest = behind.strip_prefix(&*self.quote).unwrap_or(behind);
        }
        out.push_str(rest);
        out.into_bump_str()
    }

    /// The place of the closing quote, and whether there are doubled ones before it.
    fn quoted_end(&self, bytes: &[u8], start: usize) -> Result<(usize, bool), RowError> {
        let quote = self.quote.as_bytes();
        let mut at = start;
        let mut is_doubled = false;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let Some(found) = find(quote, rest) else {
                let message = "a quote is never closed";
                return Err(RowError { at: start - quote.len(), message });
            };
            let end = at + found;
            if !is_at(quote, bytes, end + quote.len()) {
                return Ok((end, is_doubled));
            }
            is_doubled = true;
            at = end + 2 * quote.len();
        }
    }

    /// The end of a value without quotes.
    #[inline(always)]
    fn unquoted_end<L: Level>(
        &self,
        level: L,
        bytes: &[u8],
        start: usize,
        ending: &[u8],
    ) -> Result<usize, RowError> {
        let mut at = start;
        loop {
            at = level.find_in(&self.stops, bytes, at);
            let Some(&byte) = bytes.get(at) else { return Ok(at) };
            if is_at(self.separator.as_bytes(), bytes, at) {
                return Ok(at);
            }
            if matches!(byte, b'\r' | b'\n') {
                if is_at(ending, bytes, at) {
                    return Ok(at);
                }
                let message = "a line end that is not that of the first line needs quotes";
                return Err(RowError { at, message });
            }
            if is_at(self.quote.as_bytes(), bytes, at) {
                let message = "a quote stands inside of a value without quotes";
                return Err(RowError { at, message });
            }
            at += 1;
        }
    }
}

/// Finds the values of a line that is not empty.
struct Read<'a> {
    format: &'a Format,
    bytes: &'a [u8],
    ending: &'a [u8],
    cells: &'a mut Vec<Cell>,
}

// PERF: most values are shorter than a block.
impl Kernel for Read<'_> {
    type Output = Result<(), RowError>;

    #[inline(always)]
    fn run<L: Level>(self, level: L) -> Self::Output {
        let Self { format, bytes, ending, cells } = self;
        let (separator, quote) = (format.separator.as_bytes(), format.quote.as_bytes());
        let mut at = 0;
        loop {
            let end = if is_at(quote, bytes, at) {
                let (end, is_doubled) = format.quoted_end(bytes, at + quote.len())?;
                cells.push(Cell::Text(at + quote.len(), end, is_doubled));
                end + quote.len()
            } else {
                let end = format.unquoted_end(level, bytes, at, ending)?;
                cells.push(if end == at { Cell::Null } else { Cell::Text(at, end, false) });
                end
            };
            if is_at(separator, bytes, end) {
                at = end + separator.len();
            } else if end >= bytes.len() || is_at(ending, bytes, end) {
                return Ok(());
            } else {
                let message = "behind a value in quotes stands neither a separator nor the end";
                return Err(RowError { at: end, message });
            }
        }
    }
}

/// Whether a text that is mostly one byte stands at a place.
#[inline]
fn is_at(text: &[u8], bytes: &[u8], place: usize) -> bool {
    match text {
        [byte] => bytes.get(place) == Some(byte),
        text => bytes.get(place..).is_some_and(|rest| rest.starts_with(text)),
    }
}

/// The first place of a text that is mostly one byte.
fn find(text: &[u8], bytes: &[u8]) -> Option<usize> {
    match text {
        [byte] => memchr::memchr(*byte, bytes),
        text => memchr::memmem::find(bytes, text),
    }
}

/// The first line end and its place.
fn line_end(bytes: &[u8]) -> Option<(usize, &'static [u8])> {
    let at = memchr::memchr2(b'\r', b'\n', bytes)?;
    Some(match &bytes[at..] {
        [b'\r', b'\n', ..] => (at, b"\r\n"),
        [b'\r', ..] => (at, b"\r"),
        _ => (at, b"\n"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Option<String>>, &'static str> {
        let format = Format::new(",", "\"").ok_or("format")?;
        let (mut cells, arena) = (Vec::new(), Arena::new());
        format.read(text, Simd::default(), &mut cells).map_err(|error| error.message)?;
        let values = cells.into_iter().map(|cell| format.text(cell, text, &arena));
        Ok(values.map(|value| value.map(str::to_owned)).collect())
    }

    fn texts(values: &[&str]) -> Vec<Option<String>> {
        values.iter().map(|value| (*value != "-").then(|| (*value).to_owned())).collect()
    }

    #[test]
    fn the_first_line_is_read_with_and_without_quotes() {
        for (text, expected) in [
            ("a,b", texts(&["a", "b"])),
            (",a,", texts(&["-", "a", "-"])),
            ("\"a\",,\"\"", texts(&["a", "-", ""])),
            ("\"a\"\"\",\"\"\"\"", texts(&["a\"", "\""])),
            ("\"a\r\nb\",c\r\nd", texts(&["a\r\nb", "c"])),
            ("a,\"b\",\nc", texts(&["a", "b", "-"])),
            ("\n\"a\"", texts(&[])),
            ("\na", texts(&[])),
            ("a\rb,c", texts(&["a"])),
        ] {
            assert_eq!(read(text), Ok(expected), "{text:?}");
        }
        for text in ["a\"b", "\"a\" ,b", "\"a", "a,\"b\"\"", "\"a\nb\",c\rd\n"] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }
}
