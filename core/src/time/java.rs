//! `java.time` patterns for printing in UTC: `%{{yyyy-MM-dd'T'HH}}`.
//!
//! 2027-01-02T03:04:05Z with `YYYY-'W'ww` → `2027-W01`: names and weeks are those of `en_US`, where
//! weeks begin on Sunday and the first one holds January 1.
//!
//! Source of behaviour: Java 17 `DateTimeFormatter.ofPattern` in UTC, which has a zone id of `Z`.

use std::fmt::Write as _;
use std::ops::Range;

use super::civil::{
    MILLIS_PER_DAY, SECONDS_PER_DAY, date_from_days, day_of_week, day_of_year, days_from_date,
};
use super::joda::fields::Field;
use super::locale::{Locale, Names};
use super::{DateFormatError, Timestamp};

/// Holds a compiled `java.time` pattern.
///
/// Immutable; printing allocates nothing but the text that grows.
#[derive(Clone, Debug)]
pub struct JavaPattern {
    elements: Box<[Element]>,
    names: Names,
}

/// One piece of the output, filled up with blanks on the left to `pad` characters.
#[derive(Clone, Debug)]
struct Element {
    pad: usize,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    DayPeriod { narrow: bool },
    Fixed(&'static str),
    Fraction { digits: usize },
    Literal(Box<str>),
    Number { value: Value, width: usize, sign: Sign },
    Text { value: Value, style: Style },
    TwoDigits(Value),
}

/// A number of the instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    /// 1..=7, repeating from the 1st of the month.
    AlignedDayOfMonth,
    /// 1 is Sunday.
    DayOfUsWeek,
    Field(Field),
    ModifiedJulianDay,
    MilliOfDay,
    NanoOfDay,
    NanoOfSecond,
    Quarter,
    WeekOfMonth,
    WeekOfYear,
    WeekYear,
}

#[derive(Clone, Copy, Debug)]
enum Sign {
    /// A minus before negative numbers.
    Minus,
    /// Also a plus before numbers that are wider than the pattern.
    PlusWhenWider,
}

#[derive(Clone, Copy, Debug)]
enum Style {
    Full,
    Narrow,
    Short,
}

impl JavaPattern {
    /// Compiles a pattern; the empty one prints nothing.
    ///
    /// # Errors
    ///
    /// What `DateTimeFormatter.ofPattern` refuses: unknown letters, letters in an illegal number,
    /// `{`, `}`, `#`, an unclosed quote, `]` without `[`, `p` without a field after it.
    pub fn compile(pattern: &str) -> Result<Self, DateFormatError> {
        let mut elements = Vec::new();
        let mut open_sections: usize = 0;
        let mut rest = pattern.char_indices().peekable();
        while let Some((start, character)) = rest.next() {
            let mut run = |letter| {
                let mut count = 1;
                while rest.next_if(|(_, next)| *next == letter).is_some() {
                    count += 1;
                }
                count
            };
            let kind = match character {
                'p' => {
                    let pad = run('p');
                    let Some((at, letter)) = rest.next_if(|(_, next)| next.is_ascii_alphabetic())
                    else {
                        let help = "write it before the letters that it widens: `ppH`";
                        return Err(error(start..start + pad, "`p` has no field after it", help));
                    };
                    let mut count = 1;
                    while rest.next_if(|(_, next)| *next == letter).is_some() {
                        count += 1;
                    }
                    let kind = field(letter, count).ok_or_else(|| refuse(letter, count, at))?;
                    elements.push(Element { pad, kind });
                    continue;
                }
                letter if letter.is_ascii_alphabetic() => {
                    let count = run(letter);
                    field(letter, count).ok_or_else(|| refuse(letter, count, start))?
                }
                '\'' => {
                    let mut text = String::new();
                    loop {
                        match rest.next() {
                            Some((_, '\'')) => {
                                if rest.next_if(|(_, next)| *next == '\'').is_none() {
                                    break;
                                }
                                text.push('\'');
                            }
                            Some((_, character)) => text.push(character),
                            None => {
                                let help = "close it, or write two quotes for a quote";
                                let span = start..pattern.len();
                                return Err(error(span, "the quoted text has no end", help));
                            }
                        }
                    }
                    if text.is_empty() {
                        text.push('\'');
                    }
                    Kind::Literal(text.into())
                }
                // Everything in an optional section exists for an instant, so it is always printed.
                '[' => {
                    open_sections += 1;
                    continue;
                }
                ']' if open_sections > 0 => {
                    open_sections -= 1;
                    continue;
                }
                ']' => {
                    return Err(error(
                        start..start + 1,
                        "`]` closes no section",
                        "put it in quotes to print it: `']'`",
                    ));
                }
                '{' | '}' | '#' => {
                    let message = format!("`{character}` is reserved in a date format");
                    let help = format!("put it in quotes to print it: `'{character}'`");
                    return Err(error(start..start + 1, &message, &help));
                }
                _ => Kind::Literal(character.to_string().into()),
            };
            elements.push(Element { pad: 0, kind });
        }
        let names = *Locale::english().names();
        Ok(Self { elements: elements.into(), names })
    }

    /// Appends the text of an instant in UTC.
    ///
    /// A text wider than its padding is printed whole, where Java throws.
    pub fn format(&self, timestamp: Timestamp, out: &mut String) {
        for element in &self.elements {
            let before = out.len();
            self.print(&element.kind, timestamp, out);
            let width = out[before..].chars().count();
            if width < element.pad {
                out.insert_str(before, &" ".repeat(element.pad - width));
            }
        }
    }

    fn print(&self, kind: &Kind, timestamp: Timestamp, out: &mut String) {
        match kind {
            Kind::DayPeriod { narrow } => out.push_str(day_period(timestamp, *narrow)),
            Kind::Fixed(text) => out.push_str(text),
            Kind::Fraction { digits } => {
                let nanos = timestamp.subsec_nanos();
                let mut unit = 100_000_000;
                for _ in 0..*digits {
                    out.push(char::from_digit(nanos / unit % 10, 10).unwrap_or('0'));
                    unit = (unit / 10).max(1);
                }
            }
            Kind::Literal(text) => out.push_str(text),
            Kind::Number { value, width, sign } => {
                let number = value.get(timestamp);
                let digits = number.checked_ilog10().unwrap_or(0) as usize + 1;
                if number < 0 {
                    out.push('-');
                } else if matches!(sign, Sign::PlusWhenWider) && digits > *width {
                    out.push('+');
                }
                // Writing to a String cannot fail.
                let _ = write!(out, "{:0width$}", number.unsigned_abs());
            }
            Kind::Text { value, style } => self.print_name(*value, *style, timestamp, out),
            Kind::TwoDigits(value) => {
                let _ = write!(out, "{:02}", value.get(timestamp).unsigned_abs() % 100);
            }
        }
    }

    fn print_name(&self, value: Value, style: Style, timestamp: Timestamp, out: &mut String) {
        let number = value.get(timestamp);
        let pick = |names: &[&'static str], first: i64| {
            let index = usize::try_from(number - first).ok();
            index.and_then(|index| names.get(index)).copied().unwrap_or("")
        };
        let (long, short) = match value {
            Value::Field(Field::MonthOfYear) => {
                (pick(&self.names.months, 1), pick(&self.names.short_months, 1))
            }
            Value::Field(Field::DayOfWeek) => {
                (pick(&self.names.days, 1), pick(&self.names.short_days, 1))
            }
            Value::Field(Field::HalfOfDay) => {
                (pick(&self.names.halves, 0), pick(&self.names.halves, 0))
            }
            Value::Field(Field::Era) => {
                (pick(&["Before Christ", "Anno Domini"], 0), pick(&self.names.eras, 0))
            }
            _ => (
                pick(&["1st quarter", "2nd quarter", "3rd quarter", "4th quarter"], 1),
                pick(&["Q1", "Q2", "Q3", "Q4"], 1),
            ),
        };
        match style {
            Style::Full => out.push_str(long),
            Style::Short => out.push_str(short),
            // Narrow names are the first letter, and the number of a quarter.
            Style::Narrow if value == Value::Quarter => out.extend(short.chars().nth(1)),
            Style::Narrow => out.extend(short.chars().next()),
        }
    }
}

impl Value {
    fn get(self, timestamp: Timestamp) -> i64 {
        let days = timestamp.as_seconds().div_euclid(SECONDS_PER_DAY);
        let second = timestamp.as_seconds().rem_euclid(SECONDS_PER_DAY);
        let nanos = i64::from(timestamp.subsec_nanos());
        match self {
            Self::AlignedDayOfMonth => (i64::from(date_from_days(days).day) - 1) % 7 + 1,
            Self::DayOfUsWeek => day_of_week(days) % 7 + 1,
            // The day may lie outside the milliseconds of an i64, the fields of a day never do.
            Self::Field(field) => match days.checked_mul(MILLIS_PER_DAY) {
                Some(millis) => field.get(millis.saturating_add(second * 1000)),
                None => match field {
                    Field::Year => date_from_days(days).year,
                    Field::YearOfEra => {
                        let year = date_from_days(days).year;
                        if year <= 0 { 1 - year } else { year }
                    }
                    Field::Era => i64::from(days > 0),
                    Field::MonthOfYear => i64::from(date_from_days(days).month),
                    Field::DayOfMonth => i64::from(date_from_days(days).day),
                    Field::DayOfYear => day_of_year(days),
                    Field::DayOfWeek => day_of_week(days),
                    _ => field.get(second * 1000),
                },
            },
            Self::MilliOfDay => second * 1000 + nanos / 1_000_000,
            // 40,587 days lie between 1858-11-17 and 1970-01-01.
            Self::ModifiedJulianDay => days + 40_587,
            Self::NanoOfDay => second * 1_000_000_000 + nanos,
            Self::NanoOfSecond => nanos,
            Self::Quarter => i64::from((date_from_days(days).month - 1) / 3 + 1),
            Self::WeekOfMonth => {
                let date = date_from_days(days);
                let first = days_from_date(date.year, date.month, 1);
                (i64::from(date.day) + day_of_week(first) % 7 + 6) / 7
            }
            Self::WeekOfYear => (day_of_year(saturday(days)) - 1) / 7 + 1,
            Self::WeekYear => date_from_days(saturday(days)).year,
        }
    }
}

/// Returns the last day of the US week, whose year owns the week.
fn saturday(days: i64) -> i64 {
    days + 6 - day_of_week(days) % 7
}

/// Names the part of the day in English; `noon` and `midnight` last a minute.
fn day_period(timestamp: Timestamp, narrow: bool) -> &'static str {
    let minute = timestamp.as_seconds().rem_euclid(SECONDS_PER_DAY) / 60;
    match minute {
        0 if narrow => "mi",
        0 => "midnight",
        720 if narrow => "n",
        720 => "noon",
        360..720 => "in the morning",
        721..1080 => "in the afternoon",
        1080..1260 => "in the evening",
        _ => "at night",
    }
}

/// Returns what a run of one letter prints; `None` if there is no such letter or not so often.
fn field(letter: char, count: usize) -> Option<Kind> {
    let number = |value, width| Kind::Number { value, width, sign: Sign::Minus };
    let up_to = |max: usize, value| (count <= max).then(|| number(value, count));
    let any_width = |value| up_to(19, value);
    let text = |value| {
        let style = match count {
            1..=3 => Style::Short,
            4 => Style::Full,
            5 => Style::Narrow,
            _ => return None,
        };
        Some(Kind::Text { value, style })
    };
    let year = |value| match count {
        2 => Some(Kind::TwoDigits(value)),
        4..=10 | 19 => Some(Kind::Number { value, width: count, sign: Sign::PlusWhenWider }),
        // Java compiles 11 to 18 letters and then cannot print them.
        1 | 3 => any_width(value),
        _ => None,
    };
    let name = |value, number_value| {
        if count <= 2 { Some(number(number_value, count)) } else { text(value) }
    };
    let weekday = Value::Field(Field::DayOfWeek);
    match letter {
        'A' => any_width(Value::MilliOfDay),
        'B' => matches!(count, 1 | 4 | 5).then_some(Kind::DayPeriod { narrow: count == 5 }),
        'D' => up_to(3, Value::Field(Field::DayOfYear)),
        'E' => text(weekday),
        'F' => up_to(1, Value::AlignedDayOfMonth),
        'G' => text(Value::Field(Field::Era)),
        'H' => up_to(2, Value::Field(Field::HourOfDay)),
        'K' => up_to(2, Value::Field(Field::HourOfHalf)),
        'M' | 'L' => name(Value::Field(Field::MonthOfYear), Value::Field(Field::MonthOfYear)),
        'N' => any_width(Value::NanoOfDay),
        'O' => matches!(count, 1 | 4).then_some(Kind::Fixed("GMT")),
        'Q' | 'q' => name(Value::Quarter, Value::Quarter),
        'S' => (count <= 9).then_some(Kind::Fraction { digits: count }),
        'V' => (count == 2).then_some(Kind::Fixed("Z")),
        'W' => up_to(1, Value::WeekOfMonth),
        'X' => (count <= 5).then_some(Kind::Fixed("Z")),
        'Y' => year(Value::WeekYear),
        'Z' => match count {
            1..=3 => Some(Kind::Fixed("+0000")),
            4 => Some(Kind::Fixed("GMT")),
            5 => Some(Kind::Fixed("Z")),
            _ => None,
        },
        'a' if count == 1 => text(Value::Field(Field::HalfOfDay)),
        'c' if count == 2 => None,
        'd' => up_to(2, Value::Field(Field::DayOfMonth)),
        'c' | 'e' => name(weekday, Value::DayOfUsWeek),
        'g' => any_width(Value::ModifiedJulianDay),
        'h' => up_to(2, Value::Field(Field::ClockhourOfHalf)),
        'k' => up_to(2, Value::Field(Field::ClockhourOfDay)),
        'm' => up_to(2, Value::Field(Field::MinuteOfHour)),
        'n' => any_width(Value::NanoOfSecond),
        's' => up_to(2, Value::Field(Field::SecondOfMinute)),
        'u' => year(Value::Field(Field::Year)),
        'v' => matches!(count, 1 | 4).then_some(Kind::Fixed("Z")),
        'w' => up_to(2, Value::WeekOfYear),
        'x' => match count {
            1 => Some(Kind::Fixed("+00")),
            2 | 4 => Some(Kind::Fixed("+0000")),
            3 | 5 => Some(Kind::Fixed("+00:00")),
            _ => None,
        },
        'y' => year(Value::Field(Field::YearOfEra)),
        'z' => (count <= 4).then_some(Kind::Fixed("Z")),
        _ => None,
    }
}

fn refuse(letter: char, count: usize, start: usize) -> DateFormatError {
    let span = start..start + count;
    let letters = letter.to_string().repeat(count.min(24));
    let known = (1..=5).any(|count| field(letter, count).is_some());
    if known {
        let message = format!("`{letters}` has a number of letters that means nothing");
        let counts: Vec<String> = (1..=19)
            .filter(|&count| field(letter, count).is_some())
            .map(|count| count.to_string())
            .collect();
        let help = format!("`{letter}` can stand {} times", counts.join(", "));
        return error(span, &message, &help);
    }
    let message = format!("`{letters}` is not a field of a java.time format");
    error(span, &message, &format!("put text that stands for itself in quotes: `'{letters}'`"))
}

fn error(span: Range<usize>, message: &str, help: &str) -> DateFormatError {
    DateFormatError::new(span, message.to_owned(), Some(help.to_owned()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::super::Zone;
    use super::*;

    fn format(pattern: &str, text: &str) -> String {
        let timestamp = Timestamp::parse_lenient(text, &Zone::utc()).unwrap();
        let mut out = String::new();
        JavaPattern::compile(pattern).unwrap().format(timestamp, &mut out);
        out
    }

    #[test]
    fn weeks_and_week_years_are_american() {
        assert_eq!(format("YYYY-'W'ww", "2027-01-02"), "2027-W01");
        assert_eq!(format("YYYY-'W'ww", "2024-06-05"), "2024-W23");
        assert_eq!(format("YYYY w W e c", "2024-12-31"), "2025 1 5 3 3");
        assert_eq!(format("e F", "2020-01-02T03:04:05Z"), "5 2");
    }

    #[test]
    fn fractions_and_counts_of_the_day_have_nanoseconds() {
        let at = |pattern| format(pattern, "2024-03-05T04:05:06.123456789Z");
        assert_eq!(at("S SSS SSSSSSSSS"), "1 123 123456789");
        assert_eq!(at("A N n"), "14706123 14706123456789 123456789");
        assert_eq!(at("nnnnnnnnnnnn g"), "000123456789 60374");
    }

    #[test]
    fn names_are_english_in_three_lengths() {
        let at = |pattern| format(pattern, "2024-03-05T04:05:06Z");
        assert_eq!(at("M MM MMM MMMM MMMMM"), "3 03 Mar March M");
        assert_eq!(at("E EEEE EEEEE ccc"), "Tue Tuesday T Tue");
        assert_eq!(at("Q QQ QQQ QQQQ QQQQQ"), "1 01 Q1 1st quarter 1");
        assert_eq!(at("G GGGG GGGGG a B"), "AD Anno Domini A AM at night");
        assert_eq!(format("B BBBBB", "2024-03-05T12:00:59Z"), "noon n");
    }

    #[test]
    fn years_outside_four_digits_are_marked() {
        assert_eq!(format("u uu uuu uuuu y", "-0043-01-01"), "-43 43 -043 -0043 44");
        assert_eq!(format("u uuu uuuu yyyyy", "+12024-01-01"), "12024 12024 +12024 12024");
        assert_eq!(format("yyyyMMdd", "2024-01-02"), "20240102");
    }

    #[test]
    fn the_zone_is_utc_with_the_id_z() {
        let text = format("VV z zzzz v O OOOO X XXX x xxx Z ZZZZ", "2024-01-01");
        assert_eq!(text, "Z Z Z Z GMT GMT Z Z +00 +00:00 +0000 GMT");
    }

    #[test]
    fn quotes_sections_and_padding() {
        let at = |pattern| format(pattern, "2024-03-05T04:05:06Z");
        assert_eq!(at("ppppH|ppd"), "   4| 5");
        assert_eq!(at("yyyy[-MM[-dd]]"), "2024-03-05");
        assert_eq!(at("'a''b' '' é"), "a'b ' é");
        assert_eq!(at(""), "");
    }

    #[test]
    fn bad_patterns_are_refused_with_their_place() {
        for (pattern, span) in [
            ("bogus!", 0..1),
            ("HH T", 3..4),
            ("é cc", 3..5),
            ("aa", 0..2),
            ("SSSSSSSSSS", 0..10),
            ("VVV", 0..3),
            ("FF", 0..2),
            ("HH pp-", 3..5),
            ("p", 0..1),
            ("HH]", 2..3),
            ("{", 0..1),
            ("HH 'x", 3..5),
            ("AAAAAAAAAAAAAAAAAAAA", 0..20),
            ("yyyyyyyyyyyy", 0..12),
        ] {
            assert_eq!(JavaPattern::compile(pattern).unwrap_err().span(), span, "{pattern}");
        }
    }

    #[test]
    fn every_instant_can_be_printed() {
        let pattern = JavaPattern::compile("uuuu-MM-dd HH:mm:ss DDD e YYYY ww W g G").unwrap();
        for seconds in [i64::MIN, i64::MAX, 0] {
            let mut out = String::new();
            pattern.format(Timestamp::new(seconds, 0).unwrap(), &mut out);
            assert!(out.len() > 20);
        }
    }
}
