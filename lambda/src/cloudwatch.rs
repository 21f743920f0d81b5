//! What CloudWatch Logs sends to a subscription, after unpacking: JSON to the log events in it.
//!
//! ```json
//! {"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","subscriptionFilters":["f"],
//!  "logEvents":[{"id":"3","timestamp":1440442987000,"message":"a line"}]}
//! ```
//! Source: the CloudWatch Logs user guide, "Real-time processing of log data with subscriptions".

use core::fmt;
use std::borrow::Cow;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer};

use crate::engine::PayloadError;
use crate::shape::Text;

/// Bytes at the start, and at the end, in which the type of the message is looked for.
const TYPE_WITHIN_BYTES: usize = 4 * 1024;

/// Tells whether bytes look like a message of CloudWatch Logs.
pub(crate) fn is_logs(bytes: &[u8]) -> bool {
    let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace());
    let Some(rest) = start.and_then(|start| bytes.get(start..)) else { return false };
    // The service writes the type first, moto the events.
    let head = rest.get(..TYPE_WITHIN_BYTES).unwrap_or(rest);
    let tail = rest.get(rest.len().saturating_sub(TYPE_WITHIN_BYTES)..).unwrap_or(rest);
    rest.first() == Some(&b'{') && (has_type(head) || has_type(tail))
}

fn has_type(part: &[u8]) -> bool {
    memchr::memmem::find(part, b"\"messageType\"").is_some()
        && [&b"\"DATA_MESSAGE\""[..], b"\"CONTROL_MESSAGE\""]
            .iter()
            .any(|kind| memchr::memmem::find(part, kind).is_some())
        && memchr::memmem::find(part, b"\"logGroup\"").is_some()
}

/// One message.
#[derive(Debug)]
pub(crate) enum Logs<'a> {
    /// A sign that the subscription works.
    Control,
    /// Log events.
    Data { group: Cow<'a, str>, stream: Cow<'a, str>, events: Vec<LogEvent<'a>> },
}

/// One log event.
#[derive(Debug, Deserialize)]
pub(crate) struct LogEvent<'a> {
    #[serde(borrow, default, deserialize_with = "read_id")]
    pub(crate) id: Text<'a>,
    #[serde(rename = "timestamp")]
    pub(crate) timestamp_ms: Option<i64>,
    #[serde(borrow)]
    message: Text<'a>,
}

impl LogEvent<'_> {
    /// The line, without its end.
    pub(crate) fn text(&self) -> &[u8] {
        let text = &*self.message.0;
        let text = text.strip_suffix('\n').unwrap_or(text);
        text.strip_suffix('\r').unwrap_or(text).as_bytes()
    }
}

/// Reads an id: a text, or the number that moto, which stands in for the service, writes.
fn read_id<'a, D: Deserializer<'a>>(deserializer: D) -> Result<Text<'a>, D::Error> {
    struct Id;

    impl<'a> Visitor<'a> for Id {
        type Value = Text<'a>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an id")
        }

        fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Text<'a>, E> {
            Ok(Text(Cow::Borrowed(text)))
        }

        fn visit_str<E>(self, text: &str) -> Result<Text<'a>, E> {
            Ok(Text(Cow::Owned(text.to_owned())))
        }

        fn visit_u64<E>(self, number: u64) -> Result<Text<'a>, E> {
            Ok(Text(Cow::Owned(number.to_string())))
        }
    }

    deserializer.deserialize_any(Id)
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, rename = "messageType")]
    kind: Text<'a>,
    #[serde(borrow, rename = "logGroup", default)]
    group: Text<'a>,
    #[serde(borrow, rename = "logStream", default)]
    stream: Text<'a>,
    #[serde(borrow, rename = "logEvents", default)]
    events: Vec<LogEvent<'a>>,
}

/// Reads one message.
pub(crate) fn read(bytes: &[u8]) -> Result<Logs<'_>, PayloadError> {
    let message: Message<'_> =
        serde_json::from_slice(bytes).map_err(|error| PayloadError::Logs(error.to_string()))?;
    match &*message.kind.0 {
        "CONTROL_MESSAGE" => Ok(Logs::Control),
        "DATA_MESSAGE" => Ok(Logs::Data {
            group: message.group.0,
            stream: message.stream.0,
            events: message.events,
        }),
        _ => Err(PayloadError::Logs("`messageType` is neither data nor control".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_json_is_no_message() {
        assert!(!is_logs(br#"{"messageType":"order","logGroup":"x"}"#));
        assert!(!is_logs(br#"["messageType","DATA_MESSAGE","logGroup"]"#));
        assert!(!is_logs(b" \n"));
        assert!(is_logs(br#" {"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g"}"#));
        let events = format!(r#"{{"logEvents":["{}"]"#, "x".repeat(3 * TYPE_WITHIN_BYTES));
        assert!(!is_logs(events.as_bytes()));
        let events = format!(r#"{events},"logGroup":"g","messageType":"DATA_MESSAGE"}}"#);
        assert!(is_logs(events.as_bytes()));
    }

    #[test]
    fn id_is_a_text_or_a_number() {
        let text = br#"{"messageType":"DATA_MESSAGE","logGroup":"g","logStream":"s",
            "logEvents":[{"id":"1\u0031","message":""},{"id":12,"message":""},{"message":""}]}"#;
        let Ok(Logs::Data { events, .. }) = read(text) else { panic!("data") };
        let ids: Vec<&str> = events.iter().map(|event| &*event.id.0).collect();
        assert_eq!(ids, ["11", "12", ""]);
    }

    #[test]
    fn log_event_keeps_inner_line_ends() {
        let text = br#"{"messageType":"DATA_MESSAGE","logGroup":"g","logStream":"s",
            "logEvents":[{"id":"1","timestamp":5,"message":"a\nb\r\n"}]}"#;
        let Ok(Logs::Data { events, .. }) = read(text) else { panic!("data") };
        assert_eq!(events[0].text(), b"a\nb");
    }
}
