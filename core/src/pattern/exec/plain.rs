//! Program and subject to a match by backtracking, one instruction after the other.
//!
//! ```text
//! run the instruction; when it fails, take the youngest frame from the stack:
//!   a choice  -> go on there
//!   an undo   -> put the old value back, take the next frame
//! ```
//!
//! The stack lives on the heap and is the only thing that grows with the subject. A search that
//! takes long turns on the memo: a bit for each (choice, place) that was tried. A second visit
//! fails at once, from whatever start, since only choices outside of atomic groups, looks and
//! counted or possibly empty loops have such a bit, in programs that read no captures: what
//! follows such a choice depends on its place alone.

use memchr::{memchr, memchr2, memchr3};

use crate::limits;

use super::super::compile::{Inst, NONE, Pc, Program, Span, Start};
use super::super::unicode::char_len;
use super::{Budget, BudgetExhausted, Scratch, UNSET};

mod place;
mod span;
mod trace;

pub(in super::super) use trace::{Failure, Furthest, Trace, search as trace};

/// One entry of the backtrack stack.
#[derive(Clone, Copy, Debug)]
pub enum Frame {
    /// Go on here.
    Branch {
        /// The instruction.
        pc: Pc,
        /// The place.
        at: usize,
    },
    /// Put back the state of the calls.
    Calls {
        /// The call that was running.
        current: u32,
        /// Number of calls to keep; `u32::MAX`: all.
        call_count: u32,
        /// Number of saved registers to keep.
        saved_count: u32,
    },
    /// Let a span give back characters.
    Greedy {
        /// The span.
        pc: Pc,
        /// Its shortest end.
        low: usize,
        /// The next end to try.
        high: usize,
    },
    /// Let a span take one more character.
    Lazy {
        /// The span.
        pc: Pc,
        /// Its end.
        at: usize,
        /// Characters that it may still take; `u32::MAX`: any number.
        left: u32,
    },
    /// Put a register back.
    Reg {
        /// Which one.
        index: u32,
        /// Its value.
        old: usize,
    },
    /// Put a group's place back.
    Slot {
        /// Which one.
        index: u32,
        /// Its value.
        old: usize,
    },
}

/// One call of a group that can still be returned from or backtracked into.
#[derive(Clone, Copy, Debug)]
pub struct CallFrame {
    back: Pc,
    parent: u32,
    saved_at: u32,
}

/// Steps after which the memo is turned on, beside those for each byte.
const MEMO_AFTER: u64 = 2048;

/// Bytes that are searched for one step.
const BYTES_PER_STEP: usize = 16;

/// Bytes that are looked at one character at a time for one step.
const CHAR_BYTES_PER_STEP: usize = 4;

/// An empty range of ends.
const NO_END: (usize, usize) = (1, 0);

type Outcome<T> = Result<T, BudgetExhausted>;

pub(in super::super) fn search(
    program: &Program,
    subject: &str,
    start: usize,
    anchored: bool,
    scratch: &mut Scratch,
    budget: &mut Budget,
) -> Outcome<bool> {
    run::<false>(program, subject, (start, anchored), scratch, budget, &mut [])
}

/// Searches like [`search`] and adds the steps of each instruction to `counts`, which has one place
/// for each. The steps of the search for a start belong to the first instruction.
pub(in super::super) fn count(
    program: &Program,
    subject: &str,
    scratch: &mut Scratch,
    budget: &mut Budget,
    counts: &mut [u64],
) -> Outcome<bool> {
    run::<true>(program, subject, (0, false), scratch, budget, counts)
}

fn run<const COUNT: bool>(
    program: &Program,
    subject: &str,
    (start, anchored): (usize, bool),
    scratch: &mut Scratch,
    budget: &mut Budget,
    counts: &mut [u64],
) -> Outcome<bool> {
    scratch.slots.clear();
    if !subject.is_char_boundary(start) {
        return Ok(false);
    }
    scratch.slots.resize(program.group_count as usize * 2 + 2, UNSET);
    scratch.regs.clear();
    scratch.regs.resize(program.reg_count as usize, 0);
    let memo_at =
        budget.steps_left.saturating_sub(MEMO_AFTER.saturating_add(subject.len() as u64 / 2));
    let mut machine = Machine::<'_, false, COUNT> {
        program,
        bytes: subject.as_bytes(),
        search_start: start,
        steps: budget.steps_left,
        memo_at: if program.memo_count == 0 { 0 } else { memo_at },
        memo_on: false,
        current_call: NONE,
        looked_at: 0,
        scratch,
        trace: None,
        counts,
    };
    let found = machine.scan(anchored);
    budget.steps_left = machine.steps;
    if found != Ok(true) {
        scratch.slots.clear();
    }
    found
}

/// With `TRACE` every way is tried that could be, and what fails is recorded.
/// With `COUNT` the steps of each instruction are counted.
struct Machine<'r, const TRACE: bool, const COUNT: bool> {
    program: &'r Program,
    bytes: &'r [u8],
    search_start: usize,
    steps: u64,
    /// Number of steps left below which the memo is turned on; 0: never.
    memo_at: u64,
    memo_on: bool,
    current_call: u32,
    /// Where the last search for an end of a lazy span gave up.
    looked_at: usize,
    scratch: &'r mut Scratch,
    /// There with `TRACE` alone.
    trace: Option<&'r mut Trace>,
    /// With `COUNT`, the steps of each instruction; else empty.
    counts: &'r mut [u64],
}

impl<'r, const TRACE: bool, const COUNT: bool> Machine<'r, TRACE, COUNT> {
    /// Tries the places where a match can start, from left to right.
    fn scan(&mut self, anchored: bool) -> Outcome<bool> {
        let len = self.bytes.len();
        let Some(last) = len.checked_sub(self.program.search.min_bytes) else { return Ok(false) };
        let mut at = self.search_start;
        let mut required_at = None;
        while at <= last {
            if !anchored {
                let Some(candidate) = self.candidate(at)? else { return Ok(false) };
                at = candidate;
                if at > last {
                    return Ok(false);
                }
            }
            if let Some(required) = &self.program.search.required
                && required_at.is_none_or(|place| place < at)
            {
                let Some(offset) = required.find(&self.bytes[at..]) else { return Ok(false) };
                self.charge(offset)?;
                required_at = Some(at + offset);
            }
            if self.run(at)? {
                return Ok(true);
            }
            if anchored || at == len {
                return Ok(false);
            }
            at += char_len(self.bytes[at]);
        }
        Ok(false)
    }

    /// Finds the first place from `at` on where a match can start.
    fn candidate(&mut self, at: usize) -> Outcome<Option<usize>> {
        let rest = &self.bytes[at..];
        let offset = match &self.program.search.start {
            Start::Anywhere => Some(0),
            Start::Bytes(bytes) => match bytes[..] {
                [a] => memchr(a, rest),
                [a, b] => memchr2(a, b, rest),
                [a, b, c] => memchr3(a, b, c, rest),
                _ => Some(0),
            },
            Start::Literal(finder) => finder.find(rest),
            Start::Search => (at == self.search_start).then_some(0),
            Start::Set(set) => {
                let set = &self.program.sets[*set as usize];
                rest.iter().position(|byte| set.contains(*byte))
            }
            Start::Text => (at == 0).then_some(0),
            Start::Line => {
                if at == 0 || self.bytes[at - 1] == b'\n' {
                    Some(0)
                } else {
                    memchr(b'\n', rest).map(|offset| offset + 1)
                }
            }
        };
        self.charge(offset.unwrap_or(rest.len()))?;
        Ok(offset.map(|offset| at + offset))
    }

    /// Takes the steps for bytes that were looked at.
    #[inline]
    fn charge(&mut self, bytes: usize) -> Outcome<()> {
        let steps = (bytes / BYTES_PER_STEP) as u64;
        self.steps = self.steps.checked_sub(steps).ok_or(BudgetExhausted)?;
        Ok(())
    }

    /// Takes the steps for bytes that were looked at one character at a time.
    #[inline]
    fn charge_chars(&mut self, bytes: usize) -> Outcome<()> {
        let steps = (bytes / CHAR_BYTES_PER_STEP) as u64;
        self.steps = self.steps.checked_sub(steps).ok_or(BudgetExhausted)?;
        Ok(())
    }

    /// Tries one place.
    fn run(&mut self, start: usize) -> Outcome<bool> {
        self.scratch.stack.clear();
        self.scratch.calls.clear();
        self.scratch.saved.clear();
        self.scratch.slots.fill(UNSET);
        self.scratch.slots[0] = start;
        self.current_call = NONE;
        let program: &'r Program = self.program;
        let mut pc: Pc = 0;
        let mut at = start;
        let mut counted = (pc, self.steps);
        loop {
            if COUNT {
                let (last, steps) = counted;
                if let Some(count) = self.counts.get_mut(last as usize) {
                    *count += steps - self.steps;
                }
                counted = (pc, self.steps);
            }
            self.steps = self.steps.checked_sub(1).ok_or(BudgetExhausted)?;
            if self.steps < self.memo_at {
                self.turn_memo_on();
            }
            if TRACE {
                self.trace_before(pc, at);
            }
            let next = match &program.insts[pc as usize] {
                Inst::Match => {
                    self.scratch.slots[1] = at;
                    // `\K` in a look-ahead may have put the start behind the end; as in Oniguruma it
                    // then goes no further than the end.
                    let start = self.scratch.slots[0];
                    self.scratch.slots[0] = start.min(at);
                    return Ok(true);
                }
                Inst::Literal { start, len } => {
                    let (start, len) = (*start as usize, *len as usize);
                    let text = &program.literals[start..start + len];
                    self.bytes[at..].starts_with(text).then(|| (pc + 1, at + len))
                }
                Inst::Class { class } => {
                    let class = &program.classes[*class as usize];
                    self.one_of(class, at).map(|len| (pc + 1, at + len))
                }
                Inst::Split { first, second, guard, memo } => {
                    self.split(*first, *second, *guard, *memo, at)?
                }
                Inst::Span(span) => {
                    self.span(&program.spans[*span as usize], pc, at)?.map(|at| (pc + 1, at))
                }
                Inst::Jump(target) => Some((*target, at)),
                Inst::Fail => None,
                Inst::EmptyStart { reg } | Inst::GroupStart { reg } => {
                    self.set_reg(*reg, at)?;
                    Some((pc + 1, at))
                }
                Inst::GroupEnd { group, reg } => {
                    let start = self.scratch.regs[*reg as usize];
                    self.set_slot(group * 2, start)?;
                    self.set_slot(group * 2 + 1, at)?;
                    Some((pc + 1, at))
                }
                Inst::Assert(assertion) => self.holds(*assertion, at).then_some((pc + 1, at)),
                Inst::Boundary { class, negated } => {
                    let class = &program.classes[*class as usize];
                    (self.is_boundary(class, at) != *negated).then_some((pc + 1, at))
                }
                Inst::Keep => {
                    self.set_slot(0, at)?;
                    Some((pc + 1, at))
                }
                Inst::AtomicStart { reg } => {
                    self.set_reg(*reg, self.scratch.stack.len())?;
                    Some((pc + 1, at))
                }
                Inst::AtomicEnd { reg } => {
                    self.drop_choices(self.scratch.regs[*reg as usize]);
                    Some((pc + 1, at))
                }
                Inst::LookStart { reg } => {
                    self.set_reg(*reg, self.scratch.stack.len())?;
                    self.set_reg(reg + 1, at)?;
                    Some((pc + 1, at))
                }
                Inst::LookEnd { reg } => {
                    self.drop_choices(self.scratch.regs[*reg as usize]);
                    Some((pc + 1, self.scratch.regs[*reg as usize + 1]))
                }
                Inst::NegativeStart { reg, out } => {
                    self.set_reg(*reg, self.scratch.stack.len())?;
                    self.push(Frame::Branch { pc: *out, at })?;
                    Some((pc + 1, at))
                }
                Inst::NegativeEnd { reg } => {
                    let height = self.scratch.regs[*reg as usize];
                    if TRACE {
                        self.trace_negative(pc, height);
                    }
                    self.unwind(height);
                    None
                }
                Inst::StepBack(chars) => self.step_back(at, *chars).map(|at| (pc + 1, at)),
                Inst::EmptyCheck { reg, exit } => {
                    let empty = self.scratch.regs[*reg as usize] == at;
                    Some((if empty { *exit } else { pc + 1 }, at))
                }
                Inst::CounterReset { reg } => {
                    self.set_reg(*reg, 0)?;
                    Some((pc + 1, at))
                }
                Inst::CounterStep { reg } => {
                    self.set_reg(*reg, self.scratch.regs[*reg as usize] + 1)?;
                    Some((pc + 1, at))
                }
                Inst::CounterLoop { reg, min, max, lazy, exit } => {
                    let count = self.scratch.regs[*reg as usize];
                    let target = if count < *min as usize {
                        pc + 1
                    } else if *max != u32::MAX && count >= *max as usize {
                        *exit
                    } else {
                        let (target, other) = if *lazy { (*exit, pc + 1) } else { (pc + 1, *exit) };
                        self.push(Frame::Branch { pc: other, at })?;
                        target
                    };
                    Some((target, at))
                }
                Inst::Backref { groups, fold } => {
                    self.backref(groups, *fold, at)?.map(|at| (pc + 1, at))
                }
                Inst::IfGroup { groups, no } => {
                    let set = groups
                        .iter()
                        .any(|group| self.scratch.slots[*group as usize * 2 + 1] != UNSET);
                    Some((if set { pc + 1 } else { *no }, at))
                }
                Inst::Call { target } => {
                    self.call(pc + 1)?;
                    Some((*target, at))
                }
                Inst::Return => self.return_from_call()?.map(|back| (back, at)),
            };
            if TRACE {
                match next {
                    Some((_, end)) => self.trace_passed(pc, at, end),
                    None => self.trace_failed(pc, at),
                }
            }
            match next {
                Some(next) => (pc, at) = next,
                None => match self.backtrack()? {
                    Some(next) => (pc, at) = next,
                    None => return Ok(false),
                },
            }
        }
    }

    #[inline]
    fn push(&mut self, frame: Frame) -> Outcome<()> {
        if self.scratch.stack.len() >= limits::PATTERN_MAX_STACK {
            return Err(BudgetExhausted);
        }
        self.scratch.stack.push(frame);
        if TRACE {
            self.trace_choice();
        }
        Ok(())
    }

    /// Sets a register; without a choice to go back to there is nothing to undo.
    #[inline]
    fn set_reg(&mut self, index: u32, value: usize) -> Outcome<()> {
        if !self.scratch.stack.is_empty() {
            let old = self.scratch.regs[index as usize];
            self.push(Frame::Reg { index, old })?;
        }
        self.scratch.regs[index as usize] = value;
        Ok(())
    }

    #[inline]
    fn set_slot(&mut self, index: u32, value: usize) -> Outcome<()> {
        if !self.scratch.stack.is_empty() {
            let old = self.scratch.slots[index as usize];
            self.push(Frame::Slot { index, old })?;
        }
        self.scratch.slots[index as usize] = value;
        Ok(())
    }

    /// Takes the youngest choice.
    fn backtrack(&mut self) -> Outcome<Option<(Pc, usize)>> {
        while let Some(frame) = self.scratch.stack.pop() {
            if TRACE {
                self.trace_back();
            }
            match frame {
                Frame::Branch { pc, at } => return Ok(Some((pc, at))),
                Frame::Greedy { pc, low, high } => {
                    if let Some(span) = span_at(self.program, pc)
                        && let Some(at) = self.give_back(span, pc, low, high)?
                    {
                        return Ok(Some((pc + 1, at)));
                    }
                }
                Frame::Lazy { pc, at, left } => {
                    let left_then = if left == u32::MAX { left } else { left.saturating_sub(1) };
                    if left > 0
                        && let Some(span) = span_at(self.program, pc)
                        && let Some(len) = self.span_one(span, at)
                        && let Some(at) = self.take_more(span, pc, at + len, left_then)?
                    {
                        return Ok(Some((pc + 1, at)));
                    }
                }
                undo => self.undo(undo),
            }
        }
        Ok(None)
    }

    fn undo(&mut self, frame: Frame) {
        match frame {
            Frame::Reg { index, old } => self.scratch.regs[index as usize] = old,
            Frame::Slot { index, old } => self.scratch.slots[index as usize] = old,
            Frame::Calls { current, call_count, saved_count } => {
                self.current_call = current;
                if call_count != u32::MAX {
                    self.scratch.calls.truncate(call_count as usize);
                    self.scratch.saved.truncate(saved_count as usize);
                }
            }
            Frame::Branch { .. } | Frame::Greedy { .. } | Frame::Lazy { .. } => {}
        }
    }

    /// Undoes everything above a height of the stack.
    fn unwind(&mut self, height: usize) {
        while self.scratch.stack.len() > height
            && let Some(frame) = self.scratch.stack.pop()
        {
            self.undo(frame);
        }
    }

    /// Drops the choices above a height of the stack and keeps what undoes.
    fn drop_choices(&mut self, height: usize) {
        let stack = &mut self.scratch.stack;
        if height == 0 {
            stack.clear();
            return;
        }
        let mut kept = height;
        for index in height..stack.len() {
            let frame = stack[index];
            if matches!(frame, Frame::Reg { .. } | Frame::Slot { .. } | Frame::Calls { .. }) {
                stack[kept] = frame;
                kept += 1;
            }
        }
        stack.truncate(kept);
    }

    fn split(
        &mut self,
        first: Pc,
        second: Pc,
        guard: u32,
        memo: u32,
        at: usize,
    ) -> Outcome<Option<(Pc, usize)>> {
        if self.memo_on && memo != NONE && !self.visit(memo, at) {
            return Ok(None);
        }
        if !TRACE && guard != NONE {
            let set = &self.program.sets[guard as usize];
            if !self.bytes.get(at).is_some_and(|byte| set.contains(*byte)) {
                return Ok(Some((second, at)));
            }
        }
        self.push(Frame::Branch { pc: second, at })?;
        Ok(Some((first, at)))
    }

    fn turn_memo_on(&mut self) {
        self.memo_at = 0;
        let bits = (self.program.memo_count as usize).saturating_mul(self.bytes.len() + 1);
        if bits / 8 >= limits::PATTERN_MAX_MEMO_BYTES {
            return;
        }
        self.scratch.memo.clear();
        self.scratch.memo.resize(bits / 64 + 1, 0);
        self.scratch.tried.clear();
        self.scratch.tried.resize(self.program.memo_count as usize / 2 + 1, NO_END);
        self.memo_on = true;
    }

    /// Marks a choice as tried at a place; false if it has been before.
    #[inline]
    fn visit(&mut self, memo: u32, at: usize) -> bool {
        let bit = memo as usize * (self.bytes.len() + 1) + at;
        let word = &mut self.scratch.memo[bit / 64];
        let mask = 1_u64 << (bit % 64);
        let fresh = *word & mask == 0;
        *word |= mask;
        fresh
    }
}

fn span_at(program: &Program, pc: Pc) -> Option<&Span> {
    match program.insts.get(pc as usize) {
        Some(Inst::Span(span)) => program.spans.get(*span as usize),
        _ => None,
    }
}
