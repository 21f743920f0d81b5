//! An event copied out of the engine's memory: one list of values and one text, in the order of the tree.
//!
//! `{"a":1,"b":{"c":"x"}}` gives the nodes *map (to 4)*, `a` *1*, `b` *map (to 4)*, `c` *x*, and the text
//! `abcx`. Whoever reads it needs no recursion and no look-up: [`Node::end`] leads over what is inside.
//! A snapshot that is used again takes no memory once it has seen events of that size.

use crate::event::path::Root;
use crate::event::{Event, Failure, Object, Origin, PathRef, Value, list_index};
use crate::limits;
use crate::time::Timestamp;

/// What kind of value a [`Node`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum NodeKind {
    /// A list; what is inside follows.
    Array = 1,
    /// `true` or `false`.
    Bool = 2,
    /// A double.
    Float = 3,
    /// An integer.
    Int = 4,
    /// JSON's null.
    Null = 5,
    /// A number that is exactly neither an `i64` nor an `f64`, as text.
    Number = 6,
    /// A map; what is inside follows.
    Object = 7,
    /// A text.
    Str = 8,
    /// An instant.
    Time = 9,
}

/// One value of a snapshot. Places are bytes of [`Snapshot::text`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// The place in [`Snapshot::nodes`] behind this value and all inside of it.
    pub end: u32,
    /// Where the field's name starts; 0 in a list.
    pub name_start: u32,
    /// The bytes of the field's name; 0 in a list.
    pub name_len: u32,
    /// Where the text of `Str` or `Number` starts.
    pub text_start: u32,
    /// The bytes of that text.
    pub text_len: u32,
    /// `Int`: the value. `Bool`: 0 or 1. `Time`: whole seconds since 1970. `Array`, `Object`: the number of values
    /// in it, not counting what is inside of these.
    pub integer: i64,
    /// `Float`: the value.
    pub float: f64,
    /// `Time`: the nanoseconds past the second.
    pub nanos: u32,
    /// No meaning.
    pub reserved: u32,
}

/// An event that holds on to nothing of its worker.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    nodes: Vec<Node>,
    text: String,
    /// The node of `@metadata`.
    metadata: usize,
    line: u64,
    offset: u64,
    failures: Vec<Option<usize>>,
}

/// The event is larger than [`limits::SNAPSHOT_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotTooLarge;

impl Snapshot {
    /// Makes a snapshot of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Copies an event, in place of what was here.
    ///
    /// # Errors
    /// When the event is too large; the snapshot is then empty.
    pub fn take(&mut self, event: &Event<'_>) -> Result<(), SnapshotTooLarge> {
        self.clear();
        let taken = self.take_parts(event);
        if taken.is_err() {
            self.clear();
        }
        taken
    }

    fn take_parts(&mut self, event: &Event<'_>) -> Result<(), SnapshotTooLarge> {
        let Origin { line, offset, .. } = *event.origin();
        (self.line, self.offset) = (line, offset);
        self.push_object("", event.data())?;
        self.metadata = self.nodes.len();
        self.push_object("@metadata", event.metadata())?;
        self.failures.extend(event.failures().iter().map(|Failure { filter, .. }| *filter));
        Ok(())
    }

    /// Forgets the event; the memory is kept, unless it is a lot.
    pub fn clear(&mut self) {
        self.nodes.clear();
        self.text.clear();
        if self.text.capacity() > limits::DRAFT_BYTES {
            self.text = String::new();
        }
        if self.nodes.capacity() * size_of::<Node>() > limits::DRAFT_BYTES {
            self.nodes = Vec::new();
        }
        self.failures.clear();
        self.metadata = 0;
        (self.line, self.offset) = (0, 0);
    }

    /// All values in the order of the tree: first the map of the event's fields with all inside of it, then the
    /// map of `@metadata`. Empty for a snapshot of nothing.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The names and texts of the values, one behind the other.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The place of `@metadata` in [`Self::nodes`].
    pub fn metadata_at(&self) -> usize {
        self.metadata
    }

    /// The line's number in its stream, from 1; 0 when the event came from no line.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The line's byte offset in its stream.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The places in [`crate::Pipeline::filters`] of the filters that failed; nothing for the codec.
    pub fn failures(&self) -> &[Option<usize>] {
        &self.failures
    }

    /// The name of a node's field.
    pub fn name(&self, node: &Node) -> &str {
        self.part(node.name_start, node.name_len)
    }

    /// The text of a node.
    pub fn text_of(&self, node: &Node) -> &str {
        self.part(node.text_start, node.text_len)
    }

    /// The place of the value at a field reference.
    pub fn find(&self, path: PathRef<'_>) -> Option<usize> {
        let root = match path.root() {
            Root::Data => 0,
            Root::Metadata => self.metadata,
        };
        self.nodes.get(root)?;
        (0..path.len()).try_fold(root, |at, step| match self.nodes.get(at)?.kind {
            NodeKind::Object => self.find_field(at, path.key(step).text()),
            NodeKind::Array => {
                let len = usize::try_from(self.nodes.get(at)?.integer).ok()?;
                self.children(at).nth(list_index(path.index(step)?, len)?)
            }
            _ => None,
        })
    }

    /// The place of a field of the map at this place.
    pub fn find_field(&self, map: usize, name: &str) -> Option<usize> {
        let is_map = self.nodes.get(map)?.kind == NodeKind::Object;
        let mut fields = self.children(map).filter(|_| is_map);
        fields.find(|at| self.nodes.get(*at).is_some_and(|node| self.name(node) == name))
    }

    /// The places of the values in the list or map at this place, not of those inside of these.
    pub fn children(&self, parent: usize) -> impl Iterator<Item = usize> {
        let end = self.nodes.get(parent).map_or(0, |node| node.end as usize);
        let mut at = parent.saturating_add(1);
        core::iter::from_fn(move || {
            let child = at;
            at = self.nodes.get(child).filter(|_| child < end)?.end as usize;
            Some(child)
        })
    }

    fn part(&self, start: u32, len: u32) -> &str {
        let start = start as usize;
        self.text.get(start..start.saturating_add(len as usize)).unwrap_or_default()
    }

    fn push_object(&mut self, name: &str, object: &Object<'_>) -> Result<(), SnapshotTooLarge> {
        let at = self.push(name, NodeKind::Object)?;
        let mut count = 0;
        for (name, value) in object.iter() {
            self.push_value(name, value)?;
            count += 1;
        }
        self.close(at, count)
    }

    /// The recursion is as deep as events nest: [`limits::NESTING`].
    fn push_value(&mut self, name: &str, value: &Value<'_>) -> Result<(), SnapshotTooLarge> {
        let kind = match value {
            Value::Array(_) => NodeKind::Array,
            Value::Bool(_) => NodeKind::Bool,
            Value::Float(_) => NodeKind::Float,
            Value::Int(_) => NodeKind::Int,
            Value::Null => NodeKind::Null,
            Value::Number(_) => NodeKind::Number,
            Value::Object(object) => return self.push_object(name, object),
            Value::Str(_) => NodeKind::Str,
            Value::Time(_) => NodeKind::Time,
        };
        let at = self.push(name, kind)?;
        match value {
            Value::Array(array) => {
                let items = array.as_slice();
                for item in items {
                    self.push_value("", item)?;
                }
                return self.close(at, items.len());
            }
            Value::Str(text) | Value::Number(text) => {
                let (start, len) = self.push_text(text)?;
                let node = &mut self.nodes[at];
                (node.text_start, node.text_len) = (start, len);
            }
            Value::Bool(value) => self.nodes[at].integer = i64::from(*value),
            Value::Float(value) => self.nodes[at].float = *value,
            Value::Int(value) => self.nodes[at].integer = *value,
            Value::Time(time) => self.nodes[at].set_time(*time),
            Value::Null | Value::Object(_) => {}
        }
        Ok(())
    }

    fn push(&mut self, name: &str, kind: NodeKind) -> Result<usize, SnapshotTooLarge> {
        let (name_start, name_len) = self.push_text(name)?;
        let at = self.nodes.len();
        let end = u32::try_from(at + 1).map_err(|_| SnapshotTooLarge)?;
        self.nodes.push(Node {
            kind,
            end,
            name_start,
            name_len,
            text_start: 0,
            text_len: 0,
            integer: 0,
            float: 0.0,
            nanos: 0,
            reserved: 0,
        });
        if self.nodes.len() > limits::SNAPSHOT_BYTES / size_of::<Node>() {
            return Err(SnapshotTooLarge);
        }
        Ok(at)
    }

    fn push_text(&mut self, text: &str) -> Result<(u32, u32), SnapshotTooLarge> {
        let start = self.text.len();
        if text.len() > limits::SNAPSHOT_BYTES - start {
            return Err(SnapshotTooLarge);
        }
        self.text.push_str(text);
        match (u32::try_from(start), u32::try_from(text.len())) {
            (Ok(start), Ok(len)) => Ok((start, len)),
            _ => Err(SnapshotTooLarge),
        }
    }

    fn close(&mut self, at: usize, count: usize) -> Result<(), SnapshotTooLarge> {
        let end = u32::try_from(self.nodes.len()).map_err(|_| SnapshotTooLarge)?;
        let node = &mut self.nodes[at];
        node.end = end;
        node.integer = i64::try_from(count).unwrap_or(i64::MAX);
        Ok(())
    }
}

impl Node {
    fn set_time(&mut self, time: Timestamp) {
        self.integer = time.as_seconds();
        self.nanos = time.subsec_nanos();
    }
}

const _: () = assert!(limits::SNAPSHOT_BYTES <= u32::MAX as usize, "places are 32 bits wide");

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::arena::Arena;
    use crate::event::Key;

    #[test]
    fn tree_is_flat_and_each_node_leads_behind_itself() {
        let arena = Arena::new();
        let mut event =
            Event::from_message("hi", Timestamp::UNIX_EPOCH, Origin::default(), 8, &arena);
        let mut inner = Object::new_in(&arena);
        inner.insert(Key::new("n"), Value::Int(-7), &arena);
        let list = Value::array([Value::Null, Value::object(inner, &arena)], &arena);
        event.data.insert(Key::new("list"), list, &arena);
        event.data.insert(Key::new("f"), Value::Float(0.5), &arena);
        event.metadata.insert(Key::new("m"), Value::Bool(true), &arena);
        let mut snapshot = Snapshot::new();
        snapshot.take(&event).unwrap();
        snapshot.take(&event).unwrap();
        let seen: Vec<_> = snapshot
            .nodes()
            .iter()
            .map(|node| (snapshot.name(node), node.kind, node.end, node.integer))
            .collect();
        assert_eq!(
            seen,
            [
                ("", NodeKind::Object, 9, 5),
                ("@timestamp", NodeKind::Time, 2, 0),
                ("@version", NodeKind::Str, 3, 0),
                ("message", NodeKind::Str, 4, 0),
                ("list", NodeKind::Array, 8, 2),
                ("", NodeKind::Null, 6, 0),
                ("", NodeKind::Object, 8, 1),
                ("n", NodeKind::Int, 8, -7),
                ("f", NodeKind::Float, 9, 0),
                ("@metadata", NodeKind::Object, 11, 1),
                ("m", NodeKind::Bool, 11, 1),
            ]
        );
        assert_eq!(snapshot.metadata_at(), 9);
        assert_eq!(snapshot.text_of(&snapshot.nodes()[3]), "hi");
        snapshot.clear();
        assert!(snapshot.nodes().is_empty() && snapshot.text().is_empty());
    }
}
