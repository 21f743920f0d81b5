//! The text of a Joda-Time pattern → elements, or an error with its place in the text.
//!
//! `yyyy-MM-dd'T'HH` → `[year, "-", month, "-", day, "T", hour]`. A run of one letter is a field,
//! quoted text and every character that is no letter are literals.

use std::fmt;
use std::ops::Range;

use super::super::day::Shape;
use super::super::locale::{Locale, Names};
use super::super::zone::Zone;
use super::fields::{Field, Plain};
use super::text::TextTable;
use crate::limits::DATE_FIELDS;

/// Holds a compiled pattern with the names of one locale.
///
/// Immutable and free of interior state; parsing and printing with it allocate nothing but the
/// text that grows.
#[derive(Clone, Debug)]
pub struct JodaPattern {
    pub(super) elements: Box<[Element]>,
    pub(super) names: Names,
    /// Whether the text of the pattern has a `y` or `Y` anywhere, quoted ones included.
    pub(super) has_year: bool,
    /// Whether the text of the pattern has a `Z` anywhere.
    pub(super) has_zone: bool,
    /// Whether the fields are a plain date and time, which are put together faster.
    pub(super) plain: bool,
    shape: Option<Shape>,
    /// The element that prints and cannot parse, if there is one.
    unparseable: Option<Range<usize>>,
}

/// One step of parsing or printing.
#[derive(Clone, Debug)]
pub(super) enum Element {
    Fraction { digits: usize },
    Literal(Box<str>),
    Number { field: Field, min_printed: usize, max_parsed: usize, signed: bool },
    Offset { colon: bool },
    Text { field: Field, short: bool, table: Box<TextTable> },
    TwoDigitYear { field: Field, lenient: bool },
    ZoneId,
    ZoneLongName,
    ZoneName(Box<ZoneNames>),
}

impl Element {
    fn field(&self) -> Option<Field> {
        match self {
            Self::Number { field, .. }
            | Self::Text { field, .. }
            | Self::TwoDigitYear { field, .. } => Some(*field),
            Self::Fraction { .. } => Some(Field::FractionOfSecond),
            Self::Literal(_)
            | Self::Offset { .. }
            | Self::ZoneId
            | Self::ZoneLongName
            | Self::ZoneName(_) => None,
        }
    }
}

/// The zone names that Joda-Time parses, with the regions that they stand for.
#[derive(Clone, Debug)]
pub(super) struct ZoneNames(Vec<(&'static str, Zone)>);

impl ZoneNames {
    fn new() -> Self {
        let region = |id| Zone::parse(id).unwrap_or(Zone::utc());
        let mut names = Vec::new();
        // No name begins another but UT, which therefore comes after UTC.
        for name in ["UTC", "GMT", "UT"] {
            names.push((name, Zone::utc()));
        }
        for (name, summer, id) in [
            ("EST", "EDT", "America/New_York"),
            ("CST", "CDT", "America/Chicago"),
            ("MST", "MDT", "America/Denver"),
            ("PST", "PDT", "America/Los_Angeles"),
        ] {
            let zone = region(id);
            names.push((name, zone.clone()));
            names.push((summer, zone));
        }
        Self(names)
    }

    pub(super) fn find(&self, text: &str) -> Option<(&Zone, usize)> {
        let found = self.0.iter().find(|(name, _)| text.starts_with(name));
        found.map(|(name, zone)| (zone, name.len()))
    }
}

/// Reports why a date format cannot be used and where in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateFormatError {
    span: Range<usize>,
    message: String,
    help: Option<String>,
}

impl DateFormatError {
    pub(in super::super) fn new(span: Range<usize>, message: String, help: Option<String>) -> Self {
        Self { span, message, help }
    }

    /// Returns the bytes of the format that the error is about; never past its end.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Returns what is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns what would help, if that is known.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

impl fmt::Display for DateFormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DateFormatError {}

/// A piece of the pattern text.
enum Token {
    /// A run of one letter.
    Letters { letter: u8, count: usize },
    /// Text to take as it is, without its quotes.
    Literal(String),
}

impl JodaPattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    ///
    /// A letter that is no field and not quoted, an empty pattern, or more fields than
    /// [`DATE_FIELDS`]. An unclosed quote ends with the text.
    pub fn compile(pattern: &str, locale: &Locale) -> Result<Self, DateFormatError> {
        let mut elements = Vec::new();
        let mut unparseable = None;
        let mut fields = 0;
        let mut at = 0;
        while at < pattern.len() {
            let (token, end) = next_token(pattern, at);
            let span = at..end;
            at = end;
            let (letter, count) = match token {
                Token::Literal(text) => {
                    if !text.is_empty() {
                        elements.push(Element::Literal(text.into()));
                    }
                    continue;
                }
                Token::Letters { letter, count } => (letter, count),
            };
            let before_number = is_numeric(pattern, at);
            let Some(element) = element(letter, count, before_number, locale) else {
                return Err(illegal_letters(pattern, span));
            };
            if matches!(element, Element::ZoneLongName) {
                unparseable.get_or_insert_with(|| span.clone());
            }
            fields += 1;
            if fields > DATE_FIELDS {
                let message = format!("more than {DATE_FIELDS} fields in one date format");
                return Err(DateFormatError::new(span, message, None));
            }
            elements.push(element);
        }
        if elements.is_empty() {
            let message = "the date format is empty".to_owned();
            let help = "use a pattern such as `yyyy-MM-dd HH:mm:ss` or `ISO8601`".to_owned();
            return Err(DateFormatError::new(0..pattern.len(), message, Some(help)));
        }
        let plain = Plain::can_hold(elements.iter().filter_map(Element::field));
        let (has_year, has_zone) = (pattern.contains(['y', 'Y']), pattern.contains('Z'));
        let shape = shape(&elements).filter(|_| plain && (has_year || !has_zone));
        Ok(Self {
            elements: elements.into(),
            plain,
            shape,
            names: *locale.names(),
            has_year,
            has_zone,
            unparseable,
        })
    }

    /// Tells whether the year comes from the clock.
    pub fn guesses_year(&self) -> bool {
        !self.has_year
    }

    /// Returns how texts go on behind their dates, where only their times of day differ from text to
    /// text of one day.
    pub(in super::super) fn shape(&self) -> Option<Shape> {
        self.shape
    }

    /// Returns the part of the pattern that can be printed but not parsed: `zzzz`.
    pub fn unparseable(&self) -> Option<Range<usize>> {
        self.unparseable.clone()
    }
}

/// Finds `HH:mm:ss`, perhaps with decimals, behind a date that ends in a literal and before texts that do
/// not depend on the time.
fn shape(elements: &[Element]) -> Option<Shape> {
    let is_date = |element: &Element| match element {
        Element::Number { field, .. } => matches!(
            field,
            Field::Year
                | Field::YearOfEra
                | Field::MonthOfYear
                | Field::DayOfMonth
                | Field::DayOfWeek
        ),
        // A name with digits in it could reach into the hour.
        Element::Text { field: Field::MonthOfYear | Field::DayOfWeek, table, .. } => {
            !table.has_digits()
        }
        Element::Literal(_) => true,
        _ => false,
    };
    let is_tail = |element: &Element| {
        matches!(
            element,
            Element::Literal(_)
                | Element::Offset { .. }
                | Element::Number { field: Field::Year | Field::YearOfEra, .. }
        )
    };
    let number = |element: &Element, wanted: Field| matches!(element, Element::Number { field, max_parsed: 2, signed: false, .. } if *field == wanted);
    let colon = |element: &Element| matches!(element, Element::Literal(text) if **text == *":");
    let hour = elements.iter().position(|element| number(element, Field::HourOfDay))?;
    let (date, time) = elements.split_at(hour);
    let [_, first, minute, second, seconds, rest @ ..] = time else { return None };
    let is_clock = colon(first)
        && number(minute, Field::MinuteOfHour)
        && colon(second)
        && number(seconds, Field::SecondOfMinute);
    let is_dated = matches!(date.last(), Some(Element::Literal(_))) && date.iter().all(is_date);
    let (shape, tail) = match rest {
        [Element::Literal(mark), Element::Fraction { digits }, tail @ ..] => {
            let &[mark] = mark.as_bytes() else { return None };
            let decimals = (*digits).min(9);
            (Shape { marks: [mark, mark], decimals, optional: false }, tail)
        }
        tail => (Shape { marks: [0, 0], decimals: 0, optional: false }, tail),
    };
    (is_clock && is_dated && tail.iter().all(is_tail)).then_some(shape)
}

/// Cuts the token at a byte position that begins a character; returns its end too.
fn next_token(pattern: &str, start: usize) -> (Token, usize) {
    let bytes = pattern.as_bytes();
    let letter = bytes[start];
    if letter.is_ascii_alphabetic() {
        let count = bytes[start..].iter().take_while(|&&byte| byte == letter).count();
        return (Token::Letters { letter, count }, start + count);
    }
    let mut text = String::new();
    let mut quoted = false;
    let mut rest = pattern[start..].char_indices().peekable();
    while let Some((offset, character)) = rest.next() {
        if character == '\'' {
            if rest.next_if(|(_, next)| *next == '\'').is_some() {
                text.push('\'');
            } else {
                quoted = !quoted;
            }
        } else if !quoted && character.is_ascii_alphabetic() {
            return (Token::Literal(text), start + offset);
        } else {
            text.push(character);
        }
    }
    (Token::Literal(text), pattern.len())
}

/// Tells whether the token at a position is a number, so that the one before must not take more
/// digits than it has letters.
fn is_numeric(pattern: &str, at: usize) -> bool {
    let bytes = &pattern.as_bytes()[at..];
    match bytes.first() {
        Some(b'M') => bytes.iter().take_while(|&&byte| byte == b'M').count() <= 2,
        Some(letter) => b"CxyYdhHmsSeDwkK".contains(letter),
        None => false,
    }
}

fn element(letter: u8, count: usize, before_number: bool, locale: &Locale) -> Option<Element> {
    let number = |field, max: usize, signed| Element::Number {
        field,
        min_printed: count,
        max_parsed: max.max(count),
        signed,
    };
    let text = |field, short| {
        let table = Box::new(TextTable::new(field, locale));
        Element::Text { field, short, table }
    };
    let year = |field, signed| {
        if count == 2 {
            return Element::TwoDigitYear {
                field: if field == Field::YearOfEra { Field::Year } else { field },
                lenient: !before_number,
            };
        }
        number(field, if before_number { count } else { 9 }, signed)
    };
    Some(match letter {
        b'C' => number(Field::CenturyOfEra, count, true),
        b'D' => number(Field::DayOfYear, 3, false),
        b'E' => text(Field::DayOfWeek, count < 4),
        b'G' => text(Field::Era, false),
        b'H' => number(Field::HourOfDay, 2, false),
        b'K' => number(Field::HourOfHalf, 2, false),
        b'M' if count >= 3 => text(Field::MonthOfYear, count == 3),
        b'M' => number(Field::MonthOfYear, 2, false),
        b'S' => Element::Fraction { digits: count },
        b'Y' => year(Field::YearOfEra, false),
        b'Z' if count >= 3 => Element::ZoneId,
        b'Z' => Element::Offset { colon: count == 2 },
        b'a' => text(Field::HalfOfDay, false),
        b'd' => number(Field::DayOfMonth, 2, false),
        b'e' => number(Field::DayOfWeek, 1, false),
        b'h' => number(Field::ClockhourOfHalf, 2, false),
        b'k' => number(Field::ClockhourOfDay, 2, false),
        b'm' => number(Field::MinuteOfHour, 2, false),
        b's' => number(Field::SecondOfMinute, 2, false),
        b'w' => number(Field::WeekOfWeekYear, 2, false),
        b'x' => year(Field::WeekYear, true),
        b'y' => year(Field::Year, true),
        b'z' if count >= 4 => Element::ZoneLongName,
        b'z' => Element::ZoneName(Box::new(ZoneNames::new())),
        _ => return None,
    })
}

fn illegal_letters(pattern: &str, span: Range<usize>) -> DateFormatError {
    let letters = &pattern[span.clone()];
    let message = format!("`{letters}` is not a field of a date format");
    let first_special = ["ISO8601", "UNIX", "UNIX_MS", "TAI64N"]
        .into_iter()
        .find(|special| special.eq_ignore_ascii_case(pattern));
    let help = if let Some(special) = first_special {
        format!("did you mean `{special}`? These names are in upper case")
    } else if pattern.contains("%{") {
        "fields of the event cannot be used in a date format".to_owned()
    } else if pattern.starts_with("UNIX") {
        "the epoch formats are `UNIX` (seconds) and `UNIX_MS` (milliseconds)".to_owned()
    } else {
        format!("put text that stands for itself in quotes: `'{letters}'`")
    };
    DateFormatError::new(span, message, Some(help))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn error(pattern: &str) -> DateFormatError {
        JodaPattern::compile(pattern, &Locale::english()).unwrap_err()
    }

    #[test]
    fn errors_point_at_the_letters() {
        let unquoted = error("yyyy-MM-ddTHH:mm");
        assert_eq!(unquoted.span(), 10..11);
        assert_eq!(unquoted.message(), "`T` is not a field of a date format");
        assert_eq!(unquoted.help(), Some("put text that stands for itself in quotes: `'T'`"));
        assert_eq!(error("é bb").span(), 3..5);
        assert_eq!(error("").span(), 0..0);
        assert_eq!(error("'").span(), 0..1);
    }

    #[test]
    fn misspelt_special_formats_are_named() {
        assert!(error("iso8601").help().unwrap().contains("ISO8601"));
        assert!(error("unix").help().unwrap().contains("UNIX"));
        assert!(error("UNIX_NS").help().unwrap().contains("UNIX_MS"));
        assert!(error("%{format}").help().unwrap().contains("event"));
    }

    #[test]
    fn every_letter_is_a_field_or_an_error() {
        for letter in ('a'..='z').chain('A'..='Z') {
            let compiled = JodaPattern::compile(&letter.to_string(), &Locale::english());
            assert_eq!(compiled.is_ok(), "GCxwyYeEDMdaKhHkmsSzZ".contains(letter), "{letter}");
        }
    }

    #[test]
    fn long_zone_names_are_only_for_printing() {
        let pattern = JodaPattern::compile("HH zzzz", &Locale::english()).unwrap();
        assert_eq!(pattern.unparseable(), Some(3..7));
    }

    #[test]
    fn fields_are_limited() {
        let pattern = "d ".repeat(DATE_FIELDS);
        assert!(JodaPattern::compile(&pattern, &Locale::english()).is_ok());
        assert_eq!(error(&(pattern.clone() + "d")).span().start, pattern.len());
    }
}
