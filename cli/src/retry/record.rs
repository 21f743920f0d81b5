//! Rejects as a retry reads them: one JSON object a line, of which it needs the text and its place.

use std::path::Path;

use sawlog::{Timestamp, Zone};
use serde_json::Value;

use crate::{block::Item, input::Input, process::StreamInfo};

/// Bytes of the longest reject that is read: 256 MiB, what a line of 10 MiB becomes when every byte
/// is escaped, and room for explanations. Stops a file that is no list of rejects.
const RECORD_BYTES: usize = 256 * 1024 * 1024;

/// One reject.
#[derive(Debug)]
pub(super) struct Record {
    /// The input's name as people know it.
    pub(super) input: String,
    pub(super) line: u64,
    pub(super) offset: u64,
    pub(super) text: String,
    /// The clock of the event, where it belongs to the input.
    pub(super) now: Option<Timestamp>,
    /// Whether the event is in the output too.
    pub(super) is_kept: bool,
    /// Whether the text is only the start of the line.
    pub(super) is_cut: bool,
    /// Other events of the line that are in the output.
    pub(super) others_out: u64,
}

impl Record {
    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut value: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let mut text = |name: &str| match value.get_mut(name).map(Value::take) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(format!("there is no text `{name}`")),
        };
        let (input, outcome, original) = (text("input")?, text("outcome")?, text("text")?);
        let number = |name: &str| {
            let number = value.get(name).and_then(Value::as_u64);
            number.ok_or_else(|| format!("there is no number `{name}`"))
        };
        let now = match value.get("now").map(|now| now.as_str()) {
            None => None,
            Some(now) => {
                let now = now.and_then(|text| Timestamp::parse_lenient(text, &Zone::utc()));
                Some(now.ok_or("`now` is no time")?)
            }
        };
        Ok(Self {
            input,
            line: number("line")?,
            offset: number("offset")?,
            text: original,
            now,
            is_kept: outcome == "kept",
            is_cut: value.get("cut") == Some(&Value::Bool(true)),
            others_out: value.get("others_out").map_or(Ok(0), |_| number("others_out"))?,
        })
    }

    /// The stream that the text came from.
    pub(super) fn stream(&self) -> StreamInfo {
        let standard_input = Input::new(Path::new("-")).name();
        let path = (self.input != standard_input).then(|| self.input.clone());
        StreamInfo { index: 0, name: self.input.clone(), path }
    }
}

/// Takes a reject, with the line it is written in.
type Take<'a> = dyn FnMut(&[u8], Record) -> Result<(), String> + 'a;

/// A file of rejects.
pub(super) struct Records;

impl Records {
    /// Gives each reject, with the line it is written in (without its end), to `take`.
    ///
    /// # Errors
    ///
    /// Says what cannot be read and in which line; passes on what `take` says.
    pub(super) fn read(path: &Path, take: &mut Take<'_>) -> Result<(), String> {
        let mut lines = Lines { path, take, number: 0, partial: Vec::new() };
        let mut source = Input::new(path).source(0, b"\n");
        while let Some(item) = source.next() {
            match item {
                Item::Block(block) => lines.push(&block.bytes)?,
                Item::Error(error) => {
                    return Err(format!("cannot read `{}`: {error}", path.display()));
                }
                Item::Head(_) => {}
            }
        }
        lines.finish()
    }
}

struct Lines<'a> {
    path: &'a Path,
    take: &'a mut Take<'a>,
    number: u64,
    /// The start of a line whose end has not come.
    partial: Vec<u8>,
}

impl Lines<'_> {
    fn push(&mut self, mut piece: &[u8]) -> Result<(), String> {
        while let Some(at) = piece.iter().position(|byte| *byte == b'\n') {
            if self.partial.is_empty() {
                self.line(&piece[..at])?;
            } else {
                let mut line = std::mem::take(&mut self.partial);
                line.extend_from_slice(&piece[..at]);
                self.line(&line)?;
            }
            piece = &piece[at + 1..];
        }
        if self.partial.len() + piece.len() > RECORD_BYTES {
            self.number += 1;
            return Err(self.error("the line is too long to be a reject"));
        }
        self.partial.extend_from_slice(piece);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), String> {
        let line = std::mem::take(&mut self.partial);
        if line.is_empty() { Ok(()) } else { self.line(&line) }
    }

    fn line(&mut self, line: &[u8]) -> Result<(), String> {
        self.number += 1;
        let record = Record::parse(line).map_err(|error| self.error(&error))?;
        (self.take)(line, record)
    }

    fn error(&self, error: &str) -> String {
        format!(
            "`{}`:{}: this is no reject as `sawlog convert --rejects` writes them: {error}",
            self.path.display(),
            self.number
        )
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn rejects_need_text_and_place() {
        let whole = r#"{"input":"a","line":2,"offset":9,"outcome":"kept","text":"t","cut":true,
            "others_out":3,"now":"2020-01-02T03:04:05Z"}"#;
        let record = Record::parse(whole.as_bytes()).unwrap();
        assert!(record.is_kept && record.is_cut && record.now.is_some());
        assert_eq!((record.line, record.offset, record.others_out), (2, 9, 3));
        for (from, to) in [("\"t\"", "1"), ("\"line\"", "\"no\""), ("2020-", "x"), ("3,", "\"x\",")]
        {
            assert!(Record::parse(whole.replacen(from, to, 1).as_bytes()).is_err(), "{from}");
        }
    }

    #[test]
    fn lines_are_found_in_pieces_of_any_size() {
        let text = r#"{"input":"a","line":2,"offset":9,"outcome":"diverted","text":"t"}"#;
        let all = format!("{text}\n{text}\n{text}");
        for size in [1, 7, 70, 1000] {
            let mut seen = 0;
            let mut take = |line: &[u8], _: Record| {
                assert_eq!(line, text.as_bytes());
                seen += 1;
                Ok(())
            };
            let mut lines =
                Lines { path: Path::new("r"), take: &mut take, number: 0, partial: Vec::new() };
            for piece in all.as_bytes().chunks(size) {
                lines.push(piece).unwrap();
            }
            lines.finish().unwrap();
            assert_eq!(seen, 3);
        }
    }
}
