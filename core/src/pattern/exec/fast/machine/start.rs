//! The places where a match can start, found before the program runs there.

use crate::pattern::unicode::char_len;
use crate::scan::Level;

use super::super::program::Start;
use super::{BYTES_PER_STEP, Machine, Outcome};

impl<L: Level> Machine<'_, L> {
    /// Tries the places where a match can start, from left to right.
    #[inline(always)]
    pub(super) fn scan(&mut self, anchored: bool) -> Outcome<bool> {
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
}
