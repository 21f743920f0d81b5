//! Events to lines of a bulk request.

use core::fmt;

use super::{BulkOptions, DataStream};
use crate::Encoder;
use crate::event::json::write_text;
use crate::event::{EscapeStyle, Event, FieldPath, Key, Object, PathError, Template, Value};
use crate::time::Timestamp;

/// Turns events into actions with their documents.
#[derive(Debug)]
pub struct BulkEncoder {
    action: Template,
    data_stream: Option<DataStream>,
    document_id: Option<Template>,
    index: Template,
    is_default_index: bool,
    pipeline: Option<Template>,
    retry_on_conflict: Option<i64>,
    routing: Option<Template>,
    upsert: Option<Template>,
    doc_as_upsert: bool,
    version: Option<Template>,
    version_type: Option<Box<str>>,
    paths: Paths,
    /// Writes the event without `data_stream`, which then stands at its end.
    rest: Encoder,
    text: String,
}

/// What an event says of its own action, as the input `elasticsearch` and the filter `elastic_integration` leave it.
#[derive(Debug)]
struct Paths {
    id: FieldPath,
    index: FieldPath,
    pipeline: FieldPath,
}

/// An event has no action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BulkError {
    /// The action is none that there is.
    Action(String),
    /// A field that the index is named by is missing.
    Index(String),
    /// A template cannot be filled in.
    Template,
    /// The document of an update is no JSON object.
    Upsert,
}

impl fmt::Display for BulkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Action(action) => {
                write!(
                    f,
                    "the action is `{action}`; use one of `create`, `delete`, `index`, `update`"
                )
            }
            Self::Index(index) => {
                write!(
                    f,
                    "Badly formatted index, after interpolation still contains placeholder: [{index}]"
                )
            }
            Self::Template => f.write_str("a template of the output cannot be filled in"),
            Self::Upsert => f.write_str("`upsert` is no JSON object"),
        }
    }
}

impl core::error::Error for BulkError {}

impl BulkEncoder {
    /// Makes an encoder.
    ///
    /// # Errors
    /// Never with the escape styles there are: the field references are this module's own.
    pub fn new(options: &BulkOptions, style: EscapeStyle) -> Result<Self, PathError> {
        let template =
            |text: &Option<String>| text.as_deref().map(|text| Template::parse(text, style));
        let default = if options.is_ecs { "ecs-logstash-" } else { "logstash-" };
        let default = format!("{default}%{{+yyyy.MM.dd}}");
        let path = |name: &str| {
            let name = format!("[@metadata][_ingest_document][{name}]");
            FieldPath::parse(&name, EscapeStyle::None)
        };
        Ok(Self {
            action: Template::parse(options.action.as_deref().unwrap_or("index"), style),
            data_stream: options.data_stream.clone(),
            document_id: template(&options.document_id),
            index: Template::parse(options.index.as_deref().unwrap_or(&default), style),
            is_default_index: options.index.is_none(),
            pipeline: template(&options.pipeline),
            retry_on_conflict: options.retry_on_conflict,
            routing: template(&options.routing),
            upsert: template(&options.upsert),
            doc_as_upsert: options.doc_as_upsert,
            version: template(&options.version),
            version_type: options.version_type.as_deref().map(Box::from),
            paths: Paths { id: path("id")?, index: path("index")?, pipeline: path("pipeline")? },
            rest: Encoder::json_lines_without(&["data_stream"], EscapeStyle::None)?,
            text: String::new(),
        })
    }

    /// Appends the action of an event, and its document unless the action is to delete one; each a line.
    ///
    /// # Errors
    /// Why there is no action; nothing was appended.
    pub fn encode(
        &mut self,
        event: &Event<'_>,
        now: Timestamp,
        out: &mut Vec<u8>,
    ) -> Result<(), BulkError> {
        let start = out.len();
        let done = self.write(event, now, out);
        if done.is_err() {
            out.truncate(start);
        }
        done
    }

    fn write(
        &mut self,
        event: &Event<'_>,
        now: Timestamp,
        out: &mut Vec<u8>,
    ) -> Result<(), BulkError> {
        let mut text = core::mem::take(&mut self.text);
        let mut cx = Filling { event, now, text: &mut text };
        let done = self.write_action(&mut cx, out);
        self.text = text;
        match done? {
            Action::Create | Action::Index => self.write_document(event, out),
            Action::Delete => {}
            Action::Update => self.write_update(event, now, out)?,
        }
        Ok(())
    }

    fn write_action(
        &self,
        cx: &mut Filling<'_, '_>,
        out: &mut Vec<u8>,
    ) -> Result<Action, BulkError> {
        let action = match &self.data_stream {
            Some(_) => Action::Create,
            None => Action::of(cx.fill(&self.action)?)?,
        };
        out.extend_from_slice(b"{\"");
        out.extend_from_slice(action.as_str().as_bytes());
        out.extend_from_slice(b"\":{\"_index\":");
        if let Some(stream) = &self.data_stream {
            cx.text.clear();
            let own = stream_of(cx.event).filter(|_| stream.auto_routing);
            for (at, (name, default)) in stream.parts().into_iter().enumerate() {
                if at > 0 {
                    cx.text.push('-');
                }
                cx.text.push_str(own.and_then(|own| part(own, name)).unwrap_or(default));
            }
            write_text(cx.text, out);
        } else {
            let own = own_text(cx.event, &self.paths.index).filter(|_| self.is_default_index);
            let index = match own {
                Some(own) => own,
                None => cx.fill(&self.index)?,
            };
            if index.find("%{").is_some_and(|open| index[open..].contains('}')) {
                return Err(BulkError::Index(index.to_owned()));
            }
            write_text(index, out);
        }
        let own_id = own_text(cx.event, &self.paths.id);
        cx.member("_id", self.document_id.as_ref(), own_id, out)?;
        cx.member("routing", self.routing.as_ref(), None, out)?;
        let own_pipeline = own_text(cx.event, &self.paths.pipeline);
        cx.member("pipeline", self.pipeline.as_ref(), own_pipeline, out)?;
        cx.member("version", self.version.as_ref(), None, out)?;
        cx.member("version_type", None, self.version_type.as_deref(), out)?;
        if let (Action::Update, Some(times)) = (action, self.retry_on_conflict) {
            out.extend_from_slice(b",\"retry_on_conflict\":");
            out.extend_from_slice(itoa::Buffer::new().format(times).as_bytes());
        }
        out.extend_from_slice(b"}}\n");
        Ok(action)
    }

    /// Appends the event, with `data_stream` filled in where the destination is one.
    fn write_document(&self, event: &Event<'_>, out: &mut Vec<u8>) {
        let stream = self.data_stream.as_ref().filter(|stream| stream.sync_fields);
        let own = event.data().get(Key::new("data_stream"));
        let Some(stream) = stream.filter(|_| matches!(own, None | Some(Value::Object(_)))) else {
            event.write_json(out);
            out.push(b'\n');
            return;
        };
        let own = stream_of(event);
        let is_full = own
            .is_some_and(|own| stream.parts().iter().all(|(name, _)| own.contains(Key::new(name))));
        if is_full {
            event.write_json(out);
            out.push(b'\n');
            return;
        }
        let start = out.len();
        self.rest.encode(event, Timestamp::UNIX_EPOCH, out);
        // Without its end, `}` and a line feed; an event always has fields.
        out.truncate(out.len() - 2);
        if out.len() > start + 1 {
            out.push(b',');
        }
        out.extend_from_slice(b"\"data_stream\":");
        let mut is_first = true;
        let mut member = |name: &str, out: &mut Vec<u8>| {
            out.push(if core::mem::take(&mut is_first) { b'{' } else { b',' });
            write_text(name, out);
            out.push(b':');
        };
        for (name, value) in own.into_iter().flat_map(Object::iter) {
            member(name, out);
            value.write_json(out);
        }
        for (name, default) in stream.parts() {
            if !own.is_some_and(|own| own.contains(Key::new(name))) {
                member(name, out);
                write_text(default, out);
            }
        }
        out.extend_from_slice(b"}}\n");
    }

    fn write_update(
        &mut self,
        event: &Event<'_>,
        now: Timestamp,
        out: &mut Vec<u8>,
    ) -> Result<(), BulkError> {
        out.extend_from_slice(b"{\"doc\":");
        event.write_json(out);
        if self.doc_as_upsert {
            out.extend_from_slice(b",\"doc_as_upsert\":true");
        } else if let Some(upsert) = &self.upsert {
            let mut cx = Filling { event, now, text: &mut self.text };
            let text = cx.fill(upsert)?;
            // It stands inside a line, and is read by the server as a part of it.
            if !is_object(text) {
                return Err(BulkError::Upsert);
            }
            out.extend_from_slice(b",\"upsert\":");
            out.extend(
                text.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }),
            );
        }
        out.extend_from_slice(b"}\n");
        Ok(())
    }
}

impl DataStream {
    /// The parts of the name with their fields, in order.
    fn parts(&self) -> [(&'static str, &str); 3] {
        [("type", &self.kind), ("dataset", &self.dataset), ("namespace", &self.namespace)]
    }
}

/// Templates that are being filled in from an event.
struct Filling<'a, 'b> {
    event: &'a Event<'b>,
    now: Timestamp,
    text: &'a mut String,
}

impl Filling<'_, '_> {
    fn fill(&mut self, template: &Template) -> Result<&str, BulkError> {
        self.text.clear();
        template.push_rendered(self.event, self.now, self.text).map_err(|_| BulkError::Template)?;
        Ok(self.text)
    }

    /// Appends a member of the action: the template's text, or the other, or nothing.
    fn member(
        &mut self,
        name: &str,
        template: Option<&Template>,
        other: Option<&str>,
        out: &mut Vec<u8>,
    ) -> Result<(), BulkError> {
        let text = match (template, other) {
            (Some(template), _) => self.fill(template)?,
            (None, Some(other)) => other,
            (None, None) => return Ok(()),
        };
        out.push(b',');
        write_text(name, out);
        out.push(b':');
        write_text(text, out);
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Create,
    Delete,
    Index,
    Update,
}

impl Action {
    fn of(name: &str) -> Result<Self, BulkError> {
        Ok(match name {
            "create" => Self::Create,
            "delete" => Self::Delete,
            "index" => Self::Index,
            "update" => Self::Update,
            other => return Err(BulkError::Action(other.to_owned())),
        })
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Delete => "delete",
            Self::Index => "index",
            Self::Update => "update",
        }
    }
}

fn stream_of<'e, 'b>(event: &'e Event<'b>) -> Option<&'e Object<'b>> {
    match event.data().get(Key::new("data_stream")) {
        Some(Value::Object(stream)) => Some(stream),
        _ => None,
    }
}

fn part<'b>(stream: &Object<'b>, name: &str) -> Option<&'b str> {
    stream.get(Key::new(name)).and_then(Value::as_str)
}

fn own_text<'b>(event: &Event<'b>, path: &FieldPath) -> Option<&'b str> {
    if event.metadata().is_empty() {
        return None;
    }
    event.get(path.as_ref()).and_then(Value::as_str)
}

fn is_object(text: &str) -> bool {
    let arena = crate::arena::Arena::new();
    let value = super::reply::read_json(text, &arena);
    matches!(value, Some(Value::Object(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Config, InputOptions, Options, ParseOptions, Pipeline, Resources, Sink, Source, Tick,
        Worker,
    };

    struct Lines {
        encoder: BulkEncoder,
        out: Vec<u8>,
        errors: Vec<BulkError>,
    }

    impl Sink for Lines {
        fn event(&mut self, event: &Event<'_>) {
            let now = Timestamp::UNIX_EPOCH;
            if let Err(error) = self.encoder.encode(event, now, &mut self.out) {
                self.errors.push(error);
            }
        }
    }

    fn run(filters: &str, output: &str, lines: &str) -> (String, Vec<BulkError>) {
        let text = format!("filter {{ {filters} }} output {{ {output} }}");
        let sources = vec![Source::new("a.conf", text)];
        let config = Config::parse(sources, &ParseOptions::default()).expect("a config");
        let pipeline = Pipeline::compile(&config, &Resources::new(), &Options::default());
        let pipeline = pipeline.expect("a pipeline");
        let output = &pipeline.outputs()[0];
        let options = BulkOptions::of_output(output.options(), output.ecs()).expect("options");
        let encoder = BulkEncoder::new(&options, output.style()).expect("an encoder");
        let mut sink = Lines { encoder, out: Vec::new(), errors: Vec::new() };
        let mut worker = Worker::new(&pipeline, &InputOptions::default()).expect("a worker");
        let tick = Tick { now: Timestamp::UNIX_EPOCH, seed: 0 };
        worker.push(lines.as_bytes(), tick, &mut sink);
        worker.flush(tick, &mut sink);
        (String::from_utf8(sink.out).expect("UTF-8"), sink.errors)
    }

    const BARE: &str = r#"mutate { remove_field => ["@version", "event"] }"#;
    const DOCUMENT: &str = r#"{"@timestamp":"1970-01-01T00:00:00.000Z","message":"a"}"#;

    #[test]
    fn config_without_an_index_writes_to_a_data_stream_and_fills_its_fields_in() {
        let (text, _) = run(BARE, "elasticsearch { }", "a");
        let stream = r#""data_stream":{"type":"logs","dataset":"generic","namespace":"default"}"#;
        let document = DOCUMENT.replace("\"a\"}", &format!("\"a\",{stream}}}"));
        let wanted =
            format!("{{\"create\":{{\"_index\":\"logs-generic-default\"}}}}\n{document}\n");
        assert_eq!(text, wanted);
    }

    #[test]
    fn event_says_which_data_stream_it_goes_to() {
        let filters =
            format!(r#"{BARE} mutate {{ add_field => {{ "[data_stream][dataset]" => "x" }} }}"#);
        let (text, _) = run(&filters, "elasticsearch { pipeline => 'p-%{message}' }", "a");
        assert!(
            text.starts_with(r#"{"create":{"_index":"logs-x-default","pipeline":"p-a"}}"#),
            "{text}"
        );
        let stream = r#""data_stream":{"dataset":"x","type":"logs","namespace":"default"}}"#;
        assert!(text.trim_end().ends_with(stream), "{text}");
    }

    #[test]
    fn index_id_and_routing_are_templates() {
        let output = r#"elasticsearch { index => "logs-%{+yyyy.MM.dd}" document_id => "%{message}" routing => "r\"%{message}"
            version => "%{message}" version_type => "external" }"#;
        let (text, _) = run(BARE, output, "a");
        let action = concat!(
            r#"{"index":{"_index":"logs-1970.01.01","_id":"a","routing":"r\\\"a","version":"a","#,
            r#""version_type":"external"}}"#
        );
        assert_eq!(text, format!("{action}\n{DOCUMENT}\n"));
    }

    #[test]
    fn each_action_has_its_own_lines() {
        let output = r#"elasticsearch { index => "i" action => "%{message}" document_id => "1"
            upsert => '{"n":0}' retry_on_conflict => 3 }"#;
        let (text, errors) = run(BARE, output, "create\nupdate\ndelete\nmerge");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], r#"{"create":{"_index":"i","_id":"1"}}"#);
        assert_eq!(lines[2], r#"{"update":{"_index":"i","_id":"1","retry_on_conflict":3}}"#);
        assert!(lines[3].starts_with(r#"{"doc":{"@timestamp""#), "{}", lines[3]);
        assert!(lines[3].ends_with(r#"},"upsert":{"n":0}}"#), "{}", lines[3]);
        assert_eq!(lines[4], r#"{"delete":{"_index":"i","_id":"1"}}"#);
        assert_eq!(lines.len(), 5);
        assert_eq!(errors, [BulkError::Action("merge".to_owned())]);
    }

    #[test]
    fn index_of_a_missing_field_is_an_error_and_leaves_nothing_behind() {
        let (text, errors) = run(BARE, "elasticsearch { index => 'a-%{no}' }", "a");
        assert_eq!((text.as_str(), errors), ("", vec![BulkError::Index("a-%{no}".to_owned())]));
    }

    #[test]
    fn event_of_another_server_keeps_its_id_unless_the_config_has_one() {
        let filters = format!(
            r#"{BARE} mutate {{ add_field => {{ "[@metadata][_ingest_document][id]" => "i"
            "[@metadata][_ingest_document][index]" => "x" }} }}"#
        );
        let (text, _) = run(&filters, "elasticsearch { action => 'index' }", "a");
        assert!(text.starts_with("{\"index\":{\"_index\":\"x\",\"_id\":\"i\"}}\n"), "{text}");
        let output = "elasticsearch { index => 'y' document_id => 'j' }";
        let (text, _) = run(&filters, output, "a");
        assert!(text.starts_with("{\"index\":{\"_index\":\"y\",\"_id\":\"j\"}}\n"), "{text}");
    }

    #[test]
    fn options_that_contradict_each_other_are_told() {
        let of = |output: &str| {
            let sources = vec![Source::new("a.conf", format!("output {{ {output} }}"))];
            let config = Config::parse(sources, &ParseOptions::default()).expect("a config");
            let pipeline = Pipeline::compile(&config, &Resources::new(), &Options::default());
            let pipeline = pipeline.expect("a pipeline");
            let output = &pipeline.outputs()[0];
            BulkOptions::of_output(output.options(), output.ecs())
        };
        let problems = of("elasticsearch { data_stream => true index => 'a' script => 's' }");
        assert_eq!(
            problems.expect_err("two problems"),
            ["`script` is not built", "`data_stream => true` does not go with `index`, `script`"]
        );
        let stream = |output| of(output).expect("options").data_stream.is_some();
        assert!(stream("elasticsearch { hosts => 'http://a:1' user => 'u' id => 'x' }"));
        assert!(!stream("elasticsearch { index => 'a' }"));
        assert!(!stream("elasticsearch { ecs_compatibility => disabled }"));
        assert!(!stream("opensearch { hosts => 'http://a:1' }"));
        assert!(stream("opensearch { data_stream => true }"));
    }
}
