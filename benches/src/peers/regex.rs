//! The crate `regex` on our expansion of the patterns, without the look-around that it lacks: it
//! matches more, and finds the captures of a line without backtracking.

use regex::bytes::{CaptureLocations, Regex, RegexBuilder};

use super::by_pattern::Matcher;
use crate::expansion::Expanded;
use crate::output::Captured;
use crate::tasks::grok_patterns;

/// Bytes of memory for a compiled pattern; the default is too little for some.
const SIZE_LIMIT: usize = 256 << 20;

pub(crate) struct Patterns(Vec<Compiled>);

struct Compiled {
    regex: Regex,
    /// Field and group number.
    groups: Vec<(String, usize)>,
    locations: CaptureLocations,
}

impl Patterns {
    pub(crate) fn new(config: &str) -> Self {
        Self(grok_patterns(config).iter().map(|pattern| Compiled::new(pattern)).collect())
    }
}

impl Compiled {
    fn new(pattern: &str) -> Self {
        let expanded = Expanded::new(pattern);
        let regex = RegexBuilder::new(&expanded.automaton())
            .unicode(false)
            .dot_matches_new_line(true)
            .size_limit(SIZE_LIMIT)
            .dfa_size_limit(SIZE_LIMIT)
            .build()
            .unwrap_or_else(|error| panic!("{pattern}: {error}"));
        let numbers = regex.capture_names().enumerate();
        let numbers = numbers.filter(|(_, name)| name.is_some()).map(|(number, _)| number);
        let groups = expanded.fields.into_iter().zip(numbers).collect();
        let locations = regex.capture_locations();
        Self { regex, groups, locations }
    }
}

impl Matcher for Patterns {
    fn first<'s>(&'s mut self, line: &'s str) -> Option<impl Captured + 's> {
        let at = self.0.iter_mut().position(|compiled| {
            compiled.regex.captures_read(&mut compiled.locations, line.as_bytes()).is_some()
        })?;
        Some(Found { compiled: &self.0[at], line })
    }
}

struct Found<'s> {
    compiled: &'s Compiled,
    line: &'s str,
}

impl Captured for Found<'_> {
    fn field(&self, name: &str) -> Option<&str> {
        self.fields().find_map(|(field, text)| (field == name).then_some(text))
    }

    fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.compiled.groups.iter().filter_map(|(field, number)| {
            let (start, end) = self.compiled.locations.get(*number)?;
            Some((field.as_str(), self.line.get(start..end)?))
        })
    }
}
