//! Finding bytes in lines: a copy of the input that may be read past its end, and what marks fields
//! in a line.

#![expect(unsafe_code, reason = "AVX-512 loads; the copy has bytes after its end for them")]

use std::arch::x86_64::{
    __m256i, __m512i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256,
    _mm256_set1_epi8, _mm512_cmpeq_epi8_mask, _mm512_loadu_si512, _mm512_set1_epi8,
};

/// Bytes after the end of the input; more than any load reaches past its line.
const PAD: usize = 1024;

/// Bytes of the longest line with masks.
const MASKED: usize = 512;

/// What a search gives that found nothing: behind every line.
pub(super) const NOWHERE: usize = usize::MAX >> 1;

/// Whether the processor has the instructions.
pub(super) fn is_supported() -> bool {
    is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
}

/// A copy of the input with zero bytes after it.
#[derive(Debug)]
pub(super) struct Padded {
    bytes: Vec<u8>,
    len: usize,
}

impl Default for Padded {
    fn default() -> Self {
        Self::new(b"")
    }
}

impl Padded {
    pub(super) fn new(input: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(input.len() + PAD);
        bytes.extend_from_slice(input);
        bytes.resize(input.len() + PAD, 0);
        Self { bytes, len: input.len() }
    }

    /// The input itself.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// A line, by the places of its start and of its end.
    pub(super) fn line(&self, start: usize, end: usize) -> Line<'_> {
        Line { bytes: &self.bytes[..self.len][start..end] }
    }
}

/// The start and the end of a part of a line; a line of the corpora has less than 4 GiB.
pub(super) type Span = (u32, u32);

/// Names a part of a line.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "as said")]
pub(super) fn span(start: usize, end: usize) -> Span {
    (start as u32, end as u32)
}

/// A line of a [`Padded`]: at least [`PAD`] bytes after it can be read.
#[derive(Clone, Copy)]
pub(super) struct Line<'i> {
    /// The line itself, without its end.
    pub(super) bytes: &'i [u8],
}

impl<'i> Line<'i> {
    /// A part of the line.
    #[inline(always)]
    pub(super) fn part(&self, (start, end): Span) -> &'i [u8] {
        &self.bytes[start as usize..end as usize]
    }

    /// The first of some bytes, from a place on.
    #[inline(always)]
    pub(super) fn find<const N: usize>(&self, needles: [u8; N], from: usize) -> usize {
        let mut at = from;
        while at < self.bytes.len() {
            // SAFETY: the place is in the line, and 32 bytes from there are before the end of the
            // padding; the processor has the instructions (module `ceiling`).
            let mask = unsafe {
                let block = _mm256_loadu_si256(self.bytes.as_ptr().add(at).cast::<__m256i>());
                let mut hits = _mm256_cmpeq_epi8(block, _mm256_set1_epi8(needles[0].cast_signed()));
                for needle in &needles[1..] {
                    let more = _mm256_cmpeq_epi8(block, _mm256_set1_epi8(needle.cast_signed()));
                    hits = _mm256_or_si256(hits, more);
                }
                _mm256_movemask_epi8(hits).cast_unsigned()
            };
            if mask != 0 {
                let found = at + mask.trailing_zeros() as usize;
                return if found < self.bytes.len() { found } else { NOWHERE };
            }
            at += 32;
        }
        NOWHERE
    }

    /// The quote that ends what begins at a place; a backslash takes the meaning of what follows it.
    #[inline(always)]
    pub(super) fn find_closing_quote(&self, from: usize) -> usize {
        let mut at = from;
        loop {
            at = self.find([b'"', b'\\'], at);
            if at == NOWHERE || self.bytes[at] == b'"' {
                return at;
            }
            at += 2;
        }
    }
}

/// The places of the spaces and of the quotes of a line, a bit each: one pass over the line, and
/// every search after that is a matter of counting zero bits.
pub(super) struct Masks {
    spaces: [u64; MASKED / 64],
    quotes: [u64; MASKED / 64],
}

impl Masks {
    /// None for a line that is too long, and for one with a backslash: its quotes may be escaped.
    #[inline(always)]
    pub(super) fn new(line: Line<'_>) -> Option<Self> {
        if line.bytes.len() > MASKED - 12 {
            return None;
        }
        let mut masks = Self { spaces: [0; MASKED / 64], quotes: [0; MASKED / 64] };
        let mut backslashes = 0;
        for word in 0..line.bytes.len().div_ceil(64) {
            // SAFETY: the place is in the line, and 64 bytes from there are before the end of the
            // padding; the processor has the instructions (module `ceiling`).
            unsafe {
                let at = line.bytes.as_ptr().add(word * 64);
                let block = _mm512_loadu_si512(at.cast::<__m512i>());
                let needle = |byte: u8| byte.cast_signed();
                masks.spaces[word] = _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8(needle(b' ')));
                masks.quotes[word] = _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8(needle(b'"')));
                backslashes |= _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8(needle(b'\\')));
            }
        }
        (backslashes == 0).then_some(masks)
    }

    #[inline(always)]
    pub(super) fn space(&self, from: usize) -> usize {
        next(&self.spaces, from)
    }

    #[inline(always)]
    pub(super) fn quote(&self, from: usize) -> usize {
        next(&self.quotes, from)
    }
}

#[inline(always)]
fn next(words: &[u64; MASKED / 64], from: usize) -> usize {
    let mut word = from / 64;
    if word >= words.len() {
        return NOWHERE;
    }
    let mut bits = words[word] & (u64::MAX << (from % 64));
    while bits == 0 {
        word += 1;
        if word >= words.len() {
            return NOWHERE;
        }
        bits = words[word];
    }
    word * 64 + bits.trailing_zeros() as usize
}
