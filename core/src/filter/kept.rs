//! What was found out for a text, kept for the next event with the same one: a bounded memory that
//! forgets what was not asked for since long.
//!
//! Two generations: what is found or asked for goes into the young one; when that is full, it becomes
//! the old one, and the old one is forgotten.

use core::hash::{BuildHasher, Hasher};

use foldhash::quality::FixedState;
use hashbrown::HashTable;

use crate::limits;

/// Values by text.
#[derive(Debug)]
pub(crate) struct Kept<V> {
    young: Generation<V>,
    old: Generation<V>,
    hasher: FixedState,
    /// Entries of one generation.
    room: usize,
}

#[derive(Debug)]
struct Generation<V> {
    table: HashTable<(Box<str>, V)>,
    bytes: usize,
}

impl<V> Default for Generation<V> {
    fn default() -> Self {
        Self { table: HashTable::new(), bytes: 0 }
    }
}

impl<V> Kept<V> {
    /// Keeps about so many values; the seed is for texts that somebody chooses.
    pub(crate) fn new(entries: usize, seed: u64) -> Self {
        let hasher = FixedState::with_seed(seed);
        let (young, old) = (Generation::default(), Generation::default());
        Self { young, old, hasher, room: (entries / 2).max(1) }
    }

    fn hash(hasher: &FixedState, text: &str) -> u64 {
        let mut hasher = hasher.build_hasher();
        hasher.write(text.as_bytes());
        hasher.finish()
    }

    /// The value that is kept for a text.
    #[inline]
    pub(crate) fn get(&mut self, text: &str) -> Option<&V> {
        let hash = Self::hash(&self.hasher, text);
        if let Ok(entry) = self.old.table.find_entry(hash, |(key, _)| **key == *text) {
            let ((key, value), _) = entry.remove();
            self.old.bytes = self.old.bytes.saturating_sub(key.len());
            self.put(hash, key, value);
        }
        self.young.table.find(hash, |(key, _)| **key == *text).map(|(_, value)| value)
    }

    /// Keeps a value, unless its text is too long to be worth it.
    pub(crate) fn insert(&mut self, text: &str, value: V) {
        if text.len() <= limits::KEPT_TEXT_BYTES {
            let hash = Self::hash(&self.hasher, text);
            self.put(hash, text.into(), value);
        }
    }

    fn put(&mut self, hash: u64, key: Box<str>, value: V) {
        if self.young.table.len() >= self.room
            || self.young.bytes + key.len() > limits::KEPT_BYTES / 2
        {
            self.old = core::mem::take(&mut self.young);
        }
        self.young.bytes += key.len();
        let hasher = &self.hasher;
        let hash_of = |(key, _): &(Box<str>, V)| Self::hash(hasher, key);
        self.young.table.insert_unique(hash, (key, value), hash_of);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl<V> Kept<V> {
        fn len(&self) -> usize {
            self.young.table.len() + self.old.table.len()
        }
    }

    #[test]
    fn what_is_asked_for_stays_and_the_rest_goes() {
        let mut kept = Kept::new(100, 1);
        kept.insert("often", 0);
        for number in 1..10_000 {
            kept.insert(&number.to_string(), number);
            assert_eq!(kept.get("often"), Some(&0), "{number}");
            assert!(kept.len() <= 100, "{}", kept.len());
        }
        assert_eq!(kept.get("9999"), Some(&9999));
        assert_eq!(kept.get("1"), None);
    }

    #[test]
    fn the_bytes_of_texts_are_bounded() {
        let mut kept = Kept::new(1_000_000, 1);
        let text = |number: usize| format!("{number:0width$}", width = limits::KEPT_TEXT_BYTES);
        for number in 0..3 * limits::KEPT_BYTES / limits::KEPT_TEXT_BYTES {
            kept.insert(&text(number), number);
        }
        assert!(kept.len() * limits::KEPT_TEXT_BYTES <= limits::KEPT_BYTES);
        kept.insert(&"x".repeat(limits::KEPT_TEXT_BYTES + 1), 1);
        assert_eq!(kept.get(&"x".repeat(limits::KEPT_TEXT_BYTES + 1)), None);
    }
}
