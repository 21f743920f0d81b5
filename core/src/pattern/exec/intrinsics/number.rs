//! `NUMBER`, `INT`, `POSINT` and `NONNEGINT`.

use super::Answer;
use super::bytes::{byte, digits_end, is_word, word_starts};

/// `(?<![0-9.+-])(?>[+-]?(?:(?:[0-9]+(?:\.[0-9]+)?)|(?:\.[0-9]+)))`
#[inline(always)]
pub(super) fn base10(bytes: &[u8], at: usize) -> Answer {
    if let Some(before) = at.checked_sub(1)
        && matches!(byte(bytes, before), b'0'..=b'9' | b'.' | b'+' | b'-')
    {
        return Answer::Fail;
    }
    let start = at + usize::from(matches!(byte(bytes, at), b'+' | b'-'));
    let whole = digits_end(bytes, start);
    if byte(bytes, whole) == b'.' {
        let fraction = digits_end(bytes, whole + 1);
        if fraction > whole + 1 {
            return Answer::End(fraction);
        }
    }
    if whole > start { Answer::End(whole) } else { Answer::Fail }
}

/// `(?:[+-]?(?:[0-9]+))`
#[inline(always)]
pub(super) fn int(bytes: &[u8], at: usize) -> Answer {
    Answer::definite(int_end(bytes, at))
}

#[inline(always)]
pub(super) fn int_end(bytes: &[u8], at: usize) -> Option<usize> {
    let start = at + usize::from(matches!(byte(bytes, at), b'+' | b'-'));
    let end = digits_end(bytes, start);
    (end > start).then_some(end)
}

/// `\b(?:[1-9][0-9]*)\b`, or `\b(?:[0-9]+)\b` by the lowest digit that begins it.
#[inline(always)]
pub(super) fn bounded(bytes: &[u8], at: usize, lowest: u8) -> Answer {
    let first = byte(bytes, at);
    if first < lowest || first > b'9' {
        return Answer::Fail;
    }
    if let Err(answer) = word_starts(bytes, at) {
        return answer;
    }
    let end = digits_end(bytes, at + 1);
    match byte(bytes, end) {
        after if !after.is_ascii() => Answer::Unsure,
        // Fewer digits end before a digit, which is no boundary either.
        after if is_word(after) => Answer::Fail,
        _ => Answer::End(end),
    }
}
