//! Lists and maps that are still the JSON text they came as.
//!
//! The text is in the writer's own spelling, so that copying it is writing the list or map. Whoever looks
//! inside gets the parsed form, made at the first look; whoever may change it makes the text go.

use core::cell::OnceCell;

use crate::arena::Arena;

/// The text of a list or map, and what it holds once somebody has looked.
pub(crate) struct Raw<'b, T> {
    text: &'b [u8],
    /// Lists and maps inside each other, this one included.
    levels: u32,
    arena: &'b Arena,
    parsed: OnceCell<T>,
}

/// Reads one level of a text.
type Read<'b, T> = fn(&'b [u8], u32, &'b Arena) -> T;

impl<'b, T> Raw<'b, T> {
    /// The text is what the writer writes for the list or map that it holds.
    pub(crate) fn new_in(text: &'b [u8], levels: u32, arena: &'b Arena) -> &'b mut Self {
        arena.alloc(Self { text, levels, arena, parsed: OnceCell::new() })
    }

    /// The same text, nothing of it read.
    pub(crate) fn copy_in(&self, arena: &'b Arena) -> &'b mut Self {
        Self::new_in(self.text, self.levels, arena)
    }

    pub(crate) fn text(&self) -> &'b [u8] {
        self.text
    }

    pub(crate) fn levels(&self) -> usize {
        self.levels as usize
    }

    pub(crate) fn parsed(&self, read: Read<'b, T>) -> &T {
        self.parsed.get_or_init(|| read(self.text, self.levels, self.arena))
    }

    pub(crate) fn take_parsed(&mut self, read: Read<'b, T>) -> T {
        self.parsed.take().unwrap_or_else(|| read(self.text, self.levels, self.arena))
    }
}
