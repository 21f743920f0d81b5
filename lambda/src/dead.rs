//! Dead letters: what can never become output, or what a destination will never take, with why.
//!
//! ```json
//! {"entry_time":"2024-03-15T14:00:00.000Z","plugin_type":"elasticsearch","plugin_id":"main","reason":"status 400: …","event":{…}}
//! ```
//! The fields are those that Logstash keeps with an entry of its dead letter queue. Instead of `event` there is `text` when the
//! event was not written as JSON, `line` for a line that became no event, and `payload` for what the source handed over and could
//! not be read, as it came: mostly base64.

use sawlog::Timestamp;
use serde::de::IgnoredAny;

use crate::firehose::push_text;

/// Who could do nothing with it, why, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cause<'a> {
    pub(crate) now: Timestamp,
    pub(crate) plugin: &'a str,
    pub(crate) id: Option<&'a str>,
    pub(crate) reason: &'a str,
}

/// What it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Letter<'a> {
    /// As a destination got it.
    Encoded(&'a [u8]),
    /// JSON.
    Event(&'a [u8]),
    Line(&'a str),
    Payload(&'a str),
}

/// Appends a dead letter, with a line end.
pub(crate) fn push(cause: Cause<'_>, letter: Letter<'_>, out: &mut Vec<u8>) {
    let mut time = String::new();
    cause.now.push_iso(&mut time);
    let mut separator = b'{';
    let mut member = |name: &str, value: &str, out: &mut Vec<u8>| {
        out.push(core::mem::replace(&mut separator, b','));
        push_text(name, out);
        out.push(b':');
        push_text(value, out);
    };
    member("entry_time", &time, out);
    member("plugin_type", cause.plugin, out);
    if let Some(id) = cause.id {
        member("plugin_id", id, out);
    }
    member("reason", cause.reason, out);
    match letter {
        Letter::Line(text) => member("line", text, out),
        Letter::Payload(text) => member("payload", text, out),
        Letter::Event(event) => push_json("event", event, out),
        Letter::Encoded(bytes) => push_encoded(bytes, out),
    }
    out.extend_from_slice(b"}\n");
}

/// An event as it was written for its destination: JSON, the action and document of a bulk request, or any text.
fn push_encoded(bytes: &[u8], out: &mut Vec<u8>) {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let mut lines = bytes.split(|byte| *byte == b'\n');
    match (lines.next(), lines.next(), lines.next()) {
        (Some(event), None, None) if is_object(event) => push_json("event", event, out),
        (Some(action), Some(event), None) if is_object(action) && is_object(event) => {
            push_json("action", action, out);
            push_json("event", event, out);
        }
        _ => {
            out.extend_from_slice(b",\"text\":");
            push_text(&String::from_utf8_lossy(bytes), out);
        }
    }
}

fn is_object(text: &[u8]) -> bool {
    text.first() == Some(&b'{') && serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

fn push_json(name: &str, json: &[u8], out: &mut Vec<u8>) {
    out.push(b',');
    push_text(name, out);
    out.push(b':');
    out.extend_from_slice(json);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn dead_letter_has_the_fields_of_logstash_and_is_one_line_whatever_it_holds() {
        let cause = Cause {
            now: Timestamp::UNIX_EPOCH,
            plugin: "elasticsearch",
            id: Some("a \"b\""),
            reason: "status 400:\nbad",
        };
        for (letter, wanted) in [
            (Letter::Encoded(b"{\"a\":1}\n"), json!({ "event": { "a": 1 } })),
            (
                Letter::Encoded(b"{\"create\":{}}\n{\"a\":1}\n"),
                json!({ "action": { "create": {} }, "event": { "a": 1 } }),
            ),
            (Letter::Encoded(b"{\"a\":"), json!({ "text": "{\"a\":" })),
            (Letter::Encoded(b"{} {}\n"), json!({ "text": "{} {}" })),
            (Letter::Encoded(b"a\nb\xff\n"), json!({ "text": "a\nb\u{fffd}" })),
            (Letter::Event(b"{}"), json!({ "event": {} })),
            (Letter::Line("a\r"), json!({ "line": "a\r" })),
            (Letter::Payload("YQ"), json!({ "payload": "YQ" })),
        ] {
            let mut out = Vec::new();
            push(cause, letter, &mut out);
            assert_eq!(out.split(|byte| *byte == b'\n').count(), 2);
            let mut entry: Value = serde_json::from_slice(&out).expect("JSON");
            let entry = entry.as_object_mut().expect("a map");
            let head = ["entry_time", "plugin_type", "plugin_id", "reason"]
                .map(|name| entry.remove(name).expect(name));
            let head_wanted =
                ["1970-01-01T00:00:00.000Z", "elasticsearch", "a \"b\"", "status 400:\nbad"];
            assert_eq!(head, head_wanted.map(Value::from));
            assert_eq!(Value::Object(entry.clone()), wanted);
        }
    }
}
