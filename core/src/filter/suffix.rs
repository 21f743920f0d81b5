//! Public suffixes: a host name to the part of it under which anybody can have a name.
//!
//! `www.google.co.uk` has `co.uk`. The rules (`suffixes.txt`: sorted, one a line, written by tools/suffixes.py) are those of the Public Suffix
//! List; `*.ck` stands for every name below `ck`, `!www.ck` for an exception. The program carries the text alone, and a filter that needs
//! it makes a table of its names. Compiled to code, as the crate `psl` has them, the same rules take 0.8 MB.

use core::hash::{BuildHasher, Hasher};

use foldhash::quality::FixedState;
use hashbrown::HashTable;

const RULES: &str = include_str!("suffixes.txt");

/// Labels of the longest rule; a test compares.
const MAX_LABELS: usize = 7;

/// The rules by the names that they are about.
// PERF: a search that halves the text took nine times as long.
#[derive(Debug)]
pub(super) struct Suffixes {
    names: HashTable<Name>,
}

/// A name with rules, by its place in the text.
#[derive(Debug)]
struct Name {
    start: u32,
    len: u8,
    rules: Rules,
}

/// What rules a name has.
#[derive(Clone, Copy, Debug, Default)]
struct Rules {
    /// It is a suffix.
    is_suffix: bool,
    /// So is each name below it.
    covers_below: bool,
    /// It is none, although it stands below such a one.
    is_exception: bool,
}

impl Name {
    fn text(&self) -> &'static str {
        let start = self.start as usize;
        RULES.get(start..start + usize::from(self.len)).unwrap_or_default()
    }
}

impl Suffixes {
    /// Makes the table.
    pub(super) fn new() -> Self {
        let mut names: HashTable<Name> = HashTable::with_capacity(RULES.len() / 16);
        let mut start = 0;
        for line in RULES.split('\n') {
            let name = line.trim_start_matches(['!', '*']).trim_start_matches('.');
            // Names are of at most 253 bytes, and the text is far below 4 GiB.
            if let (false, Ok(len), Ok(at)) = (
                name.is_empty(),
                u8::try_from(name.len()),
                u32::try_from(start + line.len() - name.len()),
            ) {
                let entry =
                    names.entry(hash(name), |other| other.text() == name, |name| hash(name.text()));
                let rules = Rules::default();
                let rules = &mut entry.or_insert(Name { start: at, len, rules }).into_mut().rules;
                match line.as_bytes().first() {
                    Some(b'!') => rules.is_exception = true,
                    Some(b'*') => rules.covers_below = true,
                    _ => rules.is_suffix = true,
                }
            }
            start += line.len() + 1;
        }
        Self { names }
    }

    /// The longest suffix of a name in small letters that has a rule.
    pub(super) fn known_suffix<'n>(&self, name: &'n str) -> Option<&'n str> {
        let mut longest = None;
        let mut parent: Option<(&str, Rules)> = None;
        let mut rest = name.len();
        for _ in 0..MAX_LABELS {
            let start = name.get(..rest)?.rfind('.').map_or(0, |dot| dot + 1);
            let candidate = name.get(start..)?;
            let rules = self.rules(candidate);
            if rules.is_exception {
                return parent.map(|(parent, _)| parent);
            }
            if rules.is_suffix || parent.is_some_and(|(_, rules)| rules.covers_below) {
                longest = Some(candidate);
            }
            parent = Some((candidate, rules));
            let Some(before) = start.checked_sub(1) else { break };
            rest = before;
        }
        longest
    }

    fn rules(&self, name: &str) -> Rules {
        let found = self.names.find(hash(name), |other| other.text() == name);
        found.map(|name| name.rules).unwrap_or_default()
    }
}

/// The names in the table are our own, so that nobody can choose them to collide.
fn hash(name: &str) -> u64 {
    let mut hasher = FixedState::with_seed(0).build_hasher();
    hasher.write(name.as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(name: &str) -> Option<&str> {
        let suffix = psl::suffix(name.as_bytes()).filter(psl::Suffix::is_known)?;
        core::str::from_utf8(suffix.as_bytes()).ok()
    }

    #[test]
    fn names_made_of_every_rule_have_the_suffix_that_psl_finds() {
        let suffixes = Suffixes::new();
        assert_eq!(RULES.lines().map(|rule| rule.split('.').count()).max(), Some(MAX_LABELS));
        for rule in RULES.lines() {
            let base = rule.trim_start_matches('!').replace('*', "any");
            let cut = base.split_once('.').map_or("", |(_, parent)| parent);
            for name in [
                base.clone(),
                format!("x.{base}"),
                format!("www.x.{base}"),
                format!("a.b.c.d.e.f.g.{base}"),
                format!("x.y.{cut}"),
                format!(".{base}"),
                format!("{base}x"),
                format!("{base}.x"),
            ] {
                // A name of no or of empty labels at its end is never asked for.
                if !name.ends_with('.') && !name.is_empty() {
                    assert_eq!(suffixes.known_suffix(&name), expected(&name), "{name}");
                }
            }
        }
    }

    #[test]
    fn names_without_a_rule_have_no_suffix() {
        let suffixes = Suffixes::new();
        for name in ["localhost", "10.1.2.3", "a..b", "*", "!www.ck", "\n", "com\n", "xn--"] {
            assert_eq!(suffixes.known_suffix(name), expected(name), "{name:?}");
        }
    }
}
