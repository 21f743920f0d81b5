//! Epoch texts and numbers → instants: `UNIX`, `UNIX_MS` and `TAI64N`.
//!
//! `"1350414944.123456"` → 2012-10-16T19:15:44.123Z. Source of behaviour: Logstash 9.x
//! `logstash-filter-date` `UnixEpochParser`, `UnixMillisEpochParser` and `TAI64NParser`.

use super::Timestamp;

/// The last second of `UNIX`, so that milliseconds fall through to `UNIX_MS`.
const MAX_SECONDS: i64 = i32::MAX as i64;

/// Takes away the 2^62 that TAI64 adds to the seconds since 1970.
const TAI64_EPOCH_MASK: i64 = (1 << 62) - 1;

/// Leap seconds that Logstash takes off, whatever the date.
const TAI64_LEAP_SECONDS: i64 = 10;

/// Parses whole or decimal seconds; three decimals count, the fourth and later must be anything.
///
/// The decimals are added also before 1970, so that `-1.5` is half a second before.
pub(super) fn parse_unix(text: &str) -> Option<Timestamp> {
    let Some((whole, decimals)) = text.split_once('.') else {
        return unix(parse_long(text, 10)?);
    };
    let seconds = unix(parse_long(whole, 10)?)?.to_millis();
    let (count, digits) = first_three(decimals);
    let scale = match count {
        1 => 100,
        2 => 10,
        _ => 1,
    };
    let millis = parse_long(digits, 10)?.checked_mul(scale)?;
    Some(Timestamp::from_millis(seconds.checked_add(millis)?))
}

/// Converts whole seconds; `None` above 2147483647.
pub(super) fn unix(seconds: i64) -> Option<Timestamp> {
    // Java's long wraps around far below, where no date is meant.
    let millis = seconds.checked_mul(1000).filter(|_| seconds <= MAX_SECONDS)?;
    Some(Timestamp::from_millis(millis))
}

/// Converts decimal seconds, cut to milliseconds; `None` for a whole part above 2147483647.
pub(super) fn unix_float(seconds: f64) -> Option<Timestamp> {
    (truncate(seconds) <= MAX_SECONDS).then(|| Timestamp::from_millis(truncate(seconds * 1000.0)))
}

/// Parses whole milliseconds, without a limit.
pub(super) fn parse_unix_ms(text: &str) -> Option<Timestamp> {
    parse_long(text, 10).map(Timestamp::from_millis)
}

/// Converts milliseconds, cutting decimals.
pub(super) fn unix_ms_float(millis: f64) -> Timestamp {
    Timestamp::from_millis(truncate(millis))
}

/// Parses `[@]` and 24 hexadecimal digits; what follows is ignored.
///
/// A shorter text is `None`, where Logstash dies: ours, because one event must not stop the rest.
pub(super) fn parse_tai64n(text: &str) -> Option<Timestamp> {
    let digits = text.strip_prefix('@').unwrap_or(text);
    let (seconds, rest) = split_characters(digits, 16)?;
    let (nanos, _) = split_characters(rest, 8)?;
    let seconds = parse_long(seconds, 16)? & TAI64_EPOCH_MASK;
    let nanos = i32::try_from(parse_long(nanos, 16)?).ok()?;
    let millis = (seconds - TAI64_LEAP_SECONDS).checked_mul(1000)?;
    Some(Timestamp::from_millis(millis.checked_add(i64::from(nanos / 1_000_000))?))
}

/// Reads an integer as Java's `Long.parseLong`: digits of any script after an optional sign.
fn parse_long(text: &str, radix: u32) -> Option<i64> {
    // PERF: nearly every text is plain ASCII.
    if text.is_ascii() {
        return i64::from_str_radix(text, radix).ok();
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut value: i64 = 0;
    for character in digits.chars() {
        let digit = i64::from(digit_value(character).filter(|digit| *digit < radix)?);
        let digit = if negative { -digit } else { digit };
        value = value.checked_mul(i64::from(radix))?.checked_add(digit)?;
    }
    (!digits.is_empty()).then_some(value)
}

/// Returns the value of a digit of any script, and of the letters after 9.
fn digit_value(character: char) -> Option<u32> {
    if let Some(value) = character.to_digit(36) {
        return Some(value);
    }
    let code = u32::from(character);
    // Full-width letters stand in a row of their own.
    if let 0xFF21..=0xFF3A | 0xFF41..=0xFF5A = code {
        return Some((code - 0xFF21) % 0x20 + 10);
    }
    let zero = ZEROS[..ZEROS.partition_point(|&zero| u32::from(zero) <= code)].last()?;
    let value = code - u32::from(*zero);
    (value < 10).then_some(value)
}

/// The zeros of the decimal digits below U+10000 (Unicode general category Nd).
const ZEROS: [char; 36] = [
    '\u{660}', '\u{6F0}', '\u{7C0}', '\u{966}', '\u{9E6}', '\u{A66}', '\u{AE6}', '\u{B66}',
    '\u{BE6}', '\u{C66}', '\u{CE6}', '\u{D66}', '\u{DE6}', '\u{E50}', '\u{ED0}', '\u{F20}',
    '\u{1040}', '\u{1090}', '\u{17E0}', '\u{1810}', '\u{1946}', '\u{19D0}', '\u{1A80}', '\u{1A90}',
    '\u{1B50}', '\u{1BB0}', '\u{1C40}', '\u{1C50}', '\u{A620}', '\u{A8D0}', '\u{A900}', '\u{A9D0}',
    '\u{A9F0}', '\u{AA50}', '\u{ABF0}', '\u{FF10}',
];

/// Splits off so many characters; `None` if there are fewer.
fn split_characters(text: &str, count: usize) -> Option<(&str, &str)> {
    let last = text.char_indices().nth(count.checked_sub(1)?)?;
    text.split_at_checked(last.0 + last.1.len_utf8())
}

/// Returns the first three characters and their number.
fn first_three(text: &str) -> (usize, &str) {
    let count = text.chars().take(3).count();
    let end = text.char_indices().nth(3).map_or(text.len(), |(at, _)| at);
    (count, &text[..end])
}

#[expect(clippy::cast_possible_truncation, reason = "Java's (long) saturates in the same way")]
fn truncate(value: f64) -> i64 {
    value as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(timestamp: Option<Timestamp>) -> Option<i64> {
        timestamp.map(Timestamp::to_millis)
    }

    #[test]
    fn unix_text_takes_three_decimals() {
        for (text, expected) in [
            ("0", Some(0)),
            ("+5", Some(5000)),
            ("-1.5", Some(-500)),
            ("1350414944.123456", Some(1_350_414_944_123)),
            ("1.2", Some(1200)),
            ("1.23", Some(1230)),
            ("1.123x", Some(1123)),
            ("2147483647", Some(2_147_483_647_000)),
            ("2147483648", None),
            ("12.", None),
            (".5", None),
            (" 5", None),
            ("1e3", None),
            ("", None),
            ("1.é", None),
            ("٣", Some(3000)),
            ("-１２", Some(-12_000)),
            ("١a", None),
            ("-9223372036854775808", None),
        ] {
            assert_eq!(millis(parse_unix(text)), expected, "{text}");
        }
    }

    #[test]
    fn numbers_above_the_last_second_fail_for_seconds_only() {
        assert_eq!(unix(1_000_000_000_123), None);
        assert_eq!(unix_float(2_147_483_648.0), None);
        assert_eq!(millis(unix_float(2_147_483_647.5)), Some(2_147_483_647_500));
        assert_eq!(millis(parse_unix_ms("1000000000123")), Some(1_000_000_000_123));
        assert_eq!(unix_ms_float(1.9).to_millis(), 1);
        assert_eq!(unix_ms_float(f64::NAN).to_millis(), 0);
        assert_eq!(unix_ms_float(f64::INFINITY).to_millis(), i64::MAX);
    }

    #[test]
    fn tai64n_labels_lose_ten_leap_seconds() {
        let expected = Some(1_356_138_046_767);
        assert_eq!(millis(parse_tai64n("4000000050d506482dbdf024")), expected);
        assert_eq!(millis(parse_tai64n("@4000000050d506482dbdf024 rest")), expected);
    }

    #[test]
    fn short_and_broken_labels_are_no_time() {
        for text in ["", "@", "4000000050d50648", "4000000050d50648+zbdf024", "é"] {
            assert_eq!(parse_tai64n(text), None, "{text}");
        }
    }
}
