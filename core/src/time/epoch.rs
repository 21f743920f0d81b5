//! Epoch texts and numbers → instants: `UNIX`, `UNIX_MS` and `TAI64N`.
//!
//! `"1350414944.123456"` → 2012-10-16T19:15:44.123Z. Source of behaviour: Logstash 9.x
//! `logstash-filter-date` `UnixEpochParser`, `UnixMillisEpochParser` and `TAI64NParser`.

use super::Timestamp;

/// The last second of `UNIX`, so that milliseconds fall through to `UNIX_MS`.
const MAX_SECONDS: i64 = i32::MAX as i64;

/// Seconds from the start of TAI64 labels to 1970.
const TAI64_EPOCH_MASK: u64 = (1 << 62) - 1;

/// Leap seconds that Logstash takes off, whatever the date.
const TAI64_LEAP_SECONDS: i64 = 10;

/// Parses whole or decimal seconds; three decimals count, the fourth and later must be anything.
///
/// The decimals are added also before 1970, so that `-1.5` is half a second before.
pub(super) fn parse_unix(text: &str) -> Option<Timestamp> {
    let Some((whole, decimals)) = text.split_once('.') else {
        return unix(parse_long(text)?);
    };
    let seconds = unix(parse_long(whole)?)?.to_millis();
    let (count, digits) = first_three(decimals);
    let scale = match count {
        1 => 100,
        2 => 10,
        _ => 1,
    };
    let millis = parse_long(digits)?.checked_mul(scale)?;
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
    parse_long(text).map(Timestamp::from_millis)
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
    let seconds = parse_hex(digits.get(..16)?)?;
    let nanos = parse_hex(digits.get(16..24)?)?;
    let seconds = i64::try_from(seconds).ok()?.cast_unsigned() & TAI64_EPOCH_MASK;
    let nanos = i32::try_from(nanos).ok()?;
    let millis = (seconds.cast_signed() - TAI64_LEAP_SECONDS).checked_mul(1000)?;
    Some(Timestamp::from_millis(millis.checked_add(i64::from(nanos / 1_000_000))?))
}

/// Reads an integer as Java's `Long.parseLong`: digits after an optional sign.
fn parse_long(text: &str) -> Option<i64> {
    text.parse().ok()
}

fn parse_hex(digits: &str) -> Option<u64> {
    // Rust would take a sign here.
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
    u64::from_str_radix(digits, 16).ok()
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
        for text in ["", "@", "4000000050d50648", "4000000050d50648+dbdf024", "é"] {
            assert_eq!(parse_tai64n(text), None, "{text}");
        }
    }
}
