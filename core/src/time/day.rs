//! Texts of one day → instants, from what the general parsers made of that day before.
//!
//! After `25/Mar/2013:13:00:00 +0100` the text `25/Mar/2013:13:00:01 +0100` differs only in its time of
//! day: the instant of midnight is known. Everything unusual is left to the general parsers, which also
//! say what the midnight is; so the answers are theirs.

use super::civil::SECONDS_PER_DAY;
use super::joda::fields::Field;
use super::{DateContext, DateFormat, Timestamp};

/// How a format's texts go on behind the date: `HH:mm:ss`, perhaps with decimals, and an end that does
/// not depend on the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// What stands before decimals, in two spellings.
    pub(super) marks: [u8; 2],
    /// The most decimals that there may be; 0 for a format without.
    pub(super) decimals: usize,
    /// Whether decimals may be left out.
    pub(super) optional: bool,
}

impl Shape {
    /// The forms of `ISO8601`: a `T` is followed by up to nine decimals, a blank by up to three.
    const ISO: Self = Self { marks: *b".,", decimals: 9, optional: true };

    /// The decimals that count behind such a date.
    fn decimals_behind(self, head: &str) -> usize {
        if self.optional && head.ends_with(' ') { 3 } else { self.decimals }
    }
}

/// The day of the last text that one format has read, as one worker keeps it.
///
/// The zone and the start of the pipeline must be the same in all calls.
// PERF: a seventh of the instructions of the general parser for `dd/MMM/yyyy:HH:mm:ss Z`.
#[derive(Debug, Default)]
pub(crate) struct Day {
    /// The text before the time of day; empty when no day is known.
    head: Head,
    /// The text behind it.
    tail: Tail,
    decimals: usize,
    /// The instant, in seconds, at which the day's clock shows 00:00:00.
    midnight: i64,
    /// The clock that gave the year, where the text has none.
    now: Option<Timestamp>,
}

/// The longest date that is remembered, in bytes: `Wednesday, 02-Jan-06 ` has fewer.
const LONGEST_HEAD: usize = 24;

/// Up to [`LONGEST_HEAD`] bytes as words that may overlap.
#[derive(Debug, Default)]
struct Head {
    len: usize,
    words: [u64; 3],
    /// The bits of the words that count; not all where there are fewer than eight bytes.
    mask: u64,
}

/// Up to eight bytes in a word, the last one at its top.
#[derive(Debug, Default, PartialEq)]
struct Tail {
    len: usize,
    word: u64,
}

/// The time of day in a text.
struct Clock {
    seconds: i64,
    nanos: u32,
    /// Where it ends.
    end: usize,
}

impl DateFormat {
    /// As [`Self::parse_text`], quicker for a text of the same day as the last one.
    pub(crate) fn parse_text_of_day(
        &self,
        text: &str,
        cx: &DateContext<'_>,
        day: &mut Day,
    ) -> Option<Timestamp> {
        let Some(shape) = self.shape() else { return self.parse_text(text, cx) };
        if let Some(time) = day.parse(text, shape, cx.now) {
            return Some(time);
        }
        let time = self.parse_text(text, cx)?;
        *day = self.day_of(text, shape, time, cx).unwrap_or_default();
        Some(time)
    }

    /// Reads a text of the same day as the last one; `None` says nothing.
    #[inline]
    pub(crate) fn parse_known_day(
        &self,
        text: &str,
        now: Timestamp,
        day: &Day,
    ) -> Option<Timestamp> {
        day.parse(text, self.shape()?, now)
    }

    #[inline]
    fn shape(&self) -> Option<Shape> {
        match self {
            Self::Iso8601 => Some(Shape::ISO),
            Self::Joda(pattern) => pattern.shape(),
            Self::Tai64n | Self::Unix | Self::UnixMs => None,
        }
    }

    /// The day of a text that stands for this time; nothing when other texts of the day may not differ
    /// from it by their times of day alone.
    #[cold]
    fn day_of(
        &self,
        text: &str,
        shape: Shape,
        time: Timestamp,
        cx: &DateContext<'_>,
    ) -> Option<Day> {
        let head_len = match self {
            Self::Joda(pattern) => pattern.date_len(text, cx)?,
            _ => text.find(['T', 't', ' '])? + 1,
        };
        let head = text.get(..head_len)?;
        let decimals = shape.decimals_behind(head);
        let clock = Clock::read(text, head_len, shape, decimals)?;
        let tail = text.get(clock.end..)?;
        // A digit would belong to the decimals.
        if tail.as_bytes().first().is_some_and(u8::is_ascii_digit) {
            return None;
        }
        let midnight = time.as_seconds().checked_sub(clock.seconds)?;
        if time.subsec_nanos() != clock.nanos {
            return None;
        }
        let guesses = self.guesses_year();
        if tail.is_empty() || guesses {
            // The local time of the text is that of the zone, whose clock must not be set that day.
            let local = cx.zone.utc_to_local(time.to_millis())?.div_euclid(1000) - clock.seconds;
            let is_even = |from: i64| cx.zone.is_even(from, from + SECONDS_PER_DAY - 1);
            if !is_even(local) {
                return None;
            }
            if guesses && !cx.zone.is_fixed() {
                // The day has to exist in the year of the start as well, before it is moved.
                let (month, day) = (Field::MonthOfYear, Field::DayOfMonth);
                let millis = local.checked_mul(1000)?;
                if month.get(millis) == 2 && day.get(millis) >= 28 {
                    return None;
                }
                let first = Field::Year.set(millis, i64::from(cx.start_year()))?;
                if !is_even(first.div_euclid(1000)) {
                    return None;
                }
            }
        }
        Some(Day {
            head: Head::new(head)?,
            tail: Tail::new(text, tail.len())?,
            decimals,
            midnight,
            now: guesses.then_some(cx.now),
        })
    }
}

impl Day {
    #[inline]
    fn parse(&self, text: &str, shape: Shape, now: Timestamp) -> Option<Timestamp> {
        if !self.head.begins(text.as_bytes()) {
            return None;
        }
        let clock = Clock::read(text, self.head.len, shape, self.decimals)?;
        let tail = Tail::new(text, text.len() - clock.end)?;
        if tail != self.tail || self.now.is_some_and(|then| then != now) {
            return None;
        }
        Timestamp::new(self.midnight + clock.seconds, clock.nanos)
    }
}

impl Clock {
    /// Reads `HH:mm:ss` with two digits each, and the decimals that the shape has.
    #[inline]
    fn read(text: &str, at: usize, shape: Shape, decimals: usize) -> Option<Self> {
        const COLONS: u64 = 0x0000_3A00_003A_0000;
        const ZEROS: u64 = 0x3030_0030_3000_3030;
        let bytes = text.as_bytes();
        let word = u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?);
        // Each byte less what it must be, or must be at least.
        let digits = word ^ (COLONS | ZEROS);
        let colons = digits & 0x0000_FF00_00FF_0000;
        let over = (digits.wrapping_add(0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080;
        if colons != 0 || over != 0 {
            return None;
        }
        // The first of each pair of digits times ten and the second, at the first one's place.
        let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
        let pair = |place: u32| (pairs >> (place * 8) & 0xFF).cast_signed();
        let (hour, minute, second) = (pair(0), pair(3), pair(6));
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let mut clock = Self { seconds: (hour * 60 + minute) * 60 + second, nanos: 0, end: at + 8 };
        if shape.decimals == 0 {
            return Some(clock);
        }
        match bytes.get(clock.end) {
            Some(mark) if shape.marks.contains(mark) => {
                let digits = bytes[clock.end + 1..].iter().take(decimals);
                let (mut count, mut millis) = (0, 0);
                for digit in digits.take_while(|digit| digit.is_ascii_digit()) {
                    if count < 3 {
                        millis = millis * 10 + u32::from(digit - b'0');
                    }
                    count += 1;
                }
                let unit = match count {
                    0 => return None,
                    1 => 100_000_000,
                    2 => 10_000_000,
                    _ => 1_000_000,
                };
                clock.nanos = millis * unit;
                clock.end += 1 + count;
                Some(clock)
            }
            _ => shape.optional.then_some(clock),
        }
    }
}

impl Head {
    fn new(text: &str) -> Option<Self> {
        let len = text.len();
        if len == 0 || len > LONGEST_HEAD {
            return None;
        }
        let mask = if len < 8 { (1 << (len * 8)) - 1 } else { u64::MAX };
        let mut padded = [0; LONGEST_HEAD];
        padded[..len].copy_from_slice(text.as_bytes());
        let mut head = Self { len, words: [0; 3], mask };
        head.words = head.load(&padded)?;
        Some(head)
    }

    /// The words of a text that may begin like this one.
    #[inline]
    fn load(&self, text: &[u8]) -> Option<[u64; 3]> {
        let last = self.len.saturating_sub(8);
        let word =
            |at: usize| Some(u64::from_le_bytes(*text.get(at..)?.first_chunk()?) & self.mask);
        Some([word(0)?, word(last.min(8))?, word(last)?])
    }

    #[inline]
    fn begins(&self, text: &[u8]) -> bool {
        self.len != 0 && self.load(text) == Some(self.words)
    }
}

impl Tail {
    /// The last bytes of a text of at least eight; nothing when they are too many.
    #[inline]
    fn new(text: &str, len: usize) -> Option<Self> {
        let word = u64::from_le_bytes(*text.as_bytes().last_chunk()?);
        match len {
            0 => Some(Self { len, word: 0 }),
            1..=8 => Some(Self { len, word: word >> (64 - len * 8) }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::super::{Locale, Zone};
    use super::*;

    /// A sequence of numbers that is the same in every run.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, end: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(self.0 >> 33).unwrap() % end
        }
    }

    const FORMATS: [(&str, &[&str]); 11] = [
        ("dd/MMM/yyyy:HH:mm:ss Z", &["25/Mar/2013:13:00:00 +0100", "5/Mar/2013:13:00:00 -0330"]),
        (
            "ISO8601",
            &[
                "2024-03-15T14:23:01,5+01:00",
                "2024-03-31 02:30:01.123",
                "2024-075T23:59:59.123456789Z",
                "2024-W11-5T00:00:00",
                "T20:45:45",
            ],
        ),
        ("MMM dd HH:mm:ss", &["Nov 23 10:11:12", "feb 29 23:59:59", "Dec 31 00:00:00"]),
        ("MMM  d HH:mm:ss", &["Nov  3 10:11:12", "Jan  1 23:59:59"]),
        ("yyyy-MM-dd HH:mm:ss", &["2024-03-31 02:30:00", "2024-10-27 02:30:00"]),
        ("yyyy-MM-dd HH:mm:ss,SSS", &["2024-03-30 23:59:59,999", "2024-01-01 00:00:00,5"]),
        ("yyyy-MM-dd'T'HH:mm:ss.SSSSSSZZ", &["2024-03-30T23:59:59.999999Z"]),
        ("EEE MMM dd HH:mm:ss yyyy", &["Mon Nov 23 10:11:12 2026", "Sun Nov 23 10:11:12 2026"]),
        ("EEEE, dd-MMM-yyyy HH:mm:ss ZZ", &["Wednesday, 02-Jan-2006 15:04:05 +00:00"]),
        ("dd.MM HH:mm:ss", &["29.02 12:00:00", "31.03 02:30:00"]),
        ("MMM dd HH:mm:ss Z", &["Dec 31 23:59:59 -0500"]),
    ];

    /// Formats that have no time of day as it is looked for, or one that is not all.
    const GENERAL: [&str; 8] = [
        "yyyyMMdd HHmmss",
        "HH:mm:ss yyyy-MM-dd",
        "yyyy-MM-ddHH:mm:ss",
        "yyyy-MM-dd HH:mm",
        "yyyy-MM-dd hh:mm:ss a",
        "yyyy-MM-dd HH:mm:ss ZZZ",
        "xxxx-'W'ww-e HH:mm:ss",
        "MMM dd HH:mm:ss Z",
    ];

    #[test]
    fn texts_of_known_days_are_read_as_by_the_general_parser() {
        let mut numbers = Numbers(5);
        let start = Timestamp::from_millis(1_456_790_400_000);
        let now = [1_700_000_000_000, 1_704_067_199_000, 1_704_067_200_000];
        let utc = Zone::utc();
        let mut quick = 0;
        for (format, texts) in FORMATS {
            let format = DateFormat::compile(format, &Locale::english()).unwrap();
            for zone in ["UTC", "-03:30", "CET", "America/New_York", "Asia/Gaza", "Africa/Cairo"] {
                let zone = Zone::parse(zone).unwrap();
                let mut day = Day::default();
                for _ in 0..600 {
                    let now = Timestamp::from_millis(now[numbers.below(now.len())]);
                    let cx = DateContext { zone: &zone, now, start, host_zone: &utc };
                    let text = mutated(texts[numbers.below(texts.len())], &mut numbers);
                    if let Some(general) = format.parse_text(&text, &cx) {
                        // A day that is not remembered leaves the cache without a head.
                        quick += usize::from(day.head.begins(text.as_bytes()));
                        let read = format.parse_text_of_day(&text, &cx, &mut day);
                        assert_eq!(read, Some(general), "{format:?} on {text}");
                    } else {
                        let read = format.parse_text_of_day(&text, &cx, &mut day);
                        assert_eq!(read, None, "{format:?} on {text}");
                    }
                }
            }
        }
        assert!(quick > 5_000, "the quick way was hardly ever taken: {quick}");
    }

    /// A text with no, one or a few of its characters changed, mostly digits to digits.
    fn mutated(text: &str, numbers: &mut Numbers) -> String {
        const OTHERS: [&str; 12] = ["", " ", ":", ".", ",", "T", "Z", "+", "é", "00", "x", "/"];
        let mut text = text.to_owned();
        for _ in 0..numbers.below(4) {
            let digits: Vec<usize> =
                text.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(at, _)| at).collect();
            // The time of day changes most often, as it does in logs.
            let at = digits[digits.len() / 2 + numbers.below(digits.len() / 2)];
            text.replace_range(at..=at, &numbers.below(10).to_string());
        }
        if numbers.below(4) == 0 {
            let places: Vec<(usize, char)> = text.char_indices().collect();
            let (at, old) = places[numbers.below(places.len())];
            text.replace_range(at..at + old.len_utf8(), OTHERS[numbers.below(OTHERS.len())]);
        }
        text
    }

    #[test]
    fn every_day_of_two_years_is_read_as_by_the_general_parser() {
        let utc = Zone::utc();
        let now = Timestamp::from_millis(1_700_000_000_000);
        for (zone, format) in [
            ("Europe/London", "yyyy-MM-dd HH:mm:ss"),
            ("Africa/Casablanca", "ISO8601"),
            ("Australia/Lord_Howe", "yyyy-MM-dd HH:mm:ss"),
            ("America/St_Johns", "MM-dd HH:mm:ss"),
        ] {
            let zone = Zone::parse(zone).unwrap();
            let cx = DateContext { zone: &zone, now, start: now, host_zone: &utc };
            let format = DateFormat::compile(format, &Locale::english()).unwrap();
            let (mut day, mut even) = (Day::default(), 0);
            for days in 0..731 {
                let date = Timestamp::from_millis((19_358 + days) * 86_400_000).to_string();
                let date = if format.guesses_year() { &date[5..10] } else { &date[..10] };
                for time in ["12:00:00", "00:00:00", "01:30:00", "02:15:00", "23:59:59"] {
                    let text = format!("{date} {time}");
                    let read = format.parse_text_of_day(&text, &cx, &mut day);
                    assert_eq!(read, format.parse_text(&text, &cx), "{zone:?} {text}");
                }
                even += i32::from(day.head.len > 0);
            }
            assert!(even > 700, "{zone:?} has but {even} even days");
        }
    }

    #[test]
    fn days_are_remembered_of_common_formats_only() {
        let has_shape =
            |format| DateFormat::compile(format, &Locale::english()).unwrap().shape().is_some();
        for (format, _) in FORMATS {
            assert_eq!(has_shape(format), format != "MMM dd HH:mm:ss Z", "{format}");
        }
        assert!(GENERAL.into_iter().all(|format| !has_shape(format)));
    }
}
