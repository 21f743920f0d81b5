//! The instant type of events: text ⇄ seconds and nanoseconds since 1970.
//!
//! `"2024-03-15T14:23:01+01:00"` → `Timestamp { seconds: 1710508981, nanos: 0 }` →
//! `"2024-03-15T13:23:01.000Z"`.
//!
//! Source of behaviour: Logstash 9.x `Timestamp` (reference section 2.1): the lenient ISO-8601
//! reading of an incoming `@timestamp` and the text form with three, six or nine decimals.

use std::fmt;

use super::civil::{self, SECONDS_PER_DAY};
use super::zone::Zone;

/// Names an instant in UTC with nanosecond precision.
///
/// Any `i64` of seconds is a legal instant, so that nothing a filter computes can overflow it;
/// years outside 0..=9999 print with a sign, as Java's `Instant` does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Timestamp {
    seconds: i64,
    /// Below 1,000,000,000; counted forward from `seconds` also before 1970.
    nanos: u32,
}

const _: () = assert!(size_of::<Timestamp>() <= 16);

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self { seconds: 0, nanos: 0 };

    /// Makes an instant; `None` if `nanos` is a whole second or more.
    pub fn new(seconds: i64, nanos: u32) -> Option<Self> {
        (nanos < 1_000_000_000).then_some(Self { seconds, nanos })
    }

    /// Makes an instant from milliseconds since 1970; negative is before.
    pub fn from_millis(millis: i64) -> Self {
        let nanos = u32::try_from(millis.rem_euclid(1000)).unwrap_or(0) * 1_000_000;
        Self { seconds: millis.div_euclid(1000), nanos }
    }

    /// Reads the text of an `@timestamp` field as event creation does.
    ///
    /// Accepted is `yyyy-MM-dd`, optionally followed by `T` and `HH:mm[:ss[.n{0,9}]]`, optionally
    /// followed directly by `Z`, an offset or a region id; upper and lower case are equal. Without
    /// a zone the text is local time in `default_zone`. `24:00:00` is the next day's midnight and a
    /// day past the end of its month is the month's last. Everything else is `None`.
    pub fn parse_lenient(text: &str, default_zone: &Zone) -> Option<Self> {
        Lenient { rest: text }.parse(default_zone)
    }

    /// Returns the whole seconds since 1970, rounded down.
    pub fn as_seconds(self) -> i64 {
        self.seconds
    }

    /// Returns the nanoseconds past [`Self::as_seconds`], below one second.
    pub fn subsec_nanos(self) -> u32 {
        self.nanos
    }

    /// Returns the milliseconds since 1970, rounded down, clamped to what an `i64` can hold.
    pub fn to_millis(self) -> i64 {
        self.seconds.saturating_mul(1000).saturating_add(i64::from(self.nanos / 1_000_000))
    }

    /// Returns the instant cut to whole milliseconds, the precision of the `date` filter.
    #[must_use]
    pub fn trunc_millis(self) -> Self {
        Self { seconds: self.seconds, nanos: self.nanos / 1_000_000 * 1_000_000 }
    }

    /// Appends the ISO-8601 text in UTC, such as `2024-03-15T14:23:05.000Z`.
    ///
    /// Three decimals, or six or nine if the precision asks for them.
    pub fn write_iso(self, out: &mut Vec<u8>) {
        if !self.write_iso_millis(out) {
            let mut text = IsoText { bytes: [0; 48], len: 0 };
            out.extend_from_slice(text.fill(self));
        }
    }

    /// Appends the text of an instant that has a year of four digits and whole milliseconds, as nearly all
    /// have; says whether it is one.
    // PERF: pairs of digits from a table at fixed places: a third of the instructions of digit by
    // digit. They go to where they stay, since copying them from elsewhere would wait for the stores.
    fn write_iso_millis(self, out: &mut Vec<u8>) -> bool {
        const DAY: u64 = SECONDS_PER_DAY.cast_unsigned();
        // Year 0 to 9999, so that all below fits in 32 bits.
        const FIRST: i64 = civil::FOUR_DIGIT_YEARS.start * SECONDS_PER_DAY;
        const LAST: i64 = civil::FOUR_DIGIT_YEARS.end * SECONDS_PER_DAY;
        const SHAPE: &[u8; 24] = b"0000-00-00T00:00:00.000Z";
        if !(FIRST..LAST).contains(&self.seconds) || !self.nanos.is_multiple_of(1_000_000) {
            return false;
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a day of 10,000 years, a second of a day"
        )]
        let (days, second) = {
            let since = (self.seconds - FIRST).cast_unsigned();
            ((since / DAY) as u32, (since % DAY) as u32)
        };
        let (year, month, day) = civil::four_digit_date(days);
        let millis = self.nanos / 1_000_000;
        out.extend_from_slice(SHAPE);
        let Some(text) = out.last_chunk_mut::<{ SHAPE.len() }>() else { return false };
        let mut put = |at: usize, value: u32| {
            let pair = PAIRS[value as usize % PAIRS.len()];
            text[at] = pair[0];
            text[at + 1] = pair[1];
        };
        put(0, year / 100);
        put(2, year % 100);
        put(5, month);
        put(8, day);
        put(11, second / 3600);
        put(14, second / 60 % 60);
        put(17, second % 60);
        put(21, millis % 100);
        text[20] = PAIRS[millis as usize / 100 % PAIRS.len()][1];
        true
    }

    /// Appends the same text as [`Self::write_iso`] to a string.
    pub fn push_iso(self, out: &mut String) {
        let mut text = IsoText { bytes: [0; 48], len: 0 };
        out.push_str(std::str::from_utf8(text.fill(self)).unwrap_or_default());
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(32);
        self.push_iso(&mut text);
        f.write_str(&text)
    }
}

/// `00` to `99`.
const PAIRS: [[u8; 2]; 100] = {
    const DIGITS: &[u8; 10] = b"0123456789";
    let mut table = [*b"00"; 100];
    let mut at = 0;
    while at < 100 {
        table[at] = [DIGITS[at / 10], DIGITS[at % 10]];
        at += 1;
    }
    table
};

/// Room for the longest text: sign, twelve year digits, `-MM-ddTHH:mm:ss`, `.`, nine decimals, `Z`.
struct IsoText {
    bytes: [u8; 48],
    len: usize,
}

impl IsoText {
    fn fill(&mut self, timestamp: Timestamp) -> &[u8] {
        let days = timestamp.seconds.div_euclid(SECONDS_PER_DAY);
        let second = timestamp.seconds.rem_euclid(SECONDS_PER_DAY).unsigned_abs();
        let date = civil::date_from_days(days);
        let year = date.year.unsigned_abs();
        if date.year < 0 {
            self.byte(b'-');
        } else if year > 9999 {
            self.byte(b'+');
        }
        let width = if year > 9999 { year.ilog10() + 1 } else { 4 };
        self.number(year, width);
        self.byte(b'-');
        self.number(u64::from(date.month), 2);
        self.byte(b'-');
        self.number(u64::from(date.day), 2);
        self.byte(b'T');
        self.number(second / 3600, 2);
        self.byte(b':');
        self.number(second / 60 % 60, 2);
        self.byte(b':');
        self.number(second % 60, 2);
        self.byte(b'.');
        let nanos = u64::from(timestamp.nanos);
        if nanos.is_multiple_of(1_000_000) {
            self.number(nanos / 1_000_000, 3);
        } else if nanos.is_multiple_of(1000) {
            self.number(nanos / 1000, 6);
        } else {
            self.number(nanos, 9);
        }
        self.byte(b'Z');
        &self.bytes[..self.len]
    }

    fn byte(&mut self, byte: u8) {
        self.bytes[self.len] = byte;
        self.len += 1;
    }

    fn number(&mut self, mut value: u64, width: u32) {
        let end = self.len + width as usize;
        for slot in self.bytes[self.len..end].iter_mut().rev() {
            *slot = b'0' + u8::try_from(value % 10).unwrap_or(0);
            value /= 10;
        }
        self.len = end;
    }
}

/// The unread rest of an `@timestamp` text.
struct Lenient<'a> {
    rest: &'a str,
}

impl Lenient<'_> {
    fn parse(mut self, default_zone: &Zone) -> Option<Timestamp> {
        let year = self.year()?;
        self.literal(b'-')?;
        let month = self.two_digits()?;
        self.literal(b'-')?;
        let day = self.two_digits()?;
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        let month = u8::try_from(month).ok()?;
        let day = u8::try_from(day).ok()?.min(civil::days_in_month(year, month));
        let mut seconds = civil::days_from_date(year, month, day) * SECONDS_PER_DAY;
        let mut nanos = 0;
        if self.rest.as_bytes().first().is_some_and(|byte| byte.eq_ignore_ascii_case(&b'T')) {
            self.rest = &self.rest[1..];
            let (second_of_day, fraction) = self.time()?;
            seconds += second_of_day;
            nanos = fraction;
        }
        seconds = if self.rest.is_empty() {
            default_zone.local_to_utc_seconds(seconds)
        } else if let Some(offset) = self.offset_seconds() {
            seconds - offset
        } else {
            java_region(self.rest)?.local_to_utc_seconds(seconds)
        };
        Timestamp::new(seconds, nanos)
    }

    /// Four digits; more only after `+` or `-`, and `+` only before more than four.
    fn year(&mut self) -> Option<i64> {
        let sign = match self.rest.as_bytes().first()? {
            sign @ (b'+' | b'-') => {
                self.rest = &self.rest[1..];
                Some(*sign)
            }
            _ => None,
        };
        let digits = self.rest.bytes().take(11).take_while(u8::is_ascii_digit).count();
        let legal = match sign {
            None => digits == 4,
            Some(b'+') => (5..=10).contains(&digits),
            Some(_) => (4..=10).contains(&digits),
        };
        if !legal {
            return None;
        }
        let year: i64 = self.rest[..digits].parse().ok()?;
        self.rest = &self.rest[digits..];
        if year > 999_999_999 || (sign == Some(b'-') && year == 0) {
            return None;
        }
        Some(if sign == Some(b'-') { -year } else { year })
    }

    fn time(&mut self) -> Option<(i64, u32)> {
        let hour = self.two_digits()?;
        self.literal(b':')?;
        let minute = self.two_digits()?;
        let (mut second, mut nanos) = (0, 0);
        if self.literal(b':').is_some() {
            second = self.two_digits()?;
            if self.literal(b'.').is_some() {
                nanos = self.fraction();
            }
        }
        let midnight_after = hour == 24 && minute == 0 && second == 0 && nanos == 0;
        if (hour > 23 && !midnight_after) || minute > 59 || second > 59 {
            return None;
        }
        Some((hour * 3600 + minute * 60 + second, nanos))
    }

    /// Up to nine digits; none is zero.
    fn fraction(&mut self) -> u32 {
        let (mut nanos, mut unit) = (0, 100_000_000);
        while unit > 0 {
            let Some(digit) = self.rest.bytes().next().filter(u8::is_ascii_digit) else { break };
            nanos += u32::from(digit - b'0') * unit;
            unit /= 10;
            self.rest = &self.rest[1..];
        }
        nanos
    }

    /// The whole rest as `Z`, `±HH`, `±HHmm`, `±HH:mm` or one of these with seconds.
    fn offset_seconds(&self) -> Option<i64> {
        if self.rest.eq_ignore_ascii_case("Z") {
            return Some(0);
        }
        let negative = match self.rest.as_bytes().first()? {
            b'+' => false,
            b'-' => true,
            _ => return None,
        };
        let mut rest = Lenient { rest: &self.rest[1..] };
        let mut offset = rest.two_digits()? * 3600;
        let colon = rest.rest.starts_with(':');
        for unit in [60, 1] {
            if rest.rest.is_empty() {
                break;
            }
            if colon {
                rest.literal(b':')?;
            }
            let value = rest.two_digits().filter(|&value| value < 60)?;
            offset += value * unit;
        }
        // Java's largest offset is eighteen hours.
        if !rest.rest.is_empty() || offset > 18 * 3600 {
            return None;
        }
        Some(if negative { -offset } else { offset })
    }

    fn literal(&mut self, byte: u8) -> Option<()> {
        let found = self.rest.as_bytes().first() == Some(&byte);
        found.then(|| self.rest = &self.rest[1..])
    }

    fn two_digits(&mut self) -> Option<i64> {
        let bytes = self.rest.as_bytes().first_chunk::<2>()?;
        if !bytes.iter().all(u8::is_ascii_digit) {
            return None;
        }
        self.rest = &self.rest[2..];
        Some(i64::from(bytes[0] - b'0') * 10 + i64::from(bytes[1] - b'0'))
    }
}

/// Resolves a region id as Java's `ZoneId` does: any case, without the three-letter US ids.
fn java_region(id: &str) -> Option<Zone> {
    if ["EST", "MST", "HST"].iter().any(|short| id.eq_ignore_ascii_case(short)) {
        return None;
    }
    for prefix in ["UTC", "GMT", "UT"] {
        if let Some((head, tail)) = id.split_at_checked(prefix.len())
            && head.eq_ignore_ascii_case(prefix)
        {
            if tail.is_empty() {
                return Some(Zone::utc());
            }
            if let Some(offset) = (Lenient { rest: tail }).offset_seconds() {
                return Some(Zone::fixed_millis(i32::try_from(offset * 1000).ok()?));
            }
        }
    }
    Zone::parse_any_case(id)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn lenient(text: &str) -> Option<String> {
        Timestamp::parse_lenient(text, &Zone::utc()).map(|timestamp| timestamp.to_string())
    }

    #[test]
    fn text_form_has_three_six_or_nine_decimals() {
        let text = |nanos| Timestamp::new(5, nanos).unwrap().to_string();
        assert_eq!(text(0), "1970-01-01T00:00:05.000Z");
        assert_eq!(text(120_000_000), "1970-01-01T00:00:05.120Z");
        assert_eq!(text(123_400_000), "1970-01-01T00:00:05.123400Z");
        assert_eq!(text(123_456_789), "1970-01-01T00:00:05.123456789Z");
    }

    #[test]
    fn years_outside_four_digits_carry_a_sign() {
        assert_eq!(lenient("+12020-01-02").unwrap(), "+12020-01-02T00:00:00.000Z");
        assert_eq!(lenient("-0001-01-02").unwrap(), "-0001-01-02T00:00:00.000Z");
        assert_eq!(lenient("0000-01-02").unwrap(), "0000-01-02T00:00:00.000Z");
        let last = Timestamp::new(i64::MAX, 999_999_999).unwrap().to_string();
        assert_eq!(last, "+292277026596-12-04T15:30:07.999999999Z");
        let first = Timestamp::new(i64::MIN, 0).unwrap().to_string();
        assert_eq!(first, "-292277022657-01-27T08:29:52.000Z");
    }

    #[test]
    fn string_and_bytes_are_the_same_text() {
        let timestamp = Timestamp::from_millis(-1);
        let (mut bytes, mut string) = (Vec::new(), String::new());
        timestamp.write_iso(&mut bytes);
        timestamp.push_iso(&mut string);
        assert_eq!(string, "1969-12-31T23:59:59.999Z");
        assert_eq!(bytes, string.as_bytes());
    }

    #[test]
    fn lenient_form_takes_date_time_and_zone() {
        for (text, expected) in [
            ("2020-01-02", "2020-01-02T00:00:00.000Z"),
            ("2020-01-02Z", "2020-01-02T00:00:00.000Z"),
            ("2020-01-02t03:04z", "2020-01-02T03:04:00.000Z"),
            ("2020-01-02T03:04:05.", "2020-01-02T03:04:05.000Z"),
            ("2020-01-02T03:04:05.123456789", "2020-01-02T03:04:05.123456789Z"),
            ("2020-01-02T03:04:05+01", "2020-01-02T02:04:05.000Z"),
            ("2020-01-02T03:04:05-0130", "2020-01-02T04:34:05.000Z"),
            ("2020-01-02T03:04:05Europe/Paris", "2020-01-02T02:04:05.000Z"),
            ("2020-01-02T03:04:05utc", "2020-01-02T03:04:05.000Z"),
            ("2020-01-02T24:00:00Z", "2020-01-03T00:00:00.000Z"),
            ("2021-02-30T00:00:00Z", "2021-02-28T00:00:00.000Z"),
            ("2021-04-31T00:00:00Z", "2021-04-30T00:00:00.000Z"),
        ] {
            assert_eq!(lenient(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn lenient_form_refuses_everything_else() {
        for text in [
            "",
            "2020",
            "2020-01",
            "2020-1-2",
            "2020-00-10",
            "2020-01-32",
            "12020-01-02",
            "+2020-01-02",
            "-0000-01-02",
            "2020-01-02T03",
            "2020-01-02T03:04:60",
            "2020-01-02T24:00:01",
            "2020-01-02T03:04:05,1",
            "2020-01-02T03:04:05.1234567890",
            "2020-01-02 03:04:05",
            "2020-01-02T03:04:05 Z",
            "2020-01-02T03:04:05+1",
            "2020-01-02T03:04:05+24:00",
            "2020-01-02T03:04:05EST",
            "2020-01-02T03:04:05[Europe/Paris]",
            "2020-01-02T03:04:05é",
        ] {
            assert_eq!(lenient(text), None, "{text}");
        }
    }

    #[test]
    fn zoneless_text_is_local_time_of_the_default_zone() {
        let paris = Zone::parse("Europe/Paris").unwrap();
        let parsed = Timestamp::parse_lenient("2020-07-01T00:00", &paris).unwrap();
        assert_eq!(parsed.to_string(), "2020-06-30T22:00:00.000Z");
    }
}
