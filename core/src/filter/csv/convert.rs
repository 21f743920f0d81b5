//! Values of columns to numbers, booleans and times, as Ruby's csv converts them; what does not fit
//! stays a text.

use crate::arena::Arena;
use crate::event::Value;
use crate::filter::number;
use crate::pattern::{Budget, Flags, Regex, Scratch};
use crate::time::{Timestamp, Zone};

/// A type that a column can be converted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conversion {
    Boolean,
    Date,
    DateTime,
    Float,
    Integer,
}

/// The shapes of times, if a column is one.
#[derive(Debug, Default)]
pub(crate) struct Dates {
    date: Option<Regex>,
    date_time: Option<Regex>,
}

/// Groups: month, day, year; year, month, day.
const DATE: &str = r"\A(?:(?:\w+,?\s+)?(\w+)\s+(\d{1,2}),?\s+(\d{2,4})|(\d{4})-(\d{2})-(\d{2}))\z";

/// Groups: month, day, time, year; year, month, day, time, offset.
const DATE_TIME: &str = r"\A(?:(?:\w+,?\s+)?(\w+)\s+(\d{1,2})\s+(\d{1,2}:\d{1,2}:\d{1,2}),?\s+(\d{2,4})|(\d{4})-(\d{2})-(\d{2})(?:[T\s](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)([+-]\d{2}:\d{2}|\s(?:UTC|GMT)|Z)?)?)\z";

impl Dates {
    pub(crate) fn new(conversions: &[(Box<str>, Conversion)]) -> Self {
        let shape = |of: Conversion, source: &str| {
            let is_used = conversions.iter().any(|(_, conversion)| *conversion == of);
            if is_used { Regex::new(source, Flags::default()).ok() } else { None }
        };
        Self {
            date: shape(Conversion::Date, DATE),
            date_time: shape(Conversion::DateTime, DATE_TIME),
        }
    }
}

impl Conversion {
    pub(crate) const NAMES: [&'static str; 5] =
        ["boolean", "date", "date_time", "float", "integer"];

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "boolean" => Self::Boolean,
            "date" => Self::Date,
            "date_time" => Self::DateTime,
            "float" => Self::Float,
            "integer" => Self::Integer,
            _ => return None,
        })
    }

    /// The value of a column; nothing where Logstash throws, which is for a boolean that is null.
    pub(crate) fn apply<'b>(
        self,
        text: Option<&'b str>,
        dates: &Dates,
        arena: &'b Arena,
    ) -> Option<Value<'b>> {
        let Some(text) = text else {
            return (self != Self::Boolean).then_some(Value::Null);
        };
        let trimmed = text.trim_matches([' ', '\t', '\n', '\x0B', '\x0C', '\r', '\0']);
        let converted = match self {
            Self::Boolean => return Some(boolean(trimmed, arena)),
            Self::Date => dates.date.as_ref().and_then(|shape| date(text, shape, arena)),
            Self::DateTime => {
                dates.date_time.as_ref().and_then(|shape| date_time(text, shape, arena))
            }
            Self::Float => number::strict_float(trimmed, arena).map(Value::Float),
            Self::Integer => number::strict_integer(trimmed, arena),
        };
        Some(converted.unwrap_or(Value::Str(text)))
    }
}

/// What is neither true nor false stays as a text, without blanks and in lower case.
fn boolean<'b>(text: &'b str, arena: &'b Arena) -> Value<'b> {
    if text.eq_ignore_ascii_case("true") {
        return Value::Bool(true);
    }
    if text.eq_ignore_ascii_case("false") {
        return Value::Bool(false);
    }
    Value::Str(crate::filter::mutate::case::lowercase(text, arena))
}

fn date<'b>(text: &str, shape: &Regex, arena: &'b Arena) -> Option<Value<'b>> {
    let groups = groups(text, shape)?;
    let day = match groups.get(3) {
        Some("") | None => Date::named(groups.get(0)?, groups.get(1)?, groups.get(2)?)?,
        Some(year) => Date::numbered(year, groups.get(4)?, groups.get(5)?)?,
    };
    day.at("00:00:00", "", arena)
}

fn date_time<'b>(text: &str, shape: &Regex, arena: &'b Arena) -> Option<Value<'b>> {
    let groups = groups(text, shape)?;
    let (day, time) = match groups.get(4) {
        Some("") | None => {
            (Date::named(groups.get(0)?, groups.get(1)?, groups.get(3)?)?, groups.get(2)?)
        }
        Some(year) => (Date::numbered(year, groups.get(5)?, groups.get(6)?)?, groups.get(7)?),
    };
    day.at(if time.is_empty() { "00:00:00" } else { time }, groups.get(8)?, arena)
}

/// The texts of the groups of a match; what is not set is empty.
struct Groups<'t>([&'t str; 9]);

impl<'t> Groups<'t> {
    fn get(&self, at: usize) -> Option<&'t str> {
        self.0.get(at).copied()
    }
}

fn groups<'t>(text: &'t str, shape: &Regex) -> Option<Groups<'t>> {
    let mut scratch = Scratch::new();
    let mut budget = Budget::for_subject(text.len());
    if !shape.search(text, 0, &mut scratch, &mut budget).ok()? {
        return None;
    }
    let mut all = [""; 9];
    for (place, group) in all.iter_mut().zip(1..) {
        *place = scratch.group(group).and_then(|(start, end)| text.get(start..end)).unwrap_or("");
    }
    Some(Groups(all))
}

struct Date {
    year: u32,
    month: u32,
    day: u32,
}

impl Date {
    fn named(month: &str, day: &str, year: &str) -> Option<Self> {
        const MONTHS: [&str; 12] = [
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ];
        let short = month.get(..3)?;
        let month = (1..).zip(MONTHS).find(|(_, name)| name.eq_ignore_ascii_case(short))?.0;
        let written: u32 = year.parse().ok()?;
        let year = match (year.len(), written) {
            (2, 69..) => written + 1900,
            (2, _) => written + 2000,
            _ => written,
        };
        Self { year, month, day: day.parse().ok()? }.checked()
    }

    fn numbered(year: &str, month: &str, day: &str) -> Option<Self> {
        let parse = |text: &str| text.parse().ok();
        Self { year: parse(year)?, month: parse(month)?, day: parse(day)? }.checked()
    }

    fn checked(self) -> Option<Self> {
        let is_leap =
            self.year.is_multiple_of(4) && !self.year.is_multiple_of(100) || self.year.is_multiple_of(400);
        let days = match self.month {
            4 | 6 | 9 | 11 => 30,
            2 if is_leap => 29,
            2 => 28,
            1..=12 => 31,
            _ => return None,
        };
        (1..=days).contains(&self.day).then_some(self)
    }

    /// The instant of a time of this day; without an offset, in UTC.
    fn at<'b>(&self, time: &str, offset: &str, arena: &'b Arena) -> Option<Value<'b>> {
        let Self { year, month, day } = self;
        let offset = match offset.trim() {
            "" | "UTC" | "GMT" => "Z",
            offset => offset,
        };
        let text = arena.build(|out| {
            // Writing to a text in memory does not fail.
            let _ = core::fmt::Write::write_fmt(out, format_args!("{year:04}-{month:02}-{day:02}T"));
            let (whole, fraction) = time.split_once('.').unwrap_or((time, ""));
            for (at, part) in whole.split(':').enumerate() {
                if at > 0 {
                    out.push(':');
                }
                if part.len() == 1 {
                    out.push('0');
                }
                out.push_str(part);
            }
            if !fraction.is_empty() {
                out.push('.');
                // More digits than nanoseconds have are cut.
                out.push_str(fraction.get(..9).unwrap_or(fraction));
            }
            out.push_str(offset);
        });
        Timestamp::parse_lenient(text, &Zone::utc()).map(Value::Time)
    }
}
