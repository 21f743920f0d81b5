//! Serves events: from Lambda's runtime interface to the library and back, byte for byte.

use std::cell::RefCell;
use std::future::Future;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http::{HeaderValue, Request};
use lambda_runtime::tower::{Layer, Service};
use lambda_runtime::{Error, LambdaEvent, LambdaInvocation, Runtime, service_fn};
use lambda_runtime_api_client::body::Body;
use lambda_runtime_api_client::{PooledClient, build_request};
use sawlog::{Tick, Timestamp};
use sawlog_cli::host;
use sawlog_lambda::{Function, Need, Report, write_metrics};
use serde_json::json;
use xxhash_rust::xxh3::xxh3_64;

use crate::deliver;
use crate::init::Ready;

/// Milliseconds of an invocation that are left for the answer.
const RESERVE_MS: u64 = 1_000;

/// Milliseconds that the start may take.
const START_MS: u64 = 10_000;

/// Serves events until the environment is taken away.
pub(crate) async fn run(ready: Ready) -> Result<(), Error> {
    for notice in &ready.notices {
        log(notice);
    }
    let name = std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default();
    let client = PooledClient::builder().build();
    let host = Rc::new(Host { ready: RefCell::new(Some(ready)), name, client });
    // The handler is never asked: it would get the event as a value and give the answer as one.
    let unused = service_fn(|_: LambdaEvent<serde::de::IgnoredAny>| async { Ok::<(), Error>(()) });
    Runtime::new(unused).layer(Bytes(host)).run().await
}

/// Tells Lambda that the function cannot start.
pub(crate) async fn report_start(problem: &str) -> Result<(), Error> {
    let client = PooledClient::builder().build();
    let first = problem.lines().next().unwrap_or_default();
    let uri = "/2018-06-01/runtime/init/error";
    client.call(request(uri, None, Err(failure("Config", first)))?).await?;
    Err("it cannot be started".into())
}

/// Appends a text to the log.
pub(crate) fn log(text: &str) {
    // Nobody is left to tell when the log is gone.
    let _ = writeln!(std::io::stderr(), "{}", text.trim_end());
}

/// What serves events.
struct Host {
    ready: RefCell<Option<Ready>>,
    name: String,
    client: PooledClient,
}

/// Puts the host in the place of the services that turn events into values and answers into JSON.
struct Bytes(Rc<Host>);

impl<S> Layer<S> for Bytes {
    type Service = Handler;

    fn layer(&self, _: S) -> Handler {
        Handler(Rc::clone(&self.0))
    }
}

/// Answers invocations.
struct Handler(Rc<Host>);

impl Service<LambdaInvocation> for Handler {
    type Response = ();
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let host = Rc::clone(&self.0);
        Box::pin(async move { host.serve(invocation).await })
    }
}

impl Host {
    async fn serve(&self, invocation: LambdaInvocation) -> Result<(), Error> {
        let LambdaInvocation { parts, body, context } = invocation;
        let answer = self.answer(&body, context.deadline).await;
        let end = if answer.is_ok() { "response" } else { "error" };
        let uri = format!("/2018-06-01/runtime/invocation/{}/{end}", context.request_id);
        let id = parts.headers.get("lambda-runtime-invocation-id");
        let response = self.client.call(request(&uri, id, answer)?).await?;
        if !response.status().is_success() {
            log(&format!("Lambda took the answer with status {}", response.status()));
        }
        Ok(())
    }

    /// Answers an event, or says why it has no answer.
    async fn answer(&self, event: &[u8], deadline_ms: u64) -> Result<Vec<u8>, Vec<u8>> {
        let started = Instant::now();
        let Some(mut ready) = self.ready.take() else {
            return Err(failure("Fault", "an invocation came before the last was answered"));
        };
        // Equal events give equal answers, also when they are sent again.
        let tick = Tick { now: host::now(), seed: xxh3_64(event) };
        let clock = Deadline::new(deadline_ms);
        let done = catch_unwind(AssertUnwindSafe(|| {
            let sending = deliver::sending(clock);
            ready.function.start(event, tick, &mut |need| match need {
                Need::Answer => clock.has_time(),
                Need::Delivery => clock.left() > sending,
            })
        }));
        let answer = match done {
            Ok(Ok(job)) => deliver::run(job, &mut ready, tick, clock).await,
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => {
                // What a fault leaves behind is not gone on with.
                if let Ok(function) =
                    Function::with_plan(&ready.pipeline, ready.settings.clone(), &ready.plan)
                {
                    ready.function = function;
                }
                Err("sawlog has a fault: please report it with the event".to_owned())
            }
        };
        let report = ready.function.take_report();
        self.ready.replace(Some(ready));
        self.tell(&report, started);
        answer.map_err(|error| {
            log(&error);
            failure("Invocation", &error)
        })
    }

    /// Writes what went wrong and the metrics to the log.
    fn tell(&self, report: &Report, started: Instant) {
        for note in &report.notes {
            log(&format!("failed: {note}"));
        }
        let mut metrics = Vec::new();
        let duration_ms = started.elapsed().as_secs_f64() * 1000.0;
        write_metrics(report, &self.name, host::now(), duration_ms, &mut metrics);
        // As for the log.
        let _ = std::io::stdout().write_all(&metrics);
    }
}

/// When an invocation must be answered.
#[derive(Clone, Copy)]
pub(crate) struct Deadline(u64);

impl Deadline {
    /// Makes a deadline of what the runtime interface says: milliseconds since 1970, or, of cargo-lambda's emulator, from now.
    fn new(deadline_ms: u64) -> Self {
        let is_duration = deadline_ms < LEAST_TIME_MS;
        Self(if is_duration { now_ms().saturating_add(deadline_ms) } else { deadline_ms })
    }

    /// Whether there is time for more than the answer.
    pub(crate) fn has_time(self) -> bool {
        !self.left().is_zero()
    }

    /// The deadline of the start, which Lambda ends after ten seconds.
    pub(crate) fn of_start() -> Self {
        Self(now_ms().saturating_add(START_MS))
    }

    /// Waits, and no longer than there is time.
    pub(crate) async fn wait(self, until: Timestamp) {
        let left_ms = until.to_millis().saturating_sub(host::now().to_millis());
        let left_ms = u64::try_from(left_ms).unwrap_or(0).max(1);
        tokio::time::sleep(Duration::from_millis(left_ms).min(self.left())).await;
    }

    /// The time that is left before the answer must be given.
    pub(crate) fn left(self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(now_ms().saturating_add(RESERVE_MS)))
    }
}

/// A time in 2001: what is less is no time but a duration.
const LEAST_TIME_MS: u64 = 1_000_000_000_000;

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The body of an error, as Lambda has it.
fn failure(kind: &str, message: &str) -> Vec<u8> {
    json!({ "errorType": format!("Sawlog.{kind}"), "errorMessage": message })
        .to_string()
        .into_bytes()
}

/// A request to the runtime interface.
fn request(
    uri: &str,
    invocation: Option<&HeaderValue>,
    body: Result<Vec<u8>, Vec<u8>>,
) -> Result<Request<Body>, Error> {
    let mut builder = build_request().method("POST").uri(uri);
    if let Some(id) = invocation {
        builder = builder.header("lambda-runtime-invocation-id", id);
    }
    if body.is_err() {
        builder = builder.header("lambda-runtime-function-error-type", "Sawlog");
    }
    let (Ok(bytes) | Err(bytes)) = body;
    Ok(builder.body(Body::from(bytes))?)
}
