//! Bytes of a file to the bytes that were packed in it, read as they are asked for.

use std::io::{self, BufRead, Read};

use sawlog::inflate::{Compression, InflateError, InflateLimits, Inflater};

/// Bytes that are asked of a file at a time.
pub(super) const READ_BYTES: usize = 256 * 1024;

/// What the system gives, in a buffer.
pub(super) struct Raw {
    reader: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    /// 0 <= `start` <= `end` <= `buffer.len()`
    start: usize,
    end: usize,
}

impl Raw {
    pub(super) fn new(reader: Box<dyn Read + Send>) -> Self {
        Self { reader, buffer: vec![0; READ_BYTES], start: 0, end: 0 }
    }

    /// Tells whether the next bytes are these; reads no further than it takes to see that they are not.
    pub(super) fn is_next(&mut self, bytes: &[u8]) -> io::Result<bool> {
        loop {
            let there = &self.buffer[self.start..self.end];
            if there.len() >= bytes.len() {
                return Ok(there.starts_with(bytes));
            }
            if !bytes.starts_with(there) {
                return Ok(false);
            }
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            match read(&mut self.reader, &mut self.buffer[self.end..])? {
                0 => return Ok(false),
                length => self.end += length,
            }
        }
    }
}

impl Read for Raw {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.start == self.end && out.len() >= self.buffer.len() {
            return read(&mut self.reader, out);
        }
        let bytes = self.fill_buf()?;
        let length = bytes.len().min(out.len());
        out[..length].copy_from_slice(&bytes[..length]);
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Raw {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
            self.end = read(&mut self.reader, &mut self.buffer)?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, length: usize) {
        self.start = (self.start + length).min(self.end);
    }
}

/// The first bytes of another reader, which must have them.
pub(super) struct Limited<R> {
    pub(super) inner: R,
    /// How many of them are left.
    pub(super) left: u64,
}

impl<R: BufRead> Read for Limited<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.left).unwrap_or(usize::MAX).min(out.len());
        if room == 0 {
            return Ok(0);
        }
        let length = self.inner.read(&mut out[..room])?;
        if length == 0 {
            return Err(cut_off());
        }
        self.left -= length as u64;
        Ok(length)
    }
}

impl<R: BufRead> BufRead for Limited<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Ok(&[]);
        }
        let bytes = self.inner.fill_buf()?;
        if bytes.is_empty() {
            return Err(cut_off());
        }
        let length = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
        Ok(&bytes[..length])
    }

    fn consume(&mut self, length: usize) {
        self.left -= (length as u64).min(self.left);
        self.inner.consume(length);
    }
}

impl<R: BufRead> Limited<R> {
    /// Passes over what is left.
    pub(super) fn skip(&mut self) -> io::Result<()> {
        while self.left > 0 {
            let length = self.fill_buf()?.len();
            self.consume(length);
        }
        Ok(())
    }
}

fn cut_off() -> io::Error {
    let text = "the archive stops in the middle of this member: it is truncated";
    io::Error::new(io::ErrorKind::UnexpectedEof, text)
}

/// Unpacks what another reader gives, if it is packed.
pub(super) struct Unpacker<R> {
    source: R,
    mode: Mode,
    /// Bytes that come before all others.
    ready: Vec<u8>,
}

enum Mode {
    Packed(Box<Inflater>),
    Plain,
    /// The first bytes will tell.
    Unknown,
}

impl<R: BufRead> Unpacker<R> {
    /// Finds out by the first bytes whether and how they are packed.
    pub(super) fn new(source: R) -> Self {
        Self { source, mode: Mode::Unknown, ready: Vec::new() }
    }

    /// Passes the bytes on as they are.
    pub(super) fn plain(source: R) -> Self {
        Self { source, mode: Mode::Plain, ready: Vec::new() }
    }

    /// Unpacks a raw deflate stream, and takes no byte behind it.
    pub(super) fn deflate(source: R) -> Self {
        let inflater = Inflater::new(Compression::Deflate, InflateLimits::default());
        Self { source, mode: Mode::Packed(Box::new(inflater)), ready: Vec::new() }
    }

    pub(super) fn into_source(self) -> R {
        self.source
    }

    pub(super) fn source_mut(&mut self) -> &mut R {
        &mut self.source
    }

    /// Puts bytes back that were read.
    pub(super) fn unread(&mut self, bytes: &[u8]) {
        self.ready.splice(..0, bytes.iter().copied());
    }

    fn find_mode(&mut self) -> io::Result<()> {
        let mut head = Vec::new();
        let mut result = Ok(());
        let found = loop {
            if let Some(found) = Compression::detect(&head) {
                break Some(found);
            }
            if !head.is_empty() && Compression::begun(&head).is_none() {
                break None;
            }
            match self.source.fill_buf() {
                Ok([byte, ..]) => head.push(*byte),
                Ok([]) => {
                    // A file cut off in its magic number; what can be read as text is text.
                    break Compression::begun(&head).filter(|_| !head.is_ascii());
                }
                Err(error) => {
                    result = Err(error);
                    break None;
                }
            }
            self.source.consume(1);
        };
        if let Some(found) = found {
            let mut inflater = Box::new(Inflater::new(found, InflateLimits::default()));
            // A magic number gives nothing yet, so that all of it is taken.
            result = inflater.handle(&head, &mut []).map(|_| ()).map_err(io_error);
            self.mode = Mode::Packed(inflater);
        } else {
            self.mode = Mode::Plain;
            self.ready = head;
        }
        result
    }
}

impl<R: BufRead> Read for Unpacker<R> {
    /// Gives as much as there is room for, or as can be given without reading on.
    ///
    /// An error comes after everything before it, and has an [`InflateError`] inside when it is not the
    /// system's.
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if let Mode::Unknown = self.mode {
            self.find_mode()?;
        }
        if !self.ready.is_empty() {
            let length = self.ready.len().min(out.len());
            out[..length].copy_from_slice(&self.ready[..length]);
            self.ready.drain(..length);
            return Ok(length);
        }
        let Mode::Packed(inflater) = &mut self.mode else { return self.source.read(out) };
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            // What is left from the last piece comes before the next is asked for.
            let progress = inflater.handle(&[], out).map_err(io_error)?;
            if progress.written > 0 {
                return Ok(progress.written);
            }
            if inflater.is_done() {
                return Ok(0);
            }
            let piece = match self.source.fill_buf() {
                Ok([]) => return inflater.finish(out).map_err(io_error),
                Ok(piece) => piece,
                Err(error) => {
                    // What a decoder holds back comes before the error, which comes again.
                    return match inflater.finish(out) {
                        Ok(written) if written > 0 => Ok(written),
                        _ => Err(error),
                    };
                }
            };
            let progress = inflater.handle(piece, out).map_err(io_error)?;
            self.source.consume(progress.consumed);
            if progress.written > 0 {
                return Ok(progress.written);
            }
        }
    }
}

fn io_error(error: InflateError) -> io::Error {
    io::Error::other(error)
}

/// Reads once, whatever signals arrive.
pub(super) fn read(source: &mut dyn Read, out: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(out) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Reads until `out` is full or the source ends; returns how much was read.
pub(super) fn read_full(source: &mut dyn Read, out: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < out.len() {
        match read(source, &mut out[filled..])? {
            0 => break,
            length => filled += length,
        }
    }
    Ok(filled)
}
