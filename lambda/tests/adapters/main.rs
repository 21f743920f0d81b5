//! Every adapter: what it answers to the samples of its service, what it promises, and what it makes of poison.

#![expect(clippy::unwrap_used, reason = "tests")]

mod contract;
mod objects;
mod order;
mod outputs;
mod poison;
mod samples;

use std::io::Write as _;

use sawlog::{Config, Options, ParseOptions, Pipeline, Resources, Source, Tick, Timestamp};
use sawlog_lambda::{Delivery, Function, Job, Settings};
use serde_json::{Value, json};

const TICK: Tick = Tick { now: Timestamp::UNIX_EPOCH, seed: 7 };

fn function(config: &str, settings: Settings) -> Function {
    let sources = vec![Source::new("pipeline.conf", config)];
    let config = Config::parse(sources, &ParseOptions::default()).unwrap();
    let pipeline = Pipeline::compile(&config, &Resources::new(), &Options::default()).unwrap();
    Function::new(&pipeline, settings).unwrap()
}

fn start(function: &mut Function, event: &[u8]) -> Job {
    function.start(event, TICK, &mut |_| true).unwrap()
}

fn answer(function: &mut Function, event: &[u8]) -> Vec<u8> {
    match start(function, event) {
        Job::Answer(answer) => answer,
        other => panic!("no answer but {other:?}"),
    }
}

fn deliver(function: &mut Function, event: &[u8]) -> Delivery {
    match start(function, event) {
        Job::Deliver(delivery) => delivery,
        other => panic!("no delivery but {other:?}"),
    }
}

/// The events of a delivery.
fn events(delivery: &Delivery) -> Vec<Value> {
    delivery.batches[0].events().map(|event| serde_json::from_slice(event).unwrap()).collect()
}

/// The answer, when these events of the first target were not taken.
fn answer_without(delivery: &Delivery, unsent: &[usize]) -> Vec<u8> {
    let items: Vec<usize> = unsent.iter().map(|event| delivery.batches[0].item(*event)).collect();
    delivery.answer(&items).unwrap()
}

/// The `message` of each event of a delivery.
fn messages(delivery: &Delivery) -> Vec<String> {
    let text = |event: &Value| event["message"].as_str().unwrap().to_owned();
    events(delivery).iter().map(text).collect()
}

fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
    std::fs::read(format!("{folder}/example-{name}.json")).unwrap()
}

fn base64(bytes: &[u8]) -> String {
    base64_simd::STANDARD.encode_to_string(bytes)
}

fn unbase64(text: &Value) -> Vec<u8> {
    base64_simd::STANDARD.decode_to_vec(text.as_str().unwrap()).unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut decoder = flate2::write::MultiGzDecoder::new(Vec::new());
    decoder.write_all(bytes).unwrap();
    decoder.finish().unwrap()
}

/// A Firehose event of these base64 texts, whose ids are their places.
fn firehose(data: &[String]) -> Vec<u8> {
    let records: Vec<Value> = data
        .iter()
        .enumerate()
        .map(|(at, data)| json!({ "recordId": at.to_string(), "data": data }))
        .collect();
    let arn = "arn:aws:firehose:eu-west-1:1:deliverystream/logs";
    json!({ "invocationId": "1", "deliveryStreamArn": arn, "region": "eu-west-1", "records": records })
        .to_string()
        .into_bytes()
}

/// The records of a Firehose answer.
fn firehose_records(answer: &[u8]) -> Vec<Value> {
    let answer: Value = serde_json::from_slice(answer).unwrap();
    answer["records"].as_array().unwrap().clone()
}

/// The results of a Firehose answer to these texts.
fn firehose_results(function: &mut Function, payloads: &[&[u8]]) -> Vec<String> {
    let data: Vec<String> = payloads.iter().map(|payload| base64(payload)).collect();
    let answer = answer(function, &firehose(&data));
    let records = firehose_records(&answer);
    records.iter().map(|record| record["result"].as_str().unwrap().to_owned()).collect()
}

/// A message of CloudWatch Logs.
fn logs_message(kind: &str, lines: &[&str]) -> Vec<u8> {
    let events: Vec<Value> = lines
        .iter()
        .zip(1_440_442_987_000_i64..)
        .map(|(line, at)| json!({ "id": at.to_string(), "timestamp": at, "message": line }))
        .collect();
    json!({
        "messageType": kind, "owner": "1", "logGroup": "group", "logStream": "stream",
        "subscriptionFilters": ["all"], "logEvents": events,
    })
    .to_string()
    .into_bytes()
}

fn kinesis(records: &[(&str, &[u8])]) -> Vec<u8> {
    let records: Vec<Value> = records
        .iter()
        .map(|(number, data)| {
            json!({
                "eventSource": "aws:kinesis",
                "kinesis": {
                    "sequenceNumber": number, "partitionKey": "key", "data": base64(data),
                    "approximateArrivalTimestamp": 1_480_641_523.477,
                },
            })
        })
        .collect();
    json!({ "Records": records }).to_string().into_bytes()
}

fn sqs(queue: &str, bodies: &[&str]) -> Vec<u8> {
    let records: Vec<Value> = bodies
        .iter()
        .enumerate()
        .map(|(at, body)| {
            json!({
                "eventSource": "aws:sqs", "messageId": format!("m{at}"), "body": body,
                "eventSourceARN": format!("arn:aws:sqs:eu-west-1:1:{queue}"),
                "attributes": { "SentTimestamp": "1520621625029" },
            })
        })
        .collect();
    json!({ "Records": records }).to_string().into_bytes()
}

/// The ids that an answer names as failed.
fn failed_ids(answer: &[u8]) -> Vec<String> {
    let answer: Value = serde_json::from_slice(answer).unwrap();
    let failures = answer["batchItemFailures"].as_array().unwrap();
    failures.iter().map(|item| item["itemIdentifier"].as_str().unwrap().to_owned()).collect()
}
