//! `ISO8601` texts → instants.
//!
//! `2024-03-15T14:23:01,5+01:00`, `2024-W11-5`, `2024-075T14`, `2024-03-15 14:23:01.123` and
//! `2024-03-15 14:23:01` are all read; digits alone are a year.
//!
//! Source of behaviour: Logstash 9.x `CasualISO8601Parser`, which tries Joda-Time's
//! `ISODateTimeFormat.dateTimeParser()` and four patterns with a space. Ours: the space form
//! without a fraction, because it is what most loggers write.

use super::Timestamp;
use super::joda::fields::{Collect, Field, Fields, Plain};
use super::joda::{Parsed, parse_fraction, parse_number, parse_zone_offset};
use super::zone::Zone;

/// Parses a whole text; `zone` counts where the text has no offset.
pub(super) fn parse(text: &str, zone: &Zone) -> Option<Timestamp> {
    // Weeks, days of the year and fractions of hours and minutes have no place in `Plain`.
    let millis =
        parse_millis::<Plain>(text, zone).or_else(|| parse_millis::<Fields>(text, zone))?;
    Some(Timestamp::from_millis(millis))
}

fn parse_millis<C: Collect>(text: &str, zone: &Zone) -> Option<i64> {
    let mut parsed = Parsed::<C>::new();
    let fits = if let Some(rest) = literal(text, b'T') {
        let rest = time(rest, &mut parsed)?;
        optional_offset(rest, &mut parsed)
    } else {
        date_and_time(text, &mut parsed)
    };
    if !fits?.is_empty() {
        return None;
    }
    // The year is always there, or else there is no date at all.
    parsed.instant_millis(|| 2000, zone)
}

/// Reads `date ['T' [time] [offset]]` or the form with a space; returns what is left.
fn date_and_time<'t, C: Collect>(text: &'t str, parsed: &mut Parsed<'_, C>) -> Option<&'t str> {
    let (form, rest) = date(text, parsed)?;
    if form == DateForm::Day
        && let Some(rest) = literal(rest, b' ')
    {
        return time_after_space(rest, parsed);
    }
    let Some(after) = literal(rest, b'T') else { return Some(rest) };
    let rest = time(after, parsed).unwrap_or(after);
    optional_offset(rest, parsed)
}

/// How much of a date was there.
#[derive(PartialEq)]
enum DateForm {
    /// Year, month and day.
    Day,
    Other,
}

/// Reads a calendar, ordinal or week date: the one that takes most of the text.
fn date<'t, C: Collect>(text: &'t str, parsed: &mut Parsed<'_, C>) -> Option<(DateForm, &'t str)> {
    let (year, after) = number(text, 9, true)?;
    if let Some(rest) = after.strip_prefix("-W").or_else(|| after.strip_prefix("-w")) {
        let (week, mut rest) = number(rest, 2, false)?;
        parsed.fields.save(Field::WeekYear, year)?;
        parsed.fields.save(Field::WeekOfWeekYear, week)?;
        if let Some((day, after)) = literal(rest, b'-').and_then(|rest| number(rest, 1, false)) {
            parsed.fields.save(Field::DayOfWeek, day)?;
            rest = after;
        }
        return Some((DateForm::Other, rest));
    }
    parsed.fields.save(Field::Year, year)?;
    let Some(digits) = literal(after, b'-') else { return Some((DateForm::Other, after)) };
    let Some((month, rest)) = number(digits, 2, false) else {
        return Some((DateForm::Other, after));
    };
    if rest.as_bytes().first().is_some_and(u8::is_ascii_digit) {
        let (day, rest) = number(digits, 3, false)?;
        parsed.fields.save(Field::DayOfYear, day)?;
        return Some((DateForm::Other, rest));
    }
    parsed.fields.save(Field::MonthOfYear, month)?;
    match literal(rest, b'-').and_then(|rest| number(rest, 2, false)) {
        Some((day, after)) => {
            parsed.fields.save(Field::DayOfMonth, day)?;
            Some((DateForm::Day, after))
        }
        None => Some((DateForm::Other, rest)),
    }
}

/// Reads `HH[:mm[:ss]]` with a decimal fraction on the last.
///
/// `None` only if not even the hour is there, so that nothing is noted in vain.
fn time<'t, C: Collect>(text: &'t str, parsed: &mut Parsed<'_, C>) -> Option<&'t str> {
    let (hour, mut rest) = number(text, 2, false)?;
    parsed.fields.save(Field::HourOfDay, hour)?;
    let mut last = (Field::FractionOfHour, 3_600_000);
    for (field, fraction) in [
        (Field::MinuteOfHour, (Field::FractionOfMinute, 60_000)),
        (Field::SecondOfMinute, (Field::FractionOfSecond, 1000)),
    ] {
        let Some((value, after)) = literal(rest, b':').and_then(|rest| number(rest, 2, false))
        else {
            break;
        };
        parsed.fields.save(field, value)?;
        rest = after;
        last = fraction;
    }
    let decimals = literal(rest, b'.').or_else(|| literal(rest, b','));
    if let Some((millis, used)) = decimals.and_then(|text| parse_fraction(text, 9, last.1)) {
        parsed.fields.save(last.0, millis)?;
        rest = &rest[1 + used..];
    }
    Some(rest)
}

/// Reads `HH:mm:ss[.SSS][offset]`, one to three decimals after `.` or `,`.
fn time_after_space<'t, C: Collect>(text: &'t str, parsed: &mut Parsed<'_, C>) -> Option<&'t str> {
    let (hour, rest) = number(text, 2, false)?;
    let (minute, rest) = number(literal(rest, b':')?, 2, false)?;
    let (second, mut rest) = number(literal(rest, b':')?, 2, false)?;
    parsed.fields.save(Field::HourOfDay, hour)?;
    parsed.fields.save(Field::MinuteOfHour, minute)?;
    parsed.fields.save(Field::SecondOfMinute, second)?;
    if let Some(decimals) = literal(rest, b'.').or_else(|| literal(rest, b',')) {
        let (millis, used) = parse_fraction(decimals, 3, 1000)?;
        parsed.fields.save(Field::FractionOfSecond, millis)?;
        rest = &decimals[used..];
    }
    optional_offset(rest, parsed)
}

/// Reads an offset if there is one; never fails.
fn optional_offset<'t, C>(text: &'t str, parsed: &mut Parsed<'_, C>) -> Option<&'t str> {
    let Some((offset, used)) = parse_zone_offset(text) else { return Some(text) };
    parsed.offset = Some(offset);
    text.get(used..)
}

fn number(text: &str, max: usize, signed: bool) -> Option<(i32, &str)> {
    let (value, used) = parse_number(text, max, signed)?;
    Some((value, text.get(used..)?))
}

/// Strips one ASCII character in either case.
fn literal(text: &str, expected: u8) -> Option<&str> {
    let found = text.as_bytes().first()?.eq_ignore_ascii_case(&expected);
    found.then(|| &text[1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Option<String> {
        parse(text, &Zone::utc()).map(|timestamp| timestamp.to_string())
    }

    #[test]
    fn every_form_of_date_and_time_is_read() {
        for (text, expected) in [
            ("5", "0005-01-01T00:00:00.000Z"),
            ("-5", "-0005-01-01T00:00:00.000Z"),
            ("20011106", "+20011106-01-01T00:00:00.000Z"),
            ("2001-11", "2001-11-01T00:00:00.000Z"),
            ("2001-1-6", "2001-01-06T00:00:00.000Z"),
            ("2001-310", "2001-11-06T00:00:00.000Z"),
            ("2001-W45-2", "2001-11-06T00:00:00.000Z"),
            ("2001-W45", "2001-11-05T00:00:00.000Z"),
            ("2001-W45T6", "2001-11-05T06:00:00.000Z"),
            ("2001-11-06T", "2001-11-06T00:00:00.000Z"),
            ("2001-11-06TZ", "2001-11-06T00:00:00.000Z"),
            ("2001-11-06t20:45:45z", "2001-11-06T20:45:45.000Z"),
            ("2001-11-06T20:45:45,123456789-0130", "2001-11-06T22:15:45.123Z"),
            ("2001-11-06T20:45.5", "2001-11-06T20:45:30.000Z"),
            ("2001-11-06T20,25", "2001-11-06T20:15:00.000Z"),
            ("2001-11-06 20:45:45.123", "2001-11-06T20:45:45.123Z"),
            ("2001-11-06 20:45:45,123+02:00", "2001-11-06T18:45:45.123Z"),
            ("T20:45", "1970-01-01T20:45:00.000Z"),
        ] {
            assert_eq!(utc(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn space_form_needs_no_fraction() {
        for (text, expected) in [
            ("2024-03-15 14:23:01", "2024-03-15T14:23:01.000Z"),
            ("2024-03-15 14:23:01Z", "2024-03-15T14:23:01.000Z"),
            ("2024-03-15 14:23:01+0100", "2024-03-15T13:23:01.000Z"),
        ] {
            assert_eq!(utc(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn other_forms_fail() {
        for text in [
            "",
            "x",
            "10:00:00",
            "2001-11-06Z",
            "20011106T204545Z",
            "2001-11-06T20:45:45+24:00",
            "2001-11-06T20:45:45 Z",
            "2001-11-06T20:45:45 Europe/Paris",
            "2001-11-06T24:00:00",
            "2001-11-06T20:45:60",
            "2001-02-30",
            "2001-13",
            "2001-366",
            "2001-W53",
            "2001-11-06 20:45",
            "2001-11-06 20:45:45.1234",
            "2001-11-06 20:45:45.",
            "2001-11-06  20:45:45",
            "2001-11-06T20:45:45é",
        ] {
            assert_eq!(utc(text), None, "{text}");
        }
    }
}
