//! Bytes as what a destination answers to each request: sending comes to an end, and each event is taken, unsent or refused, never
//! two of these; of a request that failed as a whole nothing counts as taken.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sawlog::Timestamp;
use sawlog_lambda::{Batch, Elasticsearch, ObjectName, Sender, Step, Target};

const EVENTS: usize = 23;
/// Far above what halving and repeating may take of so few events.
const MAX_REQUESTS: usize = 2_000;

fn target(choice: u8) -> Target {
    match choice % 5 {
        0 => {
            let mut server =
                Elasticsearch { hosts: vec!["http://a".to_owned()], ..Default::default() };
            server.refusals.dropped_types = vec!["x".to_owned()];
            Target::Elasticsearch(Box::new(server))
        }
        1 => Target::Firehose { stream: "s".to_owned() },
        2 => Target::Kinesis { stream: "s".to_owned() },
        3 => {
            let name = ObjectName { prefix: None, ending: ".txt", is_packed: false };
            Target::S3 { bucket: "b".to_owned(), name }
        }
        _ => Target::Sqs { queue_url: "https://q/1/a.fifo".to_owned() },
    }
}

fuzz_target!(|data: &[u8]| {
    let [choice, status, body @ ..] = data else { return };
    let target = target(*choice);
    let status = [200, 201, 400, 403, 404, 409, 413, 429, 500, 503][usize::from(*status) % 10];
    let mut batch = Batch::default();
    for at in 0..EVENTS {
        batch.bytes.extend_from_slice(format!("{{\"n\":{at}}}\n").as_bytes());
        batch.ends.push(batch.bytes.len());
    }
    let mut sender = Sender::new(&target, batch, Timestamp::UNIX_EPOCH, 1);
    let mut now = Timestamp::UNIX_EPOCH;
    let mut requests = 0;
    loop {
        match sender.poll(now) {
            Step::Done => break,
            Step::WaitUntil(until) => {
                assert!(until > now);
                now = until;
            }
            Step::Write(_) => panic!("a service writes nothing"),
            Step::Send(request) => {
                assert!(!request.body.is_empty());
                requests += 1;
                assert!(requests < MAX_REQUESTS);
                sender.handle_response(status, body, now);
            }
        }
    }
    let unsent = sender.unsent();
    let mut told = [0; EVENTS];
    unsent.iter().for_each(|event| told[*event] += 1);
    sender.refused().iter().for_each(|refused| told[refused.entry] += 1);
    assert!(told.iter().all(|times| *times <= 1));
    let is_whole = told.iter().all(|times| *times == 1);
    assert!(is_whole || (200..300).contains(&status), "status {status}");
    assert_eq!(told.contains(&1), sender.problem().is_some());
});
