//! Objects of S3 as items: what fails them, what they cannot be left without, and what comes behind the last one.

use super::outputs::{DEAD, object, planned, texts};
use super::*;
use sawlog_lambda::{Batch, Need, OnFailure, PayloadError};

/// Reads an object from its start, and gives what was to be sent on, by its targets.
fn read_all(function: &mut Function, bytes: &[u8]) -> Result<Vec<Batch>, PayloadError> {
    function.start_object(&object(0), 0, TICK);
    let mut batches: Vec<Batch> = Vec::new();
    let mut take = |function: &mut Function| {
        let more = function.take_batches();
        batches.resize(more.len(), Batch::default());
        batches.iter_mut().zip(more).for_each(|(batch, more)| batch.append(more));
    };
    let mut rest = bytes;
    while !rest.is_empty() {
        let taken = function.push_object(rest)?;
        rest = &rest[taken..];
        take(function);
    }
    while !function.finish_object()? {
        take(function);
    }
    take(function);
    Ok(batches)
}

fn long_line() -> String {
    "x".repeat(sawlog::limits::LINE_BYTES + 1)
}

#[test]
fn object_of_which_something_was_refused_has_failed() {
    let config = r#"output { elasticsearch { hosts => "http://a:1" index => "i-%{app}" } }"#;
    let (mut function, _) = planned(config, None, None);
    assert_eq!(read_all(&mut function, b"a\nb\n"), Err(PayloadError::Refused(2)));
    assert_eq!(function.take_report().payloads_failed, 1);

    let (mut function, _) = planned("", None, None);
    let text = format!("a\n{}\nb\n", long_line());
    assert_eq!(read_all(&mut function, text.as_bytes()), Err(PayloadError::Refused(1)));
    let packed = gzip(text.as_bytes());
    assert_eq!(read_all(&mut function, &packed), Err(PayloadError::Refused(1)));
    assert!(read_all(&mut function, b"a\n").is_ok(), "the next one has not");
}

#[test]
fn failed_filter_fails_an_object_if_it_is_to() {
    let config = "filter { grok { match => { message => '%{INT:n}' } } }";
    let text = b"1\nx\n";
    let fails = Settings { on_failure: OnFailure::Fail, ..Settings::default() };
    assert_eq!(read_all(&mut function(config, fails), text), Err(PayloadError::FilterFailed(1)));
    let batches = read_all(&mut function(config, Settings::default()), text).unwrap();
    assert_eq!(texts(&batches[0]).len(), 2);
}

#[test]
fn line_of_an_object_that_is_refused_is_a_dead_letter_that_says_where_it_stands() {
    let (mut function, _) = planned("", None, DEAD);
    let text = format!("a\n{}\nb\n", long_line());
    let batches = read_all(&mut function, text.as_bytes()).unwrap();
    assert_eq!(texts(&batches[0]).len(), 2);
    let letters = texts(&batches[1]);
    assert_eq!(letters.len(), 1);
    let letter: Value = serde_json::from_str(&letters[0]).unwrap();
    let reason = letter["reason"].as_str().unwrap();
    assert!(reason.starts_with("s3://b/k, byte 2: the line has "), "{reason}");
    assert!(letter["line"].as_str().unwrap().starts_with("xxx"));
}

#[test]
fn messages_before_a_notification_do_not_hide_it() {
    let notification = r#"{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":{"key":"k"}}}]}"#;
    let event = sqs("logs", &["hello", notification, notification]);
    let (mut function, _) = planned("", None, None);
    let Job::Fetch(fetch) = start(&mut function, &event) else { panic!("objects") };
    assert_eq!(fetch.objects.len(), 2);
    let answer: Value = serde_json::from_slice(&fetch.answer(&[1]).unwrap()).unwrap();
    let failed = answer["batchItemFailures"].as_array().unwrap();
    let failed: Vec<&Value> = failed.iter().map(|one| &one["itemIdentifier"]).collect();
    assert_eq!(failed, ["m0", "m2"]);
    assert!(!fetch.ends_at_failure());
    assert!(matches!(start(&mut function, &sqs("logs", &["hello"])), Job::Deliver(_)));
}

#[test]
fn lines_that_depend_on_those_before_them_are_not_left_to_another_invocation() {
    let codec = |codec: &str| Settings { codec: Some(codec.to_owned()), ..Settings::default() };
    let multiline = "multiline { pattern => '^ ' what => previous }";
    for (config, settings, at) in [
        ("", Settings::default(), Some((4, true))),
        ("", codec("line { delimiter => ';' }"), Some((7, true))),
        ("", codec("line { delimiter => '; ' }"), None),
        ("", codec(multiline), None),
        ("", codec("msgpack"), None),
        ("filter { throttle { key => 'a' after_count => 1 } }", Settings::default(), None),
    ] {
        let mut function = function(config, settings);
        function.start_object(&object(0), 0, TICK);
        function.push_object(b"a").unwrap();
        function.stop_object();
        // More than tells how it is packed.
        function.push_object(b"b1\ncd; e\n").unwrap();
        function.push_object(b"f\n").unwrap();
        assert_eq!(function.stopped_at(), at, "{config}");
        assert_eq!(function.read_bytes(), at.map_or(12, |at| at.0), "{config}");
    }
}

#[test]
fn what_filters_hold_comes_behind_the_last_object() {
    let config = "filter { metrics { meter => 'lines' add_tag => 'm' } }";
    let mut function = function(config, Settings::default());
    let notification = br#"{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":{"key":"k"}}}]}"#;
    let Job::Fetch(_) = start(&mut function, notification) else { panic!("an object") };
    read_all(&mut function, b"a\nb").unwrap();
    let batches = function.finish_objects(TICK, 0).unwrap();
    let held: Value = serde_json::from_str(&texts(&batches[0])[0]).unwrap();
    assert_eq!(held["lines"]["count"], 2);

    let plain = &mut super::function("", Settings::default());
    read_all(plain, b"a\nb").unwrap();
    assert_eq!(texts(&plain.finish_objects(TICK, 0).unwrap()[0]), [""; 0]);
}

#[test]
fn time_is_asked_for_sending_only_where_events_are_sent_on() {
    let mut needs = Vec::new();
    let mut function = function("", Settings::default());
    for event in [firehose(&[base64(b"a")]), sqs("logs", &["a"])] {
        let mut has_time = |need| {
            needs.push(need);
            true
        };
        function.start(&event, TICK, &mut has_time).unwrap();
    }
    assert_eq!(needs, [Need::Answer, Need::Delivery]);
}

#[test]
fn half_a_line_of_a_message_that_failed_is_no_event() {
    // Cut off in its third line.
    let mut packed = gzip("first\nsecond\nthird line".repeat(50).as_bytes());
    packed.truncate(packed.len() - 9);
    let config = "filter { metrics { meter => 'lines' add_tag => 'm' } }";
    let mut function = function(config, Settings::default());
    let delivery = deliver(&mut function, &kinesis(&[("1", b"a"), ("2", &packed)]));
    let events = events(&delivery);
    assert_eq!(events.len(), 2);
    assert_eq!((&events[0]["message"], &events[1]["tags"][0]), (&json!("a"), &json!("m")));
}
