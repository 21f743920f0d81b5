//! Where events and rejects go: standard output, files, or a directory of files.
//!
//! A regular file is written under a temporary name beside it ([`PART_SUFFIX`]) and gets its own name
//! when it is whole. Compressed outputs consist of members (gzip, RFC 1952) or frames (zstd,
//! RFC 8878) or streams (xz) one behind the other, cut by rules that depend on the events alone, so
//! that their bytes are the same however many threads compress.

mod pack;
mod target;

use std::path::Path;

pub use pack::{Packing, Piece};
pub use target::{PART_SUFFIX, Target, part_path, publish};

/// Tells whether a path stands for standard output.
pub fn is_standard_output(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Tells whether a path is the temporary name of an output.
pub fn is_part(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(PART_SUFFIX.as_bytes())
}

/// Tells whether a path stands for a directory of outputs: by its last character, or because it is
/// one.
pub fn is_directory(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(b"/") || path.is_dir()
}
