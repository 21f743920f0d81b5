//! Patterns of dissect: from their text to delimiters, and from a subject to the texts of the fields.

use crate::diagnostic::Code;
use crate::event::{Layout, NameSet};
use crate::filter::CompileCx;
use crate::filter::dissect::{How, Saved};
use crate::filter::field::{FieldName, PlainField};
use crate::program::options::{OptionKind, OptionValue};
use crate::scan::split::{Piece, Splitter};

/// A pattern, ready to be searched.
#[derive(Debug)]
pub(super) struct Pattern {
    /// The texts of the fields that are set; nothing for a pattern without fields, which fits nothing.
    pub(super) splitter: Option<Splitter>,
    /// What is set, in this order: plain fields, then what is appended, then what is named by others.
    pub(super) saved: Box<[Saved]>,
    /// The names of what is set, where all of it is plain.
    pub(super) plain: Option<NameSet>,
    /// Where it goes, where all of it is set and some in maps.
    pub(super) layout: Option<Layout>,
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
        let kept: Vec<usize> = (0..fields.len()).filter(|&at| is_kept(&fields, at)).collect();
        let pieces = fields.iter().zip(&literals).enumerate().map(|(at, (field, front))| Piece {
            front,
            is_padded: field.is_padded,
            is_kept: kept.contains(&at),
        });
        let pieces: Vec<_> = pieces.collect();
        let splitter = (!pieces.is_empty()).then(|| Splitter::new(&pieces));
        let saved = saved(&fields, &literals, &kept, cx);
        let plain = plain(&saved);
        let layout = if plain.is_none() { layout(&saved) } else { None };
        Ok(Some(Self { splitter, saved, plain, layout }))
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

/// The names of what is set, if there is nothing that has to be set in another way.
fn plain(saved: &[Saved]) -> Option<NameSet> {
    let keys = saved.iter().map(|saved| saved.field.ordinary().filter(|_| matches!(saved.how, How::Set)));
    NameSet::new(keys.collect::<Option<Vec<_>>>()?.into_iter())
}

fn layout(saved: &[Saved]) -> Option<Layout> {
    let paths = saved.iter().map(|saved| match (&saved.how, &saved.field) {
        (How::Set, FieldName::Fixed(path)) => Some(path),
        _ => None,
    });
    Layout::new(paths.collect::<Option<Vec<_>>>()?.into_iter())
}

/// Whether the text of a field is set, or names another field.
fn is_kept(fields: &[Field<'_>], at: usize) -> bool {
    let field = &fields[at];
    let names = |other: &Field<'_>| other.kind == Kind::Indirect && other.name == field.name;
    field.kind != Kind::Skip || fields.iter().any(names)
}

/// What is set of the fields, in order; skipped ones are not. `kept` are the fields whose texts there are.
fn saved(
    fields: &[Field<'_>],
    literals: &[&str],
    kept: &[usize],
    cx: &CompileCx<'_>,
) -> Box<[Saved]> {
    let place = |field: usize| kept.iter().position(|&at| at == field).unwrap_or(kept.len());
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
                How::Indirect { name_at: others.find(|&other| fields[other].name == name).map(place) }
            }
            Kind::Normal | Kind::Skip => How::Set,
        };
        let plain = match how {
            How::Set => PlainField::new(&field, saved.iter().map(|earlier| &earlier.field)),
            _ => None,
        };
        saved.push(Saved { at: place(at), field, plain, how });
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
}
