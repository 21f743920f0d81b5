//! Looks up the stock grok definitions: a name and a set in, the text of a definition out.
//!
//! The tables are put together by `build.rs` from the crate `grok` and the data files beside this
//! one. Source of behaviour: the sets `legacy` and `ecs-v1` of Logstash's patterns-core.

/// Names one of the two stock sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternSet {
    /// `ecs_compatibility` v1 and v8: captures named as the Elastic Common Schema does.
    EcsV1,
    /// `ecs_compatibility` disabled: the names Logstash had before.
    Legacy,
}

/// Returns the text of a stock definition.
pub fn lookup(set: PatternSet, name: &str) -> Option<&'static str> {
    let table = table(set);
    let index = table.binary_search_by_key(&name, |&(name, _)| name).ok()?;
    table.get(index).map(|&(_, text)| text)
}

/// Lists the names and texts of a set, ascending by name.
pub fn names(set: PatternSet) -> impl Iterator<Item = (&'static str, &'static str)> {
    table(set).iter().copied()
}

fn table(set: PatternSet) -> &'static [(&'static str, &'static str)] {
    match set {
        PatternSet::EcsV1 => ECS_V1,
        PatternSet::Legacy => LEGACY,
    }
}

include!(concat!(env!("OUT_DIR"), "/grok_patterns.rs"));
