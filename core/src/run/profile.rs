//! Where the time and the steps of a run go: by filter, by pattern of a grok, by `%{NAME}`.
//!
//! A sample of the lines is profiled, the same for every number of workers: the first
//! [`limits::PROFILE_LINES`] of a stream and one of [`limits::PROFILE_EVERY`] beyond. On their
//! events the host's clock runs while a filter works, and each grok's patterns are searched once
//! more by the plain executor, which counts its steps.

use core::fmt;

use crate::limits;
use crate::pattern::profile::{StepCounts, TokenSteps};
use crate::program::{ConfigPosition, Program};

/// What a profiled run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// One entry for each filter, in the config's order.
    pub filters: Vec<FilterProfile>,
}

/// What one filter did with the events of the sample.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FilterProfile {
    /// The plugin's name.
    pub name: &'static str,
    /// The plugin's id, when the config sets one.
    pub id: Option<Box<str>>,
    /// Where the filter stands.
    pub position: ConfigPosition,
    /// Events that came in.
    pub events: u64,
    /// Ticks of the host's clock while the filter worked.
    pub ticks: u64,
    /// The patterns of a grok, in the order of trying.
    pub patterns: Vec<PatternProfile>,
}

/// What one pattern of a grok did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PatternProfile {
    /// The number of the field in `match`, from 0.
    pub field: usize,
    /// The pattern as written.
    pub pattern: String,
    /// Whether a match can begin at the start of a line alone.
    pub is_anchored: bool,
    /// Whether the search ends at the first pattern that matches (`break_on_match`).
    pub is_first_only: bool,
    /// Texts that it was tried on.
    pub tried: u64,
    /// Texts that it matched then.
    pub matched: u64,
    /// Matches that began at the first character.
    pub matched_at_start: u64,
    /// Searches that were given up.
    pub given_up: u64,
    /// Steps of the plain executor.
    pub steps: u64,
    /// Of these, steps of searches without a match.
    pub steps_failed: u64,
    /// Texts that an earlier pattern of the list matched and that this one matches, too: the order
    /// of the two decides what becomes of them.
    pub contested: u64,
    /// Steps that the run would have saved with this pattern as the first of its list; below 0
    /// when it would have cost more.
    pub saved_if_first: i64,
    /// What its tokens cost, each before those of its definition.
    pub tokens: Vec<TokenSteps>,
    pub(crate) counts: StepCounts,
}

impl PatternProfile {
    pub(crate) fn new(
        field: usize,
        pattern: String,
        is_anchored: bool,
        is_first_only: bool,
    ) -> Self {
        Self {
            field,
            pattern,
            is_anchored,
            is_first_only,
            tried: 0,
            matched: 0,
            matched_at_start: 0,
            given_up: 0,
            steps: 0,
            steps_failed: 0,
            contested: 0,
            saved_if_first: 0,
            tokens: Vec::new(),
            counts: StepCounts::default(),
        }
    }

    fn merge(&mut self, other: &Self) {
        self.tried += other.tried;
        self.matched += other.matched;
        self.matched_at_start += other.matched_at_start;
        self.given_up += other.given_up;
        self.steps += other.steps;
        self.steps_failed += other.steps_failed;
        self.contested += other.contested;
        self.saved_if_first += other.saved_if_first;
        self.counts.merge(&other.counts);
        for (token, other) in self.tokens.iter_mut().zip(&other.tokens) {
            token.steps += other.steps;
        }
    }
}

impl Profile {
    pub(crate) fn new(program: &Program) -> Self {
        let filters = program.filters.iter().map(|slot| FilterProfile {
            name: slot.name,
            id: slot.id.clone(),
            position: slot.position.clone(),
            events: 0,
            ticks: 0,
            patterns: slot.filter.patterns(),
        });
        Self { filters: filters.collect() }
    }

    /// Adds what another worker of the same pipeline did; an empty profile takes over its filters.
    pub fn merge(&mut self, other: &Self) {
        if self.filters.is_empty() {
            self.filters.clone_from(&other.filters);
            return;
        }
        for (filter, other) in self.filters.iter_mut().zip(&other.filters) {
            filter.events += other.events;
            filter.ticks += other.ticks;
            for (pattern, other) in filter.patterns.iter_mut().zip(&other.patterns) {
                pattern.merge(other);
            }
        }
    }
}

/// The host's clock: ticks of any length, which never run backwards.
pub type Clock = Box<dyn FnMut() -> u64 + Send>;

/// Profiles the events of one worker.
pub(crate) struct Profiler {
    pub(crate) clock: Clock,
    pub(crate) profile: Profile,
}

impl fmt::Debug for Profiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profiler").field("profile", &self.profile).finish_non_exhaustive()
    }
}

/// Tells whether a line is in the sample: by its place alone, so that it does not matter which
/// worker reads it.
pub(crate) fn is_sampled(line: u64, offset: u64) -> bool {
    line <= limits::PROFILE_LINES || mix(offset).is_multiple_of(limits::PROFILE_EVERY)
}

/// Spreads neighbouring numbers: the finalizer of splitmix64.
fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}
