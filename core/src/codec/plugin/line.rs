//! `line`: each line is the `message` of an event, and each event is written as a line.
//!
//! `"a\r\nb"` gives `a\r` and `b`. Source of behaviour: logstash-codec-line 3.1.1.

use crate::codec::encode::Encoder;
use crate::codec::plugin::Decoder;
use crate::filter::CompileCx;
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Lines of text: each is the `message` of an event.",
    example: r#"line { delimiter => ";" }"#,
    options: &[
        ("charset", "The encoding of the bytes that are read."),
        ("delimiter", "What ends a line."),
        ("format", "What is written for an event, its fields filled in; else time, host and message."),
    ],
    differences: &[],
};

pub(super) fn decoder(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Decoder> {
    Decoder::lines(cx.ecs(options)).with_text_options(options, cx)
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is that of all codecs")]
pub(super) fn encoder(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Encoder> {
    let format = options.text("format").map(|format| format.value);
    let delimiter = options.text("delimiter").map_or("\n", |delimiter| delimiter.value);
    Some(Encoder::line_ended(format, delimiter, cx.options.field_reference_escape_style))
}
