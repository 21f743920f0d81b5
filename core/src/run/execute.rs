//! One event, and what becomes of it, through the program.
//!
//! Events run one at a time. A filter may make several of one; these go on as a group, in
//! Logstash's order: the original before its copies, and behind a branch the events of the first
//! arm before those of the next. Source of behaviour: Logstash 9.x ordered mode, as recorded.

use bumpalo::collections::Vec as ArenaVec;

use crate::arena::Arena;
use crate::event::{CODEC_FAILURE_TAGS, Event, Failure};
use crate::filter::{Cx, Outcome, Scratch, tag_all};
use crate::program::condition::ConditionError;
use crate::program::{Arm, FilterSlot, Op, Program};
use crate::run::stats::Stats;
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
}

type Group<'b> = ArenaVec<'b, Event<'b>>;

impl<'b> Run<'_, 'b> {
    /// Runs an event through all filters and hands what is left to the sink.
    pub(crate) fn event(&mut self, event: Event<'b>) {
        self.scratch.lists.start_event();
        let mut group = self.arena.list();
        group.push(event);
        let end = self.program.ops.len();
        self.ops(0, end, &mut group);
        for event in &mut group {
            self.forget_repaired(event);
            self.stats.events_out += 1;
            self.sink.event(event);
        }
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
                    if group.len() == 1 {
                        self.branch_of_one(arms, *otherwise, group);
                    } else {
                        self.branch_of_many(arms, *otherwise, group);
                    }
                    at = *end as usize;
                }
            }
        }
    }

    fn filter(&mut self, index: usize, group: &mut Group<'b>) {
        let slot = &self.program.filters[index];
        self.stats.filters[index].events_in += group.len() as u64;
        let mut children = self.arena.list();
        if let [event] = &mut group[..] {
            self.apply(slot, index, event, &mut children);
            if event.cancelled {
                self.drop_event(event, &children);
                group.clear();
            }
            group.append(&mut children);
            return;
        }
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
        if event.failures.is_empty() {
            return;
        }
        let mut failures = core::mem::replace(&mut event.failures, self.arena.list());
        failures.retain(|failure| match failure.filter {
            Some(index) => {
                self.program.filters.get(index).is_some_and(|slot| slot.filter.has_tagged(event))
            }
            None => CODEC_FAILURE_TAGS.iter().any(|tag| event.has_tag(tag)),
        });
        event.failures = failures;
    }

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
            children,
        };
        let outcome = slot.filter.apply(event, &mut cx);
        let created = cx.children.len() as u64;
        self.stats.events_created += created;
        match outcome {
            Outcome::Unmatched => {}
            Outcome::Failed => {
                self.stats.filters[index].failed += 1;
                let explanation = if self.explain_failures {
                    slot.filter.explain(event, &mut cx).map(|text| self.arena.text(&text))
                } else {
                    None
                };
                event.failures.push(Failure { filter: Some(index), explanation });
            }
            Outcome::Matched => {
                self.stats.filters[index].matched += 1;
                self.stats.filters[index].failed += decorate(slot, index, event, &cx);
            }
            Outcome::MatchedChildren => {
                self.stats.filters[index].matched += created;
                let mut made = core::mem::replace(cx.children, self.arena.list());
                for child in &mut made {
                    self.stats.filters[index].failed += decorate(slot, index, child, &cx);
                }
                *children = made;
            }
        }
    }

    fn branch_of_one(&mut self, arms: &'b [Arm], otherwise: (u32, u32), group: &mut Group<'b>) {
        let event = &group[0];
        let mut chosen = otherwise;
        for arm in arms {
            match arm.condition.evaluate(event, self.scratch) {
                Ok(true) => {
                    chosen = arm.ops;
                    break;
                }
                Ok(false) => {}
                Err(error) => {
                    self.refuse(event, arm, error);
                    group.clear();
                    return;
                }
            }
        }
        self.ops(chosen.0 as usize, chosen.1 as usize, group);
    }

    fn branch_of_many(&mut self, arms: &'b [Arm], otherwise: (u32, u32), group: &mut Group<'b>) {
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
            self.ops(arm.ops.0 as usize, arm.ops.1 as usize, &mut chosen);
            done.append(&mut chosen);
            rest = others;
        }
        self.ops(otherwise.0 as usize, otherwise.1 as usize, &mut rest);
        done.append(&mut rest);
        *group = done;
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

/// Carries out the common options and returns how many failures that was: 0 or 1.
fn decorate<'b>(slot: &'b FilterSlot, index: usize, event: &mut Event<'b>, cx: &Cx<'_, 'b>) -> u64 {
    if let Some(decoration) = &slot.decoration
        && let Err(error) = decoration.apply(event, cx)
    {
        tag_all(event, &slot.failure_tags, cx.arena);
        let explanation = cx.arena.text(&format!("the common options: {error}"));
        event.failures.push(Failure { filter: Some(index), explanation: Some(explanation) });
        return 1;
    }
    0
}
