//! `sleep`: does nothing here, since nothing here waits.
//!
//! The events are those of Logstash; they come sooner. Source of behaviour: logstash-filter-sleep 3.0.7.

use crate::diagnostic::{Code, Diagnostic};
use crate::event::Event;
use crate::filter::{CompileCx, Cx, Filter, Outcome};
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Does nothing: this program never waits.",
    example: r#"sleep { time => "1" every => 10 }"#,
    options: &[
        ("every", "No effect."),
        ("replay", "No effect."),
        ("time", "No effect."),
    ],
    differences: &[("", "No time passes; the common options work.")],
};

#[derive(Debug)]
struct Sleep;

#[expect(clippy::unnecessary_wraps, reason = "the signature is that of all filters")]
pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let message = "`sleep` does nothing: events are not held back here";
    let warning = Diagnostic::warning(Code::Ineffective, options.name_span, message);
    cx.diagnostics.push(warning.with_help("leave it out"));
    Some(Box::new(Sleep))
}

impl Filter for Sleep {
    fn apply<'b>(&'b self, _event: &mut Event<'b>, _cx: &mut Cx<'_, 'b>) -> Outcome {
        Outcome::Matched
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &[]
    }
}
