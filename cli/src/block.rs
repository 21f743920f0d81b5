//! Blocks: the pieces in which the streams of a conversion go from their sources to the workers.

use std::{error, fmt, io, path::PathBuf, sync::Arc, time::SystemTime};

use crate::{buffer::Buffer, process::StreamInfo};

/// A piece of a stream that begins and, but for over-long lines, ends between two lines.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about the block")]
#[derive(Debug)]
pub struct Block {
    /// The bytes, line ends included.
    pub bytes: Buffer,
    /// The number, from 1, of the line that the first byte belongs to.
    pub first_line: u64,
    /// The first byte's place in the (decoded) stream.
    pub offset: u64,
    /// Whether the first byte stands in the middle of a line that the block before left unfinished.
    pub continues_line: bool,
    /// Whether the bytes end with a line end. When they do not, the stream's next block goes on in
    /// the middle of the line and must go to the same processor.
    pub ends_line: bool,
    /// Whether the stream ends with this block. A stream may also end with no such block: with
    /// `None`, or an error, after any other one.
    pub is_last: bool,
    /// Whether the run ends with this block: what filters still hold comes out.
    pub is_final: bool,
    /// Whether the source had no more for the moment: the events so far should not wait for more.
    pub is_idle: bool,
}

/// Where blocks come from: an input, which holds one stream, or, as an archive, several in a row.
pub trait Source: Send {
    /// Reads on; `None` at the end of the input, and ever after.
    fn next(&mut self) -> Option<Item>;
}

/// What a source gives: the head of a stream, its blocks, the next head, and so on.
#[derive(Debug)]
pub enum Item {
    /// A piece of the stream whose head came last.
    Block(Block),
    /// Something could not be read. After a head it belongs to that stream and ends it, before any it
    /// is the input that could not be opened. Blocks of all that could be read come before.
    Error(StreamError),
    /// A stream begins.
    Head(Head),
}

/// What is known of a stream when it begins.
#[derive(Debug, Clone)]
pub struct Head {
    /// Its names.
    pub info: Arc<StreamInfo>,
    /// Its place below the folder that was named; of an archive's member, below the archive.
    pub relative: PathBuf,
    /// When it was last changed, if it says so.
    pub modified: Option<SystemTime>,
    /// Whether it is made while it is read, as what comes through a pipe is.
    pub is_live: bool,
}

/// Why a stream could not be read to its end.
#[derive(Debug)]
pub struct StreamError {
    /// The place in the decoded stream behind which nothing could be read.
    pub offset: u64,
    /// What the system or the decoder says.
    pub error: io::Error,
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.offset == 0 {
            self.error.fmt(f)
        } else {
            write!(f, "after {} bytes: {}", self.offset, self.error)
        }
    }
}

impl error::Error for StreamError {}
