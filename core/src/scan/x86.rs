//! The levels of x86-64: AVX2 with what came with it, and SSE4.2.

#![expect(unsafe_code, reason = "vector instructions behind a token that detection makes")]

use core::arch::x86_64::{
    __m128i, __m256i, _mm_and_si128, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_max_epu8, _mm_min_epu8,
    _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8, _mm_setzero_si128, _mm_shuffle_epi8,
    _mm_srli_epi16, _mm_storeu_si128, _mm_xor_si128, _mm256_and_si256, _mm256_broadcastsi128_si256,
    _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_max_epu8, _mm256_min_epu8, _mm256_movemask_epi8,
    _mm256_or_si256, _mm256_set_m128i, _mm256_set1_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8,
    _mm256_srli_epi16, _mm256_storeu_si256, _mm256_xor_si256,
};

use super::class::{ByteClass, Method};
use super::{BLOCK_BYTES, Kernel, Level};

/// The CPU has AVX2, BMI1, BMI2, LZCNT and POPCNT.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx2(Proof);

/// The CPU has SSE4.2, SSSE3 and POPCNT.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sse42(Proof);

/// Made by `detect` alone.
#[derive(Clone, Copy, Debug)]
struct Proof;

impl Avx2 {
    pub(super) fn detect() -> Option<Self> {
        let is_there = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt");
        is_there.then_some(Self(Proof))
    }
}

impl Sse42 {
    pub(super) fn detect() -> Option<Self> {
        let is_there = is_x86_feature_detected!("sse4.2")
            && is_x86_feature_detected!("ssse3")
            && is_x86_feature_detected!("popcnt");
        is_there.then_some(Self(Proof))
    }
}

/// Row of the bit for each high half of a byte, as the tables of [`ByteClass`] have it.
static BITS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];
/// The same for ASCII alone.
static ASCII_BITS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0];

/// The same 16 bytes in both halves.
///
/// # Safety
/// The CPU has AVX2.
#[inline(always)]
unsafe fn both(bytes: &[u8; 16]) -> __m256i {
    // SAFETY: the caller vouches for AVX2, and the reference for 16 readable bytes.
    unsafe { _mm256_broadcastsi128_si256(_mm_loadu_si128(bytes.as_ptr().cast())) }
}

impl Level for Avx2 {
    type Vector = __m256i;

    #[inline(always)]
    fn enter<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
        fn enter<K: Kernel>(level: Avx2, kernel: K) -> K::Output {
            kernel.run(level)
        }
        // SAFETY: the token says that the CPU has these features.
        unsafe { enter(self, kernel) }
    }

    #[inline(always)]
    fn load(self, bytes: &[u8; BLOCK_BYTES]) -> __m256i {
        // SAFETY: the token says AVX2; the reference is to 32 readable bytes, of any alignment.
        unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
    }

    #[inline(always)]
    fn load_halves(self, low: &[u8; 16], high: &[u8; 16]) -> __m256i {
        // SAFETY: the token says AVX2; the references are to 16 readable bytes, of any alignment.
        unsafe {
            let low = _mm_loadu_si128(low.as_ptr().cast());
            let high = _mm_loadu_si128(high.as_ptr().cast());
            _mm256_set_m128i(high, low)
        }
    }

    #[inline(always)]
    fn to_array(self, vector: __m256i) -> [u8; BLOCK_BYTES] {
        let mut bytes = [0; BLOCK_BYTES];
        // SAFETY: the token says AVX2; the array has 32 writable bytes.
        unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().cast(), vector) };
        bytes
    }

    #[inline(always)]
    fn eq(self, vector: __m256i, byte: u8) -> u32 {
        // SAFETY: the token says AVX2; registers alone are touched.
        unsafe {
            let equal = _mm256_cmpeq_epi8(vector, _mm256_set1_epi8(byte.cast_signed()));
            _mm256_movemask_epi8(equal).cast_unsigned()
        }
    }

    #[inline(always)]
    fn eq2(self, vector: __m256i, [a, b]: [u8; 2]) -> u32 {
        // SAFETY: the token says AVX2; registers alone are touched.
        unsafe {
            let a = _mm256_cmpeq_epi8(vector, _mm256_set1_epi8(a.cast_signed()));
            let b = _mm256_cmpeq_epi8(vector, _mm256_set1_epi8(b.cast_signed()));
            _mm256_movemask_epi8(_mm256_or_si256(a, b)).cast_unsigned()
        }
    }

    #[inline(always)]
    fn eq3(self, vector: __m256i, [a, b, c]: [u8; 3]) -> u32 {
        // SAFETY: the token says AVX2; registers alone are touched.
        unsafe {
            let a = _mm256_cmpeq_epi8(vector, _mm256_set1_epi8(a.cast_signed()));
            let b = _mm256_cmpeq_epi8(vector, _mm256_set1_epi8(b.cast_signed()));
            let c = _mm256_cmpeq_epi8(vector, _mm256_set1_epi8(c.cast_signed()));
            let any = _mm256_or_si256(_mm256_or_si256(a, b), c);
            _mm256_movemask_epi8(any).cast_unsigned()
        }
    }

    #[inline(always)]
    fn in_range(self, vector: __m256i, low: u8, high: u8) -> u32 {
        // SAFETY: the token says AVX2; registers alone are touched.
        unsafe {
            let low = _mm256_max_epu8(vector, _mm256_set1_epi8(low.cast_signed()));
            let high = _mm256_min_epu8(vector, _mm256_set1_epi8(high.cast_signed()));
            // Raised and lowered are equal only where both left the byte alone.
            _mm256_movemask_epi8(_mm256_cmpeq_epi8(low, high)).cast_unsigned()
        }
    }

    #[inline(always)]
    fn non_ascii(self, vector: __m256i) -> u32 {
        // SAFETY: the token says AVX2; registers alone are touched.
        unsafe { _mm256_movemask_epi8(vector).cast_unsigned() }
    }

    #[inline(always)]
    fn in_class(self, vector: __m256i, class: &ByteClass) -> u32 {
        if class.method == Method::Needles {
            return self.eq3(vector, class.needles) ^ class.inverted;
        }
        // SAFETY: the token says AVX2; the tables are arrays, the rest are registers.
        unsafe {
            let half = _mm256_and_si256(_mm256_srli_epi16::<4>(vector), _mm256_set1_epi8(15));
            // A shuffle gives 0 where the top bit is set.
            let row = _mm256_shuffle_epi8(both(&class.low), vector);
            let hit = if class.method == Method::Ascii {
                _mm256_and_si256(row, _mm256_shuffle_epi8(both(&ASCII_BITS), half))
            } else {
                let flipped = _mm256_xor_si256(vector, _mm256_set1_epi8(i8::MIN));
                let row = _mm256_or_si256(row, _mm256_shuffle_epi8(both(&class.high), flipped));
                _mm256_and_si256(row, _mm256_shuffle_epi8(both(&BITS), half))
            };
            let miss = _mm256_cmpeq_epi8(hit, _mm256_setzero_si256());
            !_mm256_movemask_epi8(miss).cast_unsigned() ^ class.inverted
        }
    }

    #[inline(always)]
    fn look_up(self, vector: __m256i, low: &[u8; 16], high: &[u8; 16]) -> __m256i {
        // SAFETY: the token says AVX2; the tables are arrays, the rest are registers.
        unsafe {
            let nibble = _mm256_set1_epi8(15);
            let top = _mm256_and_si256(_mm256_srli_epi16::<4>(vector), nibble);
            let low = _mm256_shuffle_epi8(both(low), _mm256_and_si256(vector, nibble));
            _mm256_and_si256(low, _mm256_shuffle_epi8(both(high), top))
        }
    }

    #[inline(always)]
    fn and(self, left: __m256i, right: __m256i) -> __m256i {
        // SAFETY: the token says AVX2; registers alone are touched.
        unsafe { _mm256_and_si256(left, right) }
    }

    #[inline(always)]
    fn non_zero(self, vector: __m256i) -> u32 {
        // SAFETY: the token says AVX2; registers alone are touched.
        unsafe {
            let zero = _mm256_cmpeq_epi8(vector, _mm256_setzero_si256());
            !_mm256_movemask_epi8(zero).cast_unsigned()
        }
    }

    #[inline(always)]
    fn json_escaped(self, vector: __m256i) -> u32 {
        // SAFETY: the token says AVX2; registers alone are touched.
        unsafe {
            let control = _mm256_min_epu8(vector, _mm256_set1_epi8(0x1f));
            let control = _mm256_cmpeq_epi8(control, vector);
            let quote = _mm256_cmpeq_epi8(vector, _mm256_set1_epi8(b'"'.cast_signed()));
            let slash = _mm256_cmpeq_epi8(vector, _mm256_set1_epi8(b'\\'.cast_signed()));
            let any = _mm256_or_si256(_mm256_or_si256(control, quote), slash);
            _mm256_movemask_epi8(any).cast_unsigned()
        }
    }
}

/// The mask of two halves; closures have SSE2 like all code for x86-64, and nothing more.
#[inline(always)]
fn halves((low, high): (__m128i, __m128i), mask: impl Fn(__m128i) -> __m128i) -> u32 {
    // SAFETY: SSE2 is there on every x86-64.
    unsafe {
        let low = _mm_movemask_epi8(mask(low)).cast_unsigned();
        let high = _mm_movemask_epi8(mask(high)).cast_unsigned();
        low | high << 16
    }
}

/// The bytes of 16 that are in the tested set of a class that has tables.
///
/// # Safety
/// The CPU has SSSE3.
#[inline(always)]
unsafe fn in_class_half(half: __m128i, class: &ByteClass) -> u32 {
    // SAFETY: the caller vouches for SSSE3; the tables are arrays of 16 bytes.
    unsafe {
        let row = _mm_shuffle_epi8(_mm_loadu_si128(class.low.as_ptr().cast()), half);
        let bit = _mm_and_si128(_mm_srli_epi16::<4>(half), _mm_set1_epi8(15));
        let hit = if class.method == Method::Ascii {
            let bits = _mm_loadu_si128(ASCII_BITS.as_ptr().cast());
            _mm_and_si128(row, _mm_shuffle_epi8(bits, bit))
        } else {
            let high = _mm_loadu_si128(class.high.as_ptr().cast());
            let flipped = _mm_xor_si128(half, _mm_set1_epi8(i8::MIN));
            let row = _mm_or_si128(row, _mm_shuffle_epi8(high, flipped));
            let bits = _mm_loadu_si128(BITS.as_ptr().cast());
            _mm_and_si128(row, _mm_shuffle_epi8(bits, bit))
        };
        let miss = _mm_movemask_epi8(_mm_cmpeq_epi8(hit, _mm_setzero_si128()));
        !miss.cast_unsigned() & 0xffff
    }
}

/// What the tables of the halves of 16 bytes have in common.
///
/// # Safety
/// The CPU has SSSE3.
#[inline(always)]
unsafe fn look_up_half(half: __m128i, low: &[u8; 16], high: &[u8; 16]) -> __m128i {
    // SAFETY: the caller vouches for SSSE3; the tables are arrays of 16 bytes.
    unsafe {
        let nibble = _mm_set1_epi8(15);
        let top = _mm_and_si128(_mm_srli_epi16::<4>(half), nibble);
        let (low, high) =
            (_mm_loadu_si128(low.as_ptr().cast()), _mm_loadu_si128(high.as_ptr().cast()));
        let low = _mm_shuffle_epi8(low, _mm_and_si128(half, nibble));
        _mm_and_si128(low, _mm_shuffle_epi8(high, top))
    }
}

/// The bytes of a block that equal one.
#[inline(always)]
pub(super) fn equal_bytes(bytes: &[u8; BLOCK_BYTES], byte: u8) -> u32 {
    // SAFETY: SSE2 is there on every x86-64; the reference is to 32 readable bytes.
    let (block, byte) = unsafe {
        let low = _mm_loadu_si128(bytes.as_ptr().cast());
        let high = _mm_loadu_si128(bytes.as_ptr().add(16).cast());
        ((low, high), _mm_set1_epi8(byte.cast_signed()))
    };
    // SAFETY: SSE2 is there; registers alone are touched.
    halves(block, |half| unsafe { _mm_cmpeq_epi8(half, byte) })
}

impl Level for Sse42 {
    type Vector = (__m128i, __m128i);

    #[inline(always)]
    fn enter<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "sse4.2,ssse3,popcnt")]
        fn enter<K: Kernel>(level: Sse42, kernel: K) -> K::Output {
            kernel.run(level)
        }
        // SAFETY: the token says that the CPU has these features.
        unsafe { enter(self, kernel) }
    }

    #[inline(always)]
    fn load(self, bytes: &[u8; BLOCK_BYTES]) -> Self::Vector {
        // SAFETY: SSE2 is there; the reference is to 32 readable bytes, of any alignment.
        unsafe {
            let low = _mm_loadu_si128(bytes.as_ptr().cast());
            (low, _mm_loadu_si128(bytes.as_ptr().add(16).cast()))
        }
    }

    #[inline(always)]
    fn load_halves(self, low: &[u8; 16], high: &[u8; 16]) -> Self::Vector {
        // SAFETY: SSE2 is there; the references are to 16 readable bytes, of any alignment.
        unsafe { (_mm_loadu_si128(low.as_ptr().cast()), _mm_loadu_si128(high.as_ptr().cast())) }
    }

    #[inline(always)]
    fn to_array(self, (low, high): Self::Vector) -> [u8; BLOCK_BYTES] {
        let mut bytes = [0; BLOCK_BYTES];
        // SAFETY: SSE2 is there; the array has 32 writable bytes.
        unsafe {
            _mm_storeu_si128(bytes.as_mut_ptr().cast(), low);
            _mm_storeu_si128(bytes.as_mut_ptr().add(16).cast(), high);
        }
        bytes
    }

    #[inline(always)]
    fn eq(self, vector: Self::Vector, byte: u8) -> u32 {
        // SAFETY: SSE2 is there; registers alone are touched.
        unsafe {
            let byte = _mm_set1_epi8(byte.cast_signed());
            halves(vector, |half| _mm_cmpeq_epi8(half, byte))
        }
    }

    #[inline(always)]
    fn eq2(self, vector: Self::Vector, [a, b]: [u8; 2]) -> u32 {
        // SAFETY: SSE2 is there; registers alone are touched.
        unsafe {
            let (a, b) = (_mm_set1_epi8(a.cast_signed()), _mm_set1_epi8(b.cast_signed()));
            halves(vector, |half| _mm_or_si128(_mm_cmpeq_epi8(half, a), _mm_cmpeq_epi8(half, b)))
        }
    }

    #[inline(always)]
    fn eq3(self, vector: Self::Vector, [a, b, c]: [u8; 3]) -> u32 {
        // SAFETY: SSE2 is there; registers alone are touched.
        unsafe {
            let (a, b) = (_mm_set1_epi8(a.cast_signed()), _mm_set1_epi8(b.cast_signed()));
            let c = _mm_set1_epi8(c.cast_signed());
            halves(vector, |half| {
                let any = _mm_or_si128(_mm_cmpeq_epi8(half, a), _mm_cmpeq_epi8(half, b));
                _mm_or_si128(any, _mm_cmpeq_epi8(half, c))
            })
        }
    }

    #[inline(always)]
    fn in_range(self, vector: Self::Vector, low: u8, high: u8) -> u32 {
        // SAFETY: SSE2 is there; registers alone are touched.
        unsafe {
            let (low, high) = (_mm_set1_epi8(low.cast_signed()), _mm_set1_epi8(high.cast_signed()));
            halves(vector, |half| _mm_cmpeq_epi8(_mm_max_epu8(half, low), _mm_min_epu8(half, high)))
        }
    }

    #[inline(always)]
    fn non_ascii(self, vector: Self::Vector) -> u32 {
        halves(vector, |half| half)
    }

    #[inline(always)]
    fn in_class(self, vector: Self::Vector, class: &ByteClass) -> u32 {
        if class.method == Method::Needles {
            return self.eq3(vector, class.needles) ^ class.inverted;
        }
        let (low, high) = vector;
        // SAFETY: the token says SSSE3.
        let found = unsafe { in_class_half(low, class) | in_class_half(high, class) << 16 };
        found ^ class.inverted
    }

    #[inline(always)]
    fn look_up(self, vector: Self::Vector, low: &[u8; 16], high: &[u8; 16]) -> Self::Vector {
        // SAFETY: the token says SSSE3.
        unsafe { (look_up_half(vector.0, low, high), look_up_half(vector.1, low, high)) }
    }

    #[inline(always)]
    fn and(self, left: Self::Vector, right: Self::Vector) -> Self::Vector {
        // SAFETY: SSE2 is there; registers alone are touched.
        unsafe { (_mm_and_si128(left.0, right.0), _mm_and_si128(left.1, right.1)) }
    }

    #[inline(always)]
    fn non_zero(self, vector: Self::Vector) -> u32 {
        // SAFETY: SSE2 is there; registers alone are touched.
        unsafe {
            let zero = _mm_setzero_si128();
            !halves(vector, |half| _mm_cmpeq_epi8(half, zero))
        }
    }

    #[inline(always)]
    fn json_escaped(self, vector: Self::Vector) -> u32 {
        // SAFETY: SSE2 is there; registers alone are touched.
        unsafe {
            let control = _mm_set1_epi8(0x1f);
            let quote = _mm_set1_epi8(b'"'.cast_signed());
            let slash = _mm_set1_epi8(b'\\'.cast_signed());
            halves(vector, |half| {
                let low = _mm_cmpeq_epi8(_mm_min_epu8(half, control), half);
                let quote = _mm_cmpeq_epi8(half, quote);
                _mm_or_si128(_mm_or_si128(low, quote), _mm_cmpeq_epi8(half, slash))
            })
        }
    }
}
