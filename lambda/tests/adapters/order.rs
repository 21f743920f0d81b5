//! What comes again when something failed: exactly that, in order where there is one.

use super::*;
use proptest::prelude::*;
use sawlog_lambda::OnFailure;

const BAD: &[u8] = b"\x1f\x8b\x08bad gzip";

fn lines() -> Function {
    function("", Settings::default())
}

#[test]
fn stream_stops_at_the_first_failed_record_and_names_it() {
    let records = [("1", &b"a"[..]), ("2", b"b\nc"), ("3", BAD), ("4", b"d"), ("5", BAD)];
    let delivery = deliver(&mut lines(), &kinesis(&records));
    assert_eq!(messages(&delivery), ["a", "b", "c"]);
    assert_eq!(failed_ids(&delivery.answer(&[]).unwrap()), ["3"]);
    assert_eq!(failed_ids(&answer_without(&delivery, &[2])), ["2"]);
    assert_eq!(failed_ids(&answer_without(&delivery, &[2, 0])), ["1"]);
}

#[test]
fn fifo_queue_gets_the_failed_message_and_all_later_ones_back() {
    let event = sqs("logs.fifo", &["a", "\u{1f}\u{8b}", "b", "c"]);
    let config = r#"filter { if [message] == "b" { grok { match => { "message" => "^x" } } } }"#;
    let settings = Settings { on_failure: OnFailure::Fail, ..Settings::default() };
    let delivery = deliver(&mut function(config, settings), &event);
    assert_eq!(messages(&delivery), ["a", "\u{1f}\u{8b}"]);
    assert_eq!(failed_ids(&delivery.answer(&[]).unwrap()), ["m2", "m3"]);
    assert_eq!(failed_ids(&answer_without(&delivery, &[0])), ["m0", "m1", "m2", "m3"]);
}

#[test]
fn queue_without_order_gets_the_failed_messages_back_and_no_others() {
    let event = sqs("logs", &["a", "b", "c\nd", "b"]);
    let config = r#"filter { if [message] == "b" { grok { match => { "message" => "^x" } } } }"#;
    let settings = Settings { on_failure: OnFailure::Fail, ..Settings::default() };
    let delivery = deliver(&mut function(config, settings), &event);
    assert_eq!(messages(&delivery), ["a", "c", "d"]);
    assert_eq!(failed_ids(&delivery.answer(&[]).unwrap()), ["m1", "m3"]);
    assert_eq!(failed_ids(&answer_without(&delivery, &[2])), ["m1", "m2", "m3"]);
}

#[test]
fn failed_event_goes_on_with_its_tag_when_that_is_wanted() {
    let config = r#"filter { grok { match => { "message" => "^x" } } }"#;
    let delivery = deliver(&mut function(config, Settings::default()), &sqs("logs", &["a"]));
    assert_eq!(events(&delivery)[0]["tags"], json!(["_grokparsefailure"]));
    assert_eq!(failed_ids(&delivery.answer(&[]).unwrap()), [""; 0]);
}

#[test]
fn packed_record_is_taken_apart_and_fails_as_one() {
    // The aggregate is that of kpl.rs' own test, by hand: two lines with the key `key`.
    let buffer = b"\x0a\x03key\x1a\x07\x08\x00\x1a\x03one\x1a\x07\x08\x00\x1a\x03two";
    let digest = <md5::Md5 as md5::Digest>::digest(buffer);
    let packed = [b"\xF3\x89\x9A\xC2", &buffer[..], digest.as_slice()].concat();
    let delivery = deliver(&mut lines(), &kinesis(&[("1", &packed), ("2", b"three")]));
    assert_eq!(messages(&delivery), ["one", "two", "three"]);
    assert_eq!(failed_ids(&answer_without(&delivery, &[1])), ["1"]);

    let mut other = packed;
    *other.last_mut().unwrap() ^= 1;
    let delivery = deliver(&mut lines(), &kinesis(&[("1", &other)]));
    let messages = messages(&delivery);
    assert!(messages.concat().contains("one") && messages.concat().contains("two"));
    assert_eq!(failed_ids(&delivery.answer(&[]).unwrap()), [""; 0]);
}

#[test]
fn kafka_fails_as_a_whole() {
    let event = json!({ "eventSource": "aws:kafka", "records": { "t-0": [
        { "topic": "t", "partition": 0, "offset": 1, "value": base64(b"a") },
        { "topic": "t", "partition": 0, "offset": 2, "value": null },
        { "topic": "t", "partition": 0, "offset": 3, "value": base64(BAD) },
    ] } });
    let delivery = deliver(&mut lines(), event.to_string().as_bytes());
    assert_eq!(messages(&delivery), [""; 0], "all of them come again");
    let error = delivery.answer(&[]).unwrap_err().to_string();
    assert_eq!(error, "1 of 3 items failed: all of them must be sent again");
}

#[test]
fn what_had_no_time_is_handed_back() {
    let event = kinesis(&[("1", b"a"), ("2", b"b"), ("3", b"c")]);
    let mut asked = 0;
    let mut has_time = |_| {
        asked += 1;
        asked < 3
    };
    let Job::Deliver(delivery) = lines().start(&event, TICK, &mut has_time).unwrap() else {
        panic!("a delivery")
    };
    assert_eq!(messages(&delivery), ["a", "b"]);
    assert_eq!(failed_ids(&delivery.answer(&[]).unwrap()), ["3"]);
}

#[test]
fn notifications_in_a_queue_are_fetched_and_answered_by_message() {
    let body = |key: &str| {
        json!({ "Records": [{ "eventName": "ObjectCreated:Put",
            "s3": { "bucket": { "name": "b" }, "object": { "key": key } } }] })
        .to_string()
    };
    let (first, second) = (body("x%2By"), body("z+z"));
    let event = sqs("logs", &[&first, "a line", &second]);
    let Job::Fetch(fetch) = start(&mut lines(), &event) else { panic!("objects") };
    let keys: Vec<&str> = fetch.objects.iter().map(|object| &*object.key).collect();
    assert_eq!(keys, ["x+y", "z z"]);
    assert_eq!(failed_ids(&fetch.answer(&[]).unwrap()), ["m1"]);
    assert_eq!(failed_ids(&fetch.answer(&[1]).unwrap()), ["m1", "m2"]);
}

#[test]
fn object_gives_the_same_events_however_it_is_packed_and_cut() {
    let text: Vec<u8> = (0..3000).flat_map(|at| format!("line {at}\n").into_bytes()).collect();
    let object = sawlog_lambda::Object {
        bucket: "b".to_owned(),
        key: "k".to_owned(),
        version: None,
        etag: None,
        size: None,
        time: None,
        offset: 0,
        is_plain: false,
    };
    let mut function = lines();
    let mut read = |bytes: &[u8], piece: usize| {
        function.start_object(&object, 0, TICK);
        let mut out = Vec::new();
        for piece in bytes.chunks(piece) {
            let mut rest = piece;
            while !rest.is_empty() {
                let taken = function.push_object(rest).unwrap();
                rest = &rest[taken..];
                out.extend(function.take_batches().remove(0).bytes);
            }
        }
        while !function.finish_object().unwrap() {
            out.extend(function.take_batches().remove(0).bytes);
        }
        out.extend(function.take_batches().remove(0).bytes);
        out
    };
    let whole = read(&text, text.len());
    assert_eq!(whole.split(|byte| *byte == b'\n').count(), 3001);
    let packed = gzip(&text);
    for (bytes, piece) in
        [(&text, 1), (&text, 7), (&packed, packed.len()), (&packed, 1), (&packed, 13)]
    {
        assert!(read(bytes, piece) == whole, "in pieces of {piece}");
    }
    assert!(read(b"", 1).is_empty());
}

#[test]
fn cut_off_object_is_an_error_after_what_could_be_read() {
    let text: Vec<u8> = (0..3000).flat_map(|at| format!("line {at}\n").into_bytes()).collect();
    let packed = gzip(&text);
    let object = sawlog_lambda::Object {
        bucket: "b".to_owned(),
        key: "k".to_owned(),
        version: None,
        etag: None,
        size: None,
        time: None,
        offset: 0,
        is_plain: false,
    };
    let mut function = lines();
    function.start_object(&object, 0, TICK);
    assert_eq!(function.push_object(&packed[..packed.len() / 2]), Ok(packed.len() / 2));
    assert!(!function.take_batches().remove(0).bytes.is_empty());
    function.finish_object().unwrap_err();
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(21),
        cases: 64,
        ..ProptestConfig::default()
    })]

    #[test]
    fn partial_failures_name_exactly_what_failed(
        is_bad in proptest::collection::vec(any::<bool>(), 1..12),
        unsent in proptest::collection::vec(0usize..12, 0..3),
    ) {
        let config = r#"filter { if [message] == "bad" { grok { match => { "message" => "^x" } } } }"#;
        let settings = Settings { on_failure: OnFailure::Fail, ..Settings::default() };
        let bodies: Vec<&str> = is_bad.iter().map(|bad| if *bad { "bad" } else { "good" }).collect();

        let delivery = deliver(&mut function(config, settings.clone()), &sqs("logs", &bodies));
        let good: Vec<usize> = (0..is_bad.len()).filter(|at| !is_bad[*at]).collect();
        prop_assert_eq!(delivery.batches[0].ends.len(), good.len());
        let unsent: Vec<usize> = unsent.into_iter().filter(|at| *at < good.len()).collect();
        let lost: Vec<usize> = unsent.iter().map(|at| good[*at]).collect();
        let wanted: Vec<String> = (0..is_bad.len())
            .filter(|at| is_bad[*at] || lost.contains(at))
            .map(|at| format!("m{at}"))
            .collect();
        prop_assert_eq!(failed_ids(&answer_without(&delivery, &unsent)), wanted);

        let delivery = deliver(&mut function(config, settings), &sqs("logs.fifo", &bodies));
        let first_bad = is_bad.iter().position(|bad| *bad).unwrap_or(is_bad.len());
        prop_assert_eq!(delivery.batches[0].ends.len(), first_bad);
        let wanted: Vec<String> = (first_bad..is_bad.len()).map(|at| format!("m{at}")).collect();
        prop_assert_eq!(failed_ids(&delivery.answer(&[]).unwrap()), wanted);
    }
}
