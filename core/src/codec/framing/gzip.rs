//! Gzip: a compressed stream of lines to its lines.
//!
//! All members are read, one after the other. A stream that does not begin as gzip does is read as it is: a host
//! may have unpacked it. A damage ends the stream: the lines before it are given, and then the one that it stands
//! in, marked as damaged. Format: RFC 1952.

use crate::codec::framing::line::{Frame, LineFramer};
use crate::codec::inflate::{Compression, InflateLimits, Inflater};

/// Bytes that are unpacked at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// Unpacks a stream and cuts it into lines.
#[derive(Debug)]
pub(crate) struct GzipFramer {
    lines: LineFramer,
    state: State,
    out: Vec<u8>,
    limits: InflateLimits,
}

#[derive(Debug)]
enum State {
    /// The stream cannot be followed any more.
    Damaged,
    /// It is not compressed.
    Plain,
    /// Its first bytes, too few to tell.
    Start(Vec<u8>),
    Unpacking(Box<Inflater>),
}

impl GzipFramer {
    /// Makes a framer at the start of a stream.
    pub(crate) fn new(max_line_bytes: usize) -> Self {
        Self {
            lines: LineFramer::new(b"\n", max_line_bytes),
            state: State::Start(Vec::new()),
            out: vec![0; PIECE_BYTES],
            limits: InflateLimits::default(),
        }
    }

    /// Takes a piece of the stream and gives every line that ends in it.
    pub(crate) fn handle(&mut self, bytes: &[u8], mut emit: impl FnMut(Frame<'_>)) {
        match &mut self.state {
            State::Damaged => {}
            State::Plain => self.lines.handle(bytes, emit),
            State::Start(head) => {
                head.extend_from_slice(bytes);
                if Compression::begun(head) == Some(Compression::Gzip) {
                    return;
                }
                let head = core::mem::take(head);
                if head.is_empty() {
                    return;
                }
                if Compression::detect(&head) == Some(Compression::Gzip) {
                    let inflater = Inflater::new(Compression::Gzip, self.limits);
                    self.state = State::Unpacking(Box::new(inflater));
                } else {
                    self.state = State::Plain;
                }
                self.handle_known(&head, &mut emit);
            }
            State::Unpacking(_) => self.handle_known(bytes, &mut emit),
        }
    }

    fn handle_known(&mut self, bytes: &[u8], emit: &mut impl FnMut(Frame<'_>)) {
        let State::Unpacking(inflater) = &mut self.state else {
            self.lines.handle(bytes, emit);
            return;
        };
        let mut rest = bytes;
        loop {
            let Ok(progress) = inflater.handle(rest, &mut self.out) else {
                self.damage(emit);
                return;
            };
            rest = &rest[progress.consumed..];
            self.lines.handle(&self.out[..progress.written], &mut *emit);
            if progress.consumed == 0 && progress.written == 0 {
                return;
            }
        }
    }

    /// Ends the stream: gives the last line, if no line end stands behind it.
    pub(crate) fn finish_stream(&mut self, mut emit: impl FnMut(Frame<'_>)) {
        if let State::Start(head) = &mut self.state {
            let head = core::mem::take(head);
            self.lines.handle(&head, &mut emit);
        }
        while let State::Unpacking(inflater) = &mut self.state {
            match inflater.finish(&mut self.out) {
                Ok(0) => break,
                Ok(written) => self.lines.handle(&self.out[..written], &mut emit),
                Err(_) => self.damage(&mut emit),
            }
        }
        if !matches!(self.state, State::Damaged) {
            self.lines.finish_stream(emit);
        }
        self.restart(1, 0);
    }

    fn damage(&mut self, emit: &mut impl FnMut(Frame<'_>)) {
        self.state = State::Damaged;
        self.lines.finish_damaged(emit);
    }

    /// The number of the line that has not ended.
    pub(crate) fn line(&self) -> u64 {
        self.lines.line()
    }

    /// Goes on with another stream.
    pub(crate) fn restart(&mut self, line: u64, offset: u64) {
        self.lines.restart(line, offset);
        self.state = State::Start(Vec::new());
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::io::Write as _;

    use super::*;

    fn packed(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn lines(framer: &mut GzipFramer, pieces: &[&[u8]]) -> Vec<(String, bool, bool)> {
        let mut lines = Vec::new();
        let mut emit = |frame: Frame<'_>| {
            let text = String::from_utf8_lossy(frame.bytes).into_owned();
            lines.push((text, frame.is_ended, frame.is_damaged));
        };
        for piece in pieces {
            framer.handle(piece, &mut emit);
        }
        framer.finish_stream(&mut emit);
        lines
    }

    fn line(text: &str, is_ended: bool) -> (String, bool, bool) {
        (text.to_owned(), is_ended, false)
    }

    #[test]
    fn every_cut_of_all_members_gives_the_same_lines() {
        let stream = [packed("a\nb"), packed("c\n\nd")].concat();
        let whole = lines(&mut GzipFramer::new(100), &[&stream]);
        let expected = [line("a", true), line("bc", true), line("", true), line("d", false)];
        assert_eq!(whole, expected);
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(lines(&mut GzipFramer::new(100), &bytes), whole);
        for cut in 0..stream.len() {
            let (head, tail) = stream.split_at(cut);
            assert_eq!(lines(&mut GzipFramer::new(100), &[head, tail]), whole, "cut at {cut}");
        }
    }

    #[test]
    fn what_a_host_has_unpacked_is_read_as_it_is() {
        let expected = [line("a", true), line("b", false)];
        assert_eq!(lines(&mut GzipFramer::new(100), &[b"a\n", b"b"]), expected);
        let mut framer = GzipFramer::new(100);
        assert_eq!(lines(&mut framer, &[b"\x1F"]).len(), 1);
        assert_eq!(lines(&mut framer, &[&packed("x")]), [line("x", false)], "the next stream");
        assert!(lines(&mut framer, &[]).is_empty());
    }

    #[test]
    fn damage_ends_the_stream_behind_what_could_be_read() {
        let mut stream = packed("first\nsecond\n");
        let end = stream.len();
        stream[end - 6] ^= 1;
        stream.extend(packed("never\n"));
        let read = lines(&mut GzipFramer::new(100), &[&stream]);
        assert_eq!(read[..2], [line("first", true), line("second", true)]);
        assert_eq!(read[2..], [(String::new(), false, true)]);
        let cut = packed(&"long ".repeat(1000));
        let read = lines(&mut GzipFramer::new(10_000), &[&cut[..20]]);
        assert!(read.last().unwrap().2, "a truncated stream is damaged too");
    }

    #[test]
    fn what_grows_beyond_the_limit_is_damage() {
        let bomb = packed(&"0\n".repeat(100_000));
        let mut framer = GzipFramer::new(100);
        framer.limits = InflateLimits { max_bytes: 50_000, ..InflateLimits::default() };
        let read = lines(&mut framer, &[&bomb]);
        assert!(read.len() <= 50_000 && read.last().unwrap().2, "{}", read.len());
    }
}
