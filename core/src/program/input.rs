//! Inputs as far as the engine is concerned: the codec and the common options; reading is the
//! host's.

use crate::arena::Arena;
use crate::diagnostic::Code;
use crate::event::key::known_key;
use crate::event::{EscapeStyle, Event, FieldPath, Key, SetError, Template, Value};
use crate::filter::{CompileCx, decorate};
use crate::program::Ecs;
use crate::program::options::{OptionKind, PluginOptions};
use crate::time::Timestamp;

/// One input of a config.
#[derive(Debug)]
pub struct Input {
    name: Box<str>,
    id: Option<Box<str>>,
    pub(crate) codec: Codec,
    pub(crate) kind: Option<Box<str>>,
    pub(crate) tags: Box<[Box<str>]>,
    pub(crate) add_field: Box<[(FieldPath, Box<[Template]>)]>,
}

/// How the bytes of an input become events.
#[derive(Clone, Debug)]
pub struct Codec {
    pub(crate) format: Format,
    /// What ends a line; never empty.
    pub(crate) delimiter: Box<[u8]>,
    /// Where a decoded JSON document goes, instead of the event's root.
    pub(crate) target: Option<FieldPath>,
    /// Whether the text is kept as `[event][original]` (ECS).
    pub(crate) keeps_original: bool,
}

/// What a line holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// JSON: codecs json and `json_lines`.
    Json,
    /// A text: codecs plain and line.
    Text,
}

impl Input {
    /// The plugin's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The plugin's id, when the config sets one.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
}

impl Input {
    /// Sets `type` unless the event has one, then `add_field`, then `tags`.
    pub(crate) fn decorate<'b>(
        &'b self,
        event: &mut Event<'b>,
        now: Timestamp,
        arena: &'b Arena,
    ) -> Result<(), SetError> {
        const TYPE: Key<'static> = known_key!("type");
        if let Some(kind) = &self.kind
            && !event.data.contains(TYPE)
        {
            event.data.insert(TYPE, Value::Str(kind), arena);
        }
        for (path, values) in &self.add_field {
            for template in values {
                let value = Value::Str(template.render(event, now, arena)?);
                decorate::add_value(event, path.as_ref(), value, arena)?;
            }
        }
        for tag in &self.tags {
            event.push_tag(tag, arena);
        }
        Ok(())
    }
}

impl Codec {
    /// The codec of this name with its default options; nothing when it is not built.
    pub fn named(name: &str, ecs: Ecs) -> Option<Self> {
        let format = match name {
            "json" | "json_lines" => Format::Json,
            "line" | "plain" => Format::Text,
            _ => return None,
        };
        Some(Self {
            format,
            delimiter: Box::new(*b"\n"),
            target: None,
            keeps_original: ecs != Ecs::Disabled,
        })
    }

    /// The names of the codecs that decode, in alphabetical order.
    pub const NAMES: [&'static str; 4] = ["json", "json_lines", "line", "plain"];
}

/// Reads an input's options; nothing when errors were recorded.
pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Input> {
    let style = cx.options.field_reference_escape_style;
    let codec = match options.codec("codec") {
        Some(codec) => compile_codec(codec, cx)?,
        None => Codec::named(default_codec(&options.name), cx.ecs(options))?,
    };
    let mut add_field = Vec::new();
    for (name, value) in options.pairs("add_field") {
        let Some(path) = field_path(name.value, style, name.span, cx) else { continue };
        let values = match &value.kind {
            OptionKind::Array(items) => {
                items.iter().map(|item| Template::parse(&item.to_text(), style)).collect()
            }
            _ => Box::from([Template::parse(&value.to_text(), style)]),
        };
        add_field.push((path, values));
    }
    Some(Input {
        name: options.name.as_str().into(),
        id: options.id().map(|id| id.value.into()),
        codec,
        kind: options.text("type").map(|text| text.value.into()),
        tags: options.texts("tags").iter().map(|text| text.value.into()).collect(),
        add_field: add_field.into(),
    })
}

/// The codec that Logstash's input takes when the config names none, among those that decode lines.
fn default_codec(input: &str) -> &'static str {
    match input {
        "redis" | "sqs" | "rabbitmq" | "kinesis" => "json",
        _ => "line",
    }
}

fn compile_codec(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Codec> {
    let style: EscapeStyle = cx.options.field_reference_escape_style;
    let Some(mut codec) = Codec::named(&options.name, cx.ecs(options)) else {
        cx.unsupported(options);
        return Codec::named("line", cx.ecs(options));
    };
    if let Some(charset) = options.text("charset")
        && !charset.value.eq_ignore_ascii_case("UTF-8")
    {
        cx.error_with_help(
            Code::Unsupported,
            charset.span,
            format!("the charset `{}` is not built yet", charset.value),
            "only UTF-8 is read",
        );
        return None;
    }
    if let Some(delimiter) = options.text("delimiter") {
        if delimiter.value.is_empty() {
            cx.error(Code::BadValue, delimiter.span, "`delimiter` must not be empty");
            return None;
        }
        codec.delimiter = delimiter.value.as_bytes().into();
    }
    if let Some(target) = options.text("target") {
        codec.target = Some(field_path(target.value, style, target.span, cx)?);
    }
    Some(codec)
}

fn field_path(
    text: &str,
    style: EscapeStyle,
    span: crate::diagnostic::Span,
    cx: &mut CompileCx<'_>,
) -> Option<FieldPath> {
    match FieldPath::parse(text, style) {
        Ok(path) => Some(path),
        Err(error) => {
            cx.error(Code::BadFieldReference, span, error.to_string());
            None
        }
    }
}
