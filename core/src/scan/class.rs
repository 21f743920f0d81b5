//! Sets of bytes to the tables that one or two shuffles look up.
//!
//! The set, or what it leaves out, is kept in the smallest of three forms: up to three single bytes;
//! ASCII bytes only (one table of rows by the low half of the byte, each row with a bit for each
//! high half); any bytes (such a table for each value of the top bit).

use crate::pattern::unicode::ByteSet;

/// A set of byte values in the form that [`super::Level::in_class`] tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(16))]
pub(crate) struct ByteClass {
    /// Bit `h` of row `l`: the byte `h << 4 | l`, below 0x80, is in the tested set.
    pub(super) low: [u8; 16],
    /// Bit `h` of row `l`: the byte `0x80 | h << 4 | l` is in the tested set.
    pub(super) high: [u8; 16],
    set: ByteSet,
    /// The tested set, the first one repeated, if the method is `Needles`.
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
        let mut rest = ByteSet::default();
        (0..=u8::MAX).filter(|byte| !set.contains(*byte)).for_each(|byte| rest.insert(byte));
        let is_ascii = |set: &ByteSet| set.iter().all(|byte| byte.is_ascii());
        let is_few = |set: &ByteSet| (1..=3).contains(&set.len());
        let (method, inverted) = if is_few(set) {
            (Method::Needles, false)
        } else if is_few(&rest) {
            (Method::Needles, true)
        } else if is_ascii(set) {
            (Method::Ascii, false)
        } else if is_ascii(&rest) {
            (Method::Ascii, true)
        } else {
            (Method::Full, false)
        };
        let tested = if inverted { &rest } else { set };
        let mut class = Self {
            low: [0; 16],
            high: [0; 16],
            set: *set,
            needles: [tested.iter().next().unwrap_or(0); 3],
            method,
            inverted: if inverted { u32::MAX } else { 0 },
        };
        for (needle, byte) in class.needles.iter_mut().zip(tested.iter()) {
            *needle = byte;
        }
        for byte in tested.iter() {
            let rows = if byte.is_ascii() { &mut class.low } else { &mut class.high };
            rows[usize::from(byte & 15)] |= 1 << (byte >> 4 & 7);
        }
        class
    }

    /// Tells whether a byte is in the class.
    #[inline(always)]
    pub(crate) fn contains(&self, byte: u8) -> bool {
        self.set.contains(byte)
    }

    /// The set that was prepared.
    pub(crate) fn set(&self) -> &ByteSet {
        &self.set
    }
}
