//! Time: instants, zones, date formats and the two pattern languages.
//!
//! `date { match => ["t", "dd/MMM/yyyy:HH:mm:ss Z"] }` compiles to a [`DateFormat`], which turns
//! `25/Mar/2013:13:00:00 +0100` into a [`Timestamp`]; `%{+YYYY.MM.dd}` compiles to a
//! [`JodaPattern`] and `%{{yyyy-MM-dd}}` to a [`JavaPattern`], which print one. Nothing here reads a
//! clock: `now` comes with each call in a [`DateContext`].

mod civil;
mod day;
mod epoch;
mod iso8601;
mod java;
mod joda;
mod locale;
mod timestamp;
mod zone;

pub(crate) use day::Day;
pub use java::JavaPattern;
pub use joda::{DateFormatError, JodaPattern};
pub use locale::Locale;
pub use timestamp::Timestamp;
pub use zone::{Zone, ZoneError};

use joda::fields::Field;

/// Carries what parsing a date depends on beside the text.
#[derive(Clone, Copy, Debug)]
pub struct DateContext<'a> {
    /// The zone of texts that name none: the `timezone` option, else the host's zone.
    pub zone: &'a Zone,
    /// The clock: decides the year of dates without one.
    pub now: Timestamp,
    /// The clock when the pipeline started: decides the century of two-digit years, and whether
    /// a year-less February has 29 days.
    pub start: Timestamp,
    /// The zone in which `now` and `start` are read.
    pub host_zone: &'a Zone,
}

impl DateContext<'_> {
    /// Returns the start clock as a local time of the host in milliseconds.
    fn start_local(&self) -> i64 {
        let start = self.start.to_millis();
        self.host_zone.utc_to_local(start).unwrap_or(start)
    }

    fn start_year(&self) -> i32 {
        i32::try_from(Field::Year.get(self.start_local())).unwrap_or(1970)
    }
}

/// Holds one entry of `match` of the `date` filter, compiled.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DateFormat {
    /// `ISO8601`: the forms of the standard and those with a space that loggers write.
    Iso8601,
    /// Any other text: a Joda-Time pattern.
    Joda(Box<JodaPattern>),
    /// `TAI64N`: seconds and nanoseconds in hexadecimal.
    Tai64n,
    /// `UNIX`: seconds since 1970, with decimals or without.
    Unix,
    /// `UNIX_MS`: milliseconds since 1970.
    UnixMs,
}

impl DateFormat {
    /// Compiles a format; `locale` gives the names of months, weekdays and am/pm.
    ///
    /// # Errors
    ///
    /// The text is no special format and no Joda-Time pattern, or a pattern that can only print
    /// (`zzzz`).
    pub fn compile(format: &str, locale: &Locale) -> Result<Self, DateFormatError> {
        Ok(match format {
            "ISO8601" => Self::Iso8601,
            "TAI64N" => Self::Tai64n,
            "UNIX" => Self::Unix,
            "UNIX_MS" => Self::UnixMs,
            _ => {
                let pattern = JodaPattern::compile(format, locale)?;
                if let Some(span) = pattern.unparseable() {
                    let message = "`zzzz`, the long name of a zone, cannot be parsed".to_owned();
                    let help = "use `z` for US names, `Z` for offsets, `ZZZ` for ids".to_owned();
                    return Err(DateFormatError::new(span, message, Some(help)));
                }
                Self::Joda(Box::new(pattern))
            }
        })
    }

    /// Parses a string field; `None` if it does not fit. Precision is the millisecond.
    pub fn parse_text(&self, text: &str, cx: &DateContext<'_>) -> Option<Timestamp> {
        match self {
            Self::Iso8601 => iso8601::parse(text, cx.zone),
            Self::Joda(pattern) => pattern.parse(text, cx),
            Self::Tai64n => epoch::parse_tai64n(text),
            Self::Unix => epoch::parse_unix(text),
            Self::UnixMs => epoch::parse_unix_ms(text),
        }
    }

    /// Parses an integer field; only the epoch formats take one.
    pub fn parse_int(&self, value: i64, _cx: &DateContext<'_>) -> Option<Timestamp> {
        match self {
            Self::Unix => epoch::unix(value),
            Self::UnixMs => Some(Timestamp::from_millis(value)),
            Self::Iso8601 | Self::Joda(_) | Self::Tai64n => None,
        }
    }

    /// Parses a float field; only the epoch formats take one.
    pub fn parse_float(&self, value: f64, _cx: &DateContext<'_>) -> Option<Timestamp> {
        match self {
            Self::Unix => epoch::unix_float(value),
            Self::UnixMs => Some(epoch::unix_ms_float(value)),
            Self::Iso8601 | Self::Joda(_) | Self::Tai64n => None,
        }
    }

    /// Tells whether the texts name no year, so that the clock decides it.
    pub fn guesses_year(&self) -> bool {
        matches!(self, Self::Joda(pattern) if pattern.guesses_year())
    }

    /// Tells whether numbers can be parsed, not only strings.
    pub fn accepts_numbers(&self) -> bool {
        matches!(self, Self::Unix | Self::UnixMs)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn special_formats_are_named_in_upper_case() {
        let english = Locale::english();
        for special in ["UNIX", "UNIX_MS"] {
            assert!(DateFormat::compile(special, &english).unwrap().accepts_numbers());
        }
        for special in ["ISO8601", "TAI64N", "yyyy"] {
            assert!(!DateFormat::compile(special, &english).unwrap().accepts_numbers());
        }
        assert!(DateFormat::compile("Iso8601", &english).is_err());
    }

    #[test]
    fn only_formats_without_a_year_guess_it() {
        let english = Locale::english();
        for (format, guesses) in
            [("MMM dd HH:mm:ss", true), ("yyyy-MM-dd", false), ("YY ww", false), ("ISO8601", false)]
        {
            let format = DateFormat::compile(format, &english).unwrap();
            assert_eq!(format.guesses_year(), guesses, "{format:?}");
        }
    }

    #[test]
    fn formats_that_only_print_are_refused() {
        let error = DateFormat::compile("HH zzzz", &Locale::english()).unwrap_err();
        assert_eq!(error.span(), 3..7);
    }

    #[test]
    fn only_epoch_formats_take_numbers() {
        let utc = Zone::utc();
        let now = Timestamp::UNIX_EPOCH;
        let cx = DateContext { zone: &utc, now, start: now, host_zone: &utc };
        let compile = |format| DateFormat::compile(format, &Locale::english()).unwrap();
        assert_eq!(compile("UNIX").parse_int(1, &cx), Some(Timestamp::from_millis(1000)));
        assert_eq!(compile("UNIX_MS").parse_int(1, &cx), Some(Timestamp::from_millis(1)));
        assert_eq!(compile("UNIX").parse_float(1.5, &cx), Some(Timestamp::from_millis(1500)));
        assert_eq!(compile("ISO8601").parse_int(1, &cx), None);
        assert_eq!(compile("TAI64N").parse_float(1.0, &cx), None);
    }
}
