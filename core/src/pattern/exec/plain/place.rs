//! Instructions that look at a place or at what was captured, and calls.

use super::super::super::syntax::Assertion;
use super::super::super::unicode::{Class, decode, eq_fold, step_back};
use super::super::{BudgetExhausted, UNSET};
use super::{CallFrame, Frame, Machine, Outcome, Pc};
use crate::limits;

impl<const TRACE: bool, const COUNT: bool> Machine<'_, TRACE, COUNT> {
    pub(super) fn holds(&self, assertion: Assertion, at: usize) -> bool {
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
    pub(super) fn is_boundary(&self, class: &Class, at: usize) -> bool {
        let before = at > 0 && class.contains(decode(self.bytes, step_back(self.bytes, at)).0);
        let after = at < self.bytes.len() && class.contains(decode(self.bytes, at).0);
        before != after
    }

    pub(super) fn step_back(&self, mut at: usize, chars: u32) -> Option<usize> {
        for _ in 0..chars {
            if at == 0 {
                return None;
            }
            at = step_back(self.bytes, at);
        }
        Some(at)
    }

    /// Matches the text of the first of the groups that is set and whose text is here.
    pub(super) fn backref(
        &mut self,
        groups: &[u32],
        fold: bool,
        at: usize,
    ) -> Outcome<Option<usize>> {
        for &group in groups {
            let slot = group as usize * 2;
            let (start, end) = (self.scratch.slots[slot], self.scratch.slots[slot + 1]);
            if start == UNSET || end == UNSET || start > end {
                continue;
            }
            self.charge(end - start)?;
            let found =
                if fold { self.same_fold(start, end, at) } else { self.same(start, end, at) };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn same(&self, start: usize, end: usize, at: usize) -> Option<usize> {
        self.bytes[at..].starts_with(&self.bytes[start..end]).then_some(at + (end - start))
    }

    fn same_fold(&self, mut start: usize, end: usize, mut at: usize) -> Option<usize> {
        while start < end {
            if at >= self.bytes.len() {
                return None;
            }
            let (left, left_len) = decode(self.bytes, start);
            let (right, right_len) = decode(self.bytes, at);
            if !eq_fold(left, right) {
                return None;
            }
            start += left_len;
            at += right_len;
        }
        Some(at)
    }

    /// Begins a call; its registers are put back when it returns.
    pub(super) fn call(&mut self, back: Pc) -> Outcome<()> {
        let frame = self.calls_now()?;
        if !self.scratch.stack.is_empty() {
            self.push(frame)?;
        }
        let saved_at = index(self.scratch.saved.len())?;
        let parent = self.current_call;
        self.current_call = index(self.scratch.calls.len())?;
        self.scratch.saved.extend_from_slice(&self.scratch.regs);
        self.scratch.calls.push(CallFrame { back, parent, saved_at });
        self.charge(self.scratch.regs.len())
    }

    pub(super) fn return_from_call(&mut self) -> Outcome<Option<Pc>> {
        let Some(&call) = self.scratch.calls.get(self.current_call as usize) else {
            return Ok(None);
        };
        if !self.scratch.stack.is_empty() {
            let current = self.current_call;
            self.push(Frame::Calls { current, call_count: u32::MAX, saved_count: 0 })?;
        }
        self.current_call = call.parent;
        for reg in 0..self.scratch.regs.len() {
            let old = self.scratch.saved[call.saved_at as usize + reg];
            if self.scratch.regs[reg] != old {
                self.set_reg(index(reg)?, old)?;
            }
        }
        self.charge(self.scratch.regs.len())?;
        Ok(Some(call.back))
    }

    fn calls_now(&self) -> Outcome<Frame> {
        let saved = self.scratch.saved.len();
        if saved > limits::PATTERN_MAX_STACK || self.scratch.calls.len() > limits::PATTERN_MAX_STACK
        {
            return Err(BudgetExhausted);
        }
        Ok(Frame::Calls {
            current: self.current_call,
            call_count: index(self.scratch.calls.len())?,
            saved_count: index(saved)?,
        })
    }
}

fn index(len: usize) -> Outcome<u32> {
    u32::try_from(len).map_err(|_| BudgetExhausted)
}
