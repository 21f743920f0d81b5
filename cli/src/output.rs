//! Collects encoded events and writes them to a file or to standard output.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
};

/// Bytes that are collected before they are written.
const BUFFER_BYTES: usize = 256 * 1024;

/// Where events go: a buffer in front of a file or standard output.
///
/// After the first failure nothing is written any more; [`Output::state`] tells.
pub struct Output {
    buffer: Vec<u8>,
    writer: Box<dyn Write>,
    state: State,
}

/// How writing went.
#[derive(Debug)]
pub enum State {
    /// The reader of a pipe is gone, which is its right.
    Closed,
    /// Writing failed.
    Failed(io::Error),
    /// All that was flushed is written.
    Open,
}

impl Output {
    /// Opens a file, replacing what it held, or standard output for `-`.
    ///
    /// # Errors
    ///
    /// Passes on what the file system says.
    pub fn open(path: &Path) -> io::Result<Self> {
        let writer: Box<dyn Write> = if is_standard_output(path) {
            Box::new(io::stdout())
        } else {
            Box::new(File::create(path)?)
        };
        Ok(Self { buffer: Vec::with_capacity(BUFFER_BYTES), writer, state: State::Open })
    }

    /// Gives `write` the buffer to append to, and writes the buffer out once it is full.
    pub fn append(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.buffer);
        if self.buffer.len() >= BUFFER_BYTES {
            self.flush();
        }
    }

    /// Writes out what was collected.
    pub fn flush(&mut self) {
        if matches!(self.state, State::Open)
            && let Err(error) =
                self.writer.write_all(&self.buffer).and_then(|()| self.writer.flush())
        {
            self.state = match error.kind() {
                io::ErrorKind::BrokenPipe => State::Closed,
                _ => State::Failed(error),
            };
        }
        self.buffer.clear();
        // One huge event must not keep its memory for good.
        self.buffer.shrink_to(2 * BUFFER_BYTES);
    }

    /// Tells how writing went so far.
    pub const fn state(&self) -> &State {
        &self.state
    }
}

/// Tells whether a path stands for standard output.
pub fn is_standard_output(path: &Path) -> bool {
    path.as_os_str() == "-"
}
