//! The level of 64-bit ARM: NEON, which every such CPU has.

#![expect(unsafe_code, reason = "vector instructions that the target has")]

use core::arch::aarch64::{
    uint8x16_t, vandq_u8, vceqq_u8, vcgeq_u8, vcleq_u8, vcltq_u8, vdupq_n_u8, veorq_u8,
    vgetq_lane_u32, vld1q_u8, vorrq_u8, vpaddq_u8, vqtbl1q_u8, vreinterpretq_u32_u8, vshrq_n_u8,
    vst1q_u8, vtstq_u8,
};

use super::class::{ByteClass, Method};
use super::{BLOCK_BYTES, Kernel, Level};

/// The target has NEON; this file is compiled for such targets alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Neon(Proof);

#[derive(Clone, Copy, Debug)]
struct Proof;

impl Neon {
    pub(super) fn of_target() -> Self {
        Self(Proof)
    }
}

/// Row of the bit for each high half of a byte, as the tables of [`ByteClass`] have it.
static BITS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];
/// The same for ASCII alone.
static ASCII_BITS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0];

#[inline(always)]
fn table(bytes: &[u8; 16]) -> uint8x16_t {
    // SAFETY: the target has NEON; the reference is to 16 readable bytes.
    unsafe { vld1q_u8(bytes.as_ptr()) }
}

/// A bit for each byte of two masks whose bytes are 0 or 255.
#[inline(always)]
fn bits(low: uint8x16_t, high: uint8x16_t) -> u32 {
    // SAFETY: the target has NEON; registers alone are touched.
    unsafe {
        let weights = table(&BITS);
        // Three sums of neighbours bring eight bytes, a bit each, into one.
        let sum = vpaddq_u8(vandq_u8(low, weights), vandq_u8(high, weights));
        let sum = vpaddq_u8(sum, sum);
        let sum = vpaddq_u8(sum, sum);
        vgetq_lane_u32::<0>(vreinterpretq_u32_u8(sum))
    }
}

#[inline(always)]
fn halves((low, high): (uint8x16_t, uint8x16_t), mask: impl Fn(uint8x16_t) -> uint8x16_t) -> u32 {
    bits(mask(low), mask(high))
}

impl Level for Neon {
    type Vector = (uint8x16_t, uint8x16_t);

    #[inline(never)]
    fn enter<K: Kernel>(self, kernel: K) -> K::Output {
        kernel.run(self)
    }

    #[inline(always)]
    fn load(self, bytes: &[u8; BLOCK_BYTES]) -> Self::Vector {
        // SAFETY: the target has NEON; the reference is to 32 readable bytes.
        unsafe { (vld1q_u8(bytes.as_ptr()), vld1q_u8(bytes.as_ptr().add(16))) }
    }

    #[inline(always)]
    fn load_halves(self, low: &[u8; 16], high: &[u8; 16]) -> Self::Vector {
        (table(low), table(high))
    }

    #[inline(always)]
    fn to_array(self, (low, high): Self::Vector) -> [u8; BLOCK_BYTES] {
        let mut bytes = [0; BLOCK_BYTES];
        // SAFETY: the target has NEON; the array has 32 writable bytes.
        unsafe {
            vst1q_u8(bytes.as_mut_ptr(), low);
            vst1q_u8(bytes.as_mut_ptr().add(16), high);
        }
        bytes
    }

    #[inline(always)]
    fn eq(self, vector: Self::Vector, byte: u8) -> u32 {
        // SAFETY: the target has NEON; registers alone are touched.
        unsafe { halves(vector, |half| vceqq_u8(half, vdupq_n_u8(byte))) }
    }

    #[inline(always)]
    fn eq2(self, vector: Self::Vector, [a, b]: [u8; 2]) -> u32 {
        // SAFETY: the target has NEON; registers alone are touched.
        unsafe {
            halves(vector, |half| {
                vorrq_u8(vceqq_u8(half, vdupq_n_u8(a)), vceqq_u8(half, vdupq_n_u8(b)))
            })
        }
    }

    #[inline(always)]
    fn eq3(self, vector: Self::Vector, [a, b, c]: [u8; 3]) -> u32 {
        // SAFETY: the target has NEON; registers alone are touched.
        unsafe {
            halves(vector, |half| {
                let any = vorrq_u8(vceqq_u8(half, vdupq_n_u8(a)), vceqq_u8(half, vdupq_n_u8(b)));
                vorrq_u8(any, vceqq_u8(half, vdupq_n_u8(c)))
            })
        }
    }

    #[inline(always)]
    fn in_range(self, vector: Self::Vector, low: u8, high: u8) -> u32 {
        // SAFETY: the target has NEON; registers alone are touched.
        unsafe {
            halves(vector, |half| {
                vandq_u8(vcgeq_u8(half, vdupq_n_u8(low)), vcleq_u8(half, vdupq_n_u8(high)))
            })
        }
    }

    #[inline(always)]
    fn non_ascii(self, vector: Self::Vector) -> u32 {
        // SAFETY: the target has NEON; registers alone are touched.
        unsafe { halves(vector, |half| vcgeq_u8(half, vdupq_n_u8(0x80))) }
    }

    #[inline(always)]
    fn in_class(self, vector: Self::Vector, class: &ByteClass) -> u32 {
        if class.method == Method::Needles {
            return self.eq3(vector, class.needles) ^ class.inverted;
        }
        // SAFETY: the target has NEON; the tables are arrays of 16 bytes, the rest are registers.
        unsafe {
            let (low, nibble) = (table(&class.low), vdupq_n_u8(15));
            // A look-up gives 0 for every index above 15.
            let hit = if class.method == Method::Ascii {
                let bits = table(&ASCII_BITS);
                halves(vector, |half| {
                    let row = vqtbl1q_u8(low, vandq_u8(half, nibble));
                    vtstq_u8(row, vqtbl1q_u8(bits, vshrq_n_u8::<4>(half)))
                })
            } else {
                let (high, bits) = (table(&class.high), table(&BITS));
                let index = vdupq_n_u8(0x8f);
                let top = vdupq_n_u8(0x80);
                halves(vector, |half| {
                    let index = vandq_u8(half, index);
                    let row =
                        vorrq_u8(vqtbl1q_u8(low, index), vqtbl1q_u8(high, veorq_u8(index, top)));
                    vtstq_u8(row, vqtbl1q_u8(bits, vshrq_n_u8::<4>(half)))
                })
            };
            hit ^ class.inverted
        }
    }

    #[inline(always)]
    fn look_up(self, vector: Self::Vector, low: &[u8; 16], high: &[u8; 16]) -> Self::Vector {
        let (low, high) = (table(low), table(high));
        // SAFETY: the target has NEON; registers alone are touched.
        let half = |half| unsafe {
            let low = vqtbl1q_u8(low, vandq_u8(half, vdupq_n_u8(15)));
            vandq_u8(low, vqtbl1q_u8(high, vshrq_n_u8::<4>(half)))
        };
        (half(vector.0), half(vector.1))
    }

    #[inline(always)]
    fn and(self, left: Self::Vector, right: Self::Vector) -> Self::Vector {
        // SAFETY: the target has NEON; registers alone are touched.
        unsafe { (vandq_u8(left.0, right.0), vandq_u8(left.1, right.1)) }
    }

    #[inline(always)]
    fn non_zero(self, vector: Self::Vector) -> u32 {
        // SAFETY: the target has NEON; registers alone are touched.
        halves(vector, |half| unsafe { vtstq_u8(half, half) })
    }

    #[inline(always)]
    fn json_escaped(self, vector: Self::Vector) -> u32 {
        // SAFETY: the target has NEON; registers alone are touched.
        unsafe {
            halves(vector, |half| {
                let control = vcltq_u8(half, vdupq_n_u8(0x20));
                let quote = vceqq_u8(half, vdupq_n_u8(b'"'));
                vorrq_u8(vorrq_u8(control, quote), vceqq_u8(half, vdupq_n_u8(b'\\')))
            })
        }
    }
}
