//! `es_bulk`: the lines of an Elasticsearch bulk request, an action and its document, are one event.
//!
//! `{"index":{"_index":"a","_id":"1"}}` and `{"n":1}` give `{"n":1}` with the metadata `action`, `_index`, `_id`, under
//! `[@metadata][codec][es_bulk]` with ECS, else at the root of the metadata; `delete` has no document. Source of
//! behaviour: logstash-codec-es_bulk 3.1.0.

use crate::codec::json::{After, JsonReader, NegativeZero};
use crate::codec::plugin::{Decode, DecodeCx, Decoder, Flushed, Out, Piece, Taken, json, target};
use crate::event::{Event, FieldPath, Key, Object, Origin, Value};
use crate::filter::{CompileCx, Order};
use crate::program::options::PluginOptions;
use crate::program::{Ecs, PluginDoc};
use crate::run::RefusalKind;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "The body of an Elasticsearch bulk request: actions and their documents.",
    example: r#"es_bulk { target => "doc" }"#,
    options: &[(
        "target",
        "The field that gets the document; without it its keys become fields of the event.",
    )],
    differences: &[(
        "",
        "Lines that Logstash loses with an error are refused and counted: what is no JSON object, an action without a document, a last line without an end.",
    )],
};

pub(super) fn decoder(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Decoder> {
    let target = target(options, cx).ok()?;
    let place = if cx.ecs(options) == Ecs::Disabled { Place::Root } else { Place::Codec };
    let decoder = Decoder::coded(cx.ecs(options), EsBulk { target, place });
    Some(Decoder { order: Order::Ordered, ..decoder })
}

#[derive(Debug)]
struct EsBulk {
    target: Option<FieldPath>,
    place: Place,
}

/// Where in the metadata the action goes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    /// To `[codec][es_bulk]`.
    Codec,
    Root,
}

/// The action whose document has not come.
#[derive(Debug, Default)]
struct Pending {
    action: Option<Action>,
}

#[derive(Debug)]
struct Action {
    text: Box<str>,
    line: u64,
    offset: u64,
}

impl Decode for EsBulk {
    fn decode<'b>(
        &'b self,
        piece: Piece<'b>,
        cx: &mut DecodeCx<'_, 'b>,
        out: &mut dyn Out<'b>,
    ) -> Taken {
        let origin = piece.origin;
        if !piece.is_ended {
            out.refuse(RefusalKind::NotBulk, origin);
            return Taken::Held;
        }
        let Some(object) = object(&mut cx.memory.json, origin.text, cx.arena) else {
            out.refuse(RefusalKind::NotBulk, origin);
            return Taken::Held;
        };
        if let Some(action) = cx.state::<Pending>().action.take() {
            let text = cx.arena.text(&action.text);
            let origin = Origin { line: action.line, offset: action.offset, text };
            let mut event = json::from_object(self.target.as_ref(), object, origin, cx);
            self.set_action(&mut event, text, cx);
            out.event(event);
            return Taken::Merged;
        }
        let Some((name, Value::Object(_))) = object.iter().next() else {
            out.refuse(RefusalKind::NotBulk, origin);
            return Taken::Held;
        };
        if name == "delete" {
            let mut event = Event::empty(cx.now, origin, cx.arena);
            self.set_action(&mut event, origin.text, cx);
            out.event(event);
            return Taken::Line;
        }
        let (line, offset) = (origin.line, origin.offset);
        cx.state::<Pending>().action = Some(Action { text: origin.text.into(), line, offset });
        Taken::Held
    }

    fn flush<'b>(&'b self, _why: Flushed, cx: &mut DecodeCx<'_, 'b>, out: &mut dyn Out<'b>) {
        if let Some(action) = cx.state::<Pending>().action.take() {
            let text = cx.arena.text(&action.text);
            let origin = Origin { line: action.line, offset: action.offset, text };
            out.refuse(RefusalKind::NotBulk, origin);
        }
    }
}

impl EsBulk {
    /// Puts the action and its own fields into the metadata.
    fn set_action<'b>(&self, event: &mut Event<'b>, text: &'b str, cx: &mut DecodeCx<'_, 'b>) {
        let Some(object) = object(&mut cx.memory.json, text, cx.arena) else { return };
        let Some((key, Value::Object(fields))) = object.into_entries().next() else { return };
        let mut fields = core::mem::replace(fields, Object::new_in(cx.arena));
        fields.insert(Key::new("action"), Value::Str(key.text()), cx.arena);
        if self.place == Place::Root {
            event.metadata = fields;
            return;
        }
        let mut codec = Object::new_in(cx.arena);
        codec.insert(Key::new("es_bulk"), Value::object(fields, cx.arena), cx.arena);
        event.metadata.insert(Key::new("codec"), Value::object(codec, cx.arena), cx.arena);
    }
}

fn object<'b>(
    json: &mut JsonReader,
    text: &'b str,
    arena: &'b crate::arena::Arena,
) -> Option<Object<'b>> {
    match json.read(text, After::Anything, NegativeZero::Kept, arena) {
        Ok(Value::Object(object)) => Some(core::mem::replace(object, Object::new_in(arena))),
        _ => None,
    }
}
