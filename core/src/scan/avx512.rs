//! The level of AVX-512: blocks as AVX2 has them, and texts into JSON without a branch on their length.

#![expect(unsafe_code, reason = "vector instructions behind a token, stores into reserved room")]

use core::arch::x86_64::{
    __m128i, __m256i, _bzhi_u32, _mm_set1_epi8, _mm_unpackhi_epi8, _mm_unpacklo_epi8,
    _mm256_castsi256_si128, _mm256_extracti128_si256, _mm256_mask_cmpeq_epi8_mask,
    _mm256_mask_cmplt_epu8_mask, _mm256_maskz_compress_epi8, _mm256_maskz_loadu_epi8,
    _mm256_set_m128i, _mm256_set1_epi8, _mm256_storeu_si256, _pdep_u32,
};

use super::class::ByteClass;
use super::json;
use super::x86::Avx2;
use super::{BLOCK_BYTES, Kernel, Level};

/// The CPU has what [`Avx2`] says, and AVX-512 F, BW, VL and VBMI2. Made by `detect` alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx512(Avx2);

/// Longer texts are written by blocks, so that no text makes the output grow by far more than it needs.
const TEXT_BYTES: usize = 1 << 14;

impl Avx512 {
    pub(super) fn detect() -> Option<Self> {
        let is_there = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vbmi2");
        if is_there { Avx2::detect().map(Self) } else { None }
    }

    /// The level without AVX-512.
    #[inline(always)]
    pub(super) fn avx2(self) -> Avx2 {
        self.0
    }
}

/// Puts a backslash before each byte of 16 that has a bit in `escaped`, stores a block of which the
/// result is the first part, and gives that part's length.
///
/// # Safety
/// The CPU has what [`Avx512`] says; a block can be written at `to`; `len` is at most 16, and the
/// bits of `escaped` are below it.
#[inline(always)]
unsafe fn store_escaped(half: __m128i, len: u32, escaped: u32, to: *mut u8) -> usize {
    // SAFETY: the caller's: registers, and a store of one block.
    unsafe {
        let slash = _mm_set1_epi8(b'\\'.cast_signed());
        let low = _mm_unpacklo_epi8(slash, half);
        let pairs = _mm256_set_m128i(_mm_unpackhi_epi8(slash, half), low);
        // Of each pair the byte is kept, and the backslash where the byte is escaped.
        let kept = 0xaaaa_aaaa | _pdep_u32(escaped, 0x5555_5555);
        let kept = _bzhi_u32(kept, 2 * len);
        _mm256_storeu_si256(to.cast(), _mm256_maskz_compress_epi8(kept, pairs));
        kept.count_ones() as usize
    }
}

impl Level for Avx512 {
    type Vector = __m256i;

    #[inline(always)]
    fn enter<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(
            enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512vl,avx512vbmi2"
        )]
        fn enter<K: Kernel>(level: Avx512, kernel: K) -> K::Output {
            kernel.run(level)
        }
        // SAFETY: the token says that the CPU has these features.
        unsafe { enter(self, kernel) }
    }

    // PERF: a load with a mask reads a text of any length up to a block without looking at the length
    // first, and all escapes of a block are made by one compression: of an access log's event, half
    // of the instructions of the blocks of AVX2.
    #[inline(always)]
    fn push_quoted<const B: usize, const N: usize>(
        self,
        before: [u8; B],
        text: &[u8],
        behind: [u8; N],
        out: &mut Vec<u8>,
    ) {
        const { assert!(B <= 2 && N <= 2) };
        if text.len() > TEXT_BYTES {
            json::push_quoted(self, before, text, behind, out);
            return;
        }
        let room = B + 2 * text.len() + 2 * BLOCK_BYTES + N;
        if out.capacity() - out.len() < room {
            out.reserve(room);
        }
        // SAFETY: the token says which instructions there are. A masked load reads only bytes with a
        // bit, which are those of the text from `at` on. `room` bytes can be written behind the
        // vector's length: `before`, at most two for each byte of the text, and `behind`; each store
        // begins behind what these take so far and is at most a block beyond it, of the two that are
        // added. All bytes up to the new length were written.
        unsafe {
            let start = out.as_mut_ptr().add(out.len());
            start.cast::<[u8; B]>().write_unaligned(before);
            let mut to = start.add(B);
            let mut at = 0;
            while at < text.len() {
                let len = (text.len() - at).min(BLOCK_BYTES);
                #[expect(clippy::cast_possible_truncation, reason = "at most 32")]
                let present = _bzhi_u32(u32::MAX, len as u32);
                let block = _mm256_maskz_loadu_epi8(present, text.as_ptr().add(at).cast());
                let quote = _mm256_set1_epi8(b'"'.cast_signed());
                let slash = _mm256_set1_epi8(b'\\'.cast_signed());
                let named = _mm256_mask_cmpeq_epi8_mask(present, block, quote)
                    | _mm256_mask_cmpeq_epi8_mask(present, block, slash);
                let control = _mm256_mask_cmplt_epu8_mask(present, block, _mm256_set1_epi8(0x20));
                if control != 0 {
                    out.set_len(out.len() + to.offset_from_unsigned(start));
                    json::push_json_escaped(self, &text[at..], out);
                    out.extend_from_slice(&behind);
                    return;
                }
                at += len;
                if named == 0 {
                    _mm256_storeu_si256(to.cast(), block);
                    to = to.add(len);
                    continue;
                }
                #[expect(clippy::cast_possible_truncation, reason = "at most 32")]
                let (low, high) = (len.min(16) as u32, len.saturating_sub(16) as u32);
                let half = _mm256_castsi256_si128(block);
                to = to.add(store_escaped(half, low, named & 0xffff, to));
                let half = _mm256_extracti128_si256::<1>(block);
                to = to.add(store_escaped(half, high, named >> 16, to));
            }
            to.cast::<[u8; N]>().write_unaligned(behind);
            out.set_len(out.len() + to.offset_from_unsigned(start) + N);
        }
    }

    #[inline(always)]
    fn load(self, bytes: &[u8; BLOCK_BYTES]) -> __m256i {
        self.0.load(bytes)
    }

    #[inline(always)]
    fn load_halves(self, low: &[u8; 16], high: &[u8; 16]) -> __m256i {
        self.0.load_halves(low, high)
    }

    #[inline(always)]
    fn to_array(self, vector: __m256i) -> [u8; BLOCK_BYTES] {
        self.0.to_array(vector)
    }

    #[inline(always)]
    fn eq(self, vector: __m256i, byte: u8) -> u32 {
        self.0.eq(vector, byte)
    }

    #[inline(always)]
    fn eq2(self, vector: __m256i, bytes: [u8; 2]) -> u32 {
        self.0.eq2(vector, bytes)
    }

    #[inline(always)]
    fn eq3(self, vector: __m256i, bytes: [u8; 3]) -> u32 {
        self.0.eq3(vector, bytes)
    }

    #[inline(always)]
    fn in_range(self, vector: __m256i, low: u8, high: u8) -> u32 {
        self.0.in_range(vector, low, high)
    }

    #[inline(always)]
    fn non_ascii(self, vector: __m256i) -> u32 {
        self.0.non_ascii(vector)
    }

    #[inline(always)]
    fn in_class(self, vector: __m256i, class: &ByteClass) -> u32 {
        self.0.in_class(vector, class)
    }

    #[inline(always)]
    fn look_up(self, vector: __m256i, low: &[u8; 16], high: &[u8; 16]) -> __m256i {
        self.0.look_up(vector, low, high)
    }

    #[inline(always)]
    fn and(self, left: __m256i, right: __m256i) -> __m256i {
        self.0.and(left, right)
    }

    #[inline(always)]
    fn non_zero(self, vector: __m256i) -> u32 {
        self.0.non_zero(vector)
    }

    #[inline(always)]
    fn json_escaped(self, vector: __m256i) -> u32 {
        self.0.json_escaped(vector)
    }
}
