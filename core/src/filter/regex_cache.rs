//! Regular expressions that are made at run time, compiled once and kept.

use std::collections::BTreeMap;

use crate::limits;
use crate::pattern::{Flags, Regex};

/// Remembers the last expressions by their source; bad ones too.
#[derive(Debug, Default)]
pub(crate) struct RegexCache {
    compiled: BTreeMap<Box<str>, Option<Regex>>,
}

impl RegexCache {
    /// The expression of this source; nothing when it does not compile.
    ///
    /// A full cache is emptied: events whose texts make ever new expressions cost their compilation
    /// and no memory.
    pub(crate) fn get(&mut self, source: &str, flags: Flags) -> Option<Regex> {
        if let Some(known) = self.compiled.get(source) {
            return known.clone();
        }
        if self.compiled.len() >= limits::CACHED_REGEXES {
            self.compiled.clear();
        }
        let regex = Regex::new(source, flags).ok();
        self.compiled.insert(source.into(), regex.clone());
        regex
    }
}
