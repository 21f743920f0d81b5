//! Facts of nodes that the program is made of: classes, tables, intrinsics.

use std::ops::{BitOrAssign, BitXorAssign};
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashSet};

use crate::pattern::analysis::{Prefix, is_bytewise};
use crate::pattern::exec::intrinsics::Intrinsic;
use crate::pattern::hir::{Hir, HirKind};
use crate::pattern::unicode::{ByteSet, Class, only_char};
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

pub(super) fn table(prefixes: &[Prefix], place: usize, tables: &mut Tables) -> Table {
    let mut end = 0;
    for (way, prefix) in prefixes.iter().enumerate() {
        if prefix.may_end(place) {
            end |= 1 << way;
        }
    }
    let sets = || prefixes.iter().map(|prefix| &prefix.sets[place]).enumerate();
    let ways = if prefixes.len() <= 8 {
        let mut few = [0_u8; 256];
        sets().for_each(|(way, set)| add(&mut few, *set, 1 << way));
        Ways::Few(tables.few.get_or_insert_with(&few, |few| Arc::new(*few)).clone())
    } else {
        let mut many = [0_u32; 256];
        sets().for_each(|(way, set)| add(&mut many, *set, 1 << way));
        Ways::Many(tables.many.get_or_insert_with(&many, |many| Arc::new(*many)).clone())
    };
    Table { place: index(place), end, ways }
}

/// The tables of a program: many choices and runs look at the same bytes.
#[derive(Default)]
pub(super) struct Tables {
    few: HashSet<Arc<[u8; 256]>, FixedState>,
    many: HashSet<Arc<[u32; 256]>, FixedState>,
    classes: HashMap<ByteSet, Arc<ByteClass>, FixedState>,
}

impl Tables {
    /// The table of a set of bytes.
    pub(super) fn class(&mut self, set: &ByteSet) -> Arc<ByteClass> {
        self.classes.entry(*set).or_insert_with(|| Arc::new(ByteClass::new(set))).clone()
    }
}

/// Adds a way at the bytes of a set.
fn add<T>(table: &mut [T; 256], set: ByteSet, way: T)
where
    T: Copy + BitOrAssign + BitXorAssign,
{
    // What leaves out few bytes is entered everywhere, and taken out there.
    let set = if set.len() > 128 {
        for ways in table.iter_mut() {
            *ways |= way;
        }
        set.complement()
    } else {
        set
    };
    set.iter().for_each(|byte| table[usize::from(byte)] ^= way);
}

/// The class of a node that is one character.
pub(super) fn one_class(hir: &Hir) -> Option<Arc<Class>> {
    match &hir.kind {
        HirKind::Class(class) if !class.is_empty => Some(class.clone()),
        HirKind::Literal(text) => only_char(text).map(|c| Arc::new(Class::only(c))),
        _ => None,
    }
}

/// Whether a node repeats one character.
pub(super) fn is_run(hir: &Hir) -> bool {
    let HirKind::Repeat { body, .. } = &hir.kind else { return false };
    match &body.kind {
        HirKind::Class(class) => !class.is_empty,
        HirKind::Literal(text) => only_char(text).is_some(),
        _ => false,
    }
}

/// The class of which a repeat is a run.
pub(super) fn run_class(body: &Hir) -> Option<Arc<Class>> {
    one_class(body)
}

pub(super) fn run_set(class: &Arc<Class>, tables: &mut Tables) -> RunSet {
    if is_bytewise(class) {
        let bytes = taken_bytes(class);
        if bytes.is_full() {
            return RunSet::Any;
        }
        return RunSet::Bytes(tables.class(&bytes));
    }
    let ascii = class.bytes.ascii();
    RunSet::Mixed(tables.class(&ascii), class.clone())
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
