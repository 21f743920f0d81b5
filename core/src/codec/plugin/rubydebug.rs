//! `rubydebug`: writes events indented, for people.
//!
//! Source of behaviour: logstash-codec-rubydebug 3.1.0.

use crate::codec::encode::{Encoder, Metadata};
use crate::filter::CompileCx;
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Writes events indented, for people.",
    example: "rubydebug { metadata => true }",
    options: &[("metadata", "Shows `@metadata` too.")],
    differences: &[],
};

#[expect(clippy::unnecessary_wraps, reason = "the signature is that of all codecs")]
pub(super) fn encoder(options: &PluginOptions, _cx: &mut CompileCx<'_>) -> Option<Encoder> {
    let metadata = options.flag("metadata", false);
    Some(Encoder::rubydebug(if metadata { Metadata::Show } else { Metadata::Hide }))
}
