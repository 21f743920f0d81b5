//! Instant → text by a compiled pattern.
//!
//! 2024-03-05T14:23:01Z with `YYYY.MM.dd` → `2024.03.05`. Source: Joda-Time 2.12 `printTo`.

use std::fmt::Write as _;

use super::super::Timestamp;
use super::super::zone::{Zone, push_offset};
use super::fields::Field;
use super::pattern::{Element, JodaPattern};
use super::text::field_names;

impl JodaPattern {
    /// Appends the text of an instant in a zone.
    ///
    /// Precision is the millisecond. Zone names are known for UTC only; other zones print their
    /// offset, as Joda-Time does where it has no name.
    pub fn format(&self, timestamp: Timestamp, zone: &Zone, out: &mut String) {
        let utc = timestamp.to_millis();
        let offset = zone.offset_millis(utc);
        let local = utc.saturating_add(i64::from(offset));
        for element in &self.elements {
            match element {
                Element::Literal(text) => out.push_str(text),
                Element::Number { field, min_printed, .. } => {
                    push_padded(field.get(local), *min_printed, out);
                }
                Element::TwoDigitYear { field, .. } => {
                    push_padded(field.get(local).abs() % 100, 2, out);
                }
                Element::Text { field, short, .. } => {
                    let (long_names, short_names, first) = field_names(*field, &self.names);
                    let names = if *short { short_names } else { long_names };
                    let index = usize::try_from(field.get(local) - i64::from(first)).ok();
                    out.push_str(index.and_then(|index| names.get(index)).unwrap_or(&""));
                }
                Element::Fraction { digits } => push_fraction(local, *digits, out),
                Element::Offset { colon } => push_zone_offset(offset, *colon, out),
                Element::ZoneId => out.push_str(zone.id()),
                Element::ZoneLongName if zone.is_utc() => {
                    out.push_str("Coordinated Universal Time");
                }
                Element::ZoneName(_) if zone.is_utc() => out.push_str("UTC"),
                Element::ZoneLongName | Element::ZoneName(_) => push_offset(offset, out),
            }
        }
    }
}

fn push_padded(value: i64, width: usize, out: &mut String) {
    if value < 0 {
        out.push('-');
    }
    let value = value.unsigned_abs();
    // Writing to a String cannot fail.
    let _ = write!(out, "{value:0width$}");
}

fn push_fraction(local: i64, digits: usize, out: &mut String) {
    let millis = Field::FractionOfSecond.get(local);
    // Joda-Time scales in 64 bits, which end after 15 digits; zero alone is printed in full.
    let scaled = if millis == 0 { digits } else { digits.min(15) };
    let all = [b'0' + digit(millis / 100), b'0' + digit(millis / 10), b'0' + digit(millis)];
    for place in 0..scaled {
        out.push(char::from(*all.get(place).unwrap_or(&b'0')));
    }
}

fn digit(value: i64) -> u8 {
    u8::try_from(value % 10).unwrap_or(0)
}

fn push_zone_offset(offset: i32, colon: bool, out: &mut String) {
    let sign = if offset < 0 { '-' } else { '+' };
    let minutes = offset.unsigned_abs() / 60_000;
    let colon = if colon { ":" } else { "" };
    let _ = write!(out, "{sign}{:02}{colon}{:02}", minutes / 60, minutes % 60);
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::super::super::locale::Locale;
    use super::*;

    fn format(pattern: &str, text: &str, zone: &str, tag: &str) -> String {
        let timestamp = Timestamp::parse_lenient(text, &Zone::utc()).unwrap();
        let pattern = JodaPattern::compile(pattern, &Locale::parse(tag)).unwrap();
        let mut out = String::new();
        pattern.format(timestamp, &Zone::parse(zone).unwrap(), &mut out);
        out
    }

    #[test]
    fn year_of_era_and_week_year_differ() {
        let at = |pattern| format(pattern, "2027-01-02T03:04:05Z", "UTC", "en");
        assert_eq!(at("YYYY.MM.dd"), "2027.01.02");
        assert_eq!(at("xxxx.ww"), "2026.53");
        assert_eq!(at("yy D DDD e E EEEE"), "27 2 002 6 Sat Saturday");
        assert_eq!(at("C G K h k a"), "20 AD 3 3 3 AM");
    }

    #[test]
    fn fractions_have_as_many_digits_as_letters() {
        let at = |pattern| format(pattern, "2027-01-02T03:04:05.678912Z", "UTC", "en");
        assert_eq!(at("S SS SSS SSSSSS"), "6 67 678 678000");
        assert_eq!(at(&"S".repeat(20)), "678000000000000");
    }

    #[test]
    fn zones_print_offset_id_and_name() {
        let at = |zone| format("Z ZZ ZZZ z", "2024-07-01T00:00:00Z", zone, "en");
        assert_eq!(at("UTC"), "+0000 +00:00 UTC UTC");
        assert_eq!(at("Europe/Paris"), "+0200 +02:00 Europe/Paris +02:00");
        assert_eq!(at("-03:30"), "-0330 -03:30 -03:30 -03:30");
    }

    #[test]
    fn years_before_one_have_a_sign() {
        let at = |pattern| format(pattern, "-0043-03-15", "UTC", "en");
        assert_eq!(at("yyyy yy YYYY G"), "-0043 43 0044 BC");
    }

    #[test]
    fn names_are_those_of_the_locale() {
        assert_eq!(format("d. MMMM", "1989-03-14", "UTC", "de"), "14. März");
    }
}
