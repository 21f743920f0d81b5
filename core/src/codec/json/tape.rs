//! JSON text to values by the tape of simd-json, for texts that the fast reader leaves.
//!
//! A name that stands twice in a map, say. The tape makes doubles of all decimals, so a text that has one is left
//! to the exact reader, as is all that simd-json refuses.

use simd_json::{Buffers, Node, StaticNode, Tape};

use crate::arena::Arena;
use crate::event::{Key, Object, Value};
use crate::limits;

/// Reads texts, and keeps what it needs for that.
pub(super) struct TapeReader {
    buffers: Buffers,
    tape: Tape<'static>,
}

impl Default for TapeReader {
    fn default() -> Self {
        Self { buffers: Buffers::default(), tape: Tape(Vec::new()) }
    }
}

impl core::fmt::Debug for TapeReader {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("TapeReader").finish_non_exhaustive()
    }
}

impl TapeReader {
    /// Reads a text that holds one value without decimals.
    pub(super) fn read<'b>(&mut self, text: &str, arena: &'b Arena) -> Option<Value<'b>> {
        // A whole number may be a negative zero.
        if text.contains("-0") {
            return None;
        }
        // simd-json rewrites the bytes that it parses.
        let copy = arena.slice(text.as_bytes());
        let mut tape = core::mem::replace(&mut self.tape, Tape(Vec::new())).reset();
        let done = simd_json::fill_tape(copy, &mut self.buffers, &mut tape).is_ok();
        let value = if done { whole(&tape.0, arena) } else { None };
        self.tape = tape.reset();
        value
    }
}

fn whole<'b>(nodes: &[Node<'b>], arena: &'b Arena) -> Option<Value<'b>> {
    let mut at = 0;
    let value = next(nodes, &mut at, limits::NESTING, arena)?;
    (at == nodes.len()).then_some(value)
}

/// Builds the value at `at` and moves `at` behind it; `levels` bounds the recursion.
fn next<'b>(
    nodes: &[Node<'b>],
    at: &mut usize,
    levels: usize,
    arena: &'b Arena,
) -> Option<Value<'b>> {
    let node = nodes.get(*at)?;
    *at += 1;
    Some(match *node {
        Node::String(text) => Value::Str(text),
        Node::Object { len, .. } => {
            let levels = levels.checked_sub(1)?;
            let mut object = Object::with_capacity_in(len, arena);
            for _ in 0..len {
                let Some(Node::String(name)) = nodes.get(*at) else { return None };
                *at += 1;
                let value = next(nodes, at, levels, arena)?;
                object.insert(Key::new(name), value, arena);
            }
            Value::object(object, arena)
        }
        Node::Array { len, .. } => {
            let levels = levels.checked_sub(1)?;
            let mut items = arena.list();
            for _ in 0..len {
                items.push(next(nodes, at, levels, arena)?);
            }
            Value::array(items, arena)
        }
        Node::Static(StaticNode::Null) => Value::Null,
        Node::Static(StaticNode::Bool(value)) => Value::Bool(value),
        Node::Static(StaticNode::I64(value)) => Value::Int(value),
        Node::Static(StaticNode::U64(value)) => match i64::try_from(value) {
            Ok(value) => Value::Int(value),
            // A JSON number has no zeros in front, so this is its text.
            Err(_) => Value::Number(arena.text(itoa::Buffer::new().format(value))),
        },
        Node::Static(StaticNode::F64(_)) => return None,
    })
}
