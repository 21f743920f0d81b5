//! Facts of nodes that the program is made of: classes, tables, intrinsics.

use std::sync::Arc;

use crate::pattern::analysis::{Prefix, is_bytewise};
use crate::pattern::exec::intrinsics::Intrinsic;
use crate::pattern::hir::{Hir, HirKind};
use crate::pattern::unicode::{ByteSet, CharSet, Class};
use crate::scan::ByteClass;

use super::super::program::{RunSet, Table, Ways};

/// The routine for a node whose text is a well-known definition.
pub(super) fn intrinsic(source: &str, hir: &Hir) -> Option<Intrinsic> {
    let text = source.get(hir.span.range())?;
    Intrinsic::lookup(text).or_else(|| {
        let inside = text.strip_prefix("(?:")?.strip_suffix(')')?;
        Intrinsic::lookup(inside)
    })
}

pub(super) fn table(prefixes: &[Prefix], place: usize) -> Table {
    let mut end = 0;
    let mut many = Box::new([0_u32; 256]);
    for (way, prefix) in prefixes.iter().enumerate() {
        if prefix.may_end(place) {
            end |= 1 << way;
        }
        prefix.sets[place].iter().for_each(|byte| many[usize::from(byte)] |= 1 << way);
    }
    let ways = if prefixes.len() <= 8 {
        #[expect(clippy::cast_possible_truncation, reason = "eight ways at most")]
        Ways::Few(Box::new(many.map(|ways| ways as u8)))
    } else {
        Ways::Many(many)
    };
    Table { place: index(place), end, ways }
}

/// The class of a node that is one character.
pub(super) fn one_class(hir: &Hir) -> Option<Arc<Class>> {
    match &hir.kind {
        HirKind::Class(class) if !class.is_empty => Some(class.clone()),
        HirKind::Literal(text) => {
            let mut chars = text.chars();
            let (Some(c), None) = (chars.next(), chars.next()) else { return None };
            Some(Arc::new(CharSet::range(c, c).to_class()))
        }
        _ => None,
    }
}

/// Whether a node repeats one character.
pub(super) fn is_run(hir: &Hir) -> bool {
    matches!(&hir.kind, HirKind::Repeat { body, .. } if run_class(body).is_some())
}

/// The class of which a repeat is a run.
pub(super) fn run_class(body: &Hir) -> Option<Arc<Class>> {
    one_class(body)
}

pub(super) fn run_set(class: &Arc<Class>) -> RunSet {
    if is_bytewise(class) {
        let bytes = taken_bytes(class);
        if bytes.is_full() {
            return RunSet::Any;
        }
        return RunSet::Bytes(Box::new(ByteClass::new(&bytes)));
    }
    let ascii = class.bytes.ascii();
    RunSet::Mixed(Box::new(ByteClass::new(&ascii)), class.clone())
}

/// The bytes of the characters of a class; if some characters above ASCII are in it and others are
/// not, the first bytes only.
pub(super) fn taken_bytes(class: &Class) -> ByteSet {
    let mut bytes = class.bytes;
    if class.all_wide {
        (0x80..=0xff).for_each(|byte| bytes.insert(byte));
    }
    bytes
}

#[expect(clippy::cast_possible_truncation, reason = "bounded by the limits on source and program")]
pub(super) fn index(len: usize) -> u32 {
    len as u32
}
