//! The definitions one grok filter knows: a stock set with the user's own over it.
//!
//! ```text
//! # a line of a pattern file
//! QUEUE_ID  [0-9A-F]{10,11}
//! ```
//!
//! Source of behaviour: Logstash 9.x, jls-grok `Grok#add_patterns_from_file`.

use std::collections::BTreeMap;

use super::{PatternSet, lookup, names};

/// Names the definitions a grok pattern may use.
///
/// A stock set with the user's definitions over it; a later definition replaces an earlier one of
/// the same name. A clone costs only the user's own definitions.
#[derive(Clone, Debug)]
pub struct Dictionary {
    set: PatternSet,
    own: BTreeMap<Box<str>, Box<str>>,
}

impl Dictionary {
    /// Starts from one of the stock sets.
    pub fn new(set: PatternSet) -> Self {
        Self { set, own: BTreeMap::new() }
    }

    /// Adds the definitions of a pattern file, one `NAME regex` a line.
    ///
    /// White space before the name is dropped, spaces at the end belong to the regex. Lines that
    /// start with `#`, are empty or hold a name alone are skipped.
    pub fn add_file_text(&mut self, text: &str) {
        for line in text.split('\n') {
            let line = line.strip_suffix('\r').unwrap_or(line).trim_start_matches(is_ruby_space);
            if line.starts_with('#') {
                continue;
            }
            let Some((name, rest)) = line.split_once(is_ruby_space) else { continue };
            let regex = rest.trim_start_matches(is_ruby_space);
            if !regex.is_empty() {
                self.define(name, regex);
            }
        }
    }

    /// Adds one definition, replacing that of the same name.
    pub fn define(&mut self, name: &str, text: &str) {
        self.own.insert(name.into(), text.into());
    }

    /// Returns the text of a definition.
    pub fn get(&self, name: &str) -> Option<&str> {
        match self.own.get(name) {
            Some(text) => Some(text),
            None => lookup(self.set, name),
        }
    }

    /// Lists the names that were added to the stock set, in alphabetical order.
    pub fn own_names(&self) -> impl Iterator<Item = &str> {
        self.own.keys().map(AsRef::as_ref)
    }

    /// Returns the known name that an unknown one was most likely meant to be.
    ///
    /// The nearest by edit distance, ignoring case, if no more than a third of it differs.
    pub fn suggest(&self, name: &str) -> Option<String> {
        let wanted = name.to_ascii_uppercase();
        if wanted.len() > MAX_SUGGESTED_NAME_BYTES {
            return None;
        }
        let own = self.own.keys().map(AsRef::as_ref);
        let stock = names(self.set).map(|(name, _)| name);
        own.chain(stock)
            .filter(|known| known.len().abs_diff(wanted.len()) <= wanted.len() / 3)
            .map(|known| (edit_distance(&known.to_ascii_uppercase(), &wanted), known))
            .filter(|(distance, _)| *distance <= wanted.len() / 3)
            .min()
            .map(|(_, known)| known.to_owned())
    }
}

fn is_ruby_space(char: char) -> bool {
    matches!(char, '\t'..='\r' | ' ')
}

/// Counts the bytes to insert, delete or replace to turn one name into the other.
fn edit_distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.bytes().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, b) in right.bytes().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Longer names get no suggestion; the longest of the stock sets has 45 bytes.
const MAX_SUGGESTED_NAME_BYTES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_definition_replaces_earlier_and_stock() {
        let mut dictionary = Dictionary::new(PatternSet::EcsV1);
        assert_eq!(dictionary.get("USER"), Some("%{USERNAME}"));
        dictionary.define("USER", "a");
        dictionary.add_file_text("USER b");
        assert_eq!(dictionary.get("USER"), Some("b"));
        assert_eq!(dictionary.get("user"), None);
    }

    #[test]
    fn pattern_file_keeps_spaces_at_the_end_only() {
        let mut dictionary = Dictionary::new(PatternSet::Legacy);
        dictionary.add_file_text(
            "  MY_A \t x y  \r\n# MY_A c\n  #MY_B c\n\nMY_B\nMY_C # z\nMY_D  \nMY_E ü",
        );
        assert_eq!(dictionary.get("MY_A"), Some("x y  "));
        assert_eq!(dictionary.get("MY_B"), None);
        assert_eq!(dictionary.get("MY_C"), Some("# z"));
        assert_eq!(dictionary.get("MY_D"), None);
        assert_eq!(dictionary.get("MY_E"), Some("ü"));
        assert_eq!(dictionary.get("#MY_B"), None);
    }

    #[test]
    fn suggestion_is_the_nearest_name_if_near() {
        let mut dictionary = Dictionary::new(PatternSet::Legacy);
        dictionary.define("QUEUE_ID", "x");
        let suggest = |name| dictionary.suggest(name);
        assert_eq!(suggest("IPORHSOT").as_deref(), Some("IPORHOST"));
        assert_eq!(suggest("greedydata").as_deref(), Some("GREEDYDATA"));
        assert_eq!(suggest("QUEUEID").as_deref(), Some("QUEUE_ID"));
        assert_eq!(suggest("SOMETHING_ELSE_AGAIN"), None);
        assert_eq!(suggest(""), None);
        assert_eq!(suggest(&"X".repeat(1000)), None);
    }
}
