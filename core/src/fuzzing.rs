//! Doors for the fuzz targets to what is private to the crate.

use crate::pattern::unicode::ByteSet;
use crate::scan::check::{self, Question};

/// Compares all levels of the CPU with a byte-by-byte model; panics where they differ.
pub fn scan(class: &[u8], needles: [u8; 3], bytes: &[u8], at: usize) {
    let mut set = ByteSet::default();
    for byte in class {
        set.insert(*byte);
    }
    // Exactly sized: what is read beyond the end is not ours.
    let bytes: Box<[u8]> = bytes.into();
    check::places(&Question { class: set, needles }, &bytes, [0, at, bytes.len()].into_iter());
}

/// Compares the escaping of JSON with that of the writer; panics where they differ.
pub fn json_escaping(text: &str, before: &[u8]) {
    let text: Box<str> = text.into();
    check::escaping(&text, before);
}
