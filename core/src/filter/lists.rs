//! The patterns that all groks of a pipeline try on one field, as one list with one test of a text.
//!
//! ```text
//! if "_grokparsefailure" in [tags] { grok { match => { "message" => ... } } }
//! ```
//!
//! A chain of such filters looks at one text again and again. The first of them that needs it finds
//! out for all which of their patterns may match, and the worker remembers that until the next event.

use crate::event::FieldPath;
use crate::pattern::prefilter::{ListFilter, WORD_PATTERNS};
use crate::pattern::{self, Pool, Regex};

/// The lists while a pipeline is compiled, by field.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    /// What all regexes of the pipeline share.
    pub(crate) pool: Pool,
    lists: Vec<(String, Vec<Regex>)>,
}

/// The patterns of one filter in the list of their field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListPart {
    list: usize,
    start: usize,
    len: usize,
}

/// The tests of all lists; none where the field has one pattern only.
pub(crate) type ListFilters = Box<[Option<ListFilter>]>;

impl Lists {
    /// Enters the patterns of a filter at the end of their field's list.
    pub(crate) fn add<'r>(
        &mut self,
        field: &FieldPath,
        patterns: impl Iterator<Item = &'r Regex>,
    ) -> ListPart {
        let name = field.as_ref().to_string();
        let list = self.lists.iter().position(|(known, _)| *known == name);
        let list = list.unwrap_or_else(|| {
            self.lists.push((name, Vec::new()));
            self.lists.len() - 1
        });
        let regexes = &mut self.lists[list].1;
        let start = regexes.len();
        regexes.extend(patterns.cloned());
        ListPart { list, start, len: regexes.len() - start }
    }

    /// Compiles the tests.
    pub(crate) fn finish(self) -> ListFilters {
        let filter = |regexes: &Vec<Regex>| {
            let patterns: Vec<_> = regexes.iter().map(Regex::hir).collect();
            (patterns.len() > 1).then(|| ListFilter::new(&patterns))
        };
        self.lists.iter().map(|(_, regexes)| filter(regexes)).collect()
    }
}

/// What a worker knows of the text that it looks at.
#[derive(Debug, Default)]
pub(crate) struct ListCache {
    /// Number of events so far: a text of an earlier event may have stood at the same place.
    event: u64,
    lists: Vec<Known>,
}

/// What is known for one list.
#[derive(Debug, Default)]
struct Known {
    event: u64,
    /// Address and length of the text.
    subject: (usize, usize),
    /// By word of the mask; `None`: not asked for yet.
    words: Vec<Option<u64>>,
    /// The pattern that matched last, whatever the text.
    last_match: usize,
}

impl ListCache {
    /// Forgets what is known of texts.
    pub(crate) fn start_event(&mut self) {
        self.event += 1;
    }

    /// The first pattern of a filter, from `from` on, that may match.
    pub(crate) fn next(
        &mut self,
        filters: &[Option<ListFilter>],
        part: ListPart,
        from: usize,
        subject: &str,
        scratch: &pattern::Scratch,
    ) -> Option<usize> {
        if from >= part.len {
            return None;
        }
        let Some(Some(filter)) = filters.get(part.list) else { return Some(from) };
        if self.lists.len() < filters.len() {
            self.lists.resize_with(filters.len(), Known::default);
        }
        let known = self.lists.get_mut(part.list)?;
        let text = (subject.as_ptr().addr(), subject.len());
        if (known.event, known.subject) != (self.event, text) {
            known.event = self.event;
            known.subject = text;
            known.words.clear();
            known.words.resize(filter.word_count(), None);
            // PERF: where the first pattern matches line after line, the test of all would be in
            // vain.
            if from == 0 && (part.len == 1 || known.last_match == part.start) {
                return Some(0);
            }
        }
        let end = part.start + part.len;
        let mut at = part.start + from;
        while at < end {
            let index = at / WORD_PATTERNS;
            let word = known.words.get_mut(index)?;
            let mask = *word.get_or_insert_with(|| filter.word(index, subject.as_bytes(), scratch));
            let rest = mask >> (at % WORD_PATTERNS);
            if rest != 0 {
                let found = at + rest.trailing_zeros() as usize;
                return (found < end).then_some(found - part.start);
            }
            at = (index + 1) * WORD_PATTERNS;
        }
        None
    }

    /// Remembers which pattern of a filter matched.
    pub(crate) fn matched(&mut self, part: ListPart, index: usize) {
        if let Some(known) = self.lists.get_mut(part.list) {
            known.last_match = part.start + index;
        }
    }
}
