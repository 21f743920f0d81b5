//! Words, quoted strings, log levels, paths and identifiers.

use super::Answer;
use super::bytes::{byte, is_word, misfit, word_starts};
use crate::scan::{BLOCK_BYTES, ByteClass, Level};

/// `[a-zA-Z0-9._-]`
pub(super) static USERNAME: ByteClass =
    ByteClass::of(&[(b'-', b'.'), (b'0', b'9'), (b'A', b'Z'), (b'_', b'_'), (b'a', b'z')]);

/// `[\x21-\x5a\x5c\x5e-\x7e]`
pub(super) static PROG: ByteClass = ByteClass::of(&[(b'!', b'Z'), (b'\\', b'\\'), (b'^', b'~')]);

/// The ASCII part of `\w`.
static WORD: ByteClass = ByteClass::of(&[(b'0', b'9'), (b'A', b'Z'), (b'_', b'_'), (b'a', b'z')]);

/// The ASCII part of `\S`.
static NOT_SPACE: ByteClass = ByteClass::of(&[(0, 8), (14, 31), (33, 127)]);

/// ``/[A-Za-z0-9$.+!*'(){},~:;=@#%&_\-]``
static PATH: ByteClass = ByteClass::of(&[
    (b'!', b'!'),
    (b'#', b';'),
    (b'=', b'='),
    (b'@', b'Z'),
    (b'_', b'_'),
    (b'a', b'{'),
    (b'}', b'~'),
]);

/// `[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?\-\[\]<>]`
static QUERY: ByteClass =
    ByteClass::of(&[(b'!', b'!'), (b'#', b'['), (b']', b']'), (b'_', b'_'), (b'a', b'~')]);

/// The ASCII part of `/[[[:alnum:]]_%!$@:.,+~-]`
static UNIX_PATH: ByteClass = ByteClass::of(&[
    (b'!', b'!'),
    (b'$', b'%'),
    (b'+', b':'),
    (b'@', b'Z'),
    (b'_', b'_'),
    (b'a', b'z'),
    (b'~', b'~'),
]);

/// `[A-Za-z0-9+\-.]`
static PROTO: ByteClass =
    ByteClass::of(&[(b'+', b'+'), (b'-', b'.'), (b'0', b'9'), (b'A', b'Z'), (b'a', b'z')]);

/// `[a-zA-Z$_0-9]`
static JAVA: ByteClass =
    ByteClass::of(&[(b'$', b'$'), (b'0', b'9'), (b'A', b'Z'), (b'_', b'_'), (b'a', b'z')]);

/// `[A-Fa-f0-9]`
static HEX: ByteClass = ByteClass::of(&[(b'0', b'9'), (b'A', b'F'), (b'a', b'f')]);

/// A class with `+`.
#[inline(always)]
pub(super) fn run<L: Level>(level: L, class: &ByteClass, bytes: &[u8], at: usize) -> Answer {
    let end = level.run_end(class, bytes, at);
    if end > at { Answer::End(end) } else { Answer::Fail }
}

/// `\b\w+\b`
#[inline(always)]
pub(super) fn word<L: Level>(level: L, bytes: &[u8], at: usize) -> Answer {
    let first = byte(bytes, at);
    if !is_word(first) {
        return misfit(first);
    }
    if let Err(answer) = word_starts(bytes, at) {
        return answer;
    }
    let end = level.run_end(&WORD, bytes, at);
    if byte(bytes, end).is_ascii() { Answer::End(end) } else { Answer::Unsure }
}

/// `\S+`
#[inline(always)]
pub(super) fn not_space<L: Level>(level: L, bytes: &[u8], at: usize) -> Answer {
    let end = level.run_end(&NOT_SPACE, bytes, at);
    if !byte(bytes, end).is_ascii() {
        Answer::Unsure
    } else if end > at {
        Answer::End(end)
    } else {
        Answer::Fail
    }
}

/// `(?>(?<!\\)(?>"(?>\\.|[^\\"]+)+"|""|...))`, the same with `'` and `` ` ``
#[inline(always)]
pub(super) fn quoted<L: Level>(level: L, bytes: &[u8], at: usize) -> Answer {
    let quote = byte(bytes, at);
    if !matches!(quote, b'"' | b'\'' | b'`')
        || at.checked_sub(1).is_some_and(|before| byte(bytes, before) == b'\\')
    {
        return Answer::Fail;
    }
    let mut end = at + 1;
    loop {
        end = level.find2([quote, b'\\'], bytes, end);
        if end >= bytes.len() {
            return Answer::Fail;
        }
        if byte(bytes, end) == quote {
            return Answer::End(end + 1);
        }
        // What is left of an escaped character of several bytes is no quote and no backslash.
        end += 2;
    }
}

/// `([Aa]lert|ALERT|[Tt]race|...)`
#[inline(always)]
pub(super) fn log_level(bytes: &[u8], at: usize) -> Answer {
    /// Skips a text in lower or upper case, to choose by the flag.
    macro_rules! skip {
        ($at:expr, $lower:literal, $upper:literal, $is_lower:expr) => {{
            let rest = bytes.get($at..).unwrap_or_default();
            let there = if $is_lower { rest.starts_with($lower) } else { rest.starts_with($upper) };
            if there { Some($at + $lower.len()) } else { None }
        }};
    }
    let first = byte(bytes, at);
    if !first.is_ascii_alphabetic() {
        return Answer::Fail;
    }
    let at = at + 1;
    // After a small letter all are small; after a capital all are small or all are not.
    let is_lower = first >= b'a' || byte(bytes, at) >= b'a';
    let end = match first | 0x20 {
        b'a' => skip!(at, b"lert", b"LERT", is_lower),
        b'c' => skip!(at, b"ri", b"RI", is_lower).map(|at| {
            let at = skip!(at, b"t", b"T", is_lower).unwrap_or(at);
            skip!(at, b"ical", b"ICAL", is_lower).unwrap_or(at)
        }),
        b'd' => skip!(at, b"ebug", b"EBUG", is_lower),
        b'e' => match skip!(at, b"r", b"R", is_lower) {
            Some(at) => {
                let at = skip!(at, b"r", b"R", is_lower).unwrap_or(at);
                Some(skip!(at, b"or", b"OR", is_lower).unwrap_or(at))
            }
            None => skip!(at, b"merg", b"MERG", is_lower)
                .map(|at| skip!(at, b"ency", b"ENCY", is_lower).unwrap_or(at)),
        },
        b'f' => skip!(at, b"atal", b"ATAL", is_lower),
        b'i' => skip!(at, b"nf", b"NF", is_lower).map(|at| {
            let at = skip!(at, b"o", b"O", is_lower).unwrap_or(at);
            skip!(at, b"rmation", b"RMATION", is_lower).unwrap_or(at)
        }),
        b'n' => skip!(at, b"otice", b"OTICE", is_lower),
        b's' => skip!(at, b"evere", b"EVERE", is_lower),
        b't' => skip!(at, b"race", b"RACE", is_lower),
        b'w' => skip!(at, b"ar", b"AR", is_lower).map(|at| {
            let at = skip!(at, b"n", b"N", is_lower).unwrap_or(at);
            skip!(at, b"ing", b"ING", is_lower).unwrap_or(at)
        }),
        _ => None,
    };
    Answer::definite(end)
}

/// `(?:/[...]*)+`
#[inline(always)]
pub(super) fn uri_path<L: Level>(level: L, bytes: &[u8], at: usize) -> Answer {
    if byte(bytes, at) == b'/' {
        Answer::End(level.run_end(&PATH, bytes, at + 1))
    } else {
        Answer::Fail
    }
}

/// `\?[...]*`
#[inline(always)]
pub(super) fn uri_param<L: Level>(level: L, bytes: &[u8], at: usize) -> Answer {
    if byte(bytes, at) == b'?' {
        Answer::End(level.run_end(&QUERY, bytes, at + 1))
    } else {
        Answer::Fail
    }
}

/// `(?:URIPATH)(?:URIPARAM)?`
#[inline(always)]
pub(super) fn uri_path_param<L: Level>(level: L, bytes: &[u8], at: usize) -> Answer {
    match uri_path(level, bytes, at) {
        Answer::End(end) if byte(bytes, end) == b'?' => uri_param(level, bytes, end),
        other => other,
    }
}

/// `[A-Za-z]([A-Za-z0-9+\-.]+)+`
#[inline(always)]
pub(super) fn uri_proto<L: Level>(level: L, bytes: &[u8], at: usize) -> Answer {
    if byte(bytes, at).is_ascii_alphabetic() {
        run(level, &PROTO, bytes, at + 1)
    } else {
        Answer::Fail
    }
}

/// `(/[[[:alnum:]]_%!$@:.,+~-]*)+`
#[inline(always)]
pub(super) fn unix_path<L: Level>(level: L, bytes: &[u8], at: usize) -> Answer {
    if byte(bytes, at) != b'/' {
        return Answer::Fail;
    }
    let end = level.run_end(&UNIX_PATH, bytes, at + 1);
    if byte(bytes, end).is_ascii() { Answer::End(end) } else { Answer::Unsure }
}

/// `(?:(?:UNIXPATH)|(?:WINPATH))`
#[inline(always)]
pub(super) fn path<L: Level>(level: L, bytes: &[u8], at: usize) -> Answer {
    match byte(bytes, at) {
        b'A'..=b'Z' | b'a'..=b'z' | b'\\' => Answer::Unsure,
        _ => unix_path(level, bytes, at),
    }
}

/// `(?:[a-zA-Z$_][a-zA-Z$_0-9]*\.)*[a-zA-Z$_][a-zA-Z$_0-9]*`
#[inline(always)]
pub(super) fn java_class<L: Level>(level: L, bytes: &[u8], at: usize) -> Answer {
    let begins = |at: usize| JAVA.contains(byte(bytes, at)) && !byte(bytes, at).is_ascii_digit();
    if !begins(at) {
        return Answer::Fail;
    }
    let block = level.block(bytes, at);
    let (names, dots) = (block.in_class(&JAVA), block.eq(b'.'));
    let starts = names & !block.in_range(b'0', b'9');
    // The first byte that is in no name; a dot before a name is not the end.
    let ends = (!(names | dots) | dots & !(starts >> 1)).trailing_zeros() as usize;
    // Of its last byte a block does not show the next.
    if ends < BLOCK_BYTES - 1 {
        return Answer::End(at + ends);
    }
    let mut end = level.run_end(&JAVA, bytes, at + 1);
    while byte(bytes, end) == b'.' && begins(end + 1) {
        end = level.run_end(&JAVA, bytes, end + 2);
    }
    Answer::End(end)
}

/// The places of a layout's byte.
const fn places(layout: &[u8], of: u8) -> u32 {
    let (mut mask, mut at) = (0, 0);
    while at < layout.len() && at < BLOCK_BYTES {
        if layout[at] == of {
            mask |= 1 << at;
        }
        at += 1;
    }
    mask
}

/// `[A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}`
#[inline(always)]
pub(super) fn uuid<L: Level>(level: L, bytes: &[u8], at: usize) -> Answer {
    const LAYOUT: &[u8] = b"hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";
    let Some(last) = bytes.get(at + BLOCK_BYTES..at + LAYOUT.len()) else {
        return Answer::Fail;
    };
    let block = level.block(bytes, at);
    let hex = block.in_class(&HEX) & places(LAYOUT, b'h');
    let is_whole = hex | block.eq(b'-') & places(LAYOUT, b'-') == u32::MAX
        && last.iter().all(u8::is_ascii_hexdigit);
    if is_whole { Answer::End(at + LAYOUT.len()) } else { Answer::Fail }
}

/// `(?:(?:CISCOMAC)|(?:WINDOWSMAC)|(?:COMMONMAC))`
#[inline(always)]
pub(super) fn mac<L: Level>(level: L, bytes: &[u8], at: usize) -> Answer {
    const CISCO: &[u8] = b"hhhh.hhhh.hhhh";
    const COMMON: &[u8] = b"hh:hh:hh:hh:hh:hh";
    const fn has(mask: u32, wanted: u32) -> bool {
        mask & wanted == wanted
    }
    let block = level.block(bytes, at);
    let hex = block.in_class(&HEX);
    let separators = places(COMMON, b':');
    if has(hex, places(CISCO, b'h')) && has(block.eq(b'.'), places(CISCO, b'.')) {
        Answer::End(at + CISCO.len())
    } else if has(hex, places(COMMON, b'h'))
        && (has(block.eq(b':'), separators) || has(block.eq(b'-'), separators))
    {
        Answer::End(at + COMMON.len())
    } else {
        Answer::Fail
    }
}
