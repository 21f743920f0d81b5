//! `clone`: one copy of the event for each name in `clones`.
//!
//! The copy gets the name as a tag (ECS) or as its `type`, and the common options; the original
//! comes first and stays as it is. Source of behaviour: logstash-filter-clone 4.2.0.

use crate::event::{Event, Key, Value};
use crate::filter::{CompileCx, Cx, Filter, Outcome};
use crate::program::{Ecs, PluginDoc};
use crate::program::options::PluginOptions;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Copies the event, once for each name in `clones`.",
    example: r#"clone { clones => ["audit"] remove_field => ["[user][password]"] }"#,
    options: &[
        ("clones", "The names of the copies."),
        ("ecs_compatibility", "`disabled` puts the name into `type`; else it becomes a tag."),
    ],
    differences: &[],
};

#[derive(Debug)]
struct Clone {
    names: Box<[Box<str>]>,
    mark: Mark,
}

/// How a copy shows which one it is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mark {
    Tag,
    Type,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is that of all filters")]
pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let names = options.texts("clones").iter().map(|text| Box::from(text.value)).collect();
    let mark = if cx.ecs(options) == Ecs::Disabled { Mark::Type } else { Mark::Tag };
    Some(Box::new(Clone { names, mark }))
}

impl Filter for Clone {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        for name in &self.names {
            let mut copy = event.copy_in(cx.arena);
            match self.mark {
                Mark::Tag => copy.tag(name, cx.arena),
                Mark::Type => {
                    copy.data.insert(Key::new("type"), Value::Str(name), cx.arena);
                }
            }
            cx.children.push(copy);
        }
        Outcome::MatchedChildren
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &[]
    }
}
