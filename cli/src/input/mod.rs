//! Inputs: files, directories, globs and standard input, plain, packed or archives of many, as blocks of whole
//! lines.
//!
//! ```text
//! logs/ -> logs/a.log, logs/b.log.gz, logs/old.tar.zst        (discover)
//! logs/old.tar.zst -> logs/old.tar.zst!x.log, …!y.log.gz      (reader: the streams of an input)
//! …!y.log.gz -> block, block, block                           (lines)
//! ```
//!
//! How a file is packed is found by its first bytes, never by its name.

use std::path::{Path, PathBuf};

use crate::block::Source;

mod discover;
mod lines;
mod reader;
mod tar;
mod unpack;
mod zip;

pub use discover::{Discovery, Excluded, Repeated, Unreadable, discover};

/// One input of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Its path; `-` is standard input.
    pub path: PathBuf,
    /// Its place below the output directory, without the suffix of the output's format and, if no other input of
    /// the run has that place, without its own packing's. Of an archive it is the directory of its members.
    pub relative: PathBuf,
}

impl Input {
    /// Returns the input at a path, placed by its file name.
    pub fn new(path: &Path) -> Self {
        if is_standard_input(path) {
            return Self { path: path.to_path_buf(), relative: PathBuf::from("stdin") };
        }
        let name = path.file_name().map_or_else(|| PathBuf::from("unnamed"), PathBuf::from);
        Self { path: path.to_path_buf(), relative: without_packing(&name) }
    }

    /// Returns its name for people.
    pub fn name(&self) -> String {
        if is_standard_input(&self.path) {
            "standard input".to_owned()
        } else {
            self.path.display().to_string()
        }
    }

    /// Returns the streams of the input, cut behind the delimiter, which is not empty.
    ///
    /// The input is opened with the first item; what cannot be opened gives one error. Plain and packed files have
    /// one stream. Tar archives, packed or not, and zip archives have one for each file in them, named
    /// `archive!member`, which may be packed again. A damage of the archive itself, behind its last whole member,
    /// is the error of one more stream, named as the archive. All of a damaged stream that can be read comes
    /// before its error.
    pub fn source(&self, index: usize, delimiter: &[u8]) -> Box<dyn Source> {
        Box::new(reader::Reader::new(self, index, delimiter))
    }
}

/// Tells whether a path stands for standard input.
pub fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Takes the suffix of a packing away.
fn without_packing(path: &Path) -> PathBuf {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    if ["bz2", "gz", "lz4", "xz", "zst"].contains(&extension) {
        path.with_extension("")
    } else {
        path.to_path_buf()
    }
}
