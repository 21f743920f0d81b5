//! The forms in which events are written: an encoder for each event, and what stands around them.

use sawlog::{Ecs, Encoder, EscapeStyle, Event, Metadata, Options, Timestamp};

use crate::{
    args::{FormArguments, OutputFormat},
    process::Layout,
};

/// Writes the events of a block.
#[derive(Debug)]
pub struct Formatter {
    encoder: Encoder,
    layout: Layout,
}

impl Formatter {
    /// Makes the writer of a format; no fields stand for all.
    ///
    /// # Errors
    ///
    /// Says which field is no reference, and which formats take fields.
    pub fn new(format: OutputFormat, fields: &[String]) -> Result<Self, String> {
        let style = EscapeStyle::default();
        for field in fields {
            if let Err(error) = sawlog::FieldPath::parse(field, style) {
                return Err(format!(
                    "`--fields`: `{field}`: {error}; write `name` or `[parent][name]`"
                ));
            }
        }
        let names: Vec<&str> = fields.iter().map(String::as_str).collect();
        let none = names.is_empty();
        let encoder = match format {
            OutputFormat::Csv if none => {
                return Err("`--format csv` needs its columns: `--fields a,[b][c]`".to_owned());
            }
            OutputFormat::Rubydebug if !none => {
                return Err(
                    "`--fields` goes with the formats `ndjson`, `json` and `csv`".to_owned()
                );
            }
            OutputFormat::Csv => Encoder::csv(&names, style),
            OutputFormat::Json if none => Ok(Encoder::json()),
            OutputFormat::Json => Encoder::json_of(&names, style),
            OutputFormat::Ndjson if none => Ok(Encoder::json_lines()),
            OutputFormat::Ndjson => Encoder::json_lines_of(&names, style),
            OutputFormat::Rubydebug => Ok(Encoder::rubydebug(Metadata::Hide)),
        };
        let encoder = encoder.map_err(|error| format!("`--fields`: {error}"))?;
        let layout = match format {
            OutputFormat::Csv => {
                Layout { extension: "csv", head: encoder.header().to_vec(), ..Layout::default() }
            }
            OutputFormat::Json => Layout {
                extension: "json",
                head: b"[\n".to_vec(),
                separator: b",\n".to_vec(),
                tail: b"\n]\n".to_vec(),
            },
            OutputFormat::Ndjson => Layout { extension: "ndjson", ..Layout::default() },
            OutputFormat::Rubydebug => Layout { extension: "txt", ..Layout::default() },
        };
        Ok(Self { encoder, layout })
    }

    /// Makes the writer of a codec as it stands in a config.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the codec.
    pub fn of_codec(codec: &str, ecs: Ecs) -> Result<Self, String> {
        let options = Options { ecs, ..Options::default() };
        let encoder = Encoder::of_codec(codec, &options).map_err(|problems| {
            let problems: Vec<&str> = problems.iter().map(|one| one.message.as_str()).collect();
            format!("`--output-codec`: {}", problems.join("; "))
        })?;
        let extension = match codec.split(['{', ' ']).next() {
            Some("cef") => "cef",
            Some("csv") => "csv",
            Some("json") => "json",
            Some("json_lines") => "ndjson",
            Some("msgpack") => "msgpack",
            _ => "txt",
        };
        let layout = Layout { extension, head: encoder.header().to_vec(), ..Layout::default() };
        Ok(Self { encoder, layout })
    }

    /// Makes what the arguments ask for.
    ///
    /// # Errors
    ///
    /// As [`Self::new`] and [`Self::of_codec`].
    pub fn of_arguments(form: &FormArguments, ecs: Ecs) -> Result<Self, String> {
        match &form.output_codec {
            Some(codec) => Self::of_codec(codec, ecs),
            None => Self::new(form.format, &form.fields),
        }
    }

    /// Appends an event to those of its block.
    pub fn push(&self, event: &Event<'_>, now: Timestamp, block: &mut Vec<u8>) {
        if !block.is_empty() {
            block.extend_from_slice(&self.layout.separator);
        }
        self.encoder.encode(event, now, block);
    }

    /// What stands around events.
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }
}
