//! The texts against both sets, and the routines against the plain executor.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "real logs are read where they are")]

use std::io::Write as _;

use super::check::Checker;
use super::{Answer, Intrinsic, texts};
use crate::pattern::expand::{Dictionary, expand};
use crate::pattern::library::PatternSet;

#[test]
fn texts_are_what_the_sets_expand_to() {
    let mut found = Vec::new();
    for set in [PatternSet::EcsV1, PatternSet::Legacy] {
        let dictionary = Dictionary::new(set);
        for (name, _, _) in texts::TEXTS {
            let expansion = expand(&format!("%{{{name}}}"), &dictionary, true).unwrap();
            let text = expansion.regex.strip_prefix("(?:").unwrap().strip_suffix(')').unwrap();
            let intrinsic = Intrinsic::lookup(text);
            assert!(intrinsic.is_some(), "{set:?} {name} has no routine: {text}");
            found.push((*name, text.to_owned()));
        }
    }
    for (name, text, _) in texts::TEXTS {
        let is_there = found.iter().any(|known| known.0 == *name && known.1 == *text);
        assert!(is_there, "no set has {name} as {text}");
    }
}

#[test]
fn lookup_knows_whole_texts_only() {
    assert_eq!(Intrinsic::lookup(r"\b\w+\b"), Some(Intrinsic::Word));
    for text in ["", r"\b\w+", r"(?:\b\w+\b)", r"\b\w+\B", "%{WORD}"] {
        assert_eq!(Intrinsic::lookup(text), None, "{text}");
    }
}

/// Texts on the edges of the definitions.
const LINES: &[&str] = &[
    r#"83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET /a/b.png?x=1&y[]=%20 HTTP/1.1" 200 203023 "http://s.com/p/" "Mozilla/5.0 (X) \"q\"""#,
    "2015-08-14 12:34:56,789 INFO [main] org.example.Main$1: took 1.5 s, -3 + .25 = 1.",
    "2024-02-29T23:59:60.123Z 24-1-1 1:2 1999-12-31T2359 2024-01-02T03:04:05+05:30 T03:04-053",
    "Jan  1 00:00:00 host-1 sshd[123]: Dec 31 23:59:59.999 x Mar  9 1:02:3 Juni 3 12:00:00",
    "january January Mär mr Ma May Mai Okt Oktober Ot Dezember Sept September jan_ jan-1 xjan",
    "1.2.3.4 256.1.1.1 01.002.0.255 1.2.3 1.2.3.4.5 1.2.3.256 0.0.0.0 255.255.255.2550 1.2..4",
    "::1 fe80::1%eth0 x 1:2:3:4:5:6:7:8 1:2:3 10:20:30 ::ffff:1.2.3.4 dead:beef abcde:1 a: :",
    "2001:db8::8a2e:370:7334 2001:0db8:85a3:0000:0000:8a2e:0370:7334 1:2:3:4:5:6:7: 1:2:3:4:5:6:7::",
    "1::2:3:4:5:6:7:8 ::1:2:3:4:5:6:7:8 1:2:3:4:5:6::7 1:2:3:4:5:6:7.8.9.10 a::12345 12345::1 1::% z",
    "1:2:3:4:5:6:1.2.3.4 1:2:3:4:5:6:x 1:2:3:4:5:6:: 1:2:3:4:5:: ::: fe80::1% [::1]:80 x::y 1:2::%",
    "/usr/bin/env /ü /a_b%c!d$e@f:g.h,i+j~k-l/ //x /é C:\\dir\\file.txt \\\\srv\\share a:\\ D:/x /[a] /a=b",
    "Mon Feb 12 10:20:30.123456 2024 Tuesday Mar 1 1:02:03 24 Sun Jan 32 00:00:00 2000 Thurs Fri day",
    "a.b-c.example.com. foo..bar foo.-bar -foo x_y.z a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbb.c",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbb-ccccccccccccccccc.d.",
    "joe@example.com a+b=c@h x.y@[1] .a@b a..b@c a.@b a@ @b a@-b o'neil!#$%&*/?^`{|}~@h.org _@x",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.com b",
    r#""" '' `` "a" 'b' `c` \"x" "\"" "\\" "\\\"" "open 'also `open "é\é" '\"#,
    "Alert ALERT aLERT alert Trace DEBUG debUG Info INF INFO information INFORMATION Warn WARNI",
    "warning WARNING err ERR er ERROR Error Errr eror crit CRITICAL critic Fatal FATAL Severe",
    "severe SEVERE EMERG EMERGENCY Emergency emergenc Emerg EmERG notice Notice NOTICE inFo",
    "550e8400-e29b-41d4-a716-446655440000 550e8400-e29b-41d4-a716-44665544000g 550E8400-E29B-",
    "00:1b:44:11:3a:B7 00-1b-44-11-3a-b7 001b.4411.3ab7 00:1b:44-11:3a:b7 001b.4411.3ab g0:00",
    "com.foo.Bar a.1b $x._y .z a. 9a.b Ünicode.word naïve_word été 5é é5 -7 +8 --9 1e5 007 0x1F",
    "/a/b/c?d=e|f#g /~u/{x},y;z /? /?? ?q /a b/c //x/ /ü/ü?ü \u{a0}nbsp\u{a0} \u{2003}x\u{2003}",
    "1\u{661}2 20\u{662}\u{663} \u{661}\u{662}-01-02 a\u{301}b x\u{203f}y \u{85}",
    "31/Dec/99:0:00:60 -1 1/mai/2015:1:2:3 32/Jan/2000:24:00:00 09/Okt/2000:12:34:56.7 +00001234",
    "01/jan/2000:23:59:59 +01234567890123456789x 0/Jan/2000:00:00:00 +0 3/Feb/19:00:00:00 0",
    "1.2.3.4.5.6.7.8.9.0.11.22.33.44.55.66.77.88.99 299.1.1.1 1.260.1.1 0.0.256.1 1.1.1.299. 1.1.1.1.",
    "123456789012345678901234567890123456789012345678901234567890.5 1.1.1.1111111111111111111111111111",
    "2024-01-02T03:04:05.123456789012345678901234567890123Z 10:20:30,1234567890123456789012345678901",
    "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q..r org.example.with.a.very.long.name.of.a.package.Cla$s.1x",
    "a\0b \0\0 \t\r\n\u{b}\u{c} \u{1f} \u{7f}",
];

#[test]
fn routines_agree_with_the_plain_executor_on_edges() {
    let mut checker = Checker::new();
    assert_eq!(checker.pairs.len(), texts::TEXTS.len());
    for line in LINES {
        checker.compare_everywhere(line);
        // The end of the subject at every place.
        for end in (0..line.len()).filter(|end| line.is_char_boundary(*end)) {
            let from = line.floor_char_boundary(end.saturating_sub(30));
            let subject: Box<str> = line[from..end].into();
            for pair in 0..checker.pairs.len() {
                checker.compare(pair, &subject, 0);
            }
        }
    }
}

#[test]
fn every_routine_answers_both_ways_on_edges() {
    let mut checker = Checker::new();
    for pair in 0..checker.pairs.len() {
        let (mut ends, mut fails) = (0, 0);
        for line in LINES {
            for at in (0..line.len()).filter(|at| line.is_char_boundary(*at)) {
                match checker.compare(pair, line, at) {
                    Answer::End(_) => ends += 1,
                    Answer::Fail => fails += 1,
                    Answer::Unsure => {}
                }
            }
        }
        assert!(ends > 0 && fails > 0, "{} {ends} {fails}", checker.pairs[pair].name);
    }
}

/// How often the cases of a usual run are done: by hand, after a change of a routine.
fn effort() -> usize {
    std::env::var("SAWLOG_EFFORT").map_or(1, |times| times.parse().unwrap())
}

/// Numbers that look random; the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// Replaces, inserts and removes characters.
fn mutated(line: &str, numbers: &mut Numbers) -> String {
    const ALPHABET: &str = "0123456789259abfAFgjnJMO./:-+_@\"'`\\ ,?%=~[]T Zé\u{663}\u{a0}\0\n";
    let alphabet: Vec<char> = ALPHABET.chars().collect();
    let mut chars: Vec<char> = line.chars().collect();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(chars.len() + 1);
        let other = alphabet[numbers.below(alphabet.len())];
        match numbers.below(3) {
            0 if at < chars.len() => chars[at] = other,
            1 if at < chars.len() => drop(chars.remove(at)),
            _ => chars.insert(at, other),
        }
    }
    chars.into_iter().collect()
}

#[test]
fn routines_agree_with_the_plain_executor_on_mutations() {
    // Pieces of lines, so that a mutation hits what a definition looks at.
    let mut numbers = Numbers(7);
    let mut checker = Checker::new();
    for round in 0..6000 * effort() {
        let line = LINES[round % LINES.len()];
        let from = line.floor_char_boundary(numbers.below(line.len()));
        let to = line.floor_char_boundary((from + 6 + numbers.below(40)).min(line.len()));
        let subject = mutated(&line[from..to], &mut numbers).into_boxed_str();
        let start = subject.floor_char_boundary(numbers.below(4).min(subject.len()));
        for pair in 0..checker.pairs.len() {
            checker.compare(pair, &subject, start);
        }
    }
}

#[test]
fn routines_agree_with_the_plain_executor_on_real_lines() {
    let shared = std::env::var("SAWLOG_SHARED")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared").to_owned());
    let Ok(folder) = std::fs::read_dir(format!("{shared}/data/real")) else {
        std::io::stderr().write_all(b"skipped: the shared folder is not there\n").unwrap();
        return;
    };
    // Every line is too much for each run: so many of each file, spread over it.
    let lines_of_file = 12 * effort();
    let mut checker = Checker::new();
    let mut numbers = Numbers(11);
    for entry in folder {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        for index in 0..lines_of_file {
            let line = lines[index * lines.len() / lines_of_file];
            let line = &line[..line.floor_char_boundary(300)];
            checker.compare_everywhere(line);
            let mutated = mutated(line, &mut numbers);
            checker.compare_everywhere(&mutated);
        }
    }
}
