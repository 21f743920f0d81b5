//! Events at their birth: what every event holds before the first filter sees it.
//!
//! Source of behaviour: Logstash 9.x Event constructor (`@timestamp`, `@version`, `tags`, `@metadata`).

use crate::arena::Arena;
use crate::event::key::known_key;
use crate::event::{Event, Failure, Key, Object, TAGS, TIMESTAMP, VERSION, Value};
use crate::time::{Timestamp, Zone};

/// Where in the input an event came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin<'b> {
    /// The line's number in its stream, from 1; 0 when the event came from no line.
    pub line: u64,
    /// The byte offset of the line in its stream.
    pub offset: u64,
    /// The line, without its delimiter; invalid UTF-8 in escaped form.
    pub text: &'b str,
}

const METADATA: Key<'static> = known_key!("@metadata");
const MESSAGE: Key<'static> = known_key!("message");

impl<'b> Event<'b> {
    /// An event without fields, not even `@timestamp`, and with room for so many.
    #[inline(always)]
    pub(crate) fn bare(origin: Origin<'b>, room: usize, arena: &'b Arena) -> Self {
        Self {
            data: Object::with_capacity_in(room, arena),
            metadata: Object::new_in(arena),
            cancelled: false,
            origin,
            failures: arena.list(),
        }
    }

    /// An event with `@timestamp` and `@version` only.
    pub(crate) fn empty(now: Timestamp, origin: Origin<'b>, arena: &'b Arena) -> Self {
        let mut event = Self::bare(origin, 8, arena);
        event.data.append(TIMESTAMP, Value::Time(now), arena);
        event.data.append(VERSION, Value::Str("1"), arena);
        event
    }

    /// An event with `@timestamp`, `@version` and this text as `message`, and with room for so many
    /// fields in all.
    #[inline(always)]
    pub(crate) fn from_message(
        message: &'b str,
        now: Timestamp,
        origin: Origin<'b>,
        room: usize,
        arena: &'b Arena,
    ) -> Self {
        let mut event = Self::bare(origin, room, arena);
        event.data.append(TIMESTAMP, Value::Time(now), arena);
        event.data.append(VERSION, Value::Str("1"), arena);
        event.data.append(MESSAGE, Value::Str(message), arena);
        event
    }

    /// An event of a decoded map.
    ///
    /// `@timestamp` is read from a text, taken from the clock when missing or null, and otherwise kept as
    /// `_@timestamp` with the tag `_timestampparsefailure`; illegal `tags` move to `_tags` with the
    /// tag `_tagsparsefailure`; a map `@metadata` becomes the metadata.
    ///
    /// # Errors
    /// When `@metadata` is there and no map: Logstash dies of it.
    pub(crate) fn from_object(
        mut object: Object<'b>,
        now: Timestamp,
        zone: &Zone,
        origin: Origin<'b>,
        arena: &'b Arena,
    ) -> Result<Self, Object<'b>> {
        let mut event = Self::bare(origin, object.len() + 8, arena);
        match object.get(METADATA) {
            None => {}
            Some(Value::Object(_)) => {
                if let Some(Value::Object(metadata)) = object.remove(METADATA) {
                    event.metadata = core::mem::replace(metadata, Object::new_in(arena));
                }
            }
            Some(_) => return Err(object),
        }
        let mut unread = None;
        let time = match object.remove(TIMESTAMP) {
            None | Some(Value::Null) => now,
            Some(Value::Time(time)) => time,
            Some(Value::Str(text)) => Timestamp::parse_lenient(text, zone).unwrap_or_else(|| {
                unread = Some(Value::Str(text));
                now
            }),
            Some(other) => {
                unread = Some(other);
                now
            }
        };
        event.data.insert(TIMESTAMP, Value::Time(time), arena);
        let version = object.remove(VERSION).unwrap_or(Value::Str("1"));
        event.data.insert(VERSION, version, arena);
        for (key, value) in object.into_entries() {
            event.data.insert(key, value, arena);
        }
        event.check_tags(arena);
        if let Some(value) = unread {
            event.data.insert(Key::new("_@timestamp"), value, arena);
            event.tag("_timestampparsefailure", arena);
            event.fail_decoding("`@timestamp` is no time");
        }
        Ok(event)
    }

    fn check_tags(&mut self, arena: &'b Arena) {
        let legal = match self.data.get(TAGS) {
            None | Some(Value::Str(_)) => return,
            Some(Value::Array(tags)) => {
                tags.as_slice().iter().all(|tag| matches!(tag, Value::Str(_)))
            }
            Some(_) => false,
        };
        if legal {
            return;
        }
        if let Some(tags) = self.data.remove(TAGS) {
            self.data.insert(Key::new("_tags"), Value::array([tags], arena), arena);
        }
        self.tag("_tagsparsefailure", arena);
        self.fail_decoding("`tags` is neither a text nor a list of texts");
    }

    /// Records that the codec could not read all of the event; the caller sets the tag.
    pub(crate) fn fail_decoding(&mut self, explanation: &'static str) {
        self.failures.push(Failure { filter: None, explanation: Some(explanation) });
    }
}
