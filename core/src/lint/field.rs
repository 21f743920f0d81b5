//! What is known of an event's fields at one place of a config.
//!
//! After `grok { match => { "message" => "%{INT:status}" } }` the field `[status]` is known to hold
//! text, if it is there at all. Names are kept in brackets, `[a][b]`, so that a field's parts start
//! with its own name.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Span;
use crate::event::{EscapeStyle, FieldPath};

/// Fields that are kept track of; stops a generated config from taking quadratic time.
const FIELDS: usize = 5_000;

/// What a field holds, if it is there, and where it was given that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Known {
    /// What `convert` made a boolean; a text that it did not understand stays.
    Boolean(Span),
    /// What `convert` made a number; the event is tagged where it could not.
    Converted(Span),
    /// Anything.
    Mixed,
    /// An integer or decimal of grok.
    Number(Span),
    /// The field is gone.
    Removed(Span),
    /// A text, or a list of texts.
    Text(Span, Origin),
}

/// Who made a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Origin {
    /// A token that stands in the config.
    Grok,
    /// A definition of a pattern, out of reach.
    Pattern,
    /// Another filter.
    Filter,
}

impl Known {
    fn is_like(self, other: Self) -> bool {
        core::mem::discriminant(&self) == core::mem::discriminant(&other)
    }

    /// What holds when either holds.
    pub(super) fn or(self, other: Self) -> Self {
        if self.is_like(other) { self } else { Self::Mixed }
    }
}

/// What is known at one place.
#[derive(Clone, Debug)]
pub(super) struct State {
    fields: BTreeMap<String, Known>,
    /// Fields that filters have changed, and that only the input can have set.
    of_input: BTreeSet<String>,
    /// Whether fields that no filter has set may hold anything, or are there only if the input
    /// brings them.
    pub(super) is_open: bool,
    /// No event gets here.
    pub(super) has_ended: bool,
}

impl State {
    pub(super) const fn new(is_open: bool) -> Self {
        Self { fields: BTreeMap::new(), of_input: BTreeSet::new(), is_open, has_ended: false }
    }

    /// What is known of a field; `None` when nothing has set it and nothing can have.
    pub(super) fn get(&self, name: &str) -> Option<Known> {
        if let Some(known) = self.fields.get(name) {
            return Some(*known);
        }
        for (at, _) in name.rmatch_indices("][") {
            if let Some(known) = self.fields.get(&name[..=at]) {
                return Some(match known {
                    Known::Removed(span) => Known::Removed(*span),
                    _ => Known::Mixed,
                });
            }
        }
        if self.has_parts(name) || self.is_open { Some(Known::Mixed) } else { None }
    }

    /// Whether a filter has set the field, a part of it, or what it is a part of.
    pub(super) fn is_set(&self, name: &str) -> bool {
        let is_there =
            |known: Option<&Known>| known.is_some_and(|known| !matches!(known, Known::Removed(_)));
        is_there(self.fields.get(name))
            || self.has_parts(name)
            || name.rmatch_indices("][").any(|(at, _)| is_there(self.fields.get(&name[..=at])))
    }

    fn has_parts(&self, name: &str) -> bool {
        let after =
            self.fields.range(name.to_owned()..).take_while(|(key, _)| key.starts_with(name));
        after.into_iter().any(|(key, known)| key != name && !matches!(known, Known::Removed(_)))
    }

    /// What a filter makes of a field that it does not set by itself.
    pub(super) fn change(&mut self, name: &str, known: Known) {
        let is_of_input = !self.is_set(name);
        self.set(name, known);
        if is_of_input {
            self.of_input.insert(name.to_owned());
        }
    }

    pub(super) fn set(&mut self, name: &str, known: Known) {
        self.of_input.remove(name);
        for (at, _) in name.rmatch_indices("][") {
            if let Some(parent) = self.fields.get_mut(&name[..=at]) {
                *parent = Known::Mixed;
            }
        }
        self.forget_parts(name);
        if self.fields.len() >= FIELDS {
            self.open();
        }
        self.fields.insert(name.to_owned(), known);
    }

    pub(super) fn remove(&mut self, name: &str, span: Span) {
        self.forget_parts(name);
        self.fields.insert(name.to_owned(), Known::Removed(span));
    }

    /// A field may be gone: what it holds, if it is there, stays the same.
    pub(super) fn may_lose(&mut self, name: &str) {
        self.forget_parts(name);
    }

    fn forget_parts(&mut self, name: &str) {
        let parts: Vec<String> = self
            .fields
            .range(name.to_owned()..)
            .take_while(|(key, _)| key.starts_with(name))
            .filter(|(key, _)| *key != name)
            .map(|(key, _)| key.clone())
            .collect();
        for part in parts {
            self.fields.remove(&part);
        }
    }

    /// Anything may have been set to anything.
    pub(super) fn open(&mut self) {
        self.fields.clear();
        self.of_input.clear();
        self.is_open = true;
    }

    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }

    /// The names of the fields that filters have set.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let is_there = |known: &Known| !matches!(known, Known::Removed(_));
        let there = self.fields.iter().filter(move |(_, known)| is_there(known));
        there.map(|(name, _)| name.as_str()).filter(|name| !self.of_input.contains(*name))
    }

    /// What is known behind a branch: the events of all arms.
    pub(super) fn merge(states: Vec<Self>) -> Self {
        let mut states = states.into_iter();
        let Some(mut all) = states.next() else { return Self::new(true) };
        for state in states {
            if state.has_ended {
                continue;
            }
            if all.has_ended {
                all = state;
                continue;
            }
            all.join(state);
        }
        all
    }

    /// A field that one side does not know is not there, or, on an open side, may be anything.
    fn join(&mut self, other: Self) {
        let known_here = |fields: &BTreeMap<String, Known>, name: &str| fields.contains_key(name);
        let was_open = self.is_open;
        self.of_input.extend(other.of_input);
        self.is_open |= other.is_open;
        self.fields.retain(|name, known| {
            let is_lost = !known_here(&other.fields, name);
            if is_lost && matches!(known, Known::Removed(_)) {
                *known = Known::Mixed;
            }
            !(is_lost && other.is_open)
        });
        for (name, known) in other.fields {
            match self.fields.get_mut(&name) {
                Some(mine) => *mine = mine.or(known),
                None if was_open => {}
                None => {
                    let is_gone = matches!(known, Known::Removed(_));
                    self.fields.insert(name, if is_gone { Known::Mixed } else { known });
                }
            }
        }
    }
}

/// The name of a field in brackets; nothing for what is no reference, or filled in for each event.
pub(super) fn canonical(reference: &str, style: EscapeStyle) -> Option<String> {
    if reference.contains("%{") {
        return None;
    }
    let path = FieldPath::parse(reference, style).ok()?;
    let path = path.as_ref();
    let mut name = String::with_capacity(reference.len() + 2);
    if path.is_in_metadata() {
        name.push_str("[@metadata]");
    }
    for at in 0..path.len() {
        name.push('[');
        name.push_str(path.key(at).text());
        name.push(']');
    }
    Some(name)
}

/// A name in brackets as people write it: `[status]` as `status`.
pub(super) fn plain(name: &str) -> &str {
    let inner = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.filter(|inner| !inner.contains("][")).unwrap_or(name)
}
