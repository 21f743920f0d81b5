//! `IPORHOST` and its parts, and `HTTPDUSER`, which is an address with a host or a name.

use super::Answer;
use super::bytes::{byte, word_starts};
use super::token::{USERNAME, run};
use crate::scan::{BLOCK_BYTES, ByteClass, Level};

/// What may begin a label of a host.
static ALNUM: ByteClass = ByteClass::of(&[(b'0', b'9'), (b'A', b'Z'), (b'a', b'z')]);

/// What a label of a host is made of, and the dot between two.
static HOST: ByteClass = ByteClass::of(&[(b'-', b'.'), (b'0', b'9'), (b'A', b'Z'), (b'a', b'z')]);

/// The longest label.
const LABEL_BYTES: usize = 63;

/// `(?:IP)|(?:HOSTNAME)`
#[inline(always)]
pub(super) fn ip_or_host<L: Level>(level: L, bytes: &[u8], at: usize) -> Answer {
    match ip(level, bytes, at) {
        Answer::Fail => hostname(level, bytes, at),
        other => other,
    }
}

/// `(?:IPV6)|(?:IPV4)`
#[inline(always)]
pub(super) fn ip<L: Level>(level: L, bytes: &[u8], at: usize) -> Answer {
    // Digits and a dot are the start of no IPV6, so that the order does not matter.
    match ipv4(level, bytes, at) {
        Answer::Fail => ipv6(bytes, at),
        other => other,
    }
}

/// `(?<![0-9])(?:octet[.]octet[.]octet[.]octet)(?![0-9])`,
/// octet = `[0-1]?[0-9]{1,2}|2[0-4][0-9]|25[0-5]`
///
/// Each octet ends before a dot or, the last one, before no digit: it is all the digits there are.
#[inline(always)]
pub(super) fn ipv4<L: Level>(level: L, bytes: &[u8], at: usize) -> Answer {
    /// More than the longest address has bytes.
    const LONGEST: u32 = 16;
    if !byte(bytes, at).is_ascii_digit()
        || at.checked_sub(1).is_some_and(|before| byte(bytes, before).is_ascii_digit())
    {
        return Answer::Fail;
    }
    // PERF: octets of 1 to 3 digits are what branches guess wrong; masks ask only whether the
    // whole is an address.
    let block = level.block(bytes, at);
    let digits = block.in_range(b'0', b'9');
    let dots = block.eq(b'.');
    // Three digits above 255, by the first: 3 to 9, or 2 and a second above 5, or 25 and above 5.
    let (above_2, above_5) = (block.in_range(b'3', b'9'), block.in_range(b'6', b'9'));
    let (two, five) = (block.eq(b'2'), block.eq(b'5'));
    let above = above_2 | two & (above_5 >> 1 | five >> 1 & above_5 >> 2);
    let long = digits & digits >> 1 & digits >> 2;
    // Digits and dots up to something else: an address if they are of its form.
    let end = (!(digits | dots)).trailing_zeros();
    if end < LONGEST {
        let (bound, all) = (1 << end, (1 << end) - 1);
        let dots = dots & all;
        let wrong = long & (above | long >> 1) & all | dots & dots >> 1 | dots << 1 & bound;
        if wrong == 0 && dots.count_ones() == 3 {
            return Answer::End(at + end as usize);
        }
    }
    // More digits or dots may follow the address: octet by octet.
    let mut end = 0;
    for octet in 0..4 {
        let len = (digits >> end).trailing_ones();
        let is_octet = (1..=3).contains(&len) && (len < 3 || above >> end & 1 == 0);
        if !is_octet || octet < 3 && dots >> (end + len) & 1 == 0 {
            return Answer::Fail;
        }
        end += len + u32::from(octet < 3);
    }
    Answer::End(at + end as usize)
}

/// Eight alternatives, `(h:){n}` with n from 7 to 0, `h` being `[0-9A-Fa-f]{1,4}`, and `(%.+)?`.
///
/// After n groups follow: for 7 `h` or `:`; for 6 `:h`, an IPv4 address or `:`; for the others
/// `(:h){1,7-n}`, `:` with an IPv4 address, or `:`, where a colon of its own comes first for 0.
/// Fewer groups than there are leave a digit where a colon must be, so that n is known; and `:h`
/// takes what an IPv4 address after a colon begins with.
#[inline(always)]
pub(super) fn ipv6(bytes: &[u8], at: usize) -> Answer {
    let (mut at, mut groups) = (at, 0);
    while groups < 7 {
        let end = hex_end(bytes, at);
        if end == at || byte(bytes, end) != b':' {
            break;
        }
        (at, groups) = (end + 1, groups + 1);
    }
    let is_colon = byte(bytes, at) == b':';
    let end = match groups {
        7 if hex_end(bytes, at) > at => hex_end(bytes, at),
        7 if is_colon => at + 1,
        0 if is_colon && byte(bytes, at + 1) == b':' => pairs_end(bytes, at + 1, 7),
        1..=6 if is_colon => pairs_end(bytes, at, 7 - groups),
        // The digits of the address may be any of Unicode's.
        6 if byte(bytes, at).is_ascii_digit() || !byte(bytes, at).is_ascii() => {
            return Answer::Unsure;
        }
        _ => return Answer::Fail,
    };
    let has_zone = byte(bytes, end) == b'%' && end + 1 < bytes.len();
    Answer::End(if has_zone { bytes.len() } else { end })
}

/// The end of `h`, at the place itself if there is none.
#[inline(always)]
fn hex_end(bytes: &[u8], at: usize) -> usize {
    let mut end = at;
    while end < at + 4 && byte(bytes, end).is_ascii_hexdigit() {
        end += 1;
    }
    end
}

/// The end of `(:h){1,most}|:` at a colon.
#[inline(always)]
fn pairs_end(bytes: &[u8], mut at: usize, most: usize) -> usize {
    let colon = at;
    for _ in 0..most {
        let end = hex_end(bytes, at + 1);
        if byte(bytes, at) != b':' || end == at + 1 {
            break;
        }
        at = end;
    }
    at.max(colon + 1)
}

/// `\b(?:label)(?:\.(?:label))*(\.?|\b)`, label = `[0-9A-Za-z][0-9A-Za-z-]{0,62}`
#[inline(always)]
pub(super) fn hostname<L: Level>(level: L, bytes: &[u8], at: usize) -> Answer {
    if !ALNUM.contains(byte(bytes, at)) {
        return Answer::Fail;
    }
    if let Err(answer) = word_starts(bytes, at) {
        return answer;
    }
    let block = level.block(bytes, at);
    let host = block.in_class(&HOST);
    let dots = block.eq(b'.');
    // Labels begin with a letter or digit: no dot, no hyphen, nothing else.
    let begins = host & !dots & !block.eq(b'-');
    // The first byte that is in no label; a dot before a label is part of it.
    let ends = (!host | dots & !(begins >> 1)).trailing_zeros() as usize;
    // A block has no label that is too long; of its last byte it does not show the next.
    if ends < BLOCK_BYTES - 1 {
        return Answer::End(at + ends + usize::from(dots >> ends & 1 != 0));
    }
    Answer::End(long_hostname_end(bytes, at))
}

/// The same byte by byte, after the first one was tested.
#[inline]
fn long_hostname_end(bytes: &[u8], mut at: usize) -> usize {
    loop {
        let most = at.saturating_add(LABEL_BYTES);
        while at < most && (ALNUM.contains(byte(bytes, at)) || byte(bytes, at) == b'-') {
            at += 1;
        }
        if byte(bytes, at) != b'.' {
            return at;
        }
        at += 1;
        if !ALNUM.contains(byte(bytes, at)) {
            return at;
        }
    }
}

/// What follows the first letter of an address's local part: `[a-zA-Z0-9_.+-=:]`, where `+-=` is a
/// range.
static LOCAL_LEGACY: ByteClass =
    ByteClass::of(&[(b'+', b'='), (b'A', b'Z'), (b'_', b'_'), (b'a', b'z')]);

/// ``[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~]`` and the dot between two runs of them.
static LOCAL_ECS: ByteClass = ByteClass::of(&[
    (b'!', b'!'),
    (b'#', b'\''),
    (b'*', b'+'),
    (b'-', b'9'),
    (b'=', b'='),
    (b'?', b'?'),
    (b'A', b'Z'),
    (b'^', b'~'),
]);

/// `(?:[a-zA-Z][a-zA-Z0-9_.+-=:]+)@(?:HOSTNAME)`
#[inline(always)]
pub(super) fn email_legacy<L: Level>(level: L, bytes: &[u8], at: usize) -> Answer {
    if !byte(bytes, at).is_ascii_alphabetic() {
        return Answer::Fail;
    }
    // The run has no `@`, so that it ends at one or there is no match.
    let end = level.run_end(&LOCAL_LEGACY, bytes, at + 1);
    if end == at + 1 || byte(bytes, end) != b'@' {
        return Answer::Fail;
    }
    hostname(level, bytes, end + 1)
}

/// `(?:a{1,64}(?:\.a{1,62}){0,63})@(?:HOSTNAME)`, a = the bytes of [`LOCAL_ECS`] but the dot
#[inline(always)]
pub(super) fn email_ecs<L: Level>(level: L, bytes: &[u8], at: usize) -> Answer {
    /// Within every bound on lengths.
    const SHORT: usize = 62;
    let end = level.run_end(&LOCAL_ECS, bytes, at);
    if end == at || byte(bytes, end) != b'@' {
        return Answer::Fail;
    }
    if end - at > SHORT {
        return Answer::Unsure;
    }
    let local = bytes.get(at..end).unwrap_or_default();
    let is_dot_at_end = local.first() == Some(&b'.') || local.last() == Some(&b'.');
    if is_dot_at_end || local.windows(2).any(|pair| pair == b"..") {
        return Answer::Fail;
    }
    hostname(level, bytes, end + 1)
}

/// `(?:EMAILADDRESS)|(?:USER)` of the legacy set
#[inline(always)]
pub(super) fn user_legacy<L: Level>(level: L, bytes: &[u8], at: usize) -> Answer {
    match email_legacy(level, bytes, at) {
        Answer::Fail => run(level, &USERNAME, bytes, at),
        other => other,
    }
}

/// `(?:EMAILADDRESS)|(?:USER)` of the set ecs-v1
#[inline(always)]
pub(super) fn user_ecs<L: Level>(level: L, bytes: &[u8], at: usize) -> Answer {
    match email_ecs(level, bytes, at) {
        Answer::Fail => run(level, &USERNAME, bytes, at),
        other => other,
    }
}
