//! `MessagePack`: one value after the other, whatever the pieces in which the bytes arrive.
//!
//! `81 a1 61 01 c0` gives the map `81 a1 61 01`, then the nil `c0`. Only lengths are looked at here. What cannot be
//! followed, and what is longer than the limit, is one last frame up to the end of the stream. Format:
//! github.com/msgpack, specification of 2017.

use rmp::Marker;

use crate::codec::framing::line::Frame;
use crate::limits;

/// Cuts a stream into values.
#[derive(Debug)]
pub(crate) struct MsgpackFramer {
    max_frame_bytes: usize,
    /// The value whose end has not come.
    partial: Vec<u8>,
    /// Bytes of it that are known to be whole parts.
    scanned: usize,
    /// Parts that are left of it.
    parts: u64,
    /// Whether the stream cannot be followed from here on.
    is_lost: bool,
    /// Bytes of what is lost that are not kept.
    skipped: usize,
    line: u64,
    offset: u64,
}

/// What stands at the start of a part of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// So many bytes, which so many more parts follow.
    Known(usize, u64),
    /// Nothing that `MessagePack` has.
    None,
    /// More bytes are needed.
    Short,
}

impl MsgpackFramer {
    /// Makes a framer at the start of a stream.
    pub(crate) fn new(max_frame_bytes: usize) -> Self {
        Self {
            max_frame_bytes,
            partial: Vec::new(),
            scanned: 0,
            parts: 1,
            is_lost: false,
            skipped: 0,
            line: 1,
            offset: 0,
        }
    }

    /// Takes a piece of the stream and gives every value that ends in it.
    pub(crate) fn handle(&mut self, bytes: &[u8], mut emit: impl FnMut(Frame<'_>)) {
        if self.is_lost {
            self.lose(bytes);
            return;
        }
        self.partial.extend_from_slice(bytes);
        let partial = core::mem::take(&mut self.partial);
        let mut start = 0;
        while let Some(rest) = partial.get(start + self.scanned..).filter(|rest| !rest.is_empty()) {
            let (len, more) = match part(rest) {
                Part::Known(len, more) => (len, more),
                Part::None => {
                    self.is_lost = true;
                    break;
                }
                Part::Short => break,
            };
            if self.scanned.saturating_add(len) > self.max_frame_bytes {
                self.is_lost = true;
                break;
            }
            if rest.len() < len {
                break;
            }
            self.scanned += len;
            self.parts = (self.parts - 1).saturating_add(more);
            if self.parts > 0 {
                continue;
            }
            let end = start + self.scanned;
            emit(self.frame(&partial[start..end], self.scanned, false, true));
            self.line += 1;
            self.offset += self.scanned as u64;
            start = end;
            (self.scanned, self.parts) = (0, 1);
        }
        if self.is_lost {
            self.lose(&partial[start..]);
        } else {
            self.partial = partial;
            self.partial.drain(..start);
        }
    }

    /// Ends the stream: gives what is left as one frame.
    pub(crate) fn finish_stream(&mut self, mut emit: impl FnMut(Frame<'_>)) {
        let mut partial = core::mem::take(&mut self.partial);
        let len = partial.len() + self.skipped;
        let is_too_long = len > self.max_frame_bytes;
        if is_too_long {
            partial.truncate(limits::REFUSED_EXCERPT_BYTES);
        }
        if len > 0 {
            emit(self.frame(&partial, len, is_too_long, false));
        }
        self.restart(1, 0);
    }

    /// The number of the value that has not ended.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// Goes on at a place where a value begins.
    pub(crate) fn restart(&mut self, line: u64, offset: u64) {
        *self = Self { line, offset, ..Self::new(self.max_frame_bytes) };
    }

    fn frame<'a>(
        &self,
        bytes: &'a [u8],
        len: usize,
        is_too_long: bool,
        is_ended: bool,
    ) -> Frame<'a> {
        let (line, offset) = (self.line, self.offset);
        let is_damaged = false;
        Frame { bytes, text: None, line, offset, len, is_too_long, is_ended, is_damaged }
    }

    /// Keeps as much as a frame may have, and counts the rest.
    fn lose(&mut self, bytes: &[u8]) {
        let room = self.max_frame_bytes.saturating_sub(self.partial.len());
        let kept = bytes.len().min(room);
        self.partial.extend_from_slice(&bytes[..kept]);
        self.skipped += bytes.len() - kept;
    }
}

/// Reads the first bytes of a part: its own length with what it holds directly.
fn part(bytes: &[u8]) -> Part {
    let Some((&first, rest)) = bytes.split_first() else { return Part::Short };
    let number = |width: usize| -> Option<usize> {
        let bytes = rest.get(..width)?;
        Some(bytes.iter().fold(0, |number, &byte| number << 8 | usize::from(byte)))
    };
    // A length of so many bytes, then so many more bytes beside those of the length.
    let sized = |width: usize, more: usize| match number(width) {
        Some(len) => Part::Known((1 + width + more).saturating_add(len), 0),
        None => Part::Short,
    };
    let counted = |width: usize, each: u64| match number(width) {
        Some(count) => Part::Known(1 + width, (count as u64).saturating_mul(each)),
        None => Part::Short,
    };
    match Marker::from_u8(first) {
        Marker::Reserved => Part::None,
        Marker::FixPos(_) | Marker::FixNeg(_) | Marker::Null | Marker::True | Marker::False => {
            Part::Known(1, 0)
        }
        Marker::U8 | Marker::I8 => Part::Known(2, 0),
        Marker::U16 | Marker::I16 | Marker::FixExt1 => Part::Known(3, 0),
        Marker::U32 | Marker::I32 | Marker::F32 => Part::Known(5, 0),
        Marker::U64 | Marker::I64 | Marker::F64 => Part::Known(9, 0),
        Marker::FixStr(len) => Part::Known(1 + usize::from(len), 0),
        Marker::Str8 | Marker::Bin8 => sized(1, 0),
        Marker::Str16 | Marker::Bin16 => sized(2, 0),
        Marker::Str32 | Marker::Bin32 => sized(4, 0),
        Marker::Ext8 => sized(1, 1),
        Marker::Ext16 => sized(2, 1),
        Marker::Ext32 => sized(4, 1),
        Marker::FixExt2 => Part::Known(4, 0),
        Marker::FixExt4 => Part::Known(6, 0),
        Marker::FixExt8 => Part::Known(10, 0),
        Marker::FixExt16 => Part::Known(18, 0),
        Marker::FixArray(count) => Part::Known(1, u64::from(count)),
        Marker::FixMap(count) => Part::Known(1, u64::from(count) * 2),
        Marker::Array16 => counted(2, 1),
        Marker::Array32 => counted(4, 1),
        Marker::Map16 => counted(2, 2),
        Marker::Map32 => counted(4, 2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Seen = (Vec<u8>, u64, u64, usize, bool, bool);

    fn frames(limit: usize, pieces: &[&[u8]]) -> Vec<Seen> {
        let mut framer = MsgpackFramer::new(limit);
        let mut seen = Vec::new();
        let mut emit = |frame: Frame<'_>| {
            let Frame { bytes, line, offset, len, is_too_long, is_ended, .. } = frame;
            seen.push((bytes.to_vec(), line, offset, len, is_too_long, is_ended));
        };
        for piece in pieces {
            framer.handle(piece, &mut emit);
        }
        framer.finish_stream(&mut emit);
        seen
    }

    #[test]
    fn every_cut_of_the_stream_gives_the_same_values() {
        let long = [&[0xDA, 0, 40][..], &[b'x'; 40]].concat();
        let streams: [Vec<u8>; 5] = [
            b"\x82\xA1a\x01\xA1b\x93\xC0\xC3\xCB\0\0\0\0\0\0\0\0\xC0\x05".to_vec(),
            b"\xDE\0\x01\xA1a\xC4\x02\xFF\xFE\xD4\x01\x02\xC7\x01\x05\x09".to_vec(),
            [&b"\x01"[..], &long, b"\x02"].concat(),
            b"\x81\xA1a\x01\xC1rest\x01".to_vec(),
            b"\x81\xA1a".to_vec(),
        ];
        for stream in &streams {
            let whole = frames(30, &[stream]);
            let bytes: Vec<&[u8]> = stream.chunks(1).collect();
            assert_eq!(frames(30, &bytes), whole);
            for cut in 0..stream.len() {
                let (head, tail) = stream.split_at(cut);
                assert_eq!(frames(30, &[head, tail]), whole, "cut at {cut}");
            }
        }
    }

    #[test]
    fn what_cannot_be_followed_is_one_last_frame() {
        let seen = frames(100, &[b"\x05\xC1\x01\x02"]);
        assert_eq!(seen[0], (b"\x05".to_vec(), 1, 0, 1, false, true));
        assert_eq!(seen[1], (b"\xC1\x01\x02".to_vec(), 2, 1, 3, false, false));
        let seen = frames(3, &[b"\xD9\x20 a long text that has no end in sight"]);
        assert!(seen.len() == 1 && seen[0].4, "longer than the limit");
    }

    #[test]
    fn a_length_of_four_gigabytes_takes_no_memory() {
        let mut framer = MsgpackFramer::new(1000);
        framer.handle(b"\xDD\xFF\xFF\xFF\xFF", |_| {});
        framer.handle(&vec![0xC0; 100_000], |_| {});
        framer.handle(b"\xDB\xFF\xFF\xFF\xFF", |_| {});
        assert!(framer.partial.capacity() <= 200_000 && framer.is_lost);
    }
}
