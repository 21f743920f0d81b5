//! Locale tags → the names of months, weekdays, am/pm and eras.
//!
//! `fr-CA` → `janv.`, `févr.`, … The names are those of CLDR 39, the edition in Java 17, in the
//! forms of `java.text.DateFormatSymbols` that Joda-Time prints and parses; the table is written by
//! `tools/locales`. A tag that is not in it loses its last part until one is found, and ends at the
//! root row with its English names, as in the JDK.

/// Holds the names of one language, and how its letters change case.
#[derive(Clone, Debug)]
pub struct Locale {
    language: String,
    names: Names,
}

/// The names of one locale; all slices of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) months: [&'static str; 12],
    pub(super) short_months: [&'static str; 12],
    /// From Monday.
    pub(super) days: [&'static str; 7],
    /// From Monday.
    pub(super) short_days: [&'static str; 7],
    /// Morning, afternoon.
    pub(super) halves: [&'static str; 2],
    /// Before and after the year 1.
    pub(super) eras: [&'static str; 2],
}

const TABLE: &str = include_str!("locales.tsv");

impl Locale {
    /// Finds the locale of a BCP 47 tag; `_` stands for `-`, and case does not matter.
    ///
    /// Reading stops at the first part that is not well formed. An unknown language, and the empty
    /// tag, get the root names, which are English abbreviations (`Jan`) for the long names too.
    pub fn parse(tag: &str) -> Self {
        let parts = Tag::parse(tag);
        let mut key = parts.key();
        let names = loop {
            if let Some(names) = row(&key) {
                break names;
            }
            match key.rfind('-') {
                Some(cut) => key.truncate(cut),
                None => break row("root").unwrap_or(EMPTY),
            }
        };
        Self { language: parts.language, names }
    }

    /// Returns US English, the language of the host.
    pub fn english() -> Self {
        Self::parse("en")
    }

    /// Returns the language subtag in lower case; empty for the root.
    pub fn language(&self) -> &str {
        &self.language
    }

    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    /// Changes letters to lower case by the rules of the language.
    pub(super) fn lower(&self, text: &str) -> String {
        let turkic = self.is_turkic();
        let mut out = String::with_capacity(text.len());
        for letter in text.chars() {
            match letter {
                'I' if turkic => out.push('ı'),
                'İ' if turkic => out.push('i'),
                _ => out.extend(letter.to_lowercase()),
            }
        }
        out
    }

    /// Changes letters to upper case by the rules of the language.
    pub(super) fn upper(&self, text: &str) -> String {
        let turkic = self.is_turkic();
        let mut out = String::with_capacity(text.len());
        for letter in text.chars() {
            match letter {
                'i' if turkic => out.push('İ'),
                _ => out.extend(letter.to_uppercase()),
            }
        }
        out
    }

    fn is_turkic(&self) -> bool {
        matches!(self.language.as_str(), "tr" | "az")
    }
}

const EMPTY: Names = Names {
    months: [""; 12],
    short_months: [""; 12],
    days: [""; 7],
    short_days: [""; 7],
    halves: [""; 2],
    eras: [""; 2],
};

/// The parts of a tag that choose names.
struct Tag {
    language: String,
    script: String,
    region: String,
}

impl Tag {
    fn parse(tag: &str) -> Self {
        let mut parts = tag.split(['-', '_']).peekable();
        let mut found =
            Self { language: String::new(), script: String::new(), region: String::new() };
        let is_alpha = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
        let Some(language) = parts.next_if(|part| is_alpha(part) && (2..=8).contains(&part.len()))
        else {
            return found;
        };
        found.language = language.to_ascii_lowercase();
        if found.language == "und" {
            found.language.clear();
        }
        // An extended language is a language of its own: zh-yue is yue.
        if language.len() <= 3
            && let Some(extended) = parts.next_if(|part| part.len() == 3 && is_alpha(part))
        {
            found.language = extended.to_ascii_lowercase();
        }
        if let Some(script) = parts.next_if(|part| part.len() == 4 && is_alpha(part)) {
            let (first, rest) = script.split_at(1);
            found.script = first.to_ascii_uppercase() + &rest.to_ascii_lowercase();
        }
        let is_region = |part: &&str| match part.len() {
            2 => is_alpha(part),
            3 => part.bytes().all(|byte| byte.is_ascii_digit()),
            _ => false,
        };
        if let Some(region) = parts.next_if(is_region) {
            found.region = region.to_ascii_uppercase();
        }
        found
    }

    fn key(&self) -> String {
        let parts = [&self.language, &self.script, &self.region];
        let parts: Vec<&str> =
            parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        parts.join("-")
    }
}

/// Finds the row that lists the tag.
fn row(tag: &str) -> Option<Names> {
    let line = TABLE
        .lines()
        .find(|line| line.split('\t').next().is_some_and(|tags| tags.split(' ').any(|t| t == tag)));
    let mut fields = line?.split('\t').skip(1);
    let months = split(fields.next()?)?;
    let short_months = split(fields.next()?)?;
    let mut days: [&str; 7] = split(fields.next()?)?;
    let mut short_days: [&str; 7] = split(fields.next()?)?;
    // The table begins with Sunday, as Java does; the fields count from Monday.
    days.rotate_left(1);
    short_days.rotate_left(1);
    let halves = split(fields.next()?)?;
    let eras = split(fields.next()?)?;
    Some(Names { months, short_months, days, short_days, halves, eras })
}

fn split<const N: usize>(field: &'static str) -> Option<[&'static str; N]> {
    let mut names = [""; N];
    let mut parts = field.split('|');
    for name in &mut names {
        *name = parts.next()?;
    }
    parts.next().is_none().then_some(names)
}

/// Compares two texts without regard to case, letter by letter as Java's `String` does.
pub(super) fn equals_ignore_case(left: &str, right: &str) -> bool {
    let (mut left, mut right) = (left.chars(), right.chars());
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b || fold(a) == fold(b) => {}
            _ => return false,
        }
    }
}

/// Folds one letter as `Character.toLowerCase(Character.toUpperCase(c))`: one to one, below U+10000.
pub(super) fn fold(letter: char) -> char {
    if letter.is_ascii() {
        return letter.to_ascii_lowercase();
    }
    if u32::from(letter) > 0xFFFF {
        return letter;
    }
    let upper = single(letter, letter.to_uppercase());
    single(upper, upper.to_lowercase())
}

/// Returns the only letter of a case mapping, or the letter itself if the mapping is longer.
fn single(letter: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        // The one long mapping whose simple form differs: İ to i.
        _ if letter == 'İ' => 'i',
        _ => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_complete() {
        let mut tags = Vec::new();
        for line in TABLE.lines() {
            for tag in line.split('\t').next().unwrap_or("").split(' ') {
                assert!(row(tag).is_some(), "{tag}");
                tags.push(tag);
            }
        }
        assert!(tags.len() > 250);
        let count = tags.len();
        tags.sort_unstable();
        tags.dedup();
        assert_eq!(tags.len(), count);
    }

    #[test]
    fn tags_fall_back_part_by_part() {
        let first = |tag: &str| Locale::parse(tag).names().months[0];
        assert_eq!(first("fr"), "janvier");
        assert_eq!(first("fr-FR"), "janvier");
        assert_eq!(first("FR_fr"), "janvier");
        assert_eq!(first("fr-Latn-FR-x-private"), "janvier");
        assert_eq!(first("de-AT"), "Jänner");
        assert_eq!(first("de-Latn-DE"), "Januar");
        assert_eq!(first("iw"), first("he"));
        assert_eq!(first("en-US-POSIX"), "January");
    }

    #[test]
    fn unknown_languages_have_the_root_names() {
        for tag in ["", "xx", "bogus", "invalid-locale-xx", "und", "x-foo", "é", "-fr"] {
            let names = *Locale::parse(tag).names();
            assert_eq!((names.months[6], names.days[0]), ("Jul", "Mon"), "{tag}");
        }
    }

    #[test]
    fn parents_that_are_not_prefixes_are_followed() {
        assert_eq!(Locale::parse("zh-TW").names().halves, Locale::parse("zh-Hant").names().halves);
        assert_eq!(Locale::parse("es-MX").names().days[0], "lunes");
        assert_eq!(Locale::parse("no").names(), Locale::parse("nb").names());
    }

    #[test]
    fn turkish_has_two_letters_i() {
        let turkish = Locale::parse("tr-TR");
        assert_eq!(turkish.upper("Nisan"), "NİSAN");
        assert_eq!(turkish.lower("KASIM"), "kasım");
        assert_eq!(Locale::english().upper("ß"), "SS");
    }

    #[test]
    fn folding_is_one_letter_to_one() {
        assert!(equals_ignore_case("März", "MÄRZ"));
        assert!(!equals_ignore_case("ß", "SS"));
        assert!(!equals_ignore_case("a", "ab"));
        assert_eq!(fold('K'), 'k');
    }
}
