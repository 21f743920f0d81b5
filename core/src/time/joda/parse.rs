//! Text → instant by a compiled pattern, and the year of patterns without one.
//!
//! `"25/Mar/2013:13:00:00 +0100"` with `dd/MMM/yyyy:HH:mm:ss Z` → 2013-03-25T12:00:00Z. The whole
//! text must be used up. Source of behaviour: Joda-Time 2.12 `DateTimeFormatter.parseMillis` and
//! Logstash 9.x `logstash-filter-date` `JodaParser`.

use std::borrow::Cow;

use super::super::locale::fold;
use super::super::zone::{Zone, longest_id, parse_offset};
use super::super::{DateContext, Timestamp};
use super::fields::{Collect, Field, Fields, Plain, set_year};
use super::pattern::{Element, JodaPattern};

/// What a text says, before fields are put together.
pub(in super::super) struct Parsed<'p, C> {
    pub(in super::super) fields: C,
    /// Milliseconds east of UTC, from a numeric offset; it beats a zone.
    pub(in super::super) offset: Option<i32>,
    pub(in super::super) zone: Option<Cow<'p, Zone>>,
}

impl<C: Collect> Parsed<'_, C> {
    pub(in super::super) fn new() -> Self {
        Self { fields: C::default(), offset: None, zone: None }
    }

    /// Returns the instant in milliseconds; `default_zone` counts where the text names none.
    ///
    /// `None` if a value does not exist or the clock skips the time.
    pub(in super::super) fn instant_millis(
        &mut self,
        default_year: impl Fn() -> i32,
        default_zone: &Zone,
    ) -> Option<i64> {
        let local = self.fields.local_millis(default_year)?;
        match (self.offset, &self.zone) {
            (Some(offset), _) => local.checked_sub(i64::from(offset)),
            (None, Some(zone)) => zone.local_to_utc(local),
            (None, None) => default_zone.local_to_utc(local),
        }
    }
}

impl JodaPattern {
    /// Parses a whole text; `None` if it does not fit the pattern or names no existing time.
    ///
    /// A pattern without `y` and `Y` gets the year of `cx.now`, or the one before or after where
    /// December meets January.
    pub fn parse(&self, text: &str, cx: &DateContext<'_>) -> Option<Timestamp> {
        let millis = if self.plain {
            self.parse_millis::<Plain>(text, cx)
        } else {
            self.parse_millis::<Fields>(text, cx)
        };
        millis.map(Timestamp::from_millis)
    }

    fn parse_millis<C: Collect>(&self, text: &str, cx: &DateContext<'_>) -> Option<i64> {
        let mut parsed = Parsed::<C>::new();
        if !read(&self.elements, text, cx, &mut parsed)?.is_empty() {
            return None;
        }
        let start_year = || cx.start_year();
        if self.has_year {
            return parsed.instant_millis(start_year, cx.zone);
        }
        let (utc, local) = if self.has_zone {
            let utc = parsed.instant_millis(start_year, cx.zone)?;
            (utc, cx.zone.utc_to_local(utc)?)
        } else {
            // A zone name decides whether the time exists, but the local time keeps its digits.
            let utc = parsed.instant_millis(start_year, &Zone::utc())?;
            let local = match &parsed.zone {
                Some(zone) => zone.utc_to_local(utc)?,
                None => utc,
            };
            (cx.zone.local_to_utc(local)?, local)
        };
        guess_year(utc, local, cx)
    }

    /// Returns the length of what the elements before the hour take of a text, of a pattern that
    /// has a shape.
    pub(in super::super) fn date_len(&self, text: &str, cx: &DateContext<'_>) -> Option<usize> {
        let is_hour =
            |element: &Element| matches!(element, Element::Number { field: Field::HourOfDay, .. });
        let hour = self.elements.iter().position(is_hour)?;
        let rest = read(&self.elements[..hour], text, cx, &mut Parsed::<Fields>::new())?;
        Some(text.len() - rest.len())
    }
}

/// Reads elements at the beginning of a text; returns what is left of it.
fn read<'p, 't, C: Collect>(
    elements: &'p [Element],
    text: &'t str,
    cx: &DateContext<'_>,
    parsed: &mut Parsed<'p, C>,
) -> Option<&'t str> {
    let mut rest = text;
    for element in elements {
        let used = match element {
            Element::Literal(literal) => match_literal(rest, literal)?,
            Element::Number { field, max_parsed, signed, .. } => {
                let (value, used) = parse_number(rest, *max_parsed, *signed)?;
                parsed.fields.save(*field, value)?;
                used
            }
            Element::TwoDigitYear { field, lenient } => {
                let (value, used) = parse_short_year(rest, *field, *lenient, cx)?;
                parsed.fields.save(*field, value)?;
                used
            }
            Element::Text { field, table, .. } => {
                let (value, used) = table.find(rest)?;
                parsed.fields.save(*field, value)?;
                used
            }
            Element::Fraction { digits } => {
                let (millis, used) = parse_fraction(rest, *digits, 1000)?;
                parsed.fields.save(Field::FractionOfSecond, millis)?;
                used
            }
            Element::Offset { .. } => {
                let (offset, used) = parse_zone_offset(rest)?;
                parsed.offset = Some(offset);
                used
            }
            Element::ZoneName(names) => {
                let (zone, used) = names.find(rest)?;
                parsed.zone = Some(Cow::Borrowed(zone));
                used
            }
            Element::ZoneId => {
                let id = longest_id(rest)?;
                parsed.zone = Some(Cow::Owned(Zone::parse(id).ok()?));
                id.len()
            }
            Element::ZoneLongName => return None,
        };
        rest = rest.get(used..)?;
    }
    Some(rest)
}

/// Moves an instant, given with its local time, to the year that the clock suggests.
fn guess_year(utc: i64, local: i64, cx: &DateContext<'_>) -> Option<i64> {
    let now = cx.host_zone.utc_to_local(cx.now.to_millis())?;
    let month = Field::MonthOfYear.get(local);
    let current = Field::Year.get(now);
    let year = match (month, Field::MonthOfYear.get(now)) {
        (12, 1) => current - 1,
        (1, 12) => current + 1,
        _ => current,
    };
    // PERF: the year is nearly always the one of the start, and then nothing moves.
    if year == Field::Year.get(local) {
        return Some(utc);
    }
    let moved = cx.zone.local_to_utc_near(set_year(local, year)?, utc)?;
    let stays = Field::Year.get(cx.zone.utc_to_local(moved)?) == year;
    stays.then_some(moved)
}

/// Matches a literal without regard to case; returns the bytes used.
fn match_literal(text: &str, literal: &str) -> Option<usize> {
    // PERF: most literals are one byte.
    if let &[byte] = literal.as_bytes()
        && text.as_bytes().first() == Some(&byte)
    {
        return Some(1);
    }
    if text.as_bytes().starts_with(literal.as_bytes()) {
        return Some(literal.len());
    }
    let mut characters = text.chars();
    for expected in literal.chars() {
        let found = characters.next()?;
        if found != expected && fold(found) != fold(expected) {
            return None;
        }
    }
    Some(text.len() - characters.as_str().len())
}

/// Reads up to `max` digits, after a sign if `signed`; returns the value and the bytes used.
pub(in super::super) fn parse_number(text: &str, max: usize, signed: bool) -> Option<(i32, usize)> {
    let bytes = text.as_bytes();
    // Joda-Time counts the sign as a digit while it looks for the first one.
    let signed = signed && max > 1;
    let sign = usize::from(signed && matches!(bytes.first(), Some(b'+' | b'-')));
    let end = bytes.len().min(sign.saturating_add(max));
    let mut value: i64 = 0;
    let mut used = sign;
    while used < end && bytes[used].is_ascii_digit() {
        value = value * 10 + i64::from(bytes[used] - b'0');
        // More than an `i32` can hold, also with a minus.
        if value > 1 << 31 {
            return None;
        }
        used += 1;
    }
    if used == sign {
        return None;
    }
    let value = if sign == 1 && bytes[0] == b'-' { -value } else { value };
    Some((i32::try_from(value).ok()?, used))
}

/// Reads the year of `yy`: two digits fall into the hundred years that end 19 years after `start`;
/// any other count, or a sign, is the year itself where that is allowed.
fn parse_short_year(
    text: &str,
    field: Field,
    lenient: bool,
    cx: &DateContext<'_>,
) -> Option<(i32, usize)> {
    let bytes = text.as_bytes();
    let two_digits = if lenient {
        // Joda-Time takes any number of plus signs here.
        let plus = bytes.iter().take_while(|&&byte| byte == b'+').count();
        let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits != 2 {
            let (year, used) = parse_number(text.get(plus..)?, usize::MAX, true)?;
            return Some((year, plus + used));
        }
        bytes.first_chunk::<2>()?
    } else {
        bytes.first_chunk::<2>().filter(|pair| pair.iter().all(u8::is_ascii_digit))?
    };
    let year = i32::from(two_digits[0] - b'0') * 10 + i32::from(two_digits[1] - b'0');
    let start = i32::try_from(field.get(cx.start_local())).ok()?;
    let low = start - 80;
    Some((low + (year - low).rem_euclid(100), 2))
}

/// Reads 1 to `max` digits as a decimal fraction of a unit of `unit_millis`, rounded down.
pub(in super::super) fn parse_fraction(
    text: &str,
    max: usize,
    unit_millis: i64,
) -> Option<(i32, usize)> {
    // Joda-Time stops at 18 digits.
    let max = max.min(18);
    let mut place = unit_millis * 10;
    let mut tenths = 0;
    let mut used = 0;
    for digit in text.bytes().take(max).take_while(u8::is_ascii_digit) {
        place /= 10;
        tenths += i64::from(digit - b'0') * place;
        used += 1;
    }
    (used > 0).then_some((i32::try_from(tenths / 10).ok()?, used))
}

/// Reads `Z` or a numeric offset; returns milliseconds and the bytes used.
pub(in super::super) fn parse_zone_offset(text: &str) -> Option<(i32, usize)> {
    match text.as_bytes().first()? {
        b'Z' | b'z' => Some((0, 1)),
        _ => parse_offset(text),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::super::super::locale::Locale;
    use super::*;

    fn parse_at(pattern: &str, text: &str, now: &str, zone: &str) -> Option<String> {
        let utc = Zone::utc();
        let now = Timestamp::parse_lenient(now, &utc).unwrap();
        let zone = Zone::parse(zone).unwrap();
        let cx = DateContext { zone: &zone, now, start: now, host_zone: &utc };
        let pattern = JodaPattern::compile(pattern, &Locale::english()).unwrap();
        pattern.parse(text, &cx).map(|timestamp| timestamp.to_string())
    }

    fn parse(pattern: &str, text: &str) -> Option<String> {
        parse_at(pattern, text, "2024-06-15T12:00:00Z", "UTC")
    }

    fn check(cases: &[(&str, &str, Option<&str>)]) {
        for (pattern, text, expected) in cases {
            assert_eq!(parse(pattern, text).as_deref(), *expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn numbers_take_fewer_digits_and_more_where_no_number_follows() {
        check(&[
            ("yyyy-MM-dd HH:mm:ss", "2013-3-5 1:2:3", Some("2013-03-05T01:02:03.000Z")),
            ("yyyyMMddHHmmss", "20130305010203", Some("2013-03-05T01:02:03.000Z")),
            ("yyyy", "20131", Some("+20131-01-01T00:00:00.000Z")),
            ("yyyy", "13", Some("0013-01-01T00:00:00.000Z")),
            ("yyyy", "-5", Some("-0005-01-01T00:00:00.000Z")),
            ("yyyy", "9999999999", None),
            ("yyyy dd", "2013 005", None),
            ("yyyy C", "2013 +2", None),
            ("yyyy CC", "2013 +2", Some("2013-01-01T00:00:00.000Z")),
            ("MMM dd yyyy", "Mar 1 2013", Some("2013-03-01T00:00:00.000Z")),
            ("MMM dd yyyy", "Mar  1 2013", None),
            ("MMM  d yyyy", "Mar  1 2013", Some("2013-03-01T00:00:00.000Z")),
        ]);
    }

    #[test]
    fn the_whole_text_must_fit() {
        check(&[
            ("yyyy", " 2013", None),
            ("yyyy", "2013 ", None),
            ("yyyy", "", None),
            ("yyyy'T'", "2013t", Some("2013-01-01T00:00:00.000Z")),
            ("yyyy'é'", "2013É", Some("2013-01-01T00:00:00.000Z")),
            ("yyyy'ß'", "2013SS", None),
        ]);
    }

    #[test]
    fn fractions_are_cut_to_milliseconds() {
        check(&[
            ("yyyy s.SSS", "2013 5.1", Some("2013-01-01T00:00:05.100Z")),
            ("yyyy s.SSS", "2013 5.1234", None),
            ("yyyy s.SSSSSS", "2013 5.123999", Some("2013-01-01T00:00:05.123Z")),
            ("yyyy s.SSS", "2013 5.", None),
        ]);
    }

    #[test]
    fn offsets_and_zones_beat_the_default() {
        check(&[
            ("yyyy HH Z", "2013 12 +0130", Some("2013-01-01T10:30:00.000Z")),
            ("yyyy HH ZZ", "2013 12 -01:30", Some("2013-01-01T13:30:00.000Z")),
            ("yyyy HH Z", "2013 12 z", Some("2013-01-01T12:00:00.000Z")),
            ("yyyy HH Z", "2013 12 GMT", None),
            ("yyyy HH Z", "2013 12 -5", None),
            ("yyyy-MM z", "2013-07 EST", Some("2013-07-01T04:00:00.000Z")),
            ("yyyy-MM z", "2013-07 CEST", None),
            ("yyyy-MM ZZZ", "2013-07 America/New_York", Some("2013-07-01T04:00:00.000Z")),
            ("yyyy-MM ZZZ", "2013-07 EST", Some("2013-07-01T05:00:00.000Z")),
            ("yyyy-MM ZZZ", "2013-07 +01:00", None),
        ]);
    }

    #[test]
    fn two_digit_years_fall_around_the_start() {
        check(&[
            ("yy", "43", Some("2043-01-01T00:00:00.000Z")),
            ("yy", "44", Some("1944-01-01T00:00:00.000Z")),
            ("yy", "5", Some("0005-01-01T00:00:00.000Z")),
            ("yy", "+13", Some("0013-01-01T00:00:00.000Z")),
            ("yy", "++-13", Some("-0013-01-01T00:00:00.000Z")),
            ("yyMMdd", "130305", Some("2013-03-05T00:00:00.000Z")),
            ("yyMMdd", "1", None),
            ("yyMMdd", "1é", None),
        ]);
    }

    #[test]
    fn half_days_and_clock_hours() {
        check(&[
            ("yyyy hh a", "2013 12 am", Some("2013-01-01T00:00:00.000Z")),
            ("yyyy hh a", "2013 12 PM", Some("2013-01-01T12:00:00.000Z")),
            ("yyyy hh a", "2013 0 PM", None),
            ("yyyy KK a", "2013 0 PM", Some("2013-01-01T12:00:00.000Z")),
            ("yyyy kk", "2013 24", Some("2013-01-01T00:00:00.000Z")),
            ("yyyy HH", "2013 24", None),
        ]);
    }

    #[test]
    fn missing_years_are_guessed_from_the_clock() {
        let at = |text, now| parse_at("MMM dd HH:mm:ss", text, now, "UTC");
        let december = at("Dec 31 23:59:00", "2014-01-01T00:30:50Z").unwrap();
        assert_eq!(december, "2013-12-31T23:59:00.000Z");
        let january = at("Jan 01 01:00:00", "2013-12-31T23:59:50Z").unwrap();
        assert_eq!(january, "2014-01-01T01:00:00.000Z");
        assert_eq!(at("Feb 29 00:00:00", "2013-06-01T00:00:00Z"), None);
        let time = parse_at("HH:mm", "13:14", "2024-06-01T00:00:00Z", "UTC").unwrap();
        assert_eq!(time, "2024-01-01T13:14:00.000Z");
        let week = parse_at("xxxx-'W'ww", "2013-W10", "2024-06-01T00:00:00Z", "UTC").unwrap();
        assert!(week.starts_with("2024-03-04"), "{week}");
    }

    #[test]
    fn skipped_local_times_fail() {
        let at = |text| parse_at("MMM dd HH:mm:ss", text, "2016-06-01T00:00:00Z", "CET");
        assert_eq!(at("Mar 27 02:00:01"), None);
        assert_eq!(at("Mar 27 03:00:01").unwrap(), "2016-03-27T01:00:01.000Z");
        assert_eq!(at("Oct 30 02:30:00").unwrap(), "2016-10-30T00:30:00.000Z");
    }
}
