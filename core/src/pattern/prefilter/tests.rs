//! Claims about the prefilter: it never excludes what matches, and it excludes most of what does not.

#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::pattern::expand::expand;
use crate::pattern::library::{Dictionary, PatternSet, names};
use crate::pattern::{Budget, Engine, Executor, Flags, Regex, Scratch};
use crate::scan::SimdLevel;

/// Lines of many formats.
const LINES: &str = include_str!("typical.log");

/// Numbers that look like chance and are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % bound.max(1)
    }

    fn of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len())]
    }
}

fn grok(source: &str, set: PatternSet) -> Option<Regex> {
    let expansion = expand(source, &Dictionary::new(set), true).ok()?;
    Regex::new(&expansion.regex, Flags { dot_all: true, ..Flags::default() }).ok()
}

/// Where a regex matches, if it does.
fn found(regex: &Regex, subject: &str) -> Option<(usize, usize)> {
    let mut scratch = Scratch::new();
    let mut budget = Budget { steps_left: 200_000 };
    match regex.search(subject, 0, &mut scratch, &mut budget) {
        Ok(true) => scratch.group(0),
        _ => None,
    }
}

/// Changes one place of a text: a character goes, comes, or becomes another.
fn changed(text: &str, chance: &mut Chance) -> String {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let at = places.get(chance.below(places.len())).copied().unwrap_or(0);
    let (before, behind) = text.split_at(at);
    let new = chance.of(&["", "", "7", "a", "é", "-", " ", "\n", "\n\n", "."]);
    let mut rest = behind.chars();
    if chance.below(2) == 0 {
        rest.next();
    }
    format!("{before}{new}{}", rest.as_str())
}

#[test]
fn no_stock_pattern_is_excluded_where_it_matches() {
    let mut chance = Chance(7);
    let mut matches = 0;
    for set in [PatternSet::Legacy, PatternSet::EcsV1] {
        let sources = names(set).flat_map(|(name, _)| {
            [format!("%{{{name}}}"), format!("^%{{{name}}}$"), format!(r"\A%{{{name}}} ")]
        });
        let regexes: Vec<Regex> = sources.filter_map(|source| grok(&source, set)).collect();
        assert!(regexes.len() > 900);
        let patterns: Vec<_> = regexes.iter().map(Regex::hir).collect();
        let filter = ListFilter::new(&patterns);
        let (mut mask, scratch) = (Vec::new(), Scratch::new());
        let mut check = |subject: &str, at: usize| {
            let range = found(&regexes[at], subject);
            if range.is_some() {
                matches += 1;
                filter.candidates(subject.as_bytes(), &scratch, &mut mask);
                let is_there = mask[at / WORD_PATTERNS] >> (at % WORD_PATTERNS) & 1 != 0;
                assert!(is_there, "{} on {subject:?}", regexes[at].source());
            }
            range
        };
        for at in 0..patterns.len() {
            for _ in 0..4 {
                let lines: Vec<&str> = LINES.lines().collect();
                let mut subject = chance.of(&lines).to_owned();
                // What it matched is what the anchored form of it matches.
                if let Some((start, end)) = check(&subject, at) {
                    subject = subject[start..end].to_owned();
                }
                for form in [at, at / 3 * 3 + 1, at / 3 * 3 + 2] {
                    let subject = changed(&changed(&subject, &mut chance), &mut chance);
                    if form < patterns.len() {
                        check(&subject, form);
                        check(&format!("x\n{subject}\ny"), form);
                    }
                }
            }
        }
    }
    assert!(matches > 3_000, "{matches} matches");
}

/// A regex of a few pieces over the letters of [`random_subject`].
fn random_regex(chance: &mut Chance, depth: usize) -> String {
    let mut out = String::new();
    for _ in 0..=chance.below(4) {
        if depth > 0 && chance.below(3) == 0 {
            let open = chance.of(&["(", "(?:", "(?>", "(?=", "(?!", "(?<=a", "(?<!b"]);
            let body = match open.strip_prefix("(?<") {
                Some(_) => String::new(),
                None => random_regex(chance, depth - 1),
            };
            let other = match (open, chance.below(2)) {
                ("(?<=a" | "(?<!b", _) | (_, 0) => String::new(),
                _ => format!("|{}", random_regex(chance, depth - 1)),
            };
            out += &[open, &body, &other, ")"].concat();
        } else {
            out += chance.of(&[
                "a",
                "b",
                "ab",
                "-1",
                "[0-9]",
                r"\d\d",
                ".",
                "[^a]",
                "é",
                "[aé]",
                "[à-ÿ1]",
                r"\w",
                "^",
                "$",
                r"\A",
                r"\z",
                r"\Z",
                r"\b",
                "(?i:k)",
                "1a-b1a-b1",
                r"\K",
                "",
                r"\R",
            ]);
        }
        if !out.is_empty() && !out.ends_with(['^', '$']) {
            out += chance.of(&["", "", "", "", "?", "*", "+", "{2}", "{1,3}", "{0,9}", "+?", "?+"]);
        }
    }
    out
}

fn random_subject(chance: &mut Chance) -> String {
    let letters = ["a", "b", "1", "-", "é", "K", "\u{212a}", "\n", "ab", "1a-b", "\r\n", "2"];
    (0..chance.below(14)).map(|_| chance.of(&letters)).collect()
}

#[test]
fn no_random_pattern_is_excluded_where_it_matches() {
    let mut chance = Chance(11);
    let mut matches = 0;
    let mut excluded = 0;
    let scratch = Scratch::new();
    for round in 0..6_000 {
        let flags = Flags { dot_all: round % 2 == 0, ..Flags::default() };
        let sources: Vec<String> = (0..3).map(|_| random_regex(&mut chance, 3)).collect();
        let regexes = sources.iter().filter_map(|source| Regex::new(source, flags).ok());
        let regexes: Vec<Regex> = regexes.collect();
        let patterns: Vec<_> = regexes.iter().map(Regex::hir).collect();
        let filter = ListFilter::new(&patterns);
        for _ in 0..6 {
            let subject = random_subject(&mut chance);
            let mask = filter.word(0, subject.as_bytes(), &scratch);
            for (at, regex) in regexes.iter().enumerate() {
                let is_found = found(regex, &subject).is_some();
                matches += usize::from(is_found);
                excluded += usize::from(mask >> at & 1 == 0);
                assert!(mask >> at & 1 != 0 || !is_found, "{} on {subject:?}", regex.source());
                let alone = Prefilter::new(regex.hir()).may_match(subject.as_bytes(), &scratch);
                assert!(alone || !is_found, "{} on {subject:?}", regex.source());
            }
        }
    }
    assert!(matches > 10_000 && excluded > 10_000, "{matches} matches, {excluded} excluded");
}

/// A list as in many configs: the most general pattern is the last.
const LIST: [&str; 10] = [
    "%{COMBINEDAPACHELOG}",
    "%{TIMESTAMP_ISO8601:ts} %{LOGLEVEL:level} %{GREEDYDATA:msg}",
    "^%{IPV4:ip} %{WORD:method} %{URIPATHPARAM:request} %{NUMBER:bytes} %{NUMBER:duration}$",
    r"^\[%{DAY:day} %{MONTH:month} %{MONTHDAY:md} %{TIME:time} %{YEAR:year}\] %{GREEDYDATA:msg}",
    "^%{UUID:id} %{GREEDYDATA:msg}",
    "^<%{NONNEGINT:pri}>%{NONNEGINT:ver} %{TIMESTAMP_ISO8601:ts} %{HOSTNAME:host}",
    "%{IP:src}:%{INT:sport} -> %{IP:dst}:%{INT:dport} %{WORD:proto}",
    "status=%{WORD:status} user=%{USER:user} took=%{NUMBER:took}ms",
    "Exception in thread %{QUOTEDSTRING:thread} %{NOTSPACE:class}: %{GREEDYDATA:msg}",
    "%{SYSLOGLINE}",
];

fn list() -> ListFilter {
    let regexes: Vec<Regex> =
        LIST.iter().map(|source| grok(source, PatternSet::Legacy).unwrap()).collect();
    let patterns: Vec<_> = regexes.iter().map(Regex::hir).collect();
    ListFilter::new(&patterns)
}

#[test]
fn lines_of_another_format_exclude_a_pattern() {
    let syslog = 1 << 9;
    for (line, candidates) in [
        ("Dec 10 06:55:46 lab sshd[24200]: Invalid user webmaster from 192.0.2.31", syslog),
        ("Mar  7 23:04:01 db-1 systemd-logind[712]: Removed session 1183.", syslog),
        ("Jul  9 11:39:02 cal-10-105-160-12 kernel[0]: en0: 802.11d country code 'X3'.", syslog),
        ("Nov 29 18:30:01 gw CRON[99]: (root) CMD (run-parts /etc/cron.hourly)", syslog),
        ("2021-05-04 10:11:12,345 WARN something is slow", 1 << 1 | syslog),
    ] {
        assert_eq!(list().word(0, line.as_bytes(), &Scratch::new()), candidates, "{line}");
    }
    // The time of day looks like that of syslog: all others are excluded.
    for line in [
        "[10.30 16:49:06] proxy.exe - www.example.org:443 close, 451 bytes sent",
        "081109 204005 35 INFO dfs.FSNamesystem: BLOCK* addStoredBlock: 10.251.7.3:50010",
        "173041 node-31 action start 1074297419 1 boot (command 2109)",
        "",
    ] {
        let candidates = list().word(0, line.as_bytes(), &Scratch::new());
        assert_eq!(candidates & !syslog, 0, "{line}");
    }
}

#[test]
fn a_pattern_of_one_line_is_found_in_every_line_of_a_text() {
    let filter = list();
    let line = "[Sun Dec 04 04:47:44 2005] mod_jk child workerEnv in error state 6";
    for text in [line.to_owned(), format!("\n{line}"), format!("a\nb\n{line}\nc")] {
        assert_ne!(filter.word(0, text.as_bytes(), &Scratch::new()) & 1 << 3, 0, "{text:?}");
    }
    for text in [format!(" {line}"), format!("a\nb{line}\nc")] {
        assert_eq!(filter.word(0, text.as_bytes(), &Scratch::new()) & 1 << 3, 0, "{text:?}");
    }
}

#[test]
fn more_patterns_than_a_word_holds_have_more_words() {
    let regexes: Vec<Regex> =
        (0..150).map(|n| Regex::new(&format!("^line {n}: "), Flags::default()).unwrap()).collect();
    let patterns: Vec<_> = regexes.iter().map(Regex::hir).collect();
    let filter = ListFilter::new(&patterns);
    assert_eq!(filter.word_count(), 3);
    let mut mask = Vec::new();
    filter.candidates(b"line 130: x", &Scratch::new(), &mut mask);
    assert_eq!(mask, [0, 0, 1 << 2]);
    assert_eq!(filter.word(3, b"line 130: x", &Scratch::new()), 0);
}

#[test]
fn an_empty_list_and_an_empty_pattern_are_no_trouble() {
    assert_eq!(ListFilter::new(&[]).word_count(), 0);
    assert_eq!(ListFilter::new(&[]).word(0, b"x", &Scratch::new()), 0);
    let regex = Regex::new("", Flags::default()).unwrap();
    assert!(Prefilter::new(regex.hir()).may_match(b"", &Scratch::new()));
}

#[test]
fn a_pattern_of_any_size_is_worked_out_in_bounded_time() {
    let nested = format!("{}a{}", "(?:".repeat(100), "|b)*".repeat(100));
    let many = "(?:[a-f]{1,3}|x?y*z+){50}".repeat(40);
    for source in [nested, many] {
        let regex = Regex::new(&source, Flags::default()).unwrap();
        assert!(
            Prefilter::new(regex.hir())
                .may_match("abcxyz".repeat(3_000).as_bytes(), &Scratch::new())
        );
    }
}

#[test]
fn every_level_excludes_the_same_and_the_plain_executor_nothing() {
    let filter = list();
    let mut levels = [SimdLevel::Auto, SimdLevel::Portable, SimdLevel::Sse42].map(|simd| {
        let mut scratch = Scratch::new();
        scratch.set_engine(Engine { executor: Executor::Fast, simd });
        scratch
    });
    for line in LINES.lines() {
        let masks = levels.each_mut().map(|scratch| filter.word(0, line.as_bytes(), scratch));
        assert_eq!(masks, [masks[0]; 3], "{line}");
    }
    levels[0].set_engine(Engine { executor: Executor::Plain, simd: SimdLevel::Auto });
    assert_eq!(filter.word(0, b"", &levels[0]), (1 << LIST.len()) - 1);
}
