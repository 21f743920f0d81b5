//! The level without vector instructions: eight bytes in a word at a time.

use super::class::ByteClass;
use super::{BLOCK_BYTES, Kernel, Level};

/// What every CPU has; the twin that the other levels are tested against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Portable;

/// The lowest bit of each byte.
const LOW: u64 = 0x0101_0101_0101_0101;
/// The top bit of each byte.
const TOP: u64 = 0x8080_8080_8080_8080;

/// A byte eight times.
#[inline(always)]
pub(super) const fn splat(byte: u8) -> u64 {
    LOW * byte as u64
}

/// The top bit of each byte that is zero; exact, no byte disturbs its neighbour.
#[inline(always)]
pub(super) const fn zero_bytes(word: u64) -> u64 {
    !(((word & !TOP) + !TOP) | word | !TOP)
}

/// The top bit of each byte that is below `bound`, which is at most 0x80.
#[inline(always)]
pub(super) const fn below(word: u64, bound: u8) -> u64 {
    // With the top bit set no byte borrows from its neighbour; the bit goes where the rest is less.
    !((word | TOP) - splat(bound)) & !word & TOP
}

/// The top bits of eight bytes, the first byte's lowest.
#[inline(always)]
const fn gather(tops: u64) -> u32 {
    ((tops >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u32
}

/// The mask of a block by a function from a word to the top bits of its bytes.
#[inline(always)]
fn by_words(bytes: [u8; BLOCK_BYTES], tops: impl Fn(u64) -> u64) -> u32 {
    let (words, _) = bytes.as_chunks::<8>();
    words.iter().rev().fold(0, |mask, word| mask << 8 | gather(tops(u64::from_le_bytes(*word))))
}

#[inline(always)]
fn by_bytes(bytes: [u8; BLOCK_BYTES], test: impl Fn(u8) -> bool) -> u32 {
    bytes.iter().rev().fold(0, |mask, byte| mask << 1 | u32::from(test(*byte)))
}

/// The bytes of a block that equal one.
#[cfg(any(test, not(target_arch = "x86_64")))]
#[inline(always)]
pub(super) fn equal_bytes(bytes: &[u8; BLOCK_BYTES], byte: u8) -> u32 {
    by_words(*bytes, |word| zero_bytes(word ^ splat(byte)))
}

impl Level for Portable {
    type Vector = [u8; BLOCK_BYTES];

    #[inline(never)]
    fn enter<K: Kernel>(self, kernel: K) -> K::Output {
        kernel.run(self)
    }

    #[inline(always)]
    fn load(self, bytes: &[u8; BLOCK_BYTES]) -> Self::Vector {
        *bytes
    }

    #[inline(always)]
    fn load_halves(self, low: &[u8; 16], high: &[u8; 16]) -> Self::Vector {
        let mut bytes = [0; BLOCK_BYTES];
        bytes[..16].copy_from_slice(low);
        bytes[16..].copy_from_slice(high);
        bytes
    }

    #[inline(always)]
    fn to_array(self, vector: Self::Vector) -> [u8; BLOCK_BYTES] {
        vector
    }

    #[inline(always)]
    fn eq(self, vector: Self::Vector, byte: u8) -> u32 {
        by_words(vector, |word| zero_bytes(word ^ splat(byte)))
    }

    #[inline(always)]
    fn eq2(self, vector: Self::Vector, [a, b]: [u8; 2]) -> u32 {
        by_words(vector, |word| zero_bytes(word ^ splat(a)) | zero_bytes(word ^ splat(b)))
    }

    #[inline(always)]
    fn eq3(self, vector: Self::Vector, [a, b, c]: [u8; 3]) -> u32 {
        by_words(vector, |word| {
            zero_bytes(word ^ splat(a)) | zero_bytes(word ^ splat(b)) | zero_bytes(word ^ splat(c))
        })
    }

    #[inline(always)]
    fn in_range(self, vector: Self::Vector, low: u8, high: u8) -> u32 {
        if low <= high && high.is_ascii() {
            by_words(vector, |word| below(word, high + 1) & !below(word, low))
        } else {
            by_bytes(vector, |byte| low <= byte && byte <= high)
        }
    }

    #[inline(always)]
    fn non_ascii(self, vector: Self::Vector) -> u32 {
        by_words(vector, |word| word & TOP)
    }

    #[inline(always)]
    fn in_class(self, vector: Self::Vector, class: &ByteClass) -> u32 {
        by_bytes(vector, |byte| class.contains(byte))
    }

    #[inline(always)]
    fn look_up(self, vector: Self::Vector, low: &[u8; 16], high: &[u8; 16]) -> Self::Vector {
        vector.map(|byte| low[usize::from(byte & 15)] & high[usize::from(byte >> 4)])
    }

    #[inline(always)]
    fn and(self, left: Self::Vector, right: Self::Vector) -> Self::Vector {
        core::array::from_fn(|at| left[at] & right[at])
    }

    #[inline(always)]
    fn non_zero(self, vector: Self::Vector) -> u32 {
        !by_words(vector, zero_bytes)
    }

    #[inline(always)]
    fn json_escaped(self, vector: Self::Vector) -> u32 {
        by_words(vector, json_escaped_bytes)
    }

    // Runs are short: a byte at a time ends before a mask of 32 is made.
    #[inline(always)]
    fn run_end(self, class: &ByteClass, bytes: &[u8], at: usize) -> usize {
        let rest = bytes.get(at..).unwrap_or_default();
        let run = rest.iter().position(|byte| !class.contains(*byte));
        run.map_or(bytes.len(), |run| at + run)
    }

    #[inline(always)]
    fn find_in(self, class: &ByteClass, bytes: &[u8], at: usize) -> usize {
        let rest = bytes.get(at..).unwrap_or_default();
        let run = rest.iter().position(|byte| class.contains(*byte));
        run.map_or(bytes.len(), |run| at + run)
    }
}

/// The top bit of each byte of a word that JSON escapes.
#[inline(always)]
pub(super) const fn json_escaped_bytes(word: u64) -> u64 {
    below(word, 0x20) | zero_bytes(word ^ splat(b'"')) | zero_bytes(word ^ splat(b'\\'))
}
