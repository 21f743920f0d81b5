//! `json_lines`: each line is a JSON object, or a list of them, and each event is written as a line.
//!
//! Source of behaviour: logstash-codec-json_lines 3.2.2.

use crate::codec::encode::Encoder;
use crate::codec::plugin::{Decoder, json};
use crate::filter::CompileCx;
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "JSON objects, or lists of them, one a line.",
    example: r#"json_lines { target => "doc" }"#,
    options: &[
        ("charset", "The encoding of the bytes that are read."),
        ("decode_size_limit_bytes", "Lines that are longer, and whose end has come, are refused."),
        ("delimiter", "What ends a line."),
        ("target", "The field that gets the object; without it its keys become fields of the event."),
    ],
    differences: &[(
        "decode_size_limit_bytes",
        "Lines longer than the limit of the run (10 MiB) are refused whatever this option says.",
    )],
};

pub(super) fn decoder(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Decoder> {
    let mut decoder = json::decoder(options, cx)?;
    if let Some(limit) = options.number("decode_size_limit_bytes") {
        let bytes = limit.value.as_int().and_then(|bytes| usize::try_from(bytes).ok());
        decoder.max_ended_bytes = bytes.filter(|bytes| *bytes > 0);
    }
    Some(decoder)
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is that of all codecs")]
pub(super) fn encoder(options: &PluginOptions, _cx: &mut CompileCx<'_>) -> Option<Encoder> {
    let delimiter = options.text("delimiter").map_or("\n", |delimiter| delimiter.value);
    Some(Encoder::json_ended(delimiter))
}
