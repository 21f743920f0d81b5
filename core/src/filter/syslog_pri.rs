//! `syslog_pri`: the number of a syslog line's `<PRI>` becomes facility and severity.
//!
//! `{"log":{"syslog":{"priority":"34"}}}` with `syslog_pri { }` gives the facility 4, `security/authorization`, and the
//! severity 2, `critical`. Without a number it is 13. Source of behaviour: logstash-filter-syslog_pri 3.2.1.

use crate::event::{Event, SetError, Value};
use crate::filter::field::FieldName;
use crate::filter::{CompileCx, Cx, Filter, Outcome, number, shown_value, tag_all};
use crate::program::options::PluginOptions;
use crate::program::{Ecs, PluginDoc};

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Turns the number of syslog's `<PRI>` into facility and severity.",
    example: r#"syslog_pri { syslog_pri_field_name => "pri" }"#,
    options: &[
        ("ecs_compatibility", "`disabled` sets `syslog_facility`, `syslog_severity` and their codes, else the fields are under `[log][syslog]`."),
        ("facility_labels", "The names of the facilities, from 0 on."),
        ("severity_labels", "The names of the severities, from 0 on."),
        ("syslog_pri_field_name", "The field that holds the number."),
        ("use_labels", "`false` sets the codes only."),
    ],
    differences: &[],
};

const FACILITIES: [&str; 24] = [
    "kernel",
    "user-level",
    "mail",
    "daemon",
    "security/authorization",
    "syslogd",
    "line printer",
    "network news",
    "uucp",
    "clock",
    "security/authorization",
    "ftp",
    "ntp",
    "log audit",
    "log alert",
    "clock",
    "local0",
    "local1",
    "local2",
    "local3",
    "local4",
    "local5",
    "local6",
    "local7",
];

const SEVERITIES: [&str; 8] =
    ["emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"];

/// Of what has no priority: the facility `user-level`, the severity `notice`.
const DEFAULT_PRIORITY: i64 = 13;

#[derive(Debug)]
struct SyslogPri {
    source: FieldName,
    facility_code: FieldName,
    facility_name: FieldName,
    severity_code: FieldName,
    severity_name: FieldName,
    /// Facilities and severities, unless only the codes are wanted.
    labels: Option<[Box<[Box<str>]>; 2]>,
    failure_tags: Box<[Box<str>]>,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is that of all filters")]
pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let is_legacy = cx.ecs(options) == Ecs::Disabled;
    let field = |legacy: &str, ecs: &str| {
        FieldName::fixed(if is_legacy { legacy } else { ecs }, style)
    };
    let labels = |name: &str, default: &[&str]| -> Box<[Box<str>]> {
        if options.has(name) {
            options.texts(name).iter().map(|text| text.value.into()).collect()
        } else {
            default.iter().map(|&label| label.into()).collect()
        }
    };
    Some(Box::new(SyslogPri {
        source: match options.text("syslog_pri_field_name") {
            Some(text) => FieldName::fixed(text.value, style),
            None => field("syslog_pri", "[log][syslog][priority]"),
        },
        facility_code: field("syslog_facility_code", "[log][syslog][facility][code]"),
        facility_name: field("syslog_facility", "[log][syslog][facility][name]"),
        severity_code: field("syslog_severity_code", "[log][syslog][severity][code]"),
        severity_name: field("syslog_severity", "[log][syslog][severity][name]"),
        labels: options.flag("use_labels", true).then(|| {
            [labels("facility_labels", &FACILITIES), labels("severity_labels", &SEVERITIES)]
        }),
        failure_tags: Box::new(["_syslogpriparsefailure".into()]),
    }))
}

impl Filter for SyslogPri {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        match self.read(event, cx) {
            Ok(()) => Outcome::Matched,
            Err(miss) => {
                tag_all(event, &self.failure_tags, cx.arena);
                // A number without a name is a failure, and yet the filter has matched.
                if miss == Miss::NoName {
                    let _: Result<(), SetError> = cx.decorate(event);
                }
                Outcome::Failed
            }
        }
    }

    fn new_fields(&self) -> usize {
        4
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.failure_tags
    }

    fn explain<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Option<String> {
        let source = self.source.resolve(event, cx).ok()?;
        let value = event.get(source)?;
        Some(format!("field `{source}` is {}, which is no syslog priority", shown_value(value)))
    }
}

/// Why an event got the failure tag.
#[derive(Clone, Copy, PartialEq)]
enum Miss {
    /// A label list has no name for the number.
    NoName,
    /// The value is none that has a number, or a field cannot be set.
    Throws,
}

impl From<SetError> for Miss {
    fn from(_: SetError) -> Self {
        Self::Throws
    }
}

impl SyslogPri {
    fn read<'b>(&'b self, event: &mut Event<'b>, cx: &Cx<'_, 'b>) -> Result<(), Miss> {
        let priority = match event.get(self.source.resolve(event, cx)?) {
            None | Some(Value::Null) => DEFAULT_PRIORITY,
            Some(Value::Array(array)) => match array.as_slice().first() {
                None => 0,
                Some(first) => integer(first, cx)?,
            },
            Some(value) => integer(value, cx)?,
        };
        let (facility, severity) = (priority >> 3, priority & 7);
        let set = |name: &'b FieldName, value, event: &mut Event<'b>| {
            event.set(name.resolve(event, cx)?, value, cx.arena)
        };
        set(&self.facility_code, Value::Int(facility), event)?;
        set(&self.severity_code, Value::Int(severity), event)?;
        let Some([facilities, severities]) = &self.labels else { return Ok(()) };
        let label = |labels: &'b [Box<str>], code: i64| -> Option<&'b str> {
            let distance = usize::try_from(code.unsigned_abs()).ok()?;
            // As in Ruby, -1 is the last.
            let at = if code < 0 { labels.len().checked_sub(distance)? } else { distance };
            labels.get(at).map(|label| &**label)
        };
        let (Some(facility), Some(severity)) =
            (label(facilities, facility), label(severities, severity))
        else {
            return Err(Miss::NoName);
        };
        set(&self.facility_name, Value::Str(facility), event)?;
        set(&self.severity_name, Value::Str(severity), event)?;
        Ok(())
    }
}

/// Ruby's `to_i`.
fn integer<'b>(value: &Value<'b>, cx: &Cx<'_, 'b>) -> Result<i64, Miss> {
    let integer = match value {
        Value::Null => return Ok(0),
        Value::Int(value) => return Ok(*value),
        Value::Time(time) => return Ok(time.as_seconds()),
        Value::Float(value) => number::truncate(*value, cx.arena),
        // PERF: nearly all are texts of one to three digits.
        Value::Str(text) => match text.parse() {
            Ok(value) => return Ok(value),
            Err(_) => Some(number::to_i(text, cx.arena)),
        },
        Value::Number(text) => Some(number::to_i(text, cx.arena)),
        Value::Array(_) | Value::Bool(_) | Value::Object(_) => None,
    };
    match integer {
        Some(Value::Int(value)) => Ok(value),
        _ => Err(Miss::Throws),
    }
}
