//! The crate `grok` with the engine it was built with.

use grok::{Grok, Matches, Pattern};

use super::by_pattern::Matcher;
use crate::output::Captured;
use crate::tasks::grok_patterns;

/// What it is called in the tables.
pub(crate) const NAME: &str = if cfg!(feature = "grok-pcre2") {
    "grok-pcre2"
} else if cfg!(feature = "grok-fancy-regex") {
    "grok-fancy-regex"
} else {
    "grok-onig"
};

pub(crate) struct Patterns(Vec<Pattern>);

impl Patterns {
    pub(crate) fn new(config: &str) -> Self {
        let grok = Grok::with_default_patterns();
        let compile = |text: &String| {
            grok.compile(text, true).unwrap_or_else(|error| panic!("{text}: {error}"))
        };
        Self(grok_patterns(config).iter().map(compile).collect())
    }
}

impl Matcher for Patterns {
    fn first<'s>(&'s mut self, line: &'s str) -> Option<impl Captured + 's> {
        self.0.iter().find_map(|pattern| pattern.match_against(line)).map(Found)
    }
}

struct Found<'s>(Matches<'s>);

impl Captured for Found<'_> {
    fn field(&self, name: &str) -> Option<&str> {
        self.0.get(name)
    }

    fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.into_iter()
    }
}
