//! What undoes and goes back: registers, groups, the stack of choices and the memo of failures.

use crate::limits;
use crate::pattern::exec::BudgetExhausted;
use crate::pattern::unicode::step_back;
use crate::scan::Level;

use super::super::program::{Op, Pc};
use super::{Frame, Machine, NONE_FAILED, Outcome};

impl<L: Level> Machine<'_, L> {
    /// Sets a register; without a choice to go back to there is nothing to undo.
    #[inline(always)]
    pub(super) fn set_reg(&mut self, index: u32, value: u32) {
        if !self.memory.stack.is_empty() {
            let old = self.memory.regs[index as usize];
            self.memory.stack.push(Frame::Reg { index, old });
        }
        self.memory.regs[index as usize] = value;
    }

    #[inline(always)]
    pub(super) fn set_slot(&mut self, index: u32, value: u32) {
        if !self.memory.stack.is_empty() {
            let old = self.memory.slots[index as usize];
            self.memory.stack.push(Frame::Slot { index, old });
        }
        self.memory.slots[index as usize] = value;
    }

    /// Takes the youngest choice.
    #[inline(always)]
    pub(super) fn backtrack(&mut self) -> Outcome<Option<(Pc, usize)>> {
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
    pub(super) fn unwind(&mut self, height: u32) {
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
    pub(super) fn drop_choices(&mut self, height: u32) {
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

    pub(super) fn has_failed(&self, memo: u32, at: usize) -> bool {
        let (word, mask) = self.memo_bit(memo, at);
        self.memory.memo[word] & mask != 0
    }

    fn mark(&mut self, memo: u32, at: usize) {
        let (word, mask) = self.memo_bit(memo, at);
        self.memory.memo[word] |= mask;
    }
}
