//! Searches to where their steps went: a pattern's cost by its instructions and `%{NAMES}`.
//!
//! The plain executor runs and counts, so that a step is one instruction wherever the production
//! executor fuses several. What is counted does not depend on the machine.

use std::collections::BTreeMap;

use super::exec::plain;
use super::expand::Expansion;
use super::hir::{Hir, HirKind};
use super::syntax::Assertion;
use super::{Budget, Regex, Scratch};

/// Steps of searches with one pattern, by instruction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepCounts {
    counts: Vec<u64>,
}

/// What one counted search did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Where the match began; `None` without a match, and when the budget was used up.
    pub(crate) start: Option<usize>,
    pub(crate) steps: u64,
    pub(crate) is_given_up: bool,
}

/// What one token of a pattern cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSteps {
    /// The token as written: `IP:client`.
    pub token: String,
    /// Tokens around it.
    pub depth: usize,
    /// Times that this token, under the same tokens, stands in the pattern.
    pub count: usize,
    /// Steps inside of it, those of its definition's tokens included.
    pub steps: u64,
}

impl StepCounts {
    /// Adds the steps of another worker's searches with the same pattern.
    pub fn merge(&mut self, other: &Self) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (count, other) in self.counts.iter_mut().zip(&other.counts) {
            *count += other;
        }
    }

    /// Sums the steps.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}

impl Regex {
    /// Searches from the start of the subject and adds the steps to `counts`.
    pub(crate) fn count_steps(
        &self,
        subject: &str,
        scratch: &mut Scratch,
        counts: &mut StepCounts,
    ) -> Counted {
        let program = &self.0.program;
        counts.counts.resize(program.insts.len(), 0);
        let mut budget = Budget::for_subject(subject.len());
        let before = budget.steps_left;
        scratch.uses_fast = false;
        let found = plain::count(program, subject, scratch, &mut budget, &mut counts.counts);
        let start = scratch.group(0).map(|(start, _)| start).filter(|_| found == Ok(true));
        // A budget that is used up is used up whole.
        let left = if found.is_err() { 0 } else { budget.steps_left };
        Counted { start, steps: before - left, is_given_up: found.is_err() }
    }

    /// Lists the tokens of the pattern with what they cost, each before those of its definition.
    pub(crate) fn token_steps(
        &self,
        expansion: &Expansion,
        counts: &StepCounts,
    ) -> Vec<TokenSteps> {
        let mut steps: BTreeMap<usize, u64> = BTreeMap::new();
        let origins = &self.0.program.origins;
        for (origin, count) in origins.iter().zip(&counts.counts).filter(|(_, count)| **count > 0) {
            for token in expansion.tokens_around(origin.start as usize) {
                *steps.entry(token.number()).or_default() += count;
            }
        }
        let mut tokens: Vec<TokenSteps> = Vec::new();
        for (number, (depth, token)) in expansion.tokens().enumerate() {
            let steps = steps.get(&(number + 1)).copied().unwrap_or(0);
            // The same token again under the same parent.
            let siblings =
                tokens.iter().rposition(|known| known.depth < depth).map_or(0, |at| at + 1);
            let known = tokens.iter_mut().skip(siblings);
            match known.into_iter().find(|known| known.depth == depth && known.token == token) {
                Some(known) => {
                    known.steps += steps;
                    known.count += 1;
                }
                None => tokens.push(TokenSteps { token: token.to_owned(), depth, count: 1, steps }),
            }
        }
        tokens
    }

    /// Tells whether a match can begin only at the start of the subject or of a line.
    pub(crate) fn is_anchored(&self) -> bool {
        let mut node: &Hir = &self.hir().root;
        loop {
            match &node.kind {
                HirKind::Assert(assertion) => {
                    return matches!(
                        assertion,
                        Assertion::StartLine | Assertion::StartText | Assertion::SearchStart
                    );
                }
                HirKind::Capture { body, .. } | HirKind::Atomic(body) => node = body,
                HirKind::Concat(parts) => match parts.first() {
                    Some(first) => node = first,
                    None => return false,
                },
                _ => return false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::pattern::Flags;
    use crate::pattern::expand::expand;
    use crate::pattern::library::{Dictionary, PatternSet};

    #[test]
    fn steps_of_tokens_are_those_of_their_instructions() {
        let dictionary = Dictionary::new(PatternSet::Legacy);
        let expansion = expand("%{WORD:a} %{IP:b} %{INT:n}", &dictionary, true).unwrap();
        let flags = Flags { dot_all: true, ..Flags::default() };
        let regex = Regex::new(&expansion.regex, flags).unwrap();
        let mut counts = StepCounts::default();
        let found = regex.count_steps("ab 10.0.0.1 7", &mut Scratch::new(), &mut counts);
        assert_eq!(found.start, Some(0));
        let tokens = regex.token_steps(&expansion, &counts);
        let of = |name: &str| tokens.iter().find(|token| token.token == name).unwrap().steps;
        assert!(of("IP:b") > of("WORD:a") && of("WORD:a") > 0, "{tokens:?}");
        assert!(of("IP:b") >= of("IPV6") + of("IPV4"), "{tokens:?}");
        let outer: u64 = tokens.iter().filter(|token| token.depth == 0).map(|t| t.steps).sum();
        assert!(outer <= counts.total() && counts.total() <= found.steps, "{outer} {found:?}");
        assert!(!regex.is_anchored() && Regex::new("(^a)b", flags).unwrap().is_anchored());
    }

    #[test]
    fn counted_search_finds_what_a_search_finds() {
        let regex = Regex::new("(a|b)*?c+d", Flags::default()).unwrap();
        for subject in ["abcabccd", "ab", "", &"ab".repeat(3000)] {
            let mut budget = Budget::for_subject(subject.len());
            let found = regex.search(subject, 0, &mut Scratch::new(), &mut budget);
            let mut counts = StepCounts::default();
            let counted = regex.count_steps(subject, &mut Scratch::new(), &mut counts);
            assert_eq!(counted.start.is_some(), found == Ok(true), "{subject}");
        }
    }
}
