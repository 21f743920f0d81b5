//! Bytes to places: the first byte of a class, the end of a run, JSON's escapes, 32 bytes at a time.
//!
//! A loop over bytes is a [`Kernel`], generic over the [`Level`] of the CPU. [`Simd::dispatch`]
//! compiles it once for each level with everything inlined, and picks one at run time:
//!
//! ```text
//! Simd::new(SimdLevel::Auto).dispatch(kernel)
//!   -> fn with #[target_feature(avx2, ...)] -> kernel.run(Avx2) -> level.run_end(class, bytes, at)
//! ```
//!
//! What takes a level is `#[inline(always)]`, or it is compiled without the CPU's features and each
//! vector instruction becomes a call, fifty times slower. The same goes for closures that use a
//! level, which cannot be marked: they become methods. A function that should stay out of line
//! begins anew with [`Level::enter`], which costs a call.
//!
//! This folder alone in the crate has `unsafe`: the vector instructions, whose proof is a token that
//! detection alone makes, and loads at places that the lines above them have compared. Every method
//! is safe for all arguments, never reads outside its slice, and gives on all levels what
//! [`portable`] gives.

mod class;
mod load;
mod portable;

#[cfg(all(target_arch = "aarch64", target_feature = "neon", target_endian = "little"))]
mod aarch64;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod check;
pub(crate) mod json;
pub(crate) mod lines;
pub(crate) mod split;
pub(crate) mod teddy;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use class::ByteClass;
pub(crate) use portable::Portable;

use core::fmt::Debug;

/// The bytes of a block that equal one, without a level: by what every CPU of the target has.
///
/// Bit `i` of the mask is byte `i`.
#[inline(always)]
pub(crate) fn equal_bytes(bytes: &[u8; BLOCK_BYTES], byte: u8) -> u32 {
    #[cfg(target_arch = "x86_64")]
    return x86::equal_bytes(bytes, byte);
    #[cfg(not(target_arch = "x86_64"))]
    return portable::equal_bytes(bytes, byte);
}

/// Bytes of a [`Level::Vector`], and bits of its masks.
pub(crate) const BLOCK_BYTES: usize = 32;

/// The instructions that the loops over bytes use.
///
/// It changes how fast events are made, never what they are: all levels give the same results. A
/// level that the CPU lacks falls back to [`SimdLevel::Auto`], so that a choice made for one
/// machine works on every other. Meant for tests, for counting instructions and for reports of
/// bugs; else leave it alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SimdLevel {
    /// The best that the CPU has.
    #[default]
    Auto,
    /// AVX2 with BMI1, BMI2, LZCNT and POPCNT: x86-64 of 2013 and later.
    Avx2,
    /// AVX-512 with BW, VL and VBMI2, for writing JSON, else AVX2: x86-64 of 2019 and later.
    Avx512,
    /// NEON: every 64-bit ARM.
    Neon,
    /// No vector instructions beyond what the compiler uses by itself.
    Portable,
    /// SSE4.2 with SSSE3 and POPCNT: x86-64 of 2008 and later.
    Sse42,
}

/// A level that the CPU has; a copy of it is the proof.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Simd {
    #[cfg(target_arch = "x86_64")]
    Avx2(x86::Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(avx512::Avx512),
    #[cfg(all(target_arch = "aarch64", target_feature = "neon", target_endian = "little"))]
    Neon(aarch64::Neon),
    Portable(Portable),
    #[cfg(target_arch = "x86_64")]
    Sse42(x86::Sse42),
}

/// Work that is compiled for each level.
pub(crate) trait Kernel {
    /// What the work gives.
    type Output;

    /// Does the work; implementations are `#[inline(always)]`.
    fn run<L: Level>(self, level: L) -> Self::Output;
}

impl Simd {
    /// Gives the chosen level if the CPU has it, else the best that it has.
    pub(crate) fn new(level: SimdLevel) -> Self {
        let chosen = match level {
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx2 => x86::Avx2::detect().map(Self::Avx2),
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx512 => avx512::Avx512::detect().map(Self::Avx512),
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Sse42 => x86::Sse42::detect().map(Self::Sse42),
            SimdLevel::Portable => Some(Self::Portable(Portable)),
            _ => None,
        };
        chosen.unwrap_or_else(Self::best)
    }

    #[cfg(target_arch = "x86_64")]
    fn best() -> Self {
        avx512::Avx512::detect()
            .map(Self::Avx512)
            .or_else(|| x86::Avx2::detect().map(Self::Avx2))
            .or_else(|| x86::Sse42::detect().map(Self::Sse42))
            .unwrap_or(Self::Portable(Portable))
    }

    #[cfg(all(target_arch = "aarch64", target_feature = "neon", target_endian = "little"))]
    fn best() -> Self {
        Self::Neon(aarch64::Neon::of_target())
    }

    #[cfg(not(any(
        target_arch = "x86_64",
        all(target_arch = "aarch64", target_feature = "neon", target_endian = "little")
    )))]
    fn best() -> Self {
        Self::Portable(Portable)
    }

    /// Does the work with this level's instructions.
    #[inline(always)]
    pub(crate) fn dispatch<K: Kernel>(self, kernel: K) -> K::Output {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(level) => level.enter(kernel),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(level) => level.avx2().enter(kernel),
            #[cfg(all(target_arch = "aarch64", target_feature = "neon", target_endian = "little"))]
            Self::Neon(level) => level.enter(kernel),
            Self::Portable(level) => level.enter(kernel),
            #[cfg(target_arch = "x86_64")]
            Self::Sse42(level) => level.enter(kernel),
        }
    }

    /// Does the work with the widest instructions, where that pays.
    ///
    /// Each level is one more copy of the kernel: nothing but writing is worth that so far.
    #[inline(always)]
    pub(crate) fn dispatch_wide<K: Kernel>(self, kernel: K) -> K::Output {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(level) => level.enter(kernel),
            level => level.dispatch(kernel),
        }
    }

    /// The level by its public name.
    pub(crate) fn level(self) -> SimdLevel {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => SimdLevel::Avx2,
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => SimdLevel::Avx512,
            #[cfg(all(target_arch = "aarch64", target_feature = "neon", target_endian = "little"))]
            Self::Neon(_) => SimdLevel::Neon,
            Self::Portable(_) => SimdLevel::Portable,
            #[cfg(target_arch = "x86_64")]
            Self::Sse42(_) => SimdLevel::Sse42,
        }
    }

    /// All levels that the CPU has.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn all() -> Vec<Self> {
        let names = [
            SimdLevel::Avx2,
            SimdLevel::Avx512,
            SimdLevel::Neon,
            SimdLevel::Portable,
            SimdLevel::Sse42,
        ];
        names
            .into_iter()
            .map(Self::new)
            .zip(names)
            .filter_map(|(simd, name)| (simd.level() == name).then_some(simd))
            .collect()
    }
}

impl Default for Simd {
    fn default() -> Self {
        Self::new(SimdLevel::Auto)
    }
}

/// The proof that the CPU has a set of vector instructions, and what can be done with them.
///
/// A mask has bit `i` for byte `i`. Places at or beyond the end of the bytes are no error: nothing
/// is found there, and the answer is the length.
pub(crate) trait Level: Copy + Debug + 'static {
    /// [`BLOCK_BYTES`] bytes in registers.
    type Vector: Copy;

    /// Does work that is compiled with this level's instructions; a call, unlike the other methods.
    fn enter<K: Kernel>(self, kernel: K) -> K::Output;

    /// Reads a block.
    fn load(self, bytes: &[u8; BLOCK_BYTES]) -> Self::Vector;

    /// Puts a block together.
    fn load_halves(self, low: &[u8; 16], high: &[u8; 16]) -> Self::Vector;

    /// Gives the bytes of a block.
    fn to_array(self, vector: Self::Vector) -> [u8; BLOCK_BYTES];

    /// The bytes that equal one.
    fn eq(self, vector: Self::Vector, byte: u8) -> u32;

    /// The bytes that equal one of two.
    fn eq2(self, vector: Self::Vector, bytes: [u8; 2]) -> u32;

    /// The bytes that equal one of three.
    fn eq3(self, vector: Self::Vector, bytes: [u8; 3]) -> u32;

    /// The bytes from `low` to `high`, both included; none if `low` is above `high`.
    fn in_range(self, vector: Self::Vector, low: u8, high: u8) -> u32;

    /// The bytes from 0x80 on.
    fn non_ascii(self, vector: Self::Vector) -> u32;

    /// The bytes of a class.
    fn in_class(self, vector: Self::Vector, class: &ByteClass) -> u32;

    /// Gives for each byte what the tables of its halves have in common: `low[byte & 15] & high[byte >> 4]`.
    fn look_up(self, vector: Self::Vector, low: &[u8; 16], high: &[u8; 16]) -> Self::Vector;

    /// The bits that two blocks have in common.
    fn and(self, left: Self::Vector, right: Self::Vector) -> Self::Vector;

    /// The bytes that are not zero.
    fn non_zero(self, vector: Self::Vector) -> u32;

    /// The bytes that JSON escapes: those below 0x20, `"` and `\`.
    fn json_escaped(self, vector: Self::Vector) -> u32;

    /// Appends a text with JSON's escapes, between two others of at most two bytes.
    #[inline(always)]
    fn push_quoted<const B: usize, const N: usize>(
        self,
        before: [u8; B],
        text: &[u8],
        behind: [u8; N],
        out: &mut Vec<u8>,
    ) {
        json::push_quoted(self, before, text, behind, out);
    }

    /// Reads the block at a place; the part behind the end of the bytes is in no mask.
    #[inline(always)]
    fn block(self, bytes: &[u8], at: usize) -> Block<Self> {
        let at = at.min(bytes.len());
        if let Some(last) = load::last_start(bytes) {
            let start = at.min(last);
            let vector = self.load(load::chunk_at(bytes, start));
            Block { level: self, vector, shift: at - start }
        } else {
            let vector = self.load(&load::right_aligned(bytes));
            Block { level: self, vector, shift: BLOCK_BYTES - bytes.len() + at }
        }
    }

    /// Finds the first byte at or after `at` that is not in the class.
    #[inline(always)]
    fn run_end(self, class: &ByteClass, bytes: &[u8], at: usize) -> usize {
        self.find_with(bytes, at, &NotIn(class))
    }

    /// Finds the first byte at or after `at` that is in the class.
    #[inline(always)]
    fn find_in(self, class: &ByteClass, bytes: &[u8], at: usize) -> usize {
        self.find_with(bytes, at, &In(class))
    }

    /// Finds a byte at or after `at`.
    #[inline(always)]
    fn find1(self, needle: u8, bytes: &[u8], at: usize) -> usize {
        self.find_with(bytes, at, &[needle])
    }

    /// Finds one of two bytes at or after `at`.
    #[inline(always)]
    fn find2(self, needles: [u8; 2], bytes: &[u8], at: usize) -> usize {
        self.find_with(bytes, at, &needles)
    }

    /// Finds one of three bytes at or after `at`.
    #[inline(always)]
    fn find3(self, needles: [u8; 3], bytes: &[u8], at: usize) -> usize {
        self.find_with(bytes, at, &needles)
    }

    /// Finds the first byte at or after `at` that passes a test.
    ///
    /// PERF: one load serves the inside of the bytes and their end: the last block is read whole,
    /// and what lies before `at` is shifted out of its mask.
    #[inline(always)]
    fn find_with<T: Test>(self, bytes: &[u8], at: usize, test: &T) -> usize {
        let at = at.min(bytes.len());
        let Some(last) = load::last_start(bytes) else {
            // PERF: few bytes are tested in the time that it takes to make a block of them.
            let found = bytes[at..].iter().position(|byte| test.passes(*byte));
            return found.map_or(bytes.len(), |found| at + found);
        };
        let mut start = at.min(last);
        let found =
            u64::from(test.mask(self, self.load(load::chunk_at(bytes, start)))) >> (at - start);
        if found != 0 {
            return at + found.trailing_zeros() as usize;
        }
        while start < last {
            start = (start + BLOCK_BYTES).min(last);
            let found = test.mask(self, self.load(load::chunk_at(bytes, start)));
            // What the block shares with the one before it was looked at and has nothing.
            if found != 0 {
                return start + found.trailing_zeros() as usize;
            }
        }
        bytes.len()
    }
}

/// What [`Level::find_with`] looks for; a closure in its place would not get the level's features.
pub(crate) trait Test {
    /// The bytes of a block that pass; implementations are `#[inline(always)]`.
    fn mask<L: Level>(&self, level: L, vector: L::Vector) -> u32;

    /// Whether a byte passes; implementations are `#[inline(always)]`.
    fn passes(&self, byte: u8) -> bool;
}

struct In<'a>(&'a ByteClass);

impl Test for In<'_> {
    #[inline(always)]
    fn mask<L: Level>(&self, level: L, vector: L::Vector) -> u32 {
        level.in_class(vector, self.0)
    }

    #[inline(always)]
    fn passes(&self, byte: u8) -> bool {
        self.0.contains(byte)
    }
}

struct NotIn<'a>(&'a ByteClass);

impl Test for NotIn<'_> {
    #[inline(always)]
    fn mask<L: Level>(&self, level: L, vector: L::Vector) -> u32 {
        !level.in_class(vector, self.0)
    }

    #[inline(always)]
    fn passes(&self, byte: u8) -> bool {
        !self.0.contains(byte)
    }
}

impl Test for [u8; 1] {
    #[inline(always)]
    fn mask<L: Level>(&self, level: L, vector: L::Vector) -> u32 {
        level.eq(vector, self[0])
    }

    #[inline(always)]
    fn passes(&self, byte: u8) -> bool {
        self[0] == byte
    }
}

impl Test for [u8; 2] {
    #[inline(always)]
    fn mask<L: Level>(&self, level: L, vector: L::Vector) -> u32 {
        level.eq2(vector, *self)
    }

    #[inline(always)]
    fn passes(&self, byte: u8) -> bool {
        self.contains(&byte)
    }
}

impl Test for [u8; 3] {
    #[inline(always)]
    fn mask<L: Level>(&self, level: L, vector: L::Vector) -> u32 {
        level.eq3(vector, *self)
    }

    #[inline(always)]
    fn passes(&self, byte: u8) -> bool {
        self.contains(&byte)
    }
}

/// Up to [`BLOCK_BYTES`] bytes of a subject from a place on.
///
/// Bit `i` of each mask is the byte `i` places behind the start; bits behind the end of the subject
/// are 0.
#[derive(Clone, Copy)]
pub(crate) struct Block<L: Level> {
    level: L,
    vector: L::Vector,
    /// Bytes of the vector before the place, at most [`BLOCK_BYTES`].
    shift: usize,
}

impl<L: Level> Block<L> {
    #[inline(always)]
    fn shifted(self, mask: u32) -> u32 {
        // A shift by all 32 bits is defined for 64 only.
        #[expect(clippy::cast_possible_truncation, reason = "32 bits before and after")]
        let shifted = (u64::from(mask) >> self.shift) as u32;
        shifted
    }

    /// The bytes that equal one.
    #[inline(always)]
    pub(crate) fn eq(self, byte: u8) -> u32 {
        self.shifted(self.level.eq(self.vector, byte))
    }

    /// The bytes that equal one of two.
    #[inline(always)]
    pub(crate) fn eq2(self, bytes: [u8; 2]) -> u32 {
        self.shifted(self.level.eq2(self.vector, bytes))
    }

    /// The bytes that equal one of three.
    #[inline(always)]
    pub(crate) fn eq3(self, bytes: [u8; 3]) -> u32 {
        self.shifted(self.level.eq3(self.vector, bytes))
    }

    /// The bytes from `low` to `high`, both included.
    #[inline(always)]
    pub(crate) fn in_range(self, low: u8, high: u8) -> u32 {
        self.shifted(self.level.in_range(self.vector, low, high))
    }

    /// The bytes from 0x80 on.
    #[inline(always)]
    pub(crate) fn non_ascii(self) -> u32 {
        self.shifted(self.level.non_ascii(self.vector))
    }

    /// The bytes of a class.
    #[inline(always)]
    pub(crate) fn in_class(self, class: &ByteClass) -> u32 {
        self.shifted(self.level.in_class(self.vector, class))
    }

    /// The bytes that are there: all 32 unless the subject ends before.
    #[inline(always)]
    pub(crate) fn present(self) -> u32 {
        self.shifted(u32::MAX)
    }
}
