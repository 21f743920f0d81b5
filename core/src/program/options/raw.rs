//! Option values before they have a type: from the tree to merged values.
//!
//! `match => { "m" => "A" } match => { "m" => "B" }` becomes one hash in which `m` holds `A` and
//! `B`. Source: Logstash 9.x, `compiler/lscl.rb` and `Util.hash_merge`, as the vectors recorded it.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
};

use crate::{
    config::ast::{Attribute, Entry, Plugin, Value, ValueKind},
    diagnostic::{Code, Diagnostic, Span},
};

use super::{Number, inspect};

/// Holds one value without a type, and where it was written.
#[derive(Clone, Debug)]
pub(super) struct Raw<'a> {
    pub(super) kind: RawKind<'a>,
    pub(super) span: Span,
}

/// Lists the forms of a value.
#[derive(Clone, Debug)]
pub(super) enum RawKind<'a> {
    Array(Vec<Raw<'a>>),
    Hash(Vec<RawEntry<'a>>),
    Number(Number),
    Plugin(&'a Plugin),
    Text(String),
}

/// Holds one entry of a hash.
#[derive(Clone, Debug)]
pub(super) struct RawEntry<'a> {
    pub(super) key: String,
    pub(super) key_span: Span,
    pub(super) value: Raw<'a>,
}

impl<'a> Raw<'a> {
    /// Reads a value of the tree; of equal keys in one hash, the last wins.
    pub(super) fn from_tree(value: &'a Value) -> Self {
        let kind = match &value.kind {
            ValueKind::Array(values) => {
                RawKind::Array(values.iter().map(Self::from_tree).collect())
            }
            ValueKind::Bareword(word) => RawKind::Text(word.clone()),
            ValueKind::Hash(entries) => RawKind::Hash(hash_from_tree(entries)),
            ValueKind::Number(raw) => RawKind::Number(Number::from_config(raw)),
            ValueKind::Plugin(plugin) => RawKind::Plugin(plugin),
            ValueKind::Text(text) => RawKind::Text(text.text.clone()),
        };
        Self { kind, span: value.span }
    }

    /// Names the form in a message.
    pub(super) const fn form(&self) -> &'static str {
        match self.kind {
            RawKind::Array(_) => "a list",
            RawKind::Hash(_) => "a hash",
            RawKind::Number(_) => "a number",
            RawKind::Plugin(_) => "a plugin",
            RawKind::Text(_) => "a string",
        }
    }

    /// Returns a text that two values share only when they are equal.
    fn identity(&self) -> String {
        let mut text = String::new();
        inspect::raw(self, &mut text);
        text
    }
}

fn hash_from_tree(entries: &[Entry]) -> Vec<RawEntry<'_>> {
    let mut hash: Vec<RawEntry<'_>> = Vec::with_capacity(entries.len());
    let mut places = BTreeMap::new();
    for Entry { key, value, .. } in entries {
        let text = match &key.kind {
            ValueKind::Bareword(word) | ValueKind::Number(word) => word,
            ValueKind::Text(text) => &text.text,
            _ => continue,
        };
        let entry =
            RawEntry { key: text.clone(), key_span: key.span, value: Raw::from_tree(value) };
        if let Some(place) = places.get(text.as_str()) {
            hash[*place] = entry;
        } else {
            places.insert(text.as_str(), hash.len());
            hash.push(entry);
        }
    }
    hash
}

/// Merges all attributes of one name; `None` when they cannot be merged, which is reported.
pub(super) fn merge<'a>(
    attributes: &[&'a Attribute],
    errors: &mut Vec<Diagnostic>,
) -> Option<Raw<'a>> {
    let (first, rest) = attributes.split_first()?;
    let mut merged = Merged::new(Raw::from_tree(&first.value));
    for attribute in rest {
        let value = Raw::from_tree(&attribute.value);
        if let Err(message) = merged.add(value) {
            let message = format!("`{}` is set twice, {message}", attribute.name.text);
            errors.push(
                Diagnostic::error(Code::WrongType, attribute.span, message)
                    .with_label(first.span, "first here"),
            );
            return None;
        }
    }
    Some(merged.finish())
}

/// Holds what several attributes of one name have given so far.
enum Merged<'a> {
    Hash { slots: Vec<Slot<'a>>, places: BTreeMap<String, usize>, span: Span },
    Other(Raw<'a>),
}

/// Holds one key of a merged hash.
struct Slot<'a> {
    entry: RawEntry<'a>,
    /// The identities of the elements, once the value is a list that was merged.
    seen: Option<BTreeSet<String>>,
}

impl<'a> Merged<'a> {
    fn new(first: Raw<'a>) -> Self {
        let RawKind::Hash(entries) = first.kind else { return Self::Other(first) };
        let places =
            entries.iter().enumerate().map(|(place, entry)| (entry.key.clone(), place)).collect();
        let slots = entries.into_iter().map(|entry| Slot { entry, seen: None }).collect();
        Self::Hash { slots, places, span: first.span }
    }

    fn add(&mut self, value: Raw<'a>) -> Result<(), &'static str> {
        match self {
            Self::Hash { slots, places, .. } => match value.kind {
                RawKind::Hash(entries) => {
                    for entry in entries {
                        if let Some(place) = places.get(&entry.key) {
                            slots[*place].add(entry.value);
                        } else {
                            places.insert(entry.key.clone(), slots.len());
                            slots.push(Slot { entry, seen: None });
                        }
                    }
                    Ok(())
                }
                // Logstash loses the list; so do we, since configs run with it.
                RawKind::Array(_) => Ok(()),
                _ => Err("once as a hash and once as something else"),
            },
            Self::Other(present) => {
                if matches!(value.kind, RawKind::Plugin(_))
                    || matches!(present.kind, RawKind::Plugin(_))
                {
                    return Err("and a codec cannot be set twice");
                }
                if matches!(value.kind, RawKind::Hash(_)) {
                    return Err("once as a hash and once as something else");
                }
                add_to_list(present, value);
                Ok(())
            }
        }
    }

    fn finish(self) -> Raw<'a> {
        match self {
            Self::Hash { slots, span, .. } => {
                let entries = slots.into_iter().map(|slot| slot.entry).collect();
                Raw { kind: RawKind::Hash(entries), span }
            }
            Self::Other(raw) => raw,
        }
    }
}

/// Joins lists; a scalar and a second value become a list unless they are equal.
fn add_to_list<'a>(present: &mut Raw<'a>, value: Raw<'a>) {
    let span = present.span.to(value.span);
    if let RawKind::Array(elements) = &mut present.kind {
        match value {
            Raw { kind: RawKind::Array(more), .. } => elements.extend(more),
            scalar => elements.push(scalar),
        }
    } else if present.identity() == value.identity() {
        return;
    } else {
        let kind = mem::replace(&mut present.kind, RawKind::Array(Vec::new()));
        let first = Raw { kind, span: present.span };
        present.kind = RawKind::Array(vec![first, value]);
    }
    present.span = span;
}

impl<'a> Slot<'a> {
    /// Adds a second value for the key: lists are united, equal elements once.
    fn add(&mut self, value: Raw<'a>) {
        let present = &mut self.entry.value;
        if let (RawKind::Hash(_), RawKind::Hash(_)) = (&present.kind, &value.kind) {
            let taken = mem::replace(&mut present.kind, RawKind::Array(Vec::new()));
            let mut merged = Merged::new(Raw { kind: taken, span: present.span });
            // Two hashes always merge.
            let _ = merged.add(value);
            *present = merged.finish();
            return;
        }
        let seen = match (&present.kind, &mut self.seen) {
            (RawKind::Array(_), Some(seen)) => seen,
            (RawKind::Array(elements), none) => {
                none.insert(elements.iter().map(Raw::identity).collect())
            }
            (_, none) => {
                if !matches!(value.kind, RawKind::Array(_))
                    && present.identity() == value.identity()
                {
                    return;
                }
                let seen = none.insert(BTreeSet::from([present.identity()]));
                let taken = mem::replace(&mut present.kind, RawKind::Array(Vec::new()));
                let first = Raw { kind: taken, span: present.span };
                present.kind = RawKind::Array(vec![first]);
                seen
            }
        };
        let RawKind::Array(elements) = &mut present.kind else { return };
        let more = match value {
            Raw { kind: RawKind::Array(more), .. } => more,
            scalar => vec![scalar],
        };
        elements.extend(more.into_iter().filter(|element| seen.insert(element.identity())));
    }
}
