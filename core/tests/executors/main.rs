//! The fast executor gives the matches of the plain one, on every SIMD level.

use sawlog::SimdLevel;
use sawlog::pattern::{Budget, Engine, Executor, Flags, Regex, Scratch};

mod generate;

/// Pairs that are compared in every run; the fuzz target `executors` goes on from there.
const CASES: usize = 60_000;

#[test]
fn random_regexes_match_alike_on_both_executors() {
    let mut rng = generate::Rng::new(20_261_123);
    let mut scratches = scratches();
    let (mut compared, mut matched) = (0, 0);
    while compared < CASES {
        let source = generate::regex(&mut rng);
        let flags = Flags { dot_all: rng.below(4) != 0, ..Flags::default() };
        let Ok(regex) = Regex::new(&source, flags) else { continue };
        assert!(regex.is_fast(), "{source}");
        for _ in 0..4 {
            let subject = generate::subject(&mut rng);
            compared += 1;
            matched += usize::from(compare(&regex, &subject, &mut scratches));
        }
    }
    assert!(matched > CASES / 10 && matched < CASES, "{matched} of {CASES} matched");
}

/// Found by random regexes: a lazy run that an atomic group had left was taken for one that had failed.
#[test]
fn what_was_found_stays_mended() {
    let pattern = r"(?>(?:$a1a|[^\s:](?:^)\Z||)-)*(?:(?:(?:[^a](?:\h|)\z-)(?>\S)12*?(?<g1>\n*?(?:\n\w*+){3,12}))*[^é]+?\w??\b)*+[^\s:]";
    let regex = Regex::new(pattern, Flags::default()).expect("the pattern is right");
    assert!(!compare(&regex, "- ab:121bbaa1 \n", &mut scratches()));
}

fn scratches() -> Vec<Scratch> {
    let engines = [
        (Executor::Plain, SimdLevel::Portable),
        (Executor::Fast, SimdLevel::Auto),
        (Executor::Fast, SimdLevel::Portable),
        (Executor::Fast, SimdLevel::Sse42),
    ];
    engines
        .map(|(executor, simd)| {
            let mut scratch = Scratch::new();
            scratch.set_engine(Engine { executor, simd });
            scratch
        })
        .into()
}

type Groups = Vec<Option<(usize, usize)>>;

/// Asserts that all give what the first gives, and says whether that is a match. Where the plain one
/// is out of steps nothing is compared.
fn compare(regex: &Regex, subject: &str, scratches: &mut [Scratch]) -> bool {
    let mut expected: Option<(bool, Groups)> = None;
    for scratch in scratches {
        let mut budget = Budget::for_subject(subject.len());
        let found = regex.search(subject, 0, scratch, &mut budget);
        let Ok(found) = found else {
            assert!(expected.is_none(), "out of steps: {} on {subject:?}", regex.source());
            return false;
        };
        let count = u32::try_from(regex.group_count()).unwrap_or(u32::MAX);
        let groups: Groups = (0..=count).map(|group| scratch.group(group)).collect();
        match &expected {
            None => expected = Some((found, groups)),
            Some(expected) => {
                assert_eq!((found, groups), *expected, "{} on {subject:?}", regex.source());
            }
        }
    }
    expected.is_some_and(|(found, _)| found)
}
