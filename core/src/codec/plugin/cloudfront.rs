//! `cloudfront`: AWS `CloudFront`'s access logs: compressed lines under a version and a list of fields.
//!
//! `#Version: 1.0`, `#Fields: date time` and `2024-01-02\t03:04` give an event with the line, its end included, as
//! `message`, `cloudfront_version` = `1.0` and `cloudfront_fields` = `date time`. Source of behaviour:
//! logstash-codec-cloudfront 3.0.3 (logstash-integration-aws).

use crate::codec::plugin::gzip_lines::with_end;
use crate::codec::plugin::{Decode, DecodeCx, Decoder, Framing, Out, Piece, Taken};
use crate::event::{Event, Key, Value};
use crate::filter::{CompileCx, Order};
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "AWS CloudFront's access logs, compressed, with their version and list of fields.",
    example: "cloudfront",
    options: &[("charset", "The encoding of the lines.")],
    differences: &[(
        "",
        "All members of a stream are read, not only the first. A stream that is not compressed, or was unpacked by the host program, is read as it is.",
    )],
};

pub(super) fn decoder(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Decoder> {
    let decoder = Decoder::coded(cx.ecs(options), CloudFront).with_text_options(options, cx)?;
    Some(Decoder { framing: Framing::Gzip, order: Order::Ordered, ..decoder })
}

#[derive(Debug)]
struct CloudFront;

/// What the first two lines of a stream say.
#[derive(Debug, Default)]
struct Head {
    lines: u8,
    version: Option<Box<str>>,
    fields: Option<Box<str>>,
}

impl Decode for CloudFront {
    fn decode<'b>(
        &'b self,
        piece: Piece<'b>,
        cx: &mut DecodeCx<'_, 'b>,
        out: &mut dyn Out<'b>,
    ) -> Taken {
        let arena = cx.arena;
        let head = cx.state::<Head>();
        if head.lines < 2 {
            let value = |prefix| {
                let text = piece.origin.text.strip_prefix(prefix)?.trim();
                (!text.is_empty()).then(|| text.into())
            };
            if head.lines == 0 {
                head.version = value("#Version: ");
            } else {
                head.fields = value("#Fields: ");
            }
            head.lines += 1;
            return Taken::Line;
        }
        let [version, fields] = [&head.version, &head.fields]
            .map(|value| value.as_deref().map_or(Value::Null, |text| Value::Str(arena.text(text))));
        let mut event =
            Event::from_message(with_end(piece, cx), cx.now, piece.origin, cx.room, arena);
        event.data.insert(Key::new("cloudfront_version"), version, arena);
        event.data.insert(Key::new("cloudfront_fields"), fields, arena);
        out.event(event);
        Taken::Line
    }
}
