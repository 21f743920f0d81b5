//! `cloudtrail`: the `Records` of AWS `CloudTrail`'s JSON are events.
//!
//! `{"Records":[{"eventTime":"2024-01-02T03:04:05Z",…},…]}` gives an event for each; `eventTime` becomes
//! `@timestamp`, and a `sourceIpAddress` that is no address `sourceHost`. Source of behaviour:
//! logstash-codec-cloudtrail 3.0.5 (logstash-integration-aws).

use core::net::IpAddr;

use crate::codec::json::{After, NegativeZero};
use crate::codec::plugin::{Decode, DecodeCx, Decoder, Out, Piece, Taken, json};
use crate::event::{Key, Object, Value};
use crate::filter::CompileCx;
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "The records of AWS CloudTrail's JSON files.",
    example: "cloudtrail",
    options: &[("charset", "The encoding of the bytes that are read.")],
    differences: &[(
        "",
        "A document stands on one line, as AWS writes it; a long one needs a higher limit for lines. A line that is no such document is the `message` of an event with the tag `_jsonparsefailure`.",
    )],
};

pub(super) fn decoder(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Decoder> {
    Decoder::coded(cx.ecs(options), CloudTrail).with_text_options(options, cx)
}

#[derive(Debug)]
struct CloudTrail;

const RECORDS: Key<'static> = Key::new("Records");
const EVENT_TIME: Key<'static> = Key::new("eventTime");
const SOURCE_IP: Key<'static> = Key::new("sourceIpAddress");
const SOURCE_HOST: Key<'static> = Key::new("sourceHost");
const PARAMETERS: Key<'static> = Key::new("requestParameters");
const TERMINATION: Key<'static> = Key::new("disableApiTermination");

impl Decode for CloudTrail {
    fn decode<'b>(
        &'b self,
        piece: Piece<'b>,
        cx: &mut DecodeCx<'_, 'b>,
        out: &mut dyn Out<'b>,
    ) -> Taken {
        let origin = piece.origin;
        if origin.text.trim().is_empty() {
            return Taken::Line;
        }
        let (after, zero) = (After::Anything, NegativeZero::Kept);
        let read = cx.memory.json.read(origin.text, after, zero, cx.arena);
        let Ok(Value::Object(document)) = read else {
            out.event(json::failed(origin, cx));
            return Taken::Line;
        };
        match document.get_mut(RECORDS) {
            Some(Value::Array(records)) => {
                for record in records.as_mut_slice() {
                    match core::mem::replace(record, Value::Null) {
                        Value::Object(record) => {
                            let mut record =
                                core::mem::replace(record, Object::new_in(cx.arena));
                            adapt(&mut record, cx);
                            out.event(json::from_object(None, record, origin, cx));
                        }
                        _ => out.event(json::failed(origin, cx)),
                    }
                }
            }
            // Logstash's `nil.to_a`: nothing.
            None | Some(Value::Null) => {}
            Some(_) => out.event(json::failed(origin, cx)),
        }
        Taken::Line
    }
}

fn adapt<'b>(record: &mut Object<'b>, cx: &DecodeCx<'_, 'b>) {
    let time = record.remove(EVENT_TIME).unwrap_or(Value::Null);
    record.insert(crate::event::TIMESTAMP, time, cx.arena);
    if let Some(Value::Object(parameters)) = record.get_mut(PARAMETERS)
        && let Some(value) = parameters.remove(TERMINATION)
    {
        let value = match value {
            Value::Object(_) => value,
            other => {
                let mut object = Object::new_in(cx.arena);
                object.insert(Key::new("value"), other, cx.arena);
                Value::object(object, cx.arena)
            }
        };
        parameters.insert(TERMINATION, value, cx.arena);
    }
    let is_host = match record.get(SOURCE_IP) {
        Some(Value::Str(text)) => text.parse::<IpAddr>().is_err(),
        _ => false,
    };
    if is_host && let Some(host) = record.remove(SOURCE_IP) {
        record.insert(SOURCE_HOST, host, cx.arena);
    }
}
