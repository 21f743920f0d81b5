//! Public suffixes: a host name to the part of it under which anybody can have a name.
//!
//! `www.google.co.uk` has `co.uk`. The rules (`suffixes.txt`: sorted, one a line, written by tools/suffixes.py) are those of the Public Suffix
//! List; `*.ck` stands for every name below `ck`, `!www.ck` for an exception. A search halves the text, so that nothing but the
//! text itself is carried. Compiled to code, as the crate `psl` has them, the same rules take 0.8 MB.

use core::cmp::Ordering;

const RULES: &str = include_str!("suffixes.txt");

/// Labels of the longest rule; a test compares.
const MAX_LABELS: usize = 7;

/// The longest suffix of a name in small letters that has a rule.
pub(super) fn known_suffix(name: &str) -> Option<&str> {
    let mut longest = None;
    let mut rest = name.len();
    for _ in 0..MAX_LABELS {
        let start = name.get(..rest)?.rfind('.').map_or(0, |dot| dot + 1);
        let candidate = name.get(start..)?;
        let parent = candidate.split_once('.').map(|(_, parent)| parent);
        if has_rule("!", candidate) {
            return parent;
        }
        if has_rule("", candidate) || parent.is_some_and(|parent| has_rule("*.", parent)) {
            longest = Some(candidate);
        }
        let Some(before) = start.checked_sub(1) else { break };
        rest = before;
    }
    longest
}

/// Whether a rule consists of these two parts.
fn has_rule(mark: &str, name: &str) -> bool {
    let (mut start, mut end) = (0, RULES.len());
    while start < end {
        let middle = start.midpoint(end);
        let line_start =
            RULES.as_bytes().get(..middle).and_then(|before| memchr::memrchr(b'\n', before));
        let line_start = line_start.map_or(0, |line_end| line_end + 1);
        let rest = RULES.as_bytes().get(line_start..).unwrap_or_default();
        let line_len = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest.get(..line_len).unwrap_or_default();
        match line.iter().cmp(mark.as_bytes().iter().chain(name.as_bytes())) {
            Ordering::Equal => return true,
            Ordering::Less => start = line_start + line_len + 1,
            Ordering::Greater => end = line_start,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(name: &str) -> Option<&str> {
        let suffix = psl::suffix(name.as_bytes()).filter(psl::Suffix::is_known)?;
        core::str::from_utf8(suffix.as_bytes()).ok()
    }

    #[test]
    fn names_made_of_every_rule_have_the_suffix_that_psl_finds() {
        assert_eq!(RULES.lines().map(|rule| rule.split('.').count()).max(), Some(MAX_LABELS));
        for rule in RULES.lines() {
            let base = rule.trim_start_matches('!').replace('*', "any");
            let cut = base.split_once('.').map_or("", |(_, parent)| parent);
            for name in [
                base.clone(),
                format!("x.{base}"),
                format!("www.x.{base}"),
                format!("a.b.c.d.e.f.g.{base}"),
                format!("x.y.{cut}"),
                format!(".{base}"),
                format!("{base}x"),
                format!("{base}.x"),
            ] {
                // A name of no or of empty labels at its end is never asked for.
                if !name.ends_with('.') && !name.is_empty() {
                    assert_eq!(known_suffix(&name), expected(&name), "{name}");
                }
            }
        }
    }

    #[test]
    fn names_without_a_rule_have_no_suffix() {
        for name in ["localhost", "10.1.2.3", "a..b", "*", "!www.ck", "\n", "com\n", "xn--"] {
            assert_eq!(known_suffix(name), expected(name), "{name:?}");
        }
    }
}
