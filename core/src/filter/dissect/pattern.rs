//! Patterns of dissect: from their text to delimiters, and from a subject to the places of the fields.

use memchr::memmem::Finder;

use crate::diagnostic::Code;
use crate::filter::CompileCx;
use crate::filter::dissect::{How, Saved};
use crate::filter::field::{FieldName, PlainField};
use crate::program::options::{OptionKind, OptionValue};
use crate::scan::{Kernel, Level, Near, Simd};

/// A pattern, ready to be searched.
#[derive(Debug)]
pub(super) struct Pattern {
    /// What a subject starts with.
    prefix: Box<str>,
    /// What stands behind each field but the last.
    delimiters: Box<[Delimiter]>,
    /// A pattern that has none fits nothing.
    has_fields: bool,
    /// What is set, in this order: plain fields, then what is appended, then what is named by others.
    pub(super) saved: Box<[Saved]>,
}

#[derive(Debug)]
struct Delimiter {
    text: Box<str>,
    search: Search,
    /// `->`: it may repeat.
    is_padding: bool,
}

/// How a delimiter is found.
#[derive(Debug)]
enum Search {
    Byte(u8),
    Long(Box<Finder<'static>>),
    /// There is no text between two fields.
    Never,
    /// By its rarest byte, which stands at `at`; its bytes are those of `word` under `mask`.
    Short { byte: u8, at: usize, word: u64, mask: u64 },
}

/// Why a subject does not fit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Miss {
    /// The delimiter; nothing for the text in front.
    delimiter: Option<usize>,
    /// Where it was looked for.
    pub(super) from: usize,
}

/// A pattern that was reported as bad.
pub(super) struct Refused;

/// A field as written: `%{+name/2->}`.
struct Field<'p> {
    kind: Kind,
    name: &'p str,
    order: u8,
    is_padded: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Append,
    Indirect,
    Normal,
    Skip,
}

impl Pattern {
    /// Reads a pattern; an empty one does nothing.
    pub(super) fn compile(
        option: &OptionValue,
        cx: &mut CompileCx<'_>,
    ) -> Result<Option<Self>, Refused> {
        let OptionKind::Text(text) = &option.kind else {
            let message = format!("a pattern of `mapping` is a text; found `{}`", option.to_text());
            cx.error(Code::WrongType, option.span, message);
            return Err(Refused);
        };
        if text.is_empty() {
            return Ok(None);
        }
        let mut sound = true;
        let mut fields: Vec<Field<'_>> = Vec::new();
        // What stands before each field.
        let mut literals = Vec::new();
        let mut rest = text.as_str();
        while let Some((literal, inner, behind)) = next_field(rest) {
            let start = text.len() - rest.len() + literal.len();
            match Field::parse(inner) {
                Ok(field) => fields.push(field),
                Err(message) => {
                    let place = start..text.len() - behind.len();
                    cx.error(Code::BadPattern, cx.inside(option.span, text, &place), message);
                    sound = false;
                }
            }
            literals.push(literal);
            rest = behind;
        }
        // Logstash takes what follows the last brace, whatever stands before it.
        let last = rest.rsplit('}').next().unwrap_or("");
        if !last.is_empty() {
            if fields.is_empty() && sound {
                let message = "the pattern has no field, and could not take a text apart";
                let help = "write fields as `%{name}` with the text that separates them between";
                let code = Code::BadPattern;
                cx.error_with_help(code, option.span, message, help);
                sound = false;
            }
            let kind = Kind::Skip;
            fields.push(Field { kind, name: "auto_added_skip", order: 0, is_padded: false });
            literals.push(last);
        }
        if !sound {
            return Err(Refused);
        }
        let padded = fields.iter().map(|field| field.is_padded);
        let delimiters = literals.iter().skip(1).zip(padded);
        Ok(Some(Self {
            prefix: literals.first().copied().unwrap_or("").into(),
            delimiters: delimiters.map(|(text, padded)| Delimiter::new(text, padded)).collect(),
            has_fields: !fields.is_empty(),
            saved: saved(&fields, &literals, cx),
        }))
    }

    /// Finds the text of each field: the places, in the order of the pattern.
    pub(super) fn find(
        &self,
        subject: &str,
        simd: Simd,
        spans: &mut Vec<(usize, usize)>,
    ) -> Result<(), Miss> {
        spans.clear();
        let bytes = subject.as_bytes();
        let in_front = Miss { delimiter: None, from: 0 };
        if bytes.is_empty() || !self.has_fields {
            return Err(in_front);
        }
        // PERF: most patterns have nothing in front, and that is not worth a call.
        if !self.prefix.is_empty() && !subject.starts_with(&*self.prefix) {
            return Err(in_front);
        }
        simd.dispatch(Find { pattern: self, bytes, spans })
    }

    /// The delimiter that was not found; nothing when the pattern has no field.
    pub(super) fn delimiter(&self, miss: Miss) -> Option<&str> {
        match miss.delimiter {
            Some(index) => self.delimiters.get(index).map(|delimiter| &*delimiter.text),
            None => self.has_fields.then_some(&*self.prefix),
        }
    }
}

impl Miss {
    /// Whether the text before the first field is missing.
    pub(super) fn is_at_start(self) -> bool {
        self.delimiter.is_none()
    }
}

impl Delimiter {
    /// Bytes up to which one byte is looked for and the rest compared.
    const SHORT_BYTES: usize = 8;

    fn new(text: &str, is_padding: bool) -> Self {
        let search = match text.as_bytes() {
            [] => Search::Never,
            [byte] => Search::Byte(*byte),
            bytes if bytes.len() <= Self::SHORT_BYTES => {
                let rarest = (0..bytes.len()).min_by_key(|&at| frequency(bytes[at])).unwrap_or(0);
                let mut word = [0; Self::SHORT_BYTES];
                word[..bytes.len()].copy_from_slice(bytes);
                Search::Short {
                    byte: bytes[rarest],
                    at: rarest,
                    word: u64::from_le_bytes(word),
                    mask: u64::MAX >> (64 - 8 * bytes.len()),
                }
            }
            bytes => Search::Long(Box::new(Finder::new(bytes).into_owned())),
        };
        Self { text: text.into(), search, is_padding }
    }

    /// The first place at or behind `from`.
    #[inline(always)]
    fn find<L: Level>(
        &self,
        level: L,
        near: &mut Near,
        bytes: &[u8],
        from: usize,
    ) -> Option<usize> {
        match &self.search {
            Search::Byte(byte) => {
                let found = near.find1(level, *byte, bytes, from);
                (found < bytes.len()).then_some(found)
            }
            Search::Short { byte, at, .. } => {
                let mut start = from + at;
                loop {
                    let found = near.find1(level, *byte, bytes, start);
                    if found >= bytes.len() {
                        return None;
                    }
                    if self.is_at(bytes, found - at) {
                        return Some(found - at);
                    }
                    start = found + 1;
                }
            }
            Search::Long(finder) => finder.find(bytes.get(from..)?).map(|at| from + at),
            Search::Never => None,
        }
    }

    /// Whether the delimiter stands at a place.
    #[inline(always)]
    fn is_at(&self, bytes: &[u8], place: usize) -> bool {
        let Some(rest) = bytes.get(place..) else { return false };
        match (&self.search, rest.first_chunk()) {
            (Search::Byte(byte), _) => rest.first() == Some(byte),
            (Search::Short { word, mask, .. }, Some(chunk)) => {
                u64::from_le_bytes(*chunk) & mask == *word
            }
            _ => rest.starts_with(self.text.as_bytes()) && !self.text.is_empty(),
        }
    }
}

/// Finds the places of the fields behind the text in front.
struct Find<'a> {
    pattern: &'a Pattern,
    bytes: &'a [u8],
    spans: &'a mut Vec<(usize, usize)>,
}

// PERF: most fields are shorter than a block, and a call for each would take longer than to find its end.
impl Kernel for Find<'_> {
    type Output = Result<(), Miss>;

    #[inline(always)]
    fn run<L: Level>(self, level: L) -> Self::Output {
        let Self { pattern, bytes, spans } = self;
        spans.reserve(pattern.delimiters.len() + 1);
        let mut near = Near::default();
        let mut left = pattern.prefix.len();
        for (index, delimiter) in pattern.delimiters.iter().enumerate() {
            let Some(at) = delimiter.find(level, &mut near, bytes, left) else {
                return Err(Miss { delimiter: Some(index), from: left });
            };
            spans.push((left, at));
            // Logstash does not go on behind a delimiter at the very start of the text.
            if at > 0 {
                left = at + delimiter.text.len();
            }
            if delimiter.is_padding {
                while delimiter.is_at(bytes, left) {
                    left += delimiter.text.len();
                }
            }
        }
        spans.push((left, bytes.len()));
        Ok(())
    }
}

/// How often a byte stands in logs, roughly: the rarer, the better to look for.
fn frequency(byte: u8) -> u8 {
    match byte {
        b' ' => 4,
        b'a'..=b'z' | b'0'..=b'9' => 3,
        b'A'..=b'Z' | b'.' | b'-' | b'/' | b':' => 2,
        b',' | b'=' | b'"' | b'_' => 1,
        _ => 0,
    }
}

/// The text before the next `%{..}`, what stands in it, and the text behind.
fn next_field(text: &str) -> Option<(&str, &str, &str)> {
    let (literal, rest) = text.split_once("%{")?;
    let (inner, behind) = rest.split_once('}')?;
    Some((literal, inner, behind))
}

impl<'p> Field<'p> {
    fn parse(text: &'p str) -> Result<Self, String> {
        let (kind, rest) = match text.as_bytes() {
            [] | [b'?', ..] => (Kind::Skip, text.get(1..).unwrap_or("")),
            [b'+', b'&', ..] | [b'&', b'+', ..] => {
                return Err(format!(
                    "`%{{{text}}}` both appends (`+`) and is named by another field (`&`); a field is only one"
                ));
            }
            [b'+', ..] => (Kind::Append, &text[1..]),
            [b'&', ..] => (Kind::Indirect, &text[1..]),
            _ => (Kind::Normal, text),
        };
        let (name, suffix) = split_suffix(rest);
        if name.is_empty() && matches!(kind, Kind::Append | Kind::Indirect) {
            return Err(format!("`%{{{text}}}` has no name"));
        }
        let digits = suffix.trim_matches(['-', '>', '/']);
        let order = digits.parse().unwrap_or(0);
        Ok(Self { kind, name, order, is_padded: suffix.contains("->") })
    }
}

/// Splits off `/2`, `->`, `/2->` or `->/2`.
fn split_suffix(text: &str) -> (&str, &str) {
    let order = |text: &str| -> Option<usize> {
        let digits = text.bytes().rev().take_while(u8::is_ascii_digit).count();
        let before = text.len() - digits;
        // Of more digits than two the name takes the rest, and then no `/` stands before them.
        ((1..=2).contains(&digits) && text[..before].ends_with('/')).then(|| before - 1)
    };
    let end = match (text.strip_suffix("->"), order(text)) {
        (Some(front), _) => order(front).unwrap_or(front.len()),
        (None, Some(at)) => text[..at].strip_suffix("->").map_or(at, str::len),
        (None, None) => text.len(),
    };
    text.split_at(end)
}

/// What is set of the fields, in order; skipped ones are not.
fn saved(fields: &[Field<'_>], literals: &[&str], cx: &CompileCx<'_>) -> Box<[Saved]> {
    let style = cx.options.field_reference_escape_style;
    let mut order: Vec<usize> =
        (0..fields.len()).filter(|&at| fields[at].kind != Kind::Skip).collect();
    order.sort_by_key(|&at| match fields[at].kind {
        Kind::Normal | Kind::Skip => (0, 0),
        Kind::Append => (1, fields[at].order),
        Kind::Indirect => (2, 0),
    });
    let mut saved: Vec<Saved> = Vec::with_capacity(order.len());
    for at in order {
        let name = fields[at].name;
        let field = FieldName::fixed(name, style);
        let how = match fields[at].kind {
            Kind::Append => {
                let before = if at == 0 && literals[0].is_empty() { " " } else { literals[at] };
                How::Append { join: before.into() }
            }
            Kind::Indirect => {
                let mut others = (0..fields.len()).filter(|&other| other != at);
                How::Indirect { name_at: others.find(|&other| fields[other].name == name) }
            }
            Kind::Normal | Kind::Skip => How::Set,
        };
        let plain = match how {
            How::Set => PlainField::new(&field, saved.iter().map(|earlier| &earlier.field)),
            _ => None,
        };
        saved.push(Saved { at, field, plain, how });
    }
    saved.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_come_off_in_both_orders() {
        for (text, name, suffix) in [
            ("a", "a", ""),
            ("a->", "a", "->"),
            ("a/2", "a", "/2"),
            ("a/12->", "a", "/12->"),
            ("a->/3", "a", "->/3"),
            ("a/123", "a/123", ""),
            ("a/x", "a/x", ""),
            ("->", "", "->"),
            ("", "", ""),
        ] {
            assert_eq!(split_suffix(text), (name, suffix), "{text}");
        }
    }

    #[test]
    fn delimiters_of_every_length_are_found_at_their_first_place() {
        struct First<'a>(&'a Delimiter, &'a str, usize);
        impl Kernel for First<'_> {
            type Output = Option<usize>;

            #[inline(always)]
            fn run<L: Level>(self, level: L) -> Self::Output {
                self.0.find(level, &mut Near::default(), self.1.as_bytes(), self.2)
            }
        }
        let subject = "aab aaab -=- -=-=- [x] <long delimiter> long delimiter";
        for simd in Simd::all() {
            for text in ["b", "ab", "aaab", "-=-=", "[x]", "long delimiter", "> long delimiter", "zz"] {
                let delimiter = Delimiter::new(text, false);
                for from in 0..=subject.len() {
                    let expected = subject[from..].find(text).map(|at| from + at);
                    let found = simd.dispatch(First(&delimiter, subject, from));
                    assert_eq!(found, expected, "{text} {from} {simd:?}");
                }
            }
            assert_eq!(simd.dispatch(First(&Delimiter::new("", false), "x", 0)), None);
        }
    }
}
