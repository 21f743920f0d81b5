//! Outputs as far as the engine is concerned: which of them an event goes to, and how it is written; sending is the host's.

use std::sync::Arc;

use crate::codec::{Encoder, plugin};
use crate::config::ast::Plugin;
use crate::diagnostic::{Diagnostics, Severity};
use crate::event::{EscapeStyle, Event, Template};
use crate::filter::{CompileCx, Scratch};
use crate::program::condition::ConditionError;
use crate::program::options::{PluginKind, PluginOptions, Resolved};
use crate::program::{ConfigPosition, Ecs, Op, Pipeline, Program};

/// One output of a config.
#[derive(Debug)]
pub struct Output {
    options: PluginOptions,
    position: ConfigPosition,
    encoder: Result<Encoder, String>,
    ecs: Ecs,
    style: EscapeStyle,
}

impl Output {
    /// The plugin's name.
    pub fn name(&self) -> &str {
        &self.options.name
    }

    /// The plugin's id, when the config sets one.
    pub fn id(&self) -> Option<&str> {
        self.options.id().map(|id| id.value)
    }

    /// Where the output stands in the config.
    pub fn position(&self) -> &ConfigPosition {
        &self.position
    }

    /// The options that are set.
    pub fn options(&self) -> &PluginOptions {
        &self.options
    }

    /// A text as a template, read as the config's own are.
    pub fn template(&self, text: &str) -> Template {
        Template::parse(text, self.style)
    }

    /// How field references in templates are read.
    pub fn style(&self) -> EscapeStyle {
        self.style
    }

    /// Which names events have.
    pub fn ecs(&self) -> Ecs {
        self.ecs
    }

    /// The codec: the one that is set, or the plugin's own.
    ///
    /// # Errors
    /// Why there is none.
    pub fn encoder(&self) -> Result<&Encoder, &str> {
        self.encoder.as_ref().map_err(String::as_str)
    }
}

/// Reads an output's options; nothing when errors were recorded.
pub(super) fn compile(
    plugin: &Plugin,
    resolved: &Resolved,
    position: ConfigPosition,
    cx: &mut CompileCx<'_>,
) -> Option<Output> {
    let options = resolved.get(plugin)?;
    let unset = PluginOptions::unset(PluginKind::Codec, default_codec(&options.name), options);
    let codec = options.codec("codec").unwrap_or(&unset);
    // A codec that is not built is no error before somebody wants to write with it.
    let mut problems = Diagnostics::new(cx.diagnostics.sources().to_vec());
    let mut codec_cx = CompileCx {
        options: cx.options,
        resources: cx.resources,
        diagnostics: &mut problems,
        lists: cx.lists,
    };
    let encoder = plugin::compile_encoder(codec, &mut codec_cx).ok_or_else(|| {
        let errors = problems.iter().filter(|problem| problem.severity != Severity::Warning);
        let texts: Vec<&str> = errors.map(|problem| problem.message.as_str()).collect();
        texts.join("; ")
    });
    Some(Output {
        options: options.clone(),
        position,
        encoder,
        ecs: cx.ecs(options),
        style: cx.options.field_reference_escape_style,
    })
}

/// The codec that Logstash's output takes when the config names none.
fn default_codec(output: &str) -> &'static str {
    match output {
        "stdout" => "rubydebug",
        "s3" => "line",
        "sqs" | "redis" | "rabbitmq" | "kinesis" | "tcp" => "json",
        "file" => "json_lines",
        _ => "plain",
    }
}

/// Tells which outputs an event goes to.
#[derive(Debug)]
pub struct Router {
    program: Arc<Program>,
    scratch: Scratch,
}

impl Router {
    /// Makes a router for the outputs of a pipeline.
    pub fn new(pipeline: &Pipeline) -> Self {
        let mut scratch = Scratch::default();
        scratch.pattern.set_engine(pipeline.program.env.engine);
        Self { program: Arc::clone(&pipeline.program), scratch }
    }

    /// Appends the places in [`Pipeline::outputs`] of those that the event goes to, in the order of the config.
    ///
    /// # Errors
    /// When a condition before one of them cannot be evaluated; Logstash ends the pipeline then.
    pub fn route(
        &mut self,
        event: &Event<'_>,
        places: &mut Vec<usize>,
    ) -> Result<(), ConditionError> {
        self.scratch.lists.start_event();
        let Self { program, scratch } = self;
        route(&program.output_ops, (0, program.output_ops.len()), event, scratch, places)
    }
}

/// The recursion is as deep as branches nest in the config, which the parser limits.
fn route(
    ops: &[Op],
    (start, end): (usize, usize),
    event: &Event<'_>,
    scratch: &mut Scratch,
    places: &mut Vec<usize>,
) -> Result<(), ConditionError> {
    let mut at = start;
    while at < end {
        match &ops[at] {
            Op::Filter(place) => {
                places.push(*place as usize);
                at += 1;
            }
            Op::Branch { arms, otherwise, end } => {
                let mut chosen = *otherwise;
                for arm in arms {
                    if arm.condition.evaluate(event, scratch)? {
                        chosen = arm.ops;
                        break;
                    }
                }
                route(ops, (chosen.0 as usize, chosen.1 as usize), event, scratch, places)?;
                at = *end as usize;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Config, InputOptions, Options, ParseOptions, Resources, Sink, Source, Tick, Timestamp,
        Worker,
    };

    fn pipeline(output: &str) -> Pipeline {
        let sources = vec![Source::new("a.conf", output)];
        let config = Config::parse(sources, &ParseOptions::default()).expect("a config");
        Pipeline::compile(&config, &Resources::new(), &Options::default()).expect("a pipeline")
    }

    struct Routes(Router, Vec<Result<Vec<usize>, ConditionError>>);

    impl Sink for Routes {
        fn event(&mut self, event: &Event<'_>) {
            let mut places = Vec::new();
            let done = self.0.route(event, &mut places);
            self.1.push(done.map(|()| places));
        }
    }

    #[test]
    fn events_go_where_the_conditions_say() {
        let pipeline = pipeline(
            r#"output {
                if [message] == "a" { stdout {} } else if [message] =~ "^b" { file { path => "x" } s3 { bucket => "b" } }
                else { if [message] in ["c", "d"] { null {} } }
                if [message] == "e" { if [no] > 1 { stdout {} } }
            } filter { } output { sqs { queue => "q" } }"#,
        );
        let names: Vec<&str> = pipeline.outputs().iter().map(Output::name).collect();
        assert_eq!(names, ["stdout", "file", "s3", "null", "stdout", "sqs"]);
        assert_eq!(pipeline.filters().len(), 0);
        let mut routes = Routes(Router::new(&pipeline), Vec::new());
        let mut worker = Worker::new(&pipeline, &InputOptions::default()).expect("a worker");
        let tick = Tick { now: Timestamp::UNIX_EPOCH, seed: 0 };
        worker.push(b"a\nbb\nc\nf\ne\na\n", tick, &mut routes);
        let wanted = vec![
            Ok(vec![0, 5]),
            Ok(vec![1, 2, 5]),
            Ok(vec![3, 5]),
            Ok(vec![5]),
            Err(ConditionError::Incomparable),
            Ok(vec![0, 5]),
        ];
        assert_eq!(routes.1, wanted);
    }

    #[test]
    fn codec_that_is_not_built_matters_only_to_who_writes_with_it() {
        let pipeline = pipeline(
            "output { stdout { codec => avro { schema_uri => 'x' } } s3 { bucket => 'b' } }",
        );
        let problem = pipeline.outputs()[0].encoder().expect_err("no encoder");
        assert!(problem.contains("`avro`"), "{problem}");
        assert!(pipeline.outputs()[1].encoder().is_ok());
    }
}
