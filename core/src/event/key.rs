//! Field names with their hash computed once: at compile time for names in the config, once
//! per event for names in the input.

/// A field name and its hash.
#[derive(Clone, Copy, Debug)]
pub struct Key<'b> {
    text: &'b str,
    hash: u32,
}

impl<'b> Key<'b> {
    /// Hashes a name.
    pub const fn new(text: &'b str) -> Self {
        Self { text, hash: hash(text) }
    }

    pub(crate) const fn with_hash(text: &'b str, hash: u32) -> Self {
        Self { text, hash }
    }

    /// The name.
    pub fn text(self) -> &'b str {
        self.text
    }

    pub(crate) fn hash(self) -> u32 {
        self.hash
    }
}

impl PartialEq for Key<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.text == other.text
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
    fn short_names_spread_over_the_seen_mask() {
        let names = ["message", "host", "tags", "@timestamp", "@version", "type", "path", "level"];
        let bits = names.iter().fold(0_u64, |mask, name| mask | 1 << (hash(name) & 63));
        assert!(bits.count_ones() >= 6, "{bits:b}");
    }
}
