//! What an analysis has found, so that it looks at each node once and not once for each node around it.

use core::hash::{BuildHasher, Hash, Hasher};

use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashTable};

use super::super::hir::Hir;
use super::prefix::Prefix;
use super::{Analysis, Shape};

/// A [`Prefix`] by its number in an [`Analysis`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PrefixId(u32);

impl PrefixId {
    /// [`Prefix::ANY`]
    pub(crate) const ANY: Self = Self(0);

    /// [`Prefix::NEVER`]
    pub(crate) const NEVER: Self = Self(1);
}

/// A node by its address: the tree stands still while it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct NodeId(usize);

impl NodeId {
    pub(super) fn of(hir: &Hir) -> Self {
        Self(core::ptr::from_ref(hir).addr())
    }
}

/// All that was found so far.
#[derive(Debug)]
pub(super) struct Memo {
    prefixes: Vec<Prefix>,
    ids: HashTable<PrefixId>,
    /// By node and what comes after it.
    pub(super) found: HashMap<(NodeId, PrefixId), PrefixId, FixedState>,
    pub(super) shapes: HashMap<NodeId, Shape, FixedState>,
    hasher: FixedState,
}

impl Memo {
    pub(super) fn new() -> Self {
        let mut memo = Self {
            prefixes: Vec::new(),
            ids: HashTable::new(),
            found: HashMap::default(),
            shapes: HashMap::default(),
            hasher: FixedState::default(),
        };
        memo.intern(Prefix::ANY);
        memo.intern(Prefix::NEVER);
        memo
    }

    pub(super) fn prefix(&self, id: PrefixId) -> &Prefix {
        &self.prefixes[id.0 as usize]
    }

    /// The number of a prefix.
    pub(super) fn intern(&mut self, prefix: Prefix) -> PrefixId {
        let Self { prefixes, ids, hasher, .. } = self;
        let hash = |prefix: &Prefix| hasher.hash_one(prefix);
        let entry = ids.entry(
            hash(&prefix),
            |id| prefixes[id.0 as usize] == prefix,
            |id| hash(&prefixes[id.0 as usize]),
        );
        // As many as steps of an analysis at most.
        let next = PrefixId(u32::try_from(prefixes.len()).unwrap_or(0));
        let id = *entry.or_insert(next).get();
        if id == next {
            prefixes.push(prefix);
        }
        id
    }
}

impl Analysis {
    /// What a number stands for.
    pub(crate) fn prefix_of(&self, id: PrefixId) -> &Prefix {
        self.memo.prefix(id)
    }

    /// One or the other.
    pub(crate) fn either(&mut self, left: PrefixId, right: PrefixId) -> PrefixId {
        match (left, right) {
            (PrefixId::ANY, _) | (_, PrefixId::ANY) => PrefixId::ANY,
            (PrefixId::NEVER, other) | (other, PrefixId::NEVER) => other,
            _ if left == right => left,
            _ => {
                let union = self.memo.prefix(left).union(self.memo.prefix(right));
                self.memo.intern(union)
            }
        }
    }
}

impl Hash for Prefix {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // PERF: an iterator over all words takes three times as many instructions.
        for set in &self.sets {
            let [a, b, c, d] = set.words().map(u128::from);
            state.write_u128(a | b << 64);
            state.write_u128(c | d << 64);
        }
        state.write_u8(self.ends);
    }
}
