//! Field references: `message`, `[a][b]`, `[@metadata][x]`, resolved once and then followed.
//!
//! Source of behaviour: Logstash 9.x `FieldReference` (strict parsing) and Accessors.

use core::fmt;

use crate::arena::Arena;
use crate::event::key::{self, Key};
use crate::limits;
use crate::scan::json::WrittenName;

/// How `[`, `]` inside a name are written (`config.field_reference.escape_style`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EscapeStyle {
    /// `&#91;` and `&#93;`, by decimal code.
    Ampersand,
    /// Not at all: the default.
    #[default]
    None,
    /// `%5B` and `%5D`, by hexadecimal code.
    Percent,
}

/// Which of the event's two maps a reference starts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Root {
    Data,
    Metadata,
}

/// One name of a reference, by its place in the reference's text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    start: u32,
    end: u32,
    hash: u32,
    is_index: bool,
    index: i32,
}

/// What setting or finding the field of a reference has to look out for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Several names, `@metadata`, or a part of it.
    Deep,
    /// One name at the top level that has no rules of its own.
    Field,
    /// `tags`.
    Tags,
    /// `@timestamp`.
    Timestamp,
}

/// A parsed field reference that owns its names: what a compiled config holds.
#[derive(Clone, Debug)]
pub struct FieldPath {
    names: Box<str>,
    parts: Box<[Part]>,
    /// Each name as JSON has it.
    written: Box<[Option<WrittenName>]>,
    start: Start,
}

/// A parsed field reference, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct PathRef<'k> {
    names: &'k str,
    parts: &'k [Part],
    /// Empty for a reference made at run time.
    written: &'k [Option<WrittenName>],
    start: Start,
}

/// Where a reference starts, and how it goes on.
#[derive(Clone, Copy, Debug)]
struct Start {
    /// The hash of the first name; of no meaning for the whole of `@metadata`.
    hash: u32,
    root: Root,
    kind: Kind,
}

impl Start {
    fn new(names: &str, parts: &[Part], root: Root) -> Self {
        let kind = match (root, parts, names) {
            (Root::Data, [_], "tags") => Kind::Tags,
            (Root::Data, [_], "@timestamp") => Kind::Timestamp,
            (Root::Data, [_], _) => Kind::Field,
            _ => Kind::Deep,
        };
        Self { hash: parts.first().map_or(0, |part| part.hash), root, kind }
    }
}

/// Why a text is no field reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathError {
    /// `[]`.
    EmptyName,
    /// Text before `[` or after `]`.
    TextOutside,
    /// More names than [`limits::PATH_NAMES`].
    TooLong,
    /// A bracket without its partner.
    Unbalanced,
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EmptyName => "a field reference has an empty name `[]`",
            Self::TextOutside => "a field reference has text outside its brackets",
            Self::TooLong => "a field reference has too many names",
            Self::Unbalanced => "a field reference has a bracket without its partner",
        })
    }
}

impl FieldPath {
    /// Parses a reference.
    ///
    /// A text without brackets is one name, dots and blanks included; the empty text is the field
    /// with the empty name.
    ///
    /// # Errors
    /// When brackets are empty, unbalanced or have text around them.
    pub fn parse(text: &str, style: EscapeStyle) -> Result<Self, PathError> {
        let mut names = String::with_capacity(text.len());
        let mut parts = Vec::new();
        let root = parse(text, style, &mut names, &mut parts)?;
        let start = Start::new(&names, &parts, root);
        let written = parts
            .iter()
            .map(|part| WrittenName::new(&names[part.start as usize..part.end as usize]))
            .collect();
        Ok(Self { names: names.into(), parts: parts.into(), written, start })
    }

    /// The reference, borrowed.
    #[inline]
    pub fn as_ref(&self) -> PathRef<'_> {
        PathRef {
            names: &self.names,
            parts: &self.parts,
            written: &self.written,
            start: self.start,
        }
    }

    /// As [`PathRef::top`].
    #[inline]
    pub(crate) fn top(&self) -> Option<Key<'_>> {
        self.as_ref().top()
    }

    /// As [`PathRef::ordinary`].
    #[inline]
    pub(crate) fn ordinary(&self) -> Option<Key<'_>> {
        self.as_ref().ordinary()
    }
}

impl fmt::Display for PathRef<'_> {
    /// Writes `message`, `[a][b]`, `[@metadata][x]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |part: &Part| {
            self.names.get(part.start as usize..part.end as usize).unwrap_or_default()
        };
        if let (Root::Data, [part]) = (self.root(), self.parts) {
            return f.write_str(name(part));
        }
        if self.root() == Root::Metadata {
            f.write_str("[@metadata]")?;
        }
        self.parts.iter().try_for_each(|part| write!(f, "[{}]", name(part)))
    }
}

impl<'k> PathRef<'k> {
    /// Parses a reference that was built at run time; its parts live in the arena.
    pub(crate) fn parse_in(
        text: &'k str,
        style: EscapeStyle,
        arena: &'k Arena,
    ) -> Result<Self, PathError> {
        if !text.contains(['[', ']']) && style == EscapeStyle::None {
            return Ok(Self::single(text, arena));
        }
        let mut names = String::with_capacity(text.len());
        let mut parts = Vec::new();
        let root = parse(text, style, &mut names, &mut parts)?;
        let start = Start::new(&names, &parts, root);
        Ok(Self { names: arena.text(&names), parts: arena.slice(&parts), written: &[], start })
    }

    /// The field of exactly this name at the top level.
    pub(crate) fn single(name: &'k str, arena: &'k Arena) -> Self {
        if name == "@metadata" {
            let start = Start::new("", &[], Root::Metadata);
            return Self { names: "", parts: &[], written: &[], start };
        }
        let parts = arena.slice(&[part(name, 0, name.len())]);
        Self { names: name, parts, written: &[], start: Start::new(name, parts, Root::Data) }
    }

    pub(crate) fn root(self) -> Root {
        self.start.root
    }

    /// The name of a field at the top level, `tags` and `@timestamp` included; nothing for any other.
    // PERF: most references are of this kind, and their key needs neither slicing nor a loop.
    pub(crate) fn top(self) -> Option<Key<'k>> {
        (self.start.kind != Kind::Deep).then(|| self.only())
    }

    /// As [`Self::top`], and only where any value may be set.
    pub(crate) fn ordinary(self) -> Option<Key<'k>> {
        (self.start.kind == Kind::Field).then(|| self.only())
    }

    /// The name of a reference that has one.
    #[inline]
    fn only(self) -> Key<'k> {
        Key::with_hash(self.names, self.start.hash).with_written(self.written_name(0))
    }

    #[inline]
    fn written_name(self, at: usize) -> Option<&'k WrittenName> {
        self.written.get(at).and_then(Option::as_ref)
    }

    /// The number of names below the root.
    pub(crate) fn len(self) -> usize {
        self.parts.len()
    }

    pub(crate) fn key(self, at: usize) -> Key<'k> {
        let part = &self.parts[at];
        Key::with_hash(&self.names[part.start as usize..part.end as usize], part.hash)
            .with_written(self.written_name(at))
    }

    /// The reference without its last name; nothing when that was the only one.
    pub(crate) fn parent(self) -> Option<Self> {
        let parts = self.parts.get(..self.parts.len().checked_sub(1)?)?;
        // The text still holds all names, so that none of them is all of it.
        let start = Start { kind: Kind::Deep, ..self.start };
        (!parts.is_empty()).then_some(Self { parts, start, ..self })
    }

    /// The first name; none for the whole of `@metadata`.
    pub(crate) fn first_key(self) -> Option<Key<'k>> {
        (!self.parts.is_empty()).then(|| self.key(0))
    }

    pub(crate) fn index(self, at: usize) -> Option<i32> {
        let part = &self.parts[at];
        part.is_index.then_some(part.index)
    }

    /// Whether this is the field `tags`.
    pub(crate) fn is_tags(self) -> bool {
        self.start.kind == Kind::Tags
    }

    /// Whether this is the field `tags` or something inside it.
    pub(crate) fn is_in_tags(self) -> bool {
        match self.start.kind {
            Kind::Tags => true,
            Kind::Field | Kind::Timestamp => false,
            Kind::Deep => {
                self.root() == Root::Data && !self.parts.is_empty() && self.key(0).text() == "tags"
            }
        }
    }

    /// Whether this is the field `@timestamp`.
    pub(crate) fn is_timestamp(self) -> bool {
        self.start.kind == Kind::Timestamp
    }

    /// Whether this is `@metadata` or something inside it.
    pub(crate) fn is_in_metadata(self) -> bool {
        self.root() == Root::Metadata
    }

    /// Whether this is all of `@metadata`.
    pub(crate) fn is_whole_metadata(self) -> bool {
        self.root() == Root::Metadata && self.parts.is_empty()
    }
}

fn part(names: &str, start: usize, end: usize) -> Part {
    let name = &names[start..end];
    let index = name.parse::<i32>();
    // Event texts are limited to far below 4 GiB, and so are references made from them.
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Part {
        start: place(start),
        end: place(end),
        hash: key::hash(name),
        is_index: index.is_ok(),
        index: index.unwrap_or(0),
    }
}

fn parse(
    text: &str,
    style: EscapeStyle,
    names: &mut String,
    parts: &mut Vec<Part>,
) -> Result<Root, PathError> {
    let mut push = |name: &str, names: &mut String| {
        let start = names.len();
        unescape(name, style, names);
        parts.push(part(names, start, names.len()));
        if parts.len() > limits::PATH_NAMES { Err(PathError::TooLong) } else { Ok(()) }
    };
    if text.contains(['[', ']']) {
        let mut depth = 0_usize;
        let mut name_start = 0;
        let mut previous = 0_u8;
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                b'[' => {
                    if name_start != at {
                        return Err(PathError::TextOutside);
                    }
                    depth += 1;
                    name_start = at + 1;
                }
                b']' => {
                    if depth == 0 {
                        return Err(PathError::Unbalanced);
                    }
                    if name_start == at && previous != b']' {
                        return Err(PathError::EmptyName);
                    }
                    if name_start < at {
                        push(&text[name_start..at], names)?;
                    }
                    depth -= 1;
                    name_start = at + 1;
                }
                _ if previous == b']' => return Err(PathError::TextOutside),
                _ => {}
            }
            previous = byte;
        }
        if depth > 0 {
            return Err(PathError::Unbalanced);
        }
    } else {
        push(text, names)?;
    }
    if parts.first().is_some_and(|part| &names[..part.end as usize] == "@metadata") {
        parts.remove(0);
        return Ok(Root::Metadata);
    }
    Ok(Root::Data)
}

/// Decodes `%5B` or `&#91;` by the style; text that is no escape stays.
fn unescape(name: &str, style: EscapeStyle, out: &mut String) {
    let mut rest = name;
    loop {
        let (mark, radix) = match style {
            EscapeStyle::None => break,
            EscapeStyle::Percent => ("%", 16),
            EscapeStyle::Ampersand => ("&#", 10),
        };
        let Some(at) = rest.find(mark) else { break };
        let after = &rest[at + mark.len()..];
        let digits = match style {
            EscapeStyle::Percent => after.get(..2),
            _ => after.split_once(';').map(|(digits, _)| digits),
        };
        let decoded = digits
            .filter(|digits| digits.len() <= 7 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|digits| {
                let code = u32::from_str_radix(digits, radix).ok()?;
                Some((char::from_u32(code)?, digits.len()))
            });
        out.push_str(&rest[..at]);
        if let Some((character, len)) = decoded {
            out.push(character);
            rest = &after[len + usize::from(style == EscapeStyle::Ampersand)..];
        } else {
            out.push_str(mark);
            rest = after;
        }
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn names(text: &str) -> Result<Vec<String>, PathError> {
        let path = FieldPath::parse(text, EscapeStyle::None)?;
        let path = path.as_ref();
        let names = (0..path.len()).map(|at| path.key(at).text().to_owned());
        let root = (path.root() == Root::Metadata).then(|| "@metadata".to_owned());
        Ok(root.into_iter().chain(names).collect())
    }

    #[test]
    fn brackets_nest_and_plain_text_is_one_name() {
        assert_eq!(names("a.b c").unwrap(), ["a.b c"]);
        assert_eq!(names("[a][b c][0]").unwrap(), ["a", "b c", "0"]);
        assert_eq!(names("[a][[b][c]]").unwrap(), ["a", "b", "c"]);
        assert_eq!(names("").unwrap(), [""]);
        assert_eq!(names("[@metadata][x]").unwrap(), ["@metadata", "x"]);
        assert_eq!(names("@metadata").unwrap(), ["@metadata"]);
    }

    #[test]
    fn malformed_references_are_refused() {
        for (text, error) in [
            ("[a]b", PathError::TextOutside),
            ("a[b]", PathError::TextOutside),
            ("[]", PathError::EmptyName),
            ("[a][]", PathError::EmptyName),
            ("[a", PathError::Unbalanced),
            ("a]", PathError::Unbalanced),
            ("[a]]", PathError::Unbalanced),
        ] {
            assert_eq!(names(text), Err(error), "{text}");
        }
        assert_eq!(names(&"[a]".repeat(limits::PATH_NAMES + 1)), Err(PathError::TooLong));
    }

    #[test]
    fn escapes_are_decoded_by_style_only() {
        let name = |text, style| FieldPath::parse(text, style).unwrap().names.into_string();
        assert_eq!(name("a%5Bb%5D%zz%4", EscapeStyle::Percent), "a[b]%zz%4");
        assert_eq!(name("a&#91;b&#93;&#x", EscapeStyle::Ampersand), "a[b]&#x");
        assert_eq!(name("a%5Bb", EscapeStyle::None), "a%5Bb");
    }
}
