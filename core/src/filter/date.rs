//! `date`: a text or number becomes `@timestamp` or another time field.
//!
//! `{"t":"2024-03-15T14:23:01Z"}` with `date { match => ["t", "ISO8601"] }` sets `@timestamp`. Formats are tried in
//! order; times have millisecond precision; the source field stays. Source of behaviour: logstash-filter-date 3.1.15
//! (Joda-Time).

use crate::diagnostic::Code;
use crate::event::{Event, Template, Value};
use crate::filter::field::FieldName;
use crate::filter::{CompileCx, Cx, Filter, Outcome, shown, shown_value, tag_all};
use crate::program::PluginDoc;
use crate::program::options::{OptionKind, PluginOptions};
use crate::time::{DateContext, DateFormat, Day, Locale, Timestamp, Zone};

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Turns a text or number into a time, `@timestamp` unless `target` says otherwise.",
    example: r#"date { match => ["time", "dd/MMM/yyyy:HH:mm:ss Z", "ISO8601"] }"#,
    options: &[
        ("locale", "The language of the names of months and days: `en`, `de-DE`."),
        ("match", "The field, then the formats that are tried in order: Joda patterns, `ISO8601`, `UNIX`, `UNIX_MS`, `TAI64N`."),
        ("tag_on_failure", "Tags for an event that no format fits."),
        ("target", "The field that gets the time."),
        ("timezone", "The zone of a time that names none; may hold `%{field}`."),
    ],
    differences: &[("match", "`ISO8601` takes `2024-03-15 14:23:01` without a fraction of a second too."),],
};

#[derive(Debug)]
struct Date {
    source: FieldName,
    formats: Box<[DateFormat]>,
    /// The formats as written, for explanations.
    format_texts: Box<[Box<str>]>,
    target: FieldName,
    zone: ZoneChoice,
    failure_tags: Box<[Box<str>]>,
}

/// The zone of texts that name none.
#[derive(Debug)]
enum ZoneChoice {
    Fixed(Zone),
    /// The pipeline's zone.
    Host,
    /// `timezone => "%{field}"`.
    Template(Template),
}

pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let texts = options.texts("match");
    let Some((source, formats)) = texts.split_first().filter(|(_, formats)| !formats.is_empty())
    else {
        let span = options.value("match").map_or(options.name_span, |value| value.span);
        cx.error_with_help(
            Code::BadValue,
            span,
            "`match` of `date` needs a field and at least one format",
            "write match => [\"field\", \"ISO8601\"]",
        );
        return None;
    };
    let mut sound = true;
    if let Some(OptionKind::Array(items)) = options.value("match").map(|value| &value.kind) {
        for item in items.iter().filter(|item| matches!(item.kind, OptionKind::Array(_))) {
            sound = false;
            cx.error(Code::WrongType, item.span, "`match` of `date` takes texts, and no list in it");
        }
    }
    let locale =
        options.text("locale").map_or_else(Locale::english, |text| Locale::parse(text.value));
    let mut compiled = Vec::with_capacity(formats.len());
    for format in formats {
        match DateFormat::compile(format.value, &locale) {
            Ok(format) => compiled.push(format),
            Err(error) => {
                sound = false;
                cx.date_format_error(format, &error);
            }
        }
    }
    let zone = match options.text("timezone") {
        None => ZoneChoice::Host,
        Some(text) if text.value.contains("%{") => {
            ZoneChoice::Template(Template::parse(text.value, style))
        }
        Some(text) => match Zone::parse(text.value) {
            Ok(zone) => ZoneChoice::Fixed(zone),
            Err(error) => {
                let help = error.suggestion().map_or_else(
                    || "use a name such as \"Europe/Paris\" or an offset such as \"+02:00\"".to_owned(),
                    |name| format!("did you mean `{name}`"),
                );
                let message = format!("`{}` is no time zone", text.value);
                cx.error_with_help(Code::BadValue, text.span, message, help);
                return None;
            }
        },
    };
    let target = options.text("target").map_or("@timestamp", |text| text.value);
    let date = Date {
        source: FieldName::fixed(source.value, style),
        formats: compiled.into(),
        format_texts: formats.iter().map(|format| Box::from(format.value)).collect(),
        target: FieldName::fixed(target, style),
        zone,
        failure_tags: CompileCx::failure_tags(options, "_dateparsefailure"),
    };
    sound.then(|| Box::new(date) as Box<dyn Filter>)
}

/// Why no time was set.
enum Miss {
    /// The source field is missing or null: nothing happens.
    NoSource,
    /// The event gets the failure tags.
    Failed,
}

impl Filter for Date {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        match self.set(event, cx) {
            Ok(()) => Outcome::Matched,
            Err(Miss::NoSource) => Outcome::Unmatched,
            Err(Miss::Failed) => {
                tag_all(event, &self.failure_tags, cx.arena);
                Outcome::Failed
            }
        }
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.failure_tags
    }

    fn explain<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Option<String> {
        let source = self.source.resolve(event, cx).ok()?;
        let value = event.get(source)?;
        let mut formats: Vec<String> = self
            .format_texts
            .iter()
            .take(SHOWN_FORMATS)
            .map(|format| format!("`{format}`"))
            .collect();
        if self.format_texts.len() > SHOWN_FORMATS {
            formats.push("…".to_owned());
        }
        let what = match value {
            Value::Array(_) | Value::Bool(_) | Value::Object(_) | Value::Time(_) => {
                return Some(format!(
                    "field `{source}` is {}, and a date is a text or a number",
                    shown_value(value)
                ));
            }
            value => shown_value(value),
        };
        if let ZoneChoice::Template(template) = &self.zone
            && let Ok(id) = template.render(event, cx.now, cx.arena)
            && cx.scratch.zones.get(id).is_none()
        {
            return Some(format!("`timezone` gives {}, which is no time zone", shown(id)));
        }
        Some(match formats.as_slice() {
            [format] => format!(
                "{what} in field `{source}` does not fit the format {format}, or is a time that \
                 does not exist"
            ),
            formats => format!(
                "{what} in field `{source}` fits none of the {} formats {}, or is a time that does \
                 not exist",
                self.format_texts.len(),
                formats.join(", ")
            ),
        })
    }
}

/// Formats that an explanation lists.
const SHOWN_FORMATS: usize = 5;

impl Date {
    /// Whether texts that name no zone are all of the same one.
    fn has_one_zone(&self) -> bool {
        !matches!(self.zone, ZoneChoice::Template(_))
    }

    /// Tries the formats in order; also tells whether the clock gave the year.
    fn read<'b>(
        &'b self,
        value: &Value<'b>,
        event: &Event<'b>,
        cx: &mut Cx<'_, 'b>,
    ) -> Result<(Timestamp, bool), Miss> {
        let event_zone;
        let zone = match &self.zone {
            ZoneChoice::Fixed(zone) => zone,
            ZoneChoice::Host => &cx.env.zone,
            ZoneChoice::Template(template) => {
                let id = template.render(event, cx.now, cx.arena).map_err(|_| Miss::Failed)?;
                event_zone = cx.scratch.zones.get(id).ok_or(Miss::Failed)?;
                &event_zone
            }
        };
        let context =
            DateContext { zone, now: cx.now, start: cx.env.start, host_zone: &cx.env.zone };
        let read = |(format, day): (&DateFormat, &mut Day)| {
            let time = match value {
                Value::Str(text) if self.has_one_zone() => {
                    format.parse_text_of_day(text, &context, day)
                }
                value => read(format, value, &context),
            };
            Some((time?, format.guesses_year()))
        };
        let days = cx.scratch.days(cx.filter, self.formats.len());
        self.formats.iter().zip(days).find_map(read).ok_or(Miss::Failed)
    }

    fn set<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Result<(), Miss> {
        let value = match self.source.top() {
            Some(key) => event.data.get(key),
            None => event.get(self.source.resolve(event, cx).map_err(|_| Miss::Failed)?),
        };
        let value = match value {
            None | Some(Value::Null) => return Err(Miss::NoSource),
            Some(value) => value,
        };
        // PERF: nearly every text is of the same day as the last one and fits the first format.
        let first = &self.formats[0];
        let known = match value {
            Value::Str(text) if self.has_one_zone() => {
                let days = cx.scratch.days(cx.filter, self.formats.len());
                first.parse_known_day(text, cx.now, &days[0])
            }
            _ => None,
        };
        let (time, guessed) = match known {
            Some(time) => (time, first.guesses_year()),
            None => self.read(value, event, cx)?,
        };
        cx.scratch.years_guessed += u64::from(guessed);
        // PERF: the default target stands in the first place of the event.
        if let Some(key) = self.target.top().filter(|key| key.text() != "tags") {
            event.data.insert(key, Value::Time(time), cx.arena);
            return Ok(());
        }
        let target = self.target.resolve(event, cx).map_err(|_| Miss::Failed)?;
        event.set(target, Value::Time(time), cx.arena).map_err(|_| Miss::Failed)
    }
}

fn read(format: &DateFormat, value: &Value<'_>, context: &DateContext<'_>) -> Option<Timestamp> {
    match value {
        Value::Str(text) => format.parse_text(text, context),
        Value::Int(value) => format.parse_int(*value, context),
        Value::Float(value) => format.parse_float(*value, context),
        Value::Number(text) => format.parse_float(text.parse().ok()?, context),
        Value::Array(_) | Value::Bool(_) | Value::Null | Value::Object(_) | Value::Time(_) => None,
    }
}
