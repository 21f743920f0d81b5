//! Sets of bytes to the tables that one or two shuffles look up.
//!
//! The set, or what it leaves out, is kept in the smallest of three forms: up to three single bytes;
//! ASCII bytes only (one table of rows by the low half of the byte, each row with a bit for each
//! high half); any bytes (such a table for each value of the top bit).

#![expect(clippy::cast_possible_truncation, reason = "byte values")]

use crate::pattern::unicode::ByteSet;

/// A set of byte values in the form that [`super::Level::in_class`] tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(16))]
pub(crate) struct ByteClass {
    /// Bit `h` of row `l`: the byte `h << 4 | l`, below 0x80, is in the tested set.
    pub(super) low: [u8; 16],
    /// Bit `h` of row `l`: the byte `0x80 | h << 4 | l` is in the tested set.
    pub(super) high: [u8; 16],
    /// The class itself: bit `b & 63` of word `b >> 6`.
    words: [u64; 4],
    /// The tested set, its last byte repeated, if the method is `Needles`.
    pub(super) needles: [u8; 3],
    pub(super) method: Method,
    /// All bits if the tested set is what the class leaves out.
    pub(super) inverted: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// The tested set is below 0x80.
    Ascii,
    /// The tested set is any.
    Full,
    /// The tested set has one to three bytes.
    Needles,
}

impl ByteClass {
    /// Prepares a set.
    pub(crate) fn new(set: &ByteSet) -> Self {
        Self::of_words(set.words())
    }

    /// Prepares the bytes of ranges, both ends included.
    pub(crate) const fn of(ranges: &[(u8, u8)]) -> Self {
        let mut words = [0; 4];
        let mut index = 0;
        while index < ranges.len() {
            let (low, high) = ranges[index];
            let mut byte = low as usize;
            while byte <= high as usize {
                words[byte >> 6] |= 1 << (byte & 63);
                byte += 1;
            }
            index += 1;
        }
        Self::of_words(words)
    }

    const fn of_words(words: [u64; 4]) -> Self {
        let rest = [!words[0], !words[1], !words[2], !words[3]];
        let (method, inverted) = if is_few(&words) {
            (Method::Needles, false)
        } else if is_few(&rest) {
            (Method::Needles, true)
        } else if words[2] | words[3] == 0 {
            (Method::Ascii, false)
        } else if rest[2] | rest[3] == 0 {
            (Method::Ascii, true)
        } else {
            (Method::Full, false)
        };
        let tested = if inverted { rest } else { words };
        // By halves of bytes: the compiler takes sixteen at once.
        let (mut low, mut high) = ([0_u8; 16], [0_u8; 16]);
        let mut upper = 0;
        while upper < 8 {
            let ascii = tested[upper >> 2] >> ((upper & 3) * 16);
            let wide = tested[2 + (upper >> 2)] >> ((upper & 3) * 16);
            let mut lower = 0;
            while lower < 16 {
                low[lower] |= ((ascii >> lower & 1) as u8) << upper;
                high[lower] |= ((wide >> lower & 1) as u8) << upper;
                lower += 1;
            }
            upper += 1;
        }
        let (mut needles, mut count) = ([0; 3], 0);
        let (mut left, mut at) = (tested, 0);
        while at < left.len() && count < needles.len() {
            if left[at] == 0 {
                at += 1;
                continue;
            }
            let byte = (at as u32 * u64::BITS + left[at].trailing_zeros()) as u8;
            left[at] &= left[at] - 1;
            // Each byte fills what is left, so that the last one is repeated.
            let mut slot = count;
            while slot < needles.len() {
                needles[slot] = byte;
                slot += 1;
            }
            count += 1;
        }
        Self { low, high, words, needles, method, inverted: if inverted { u32::MAX } else { 0 } }
    }

    /// Tells whether a byte is in the class.
    #[inline(always)]
    pub(crate) fn contains(&self, byte: u8) -> bool {
        self.words[usize::from(byte >> 6)] >> (byte & 63) & 1 != 0
    }
}

/// Whether there are one to three bytes.
const fn is_few(words: &[u64; 4]) -> bool {
    let count = words[0].count_ones()
        + words[1].count_ones()
        + words[2].count_ones()
        + words[3].count_ones();
    1 <= count && count <= 3
}
