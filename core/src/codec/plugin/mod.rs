//! Codecs: one file each and one line each in the table below.
//!
//! A codec's file turns its options into a [`Decoder`] for the bytes of an input, or into an [`Encoder`] for
//! events, or both.

use core::fmt;
use std::sync::Arc;

use crate::arena::Arena;
use crate::codec::charset::{CHARSETS, Charset};
use crate::codec::encode::Encoder;
use crate::codec::json::JsonReader;
use crate::config::ast::Statement;
use crate::config::{Config, ParseOptions};
use crate::diagnostic::{Code, Diagnostics, Source, Span};
use crate::event::{Event, FieldPath, Origin};
use crate::filter::lists::Lists;
use crate::filter::state::States;
use crate::filter::{CompileCx, Order};
use crate::pattern;
use crate::program::options::{self, PluginOptions};
use crate::program::{Ecs, Options, PluginDoc, Resources};
use crate::run::RefusalKind;
use crate::time::{Timestamp, Zone};

/// How the bytes of an input become events.
#[derive(Clone, Debug)]
pub(crate) struct Decoder {
    pub(crate) framing: Framing,
    pub(crate) charset: Charset,
    pub(crate) format: Format,
    /// Whether the text is kept as `[event][original]` (ECS).
    pub(crate) keeps_original: bool,
    /// Bytes of the longest frame that is decoded, if its end has come.
    pub(crate) max_ended_bytes: Option<usize>,
    pub(crate) order: Order,
    /// Whether a byte order mark at the start of the stream is no part of the first line.
    pub(crate) drops_mark: bool,
}

/// How a stream is cut into frames.
#[derive(Clone, Debug)]
pub(crate) enum Framing {
    /// Into the lines of what is compressed; the hosts' delimiter is the line end.
    #[cfg(feature = "gzip")]
    Gzip,
    /// Into what stands between delimiters, which are not empty.
    Lines(Box<[u8]>),
    /// Into values of `MessagePack`.
    Msgpack,
}

/// What a frame holds.
#[derive(Clone, Debug)]
pub(crate) enum Format {
    /// What the codec's own code makes of it.
    Coded(Arc<dyn Decode>),
    /// A text, as it is.
    Text,
}

/// One frame to decode.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece<'b> {
    /// Its place, and its text.
    pub(crate) origin: Origin<'b>,
    pub(crate) bytes: &'b [u8],
    /// Whether the end of the frame was seen, and not only that of the stream.
    pub(crate) is_ended: bool,
}

/// What became of a frame: every line is counted once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is kept, and counted when the event that it begins comes out.
    Held,
    /// Its events came out: none, one or many.
    Line,
    /// It belongs to an event that another line began.
    Merged,
}

/// Makes events of frames.
pub(crate) trait Decode: Send + Sync + fmt::Debug {
    /// Takes a frame, and gives the events that it completes.
    fn decode<'b>(
        &'b self,
        piece: Piece<'b>,
        cx: &mut DecodeCx<'_, 'b>,
        out: &mut dyn Out<'b>,
    ) -> Taken;

    /// Gives what was kept: the stream has ended, or as long as [`Self::patience_ns`] says nothing came.
    ///
    /// An event that comes out here counts the line that began it.
    fn flush<'b>(&'b self, why: Flushed, cx: &mut DecodeCx<'_, 'b>, out: &mut dyn Out<'b>) {
        let _ = (why, cx, out);
    }

    /// How long what is kept waits for more before it is flushed; nothing for as long as it takes.
    fn patience_ns(&self) -> Option<i128> {
        None
    }
}

/// Why a decoder is flushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flushed {
    /// The stream has ended.
    End,
    /// Nothing came for a while.
    Idle,
}

/// Takes what a decoder makes.
pub(crate) trait Out<'b> {
    /// An event.
    fn event(&mut self, event: Event<'b>);

    /// A line that will never be part of an event. It is counted here: its frame is [`Taken::Held`].
    fn refuse(&mut self, kind: RefusalKind, origin: Origin<'b>);

    /// A line that was kept and belongs to an event that another one began.
    fn merge(&mut self);

    /// So many lines that were kept and hold no event.
    fn skip(&mut self, lines: u64);
}

/// What a decoder needs beside the frame.
pub(crate) struct DecodeCx<'a, 'b> {
    pub(crate) arena: &'b Arena,
    pub(crate) now: Timestamp,
    pub(crate) zone: &'b Zone,
    /// Whether the text is kept as `[event][original]`.
    pub(crate) keeps_original: bool,
    /// The number of fields to make room for in each event.
    pub(crate) room: usize,
    pub(crate) memory: &'a mut Memory,
}

/// What a worker keeps for its decoder.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Of a row of CSV.
    pub(crate) cells: Vec<csv::Cell>,
    pub(crate) json: JsonReader,
    pub(crate) pattern: pattern::Scratch,
    pub(crate) states: States,
}

impl DecodeCx<'_, '_> {
    /// What the decoder keeps from frame to frame of one stream, empty at first.
    pub(crate) fn state<T: core::any::Any + Default + Send>(&mut self) -> &mut T {
        self.memory.states.of(0)
    }
}

impl Decoder {
    /// The decoder of texts that stand on lines.
    pub(crate) fn lines(ecs: Ecs) -> Self {
        Self {
            framing: Framing::Lines(Box::new(*b"\n")),
            charset: Charset::Utf8,
            format: Format::Text,
            keeps_original: ecs != Ecs::Disabled,
            max_ended_bytes: None,
            order: Order::Stateless,
            drops_mark: true,
        }
    }

    /// Lines that a codec's own code reads.
    pub(crate) fn coded(ecs: Ecs, decode: impl Decode + 'static) -> Self {
        Self { format: Format::Coded(Arc::new(decode)), ..Self::lines(ecs) }
    }

    /// With the options `charset` and `delimiter`; nothing when errors were recorded.
    pub(crate) fn with_text_options(
        mut self,
        options: &PluginOptions,
        cx: &mut CompileCx<'_>,
    ) -> Option<Self> {
        if let Some(charset) = options.text("charset") {
            let Some(known) = Charset::named(charset.value) else {
                cx.error_with_help(
                    Code::Unsupported,
                    charset.span,
                    format!("the charset `{}` is not read", charset.value),
                    CHARSETS,
                );
                return None;
            };
            self.charset = known;
        }
        if let Some(delimiter) = options.text("delimiter") {
            return self.with_delimiter(delimiter.value, delimiter.span, cx);
        }
        Some(self)
    }

    /// With another line end; nothing when an error was recorded.
    pub(crate) fn with_delimiter(
        mut self,
        delimiter: &str,
        span: Span,
        cx: &mut CompileCx<'_>,
    ) -> Option<Self> {
        if delimiter.is_empty() {
            cx.error(Code::BadValue, span, "`delimiter` must not be empty");
            return None;
        }
        if !delimiter.is_ascii() {
            cx.error_with_help(
                Code::BadValue,
                span,
                format!("`delimiter` is `{delimiter}`, which is never found in a stream"),
                "Logstash compares it with bytes that have no encoding: use ASCII characters only",
            );
            return None;
        }
        self.framing = Framing::Lines(delimiter.as_bytes().into());
        Some(self)
    }
}

/// The option `target`; an error was recorded when it is none.
pub(crate) fn target(
    options: &PluginOptions,
    cx: &mut CompileCx<'_>,
) -> Result<Option<FieldPath>, ()> {
    let Some(target) = options.text("target") else { return Ok(None) };
    match FieldPath::parse(target.value, cx.options.field_reference_escape_style) {
        Ok(path) => Ok(Some(path)),
        Err(error) => {
            cx.error(Code::BadFieldReference, target.span, error.to_string());
            Err(())
        }
    }
}

type CompileDecoder = fn(&PluginOptions, &mut CompileCx<'_>) -> Option<Decoder>;
type CompileEncoder = fn(&PluginOptions, &mut CompileCx<'_>) -> Option<Encoder>;

/// One codec that is built.
pub(crate) struct CodecInfo {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static PluginDoc,
    pub(crate) decoder: Option<CompileDecoder>,
    pub(crate) encoder: Option<CompileEncoder>,
}

macro_rules! codecs {
    (@ decoder $name:ident decodes) => { Some($name::decoder as CompileDecoder) };
    (@ decoder $name:ident encodes) => { None };
    (@ decoder $name:ident both) => { Some($name::decoder as CompileDecoder) };
    (@ encoder $name:ident decodes) => { None };
    (@ encoder $name:ident encodes) => { Some($name::encoder as CompileEncoder) };
    (@ encoder $name:ident both) => { Some($name::encoder as CompileEncoder) };
    ($($(#[$built:meta])? $name:ident $way:ident)+) => {
        $($(#[$built])? pub(crate) mod $name;)+
        const CODECS: &[CodecInfo] = &[
            $($(#[$built])? CodecInfo {
                name: stringify!($name),
                doc: &$name::DOC,
                decoder: codecs!(@ decoder $name $way),
                encoder: codecs!(@ encoder $name $way),
            },)+
        ];
    };
}

codecs! {
    cef both
    #[cfg(feature = "gzip")] cloudfront decodes
    cloudtrail decodes
    csv both
    dots encodes
    es_bulk decodes
    #[cfg(feature = "gzip")] gzip_lines decodes
    json both
    json_lines both
    line both
    msgpack both
    multiline decodes
    plain both
    rubydebug encodes
}

/// The codec of this name, when it is built.
pub(crate) fn lookup(name: &str) -> Option<&'static CodecInfo> {
    CODECS.iter().find(|codec| codec.name == name)
}

/// The codecs that are built, in alphabetical order.
pub(crate) fn all() -> impl Iterator<Item = &'static CodecInfo> {
    CODECS.iter()
}

/// Reads an input's codec; nothing when errors were recorded.
///
/// With `skip_unsupported` a codec that is not built is left out: lines are then texts.
pub(crate) fn compile_decoder(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Decoder> {
    match lookup(&options.name) {
        Some(CodecInfo { decoder: Some(compile), .. }) => compile(options, cx),
        Some(_) => {
            cx.error_with_help(
                Code::BadValue,
                options.name_span,
                format!("the codec `{}` writes events and reads none", options.name),
                "an input takes a codec that reads, such as `line` or `json`",
            );
            None
        }
        None => {
            cx.unsupported(options);
            cx.options.skip_unsupported.then(|| Decoder::lines(cx.ecs(options)))
        }
    }
}

/// Makes the encoder of a codec that writes; nothing when errors were recorded.
pub(crate) fn compile_encoder(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Encoder> {
    match lookup(&options.name) {
        Some(CodecInfo { encoder: Some(compile), .. }) => compile(options, cx),
        Some(_) => {
            cx.error_with_help(
                Code::BadValue,
                options.name_span,
                format!("the codec `{}` reads events and writes none", options.name),
                "an output takes a codec that writes, such as `line` or `json_lines`",
            );
            None
        }
        None => {
            cx.unsupported(options);
            None
        }
    }
}

impl Decoder {
    /// Compiles a codec as it stands in a config behind `codec =>`.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub(crate) fn of_text(text: &str, options: &Options) -> Result<Self, Diagnostics> {
        compile_text(&format!("input {{ stdin {{ codec => {text} }} }}"), options, compile_decoder)
    }
}

impl Encoder {
    /// Compiles a codec that writes as it stands in a config behind `codec =>`: a name, or a name with options.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn of_codec(text: &str, options: &Options) -> Result<Self, Diagnostics> {
        compile_text(
            &format!("output {{ stdout {{ codec => {text} }} }}"),
            options,
            compile_encoder,
        )
    }
}

fn compile_text<T>(
    config: &str,
    options: &Options,
    compile: fn(&PluginOptions, &mut CompileCx<'_>) -> Option<T>,
) -> Result<T, Diagnostics> {
    let source = Source::new("codec", config);
    let config = Config::parse(vec![source], &ParseOptions::default())?;
    let mut diagnostics = Diagnostics::new(config.sources().to_vec());
    let resolved = options::resolve(&config, &|_| None, &mut diagnostics);
    let statement = resolved.ast().sections.first().and_then(|section| section.body.first());
    let plugin = match statement {
        Some(Statement::Plugin(plugin)) => resolved.get(plugin),
        _ => None,
    };
    let codec = plugin.and_then(|plugin| plugin.codec("codec"));
    let mut lists = Lists::default();
    let mut cx = CompileCx {
        options,
        resources: &Resources::new(),
        diagnostics: &mut diagnostics,
        lists: &mut lists,
    };
    let compiled = codec.and_then(|codec| compile(codec, &mut cx));
    match compiled {
        Some(compiled) if !diagnostics.has_errors() => Ok(compiled),
        _ => Err(diagnostics),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::program::schema::{Known, PluginKind, Schema};

    #[test]
    fn every_option_of_every_codec_is_documented_once() {
        let schema = Schema::new();
        for codec in all() {
            let known = match schema.lookup(PluginKind::Codec, codec.name) {
                Known::Options(options) => options.iter().map(|option| option.name).collect(),
                _ => BTreeSet::new(),
            };
            let documented: BTreeSet<_> = codec.doc.options.iter().map(|(name, _)| *name).collect();
            assert_eq!(documented, known, "{}", codec.name);
            assert_eq!(documented.len(), codec.doc.options.len(), "{}", codec.name);
        }
    }

    #[test]
    fn the_example_of_every_codec_compiles() {
        let options = Options::default();
        for codec in all() {
            if codec.decoder.is_some() {
                let decoder = Decoder::of_text(codec.doc.example, &options);
                assert!(decoder.is_ok(), "{}: {:?}", codec.name, decoder.err());
            }
            if codec.encoder.is_some() {
                let encoder = Encoder::of_codec(codec.doc.example, &options);
                assert!(encoder.is_ok(), "{}: {:?}", codec.name, encoder.err());
            }
        }
    }

    #[test]
    fn names_are_in_alphabetical_order() {
        assert!(CODECS.is_sorted_by_key(|codec| codec.name));
    }
}
