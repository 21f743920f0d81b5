//! Spans: runs with several ends, which are given back or taken one by one.

use crate::scan::Level;

use super::super::program::{NONE, Pc, RunSet, Span};
use super::{Frame, Machine, small};

impl<L: Level> Machine<'_, L> {
    /// Enters a run that has several ends, and gives the first one.
    #[inline(always)]
    pub(super) fn span(&mut self, span: &Span, pc: Pc, at: usize) -> Option<usize> {
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
    pub(super) fn give_back(
        &mut self,
        span: &Span,
        pc: Pc,
        low: usize,
        high: usize,
    ) -> Option<usize> {
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
    pub(super) fn take_more(
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
    pub(super) fn end_failed(&mut self, span: &Span, end: u32) {
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
}
