//! Constructs that stand for a larger regex: `\\X`, `(?~…)`, and characters whose case folding has
//! several characters.

use std::collections::BTreeMap;

use super::super::syntax::{RepeatMode, Span};
use super::super::unicode::{CharSet, fold_all};
use super::build::{alternate, atomic, class, concat, empty, literal, repeat};
use super::{Facts, Hir, HirKind};

/// `\X`: an extended grapheme cluster of UAX 29, atomic.
pub(super) fn grapheme(span: Span) -> Hir {
    let gcb = |names: &[&str]| {
        let mut set = CharSet::empty();
        for name in names {
            set.union(&CharSet::grapheme_break(name));
        }
        set
    };
    let one = |names: &[&str]| class(&gcb(names), span);
    let star = |hir: Hir| repeat(hir, 0, None, RepeatMode::Greedy, span);
    let plus = |hir: Hir| repeat(hir, 1, None, RepeatMode::Greedy, span);
    let seq = |nodes: Vec<Hir>| concat(nodes, span);
    let optional = |hir: Hir| repeat(hir, 0, Some(1), RepeatMode::Greedy, span);
    let pictograph =
        || class(&CharSet::property("Extended_Pictographic").unwrap_or_else(CharSet::empty), span);
    let mut other = gcb(&["Control", "CR", "LF"]);
    other.negate();
    let hangul = alternate(
        vec![
            seq(vec![
                star(one(&["L"])),
                alternate(
                    vec![
                        seq(vec![plus(one(&["V"])), star(one(&["T"]))]),
                        seq(vec![one(&["LV"]), star(one(&["V"])), star(one(&["T"]))]),
                        seq(vec![one(&["LVT"]), star(one(&["T"]))]),
                    ],
                    span,
                ),
            ]),
            plus(one(&["L"])),
            plus(one(&["T"])),
        ],
        span,
    );
    let emoji = seq(vec![
        pictograph(),
        star(seq(vec![star(one(&["Extend"])), one(&["ZWJ"]), pictograph()])),
    ]);
    let flag = seq(vec![one(&["Regional_Indicator"]), one(&["Regional_Indicator"])]);
    let core = alternate(vec![flag, hangul, emoji, class(&other, span)], span);
    let cluster =
        seq(vec![star(one(&["Prepend"])), core, star(one(&["Extend", "SpacingMark", "ZWJ"]))]);
    let prepend = seq(vec![plus(one(&["Prepend"])), optional(empty(span))]);
    let mut any = CharSet::empty();
    any.negate();
    let nodes = vec![literal("\r\n".into(), span), cluster, prepend, class(&any, span)];
    atomic(alternate(nodes, span), span)
}

/// `(?~X)`: the longest text without a match of X, for an X that always has `chars` characters.
///
/// That is any number of characters at which X does not begin, then the characters that are too
/// few to hold it.
pub(super) fn absent(body: Hir, chars: u32, span: Span) -> Hir {
    let any = || {
        let mut set = CharSet::empty();
        set.negate();
        class(&set, span)
    };
    let facts = Facts { look_ahead: true, ..empty(span).facts };
    let kind = HirKind::LookAhead { negative: true, body: Box::new(body) };
    let one = concat(vec![Hir { kind, span, facts }, any()], span);
    let rest = repeat(any(), 0, Some(chars - 1), RepeatMode::Greedy, span);
    concat(vec![repeat(one, 0, None, RepeatMode::Greedy, span), rest], span)
}

/// The characters that fold to several, by what they fold to: `ss` to `ß` and `ẞ`.
#[derive(Debug)]
pub(super) struct LongFolds(BTreeMap<String, Vec<char>>);

impl LongFolds {
    /// Works out the table from the case mappings of the standard library.
    pub(super) fn new() -> Self {
        let mut table: BTreeMap<String, Vec<char>> = BTreeMap::new();
        for (low, high) in LONG_FOLD_BLOCKS {
            for c in low..=high {
                let folded = fold_all(c);
                if folded.chars().nth(1).is_some() {
                    table.entry(folded).or_default().push(c);
                }
            }
        }
        Self(table)
    }

    /// Gives the node of a run of folded characters, each with its span.
    pub(super) fn run(&self, run: &[(char, Span)], nodes: &mut Vec<Hir>) {
        let mut at = 0;
        while let Some(&(c, span)) = run.get(at) {
            let found = (2..=3).rev().find_map(|len| {
                let part = run.get(at..at + len)?;
                let folded: String = part.iter().flat_map(|(c, _)| fold_chars(*c)).collect();
                Some((part, self.0.get(&folded)?))
            });
            if let Some((part, chars)) = found {
                let whole = Span { start: span.start, end: part[part.len() - 1].1.end };
                let simple = part.iter().map(|(c, span)| class(&CharSet::folded(*c), *span));
                let simple = concat(simple.collect(), whole);
                let mut set = CharSet::empty();
                for c in chars {
                    set.union(&CharSet::range(*c, *c));
                }
                nodes.push(alternate(vec![simple, class(&set, whole)], whole));
                at += part.len();
                continue;
            }
            let mut ways = vec![class(&CharSet::folded(c), span)];
            ways.extend(long_fold(c, span));
            nodes.push(alternate(ways, span));
            at += 1;
        }
    }
}

/// What a character folds to, if that is several characters.
pub(super) fn long_fold(c: char, span: Span) -> Option<Hir> {
    let folded = fold_all(c);
    folded.chars().nth(1)?;
    Some(concat(folded.chars().map(|c| class(&CharSet::folded(c), span)).collect(), span))
}

fn fold_chars(c: char) -> impl Iterator<Item = char> {
    fold_all(c).chars().collect::<Vec<_>>().into_iter()
}

/// Where the characters are that fold to several.
const LONG_FOLD_BLOCKS: [(char, char); 5] = [
    ('\u{df}', '\u{1f0}'),
    ('\u{390}', '\u{587}'),
    ('\u{1e96}', '\u{1e9e}'),
    ('\u{1f50}', '\u{1ffc}'),
    ('\u{fb00}', '\u{fb17}'),
];
