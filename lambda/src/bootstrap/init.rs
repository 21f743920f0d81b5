//! The start: variables and files to a function that is ready for events.

use std::path::PathBuf;

use sawlog::{Order, Pipeline};
use sawlog_cli::args::{CompileArguments, ConfigArguments, EcsMode};
use sawlog_cli::pipeline::{self, Failure};
use sawlog_cli::{host, render};
use sawlog_lambda::{Function, Plan, Settings, Target, queue_request, queue_url};

use crate::aws::Aws;
use crate::config;
use crate::serve::Deadline;

/// The config, where `SAWLOG_CONFIG` names none.
const CONFIG: &str = "pipeline.conf";

/// A function that is ready, and what is worth telling before it begins.
pub(crate) struct Ready {
    pub(crate) function: Function,
    pub(crate) pipeline: Pipeline,
    pub(crate) settings: Settings,
    pub(crate) notices: Vec<String>,
    /// Where events go that are no answer.
    pub(crate) plan: Plan,
    /// The queue of messages about objects that are to be gone on with.
    pub(crate) continuation: Option<Target>,
    /// Nothing without credentials.
    pub(crate) aws: Option<Aws>,
}

impl Ready {
    /// Asks for the URLs of queues that the config names by name.
    ///
    /// # Errors
    /// Why one is not known.
    pub(crate) async fn find_queues(&mut self, clock: Deadline) -> Result<(), String> {
        for place in 0..self.plan.targets().count() {
            let target = self.plan.targets().nth(place);
            let Some(name) = target.and_then(Target::queue_name) else { continue };
            let problem = |why: &str| format!("the URL of the queue `{name}` is not known: {why}");
            let aws = self.aws.as_ref().ok_or_else(|| problem("there are no credentials"))?;
            let answer = aws.send(queue_request(name), clock).await;
            let (status, body) = answer.map_err(|error| problem(&error))?;
            let url = queue_url(&body).filter(|_| status == 200);
            let url = url.ok_or_else(|| problem(&String::from_utf8_lossy(&body)))?;
            self.plan.set_queue_url(place, url);
        }
        Ok(())
    }
}

/// Reads the config that the variables name and all that it asks for; relative paths start at the working directory, which
/// on Lambda is the package's.
///
/// # Errors
/// What is wrong, all of it, as text for the log.
pub(crate) async fn read(variable: &dyn Fn(&str) -> Option<String>) -> Result<Ready, String> {
    let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
    let settings = Settings::from_variables(&variable).map_err(|error| error.to_string())?;
    let ecs = match variable("SAWLOG_ECS").as_deref() {
        None | Some("v8") => EcsMode::V8,
        Some("v1") => EcsMode::V1,
        Some("disabled") => EcsMode::Disabled,
        Some(other) => {
            return Err(format!("`SAWLOG_ECS` is `{other}`; use one of `disabled`, `v1`, `v8`"));
        }
    };
    // Without credentials only what needs no service can be done: what does says so.
    let aws = Aws::from_variables(&variable);
    let mut config = PathBuf::from(variable("SAWLOG_CONFIG").unwrap_or_else(|| CONFIG.to_owned()));
    if let Some(place) = config.to_str().and_then(|config| config.strip_prefix("s3://")) {
        let aws = aws.as_ref().map_err(Clone::clone)?;
        config = config::fetch(aws, place, Deadline::of_start()).await?;
    }
    let config = ConfigArguments { config: Some(config), execute: None, grok: None };
    let compile = CompileArguments {
        ecs,
        timezone: Some(variable("SAWLOG_TIMEZONE").unwrap_or_else(|| "UTC".to_owned())),
        skip_unsupported: variable("SAWLOG_SKIP_UNSUPPORTED").is_some_and(|value| value == "true"),
        support_escapes: variable("SAWLOG_SUPPORT_ESCAPES").is_some_and(|value| value == "true"),
    };
    let compiled = pipeline::compile(&config, &compile, host::now());
    let pipeline = match compiled {
        Ok(compiled) => compiled.pipeline,
        Err(Failure::Argument(problem)) => return Err(problem),
        Err(Failure::Config(diagnostics)) => {
            return Err(render::text(&diagnostics, render::Style::Plain));
        }
    };
    let mut notices = Vec::new();
    if !pipeline.warnings().is_empty() {
        notices.push(render::text(pipeline.warnings(), render::Style::Plain));
    }
    if pipeline.order() == Order::Ordered {
        notices.push(
            "filters that keep something between events begin anew with each invocation".to_owned(),
        );
    }
    let (output, dead_letters) = (variable("SAWLOG_OUTPUT"), variable("SAWLOG_DEAD_LETTER"));
    let plan = Plan::new(&pipeline, output.as_deref(), dead_letters.as_deref());
    let plan = plan.map_err(|error| error.to_string())?;
    notices.extend_from_slice(plan.notices());
    let continuation =
        variable("SAWLOG_CONTINUATION_QUEUE").map(|queue_url| Target::Sqs { queue_url });
    if continuation.as_ref().is_some_and(|target| target.queue_name().is_some()) {
        return Err("`SAWLOG_CONTINUATION_QUEUE` is no URL of a queue".to_owned());
    }
    let is_remote = plan.targets().any(Target::is_remote);
    let aws = match aws {
        Ok(aws) => Some(aws.with_servers(&plan)?),
        Err(problem) if is_remote => return Err(problem),
        Err(_) => None,
    };
    let function = Function::with_plan(&pipeline, settings.clone(), &plan);
    let function = function.map_err(|error| error.to_string())?;
    Ok(Ready { function, pipeline, settings, notices, plan, continuation, aws })
}
