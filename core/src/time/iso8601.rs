//! `ISO8601` texts → instants.
//!
//! `2024-03-15T14:23:01,5+01:00`, `2024-W11-5`, `2024-075T14`, `2024-03-15 14:23:01.123` and
//! `2024-03-15 14:23:01` are all read; digits alone are a year.
//!
//! Source of behaviour: Logstash 9.x `CasualISO8601Parser`, which tries Joda-Time's
//! `ISODateTimeFormat.dateTimeParser()` and four patterns with a space. Ours: the space form
//! without a fraction, because it is what most loggers write.

use super::Timestamp;
use super::joda::fields::Field;
use super::joda::{Parsed, parse_fraction, parse_number, parse_zone_offset};
use super::zone::Zone;

/// Parses a whole text; `zone` counts where the text has no offset.
pub(super) fn parse(text: &str, zone: &Zone) -> Option<Timestamp> {
    let mut parsed = Parsed::new();
    let fits = if text.as_bytes().first().is_some_and(|byte| byte.eq_ignore_ascii_case(&b'T')) {
        let rest = time(&text[1..], &mut parsed)?;
        optional_offset(rest, &mut parsed)
    } else {
        date_and_time(text, &mut parsed).filter(|rest| rest.is_empty()).or_else(|| {
            parsed = Parsed::new();
            space_form(text, &mut parsed)
        })
    };
    if !fits?.is_empty() {
        return None;
    }
    // The year is always there, or else there is no date at all.
    parsed.to_millis(2000, zone).map(Timestamp::from_millis)
}

/// Reads `date ['T' [time] [offset]]`; returns what is left.
fn date_and_time<'t>(text: &'t str, parsed: &mut Parsed<'_>) -> Option<&'t str> {
    let rest = date(text, parsed)?;
    let Some(after) = literal(rest, b'T') else { return Some(rest) };
    let mut attempt = parsed.clone();
    let rest = match time(after, &mut attempt) {
        Some(rest) => {
            *parsed = attempt;
            rest
        }
        None => after,
    };
    optional_offset(rest, parsed)
}

/// Reads a calendar, ordinal or week date: the one that takes most of the text.
fn date<'t>(text: &'t str, parsed: &mut Parsed<'_>) -> Option<&'t str> {
    let (year, after) = number(text, 9, true)?;
    if let Some(rest) = after.strip_prefix("-W").or_else(|| after.strip_prefix("-w")) {
        let (week, mut rest) = number(rest, 2, false)?;
        parsed.fields.save(Field::WeekYear, year)?;
        parsed.fields.save(Field::WeekOfWeekYear, week)?;
        if let Some((day, after)) = literal(rest, b'-').and_then(|rest| number(rest, 1, false)) {
            parsed.fields.save(Field::DayOfWeek, day)?;
            rest = after;
        }
        return Some(rest);
    }
    parsed.fields.save(Field::Year, year)?;
    let Some(digits) = literal(after, b'-') else { return Some(after) };
    let Some((month, rest)) = number(digits, 2, false) else { return Some(after) };
    let count = digits.bytes().take_while(u8::is_ascii_digit).count();
    if count > 2 {
        let (day, rest) = number(digits, 3, false)?;
        parsed.fields.save(Field::DayOfYear, day)?;
        return Some(rest);
    }
    parsed.fields.save(Field::MonthOfYear, month)?;
    match literal(rest, b'-').and_then(|rest| number(rest, 2, false)) {
        Some((day, after)) => {
            parsed.fields.save(Field::DayOfMonth, day)?;
            Some(after)
        }
        None => Some(rest),
    }
}

/// Reads `HH[:mm[:ss]]` with a decimal fraction on the last.
fn time<'t>(text: &'t str, parsed: &mut Parsed<'_>) -> Option<&'t str> {
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

/// Reads `yyyy-MM-dd HH:mm:ss[.SSS][offset]`, one to three decimals after `.` or `,`.
fn space_form<'t>(text: &'t str, parsed: &mut Parsed<'_>) -> Option<&'t str> {
    let mut rest = text;
    for (before, field, digits) in [
        (None, Field::Year, 9),
        (Some(b'-'), Field::MonthOfYear, 2),
        (Some(b'-'), Field::DayOfMonth, 2),
        (Some(b' '), Field::HourOfDay, 2),
        (Some(b':'), Field::MinuteOfHour, 2),
        (Some(b':'), Field::SecondOfMinute, 2),
    ] {
        if let Some(before) = before {
            rest = literal(rest, before)?;
        }
        let (value, after) = number(rest, digits, field == Field::Year)?;
        parsed.fields.save(field, value)?;
        rest = after;
    }
    if let Some(decimals) = literal(rest, b'.').or_else(|| literal(rest, b',')) {
        let (millis, used) = parse_fraction(decimals, 3, 1000)?;
        parsed.fields.save(Field::FractionOfSecond, millis)?;
        rest = &decimals[used..];
    }
    optional_offset(rest, parsed)
}

/// Reads an offset if there is one; never fails.
fn optional_offset<'t>(text: &'t str, parsed: &mut Parsed<'_>) -> Option<&'t str> {
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
