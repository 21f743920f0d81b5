//! Lines to events: the codecs plain, line, json and `json_lines`.
//!
//! Source of behaviour: logstash-codec-plain 3.1, -line 3.1, -json 3.1, `-json_lines` 3.2.

use crate::arena::Arena;
use crate::codec::json::{After, JsonReader, NegativeZero};
use crate::event::key::known_key;
use crate::event::{Event, FieldPath, Key, Object, Origin, Value, text};
use crate::program::Codec;
use crate::time::{Timestamp, Zone};

/// What a codec needs beside the line.
#[derive(Clone, Copy)]
pub(crate) struct DecodeCx<'a, 'b> {
    pub(crate) arena: &'b Arena,
    pub(crate) now: Timestamp,
    pub(crate) zone: &'a Zone,
    pub(crate) keep_original: bool,
    /// The number of fields to make room for in each event.
    pub(crate) room: usize,
}

/// A line as text: itself when it is UTF-8, else with every bad byte as `\xE9`.
pub(crate) fn text_of<'b>(line: &'b [u8], arena: &'b Arena) -> &'b str {
    simdutf8::basic::from_utf8(line).unwrap_or_else(|_| inspected(line, arena))
}

#[cold]
fn inspected<'b>(line: &[u8], arena: &'b Arena) -> &'b str {
    arena.build(|out| text::push_inspected(line, out))
}

/// The event of a line that is a text: codecs plain and line.
#[inline]
pub(crate) fn text_event<'b>(
    codec: &'b Codec,
    origin: Origin<'b>,
    cx: DecodeCx<'_, 'b>,
) -> Event<'b> {
    let mut event = Event::from_message(origin.text, cx.now, origin, cx.room, cx.arena);
    if codec.keeps_original && cx.keep_original {
        set_original(&mut event, cx);
    }
    event
}

/// Decodes one line of JSON and gives its events: none to many.
pub(crate) fn decode<'b>(
    codec: &'b Codec,
    origin: Origin<'b>,
    json: &mut JsonReader,
    cx: DecodeCx<'_, 'b>,
    emit: &mut dyn FnMut(Event<'b>),
) {
    if origin.text.trim_matches([' ', '\t', '\r', '\n']).is_empty() {
        return;
    }
    let value = json.read(origin.text, After::Anything, NegativeZero::Kept, cx.arena);
    match value {
        Ok(Value::Object(object)) => {
            let object = core::mem::replace(object, Object::new_in(cx.arena));
            let mut event = from_object(codec, object, origin, cx);
            if codec.keeps_original && cx.keep_original && !has_original(&event) {
                set_original(&mut event, cx);
            }
            emit(event);
        }
        Ok(Value::Array(array)) => {
            for item in array.as_mut_slice() {
                match core::mem::replace(item, Value::Null) {
                    Value::Object(object) => {
                        let object = core::mem::replace(object, Object::new_in(cx.arena));
                        emit(from_object(codec, object, origin, cx));
                    }
                    Value::Null => {
                        emit(from_object(codec, Object::new_in(cx.arena), origin, cx));
                    }
                    _ => emit(failed(origin, cx)),
                }
            }
        }
        _ => emit(failed(origin, cx)),
    }
}

fn from_object<'b>(
    codec: &'b Codec,
    object: Object<'b>,
    origin: Origin<'b>,
    cx: DecodeCx<'_, 'b>,
) -> Event<'b> {
    let Some(target) = &codec.target else {
        return Event::from_object(object, cx.now, cx.zone, origin, cx.arena)
            .unwrap_or_else(|_| failed(origin, cx));
    };
    let empty = Object::new_in(cx.arena);
    let event = Event::from_object(empty, cx.now, cx.zone, origin, cx.arena);
    let Ok(mut event) = event else { return failed(origin, cx) };
    let value = Value::object(object, cx.arena);
    match event.set(target.as_ref(), value, cx.arena) {
        Ok(()) => event,
        Err(_) => failed(origin, cx),
    }
}

/// The event of a line that is no JSON.
fn failed<'b>(origin: Origin<'b>, cx: DecodeCx<'_, 'b>) -> Event<'b> {
    let mut event = Event::from_message(origin.text, cx.now, origin, cx.room, cx.arena);
    event.tag("_jsonparsefailure", cx.arena);
    event.fail_decoding("the line is no JSON that can be an event");
    event
}

const EVENT: Key<'static> = known_key!("event");
const ORIGINAL: Key<'static> = known_key!("original");

fn has_original(event: &Event<'_>) -> bool {
    match event.data.get(EVENT) {
        None => false,
        Some(Value::Object(object)) => object.contains(ORIGINAL),
        // A field `event` that is no map takes no original.
        Some(_) => true,
    }
}

fn set_original<'b>(event: &mut Event<'b>, cx: DecodeCx<'_, 'b>) {
    let text = Value::Str(event.origin.text);
    if let Some(Value::Object(object)) = event.data.get_mut(EVENT) {
        object.insert(ORIGINAL, text, cx.arena);
        return;
    }
    let mut object = Object::with_capacity_in(1, cx.arena);
    object.insert(ORIGINAL, text, cx.arena);
    event.data.insert(EVENT, Value::object(object, cx.arena), cx.arena);
}

/// Sets a field that an input adds beside the decoded ones, unless it is there or cannot be set.
pub(crate) fn set_if_absent<'b>(
    event: &mut Event<'b>,
    path: &'b FieldPath,
    value: &'b str,
    arena: &'b Arena,
) {
    if !event.contains(path.as_ref()) {
        // A field of the line in the way (a text `log`, say) wins over the input's.
        let _ = event.set(path.as_ref(), Value::Str(value), arena);
    }
}
