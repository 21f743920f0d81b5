//! Looks at single bytes and short runs, without a class.

use super::Answer;

/// The byte at a place; 0, which no routine looks for, behind the end.
#[inline(always)]
pub(super) fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

/// Whether an ASCII byte is one of `\w`.
#[inline(always)]
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether `\b` holds before a word character at a place; `Err` is the answer if not.
#[inline(always)]
pub(super) fn word_starts(bytes: &[u8], at: usize) -> Result<(), Answer> {
    match at.checked_sub(1).map(|before| byte(bytes, before)) {
        Some(before) if !before.is_ascii() => Err(Answer::Unsure),
        Some(before) if is_word(before) => Err(Answer::Fail),
        _ => Ok(()),
    }
}

/// The answer where a byte does not fit what may be Unicode's.
#[inline(always)]
pub(super) fn misfit(byte: u8) -> Answer {
    if byte.is_ascii() { Answer::Fail } else { Answer::Unsure }
}

/// Eight bytes from a place on, the first one lowest.
#[inline(always)]
pub(super) fn word_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|chunk| u64::from_le_bytes(*chunk))
}

/// The end of the ASCII digits from a place on.
#[inline(always)]
pub(super) fn digits_end(bytes: &[u8], mut at: usize) -> usize {
    const TOP: u64 = 0x8080_8080_8080_8080;
    // PERF: eight digits at once; the lengths of numbers are what a branch for each digit guesses
    // wrong.
    while let Some(word) = word_at(bytes, at) {
        let value = word ^ 0x3030_3030_3030_3030;
        let others = (((value & !TOP) + 0x7676_7676_7676_7676) | value) & TOP;
        if others != 0 {
            return at + (others.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while byte(bytes, at).is_ascii_digit() {
        at += 1;
    }
    at
}

/// The value of two digits, 255 if they are none.
#[inline(always)]
pub(super) fn two_digits(tens: u8, ones: u8) -> u8 {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    if tens < 10 && ones < 10 { tens * 10 + ones } else { u8::MAX }
}
