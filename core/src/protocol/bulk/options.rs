//! The options of the output `elasticsearch` that say what is sent.

use crate::program::Ecs;
use crate::program::options::{OptionKind, PluginOptions};

/// What is sent for an event; the texts are sprintf templates unless they say otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BulkOptions {
    /// `index`, `create`, `update` or `delete`; `index` unless set.
    pub action: Option<String>,
    /// The data stream that events go to, instead of an index.
    pub data_stream: Option<DataStream>,
    /// Whether an update makes a document of what it finds none for.
    pub doc_as_upsert: bool,
    /// The document's id; the server's choice unless set.
    pub document_id: Option<String>,
    /// The index; `ecs-logstash-%{+yyyy.MM.dd}` unless set, or `logstash-…` without ECS.
    pub index: Option<String>,
    /// Whether events have the names of ECS.
    pub is_ecs: bool,
    /// The ingest pipeline.
    pub pipeline: Option<String>,
    /// How often the server tries an update anew; as it is.
    pub retry_on_conflict: Option<i64>,
    /// The routing value.
    pub routing: Option<String>,
    /// The document that an update makes where there is none: JSON.
    pub upsert: Option<String>,
    /// The version of the document.
    pub version: Option<String>,
    /// `external` and its like; as it is.
    pub version_type: Option<String>,
}

/// A data stream, by the three parts of its name; all as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataStream {
    /// Such as `generic`.
    pub dataset: String,
    /// Such as `default`.
    pub namespace: String,
    /// Such as `logs`.
    pub kind: String,
    /// Whether `[data_stream]` of an event says otherwise.
    pub auto_routing: bool,
    /// Whether `[data_stream]` of an event is filled in.
    pub sync_fields: bool,
}

impl Default for DataStream {
    fn default() -> Self {
        Self {
            dataset: "generic".to_owned(),
            namespace: "default".to_owned(),
            kind: "logs".to_owned(),
            auto_routing: true,
            sync_fields: true,
        }
    }
}

impl BulkOptions {
    /// Reads the options of an output `elasticsearch` or `opensearch`.
    ///
    /// # Errors
    /// What asks for more than is done here, or contradicts itself; all of it.
    pub fn of_output(options: &PluginOptions, ecs: Ecs) -> Result<Self, Vec<String>> {
        let text = |name: &str| options.text(name).map(|text| text.value.to_owned());
        let mut problems = Vec::new();
        for name in ["join_field", "parent", "script", "cloud_id"] {
            if options.text(name).is_some_and(|text| !text.value.is_empty()) {
                problems.push(format!("`{name}` is not built"));
            }
        }
        let ecs = match text("ecs_compatibility").as_deref() {
            Some("disabled") => Ecs::Disabled,
            Some("v1") => Ecs::V1,
            Some("v8") => Ecs::V8,
            _ => ecs,
        };
        let is_ecs = ecs != Ecs::Disabled;
        let read = Self {
            action: text("action"),
            data_stream: data_stream(options, is_ecs, &mut problems),
            doc_as_upsert: options.flag("doc_as_upsert", false),
            document_id: text("document_id"),
            index: text("index"),
            is_ecs,
            pipeline: text("pipeline").filter(|name| !name.is_empty()),
            retry_on_conflict: options
                .number("retry_on_conflict")
                .and_then(|number| number.value.as_int()),
            routing: text("routing"),
            upsert: text("upsert").filter(|text| !text.is_empty()),
            version: text("version"),
            version_type: text("version_type"),
        };
        if problems.is_empty() { Ok(read) } else { Err(problems) }
    }
}

/// The data stream, where the config has one. Logstash: `check_data_stream_config!`.
fn data_stream(
    options: &PluginOptions,
    is_ecs: bool,
    problems: &mut Vec<String>,
) -> Option<DataStream> {
    let has_parts = options.names().any(|name| name.starts_with("data_stream_"));
    let unfit: Vec<&str> =
        options.names().filter(|name| !suits_data_stream(options, name)).collect();
    let wanted = options.value("data_stream").map(|value| match &value.kind {
        OptionKind::Bool(flag) => flag.to_string(),
        _ => value.to_text().into_owned(),
    });
    let is_used = match wanted.as_deref() {
        Some("true") => {
            if !unfit.is_empty() {
                problems.push(format!(
                    "`data_stream => true` does not go with `{}`",
                    unfit.join("`, `")
                ));
            }
            true
        }
        Some("false") => {
            if has_parts {
                problems.push("`data_stream => false` does not go with `data_stream_…`".to_owned());
            }
            false
        }
        // The output `opensearch` has none of its own accord.
        _ => options.name == "elasticsearch" && is_ecs && unfit.is_empty(),
    };
    let text = |name: &str, default: String| {
        options.text(name).map_or(default, |text| text.value.to_owned())
    };
    let DataStream { dataset, namespace, kind, .. } = DataStream::default();
    is_used.then(|| DataStream {
        dataset: text("data_stream_dataset", dataset),
        namespace: text("data_stream_namespace", namespace),
        kind: text("data_stream_type", kind),
        auto_routing: options.flag("data_stream_auto_routing", true),
        sync_fields: options.flag("data_stream_sync_fields", true),
    })
}

/// Whether an option may stand beside a data stream. Logstash: `invalid_data_stream_params`.
fn suits_data_stream(options: &PluginOptions, name: &str) -> bool {
    const OWN: [&str; 21] = [
        "action",
        "doc_as_upsert",
        "document_id",
        "document_type",
        "ilm_enabled",
        "ilm_pattern",
        "ilm_policy",
        "ilm_rollover_alias",
        "index",
        "join_field",
        "manage_template",
        "parent",
        "script",
        "script_lang",
        "script_type",
        "script_var_name",
        "scripted_upsert",
        "template",
        "upsert",
        "version",
        "version_type",
    ];
    match name {
        "action" => options.text(name).is_some_and(|text| text.value == "create"),
        "manage_template" => !options.flag(name, true),
        name => {
            !OWN.contains(&name)
                && !matches!(
                    name,
                    "retry_on_conflict" | "template_api" | "template_name" | "template_overwrite"
                )
        }
    }
}
