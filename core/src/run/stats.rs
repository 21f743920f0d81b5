//! Counters of one worker.

use crate::program::{ConfigPosition, Program};

/// What a worker has done since it was made.
///
/// Lines read = `lines`; events decoded + events created = out + dropped + refused by a condition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Bytes taken in.
    pub bytes_in: u64,
    /// Lines read, refused ones included.
    pub lines: u64,
    /// Lines refused because they are too long.
    pub lines_refused: u64,
    /// Events that codecs made, or that were handed in.
    pub events_decoded: u64,
    /// Events that filters made of others.
    pub events_created: u64,
    /// Events that left the last filter.
    pub events_out: u64,
    /// Events that a filter dropped.
    pub events_dropped: u64,
    /// Events that a condition refused.
    pub events_refused: u64,
    /// One entry for each filter, in the config's order.
    pub filters: Vec<FilterStats>,
}

/// What one filter has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterStats {
    /// The plugin's name.
    pub name: &'static str,
    /// The plugin's id, when the config sets one.
    pub id: Option<Box<str>>,
    /// Where the filter stands.
    pub position: ConfigPosition,
    /// Events that came in.
    pub events_in: u64,
    /// Events to which the common options applied.
    pub matched: u64,
    /// Events on which the filter failed.
    pub failed: u64,
}

impl Stats {
    pub(crate) fn new(program: &Program) -> Self {
        let filters = program.filters.iter().map(|slot| FilterStats {
            name: slot.name,
            id: slot.id.clone(),
            position: slot.position.clone(),
            events_in: 0,
            matched: 0,
            failed: 0,
        });
        Self { filters: filters.collect(), ..Self::default() }
    }
}
