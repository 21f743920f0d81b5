//! Bytes of a stream to blocks of whole lines.

use std::{io, sync::Arc};

use memchr::{memchr_iter, memmem::Finder, memrchr};

use crate::{
    block::Block,
    buffer::{Buffer, Pool},
};

/// Bytes up to which a block is filled.
pub(super) const BLOCK_BYTES: usize = 1024 * 1024;

/// What one read of a stream brought.
pub(super) struct Read {
    /// 0 at the end of the stream.
    pub(super) length: usize,
    /// Whether the next read may make wait.
    pub(super) is_idle: bool,
}

/// Cuts one stream.
pub(super) struct Lines {
    finder: Finder<'static>,
    /// Takes back the memory of blocks that are done.
    pool: Arc<Pool>,
    /// What is in no block.
    bytes: Buffer,
    /// Where the last whole line of `bytes` ends, and how many lines end up to there.
    end: usize,
    delimiters: u64,
    /// Up to where `bytes` were looked through for line ends.
    scanned: usize,
    first_line: u64,
    offset: u64,
    continues_line: bool,
    is_ended: bool,
}

impl Lines {
    /// Makes a cutter at the start of a stream. The delimiter is not empty.
    pub(super) fn new(delimiter: &[u8]) -> Self {
        Self {
            finder: Finder::new(delimiter).into_owned(),
            pool: Arc::default(),
            bytes: Buffer::default(),
            end: 0,
            delimiters: 0,
            scanned: 0,
            first_line: 1,
            offset: 0,
            continues_line: false,
            is_ended: false,
        }
    }

    /// Returns the place in the stream up to which bytes were read.
    pub(super) fn offset(&self) -> u64 {
        self.offset + self.bytes.len() as u64
    }

    /// Gives the next block, reading with `read`; `None` at the end of the stream.
    ///
    /// A block has [`BLOCK_BYTES`] or, when the source makes wait, what is there; a longer line comes in pieces of
    /// that size.
    ///
    /// # Errors
    ///
    /// What `read` says; the blocks that follow hold what was read before. It is not called again.
    pub(super) fn next(
        &mut self,
        mut read: impl FnMut(&mut [u8]) -> io::Result<Read>,
    ) -> io::Result<Option<Block>> {
        while !self.is_ended {
            if self.bytes.len() >= BLOCK_BYTES {
                if self.end > 0 {
                    return Ok(Some(self.cut(self.end, false)));
                }
                // The start of a delimiter stays with its end.
                let kept = self.finder.needle().len() - 1;
                if self.bytes.len() > kept {
                    return Ok(Some(self.cut(self.bytes.len() - kept, false)));
                }
            }
            let filled = self.bytes.len();
            let room = if filled < BLOCK_BYTES { BLOCK_BYTES - filled } else { BLOCK_BYTES };
            self.bytes.resize(filled + room, 0);
            let result = read(&mut self.bytes[filled..]);
            self.bytes.truncate(filled + result.as_ref().map_or(0, |read| read.length));
            let read = result.inspect_err(|_| self.is_ended = true)?;
            self.is_ended = read.length == 0;
            self.scan();
            if read.is_idle && self.end > 0 {
                return Ok(Some(self.cut(self.end, true)));
            }
        }
        if self.bytes.is_empty() {
            return Ok(None);
        }
        // Whole lines and an unfinished one may go together: nothing follows.
        Ok(Some(self.cut(self.bytes.len(), false)))
    }

    /// Looks for line ends in what was read last.
    fn scan(&mut self) {
        let fresh = &self.bytes[self.scanned..];
        if let [byte] = *self.finder.needle() {
            if let Some(at) = memrchr(byte, fresh) {
                self.delimiters += memchr_iter(byte, &fresh[..=at]).count() as u64;
                self.end = self.scanned + at + 1;
            }
            self.scanned = self.bytes.len();
            return;
        }
        // From the front: a delimiter such as `aa` stands in more than one place of `aaa`.
        let length = self.finder.needle().len();
        for at in self.finder.find_iter(fresh) {
            self.delimiters += 1;
            self.end = self.scanned + at + length;
        }
        self.scanned = self.end.max((self.bytes.len() + 1).saturating_sub(length));
    }

    fn cut(&mut self, at: usize, is_idle: bool) -> Block {
        let mut rest = self.pool.take();
        rest.reserve(BLOCK_BYTES.max(self.bytes.len() - at));
        rest.extend_from_slice(&self.bytes[at..]);
        let mut bytes = std::mem::replace(&mut self.bytes, rest);
        bytes.truncate(at);
        let ends_line = at == self.end;
        let block = Block {
            first_line: self.first_line,
            offset: self.offset,
            continues_line: self.continues_line,
            ends_line,
            is_last: self.is_ended && self.bytes.is_empty(),
            is_final: false,
            is_idle,
            bytes,
        };
        self.continues_line = !ends_line;
        self.first_line += self.delimiters;
        self.offset += at as u64;
        self.scanned = self.scanned.saturating_sub(at);
        self.end = 0;
        self.delimiters = 0;
        block
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// Cuts a stream that is read in pieces of this length.
    fn blocks(delimiter: &[u8], stream: &[u8], piece: usize, is_live: bool) -> Vec<Block> {
        let mut lines = Lines::new(delimiter);
        let mut rest = stream;
        let mut blocks = Vec::new();
        while let Some(block) = lines
            .next(|out| {
                let length = piece.min(out.len()).min(rest.len());
                out[..length].copy_from_slice(&rest[..length]);
                rest = &rest[length..];
                Ok(Read { length, is_idle: is_live })
            })
            .unwrap()
        {
            blocks.push(block);
        }
        blocks
    }

    fn check(delimiter: &[u8], stream: &[u8], blocks: &[Block]) {
        let mut offset = 0;
        let mut continues_line = false;
        for (index, block) in blocks.iter().enumerate() {
            let before = &stream[..offset];
            let mut ends = memchr::memmem::find_iter(before, delimiter);
            assert_eq!(block.first_line, 1 + ends.by_ref().count() as u64);
            assert_eq!(block.offset, offset as u64);
            assert_eq!(block.continues_line, continues_line);
            assert!(stream[offset..].starts_with(&block.bytes));
            assert!(block.bytes.len() <= BLOCK_BYTES);
            assert!(!block.bytes.is_empty());
            assert_eq!(block.is_last, index + 1 == blocks.len());
            offset += block.bytes.len();
            continues_line = !block.ends_line;
        }
        assert_eq!(offset, stream.len());
    }

    #[test]
    fn blocks_end_with_lines_and_know_their_place() {
        let mut stream: Vec<u8> =
            (0..150_000_u32).flat_map(|n| format!("line {n}\r\n").into_bytes()).collect();
        stream.extend(b"unfinished");
        for delimiter in [&b"\n"[..], b"\r\n", b"7\r\nline"] {
            for piece in [100, 65_537, usize::MAX] {
                let blocks = blocks(delimiter, &stream, piece, false);
                check(delimiter, &stream, &blocks);
                assert!(blocks.len() < 5);
                assert!(blocks[..blocks.len() - 1].iter().all(|block| block.ends_line));
                assert!(!blocks.last().unwrap().ends_line);
            }
        }
    }

    #[test]
    fn a_long_line_comes_in_pieces_of_one_size() {
        for delimiter in [&b"\n"[..], b"\r\n", b"aab"] {
            let mut stream = b"short".to_vec();
            stream.extend(delimiter);
            stream.extend(vec![b'a'; 3 * BLOCK_BYTES + 17]);
            stream.extend(delimiter);
            stream.extend(b"short");
            stream.extend(delimiter);
            for piece in [4096, 999, usize::MAX] {
                let blocks = blocks(delimiter, &stream, piece, false);
                check(delimiter, &stream, &blocks);
                assert!(blocks.last().unwrap().ends_line);
            }
        }
    }

    #[test]
    fn delimiters_that_overlap_themselves_are_found_from_the_front() {
        let stream = b"xaaaaay".repeat(3);
        for piece in 1..stream.len() {
            check(b"aa", &stream, &blocks(b"aa", &stream, piece, true));
        }
    }

    #[test]
    fn a_source_that_makes_wait_gives_whole_lines_at_once() {
        let blocks = blocks(b"\n", b"one\ntwo\nthree\nfo", 6, true);
        let texts: Vec<&[u8]> = blocks.iter().map(|block| &block.bytes[..]).collect();
        assert_eq!(texts, [&b"one\n"[..], b"two\n", b"three\n", b"fo"]);
        assert!(blocks[..3].iter().all(|block| block.is_idle && !block.is_last));
        assert!(blocks[3].is_last);
    }

    #[test]
    fn an_error_comes_before_what_was_read_is_lost() {
        let mut lines = Lines::new(b"\n");
        let mut reads = 0;
        let mut read = |out: &mut [u8]| {
            reads += 1;
            match reads {
                1 => {
                    out[..5].copy_from_slice(b"a\nbcd");
                    Ok(Read { length: 5, is_idle: false })
                }
                _ => Err(io::Error::other("damage")),
            }
        };
        assert!(lines.next(&mut read).is_err());
        assert_eq!(lines.offset(), 5);
        let block = lines.next(&mut read).unwrap().unwrap();
        assert_eq!((&block.bytes[..], block.is_last), (&b"a\nbcd"[..], true));
        assert!(lines.next(&mut read).unwrap().is_none());
        assert_eq!(reads, 2);
    }

    #[test]
    fn an_empty_stream_has_no_block() {
        assert!(blocks(b"\n", b"", 1, false).is_empty());
    }
}
