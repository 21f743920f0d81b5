//! Slices to blocks of a fixed length, without a comparison that the caller has made.

#![expect(unsafe_code, reason = "loads at places that were compared")]

use super::BLOCK_BYTES;

/// The place of the last whole block; `None` if the bytes are shorter than one.
#[inline(always)]
pub(super) fn last_start(bytes: &[u8]) -> Option<usize> {
    bytes.len().checked_sub(BLOCK_BYTES)
}

/// The block at a place that is at most [`last_start`]; a place beyond gives the last block.
///
/// PERF: the minimum is what the callers have computed, and goes away once inlined; a slice's own
/// check stays as a branch in each loop.
#[inline(always)]
pub(super) fn chunk_at(bytes: &[u8], start: usize) -> &[u8; BLOCK_BYTES] {
    debug_assert!(last_start(bytes).is_some_and(|last| start <= last), "{start}");
    let Some(last) = last_start(bytes) else { return &[0; BLOCK_BYTES] };
    // SAFETY: `start.min(last) + BLOCK_BYTES <= bytes.len()`, so the array lies inside the slice,
    // whose lifetime it has; arrays of bytes have no alignment.
    unsafe { &*bytes.as_ptr().add(start.min(last)).cast() }
}

/// Reads eight bytes at any place of a text that has as many.
#[derive(Clone, Copy)]
pub(super) struct Words<'b> {
    bytes: &'b [u8],
    last: usize,
}

impl<'b> Words<'b> {
    /// `None` if the text is shorter.
    #[inline(always)]
    pub(super) fn new(bytes: &'b [u8]) -> Option<Self> {
        let last = bytes.len().checked_sub(size_of::<u64>())?;
        Some(Self { bytes, last })
    }

    /// The bytes at a place of the text, the first one lowest; zeros for those behind its end.
    #[inline(always)]
    pub(super) fn at(self, place: usize) -> u64 {
        debug_assert!(place < self.bytes.len(), "{place}");
        let start = place.min(self.last);
        // SAFETY: `start + 8 <= bytes.len()`, as `last` is that much before the end; the load asks for no alignment.
        let word = unsafe { self.bytes.as_ptr().add(start).cast::<u64>().read_unaligned() };
        // PERF: a shift instead of a comparison with the end of the text.
        u64::from_le(word) >> (((place - start) * 8) & 63)
    }
}

/// Bytes shorter than a block at the end of one, after zeros.
///
/// PERF: two overlapping copies of a fixed length cover every length without a call.
#[inline]
pub(super) fn right_aligned(bytes: &[u8]) -> [u8; BLOCK_BYTES] {
    let mut block = [0; BLOCK_BYTES];
    let start = BLOCK_BYTES - bytes.len().min(BLOCK_BYTES);
    let room = &mut block[start..];
    if !(copy_ends::<16>(bytes, room) || copy_ends::<8>(bytes, room) || copy_ends::<4>(bytes, room))
    {
        for (to, from) in room.iter_mut().zip(bytes) {
            *to = *from;
        }
    }
    block
}

/// Copies the first and the last N bytes; false if there are not so many.
#[inline(always)]
fn copy_ends<const N: usize>(from: &[u8], to: &mut [u8]) -> bool {
    let (Some(head), Some(tail)) = (from.first_chunk::<N>(), from.last_chunk::<N>()) else {
        return false;
    };
    if let Some(to) = to.first_chunk_mut() {
        *to = *head;
    }
    if let Some(to) = to.last_chunk_mut() {
        *to = *tail;
    }
    true
}
