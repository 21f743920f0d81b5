//! `split`: one event for each piece of a text or each value of a list.
//!
//! `{"message":"a\nb"}` with `split { }` gives two events. Each is a copy of the whole event with the piece in `field`
//! (or `target`); the original goes. Empty pieces and nulls are left out. Source of behaviour:
//! logstash-filter-split 3.1.8.

use crate::event::{Event, Object, PathRef, SetError, Value};
use crate::filter::field::FieldName;
use crate::filter::{CompileCx, Cx, Filter, Outcome, shown_value, tag_all};
use crate::limits;
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Makes an event of each line of a text, or of each value of a list.",
    example: r#"split { field => "[response][hits]" target => "hit" }"#,
    options: &[
        ("ecs_compatibility", "No effect on the events."),
        ("field", "The field that holds the text or the list."),
        ("target", "The field that gets the piece; without it, the field that was split."),
        ("terminator", "The text at which texts are split."),
    ],
    differences: &[("", "The events of one line have at most 5 million values together; what would make more is left whole and tagged `_split_type_failure`.")],
};

#[derive(Debug)]
struct Split {
    field: FieldName,
    target: Option<FieldName>,
    terminator: Box<str>,
    failure_tags: Box<[Box<str>]>,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is that of all filters")]
pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let field = options.text("field").map_or("message", |text| text.value);
    Some(Box::new(Split {
        field: FieldName::fixed(field, style),
        target: options.text("target").map(|text| FieldName::fixed(text.value, style)),
        terminator: options.text("terminator").map_or("\n", |text| text.value).into(),
        failure_tags: Box::new(["_split_type_failure".into()]),
    }))
}

/// The event gets the failure tag.
struct Failed;

impl From<SetError> for Failed {
    fn from(_: SetError) -> Self {
        Self
    }
}

impl Filter for Split {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        let before = cx.children.len();
        self.split(event, cx).unwrap_or_else(|Failed| {
            cx.children.truncate(before);
            tag_all(event, &self.failure_tags, cx.arena);
            Outcome::Failed
        })
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.failure_tags
    }

    fn explain<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Option<String> {
        let field = self.field.shown(event, cx);
        let value = self.field.resolve(event, cx).ok().and_then(|path| event.get(path));
        Some(match value {
            None => format!("field {field} is missing"),
            Some(Value::Str(_) | Value::Array(_)) => {
                format!("the pieces of field {field} cannot be set, or are too many")
            }
            Some(value) => {
                format!("field {field} is {}, and only texts and lists are split", shown_value(value))
            }
        })
    }
}

impl Split {
    fn split<'b>(
        &'b self,
        event: &mut Event<'b>,
        cx: &mut Cx<'_, 'b>,
    ) -> Result<Outcome, Failed> {
        let field = self.field.resolve(event, cx)?;
        let target = match &self.target {
            Some(target) => target.resolve(event, cx)?,
            None => field,
        };
        match event.get(field) {
            Some(Value::Str(text)) => {
                let text = *text;
                let pieces = || pieces(text, &self.terminator);
                if pieces().nth(1).is_none() && !text.is_empty() {
                    return Ok(Outcome::Unmatched);
                }
                let base = copy_size(event);
                for piece in pieces().filter(|piece| !piece.is_empty()) {
                    add(event, target, Value::Str(piece), base, cx)?;
                }
            }
            Some(Value::Array(_)) if self.target.is_none() => {
                // Without the list, the copies are small.
                let Some(Value::Array(array)) = event.remove(field) else { return Err(Failed) };
                let base = copy_size(event);
                for item in array.as_slice() {
                    let added = if is_blank(item) {
                        Ok(())
                    } else {
                        add(event, target, item.copy_in(cx.arena), base, cx)
                    };
                    if let Err(failed) = added {
                        event.set_unchecked(field, Value::Array(array), cx.arena)?;
                        return Err(failed);
                    }
                }
            }
            Some(Value::Array(array)) => {
                let base = copy_size(event);
                for item in array.as_slice().iter().filter(|item| !is_blank(item)) {
                    add(event, target, item.copy_in(cx.arena), base, cx)?;
                }
            }
            _ => return Err(Failed),
        }
        event.cancel();
        Ok(Outcome::MatchedChildren)
    }
}

fn is_blank(value: &Value<'_>) -> bool {
    matches!(value, Value::Null | Value::Str(""))
}

fn add<'b>(
    event: &Event<'b>,
    target: PathRef<'b>,
    value: Value<'b>,
    base: usize,
    cx: &mut Cx<'_, 'b>,
) -> Result<(), Failed> {
    if cx.arena.count_copied(base.saturating_add(size(&value))) > limits::SPLIT_VALUES {
        return Err(Failed);
    }
    let mut copy = event.copy_in(cx.arena);
    copy.set(target, value, cx.arena)?;
    cx.children.push(copy);
    Ok(())
}

/// What a copy of an event takes, in values: the event itself counts as some.
fn copy_size(event: &Event<'_>) -> usize {
    const EVENT: usize = 16;
    EVENT + object_size(event.data()) + object_size(event.metadata())
}

fn object_size(object: &Object<'_>) -> usize {
    // Maps that are still JSON text are not copied value by value.
    if object.raw().is_some() { 1 } else { object.iter().map(|(_, value)| size(value)).sum() }
}

/// What a copy of a value takes. Values nest no deeper than events do.
fn size(value: &Value<'_>) -> usize {
    // A map has a head of several values' size.
    const MAP: usize = 4;
    match value {
        Value::Array(array) if array.raw().is_none() => {
            1 + array.as_slice().iter().map(size).sum::<usize>()
        }
        Value::Object(object) => MAP + object_size(object),
        _ => 1,
    }
}

/// Ruby's `split` with a limit of -1: the last piece may be empty; one blank means runs of white space.
fn pieces<'t>(text: &'t str, terminator: &str) -> impl Iterator<Item = &'t str> {
    let blank = |c| matches!(c, '\0' | ' ' | '\t' | '\n' | '\x0B' | '\x0C' | '\r');
    let mut rest = if terminator == " " { text.trim_start_matches(blank) } else { text };
    let mut is_done = rest.is_empty();
    core::iter::from_fn(move || {
        if is_done {
            return None;
        }
        let (piece, behind) = match terminator {
            " " => match rest.split_once(blank) {
                Some((piece, behind)) => (piece, Some(behind.trim_start_matches(blank))),
                None => (rest, None),
            },
            "" => {
                let end = rest.chars().next().map_or(0, char::len_utf8);
                (&rest[..end], (end > 0).then(|| &rest[end..]))
            }
            terminator => match rest.split_once(terminator) {
                Some((piece, behind)) => (piece, Some(behind)),
                None => (rest, None),
            },
        };
        is_done = behind.is_none();
        rest = behind.unwrap_or("");
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::left_of;

    #[test]
    fn copies_of_a_list_that_stays_are_limited() {
        let event = |len: usize| format!(r#"{{"l":[{}1]}}"#, "1,".repeat(len - 1));
        // A list that was changed is no longer the JSON text that it came as, which copies share.
        let filter = r#"mutate { add_field => { "l" => "x" } } split { field => "l" target => "t" }"#;
        assert_eq!(left_of(filter, &event(999)).len(), 1_000);
        // The square of this is more than the limit.
        let too_long = 2_300;
        assert!(too_long * too_long > limits::SPLIT_VALUES);
        let left = left_of(filter, &event(too_long));
        assert_eq!(left.len(), 1);
        assert!(left[0].contains("_split_type_failure"), "{}", &left[0][left[0].len() - 200..]);
        // Without the list in each copy there is no square.
        assert_eq!(left_of(r#"split { field => "l" }"#, &event(too_long)).len(), too_long);
    }

    #[test]
    fn chains_of_splits_are_limited() {
        let list = format!("[{}1]", "1,".repeat(999));
        let event = format!(r#"{{"a":{list},"b":{list}}}"#);
        let filter = r#"split { field => "a" } split { field => "b" }"#;
        let left = left_of(filter, &event);
        assert!(left.len() < limits::SPLIT_VALUES / 16, "{}", left.len());
        assert!(left.iter().any(|event| event.contains("_split_type_failure")));
    }

    #[test]
    fn pieces_are_those_of_ruby_with_a_limit_of_minus_one() {
        let split = |text, terminator| pieces(text, terminator).collect::<Vec<_>>();
        assert_eq!(split("a\n\nb\n", "\n"), ["a", "", "b", ""]);
        assert_eq!(split("", "\n"), [""; 0]);
        assert_eq!(split("aé", ""), ["a", "é", ""]);
        assert_eq!(split(" a \t b ", " "), ["a", "b", ""]);
        assert_eq!(split(" a", " "), ["a"]);
        assert_eq!(split("  ", " "), [""; 0]);
    }
}
