//! The texts of a named field: `mar`, `March`, `MARCH` → 3.
//!
//! A text counts if it is the short or the long name as written in the table, or all in lower or
//! all in upper case; the longest that fits wins. Source: Joda-Time `TextField.parseInto`.

use super::super::locale::{Locale, Names, equals_ignore_case};
use super::fields::Field;

/// Lists every accepted text of a field, longest first.
#[derive(Clone, Debug)]
pub(super) struct TextTable {
    /// Sorted by first byte, then longest first.
    entries: Vec<Entry>,
    /// For each first byte the entries that begin with it.
    first: Box<[(u16, u16); 256]>,
}

#[derive(Clone, Debug)]
struct Entry {
    /// The first bytes of the text, padded with zeros.
    head: [u8; 4],
    mask: u32,
    text: Box<str>,
    /// `None` for a text that is accepted and then has no value, which fails the parse.
    value: Option<i32>,
}

impl TextTable {
    pub(super) fn new(field: Field, locale: &Locale) -> Self {
        let (long, short, first_value) = field_names(field, locale.names());
        let mut names: Vec<(&str, i32)> = Vec::new();
        // Where two names are alike in their letters, Joda-Time keeps the short name's value, and
        // of equal ones the first.
        for list in [short, long] {
            for (name, value) in list.iter().zip(first_value..) {
                names.push((name, value));
            }
        }
        let mut max_units = long.iter().map(|name| utf16_len(name)).max().unwrap_or(0);
        if field == Field::Era && locale.language() == "en" {
            names.extend([("BCE", 0), ("CE", 1)]);
            max_units = 3;
        }
        let mut entries: Vec<Entry> = Vec::new();
        for (name, _) in &names {
            for text in [(*name).to_owned(), locale.lower(name), locale.upper(name)] {
                let known = entries.iter().any(|entry| *entry.text == *text);
                if known || text.is_empty() || utf16_len(&text) > max_units {
                    continue;
                }
                let value = names
                    .iter()
                    .find(|(name, _)| equals_ignore_case(name, &text))
                    .map(|(_, value)| *value);
                entries.push(Entry::new(text, value));
            }
        }
        entries.sort_by_key(|entry| (entry.head[0], std::cmp::Reverse(entry.text.len())));
        let mut first = Box::new([(0, 0); 256]);
        for (index, entry) in (0_u16..).zip(&entries) {
            let range = &mut first[usize::from(entry.head[0])];
            if range.1 == 0 {
                range.0 = index;
            }
            range.1 = index + 1;
        }
        Self { entries, first }
    }

    /// Tells whether a digit stands in one of the texts.
    pub(super) fn has_digits(&self) -> bool {
        self.entries.iter().any(|entry| entry.text.contains(|c: char| c.is_ascii_digit()))
    }

    /// Finds the longest text at the beginning; returns its value and its length.
    pub(super) fn find(&self, text: &str) -> Option<(i32, usize)> {
        let bytes = text.as_bytes();
        let (start, end) = self.first[usize::from(*bytes.first()?)];
        // PERF: four bytes decide nearly always, so that one comparison a name is enough.
        let mut head = [0; 4];
        let known = bytes.len().min(4);
        head[..known].copy_from_slice(&bytes[..known]);
        let head = u32::from_le_bytes(head);
        let found = self.entries[usize::from(start)..usize::from(end)].iter().find(|entry| {
            head & entry.mask == u32::from_le_bytes(entry.head) && text.starts_with(&*entry.text)
        })?;
        Some((found.value?, found.text.len()))
    }
}

impl Entry {
    fn new(text: String, value: Option<i32>) -> Self {
        let (mut head, mut mask) = ([0; 4], [0; 4]);
        for (at, byte) in text.bytes().take(4).enumerate() {
            head[at] = byte;
            mask[at] = 0xFF;
        }
        Self { head, mask: u32::from_le_bytes(mask), text: text.into(), value }
    }
}

/// Returns the long names, the short names and the value of the first.
pub(super) fn field_names(field: Field, names: &Names) -> (&[&'static str], &[&'static str], i32) {
    match field {
        Field::MonthOfYear => (&names.months, &names.short_months, 1),
        Field::DayOfWeek => (&names.days, &names.short_days, 1),
        Field::HalfOfDay => (&names.halves, &names.halves, 0),
        _ => (&names.eras, &names.eras, 0),
    }
}

/// Java counts text in UTF-16 units.
fn utf16_len(text: &str) -> usize {
    text.encode_utf16().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(field: Field, tag: &str, text: &str) -> Option<(i32, usize)> {
        TextTable::new(field, &Locale::parse(tag)).find(text)
    }

    #[test]
    fn names_count_as_written_or_in_one_case() {
        for text in ["Mar", "mar", "MAR", "March", "march", "MARCH"] {
            assert_eq!(find(Field::MonthOfYear, "en", text), Some((3, text.len())), "{text}");
        }
        assert_eq!(find(Field::MonthOfYear, "en", "mAR"), None);
        assert_eq!(find(Field::MonthOfYear, "en", "Ma"), None);
        assert_eq!(find(Field::MonthOfYear, "en", ""), None);
    }

    #[test]
    fn the_longest_name_wins() {
        assert_eq!(find(Field::MonthOfYear, "en", "Sept"), Some((9, 3)));
        assert_eq!(find(Field::MonthOfYear, "de", "Juni."), Some((6, 4)));
        assert_eq!(find(Field::MonthOfYear, "fr", "déc. 5"), Some((12, 5)));
        assert_eq!(find(Field::MonthOfYear, "ja", "12月"), Some((12, 5)));
        assert_eq!(find(Field::MonthOfYear, "ja", "2月"), Some((2, 4)));
    }

    #[test]
    fn weekdays_count_from_monday() {
        assert_eq!(find(Field::DayOfWeek, "en", "Mon"), Some((1, 3)));
        assert_eq!(find(Field::DayOfWeek, "es", "domingo"), Some((7, 7)));
    }

    #[test]
    fn english_has_two_words_for_each_era() {
        for (text, value) in [("BC", 0), ("BCE", 0), ("AD", 1), ("ce", 1)] {
            assert_eq!(find(Field::Era, "en-GB", text), Some((value, text.len())));
        }
    }

    #[test]
    fn turkish_names_follow_turkish_letters() {
        assert_eq!(find(Field::MonthOfYear, "tr", "NİSAN"), Some((4, 6)));
        assert_eq!(find(Field::MonthOfYear, "tr", "haziran"), Some((6, 7)));
    }
}
