//! One event, and what becomes of it, through the program.
//!
//! Events run one at a time. A filter may make several of one; these go on as a group, in
//! Logstash's order: the original before its copies, and behind a branch the events of the first
//! arm before those of the next. Source of behaviour: Logstash 9.x ordered mode, as recorded.

use core::fmt::Write;

use bumpalo::collections::Vec as ArenaVec;

use crate::arena::Arena;
use crate::event::{CODEC_FAILURE_TAGS, Event, Failure, SetError};
use crate::filter::state::{Flush, FlushWhen};
use crate::filter::{Cx, Outcome, Scratch, tag_all};
use crate::program::condition::ConditionError;
use crate::program::{Arm, FilterSlot, Op, Program};
use crate::run::profile::Profiler;
use crate::run::stats::{FilterStats, Stats};
use crate::run::worker::{Refusal, RefusalKind, Sink};
use crate::time::Timestamp;

/// What running one event needs.
pub(crate) struct Run<'a, 'b> {
    pub(crate) program: &'b Program,
    pub(crate) arena: &'b Arena,
    pub(crate) scratch: &'a mut Scratch,
    pub(crate) stats: &'a mut Stats,
    pub(crate) sink: &'a mut dyn Sink,
    pub(crate) now: Timestamp,
    pub(crate) seed: u64,
    pub(crate) explain_failures: bool,
    /// There for the events of a profile's sample.
    pub(crate) profiler: Option<&'a mut Profiler>,
}

type Group<'b> = ArenaVec<'b, Event<'b>>;

/// What some ops left of a lone event.
enum Left<'b> {
    /// Several events, or others than the one that went in.
    Group(Group<'b>),
    Nothing,
    /// The event itself.
    One,
}

impl<'b> Run<'_, 'b> {
    /// Runs an event through all filters and hands what is left to the sink.
    pub(crate) fn event(&mut self, event: &mut Event<'b>) {
        self.scratch.lists.start_event();
        let end = self.program.ops.len();
        match self.one(0, end, event) {
            Left::Nothing => {}
            Left::One => self.put_out(event),
            Left::Group(mut group) => group.iter_mut().for_each(|event| self.put_out(event)),
        }
    }

    /// Lets every filter that is due bring out what it holds; what comes out passes through the filters
    /// behind it.
    #[cold]
    pub(crate) fn flush(&mut self, flush: Flush, is_final: bool) {
        self.scratch.lists.start_event();
        let mut group = self.arena.list();
        self.flush_ops(0, self.program.ops.len(), (flush, is_final), &mut group);
        group.iter_mut().for_each(|event| self.put_out(event));
    }

    /// As [`Self::ops`], and every filter is flushed when the events before it have passed.
    ///
    /// The recursion is as deep as branches nest in the config, which the parser limits.
    fn flush_ops(&mut self, start: usize, end: usize, flush: (Flush, bool), group: &mut Group<'b>) {
        let program = self.program;
        let mut at = start;
        while at < end {
            match &program.ops[at] {
                Op::Filter(index) => {
                    if !group.is_empty() {
                        self.filter(*index as usize, group);
                    }
                    self.flush_filter(*index as usize, flush, group);
                    at += 1;
                }
                Op::Branch { arms, otherwise, end } => {
                    self.branch(arms, *otherwise, group, Some(flush));
                    at = *end as usize;
                }
            }
        }
    }

    fn flush_filter(
        &mut self,
        index: usize,
        (flush, is_final): (Flush, bool),
        group: &mut Group<'b>,
    ) {
        let slot = &self.program.filters[index];
        let is_due = match slot.filter.flush_when() {
            FlushWhen::Never => false,
            FlushWhen::AtEnd => is_final,
            FlushWhen::Periodically => true,
        };
        if !is_due {
            return;
        }
        let mut made = self.arena.list();
        let mut cx = Cx {
            arena: self.arena,
            env: &self.program.env,
            now: self.now,
            seed: self.seed,
            scratch: self.scratch,
            filter: index,
            decoration: slot.decoration.as_deref(),
            children: &mut made,
        };
        slot.filter.flush(flush, &mut cx);
        self.stats.events_created += cx.children.len() as u64;
        decorate_children(slot, &mut cx, &mut self.stats.filters[index]);
        group.append(&mut made);
    }

    fn put_out(&mut self, event: &mut Event<'b>) {
        self.forget_repaired(event);
        self.stats.events_out += 1;
        self.sink.event(event);
    }

    /// Runs a lone event through some ops. From the filter on that makes others of it they go on as a
    /// group.
    ///
    /// The recursion is as deep as branches nest in the config, which the parser limits.
    // PERF: nearly every event stays alone, and needs no list: a third fewer instructions around the
    // filters.
    fn one(&mut self, start: usize, end: usize, event: &mut Event<'b>) -> Left<'b> {
        let program = self.program;
        let mut children = self.arena.list();
        let mut at = start;
        while at < end {
            match &program.ops[at] {
                Op::Filter(index) => {
                    let index = *index as usize;
                    self.stats.filters[index].events_in += 1;
                    self.apply(&program.filters[index], index, event, &mut children);
                    at += 1;
                    if event.cancelled || !children.is_empty() {
                        return self.others(at, end, event, children);
                    }
                }
                Op::Branch { arms, otherwise, end: behind } => {
                    let Some(ops) = self.choose(arms, *otherwise, event) else {
                        return Left::Nothing;
                    };
                    at = *behind as usize;
                    match self.one(ops.0 as usize, ops.1 as usize, event) {
                        Left::Nothing => return Left::Nothing,
                        Left::One => {}
                        Left::Group(mut group) => {
                            self.ops(at, end, &mut group);
                            return Left::Group(group);
                        }
                    }
                }
            }
        }
        Left::One
    }

    /// Goes on from an op with what a filter made of a lone event that is no longer the only one.
    #[cold]
    fn others(
        &mut self,
        at: usize,
        end: usize,
        event: &mut Event<'b>,
        mut children: Group<'b>,
    ) -> Left<'b> {
        let mut group = if event.cancelled {
            self.drop_event(event, &children);
            children
        } else {
            let mut group = ArenaVec::with_capacity_in(children.len() + 1, self.arena.bump());
            let bare = Event::bare(event.origin, 0, self.arena);
            group.push(core::mem::replace(event, bare));
            group.append(&mut children);
            group
        };
        if group.is_empty() {
            return Left::Nothing;
        }
        self.ops(at, end, &mut group);
        Left::Group(group)
    }

    /// The ops of the arm whose condition holds; nothing when the event was refused.
    fn choose(
        &mut self,
        arms: &'b [Arm],
        otherwise: (u32, u32),
        event: &Event<'b>,
    ) -> Option<(u32, u32)> {
        for arm in arms {
            match arm.condition.evaluate(event, self.scratch) {
                Ok(true) => return Some(arm.ops),
                Ok(false) => {}
                Err(error) => {
                    self.refuse(event, arm, error);
                    return None;
                }
            }
        }
        Some(otherwise)
    }

    /// The recursion is as deep as branches nest in the config, which the parser limits.
    fn ops(&mut self, start: usize, end: usize, group: &mut Group<'b>) {
        let program = self.program;
        let mut at = start;
        while at < end && !group.is_empty() {
            match &program.ops[at] {
                Op::Filter(index) => {
                    self.filter(*index as usize, group);
                    at += 1;
                }
                Op::Branch { arms, otherwise, end } => {
                    self.branch(arms, *otherwise, group, None);
                    at = *end as usize;
                }
            }
        }
    }

    fn filter(&mut self, index: usize, group: &mut Group<'b>) {
        let slot = &self.program.filters[index];
        self.stats.filters[index].events_in += group.len() as u64;
        let mut children = self.arena.list();
        let mut next = ArenaVec::with_capacity_in(group.len(), self.arena.bump());
        for mut event in group.drain(..) {
            self.apply(slot, index, &mut event, &mut children);
            if event.cancelled {
                self.drop_event(&mut event, &children);
            } else {
                next.push(event);
            }
            next.append(&mut children);
        }
        *group = next;
    }

    /// Counts an event that a filter dropped, and tells the sink unless the filter put others in its
    /// place.
    fn drop_event(&mut self, event: &mut Event<'b>, children: &Group<'b>) {
        self.stats.events_dropped += 1;
        if children.is_empty() {
            self.forget_repaired(event);
            self.sink.dropped(event);
        }
    }

    /// Keeps only the failures whose tags the event still has: a config that tries one pattern after
    /// the other removes the tags of the earlier ones once a later one fits.
    fn forget_repaired(&self, event: &mut Event<'b>) {
        if !event.failures.is_empty() {
            self.forget_some(event);
        }
    }

    fn forget_some(&self, event: &mut Event<'b>) {
        let mut failures = core::mem::replace(&mut event.failures, self.arena.list());
        failures.retain(|failure| match failure.filter {
            Some(index) => {
                self.program.filters.get(index).is_some_and(|slot| slot.filter.has_tagged(event))
            }
            None => CODEC_FAILURE_TAGS.iter().any(|tag| event.has_tag(tag)),
        });
        event.failures = failures;
    }

    #[inline]
    fn apply(
        &mut self,
        slot: &'b FilterSlot,
        index: usize,
        event: &mut Event<'b>,
        children: &mut Group<'b>,
    ) {
        let mut cx = Cx {
            arena: self.arena,
            env: &self.program.env,
            now: self.now,
            seed: self.seed,
            scratch: self.scratch,
            filter: index,
            decoration: slot.decoration.as_deref(),
            children,
        };
        let outcome = match self.profiler.as_deref_mut() {
            None => slot.filter.apply(event, &mut cx),
            Some(profiler) => profiled(slot, index, event, &mut cx, profiler),
        };
        self.stats.events_created += cx.children.len() as u64;
        if outcome == Outcome::Matched {
            let stats = &mut self.stats.filters[index];
            stats.matched += 1;
            stats.failed += decorate(slot, index, event, &cx);
        } else {
            let explain = self.explain_failures;
            unmatched(outcome, slot, event, &mut cx, &mut self.stats.filters[index], explain);
        }
    }

    fn branch(
        &mut self,
        arms: &'b [Arm],
        otherwise: (u32, u32),
        group: &mut Group<'b>,
        flush: Option<(Flush, bool)>,
    ) {
        let mut done = self.arena.list();
        let mut rest = core::mem::replace(group, self.arena.list());
        for arm in arms {
            let mut chosen = self.arena.list();
            let mut others = self.arena.list();
            for event in rest.drain(..) {
                match arm.condition.evaluate(&event, self.scratch) {
                    Ok(true) => chosen.push(event),
                    Ok(false) => others.push(event),
                    Err(error) => self.refuse(&event, arm, error),
                }
            }
            self.arm(arm.ops, flush, &mut chosen);
            done.append(&mut chosen);
            rest = others;
        }
        self.arm(otherwise, flush, &mut rest);
        done.append(&mut rest);
        *group = done;
    }

    fn arm(&mut self, ops: (u32, u32), flush: Option<(Flush, bool)>, group: &mut Group<'b>) {
        let (start, end) = (ops.0 as usize, ops.1 as usize);
        match flush {
            None => self.ops(start, end, group),
            Some(flush) => self.flush_ops(start, end, flush, group),
        }
    }

    fn refuse(&mut self, event: &Event<'b>, arm: &Arm, error: ConditionError) {
        self.stats.events_refused += 1;
        self.sink.refused(&Refusal {
            kind: RefusalKind::Condition(error),
            origin: event.origin,
            position: Some(&arm.position),
            event: Some(event),
        });
    }
}

/// Applies a filter to an event of a profile's sample.
#[cold]
fn profiled<'b>(
    slot: &'b FilterSlot,
    index: usize,
    event: &mut Event<'b>,
    cx: &mut Cx<'_, 'b>,
    profiler: &mut Profiler,
) -> Outcome {
    let Some(profile) = profiler.profile.filters.get_mut(index) else {
        return slot.filter.apply(event, cx);
    };
    slot.filter.count(event, cx, &mut profile.patterns);
    let before = (profiler.clock)();
    let outcome = slot.filter.apply(event, cx);
    profile.ticks += (profiler.clock)().saturating_sub(before);
    profile.events += 1;
    outcome
}

/// Does what is to be done with an event that a filter did not match.
#[inline(never)]
fn unmatched<'b>(
    outcome: Outcome,
    slot: &'b FilterSlot,
    event: &mut Event<'b>,
    cx: &mut Cx<'_, 'b>,
    stats: &mut FilterStats,
    explain: bool,
) {
    match outcome {
        Outcome::Matched | Outcome::MatchedAndDecorated => stats.matched += 1,
        Outcome::Unmatched => {}
        Outcome::Failed => {
            stats.failed += 1;
            let explanation = if explain { slot.filter.explain(event, cx) } else { None };
            let explanation = explanation.map(|text| cx.arena.text(&text));
            event.failures.push(Failure { filter: Some(cx.filter), explanation });
        }
        Outcome::MatchedChildren => decorate_children(slot, cx, stats),
        Outcome::MatchedThen => {
            stats.matched += 1;
            stats.failed += decorate(slot, cx.filter, event, cx);
            decorate_children(slot, cx, stats);
            slot.filter.complete(event, cx);
        }
    }
}

/// Carries out the common options on the events that a filter made.
fn decorate_children<'b>(slot: &'b FilterSlot, cx: &mut Cx<'_, 'b>, stats: &mut FilterStats) {
    stats.matched += cx.children.len() as u64;
    let mut made = core::mem::replace(cx.children, cx.arena.list());
    for child in &mut made {
        stats.failed += decorate(slot, cx.filter, child, cx);
    }
    *cx.children = made;
}

/// Carries out the common options and returns how many failures that was: 0 or 1.
#[inline]
fn decorate<'b>(slot: &'b FilterSlot, index: usize, event: &mut Event<'b>, cx: &Cx<'_, 'b>) -> u64 {
    let Some(decoration) = &slot.decoration else { return 0 };
    match decoration.apply(event, cx) {
        Ok(()) => 0,
        Err(error) => {
            undecorated(slot, index, event, error, cx.arena);
            1
        }
    }
}

/// Notes that the common options could not be carried out.
#[cold]
fn undecorated<'b>(
    slot: &'b FilterSlot,
    index: usize,
    event: &mut Event<'b>,
    error: SetError,
    arena: &'b Arena,
) {
    tag_all(event, &slot.failure_tags, arena);
    let explanation = arena.build(|out| {
        // Writing to a text in memory does not fail.
        let _ = write!(out, "the common options: {error}");
    });
    event.failures.push(Failure { filter: Some(index), explanation: Some(explanation) });
}
