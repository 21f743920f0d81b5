//! What the regexes of one config have in common, made once: classes, and whole regexes.
//!
//! `\w` has 700 ranges, and most grok patterns have it.

use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::syntax::{ClassSet, NamedClass};
use super::unicode::{CharSet, Class};
use super::{Flags, Regex};

/// Lives as long as a config is compiled.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    named: Vec<(NamedClass, bool, CharSet)>,
    properties: BTreeMap<Box<str>, CharSet>,
    /// Brackets whose case counts.
    pub(super) classes: HashMap<ClassSet, Arc<Class>, FixedState>,
    /// The classes of `\b`: Unicode, ASCII.
    words: [Option<Arc<Class>>; 2],
    /// Regexes by their text.
    regexes: HashMap<Box<str>, (Flags, Regex), FixedState>,
}

impl Pool {
    pub(super) fn named(&mut self, name: NamedClass, ascii: bool) -> CharSet {
        if let Some((_, _, set)) =
            self.named.iter().find(|known| (known.0, known.1) == (name, ascii))
        {
            return set.clone();
        }
        let set = CharSet::named(name, ascii);
        self.named.push((name, ascii, set.clone()));
        set
    }

    pub(super) fn property(&mut self, name: &str) -> Option<CharSet> {
        if let Some(set) = self.properties.get(name) {
            return Some(set.clone());
        }
        let set = CharSet::property(name)?;
        self.properties.insert(name.into(), set.clone());
        Some(set)
    }

    /// The class of `\b`.
    pub(super) fn word(&mut self, ascii: bool) -> Arc<Class> {
        if let Some(class) = &self.words[usize::from(ascii)] {
            return class.clone();
        }
        let class = Arc::new(self.named(NamedClass::Word, ascii).to_class());
        self.words[usize::from(ascii)] = Some(class.clone());
        class
    }

    /// The regex of this text, if it was compiled with these flags.
    pub(super) fn regex(&self, source: &str, flags: Flags) -> Option<Regex> {
        let (known, regex) = self.regexes.get(source)?;
        (*known == flags).then(|| regex.clone())
    }

    pub(super) fn keep(&mut self, flags: Flags, regex: &Regex) {
        self.regexes.insert(regex.source().into(), (flags, regex.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_compiled_once_for_the_same_flags() {
        let mut pool = Pool::default();
        let mut compile = |dot_all| {
            let flags = Flags { dot_all, ..Flags::default() };
            Regex::pooled(r"\w+ [^a-c].", flags, &mut pool).map(|regex| regex.0)
        };
        let (Ok(first), Ok(second), Ok(other)) = (compile(true), compile(true), compile(false))
        else {
            panic!("the pattern is one of Ruby's");
        };
        assert!(Arc::ptr_eq(&first, &second));
        assert!(!Arc::ptr_eq(&first, &other));
    }
}
