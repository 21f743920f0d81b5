//! `grok`: named patterns take a text apart.
//!
//! `{"message":"GET /x"}` with `grok { match => { "message" => "%{WORD:verb} %{NOTSPACE:path}" } }` gives `verb` and
//! `path`. Source of behaviour: logstash-filter-grok 4.4.3 and jls-grok.

use crate::arena::Arena;
use crate::event::{Event, Filling, Layout, PathRef, SetError, Value, text};
use crate::filter::field::{FieldName, PlainField};
use crate::filter::lists::ListPart;
use crate::filter::timeout::Timeout;
use crate::filter::{Cx, Filter, Outcome, Scratch, number, tag_all};
use crate::pattern::expand::{CaptureKind, Expansion};
use crate::pattern::Regex;
use crate::run::PatternProfile;

mod compile;
mod explain;
mod profile;

pub(super) use compile::{DOC, compile};
pub(crate) use compile::{
    capture_reference, dictionary, expanded_regex, pattern_set, sources, target,
};

#[derive(Debug)]
struct Grok {
    matches: Box<[FieldMatch]>,
    stop: Stop,
    empty: EmptyCaptures,
    budget: BudgetScope,
    /// `matched_pattern_target`: where the text of the pattern that matched goes.
    pattern_target: Option<FieldName>,
    failure_tags: Box<[Box<str>]>,
    timeout_tag: Box<str>,
}

/// The patterns of one field.
#[derive(Debug)]
struct FieldMatch {
    field: FieldName,
    /// The patterns in the list of all that are tried on this field.
    list: Option<ListPart>,
    patterns: Box<[Pattern]>,
}

#[derive(Debug)]
struct Pattern {
    /// As the config has it.
    source: Box<str>,
    regex: Regex,
    /// In the order in which they are set: by name's first appearance, then by place.
    captures: Box<[Capture]>,
    /// Where the captures go in an event that has none of their fields, if some go into maps.
    layout: Option<Layout>,
    /// Where the regex came from, for explanations.
    expansion: Expansion,
}

/// One group and where its text goes.
#[derive(Debug)]
struct Capture {
    group: u32,
    field: FieldName,
    /// The field, where it takes the text as it is and stands at the top level.
    plain: Option<PlainField>,
    kind: CaptureKind,
    existing: Existing,
}

/// What happens to a value that the field has already.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Existing {
    Append,
    Overwrite,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stop {
    /// `break_on_match => true`
    AtFirstMatch,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum EmptyCaptures {
    Drop,
    Keep,
}

/// How many steps a match may take.
#[derive(Clone, Copy, Debug)]
struct BudgetScope {
    timeout: Timeout,
    scope: Scope,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Scope {
    /// One budget for a field's whole list of patterns.
    Event,
    /// One budget for each pattern.
    Pattern,
}

/// The step budget is spent.
struct TimedOut;

impl Filter for Grok {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        let mut matched = false;
        let mut which = None;
        for field in &self.matches {
            match self.match_field(field, event, &mut which, cx) {
                Ok(true) => {
                    matched = true;
                    if self.stop == Stop::AtFirstMatch {
                        break;
                    }
                }
                Ok(false) => {}
                Err(TimedOut) => {
                    event.tag(&self.timeout_tag, cx.arena);
                    return Outcome::Failed;
                }
            }
        }
        if let (Some(target), Some(which)) = (&self.pattern_target, which) {
            set_pattern(target, which, event, cx);
        }
        if matched {
            return Outcome::Matched;
        }
        tag_all(event, &self.failure_tags, cx.arena);
        Outcome::Failed
    }

    fn new_fields(&self) -> usize {
        let most = |field: &FieldMatch| {
            field.patterns.iter().map(|pattern| pattern.captures.len()).max().unwrap_or(0)
        };
        self.matches.iter().map(most).sum()
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.failure_tags
    }

    fn has_tagged(&self, event: &Event<'_>) -> bool {
        self.failure_tags.iter().chain([&self.timeout_tag]).any(|tag| event.has_tag(tag))
    }

    fn explain<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Option<String> {
        explain::explain(self, event, cx)
    }

    fn patterns(&self) -> Vec<PatternProfile> {
        profile::patterns(self)
    }

    fn count<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>, out: &mut [PatternProfile]) {
        profile::count(self, event, cx, out);
    }

    fn finish_count(&self, out: &mut [PatternProfile]) {
        profile::finish(self, out);
    }
}

impl Grok {
    /// Matches a field's text, or each text of its list. A missing field is the empty text.
    fn match_field<'b>(
        &'b self,
        field: &'b FieldMatch,
        event: &mut Event<'b>,
        which: &mut Option<Value<'b>>,
        cx: &mut Cx<'_, 'b>,
    ) -> Result<bool, TimedOut> {
        let value = if let Some(key) = field.field.top() {
            event.data.get(key)
        } else {
            let Ok(path) = field.field.resolve(event, cx) else { return Ok(false) };
            event.get(path)
        };
        let Some(Value::Array(array)) = value else {
            let subject = subject(value, cx.arena);
            return self.match_text(field, subject, event, which, cx);
        };
        let mut subjects = cx.arena.list();
        subjects.extend(array.as_slice().iter().map(|item| subject(Some(item), cx.arena)));
        let mut matched = false;
        for subject in subjects {
            matched |= self.match_text(field, subject, event, which, cx)?;
        }
        Ok(matched)
    }

    /// Whether the last pattern that was tried matched.
    fn match_text<'b>(
        &'b self,
        field: &'b FieldMatch,
        subject: &'b str,
        event: &mut Event<'b>,
        which: &mut Option<Value<'b>>,
        cx: &mut Cx<'_, 'b>,
    ) -> Result<bool, TimedOut> {
        let mut budget = self.budget.timeout.budget(subject.len());
        let mut matched = false;
        let mut next = 0;
        while let Some(index) = field.candidate(next, subject, cx) {
            next = index + 1;
            let pattern = &field.patterns[index];
            if self.budget.scope == Scope::Pattern {
                budget = self.budget.timeout.budget(subject.len());
            }
            let found = pattern.regex.search(subject, 0, &mut cx.scratch.pattern, &mut budget);
            matched = found.map_err(|_| TimedOut)?;
            if !matched {
                continue;
            }
            if self.set_captures(pattern, subject, event, cx).is_err() {
                return Ok(false);
            }
            if self.pattern_target.is_some() {
                self.note_pattern(&pattern.source, which, cx.arena);
            }
            if self.stop == Stop::AtFirstMatch {
                field.remember(index, cx);
                return Ok(true);
            }
        }
        // What was passed over did not match.
        Ok(matched && next == field.patterns.len())
    }

    /// Takes down which pattern matched: one, or all in a list with `break_on_match => false`.
    fn note_pattern<'b>(
        &self,
        source: &'b str,
        which: &mut Option<Value<'b>>,
        arena: &'b Arena,
    ) {
        let source = Value::Str(source);
        match (self.stop, which) {
            (Stop::AtFirstMatch, which) => *which = Some(source),
            (Stop::Never, Some(Value::Array(all))) => all.push(source),
            (Stop::Never, which) => *which = Some(Value::array([source], arena)),
        }
    }

    fn set_captures<'b>(
        &'b self,
        pattern: &'b Pattern,
        subject: &'b str,
        event: &mut Event<'b>,
        cx: &Cx<'_, 'b>,
    ) -> Result<(), SetError> {
        // PERF: nearly all events have none of the fields. What is not searched for takes a third of the
        // instructions: of COMBINEDAPACHELOG with the names of ECS 3,100 of 8,200.
        if self.empty == EmptyCaptures::Drop
            && let Some(layout) = &pattern.layout
            && let Some(filling) = layout.begin(&mut event.data, cx.arena)
        {
            set_new_captures(&pattern.captures, layout, subject, filling, cx);
            return Ok(());
        }
        self.set_each_capture(pattern, subject, event, cx)
    }

    #[inline(never)]
    fn set_each_capture<'b>(
        &'b self,
        pattern: &'b Pattern,
        subject: &'b str,
        event: &mut Event<'b>,
        cx: &Cx<'_, 'b>,
    ) -> Result<(), SetError> {
        let groups = cx.scratch.pattern.groups();
        let before = event.data.seen();
        for capture in &pattern.captures {
            let text = groups.text(capture.group, subject);
            // PERF: a text for a field that is not there yet, as nearly all are, takes a
            // quarter of the instructions of the rest.
            if let Some(text) = text
                && let Some(field) = &capture.plain
                && !text.is_empty()
                && field.set_new(before, &mut event.data, text, cx.arena)
            {
                continue;
            }
            let value = match (text, capture.kind) {
                (Some(""), CaptureKind::Text) | (None, _) if self.empty == EmptyCaptures::Drop => {
                    continue;
                }
                (Some(text), CaptureKind::Text) => Value::Str(text),
                (None, _) => Value::Null,
                (Some(text), CaptureKind::Int) => number::to_i(text, cx.arena),
                (Some(text), CaptureKind::Float) => Value::Float(number::to_f(text, cx.arena)),
            };
            let path = capture.field.resolve(event, cx)?;
            set_capture(event, path, value, capture.existing, cx.arena)?;
        }
        Ok(())
    }
}

impl FieldMatch {
    /// The first pattern from `from` on that may match the text.
    fn candidate(&self, from: usize, subject: &str, cx: &mut Cx<'_, '_>) -> Option<usize> {
        match self.list {
            Some(list) => {
                let Scratch { lists, pattern, .. } = &mut *cx.scratch;
                lists.next(&cx.env.lists, list, from, subject, pattern)
            }
            None => (from < self.patterns.len()).then_some(from),
        }
    }

    /// Remembers that a pattern matched, as a guess for the next event.
    fn remember(&self, index: usize, cx: &mut Cx<'_, '_>) {
        if let Some(list) = self.list {
            cx.scratch.lists.matched(list, index);
        }
    }
}

/// Sets what was captured, without what is empty.
#[inline(never)]
fn set_new_captures<'b>(
    captures: &[Capture],
    layout: &'b Layout,
    subject: &'b str,
    mut event: Filling<'_, 'b>,
    cx: &Cx<'_, 'b>,
) {
    let groups = cx.scratch.pattern.groups();
    for (capture, field) in captures.iter().zip(layout.fields()) {
        match (groups.text(capture.group, subject), capture.kind) {
            (None, _) | (Some(""), CaptureKind::Text) => {}
            (Some(text), CaptureKind::Text) => event.text(field, text),
            (Some(text), CaptureKind::Int) => event.value(field, number::to_i(text, cx.arena)),
            (Some(text), CaptureKind::Float) => {
                event.value(field, Value::Float(number::to_f(text, cx.arena)));
            }
        }
    }
}

/// Sets the field of `matched_pattern_target`. What cannot be set, since a parent is no map, is left
/// out: the event has matched all the same.
fn set_pattern<'b>(
    target: &'b FieldName,
    which: Value<'b>,
    event: &mut Event<'b>,
    cx: &Cx<'_, 'b>,
) {
    if let Ok(path) = target.resolve(event, cx) {
        let _: Result<(), SetError> = event.set(path, which, cx.arena);
    }
}

/// Sets a field, or appends to a text or list that is there; other values win over the capture.
fn set_capture<'b>(
    event: &mut Event<'b>,
    path: PathRef<'b>,
    value: Value<'b>,
    existing: Existing,
    arena: &'b Arena,
) -> Result<(), SetError> {
    if existing == Existing::Overwrite {
        return event.set(path, value, arena);
    }
    match event.get_mut(path) {
        None | Some(Value::Null) if !path.is_whole_metadata() => event.set(path, value, arena),
        Some(Value::Array(array)) => {
            if path.is_in_tags() && !matches!(value, Value::Str(_)) {
                return Err(SetError::Tags);
            }
            array.push(value);
            Ok(())
        }
        Some(Value::Str(text)) => {
            let list = Value::array([Value::Str(text), value], arena);
            event.set(path, list, arena)
        }
        _ => Ok(()),
    }
}

/// What a value is matched as: Ruby's `to_s`.
fn subject<'b>(value: Option<&Value<'b>>, arena: &'b Arena) -> &'b str {
    match value {
        None | Some(Value::Null) => "",
        Some(Value::Str(text)) => text,
        Some(value) => arena.build(|out| text::push_ruby(value, out)),
    }
}
