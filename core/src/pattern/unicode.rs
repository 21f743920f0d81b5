//! Sets of characters: named classes, properties, case folding, and the form that is matched.
//!
//! The tables are those of the crate `regex-syntax`; no engine of it is used. A set is matched
//! byte by byte: [`Class::bytes`] answers for ASCII alone, the sorted ranges for the rest.

use std::cmp::Ordering;

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange, HirKind};

use super::syntax::NamedClass;

/// A set of byte values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSet([u64; 4]);

impl ByteSet {
    /// Every byte.
    pub const FULL: Self = Self([u64::MAX; 4]);

    /// The bytes inside of a character of several bytes.
    pub const INNER: Self = Self([0, 0, u64::MAX, 0]);

    /// No byte.
    pub const EMPTY: Self = Self([0; 4]);

    /// Adds one byte.
    pub fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    /// Tells whether the byte is in the set.
    #[inline]
    pub fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 != 0
    }

    /// Gives the union of two sets.
    #[must_use]
    pub fn union(mut self, other: &Self) -> Self {
        for (word, more) in self.0.iter_mut().zip(other.0) {
            *word |= more;
        }
        self
    }

    /// Tells whether a byte is in both sets.
    pub fn intersects(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).any(|(word, more)| word & more != 0)
    }

    /// Gives the bytes that are not in the set.
    #[must_use]
    pub fn complement(mut self) -> Self {
        self.0.iter_mut().for_each(|word| *word = !*word);
        self
    }

    /// Counts the bytes.
    pub fn len(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// Tells whether no byte is in the set.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Tells whether every byte is in the set.
    pub fn is_full(&self) -> bool {
        *self == Self::FULL
    }

    /// Gives the bytes below 0x80.
    #[must_use]
    pub fn ascii(self) -> Self {
        Self([self.0[0], self.0[1], 0, 0])
    }

    /// Gives the bytes from 0x80 on.
    #[must_use]
    pub fn wide(self) -> Self {
        Self([0, 0, self.0[2], self.0[3]])
    }

    /// Gives the low halves (bit `l`) and the high halves (bit `h`) of the bytes.
    pub(crate) fn halves(&self) -> (u16, u16) {
        let (mut low, mut high) = (0, 0);
        for (at, row) in self.rows().into_iter().enumerate() {
            low |= row;
            high |= u16::from(row != 0) << at;
        }
        (low, high)
    }

    /// Gives all bytes whose halves occur in the set, each for itself.
    #[must_use]
    pub(crate) fn blurred(self) -> Self {
        let (low, _) = self.halves();
        let rows = self.rows().map(|row| if row == 0 { 0 } else { low });
        let mut rows = rows.iter().map(|row| u64::from(*row));
        Self([(); 4].map(|()| {
            rows.by_ref().take(4).enumerate().fold(0, |word, (at, row)| word | row << (16 * at))
        }))
    }

    /// The bytes with the same high half: bit `l` of row `h` is the byte `h << 4 | l`.
    #[expect(clippy::cast_possible_truncation, reason = "sixteen bits of the word")]
    fn rows(&self) -> [u16; 16] {
        std::array::from_fn(|at| (self.0[at / 4] >> (16 * (at % 4))) as u16)
    }

    /// Gives the words: bit `b & 63` of word `b >> 6` is the byte `b`.
    pub(crate) fn words(&self) -> [u64; 4] {
        self.0
    }

    /// Lists the bytes in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u8> + '_ {
        [0_u8, 64, 128, 192].into_iter().zip(self.0).flat_map(|(base, mut word)| {
            std::iter::from_fn(move || {
                if word == 0 {
                    return None;
                }
                #[expect(clippy::cast_possible_truncation, reason = "below 64")]
                let bit = word.trailing_zeros() as u8;
                word &= word - 1;
                Some(base + bit)
            })
        })
    }
}

/// A set of characters in the form that is matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// Exact for ASCII; above it, the lead bytes of the characters of the set.
    pub bytes: ByteSet,
    /// Non-ASCII members: sorted, disjoint, both ends included.
    pub ranges: Box<[(char, char)]>,
    /// Whether every character above ASCII is a member.
    pub all_wide: bool,
    /// Whether the set has no member.
    pub is_empty: bool,
}

impl Class {
    fn new(set: &ClassUnicode) -> Self {
        let mut bytes = ByteSet::default();
        let mut ranges = Vec::new();
        for range in set.ranges() {
            for c in range.start()..=range.end().min('\x7f') {
                bytes.insert(c as u8);
            }
            let low = range.start().max('\u{80}');
            if low <= range.end() {
                ranges.push((low, range.end()));
                for lead in lead_byte(low)..=lead_byte(range.end()) {
                    bytes.insert(lead);
                }
            }
        }
        let whole = [('\u{80}', '\u{d7ff}'), ('\u{e000}', char::MAX)];
        let all_wide = ranges == [('\u{80}', char::MAX)] || ranges == whole;
        Self { bytes, ranges: ranges.into(), all_wide, is_empty: set.ranges().is_empty() }
    }

    /// The set of one character.
    pub(super) fn only(c: char) -> Self {
        let mut bytes = ByteSet::default();
        bytes.insert(lead_byte(c));
        let ranges = if c.is_ascii() { Box::default() } else { Box::from([(c, c)]) };
        Self { bytes, ranges, all_wide: false, is_empty: false }
    }

    /// Tells whether a character is a member.
    pub fn contains(&self, c: char) -> bool {
        if c.is_ascii() { self.bytes.contains(c as u8) } else { self.contains_wide(c) }
    }

    /// Tells whether a character above ASCII is a member.
    pub fn contains_wide(&self, c: char) -> bool {
        self.all_wide
            || self
                .ranges
                .binary_search_by(|&(low, high)| {
                    if high < c {
                        Ordering::Less
                    } else if low > c {
                        Ordering::Greater
                    } else {
                        Ordering::Equal
                    }
                })
                .is_ok()
    }
}

/// The character of a text that has just one.
pub(super) fn only_char(text: &str) -> Option<char> {
    only(text.chars())
}

pub(super) fn lead_byte(c: char) -> u8 {
    c.encode_utf8(&mut [0; 4]).as_bytes()[0]
}

/// A set of characters under construction.
#[derive(Clone, Debug)]
pub struct CharSet(ClassUnicode);

impl CharSet {
    /// The set without members.
    pub fn empty() -> Self {
        Self(ClassUnicode::empty())
    }

    /// The characters from `low` to `high`.
    pub fn range(low: char, high: char) -> Self {
        Self(ClassUnicode::new([ClassUnicodeRange::new(low, high)]))
    }

    /// The characters that differ from `c` in case only, and `c`.
    pub fn folded(c: char) -> Self {
        let mut set = Self::range(c, c);
        set.fold();
        set
    }

    /// The members of a named class.
    pub fn named(name: NamedClass, ascii: bool) -> Self {
        let text = match (name, ascii) {
            (NamedClass::Alnum, false) => r"[\p{Alphabetic}\p{M}\p{Nd}]",
            (NamedClass::Alnum, true) => "[0-9A-Za-z]",
            (NamedClass::Alpha, false) => r"[\p{Alphabetic}\p{M}]",
            (NamedClass::Alpha, true) => "[A-Za-z]",
            (NamedClass::Any, _) => r"[\x{0}-\x{10ffff}]",
            (NamedClass::Ascii, _) => r"[\x00-\x7f]",
            (NamedClass::Blank, false) => r"[\p{Zs}\t]",
            (NamedClass::Blank, true) => r"[ \t]",
            (NamedClass::Cntrl, false) => r"\p{Cc}",
            (NamedClass::Cntrl, true) => r"[\x00-\x1f\x7f]",
            (NamedClass::Digit, false) => r"\p{Nd}",
            (NamedClass::Digit, true) => "[0-9]",
            (NamedClass::Graph, false) => r"[^\p{White_Space}\p{Cc}\p{Cn}]",
            (NamedClass::Graph, true) => r"[!-~]",
            (NamedClass::Lower, false) => r"\p{Lowercase}",
            (NamedClass::Lower, true) => "[a-z]",
            (NamedClass::Print, false) => r"[[^\p{White_Space}\p{Cc}\p{Cn}]\p{Zs}]",
            (NamedClass::Print, true) => r"[ -~]",
            (NamedClass::Punct, false) => r"[\p{P}$+<=>^`|~]",
            (NamedClass::Punct, true) => r"[!-/:-@\[-`{-~]",
            (NamedClass::Space, false) => r"\p{White_Space}",
            (NamedClass::Space, true) => r"[\t-\r ]",
            (NamedClass::Upper, false) => r"\p{Uppercase}",
            (NamedClass::Upper, true) => "[A-Z]",
            // `[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]`: of that union regex-syntax has a table, with two joiners more.
            (NamedClass::Word, false) => r"[\w--[\x{200c}\x{200d}]]",
            (NamedClass::Word, true) => "[0-9A-Za-z_]",
            (NamedClass::XDigit, _) => "[0-9A-Fa-f]",
        };
        Self(table(text).unwrap_or_else(ClassUnicode::empty))
    }

    /// The members of a property by the name in `\p{name}`; `None` if there is none.
    ///
    /// Names are compared without regard to case, spaces, `-` and `_`. General categories,
    /// scripts and binary properties are known; blocks (`In...`) and ages are not.
    pub fn property(name: &str) -> Option<Self> {
        let plain: String = name
            .chars()
            .filter(|c| !matches!(c, ' ' | '-' | '_'))
            .map(|c| c.to_ascii_lowercase())
            .collect();
        if plain.is_empty() || !plain.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        match plain.as_str() {
            "any" => return Some(Self::named(NamedClass::Any, false)),
            "assigned" => return table(r"\P{Cn}").map(Self),
            "ascii" => return Some(Self::named(NamedClass::Ascii, false)),
            // Of scripts, not the prefix of a name: regex-syntax would drop it.
            plain if plain.starts_with("is") => return None,
            _ => {}
        }
        if let Some(named) = NamedClass::from_posix(&plain) {
            return Some(Self::named(named, false));
        }
        table(&format!(r"\p{{{plain}}}")).map(Self)
    }

    /// The characters of a grapheme break property, by the name of its value.
    pub(super) fn grapheme_break(value: &str) -> Self {
        Self(table(&format!(r"\p{{gcb={value}}}")).unwrap_or_else(ClassUnicode::empty))
    }

    /// Adds the members of another set.
    pub fn union(&mut self, other: &Self) {
        self.0.union(&other.0);
    }

    /// Keeps only what another set has too.
    pub fn intersect(&mut self, other: &Self) {
        self.0.intersect(&other.0);
    }

    /// Replaces the set by its complement.
    pub fn negate(&mut self) {
        self.0.negate();
    }

    /// Adds everything that differs from a member in case only (simple folding).
    pub fn fold(&mut self) {
        self.0.case_fold_simple();
    }

    /// The only member, if there is exactly one.
    pub fn single(&self) -> Option<char> {
        match self.0.ranges() {
            [range] if range.start() == range.end() => Some(range.start()),
            _ => None,
        }
    }

    /// Lists the members, none if there are more than `max`.
    pub fn chars(&self, max: usize) -> impl Iterator<Item = char> {
        let count: usize = self.0.ranges().iter().map(ClassUnicodeRange::len).sum();
        let ranges = if count <= max { self.0.ranges() } else { &[] };
        ranges.iter().flat_map(|range| range.start()..=range.end())
    }

    /// Gives the form that is matched.
    pub fn to_class(&self) -> Class {
        Class::new(&self.0)
    }
}

/// Reads a set from the notation of `regex-syntax`.
fn table(text: &str) -> Option<ClassUnicode> {
    let hir = regex_syntax::ParserBuilder::new().build().parse(text).ok()?;
    match hir.into_kind() {
        HirKind::Class(regex_syntax::hir::Class::Unicode(set)) => Some(set),
        HirKind::Class(regex_syntax::hir::Class::Bytes(set)) => set.to_unicode_class(),
        HirKind::Literal(literal) => {
            let c = std::str::from_utf8(&literal.0).ok()?.chars().next()?;
            Some(ClassUnicode::new([ClassUnicodeRange::new(c, c)]))
        }
        _ => None,
    }
}

/// Tells whether two characters are equal but for case (simple folding).
pub fn eq_fold(left: char, right: char) -> bool {
    left == right || fold(left) == fold(right)
}

/// Folds a character to one or several (full folding).
pub fn fold_all(c: char) -> String {
    match c {
        'ẞ' => "ss".into(),
        // Turkish capital I with dot: its lower case has two characters.
        'İ' => c.to_lowercase().collect(),
        _ => c.to_uppercase().flat_map(char::to_lowercase).collect(),
    }
}

fn fold(c: char) -> char {
    let upper = only(c.to_uppercase()).unwrap_or(c);
    only(upper.to_lowercase()).unwrap_or(upper)
}

fn only(mut chars: impl Iterator<Item = char>) -> Option<char> {
    let first = chars.next()?;
    chars.next().is_none().then_some(first)
}

/// Gives the length of the character that begins with this byte of valid UTF-8.
#[inline]
pub fn char_len(lead: u8) -> usize {
    match lead {
        0..0x80 => 1,
        0x80..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    }
}

/// Decodes the character at a boundary inside the subject; its length comes with it.
#[inline]
pub fn decode(bytes: &[u8], at: usize) -> (char, usize) {
    let lead = bytes[at];
    let len = char_len(lead);
    let bits = |offset: usize| u32::from(bytes.get(at + offset).copied().unwrap_or(0) & 0x3f);
    let lead = u32::from(lead);
    let code = match len {
        1 => lead,
        2 => (lead & 0x1f) << 6 | bits(1),
        3 => (lead & 0x0f) << 12 | bits(1) << 6 | bits(2),
        _ => (lead & 0x07) << 18 | bits(1) << 12 | bits(2) << 6 | bits(3),
    };
    (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), len)
}

/// Gives the boundary before the one at `at`; `at` must be above 0.
#[inline]
pub fn step_back(bytes: &[u8], at: usize) -> usize {
    let mut at = at - 1;
    while at > 0 && bytes[at] & 0xc0 == 0x80 {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_class_is_the_union_that_onigmo_has() {
        let union = table(r"[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]");
        assert_eq!(Some(CharSet::named(NamedClass::Word, false).0), union);
        assert!(union.is_some());
    }
}
