//! `json`: a JSON object is an event, a list of objects several.
//!
//! `[{"a":1},{"a":2}]` gives two events. What is no JSON is the `message` of an event with the tag
//! `_jsonparsefailure`. Source of behaviour: logstash-codec-json 3.1.1.

use crate::codec::decode;
use crate::codec::encode::Encoder;
use crate::codec::json::{After, NegativeZero};
use crate::codec::plugin::{Decode, DecodeCx, Decoder, Out, Piece, Taken, target};
use crate::event::{Event, FieldPath, Object, Origin, Value};
use crate::filter::CompileCx;
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "JSON objects, or lists of them.",
    example: r#"json { target => "doc" }"#,
    options: &[
        ("charset", "The encoding of the bytes that are read."),
        ("target", "The field that gets the object; without it its keys become fields of the event."),
    ],
    differences: &[("", "A stream is read line by line, as Logstash's inputs for streams do.")],
};

pub(super) fn decoder(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Decoder> {
    let target = target(options, cx).ok()?;
    let mut decoder = Decoder::coded(cx.ecs(options), Json { target });
    decoder.drops_mark = false;
    decoder.with_text_options(options, cx)
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is that of all codecs")]
pub(super) fn encoder(_options: &PluginOptions, _cx: &mut CompileCx<'_>) -> Option<Encoder> {
    Some(Encoder::json())
}

/// Reads one JSON text a line.
#[derive(Debug)]
struct Json {
    target: Option<FieldPath>,
}

impl Decode for Json {
    fn decode<'b>(
        &'b self,
        piece: Piece<'b>,
        cx: &mut DecodeCx<'_, 'b>,
        out: &mut dyn Out<'b>,
    ) -> Taken {
        let origin = piece.origin;
        if origin.text.trim_matches([' ', '\t', '\r', '\n']).is_empty() {
            return Taken::Line;
        }
        // The reader takes the mark for the start of a file; the codec's does not.
        if origin.text.starts_with('\u{FEFF}') {
            out.event(failed(origin, cx));
            return Taken::Line;
        }
        let (after, zero) = (After::Anything, NegativeZero::Kept);
        match cx.memory.json.read(origin.text, after, zero, cx.arena) {
            Ok(Value::Object(object)) => {
                let object = core::mem::replace(object, Object::new_in(cx.arena));
                let mut event = from_object(self.target.as_ref(), object, origin, cx);
                if cx.keeps_original {
                    decode::set_original_if_absent(&mut event, cx.arena);
                }
                out.event(event);
            }
            Ok(Value::Array(array)) => {
                for item in array.as_mut_slice() {
                    match core::mem::replace(item, Value::Null) {
                        Value::Object(object) => {
                            let object = core::mem::replace(object, Object::new_in(cx.arena));
                            out.event(from_object(self.target.as_ref(), object, origin, cx));
                        }
                        Value::Null => {
                            let object = Object::new_in(cx.arena);
                            out.event(from_object(self.target.as_ref(), object, origin, cx));
                        }
                        _ => out.event(failed(origin, cx)),
                    }
                }
            }
            _ => out.event(failed(origin, cx)),
        }
        Taken::Line
    }
}

/// The event of a decoded object, at the root or below a target.
pub(super) fn from_object<'b>(
    target: Option<&'b FieldPath>,
    object: Object<'b>,
    origin: Origin<'b>,
    cx: &DecodeCx<'_, 'b>,
) -> Event<'b> {
    let Some(target) = target else {
        return Event::from_object(object, cx.now, cx.zone, origin, cx.arena)
            .unwrap_or_else(|_| failed(origin, cx));
    };
    let mut event = Event::empty(cx.now, origin, cx.arena);
    let value = Value::object(object, cx.arena);
    match event.set(target.as_ref(), value, cx.arena) {
        Ok(()) => event,
        Err(_) => failed(origin, cx),
    }
}

/// The event of a line that is no JSON.
pub(super) fn failed<'b>(origin: Origin<'b>, cx: &DecodeCx<'_, 'b>) -> Event<'b> {
    let why = "the line is no JSON that can be an event";
    decode::failed(origin, "_jsonparsefailure", why, cx)
}
