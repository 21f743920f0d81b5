//! Alternatives to one look at the bytes that decide between them.

use crate::limits;
use crate::pattern::analysis::{DEPTH, PrefixId, groups_in};
use crate::pattern::hir::Hir;

use super::super::program::{Alt, NONE, Op, Way};
use super::sets::{index, table};
use super::{Compiler, Done, MAX_WAYS, Next, TooLarge};

impl Compiler<'_, '_> {
    pub(super) fn alternate(&mut self, nodes: &[Hir], next: Next) -> Done {
        let (nodes, rest) =
            if nodes.len() > MAX_WAYS { nodes.split_at(MAX_WAYS - 1) } else { (nodes, &[][..]) };
        let mut prefixes = Vec::with_capacity(nodes.len() + 1);
        let mut groups: Vec<Vec<u32>> = Vec::with_capacity(nodes.len() + 1);
        for node in nodes {
            prefixes.push(self.analysis.prefix(node, next.prefix));
            let mut inside = Vec::new();
            groups_in(node, &mut inside);
            groups.push(inside);
        }
        if !rest.is_empty() {
            prefixes.push(PrefixId::ANY);
            let mut inside = Vec::new();
            for node in rest {
                groups_in(node, &mut inside);
            }
            groups.push(inside);
        }
        let alt = self.alt(&prefixes, &groups)?;
        let mut jumps = Vec::new();
        let count = prefixes.len();
        for way in 0..count {
            self.way(alt, way);
            match nodes.get(way) {
                Some(node) => self.node(node, next)?,
                None => self.alternate(rest, next)?,
            }
            if way + 1 < count {
                jumps.push(self.push(Op::Fail)?);
            }
        }
        let end = self.label_here();
        for jump in jumps {
            self.program.ops[jump as usize] = Op::Jump(end);
        }
        Ok(())
    }

    /// Emits a choice; [`Self::way`] says where its ways are.
    pub(super) fn alt(
        &mut self,
        prefixes: &[PrefixId],
        groups: &[Vec<u32>],
    ) -> Result<u32, TooLarge> {
        let prefixes: Vec<_> =
            prefixes.iter().map(|prefix| *self.analysis.prefix_of(*prefix)).collect();
        let count = prefixes.len();
        // apart[a]: the ways before it that the places so far tell from way a.
        let mut apart = vec![0_u32; count];
        let mut useful = [false; DEPTH];
        for (place, useful) in useful.iter_mut().enumerate() {
            for one in 0..count {
                for other in 0..one {
                    if apart[one] >> other & 1 == 0
                        && prefixes[one].differs_at(&prefixes[other], place)
                    {
                        apart[one] |= 1 << other;
                        *useful = true;
                    }
                }
            }
        }
        let decided = (0..count).all(|one| apart[one].count_ones() as usize == one);
        let mut tables = Vec::new();
        for (place, useful) in useful.into_iter().enumerate() {
            // A place that tells no two ways apart may still show that some or all lead nowhere.
            let narrows = prefixes.iter().any(|prefix| !prefix.sets[place].is_full());
            if useful || narrows && (place == 0 || !decided) {
                tables.push(table(&prefixes, place, &mut self.tables));
            }
        }
        if !decided {
            self.choices += 1;
        }
        let memo = if decided || !self.memo { NONE } else { self.memo_id() };
        let mut ways = Vec::with_capacity(count);
        for way in 0..count {
            let clear_from = index(self.program.clears.len());
            // Groups in loops are put back one by one.
            if !self.in_loop {
                for (_, others) in groups.iter().enumerate().filter(|(other, _)| *other != way) {
                    self.program.clears.extend_from_slice(others);
                }
            }
            if self.program.clears.len() > limits::PATTERN_MAX_PROGRAM {
                return Err(TooLarge);
            }
            let clear_to = index(self.program.clears.len());
            ways.push(Way { target: 0, clear_from, clear_to });
        }
        let alt = index(self.program.alts.len());
        self.program.alts.push(Alt { tables: tables.into(), ways: ways.into(), memo });
        self.push(Op::Alt(alt))?;
        Ok(alt)
    }

    /// Says that a way of a choice begins here.
    pub(super) fn way(&mut self, alt: u32, way: usize) {
        let target = self.label_here();
        self.program.alts[alt as usize].ways[way].target = target;
    }
}
