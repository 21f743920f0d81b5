//! JSON without some fields: `{"a":1,"b":{"c":2,"d":3},"e":4}` without `a`, `[b][c]` gives
//! `{"b":{"d":3},"e":4}`.
//!
//! Ours: Logstash has no such option. References into lists and into `@metadata` leave nothing out.

use crate::event::json::{write_object, write_text};
use crate::event::{EscapeStyle, Event, FieldPath, Object, PathError, Value};

/// The fields that are left out, as a tree.
#[derive(Debug, Default)]
pub(super) struct Omission {
    fields: Vec<Node>,
}

#[derive(Debug)]
struct Node {
    name: Box<str>,
    /// What is left out below; all of it when that is nothing.
    parts: Vec<Self>,
}

impl Omission {
    /// Reads field references.
    pub(super) fn new(fields: &[&str], style: EscapeStyle) -> Result<Self, PathError> {
        let mut root = Vec::new();
        for name in fields {
            let path = FieldPath::parse(name, style)?;
            let path = path.as_ref();
            if !path.is_in_metadata() {
                let names: Vec<&str> = (0..path.len()).map(|at| path.key(at).text()).collect();
                insert(&mut root, &names);
            }
        }
        Ok(Self { fields: root })
    }

    /// Appends the event as one object, without these fields.
    pub(super) fn encode(&self, event: &Event<'_>, out: &mut Vec<u8>) {
        if !write_rest(event.data(), &self.fields, out) {
            out.extend_from_slice(b"{}");
        }
    }
}

/// The depth is that of a field reference, which is limited.
fn insert(nodes: &mut Vec<Node>, names: &[&str]) {
    let Some((name, rest)) = names.split_first() else { return };
    match nodes.iter_mut().find(|node| *node.name == **name) {
        Some(node) if rest.is_empty() => node.parts.clear(),
        Some(node) if node.parts.is_empty() => {}
        Some(node) => insert(&mut node.parts, rest),
        None => {
            let mut parts = Vec::new();
            insert(&mut parts, rest);
            nodes.push(Node { name: (*name).into(), parts });
        }
    }
}

/// Appends what is left of a map, and tells whether that was anything.
fn write_rest(object: &Object<'_>, nodes: &[Node], out: &mut Vec<u8>) -> bool {
    let start = out.len();
    for (name, value) in object.iter() {
        let node = nodes.iter().find(|node| *node.name == *name);
        if node.is_some_and(|node| node.parts.is_empty()) {
            continue;
        }
        let before = out.len();
        out.push(if before == start { b'{' } else { b',' });
        write_text(name, out);
        out.push(b':');
        match (node, value) {
            (Some(node), Value::Object(object)) if !object.is_empty() => {
                if !write_rest(object, &node.parts, out) {
                    out.truncate(before);
                }
            }
            (_, Value::Object(object)) => write_object(object, out),
            _ => value.write_json(out),
        }
    }
    let is_any = out.len() > start;
    if is_any {
        out.push(b'}');
    }
    is_any
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::json::{After, JsonReader, NegativeZero};
    use crate::{Arena, Origin, Timestamp, Zone};

    fn without(json: &str, fields: &[&str]) -> String {
        let arena = Arena::new();
        let mut reader = JsonReader::default();
        let value = reader.read(json, After::Objects, NegativeZero::Kept, &arena);
        let Ok(Value::Object(object)) = value else { panic!("an object") };
        let object = core::mem::replace(object, Object::new_in(&arena));
        let now = Timestamp::UNIX_EPOCH;
        let event = Event::from_object(object, now, &Zone::utc(), Origin::default(), &arena)
            .expect("an event");
        let mut out = Vec::new();
        let fields: Vec<&str> = ["@timestamp", "@version"].iter().chain(fields).copied().collect();
        Omission::new(&fields, EscapeStyle::None).expect("references").encode(&event, &mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn fields_and_parts_of_maps_are_left_out() {
        let json = r#"{"message":"x","event":{"original":"y","kind":"z"},"n":1}"#;
        let fields = ["message", "[event][original]"];
        assert_eq!(without(json, &fields), r#"{"event":{"kind":"z"},"n":1}"#);
    }

    #[test]
    fn map_that_is_left_without_fields_goes_too() {
        let json = r#"{"event":{"original":"y"},"empty":{},"n":[{"original":"y"}]}"#;
        let fields = ["[event][original]", "[empty][a]"];
        assert_eq!(without(json, &fields), r#"{"empty":{},"n":[{"original":"y"}]}"#);
    }

    #[test]
    fn event_of_which_nothing_is_left_is_an_empty_map() {
        assert_eq!(without(r#"{"a":{"b":1}}"#, &["[a][b]", "a"]), "{}");
    }
}
