//! PCRE2 with its JIT, without a layer between: our expansion of the patterns, one match memory for
//! each, captures read by number. Bytes instead of its UTF-8 mode, and `^` is the start of the line
//! instead of every line's: both are faster, and on these lines the events are the same.

use pcre2::bytes::{CaptureLocations, Regex, RegexBuilder};

use super::by_pattern::Matcher;
use crate::expansion::Expanded;
use crate::output::Captured;
use crate::tasks::grok_patterns;

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
        let regex = RegexBuilder::new()
            .jit(true)
            .dotall(true)
            .build(&expanded.plain)
            .unwrap_or_else(|error| panic!("{pattern}: {error}"));
        let numbers = regex.capture_names().iter().enumerate();
        let numbers = numbers.filter(|(_, name)| name.is_some()).map(|(number, _)| number);
        let groups = expanded.fields.into_iter().zip(numbers).collect();
        let locations = regex.capture_locations();
        Self { regex, groups, locations }
    }
}

impl Matcher for Patterns {
    fn first<'s>(&'s mut self, line: &'s str) -> Option<impl Captured + 's> {
        let at = self.0.iter_mut().position(|compiled| {
            let found = compiled.regex.captures_read(&mut compiled.locations, line.as_bytes());
            found.expect("the limits hold").is_some()
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
