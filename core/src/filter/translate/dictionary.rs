//! A dictionary in the form in which it is asked: by hash, as a list of regular expressions, or as words
//! that are replaced wherever they stand.

use aho_corasick::{AhoCorasick, Input, MatchKind};
use core::hash::{BuildHasher, Hasher};
use foldhash::quality::FixedState;
use hashbrown::HashTable;

use crate::arena::Arena;
use crate::event::{Value, text};
use crate::filter::stored::{Entries, FileError, Stored};
use crate::limits;
use crate::pattern::prefilter::{ListFilter, WORD_PATTERNS};
use crate::pattern::{Budget, Flags, Regex, Scratch};

/// How a text is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// The key is the text.
    Exact,
    /// The key is a regular expression that matches somewhere in the text.
    Regex,
    /// Keys are replaced wherever they stand in the text.
    Words,
}

/// Keys and values.
#[derive(Debug)]
pub(super) struct Dictionary {
    entries: Entries,
    index: Index,
}

#[derive(Debug)]
enum Index {
    Exact(Table),
    Regex { regexes: Box<[Regex]>, filter: ListFilter },
    Words(Box<AhoCorasick>),
}

/// Places of entries by the hash of their key.
///
/// The keys are the config's and the files': nobody who writes log lines chooses them.
#[derive(Debug, Default)]
struct Table(HashTable<u32>);

impl Table {
    fn find(&self, entries: &Entries, key: &str) -> Option<usize> {
        let is_it = |at: &u32| *entries[*at as usize].0 == *key;
        self.0.find(hash(key), is_it).map(|at| *at as usize)
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// A search used up its steps.
#[derive(Debug)]
pub(super) struct OutOfSteps;

/// What is wrong with an entry.
#[derive(Debug)]
pub(super) enum Wrong {
    File(FileError),
    /// The key of this entry is no regular expression.
    Regex { entry: usize, message: String },
}

impl Dictionary {
    /// Makes a dictionary; of entries with one key the last one counts, in the place of the first.
    pub(super) fn new(all: Entries, mode: Mode) -> Result<Self, Wrong> {
        let limit = |message: String| Wrong::File(FileError::limit(message));
        if all.len() > limits::DICTIONARY_VALUES {
            return Err(limit(format!("has more than {} entries", limits::DICTIONARY_VALUES)));
        }
        let mut table = Table::default();
        let mut entries: Entries = Vec::with_capacity(all.len());
        for (key, value) in all {
            if let Some(at) = table.find(&entries, &key) {
                entries[at].1 = value;
                continue;
            }
            let place = u32::try_from(entries.len()).unwrap_or(u32::MAX);
            let hash_of = |at: &u32| hash(&entries[*at as usize].0);
            table.0.insert_unique(hash(&key), place, hash_of);
            entries.push((key, value));
        }
        let index = match mode {
            Mode::Exact => Index::Exact(table),
            Mode::Regex => {
                if entries.len() > limits::DICTIONARY_REGEXES {
                    return Err(limit(format!(
                        "has {} regular expressions, more than the {} that are tried",
                        entries.len(),
                        limits::DICTIONARY_REGEXES
                    )));
                }
                let compile = |(entry, (key, _)): (usize, &(Box<str>, Stored))| {
                    let flags = Flags::default();
                    Regex::new(key, flags).map_err(|error| {
                        Wrong::Regex { entry, message: error.kind.to_string() }
                    })
                };
                let regexes: Box<[Regex]> =
                    entries.iter().enumerate().map(compile).collect::<Result<_, _>>()?;
                let patterns: Vec<_> = regexes.iter().map(Regex::hir).collect();
                let filter = ListFilter::new(&patterns);
                Index::Regex { regexes, filter }
            }
            Mode::Words => {
                let keys = entries.iter().map(|(key, _)| key.as_bytes());
                let mut builder = AhoCorasick::builder();
                let words = builder.match_kind(MatchKind::LeftmostFirst).build(keys);
                let words = words.map_err(|error| limit(format!("is too large: {error}")))?;
                Index::Words(Box::new(words))
            }
        };
        Ok(Self { entries, index })
    }

    /// The keys and values, for a dictionary that new entries are merged into.
    pub(super) fn entries(&self) -> &Entries {
        &self.entries
    }

    /// What the text stands for.
    #[inline]
    pub(super) fn find<'b>(
        &'b self,
        text: &str,
        scratch: &mut Scratch,
        arena: &'b Arena,
    ) -> Result<Option<Value<'b>>, OutOfSteps> {
        let found = match &self.index {
            Index::Exact(table) => table.find(&self.entries, text),
            Index::Regex { regexes, filter } => first_match(regexes, filter, text, scratch)?,
            Index::Words(words) => return Ok(self.replace(words, text, arena)),
        };
        Ok(found.map(|at| self.entries[at].1.value(arena)))
    }

    /// The text with all words replaced; nothing when that changes nothing.
    fn replace<'b>(
        &'b self,
        words: &AhoCorasick,
        text: &str,
        arena: &'b Arena,
    ) -> Option<Value<'b>> {
        let first = words.find(text)?;
        let replaced = arena.try_build(|out| {
            let mut next = Some(first);
            let mut copied = 0;
            while let Some(found) = next {
                out.push_str(&text[copied..found.start()]);
                if let Some((_, value)) = self.entries.get(found.pattern().as_usize()) {
                    match value {
                        Stored::Text(text) => out.push_str(text),
                        value => text::push_ruby(&value.value(arena), out),
                    }
                }
                if out.len() > limits::TEMPLATE_BYTES {
                    return Err(());
                }
                copied = found.end();
                let mut from = copied;
                if found.is_empty() {
                    from += text[copied..].chars().next().map_or(1, char::len_utf8);
                    out.push_str(text.get(copied..from).unwrap_or(""));
                    copied = from.min(text.len());
                }
                next = if from > text.len() {
                    None
                } else {
                    words.find(Input::new(text).range(from..))
                };
            }
            out.push_str(&text[copied..]);
            Ok(())
        });
        replaced.ok().filter(|replaced| *replaced != text).map(Value::Str)
    }
}

/// The place of the first expression that matches.
fn first_match(
    regexes: &[Regex],
    filter: &ListFilter,
    text: &str,
    scratch: &mut Scratch,
) -> Result<Option<usize>, OutOfSteps> {
    for word in 0..filter.word_count() {
        let mut mask = filter.word(word, text.as_bytes(), scratch);
        while mask != 0 {
            let at = word * WORD_PATTERNS + mask.trailing_zeros() as usize;
            mask &= mask - 1;
            let Some(regex) = regexes.get(at) else { break };
            let mut budget = Budget::for_subject(text.len());
            if regex.search(text, 0, scratch, &mut budget).map_err(|_| OutOfSteps)? {
                return Ok(Some(at));
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(entries: &[(&str, &str)], mode: Mode, text: &str) -> Option<String> {
        let stored = |text: &str| Stored::Text(text.into());
        let entries = entries.iter().map(|(key, value)| (Box::from(*key), stored(value))).collect();
        let dictionary = Dictionary::new(entries, mode).expect("a dictionary");
        let arena = Arena::new();
        let found = dictionary.find(text, &mut Scratch::default(), &arena).expect("steps");
        found.map(|value| value.as_str().expect("a text").to_owned())
    }

    #[test]
    fn words_are_replaced_in_the_order_of_the_keys() {
        for (entries, text, expected) in [
            (&[("a", "1"), ("ab", "2")][..], "abab", Some("1b1b")),
            (&[("ab", "2"), ("a", "1")], "abac", Some("21c")),
            (&[("a", "1")], "xyz", None),
            (&[("a", "a")], "aaa", None),
            (&[("", "-")], "é1", Some("-é-1-")),
            (&[("é", ""), ("", "-")], "éa", Some("-a-")),
            (&[], "abc", None),
        ] {
            assert_eq!(find(entries, Mode::Words, text).as_deref(), expected, "{entries:?} {text}");
        }
    }

    #[test]
    fn of_many_expressions_the_first_that_matches_counts() {
        let keys: Vec<String> = (0..200).map(|number| format!("^{number}[a-z]")).collect();
        let entries: Vec<(&str, &str)> = keys.iter().map(|key| (&**key, &**key)).collect();
        assert_eq!(find(&entries, Mode::Regex, "137x").as_deref(), Some("^137[a-z]"));
        assert_eq!(find(&entries, Mode::Regex, "200x"), None);
    }

    #[test]
    fn too_many_expressions_are_refused() {
        let entry = |number: usize| (number.to_string().into(), Stored::Null);
        let entries = (0..=limits::DICTIONARY_REGEXES).map(entry).collect();
        let wrong = Dictionary::new(entries, Mode::Regex).expect_err("too many");
        assert!(matches!(wrong, Wrong::File(FileError { is_limit: true, .. })));
    }

    #[test]
    fn a_repeated_key_has_its_last_value() {
        assert_eq!(find(&[("a", "1"), ("a", "2")], Mode::Exact, "a").as_deref(), Some("2"));
    }
}
