//! Where events go that are no answer: outputs, keys, dead letters, and objects that are gone on with.

use super::*;
use proptest::prelude::*;
use sawlog_lambda::{Object, Plan, Target};

pub(super) fn planned(
    config: &str,
    output: Option<&str>,
    dead_letters: Option<&str>,
) -> (Function, Plan) {
    let sources = vec![Source::new("pipeline.conf", config)];
    let config = Config::parse(sources, &ParseOptions::default()).unwrap();
    let pipeline = Pipeline::compile(&config, &Resources::new(), &Options::default()).unwrap();
    let plan = Plan::new(&pipeline, output, dead_letters).unwrap();
    (Function::with_plan(&pipeline, Settings::default(), &plan).unwrap(), plan)
}

pub(super) const DEAD: Option<&str> = Some("s3://dead/letters/");

pub(super) fn texts(batch: &sawlog_lambda::Batch) -> Vec<String> {
    batch.events().map(|event| String::from_utf8(event.to_vec()).unwrap()).collect()
}

fn letters(delivery: &Delivery) -> Vec<Value> {
    let letters = delivery.batches.last().unwrap();
    letters.events().map(|letter| serde_json::from_slice(letter).unwrap()).collect()
}

#[test]
fn events_go_to_the_outputs_whose_conditions_hold_in_their_codecs() {
    let config = r#"output {
        if [message] =~ "^e" { sqs { queue => "errors" codec => line { format => "!%{message}" } } }
        s3 { bucket => "logs" prefix => "%{[@metadata][sqs][message_id]}/" codec => json_lines }
        if [message] == "idx" { elasticsearch { hosts => "http://a:1" index => "i" } }
    }"#;
    let (mut function, plan) = planned(config, None, None);
    assert_eq!(plan.targets().count(), 3);
    let delivery = deliver(&mut function, &sqs("logs", &["e1\na", "idx", "e2"]));
    assert_eq!(texts(&delivery.batches[0]), ["!e1\n", "!e2\n"]);
    let s3 = &delivery.batches[1];
    let keys: Vec<&str> = (0..4).map(|event| s3.key(event).unwrap()).collect();
    assert_eq!(keys, ["m0/", "m0/", "m1/", "m2/"]);
    let bulk = &texts(&delivery.batches[2])[0];
    assert!(bulk.starts_with("{\"index\":{\"_index\":\"i\"}}\n{\"@timestamp\""), "{bulk}");
    assert_eq!(delivery.batches[0].item(1), 2);
    assert_eq!(failed_ids(&delivery.answer(&[2]).unwrap()), ["m2"]);
}

#[test]
fn variable_takes_all_events_whatever_the_outputs_say() {
    let config = r#"output { if [message] == "no" { stdout {} } }"#;
    let (mut function, plan) = planned(config, Some("kinesis:out"), None);
    let wanted = Target::Kinesis { stream: "out".to_owned() };
    assert_eq!(plan.targets().collect::<Vec<_>>(), [&wanted]);
    assert_eq!(messages(&deliver(&mut function, &sqs("logs", &["a", "b"]))), ["a", "b"]);
}

#[test]
fn answers_do_not_ask_where_events_go() {
    let (mut function, _) = planned("output { sqs { queue => 'q' } }", None, DEAD);
    let results = firehose_results(&mut function, &[b"a", b"\x1f\x8b\x08bad"]);
    assert_eq!(results, ["Ok", "ProcessingFailed"]);
}

#[test]
fn payload_that_cannot_be_read_is_a_dead_letter_and_blocks_no_stream() {
    let records = [("1", &b"a"[..]), ("2", b"\x1f\x8b\x08bad gzip"), ("3", b"b")];
    let (mut function, _) = planned("", None, DEAD);
    let delivery = deliver(&mut function, &kinesis(&records));
    assert_eq!(messages(&delivery), ["a", "b"]);
    let letters = letters(&delivery);
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0]["payload"], base64(records[1].1));
    assert_eq!(letters[0]["entry_time"], "2016-12-02T01:18:43.477Z", "that of its arrival");
    assert_eq!(failed_ids(&delivery.answer(&[]).unwrap()), [""; 0]);
    // Nor is it lost when the dead letter cannot be sent.
    assert_eq!(delivery.batches[1].item(0), 1);
    assert_eq!(failed_ids(&delivery.answer(&[1]).unwrap()), ["2"]);
}

#[test]
fn refused_event_is_a_dead_letter_with_its_reason() {
    let config = r#"filter { if [message] == "x" { if [missing] > 5 { drop {} } } }
        output { elasticsearch { hosts => "http://a:1" index => "i-%{app}" id => "main" } }"#;
    let (mut function, _) = planned(config, None, DEAD);
    let delivery = deliver(&mut function, &sqs("logs", &["x", "y"]));
    assert_eq!(delivery.batches[0].ends.len(), 0);
    let letters = letters(&delivery);
    assert_eq!(letters[0]["event"]["message"], "x");
    assert!(letters[0]["reason"].as_str().unwrap().starts_with("condition evaluation error"));
    assert_eq!(letters[1]["event"]["message"], "y");
    assert_eq!(letters[1]["plugin_id"], "main");
    assert!(letters[1]["reason"].as_str().unwrap().contains("[i-%{app}]"));
    assert_eq!(failed_ids(&delivery.answer(&[]).unwrap()), [""; 0]);

    let (mut function, _) = planned(config, None, None);
    let delivery = deliver(&mut function, &sqs("logs", &["x", "y"]));
    assert_eq!(failed_ids(&delivery.answer(&[]).unwrap()), ["m0", "m1"], "not lost");
}

#[test]
fn line_of_which_only_the_start_is_there_is_no_dead_letter() {
    let (mut function, _) = planned("", None, DEAD);
    let long = "x".repeat(sawlog::limits::LINE_BYTES + 1);
    let delivery = deliver(&mut function, &sqs("logs", &[&long, "a"]));
    assert_eq!(failed_ids(&delivery.answer(&[]).unwrap()), ["m0"]);
    assert_eq!((messages(&delivery), letters(&delivery)), (vec!["a".to_owned()], vec![]));
}

#[test]
fn event_is_known_by_what_it_came_from_and_by_nothing_around_it() {
    let (mut function, _) = planned("", Some("kinesis:out"), DEAD);
    let origins = |function: &mut Function, records: &[(&str, &[u8])]| -> Vec<u64> {
        let batches = deliver(function, &kinesis(records)).batches;
        (0..batches[0].ends.len()).map(|event| batches[0].origin(event)).collect()
    };
    let all = origins(&mut function, &[("1", b"OK\nOK"), ("2", b"OK"), ("3", b"OK")]);
    assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
    assert_eq!(origins(&mut function, &[("2", b"OK"), ("3", b"OK")]), all[2..]);

    let mut object_origins = |piece: usize| {
        function.start_object(&object(0), 0, TICK);
        let mut origins = Vec::new();
        for piece in b"OK\nOK\nOK\n".chunks(piece) {
            function.push_object(piece).unwrap();
            for batch in function.take_batches() {
                origins.extend((0..batch.ends.len()).map(|event| batch.origin(event)));
            }
        }
        function.finish_object().unwrap();
        let batch = &function.take_batches()[0];
        origins.extend((0..batch.ends.len()).map(|event| batch.origin(event)));
        origins
    };
    let whole = object_origins(9);
    assert_eq!(whole.iter().collect::<std::collections::BTreeSet<_>>().len(), 3);
    assert_eq!(object_origins(1), whole);
}

#[test]
fn ten_thousand_records_of_one_byte_are_ten_thousand_events() {
    let numbers: Vec<String> = (0..10_000).map(|at| at.to_string()).collect();
    let records: Vec<(&str, &[u8])> = numbers.iter().map(|number| (&**number, &b"x"[..])).collect();
    let (mut function, _) = planned("", Some("kinesis:out"), DEAD);
    let delivery = deliver(&mut function, &kinesis(&records));
    assert_eq!(delivery.batches[0].ends.len(), 10_000);
    assert_eq!(delivery.batches[0].item(9_999), 9_999);
    assert_eq!(failed_ids(&delivery.answer(&[9_998, 9_999]).unwrap()), ["9998"]);
}

#[test]
fn keys_without_end_are_handed_back() {
    let limit = sawlog::limits::LAMBDA_KEYS;
    let (mut function, _) = planned("", Some("s3://b/%{message}/"), None);
    let lines: Vec<String> = (0..=limit).map(|at| at.to_string()).collect();
    let lines = lines.join("\n");
    let delivery = deliver(&mut function, &sqs("logs", &["a", &lines, "a"]));
    assert_eq!(failed_ids(&delivery.answer(&[]).unwrap()), ["m1"]);
    assert_eq!(messages(&delivery), ["a", "a"]);
}

pub(super) fn object(offset: u64) -> Object {
    let (bucket, key) = ("b".to_owned(), "k".to_owned());
    let (version, etag, size, time) = (None, None, None, None);
    Object { bucket, key, version, etag, size, time, offset, is_plain: false }
}

/// The lines of an object from an offset on, which is stopped when so many bytes were pushed, and where it stopped.
fn read(
    function: &mut Function,
    bytes: &[u8],
    piece: usize,
    offset: u64,
    stop: usize,
) -> (Vec<String>, Option<u64>) {
    // An object that is not packed is read from the offset on.
    let is_plain = offset > 0 && !bytes.starts_with(b"\x1f\x8b");
    let bytes = if is_plain {
        function.start_object_at_offset(&object(offset), 0, TICK);
        &bytes[usize::try_from(offset).unwrap()..]
    } else {
        function.start_object(&object(offset), 0, TICK);
        bytes
    };
    let mut lines = Vec::new();
    let mut take = |function: &mut Function| {
        for batch in function.take_batches() {
            for event in batch.events() {
                let event: Value = serde_json::from_slice(event).unwrap();
                lines.push(event["message"].as_str().unwrap().to_owned());
            }
        }
    };
    let mut pushed = 0;
    for piece in bytes.chunks(piece) {
        if pushed >= stop {
            function.stop_object();
        }
        let mut rest = piece;
        while !rest.is_empty() {
            let taken = function.push_object(rest).unwrap();
            rest = &rest[taken..];
            take(function);
        }
        if let Some(offset) = function.stopped_at() {
            assert_eq!(offset.1, !bytes.starts_with(b"\x1f\x8b"));
            return (lines, Some(offset.0));
        }
        pushed += piece.len();
    }
    while !function.finish_object().unwrap() {
        take(function);
    }
    take(function);
    (lines, None)
}

#[test]
fn lines_of_the_longest_length_pass_an_object_in_bounded_memory() {
    let (mut function, _) = planned(
        "filter { mutate { replace => { message => 'x' } remove_field => 'event' } }",
        None,
        None,
    );
    let line = "y".repeat(sawlog::limits::LINE_BYTES) + "\n";
    function.start_object(&object(0), 0, TICK);
    for _ in 0..20 {
        let mut rest = line.as_bytes();
        while !rest.is_empty() {
            let taken = function.push_object(rest).unwrap();
            rest = &rest[taken..];
            let bytes: usize = function.take_batches().iter().map(|batch| batch.bytes.len()).sum();
            assert!(bytes < 2 * sawlog::limits::PENDING_BYTES, "{bytes}");
        }
    }
    assert_eq!(function.finish_object(), Ok(true));
}

#[test]
fn bomb_of_lines_gives_its_events_in_bounded_pieces() {
    let (mut function, _) = planned("", None, None);
    let packed = gzip(&b"line\n".repeat(2_000_000));
    function.start_object(&object(0), 0, TICK);
    let (mut events, mut rest) = (0, &packed[..]);
    let mut take = |function: &mut Function| {
        let batch = function.take_batches().remove(0);
        assert!(batch.bytes.len() < 2 * sawlog::limits::PENDING_BYTES + (1 << 20));
        events += batch.ends.len();
    };
    while !rest.is_empty() {
        let taken = function.push_object(rest).unwrap();
        rest = &rest[taken..];
        take(&mut function);
    }
    while !function.finish_object().unwrap() {
        take(&mut function);
    }
    take(&mut function);
    assert_eq!(events, 2_000_000);
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(5),
        cases: 64,
        ..ProptestConfig::default()
    })]

    #[test]
    fn object_that_was_stopped_goes_on_where_it_stopped(
        lens in proptest::collection::vec(0usize..40, 0..60),
        piece in 1usize..200,
        stop in 0usize..1500,
        is_packed in any::<bool>(),
    ) {
        let lines: Vec<String> =
            lens.iter().enumerate().map(|(at, len)| format!("{at}{}", "x".repeat(*len))).collect();
        let text = lines.join("\n");
        let bytes = if is_packed { gzip(text.as_bytes()) } else { text.into_bytes() };
        let (mut function, _) = planned("", None, None);
        let (mut found, mut offset) = (Vec::new(), Some(0));
        while let Some(from) = offset {
            let (more, next) = read(&mut function, &bytes, piece, from, stop);
            prop_assert!(next.is_none_or(|next| next > from), "it goes on");
            found.extend(more);
            offset = next;
        }
        prop_assert_eq!(found, lines);
    }
}
