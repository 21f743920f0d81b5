//! `plain`: a text is the `message` of an event, and an event is written as a text without a line end.
//!
//! A stream has no other ends of texts than those of its lines, so that this reads as `line` does. Source of
//! behaviour: logstash-codec-plain 3.1.0.

use crate::codec::encode::Encoder;
use crate::codec::plugin::Decoder;
use crate::filter::CompileCx;
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Texts: what is read is the `message` of an event.",
    example: r#"plain { charset => "UTF-8" }"#,
    options: &[
        ("charset", "The encoding of the bytes that are read."),
        ("format", "What is written for an event, its fields filled in; else time, host and message."),
    ],
    differences: &[("", "A stream is read line by line, as Logstash's inputs for streams do.")],
};

pub(super) fn decoder(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Decoder> {
    Decoder::lines(cx.ecs(options)).with_text_options(options, cx)
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is that of all codecs")]
pub(super) fn encoder(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Encoder> {
    let format = options.text("format").map(|format| format.value);
    Some(Encoder::plain(format, cx.options.field_reference_escape_style))
}
