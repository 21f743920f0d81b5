//! Syntax tree to HIR: names are group numbers, classes are sets, what is fixed is known.
//!
//! `(?i)k` becomes `Class {k, K, U+212A}`, `ab` becomes `Literal "ab"`, `\R` its alternatives.
//! Every node has the span of its text (so that a provenance map of the expanded grok pattern
//! can say which `%{NAME}` it came from) and [`Facts`] that hold for all of its matches; both
//! executors compile from here and nothing in the tree belongs to one of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::limits;

use super::error::{SyntaxError, SyntaxErrorKind as Kind};
use super::syntax::{
    Assertion, ClassItem, ClassSet, GroupKind, GroupRef, NamedClass, Node, NodeKind, Parsed,
    RepeatMode, Span,
};
use super::unicode::{ByteSet, CharSet, Class};

/// One node of the HIR.
#[derive(Clone, Debug)]
pub struct Hir {
    /// What it matches.
    pub kind: HirKind,
    /// The text that it came from; a literal spans all of its characters.
    pub span: Span,
    /// What holds for each of its matches.
    pub facts: Facts,
}

/// What a node matches.
#[derive(Clone, Debug)]
pub enum HirKind {
    /// The first alternative that leads to a match; two or more.
    Alternate(Vec<Hir>),
    /// A place.
    Assert(Assertion),
    /// The first match of the body, for good.
    Atomic(Box<Hir>),
    /// The text that one of the groups holds, tried in this order; unset groups are passed over.
    Backref { groups: Box<[u32]>, fold: bool },
    /// The pattern of a group, or of the whole regex for 0.
    Call(u32),
    /// A numbered group.
    Capture { index: u32, body: Box<Hir> },
    /// One character of a set; an empty set matches nothing.
    Class(Arc<Class>),
    /// One after the other; two or more.
    Concat(Vec<Hir>),
    /// Nothing, always.
    Empty,
    /// `yes` if one of the groups is set, else `no`.
    If { groups: Box<[u32]>, yes: Box<Hir>, no: Box<Hir> },
    /// The match begins here.
    Keep,
    /// These bytes.
    Literal(Box<str>),
    /// The body matches from here on, or does not; atomic.
    LookAhead { negative: bool, body: Box<Hir> },
    /// One of the branches matches up to here, or none does; atomic. Each branch matches this
    /// number of characters.
    LookBehind { negative: bool, branches: Vec<(u32, Hir)> },
    /// The body again and again; an iteration that consumes nothing ends an unbounded repeat.
    Repeat { body: Box<Hir>, min: u32, max: Option<u32>, mode: RepeatMode },
}

/// What holds for every match of a node.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Least number of bytes that are consumed.
    pub min_bytes: u32,
    /// Greatest number of bytes that are consumed; `None`: no bound is known.
    pub max_bytes: Option<u32>,
    /// Number of characters that are consumed, if all matches agree.
    pub chars: Option<u32>,
    /// Bytes that a match which consumes something can begin with.
    pub first: ByteSet,
    /// Whether there is a capture inside.
    pub captures: bool,
    /// Whether there is a lookahead inside.
    pub look_ahead: bool,
}

/// A whole regex.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// The tree.
    pub root: Hir,
    /// Number of capture groups.
    pub group_count: u32,
    /// Named groups in order of their opening parenthesis, duplicates kept.
    pub names: Vec<(Box<str>, u32)>,
    /// Groups that are called, 0 for the whole regex; sorted.
    pub called: Vec<u32>,
    /// Whether a back-reference or a conditional reads a capture while matching.
    pub reads_captures: bool,
}

impl Facts {
    const NOTHING: Self = Self {
        min_bytes: 0,
        max_bytes: Some(0),
        chars: Some(0),
        first: ByteSet::FULL,
        captures: false,
        look_ahead: false,
    };

    const UNKNOWN: Self = Self { max_bytes: None, chars: None, ..Self::NOTHING };

    /// Tells whether a match can consume nothing.
    pub fn nullable(&self) -> bool {
        self.min_bytes == 0
    }
}

/// Resolves a syntax tree.
///
/// # Errors
/// Unknown names and properties, look-behind without a fixed width, recursion without an end.
pub fn lower(parsed: Parsed) -> Result<Pattern, SyntaxError> {
    let Parsed { root, group_count, names, numbered } = parsed;
    let mut by_name: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (name, index) in names.iter().rev() {
        by_name.entry(name).or_default().push(*index);
    }
    let mut lowering = Lowering {
        group_count,
        by_name,
        numbered,
        called: Vec::new(),
        call_span: None,
        reads_captures: false,
        references: 0,
        classes: ClassPool::default(),
    };
    let root = lowering.node(&root)?;
    let Lowering { mut called, call_span, reads_captures, .. } = lowering;
    called.sort_unstable();
    called.dedup();
    if let Some(span) = call_span.filter(|_| called.len() > limits::PATTERN_MAX_CALLED) {
        return Err(too_large(span));
    }
    if let Some(span) = call_span
        && !calls_end(&root, group_count, &called)
    {
        return Err(SyntaxError::new(span.range(), Kind::NeverEndingRecursion));
    }
    Ok(Pattern { root, group_count, names, called, reads_captures })
}

/// Tells whether there is a way through every called group without calling it again, and no way
/// back to it without consuming something.
fn calls_end(root: &Hir, group_count: u32, called: &[u32]) -> bool {
    let mut bodies: Vec<Option<&Hir>> = vec![None; group_count as usize + 1];
    bodies[0] = Some(root);
    collect_groups(root, &mut bodies);
    let mut heads: Vec<(u32, Vec<u32>)> = Vec::with_capacity(called.len());
    for &group in called {
        let mut calls = Vec::new();
        if let Some(body) = bodies[group as usize] {
            collect_head_calls(body, &mut calls);
        }
        calls.sort_unstable();
        calls.dedup();
        heads.push((group, calls));
    }
    // A group that calls nothing at its head cannot be part of a circle.
    while let Some(at) = heads.iter().position(|(_, calls)| calls.is_empty()) {
        let (done, _) = heads.swap_remove(at);
        for (_, calls) in &mut heads {
            calls.retain(|call| *call != done);
        }
    }
    if !heads.is_empty() {
        return false;
    }
    let mut ends = vec![false; bodies.len()];
    loop {
        let mut grown = false;
        for &group in called {
            let index = group as usize;
            if !ends[index] && bodies[index].is_some_and(|body| can_end(body, &ends)) {
                ends[index] = true;
                grown = true;
            }
        }
        if !grown {
            return called.iter().all(|&group| ends[group as usize]);
        }
    }
}

/// Finds the bodies of all groups.
pub fn collect_groups<'h>(hir: &'h Hir, bodies: &mut Vec<Option<&'h Hir>>) {
    match &hir.kind {
        HirKind::Alternate(nodes) | HirKind::Concat(nodes) => {
            for node in nodes {
                collect_groups(node, bodies);
            }
        }
        HirKind::Capture { index, body } => {
            if let Some(slot) = bodies.get_mut(*index as usize) {
                *slot = Some(hir);
            }
            collect_groups(body, bodies);
        }
        HirKind::Atomic(body) | HirKind::LookAhead { body, .. } | HirKind::Repeat { body, .. } => {
            collect_groups(body, bodies)
        }
        HirKind::LookBehind { branches, .. } => {
            for (_, branch) in branches {
                collect_groups(branch, bodies);
            }
        }
        HirKind::If { yes, no, .. } => {
            collect_groups(yes, bodies);
            collect_groups(no, bodies);
        }
        _ => {}
    }
}

/// Finds the groups that are called before anything is consumed.
fn collect_head_calls(hir: &Hir, calls: &mut Vec<u32>) {
    match &hir.kind {
        HirKind::Alternate(nodes) => {
            nodes.iter().for_each(|node| collect_head_calls(node, calls));
        }
        HirKind::Concat(nodes) => {
            for node in nodes {
                collect_head_calls(node, calls);
                if !node.facts.nullable() {
                    break;
                }
            }
        }
        HirKind::Capture { body, .. }
        | HirKind::Atomic(body)
        | HirKind::LookAhead { body, .. }
        | HirKind::Repeat { body, .. } => collect_head_calls(body, calls),
        HirKind::If { yes, no, .. } => {
            collect_head_calls(yes, calls);
            collect_head_calls(no, calls);
        }
        HirKind::Call(group) => calls.push(*group),
        _ => {}
    }
}

fn can_end(hir: &Hir, ends: &[bool]) -> bool {
    match &hir.kind {
        HirKind::Alternate(nodes) => nodes.iter().any(|node| can_end(node, ends)),
        HirKind::Concat(nodes) => nodes.iter().all(|node| can_end(node, ends)),
        HirKind::Capture { body, .. }
        | HirKind::Atomic(body)
        | HirKind::LookAhead { negative: false, body } => can_end(body, ends),
        HirKind::Repeat { body, min, .. } => *min == 0 || can_end(body, ends),
        HirKind::If { yes, no, .. } => can_end(yes, ends) || can_end(no, ends),
        HirKind::Call(group) => ends.get(*group as usize).copied().unwrap_or(false),
        _ => true,
    }
}

fn too_large(span: Span) -> SyntaxError {
    SyntaxError::new(span.range(), Kind::ProgramTooLarge(limits::PATTERN_MAX_PROGRAM))
}

/// Sets that are made once and shared by the nodes of a pattern.
#[derive(Default)]
struct ClassPool {
    named: Vec<(NamedClass, bool, CharSet)>,
    properties: BTreeMap<Box<str>, CharSet>,
    made: Vec<Arc<Class>>,
    range_count: usize,
}

impl ClassPool {
    fn named(&mut self, name: NamedClass, ascii: bool) -> CharSet {
        if let Some((_, _, set)) =
            self.named.iter().find(|known| (known.0, known.1) == (name, ascii))
        {
            return set.clone();
        }
        let set = CharSet::named(name, ascii);
        self.named.push((name, ascii, set.clone()));
        set
    }

    fn property(&mut self, name: &str) -> Option<CharSet> {
        if let Some(set) = self.properties.get(name) {
            return Some(set.clone());
        }
        let set = CharSet::property(name)?;
        self.properties.insert(name.into(), set.clone());
        Some(set)
    }

    fn share(&mut self, class: Class) -> Arc<Class> {
        if let Some(known) = self.made.iter().rev().take(64).find(|known| ***known == class) {
            return known.clone();
        }
        self.range_count += class.ranges.len();
        let class = Arc::new(class);
        self.made.push(class.clone());
        class
    }
}

struct Lowering<'n> {
    group_count: u32,
    /// Groups of a name, the last one first.
    by_name: BTreeMap<&'n str, Vec<u32>>,
    numbered: bool,
    called: Vec<u32>,
    call_span: Option<Span>,
    reads_captures: bool,
    /// Groups named by all references together.
    references: usize,
    classes: ClassPool,
}

impl Lowering<'_> {
    fn node(&mut self, node: &Node) -> Result<Hir, SyntaxError> {
        let span = node.span;
        Ok(match &node.kind {
            NodeKind::Alternate(nodes) => {
                let nodes =
                    nodes.iter().map(|node| self.node(node)).collect::<Result<Vec<_>, _>>()?;
                alternate(nodes, span)
            }
            NodeKind::Any { newline } => {
                let mut set = if *newline { CharSet::empty() } else { CharSet::range('\n', '\n') };
                set.negate();
                self.class(&set, span)?
            }
            NodeKind::Assert(assertion) => {
                Hir { kind: HirKind::Assert(*assertion), span, facts: Facts::NOTHING }
            }
            NodeKind::Backref { target, fold } => {
                let groups = self.groups(target, span)?;
                self.reads_captures = true;
                let kind = HirKind::Backref { groups, fold: *fold };
                Hir { kind, span, facts: Facts::UNKNOWN }
            }
            NodeKind::Call(target) => {
                let groups = self.call_groups(target, span)?;
                self.called.push(groups);
                self.call_span = Some(span);
                Hir { kind: HirKind::Call(groups), span, facts: Facts::UNKNOWN }
            }
            NodeKind::Char { value, fold: true } => self.class(&CharSet::folded(*value), span)?,
            NodeKind::Char { value, fold: false } => literal(String::from(*value).into(), span),
            NodeKind::Class { set, fold } => {
                let set = evaluate(set, *fold, &mut self.classes)?;
                self.class(&set, span)?
            }
            NodeKind::Concat(nodes) => {
                let nodes =
                    nodes.iter().map(|node| self.node(node)).collect::<Result<Vec<_>, _>>()?;
                concat(nodes, span)
            }
            NodeKind::Conditional { group, yes, no } => {
                let groups = self.groups(group, span)?;
                self.reads_captures = true;
                let yes = Box::new(self.node(yes)?);
                let no = Box::new(self.node(no)?);
                let facts = either(&yes.facts, &no.facts);
                Hir { kind: HirKind::If { groups, yes, no }, span, facts }
            }
            NodeKind::Empty => empty(span),
            NodeKind::Grapheme => grapheme(span),
            NodeKind::Group { kind, body } => self.group(*kind, body, span)?,
            NodeKind::Keep => Hir { kind: HirKind::Keep, span, facts: Facts::NOTHING },
            NodeKind::LineBreak => {
                let mut set = CharSet::range('\n', '\r');
                set.union(&CharSet::range('\u{85}', '\u{85}'));
                set.union(&CharSet::range('\u{2028}', '\u{2029}'));
                let nodes = vec![literal("\r\n".into(), span), class(&set, span)];
                atomic(alternate(nodes, span), span)
            }
            NodeKind::Repeat { body, min, max, mode } => {
                let body = self.node(body)?;
                match mode {
                    RepeatMode::Possessive => {
                        atomic(repeat(body, *min, *max, RepeatMode::Greedy, span), span)
                    }
                    mode => repeat(body, *min, *max, *mode, span),
                }
            }
        })
    }

    fn group(&mut self, kind: GroupKind, body: &Node, span: Span) -> Result<Hir, SyntaxError> {
        let GroupKind::Look { behind: true, negative } = kind else {
            let body = self.node(body)?;
            return Ok(match kind {
                GroupKind::Atomic => atomic(body, span),
                GroupKind::Capture(index) => {
                    let facts = Facts { captures: true, ..body.facts };
                    let body = Box::new(body);
                    Hir { kind: HirKind::Capture { index, body }, span, facts }
                }
                GroupKind::Look { negative, .. } => {
                    let captures = body.facts.captures;
                    let body = Box::new(body);
                    let facts = Facts { captures, look_ahead: true, ..Facts::NOTHING };
                    Hir { kind: HirKind::LookAhead { negative, body }, span, facts }
                }
            });
        };
        let nodes = match &body.kind {
            NodeKind::Alternate(nodes) => nodes.as_slice(),
            _ => std::slice::from_ref(body),
        };
        let mut branches = Vec::with_capacity(nodes.len());
        let mut captures = false;
        for node in nodes {
            let branch = self.node(node)?;
            if branch.facts.look_ahead {
                return Err(SyntaxError::new(node.span.range(), Kind::InvalidLookBehind));
            }
            if negative && branch.facts.captures {
                return Err(SyntaxError::new(node.span.range(), Kind::CaptureInLookBehind));
            }
            let Some(chars) = branch.facts.chars else {
                return Err(SyntaxError::new(node.span.range(), Kind::InvalidLookBehind));
            };
            captures |= branch.facts.captures;
            branches.push((chars, branch));
        }
        let facts = Facts { captures, ..Facts::NOTHING };
        let even = branches.windows(2).all(|pair| pair[0].0 == pair[1].0);
        if negative || even {
            return Ok(Hir { kind: HirKind::LookBehind { negative, branches }, span, facts });
        }
        // Oniguruma divides a look-behind of uneven width into alternatives, which can be
        // backtracked into.
        let nodes = branches
            .into_iter()
            .map(|branch| {
                let kind = HirKind::LookBehind { negative, branches: vec![branch] };
                Hir { kind, span, facts }
            })
            .collect();
        Ok(alternate(nodes, span))
    }

    fn class(&mut self, set: &CharSet, span: Span) -> Result<Hir, SyntaxError> {
        if let Some(c) = set.single() {
            return Ok(literal(String::from(c).into(), span));
        }
        let class = self.classes.share(set.to_class());
        if self.classes.range_count > limits::PATTERN_MAX_PROGRAM {
            return Err(too_large(span));
        }
        Ok(shared_class(class, span))
    }

    /// Finds the groups of a reference, the last one first, as Oniguruma tries them.
    fn groups(&mut self, target: &GroupRef, span: Span) -> Result<Box<[u32]>, SyntaxError> {
        let groups: Box<[u32]> = match target {
            GroupRef::Number(number) => [*number].into(),
            GroupRef::Name(name) => match self.by_name.get(&**name) {
                Some(groups) => groups.as_slice().into(),
                None => return Err(undefined(target, span)),
            },
        };
        self.references += groups.len();
        if self.references > limits::PATTERN_MAX_PROGRAM {
            return Err(too_large(span));
        }
        Ok(groups)
    }

    fn call_groups(&mut self, target: &GroupRef, span: Span) -> Result<u32, SyntaxError> {
        let groups = self.groups(target, span)?;
        match (&*groups, target) {
            ([group], GroupRef::Number(_)) if *group > 0 && !self.numbered => {
                Err(SyntaxError::new(span.range(), Kind::NumberedReference))
            }
            ([group], _) if *group <= self.group_count => Ok(*group),
            (_, GroupRef::Name(name)) => {
                Err(SyntaxError::new(span.range(), Kind::DuplicateNameCall(name.clone())))
            }
            _ => Err(undefined(target, span)),
        }
    }
}

fn undefined(target: &GroupRef, span: Span) -> SyntaxError {
    let name = match target {
        GroupRef::Name(name) => name.clone(),
        GroupRef::Number(number) => number.to_string().into(),
    };
    SyntaxError::new(span.range(), Kind::UndefinedGroup(name))
}

fn evaluate(set: &ClassSet, fold: bool, pool: &mut ClassPool) -> Result<CharSet, SyntaxError> {
    let mut whole: Option<CharSet> = None;
    for operand in &set.operands {
        let mut union = CharSet::empty();
        for item in operand {
            match item {
                ClassItem::Named { name, negated, ascii } => {
                    let mut named = pool.named(*name, *ascii);
                    if *negated {
                        named.negate();
                    }
                    union.union(&named);
                }
                ClassItem::Nested(nested) => union.union(&evaluate(nested, false, pool)?),
                ClassItem::Property { name, negated, span } => {
                    let Some(mut named) = pool.property(name) else {
                        let kind = Kind::UnknownProperty(name.clone());
                        return Err(SyntaxError::new(span.range(), kind));
                    };
                    if *negated {
                        named.negate();
                    }
                    union.union(&named);
                }
                ClassItem::Range(low, high) => union.union(&CharSet::range(*low, *high)),
            }
        }
        match &mut whole {
            None => whole = Some(union),
            Some(whole) => whole.intersect(&union),
        }
    }
    let mut whole = whole.unwrap_or_else(CharSet::empty);
    if fold {
        whole.fold();
    }
    if set.negated {
        whole.negate();
    }
    Ok(whole)
}

fn empty(span: Span) -> Hir {
    Hir { kind: HirKind::Empty, span, facts: Facts { first: ByteSet::default(), ..Facts::NOTHING } }
}

fn literal(text: Box<str>, span: Span) -> Hir {
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

fn class(set: &CharSet, span: Span) -> Hir {
    match set.single() {
        Some(c) => literal(String::from(c).into(), span),
        None => shared_class(Arc::new(set.to_class()), span),
    }
}

fn shared_class(class: Arc<Class>, span: Span) -> Hir {
    let lens = || class.ranges.iter().flat_map(|(low, high)| [low.len_utf8(), high.len_utf8()]);
    let ascii = (0..0x80).any(|byte| class.bytes.contains(byte));
    let min = if ascii || class.is_empty { 1 } else { lens().min().unwrap_or(1) };
    let facts = Facts {
        min_bytes: saturate(min),
        max_bytes: Some(saturate(lens().max().unwrap_or(1))),
        chars: Some(1),
        first: class.bytes,
        ..Facts::NOTHING
    };
    Hir { kind: HirKind::Class(class), span, facts }
}

fn atomic(body: Hir, span: Span) -> Hir {
    let facts = body.facts;
    Hir { kind: HirKind::Atomic(Box::new(body)), span, facts }
}

fn repeat(body: Hir, min: u32, max: Option<u32>, mode: RepeatMode, span: Span) -> Hir {
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

fn alternate(mut nodes: Vec<Hir>, span: Span) -> Hir {
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

fn either(left: &Facts, right: &Facts) -> Facts {
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
fn concat(nodes: Vec<Hir>, span: Span) -> Hir {
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

/// `\X`: an extended grapheme cluster of UAX 29, atomic.
fn grapheme(span: Span) -> Hir {
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

fn saturate(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
