//! A grok's patterns on one event: which are tried, which match, and what each costs.

use crate::event::{Event, Value};
use crate::filter::Cx;
use crate::filter::grok::{FieldMatch, Grok, Stop, subject};
use crate::run::PatternProfile;

/// The patterns of all fields, with nothing counted.
pub(super) fn patterns(grok: &Grok) -> Vec<PatternProfile> {
    let is_first_only = grok.stop == Stop::AtFirstMatch;
    let of = |(number, field): (usize, &FieldMatch)| {
        let all = field.patterns.iter().map(move |pattern| {
            let text = pattern.expansion.source();
            PatternProfile::new(number, text, pattern.regex.is_anchored(), is_first_only)
        });
        all.collect::<Vec<_>>()
    };
    grok.matches.iter().enumerate().flat_map(of).collect()
}

/// Counts what the grok is about to do with an event.
pub(super) fn count<'b>(
    grok: &'b Grok,
    event: &Event<'b>,
    cx: &mut Cx<'_, 'b>,
    out: &mut [PatternProfile],
) {
    let mut rest = out;
    for field in &grok.matches {
        let Some((patterns, others)) = rest.split_at_mut_checked(field.patterns.len()) else {
            return;
        };
        rest = others;
        let Ok(path) = field.field.resolve(event, cx) else { continue };
        let subjects = match event.get(path) {
            Some(Value::Array(array)) => array.as_slice(),
            Some(value) => core::slice::from_ref(value),
            None => &[Value::Null],
        };
        let mut matched = false;
        for value in subjects {
            let subject = subject(Some(value), cx.arena);
            matched |= count_text(grok, field, subject, cx, patterns);
        }
        if matched && grok.stop == Stop::AtFirstMatch {
            return;
        }
    }
}

/// Runs all patterns of a list, also those behind the first that matches: only so can be said
/// what another order would do.
fn count_text<'b>(
    grok: &'b Grok,
    field: &'b FieldMatch,
    subject: &str,
    cx: &mut Cx<'_, 'b>,
    out: &mut [PatternProfile],
) -> bool {
    let is_first_only = grok.stop == Stop::AtFirstMatch;
    let mut has_matched = false;
    let mut steps_before = 0_i64;
    for (pattern, profile) in field.patterns.iter().zip(out) {
        let is_tried = !(has_matched && is_first_only);
        let scratch = &mut cx.scratch.pattern;
        let found = if is_tried {
            pattern.regex.count_steps(subject, scratch, &mut profile.counts)
        } else {
            pattern.regex.count_steps(subject, scratch, &mut cx.scratch.unused_counts)
        };
        let steps = i64::try_from(found.steps).unwrap_or(i64::MAX);
        if !is_tried {
            profile.contested += u64::from(found.start.is_some());
            // As the first it would have been tried, and taken the text if it matches.
            profile.saved_if_first += if found.start.is_some() { steps_before - steps } else { -steps };
            continue;
        }
        profile.tried += 1;
        profile.steps += found.steps;
        if let Some(start) = found.start {
            profile.matched += 1;
            profile.matched_at_start += u64::from(start == 0);
            if is_first_only {
                profile.saved_if_first += steps_before;
            }
            has_matched = true;
        } else {
            profile.steps_failed += found.steps;
            profile.given_up += u64::from(found.is_given_up);
        }
        steps_before += steps;
    }
    has_matched
}

/// Sums up what the tokens of the patterns cost.
pub(super) fn finish(grok: &Grok, out: &mut [PatternProfile]) {
    let patterns = grok.matches.iter().flat_map(|field| &field.patterns);
    for (pattern, profile) in patterns.zip(out) {
        profile.tokens = pattern.regex.token_steps(&pattern.expansion, &profile.counts);
    }
}
