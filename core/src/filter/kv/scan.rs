//! Text to pairs: by a table of the separators, or by the regular expression that Logstash runs.
//!
//! ```text
//! pair  := key value_split value? (field_split | end of line)
//! key   := (escaped | not a separator)+
//! value := "…" | '…' | (…) | […] | <…> | (escaped | not field_split)+
//! ```
//!
//! The table reads what needs no backtracking, which is all but some texts with backslashes; of
//! separators that are patterns, only the regular expression knows.

use core::fmt::Write;

use bumpalo::collections::Vec as ArenaVec;

use crate::diagnostic::Spanned;
use crate::filter::CompileCx;
use crate::filter::kv::chars;
use crate::pattern::{Budget, BudgetExhausted, Flags, Regex, Scratch};
use crate::program::options::PluginOptions;
use crate::scan::{ByteClass, Kernel, Level, Simd};

/// Finds pairs.
#[derive(Debug)]
pub(super) struct Scanner {
    regex: Regex,
    /// There if the separators are ASCII characters.
    table: Option<Box<Table>>,
}

#[derive(Debug)]
struct Table {
    /// Of each byte, whether it is in `field_split`, `value_split`, or opens a value in quotes.
    bytes: [u8; 256],
    /// Those that end a key.
    ends_key: ByteClass,
    /// Those that end a value without quotes.
    ends_value: ByteClass,
    blanks: Blanks,
}

/// Keys and their values, which are empty when there is none.
pub(super) type Pairs<'b> = ArenaVec<'b, (&'b str, &'b str)>;

/// What becomes of blanks around `value_split`.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Blanks {
    Kept,
    PassedOver,
}

const FIELD: u8 = 1;
const VALUE: u8 = 2;
const OPENS: u8 = 4;

/// Where in a text the search goes on, and what is known of the rest.
struct Cursor<'b> {
    text: &'b str,
    at: usize,
    /// The next place of each closing character, by [`closer`]; valid unless the search has passed it.
    closers: [usize; 5],
    /// The next backslash, likewise.
    backslash: usize,
}

/// No such byte follows.
const NONE: usize = usize::MAX;

/// How far the table got.
#[derive(PartialEq)]
enum Stop {
    End,
    /// A backslash may change what is a pair.
    Unsure,
}

impl<'b> Cursor<'b> {
    fn new(text: &'b str) -> Self {
        let backslash = memchr::memchr(b'\\', text.as_bytes()).unwrap_or(NONE);
        Self { text, at: 0, closers: [0; 5], backslash }
    }

    fn slice(&self, start: usize, end: usize) -> &'b str {
        self.text.get(start..end).unwrap_or("")
    }

    /// The first backslash from a place on.
    #[inline]
    fn backslash_from(&mut self, from: usize) -> usize {
        if self.backslash < from {
            let rest = self.text.as_bytes().get(from..).unwrap_or_default();
            self.backslash = memchr::memchr(b'\\', rest).map_or(NONE, |at| from + at);
        }
        self.backslash
    }

    /// The first place of a closing character from a place on.
    // Each is looked for once, so that openers without closers take linear time.
    #[inline]
    fn closer_from(&mut self, (index, byte): (usize, u8), from: usize) -> usize {
        let known = &mut self.closers[index];
        if *known < from {
            let rest = self.text.as_bytes().get(from..).unwrap_or_default();
            *known = memchr::memchr(byte, rest).map_or(NONE, |at| from + at);
        }
        *known
    }
}

/// The character that closes what another opens, and its number.
fn closer(opener: u8) -> (usize, u8) {
    match opener {
        b'"' => (0, b'"'),
        b'\'' => (1, b'\''),
        b'(' => (2, b')'),
        b'[' => (3, b']'),
        _ => (4, b'>'),
    }
}

impl Scanner {
    /// Reads the separators; nothing when errors were recorded.
    pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Self> {
        let split = |name: &str, default| {
            options.text(name).unwrap_or_else(|| Spanned::new(default, options.name_span))
        };
        let (field, value) = (split("field_split", " "), split("value_split", "="));
        let field_pattern = options.text("field_split_pattern");
        let value_pattern = options.text("value_split_pattern");
        let mut separator = |pattern: Option<Spanned<&str>>, chars: Spanned<&str>| match pattern {
            Some(pattern) => cx.regex(pattern.value, Flags::default(), pattern.span),
            None => chars::class(chars, cx),
        };
        let (field_regex, value_regex) =
            (separator(field_pattern, field), separator(value_pattern, value));
        let (field_regex, value_regex) = (field_regex?, value_regex?);

        let blanks = match options.text("whitespace").map(|text| text.value) {
            Some("strict") => Blanks::Kept,
            _ => Blanks::PassedOver,
        };
        let field_split = format!("(?-mix:{})", field_regex.source());
        let mut value_split = format!("(?-mix:{})", value_regex.source());
        if blanks == Blanks::PassedOver {
            value_split = format!("(?-mix: *{value_split} *)");
        }
        let is_pattern = field_pattern.is_some() || value_pattern.is_some();
        let both = format!("{}{}", value.value, field.value);
        let key = if is_pattern {
            format!(r"((?:(?!{value_split}|{field_split})(?:\\.|.))+)")
        } else {
            format!(r"((?:\\.|[^{both}])+)")
        };
        let unquoted = if field_pattern.is_some() {
            format!(r"((?:(?!{field_split})(?:\\.|.))+)")
        } else {
            format!(r"((?:\\.|[^{}])+)", field.value)
        };
        let has_brackets = options.flag("include_brackets", true);
        let quotes: &[u8] = if has_brackets { b"\"'([<" } else { b"\"'" };
        let mut quoted = String::new();
        for &open in quotes {
            let (open, close) = (char::from(open), char::from(closer(open).1));
            let escape = if matches!(open, '(' | '[') { r"\" } else { "" };
            // Writing to a text in memory does not fail.
            let _ = write!(
                quoted,
                r"{escape}{open}((?:\\.|[^{escape}{close}])+)?{escape}{close}|"
            );
        }
        let source = format!("{key}{value_split}(?:{quoted}{unquoted})?(?:{field_split}|$)");
        let regex = cx.regex(&source, Flags::default(), options.name_span)?;

        let table = if is_pattern {
            None
        } else {
            let both = cx.regex(&format!("[{both}]"), Flags::default(), options.name_span)?;
            Table::new(&field_regex, &value_regex, &both, quotes, blanks)
        };
        Some(Self { regex, table: table.map(Box::new) })
    }

    /// Finds all pairs of a text.
    pub(super) fn find<'b>(
        &self,
        text: &'b str,
        simd: Simd,
        scratch: &mut Scratch,
        budget: &mut Budget,
        pairs: &mut Pairs<'b>,
    ) -> Result<(), BudgetExhausted> {
        let mut cursor = Cursor::new(text);
        loop {
            if let Some(table) = &self.table {
                let cursor = &mut cursor;
                if simd.dispatch(Fill { table, cursor, pairs: &mut *pairs }) == Stop::End {
                    return Ok(());
                }
            }
            match self.search(&mut cursor, scratch, budget)? {
                Some(pair) => pairs.push(pair),
                None => return Ok(()),
            }
        }
    }

    /// The next pair by the regular expression: the first group is the key, and of the others the
    /// first that is set is the value.
    #[inline(never)]
    fn search<'b>(
        &self,
        cursor: &mut Cursor<'b>,
        scratch: &mut Scratch,
        budget: &mut Budget,
    ) -> Result<Option<(&'b str, &'b str)>, BudgetExhausted> {
        if !self.regex.search(cursor.text, cursor.at, scratch, budget)? {
            return Ok(None);
        }
        let Some((_, end)) = scratch.group(0).filter(|&(_, end)| end > cursor.at) else {
            return Ok(None);
        };
        cursor.at = end;
        let group = |index: usize| {
            let (start, end) = scratch.group(u32::try_from(index).ok()?)?;
            Some(cursor.slice(start, end))
        };
        let value = (2..=self.regex.group_count()).find_map(group);
        Ok(Some((group(1).unwrap_or(""), value.unwrap_or(""))))
    }
}

impl Table {
    /// Makes the table if it can say what the regular expression says.
    fn new(
        field: &Regex,
        value: &Regex,
        both: &Regex,
        quotes: &[u8],
        blanks: Blanks,
    ) -> Option<Self> {
        let (field, value, both) =
            (chars::ascii(field)?, chars::ascii(value)?, chars::ascii(both)?);
        // Written one behind the other, the two may make a range: `=-` and `z`.
        let is_union = field.union(&value).iter().eq(both.iter());
        let gives_back = blanks == Blanks::PassedOver && value.contains(b' ');
        if !is_union || gives_back || both.contains(b'\\') {
            return None;
        }
        let mut bytes = [0; 256];
        for (byte, entry) in (0_u8..=255).zip(&mut bytes) {
            *entry = if field.contains(byte) { FIELD } else { 0 }
                | if value.contains(byte) { VALUE } else { 0 }
                | if quotes.contains(&byte) { OPENS } else { 0 };
        }
        let (ends_key, ends_value) = (ByteClass::new(&both), ByteClass::new(&field));
        Some(Self { bytes, ends_key, ends_value, blanks })
    }

    fn is(&self, byte: u8, what: u8) -> bool {
        self.bytes[usize::from(byte)] & what != 0
    }

    #[inline]
    fn behind_blanks(&self, bytes: &[u8], mut at: usize) -> usize {
        if self.blanks == Blanks::PassedOver {
            while bytes.get(at) == Some(&b' ') {
                at += 1;
            }
        }
        at
    }

    /// A value in quotes or brackets at a place, if one is there, and where the next pair may begin; nothing
    /// when a backslash may change that.
    #[inline]
    fn quoted<'b>(&self, cursor: &mut Cursor<'b>, start: usize) -> Option<(Option<&'b str>, usize)> {
        let bytes = cursor.text.as_bytes();
        let Some(&opener) = bytes.get(start).filter(|&&byte| self.is(byte, OPENS)) else {
            return Some((None, start));
        };
        let close = cursor.closer_from(closer(opener), start + 1);
        if cursor.backslash_from(start) < close {
            return None;
        }
        if close == NONE {
            return Some((None, start));
        }
        let behind = bytes.get(close + 1).copied();
        let separates = behind.is_some_and(|byte| self.is(byte, FIELD));
        if !separates && behind.is_some_and(|byte| byte != b'\n') {
            return Some((None, start));
        }
        Some((Some(cursor.slice(start + 1, close)), close + 1 + usize::from(separates)))
    }

    /// The first separator of pairs from a backslash on that has none before it.
    fn find_unescaped(&self, bytes: &[u8], mut at: usize) -> usize {
        while let Some(&byte) = bytes.get(at) {
            if byte == b'\\' && bytes.get(at + 1).is_some_and(|&next| next != b'\n') {
                at += 2;
            } else if self.is(byte, FIELD) {
                return at;
            } else {
                at += 1;
            }
        }
        bytes.len()
    }
}

/// Finds pairs by the table.
struct Fill<'a, 'b> {
    table: &'a Table,
    cursor: &'a mut Cursor<'b>,
    pairs: &'a mut Pairs<'b>,
}

// PERF: most keys and values are shorter than a block.
impl Kernel for Fill<'_, '_> {
    type Output = Stop;

    #[inline(always)]
    fn run<L: Level>(self, level: L) -> Stop {
        let Self { table, cursor, pairs } = self;
        let bytes = cursor.text.as_bytes();
        let mut at = cursor.at;
        loop {
            while bytes.get(at).is_some_and(|&byte| table.is(byte, FIELD | VALUE)) {
                at += 1;
            }
            let end = level.find_in(&table.ends_key, bytes, at);
            if cursor.backslash_from(at) < end {
                return Stop::Unsure;
            }
            let split = table.behind_blanks(bytes, end);
            match bytes.get(split) {
                None => return Stop::End,
                Some(&byte) if table.is(byte, VALUE) => {}
                Some(_) => {
                    at = end;
                    continue;
                }
            }
            let start = table.behind_blanks(bytes, split + 1);
            let Some((value, next)) = table.quoted(cursor, start) else {
                return Stop::Unsure;
            };
            let (value, next) = if let Some(value) = value {
                (value, next)
            } else {
                let mut end = level.find_in(&table.ends_value, bytes, start);
                let backslash = cursor.backslash_from(start);
                if backslash < end {
                    end = table.find_unescaped(bytes, backslash);
                }
                (cursor.slice(start, end), (end + 1).min(bytes.len()))
            };
            pairs.push((cursor.slice(at, end), value));
            at = next;
            cursor.at = next;
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::config::{Config, ParseOptions};
    use crate::diagnostic::{Diagnostics, Source};
    use crate::filter::lists::Lists;
    use crate::program::options::resolve;
    use crate::program::{Options, Resources};
    use crate::arena::Arena;
    use crate::config::ast::Statement;

    fn scanner(options: &str) -> Scanner {
        let text = format!("filter {{ kv {{ {options} }} }}");
        let config = Config::parse(vec![Source::new("", text)], &ParseOptions::default()).unwrap();
        let mut diagnostics = Diagnostics::new(config.sources().to_vec());
        let resolved = resolve(&config, &|_| None, &mut diagnostics);
        let Statement::Plugin(plugin) = &config.ast().sections[0].body[0] else { panic!("{options}") };
        let (resources, defaults) = (Resources::new(), Options::default());
        let mut cx = CompileCx {
            options: &defaults,
            resources: &resources,
            diagnostics: &mut diagnostics,
            lists: &mut Lists::default(),
        };
        Scanner::compile(resolved.get(plugin).unwrap(), &mut cx).unwrap()
    }

    fn pairs(scanner: &Scanner, text: &str, simd: Simd) -> Vec<(String, String)> {
        let arena = Arena::new();
        let (mut pairs, mut scratch) = (arena.list(), Scratch::new());
        let mut budget = Budget::for_subject(text.len());
        scanner.find(text, simd, &mut scratch, &mut budget, &mut pairs).unwrap();
        pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn the_table_finds_what_the_regular_expression_finds() {
        let mut state = 7_u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(state >> 33).unwrap_or(0) % below
        };
        let pieces = ["a", "bc", "=", "=", " ", " ", ",", "\"", "\"", "'", "(", ")", "<", ">", "[", "]"];
        let rare = ["\\", "\n", "é", ":", "&"];
        for options in [
            "",
            "whitespace => strict",
            "include_brackets => false",
            "field_split => \",\"",
            "field_split => \", \" value_split => \":=\"",
            "field_split => \"&=\n\" value_split => \"=\"",
            "field_split => \"\\\"\" value_split => \"=(\"",
            "value_split => \" \" whitespace => strict",
        ] {
            let fast = scanner(options);
            assert!(fast.table.is_some(), "{options}");
            let exact = Scanner { regex: fast.regex.clone(), table: None };
            for _ in 0..2_000 {
                let mut text = String::new();
                for _ in 0..random(24) {
                    let one = if random(8) == 0 { rare[random(5)] } else { pieces[random(16)] };
                    text.push_str(one);
                }
                let expected = pairs(&exact, &text, Simd::default());
                for simd in Simd::all() {
                    let found = pairs(&fast, &text, simd);
                    assert_eq!(found, expected, "{options} on {text:?} with {simd:?}");
                }
            }
        }
    }

    #[test]
    fn separators_that_make_a_range_together_are_left_to_the_regular_expression() {
        let scanner = scanner("value_split => \"a-\" field_split => \"z\"");
        assert!(scanner.table.is_none());
        let found = pairs(&scanner, "A-1zbB-2", Simd::default());
        assert_eq!(found, [("A", "1"), ("B", "2")].map(|(key, value)| (key.to_owned(), value.to_owned())));
    }
}
