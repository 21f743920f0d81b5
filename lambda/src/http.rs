//! Requests through API Gateway, a load balancer or a function URL: lines in a body to NDJSON in an answer.
//!
//! ```json
//! {"statusCode":200,"headers":{"content-type":"application/x-ndjson"},"isBase64Encoded":false,"body":"{…}\n"}
//! ```
//! Source: the Lambda developer guide, "Request and response payloads" of function URLs.

use sawlog::{Tick, limits};

use crate::collector::{Collector, Tally};
use crate::engine::{self, Engine};
use crate::firehose::push_text;
use crate::metrics::{PayloadOutcome, Report};
use crate::settings::{OnFailure, Settings};
use crate::shape::HttpRequest;

/// Bytes of an answer beside its body.
const AROUND_BYTES: usize = 256;

/// Answers a request. Every request has an answer, the statuses are HTTP's.
pub(crate) fn run(
    request: &HttpRequest<'_>,
    engine: &mut Engine,
    collector: &mut Collector,
    settings: &Settings,
    tick: Tick,
    report: &mut Report,
) -> Vec<u8> {
    if !matches!(&*request.method, "POST" | "PUT") {
        return problem(405, "send lines by POST");
    }
    let mut decoded = Vec::new();
    let body = match &request.body {
        None => &[][..],
        Some(body) if !request.is_base64 => body.0.as_bytes(),
        Some(body) => match engine::decode_base64(&body.0, &mut decoded) {
            Ok(()) => &decoded,
            Err(error) => {
                report.count_payload(PayloadOutcome::Failed, Tally::default());
                return problem(400, &error.to_string());
            }
        },
    };
    collector.start(tick.now, settings.max_response_bytes.min(limits::LAMBDA_BATCH_BYTES));
    let tick = engine::payload_tick(tick, 0, None);
    let result = engine.run(body, &[], tick, collector);
    engine.finish(tick, collector);
    let tally = collector.tally();
    let answer = match result {
        Err(error) => Err((400, error.to_string())),
        Ok(()) if tally.failed > 0 && settings.on_failure == OnFailure::Fail => {
            Err((422, format!("a filter failed on {} events", tally.failed)))
        }
        Ok(()) if tally.refused > 0 => Err((422, format!("{} lines were refused", tally.refused))),
        Ok(()) => body_answer(collector, settings.max_response_bytes)
            .ok_or_else(|| (413, "the events are larger than an answer may be".to_owned())),
    };
    let outcome = match (&answer, tally.events) {
        (Err(_), _) => PayloadOutcome::Failed,
        (Ok(_), 0) => PayloadOutcome::Dropped,
        (Ok(_), _) => PayloadOutcome::Kept,
    };
    report.count_payload(outcome, tally);
    answer.unwrap_or_else(|(status, message)| problem(status, &message))
}

/// The events as an answer, trimmed if need be; nothing when they have no room.
fn body_answer(collector: &Collector, max_bytes: usize) -> Option<Vec<u8>> {
    let full = (!collector.is_full_over()).then(|| collector.full());
    full.into_iter().chain(collector.trimmed()).find_map(|events| {
        // Events are written as UTF-8.
        let body = core::str::from_utf8(events).ok()?;
        let mut out = Vec::with_capacity(events.len() + events.len() / 4 + AROUND_BYTES);
        push_answer(200, "application/x-ndjson", body, &mut out);
        (out.len() <= max_bytes).then_some(out)
    })
}

fn problem(status: u16, message: &str) -> Vec<u8> {
    let mut body = b"{\"error\":".to_vec();
    push_text(message, &mut body);
    body.push(b'}');
    let mut out = Vec::new();
    push_answer(status, "application/json", &String::from_utf8_lossy(&body), &mut out);
    out
}

fn push_answer(status: u16, content_type: &str, body: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"statusCode\":");
    out.extend_from_slice(status.to_string().as_bytes());
    out.extend_from_slice(b",\"headers\":{\"content-type\":");
    push_text(content_type, out);
    out.extend_from_slice(b"},\"isBase64Encoded\":false,\"body\":");
    push_text(body, out);
    out.push(b'}');
}
