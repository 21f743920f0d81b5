//! `uuid`: a random UUID (version 4) in a field.
//!
//! It comes from the tick's seed and the event's place, so that a repeated run gives the same. Source of
//! behaviour: logstash-filter-uuid 3.0.5.

use core::fmt::Write;

use crate::event::{Event, Value};
use crate::filter::field::FieldName;
use crate::filter::{CompileCx, Cx, Filter, Outcome, tag_all};
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Puts a random UUID into a field.",
    example: r#"uuid { target => "id" }"#,
    options: &[
        ("overwrite", "Whether a field that is there is replaced."),
        ("target", "The field that gets the UUID."),
    ],
    differences: &[("", "The UUIDs come from the seed of the run, so that a repeated run gives the same.")],
};

#[derive(Debug)]
struct Uuid {
    target: FieldName,
    overwrite: bool,
    failure_tags: [Box<str>; 1],
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is that of all filters")]
pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let target = options.text("target").map_or("", |target| target.value);
    Some(Box::new(Uuid {
        target: FieldName::template(target, style),
        overwrite: options.flag("overwrite", false),
        failure_tags: [Box::from("_uuid_error")],
    }))
}

impl Filter for Uuid {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        let set = self.target.resolve(event, cx).and_then(|target| {
            let keeps = !self.overwrite && event.get(target).is_some_and(is_true);
            if keeps { Ok(()) } else { event.set(target, Value::Str(random(cx)), cx.arena) }
        });
        if set.is_err() {
            tag_all(event, &self.failure_tags, cx.arena);
            return Outcome::Failed;
        }
        Outcome::Matched
    }

    fn new_fields(&self) -> usize {
        1
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.failure_tags
    }

    fn explain<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Option<String> {
        Some(format!("field {} cannot be set", self.target.shown(event, cx)))
    }
}

fn is_true(value: &Value<'_>) -> bool {
    !matches!(value, Value::Null | Value::Bool(false))
}

/// A UUID of version 4, drawn from the event's seed and the filter's place.
pub(crate) fn random<'b>(cx: &Cx<'_, 'b>) -> &'b str {
    let place = cx.filter as u64;
    let draw = |half: u64| mixed(cx.seed ^ mixed(place * 2 + half));
    let bits = u128::from(draw(0)) << 64 | u128::from(draw(1));
    let bits = bits & !(0xF000 << 64 | 0xC << 60) | 0x4000 << 64 | 0x8 << 60;
    cx.arena.build(|out| {
        for (at, digits) in [(96, 8), (80, 4), (64, 4), (48, 4), (0, 12)] {
            if at != 96 {
                out.push('-');
            }
            let part = bits >> at & ((1 << (digits * 4)) - 1);
            let _ = write!(out, "{part:0digits$x}");
        }
    })
}

/// A bijection that spreads neighbouring seeds (the finalizer of `SplitMix64`).
fn mixed(seed: u64) -> u64 {
    let mut value = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    value = (value ^ value >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ value >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ value >> 31
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::config::{Config, ParseOptions};
    use crate::diagnostic::Source;
    use crate::event::Event;
    use crate::program::{Options, Pipeline, Resources};
    use crate::run::{InputOptions, Sink, Tick, Worker};
    use crate::time::Timestamp;

    #[derive(Default)]
    struct Uuids(Vec<String>);

    impl Sink for Uuids {
        fn event(&mut self, event: &Event<'_>) {
            let texts = event.data().iter().filter(|(name, _)| name.len() == 1);
            self.0.extend(texts.filter_map(|(_, value)| value.as_str().map(str::to_owned)));
        }
    }

    fn run(seed: u64) -> Vec<String> {
        let text = r#"filter { uuid { target => "a" } uuid { target => "b" } }"#;
        let config = Config::parse(vec![Source::new("test", text)], &ParseOptions::default());
        let pipeline = Pipeline::compile(&config.expect("parses"), &Resources::new(), &Options::default());
        let mut worker = Worker::new(&pipeline.expect("compiles"), &InputOptions::default()).expect("a worker");
        let mut uuids = Uuids::default();
        let tick = Tick { now: Timestamp::UNIX_EPOCH, seed };
        worker.push(b"1\n2\n3\n", tick, &mut uuids);
        uuids.0
    }

    #[test]
    fn uuids_differ_by_event_filter_and_seed_and_are_repeated_by_the_run() {
        let all: Vec<String> = run(1).into_iter().chain(run(2)).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 12, "{all:?}");
        assert_eq!(run(1), all[..6]);
    }

    #[test]
    fn uuids_have_the_form_of_version_4() {
        for uuid in run(7) {
            let parts: Vec<usize> = uuid.split('-').map(str::len).collect();
            assert_eq!(parts, [8, 4, 4, 4, 12], "{uuid}");
            assert_eq!(&uuid[14..15], "4", "{uuid}");
            assert!("89ab".contains(&uuid[19..20]), "{uuid}");
        }
    }
}
