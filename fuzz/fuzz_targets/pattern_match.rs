//! Any regex over any subject: the budget holds, groups lie inside the subject, inside the match
//! and on character boundaries, and searching again gives the same. An explanation is there when
//! there is no match, and lies inside the subject on character boundaries too. What a
//! prefilter excludes does not match.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sawlog::pattern::prefilter::Prefilter;
use sawlog::pattern::{Budget, Flags, Regex, Scratch};

fuzz_target!(|input: (u8, &str, &str)| {
    let (bits, pattern, subject) = input;
    let flags =
        Flags { dot_all: bits & 1 != 0, ignore_case: bits & 2 != 0, extended: bits & 4 != 0 };
    let regex = match Regex::new(pattern, flags) {
        Ok(regex) => regex,
        Err(error) => {
            assert!(pattern.get(error.span.clone()).is_some(), "{error:?}");
            return;
        }
    };
    let mut scratch = Scratch::new();
    let steps = Budget::for_subject(subject.len());
    let mut budget = steps;
    let found = regex.search(subject, 0, &mut scratch, &mut budget);
    assert!(budget.steps_left <= steps.steps_left, "steps came back");
    let groups = |scratch: &Scratch| -> Vec<Option<(usize, usize)>> {
        (0..=regex.group_count()).map(|group| scratch.group(group as u32)).collect()
    };
    let first = groups(&scratch);
    if let Ok(true) = found {
        let filter = Prefilter::new(regex.hir());
        assert!(filter.may_match(subject.as_bytes(), &Scratch::new()), "a match is excluded");
        let (start, end) = first[0].expect("a match has its range");
        assert!(start <= end && subject.get(start..end).is_some());
        for (start, end) in first.iter().flatten() {
            assert!(start <= end && subject.get(*start..*end).is_some(), "{start}..{end}");
        }
        // `\K` moves the start of the match, and `\G` is the start of the search.
        if !pattern.contains("\\K") && !pattern.contains("\\G") {
            let mut budget = steps;
            let at = regex.match_at(subject, start, &mut scratch, &mut budget);
            assert_eq!(at, Ok(true), "a match found by searching matches at its place");
            assert_eq!(first, groups(&scratch));
        }
    } else if found == Ok(false) {
        assert!(first.iter().all(Option::is_none), "groups without a match");
    }
    let mut budget = steps;
    assert_eq!(found, regex.search(subject, 0, &mut Scratch::new(), &mut budget));
    let mut steps = Budget::for_explanation();
    match (found, regex.explain(subject, None, &mut Scratch::new(), &mut steps)) {
        (found, None) => assert_ne!(found, Ok(false), "a match that searching does not find"),
        (found, Some(explanation)) => {
            assert!(found != Ok(true) || !explanation.is_complete, "a match is explained");
            assert!(explanation.start <= explanation.at);
            assert!(subject.get(explanation.start..explanation.at).is_some());
            assert!(pattern.get(explanation.span.clone()).is_some(), "{explanation:?}");
            assert!(!explanation.sentence(subject).is_empty());
        }
    }
});
