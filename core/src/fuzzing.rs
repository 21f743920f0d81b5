//! Doors for the fuzz targets to what is private to the crate.

use crate::pattern::exec::intrinsics::check::Checker;
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

/// Compares the routines for stock definitions with the plain executor.
pub struct Intrinsics(Checker);

impl Intrinsics {
    /// Compiles the definitions.
    #[expect(clippy::new_without_default, reason = "a door, no type to keep")]
    pub fn new() -> Self {
        Self(Checker::new())
    }

    /// Compares all routines at every place of a subject; panics where they differ.
    pub fn compare(&mut self, subject: &str) {
        self.0.compare_everywhere(subject);
    }
}

/// Compares both JSON readers on a text, after another one was read that it may be like; panics where
/// they differ.
pub fn json_readers(before: &str, text: &str) {
    crate::codec::json::check::readers_agree_on(before, text);
}
