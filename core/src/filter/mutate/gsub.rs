//! gsub: regular expression replacement with Ruby's replacement escapes.

use crate::diagnostic::Code;
use crate::event::{Event, Template, Value};
use crate::filter::field::FieldName;
use crate::filter::mutate::Failed;
use crate::filter::{CompileCx, Cx};
use crate::pattern::{Budget, Flags, Regex, Scratch};
use crate::program::options::{OptionKind, PluginOptions};

/// One triple: what is searched and what is put in its place.
#[derive(Debug)]
pub(super) struct Gsub {
    needle: Needle,
    replacement: Template,
}

#[derive(Debug)]
enum Needle {
    Fixed(Regex),
    /// Filled in and compiled per event, through the worker's cache.
    Template(Template),
}

/// Reads the triples; nothing when errors were recorded.
pub(super) fn compile(
    options: &PluginOptions,
    cx: &mut CompileCx<'_>,
) -> Option<Vec<(String, Gsub)>> {
    let Some(option) = options.value("gsub") else { return Some(Vec::new()) };
    let OptionKind::Array(items) = &option.kind else { return Some(Vec::new()) };
    if items.len() % 3 != 0 {
        cx.error_with_help(
            Code::BadValue,
            option.span,
            format!("`gsub` has {} entries, which is not a multiple of three", items.len()),
            "write triples: [\"field\", \"regular expression\", \"replacement\"]",
        );
        return None;
    }
    let style = cx.options.field_reference_escape_style;
    let mut sound = true;
    let mut gsubs = Vec::with_capacity(items.len() / 3);
    for triple in items.chunks_exact(3) {
        let source = triple[1].to_text();
        let needle = if source.contains("%{") {
            Some(Needle::Template(Template::parse(&source, style)))
        } else {
            cx.regex(&source, Flags::default(), triple[1].span).map(Needle::Fixed)
        };
        let Some(needle) = needle else {
            sound = false;
            continue;
        };
        let replacement = Template::parse(&triple[2].to_text(), style);
        gsubs.push((triple[0].to_text().into_owned(), Gsub { needle, replacement }));
    }
    sound.then_some(gsubs)
}

impl Gsub {
    /// Replaces in a text or in each text of a list; other values stay.
    pub(super) fn apply<'b>(
        &'b self,
        event: &mut Event<'b>,
        name: &'b FieldName,
        cx: &mut Cx<'_, 'b>,
    ) -> Result<(), Failed> {
        let path = name.resolve(event, cx)?;
        match event.get(path) {
            Some(Value::Str(_) | Value::Array(_)) => {}
            _ => return Ok(()),
        }
        let regex = match &self.needle {
            Needle::Fixed(regex) => regex.clone(),
            Needle::Template(template) => {
                let source = template.render(event, cx.now, cx.arena)?;
                cx.scratch.regexes.get(source, Flags::default()).ok_or(Failed)?
            }
        };
        let replacement = self.replacement.render(event, cx.now, cx.arena)?;
        let mut replace = |text: &'b str| -> Result<&'b str, Failed> {
            let mut found = false;
            let changed = cx.arena.try_build(|out| {
                found = substitute(&regex, text, replacement, &mut cx.scratch.pattern, out)?;
                Ok::<(), Failed>(())
            })?;
            Ok(if found { changed } else { text })
        };
        let value = match event.get(path) {
            Some(Value::Str(text)) => Value::Str(replace(text)?),
            Some(Value::Array(array)) => {
                let mut items = cx.arena.list();
                items.reserve(array.as_slice().len());
                for item in array.as_slice() {
                    items.push(match item {
                        Value::Str(text) => Value::Str(replace(text)?),
                        item => item.copy_in(cx.arena),
                    });
                }
                Value::array(items, cx.arena)
            }
            _ => return Ok(()),
        };
        event.set(path, value, cx.arena)?;
        Ok(())
    }
}

/// Appends the text with all matches replaced, and tells whether there were any; nothing is appended
/// when not. A spent step budget is a failure.
fn substitute(
    regex: &Regex,
    text: &str,
    replacement: &str,
    scratch: &mut Scratch,
    out: &mut String,
) -> Result<bool, Failed> {
    let mut budget = Budget::for_subject(text.len());
    let mut start = 0;
    let mut copied = 0;
    let mut found = false;
    while start <= text.len() {
        if !regex.search(text, start, scratch, &mut budget).map_err(|_| Failed)? {
            break;
        }
        let Some((from, to)) = scratch.group(0) else { break };
        found = true;
        // `\K` may move the start of the match behind what was copied already.
        out.push_str(text.get(copied..from).unwrap_or(""));
        push_replacement(regex, text, replacement, scratch, out);
        if out.len() > crate::limits::TEMPLATE_BYTES {
            return Err(Failed);
        }
        copied = to;
        start = if from == to {
            to + text[to..].chars().next().map_or(1, char::len_utf8)
        } else {
            to
        };
    }
    if found {
        out.push_str(text.get(copied..).unwrap_or(""));
    }
    Ok(found)
}

/// Ruby's replacement text: `\1`, `\0`, `\&`, `\k<name>`, the text before and behind the match, `\\`.
fn push_replacement(
    regex: &Regex,
    text: &str,
    replacement: &str,
    scratch: &Scratch,
    out: &mut String,
) {
    let (from, to) = scratch.group(0).unwrap_or((0, 0));
    let group = |index: u32| scratch.group(index).map_or("", |(from, to)| &text[from..to]);
    let mut rest = replacement;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let Some(character) = after.chars().next() else {
            out.push('\\');
            rest = "";
            break;
        };
        rest = &after[character.len_utf8()..];
        match character {
            '0'..='9' => out.push_str(group(u32::from(character) - u32::from('0'))),
            '&' => out.push_str(&text[from..to]),
            '`' => out.push_str(&text[..from]),
            '\'' => out.push_str(&text[to..]),
            '\\' => out.push('\\'),
            'k' if rest.starts_with('<') && rest.contains('>') => {
                let end = rest.find('>').unwrap_or(0);
                let name = &rest[1..end];
                rest = &rest[end + 1..];
                let named = regex.group_names().iter().rev().filter(|(group, _)| **group == *name);
                let number = name.parse().ok();
                let found = named.map(|(_, index)| *index).chain(number);
                if let Some(range) = found.into_iter().find_map(|index| scratch.group(index)) {
                    out.push_str(&text[range.0..range.1]);
                }
            }
            other => {
                out.push('\\');
                out.push(other);
            }
        }
    }
    out.push_str(rest);
}
