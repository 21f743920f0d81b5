//! The memory of one event: bump allocation that is reset, never freed piece by piece.

use core::cell::Cell;

use bumpalo::Bump;

use crate::limits;
use crate::scan::{Simd, SimdLevel};

/// Owns the bytes that an event refers to and its input does not hold.
///
/// Nothing with a destructor is put here: resetting runs none.
#[derive(Default)]
pub struct Arena {
    bump: Bump,
    seed: u64,
    /// Where texts are put together before they are copied; kept for the next event.
    draft: Cell<String>,
    simd: Simd,
    /// Values that were copied since the last reset, as far as somebody counts.
    copied: Cell<usize>,
}

impl Arena {
    /// Makes an empty arena; no memory is taken before the first allocation.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes an empty arena in which texts are read with these instructions.
    pub(crate) fn with_simd(level: SimdLevel) -> Self {
        Self { simd: Simd::new(level), ..Self::new() }
    }

    /// Frees everything at once and sets the seed of the key indexes made from here on.
    pub fn reset(&mut self, seed: u64) {
        self.bump.reset();
        self.seed = seed;
        self.copied.set(0);
    }

    /// The seed of hash indexes over keys that an attacker may choose.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// The instructions with which texts are read into this memory.
    pub(crate) fn simd(&self) -> Simd {
        self.simd
    }

    /// Counts copied values, and gives their number since the last reset.
    pub(crate) fn count_copied(&self, values: usize) -> usize {
        let copied = self.copied.get().saturating_add(values);
        self.copied.set(copied);
        copied
    }

    pub(crate) fn bump(&self) -> &Bump {
        &self.bump
    }

    /// Places for texts, empty ones at first.
    pub(crate) fn texts(&self, len: usize) -> &mut [&str] {
        self.bump.alloc_slice_fill_copy(len, "")
    }

    /// Copies a text.
    pub fn text(&self, text: &str) -> &str {
        self.bump.alloc_str(text)
    }

    /// Copies a text that is put together piece by piece.
    pub(crate) fn build(&self, write: impl FnOnce(&mut String)) -> &str {
        let built = self.try_build(|out| {
            write(out);
            Ok::<(), core::convert::Infallible>(())
        });
        match built {
            Ok(text) => text,
            Err(never) => match never {},
        }
    }

    /// As [`Self::build`], and gives the error instead when there is one.
    pub(crate) fn try_build<E>(
        &self,
        write: impl FnOnce(&mut String) -> Result<(), E>,
    ) -> Result<&str, E> {
        // A text that is built while another one is starts in memory of its own.
        let mut draft = self.draft.take();
        let written = write(&mut draft);
        let text = written.map(|()| self.text(&draft));
        if draft.capacity() <= limits::DRAFT_BYTES {
            draft.clear();
            self.draft.set(draft);
        }
        text
    }

    /// Copies a slice of plain values.
    pub fn slice<T: Copy>(&self, items: &[T]) -> &mut [T] {
        self.bump.alloc_slice_copy(items)
    }

    pub(crate) fn alloc<T>(&self, value: T) -> &mut T {
        self.bump.alloc(value)
    }

    /// An empty text that grows inside the arena.
    pub(crate) fn string(&self, capacity: usize) -> bumpalo::collections::String<'_> {
        bumpalo::collections::String::with_capacity_in(capacity, &self.bump)
    }

    /// An empty list that grows inside the arena.
    pub(crate) fn list<T>(&self) -> bumpalo::collections::Vec<'_, T> {
        bumpalo::collections::Vec::new_in(&self.bump)
    }
}

impl core::fmt::Debug for Arena {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Arena").field("seed", &self.seed).finish_non_exhaustive()
    }
}
