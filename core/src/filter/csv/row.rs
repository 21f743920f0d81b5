//! The first line of a text to its values, as strictly as Ruby's csv reads it.
//!
//! Lines end with what ends the first line: `\r\n`, `\n` or `\r`. A value in quotes may hold line ends,
//! separators and doubled quotes, and stands alone between its separators; a value without quotes has no
//! quote in it. No value at all is null, two quotes are the empty text.

use crate::arena::Arena;

/// What separates and quotes values.
#[derive(Debug)]
pub(crate) struct Format {
    separator: Box<str>,
    quote: Box<str>,
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
        (!separator.is_empty() && is_one)
            .then(|| Self { separator: separator.into(), quote: quote.into() })
    }

    /// Finds the values of the first line; nothing if there is no text at all.
    pub(crate) fn read(&self, text: &str, cells: &mut Vec<Cell>) -> Result<Option<()>, RowError> {
        cells.clear();
        let bytes = text.as_bytes();
        if bytes.is_empty() {
            return Ok(None);
        }
        let line_end = line_end(bytes);
        // PERF: most lines have no quote at all, and few bytes are looked at twice.
        if find(self.quote.as_bytes(), bytes).is_none() {
            let end = line_end.map_or(bytes.len(), |(at, _)| at);
            if end > 0 {
                self.split(&bytes[..end], cells);
            }
            return Ok(Some(()));
        }
        let ending = line_end.map_or(&b"\n"[..], |(_, ending)| ending);
        self.read_quoted(bytes, ending, cells)?;
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
        while let Some((before, behind)) = rest.split_once(&*self.quote) {
            out.push_str(before);
            out.push_str(&self.quote);
            rest = behind.strip_prefix(&*self.quote).unwrap_or(behind);
        }
        out.push_str(rest);
        out.into_bump_str()
    }

    fn split(&self, line: &[u8], cells: &mut Vec<Cell>) {
        let mut start = 0;
        let mut push = |start: usize, end: usize| {
            cells.push(if start == end { Cell::Null } else { Cell::Text(start, end, false) });
        };
        match self.separator.as_bytes() {
            [separator] => {
                for at in memchr::memchr_iter(*separator, line) {
                    push(start, at);
                    start = at + 1;
                }
            }
            separator => {
                for at in memchr::memmem::find_iter(line, separator) {
                    push(start, at);
                    start = at + separator.len();
                }
            }
        }
        push(start, line.len());
    }

    fn read_quoted(
        &self,
        bytes: &[u8],
        ending: &[u8],
        cells: &mut Vec<Cell>,
    ) -> Result<(), RowError> {
        let (separator, quote) = (self.separator.as_bytes(), self.quote.as_bytes());
        if bytes.starts_with(ending) {
            return Ok(());
        }
        let mut at = 0;
        loop {
            let rest = &bytes[at..];
            let end = if rest.starts_with(quote) {
                let (end, is_doubled) = self.quoted_end(bytes, at + quote.len())?;
                cells.push(Cell::Text(at + quote.len(), end, is_doubled));
                end + quote.len()
            } else {
                let end = self.unquoted_end(bytes, at, ending)?;
                cells.push(if end == at { Cell::Null } else { Cell::Text(at, end, false) });
                end
            };
            let behind = &bytes[end..];
            if behind.starts_with(separator) {
                at = end + separator.len();
            } else if behind.is_empty() || behind.starts_with(ending) {
                return Ok(());
            } else {
                let message = "behind a value in quotes stands neither a separator nor the end";
                return Err(RowError { at: end, message });
            }
        }
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
            if !bytes[end + quote.len()..].starts_with(quote) {
                return Ok((end, is_doubled));
            }
            is_doubled = true;
            at = end + 2 * quote.len();
        }
    }

    /// The end of a value without quotes.
    fn unquoted_end(&self, bytes: &[u8], start: usize, ending: &[u8]) -> Result<usize, RowError> {
        let (separator, quote) = (self.separator.as_bytes(), self.quote.as_bytes());
        let mut at = start;
        while let Some(&byte) = bytes.get(at) {
            let rest = &bytes[at..];
            if byte == separator[0] && rest.starts_with(separator) {
                break;
            }
            if matches!(byte, b'\r' | b'\n') {
                if rest.starts_with(ending) {
                    break;
                }
                let message = "a line end that is not that of the first line needs quotes";
                return Err(RowError { at, message });
            }
            if byte == quote[0] && rest.starts_with(quote) {
                let message = "a quote stands inside of a value without quotes";
                return Err(RowError { at, message });
            }
            at += 1;
        }
        Ok(at)
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
        format.read(text, &mut cells).map_err(|error| error.message)?;
        let values = cells.into_iter().map(|cell| format.text(cell, text, &arena));
        Ok(values.map(|value| value.map(str::to_owned)).collect())
    }

    fn texts(values: &[&str]) -> Result<Vec<Option<String>>, &'static str> {
        Ok(values.iter().map(|value| (*value != "-").then(|| (*value).to_owned())).collect())
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
            assert_eq!(read(text), expected, "{text:?}");
        }
        for text in ["a\"b", "\"a\" ,b", "\"a", "a,\"b\"\"", "\"a\nb\",c\rd\n"] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }
}
