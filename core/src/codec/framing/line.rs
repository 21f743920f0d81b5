//! Lines: what stands between delimiters, whatever the pieces in which the bytes arrive.
//!
//! `"a\nb"` + `"c\n"` gives `"a"`, then `"bc"`. Only a line that spans two pieces is copied. A line longer than
//! the limit is passed over and reported with its first KiB. Where many lines stand in one piece, they are
//! looked through for invalid UTF-8 together.

use memchr::memmem::Finder;
use memchr::{memchr, memrchr};

use crate::limits;
use crate::scan::{Simd, lines};

/// Cuts a stream into lines.
#[derive(Debug)]
pub(crate) struct LineFramer {
    finder: Finder<'static>,
    max_line_bytes: usize,
    /// The start of a line whose end has not come; of an over-long one only the excerpt.
    partial: Vec<u8>,
    /// Bytes of the unfinished line that are not kept; not 0 for an over-long line.
    skipped: usize,
    /// 0 <= `matched`: bytes at the end of a skipped line that begin the delimiter.
    tail: Vec<u8>,
    line: u64,
    offset: u64,
    simd: Simd,
    /// Memory for the places of delimiters in one block.
    ends: Vec<usize>,
}

/// One line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    /// The line without its delimiter; for an over-long one the first KiB.
    pub(crate) bytes: &'a [u8],
    /// The same as a text, where it is known to be valid; nothing says nothing.
    pub(crate) text: Option<&'a str>,
    /// The line's number, from 1.
    pub(crate) line: u64,
    /// The line's byte offset in the stream.
    pub(crate) offset: u64,
    /// The line's whole length in bytes, without its delimiter.
    pub(crate) len: usize,
    pub(crate) is_too_long: bool,
    /// Whether a delimiter ended it, and not the stream.
    pub(crate) is_ended: bool,
    /// Whether the stream could not be followed from inside of it on.
    pub(crate) is_damaged: bool,
}

impl LineFramer {
    /// Makes a framer at the start of a stream. The delimiter is not empty.
    pub(crate) fn new(delimiter: &[u8], max_line_bytes: usize) -> Self {
        Self {
            finder: Finder::new(delimiter).into_owned(),
            max_line_bytes,
            partial: Vec::new(),
            skipped: 0,
            tail: Vec::new(),
            line: 1,
            offset: 0,
            simd: Simd::default(),
            ends: Vec::new(),
        }
    }

    /// Takes a piece of the stream and gives every line that ends in it.
    pub(crate) fn handle(&mut self, bytes: &[u8], mut emit: impl FnMut(Frame<'_>)) {
        let mut rest = bytes;
        while !rest.is_empty() {
            if let &[delimiter] = self.finder.needle()
                && self.partial.is_empty()
                && self.skipped == 0
            {
                let rest = self.whole_lines(delimiter, rest, &mut emit);
                if !rest.is_empty() {
                    self.keep(rest);
                }
                return;
            }
            let delimiter_len = self.finder.needle().len();
            let pending = self.pending();
            // A delimiter that began in an earlier piece ends in this one.
            let straddling = (1..delimiter_len).rev().find(|&begun| {
                let delimiter = self.finder.needle();
                pending.ends_with(&delimiter[..begun]) && rest.starts_with(&delimiter[begun..])
            });
            if let Some(begun) = straddling {
                self.forget_delimiter_start(begun);
                self.finish(&[], true, &mut emit);
                rest = &rest[delimiter_len - begun..];
            } else if let Some(at) = self.finder.find(rest) {
                self.finish(&rest[..at], true, &mut emit);
                rest = &rest[at + delimiter_len..];
            } else {
                self.keep(rest);
                return;
            }
        }
    }

    /// Takes one line without its delimiter, behind what was pushed and did not end.
    pub(crate) fn handle_line(&mut self, bytes: &[u8], mut emit: impl FnMut(Frame<'_>)) {
        self.finish(bytes, true, &mut emit);
    }

    /// Gives every line that ends in this piece, at whose start a line begins, and what is left.
    fn whole_lines<'a>(
        &mut self,
        delimiter: u8,
        bytes: &'a [u8],
        emit: &mut impl FnMut(Frame<'_>),
    ) -> &'a [u8] {
        let mut rest = bytes;
        let mut ends = core::mem::take(&mut self.ends);
        while let Some(block) = block(delimiter, rest) {
            let ascii = lines::delimited(self.simd, block, delimiter, &mut ends);
            let text = ascii.or_else(|| simdutf8::basic::from_utf8(block).ok());
            let mut start = 0;
            for &end in &ends {
                let bytes = &block[start..end];
                let text = text.and_then(|text| text.get(start..end));
                start = end + 1;
                if bytes.len() > self.max_line_bytes {
                    self.finish(bytes, true, emit);
                    continue;
                }
                let (line, offset, len) = (self.line, self.offset, bytes.len());
                self.line += 1;
                self.offset += len as u64 + 1;
                emit(Frame {
                    bytes,
                    text,
                    line,
                    offset,
                    len,
                    is_too_long: false,
                    is_ended: true,
                    is_damaged: false,
                });
            }
            rest = &rest[block.len()..];
        }
        self.ends = ends;
        rest
    }

    /// Ends the stream: gives the line that no delimiter ended, if there is one.
    pub(crate) fn finish_stream(&mut self, mut emit: impl FnMut(Frame<'_>)) {
        if !self.partial.is_empty() || self.skipped > 0 {
            self.finish(&[], false, &mut emit);
        }
        self.restart(1, 0);
    }

    /// Ends a stream that cannot be followed: gives what there is of the line, and marks it.
    #[cfg(feature = "gzip")]
    pub(crate) fn finish_damaged(&mut self, mut emit: impl FnMut(Frame<'_>)) {
        let mut partial = core::mem::take(&mut self.partial);
        let len = partial.len() + self.skipped;
        partial.truncate(limits::REFUSED_EXCERPT_BYTES);
        let (line, offset) = (self.line, self.offset);
        emit(Frame {
            bytes: &partial,
            text: None,
            line,
            offset,
            len,
            is_too_long: false,
            is_ended: false,
            is_damaged: true,
        });
        self.restart(line + 1, offset + len as u64);
    }

    /// The number of the line that has not ended.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// Goes on at a place where a line begins; an unfinished line is forgotten.
    pub(crate) fn restart(&mut self, line: u64, offset: u64) {
        self.partial.clear();
        self.tail.clear();
        self.skipped = 0;
        self.line = line;
        self.offset = offset;
    }

    /// The bytes before the next piece, as many as a begun delimiter may need.
    fn pending(&self) -> &[u8] {
        if self.skipped > 0 { &self.tail } else { &self.partial }
    }

    fn forget_delimiter_start(&mut self, begun: usize) {
        if self.skipped > 0 {
            self.tail.truncate(self.tail.len() - begun);
            self.skipped -= begun.min(self.skipped);
        } else {
            self.partial.truncate(self.partial.len() - begun);
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.skipped == 0 && self.partial.len() + bytes.len() <= self.kept_limit() {
            self.partial.extend_from_slice(bytes);
            return;
        }
        if self.skipped == 0 {
            // The line became over-long with this piece: from here on it is only counted.
            self.partial
                .extend_from_slice(&bytes[..bytes.len().min(limits::REFUSED_EXCERPT_BYTES)]);
            let read = self.partial.len();
            let unread = bytes.len() - bytes.len().min(limits::REFUSED_EXCERPT_BYTES);
            let tail_from = read.saturating_sub(self.finder.needle().len());
            self.tail = self.partial[tail_from..].to_vec();
            self.remember_tail(&bytes[bytes.len() - unread..]);
            let kept = read.min(limits::REFUSED_EXCERPT_BYTES);
            self.skipped = read - kept + unread;
            self.partial.truncate(kept);
            self.partial.shrink_to_fit();
            return;
        }
        self.skipped += bytes.len();
        self.remember_tail(bytes);
    }

    /// A line within the limit may be followed by the start of its delimiter.
    fn kept_limit(&self) -> usize {
        self.max_line_bytes.saturating_add(self.finder.needle().len() - 1)
    }

    fn remember_tail(&mut self, bytes: &[u8]) {
        let room = self.finder.needle().len();
        let from = bytes.len().saturating_sub(room);
        self.tail.extend_from_slice(&bytes[from..]);
        let surplus = self.tail.len().saturating_sub(room);
        self.tail.drain(..surplus);
    }

    fn finish(&mut self, end: &[u8], is_ended: bool, emit: &mut impl FnMut(Frame<'_>)) {
        let len = self.partial.len() + self.skipped + end.len();
        let is_too_long = len > self.max_line_bytes;
        let (line, offset) = (self.line, self.offset);
        let frame = |bytes| Frame {
            bytes,
            text: None,
            line,
            offset,
            len,
            is_too_long,
            is_ended,
            is_damaged: false,
        };
        if self.partial.is_empty() && self.skipped == 0 {
            let shown =
                if is_too_long { end.len().min(limits::REFUSED_EXCERPT_BYTES) } else { end.len() };
            emit(frame(&end[..shown]));
        } else {
            let mut partial = core::mem::take(&mut self.partial);
            if self.skipped == 0 {
                partial.extend_from_slice(end);
            }
            if is_too_long {
                partial.truncate(limits::REFUSED_EXCERPT_BYTES);
            }
            emit(frame(&partial));
            partial.clear();
            self.partial = partial;
        }
        self.skipped = 0;
        self.tail.clear();
        self.line += 1;
        self.offset += (len + self.finder.needle().len()) as u64;
    }
}

/// Bytes that are looked through at once: few enough to be in the nearest cache still when the lines are
/// read.
const BLOCK: usize = 16 * 1024;

/// Whole lines from the start of a piece on: as many as end in [`BLOCK`] bytes, or the first one; nothing
/// when no line ends in the piece.
fn block(delimiter: u8, bytes: &[u8]) -> Option<&[u8]> {
    let (near, far) = bytes.split_at(bytes.len().min(BLOCK));
    match memrchr(delimiter, near) {
        Some(last) => Some(&bytes[..=last]),
        None => memchr(delimiter, far).map(|first| &bytes[..=near.len() + first]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Line = (Vec<u8>, u64, u64, usize, bool);

    fn lines(delimiter: &[u8], limit: usize, pieces: &[&[u8]]) -> Vec<Line> {
        let mut framer = LineFramer::new(delimiter, limit);
        let mut lines = Vec::new();
        let mut emit = |frame: Frame<'_>| {
            lines.push((
                frame.bytes.to_vec(),
                frame.line,
                frame.offset,
                frame.len,
                frame.is_too_long,
            ));
        };
        for piece in pieces {
            framer.handle(piece, &mut emit);
        }
        framer.finish_stream(&mut emit);
        lines
    }

    #[test]
    fn every_cut_of_the_stream_gives_the_same_lines() {
        let long = [b'x'; 40];
        let streams: [(&[u8], Vec<u8>); 5] = [
            (b"\n", b"a\n\nb\r\nc".to_vec()),
            (b"\r\n", b"a\r\n\r\r\nb\rc\n\r\n".to_vec()),
            (b"aab", b"xaaab yaabaab aa".to_vec()),
            (b"\n", [&b"short\n"[..], &long, b"\nafter\n", &long].concat()),
            (b"--", [&b"s--"[..], &long, b"---t"].concat()),
        ];
        for (delimiter, stream) in &streams {
            let whole = lines(delimiter, 16, &[stream]);
            let bytes: Vec<&[u8]> = stream.chunks(1).collect();
            assert_eq!(lines(delimiter, 16, &bytes), whole);
            for cut in 0..stream.len() {
                for second in cut..stream.len() {
                    let pieces = [&stream[..cut], &stream[cut..second], &stream[second..]];
                    assert_eq!(lines(delimiter, 16, &pieces), whole, "cut at {cut}, {second}");
                }
            }
        }
    }

    #[test]
    fn lines_know_their_number_and_offset() {
        assert_eq!(
            lines(b"\n", 100, &[b"a\n\nbc"]),
            [
                (b"a".to_vec(), 1, 0, 1, false),
                (b"".to_vec(), 2, 2, 0, false),
                (b"bc".to_vec(), 3, 3, 2, false)
            ]
        );
    }

    #[test]
    fn a_line_over_the_limit_is_reported_and_the_next_one_read() {
        let mut stream = vec![b'x'; 5000];
        stream.extend_from_slice(b"\nok\n");
        let read = lines(b"\n", 4000, &[&stream]);
        assert_eq!(read[0], (vec![b'x'; limits::REFUSED_EXCERPT_BYTES], 1, 0, 5000, true));
        assert_eq!(read[1], (b"ok".to_vec(), 2, 5001, 2, false));
    }

    #[test]
    fn an_over_long_line_takes_no_memory() {
        let mut framer = LineFramer::new(b"\n", 4000);
        for _ in 0..1000 {
            framer.handle(&[b'x'; 10_000], |_| {});
        }
        assert!(framer.partial.capacity() <= 16_000, "{}", framer.partial.capacity());
    }
}
