//! HIR to the program of the fast executor.
//!
//! Every node is compiled with what can follow it. So a run that nothing which follows could take over
//! gives back nothing, a choice is decided by the bytes that tell its ways apart, and a node that can have
//! only one end behind which the rest goes on drops its choices when it has found it.

use std::sync::Arc;

use crate::limits;
use crate::pattern::analysis::{Analysis, PrefixId, cannot_fail};
use crate::pattern::compile as plain;
use crate::pattern::hir::{Hir, HirKind, Pattern};
use crate::pattern::pool::Pool;
use crate::pattern::syntax::{Assertion, RepeatMode};
use crate::pattern::unicode::{ByteSet, Class};

use super::program::{End, Ends, Known, Literal, NONE, Op, Pc, Program, Start};

mod alternatives;
mod repeats;
mod sets;

use sets::{Tables, index, intrinsic, is_run, one_class, run_class};

/// Ways of one choice: a bit each in a mask. More are split over several choices.
const MAX_WAYS: usize = 32;

/// Bytes of a text that are compared as one number.
const WORD: usize = 8;

/// What comes after a node.
#[derive(Clone, Copy)]
struct Next {
    prefix: PrefixId,
    /// Nothing that comes after can fail: what was chosen before is never chosen again.
    sure: bool,
}

impl Next {
    /// The end of the pattern, or of an atomic part.
    const DONE: Self = Self { prefix: PrefixId::ANY, sure: true };
}

/// The program would be larger than [`limits::PATTERN_MAX_PROGRAM`].
struct TooLarge;

type Done = Result<(), TooLarge>;

/// Compiles a pattern; `None` for those that the plain executor runs alone: with
/// back-references, conditionals, calls of groups or `\K`.
///
/// `source` is the text of the pattern if it was read with the flags that grok sets: definitions
/// are known by their text.
pub(crate) fn compile(source: Option<&str>, pattern: &Pattern, pool: &mut Pool) -> Option<Program> {
    if pattern.reads_captures || !pattern.called.is_empty() || has_keep(&pattern.root) {
        return None;
    }
    let search = plain::search(pattern);
    let mut compiler = Compiler {
        source: source.filter(|source| !has_inline_flags(source)),
        analysis: Analysis::new(),
        program: Program {
            ops: Vec::new(),
            alts: Vec::new(),
            clears: Vec::new(),
            runs: Vec::new(),
            spans: Vec::new(),
            classes: Vec::new(),
            literals: Vec::new(),
            bytes: Vec::new(),
            known: Vec::new(),
            ends: Vec::new(),
            counters: Vec::new(),
            group_count: pattern.group_count,
            reg_count: 0,
            memo_count: 0,
            failed_count: 0,
            loop_groups: false,
            stale_groups: has_unset_group(&pattern.root),
            start: Start::Anywhere,
            required: search.required,
            min_bytes: search.min_bytes,
        },
        memo: true,
        in_loop: false,
        in_cut: false,
        choices: 0,
        label: NONE,
        fusable: Fusable::Nothing,
        words: [NONE; 2],
        pool,
        tables: Tables::default(),
    };
    compiler.program.start = compiler.start(search.start, &pattern.root);
    compiler.node(&pattern.root, Next::DONE).ok()?;
    compiler.push(Op::Match).ok()?;
    compiler.program.finish();
    Some(compiler.program)
}

/// Whether the text may switch flags; definitions mean something else then.
fn has_inline_flags(source: &str) -> bool {
    source
        .as_bytes()
        .windows(3)
        .any(|text| text.starts_with(b"(?") && (text[2].is_ascii_alphabetic() || text[2] == b'-'))
}

/// Whether a group can never be set: no way through the pattern says what it holds.
fn has_unset_group(hir: &Hir) -> bool {
    match &hir.kind {
        HirKind::Repeat { max: Some(0), body, .. } => body.facts.captures,
        HirKind::Alternate(nodes) | HirKind::Concat(nodes) => nodes.iter().any(has_unset_group),
        HirKind::Atomic(body)
        | HirKind::Capture { body, .. }
        | HirKind::LookAhead { body, .. }
        | HirKind::Repeat { body, .. } => has_unset_group(body),
        HirKind::LookBehind { branches, .. } => {
            branches.iter().any(|(_, branch)| has_unset_group(branch))
        }
        _ => false,
    }
}

fn has_keep(hir: &Hir) -> bool {
    match &hir.kind {
        HirKind::Keep => true,
        HirKind::Alternate(nodes) | HirKind::Concat(nodes) => nodes.iter().any(has_keep),
        HirKind::Atomic(body)
        | HirKind::Capture { body, .. }
        | HirKind::LookAhead { body, .. }
        | HirKind::Repeat { body, .. } => has_keep(body),
        HirKind::LookBehind { branches, .. } => branches.iter().any(|(_, hir)| has_keep(hir)),
        HirKind::If { yes, no, .. } => has_keep(yes) || has_keep(no),
        _ => false,
    }
}

struct Compiler<'s, 'p> {
    /// There if definitions are known by their text.
    source: Option<&'s str>,
    analysis: Analysis,
    program: Program,
    /// Whether a failure here depends on nothing but the instruction and the place.
    memo: bool,
    /// Whether groups here can be set more than once on one way.
    in_loop: bool,
    /// Whether a node around this one drops all choices at its end.
    in_cut: bool,
    /// Instructions so far that can leave a choice behind.
    choices: u32,
    /// The last place that something jumps to.
    label: Pc,
    fusable: Fusable,
    /// The classes of `\b`: Unicode, ASCII.
    words: [u32; 2],
    pool: &'p mut Pool,
    tables: Tables,
}

/// The instruction before, if a text that follows can be matched with it.
#[derive(Clone, Copy)]
enum Fusable {
    Known(u32),
    Nothing,
    Run(u32),
}

impl Compiler<'_, '_> {
    fn node(&mut self, hir: &Hir, next: Next) -> Done {
        if self.known(hir, NONE, next)? {
            return Ok(());
        }
        self.unknown(hir, next)
    }

    /// Compiles a node without asking whether it is a well-known definition.
    fn unknown(&mut self, hir: &Hir, next: Next) -> Done {
        match &hir.kind {
            HirKind::Alternate(_) | HirKind::Concat(_) | HirKind::Repeat { .. }
                if !self.in_cut && !next.sure && !is_run(hir) && hir.facts.max_bytes != Some(0) =>
            {
                match self.ends(hir, next, false) {
                    Some(ends) => self.cut(hir, next, ends),
                    None => self.kind(hir, next),
                }
            }
            _ => self.kind(hir, next),
        }
    }

    /// Compiles a node of which only one end leads on: its choices are dropped there.
    fn cut(&mut self, hir: &Hir, next: Next, ends: u32) -> Done {
        let choices = self.choices;
        let reg = self.reg(1);
        let start = self.push(Op::AtomicStart { reg })?;
        self.in_cut = true;
        let done = self.kind(hir, next);
        self.in_cut = false;
        done?;
        if self.choices == choices {
            self.program.ops[start as usize] = Op::Nop;
            return Ok(());
        }
        self.choices = choices;
        self.push(Op::Cut { reg, ends }).map(drop)
    }

    fn kind(&mut self, hir: &Hir, next: Next) -> Done {
        match &hir.kind {
            HirKind::Alternate(nodes) => self.alternate(nodes, next),
            HirKind::Assert(assertion) => {
                let (ascii, negated) = match assertion {
                    Assertion::WordBoundary { ascii } => (*ascii, false),
                    Assertion::NotWordBoundary { ascii } => (*ascii, true),
                    _ => return self.push(Op::Assert(*assertion)).map(drop),
                };
                let class = self.word(ascii);
                self.push(Op::Boundary { class, negated }).map(drop)
            }
            HirKind::Atomic(body) => self.atomic(body),
            HirKind::Capture { index, body } => self.capture(*index, body, next),
            HirKind::Class(class) if class.is_empty => self.push(Op::Fail).map(drop),
            HirKind::Class(class) => {
                let class = self.class(class);
                self.push(Op::Class(class)).map(drop)
            }
            HirKind::Concat(nodes) => {
                let mut nexts = Vec::with_capacity(nodes.len());
                let mut after = next;
                for node in nodes.iter().rev() {
                    nexts.push(after);
                    after = Next {
                        prefix: self.analysis.prefix(node, after.prefix),
                        sure: after.sure && cannot_fail(node),
                    };
                }
                for (node, after) in nodes.iter().zip(nexts.iter().rev()) {
                    self.node(node, *after)?;
                }
                Ok(())
            }
            HirKind::Empty => Ok(()),
            HirKind::Literal(text) => self.literal(text),
            HirKind::LookAhead { negative, body } => self.look_ahead(*negative, body),
            HirKind::LookBehind { negative, branches } => self.look_behind(*negative, branches),
            HirKind::Repeat { body, min, max, mode } => self.repeat(body, *min, *max, *mode, next),
            HirKind::Backref { .. } | HirKind::Call(_) | HirKind::If { .. } | HirKind::Keep => {
                Err(TooLarge)
            }
        }
    }

    fn literal(&mut self, text: &str) -> Done {
        let fusable = self.fusable;
        let bytes = text.as_bytes();
        if let ([byte], Fusable::Nothing) = (bytes, fusable) {
            return self.push(Op::Byte(*byte)).map(drop);
        }
        let start = index(self.program.bytes.len());
        self.program.bytes.extend_from_slice(bytes);
        let mut word = [0; WORD];
        let mut mask = [0; WORD];
        for (at, byte) in bytes.iter().take(WORD).enumerate() {
            word[at] = *byte;
            mask[at] = u8::MAX;
        }
        let (word, mask) = (u64::from_le_bytes(word), u64::from_le_bytes(mask));
        let id = index(self.program.literals.len());
        self.program.literals.push(Literal { word, mask, start, len: index(bytes.len()) });
        match fusable {
            Fusable::Run(run) if self.label != self.here() => {
                self.program.runs[run as usize].then = id;
                self.fusable = Fusable::Nothing;
                Ok(())
            }
            Fusable::Known(known) => {
                self.program.known[known as usize].then = id;
                self.push(Op::Literal(id)).map(drop)
            }
            _ => self.push(Op::Literal(id)).map(drop),
        }
    }

    fn capture(&mut self, group: u32, body: &Hir, next: Next) -> Done {
        if self.in_loop {
            let reg = self.reg(1);
            self.program.loop_groups = true;
            self.push(Op::LoopGroupStart { reg })?;
            self.node(body, next)?;
            return self.push(Op::LoopGroupEnd { group, reg }).map(drop);
        }
        if self.known(body, group, next)? {
            return Ok(());
        }
        if let HirKind::Repeat { body, min, max, mode } = &body.kind
            && let Some(class) = run_class(body)
            && *max != Some(0)
        {
            return self.run(&class, (*min, *max), *mode, group, next);
        }
        self.push(Op::GroupStart { group })?;
        self.node(body, next)?;
        self.push(Op::GroupEnd { group }).map(drop)
    }

    /// Compiles a definition that has a routine; false if the node is none.
    fn known(&mut self, hir: &Hir, group: u32, next: Next) -> Result<bool, TooLarge> {
        let Some(source) = self.source else { return Ok(false) };
        if hir.facts.captures || is_run(hir) {
            return Ok(false);
        }
        let Some(intrinsic) = intrinsic(source, hir) else { return Ok(false) };
        let is_sure = next.sure;
        let Some(ends) = self.ends(hir, next, true) else { return Ok(false) };
        let id = index(self.program.known.len());
        let op = self.push(Op::Intrinsic(id))?;
        self.program.known.push(Known {
            intrinsic,
            group,
            then: NONE,
            ends,
            general: op + 1,
            next: 0,
        });
        let choices = self.choices;
        if group != NONE {
            self.push(Op::GroupStart { group })?;
        }
        // The program is entered seldom: its choices should not make a node around it drop any.
        let in_cut = std::mem::replace(&mut self.in_cut, false);
        let done = self.unknown(hir, next);
        self.in_cut = in_cut;
        done?;
        if group != NONE {
            self.push(Op::GroupEnd { group })?;
        }
        let is_open = !is_sure && {
            let ends = &self.program.ends[ends as usize];
            ends.text_end == End::Open || ends.bytes.contains(&End::Open)
        };
        self.choices = self.choices.max(choices + u32::from(is_open));
        let next = self.label_here();
        self.program.known[id as usize].next = next;
        self.fusable = Fusable::Known(id);
        Ok(true)
    }

    /// What the byte behind an end of the node says; `None` if several ends can lead on, unless
    /// `open` ones are wanted too.
    fn ends(&mut self, hir: &Hir, next: Next, open: bool) -> Option<u32> {
        let after = self.analysis.prefix_of(next.prefix);
        let (first, may_end) = (after.sets[0], after.may_end(0));
        let alphabet = self.analysis.alphabet(hir);
        let mut ends = Ends { bytes: Box::new([End::Other; 256]), text_end: End::Other };
        let mut set = |set: &ByteSet, end: End| {
            if set.is_full() {
                return ends.bytes.fill(end);
            }
            set.iter().for_each(|byte| ends.bytes[usize::from(byte)] = end);
        };
        if next.sure {
            set(&ByteSet::FULL, End::Only);
            ends.text_end = End::Only;
        } else if !alphabet.intersects(&first) {
            // A longer end would have to consume the byte here, and behind a shorter one stands a
            // byte of the alphabet.
            set(&alphabet.complement(), End::Dead);
            set(&first, End::Only);
            ends.text_end = if may_end { End::Only } else { End::Dead };
        } else {
            let end = if self.analysis.has_one_end(hir, &first) {
                End::Only
            } else if open {
                End::Open
            } else {
                return None;
            };
            set(&first, end);
            if may_end {
                ends.text_end = end;
            }
        }
        let id = index(self.program.ends.len());
        self.program.ends.push(ends);
        Some(id)
    }

    fn atomic(&mut self, body: &Hir) -> Done {
        if let HirKind::Repeat { body: inner, min, max, mode: RepeatMode::Greedy } = &body.kind
            && let Some(class) = run_class(inner)
            && *max != Some(0)
        {
            return self.run(&class, (*min, *max), RepeatMode::Greedy, NONE, Next::DONE);
        }
        let choices = self.choices;
        let reg = self.reg(1);
        let start = self.push(Op::AtomicStart { reg })?;
        self.node(body, Next::DONE)?;
        if self.choices == choices {
            self.program.ops[start as usize] = Op::Nop;
            return Ok(());
        }
        self.choices = choices;
        self.push(Op::AtomicEnd { reg }).map(drop)
    }

    fn look_ahead(&mut self, negative: bool, body: &Hir) -> Done {
        if let Some(class) = one_class(body) {
            let class = self.class(&class);
            return self.push(Op::Peek { class, behind: false, negative }).map(drop);
        }
        self.look(negative, |compiler| compiler.node(body, Next::DONE))
    }

    fn look_behind(&mut self, negative: bool, branches: &[(u32, Hir)]) -> Done {
        if let [(1, branch)] = branches
            && let Some(class) = one_class(branch)
        {
            let class = self.class(&class);
            return self.push(Op::Peek { class, behind: true, negative }).map(drop);
        }
        if branches.len() > MAX_WAYS {
            return Err(TooLarge);
        }
        self.look(negative, |compiler| {
            let count = branches.len();
            let alt = compiler.alt(&vec![PrefixId::ANY; count], &vec![Vec::new(); count])?;
            let mut jumps = Vec::new();
            for (at, (chars, branch)) in branches.iter().enumerate() {
                compiler.way(alt, at);
                if *chars > 0 {
                    compiler.push(Op::StepBack(*chars))?;
                }
                compiler.node(branch, Next::DONE)?;
                jumps.push(compiler.push(Op::Fail)?);
            }
            let end = compiler.label_here();
            for jump in jumps {
                compiler.program.ops[jump as usize] = Op::Jump(end);
            }
            Ok(())
        })
    }

    fn look(&mut self, negative: bool, emit: impl FnOnce(&mut Self) -> Done) -> Done {
        let choices = self.choices;
        let reg = self.reg(2);
        let start = self.push(Op::LookStart { reg })?;
        // What a negative look sets is put back one by one.
        let in_loop = self.in_loop;
        self.in_loop |= negative;
        let done = emit(self);
        self.in_loop = in_loop;
        done?;
        self.choices = choices;
        if negative {
            self.push(Op::NegativeEnd { reg })?;
            let out = self.label_here();
            self.program.ops[start as usize] = Op::NegativeStart { reg, out };
            return Ok(());
        }
        self.push(Op::LookEnd { reg }).map(drop)
    }

    fn start(&mut self, start: plain::Start, root: &Hir) -> Start {
        match start {
            plain::Start::Literal(finder) => return Start::Literal(finder),
            plain::Start::Search => return Start::Search,
            plain::Start::Text => return Start::Text,
            plain::Start::Line => return Start::Line,
            plain::Start::Anywhere | plain::Start::Bytes(_) | plain::Start::Set(_) => {}
        }
        let prefix = self.analysis.prefix(root, PrefixId::ANY);
        let prefix = self.analysis.prefix_of(prefix);
        if prefix.may_end(0) || prefix.sets[0].is_full() {
            return Start::Anywhere;
        }
        let mut places = Box::new([0_u8; 256]);
        let mut count = 0;
        for (place, set) in prefix.sets.iter().enumerate() {
            set.iter().for_each(|byte| places[usize::from(byte)] |= 1 << place);
            if !set.is_full() {
                count = place + 1;
            }
        }
        let first = self.tables.class(&prefix.sets[0]);
        Start::Prefix { first, places, count }
    }

    fn push(&mut self, op: Op) -> Result<Pc, TooLarge> {
        let pc = self.here();
        if self.program.ops.len() >= limits::PATTERN_MAX_PROGRAM {
            return Err(TooLarge);
        }
        self.program.ops.push(op);
        self.fusable = Fusable::Nothing;
        Ok(pc)
    }

    fn here(&self) -> Pc {
        index(self.program.ops.len())
    }

    /// Notes that something jumps here.
    fn label_here(&mut self) -> Pc {
        self.fusable = Fusable::Nothing;
        self.label = self.here();
        self.label
    }

    fn reg(&mut self, count: u32) -> u32 {
        let reg = self.program.reg_count;
        self.program.reg_count += count;
        reg
    }

    fn memo_id(&mut self) -> u32 {
        let id = self.program.memo_count;
        self.program.memo_count += 1;
        id
    }

    fn class(&mut self, class: &Arc<Class>) -> u32 {
        let known = self.program.classes.iter().rev().take(64).position(|known| known == class);
        if let Some(back) = known {
            return index(self.program.classes.len() - 1 - back);
        }
        self.program.classes.push(class.clone());
        index(self.program.classes.len() - 1)
    }

    /// The class of `\b`.
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
}

impl Program {
    /// Takes out what does nothing, and leads jumps to jumps where those lead.
    fn finish(&mut self) {
        let mut places = Vec::with_capacity(self.ops.len() + 1);
        let mut kept = 0;
        for op in &self.ops {
            places.push(kept);
            kept += u32::from(!matches!(op, Op::Nop));
        }
        places.push(kept);
        self.ops.retain(|op| !matches!(op, Op::Nop));
        let place = |pc: Pc| places.get(pc as usize).copied().unwrap_or(kept);
        for op in &mut self.ops {
            match op {
                Op::Jump(pc)
                | Op::Loop(pc)
                | Op::EmptyCheck { exit: pc, .. }
                | Op::NegativeStart { out: pc, .. } => *pc = place(*pc),
                _ => {}
            }
        }
        let ops = &self.ops;
        // Only jumps ahead are followed, so there is an end.
        let follow = |pc: Pc| {
            let mut pc = pc;
            while let Some(Op::Jump(target)) = ops.get(pc as usize)
                && *target > pc
            {
                pc = *target;
            }
            pc
        };
        for alt in &mut self.alts {
            alt.ways.iter_mut().for_each(|way| way.target = follow(place(way.target)));
        }
        for known in &mut self.known {
            known.general = place(known.general);
            known.next = place(known.next);
        }
        for counter in &mut self.counters {
            counter.exit = follow(place(counter.exit));
        }
        let threaded: Vec<Pc> =
            ops.iter().map(|op| if let Op::Jump(pc) = op { follow(*pc) } else { NONE }).collect();
        for (op, target) in self.ops.iter_mut().zip(threaded) {
            if let Op::Jump(pc) = op {
                *pc = target;
            }
        }
    }
}
