//! Why no pattern matched: the one that got furthest, and where it stopped.

use crate::event::{Event, Value};
use crate::filter::Cx;
use crate::filter::grok::{FieldMatch, Grok, Scope, subject};
use crate::pattern::{Budget, Explanation};

/// The try that got furthest.
struct Best<'b> {
    field: &'b FieldMatch,
    number: usize,
    subject: &'b str,
    explanation: Explanation,
}

/// Explains a failure in one line.
pub(super) fn explain<'b>(
    grok: &'b Grok,
    event: &Event<'b>,
    cx: &mut Cx<'_, 'b>,
) -> Option<String> {
    let mut best: Option<Best<'b>> = None;
    // One budget for all patterns: a reject must not cost a second.
    let mut budget = Budget::for_explanation();
    for field in &grok.matches {
        let Ok(path) = field.field.resolve(event, cx) else { continue };
        let subjects = match event.get(path) {
            Some(Value::Array(array)) => array.as_slice(),
            Some(value) => core::slice::from_ref(value),
            None => &[Value::Null],
        };
        for value in subjects.iter().take(MAX_SUBJECTS) {
            let subject = subject(Some(value), cx.arena);
            if let Some(number) = exhausted(grok, field, subject, cx) {
                return Some(format!(
                    "{}was given up: it backtracks too long on the {} bytes of field `{path}`",
                    if field.patterns.len() == 1 {
                        "the pattern ".to_owned()
                    } else {
                        format!("pattern {number} of {} ", field.patterns.len())
                    },
                    subject.len(),
                ));
            }
            for (index, pattern) in field.patterns.iter().enumerate() {
                let expansion = Some(&pattern.expansion);
                let scratch = &mut cx.scratch.pattern;
                let Some(explanation) =
                    pattern.regex.explain(subject, expansion, scratch, &mut budget)
                else {
                    continue;
                };
                if best.as_ref().is_none_or(|best| best.explanation.len() < explanation.len()) {
                    best = Some(Best { field, number: index + 1, subject, explanation });
                }
            }
        }
    }
    let Best { field, number, subject, explanation } = best?;
    let path = field.field.resolve(event, cx).ok()?;
    if event.get(path).is_none() {
        return Some(format!("field `{path}` is missing"));
    }
    let sentence = explanation.sentence(subject);
    let count = field.patterns.len();
    let which = if count == 1 {
        String::new()
    } else {
        format!("pattern {number} of {count} got furthest, ")
    };
    let field_name = if grok.matches.len() > 1 { format!("field `{path}`, ") } else { String::new() };
    Some(format!("{field_name}{which}{sentence}"))
}

/// The number of the pattern that used up its budget, if that is what happened.
fn exhausted(grok: &Grok, field: &FieldMatch, subject: &str, cx: &mut Cx<'_, '_>) -> Option<usize> {
    let mut budget = grok.budget.timeout.budget(subject.len());
    let mut next = 0;
    while let Some(index) = field.candidate(next, subject, cx) {
        next = index + 1;
        if grok.budget.scope == Scope::Pattern {
            budget = grok.budget.timeout.budget(subject.len());
        }
        let regex = &field.patterns[index].regex;
        if regex.search(subject, 0, &mut cx.scratch.pattern, &mut budget).is_err() {
            return Some(next);
        }
    }
    None
}

/// Texts of a list that are looked at.
const MAX_SUBJECTS: usize = 16;
