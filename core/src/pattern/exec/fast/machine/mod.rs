//! Program and subject to a match, compiled once for each level of the CPU.
//!
//! As in the plain executor the youngest frame of a stack says where to go on after a failure. Here
//! most choices are decided before a frame is needed, and groups outside of loops need no undo:
//! every way through the pattern sets them or clears them.
//!
//! After some hundred failures the memo is turned on: a bit for each (choice, place) from which every
//! way has failed. It is set when the frame below a choice's own is taken, so a choice that an atomic
//! group, a look or a cut dropped is never marked, and it holds for every start. Unbounded runs
//! also remember the range of ends that have failed, so that `.*` tried from every place looks at each
//! end once.

use crate::limits;
use crate::scan::Level;

use super::super::super::syntax::Assertion;
use super::super::super::unicode::{Class, decode, step_back};
use super::super::BudgetExhausted;
use super::super::intrinsics::Answer;
use super::program::{Alt, Counter, End, Ends, Known, Literal, NONE, Op, Pc, Program, Ways};

mod back;
mod runs;
mod spans;
mod start;

/// One entry of the backtrack stack.
#[derive(Clone, Copy, Debug)]
enum Frame {
    /// Try the ways of a choice that are left.
    Alt { alt: u32, at: u32, ways: u32 },
    /// Go on here.
    Branch { pc: Pc, at: u32 },
    /// Let a span give back characters: from `low` to `high` its ends are untried.
    Greedy { pc: Pc, low: u32, high: u32 },
    /// Let a span take more characters than up to `at`.
    Lazy { pc: Pc, at: u32, left: u32 },
    /// Every way of a choice at this place has failed.
    Mark { memo: u32, at: u32 },
    /// Put a register back.
    Reg { index: u32, old: u32 },
    /// Put an end of a group back.
    Slot { index: u32, old: u32 },
}

/// Memory of the fast executor.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    stack: Vec<Frame>,
    /// Start and end of each group.
    pub(crate) slots: Vec<u32>,
    regs: Vec<u32>,
    memo: Vec<u64>,
    /// For each unbounded span: from where to where its ends have failed.
    failed: Vec<(u32, u32)>,
}

/// Stands for a place that is not set.
pub(crate) const UNSET: u32 = u32::MAX;

/// Failures after which the memo is turned on, beside those for each byte.
const MEMO_AFTER: u64 = 256;

/// Bytes that are searched for one step.
const BYTES_PER_STEP: usize = 32;

/// No failed end.
const NONE_FAILED: (u32, u32) = (1, 0);

type Outcome<T> = Result<T, BudgetExhausted>;

/// Searches; the place of the match and its groups are in `memory.slots` if the answer is true.
#[inline(always)]
pub(super) fn search<L: Level>(
    level: L,
    program: &Program,
    bytes: &[u8],
    start: usize,
    anchored: bool,
    memory: &mut Memory,
    steps: &mut u64,
) -> Outcome<bool> {
    let slots = program.group_count as usize * 2 + 2;
    // Each way through a pattern sets or clears all groups that are in no loop, so what an earlier
    // search has left does not matter.
    if memory.slots.len() == slots {
        if program.stale_groups {
            memory.slots.fill(UNSET);
        }
    } else {
        memory.slots.clear();
        memory.slots.resize(slots, UNSET);
    }
    if memory.regs.len() < program.reg_count as usize {
        memory.regs.resize(program.reg_count as usize, 0);
    }
    memory.stack.clear();
    let memo_at = steps.saturating_sub(MEMO_AFTER + bytes.len() as u64 / 16);
    let mut machine = Machine {
        level,
        program,
        bytes,
        search_start: start,
        steps: *steps,
        memo_at: if program.memo_count == 0 { 0 } else { memo_at },
        memo_on: false,
        memory,
    };
    let found = machine.scan(anchored);
    *steps = machine.steps;
    found
}

struct Machine<'r, L> {
    level: L,
    program: &'r Program,
    bytes: &'r [u8],
    search_start: usize,
    steps: u64,
    /// Number of steps left below which the memo is turned on; 0: never.
    memo_at: u64,
    memo_on: bool,
    memory: &'r mut Memory,
}

impl<L: Level> Machine<'_, L> {
    /// Takes the steps for bytes that were looked at.
    #[inline(always)]
    fn charge(&mut self, bytes: usize) -> Outcome<()> {
        let steps = (bytes / BYTES_PER_STEP) as u64;
        self.steps = self.steps.checked_sub(steps).ok_or(BudgetExhausted)?;
        Ok(())
    }

    /// Takes the steps for bytes that were looked at; what is used up is seen by the next failure.
    #[inline(always)]
    fn note(&mut self, bytes: usize) {
        self.steps = self.steps.saturating_sub((bytes / BYTES_PER_STEP) as u64);
    }

    /// Tries one place.
    #[inline(always)]
    fn run(&mut self, start: usize) -> Outcome<bool> {
        self.memory.stack.clear();
        if self.program.loop_groups {
            self.memory.slots.fill(UNSET);
        }
        let program = self.program;
        let ops = &program.ops[..];
        let mut pc: Pc = 0;
        let mut at = start;
        'op: loop {
            // PERF: each arm goes on by itself, and what fails leaves the block: the ways of an
            // `Option` through memory cost half as many instructions again.
            'fail: {
                match ops[pc as usize] {
                    Op::Match => {
                        self.memory.slots[0] = small(start);
                        self.memory.slots[1] = small(at);
                        return Ok(true);
                    }
                    Op::Intrinsic(known) => {
                        let known = &program.known[known as usize];
                        let Some(next) = self.known(known, at) else { break 'fail };
                        (pc, at) = next;
                        continue 'op;
                    }
                    Op::Run(run) => {
                        let Some(end) = self.run_of(&program.runs[run as usize], at) else {
                            break 'fail;
                        };
                        at = end;
                    }
                    Op::Span(span) => {
                        let Some(end) = self.span(&program.spans[span as usize], pc, at) else {
                            break 'fail;
                        };
                        at = end;
                    }
                    Op::Alt(alt) => {
                        let Some(target) = self.alt(&program.alts[alt as usize], alt, at) else {
                            break 'fail;
                        };
                        pc = target;
                        continue 'op;
                    }
                    Op::Literal(literal) => {
                        let literal = &program.literals[literal as usize];
                        let Some(end) = self.literal(literal, at) else { break 'fail };
                        at = end;
                    }
                    Op::Byte(byte) => {
                        if self.bytes.get(at) != Some(&byte) {
                            break 'fail;
                        }
                        at += 1;
                    }
                    Op::Class(class) => {
                        let class = &program.classes[class as usize];
                        let Some(len) = self.one_of(class, at) else { break 'fail };
                        at += len;
                    }
                    Op::Jump(target) => {
                        pc = target;
                        continue 'op;
                    }
                    Op::GroupStart { group } => {
                        self.memory.slots[group as usize * 2] = small(at);
                    }
                    Op::GroupEnd { group } => {
                        self.memory.slots[group as usize * 2 + 1] = small(at);
                    }
                    Op::AtomicStart { reg } => {
                        self.memory.regs[reg as usize] = small(self.memory.stack.len());
                    }
                    Op::AtomicEnd { reg } => {
                        self.drop_choices(self.memory.regs[reg as usize]);
                    }
                    Op::Cut { reg, ends } => {
                        match end_at(&program.ends[ends as usize], self.bytes, at) {
                            End::Only => self.drop_choices(self.memory.regs[reg as usize]),
                            End::Dead => {
                                self.unwind(self.memory.regs[reg as usize]);
                                break 'fail;
                            }
                            End::Other => break 'fail,
                            End::Open => {}
                        }
                    }
                    Op::Assert(assertion) => {
                        if !self.holds(assertion, at) {
                            break 'fail;
                        }
                    }
                    Op::Boundary { class, negated } => {
                        if self.is_boundary(&program.classes[class as usize], at) == negated {
                            break 'fail;
                        }
                    }
                    Op::Peek { class, behind, negative } => {
                        let class = &program.classes[class as usize];
                        let is_there = if behind {
                            at > 0 && self.one_of(class, step_back(self.bytes, at)).is_some()
                        } else {
                            self.one_of(class, at).is_some()
                        };
                        if is_there == negative {
                            break 'fail;
                        }
                    }
                    Op::Loop(target) => {
                        self.steps = self.steps.checked_sub(1).ok_or(BudgetExhausted)?;
                        if self.memory.stack.len() > limits::PATTERN_MAX_STACK {
                            return Err(BudgetExhausted);
                        }
                        pc = target;
                        continue 'op;
                    }
                    Op::Fail | Op::Nop => break 'fail,
                    Op::EmptyStart { reg } | Op::LoopGroupStart { reg } => {
                        self.set_reg(reg, small(at));
                    }
                    Op::LoopGroupEnd { group, reg } => {
                        let start = self.memory.regs[reg as usize];
                        self.set_slot(group * 2, start);
                        self.set_slot(group * 2 + 1, small(at));
                    }
                    Op::LookStart { reg } => {
                        self.memory.regs[reg as usize] = small(self.memory.stack.len());
                        self.memory.regs[reg as usize + 1] = small(at);
                    }
                    Op::LookEnd { reg } => {
                        self.drop_choices(self.memory.regs[reg as usize]);
                        at = self.memory.regs[reg as usize + 1] as usize;
                    }
                    Op::NegativeStart { reg, out } => {
                        self.memory.regs[reg as usize] = small(self.memory.stack.len());
                        self.memory.stack.push(Frame::Branch { pc: out, at: small(at) });
                    }
                    Op::NegativeEnd { reg } => {
                        self.unwind(self.memory.regs[reg as usize]);
                        break 'fail;
                    }
                    Op::StepBack(chars) => {
                        let Some(before) = self.step_back(at, chars) else { break 'fail };
                        at = before;
                    }
                    Op::EmptyCheck { reg, exit } => {
                        if self.memory.regs[reg as usize] as usize == at {
                            pc = exit;
                            continue 'op;
                        }
                    }
                    Op::CounterReset { reg } => self.set_reg(reg, 0),
                    Op::CounterStep { reg } => {
                        self.set_reg(reg, self.memory.regs[reg as usize] + 1);
                    }
                    Op::CounterLoop { reg, counter } => {
                        pc = self.count(&program.counters[counter as usize], reg, pc, at);
                        continue 'op;
                    }
                }
                pc += 1;
                continue 'op;
            }
            let Some(next) = self.backtrack()? else { return Ok(false) };
            (pc, at) = next;
        }
    }

    #[inline(always)]
    fn literal(&self, literal: &Literal, at: usize) -> Option<usize> {
        let len = literal.len as usize;
        if let Some(chunk) = self.bytes[at..].first_chunk::<8>() {
            if (u64::from_le_bytes(*chunk) ^ literal.word) & literal.mask != 0 {
                return None;
            }
            if len <= 8 {
                return Some(at + len);
            }
        }
        let start = literal.start as usize;
        let text = &self.program.bytes[start..start + len];
        if self.bytes[at..].starts_with(text) { Some(at + len) } else { None }
    }

    #[inline(always)]
    fn then(&self, then: u32, at: usize) -> Option<usize> {
        if then == NONE {
            return Some(at);
        }
        self.literal(&self.program.literals[then as usize], at)
    }

    #[inline(always)]
    fn known(&mut self, known: &Known, at: usize) -> Option<(Pc, usize)> {
        let end = match known.intrinsic.run(self.level, self.bytes, at) {
            Answer::End(end) => end,
            Answer::Fail => return None,
            Answer::Unsure => return Some((known.general, at)),
        };
        match end_at(&self.program.ends[known.ends as usize], self.bytes, end) {
            End::Only => {
                self.set_group(known.group, at, end);
                let next = known.next + u32::from(known.then != NONE);
                Some((next, self.then(known.then, end)?))
            }
            End::Dead => None,
            End::Other => Some((known.general, at)),
            End::Open => {
                self.memory.stack.push(Frame::Branch { pc: known.general, at: small(at) });
                self.set_group(known.group, at, end);
                Some((known.next, end))
            }
        }
    }

    #[inline(always)]
    fn set_group(&mut self, group: u32, start: usize, end: usize) {
        if group != NONE {
            let slot = group as usize * 2;
            let slots = &mut self.memory.slots[slot..slot + 2];
            slots[0] = small(start);
            slots[1] = small(end);
        }
    }

    /// The ways that the next bytes leave open.
    #[inline(always)]
    fn open_ways(&self, alt: &Alt, at: usize) -> u32 {
        let mut open = u32::MAX >> (32 - alt.ways.len());
        for table in &alt.tables {
            open &= match self.bytes.get(at + table.place as usize) {
                Some(byte) => match &table.ways {
                    Ways::Few(ways) => u32::from(ways[usize::from(*byte)]),
                    Ways::Many(ways) => ways[usize::from(*byte)],
                },
                // Of what lies behind the end nothing is known but that the text ends before.
                None => return open & table.end,
            };
            if open & open.wrapping_sub(1) == 0 {
                break;
            }
        }
        open
    }

    #[inline(always)]
    fn alt(&mut self, alt: &Alt, id: u32, at: usize) -> Option<Pc> {
        let open = self.open_ways(alt, at);
        if open == 0 {
            return None;
        }
        if open & (open - 1) != 0 && self.memo_on && alt.memo != NONE {
            if self.has_failed(alt.memo, at) {
                return None;
            }
            self.memory.stack.push(Frame::Mark { memo: alt.memo, at: small(at) });
        }
        Some(self.take_way(alt, id, open, at))
    }

    #[inline(always)]
    fn take_way(&mut self, alt: &Alt, id: u32, open: u32, at: usize) -> Pc {
        let left = open & (open - 1);
        if left != 0 {
            self.memory.stack.push(Frame::Alt { alt: id, at: small(at), ways: left });
        }
        let way = &alt.ways[open.trailing_zeros() as usize];
        for group in &self.program.clears[way.clear_from as usize..way.clear_to as usize] {
            let slot = *group as usize * 2;
            self.memory.slots[slot] = UNSET;
            self.memory.slots[slot + 1] = UNSET;
        }
        way.target
    }

    fn count(&mut self, counter: &Counter, reg: u32, pc: Pc, at: usize) -> Pc {
        let count = self.memory.regs[reg as usize];
        if count < counter.min {
            return pc + 1;
        }
        if counter.max != u32::MAX && count >= counter.max {
            return counter.exit;
        }
        let (target, other) =
            if counter.lazy { (counter.exit, pc + 1) } else { (pc + 1, counter.exit) };
        self.memory.stack.push(Frame::Branch { pc: other, at: small(at) });
        target
    }

    fn holds(&self, assertion: Assertion, at: usize) -> bool {
        let len = self.bytes.len();
        match assertion {
            // Not after a `\n` that ends the subject: Oniguruma sees no line there.
            Assertion::StartLine => at == 0 || (at < len && self.bytes[at - 1] == b'\n'),
            Assertion::EndLine => at == len || self.bytes[at] == b'\n',
            Assertion::StartText => at == 0,
            Assertion::EndText => at == len,
            Assertion::EndTextOrFinalNewline => {
                at == len || (at + 1 == len && self.bytes[at] == b'\n')
            }
            Assertion::SearchStart => at == self.search_start,
            Assertion::WordBoundary { .. } | Assertion::NotWordBoundary { .. } => false,
        }
    }

    /// Tells whether exactly one of the neighbours of a place is in the class.
    #[inline(always)]
    fn is_boundary(&self, class: &Class, at: usize) -> bool {
        let before = at > 0 && {
            let byte = self.bytes[at - 1];
            if byte < 0x80 {
                class.bytes.contains(byte)
            } else {
                class.contains(decode(self.bytes, step_back(self.bytes, at)).0)
            }
        };
        before != self.one_of(class, at).is_some()
    }

    fn step_back(&self, mut at: usize, chars: u32) -> Option<usize> {
        for _ in 0..chars {
            if at == 0 {
                return None;
            }
            at = step_back(self.bytes, at);
        }
        Some(at)
    }
}

#[inline(always)]
fn end_at(ends: &Ends, bytes: &[u8], at: usize) -> End {
    match bytes.get(at) {
        Some(byte) => ends.bytes[usize::from(*byte)],
        None => ends.text_end,
    }
}

/// Places fit: longer subjects are left to the plain executor.
#[expect(clippy::cast_possible_truncation, reason = "subjects are shorter than 4 GiB")]
#[inline(always)]
fn small(place: usize) -> u32 {
    place as u32
}
