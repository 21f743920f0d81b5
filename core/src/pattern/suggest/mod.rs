//! A pattern that does not match and its subject to what to change: the nearest alternative.
//!
//! `%{WORD:verb} %{INT:bytes}` on `GET -` gives `%{WORD:verb} (?:%{INT:bytes}|-)`. Changes are
//! tried where the pattern stopped, the least first; one is told only after the changed pattern
//! was run and matched, or got further.

mod edits;
mod sketch;
mod stock;
mod units;

use std::collections::BTreeSet;

use crate::limits;

use super::expand::Expansion;
use super::explain::Place;
use super::library::Dictionary;
use super::{Budget, Scratch};

use edits::{Edit, Rank, defines_names, edits};
use stock::{Cache, LINES, compile};

/// What to change in a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Suggestion {
    /// The changed pattern.
    pub pattern: String,
    /// What was changed, each in a few words; most often one.
    pub changes: Vec<String>,
    /// Whether it matches the subject; else it gets further than the old one.
    pub is_match: bool,
    /// Byte offset in the subject up to which it comes.
    pub at: usize,
    /// How the pattern was made.
    pub kind: SuggestionKind,
}

/// How a suggested pattern was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SuggestionKind {
    /// The user's pattern, changed.
    Changed,
    /// None: the line is JSON, and the pattern is the old one.
    Json,
    /// A pattern for lines that are cut off here, to stand behind the user's in a list.
    Prefix,
    /// A stock pattern for the whole line.
    Stock,
    /// A pattern made from the line alone.
    Sketch,
}

/// Looks for changes that make patterns match; keeps the stock patterns that it has compiled.
#[derive(Debug)]
pub struct Suggester<'d> {
    dictionary: &'d Dictionary,
    cache: Cache,
    scratch: Scratch,
}

/// A pattern that was run and did not match.
#[derive(Debug)]
struct Attempt {
    expansion: Expansion,
    /// Up to where it came, and from where.
    at: usize,
    start: usize,
    places: Vec<Place>,
}

/// What came of running a pattern.
enum Outcome {
    Matched(Match),
    Stopped(Attempt),
}

/// A match, and what it is worth.
#[derive(Clone, Copy, Debug)]
struct Match {
    start: usize,
    end: usize,
    /// Bytes that captures hold which do not take just anything.
    captured: usize,
    /// How many of them lie behind the place where the old pattern stopped.
    captured_behind: usize,
}

impl<'d> Suggester<'d> {
    /// Makes one for patterns that use these definitions.
    pub fn new(dictionary: &'d Dictionary) -> Self {
        Self { dictionary, cache: Cache::default(), scratch: Scratch::new() }
    }

    /// Tells what to change so that the pattern matches the subject, or gets further.
    ///
    /// `None` when it matches, does not compile, defines names in itself, or nothing was found
    /// within [`limits::SUGGEST_STEPS`]; also for subjects above [`limits::SUGGEST_SUBJECT_BYTES`].
    pub fn suggest(&mut self, pattern: &str, subject: &str) -> Option<Suggestion> {
        if subject.len() > limits::SUGGEST_SUBJECT_BYTES || defines_names(pattern) {
            return None;
        }
        let mut budget = Budget { steps_left: limits::SUGGEST_STEPS };
        let Outcome::Stopped(mut current) = self.run(pattern, subject, 0, &mut budget)? else {
            return None;
        };
        if subject.starts_with('{') && subject.trim_end().ends_with('}') {
            let change =
                "the line is a JSON object: the filter `json` reads it, no pattern is needed";
            let (pattern, kind) = (pattern.to_owned(), SuggestionKind::Json);
            let changes = vec![change.to_owned()];
            return Some(Suggestion { pattern, changes, is_match: false, at: 0, kind });
        }
        let (first_at, first_start) = (current.at, current.start);
        let came = first_at.saturating_sub(first_start);
        if (came * 2 < subject.len() || first_at == subject.len())
            && let Some(found) = self.whole_line(pattern, subject, &mut budget)
        {
            return Some(found);
        }
        let mut changes = Vec::new();
        let mut last = None;
        let mut tried = BTreeSet::from([pattern.to_owned()]);
        while changes.len() < MAX_CHANGES {
            let Some((edit, outcome)) = self.best(&current, subject, &mut tried, &mut budget)
            else {
                break;
            };
            changes.push(edit.change);
            // A line of which nothing was read, and that needs several changes, is another line.
            if came == 0 && changes.len() > 1 {
                break;
            }
            match outcome {
                Outcome::Matched(Match { end, .. }) => {
                    let kind = SuggestionKind::Changed;
                    let pattern = edit.pattern;
                    return Some(Suggestion { pattern, changes, is_match: true, at: end, kind });
                }
                Outcome::Stopped(attempt) => {
                    last = Some((edit.pattern, attempt.at));
                    current = attempt;
                }
            }
        }
        let is_foreign = came * 8 < subject.len();
        if current.at == subject.len()
            && !is_foreign
            && let Some(prefix) = self.prefix(&current, subject, &mut budget)
        {
            changes.push(
                "the line ends here: a pattern of its own for lines that are cut off".to_owned(),
            );
            let (kind, at) = (SuggestionKind::Prefix, subject.len());
            return Some(Suggestion { pattern: prefix, changes, is_match: true, at, kind });
        }
        let reached = last.as_ref().map_or(first_at, |(_, at)| *at);
        if (is_foreign || came * 2 < subject.len() || reached * 3 < subject.len() * 2)
            && let Some(pattern) = sketch::sketch(subject, &mut |pattern, from| {
                let Self { cache, scratch, dictionary } = self;
                cache.end(pattern, subject, from, dictionary, scratch)
            })
            && let Some(Outcome::Matched(Match { end, .. })) =
                self.run(&pattern, subject, 0, &mut budget)
        {
            let changes = vec!["the line has another shape, which this reads".to_owned()];
            let kind = SuggestionKind::Sketch;
            return Some(Suggestion { pattern, changes, is_match: true, at: end, kind });
        }
        let (pattern, at) = last?;
        let kind = SuggestionKind::Changed;
        Some(Suggestion { pattern, changes, is_match: false, at, kind })
    }

    /// Runs a pattern; `None` for one that does not compile or takes too long.
    fn run(
        &mut self,
        pattern: &str,
        subject: &str,
        before: usize,
        budget: &mut Budget,
    ) -> Option<Outcome> {
        let (regex, expansion) = compile(pattern, self.dictionary)?;
        let found = regex.search(subject, 0, &mut self.scratch, budget).ok()?;
        if found {
            let (start, end) = self.scratch.group(0)?;
            let mut matched = Match { start, end, captured: 0, captured_behind: 0 };
            for (name, group) in regex.group_names() {
                let is_wild = name.starts_with("DATA:") || name.starts_with("GREEDYDATA:");
                let Some((from, to)) = self.scratch.group(*group).filter(|_| !is_wild) else {
                    continue;
                };
                matched.captured += to - from;
                matched.captured_behind += to.saturating_sub(from.max(before));
            }
            return Some(Outcome::Matched(matched));
        }
        let (explanation, places) =
            regex.explain_places(subject, Some(&expansion), &mut self.scratch, budget)?;
        let is_whole = explanation.is_complete;
        let (at, start) = (explanation.at, explanation.start);
        is_whole.then_some(Outcome::Stopped(Attempt { expansion, at, start, places }))
    }

    /// Finds the nearest change with which the pattern matches, or else the one that gets it
    /// furthest.
    fn best(
        &mut self,
        current: &Attempt,
        subject: &str,
        tried: &mut BTreeSet<String>,
        budget: &mut Budget,
    ) -> Option<(Edit, Outcome)> {
        let edits = edits(current, subject, &mut |pattern, from| {
            let Self { cache, scratch, dictionary } = self;
            cache.end(pattern, subject, from, dictionary, scratch)
        });
        let mut matching: Option<(Edit, Match, usize)> = None;
        let mut further: Option<(Edit, Attempt)> = None;
        for edit in edits.into_iter().take(limits::SUGGEST_CHANGES) {
            if !tried.insert(edit.pattern.clone()) {
                continue;
            }
            match self.run(&edit.pattern, subject, current.at, budget) {
                Some(Outcome::Matched(matched)) => {
                    // What matches some other part of the subject is no answer, and what leaves
                    // all that is particular out is none either.
                    let goes_on = matched.start <= current.start
                        && (matched.end > current.at || matched.end == subject.len());
                    let is_empty = matches!(edit.rank, Rank::Missing(_) | Rank::Anything)
                        && matched.captured_behind == 0
                        && (matched.captured == 0 || current.at * 2 < subject.len());
                    let value = (matched.captured + PENALTY).saturating_sub(edit.rank.penalty());
                    let is_better = matching.as_ref().is_none_or(|(_, _, best)| value > *best);
                    if goes_on && !is_empty && is_better {
                        matching = Some((edit, matched, value));
                    }
                }
                Some(Outcome::Stopped(attempt)) => {
                    let reached = further.as_ref().map_or(current.at, |(_, best)| best.at);
                    if attempt.start <= current.start
                        && attempt.at > reached
                        && edit.rank < Rank::Anything
                    {
                        further = Some((edit, attempt));
                    }
                }
                None => {}
            }
        }
        if let Some((edit, matched, _)) = matching {
            return Some((edit, Outcome::Matched(matched)));
        }
        further.map(|(edit, attempt)| (edit, Outcome::Stopped(attempt)))
    }

    /// Finds a stock pattern that reads the whole line.
    fn whole_line(&mut self, old: &str, subject: &str, budget: &mut Budget) -> Option<Suggestion> {
        for (name, head) in LINES {
            let pattern = format!("^%{{{name}}}$");
            if old.contains(name) {
                continue;
            }
            let Some(regex) = self.cache.get(&pattern, self.dictionary) else { continue };
            if !regex.search(subject, 0, &mut self.scratch, budget).ok()? {
                continue;
            }
            if !head.is_empty() {
                let Some(regex) = self.cache.get(head, self.dictionary) else { continue };
                if !regex.match_at(subject, 0, &mut self.scratch, budget).ok()? {
                    continue;
                }
            }
            let changes = vec![format!("the whole line is what %{{{name}}} reads")];
            let (kind, at) = (SuggestionKind::Stock, subject.len());
            return Some(Suggestion { pattern, changes, is_match: true, at, kind });
        }
        None
    }

    /// The part of the pattern that matched a line which then ends.
    fn prefix(&mut self, current: &Attempt, subject: &str, budget: &mut Budget) -> Option<String> {
        for place in current.places.iter().take(MAX_PREFIXES) {
            let Some(prefix) = edits::prefix(&current.expansion, place) else { continue };
            let matched = self.run(&prefix, subject, 0, budget);
            if let Some(Outcome::Matched(Match { start, end, .. })) = matched
                && start <= current.start
                && end == subject.len()
            {
                return Some(prefix);
            }
        }
        None
    }
}

/// More than the penalty of any rank.
const PENALTY: usize = 1_000;

/// Changes to one pattern that are told together.
const MAX_CHANGES: usize = 3;

/// Places before which a line may have been cut.
const MAX_PREFIXES: usize = 8;

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::pattern::library::PatternSet;

    /// The changes and the pattern, after a check that the pattern does what is said of it.
    fn suggested(pattern: &str, subject: &str) -> (String, String) {
        let dictionary = Dictionary::new(PatternSet::EcsV1);
        let found = Suggester::new(&dictionary).suggest(pattern, subject);
        let Some(Suggestion { pattern, changes, is_match, .. }) = found else {
            return (String::new(), String::new());
        };
        if is_match {
            let (regex, _) = compile(&pattern, &dictionary).unwrap();
            let mut budget = Budget::for_subject(subject.len());
            assert_eq!(regex.search(subject, 0, &mut Scratch::new(), &mut budget), Ok(true));
        }
        (changes.join("; "), pattern)
    }

    #[test]
    fn small_differences_are_found() {
        for (pattern, subject, expected) in [
            ("^%{WORD:a} %{INT:n}$", "ab  1", "^%{WORD:a} +%{INT:n}$"),
            ("^%{WORD:a} %{INT:n}$", "ab\t1", r"^%{WORD:a}\s+%{INT:n}$"),
            ("^%{WORD:a} %{INT:n}$", "ab -", "^%{WORD:a} (?:%{INT:n}|-)$"),
            ("^%{WORD:a} (?:x|%{INT:n})$", "ab -", "^%{WORD:a} (?:x|%{INT:n}|-)$"),
            ("^%{WORD:a} %{INT:n}$", "ab 1 c d", "^%{WORD:a} %{INT:n}(?: %{GREEDYDATA:rest})?$"),
            ("^%{WORD:a} %{INT:n}$", "ab 1 ", "^%{WORD:a} %{INT:n} *$"),
            ("^%{WORD:a} %{INT:n} up$", "ab 1 UP", "^%{WORD:a} %{INT:n} (?i:up)$"),
            (
                r"^%{WORD:a} \[%{INT:n}\] up$",
                "ab (1) up",
                r"^%{WORD:a} (?:\[|\()%{INT:n}(?:\]|\)) up$",
            ),
            (r"^%{WORD:a} \[%{INT:n}\] up$", "ab 1 up", r"^%{WORD:a} \[?%{INT:n}\]? up$"),
            ("^%{WORD:a} %{INT:n} %{WORD:b}:", "ab c:", "^%{WORD:a} (?:%{INT:n} )?%{WORD:b}:"),
            ("^%{WORD:a} %{INT:n} up$", "ab eth0 7 up", "^%{WORD:a} %{WORD} %{INT:n} up$"),
        ] {
            assert_eq!(suggested(pattern, subject).1, expected, "{pattern} on {subject:?}");
        }
    }

    #[test]
    fn stock_pattern_that_fits_stands_beside_the_old_one() {
        assert_eq!(
            suggested(r"^%{IP:client} \[%{HTTPDATE:at}\] %{WORD:verb}$", "10.0.0.1 [2015-05-17T10:05:03Z] GET"),
            (
                "%{TIMESTAMP_ISO8601:at}, which takes `2015-05-17T10:05:03Z`, beside %{HTTPDATE:at}".into(),
                r"^%{IP:client} \[(?:%{HTTPDATE:at}|%{TIMESTAMP_ISO8601:at})\] %{WORD:verb}$".into(),
            )
        );
    }

    #[test]
    fn token_is_written_out_as_far_as_is_needed() {
        let line = r#"10.0.0.1 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5 "-" "curl"#;
        let (changes, pattern) = suggested("%{COMBINEDAPACHELOG}", line);
        assert_eq!(changes, "the line may end without `\"`");
        assert_eq!(
            pattern,
            concat!(
                r#"%{HTTPD_COMMONLOG} "(?:-|%{DATA:[http][request][referrer]})" "#,
                r#""(?:-|%{DATA:[user_agent][original]})(?:"|$)"#
            )
        );
        assert_eq!(
            suggested("^%{SYSLOGLINE}", "node7 Nov  9 12:01:01 host1 crond[2915]: done").1,
            "^%{WORD} %{SYSLOGLINE}"
        );
    }

    #[test]
    fn line_of_another_kind_gets_another_pattern() {
        for (subject, expected) in [
            ("[Sun Dec 04 04:47:44 2005] [error] child in error state 6", "^%{HTTPD_ERRORLOG}$"),
            ("Jun 14 15:16:01 combo sshd[19939]: check pass", "^%{SYSLOGLINE}$"),
            (
                "[17/May/2015:10:24:49 +0000] no structure 7",
                r"^\[%{HTTPDATE:timestamp}\] %{GREEDYDATA:message}$",
            ),
            (
                "081109 203615 148 INFO dfs.Node$Responder: block 7 ends",
                "^%{INT:number} %{INT:number2} %{INT:number3} %{LOGLEVEL:level} %{DATA:source}: %{GREEDYDATA:message}$",
            ),
        ] {
            assert_eq!(suggested("%{COMBINEDAPACHELOG}", subject).1, expected, "{subject}");
        }
        let (changes, _) = suggested("%{COMBINEDAPACHELOG}", r#"{"a":1}"#);
        assert!(changes.contains("the filter `json`"), "{changes}");
    }

    #[test]
    fn match_and_pattern_that_cannot_be_changed_have_no_suggestion() {
        let none = (String::new(), String::new());
        assert_eq!(suggested("%{WORD:a}", "ab"), none);
        assert_eq!(suggested("^%{OWN=x+:a}$", "ab"), none);
        assert_eq!(suggested("^%{NO_SUCH:a}$", "ab"), none);
        assert_eq!(suggested("^%{WORD:a} 1$", &"a ".repeat(limits::SUGGEST_SUBJECT_BYTES)), none);
    }

    proptest::proptest! {
        // The same cases in every run.
        #![proptest_config(proptest::test_runner::Config {
            failure_persistence: None,
            rng_seed: proptest::test_runner::RngSeed::Fixed(1),
            ..proptest::test_runner::Config::with_cases(60)
        })]

        #[test]
        fn suggestions_do_what_is_said_of_them(
            pieces in proptest::collection::vec(proptest::sample::select(PIECES), 1..7),
            subject in "[a1 \\-\\[\"ä:]{0,12}",
        ) {
            let _ = suggested(&pieces.concat(), &subject);
        }
    }

    const PIECES: &[&str] = &[
        "%{WORD:a}",
        "%{INT:n}",
        "%{IP:i}",
        "%{SYSLOGPROG}",
        " ",
        ":",
        "-",
        "\"",
        "\\[",
        "\\]",
        "(?:",
        "(?<x>",
        ")",
        ")",
        "|",
        "?",
        "^",
        "$",
        "ä",
        "%{DATA:d}",
        "\\b",
        "[a-c]+",
    ];
}
