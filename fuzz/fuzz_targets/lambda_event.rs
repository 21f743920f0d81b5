//! Bytes as a Lambda event, or as the payloads of one of each kind: there is an answer or an error, the answer is JSON and not too
//! large, names each record once, and no line is lost without a count.

#![no_main]

use std::cell::RefCell;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use sawlog::{Config, Options, ParseOptions, Pipeline, Resources, Source, Tick, Timestamp};
use sawlog_lambda::{Function, Job, Object, OnFailure, Oversize, Plan, Settings};
use serde_json::{Value, json};

const CONFIG: &str = r#"filter {
    if [message] =~ "^d" { drop {} }
    else if [message] =~ "^f" { grok { match => { "message" => "^x" } } }
    else if [message] =~ "^s" { split { terminator => "," } }
    else if [message] =~ "^k" { mutate { add_field => { "[@metadata][partition_keys][k]" => "%{message}" } } }
    if [message] =~ "^[0-9]" and [missing] > 5 { drop {} }
}"#;

const MAX_RESPONSE_BYTES: usize = 6_000;

thread_local! {
    static FUNCTIONS: RefCell<Vec<Function>> = RefCell::new(functions());
}

fn functions() -> Vec<Function> {
    let sources = vec![Source::new("a.conf", CONFIG)];
    let config = Config::parse(sources, &ParseOptions::default()).expect("it follows the grammar");
    let pipeline = Pipeline::compile(&config, &Resources::new(), &Options::default())
        .expect("it can be compiled");
    [Oversize::Fail, Oversize::Trim, Oversize::Compress]
        .into_iter()
        .map(|oversize| {
            let on_failure =
                if oversize == Oversize::Trim { OnFailure::Fail } else { OnFailure::Tag };
            let settings = Settings {
                max_response_bytes: MAX_RESPONSE_BYTES,
                oversize,
                on_failure,
                ..Settings::default()
            };
            if oversize == Oversize::Compress {
                let plan = Plan::new(&pipeline, Some("s3://b/%{message}/"), Some("s3://dead/"));
                let plan = plan.expect("buckets");
                return Function::with_plan(&pipeline, settings, &plan).expect("lines are read");
            }
            Function::new(&pipeline, settings).expect("lines are read")
        })
        .collect()
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = data.split_first() else { return };
    FUNCTIONS.with_borrow_mut(|functions| {
        let function = &mut functions[usize::from(choice % 3)];
        match choice / 3 % 8 {
            0 => run(function, data, None),
            1 => {
                let payloads: Vec<Value> = payloads(data)
                    .enumerate()
                    .map(|(at, data)| json!({ "recordId": at.to_string(), "data": data }))
                    .collect();
                let count = payloads.len();
                let event = json!({ "deliveryStreamArn": "x", "records": payloads });
                run(function, event.to_string().as_bytes(), Some(count));
            }
            2 => {
                let records: Vec<Value> = payloads(data)
                    .map(|data| {
                        json!({ "eventSource": "aws:kinesis",
                            "kinesis": { "sequenceNumber": "7", "partitionKey": "k", "data": data } })
                    })
                    .collect();
                run(function, json!({ "Records": records }).to_string().as_bytes(), None);
            }
            3 => {
                let records: Vec<Value> = String::from_utf8_lossy(data)
                    .split('\0')
                    .map(|body| {
                        json!({ "eventSource": "aws:sqs", "messageId": "m", "body": body })
                    })
                    .collect();
                run(function, json!({ "Records": records }).to_string().as_bytes(), None);
            }
            4 => {
                let records: Vec<Value> = payloads(data)
                    .map(|value| json!({ "topic": "t", "partition": 0, "offset": 1, "value": value }))
                    .collect();
                run(function, json!({ "records": { "t-0": records } }).to_string().as_bytes(), None);
            }
            5 => {
                let event = json!({ "awslogs": { "data": STANDARD.encode(data) } });
                run(function, event.to_string().as_bytes(), None);
            }
            6 => {
                let event = json!({ "requestContext": {}, "httpMethod": "POST",
                    "isBase64Encoded": true, "body": STANDARD.encode(data) });
                run(function, event.to_string().as_bytes(), None);
            }
            _ => assert_eq!(read(function, data, 1), read(function, data, data.len().max(1))),
        }
    });
});

fn payloads(data: &[u8]) -> impl Iterator<Item = String> {
    data.split(|byte| *byte == 0xfe).map(|data| STANDARD.encode(data))
}

fn tick() -> Tick {
    Tick { now: Timestamp::UNIX_EPOCH, seed: 1 }
}

fn run(function: &mut Function, event: &[u8], records: Option<usize>) {
    let job = function.start(event, tick(), &mut |_| true);
    let answer = match job {
        Ok(Job::Answer(answer)) => {
            assert!(answer.len() <= MAX_RESPONSE_BYTES, "{}", answer.len());
            Some(answer)
        }
        Ok(Job::Deliver(delivery)) => {
            for event in delivery.batches.iter().flat_map(|batch| batch.events()) {
                let event: Value = serde_json::from_slice(event).expect("an event is JSON");
                assert!(event.is_object());
            }
            let batch = &delivery.batches[0];
            let all: Vec<usize> = (0..batch.ends.len()).map(|event| batch.item(event)).collect();
            let _ = delivery.answer(&all);
            delivery.answer(&[]).ok()
        }
        Ok(Job::Fetch(fetch)) => fetch.answer(&[]).ok(),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            None
        }
    };
    if let Some(answer) = answer {
        let answer: Value = serde_json::from_slice(&answer).expect("an answer is JSON");
        if let Some(count) = records {
            let ids: Vec<&Value> = answer["records"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|one| &one["recordId"])
                .collect();
            let wanted: Vec<Value> = (0..count).map(|at| json!(at.to_string())).collect();
            assert!(ids.into_iter().eq(&wanted));
        }
    }
    assert_eq!(function.take_report().stats.check(), Ok(()));
}

/// The events of an object that comes in pieces of so many bytes, and whether it could be read.
fn read(function: &mut Function, data: &[u8], piece_bytes: usize) -> (Vec<u8>, bool) {
    let object = Object {
        bucket: String::new(),
        key: String::new(),
        version: None,
        etag: None,
        size: None,
        time: None,
        offset: 0,
        is_plain: false,
    };
    function.start_object(&object, 0, tick());
    let mut out = Vec::new();
    for piece in data.chunks(piece_bytes) {
        let mut rest = piece;
        while !rest.is_empty() {
            let Ok(taken) = function.push_object(rest) else { return (Vec::new(), false) };
            rest = &rest[taken..];
            out.extend(function.take_batches().remove(0).bytes);
        }
    }
    loop {
        let done = function.finish_object();
        out.extend(function.take_batches().remove(0).bytes);
        match done {
            Ok(true) => return (out, true),
            Ok(false) => {}
            Err(_) => return (Vec::new(), false),
        }
    }
}
