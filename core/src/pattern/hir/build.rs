//! Makers of HIR nodes: each works out the facts of its node from those below.

use std::sync::Arc;

use super::super::syntax::{RepeatMode, Span};
use super::super::unicode::{ByteSet, CharSet, Class};
use super::{Facts, Hir, HirKind};

pub(super) fn empty(span: Span) -> Hir {
    Hir { kind: HirKind::Empty, span, facts: Facts { first: ByteSet::default(), ..Facts::NOTHING } }
}

pub(super) fn literal(text: Box<str>, span: Span) -> Hir {
    let mut first = ByteSet::default();
    if let Some(&byte) = text.as_bytes().first() {
        first.insert(byte);
    }
    let bytes = saturate(text.len());
    let facts = Facts {
        min_bytes: bytes,
        max_bytes: Some(bytes),
        chars: Some(saturate(text.chars().count())),
        first,
        ..Facts::NOTHING
    };
    Hir { kind: HirKind::Literal(text), span, facts }
}

pub(super) fn class(set: &CharSet, span: Span) -> Hir {
    match set.single() {
        Some(c) => literal(String::from(c).into(), span),
        None => shared_class(Arc::new(set.to_class()), span),
    }
}

pub(super) fn shared_class(class: Arc<Class>, span: Span) -> Hir {
    let ascii = !class.bytes.ascii().is_empty();
    let shortest = class.ranges.first().map_or(1, |(low, _)| low.len_utf8());
    let longest = class.ranges.last().map_or(1, |(_, high)| high.len_utf8());
    let min = if ascii || class.is_empty { 1 } else { shortest };
    let facts = Facts {
        min_bytes: saturate(min),
        max_bytes: Some(saturate(longest)),
        chars: Some(1),
        first: class.bytes,
        ..Facts::NOTHING
    };
    Hir { kind: HirKind::Class(class), span, facts }
}

pub(super) fn atomic(body: Hir, span: Span) -> Hir {
    let facts = body.facts;
    Hir { kind: HirKind::Atomic(Box::new(body)), span, facts }
}

pub(super) fn repeat(body: Hir, min: u32, max: Option<u32>, mode: RepeatMode, span: Span) -> Hir {
    let facts = body.facts;
    // Once is as good as often for what consumes nothing.
    let (min, max) = match facts.max_bytes {
        Some(0) if facts.chars == Some(0) && !facts.captures => {
            (min.min(1), Some(max.unwrap_or(1).min(1)))
        }
        _ => (min, max),
    };
    if max == Some(0) {
        let nothing = empty(span);
        if !facts.captures {
            return nothing;
        }
        // `(?<n>...){0}` defines a group that is only called.
        let facts = Facts { captures: true, ..nothing.facts };
        return Hir { kind: HirKind::Repeat { body: Box::new(body), min, max, mode }, span, facts };
    }
    if (min, max) == (1, Some(1)) {
        return Hir { span, ..body };
    }
    let chars = match facts.chars {
        Some(0) => Some(0),
        Some(chars) if max == Some(min) => chars.checked_mul(min),
        _ => None,
    };
    let max_bytes = match (facts.max_bytes, max) {
        (Some(0), _) => Some(0),
        (Some(bytes), Some(max)) => bytes.checked_mul(max),
        _ => None,
    };
    let min_bytes = facts.min_bytes.saturating_mul(min);
    let facts = Facts { min_bytes, max_bytes, chars, ..facts };
    Hir { kind: HirKind::Repeat { body: Box::new(body), min, max, mode }, span, facts }
}

pub(super) fn alternate(mut nodes: Vec<Hir>, span: Span) -> Hir {
    if nodes.len() == 1
        && let Some(only) = nodes.pop()
    {
        return Hir { span, ..only };
    }
    let mut facts = nodes.first().map_or(Facts::NOTHING, |node| node.facts);
    for node in nodes.iter().skip(1) {
        facts = either(&facts, &node.facts);
    }
    Hir { kind: HirKind::Alternate(nodes), span, facts }
}

pub(super) fn either(left: &Facts, right: &Facts) -> Facts {
    Facts {
        min_bytes: left.min_bytes.min(right.min_bytes),
        max_bytes: left.max_bytes.zip(right.max_bytes).map(|(left, right)| left.max(right)),
        chars: left.chars.filter(|chars| Some(*chars) == right.chars),
        first: left.first.union(&right.first),
        captures: left.captures | right.captures,
        look_ahead: left.look_ahead | right.look_ahead,
    }
}

/// Joins a sequence: nested sequences are flattened, neighbouring literals become one.
pub(super) fn concat(nodes: Vec<Hir>, span: Span) -> Hir {
    let mut flat: Vec<Hir> = Vec::with_capacity(nodes.len());
    for node in nodes {
        match node.kind {
            HirKind::Concat(inner) => inner.into_iter().for_each(|node| push(&mut flat, node)),
            HirKind::Empty => {}
            _ => push(&mut flat, node),
        }
    }
    match flat.len() {
        0 => empty(span),
        1 => flat.remove(0),
        _ => {
            let facts = sequence_facts(&flat);
            Hir { kind: HirKind::Concat(flat), span, facts }
        }
    }
}

fn push(flat: &mut Vec<Hir>, node: Hir) {
    if let (HirKind::Literal(more), Some(last)) = (&node.kind, flat.last_mut())
        && let HirKind::Literal(text) = &last.kind
    {
        let text = format!("{text}{more}");
        let span = Span { start: last.span.start, end: node.span.end };
        *last = literal(text.into(), span);
        return;
    }
    flat.push(node);
}

fn sequence_facts(nodes: &[Hir]) -> Facts {
    let mut facts = Facts { first: ByteSet::default(), ..Facts::NOTHING };
    for Hir { facts: next, .. } in nodes {
        if facts.nullable() && next.max_bytes != Some(0) {
            facts.first = facts.first.union(&next.first);
        }
        facts.min_bytes = facts.min_bytes.saturating_add(next.min_bytes);
        facts.max_bytes = facts.max_bytes.zip(next.max_bytes).and_then(|(a, b)| a.checked_add(b));
        facts.chars = facts.chars.zip(next.chars).and_then(|(a, b)| a.checked_add(b));
        facts.captures |= next.captures;
        facts.look_ahead |= next.look_ahead;
    }
    facts
}

fn saturate(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
