//! JSON of chosen fields: `{"a":1,"b":{"c":2,"d":3},"e":4}` with `a`, `[b][c]` gives
//! `{"a":1,"b":{"c":2}}`.
//!
//! Fields come in the order in which they were asked for, those below one parent together. What the event
//! lacks is left out. Ours: Logstash has no such option.

use crate::event::json::{write_object, write_text};
use crate::event::{EscapeStyle, Event, FieldPath, PathError};

/// The chosen fields as a tree.
#[derive(Debug)]
pub(super) struct Selection {
    fields: Vec<Node>,
}

#[derive(Debug)]
struct Node {
    /// `"name":`
    name: Box<[u8]>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// All that stands there.
    Field(FieldPath),
    /// Some of it.
    Parts(Vec<Node>),
}

impl Selection {
    /// Reads field references.
    pub(super) fn new(fields: &[&str], style: EscapeStyle) -> Result<Self, PathError> {
        let mut root = Vec::new();
        for name in fields {
            let path = FieldPath::parse(name, style)?;
            let names = path_names(&path);
            insert(&mut root, &names, path);
        }
        Ok(Self { fields: root })
    }

    /// Appends the event's chosen fields as one object.
    pub(super) fn encode(&self, event: &Event<'_>, out: &mut Vec<u8>) {
        out.push(b'{');
        write_nodes(&self.fields, event, out);
        out.push(b'}');
    }
}

/// The names of a reference as JSON keys, with their colons.
fn path_names(path: &FieldPath) -> Vec<Box<[u8]>> {
    let path = path.as_ref();
    let key = |name: &str| {
        let mut key = Vec::new();
        write_text(name, &mut key);
        key.push(b':');
        key.into_boxed_slice()
    };
    let metadata = path.is_in_metadata().then(|| key("@metadata"));
    metadata.into_iter().chain((0..path.len()).map(|at| key(path.key(at).text()))).collect()
}

/// The depth is that of a field reference, which is limited.
fn insert(nodes: &mut Vec<Node>, names: &[Box<[u8]>], path: FieldPath) {
    let Some((name, rest)) = names.split_first() else { return };
    let at = nodes.iter().position(|node| node.name == *name).unwrap_or_else(|| {
        nodes.push(Node { name: name.clone(), content: Content::Parts(Vec::new()) });
        nodes.len() - 1
    });
    match &mut nodes[at].content {
        content if rest.is_empty() => *content = Content::Field(path),
        Content::Field(_) => {}
        Content::Parts(parts) => insert(parts, rest, path),
    }
}

/// Appends what the event has, without brackets, and tells whether that was anything.
fn write_nodes(nodes: &[Node], event: &Event<'_>, out: &mut Vec<u8>) -> bool {
    let mut is_first = true;
    for node in nodes {
        let start = out.len();
        if !is_first {
            out.push(b',');
        }
        out.extend_from_slice(&node.name);
        let written = match &node.content {
            Content::Field(path) if path.as_ref().is_whole_metadata() => {
                write_object(event.metadata(), out);
                !event.metadata().is_empty()
            }
            Content::Field(path) => match event.get(path.as_ref()) {
                Some(value) => {
                    value.write_json(out);
                    true
                }
                None => false,
            },
            Content::Parts(parts) => {
                out.push(b'{');
                let written = write_nodes(parts, event, out);
                out.push(b'}');
                written
            }
        };
        if written {
            is_first = false;
        } else {
            out.truncate(start);
        }
    }
    !is_first
}
