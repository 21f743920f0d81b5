//! A regex to the shapes in it that backtrack, each with the order in which the time may grow.
//!
//! `(?:\w+\s?)*x` is exponential, since `aaaa` can be divided among the rounds in 2^n ways;
//! `\w+\d*\w*x` is of the order n^3. Only what can still fail is told: a repeat that nothing must
//! follow takes what it can and is done. The order is that of an engine that tries every way, as
//! Logstash's does.

use crate::pattern::hir::{Hir, HirKind};
use crate::pattern::syntax::{RepeatMode, Span};

/// A shape that backtracks.
pub(super) struct Shape {
    /// Its first part in the regex text.
    pub(super) from: Span,
    /// Its last part.
    pub(super) to: Span,
    pub(super) growth: Growth,
    /// A character that makes it so.
    pub(super) example: char,
}

/// How the time grows with the length of a text that does not match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Growth {
    /// It doubles with every few characters.
    Exponential,
    /// With this power.
    Power(usize),
}

/// Finds the shapes of a regex.
pub(super) fn shapes(root: &Hir) -> Vec<Shape> {
    let mut shapes = Vec::new();
    visit(root, false, &mut shapes);
    shapes
}

/// The recursion is as deep as groups nest, which the parser limits. `can_fail` tells whether
/// something must follow the node.
fn visit(node: &Hir, can_fail: bool, shapes: &mut Vec<Shape>) {
    match &node.kind {
        HirKind::Concat(_) => {
            let mut parts = Vec::new();
            flatten(node, &mut parts);
            adjacent(&parts, can_fail, shapes);
            for (at, part) in parts.iter().enumerate() {
                let fails = can_fail || parts[at + 1..].iter().any(|part| must_hold(part));
                visit(part, fails, shapes);
            }
        }
        HirKind::Alternate(branches) => {
            for branch in branches {
                visit(branch, can_fail, shapes);
            }
        }
        HirKind::Capture { body, .. } => visit(body, can_fail, shapes),
        // What is inside is tried again only while it is inside.
        HirKind::Atomic(body) | HirKind::LookAhead { body, .. } => visit(body, false, shapes),
        HirKind::If { yes, no, .. } => {
            visit(yes, can_fail, shapes);
            visit(no, can_fail, shapes);
        }
        HirKind::Repeat { body, max, mode, .. } => {
            let is_open = max.is_none_or(|max| max >= MANY) && *mode != RepeatMode::Possessive;
            if can_fail
                && is_open
                && let Some(example) = divides(body)
            {
                let growth = Growth::Exponential;
                shapes.push(Shape { from: node.span, to: node.span, growth, example });
                return;
            }
            // The next round must hold.
            let is_again = max != &Some(1) && body.facts.min_bytes > 0;
            visit(body, can_fail || is_again && max.is_none(), shapes);
        }
        _ => {}
    }
}

/// The parts of a sequence, those of captures in it among them.
fn flatten<'h>(node: &'h Hir, parts: &mut Vec<&'h Hir>) {
    match &node.kind {
        HirKind::Concat(inner) => inner.iter().for_each(|part| flatten(part, parts)),
        HirKind::Capture { body, .. } if matches!(body.kind, HirKind::Concat(_)) => {
            flatten(body, parts);
        }
        _ => parts.push(node),
    }
}

/// Tells whether a part can make the pattern fail.
fn must_hold(part: &Hir) -> bool {
    part.facts.min_bytes > 0
        || matches!(
            part.kind,
            HirKind::Assert(_) | HirKind::LookAhead { .. } | HirKind::LookBehind { .. }
        )
}

/// The printable ASCII characters that something takes one of.
struct Set {
    chars: Vec<char>,
    is_any: bool,
    is_blank: bool,
}

/// The set of a piece that takes one character.
fn set(node: &Hir) -> Option<Set> {
    match &node.kind {
        HirKind::Class(class) => Some(Set {
            chars: (' '..='~').filter(|c| class.contains(*c)).collect(),
            is_any: class.all_wide && (0..128).all(|byte| class.bytes.contains(byte)),
            is_blank: !class.all_wide && (0x21..0x7F).all(|byte| !class.bytes.contains(byte)),
        }),
        HirKind::Literal(text) => {
            let mut chars = text.chars();
            let c = chars.next().filter(|_| chars.next().is_none())?;
            Some(Set { chars: vec![c], is_any: false, is_blank: c == ' ' })
        }
        _ => None,
    }
}

/// The set of an unbounded repeat of one character that gives back, captured or not.
fn open_repeat(node: &Hir) -> Option<Set> {
    let mut node = node;
    while let HirKind::Capture { body, .. } = &node.kind {
        node = body;
    }
    let HirKind::Repeat { body, max: None, mode, .. } = &node.kind else { return None };
    if *mode == RepeatMode::Possessive { None } else { set(body) }
}

/// Finds repeats side by side that can take the same characters.
fn adjacent(parts: &[&Hir], can_fail: bool, shapes: &mut Vec<Shape>) {
    let mut at = 0;
    while at < parts.len() {
        let Some(first) = open_repeat(parts[at]) else {
            at += 1;
            continue;
        };
        let mut common = first.chars;
        let mut wild = usize::from(first.is_any);
        let (mut count, mut last) = (1, at);
        for (next, part) in parts.iter().enumerate().skip(at + 1) {
            match open_repeat(part) {
                Some(set) => {
                    let both: Vec<char> =
                        common.iter().copied().filter(|c| set.chars.contains(c)).collect();
                    if both.is_empty() {
                        break;
                    }
                    common = both;
                    count += 1;
                    wild += usize::from(set.is_any);
                    last = next;
                }
                None if part.facts.min_bytes == 0 && !must_hold(part) => {}
                None => break,
            }
        }
        let fails = can_fail || parts[last + 1..].iter().any(|part| must_hold(part));
        // Next to `.*` other lints speak of, and a space is seldom repeated often.
        let is_blank = common.iter().all(|c| *c == ' ') && !first.is_blank;
        if count > 1 && fails && wild == 0 && !is_blank {
            let example = common.iter().copied().find(char::is_ascii_alphanumeric);
            let example = example.or_else(|| common.first().copied()).unwrap_or(' ');
            let (from, to) = (parts[at].span, parts[last].span);
            shapes.push(Shape { from, to, growth: Growth::Power(count), example });
        }
        at = last + 1;
    }
}

/// Finds a character of which a body of a repeat can take one or several in a round, so that a run
/// of it can be divided among the rounds in many ways.
fn divides(body: &Hir) -> Option<char> {
    match &body.kind {
        HirKind::Capture { body, .. } => divides(body),
        HirKind::Alternate(branches) => branches.iter().find_map(divides),
        _ => {
            let mut parts = Vec::new();
            flatten(body, &mut parts);
            let mut found = None;
            for part in parts {
                match open_repeat(part) {
                    Some(set) => {
                        let named = set.chars.iter().copied().find(char::is_ascii_alphanumeric);
                        found = found.or(named).or_else(|| set.chars.first().copied());
                    }
                    None if must_hold(part) => return None,
                    None => {}
                }
            }
            found
        }
    }
}

/// A bound of a repeat that is as good as none.
const MANY: u32 = 20;

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::pattern::{Flags, Regex};

    fn found(pattern: &str) -> Vec<Growth> {
        let flags = Flags { dot_all: true, ..Flags::default() };
        let regex = Regex::new(pattern, flags).unwrap();
        shapes(&regex.hir().root).into_iter().map(|shape| shape.growth).collect()
    }

    #[test]
    fn nested_repeats_that_can_fail_are_exponential() {
        for pattern in [
            "(a+)+b",
            "(?:a*)*b",
            r"^(?:\w+\s?)*$",
            r"(?<x>(?:\s*\w+)*):",
            "(?:(?:a|b+)*,)c",
            "(?:a+){2,50}b",
        ] {
            assert_eq!(found(pattern), [Growth::Exponential], "{pattern}");
        }
        for pattern in [
            "(a+)+",
            "(?:a+,)*b",
            "(?:a+)++b",
            "(?>(?:a+)+)b",
            r"(?:\b\w+\b ?)*:",
            "(?:ab|cd)*e",
            "(?:a+)?b",
        ] {
            assert_eq!(found(pattern), [], "{pattern}");
        }
    }

    #[test]
    fn repeats_side_by_side_count() {
        for (pattern, power) in
            [(r"\w+\d+:", 2), (r"\w*(?<x>\d+)[a-f0-9]*:", 3), (r"\S+x?\S+$", 2), (r"\s*\s+:", 2)]
        {
            assert_eq!(found(pattern), [Growth::Power(power)], "{pattern}");
        }
        for pattern in [
            r"\w+\d+",
            r"\w+:\d+:",
            r"[a-z]+\d+:",
            r"\w+\b\d+:",
            r"\w++\d+:",
            r"\S+\s+:",
            r".*?\s*:",
            r"[^,]* *,",
        ] {
            assert_eq!(found(pattern), [], "{pattern}");
        }
    }
}
