//! Inputs as far as the engine is concerned: the codec and the common options; reading is the
//! host's.

use crate::arena::Arena;
use crate::codec::plugin::{self, Decoder};
use crate::diagnostic::Code;
use crate::event::key::known_key;
use crate::event::{EscapeStyle, Event, FieldPath, Key, SetError, Template, Value};
use crate::filter::{CompileCx, decorate};
use crate::program::options::{OptionKind, PluginKind, PluginOptions};
use crate::time::Timestamp;

/// One input of a config.
#[derive(Debug)]
pub struct Input {
    name: Box<str>,
    id: Option<Box<str>>,
    pub(crate) decoder: Decoder,
    pub(crate) kind: Option<Box<str>>,
    pub(crate) tags: Box<[Box<str>]>,
    pub(crate) add_field: Box<[(FieldPath, Box<[Template]>)]>,
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

/// Reads an input's options; nothing when errors were recorded.
pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Input> {
    let style = cx.options.field_reference_escape_style;
    let unset = PluginOptions::unset(PluginKind::Codec, default_codec(&options.name), options);
    let codec = options.codec("codec").unwrap_or(&unset);
    let decoder = plugin::compile_decoder(codec, cx)?;
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
        decoder,
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
