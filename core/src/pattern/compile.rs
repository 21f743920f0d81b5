//! HIR to the program of the plain executor.
//!
//! `a|b*` becomes `Split 1 3; Literal a; Jump 4; Span b*; Match`. The program is a flat list; a
//! repeat of one character is a single instruction that knows which bytes can follow it, so that
//! giving back skips the places where the rest cannot match. Whatever can be known of a whole
//! search (where a match can start, what it must contain) is in [`Search`].

use std::sync::Arc;

use memchr::memmem::Finder;

use crate::limits;

use super::error::{SyntaxError, SyntaxErrorKind as Kind};
use super::hir::{Hir, HirKind, Pattern, collect_groups};
use super::pool::Pool;
use super::syntax::{self, Assertion, RepeatMode};
use super::unicode::{ByteSet, Class, only_char};

/// Index of an instruction.
pub(super) type Pc = u32;

/// Stands for "no such number" where an instruction may have one.
pub(super) const NONE: u32 = u32::MAX;

/// One instruction.
#[derive(Clone, Debug)]
pub(super) enum Inst {
    /// Checks a place; word boundaries have their own instruction.
    Assert(Assertion),
    /// Drops the choices made since `AtomicStart`.
    AtomicEnd { reg: u32 },
    /// Remembers the height of the stack.
    AtomicStart { reg: u32 },
    /// Matches what the group holds.
    Backref { groups: Box<[u32]>, fold: bool },
    /// Checks whether a word of this class begins or ends here.
    Boundary { class: u32, negated: bool },
    /// Continues at `target` until its `Return`.
    Call { target: Pc },
    /// Matches one character of a set.
    Class { class: u32 },
    /// Enters the body once more or leaves the loop.
    CounterLoop { reg: u32, min: u32, max: u32, lazy: bool, exit: Pc },
    /// Counts one iteration.
    CounterStep { reg: u32 },
    /// Starts counting.
    CounterReset { reg: u32 },
    /// Leaves the loop if the iteration consumed nothing.
    EmptyCheck { reg: u32, exit: Pc },
    /// Remembers where an iteration began.
    EmptyStart { reg: u32 },
    /// Matches nothing.
    Fail,
    /// Sets a group.
    GroupEnd { group: u32, reg: u32 },
    /// Remembers where a group began.
    GroupStart { reg: u32 },
    /// Continues at `no` unless a group is set.
    IfGroup { groups: Box<[u32]>, no: Pc },
    /// Continues elsewhere.
    Jump(Pc),
    /// The match begins here.
    Keep,
    /// Matches bytes of the pool.
    Literal { start: u32, len: u32 },
    /// Goes back to where `LookStart` was and drops the choices since.
    LookEnd { reg: u32 },
    /// Remembers the height of the stack and the place.
    LookStart { reg: u32 },
    /// The search is done.
    Match,
    /// The body of a negative look matched: fails before it.
    NegativeEnd { reg: u32 },
    /// Begins a negative look; continues at `out` if its body fails.
    NegativeStart { reg: u32, out: Pc },
    /// Back to the `Call`.
    Return,
    /// Repeats one character.
    Span(u32),
    /// Two ways, `first` before `second`; `guard` is the set of bytes that `first` can begin with.
    Split { first: Pc, second: Pc, guard: u32, memo: u32 },
    /// Goes back a number of characters.
    StepBack(u32),
}

/// A repeat of one character.
#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) set: SpanSet,
    pub(super) min: u32,
    /// `u32::MAX`: no bound.
    pub(super) max: u32,
    pub(super) mode: RepeatMode,
    /// The bytes of which one must follow.
    pub(super) follow: Follow,
    pub(super) memo: u32,
}

/// What a span repeats.
#[derive(Clone, Debug)]
pub(super) enum SpanSet {
    /// Any character.
    Any,
    /// Any character but `\n`.
    NotNewline,
    /// A class that is not one of the others.
    Class(u32),
}

/// What must follow a span.
#[derive(Clone, Copy, Debug)]
pub(super) enum Follow {
    /// Nothing is known.
    Unknown,
    /// This byte.
    Byte(u8),
    /// One byte of this set.
    Set(u32),
}

/// Where a match can start.
#[derive(Clone, Debug)]
pub(super) enum Start {
    /// Anywhere.
    Anywhere,
    /// Where one of these bytes is.
    Bytes(Vec<u8>),
    /// Where these bytes are.
    Literal(Box<Finder<'static>>),
    /// Only where the search begins.
    Search,
    /// At one of the bytes of a set.
    Set(u32),
    /// Only at the start of the subject.
    Text,
    /// At the start of a line.
    Line,
}

/// What is known of a search as a whole.
#[derive(Clone, Debug)]
pub(super) struct Search {
    pub(super) start: Start,
    /// A text that every match contains.
    pub(super) required: Option<Finder<'static>>,
    pub(super) min_bytes: usize,
}

/// A compiled regex.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) insts: Vec<Inst>,
    /// The regex text that each instruction came from; read by explanations alone.
    pub(super) origins: Vec<syntax::Span>,
    /// First instruction of each look that is in no other, and the one behind its last; ascending.
    pub(super) looks: Vec<(Pc, Pc)>,
    pub(super) spans: Vec<Span>,
    pub(super) classes: Vec<Arc<Class>>,
    pub(super) sets: Vec<ByteSet>,
    pub(super) literals: Vec<u8>,
    pub(super) group_count: u32,
    pub(super) reg_count: u32,
    pub(super) memo_count: u32,
    pub(super) search: Search,
}

/// Compiles a pattern.
///
/// # Errors
/// A program above [`limits::PATTERN_MAX_PROGRAM`].
pub(super) fn compile(pattern: &Pattern, pool: &mut Pool) -> Result<Program, SyntaxError> {
    let mut compiler = Compiler {
        program: Program {
            insts: Vec::new(),
            origins: Vec::new(),
            looks: Vec::new(),
            spans: Vec::new(),
            classes: Vec::new(),
            sets: Vec::new(),
            literals: Vec::new(),
            group_count: pattern.group_count,
            reg_count: pattern.group_count,
            memo_count: 0,
            search: search(pattern),
        },
        calls: Vec::new(),
        words: [NONE; 2],
        pool,
        memo: pattern.called.is_empty() && !pattern.reads_captures,
        origin: pattern.root.span,
        looks_around: 0,
    };
    if let Start::Anywhere = compiler.program.search.start {
        let facts = &pattern.root.facts;
        if !facts.nullable() && facts.first.len() < 250 {
            let set = compiler.set(facts.first);
            compiler.program.search.start = Start::Set(set);
        }
    }
    compiler.node(&pattern.root, None)?;
    compiler.push(Inst::Match)?;
    compiler.subroutines(pattern)?;
    Ok(compiler.program)
}

struct Compiler<'p> {
    program: Program,
    /// Calls whose target is not known yet: instruction and group.
    calls: Vec<(Pc, u32)>,
    /// Whether a failure here depends on nothing but the instruction and the place.
    memo: bool,
    /// The classes of `\b`: Unicode, ASCII.
    words: [u32; 2],
    pool: &'p mut Pool,
    /// The text of the node that is being compiled.
    origin: syntax::Span,
    /// Looks around that node.
    looks_around: u32,
}

type Done = Result<(), SyntaxError>;

/// The bytes of which one must follow, if that is known.
type Next = Option<ByteSet>;

impl Compiler<'_> {
    /// Compiles the groups that are called once more, each ending in `Return`.
    fn subroutines(&mut self, pattern: &Pattern) -> Done {
        if pattern.called.is_empty() {
            return Ok(());
        }
        let mut bodies = vec![None; pattern.group_count as usize + 1];
        collect_groups(&pattern.root, &mut bodies);
        bodies[0] = Some(&pattern.root);
        let mut targets = vec![0; bodies.len()];
        for &group in &pattern.called {
            let Some(body) = bodies.get(group as usize).copied().flatten() else { continue };
            targets[group as usize] = self.here();
            self.node(body, None)?;
            self.push(Inst::Return)?;
        }
        for &(pc, group) in &self.calls {
            let target = targets[group as usize];
            self.program.insts[pc as usize] = Inst::Call { target };
        }
        Ok(())
    }

    fn node(&mut self, hir: &Hir, next: Next) -> Done {
        let outer = std::mem::replace(&mut self.origin, hir.span);
        let done = self.kind(hir, next);
        self.origin = outer;
        done
    }

    fn kind(&mut self, hir: &Hir, next: Next) -> Done {
        match &hir.kind {
            HirKind::Alternate(nodes) => self.alternate(nodes, next),
            HirKind::Assert(assertion) => {
                let (ascii, negated) = match assertion {
                    Assertion::WordBoundary { ascii } => (*ascii, false),
                    Assertion::NotWordBoundary { ascii } => (*ascii, true),
                    _ => return self.push(Inst::Assert(*assertion)).map(drop),
                };
                let class = self.word(ascii);
                self.push(Inst::Boundary { class, negated }).map(drop)
            }
            HirKind::Atomic(body) => self.atomic(body),
            HirKind::Backref { groups, fold } => {
                let groups = groups.clone();
                self.push(Inst::Backref { groups, fold: *fold }).map(drop)
            }
            HirKind::Call(group) => {
                let pc = self.push(Inst::Call { target: 0 })?;
                self.calls.push((pc, *group));
                Ok(())
            }
            HirKind::Capture { index, body } => {
                // Register n - 1 belongs to group n.
                let reg = index - 1;
                self.push(Inst::GroupStart { reg })?;
                self.node(body, next)?;
                self.push(Inst::GroupEnd { group: *index, reg }).map(drop)
            }
            HirKind::Class(class) if class.is_empty => self.push(Inst::Fail).map(drop),
            HirKind::Class(class) => {
                let class = self.class(class);
                self.push(Inst::Class { class }).map(drop)
            }
            HirKind::Concat(nodes) => {
                let mut follows = Vec::with_capacity(nodes.len());
                let mut follow = next;
                for node in nodes.iter().rev() {
                    follows.push(follow);
                    follow = first_of(node, follow);
                }
                for (node, follow) in nodes.iter().zip(follows.into_iter().rev()) {
                    self.node(node, follow)?;
                }
                Ok(())
            }
            HirKind::Empty => Ok(()),
            HirKind::If { groups, yes, no } => {
                let groups = groups.clone();
                let test = self.push(Inst::Fail)?;
                self.node(yes, next)?;
                let jump = self.push(Inst::Fail)?;
                self.program.insts[test as usize] = Inst::IfGroup { groups, no: self.here() };
                self.node(no, next)?;
                self.program.insts[jump as usize] = Inst::Jump(self.here());
                Ok(())
            }
            HirKind::Keep => self.push(Inst::Keep).map(drop),
            HirKind::Literal(text) => {
                let start = index(self.program.literals.len());
                self.program.literals.extend_from_slice(text.as_bytes());
                self.push(Inst::Literal { start, len: index(text.len()) }).map(drop)
            }
            HirKind::LookAhead { negative, body } => {
                self.look(*negative, |compiler| compiler.node(body, None))
            }
            HirKind::LookBehind { negative, branches } => {
                self.look(*negative, |compiler| compiler.behind(branches))
            }
            HirKind::Repeat { body, min, max, mode } => self.repeat(body, *min, *max, *mode, next),
        }
    }

    fn alternate(&mut self, nodes: &[Hir], next: Next) -> Done {
        let mut jumps = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            if index + 1 == nodes.len() {
                self.node(node, next)?;
                break;
            }
            let split = self.split(node, next)?;
            self.node(node, next)?;
            jumps.push(self.push(Inst::Fail)?);
            let second = self.here();
            self.patch_split(split, split + 1, second);
        }
        let end = self.here();
        for jump in jumps {
            self.program.insts[jump as usize] = Inst::Jump(end);
        }
        Ok(())
    }

    /// Emits a split whose guarded way is `node`, its ways are set by `patch_split`.
    fn split(&mut self, node: &Hir, next: Next) -> Result<Pc, SyntaxError> {
        let guard = match first_of(node, next) {
            Some(set) if set != ByteSet::FULL => self.set(set),
            _ => NONE,
        };
        let memo = self.memo_id(1);
        self.push(Inst::Split { first: 0, second: 0, guard, memo })
    }

    fn patch_split(&mut self, at: Pc, to_first: Pc, to_second: Pc) {
        if let Inst::Split { first, second, .. } = &mut self.program.insts[at as usize] {
            *first = to_first;
            *second = to_second;
        }
    }

    fn memo_id(&mut self, count: u32) -> u32 {
        if !self.memo {
            return NONE;
        }
        // Ids of spans are even: half of one numbers the span.
        let id = self.program.memo_count.next_multiple_of(count);
        self.program.memo_count = id + count;
        id
    }

    /// Emits code whose failures depend on more than its place.
    fn unmemoized(&mut self, emit: impl FnOnce(&mut Self) -> Done) -> Done {
        let outer = std::mem::replace(&mut self.memo, false);
        let done = emit(self);
        self.memo = outer;
        done
    }

    fn atomic(&mut self, body: &Hir) -> Done {
        if let HirKind::Repeat { body: inner, min, max, .. } = &body.kind
            && let Some(set) = self.span_set(inner)
            && *max != Some(0)
            && let HirKind::Repeat { mode: RepeatMode::Greedy, .. } = &body.kind
        {
            return self.span(set, *min, *max, RepeatMode::Possessive, None);
        }
        if !has_choice(body) {
            return self.node(body, None);
        }
        let reg = self.reg(1);
        self.push(Inst::AtomicStart { reg })?;
        self.unmemoized(|compiler| compiler.node(body, None))?;
        self.push(Inst::AtomicEnd { reg }).map(drop)
    }

    fn look(&mut self, negative: bool, emit: impl FnOnce(&mut Self) -> Done) -> Done {
        let reg = self.reg(2);
        let start = self.push(Inst::LookStart { reg })?;
        self.looks_around += 1;
        let done = self.unmemoized(emit);
        self.looks_around -= 1;
        done?;
        if negative {
            self.push(Inst::NegativeEnd { reg })?;
            self.program.insts[start as usize] = Inst::NegativeStart { reg, out: self.here() };
        } else {
            self.push(Inst::LookEnd { reg })?;
        }
        if self.looks_around == 0 {
            self.program.looks.push((start, self.here()));
        }
        Ok(())
    }

    fn behind(&mut self, branches: &[(u32, Hir)]) -> Done {
        let mut jumps = Vec::new();
        for (at, (chars, branch)) in branches.iter().enumerate() {
            let last = at + 1 == branches.len();
            let split = if last {
                NONE
            } else {
                self.push(Inst::Split { first: 0, second: 0, guard: NONE, memo: NONE })?
            };
            if *chars > 0 {
                self.push(Inst::StepBack(*chars))?;
            }
            self.node(branch, None)?;
            if !last {
                jumps.push(self.push(Inst::Fail)?);
                let second = self.here();
                self.patch_split(split, split + 1, second);
            }
        }
        let end = self.here();
        for jump in jumps {
            self.program.insts[jump as usize] = Inst::Jump(end);
        }
        Ok(())
    }

    fn repeat(
        &mut self,
        body: &Hir,
        min: u32,
        max: Option<u32>,
        mode: RepeatMode,
        next: Next,
    ) -> Done {
        if max == Some(0) {
            return Ok(());
        }
        if let Some(set) = self.span_set(body) {
            return self.span(set, min, max, mode, next);
        }
        let copies = max.unwrap_or_else(|| min.saturating_add(1)).max(min);
        let unrolled = size(body).saturating_add(2).saturating_mul(copies as usize);
        if copies > 1 && unrolled > limits::PATTERN_UNROLL {
            return self.counted(body, min, max, mode);
        }
        let lazy = mode == RepeatMode::Lazy;
        // What can follow one copy: another one, or what follows the repeat.
        let again = join(first_of(body, next), next);
        for copy in 0..min {
            let last = copy + 1 == min && max == Some(min);
            self.node(body, if last { next } else { again })?;
        }
        let Some(max) = max else { return self.endless(body, lazy, next, again) };
        let mut splits = Vec::new();
        for _ in min..max {
            splits.push(if lazy {
                let memo = self.memo_id(1);
                self.push(Inst::Split { first: 0, second: 0, guard: NONE, memo })?
            } else {
                self.split(body, next)?
            });
            self.node(body, again)?;
        }
        let end = self.here();
        for split in splits {
            let (first, second) = if lazy { (end, split + 1) } else { (split + 1, end) };
            self.patch_split(split, first, second);
        }
        Ok(())
    }

    fn endless(&mut self, body: &Hir, lazy: bool, next: Next, again: Next) -> Done {
        let split = if lazy {
            let memo = self.memo_id(1);
            self.push(Inst::Split { first: 0, second: 0, guard: NONE, memo })?
        } else {
            self.split(body, next)?
        };
        if body.facts.nullable() {
            let reg = self.reg(1);
            self.push(Inst::EmptyStart { reg })?;
            self.unmemoized(|compiler| compiler.node(body, again))?;
            let exit = self.here() + 2;
            self.push(Inst::EmptyCheck { reg, exit })?;
        } else {
            self.node(body, again)?;
        }
        self.push(Inst::Jump(split))?;
        let end = self.here();
        let (first, second) = if lazy { (end, split + 1) } else { (split + 1, end) };
        self.patch_split(split, first, second);
        Ok(())
    }

    fn counted(&mut self, body: &Hir, min: u32, max: Option<u32>, mode: RepeatMode) -> Done {
        let lazy = mode == RepeatMode::Lazy;
        let reg = self.reg(1);
        self.push(Inst::CounterReset { reg })?;
        let head = self.push(Inst::Fail)?;
        self.push(Inst::CounterStep { reg })?;
        let check = max.is_none() && body.facts.nullable();
        let empty = check.then(|| self.reg(1));
        if let Some(reg) = empty {
            self.push(Inst::EmptyStart { reg })?;
        }
        self.unmemoized(|compiler| compiler.node(body, None))?;
        if let Some(reg) = empty {
            let exit = self.here() + 2;
            self.push(Inst::EmptyCheck { reg, exit })?;
        }
        self.push(Inst::Jump(head))?;
        let max = max.unwrap_or(u32::MAX);
        let exit = self.here();
        self.program.insts[head as usize] = Inst::CounterLoop { reg, min, max, lazy, exit };
        Ok(())
    }

    fn span_set(&mut self, body: &Hir) -> Option<SpanSet> {
        let class = match &body.kind {
            HirKind::Class(class) if !class.is_empty => class.clone(),
            HirKind::Literal(text) => Arc::new(Class::only(only_char(text)?)),
            _ => return None,
        };
        Some(match (class.all_wide, class.bytes.ascii().len()) {
            (true, 128) => SpanSet::Any,
            (true, 127) if !class.bytes.contains(b'\n') => SpanSet::NotNewline,
            _ => SpanSet::Class(self.class(&class)),
        })
    }

    fn span(
        &mut self,
        set: SpanSet,
        min: u32,
        max: Option<u32>,
        mode: RepeatMode,
        next: Next,
    ) -> Done {
        let follow = match next {
            Some(set) if set.len() == 1 => set.iter().next().map_or(Follow::Unknown, Follow::Byte),
            Some(set) if set != ByteSet::FULL => Follow::Set(self.set(set)),
            _ => Follow::Unknown,
        };
        // Giving back a character helps nobody if none of the set can follow.
        let mode = match next {
            Some(next) if self.is_disjoint(&set, &next) => RepeatMode::Possessive,
            _ => mode,
        };
        let memo = if mode == RepeatMode::Possessive { NONE } else { self.memo_id(2) };
        let span = Span { set, min, max: max.unwrap_or(u32::MAX), mode, follow, memo };
        let id = index(self.program.spans.len());
        self.program.spans.push(span);
        self.push(Inst::Span(id)).map(drop)
    }

    fn is_disjoint(&self, set: &SpanSet, next: &ByteSet) -> bool {
        match set {
            SpanSet::Any => next.is_empty(),
            SpanSet::NotNewline => next.iter().all(|byte| byte == b'\n'),
            SpanSet::Class(class) => {
                let bytes = &self.program.classes[*class as usize].bytes;
                !bytes.intersects(next)
            }
        }
    }

    fn push(&mut self, inst: Inst) -> Result<Pc, SyntaxError> {
        let pc = self.here();
        if self.program.insts.len() >= limits::PATTERN_MAX_PROGRAM {
            return Err(SyntaxError::new(0..0, Kind::ProgramTooLarge(limits::PATTERN_MAX_PROGRAM)));
        }
        self.program.insts.push(inst);
        self.program.origins.push(self.origin);
        Ok(pc)
    }

    fn here(&self) -> Pc {
        index(self.program.insts.len())
    }

    fn reg(&mut self, count: u32) -> u32 {
        let reg = self.program.reg_count;
        self.program.reg_count += count;
        reg
    }

    fn class(&mut self, class: &Arc<Class>) -> u32 {
        let known = self.program.classes.iter().rev().take(64).position(|known| known == class);
        if let Some(back) = known {
            return index(self.program.classes.len() - 1 - back);
        }
        self.program.classes.push(class.clone());
        index(self.program.classes.len() - 1)
    }

    fn word(&mut self, ascii: bool) -> u32 {
        let known = self.words[usize::from(ascii)];
        if known != NONE {
            return known;
        }
        let class = self.pool.word(ascii);
        let class = self.class(&class);
        self.words[usize::from(ascii)] = class;
        class
    }

    fn set(&mut self, set: ByteSet) -> u32 {
        let known = self.program.sets.iter().rev().take(64).position(|known| *known == set);
        if let Some(back) = known {
            return index(self.program.sets.len() - 1 - back);
        }
        self.program.sets.push(set);
        index(self.program.sets.len() - 1)
    }
}

/// The bytes that the node, and what follows it, can begin with; `None` if a match of it may be
/// followed by anything.
fn first_of(node: &Hir, next: Next) -> Next {
    let facts = &node.facts;
    if !facts.nullable() {
        return Some(facts.first);
    }
    if facts.max_bytes == Some(0) { next } else { Some(facts.first.union(&next?)) }
}

fn join(left: Next, right: Next) -> Next {
    Some(left?.union(&right?))
}

/// Estimates the number of instructions of a node.
pub(super) fn size(hir: &Hir) -> usize {
    let sum = |nodes: &[Hir]| nodes.iter().map(size).fold(0, usize::saturating_add);
    match &hir.kind {
        HirKind::Alternate(nodes) => sum(nodes).saturating_add(2 * nodes.len()),
        HirKind::Concat(nodes) => sum(nodes),
        HirKind::Atomic(body) | HirKind::Capture { body, .. } | HirKind::LookAhead { body, .. } => {
            size(body).saturating_add(2)
        }
        HirKind::LookBehind { branches, .. } => {
            branches.iter().fold(2, |size_so_far, (_, branch)| {
                size_so_far.saturating_add(size(branch)).saturating_add(3)
            })
        }
        HirKind::If { yes, no, .. } => size(yes).saturating_add(size(no)).saturating_add(2),
        HirKind::Repeat { body, min, max, .. } => {
            let copies = max.unwrap_or_else(|| min.saturating_add(1)).max(*min) as usize;
            let one = size(body).saturating_add(2);
            let unrolled = one.saturating_mul(copies);
            if unrolled > limits::PATTERN_UNROLL { one.saturating_add(4) } else { unrolled + 3 }
        }
        _ => 1,
    }
}

/// Tells whether matching a node can leave a choice behind.
fn has_choice(hir: &Hir) -> bool {
    match &hir.kind {
        HirKind::Alternate(_) | HirKind::Call(_) => true,
        HirKind::Concat(nodes) => nodes.iter().any(has_choice),
        HirKind::Capture { body, .. } => has_choice(body),
        HirKind::If { yes, no, .. } => has_choice(yes) || has_choice(no),
        HirKind::Repeat { body, min, max, .. } => *max != Some(*min) || has_choice(body),
        _ => false,
    }
}

pub(super) fn search(pattern: &Pattern) -> Search {
    let mut required = Vec::new();
    require(&pattern.root, &mut required);
    Search {
        start: start(pattern),
        required: (!required.is_empty()).then(|| Finder::new(&required).into_owned()),
        min_bytes: pattern.root.facts.min_bytes as usize,
    }
}

fn start(pattern: &Pattern) -> Start {
    let root = &pattern.root;
    let mut node = root;
    let mut atomic = false;
    loop {
        node = match &node.kind {
            HirKind::Concat(nodes) if !nodes.is_empty() => &nodes[0],
            HirKind::Capture { body, .. } => body,
            HirKind::Repeat { body, min, .. } if *min > 0 => match &body.kind {
                HirKind::Repeat { .. } => break,
                _ => body,
            },
            HirKind::Atomic(body) if !matches!(body.kind, HirKind::Repeat { .. }) => {
                atomic = true;
                body
            }
            _ => break,
        };
    }
    match &node.kind {
        HirKind::Assert(Assertion::StartText) => return Start::Text,
        HirKind::Assert(Assertion::SearchStart) => return Start::Search,
        HirKind::Assert(Assertion::StartLine) => return Start::Line,
        HirKind::Literal(text) if text.len() > 1 => {
            return Start::Literal(Box::new(Finder::new(text.as_bytes()).into_owned()));
        }
        // What fails after `.*` from one place fails from every later one.
        HirKind::Repeat { body, min: 0, max: None, .. }
            if !atomic && is_any(body) && !pattern.reads_captures && pattern.called.is_empty() =>
        {
            return Start::Search;
        }
        _ => {}
    }
    if !root.facts.nullable() && (1..=3).contains(&root.facts.first.len()) {
        return Start::Bytes(root.facts.first.iter().collect());
    }
    Start::Anywhere
}

fn is_any(hir: &Hir) -> bool {
    matches!(&hir.kind, HirKind::Class(class) if class.all_wide
        && (0..0x80).all(|byte| class.bytes.contains(byte)))
}

/// Finds the longest literal that every match contains.
fn require(hir: &Hir, best: &mut Vec<u8>) {
    match &hir.kind {
        HirKind::Literal(text) if text.len() > best.len() => *best = text.as_bytes().into(),
        HirKind::Concat(nodes) => nodes.iter().for_each(|node| require(node, best)),
        HirKind::Capture { body, .. } | HirKind::Atomic(body) => require(body, best),
        HirKind::Repeat { body, min, .. } if *min > 0 => require(body, best),
        _ => {}
    }
}

#[expect(clippy::cast_possible_truncation, reason = "bounded by the limits on source and program")]
fn index(len: usize) -> u32 {
    len as u32
}
