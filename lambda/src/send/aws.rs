//! The requests of the services that take batches of entries, and their answers.
//!
//! Sources: the API references of Firehose (`PutRecordBatch`), Kinesis (`PutRecords`) and SQS (`SendMessageBatch`, the AWS JSON
//! protocol).

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sawlog::Timestamp;
use sawlog::protocol::outbox::{Refusal, Reply};
use serde::Deserialize;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed, xxh3_128_with_seed};

use super::target::{KEY_CHARACTERS, ObjectName, Target, bounds, counted_bytes};
use super::{Batch, Request};
use crate::firehose::{compress, push_text};

/// A request with as many of the waiting events as it may have, and their number.
pub(super) fn request(
    target: &Target,
    batch: &Batch,
    waiting: &[usize],
    started: Timestamp,
) -> (Request, usize) {
    let bounds = bounds(target);
    let mut bytes = 0;
    let count = waiting
        .iter()
        .take(bounds.entries)
        .take_while(|place| {
            bytes += counted_bytes(target, batch.event(**place).len());
            bytes <= bounds.bytes
        })
        .count()
        // Each event fits by itself.
        .max(1);
    if let Target::S3 { bucket, name } = target {
        let key = waiting.first().and_then(|place| batch.key(*place));
        let places = waiting.iter().copied().take_while(|place| batch.key(*place) == key);
        let events: Vec<&[u8]> = places.clone().map(|place| batch.event(place)).collect();
        let origin = places
            .fold(0, |seed, place| xxh3_64_with_seed(&batch.origin(place).to_le_bytes(), seed));
        return (object(bucket, name, key, &events.concat(), origin, started), events.len());
    }
    let events = waiting.iter().take(count).map(|place| (batch.event(*place), batch.key(*place)));
    let mut body = Vec::with_capacity(bytes * 4 / 3 + count * 64 + 256);
    let (service, action, content_type) = match target {
        Target::Firehose { stream } => {
            body.extend_from_slice(b"{\"DeliveryStreamName\":");
            push_text(stream, &mut body);
            body.extend_from_slice(b",\"Records\":[");
            push_entries(events, &mut body, |_, event, _, body| {
                body.extend_from_slice(b"{\"Data\":\"");
                base64_simd::STANDARD.encode_append(event, body);
                body.extend_from_slice(b"\"}");
            });
            ("firehose", "Firehose_20150804.PutRecordBatch", JSON_1_1)
        }
        Target::Kinesis { stream } => {
            body.extend_from_slice(b"{\"StreamName\":");
            push_text(stream, &mut body);
            body.extend_from_slice(b",\"Records\":[");
            push_entries(events, &mut body, |_, event, key, body| {
                body.extend_from_slice(b"{\"Data\":\"");
                base64_simd::STANDARD.encode_append(event, body);
                body.extend_from_slice(b"\",\"PartitionKey\":");
                push_text(&short_key(key, event, KEY_CHARACTERS), body);
                body.push(b'}');
            });
            ("kinesis", "Kinesis_20131202.PutRecords", JSON_1_1)
        }
        // S3 was returned above, the others have requests of their own.
        Target::Elasticsearch(_) | Target::S3 { .. } | Target::StandardOutput => ("", "", ""),
        Target::Sqs { queue_url } => {
            let is_fifo = queue_url.rsplit('.').next() == Some("fifo");
            body.extend_from_slice(b"{\"QueueUrl\":");
            push_text(queue_url, &mut body);
            body.extend_from_slice(b",\"Entries\":[");
            push_entries(events, &mut body, |at, event, key, body| {
                let text = event.strip_suffix(b"\n").unwrap_or(event);
                body.extend_from_slice(format!("{{\"Id\":\"{at}\",\"MessageBody\":").as_bytes());
                push_text(&String::from_utf8_lossy(text), body);
                if is_fifo {
                    body.extend_from_slice(b",\"MessageGroupId\":");
                    push_text(key.filter(|key| is_group(key)).unwrap_or("sawlog"), body);
                    // SQS drops what has the id of another: equal events of different origin have different ones.
                    let origin = waiting.get(at).map_or(0, |place| batch.origin(*place));
                    let id = xxh3_64_with_seed(event, origin);
                    let id = format!(",\"MessageDeduplicationId\":\"{id:016x}\"");
                    body.extend_from_slice(id.as_bytes());
                }
                body.push(b'}');
            });
            ("sqs", "AmazonSQS.SendMessageBatch", JSON_1_0)
        }
    };
    body.extend_from_slice(b"]}");
    let (method, path, action) = ("POST", "/".to_owned(), Some(action));
    let (host, headers, timeout) = (None, Vec::new(), None);
    (Request { service, method, host, path, action, content_type, headers, timeout, body }, count)
}

/// The key of an event for a service that takes so many characters: a longer one by its hash.
fn short_key<'a>(key: Option<&'a str>, event: &[u8], characters: usize) -> Cow<'a, str> {
    match key {
        Some(key) if !key.is_empty() && key.chars().count() <= characters => Cow::Borrowed(key),
        key => {
            let bytes = key.filter(|key| !key.is_empty()).map_or(event, str::as_bytes);
            Cow::Owned(format!("{:016x}", xxh3_64(bytes)))
        }
    }
}

/// Whether SQS takes a text as the name of a message group.
fn is_group(key: &str) -> bool {
    (1..=128).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What stands in a path as it is.
const PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The path of an object, encoded: `/bucket/key`.
pub fn object_path(bucket: &str, key: &str) -> String {
    format!("/{}/{}", utf8_percent_encode(bucket, PATH), utf8_percent_encode(key, PATH))
}

/// A request that writes events as one object. Its name comes from the events and from where they came from: it is the same when
/// they are sent again, and another for equal events that are not the same.
fn object(
    bucket: &str,
    name: &ObjectName,
    key: Option<&str>,
    events: &[u8],
    origin: u64,
    started: Timestamp,
) -> Request {
    let hash = xxh3_128_with_seed(events, origin);
    let key = match &name.prefix {
        Some(prefix) => {
            let mut time = String::new();
            started.push_iso(&mut time);
            let hour = time.get(..13).unwrap_or_default().replace(['-', 'T'], "/");
            format!("{prefix}{hour}/{hash:032x}{}", name.ending)
        }
        // Logstash's names, with a hash for its random part.
        None => format!("{}ls.s3.{hash:032x}{}", key.unwrap_or_default(), name.ending),
    };
    let mut body = Vec::new();
    let content_type = if name.is_packed {
        compress(events, &mut body);
        "application/gzip"
    } else {
        body.extend_from_slice(events);
        "text/plain"
    };
    Request {
        service: "s3",
        method: "PUT",
        host: None,
        path: object_path(bucket, &key),
        action: None,
        content_type,
        headers: Vec::new(),
        timeout: None,
        body,
    }
}

/// The request for the URL of a queue, by its name or by `ACCOUNT/NAME`.
pub fn queue_request(name: &str) -> Request {
    let mut body = b"{\"QueueName\":".to_vec();
    let (account, name) = name.split_once('/').map_or((None, name), |(a, name)| (Some(a), name));
    push_text(name, &mut body);
    if let Some(account) = account {
        body.extend_from_slice(b",\"QueueOwnerAWSAccountId\":");
        push_text(account, &mut body);
    }
    body.push(b'}');
    Request {
        service: "sqs",
        method: "POST",
        host: None,
        path: "/".to_owned(),
        action: Some("AmazonSQS.GetQueueUrl"),
        content_type: JSON_1_0,
        headers: Vec::new(),
        timeout: None,
        body,
    }
}

/// The URL in the answer to [`queue_request`].
pub fn queue_url(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(rename = "QueueUrl")]
        url: String,
    }
    serde_json::from_slice::<Answer>(body).ok().map(|answer| answer.url)
}

const JSON_1_0: &str = "application/x-amz-json-1.0";
const JSON_1_1: &str = "application/x-amz-json-1.1";

fn push_entries<'a>(
    events: impl Iterator<Item = (&'a [u8], Option<&'a str>)>,
    body: &mut Vec<u8>,
    push: impl Fn(usize, &[u8], Option<&str>, &mut Vec<u8>),
) {
    for (at, (event, key)) in events.enumerate() {
        if at > 0 {
            body.push(b',');
        }
        push(at, event, key, body);
    }
}

/// Reads an answer to a request of so many entries.
pub(super) fn reply(target: &Target, entries: usize, status: u16, body: &[u8]) -> Reply {
    if let Target::S3 { .. } = target {
        return object_reply(entries, status, body);
    }
    if status != 200 {
        let error: ServiceError = serde_json::from_slice(body).unwrap_or_default();
        let kind = error.kind.as_deref().unwrap_or_default();
        let kind = kind.rsplit('#').next().unwrap_or_default();
        let is_passing = matches!(status, 408 | 429 | 500..) || is_passing(kind);
        let reason = match (kind, &error.message) {
            ("", _) => format!("status {status}"),
            (kind, Some(message)) => format!("{kind}: {message}"),
            (kind, None) => kind.to_owned(),
        };
        return match kind {
            _ if is_passing => Reply::Later(reason),
            // One entry may be at fault.
            "BatchRequestTooLong" | "InvalidMessageContents" => Reply::Unfit(reason),
            _ => Reply::Never(reason),
        };
    }
    let refused = match target {
        Target::Firehose { .. } | Target::Kinesis { .. } => of_records(body, entries),
        Target::Elasticsearch(_) | Target::S3 { .. } | Target::StandardOutput => Some(Vec::new()),
        Target::Sqs { .. } => of_messages(body, entries),
    };
    match refused {
        Some(refused) => Reply::Entries(refused),
        // Nobody knows what became of the entries.
        None => Reply::Later("the answer of the service cannot be read".to_owned()),
    }
}

/// Reads the answer to the request for an object of so many events.
///
/// Source: the API reference of S3, "Error responses".
fn object_reply(events: usize, status: u16, body: &[u8]) -> Reply {
    if status == 200 {
        return Reply::Entries(Vec::new());
    }
    let text = String::from_utf8_lossy(body);
    let element = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        Some(rest.split_once("</")?.0)
    };
    let code = element("Code").unwrap_or_default();
    let reason = match (code, element("Message")) {
        ("", _) => format!("status {status}"),
        (code, Some(message)) => format!("{code}: {message}"),
        (code, None) => code.to_owned(),
    };
    match code {
        // With the status 400 or 409, and over when it is tried again.
        "BadDigest" | "IncompleteBody" | "OperationAborted" | "RequestTimeout" => {
            Reply::Later(reason)
        }
        // The name is that of all of its events.
        "InvalidObjectName" | "InvalidURI" | "KeyTooLongError" => Reply::Entries(
            (0..events)
                .map(|at| (at, Refusal { reason: reason.clone(), is_passing: false }))
                .collect(),
        ),
        "EntityTooLarge" => Reply::Unfit(reason),
        _ if matches!(status, 408 | 429 | 500..) => Reply::Later(reason),
        _ => Reply::Never(reason),
    }
}

/// Whether an error goes away by itself.
fn is_passing(kind: &str) -> bool {
    const KINDS: [&str; 10] = [
        "InternalError",
        "InternalFailure",
        "KMSThrottlingException",
        "KmsThrottled",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestThrottled",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "ThrottlingException",
    ];
    KINDS.contains(&kind)
}

/// The entries that Firehose or Kinesis did not take; nothing when the answer does not tell of each.
fn of_records(body: &[u8], entries: usize) -> Option<Vec<(usize, Refusal)>> {
    let answer: RecordsAnswer = serde_json::from_slice(body).ok()?;
    (answer.records.len() == entries).then(|| {
        let records = answer.records.into_iter().enumerate();
        records
            .filter_map(|(at, record)| {
                let code = record.code?;
                let message = record.message.unwrap_or_default();
                let is_passing = is_passing(&code) || code == "InternalFailure";
                Some((at, Refusal { reason: format!("{code}: {message}"), is_passing }))
            })
            .collect()
    })
}

/// The entries that SQS did not take; nothing when the answer does not tell of each.
fn of_messages(body: &[u8], entries: usize) -> Option<Vec<(usize, Refusal)>> {
    let answer: MessagesAnswer = serde_json::from_slice(body).ok()?;
    let mut is_told = vec![false; entries];
    let ids = answer.taken.iter().map(|entry| &entry.id);
    for id in ids.chain(answer.refused.iter().map(|entry| &entry.id)) {
        let place: usize = id.parse().ok()?;
        if core::mem::replace(is_told.get_mut(place)?, true) {
            return None;
        }
    }
    if is_told.contains(&false) {
        return None;
    }
    let refused = answer.refused.into_iter().map(|entry| {
        let at = entry.id.parse().ok()?;
        let reason = format!("{}: {}", entry.code, entry.message.unwrap_or_default());
        let is_passing = !entry.is_senders_fault || is_passing(&entry.code);
        Some((at, Refusal { reason, is_passing }))
    });
    refused.collect()
}

#[derive(Default, Deserialize)]
struct ServiceError {
    #[serde(rename = "__type")]
    kind: Option<String>,
    #[serde(rename = "message", alias = "Message")]
    message: Option<String>,
}

#[derive(Deserialize)]
struct RecordsAnswer {
    #[serde(rename = "Records", alias = "RequestResponses")]
    records: Vec<RecordAnswer>,
}

#[derive(Deserialize)]
struct RecordAnswer {
    #[serde(rename = "ErrorCode")]
    code: Option<String>,
    #[serde(rename = "ErrorMessage")]
    message: Option<String>,
}

#[derive(Deserialize)]
struct MessagesAnswer {
    #[serde(rename = "Successful", default)]
    taken: Vec<TakenMessage>,
    #[serde(rename = "Failed", default)]
    refused: Vec<MessageAnswer>,
}

#[derive(Deserialize)]
struct TakenMessage {
    #[serde(rename = "Id")]
    id: String,
}

#[derive(Deserialize)]
struct MessageAnswer {
    #[serde(rename = "Id")]
    id: String,
    #[serde(rename = "Code")]
    code: String,
    #[serde(rename = "Message")]
    message: Option<String>,
    #[serde(rename = "SenderFault", default)]
    is_senders_fault: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn batch(events: &[&str]) -> Batch {
        let mut batch = Batch::default();
        for event in events {
            batch.bytes.extend_from_slice(event.as_bytes());
            batch.ends.push(batch.bytes.len());
        }
        batch
    }

    #[test]
    fn equal_events_of_different_origin_are_told_apart_and_those_sent_again_are_not() {
        let of = |origins: [u64; 2]| {
            let mut batch = Batch::default();
            for origin in origins {
                batch.bytes.extend_from_slice(b"OK\n");
                batch.end_event(0, None, origin);
            }
            batch
        };
        let queue = Target::Sqs { queue_url: "https://q/1/logs.fifo".to_owned() };
        let ids = |origins| {
            let (request, _) = request(&queue, &of(origins), &[0, 1], NOW);
            let body: serde_json::Value = serde_json::from_slice(&request.body).expect("JSON");
            [0, 1].map(|at| body["Entries"][at]["MessageDeduplicationId"].to_string())
        };
        let [first, second] = ids([1, 2]);
        assert_ne!(first, second);
        assert_eq!(ids([1, 2]), [first.clone(), second]);
        assert_eq!(ids([3, 1])[1], first, "wherever it stands");

        let name = ObjectName { prefix: None, ending: ".txt", is_packed: false };
        let bucket = Target::S3 { bucket: "b".to_owned(), name };
        let path = |origins| request(&bucket, &of(origins), &[0, 1], NOW).0.path;
        assert_eq!(path([1, 2]), path([1, 2]));
        assert_ne!(path([1, 2]), path([1, 3]));
    }

    #[test]
    fn requests_are_those_of_the_services() {
        let batch = batch(&["a\n", "\"b\"\n"]);
        let target = Target::Kinesis { stream: "s".to_owned() };
        let (made, count) = request(&target, &batch, &[0, 1], NOW);
        assert_eq!(
            (made.service, made.action, count),
            ("kinesis", Some("Kinesis_20131202.PutRecords"), 2)
        );
        let body: serde_json::Value = serde_json::from_slice(&made.body).expect("JSON");
        assert_eq!(body["StreamName"], "s");
        assert_eq!(body["Records"][1]["Data"], "ImIiCg==");
        assert_eq!(body["Records"][0]["PartitionKey"].as_str().map(str::len), Some(16));

        let target = Target::Sqs { queue_url: "https://sqs/1/q.fifo".to_owned() };
        let (made, _) = request(&target, &batch, &[1], NOW);
        let body: serde_json::Value = serde_json::from_slice(&made.body).expect("JSON");
        assert_eq!(body["Entries"][0]["MessageBody"], "\"b\"");
        assert_eq!(body["Entries"][0]["MessageGroupId"], "sawlog");
    }

    #[test]
    fn equal_batches_are_one_object() {
        let batch = batch(&["a\n", "b\n"]);
        let target = Target::S3 {
            bucket: "logs".to_owned(),
            name: ObjectName {
                prefix: Some("a b/".to_owned()),
                ending: ".ndjson.gz",
                is_packed: true,
            },
        };
        let (made, count) = request(&target, &batch, &[0, 1], NOW);
        assert_eq!((made.service, made.method, made.action, count), ("s3", "PUT", None, 2));
        assert!(made.path.starts_with("/logs/a%20b/1970/01/01/00/"), "{}", made.path);
        assert!(made.path.ends_with(".ndjson.gz"), "{}", made.path);
        let later = Timestamp::from_millis(1000);
        assert_eq!(request(&target, &batch, &[0, 1], later).0, made);
    }

    #[test]
    fn request_is_within_the_bounds_of_its_service() {
        let large = format!("{}\n", "x".repeat(100 << 10));
        let batch = batch(&[&large[..]; 60]);
        let all: Vec<usize> = (0..60).collect();
        let count = |target: &Target| request(target, &batch, &all, NOW).1;
        assert_eq!(count(&Target::Firehose { stream: String::new() }), 40);
        assert_eq!(count(&Target::Kinesis { stream: String::new() }), 51);
        assert_eq!(count(&Target::Sqs { queue_url: String::new() }), 10);
    }

    #[test]
    fn answer_that_does_not_tell_of_each_entry_is_none() {
        let target = Target::Kinesis { stream: "s".to_owned() };
        for body in [&b""[..], b"{}", br#"{"Records":[{}]}"#, b"[]"] {
            assert!(matches!(reply(&target, 2, 200, body), Reply::Later(_)));
        }
        assert_eq!(reply(&target, 1, 200, br#"{"Records":[{}]}"#), Reply::Entries(vec![]));
        let target = Target::Sqs { queue_url: String::new() };
        let body =
            br#"{"Successful":[{"Id":"0"}],"Failed":[{"Id":"1","Code":"X","SenderFault":true}]}"#;
        let Reply::Entries(refused) = reply(&target, 2, 200, body) else { panic!("entries") };
        assert_eq!((refused[0].0, refused[0].1.is_passing), (1, false));
        for ids in [["0", "0"], ["0", "2"], ["0", "x"]] {
            let [taken, refused] = ids;
            let body = format!(
                r#"{{"Successful":[{{"Id":"{taken}"}}],"Failed":[{{"Id":"{refused}","Code":"X"}}]}}"#
            );
            let reply = reply(&target, 2, 200, body.as_bytes());
            assert!(matches!(reply, Reply::Later(_)), "{ids:?}");
        }
    }

    #[test]
    fn errors_of_buckets_are_told_apart_by_their_code() {
        let name = ObjectName { prefix: None, ending: ".txt", is_packed: false };
        let target = Target::S3 { bucket: "b".to_owned(), name };
        let error = |status, code: &str| {
            let body = format!(
                "<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>m</Message></Error>"
            );
            reply(&target, 2, status, body.as_bytes())
        };
        let reason = |code: &str| format!("{code}: m");
        assert_eq!(error(400, "RequestTimeout"), Reply::Later(reason("RequestTimeout")));
        assert_eq!(error(503, "SlowDown"), Reply::Later(reason("SlowDown")));
        assert_eq!(error(400, "EntityTooLarge"), Reply::Unfit(reason("EntityTooLarge")));
        assert_eq!(error(403, "AccessDenied"), Reply::Never(reason("AccessDenied")));
        let Reply::Entries(refused) = error(400, "KeyTooLongError") else { panic!("entries") };
        assert_eq!(refused.len(), 2);
        assert!(refused.iter().all(|(_, refusal)| !refusal.is_passing));
        assert_eq!(reply(&target, 2, 500, b""), Reply::Later("status 500".to_owned()));
        assert_eq!(reply(&target, 2, 200, b""), Reply::Entries(vec![]));
    }
}
