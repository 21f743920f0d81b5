//! `HTTPDATE`, `TIMESTAMP_ISO8601`, `SYSLOGTIMESTAMP` and their parts.
//!
//! The layouts that programs write are tested as a block: one mask of digits, a few words of
//! separators, and the values of the pairs. Everything else is read byte by byte.

use super::Answer;
use super::bytes::{byte, digits_end, is_word, misfit, two_digits, word_starts};
use super::number::int_end;
use crate::scan::Level;

/// `(?:YEAR)`: `(?>\d\d){1,2}`.
#[inline(always)]
pub(super) fn year(bytes: &[u8], at: usize) -> Answer {
    let digit = |offset: usize| byte(bytes, at + offset);
    for offset in 0..2 {
        if !digit(offset).is_ascii_digit() {
            return misfit(digit(offset));
        }
    }
    for offset in 2..4 {
        if !digit(offset).is_ascii_digit() {
            let is_known = digit(offset).is_ascii();
            return if is_known { Answer::End(at + 2) } else { Answer::Unsure };
        }
    }
    Answer::End(at + 4)
}

/// The place behind a year and the ASCII byte that must follow it.
#[inline(always)]
fn year_then(bytes: &[u8], at: usize, separator: u8) -> Result<usize, Answer> {
    match year(bytes, at) {
        // Two digits of four are before a digit, not before the separator.
        Answer::End(end) if byte(bytes, end) == separator => Ok(end + 1),
        Answer::End(_) => Err(Answer::Fail),
        other => Err(other),
    }
}

/// `(?:(?:0[1-9])|(?:[12][0-9])|(?:3[01])|[1-9])`
#[inline(always)]
pub(super) fn month_day(bytes: &[u8], at: usize) -> Answer {
    let (first, second) = (byte(bytes, at), byte(bytes, at + 1));
    if (1..=31).contains(&two_digits(first, second)) {
        Answer::End(at + 2)
    } else if matches!(first, b'1'..=b'9') {
        Answer::End(at + 1)
    } else {
        Answer::Fail
    }
}

/// The place behind a day and a byte that must follow it.
#[inline(always)]
fn month_day_then(bytes: &[u8], at: usize, is_separator: impl Fn(u8) -> bool) -> Option<usize> {
    // The shorter of two matches is before a digit, not before the separator.
    match month_day(bytes, at) {
        Answer::End(end) if is_separator(byte(bytes, end)) => Some(end + 1),
        _ => None,
    }
}

/// Three bytes as they are read, the first one in lower case.
const fn month_key(name: [u8; 3]) -> u32 {
    u32::from_le_bytes([name[0] | 0x20, name[1], name[2], 0])
}

/// The names of three letters by a hash that keeps them apart.
static MONTHS: [u32; 32] = {
    let names: [[u8; 3]; 15] = [
        *b"jan", *b"feb", *b"mar", *b"apr", *b"may", *b"mai", *b"jun", *b"jul", *b"aug", *b"sep",
        *b"oct", *b"okt", *b"nov", *b"dec", *b"dez",
    ];
    // A slot that is empty holds what no key is.
    let mut table = [u32::MAX; 32];
    let mut index = 0;
    while index < names.len() {
        let key = month_key(names[index]);
        assert!(table[month_slot(key)] == u32::MAX, "two names in one slot");
        table[month_slot(key)] = key;
        index += 1;
    }
    table
};

const fn month_slot(key: u32) -> usize {
    (key.wrapping_mul(0x0741_c7a9) >> 27) as usize
}

/// Whether three bytes are the short name of a month, its first letter in either case.
#[inline(always)]
fn is_month(name: [u8; 3]) -> bool {
    let key = month_key(name);
    MONTHS[month_slot(key)] == key
}

/// `\b(?:[Jj]an(?:uary|uar)?|...)\b`
#[inline(always)]
pub(super) fn month(bytes: &[u8], at: usize) -> Answer {
    let name = [byte(bytes, at), byte(bytes, at + 1), byte(bytes, at + 2)];
    if !is_month(name) {
        // Full and foreign names begin with these.
        let is_open = matches!(
            (name[0] | 0x20, name[1]),
            (b'j', b'a' | b'u')
                | (b'f' | b's' | b'd', b'e')
                | (b'm', b'a' | b'r' | 0x80..)
                | (b'a', b'p' | b'u')
                | (b'o', b'c' | b'k' | b't')
                | (b'n', b'o')
        );
        return if is_open { Answer::Unsure } else { Answer::Fail };
    }
    if let Err(answer) = word_starts(bytes, at) {
        return answer;
    }
    // The match is a whole word; a longer one may be a full name.
    let after = byte(bytes, at + 3);
    if is_word(after) || !after.is_ascii() { Answer::Unsure } else { Answer::End(at + 3) }
}

/// The place behind `HOUR:`, `(?:2[0123]|[01]?[0-9]):`.
#[inline(always)]
fn hour_then_colon(bytes: &[u8], at: usize) -> Option<usize> {
    let (first, second) = (byte(bytes, at), byte(bytes, at + 1));
    if two_digits(first, second) < 24 {
        (byte(bytes, at + 2) == b':').then_some(at + 3)
    } else {
        (first.is_ascii_digit() && second == b':').then_some(at + 2)
    }
}

/// The place behind a minute, `[0-5][0-9]`.
#[inline(always)]
fn minute_end(bytes: &[u8], at: usize) -> Option<usize> {
    (two_digits(byte(bytes, at), byte(bytes, at + 1)) < 60).then_some(at + 2)
}

/// The place behind `(?:[:.,][0-9]+)?`.
#[inline(always)]
fn fraction_end(bytes: &[u8], at: usize) -> usize {
    if matches!(byte(bytes, at), b':' | b'.' | b',') {
        let end = digits_end(bytes, at + 1);
        if end > at + 1 {
            return end;
        }
    }
    at
}

/// `(?!<[0-9])HOUR:MINUTE(?::SECOND)(?![0-9])`
#[inline(always)]
pub(super) fn time(bytes: &[u8], at: usize) -> Answer {
    Answer::definite(time_end(bytes, at))
}

#[inline(always)]
fn time_end(bytes: &[u8], at: usize) -> Option<usize> {
    let at = hour_then_colon(bytes, at)?;
    let at = minute_end(bytes, at)?;
    if byte(bytes, at) != b':' {
        return None;
    }
    let (first, second) = (byte(bytes, at + 1), byte(bytes, at + 2));
    // No digit may follow, so a second is all the digits there are.
    let end = match two_digits(first, second) {
        0..=60 => at + 3,
        _ if first.is_ascii_digit() && !second.is_ascii_digit() => at + 2,
        _ => return None,
    };
    let end = fraction_end(bytes, end);
    (!byte(bytes, end).is_ascii_digit()).then_some(end)
}

/// The places of the digits of a layout.
const fn digits_of(layout: &[u8]) -> u32 {
    let (mut mask, mut at) = (0, 0);
    while at < layout.len() {
        if layout[at] == b'0' {
            mask |= 1 << at;
        }
        at += 1;
    }
    mask
}

/// Whether a block has digits at all of these places.
#[inline(always)]
fn has_digits(digits: u32, wanted: u32) -> bool {
    digits & wanted == wanted
}

/// `MONTHDAY/MONTH/YEAR:TIME INT`
#[inline(always)]
pub(super) fn http_date<L: Level>(level: L, bytes: &[u8], at: usize) -> Answer {
    const DIGITS: u32 = digits_of(b"00/Mmm/0000:00:00:00 +0000");
    // The usual layout is tested as a whole, others byte by byte.
    if let Some(text) = bytes.get(at..).and_then(|rest| rest.first_chunk::<26>()) {
        let digits = level.block(bytes, at).in_range(b'0', b'9');
        let run = (digits >> 22).trailing_ones() as usize;
        let separators = [text[2], text[6], text[11], text[14], text[17], text[20]];
        if has_digits(digits, DIGITS)
            && separators == *b"//::: "
            && matches!(text[21], b'+' | b'-')
            && (1..=31).contains(&two_digits(text[0], text[1]))
            && is_month([text[3], text[4], text[5]])
            && two_digits(text[12], text[13]) < 24
            && text[15] < b'6'
            && text[18] < b'6'
            // The block ends within the digits.
            && run < 10
        {
            return Answer::End(at + 22 + run);
        }
    }
    http_date_by_bytes(bytes, at)
}

#[inline]
fn http_date_by_bytes(bytes: &[u8], at: usize) -> Answer {
    let Some(at) = month_day_then(bytes, at, |byte| byte == b'/') else { return Answer::Fail };
    let at = match month(bytes, at) {
        Answer::End(end) => end,
        other => return other,
    };
    if byte(bytes, at) != b'/' {
        return Answer::Fail;
    }
    let at = match year_then(bytes, at + 1, b':') {
        Ok(at) => at,
        Err(answer) => return answer,
    };
    // A shorter time would be before a digit or the sign of a fraction, not before a space.
    let Some(at) = time_end(bytes, at) else { return Answer::Fail };
    if byte(bytes, at) != b' ' {
        return Answer::Fail;
    }
    Answer::definite(int_end(bytes, at + 1))
}

/// `MONTH +MONTHDAY TIME`
#[inline(always)]
pub(super) fn syslog<L: Level>(level: L, bytes: &[u8], at: usize) -> Answer {
    // The tens of the day may be a space.
    const DIGITS: u32 = digits_of(b"Mmm _0 00:00:00");
    if let Some(text) = bytes.get(at..).and_then(|rest| rest.first_chunk::<15>()) {
        let digits = level.block(bytes, at).in_range(b'0', b'9');
        let tens = if text[4] == b' ' { b'0' } else { text[4] };
        let after = byte(bytes, at + 15);
        if has_digits(digits, DIGITS)
            && [text[3], text[6], text[9], text[12]] == *b"  ::"
            && (1..=31).contains(&two_digits(tens, text[5]))
            && is_month([text[0], text[1], text[2]])
            && two_digits(text[7], text[8]) < 24
            && text[10] < b'6'
            && text[13] < b'6'
            && !matches!(after, b'0'..=b'9' | b':' | b'.' | b',')
        {
            return match word_starts(bytes, at) {
                Ok(()) => Answer::End(at + 15),
                Err(answer) => answer,
            };
        }
    }
    syslog_by_bytes(bytes, at)
}

#[inline]
fn syslog_by_bytes(bytes: &[u8], at: usize) -> Answer {
    let mut at = match month(bytes, at) {
        Answer::End(end) => end,
        other => return other,
    };
    let spaces = at;
    while byte(bytes, at) == b' ' {
        at += 1;
    }
    if at == spaces {
        return Answer::Fail;
    }
    let Some(at) = month_day_then(bytes, at, |byte| byte == b' ') else { return Answer::Fail };
    time(bytes, at)
}

/// The end of `(?:Mon(?:day)?|Tue(?:sday)?|...)`.
#[inline(always)]
fn day_end(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let (name, rest) = rest.split_first_chunk::<3>()?;
    let tail: &[u8] = match name {
        b"Mon" | b"Fri" | b"Sun" => b"day",
        b"Tue" => b"sday",
        b"Wed" => b"nesday",
        b"Thu" => b"rsday",
        b"Sat" => b"urday",
        _ => return None,
    };
    Some(at + 3 + if rest.starts_with(tail) { tail.len() } else { 0 })
}

/// `DAY MONTH MONTHDAY TIME YEAR`
#[inline(always)]
pub(super) fn httpd_error_date<L: Level>(level: L, bytes: &[u8], at: usize) -> Answer {
    let Some(at) = day_end(bytes, at) else { return Answer::Fail };
    if byte(bytes, at) != b' ' {
        return Answer::Fail;
    }
    match syslog(level, bytes, at + 1) {
        // The month has three letters; one space and not several must follow it.
        Answer::End(end) if byte(bytes, at + 5) != b' ' && byte(bytes, end) == b' ' => {
            year(bytes, end + 1)
        }
        Answer::End(_) => Answer::Fail,
        other => other,
    }
}

/// `YEAR-MONTHNUM-MONTHDAY[T ]HOUR:?MINUTE(?::?SECOND)?ISO8601_TIMEZONE?`
#[inline(always)]
pub(super) fn iso8601<L: Level>(level: L, bytes: &[u8], at: usize) -> Answer {
    const DIGITS: u32 = digits_of(b"0000-00-00T00:00:00");
    if let Some(text) = bytes.get(at..).and_then(|rest| rest.first_chunk::<19>()) {
        let digits = level.block(bytes, at).in_range(b'0', b'9');
        if has_digits(digits, DIGITS)
            && [text[4], text[7], text[13], text[16]] == *b"--::"
            && matches!(text[10], b'T' | b' ')
            && (1..=12).contains(&two_digits(text[5], text[6]))
            && (1..=31).contains(&two_digits(text[8], text[9]))
            && two_digits(text[11], text[12]) < 24
            && text[14] < b'6'
            && text[17] < b'6'
        {
            let end = match (byte(bytes, at + 19), (digits >> 20).trailing_ones() as usize) {
                // The block ends within the digits, and there are some.
                (b':' | b'.' | b',', run @ 1..12) => at + 20 + run,
                (b':' | b'.' | b',', 12..) => fraction_end(bytes, at + 19),
                _ => at + 19,
            };
            return Answer::End(time_zone_end(bytes, end));
        }
    }
    iso8601_by_bytes(bytes, at)
}

#[inline]
fn iso8601_by_bytes(bytes: &[u8], at: usize) -> Answer {
    let at = match year_then(bytes, at, b'-') {
        Ok(at) => at,
        Err(answer) => return answer,
    };
    let (first, second) = (byte(bytes, at), byte(bytes, at + 1));
    let at = if (1..=12).contains(&two_digits(first, second)) {
        at + 2
    } else if matches!(first, b'1'..=b'9') {
        at + 1
    } else {
        return Answer::Fail;
    };
    if byte(bytes, at) != b'-' {
        return Answer::Fail;
    }
    let is_separator = |byte| byte == b'T' || byte == b' ';
    let Some(at) = month_day_then(bytes, at + 1, is_separator) else { return Answer::Fail };
    let Some(at) = hour_then_colon(bytes, at) else {
        // The colon may be missing; then the hour may be shorter than it looks.
        let is_open = byte(bytes, at).is_ascii_digit() && byte(bytes, at + 1).is_ascii_digit();
        return if is_open { Answer::Unsure } else { Answer::Fail };
    };
    let Some(at) = minute_end(bytes, at) else { return Answer::Fail };
    let second = at + usize::from(byte(bytes, at) == b':');
    let end = match (byte(bytes, second), byte(bytes, second + 1)) {
        (b'0'..=b'5', b'0'..=b'9') => fraction_end(bytes, second + 2),
        // Of 60 the first alternative takes the 6.
        (b'0'..=b'9', _) => fraction_end(bytes, second + 1),
        _ => at,
    };
    Answer::End(time_zone_end(bytes, end))
}

/// The place behind `(?:Z|[+-]HOUR(?::?MINUTE))?`.
#[inline(always)]
fn time_zone_end(bytes: &[u8], at: usize) -> usize {
    match byte(bytes, at) {
        b'Z' => at + 1,
        b'+' | b'-' => {
            let minute = |at: usize| minute_end(bytes, at + usize::from(byte(bytes, at) == b':'));
            let (first, second) = (byte(bytes, at + 1), byte(bytes, at + 2));
            let long = if two_digits(first, second) < 24 { minute(at + 3) } else { None };
            let short = || if first.is_ascii_digit() { minute(at + 2) } else { None };
            long.or_else(short).unwrap_or(at)
        }
        _ => at,
    }
}
