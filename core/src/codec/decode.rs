//! What the codecs that read have in common: texts of lines, `[event][original]`, failures.
//!
//! Source of behaviour: Logstash 9.x util/charset.rb, `plugin_mixins/ecs_compatibility_support`.

use crate::arena::Arena;
use crate::codec::plugin::DecodeCx;
use crate::event::key::known_key;
use crate::event::{Event, FieldPath, Key, Object, Origin, Value, text};

/// A line as text: itself when it is UTF-8, else with every bad byte as `\xE9`.
pub(crate) fn text_of<'b>(line: &'b [u8], arena: &'b Arena) -> &'b str {
    simdutf8::basic::from_utf8(line).unwrap_or_else(|_| inspected(line, arena))
}

#[cold]
fn inspected<'b>(line: &[u8], arena: &'b Arena) -> &'b str {
    arena.build(|out| text::push_inspected(line, out))
}

/// The event of a line that a codec cannot read: the line as its `message`, and the codec's tag.
pub(crate) fn failed<'b>(
    origin: Origin<'b>,
    tag: &'static str,
    why: &'static str,
    cx: &DecodeCx<'_, 'b>,
) -> Event<'b> {
    let mut event = Event::from_message(origin.text, cx.now, origin, cx.room, cx.arena);
    event.tag(tag, cx.arena);
    event.fail_decoding(why);
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

/// Keeps the line as `[event][original]`, unless the event has such a field or cannot have one.
pub(crate) fn set_original_if_absent<'b>(event: &mut Event<'b>, arena: &'b Arena) {
    if !has_original(event) {
        set_original(event, arena);
    }
}

/// Keeps the line as `[event][original]`; of an event whose `event` is a map or is not there.
pub(crate) fn set_original<'b>(event: &mut Event<'b>, arena: &'b Arena) {
    let text = Value::Str(event.origin.text);
    if let Some(Value::Object(object)) = event.data.get_mut(EVENT) {
        object.insert(ORIGINAL, text, arena);
        return;
    }
    let mut object = Object::with_capacity_in(1, arena);
    object.insert(ORIGINAL, text, arena);
    event.data.insert(EVENT, Value::object(object, arena), arena);
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
