//! `multiline`: lines that belong together are one event.
//!
//! With `pattern => "^\s"` and `what => "previous"`, `"a\n  b\nc\n"` gives `a\n  b` with the tag `multiline`, and `c`. Blank
//! lines at the end of what is read are dropped, as Ruby's `split` does. `@timestamp` is the time at which the
//! event came out. Source of behaviour: logstash-codec-multiline 3.1.2.

use crate::codec::decode;
use crate::codec::plugin::{Decode, DecodeCx, Decoder, Flushed, Out, Piece, Taken};
use crate::diagnostic::Code;
use crate::event::{Event, Origin};
use crate::filter::grok::expanded_regex;
use crate::filter::{CompileCx, Order};
use crate::pattern::library::{Dictionary, PatternSet};
use crate::pattern::{Budget, Regex};
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Lines that belong together, such as a stack trace, as one event.",
    example: r#"multiline { pattern => "^%{TIMESTAMP_ISO8601} " negate => true what => "previous" }"#,
    options: &[
        ("auto_flush_interval", "Seconds without a line after which what is kept becomes an event."),
        ("charset", "The encoding of the bytes that are read."),
        ("max_bytes", "Bytes from which on the next line begins another event."),
        ("max_lines", "Lines beyond which the next line begins another event."),
        ("multiline_tag", "The tag of events of several lines; an empty text for none."),
        ("negate", "Takes the lines that do not match for those that do."),
        ("pattern", "The grok pattern that tells lines that belong to others; stock names are the legacy ones."),
        ("patterns_dir", "Directories or files with patterns."),
        ("what", "Whether a line that matches belongs to the `previous` one or to the `next`."),
    ],
    differences: &[
        (
            "auto_flush_interval",
            "The clock is the run's: it is looked at when bytes come or the host program tells the time.",
        ),
        ("", "Blank lines inside an event stay wherever the bytes were cut into pieces."),
    ],
};

pub(super) fn decoder(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Decoder> {
    let mut dictionary = Dictionary::new(PatternSet::Legacy);
    for path in options.texts("patterns_dir") {
        for text in cx.resources.pattern_texts(path.value, "*") {
            dictionary.add_file_text(&text);
        }
    }
    let pattern = options.text("pattern")?;
    let regex = expanded_regex(pattern.value, pattern.span, &dictionary, true, cx).map(|(regex, _)| regex);
    let number = |name: &str, default: f64| {
        options.number(name).map_or(default, |number| number.value.to_f64())
    };
    let interval_s = options.number("auto_flush_interval").map(|number| number.value.to_f64());
    let max_bytes = match options.value("max_bytes") {
        None => Some(10 * 1024 * 1024),
        Some(value) => {
            let bytes = value.to_bytes();
            if bytes.is_none() {
                cx.error(Code::BadValue, value.span, "`max_bytes` is no number of bytes");
            }
            bytes
        }
    };
    let max_lines = number("max_lines", 500.0);
    let decode = Multiline {
        regex: regex?,
        what: match options.text("what")?.value {
            "next" => What::Next,
            _ => What::Previous,
        },
        negate: options.flag("negate", false),
        max_lines,
        max_bytes: max_bytes?,
        tag: options.text("multiline_tag").map_or("multiline", |tag| tag.value).into(),
        patience_ns: interval_s.map(nanoseconds),
    };
    let decoder = Decoder::coded(cx.ecs(options), decode);
    Decoder { order: Order::Ordered, ..decoder }.with_text_options(options, cx)
}

#[expect(clippy::cast_possible_truncation, reason = "a cast that saturates")]
fn nanoseconds(seconds: f64) -> i128 {
    (seconds * 1e9) as i128
}

#[derive(Debug)]
struct Multiline {
    regex: Regex,
    what: What,
    negate: bool,
    max_lines: f64,
    max_bytes: u64,
    tag: Box<str>,
    patience_ns: Option<i128>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum What {
    Next,
    Previous,
}

/// The lines of an event that is not complete.
#[derive(Debug, Default)]
struct Buffer {
    /// The lines, with `\n` between them.
    text: String,
    lines: u64,
    /// Of the lines, without what stands between them.
    bytes: u64,
    /// The place of the first one.
    line: u64,
    offset: u64,
    /// Blank lines that count only if another one follows, and the place of the first.
    blank: u64,
    blank_line: u64,
    blank_offset: u64,
}

impl Buffer {
    fn push(&mut self, text: &str, line: u64, offset: u64) -> Taken {
        let is_first = self.lines == 0;
        if is_first {
            (self.line, self.offset) = (line, offset);
        } else {
            self.text.push('\n');
        }
        self.text.push_str(text);
        self.lines += 1;
        self.bytes += text.len() as u64;
        if is_first { Taken::Held } else { Taken::Merged }
    }
}

impl Decode for Multiline {
    fn decode<'b>(
        &'b self,
        piece: Piece<'b>,
        cx: &mut DecodeCx<'_, 'b>,
        out: &mut dyn Out<'b>,
    ) -> Taken {
        let Origin { line, offset, text } = piece.origin;
        let buffer = cx.state::<Buffer>();
        if text.is_empty() {
            if buffer.blank == 0 {
                (buffer.blank_line, buffer.blank_offset) = (line, offset);
            }
            buffer.blank += 1;
            return Taken::Held;
        }
        for nth in 0..core::mem::take(&mut buffer.blank) {
            let (line, offset) = {
                let buffer = cx.state::<Buffer>();
                (buffer.blank_line + nth, buffer.blank_offset + nth)
            };
            if self.line("", line, offset, cx, out) == Taken::Merged {
                out.merge();
            }
        }
        self.line(text, line, offset, cx, out)
    }

    fn flush<'b>(&'b self, _why: Flushed, cx: &mut DecodeCx<'_, 'b>, out: &mut dyn Out<'b>) {
        self.put_out(cx, out);
        out.skip(core::mem::take(&mut cx.state::<Buffer>().blank));
    }

    fn patience_ns(&self) -> Option<i128> {
        self.patience_ns
    }
}

impl Multiline {
    fn line<'b>(
        &'b self,
        text: &str,
        line: u64,
        offset: u64,
        cx: &mut DecodeCx<'_, 'b>,
        out: &mut dyn Out<'b>,
    ) -> Taken {
        let mut budget = Budget::for_subject(text.len());
        // A search that takes too long is no match.
        let found = self.regex.search(text, 0, &mut cx.memory.pattern, &mut budget);
        let belongs = found.is_ok_and(|found| found) != self.negate;
        if self.what == What::Previous {
            if !belongs || self.is_full(cx.state()) {
                self.put_out(cx, out);
            }
            return cx.state::<Buffer>().push(text, line, offset);
        }
        let taken = cx.state::<Buffer>().push(text, line, offset);
        if !belongs || self.is_full(cx.state()) {
            self.put_out(cx, out);
        }
        taken
    }

    fn is_full(&self, buffer: &Buffer) -> bool {
        self.has_many_lines(buffer) || buffer.bytes >= self.max_bytes
    }

    #[expect(clippy::cast_precision_loss, reason = "compared with a number of a config")]
    fn has_many_lines(&self, buffer: &Buffer) -> bool {
        buffer.lines as f64 > self.max_lines
    }

    /// Makes an event of what is kept, if there is any.
    fn put_out<'b>(&'b self, cx: &mut DecodeCx<'_, 'b>, out: &mut dyn Out<'b>) {
        let (arena, now, room, keeps_original) = (cx.arena, cx.now, cx.room, cx.keeps_original);
        let buffer = cx.state::<Buffer>();
        if buffer.lines == 0 {
            return;
        }
        let text = arena.text(&buffer.text);
        let origin = Origin { line: buffer.line, offset: buffer.offset, text };
        let mut event = Event::from_message(text, now, origin, room, arena);
        if buffer.lines > 1 && !self.tag.is_empty() {
            event.tag(&self.tag, arena);
        }
        if buffer.bytes >= self.max_bytes {
            event.tag("multiline_codec_max_bytes_reached", arena);
        }
        if self.has_many_lines(buffer) {
            event.tag("multiline_codec_max_lines_reached", arena);
        }
        if keeps_original {
            decode::set_original_if_absent(&mut event, arena);
        }
        buffer.text.clear();
        buffer.text.shrink_to(crate::limits::DRAFT_BYTES);
        (buffer.lines, buffer.bytes) = (0, 0);
        out.event(event);
    }
}
