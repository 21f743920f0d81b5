//! What crosses the boundary by value.

use core::ffi::c_char;

use sawlog::{Tick, Timestamp};

/// A piece of text: UTF-8, not ended by a zero, which may stand inside. Where a text may be missing, `data` is then
/// NULL and `len` 0.
///
/// As an argument (a member of a struct of options) it is only read during the call. As a result it belongs to the
/// library; the function that gives it says how long it lives.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Str {
    /// The first byte.
    pub data: *const c_char,
    /// The number of bytes.
    pub len: usize,
}

impl Str {
    pub(crate) const fn new(text: &str) -> Self {
        Self { data: text.as_ptr().cast(), len: text.len() }
    }

    pub(crate) const fn none() -> Self {
        Self { data: core::ptr::null(), len: 0 }
    }

    pub(crate) fn of(text: Option<&str>) -> Self {
        text.map_or_else(Self::none, Self::new)
    }
}

/// The clock and the seed of a call. `now_ns` reaches from 1677 to 2262.
pub(crate) fn tick(now_ns: i64, seed: u64) -> Tick {
    Tick { now: timestamp(now_ns), seed }
}

pub(crate) fn timestamp(ns: i64) -> Timestamp {
    let nanos = u32::try_from(ns.rem_euclid(1_000_000_000)).unwrap_or(0);
    Timestamp::new(ns.div_euclid(1_000_000_000), nanos).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Nanoseconds since 1970, clamped to what fits.
pub(crate) fn nanoseconds(time: Timestamp) -> i64 {
    let ns = i128::from(time.as_seconds()) * 1_000_000_000 + i128::from(time.subsec_nanos());
    i64::try_from(ns).unwrap_or(if ns < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_come_back_as_they_went() {
        for ns in [0, 1, -1, 1_710_508_981_123_456_789, i64::MIN, i64::MAX] {
            assert_eq!(nanoseconds(timestamp(ns)), ns);
        }
    }
}
