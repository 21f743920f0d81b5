//! Claims about the engine; the expected groups were checked against joni 2.2 and Oniguruma 6.9.

#![expect(clippy::unwrap_used, reason = "tests")]

use super::hir::HirKind;
use super::{Budget, BudgetExhausted, Engine, Executor, Flags, Regex, Scratch, SyntaxErrorKind};
use crate::scan::SimdLevel;

mod matches;

const GROK: Flags = Flags { dot_all: true, ignore_case: false, extended: false };

/// Searches and writes the groups as `start:end`, `_` for an unset one, `-` for no match.
fn found(pattern: &str, flags: Flags, subject: &str) -> String {
    let regex = match Regex::new(pattern, flags) {
        Ok(regex) => regex,
        Err(error) => return format!("{pattern}: {error}"),
    };
    let mut scratch = Scratch::new();
    let mut budget = Budget::for_subject(subject.len());
    match regex.search(subject, 0, &mut scratch, &mut budget) {
        Err(BudgetExhausted) => "exhausted".into(),
        Ok(false) => "-".into(),
        Ok(true) => (0..=regex.group_count())
            .map(|group| match scratch.group(u32::try_from(group).unwrap()) {
                Some((start, end)) => format!("{start}:{end}"),
                None => "_".into(),
            })
            .collect::<Vec<_>>()
            .join(","),
    }
}

/// Compares the groups of (pattern, subject, groups).
fn check(flags: Flags, cases: &[(&str, &str, &str)]) {
    for (pattern, subject, groups) in cases {
        assert_eq!(found(pattern, flags, subject), *groups, "{pattern} on {subject:?}");
    }
}

fn error(pattern: &str) -> (SyntaxErrorKind, std::ops::Range<usize>) {
    let error = Regex::new(pattern, GROK).expect_err(pattern);
    assert!(pattern.get(error.span.clone()).is_some(), "{pattern}: {error}");
    (error.kind, error.span)
}

#[test]
fn what_ruby_refuses_is_refused() {
    use SyntaxErrorKind as Kind;
    let cases = [
        ("a(?<!(x))b", Kind::CaptureInLookBehind),
        ("(a)?(?(1)b|c|d)", Kind::ConditionalBranches),
        (r"\g<a>(?<a>x)(?<a>y)", Kind::DuplicateNameCall("a".into())),
        ("[]", Kind::EmptyClass),
        ("(?<>a)", Kind::EmptyGroupName),
        ("[z-a]", Kind::EmptyRange('z', 'a')),
        (r"a\", Kind::EndAtEscape),
        ("(?", Kind::EndInGroup),
        ("(?<a", Kind::EndInGroup),
        (r"\x{110000}", Kind::InvalidEscape),
        (r"\x{e9}", Kind::InvalidEscape),
        (r"\P{L}", Kind::Unsupported("`\\P{...}`")),
        (r"\ud800", Kind::InvalidEscape),
        ("(?<9a>x)", Kind::InvalidGroupName("9a".into())),
        ("(?<-b>x)", Kind::InvalidGroupName("-b".into())),
        ("(?<=a+)b", Kind::InvalidLookBehind),
        ("(?<=a|(?:b|cd))e", Kind::InvalidLookBehind),
        (r"(?<=\R)b", Kind::InvalidLookBehind),
        ("(?<=(?=a).)b", Kind::InvalidLookBehind),
        (r"\xe4", Kind::InvalidUtf8Escape),
        (r"(?<a>\g<a>)", Kind::NeverEndingRecursion),
        (r"(?<a>b|\g<a>c)", Kind::NeverEndingRecursion),
        (r"(?<n>a)(b)\1", Kind::NumberedReference),
        (r"(?<n>a)\g<1>", Kind::NumberedReference),
        (r"[a-\d]", Kind::RangeWithClass),
        (r"[\d-z]", Kind::RangeWithClass),
        ("*a", Kind::TargetOfRepeat),
        ("a|+", Kind::TargetOfRepeat),
        ("{1}", Kind::TargetOfRepeat),
        ("a{100001}", Kind::TooBigNumber),
        (r"\777", Kind::TooBigNumber),
        ("(", Kind::UnclosedGroup),
        ("[a", Kind::UnclosedClass),
        ("[[:alpha:]", Kind::UnclosedClass),
        (r"\k<x>", Kind::UndefinedGroup("x".into())),
        (r"(a)\2", Kind::UndefinedGroup("2".into())),
        ("(?P<n>a)", Kind::UndefinedGroupOption),
        ("(?s)a", Kind::UndefinedGroupOption),
        ("a(?)", Kind::UndefinedGroupOption),
        ("[[:foo:]]", Kind::UnknownPosixClass("foo".into())),
        (r"\p{Foo}", Kind::UnknownProperty("Foo".into())),
        (")", Kind::UnmatchedClose),
        ("a{3,1}", Kind::UpperBelowLower),
    ];
    for (pattern, kind) in cases {
        assert_eq!(error(pattern).0, kind, "{pattern}");
    }
}

#[test]
fn error_spans_the_wrong_text() {
    assert_eq!(error("ab[z-a]").1, 3..6);
    assert_eq!(error(r"é\p{Foo}").1, 5..8);
    assert_eq!(error(r"(?<n>a)\1").1, 7..9);
    assert_eq!(error("ab(c").1, 2..3);
}

#[test]
fn nested_text_is_refused_before_the_stack_ends() {
    for text in ["(", "(?:", "[", "(?i)", "(?=", "a(?:b|"] {
        let kind = error(&text.repeat(100_000)).0;
        assert!(matches!(kind, SyntaxErrorKind::NestingTooDeep(_)), "{text}: {kind:?}");
    }
    let kind = error(&format!("a{}", "*".repeat(100_000))).0;
    assert!(matches!(kind, SyntaxErrorKind::NestingTooDeep(_)));
}

#[test]
fn repeats_that_multiply_make_no_large_program() {
    let pattern = "(?:(?:(?:(?:ab|c){1000}){1000}){1000}){1000}";
    assert_eq!(found(pattern, GROK, "abcabc"), "-");
}

#[test]
fn counted_loops_count_past_the_unrolled_length() {
    let c300 = "c".repeat(300);
    assert_eq!(found("^(?:ab|c){300}$", GROK, &c300), "0:300");
    assert_eq!(found("^(?:ab|c){301}$", GROK, &c300), "-");
    assert_eq!(found("^(?:ab|c){299}$", GROK, &c300), "-");
    assert_eq!(found("^(?:ab|c){2,}?(c*)$", GROK, &c300), "0:300,2:300");
    assert_eq!(
        found("(?:(?<x>a|b){20}c){3,}", GROK, &("ab".repeat(10) + "c").repeat(4)),
        "0:84,82:83"
    );
}

#[test]
fn search_starts_where_it_is_told() {
    let regex = Regex::new(r"\Gb|(?<=a)b", GROK).unwrap();
    let mut scratch = Scratch::new();
    let mut at = |start, anchored: bool| {
        let mut budget = Budget::for_subject(9);
        let found = if anchored {
            regex.match_at("abcabéb", start, &mut scratch, &mut budget)
        } else {
            regex.search("abcabéb", start, &mut scratch, &mut budget)
        };
        found.unwrap().then(|| scratch.group(0).unwrap())
    };
    assert_eq!(at(0, false), Some((1, 2)));
    assert_eq!(at(2, false), Some((4, 5)));
    assert_eq!(at(2, true), None);
    assert_eq!(at(7, true), Some((7, 8)));
    assert_eq!(at(6, false), None, "inside a character");
    assert_eq!(at(8, false), None);
    assert_eq!(at(9, false), None, "beyond the end");
}

#[test]
fn failed_search_leaves_no_groups() {
    let regex = Regex::new("(a)", GROK).unwrap();
    let mut scratch = Scratch::new();
    assert_eq!(regex.search("a", 0, &mut scratch, &mut Budget::for_subject(1)), Ok(true));
    assert_eq!(scratch.group(1), Some((0, 1)));
    assert_eq!(regex.search("b", 0, &mut scratch, &mut Budget::for_subject(1)), Ok(false));
    assert_eq!(scratch.group(0), None);
    assert_eq!(scratch.group(7), None);
}

#[test]
fn names_are_listed_in_order_with_duplicates() {
    let regex = Regex::new("(?<b:x>1(?<a>2))|(?<b:x>3)(4)", GROK).unwrap();
    let names: Vec<_> = regex.group_names().iter().map(|(name, at)| (&**name, *at)).collect();
    assert_eq!(names, [("b:x", 1), ("a", 2), ("b:x", 3)]);
    assert_eq!(regex.group_count(), 3);
}

#[test]
fn literal_is_told_from_pattern() {
    let literal =
        |pattern: &str| Regex::new(pattern, GROK).unwrap().is_literal().map(str::to_owned);
    assert_eq!(literal(r"a\.b\x41").as_deref(), Some("a.bA"));
    assert_eq!(literal("").as_deref(), Some(""));
    assert_eq!(literal("(?:ab)c").as_deref(), Some("abc"));
    assert_eq!(literal("(?i)ab"), None);
    assert_eq!(literal("^ab"), None);
    assert_eq!(literal("(a)"), None);
}

#[test]
fn nodes_keep_the_span_of_their_text() {
    let regex = Regex::new("(?:abc)(?<n>[0-9]+)é", GROK).unwrap();
    let HirKind::Concat(nodes) = &regex.hir().root.kind else { unreachable!("three elements") };
    let spans: Vec<_> = nodes.iter().map(|node| node.span.range()).collect();
    assert_eq!(spans, [3..6, 7..19, 19..21]);
}

#[test]
fn patterns_that_backtrack_without_end_exhaust_the_budget() {
    let subject = "a".repeat(2000);
    for pattern in [r"(?<x>a|aa)+\k<x>[bc]", "(?>(?:a|aa)+[bc])", "(?=(?:a|aa)+[bc])"] {
        let regex = Regex::new(pattern, GROK).unwrap();
        let mut scratch = Scratch::new();
        scratch.set_engine(Engine { executor: Executor::Plain, simd: SimdLevel::Auto });
        let mut budget = Budget::for_subject(subject.len());
        let found = regex.search(&subject, 0, &mut scratch, &mut budget);
        assert_eq!(found, Err(BudgetExhausted), "{pattern}");
    }
}

#[test]
fn memo_of_the_fast_executor_holds_in_atomic_groups_and_looks() {
    let subject = "a".repeat(2000);
    for pattern in ["(?>(?:a|aa)+[bc])", "(?=(?:a|aa)+[bc])", "(?!(?:a|aa)+[bc])b"] {
        assert_eq!(found(pattern, GROK, &subject), "-", "{pattern}");
    }
}

#[test]
fn budget_is_spent_alike_every_time() {
    let regex = Regex::new(r"(?:\w+\s?)+[!?]", GROK).unwrap();
    let subject = "some words without an end ".repeat(40);
    let mut scratch = Scratch::new();
    let mut spend = || {
        let mut budget = Budget::for_subject(subject.len());
        let found = regex.search(&subject, 0, &mut scratch, &mut budget);
        (found, budget.steps_left)
    };
    assert_eq!(spend(), spend());
}

#[test]
fn memo_makes_adjacent_wildcards_linear() {
    let steps = |pattern: &str, subject: &str| {
        let regex = Regex::new(pattern, GROK).unwrap();
        let mut budget = Budget { steps_left: 1_000_000_000 };
        let found = regex.search(subject, 0, &mut Scratch::new(), &mut budget);
        assert_eq!(found, Ok(false), "{pattern}");
        1_000_000_000 - budget.steps_left
    };
    for pattern in ["(?:.*?),(?:.*?),(?:.*?),(?:.*?)[!?]", "(?:a|aa|,)+[!?]", "(?:[a-z,]+)+[!?]"] {
        let short = steps(pattern, &"aaa,".repeat(500));
        let long = steps(pattern, &"aaa,".repeat(1000));
        assert!(long < short * 5 / 2, "{pattern}: {short} {long}");
    }
}

#[test]
fn memo_finds_what_the_budget_would_not() {
    let line = format!("{}x,y=22;", "k=v, ".repeat(2000));
    let pattern = r"(?<a>.*?),(?<b>.*?),(?<c>.*?),(?<e>y)=(?<v>\d+)";
    let groups = "0:10006,0:3,4:8,9:10001,10002:10003,10004:10006";
    assert_eq!(found(pattern, GROK, &line), groups);
}

#[test]
fn recursion_on_hostile_text_ends() {
    let pattern = r"(?<p>\((?:[^()]|\g<p>)*\))";
    let open = "(".repeat(50_000);
    assert_eq!(found(pattern, GROK, &open), "exhausted");
    let closed = format!("{}{}", "(".repeat(1000), ")".repeat(1000));
    assert_eq!(found(pattern, GROK, &closed), "0:2000,0:2000");
}

#[test]
fn long_matching_line_stays_within_its_budget() {
    let line = "word ".repeat(1 << 19);
    assert_eq!(found(r"^(?:\w+ )+$", GROK, &line), format!("0:{}", line.len()));
    assert_eq!(found(r"\A(?<a>.*) (?<b>\w+) \z", GROK, &line).split(',').count(), 3);
}

#[test]
fn regex_can_be_shared_by_threads() {
    fn shared<T: Send + Sync + Clone>() {}
    shared::<Regex>();
}
