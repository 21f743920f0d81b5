//! Sends events on: a batch to requests, and what came of them to the events that are still to be sent.
//!
//! ```text
//! poll -> Request -> handle_response (some of its events were refused) -> poll -> WaitUntil -> poll -> Request (these only) …
//! ```
//! A state machine without network and clock: the host signs and sends a request and tells what it got. Events that were
//! taken are never sent again; when nobody knows whether they were (the connection broke), they are. The order of attempts is
//! [`sawlog::protocol::outbox`]'s.

mod aws;
mod search;
mod shipment;
mod target;

use std::time::Duration;

use sawlog::Timestamp;
use sawlog::protocol::outbox::{self, Outbox, Refused};

use crate::batch::Batch;

pub use aws::{object_path, queue_request, queue_url};
pub use shipment::{Shipment, Shipped};
pub use target::{Authorization, Elasticsearch, ObjectName, Target};

/// A request to be signed and sent, in the region of the function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The service's name, as in its host name and in signatures; empty when the request is not signed.
    pub service: &'static str,
    /// `POST` or `PUT`.
    pub method: &'static str,
    /// Scheme and host; the service's own of the region unless there.
    pub host: Option<String>,
    /// The path, encoded: `/`, or bucket and key.
    pub path: String,
    /// The header `x-amz-target`, for services that have it.
    pub action: Option<&'static str>,
    /// The header `content-type`.
    pub content_type: &'static str,
    /// Further headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The longest time for which an answer is waited for; the host's choice unless there.
    pub timeout: Option<Duration>,
    /// The body.
    pub body: Vec<u8>,
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing: every event was taken, or is among [`Sender::unsent`] or [`Sender::refused`].
    Done,
    /// Send this, then tell what came back.
    Send(Request),
    /// Wait, then ask again.
    WaitUntil(Timestamp),
    /// Write this to standard output, then tell by [`Sender::handle_written`].
    Write(Vec<u8>),
}

/// Sends a batch to a target.
#[derive(Debug)]
pub struct Sender<'a> {
    target: &'a Target,
    batch: Batch,
    outbox: Outbox,
    /// When the batch began to be sent.
    started: Timestamp,
    seed: u64,
    requests: usize,
}

impl<'a> Sender<'a> {
    /// Begins to send all events of a batch. The times between attempts derive from `seed`.
    pub fn new(target: &'a Target, batch: Batch, started: Timestamp, seed: u64) -> Self {
        let mut unfit = Vec::new();
        let mut fit: Vec<usize> = (0..batch.ends.len()).collect();
        fit.retain(|event| {
            let why = target::unfit(target, batch.event(*event), batch.key(*event));
            unfit.extend(why.map(|why| (*event, why)));
            why.is_none()
        });
        if matches!(target, Target::S3 { .. }) {
            // An object has events of one key; within it they keep their order.
            fit.sort_by(|one, other| batch.key(*one).cmp(&batch.key(*other)));
        }
        let mut outbox = Outbox::new(fit, seed);
        for (event, why) in unfit {
            outbox.refuse(event, why);
        }
        Self { target, batch, outbox, started, seed, requests: 0 }
    }

    /// Tells what is to be done.
    pub fn poll(&mut self, now: Timestamp) -> Step {
        match self.outbox.poll(now) {
            outbox::Step::Done => Step::Done,
            outbox::Step::WaitUntil(until) => Step::WaitUntil(until),
            outbox::Step::Send => {
                let waiting = self.outbox.waiting();
                let (step, count) = match self.target {
                    Target::StandardOutput => {
                        let events = waiting.iter().map(|event| self.batch.event(*event));
                        (Step::Write(events.collect::<Vec<_>>().concat()), waiting.len())
                    }
                    Target::Elasticsearch(server) => {
                        #[expect(clippy::cast_possible_truncation, reason = "any bits will do")]
                        let turn = (self.seed as usize).wrapping_add(self.requests);
                        let (request, count) = search::request(server, &self.batch, waiting, turn);
                        (Step::Send(request), count)
                    }
                    target => {
                        let (request, count) =
                            aws::request(target, &self.batch, waiting, self.started);
                        (Step::Send(request), count)
                    }
                };
                self.requests += 1;
                self.outbox.begin(count);
                step
            }
        }
    }

    /// Takes the answer to the last request.
    pub fn handle_response(&mut self, status: u16, body: &[u8], now: Timestamp) {
        let entries = self.outbox.sent();
        let reply = match self.target {
            Target::Elasticsearch(server) => {
                sawlog::protocol::bulk::reply(status, body, entries, &server.refusals)
            }
            target => aws::reply(target, entries, status, body),
        };
        self.outbox.handle(reply, now);
    }

    /// Takes the news that the last request has no answer.
    pub fn handle_failure(&mut self, reason: &str, now: Timestamp) {
        self.outbox.handle(outbox::Reply::Later(reason.to_owned()), now);
    }

    /// Takes the news whether standard output took what it was given.
    pub fn handle_written(&mut self, is_written: bool, now: Timestamp) {
        self.outbox.handle(
            if is_written {
                outbox::Reply::Entries(Vec::new())
            } else {
                outbox::Reply::Never("standard output cannot be written".to_owned())
            },
            now,
        );
    }

    /// Gives up: what waits stays unsent.
    pub fn give_up(&mut self) {
        self.outbox.give_up("no time was left");
    }

    /// The events that were not taken and may be another time, as places in the batch, in order.
    pub fn unsent(&self) -> Vec<usize> {
        self.outbox.unsent()
    }

    /// The events that will never be taken, as places in the batch.
    pub fn refused(&self) -> &[Refused] {
        self.outbox.refused()
    }

    /// Why the first event that was not taken was not.
    pub fn problem(&self) -> Option<&str> {
        self.outbox.problem()
    }

    /// The events.
    pub fn batch(&self) -> &Batch {
        &self.batch
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn batch(count: usize) -> Batch {
        let mut batch = Batch::default();
        for at in 0..count {
            batch.bytes.extend_from_slice(format!("{{\"n\":{at}}}\n").as_bytes());
            batch.ends.push(batch.bytes.len());
        }
        batch
    }

    fn firehose() -> Target {
        Target::Firehose { stream: "logs".to_owned() }
    }

    /// The events of a request to Firehose.
    fn records(request: &Request) -> Vec<Vec<u8>> {
        let body: serde_json::Value = serde_json::from_slice(&request.body).expect("JSON");
        let records = body["Records"].as_array().expect("a list");
        records
            .iter()
            .map(|one| {
                let data = one["Data"].as_str().expect("a text");
                base64_simd::STANDARD.decode_to_vec(data).expect("base64")
            })
            .collect()
    }

    fn taken(count: usize, refused: &[usize]) -> Vec<u8> {
        let responses: Vec<serde_json::Value> = (0..count)
            .map(|at| if refused.contains(&at) { serde_json::json!({ "ErrorCode": "ServiceUnavailableException", "ErrorMessage": "slow" }) } else { serde_json::json!({ "RecordId": "r" }) })
            .collect();
        serde_json::json!({ "FailedPutCount": refused.len(), "RequestResponses": responses })
            .to_string()
            .into_bytes()
    }

    fn send(step: Step) -> Request {
        match step {
            Step::Send(request) => request,
            other => panic!("no request but {other:?}"),
        }
    }

    #[test]
    fn only_refused_events_are_sent_again() {
        let (target, batch) = (firehose(), batch(4));
        let mut sender = Sender::new(&target, batch, Timestamp::UNIX_EPOCH, 1);
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(records(&send(sender.poll(now))).len(), 4);
        sender.handle_response(200, &taken(4, &[1, 3]), now);
        let Step::WaitUntil(until) = sender.poll(now) else { panic!("a pause") };
        assert!(until > now);
        let again = records(&send(sender.poll(until)));
        assert_eq!(again, [b"{\"n\":1}\n", b"{\"n\":3}\n"]);
        sender.handle_response(200, &taken(2, &[]), until);
        assert_eq!(
            (sender.poll(until), sender.unsent(), sender.problem()),
            (Step::Done, vec![], None)
        );
    }

    #[test]
    fn lost_connection_and_errors_of_the_service_are_tried_again_and_not_for_ever() {
        let (target, batch) = (firehose(), batch(2));
        let mut sender = Sender::new(&target, batch, Timestamp::UNIX_EPOCH, 1);
        let mut now = Timestamp::UNIX_EPOCH;
        let mut requests = 0;
        loop {
            match sender.poll(now) {
                Step::Done | Step::Write(_) => break,
                Step::WaitUntil(until) => now = until,
                Step::Send(_) => {
                    requests += 1;
                    match requests % 3 {
                        0 => sender.handle_failure("the connection was reset", now),
                        1 => sender.handle_response(500, b"", now),
                        _ => sender.handle_response(429, b"{}", now),
                    }
                }
            }
        }
        assert_eq!(requests, sawlog::limits::SEND_ATTEMPTS);
        assert_eq!(sender.unsent(), [0, 1]);
        assert!(sender.problem().is_some());
    }

    #[test]
    fn denied_request_is_the_last() {
        let (target, batch) = (firehose(), batch(700));
        let mut sender = Sender::new(&target, batch, Timestamp::UNIX_EPOCH, 1);
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(records(&send(sender.poll(now))).len(), 500);
        let denied = br#"{"__type":"AccessDeniedException","Message":"not authorized"}"#;
        sender.handle_response(400, denied, now);
        assert_eq!((sender.poll(now), sender.unsent().len()), (Step::Done, 700));
        assert_eq!(sender.problem(), Some("AccessDeniedException: not authorized"));
    }

    #[test]
    fn event_that_is_too_large_is_refused_and_the_others_sent() {
        let (target, mut batch) = (firehose(), batch(1));
        batch.bytes.extend(vec![b'x'; 2 << 20]);
        batch.ends.push(batch.bytes.len());
        let mut sender = Sender::new(&target, batch.clone(), Timestamp::UNIX_EPOCH, 1);
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(records(&send(sender.poll(now))).len(), 1);
        sender.handle_response(200, &taken(1, &[]), now);
        assert_eq!((sender.poll(now), sender.unsent()), (Step::Done, vec![]));
        assert_eq!(sender.refused()[0].entry, 1);
    }

    #[test]
    fn event_that_one_service_does_not_take_does_not_hold_up_the_others() {
        let long = "k".repeat(1_100);
        let name = ObjectName { prefix: None, ending: ".txt", is_packed: false };
        let bucket = Target::S3 { bucket: "b".to_owned(), name };
        let queue = Target::Sqs { queue_url: "https://q/1/logs".to_owned() };
        for (target, bad, key, why) in [
            (&bucket, "x\n", Some(&*long), "the object's name would be longer than 1024 bytes"),
            (&queue, "\n", None, "a message of SQS cannot be empty"),
        ] {
            let mut batch = Batch::default();
            batch.bytes.extend_from_slice(bad.as_bytes());
            batch.end_event(0, key, 0);
            batch.bytes.extend_from_slice(b"good\n");
            batch.end_event(1, Some("k"), 1);
            let mut sender = Sender::new(target, batch, Timestamp::UNIX_EPOCH, 1);
            let now = Timestamp::UNIX_EPOCH;
            let request = send(sender.poll(now));
            assert!(request.body.windows(4).any(|bytes| bytes == b"good"));
            sender.handle_response(200, br#"{"Successful":[{"Id":"0"}]}"#, now);
            assert_eq!((sender.poll(now), sender.unsent()), (Step::Done, vec![]));
            assert_eq!(sender.refused(), [Refused { entry: 0, reason: why.to_owned() }]);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: proptest::test_runner::RngSeed::Fixed(55),
            cases: 64,
            ..ProptestConfig::default()
        })]

        /// A service that takes some, refuses some, fails now and then: each event is taken once, or is unsent.
        #[test]
        fn each_event_is_taken_once_or_unsent(count in 0usize..1200, draws in proptest::collection::vec(any::<usize>(), 40)) {
            let (target, batch) = (firehose(), batch(count));
            let mut sender = Sender::new(&target, batch, Timestamp::UNIX_EPOCH, 9);
            let mut now = Timestamp::UNIX_EPOCH;
            let mut times = vec![0; count];
            let mut draws = draws.into_iter().cycle();
            loop {
                match sender.poll(now) {
                    Step::Done => break,
                    Step::Write(_) => prop_assert!(false, "a service writes nothing"),
                    Step::WaitUntil(until) => now = until,
                    Step::Send(request) => {
                        let events = records(&request);
                        prop_assert!(events.len() <= 500);
                        let draw: usize = draws.next().expect("endless");
                        if draw.is_multiple_of(5) {
                            sender.handle_response(503, b"", now);
                            continue;
                        }
                        let refused: Vec<usize> =
                            (0..events.len()).filter(|at| (at ^ draw).is_multiple_of(7)).collect();
                        for (at, event) in events.iter().enumerate().filter(|(at, _)| !refused.contains(at)) {
                            let event: serde_json::Value = serde_json::from_slice(event).expect("JSON");
                            times[usize::try_from(event["n"].as_u64().expect("a number")).expect("small")] += 1;
                            let _ = at;
                        }
                        sender.handle_response(200, &taken(events.len(), &refused), now);
                    }
                }
            }
            let unsent = sender.unsent();
            for (event, times) in times.iter().enumerate() {
                prop_assert_eq!(*times, usize::from(!unsent.contains(&event)), "event {}", event);
            }
        }
    }
}
