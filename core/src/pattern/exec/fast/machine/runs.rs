//! Runs of characters of a class: how far they go, and the places inside of them.

use crate::pattern::unicode::{Class, char_len, decode};
use crate::scan::Level;

use super::super::program::{Run, RunSet};
use super::Machine;

impl<L: Level> Machine<'_, L> {
    /// Gives the length of the character here if it is in the class.
    #[inline(always)]
    pub(super) fn one_of(&self, class: &Class, at: usize) -> Option<usize> {
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
    pub(super) fn extent(&self, set: &RunSet, at: usize, max: u32) -> usize {
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
    pub(super) fn one_in(&self, set: &RunSet, at: usize) -> Option<usize> {
        let byte = *self.bytes.get(at)?;
        match set {
            RunSet::Any => Some(char_len(byte)),
            RunSet::Bytes(class) => class.contains(byte).then(|| char_len(byte)),
            RunSet::Mixed(_, class) => self.one_of(class, at),
        }
    }

    /// The shortest end of a run that begins at `at`.
    #[inline(always)]
    pub(super) fn least(&self, run: &Run, at: usize) -> Option<usize> {
        let mut low = at;
        for _ in 0..run.min {
            low += self.one_in(&run.set, low)?;
        }
        Some(low)
    }

    /// A run with one end.
    #[inline(always)]
    pub(super) fn run_of(&mut self, run: &Run, at: usize) -> Option<usize> {
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
}
