//! What the server says of a bulk request, and what that means for each of its actions.

use core::fmt::Write as _;

use crate::arena::Arena;
use crate::codec::json::{After, JsonReader, NegativeZero};
use crate::event::{Key, Object, Value};
use crate::limits;
use crate::protocol::outbox::{Refusal, Reply};

/// What of an answer is read: the value of the parameter `filter_path`, so that the server sends nothing else.
pub const FILTER_PATH: &str = "errors,items.*.status,items.*.error.type,items.*.error.reason,\
    items.*.error.caused_by.type,items.*.error.caused_by.reason,\
    items.*.error.caused_by.caused_by.type,items.*.error.caused_by.caused_by.reason";

/// What a config says of actions that are not taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusals {
    /// Further codes of an action for which it is not tried again (`dlq_custom_codes`).
    pub codes: Vec<u16>,
    /// Types of errors that count as taken: such an action is dropped (`drop_error_types`).
    pub dropped_types: Vec<String>,
}

/// Reads the answer to a request of so many actions.
///
/// | code of the action | meaning |
/// |---|---|
/// | 200 to 299 | taken |
/// | 409 | taken, unless it was an update: the document is there, or a newer one |
/// | 404 of a deletion, without an error | taken: the document is not there. Logstash makes it a dead letter; here it may be the second try of one that was carried out |
/// | 400, 404, 413 | refused |
/// | any other: 429, 503, 403 of an index that is closed to writers … | to be tried again |
///
/// A request that is refused as a whole is tried again if the server is busy or broken (408, 429, 500 and above), divided if its
/// content is at fault (400, 413), and else not tried again.
pub fn reply(status: u16, body: &[u8], actions: usize, refusals: &Refusals) -> Reply {
    let arena = Arena::new();
    let answer = core::str::from_utf8(body).ok().and_then(|text| read_json(text, &arena));
    let answer = match &answer {
        Some(Value::Object(answer)) => Some(&**answer),
        _ => None,
    };
    if !(200..300).contains(&status) {
        let mut reason = format!("status {status}");
        if let Some(error) = answer.and_then(|answer| answer.get(Key::new("error"))) {
            reason.push_str(": ");
            push_error(error, &mut reason);
        }
        return match status {
            400 | 413 => Reply::Unfit(reason),
            408 | 429 | 500.. => Reply::Later(reason),
            _ => Reply::Never(reason),
        };
    }
    let Some(answer) = answer else {
        // Nobody knows what became of the actions.
        return Reply::Later("the server's answer is no JSON".to_owned());
    };
    if matches!(answer.get(Key::new("errors")), Some(Value::Bool(false))) {
        return Reply::Entries(Vec::new());
    }
    let items = match answer.get(Key::new("items")) {
        Some(Value::Array(items)) if items.as_slice().len() == actions => items.as_slice(),
        _ => {
            let reason = format!("the server's answer does not tell of each of {actions} actions");
            return Reply::Later(reason);
        }
    };
    let refused = items.iter().enumerate();
    Reply::Entries(refused.filter_map(|(at, item)| Some((at, refusal(item, refusals)?))).collect())
}

/// Why an action was not taken; nothing when it was.
fn refusal(item: &Value<'_>, refusals: &Refusals) -> Option<Refusal> {
    let entry = match item {
        Value::Object(item) => item.iter().next(),
        _ => None,
    };
    let Some((action, Value::Object(result))) = entry else {
        let reason = "the server's answer tells of no action".to_owned();
        return Some(Refusal { reason, is_passing: true });
    };
    let status = match result.get(Key::new("status")) {
        Some(Value::Int(status)) => u16::try_from(*status).unwrap_or(0),
        _ => 0,
    };
    let error = result.get(Key::new("error"));
    let is_taken = (200..300).contains(&status)
        || (status == 409 && action != "update")
        || (status == 404 && action == "delete" && error.is_none());
    let kind = match error {
        Some(Value::Object(error)) => error.get(Key::new("type")).and_then(Value::as_str),
        _ => None,
    };
    if is_taken || kind.is_some_and(|kind| refusals.dropped_types.iter().any(|one| one == kind)) {
        return None;
    }
    let mut reason = format!("status {status}");
    if let Some(error) = error {
        reason.push_str(": ");
        push_error(error, &mut reason);
    }
    let is_refused = matches!(status, 400 | 404 | 409 | 413) || refusals.codes.contains(&status);
    Some(Refusal { reason, is_passing: !is_refused })
}

/// Appends `mapper_parsing_exception: failed to parse field [a] (caused by illegal_argument_exception: …)`, as deep as
/// the causes go within reason.
fn push_error(error: &Value<'_>, out: &mut String) {
    push_causes(error, out);
    if out.len() > limits::BULK_REASON_BYTES {
        let end = out.floor_char_boundary(limits::BULK_REASON_BYTES);
        out.truncate(end);
        out.push('…');
    }
}

fn push_causes(error: &Value<'_>, out: &mut String) {
    const CAUSES: usize = 3;
    let mut error = error;
    for level in 0..CAUSES {
        let map: &Object<'_> = match error {
            Value::Str(text) => return out.push_str(text),
            Value::Object(map) => map,
            _ => return,
        };
        if level > 0 {
            out.push_str(" (caused by ");
        }
        let text = |name| map.get(Key::new(name)).and_then(Value::as_str).unwrap_or("unknown");
        // Writing to a text in memory does not fail.
        let _ = write!(out, "{}: {}", text("type"), text("reason"));
        match map.get(Key::new("caused_by")) {
            Some(cause) if level + 1 < CAUSES => error = cause,
            _ => {
                out.extend(core::iter::repeat_n(')', level));
                return;
            }
        }
    }
}

/// Reads a text as JSON; nothing when it is none.
pub(super) fn read_json<'b>(text: &'b str, arena: &'b Arena) -> Option<Value<'b>> {
    JsonReader::default().read(text, After::Anything, NegativeZero::Kept, arena).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(at: usize, reason: &str, is_passing: bool) -> (usize, Refusal) {
        (at, Refusal { reason: reason.to_owned(), is_passing })
    }

    #[test]
    fn each_action_has_its_own_fate() {
        // As OpenSearch 2.19 answers with `filter_path=errors,items.*.error,items.*.status`.
        let body = br#"{"errors":true,"items":[{"create":{"status":201}},
            {"create":{"status":409,"error":{"type":"version_conflict_engine_exception","reason":"exists"}}},
            {"update":{"status":409,"error":{"type":"version_conflict_engine_exception","reason":"other"}}},
            {"index":{"status":400,"error":{"type":"mapper_parsing_exception","reason":"failed to parse",
                "caused_by":{"type":"illegal_argument_exception","reason":"For input"}}}},
            {"index":{"status":429,"error":{"type":"rejected_execution_exception","reason":"full"}}},
            {"index":{"status":403,"error":{"type":"cluster_block_exception","reason":"read-only"}}},
            {"delete":{"status":404}},
            {"delete":{"status":404,"error":{"type":"index_not_found_exception","reason":"no such index"}}}]}"#;
        let wanted = vec![
            refused(2, "status 409: version_conflict_engine_exception: other", false),
            refused(
                3,
                "status 400: mapper_parsing_exception: failed to parse (caused by illegal_argument_exception: For input)",
                false,
            ),
            refused(4, "status 429: rejected_execution_exception: full", true),
            refused(5, "status 403: cluster_block_exception: read-only", true),
            refused(7, "status 404: index_not_found_exception: no such index", false),
        ];
        assert_eq!(reply(200, body, 8, &Refusals::default()), Reply::Entries(wanted));
        let refusals = Refusals {
            codes: vec![403],
            dropped_types: vec!["mapper_parsing_exception".to_owned()],
        };
        let Reply::Entries(entries) = reply(200, body, 8, &refusals) else { panic!("entries") };
        let places: Vec<_> = entries.iter().map(|(at, why)| (*at, why.is_passing)).collect();
        assert_eq!(places, [(2, false), (4, true), (5, false), (7, false)]);
    }

    #[test]
    fn reason_that_repeats_the_document_is_cut() {
        let value = "é".repeat(1 << 20);
        let body = format!(
            r#"{{"errors":true,"items":[{{"index":{{"status":400,"error":{{"type":"t","reason":"{value}"}}}}}}]}}"#
        );
        let Reply::Entries(entries) = reply(200, body.as_bytes(), 1, &Refusals::default()) else {
            panic!("entries")
        };
        let reason = &entries[0].1.reason;
        assert!(reason.starts_with("status 400: t: éé") && reason.ends_with("é…"));
        assert!(reason.len() <= limits::BULK_REASON_BYTES + "…".len());
    }

    #[test]
    fn answer_that_does_not_tell_of_each_action_leaves_all_to_be_sent() {
        for body in [
            &b""[..],
            b"<html>",
            b"{}",
            b"[]",
            b"{\"errors\":true}",
            b"\xff",
            br#"{"errors":true,"items":[{"index":{"status":201}}]}"#,
        ] {
            assert!(
                matches!(reply(200, body, 2, &Refusals::default()), Reply::Later(_)),
                "{body:?}"
            );
        }
        for item in ["1", "{}", r#"{"index":1}"#, r#"{"index":{}}"#] {
            let body = format!(r#"{{"errors":true,"items":[{item}]}}"#);
            let Reply::Entries(entries) = reply(200, body.as_bytes(), 1, &Refusals::default())
            else {
                panic!("entries")
            };
            assert!(entries[0].1.is_passing, "{item}");
        }
    }

    #[test]
    fn whole_request_is_tried_again_divided_or_given_up() {
        let body = br#"{"error":{"type":"security_exception","reason":"missing"},"status":401}"#;
        let wanted = "status 401: security_exception: missing".to_owned();
        assert_eq!(reply(401, body, 2, &Refusals::default()), Reply::Never(wanted));
        assert_eq!(reply(413, b"", 2, &Refusals::default()), Reply::Unfit("status 413".to_owned()));
        for status in [408, 429, 500, 502, 503] {
            assert!(
                matches!(reply(status, b"", 2, &Refusals::default()), Reply::Later(_)),
                "{status}"
            );
        }
    }
}
