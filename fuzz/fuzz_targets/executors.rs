//! A regex and a subject: the fast executor gives what the plain one gives, on every SIMD level.
//!
//! The input is a byte of flags, the regex, a byte that UTF-8 does not have, and the subject. A `%{NAME}` in the
//! regex stands for the stock pattern. Where the plain executor runs out of steps the fast one may find
//! an answer; the reverse is an error.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sawlog::SimdLevel;
use sawlog::pattern::library::{Dictionary, PatternSet};
use sawlog::pattern::{Budget, Engine, Executor, Flags, Regex, Scratch, expand};

const SEPARATOR: u8 = 0xff;

/// Bytes of a subject: enough for several blocks of SIMD, and for runs that meet their ends.
const MAX_SUBJECT: usize = 600;

fuzz_target!(|data: &[u8]| {
    let [bits, rest @ ..] = data else { return };
    let split = rest.iter().position(|byte| *byte == SEPARATOR).unwrap_or(rest.len());
    let Ok(pattern) = std::str::from_utf8(&rest[..split]) else { return };
    let subject = rest.get(split + 1..).unwrap_or_default();
    let subject = String::from_utf8_lossy(&subject[..subject.len().min(MAX_SUBJECT)]);
    // The flags of grok are the common case: with them definitions are known by their text.
    let bits = bits.wrapping_sub(b'0');
    let flags =
        Flags { dot_all: bits & 1 == 0, ignore_case: bits & 2 != 0, extended: bits & 4 != 0 };
    let dictionary = Dictionary::new(PatternSet::Legacy);
    let Ok(expansion) = expand::expand(pattern, &dictionary, true) else { return };
    let Ok(regex) = Regex::new(&expansion.regex, flags) else { return };
    let Some(expected) = search(&regex, &subject, Executor::Plain, SimdLevel::Portable) else {
        return;
    };
    for simd in [SimdLevel::Auto, SimdLevel::Sse42, SimdLevel::Portable] {
        let found = search(&regex, &subject, Executor::Fast, simd);
        assert_eq!(found.as_ref(), Some(&expected), "{simd:?} {pattern} on {subject:?}");
    }
});

/// The groups of the match, none if there is no match; nothing if the steps were used up.
fn search(
    regex: &Regex,
    subject: &str,
    executor: Executor,
    simd: SimdLevel,
) -> Option<Vec<Option<(usize, usize)>>> {
    let mut scratch = Scratch::new();
    scratch.set_engine(Engine { executor, simd });
    let mut budget = Budget::for_subject(subject.len());
    // At a second place, so that look-behind sees what is before it.
    let mut groups = Vec::new();
    for start in [0, subject.len() / 2] {
        if regex.search(subject, start, &mut scratch, &mut budget).ok()? {
            groups.extend((0..=regex.group_count()).map(|group| scratch.group(group as u32)));
        }
    }
    Some(groups)
}
