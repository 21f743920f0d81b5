//! `gzip_lines`: the lines of a compressed stream; each keeps its line end in `message`.
//!
//! Source of behaviour: logstash-codec-gzip_lines 3.0.4.

use crate::codec::plugin::{Decode, DecodeCx, Decoder, Framing, Out, Piece, Taken};
use crate::event::Event;
use crate::filter::{CompileCx, Order};
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "The lines of a gzip stream; each keeps its line end.",
    example: "gzip_lines",
    options: &[("charset", "The encoding of the lines.")],
    differences: &[(
        "",
        "All members of a stream are read, not only the first. A stream that is not compressed, or was unpacked by the host program, is read as it is.",
    )],
};

pub(super) fn decoder(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Decoder> {
    let decoder = Decoder::coded(cx.ecs(options), GzipLines).with_text_options(options, cx)?;
    Some(Decoder { framing: Framing::Gzip, order: Order::Ordered, ..decoder })
}

#[derive(Debug)]
struct GzipLines;

impl Decode for GzipLines {
    fn decode<'b>(
        &'b self,
        piece: Piece<'b>,
        cx: &mut DecodeCx<'_, 'b>,
        out: &mut dyn Out<'b>,
    ) -> Taken {
        out.event(Event::from_message(with_end(piece, cx), cx.now, piece.origin, cx.room, cx.arena));
        Taken::Line
    }
}

/// The line with the line end that stood there.
pub(super) fn with_end<'b>(piece: Piece<'b>, cx: &DecodeCx<'_, 'b>) -> &'b str {
    if !piece.is_ended {
        return piece.origin.text;
    }
    cx.arena.build(|out| {
        out.push_str(piece.origin.text);
        out.push('\n');
    })
}
