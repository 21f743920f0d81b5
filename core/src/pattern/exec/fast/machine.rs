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
use super::super::super::unicode::{Class, char_len, decode, step_back};
use super::super::BudgetExhausted;
use super::super::intrinsics::Answer;
use super::program::{
    Alt, Counter, End, Ends, Known, Literal, NONE, Op, Pc, Program, Run, RunSet, Span, Start, Ways,
};

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
    /// Tries the places where a match can start, from left to right.
    #[inline(always)]
    fn scan(&mut self, anchored: bool) -> Outcome<bool> {
        let len = self.bytes.len();
        let Some(last) = len.checked_sub(self.program.min_bytes) else { return Ok(false) };
        let mut at = self.search_start;
        if at > last {
            return Ok(false);
        }
        // The first place is tried at once: of lines that match nearly all match there.
        if anchored || self.can_start(at) {
            if self.run(at)? {
                return Ok(true);
            }
            if anchored {
                return Ok(false);
            }
        }
        let mut required_at = None;
        loop {
            if at >= len {
                return Ok(false);
            }
            at += char_len(self.bytes[at]);
            let Some(candidate) = self.candidate(at)? else { return Ok(false) };
            at = candidate;
            if at > last {
                return Ok(false);
            }
            if let Some(required) = &self.program.required
                && required_at.is_none_or(|place| place < at)
            {
                let Some(offset) = required.find(&self.bytes[at..]) else { return Ok(false) };
                self.charge(offset)?;
                required_at = Some(at + offset);
            }
            self.charge(BYTES_PER_STEP)?;
            if self.run(at)? {
                return Ok(true);
            }
        }
    }

    #[inline(always)]
    fn can_start(&self, at: usize) -> bool {
        match &self.program.start {
            Start::Anywhere | Start::Search => true,
            Start::Line => at == 0 || self.bytes[at - 1] == b'\n',
            Start::Literal(finder) => self.bytes[at..].starts_with(finder.needle()),
            Start::Prefix { places, count, .. } => self.can_begin(places, *count, at),
            Start::Text => at == 0,
        }
    }

    #[inline(always)]
    fn can_begin(&self, places: &[u8; 256], count: usize, at: usize) -> bool {
        let next = &self.bytes[at..];
        next.iter()
            .take(count)
            .enumerate()
            .all(|(place, byte)| places[usize::from(*byte)] >> place & 1 != 0)
    }

    /// Finds the first place from `at` on where a match can start.
    #[inline(always)]
    fn candidate(&mut self, at: usize) -> Outcome<Option<usize>> {
        let len = self.bytes.len();
        let found = match &self.program.start {
            Start::Anywhere => at,
            Start::Search | Start::Text => return Ok(None),
            Start::Line => {
                if self.bytes[at - 1] == b'\n' {
                    at
                } else {
                    let end = self.level.find1(b'\n', self.bytes, at);
                    if end == len {
                        return Ok(None);
                    }
                    end + 1
                }
            }
            Start::Literal(finder) => match finder.find(&self.bytes[at..]) {
                Some(offset) => at + offset,
                None => return Ok(None),
            },
            Start::Prefix { first, places, count } => {
                let mut at = at;
                loop {
                    at = self.level.find_in(first, self.bytes, at);
                    if at == len {
                        return Ok(None);
                    }
                    if self.can_begin(places, *count, at) {
                        break at;
                    }
                    at += 1;
                }
            }
        };
        self.charge(found - at)?;
        Ok(Some(found))
    }

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

    /// Gives the length of the character here if it is in the class.
    #[inline(always)]
    fn one_of(&self, class: &Class, at: usize) -> Option<usize> {
        let byte = *self.bytes.get(at)?;
        if !class.bytes.contains(byte) {
            return None;
        }
        if byte < 0x80 {
            return Some(1);
        }
        let (c, len) = decode(self.bytes, at);
        if class.contains_wide(c) { Some(len) } else { None }
    }

    /// Where a run of characters ends that begins at `at`, of `max` characters at most.
    #[inline(always)]
    fn extent(&self, set: &RunSet, at: usize, max: u32) -> usize {
        let len = self.bytes.len();
        match set {
            RunSet::Any if max == u32::MAX => len,
            RunSet::Bytes(class) if max == u32::MAX => self.level.run_end(class, self.bytes, at),
            RunSet::Bytes(class) if !class.contains(0x80) => {
                // ASCII alone: a character is a byte.
                let window = &self.bytes[..len.min(at.saturating_add(max as usize))];
                self.level.run_end(class, window, at)
            }
            RunSet::Mixed(ascii, _) if max == u32::MAX => {
                let mut at = at;
                loop {
                    at = self.level.run_end(ascii, self.bytes, at);
                    match self.one_in(set, at) {
                        Some(len) => at += len,
                        None => return at,
                    }
                }
            }
            _ => self.extent_by_char(set, at, max),
        }
    }

    #[inline(never)]
    fn extent_by_char(&self, set: &RunSet, at: usize, max: u32) -> usize {
        let mut at = at;
        let mut left = max;
        while left > 0
            && let Some(len) = self.one_in(set, at)
        {
            at += len;
            left -= u32::from(max != u32::MAX);
        }
        at
    }

    /// Gives the length of the character here if a run takes it.
    #[inline(always)]
    fn one_in(&self, set: &RunSet, at: usize) -> Option<usize> {
        let byte = *self.bytes.get(at)?;
        match set {
            RunSet::Any => Some(char_len(byte)),
            RunSet::Bytes(class) => class.contains(byte).then(|| char_len(byte)),
            RunSet::Mixed(_, class) => self.one_of(class, at),
        }
    }

    /// The shortest end of a run that begins at `at`.
    #[inline(always)]
    fn least(&self, run: &Run, at: usize) -> Option<usize> {
        let mut low = at;
        for _ in 0..run.min {
            low += self.one_in(&run.set, low)?;
        }
        Some(low)
    }

    /// A run with one end.
    #[inline(always)]
    fn run_of(&mut self, run: &Run, at: usize) -> Option<usize> {
        let end = self.extent(&run.set, at, run.max);
        if run.min > 0 && !self.has_min(run, at, end) {
            return None;
        }
        self.note(end - at);
        self.set_group(run.group, at, end);
        self.then(run.then, end)
    }

    /// Whether the text has as many characters as the run needs.
    #[inline(always)]
    fn has_min(&self, run: &Run, at: usize, end: usize) -> bool {
        let len = end - at;
        let min = run.min as usize;
        if len < min {
            return false;
        }
        min == 1 || len >= min * 4 || self.has_min_chars(min, at, end)
    }

    fn has_min_chars(&self, min: usize, at: usize, end: usize) -> bool {
        let text = &self.bytes[at..end];
        text.iter().filter(|byte| **byte & 0xc0 != 0x80).take(min).count() == min
    }

    /// Enters a run that has several ends, and gives the first one.
    #[inline(always)]
    fn span(&mut self, span: &Span, pc: Pc, at: usize) -> Option<usize> {
        if self.memo_on && span.memo != NONE {
            if self.has_failed(span.memo, at) {
                return None;
            }
            self.memory.stack.push(Frame::Mark { memo: span.memo, at: small(at) });
        }
        let low = self.least(&span.run, at)?;
        if span.run.group != NONE {
            self.memory.slots[span.run.group as usize * 2] = small(at);
        }
        let more = if span.run.max == u32::MAX { u32::MAX } else { span.run.max - span.run.min };
        if span.lazy {
            return self.take_more(span, pc, low, low, more);
        }
        if self.has_failed_from(span, low) {
            return None;
        }
        let high = self.extent(&span.run.set, low, more);
        self.note(high - low);
        let end = self.give_back(span, pc, low, high);
        if end.is_none() {
            self.range_failed(span, low, high);
        }
        end
    }

    #[inline(always)]
    fn fits(&self, span: &Span, at: usize) -> bool {
        match self.bytes.get(at) {
            Some(byte) => span.follow.has[usize::from(*byte)],
            None => span.follow.end,
        }
    }

    /// Takes the greatest end up to `high` behind which the rest can begin.
    #[inline(always)]
    fn give_back(&mut self, span: &Span, pc: Pc, low: usize, high: usize) -> Option<usize> {
        let mut end = high;
        loop {
            if self.fits(span, end) {
                if !self.memo_on || span.failed == NONE {
                    break;
                }
                // Ends that have failed before, from another start of the run.
                let (from, to) = self.memory.failed[span.failed as usize];
                if !(from as usize..=to as usize).contains(&end) {
                    break;
                }
                end = end.min(from as usize);
            }
            if end <= low {
                return None;
            }
            end -= 1;
            // Inside a character nothing can follow: it begins with what no set of lead bytes has.
            while end > low && self.bytes[end] & 0xc0 == 0x80 {
                end -= 1;
            }
        }
        self.note(high - end);
        if end > low || self.memo_on {
            self.memory.stack.push(Frame::Greedy { pc, low: small(low), high: small(end) });
        }
        self.set_span_end(span, end);
        Some(end)
    }

    #[inline(always)]
    fn set_span_end(&mut self, span: &Span, end: usize) {
        if span.run.group != NONE {
            self.memory.slots[span.run.group as usize * 2 + 1] = small(end);
        }
    }

    /// Takes the least end from `at` on behind which the rest can begin; those from `failed` on have
    /// failed.
    #[inline(always)]
    fn take_more(
        &mut self,
        span: &Span,
        pc: Pc,
        failed: usize,
        at: usize,
        left: u32,
    ) -> Option<usize> {
        match self.least_end(span, at, left) {
            Ok((end, left)) => {
                self.memory.stack.push(Frame::Lazy { pc, at: small(end), left });
                self.set_span_end(span, end);
                Some(end)
            }
            Err(stop) => {
                self.range_failed(span, failed, stop);
                None
            }
        }
    }

    /// The least end, or the place where the run had to stop.
    #[inline(always)]
    fn least_end(&mut self, span: &Span, from: usize, left: u32) -> Result<(usize, u32), usize> {
        let mut at = from;
        // What was passed over without a look costs no step.
        let mut looked_from = from;
        let mut left = left;
        loop {
            let mut fresh = true;
            if left == u32::MAX && !matches!(span.run.set, RunSet::Mixed(..)) {
                fresh = !self.has_failed_from(span, at);
                if fresh {
                    at = match (span.follow.byte, &span.run.set) {
                        (Some(byte), RunSet::Any) => self.level.find1(byte, self.bytes, at),
                        _ if span.follow.any => at,
                        _ => self.level.find_in(&span.follow.stop, self.bytes, at),
                    };
                }
            }
            if fresh && self.fits(span, at) && !self.has_failed_from(span, at) {
                self.note(at - looked_from);
                return Ok((at, left));
            }
            if self.has_failed_from(span, at) {
                // All ends up to this one have failed; the run goes on behind it if it can.
                self.note(at - looked_from);
                at = self.memory.failed[span.failed as usize].1 as usize;
                looked_from = at;
            }
            let len = if left == 0 { None } else { self.one_in(&span.run.set, at) };
            let Some(len) = len else {
                self.note(at - looked_from);
                return Err(at);
            };
            at += len;
            left -= u32::from(left != u32::MAX);
        }
    }

    /// Whether this end of an unbounded span, and those behind it up to a noted one, have failed.
    #[inline(always)]
    fn has_failed_from(&self, span: &Span, end: usize) -> bool {
        self.memo_on && span.failed != NONE && {
            let (from, to) = self.memory.failed[span.failed as usize];
            (from as usize..=to as usize).contains(&end)
        }
    }

    /// Notes that all ends of an unbounded span from `low` to `high`, which are of one run, have failed.
    fn range_failed(&mut self, span: &Span, low: usize, high: usize) {
        if !self.memo_on || span.failed == NONE {
            return;
        }
        let (low, high) = (small(low), small(high));
        let range = &mut self.memory.failed[span.failed as usize];
        let (from, to) = *range;
        let overlaps = from <= to && from <= high && low <= to;
        *range = if overlaps { (from.min(low), to.max(high)) } else { (low, high) };
    }

    /// Notes that an end of an unbounded greedy span has failed, and with it all its greater ends.
    ///
    /// Neighbouring ranges are joined if one run of the characters reaches from one to the other. A
    /// lazy span notes its ends when it has none left: what came before the first of them is not known.
    fn end_failed(&mut self, span: &Span, end: u32) {
        if !self.memo_on || span.failed == NONE || span.lazy {
            return;
        }
        let (from, to) = self.memory.failed[span.failed as usize];
        let range = if from > to {
            (end, end)
        } else if (from..=to).contains(&end) {
            return;
        } else if end < from && self.is_run(&span.run.set, end, from) {
            (end, to)
        } else {
            (end, end)
        };
        self.memory.failed[span.failed as usize] = range;
    }

    /// Whether a run can take all characters from one place to another.
    fn is_run(&self, set: &RunSet, from: u32, to: u32) -> bool {
        let (mut at, to) = (from as usize, to as usize);
        match set {
            RunSet::Any => true,
            // No level here: out of line, its instructions would be calls.
            RunSet::Bytes(class) => {
                let run = self.bytes.get(at..to).unwrap_or_default();
                run.iter().all(|byte| class.contains(*byte))
            }
            RunSet::Mixed(..) => {
                while at < to
                    && let Some(len) = self.one_in(set, at)
                {
                    at += len;
                }
                at == to
            }
        }
    }

    /// Sets a register; without a choice to go back to there is nothing to undo.
    #[inline(always)]
    fn set_reg(&mut self, index: u32, value: u32) {
        if !self.memory.stack.is_empty() {
            let old = self.memory.regs[index as usize];
            self.memory.stack.push(Frame::Reg { index, old });
        }
        self.memory.regs[index as usize] = value;
    }

    #[inline(always)]
    fn set_slot(&mut self, index: u32, value: u32) {
        if !self.memory.stack.is_empty() {
            let old = self.memory.slots[index as usize];
            self.memory.stack.push(Frame::Slot { index, old });
        }
        self.memory.slots[index as usize] = value;
    }

    /// Takes the youngest choice.
    #[inline(always)]
    fn backtrack(&mut self) -> Outcome<Option<(Pc, usize)>> {
        if self.memory.stack.len() > limits::PATTERN_MAX_STACK {
            return Err(BudgetExhausted);
        }
        while let Some(frame) = self.memory.stack.pop() {
            self.steps = self.steps.checked_sub(1).ok_or(BudgetExhausted)?;
            if self.steps < self.memo_at {
                self.turn_memo_on();
            }
            match frame {
                Frame::Alt { alt: id, at, ways } => {
                    let alt = &self.program.alts[id as usize];
                    return Ok(Some((self.take_way(alt, id, ways, at as usize), at as usize)));
                }
                Frame::Branch { pc, at } => return Ok(Some((pc, at as usize))),
                Frame::Greedy { pc, low, high } => {
                    let Op::Span(span) = self.program.ops[pc as usize] else { continue };
                    let span = &self.program.spans[span as usize];
                    self.end_failed(span, high);
                    if high > low {
                        let high = step_back(self.bytes, high as usize);
                        if let Some(end) = self.give_back(span, pc, low as usize, high) {
                            return Ok(Some((pc + 1, end)));
                        }
                    }
                }
                Frame::Lazy { pc, at, left } => {
                    let Op::Span(span) = self.program.ops[pc as usize] else { continue };
                    let span = &self.program.spans[span as usize];
                    self.end_failed(span, at);
                    if left > 0
                        && let Some(len) = self.one_in(&span.run.set, at as usize)
                    {
                        let left = left - u32::from(left != u32::MAX);
                        let from = at as usize;
                        // The frame below says where the span was entered.
                        let low = match self.memory.stack.last() {
                            Some(Frame::Mark { memo, at }) if *memo == span.memo => {
                                self.least(&span.run, *at as usize).unwrap_or(from)
                            }
                            _ => from,
                        };
                        if let Some(end) = self.take_more(span, pc, low, from + len, left) {
                            return Ok(Some((pc + 1, end)));
                        }
                    }
                }
                Frame::Mark { memo, at } => self.mark(memo, at as usize),
                Frame::Reg { index, old } => self.memory.regs[index as usize] = old,
                Frame::Slot { index, old } => self.memory.slots[index as usize] = old,
            }
        }
        Ok(None)
    }

    /// Undoes everything above a height of the stack.
    fn unwind(&mut self, height: u32) {
        while self.memory.stack.len() > height as usize
            && let Some(frame) = self.memory.stack.pop()
        {
            match frame {
                Frame::Reg { index, old } => self.memory.regs[index as usize] = old,
                Frame::Slot { index, old } => self.memory.slots[index as usize] = old,
                _ => {}
            }
        }
    }

    /// Drops the choices above a height of the stack and keeps what undoes.
    #[inline(always)]
    fn drop_choices(&mut self, height: u32) {
        let height = height as usize;
        let stack = &mut self.memory.stack;
        if stack.len() <= height {
            return;
        }
        if height == 0 {
            stack.clear();
            return;
        }
        let mut kept = height;
        for index in height..stack.len() {
            let frame = stack[index];
            if matches!(frame, Frame::Reg { .. } | Frame::Slot { .. }) {
                stack[kept] = frame;
                kept += 1;
            }
        }
        stack.truncate(kept);
    }

    #[cold]
    fn turn_memo_on(&mut self) {
        self.memo_at = 0;
        let bits = (self.program.memo_count as usize).saturating_mul(self.bytes.len() + 1);
        if bits / 8 >= limits::PATTERN_MAX_MEMO_BYTES {
            return;
        }
        self.memory.memo.clear();
        self.memory.memo.resize(bits / 64 + 1, 0);
        self.memory.failed.clear();
        self.memory.failed.resize(self.program.failed_count as usize, NONE_FAILED);
        self.memo_on = true;
    }

    fn memo_bit(&self, memo: u32, at: usize) -> (usize, u64) {
        let bit = memo as usize * (self.bytes.len() + 1) + at;
        (bit / 64, 1 << (bit % 64))
    }

    fn has_failed(&self, memo: u32, at: usize) -> bool {
        let (word, mask) = self.memo_bit(memo, at);
        self.memory.memo[word] & mask != 0
    }

    fn mark(&mut self, memo: u32, at: usize) {
        let (word, mask) = self.memo_bit(memo, at);
        self.memory.memo[word] |= mask;
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
