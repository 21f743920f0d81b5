//! Repeats to runs, spans, copies and counted loops.

use std::sync::Arc;

use crate::limits;
use crate::pattern::analysis::{DEPTH, groups_in};
use crate::pattern::compile as plain;
use crate::pattern::hir::Hir;
use crate::pattern::syntax::RepeatMode;
use crate::pattern::unicode::Class;

use super::super::program::{Counter, Follow, NONE, Op, Run, Span};
use super::sets::{index, run_class, run_set, taken_bytes};
use super::{Compiler, Done, Fusable, Next};

impl Compiler<'_, '_> {
    pub(super) fn repeat(
        &mut self,
        body: &Hir,
        min: u32,
        max: Option<u32>,
        mode: RepeatMode,
        next: Next,
    ) -> Done {
        if max == Some(0) {
            return Ok(());
        }
        if let Some(class) = run_class(body) {
            return self.run(&class, (min, max), mode, NONE, next);
        }
        let copies = max.unwrap_or_else(|| min.saturating_add(1)).max(min);
        let unrolled = plain::size(body).saturating_add(2).saturating_mul(copies as usize);
        let lazy = mode == RepeatMode::Lazy;
        if (min, max) == (0, Some(1)) {
            return self.optional(body, lazy, next);
        }
        // What can stand behind one copy: others, or what follows the repeat.
        let mut prefix = next.prefix;
        for _ in 0..=DEPTH {
            let taken = self.analysis.prefix(body, prefix);
            let more = self.analysis.either(next.prefix, taken);
            if more == prefix {
                break;
            }
            prefix = more;
        }
        let again = Next { prefix, sure: next.sure };
        let in_loop = std::mem::replace(&mut self.in_loop, true);
        let done = if (min, max) == (1, None) && !body.facts.nullable() {
            self.one_or_more(body, lazy, next, again)
        } else if copies > 1 && unrolled > limits::PATTERN_UNROLL {
            self.counted(body, (min, max), lazy, again)
        } else {
            self.copies(body, (min, max), lazy, next, again)
        };
        self.in_loop = in_loop;
        done
    }

    fn optional(&mut self, body: &Hir, lazy: bool, next: Next) -> Done {
        let taken = self.analysis.prefix(body, next.prefix);
        let mut inside = Vec::new();
        groups_in(body, &mut inside);
        let mut prefixes = [taken, next.prefix];
        let mut groups = [inside, Vec::new()];
        if lazy {
            prefixes.reverse();
            groups.reverse();
        }
        let alt = self.alt(&prefixes, &groups)?;
        self.way(alt, usize::from(lazy));
        self.node(body, next)?;
        self.way(alt, usize::from(!lazy));
        Ok(())
    }

    fn copies(
        &mut self,
        body: &Hir,
        (min, max): (u32, Option<u32>),
        lazy: bool,
        next: Next,
        again: Next,
    ) -> Done {
        let prefix = again.prefix;
        for copy in 0..min {
            let is_last = copy + 1 == min;
            if is_last && max == Some(min) {
                self.node(body, next)?;
            } else if is_last {
                self.node(body, again)?;
            } else {
                let one_more = self.analysis.prefix(body, prefix);
                self.node(body, Next { prefix: one_more, sure: false })?;
            }
        }
        let taken = self.analysis.prefix(body, prefix);
        let mut prefixes = [taken, next.prefix];
        if lazy {
            prefixes.reverse();
        }
        let nothing = [Vec::new(), Vec::new()];
        let (inside, out) = (usize::from(lazy), usize::from(!lazy));
        let Some(max) = max else {
            let head = self.label_here();
            let alt = self.alt(&prefixes, &nothing)?;
            self.way(alt, inside);
            if body.facts.nullable() {
                let reg = self.reg(1);
                self.push(Op::EmptyStart { reg })?;
                let memo = std::mem::replace(&mut self.memo, false);
                let done = self.node(body, again);
                self.memo = memo;
                done?;
                let check = self.push(Op::Fail)?;
                self.push(Op::Loop(head))?;
                let exit = self.label_here();
                self.program.ops[check as usize] = Op::EmptyCheck { reg, exit };
            } else {
                self.node(body, again)?;
                self.push(Op::Loop(head))?;
            }
            self.way(alt, out);
            return Ok(());
        };
        let mut alts = Vec::new();
        for _ in min..max {
            let alt = self.alt(&prefixes, &nothing)?;
            alts.push(alt);
            self.way(alt, inside);
            self.node(body, again)?;
        }
        for alt in alts {
            self.way(alt, out);
        }
        Ok(())
    }

    /// Compiles a repeat whose choice comes behind its body, which is there once.
    fn one_or_more(&mut self, body: &Hir, lazy: bool, next: Next, again: Next) -> Done {
        let head = self.label_here();
        self.node(body, again)?;
        let taken = self.analysis.prefix(body, again.prefix);
        let mut prefixes = [taken, next.prefix];
        if lazy {
            prefixes.reverse();
        }
        let alt = self.alt(&prefixes, &[Vec::new(), Vec::new()])?;
        self.way(alt, usize::from(lazy));
        self.push(Op::Loop(head))?;
        self.way(alt, usize::from(!lazy));
        Ok(())
    }

    fn counted(
        &mut self,
        body: &Hir,
        (min, max): (u32, Option<u32>),
        lazy: bool,
        again: Next,
    ) -> Done {
        self.choices += 1;
        let reg = self.reg(1);
        self.push(Op::CounterReset { reg })?;
        let head = self.label_here();
        let counter = index(self.program.counters.len());
        self.push(Op::CounterLoop { reg, counter })?;
        let max_count = max.unwrap_or(u32::MAX);
        self.program.counters.push(Counter { min, max: max_count, lazy, exit: 0 });
        self.push(Op::CounterStep { reg })?;
        let checks = max.is_none() && body.facts.nullable();
        let empty = if checks { self.reg(1) } else { NONE };
        if checks {
            self.push(Op::EmptyStart { reg: empty })?;
        }
        // How often the body has matched decides too what happens after it.
        let memo = std::mem::replace(&mut self.memo, false);
        let done = self.node(body, Next { prefix: again.prefix, sure: false });
        self.memo = memo;
        done?;
        let check = if checks { self.push(Op::Fail)? } else { NONE };
        self.push(Op::Loop(head))?;
        let exit = self.label_here();
        if checks {
            self.program.ops[check as usize] = Op::EmptyCheck { reg: empty, exit };
        }
        self.program.counters[counter as usize].exit = exit;
        Ok(())
    }

    /// Compiles a repeat of one character, which may be all of a group.
    pub(super) fn run(
        &mut self,
        class: &Arc<Class>,
        (min, max): (u32, Option<u32>),
        mode: RepeatMode,
        group: u32,
        next: Next,
    ) -> Done {
        let max = max.unwrap_or(u32::MAX);
        let after = self.analysis.prefix_of(next.prefix);
        let (first, may_end) = (after.sets[0], after.may_end(0));
        let set = run_set(class, &mut self.tables);
        // Giving back helps nobody if nothing that was taken can follow.
        let one_end = min == max || next.sure || !class.bytes.intersects(&first);
        if one_end {
            let is_short = mode == RepeatMode::Lazy && next.sure;
            let max = if is_short { min } else { max };
            let id = index(self.program.runs.len());
            self.program.runs.push(Run { set, min, max, group, then: NONE });
            self.push(Op::Run(id))?;
            self.fusable = Fusable::Run(id);
            return Ok(());
        }
        self.choices += 1;
        let memo = if self.memo { self.memo_id() } else { NONE };
        let failed = if memo != NONE && max == u32::MAX {
            let id = self.program.failed_count;
            self.program.failed_count += 1;
            id
        } else {
            NONE
        };
        let mut has = Box::new([false; 256]);
        first.iter().for_each(|byte| has[usize::from(byte)] = true);
        let stop = first.union(&taken_bytes(class).complement());
        let follow = Follow {
            has,
            end: may_end,
            any: first.is_full() && may_end,
            byte: if first.len() == 1 && !may_end { first.iter().next() } else { None },
            stop: self.tables.class(&stop),
        };
        let lazy = mode == RepeatMode::Lazy;
        let run = Run { set, min, max, group, then: NONE };
        let id = index(self.program.spans.len());
        self.program.spans.push(Span { run, lazy, follow, memo, failed });
        self.push(Op::Span(id)).map(drop)
    }
}
