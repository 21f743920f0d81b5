//! One output: bytes to a file that gets its name when it is whole, or to a stream.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Seek as _, SeekFrom, Write},
    path::{Path, PathBuf},
};

use super::{Packing, Piece, is_standard_output};
use crate::process::Layout;

/// What the names of unfinished outputs end with; such a file is no input.
pub const PART_SUFFIX: &str = ".sawlog-part";

/// Bytes that are collected before they are written.
const BUFFER_BYTES: usize = 256 * 1024;
/// Bytes that are collected before they become a member of a compressed output.
const MEMBER_BYTES: usize = 512 * 1024;

/// An output that is being written.
pub struct Target {
    /// Its name for people.
    name: String,
    place: Place,
    packing: Packing,
    layout: Layout,
    /// Bytes that are to be packed; always empty in a plain output.
    pending: Vec<u8>,
    /// Bytes that are to be written.
    buffer: Vec<u8>,
    /// Bytes that were written.
    written: u64,
    has_events: bool,
}

enum Place {
    /// A file under its temporary name.
    Part { file: File, part: PathBuf, path: PathBuf },
    /// Standard output, a pipe, a device: what is written is gone.
    Stream(Box<dyn Write + Send>),
}

impl Target {
    /// Begins an output at `path`, or at standard output for `-`.
    ///
    /// # Errors
    ///
    /// Passes on what the file system says.
    pub fn create(path: &Path, layout: &Layout) -> io::Result<Self> {
        Self::open(path, layout, None)
    }

    /// Goes on with an output that was left after so many bytes.
    ///
    /// # Errors
    ///
    /// Passes on what the file system says; that the temporary file is shorter, or not there.
    pub fn resume(path: &Path, layout: &Layout, bytes: u64) -> io::Result<Self> {
        Self::open(path, layout, Some(bytes))
    }

    fn open(path: &Path, layout: &Layout, resumed: Option<u64>) -> io::Result<Self> {
        let place = place(path, resumed)?;
        let packing = Packing::of(path);
        // A packed head stands in one member with the first events.
        let head_bytes = if packing == Packing::Plain { layout.head.len() as u64 } else { 0 };
        let mut target = Self {
            name: path.display().to_string(),
            place,
            packing,
            layout: layout.clone(),
            pending: Vec::new(),
            buffer: Vec::new(),
            written: resumed.unwrap_or(0),
            has_events: resumed.is_some_and(|bytes| bytes > head_bytes),
        };
        if resumed.is_none() {
            let head = target.layout.head.clone();
            target.push(Piece::Raw(head.into()))?;
        }
        Ok(target)
    }

    /// Returns its name for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Adds the events of the next block.
    ///
    /// # Errors
    ///
    /// Passes on what writing says.
    pub fn append(&mut self, piece: Piece) -> io::Result<()> {
        if matches!(&piece, Piece::Packed(bytes) | Piece::Raw(bytes) if bytes.is_empty()) {
            return Ok(());
        }
        if self.has_events && !self.layout.separator.is_empty() {
            let separator = self.layout.separator.clone();
            self.push(Piece::Raw(separator.into()))?;
        }
        self.has_events = true;
        self.push(piece)?;
        if self.buffer.len() >= BUFFER_BYTES { self.write() } else { Ok(()) }
    }

    /// Returns how long the file is with all that was added, if that is a place to go on from later:
    /// not when something waits to be packed with what follows.
    pub fn position(&self) -> Option<u64> {
        self.pending.is_empty().then_some(self.written + self.buffer.len() as u64)
    }

    /// Writes out everything, whatever the size of the last member.
    ///
    /// # Errors
    ///
    /// Passes on what writing says.
    pub fn flush(&mut self) -> io::Result<()> {
        self.pack();
        self.write()
    }

    /// Writes out what is ready and makes the disk keep it.
    ///
    /// # Errors
    ///
    /// Passes on what writing says.
    pub fn sync(&mut self) -> io::Result<()> {
        self.write()?;
        match &self.place {
            Place::Part { file, .. } => file.sync_data(),
            Place::Stream(_) => Ok(()),
        }
    }

    /// Ends the output: everything is on the disk, only the name is missing. Returns the length.
    ///
    /// # Errors
    ///
    /// Passes on what writing says.
    pub fn seal(&mut self) -> io::Result<u64> {
        let tail = std::mem::take(&mut self.layout.tail);
        self.push(Piece::Raw(tail.into()))?;
        self.pack();
        self.sync()?;
        Ok(self.written)
    }

    /// Gives the sealed output its name.
    ///
    /// # Errors
    ///
    /// Passes on what the file system says.
    pub fn publish(self) -> io::Result<()> {
        match self.place {
            Place::Part { part, path, .. } => publish(&part, &path),
            Place::Stream(_) => Ok(()),
        }
    }

    /// Removes what was written of a file.
    pub fn discard(self) {
        if let Place::Part { part, .. } = self.place {
            // It may be gone already.
            let _ = fs::remove_file(part);
        }
    }

    fn push(&mut self, piece: Piece) -> io::Result<()> {
        match piece {
            Piece::Raw(bytes) if self.packing != Packing::Plain => {
                self.pending.extend_from_slice(&bytes);
                if self.pending.len() >= MEMBER_BYTES {
                    self.pack();
                }
            }
            Piece::Packed(bytes) | Piece::Raw(bytes) => {
                self.pack();
                if self.buffer.is_empty() && bytes.len() >= BUFFER_BYTES {
                    self.write_out(&bytes)?;
                } else {
                    self.buffer.extend_from_slice(&bytes);
                }
            }
        }
        Ok(())
    }

    fn pack(&mut self) {
        if !self.pending.is_empty() {
            let member = self.packing.member(&self.pending);
            self.buffer.extend_from_slice(&member);
            self.pending.clear();
        }
    }

    fn write(&mut self) -> io::Result<()> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let result = self.write_out(&buffer);
        if result.is_ok() {
            buffer.clear();
            // One huge event must not keep its memory for good.
            buffer.shrink_to(2 * BUFFER_BYTES);
        }
        self.buffer = buffer;
        result
    }

    fn write_out(&mut self, bytes: &[u8]) -> io::Result<()> {
        let writer: &mut dyn Write = match &mut self.place {
            Place::Part { file, .. } => file,
            Place::Stream(writer) => writer,
        };
        writer.write_all(bytes)?;
        writer.flush()?;
        self.written += bytes.len() as u64;
        Ok(())
    }
}

/// Returns the temporary name of an output; links are followed, so that the file they lead to is
/// replaced and not the link.
pub fn part_path(path: &Path) -> PathBuf {
    let mut name = OsString::from(resolved(path));
    name.push(PART_SUFFIX);
    PathBuf::from(name)
}

/// Gives a file that is whole its name.
///
/// # Errors
///
/// Passes on what the file system says.
pub fn publish(part: &Path, path: &Path) -> io::Result<()> {
    fs::rename(part, path)?;
    // So that the name survives a power cut; not every file system can do that for a directory.
    if let Some(directory) = path.parent()
        && let Ok(directory) =
            File::open(if directory.as_os_str().is_empty() { Path::new(".") } else { directory })
    {
        let _ = directory.sync_all();
    }
    Ok(())
}

fn resolved(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
}

fn place(path: &Path, resumed: Option<u64>) -> io::Result<Place> {
    if is_standard_output(path) {
        return Ok(Place::Stream(Box::new(io::stdout())));
    }
    let existing = fs::metadata(path).ok();
    if let Some(existing) = &existing
        && !existing.is_file()
    {
        if existing.is_dir() {
            return Err(io::Error::from(io::ErrorKind::IsADirectory));
        }
        return Ok(Place::Stream(Box::new(OpenOptions::new().write(true).open(path)?)));
    }
    if existing.is_some() {
        // A file that must not be written must not be replaced either.
        drop(OpenOptions::new().write(true).open(path)?);
    }
    let part = part_path(path);
    let path = resolved(path);
    let mut file =
        OpenOptions::new().write(true).create(resumed.is_none()).truncate(false).open(&part)?;
    // Not every file system has locks; where there are none, two runs are the user's to keep apart.
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        return Err(io::Error::new(io::ErrorKind::ResourceBusy, "another run is writing it"));
    }
    let bytes = resumed.unwrap_or(0);
    if file.metadata()?.len() < bytes {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
    }
    file.set_len(bytes)?;
    file.seek(SeekFrom::End(0))?;
    if let Some(existing) = existing {
        // The new content of a file keeps who may read it; where that cannot be said, the default does.
        let _ = file.set_permissions(existing.permissions());
    }
    Ok(Place::Part { file, part, path })
}
