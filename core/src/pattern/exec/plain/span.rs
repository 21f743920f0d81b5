//! Repeats of one character: one instruction, and one frame for all of its ends.

use memchr::{memchr, memchr2, memrchr};

use super::super::super::compile::{Follow, NONE, Pc, Span, SpanSet};
use super::super::super::syntax::RepeatMode;
use super::super::super::unicode::{Class, char_len, decode, step_back};
use super::super::BudgetExhausted;
use super::{Frame, Machine, Outcome};

impl<const TRACE: bool, const COUNT: bool> Machine<'_, TRACE, COUNT> {
    /// Gives the length of the character here if it is in the class.
    #[inline]
    pub(super) fn one_of(&self, class: &Class, at: usize) -> Option<usize> {
        let byte = *self.bytes.get(at)?;
        if !class.bytes.contains(byte) {
            return None;
        }
        if byte < 0x80 {
            return Some(1);
        }
        let (c, len) = decode(self.bytes, at);
        class.contains_wide(c).then_some(len)
    }

    /// Gives the length of the character here if the span may take it.
    #[inline]
    pub(super) fn span_one(&self, span: &Span, at: usize) -> Option<usize> {
        match &span.set {
            SpanSet::Any => self.bytes.get(at).map(|byte| char_len(*byte)),
            SpanSet::NotNewline => match self.bytes.get(at) {
                Some(b'\n') | None => None,
                Some(byte) => Some(char_len(*byte)),
            },
            SpanSet::Class(class) => self.one_of(&self.program.classes[*class as usize], at),
        }
    }

    /// What must follow a span; a trace wants to see for itself what does not.
    #[inline]
    fn follow(span: &Span) -> Follow {
        if TRACE { Follow::Unknown } else { span.follow }
    }

    /// Enters a span and gives its first end.
    pub(super) fn span(&mut self, span: &Span, pc: Pc, at: usize) -> Outcome<Option<usize>> {
        if self.memo_on && span.memo != NONE && !self.visit(span.memo, at) {
            return Ok(None);
        }
        let mut low = at;
        for _ in 0..span.min {
            let Some(len) = self.span_one(span, low) else {
                self.charge_chars(low - at)?;
                return Ok(None);
            };
            low += len;
        }
        self.charge_chars(low - at)?;
        let endless = self.memo_on && span.memo != NONE && span.max == u32::MAX;
        if endless && self.is_tried(span, low) {
            return Ok(None);
        }
        let more = if span.max == u32::MAX { u32::MAX } else { span.max - span.min };
        match span.mode {
            RepeatMode::Lazy => self.take_more(span, pc, low, more),
            RepeatMode::Possessive => self.extend(span, low, more).map(Some),
            RepeatMode::Greedy => {
                let high = if endless {
                    self.extend_untried(span, low)?
                } else {
                    self.extend(span, low, more)?
                };
                self.give_back(span, pc, low, high)
            }
        }
    }

    /// The ends of a span, from the least to the greatest, that are known to fail or that a frame
    /// on the stack is about to try.
    fn tried(&mut self, span: &Span) -> &mut (usize, usize) {
        &mut self.scratch.tried[span.memo as usize / 2]
    }

    fn is_tried(&mut self, span: &Span, low: usize) -> bool {
        let (from, to) = *self.tried(span);
        (from..=to).contains(&low)
    }

    /// Finds how far an unbounded span can go, without the ends that have been tried.
    fn extend_untried(&mut self, span: &Span, low: usize) -> Outcome<usize> {
        let (from, to) = *self.tried(span);
        if from > to || low > from {
            let high = self.extend(span, low, u32::MAX)?;
            *self.tried(span) = (low, high);
            return Ok(high);
        }
        let mut at = low;
        let mut high = low;
        while at < from
            && let Some(len) = self.span_one(span, at)
        {
            high = at;
            at += len;
        }
        self.charge_chars(at - low)?;
        if at == from {
            // Every end from here on has been tried, those before have not.
            *self.tried(span) = (low, to);
            return Ok(high);
        }
        *self.tried(span) = (low, at);
        Ok(at)
    }

    /// Finds how far a span can go.
    fn extend(&mut self, span: &Span, low: usize, more: u32) -> Outcome<usize> {
        let len = self.bytes.len();
        let high = match (&span.set, more) {
            (SpanSet::Any, u32::MAX) => len,
            (SpanSet::NotNewline, u32::MAX) => {
                memchr(b'\n', &self.bytes[low..]).map_or(len, |offset| low + offset)
            }
            (SpanSet::Class(class), u32::MAX) => {
                let class = &self.program.classes[*class as usize];
                let mut at = low;
                while let Some(len) = self.one_of(class, at) {
                    at += len;
                }
                self.charge_chars(at - low)?;
                return Ok(at);
            }
            _ => {
                let mut at = low;
                for _ in 0..more {
                    let Some(len) = self.span_one(span, at) else { break };
                    at += len;
                }
                self.charge_chars(at - low)?;
                return Ok(at);
            }
        };
        self.charge(high - low)?;
        Ok(high)
    }

    /// Finds the greatest end up to `high` behind which the rest can begin.
    pub(super) fn give_back(
        &mut self,
        span: &Span,
        pc: Pc,
        low: usize,
        high: usize,
    ) -> Outcome<Option<usize>> {
        let mut high = high;
        loop {
            let end = match Self::follow(span) {
                Follow::Unknown => Some(high),
                Follow::Byte(byte) => {
                    let end = (high + 1).min(self.bytes.len());
                    self.bytes
                        .get(low..end)
                        .and_then(|bytes| memrchr(byte, bytes))
                        .map(|offset| low + offset)
                }
                Follow::Set(set) => {
                    let set = &self.program.sets[set as usize];
                    let end = (high + 1).min(self.bytes.len());
                    self.bytes
                        .get(low..end)
                        .and_then(|bytes| bytes.iter().rposition(|byte| set.contains(*byte)))
                        .map(|offset| low + offset)
                }
            };
            let Some(end) = end else {
                self.charge_chars(high - low)?;
                return Ok(None);
            };
            self.charge_chars(high - end)?;
            let fresh = !self.memo_on || span.memo == NONE || self.visit(span.memo + 1, end);
            if end > low {
                high = step_back(self.bytes, end);
                if fresh {
                    self.push(Frame::Greedy { pc, low, high })?;
                    return Ok(Some(end));
                }
                self.steps = self.steps.checked_sub(1).ok_or(BudgetExhausted)?;
            } else {
                return Ok(fresh.then_some(end));
            }
        }
    }

    /// Finds the least end from `at` on behind which the rest can begin.
    pub(super) fn take_more(
        &mut self,
        span: &Span,
        pc: Pc,
        at: usize,
        left: u32,
    ) -> Outcome<Option<usize>> {
        let (mut at, mut left) = (at, left);
        loop {
            let Some((end, still)) = self.least_end(span, at, left)? else {
                if self.memo_on && span.memo != NONE && left == u32::MAX {
                    *self.tried(span) = (at, self.looked_at);
                }
                return Ok(None);
            };
            if !self.memo_on || span.memo == NONE || self.visit(span.memo + 1, end) {
                self.push(Frame::Lazy { pc, at: end, left: still })?;
                return Ok(Some(end));
            }
            // What took this end without a bound has taken every later one too.
            if still == u32::MAX || still == 0 {
                return Ok(None);
            }
            let Some(len) = self.span_one(span, end) else { return Ok(None) };
            self.steps = self.steps.checked_sub(1).ok_or(BudgetExhausted)?;
            (at, left) = (end + len, still - 1);
        }
    }

    fn least_end(&mut self, span: &Span, from: usize, left: u32) -> Outcome<Option<(usize, u32)>> {
        let mut left = left;
        let mut at = from;
        if left == u32::MAX
            && let Follow::Byte(byte) = Self::follow(span)
        {
            let rest = &self.bytes[at..];
            let found = match &span.set {
                SpanSet::Any => Some(memchr(byte, rest)),
                SpanSet::NotNewline => {
                    Some(memchr2(byte, b'\n', rest).filter(|offset| rest[*offset] == byte))
                }
                SpanSet::Class(_) => None,
            };
            if let Some(found) = found {
                // Without an end the place of the `\n` is not known: it may be where it began.
                self.looked_at = match &span.set {
                    SpanSet::Any => self.bytes.len(),
                    _ => at,
                };
                self.charge(found.unwrap_or(rest.len()))?;
                return Ok(found.map(|offset| (at + offset, left)));
            }
        }
        loop {
            let fits = match Self::follow(span) {
                Follow::Unknown => true,
                Follow::Byte(byte) => self.bytes.get(at) == Some(&byte),
                Follow::Set(set) => {
                    let set = &self.program.sets[set as usize];
                    self.bytes.get(at).is_some_and(|byte| set.contains(*byte))
                }
            };
            if fits {
                self.charge_chars(at - from)?;
                return Ok(Some((at, left)));
            }
            let len = if left == 0 { None } else { self.span_one(span, at) };
            let Some(len) = len else {
                self.charge_chars(at - from)?;
                self.looked_at = at;
                return Ok(None);
            };
            at += len;
            if left != u32::MAX {
                left -= 1;
            }
        }
    }
}
