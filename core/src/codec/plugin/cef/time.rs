//! The times that CEF allows, to instants.
//!
//! `1700000000123` (milliseconds), `Nov 14 2023 22:13:20.123 UTC`; without a year the most recent one, without a zone
//! that of the device. Source of behaviour: logstash-codec-cef 6.2 `timestamp_normalizer.rb`.

use crate::time::{DateContext, DateFormat, Locale, Timestamp, Zone};

/// Reads times.
#[derive(Debug)]
pub(super) struct Times {
    /// With a year: without and with the name of a zone.
    formats: Vec<DateFormat>,
    /// The zone of times without one.
    pub(super) zone: Zone,
}

const SECONDS_PER_DAY: i64 = 86_400;

impl Times {
    pub(super) fn new(locale: &Locale, zone: Zone) -> Self {
        let formats = ["yyyy MMM dd HH:mm:ss", "yyyy MMM dd HH:mm:ss z", "yyyy MMM dd HH:mm:ss ZZZ"];
        let formats = formats.iter().filter_map(|text| DateFormat::compile(text, locale).ok());
        Self { formats: formats.collect(), zone }
    }

    /// The instant; nothing when the text is no time, or the device's zone none.
    pub(super) fn parse(
        &self,
        text: &str,
        device_zone: Option<&str>,
        now: Timestamp,
    ) -> Option<Timestamp> {
        if is_decimal(text) {
            return millis(text);
        }
        let zone = match device_zone {
            None => None,
            Some(id) => Some(Zone::parse(id).ok()?),
        };
        let zone = zone.as_ref().unwrap_or(&self.zone);
        let mut words = text.splitn(3, ' ');
        let (month, day, rest) = (words.next()?, words.next()?, words.next()?);
        if day.len() != 2 {
            return None;
        }
        let (head, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let has_year = head.len() == 4 && head.bytes().all(|byte| byte.is_ascii_digit());
        let (year, time, name) = if has_year {
            let (time, name) = rest.split_once(' ').unwrap_or((rest, ""));
            (Some(head), time, name)
        } else {
            (None, head, rest)
        };
        let (time, nanos) = fraction(time)?;
        let read = |year: &str| {
            let mut text = format!("{year} {month} {day} {time}");
            if !name.is_empty() {
                text.push(' ');
                text.push_str(name);
            }
            let cx = DateContext { zone, now, start: now, host_zone: &self.zone };
            let read = self.formats.iter().find_map(|format| format.parse_text(&text, &cx))?;
            Timestamp::new(read.as_seconds(), nanos)
        };
        if let Some(year) = year {
            return read(year);
        }
        let mut clock = String::new();
        now.push_iso(&mut clock);
        let (this_year, this_month) = (clock.get(..4)?.parse::<i32>().ok()?, clock.get(5..7)?);
        let soon = now.as_seconds() + 2 * SECONDS_PER_DAY;
        let this = read(&this_year.to_string());
        if this.is_some_and(|time| time.as_seconds() > soon) {
            return read(&(this_year - 1).to_string());
        }
        let next = read(&(this_year + 1).to_string());
        if this_month == "12" && next.is_some_and(|time| time.as_seconds() <= soon) {
            return next;
        }
        this
    }
}

/// `[1-9][0-9]*(\.[0-9]+)?`
fn is_decimal(text: &str) -> bool {
    let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits(whole) && !whole.starts_with('0') && is_digits(rest)
}

fn millis(text: &str) -> Option<Timestamp> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let whole: i64 = whole.parse().ok()?;
    // Six more digits are nanoseconds.
    let digits: String = rest.chars().chain(core::iter::repeat('0')).take(6).collect();
    let below: u32 = digits.parse().ok()?;
    let nanos = u32::try_from(whole.rem_euclid(1000)).ok()? * 1_000_000 + below;
    Timestamp::new(whole.div_euclid(1000), nanos)
}

/// A time of day and its 3, 6 or 9 decimals as nanoseconds.
fn fraction(time: &str) -> Option<(&str, u32)> {
    let Some((time, digits)) = time.split_once('.') else { return Some((time, 0)) };
    let is_known = matches!(digits.len(), 3 | 6 | 9) && digits.bytes().all(|b| b.is_ascii_digit());
    let scale = match digits.len() {
        3 => 1_000_000,
        6 => 1_000,
        _ => 1,
    };
    is_known.then_some(())?;
    Some((time, digits.parse::<u32>().ok()? * scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_every_form() {
        let times = Times::new(&Locale::english(), Zone::utc());
        let now = Timestamp::parse_lenient("2024-06-15T12:00:00Z", &Zone::utc());
        let now = now.unwrap_or(Timestamp::UNIX_EPOCH);
        for (text, zone, expected) in [
            ("1700000000123", None, "2023-11-14T22:13:20.123Z"),
            ("1700000000123.25", None, "2023-11-14T22:13:20.123250Z"),
            ("Nov 14 2023 22:13:20", None, "2023-11-14T22:13:20.000Z"),
            ("Nov 14 2023 22:13:20.123", None, "2023-11-14T22:13:20.123Z"),
            ("Nov 14 2023 22:13:20.123456", None, "2023-11-14T22:13:20.123456Z"),
            ("Nov 14 2023 22:13:20 UTC", None, "2023-11-14T22:13:20.000Z"),
            ("Nov 14 2023 22:13:20", Some("Europe/Berlin"), "2023-11-14T21:13:20.000Z"),
            ("Jun 14 22:13:20", None, "2024-06-14T22:13:20.000Z"),
            ("Jun 16 22:13:20", None, "2024-06-16T22:13:20.000Z"),
            ("Jun 18 22:13:20", None, "2023-06-18T22:13:20.000Z"),
            ("Dec 31 22:13:20.5", None, ""),
            ("Nov 4 2023 22:13:20", None, ""),
            ("yesterday", None, ""),
            ("Nov 14 2023 22:13:20", Some("Nowhere/City"), ""),
        ] {
            let mut found = String::new();
            if let Some(time) = times.parse(text, zone, now) {
                time.push_iso(&mut found);
            }
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn new_year_is_near_in_december() {
        let times = Times::new(&Locale::english(), Zone::utc());
        let now = Timestamp::parse_lenient("2024-12-31T12:00:00Z", &Zone::utc());
        let time = times.parse("Jan 01 00:10:00", None, now.unwrap_or(Timestamp::UNIX_EPOCH));
        let mut found = String::new();
        time.unwrap_or(Timestamp::UNIX_EPOCH).push_iso(&mut found);
        assert_eq!(found, "2025-01-01T00:10:00.000Z");
    }
}
