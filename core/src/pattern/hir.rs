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
use super::pool::Pool;
use super::syntax::{
    Assertion, ClassItem, ClassSet, GroupKind, GroupRef, Node, NodeKind, Parsed, RepeatMode, Span,
};
use super::unicode::{ByteSet, CharSet, Class};

mod build;
mod special;

use build::{alternate, atomic, concat, either, empty, literal, repeat, shared_class};
use special::LongFolds;

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
#[expect(missing_docs, reason = "the comment of a variant speaks of its fields")]
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

/// Resolves a syntax tree, with classes of the pool.
///
/// # Errors
/// Unknown names and properties, look-behind without a fixed width, recursion without an end.
pub(super) fn lower(parsed: Parsed, pool: &mut Pool) -> Result<Pattern, SyntaxError> {
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
        classes: Shared::default(),
        pool,
        look_behinds: 0,
        long_folds: None,
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
            collect_groups(body, bodies);
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
            for node in nodes {
                collect_head_calls(node, calls);
            }
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

/// Classes that are shared by the nodes of a pattern.
#[derive(Default)]
struct Shared {
    made: Vec<Arc<Class>>,
    range_count: usize,
}

impl Shared {
    fn share(&mut self, class: Arc<Class>) -> Arc<Class> {
        if let Some(known) = self.made.iter().rev().take(64).find(|known| **known == class) {
            return known.clone();
        }
        self.range_count += class.ranges.len();
        self.made.push(class.clone());
        class
    }
}

struct Lowering<'n, 'p> {
    group_count: u32,
    /// Groups of a name, the last one first.
    by_name: BTreeMap<&'n str, Vec<u32>>,
    numbered: bool,
    called: Vec<u32>,
    call_span: Option<Span>,
    reads_captures: bool,
    /// Groups named by all references together.
    references: usize,
    classes: Shared,
    pool: &'p mut Pool,
    /// Look-behinds around the node: there every character has one character only.
    look_behinds: usize,
    long_folds: Option<LongFolds>,
}

impl Lowering<'_, '_> {
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
            NodeKind::Char { value, fold: true } => {
                let mut nodes = Vec::new();
                self.folded_run(&[(*value, span)], &mut nodes)?;
                concat(nodes, span)
            }
            NodeKind::Char { value, fold: false } => literal(String::from(*value).into(), span),
            NodeKind::Class { set, fold } => {
                let negated = set.negated;
                if !*fold && let Some(known) = self.pool.classes.get(set) {
                    let known = known.clone();
                    return self.shared(known, span);
                }
                let bracket = set;
                let set = evaluate(bracket, *fold, self.pool)?;
                let class = self.class(&set, span)?;
                if !*fold && let HirKind::Class(made) = &class.kind {
                    self.pool.classes.insert(bracket.clone(), made.clone());
                }
                if !*fold || negated || self.look_behinds > 0 {
                    return Ok(class);
                }
                // `(?i)[äöüß]` matches `ss` too; a class that lists so few was meant to.
                let mut nodes = vec![class];
                nodes.extend(set.chars(MAX_LISTED).filter_map(|c| special::long_fold(c, span)));
                alternate(nodes, span)
            }
            NodeKind::Concat(nodes) => {
                let nodes = self.sequence(nodes)?;
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
            NodeKind::Grapheme => special::grapheme(span),
            NodeKind::Group { kind, body } => self.group(*kind, body, span)?,
            NodeKind::Keep => Hir { kind: HirKind::Keep, span, facts: Facts::NOTHING },
            NodeKind::LineBreak => {
                let mut set = CharSet::range('\n', '\r');
                set.union(&CharSet::range('\u{85}', '\u{85}'));
                set.union(&CharSet::range('\u{2028}', '\u{2029}'));
                let nodes = vec![literal("\r\n".into(), span), self.class(&set, span)?];
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

    /// Lowers a sequence; characters whose case is ignored are taken together.
    fn sequence(&mut self, nodes: &[Node]) -> Result<Vec<Hir>, SyntaxError> {
        let mut lowered = Vec::with_capacity(nodes.len());
        let mut run = Vec::new();
        for node in nodes {
            if let NodeKind::Char { value, fold: true } = node.kind {
                run.push((value, node.span));
                continue;
            }
            self.folded_run(&run, &mut lowered)?;
            run.clear();
            lowered.push(self.node(node)?);
        }
        self.folded_run(&run, &mut lowered)?;
        Ok(lowered)
    }

    fn folded_run(
        &mut self,
        run: &[(char, Span)],
        nodes: &mut Vec<Hir>,
    ) -> Result<(), SyntaxError> {
        if run.is_empty() {
            return Ok(());
        }
        if self.look_behinds == 0 {
            self.long_folds.get_or_insert_with(LongFolds::new).run(run, nodes);
            return Ok(());
        }
        for &(c, span) in run {
            let node = self.class(&CharSet::folded(c), span)?;
            nodes.push(node);
        }
        Ok(())
    }

    fn group(&mut self, kind: GroupKind, body: &Node, span: Span) -> Result<Hir, SyntaxError> {
        let GroupKind::Look { behind: true, negative } = kind else {
            let body = self.node(body)?;
            return Ok(match kind {
                GroupKind::Absent => match body.facts.chars {
                    Some(chars) if chars > 0 && !body.facts.captures => {
                        special::absent(body, chars, span)
                    }
                    _ => {
                        let kind = Kind::Unsupported("`(?~...)` around a text of varying length");
                        return Err(SyntaxError::new(span.range(), kind));
                    }
                },
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
            self.look_behinds += 1;
            let branch = self.node(node)?;
            self.look_behinds -= 1;
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
        self.shared(Arc::new(set.to_class()), span)
    }

    fn shared(&mut self, class: Arc<Class>, span: Span) -> Result<Hir, SyntaxError> {
        let class = self.classes.share(class);
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

fn evaluate(set: &ClassSet, fold: bool, pool: &mut Pool) -> Result<CharSet, SyntaxError> {
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

/// Characters up to which a class is looked through for those that fold to several.
const MAX_LISTED: usize = 64;
