//! Regex text to matches: Ruby's dialect, as Logstash compiles it with joni, in our own engine.
//!
//! [`syntax`] reads the text, [`hir`] resolves it, [`compile`] makes the program that
//! [`exec::plain`] runs: `Regex::new("(?<n>\\d+)", flags)`, then `search` fills a [`Scratch`].
//! The subject is always valid UTF-8 and all places are byte offsets on character boundaries.
//! Source of behaviour: joni 2.2 and Oniguruma 6.9 with Ruby syntax. Not taken over: `(?~…)` around
//! a text of varying length, `\k<n+1>`, `\u{…}` with several characters, blocks and ages in `\p{…}`,
//! and what a group holds when it is read inside itself.

mod analysis;
pub mod error;
pub mod exec;
pub mod expand;
pub mod explain;
pub mod hir;
pub mod library;
pub mod prefilter;
pub mod profile;
pub mod suggest;
pub mod syntax;
pub mod unicode;

mod compile;
mod pool;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

pub use error::{SyntaxError, SyntaxErrorKind};
pub use exec::{Budget, BudgetExhausted, Engine, Executor, Scratch};
pub use explain::Explanation;
pub(crate) use pool::Pool;
pub use suggest::{Suggester, Suggestion};

/// How a regex is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `.` matches `\n` (Ruby's `m`); grok compiles with it, conditions and gsub without.
    pub dot_all: bool,
    /// Case is ignored (`i`).
    pub ignore_case: bool,
    /// White space and comments are skipped (`x`).
    pub extended: bool,
}

/// A compiled regex; immutable and cheap to clone.
#[derive(Clone)]
pub struct Regex(Arc<Inner>);

struct Inner {
    source: Box<str>,
    pattern: hir::Pattern,
    program: compile::Program,
    /// Nothing for patterns that only the plain executor knows.
    fast: Option<exec::fast::Program>,
}

impl Regex {
    /// Compiles a regex text.
    ///
    /// # Errors
    /// The first thing that Ruby would refuse, a construct that this engine lacks, or a limit.
    pub fn new(source: &str, flags: Flags) -> Result<Self, SyntaxError> {
        Self::compile(source, flags, &mut Pool::default())
    }

    /// Compiles a regex text, or takes the one that the pool has.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub(crate) fn pooled(source: &str, flags: Flags, pool: &mut Pool) -> Result<Self, SyntaxError> {
        if let Some(known) = pool.regex(source, flags) {
            return Ok(known);
        }
        let regex = Self::compile(source, flags, pool)?;
        pool.keep(flags, &regex);
        Ok(regex)
    }

    fn compile(source: &str, flags: Flags, pool: &mut Pool) -> Result<Self, SyntaxError> {
        let pattern = hir::lower(syntax::parse(source, flags)?, pool)?;
        let program = compile::compile(&pattern, pool)?;
        let grok = Flags { dot_all: true, ..Flags::default() };
        let fast = exec::fast::compile((flags == grok).then_some(source), &pattern, pool);
        Ok(Self(Arc::new(Inner { source: source.into(), pattern, program, fast })))
    }

    /// Gives the text that was compiled.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// Gives the number of groups, without group 0.
    pub fn group_count(&self) -> usize {
        self.0.pattern.group_count as usize
    }

    /// Lists the named groups in order of their opening parenthesis, duplicates kept.
    pub fn group_names(&self) -> &[(Box<str>, u32)] {
        &self.0.pattern.names
    }

    /// Gives the resolved tree.
    pub fn hir(&self) -> &hir::Pattern {
        &self.0.pattern
    }

    /// Gives the text that the regex matches, if it matches nothing but that.
    pub fn is_literal(&self) -> Option<&str> {
        match &self.0.pattern.root.kind {
            hir::HirKind::Literal(text) => Some(text),
            hir::HirKind::Empty => Some(""),
            _ => None,
        }
    }

    /// Finds the leftmost match that begins at `start` or later.
    ///
    /// Look-behind and `\b` see what is before `start`. A `start` beyond the subject or inside a
    /// character finds nothing. The groups are in the scratch if the answer is true.
    ///
    /// # Errors
    /// The budget or the memory of the search was used up.
    pub fn search(
        &self,
        subject: &str,
        start: usize,
        scratch: &mut Scratch,
        budget: &mut Budget,
    ) -> Result<bool, BudgetExhausted> {
        self.run(subject, start, false, scratch, budget)
    }

    /// Matches at `start` and nowhere else; like [`Self::search`] else.
    ///
    /// # Errors
    /// The budget or the memory of the search was used up.
    pub fn match_at(
        &self,
        subject: &str,
        start: usize,
        scratch: &mut Scratch,
        budget: &mut Budget,
    ) -> Result<bool, BudgetExhausted> {
        self.run(subject, start, true, scratch, budget)
    }

    /// Whether searches run on the fast executor, if the scratch does not say otherwise.
    pub fn is_fast(&self) -> bool {
        self.0.fast.is_some()
    }

    #[inline]
    fn run(
        &self,
        subject: &str,
        start: usize,
        anchored: bool,
        scratch: &mut Scratch,
        budget: &mut Budget,
    ) -> Result<bool, BudgetExhausted> {
        if let Some(fast) = &self.0.fast
            && let Some(found) = scratch.search(fast, subject, start, anchored, budget)
        {
            return Ok(found);
        }
        scratch.uses_fast = false;
        exec::plain::search(&self.0.program, subject, start, anchored, scratch, budget)
    }
}

impl fmt::Debug for Regex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Regex").field(&self.0.source).finish()
    }
}
