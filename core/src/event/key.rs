//! Field names with their hash computed once: at compile time for names in the config, once
//! per event for names in the input.

use crate::scan::json::WrittenName;

/// A field name and its hash.
#[derive(Clone, Copy, Debug)]
pub struct Key<'b> {
    text: &'b str,
    hash: u32,
    /// The name as JSON has it, when it was known before the event.
    // PERF: one store in place of a name's escaping; a fifth of the writing of an event.
    written: Option<&'b WrittenName>,
}

impl<'b> Key<'b> {
    /// Hashes a name.
    pub const fn new(text: &'b str) -> Self {
        Self { text, hash: hash(text), written: None }
    }

    pub(crate) const fn with_hash(text: &'b str, hash: u32) -> Self {
        Self { text, hash, written: None }
    }

    /// Adds the name as JSON has it.
    pub(crate) const fn with_written(self, written: Option<&'b WrittenName>) -> Self {
        Self { written, ..self }
    }

    /// The name as JSON has it, when it was prepared.
    #[inline]
    pub(crate) fn written(self) -> Option<&'b WrittenName> {
        self.written
    }

    /// The name.
    pub fn text(self) -> &'b str {
        self.text
    }

    pub(crate) fn hash(self) -> u32 {
        self.hash
    }
}

/// A key of a name that the code knows.
macro_rules! known_key {
    ($name:literal) => {
        $crate::event::Key::new($name).with_written({
            const WRITTEN: Option<$crate::scan::json::WrittenName> =
                $crate::scan::json::WrittenName::new($name);
            WRITTEN.as_ref()
        })
    };
}
pub(crate) use known_key;

/// A name that a compiled config owns, with its hash.
#[derive(Debug)]
pub(crate) struct Name {
    text: Box<str>,
    hash: u32,
    written: Option<WrittenName>,
}

impl Name {
    /// Copies a name.
    pub(crate) fn new(key: Key<'_>) -> Self {
        Self { text: key.text.into(), hash: key.hash, written: WrittenName::new(key.text) }
    }

    /// The name, borrowed.
    #[inline]
    pub(crate) fn key(&self) -> Key<'_> {
        Key { text: &self.text, hash: self.hash, written: self.written.as_ref() }
    }
}

impl PartialEq for Key<'_> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && same(self.text.as_bytes(), other.text.as_bytes())
    }
}

/// Whether two names are equal; of short ones, by two loads that may overlap.
// PERF: names are nearly always of 4 to 16 bytes, and a fifth of a search was the call of `memcmp`.
#[inline]
fn same(left: &[u8], right: &[u8]) -> bool {
    fn ends<const N: usize>(name: &[u8]) -> Option<(&[u8; N], &[u8; N])> {
        Some((name.first_chunk()?, name.last_chunk()?))
    }
    match (left.len(), right.len()) {
        (4..=8, len) if len == left.len() => ends::<4>(left) == ends::<4>(right),
        (9..=16, len) if len == left.len() => ends::<8>(left) == ends::<8>(right),
        _ => left == right,
    }
}

/// Never a key's hash: marks the place of a removed entry.
pub(crate) const REMOVED: u32 = u32::MAX;

/// Mixes the length and all bytes, eight at a time. Not collision-proof: large objects get an
/// index with a seeded hash (object.rs), this one only orders a short linear search.
pub(crate) const fn hash(text: &str) -> u32 {
    const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;
    let bytes = text.as_bytes();
    let mut state = (bytes.len() as u64).wrapping_mul(MULTIPLIER);
    let (chunks, rest) = bytes.as_chunks::<8>();
    let mut at = 0;
    while at < chunks.len() {
        state = (state ^ u64::from_le_bytes(chunks[at])).wrapping_mul(MULTIPLIER);
        state ^= state >> 32;
        at += 1;
    }
    let mut last = 0_u64;
    at = 0;
    while at < rest.len() {
        last = last << 8 | rest[at] as u64;
        at += 1;
    }
    state = (state ^ last).wrapping_mul(MULTIPLIER);
    state ^= state >> 29;
    let hash = (state >> 32) as u32;
    if hash == REMOVED { 0 } else { hash }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_equal_by_text() {
        assert_eq!(Key::new("message"), Key::new("message"));
        assert_ne!(Key::new("message"), Key::new("messagf"));
        assert_ne!(Key::new(""), Key::new("\0"));
    }

    #[test]
    fn names_that_differ_in_one_byte_are_not_the_same() {
        for len in 0..40 {
            let name = vec![b'a'; len];
            assert!(same(&name, &name.clone()), "{len}");
            assert!(!same(&name, &vec![b'a'; len + 1]), "{len}");
            for at in 0..len {
                let mut other = name.clone();
                other[at] = b'b';
                assert!(!same(&name, &other), "{len} {at}");
            }
        }
    }
}
