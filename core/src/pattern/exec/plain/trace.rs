//! A search that records where it failed: the same machine with `TRACE` on.
//!
//! Every place where a match can start is tried, without the prefilters and guards that skip what
//! cannot match; of each try counts how much of the subject was matched by something more
//! particular than `.*`. The instructions that failed at the furthest place are kept, each with
//! the instructions that had consumed last: where they lie tells which `%{NAME}` had begun.

use super::super::super::compile::{Inst, NONE, Pc, Program, SpanSet};
use super::super::{Budget, Scratch, UNSET};
use super::{Frame, Machine, Outcome};

/// What a traced search found.
#[derive(Debug, Default)]
pub(in super::super::super) struct Trace {
    /// The tries from the first place where a match can start.
    pub(in super::super::super) first: Furthest,
    /// The try that got furthest of all.
    pub(in super::super::super) best: Furthest,
    is_first: bool,
    current_start: usize,
    state: State,
    /// The state that each choice on the stack goes back to.
    marks: Vec<State>,
}

/// The furthest place that some tries reached.
#[derive(Clone, Debug, Default)]
pub(in super::super::super) struct Furthest {
    /// Where the try began.
    pub(in super::super::super) start: usize,
    pub(in super::super::super) at: usize,
    /// Bytes up to there that something took which does not take just anything.
    pub(in super::super::super) taken: usize,
    /// Groups that were set then.
    pub(in super::super::super) group_count: usize,
    /// What failed there, in the order of trying.
    pub(in super::super::super) failures: Vec<Failure>,
}

impl Furthest {
    /// Bytes from the start to the place.
    pub(in super::super::super) fn len(&self) -> usize {
        self.at.saturating_sub(self.start)
    }
}

/// One instruction that failed at the furthest place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super::super) struct Failure {
    pub(in super::super::super) pc: Pc,
    /// The instructions that consumed last and where they began, the youngest first; [`NONE`] for
    /// those before the first.
    pub(in super::super::super) before: [(Pc, usize); REMEMBERED],
    /// Bytes of a literal or a repeat that were there.
    pub(in super::super::super) matched: usize,
    /// Whether it was looked for at every place from there on.
    pub(in super::super::super) anywhere: bool,
}

/// Consuming instructions that are remembered of the way to the current one.
pub(in super::super::super) const REMEMBERED: usize = 4;

/// What is known of the way to the current instruction.
#[derive(Clone, Copy, Debug)]
struct State {
    /// What consumed last, without `span`.
    before: [(Pc, usize); REMEMBERED],
    /// The span that has just run, and where it began.
    span: Pc,
    span_from: usize,
    is_span_wild: bool,
    /// Where `.*` began, if nothing else has consumed since.
    wild_from: usize,
    /// Bytes that `.*` took before.
    wild: usize,
}

impl Default for State {
    fn default() -> Self {
        Self {
            before: [(NONE, 0); REMEMBERED],
            span: NONE,
            span_from: 0,
            is_span_wild: false,
            wild_from: UNSET,
            wild: 0,
        }
    }
}

impl State {
    /// Counts the span that has just run, if it consumed something.
    fn settle(&mut self, at: usize) {
        if self.span != NONE && at > self.span_from {
            self.consumed(self.span, self.span_from);
            if !self.is_span_wild {
                self.tame(self.span_from);
            }
        }
        self.span = NONE;
    }

    /// Ends what `.*` took: something else begins here.
    fn tame(&mut self, at: usize) {
        if self.wild_from != UNSET {
            self.wild += at.saturating_sub(self.wild_from);
            self.wild_from = UNSET;
        }
    }

    fn consumed(&mut self, pc: Pc, from: usize) {
        self.before.rotate_right(1);
        self.before[0] = (pc, from);
    }
}

/// Failures kept of one place: far more than are shown.
const MAX_FAILURES: usize = 256;

/// Choices on the stack whose states are kept (25 MB); a search that needs more is given up.
const MAX_MARKS: usize = 200_000;

/// Searches from the start of the subject and records; tells whether there is a match.
pub(in super::super::super) fn search(
    program: &Program,
    subject: &str,
    scratch: &mut Scratch,
    budget: &mut Budget,
) -> (Outcome<bool>, Trace) {
    scratch.slots.clear();
    scratch.slots.resize(program.group_count as usize * 2 + 2, UNSET);
    scratch.regs.clear();
    scratch.regs.resize(program.reg_count as usize, 0);
    let mut trace = Trace { is_first: true, ..Trace::default() };
    let mut machine = Machine::<'_, true, false> {
        program,
        bytes: subject.as_bytes(),
        search_start: 0,
        steps: budget.steps_left,
        memo_at: if program.memo_count == 0 {
            0
        } else {
            budget.steps_left.saturating_sub(super::MEMO_AFTER + subject.len() as u64)
        },
        memo_on: false,
        current_call: NONE,
        looked_at: 0,
        scratch,
        trace: Some(&mut trace),
        counts: &mut [],
    };
    let found = machine.scan_all();
    budget.steps_left = machine.steps;
    scratch.slots.clear();
    (found, trace)
}

impl Machine<'_, true, false> {
    fn scan_all(&mut self) -> Outcome<bool> {
        use super::Start;
        let mut at = 0;
        loop {
            if matches!(self.program.search.start, Start::Search | Start::Text | Start::Line) {
                let Some(candidate) = self.candidate(at)? else { return Ok(false) };
                at = candidate;
            }
            if let Some(trace) = &mut self.trace {
                trace.current_start = at;
                trace.state = State::default();
            }
            if self.run(at)? {
                return Ok(true);
            }
            if let Some(trace) = &mut self.trace {
                trace.is_first = false;
            }
            let Some(byte) = self.bytes.get(at) else { return Ok(false) };
            at += super::char_len(*byte);
        }
    }
}

impl<const TRACE: bool, const COUNT: bool> Machine<'_, TRACE, COUNT> {
    /// Notes that an instruction is about to run.
    pub(super) fn trace_before(&mut self, pc: Pc, at: usize) {
        let Some(Inst::Span(span)) = self.program.insts.get(pc as usize) else { return };
        if self.look_around(pc).is_some() {
            return;
        }
        let Some(span) = self.program.spans.get(*span as usize) else { return };
        let Some(trace) = &mut self.trace else { return };
        let state = &mut trace.state;
        state.settle(at);
        state.span = pc;
        state.span_from = at;
        state.is_span_wild = !matches!(span.set, SpanSet::Class(_));
        if state.is_span_wild && state.wild_from == UNSET {
            state.wild_from = at;
        }
    }

    /// Notes that an instruction matched up to `end`.
    pub(super) fn trace_passed(&mut self, pc: Pc, at: usize, end: usize) {
        let consumes = matches!(
            self.program.insts.get(pc as usize),
            Some(Inst::Literal { .. } | Inst::Class { .. } | Inst::Backref { .. })
        );
        if !consumes || end <= at || self.look_around(pc).is_some() {
            return;
        }
        if let Some(trace) = &mut self.trace {
            trace.state.settle(at);
            trace.state.consumed(pc, at);
            trace.state.tame(at);
        }
    }

    /// Notes that an instruction failed.
    pub(super) fn trace_failed(&mut self, pc: Pc, at: usize) {
        let program = self.program;
        if let Some((start, _)) = self.look_around(pc) {
            if let Some(Inst::LookStart { reg }) = program.insts.get(start as usize)
                && let Some(&at) = self.scratch.regs.get(*reg as usize + 1)
            {
                self.record(start, at, at, 0);
            }
            return;
        }
        match program.insts.get(pc as usize) {
            Some(Inst::Literal { start, len }) => {
                let text = &program.literals[*start as usize..(*start + *len) as usize];
                let rest = self.bytes.get(at..).unwrap_or_default();
                let mut same = text.iter().zip(rest).take_while(|(a, b)| a == b).count();
                // A character may be there by half.
                while same > 0 && text.get(same).is_some_and(|byte| byte & 0xC0 == 0x80) {
                    same -= 1;
                }
                self.record(pc, at, at + same, same);
            }
            Some(Inst::Span(span)) => {
                let Some(span) = program.spans.get(*span as usize) else { return };
                let mut end = at;
                for _ in 0..span.min {
                    match self.span_one(span, end) {
                        Some(len) => end += len,
                        None => return self.record(pc, at, end, end - at),
                    }
                }
            }
            Some(
                Inst::Assert(_)
                | Inst::Backref { .. }
                | Inst::Boundary { .. }
                | Inst::Class { .. }
                | Inst::Fail,
            ) => self.record(pc, at, at, 0),
            _ => {}
        }
    }

    /// Notes that the body of a negative look, whose first frame is at `height`, matched.
    pub(super) fn trace_negative(&mut self, pc: Pc, height: usize) {
        if let Some((start, end)) = self.look_around(pc)
            && end == pc + 1
            && let Some(&Frame::Branch { at, .. }) = self.scratch.stack.get(height)
        {
            self.record(start, at, at, 0);
        }
    }

    /// Notes that the youngest frame of the stack has been pushed.
    pub(super) fn trace_choice(&mut self) {
        let len = self.scratch.stack.len();
        if len > MAX_MARKS {
            self.steps = 0;
            return;
        }
        if let Some(trace) = &mut self.trace {
            trace.marks.resize(len, State::default());
            if let Some(mark) = trace.marks.last_mut() {
                *mark = trace.state;
            }
        }
    }

    /// Notes that the youngest frame of the stack has been taken.
    pub(super) fn trace_back(&mut self) {
        let len = self.scratch.stack.len();
        if let Some(trace) = &mut self.trace
            && let Some(mark) = trace.marks.get(len)
        {
            trace.state = *mark;
        }
    }

    /// Finds the outermost look around an instruction.
    fn look_around(&self, pc: Pc) -> Option<(Pc, Pc)> {
        let looks = &self.program.looks;
        let after = looks.partition_point(|(start, _)| *start <= pc);
        let look = *looks.get(after.checked_sub(1)?)?;
        (look.0 < pc && pc < look.1).then_some(look)
    }

    /// Keeps a failure of an instruction that began at `from` and came to `at`.
    fn record(&mut self, pc: Pc, from: usize, at: usize, matched: usize) {
        let Some(trace) = &mut self.trace else { return };
        let mut state = trace.state;
        state.settle(from);
        let anywhere = state.wild_from != UNSET;
        let (at, matched) = if anywhere { (state.wild_from, 0) } else { (at, matched) };
        let failure = Failure { pc, before: state.before, matched, anywhere };
        let start = trace.current_start;
        let set = self.scratch.slots.chunks(2).skip(1).filter(|slots| slots[1] != UNSET);
        // `.*` may take a long way round: how far a try came is what the others took.
        let taken = (at - start).saturating_sub(state.wild);
        let group_count = if taken < trace.best.taken { 0 } else { set.count() };
        let keep = |kept: &mut Furthest| {
            let is_new = kept.failures.is_empty();
            if is_new || (taken, at - start) > (kept.taken, kept.len()) {
                kept.failures.clear();
                *kept = Furthest { start, at, taken, group_count, failures: vec![failure] };
            } else if (start, at) == (kept.start, kept.at)
                && kept.failures.len() < MAX_FAILURES
                && !kept.failures.iter().any(|known| known.pc == pc)
            {
                kept.group_count = kept.group_count.max(group_count);
                kept.failures.push(failure);
            }
        };
        if trace.is_first {
            keep(&mut trace.first);
        }
        keep(&mut trace.best);
    }
}
