//! `dots`: one dot for each event.
//!
//! Source of behaviour: logstash-codec-dots 3.0.6.

use crate::codec::encode::Encoder;
use crate::filter::CompileCx;
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Writes one dot for each event.",
    example: "dots",
    options: &[],
    differences: &[],
};

#[expect(clippy::unnecessary_wraps, reason = "the signature is that of all codecs")]
pub(super) fn encoder(_options: &PluginOptions, _cx: &mut CompileCx<'_>) -> Option<Encoder> {
    Some(Encoder::dots())
}
