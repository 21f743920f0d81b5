//! Looks up the stock grok definitions: a name and a set in, the text of a definition out.
//!
//! The tables are put together by `build.rs` from the crate `grok` and the data files beside this
//! one. Source of behaviour: the sets `legacy` and `ecs-v1` of Logstash's patterns-core.

mod dictionary;

pub use dictionary::Dictionary;

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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::pattern::expand::expand;

    const SETS: [PatternSet; 2] = [PatternSet::EcsV1, PatternSet::Legacy];

    #[test]
    fn sets_hold_as_many_names_as_logstash() {
        assert_eq!(names(PatternSet::Legacy).count(), 317);
        // 361 and CLOUDFRONT_EDGE_LOCATION.
        assert_eq!(names(PatternSet::EcsV1).count(), 362);
    }

    #[test]
    fn ecs_v1_has_every_legacy_name() {
        for (name, _) in names(PatternSet::Legacy) {
            assert!(lookup(PatternSet::EcsV1, name).is_some(), "{name}");
        }
    }

    #[test]
    fn every_name_is_found() {
        for set in SETS {
            for (name, text) in names(set) {
                assert_eq!(lookup(set, name), Some(text));
            }
            assert_eq!(lookup(set, "NO_SUCH_NAME"), None);
        }
    }

    #[test]
    fn every_definition_expands() {
        for set in SETS {
            let dictionary = Dictionary::new(set);
            for (name, _) in names(set) {
                let expansion = expand(&format!("%{{{name}}}"), &dictionary, true).unwrap();
                assert!(!expansion.regex.contains("%{"), "{name}: {}", expansion.regex);
            }
        }
    }

    #[test]
    fn ecs_v1_renames_captures_of_the_same_shape() {
        let of = |set| lookup(set, "SYSLOGPROG").unwrap();
        assert_eq!(of(PatternSet::Legacy), r"%{PROG:program}(?:\[%{POSINT:pid}\])?");
        assert_eq!(
            of(PatternSet::EcsV1),
            r"%{PROG:[process][name]}(?:\[%{POSINT:[process][pid]:int}\])?"
        );
        assert!(!lookup(PatternSet::EcsV1, "URIHOST").unwrap().contains(":port"));
    }

    #[test]
    fn legacy_has_no_ecs_field_outside_ecs_v1() {
        for (name, text) in names(PatternSet::Legacy) {
            for token in text.split("%{").skip(1) {
                assert!(!token.split('}').next().unwrap().contains(":["), "{name}: {token}");
            }
        }
    }
}
