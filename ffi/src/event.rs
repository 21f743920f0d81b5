//! Events as values.

use core::ffi::c_char;

use sawlog::{EscapeStyle, FieldPath, NodeKind, Snapshot};

use crate::handle::{Sized0, call, optional, options, out, shared, structure, text};
use crate::status::{Result, SAWLOG_BAD_VALUE, SAWLOG_END, Status};
use crate::types::Str;
use crate::worker::Worker;

/// A list.
pub const SAWLOG_KIND_ARRAY: u32 = 1;
/// `true` or `false`.
pub const SAWLOG_KIND_BOOL: u32 = 2;
/// A double.
pub const SAWLOG_KIND_FLOAT: u32 = 3;
/// An integer of 64 bits.
pub const SAWLOG_KIND_INT: u32 = 4;
/// JSON's null.
pub const SAWLOG_KIND_NULL: u32 = 5;
/// A number that is exactly neither a 64-bit integer nor a double, as its text.
pub const SAWLOG_KIND_NUMBER: u32 = 6;
/// A map.
pub const SAWLOG_KIND_OBJECT: u32 = 7;
/// A text.
pub const SAWLOG_KIND_STRING: u32 = 8;
/// An instant.
pub const SAWLOG_KIND_TIME: u32 = 9;

/// An event as values: of `sawlog_worker_run_line`, `…_run_event`, `…_push_values` and the like. It belongs to the worker and lives until the worker's next
/// call that is not one of `sawlog_worker_event`, `…_stats` and `…_next_deadline`; until then any number of threads may read it.
#[derive(Debug)]
pub struct Event {
    /// The type is the header's name for [`Snapshot`], which pointers to it lead to.
    _private: (),
}

/// One value of an event: a field of a map, or an entry of a list.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ValueView {
    /// `sizeof(sawlog_value)`, to be set before the call.
    pub struct_size: usize,
    /// `SAWLOG_KIND_…`.
    pub kind: u32,
    /// `TIME`: the nanoseconds past the second; else 0.
    pub nanos: u32,
    /// The field's name; of length 0 for an entry of a list, and for the whole event.
    pub name: Str,
    /// `STRING`: the text. `NUMBER`: its digits. Else missing.
    pub text: Str,
    /// `INT`: the value. `BOOL`: 0 or 1. `TIME`: whole seconds since 1970. `ARRAY`, `OBJECT`: the number of values in it. Else 0.
    pub integer: i64,
    /// `FLOAT`: the value; else 0.
    pub real: f64,
    /// Where the value stands among the event's nodes; 0 is the whole event.
    pub node: usize,
}

// SAFETY: repr(C), begins with the size, numbers and pointers only.
unsafe impl Sized0 for ValueView {
    const FIRST_BYTES: usize = size_of::<Self>();
}

/// Where an event came from.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct OriginView {
    /// `sizeof(sawlog_origin)`, to be set before the call.
    pub struct_size: usize,
    /// The line's number in its stream, from 1; 0 when the event came from no line.
    pub line: u64,
    /// The line's byte offset in its stream.
    pub offset: u64,
    /// How many failures of filters and codecs the event has that were not made good.
    pub failures: usize,
}

// SAFETY: repr(C), begins with the size, numbers only.
unsafe impl Sized0 for OriginView {
    const FIRST_BYTES: usize = size_of::<Self>();
}

/// One value among the nodes of an event. The struct has no size at its head: `sawlog_nodes` has it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct NodeView {
    /// `SAWLOG_KIND_…`.
    pub kind: u32,
    /// The place behind this value and all inside of it.
    pub end: u32,
    /// Where the field's name starts in the event's text; 0 in a list.
    pub name_start: u32,
    /// The bytes of the name.
    pub name_len: u32,
    /// `STRING`, `NUMBER`: where the text starts in the event's text.
    pub text_start: u32,
    /// `STRING`, `NUMBER`: the bytes of the text.
    pub text_len: u32,
    /// As in `sawlog_value`.
    pub integer: i64,
    /// As in `sawlog_value`.
    pub real: f64,
    /// As in `sawlog_value`.
    pub nanos: u32,
    /// No meaning.
    pub reserved: u32,
}

const _: () = {
    use core::mem::offset_of;
    use sawlog::Node;
    assert!(size_of::<NodeView>() == size_of::<Node>());
    assert!(align_of::<NodeView>() == align_of::<Node>());
    assert!(offset_of!(NodeView, kind) == offset_of!(Node, kind));
    assert!(offset_of!(NodeView, end) == offset_of!(Node, end));
    assert!(offset_of!(NodeView, name_start) == offset_of!(Node, name_start));
    assert!(offset_of!(NodeView, name_len) == offset_of!(Node, name_len));
    assert!(offset_of!(NodeView, text_start) == offset_of!(Node, text_start));
    assert!(offset_of!(NodeView, text_len) == offset_of!(Node, text_len));
    assert!(offset_of!(NodeView, integer) == offset_of!(Node, integer));
    assert!(offset_of!(NodeView, real) == offset_of!(Node, float));
    assert!(offset_of!(NodeView, nanos) == offset_of!(Node, nanos));
    assert!(SAWLOG_KIND_ARRAY == NodeKind::Array as u32);
    assert!(SAWLOG_KIND_BOOL == NodeKind::Bool as u32);
    assert!(SAWLOG_KIND_FLOAT == NodeKind::Float as u32);
    assert!(SAWLOG_KIND_INT == NodeKind::Int as u32);
    assert!(SAWLOG_KIND_NULL == NodeKind::Null as u32);
    assert!(SAWLOG_KIND_NUMBER == NodeKind::Number as u32);
    assert!(SAWLOG_KIND_OBJECT == NodeKind::Object as u32);
    assert!(SAWLOG_KIND_STRING == NodeKind::Str as u32);
    assert!(SAWLOG_KIND_TIME == NodeKind::Time as u32);
};

/// An event as it lies in memory, for bindings that read it without a call for each value: all values in the order of the tree, first
/// the map of the event's fields with all inside of it, then the map of `@metadata`. The values inside of a list or map are the nodes
/// from behind it to its `end`; from one to the next leads the `end` of each.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct NodesView {
    /// `sizeof(sawlog_nodes)`, to be set before the call.
    pub struct_size: usize,
    /// The nodes.
    pub nodes: *const NodeView,
    /// Their number.
    pub count: usize,
    /// The place of the map of `@metadata`.
    pub metadata: usize,
    /// The names and texts, one behind the other: UTF-8.
    pub text: Str,
    /// The line's number in its stream, from 1; 0 when the event came from no line.
    pub line: u64,
    /// The line's byte offset in its stream.
    pub offset: u64,
}

// SAFETY: repr(C), begins with the size, numbers and pointers only.
unsafe impl Sized0 for NodesView {
    const FIRST_BYTES: usize = size_of::<Self>();
}

impl NodesView {
    pub(crate) fn new(event: &Snapshot) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            nodes: event.nodes().as_ptr().cast(),
            count: event.nodes().len(),
            metadata: event.metadata_at(),
            text: Str::new(event.text()),
            line: event.line(),
            offset: event.offset(),
        }
    }
}

/// Gives one of the events of the worker's last call that gave events as values, from 0.
///
/// Effect: `*event` is the event. Ownership: the worker's; see `sawlog_event`. Threads: one at a time for each worker. Statuses:
/// `SAWLOG_BAD_VALUE` for an index that is too large, `SAWLOG_BAD_POINTER`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_event(
    worker: *mut Worker,
    index: usize,
    event: *mut *const Event,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (worker, event) = unsafe { (shared(worker)?, out(event)?) };
        let state = worker.0.enter()?;
        let found = state.converter.snapshots().get(index).ok_or(Status(SAWLOG_BAD_VALUE))?;
        event.set(core::ptr::from_ref(found).cast());
        Ok(())
    })
}

/// Gives the next field of a map, or entry of a list.
///
/// Effect: `*child` is filled. `parent` is the value to look into, NULL for the event's fields. A `*child` that is zero but for its
/// `struct_size` asks for the first; one that was filled by the last call, for the next. So this loop sees every field:
///
/// ```c
/// sawlog_value field = {0};
/// field.struct_size = sizeof field;
/// while (sawlog_event_next(event, NULL, &field) == SAWLOG_OK) { … }
/// ```
///
/// Ownership: texts belong to the event. Threads: any. Statuses: `SAWLOG_END` behind the last one, and for a parent that is neither list
/// nor map, and nothing is written; `SAWLOG_BAD_VALUE` when `child` is none of `parent`'s; `SAWLOG_BAD_POINTER`,
/// `SAWLOG_BAD_STRUCT_SIZE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_event_next(
    event: *const Event,
    parent: *const ValueView,
    child: *mut ValueView,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (event, parent, place, last) =
            unsafe { (snapshot(event)?, optional(parent)?, structure(child)?, options(child)?) };
        let nodes = event.nodes();
        let parent = parent.map_or(0, |parent| parent.node);
        let head = nodes.get(parent).ok_or(Status(SAWLOG_BAD_VALUE))?;
        let end = head.end as usize;
        let at = if last.node == 0 {
            parent + 1
        } else if last.node > parent && last.node < end {
            nodes.get(last.node).ok_or(Status(SAWLOG_BAD_VALUE))?.end as usize
        } else {
            return Err(Status(SAWLOG_BAD_VALUE));
        };
        if at >= end {
            return Err(Status(SAWLOG_END));
        }
        place.set(&value(event, at)?);
        Ok(())
    })
}

/// Gives the value at a field reference: `message`, `[a][b]`, `[list][0]`, `[@metadata][x]`.
///
/// Effect: `*value` is filled. Ownership: its text belongs to the event. Threads: any. Statuses: `SAWLOG_END` when there is no such
/// field, `SAWLOG_BAD_VALUE` when the text is no field reference, `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_STRUCT_SIZE`,
/// `SAWLOG_BAD_LENGTH`, `SAWLOG_BAD_UTF8`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_event_field(
    event: *const Event,
    reference: *const c_char,
    len: usize,
    value: *mut ValueView,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (event, reference, value) =
            unsafe { (snapshot(event)?, text(reference, len)?, structure(value)?) };
        let at = if reference.contains(['[', ']']) || reference == "@metadata" {
            let path = FieldPath::parse(reference, EscapeStyle::None)
                .map_err(|_| Status(SAWLOG_BAD_VALUE))?;
            event.find(path.as_ref())
        } else {
            event.find_field(0, reference)
        };
        value.set(&self::value(event, at.ok_or(Status(SAWLOG_END))?)?);
        Ok(())
    })
}

/// Tells where an event came from.
///
/// Effect: `*origin` is filled. Threads: any. Statuses: `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_STRUCT_SIZE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_event_origin(event: *const Event, origin: *mut OriginView) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (event, origin) = unsafe { (snapshot(event)?, structure(origin)?) };
        origin.set(&OriginView {
            struct_size: size_of::<OriginView>(),
            line: event.line(),
            offset: event.offset(),
            failures: event.failures().len(),
        });
        Ok(())
    })
}

/// Gives all values of an event at once.
///
/// Effect: `*nodes` is filled. Ownership: nodes and text belong to the event. Threads: any. Statuses: `SAWLOG_BAD_POINTER`,
/// `SAWLOG_BAD_STRUCT_SIZE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_event_nodes(event: *const Event, nodes: *mut NodesView) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (event, nodes) = unsafe { (snapshot(event)?, structure(nodes)?) };
        nodes.set(&NodesView::new(event));
        Ok(())
    })
}

/// What an event's pointer leads to.
///
/// # Safety
/// The pointer, unless it is NULL or not aligned, was given by [`sawlog_worker_event`] and the event lives.
unsafe fn snapshot<'a>(event: *const Event) -> Result<&'a Snapshot> {
    // SAFETY: that function gives pointers to snapshots, and the caller vouches for the rest.
    unsafe { shared(event.cast::<Snapshot>()) }
}

fn value(event: &Snapshot, at: usize) -> Result<ValueView> {
    let node = event.nodes().get(at).ok_or(Status(SAWLOG_BAD_VALUE))?;
    let has_text = matches!(node.kind, NodeKind::Str | NodeKind::Number);
    Ok(ValueView {
        struct_size: size_of::<ValueView>(),
        kind: node.kind as u32,
        nanos: node.nanos,
        name: Str::new(event.name(node)),
        text: Str::of(has_text.then(|| event.text_of(node))),
        integer: node.integer,
        real: node.float,
        node: at,
    })
}
