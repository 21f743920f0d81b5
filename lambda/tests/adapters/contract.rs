//! What a Firehose transformation promises: every record once, never too large an answer, nothing lost without a word.

use super::*;
use proptest::prelude::*;
use sawlog_lambda::{OnFailure, Oversize};

/// `drop` is dropped, `fail` fails, `twice …` becomes many events.
const CONFIG: &str = r#"filter {
    if [message] =~ "^drop" { drop {} }
    else if [message] =~ "^fail" { grok { match => { "message" => "^x" } } }
    else if [message] =~ "^many" { split { terminator => "," } }
}"#;

fn results(config: &str, settings: Settings, payloads: &[&[u8]]) -> Vec<String> {
    firehose_results(&mut function(config, settings), payloads)
}

#[test]
fn lines_of_one_record_are_joined_and_dropped_ones_left_out() {
    let event = firehose(&[base64(b"a\ndrop\nb"), base64(b"drop\n"), base64(b"")]);
    let answer = answer(&mut function(CONFIG, Settings::default()), &event);
    let records = firehose_records(&answer);
    let text = String::from_utf8(unbase64(&records[0]["data"])).unwrap();
    assert!(text.ends_with('\n'));
    let messages: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["message"].clone())
        .collect();
    assert_eq!(messages, ["a", "b"]);
    assert_eq!(records[1], json!({ "recordId": "1", "result": "Dropped" }));
    assert_eq!(records[2], json!({ "recordId": "2", "result": "Dropped" }));
}

#[test]
fn failed_event_stays_with_its_tag_or_fails_its_record() {
    let payloads: [&[u8]; 3] = [b"fail", b"a\nfail", b"a"];
    assert_eq!(results(CONFIG, Settings::default(), &payloads), ["Ok", "Ok", "Ok"]);
    let settings = Settings { on_failure: OnFailure::Fail, ..Settings::default() };
    let wanted = ["ProcessingFailed", "ProcessingFailed", "Ok"];
    assert_eq!(results(CONFIG, settings, &payloads), wanted);
}

#[test]
fn refused_event_fails_its_record() {
    let config = r#"filter { if [message] == "a" { if [missing] > 5 { drop {} } } }"#;
    let wanted = ["ProcessingFailed", "ProcessingFailed", "Ok"];
    assert_eq!(results(config, Settings::default(), &[b"a", b"b\na\nb", b"b"]), wanted);
}

#[test]
fn partition_keys_of_the_metadata_are_those_of_the_record() {
    let config = r#"filter {
        mutate { add_field => { "[@metadata][partition_keys][line]" => "%{message}" } }
        if [message] == "none" { mutate { remove_field => "[@metadata][partition_keys]" } }
        if [message] == "empty" { mutate { replace => { "[@metadata][partition_keys][line]" => "" } } }
    }"#;
    let payloads = [&b"a"[..], b"a\na", b"a\nb", b"none", b"none\na", b"empty", b"with \"quote\""];
    let data: Vec<String> = payloads.iter().map(|payload| base64(payload)).collect();
    let answer = answer(&mut function(config, Settings::default()), &firehose(&data));
    let records = firehose_records(&answer);
    let results: Vec<&str> = records.iter().map(|one| one["result"].as_str().unwrap()).collect();
    let failed = "ProcessingFailed";
    assert_eq!(results, ["Ok", "Ok", failed, "Ok", failed, failed, "Ok"]);
    let keys = |at: usize| records[at]["metadata"]["partitionKeys"].clone();
    assert_eq!(keys(0), json!({ "line": "a" }));
    assert_eq!(keys(1), json!({ "line": "a" }));
    assert_eq!(keys(3), Value::Null);
    assert_eq!(keys(6), json!({ "line": "with \"quote\"" }));
    assert!(!String::from_utf8(unbase64(&records[0]["data"])).unwrap().contains("partition_keys"));
}

#[test]
fn records_of_msk_come_and_go_as_kafka_record_value() {
    let event = json!({
        "invocationId": "1", "deliveryStreamArn": "arn", "sourceMSKArn": "arn:aws:kafka:x", "region": "r",
        "records": [{ "recordId": "1", "approximateArrivalTimestamp": 1_507_217_624_302_i64,
            "mskRecordMetadata": { "offset": 0, "partitionId": 1,
                "approximateArrivalTimestamp": 1_507_217_624_302_i64 },
            "kafkaRecordValue": base64(b"a line") }],
    });
    let answer = answer(&mut function("", Settings::default()), event.to_string().as_bytes());
    let record = &firehose_records(&answer)[0];
    assert_eq!((&record["result"], &record["data"]), (&json!("Ok"), &Value::Null));
    let event: Value = serde_json::from_slice(&unbase64(&record["kafkaRecordValue"])).unwrap();
    assert_eq!(event["message"], "a line");
}

#[test]
fn log_events_inside_are_events_and_control_messages_dropped() {
    let data = logs_message("DATA_MESSAGE", &["a", "drop", "b\nc"]);
    let control = logs_message("CONTROL_MESSAGE", &["CWL CONTROL MESSAGE: checking health"]);
    let event = firehose(&[
        base64(&gzip(&data)),
        base64(&gzip(&control)),
        base64(&data),
        base64(&gzip(b"plain\nlines\n")),
    ]);
    let answer = answer(&mut function(CONFIG, Settings::default()), &event);
    let records = firehose_records(&answer);
    let events = |at: usize| -> Vec<Value> {
        let text = unbase64(&records[at]["data"]);
        let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
    };
    for at in [0, 2] {
        let events = events(at);
        assert_eq!(events.len(), 2);
        assert_eq!(events[1]["message"], "b\nc");
        assert_eq!(events[1]["@timestamp"], "2015-08-24T19:03:07.002Z");
        assert_eq!(events[1]["cloudwatch_logs"]["log_group"], "group");
    }
    assert_eq!(records[1]["result"], "Dropped");
    assert_eq!(events(3).len(), 2);
    assert!(events(3)[0].get("cloudwatch_logs").is_none(), "fields of another record");
}

#[test]
fn trimmed_record_goes_without_its_text() {
    let config = r#"filter { grok { match => { "message" => "^%{WORD:first}" } } }"#;
    let line = format!("word {}", "x".repeat(1000));
    let settings =
        Settings { max_response_bytes: 1000, oversize: Oversize::Trim, ..Settings::default() };
    let event = firehose(&[base64(line.as_bytes())]);
    let answer = answer(&mut function(config, settings.clone()), &event);
    assert!(answer.len() <= 1000);
    let record = &firehose_records(&answer)[0];
    let event: Value = serde_json::from_slice(&unbase64(&record["data"])).unwrap();
    assert_eq!((&event["first"], event.get("message")), (&json!("word"), None));
    let settings = Settings { oversize: Oversize::Fail, ..settings };
    assert_eq!(results(config, settings, &[line.as_bytes()]), ["ProcessingFailed"]);
}

#[test]
fn record_that_just_fits_is_kept_and_one_byte_less_fails_it() {
    let payloads: [&[u8]; 2] = [b"some line", b"another"];
    let data: Vec<String> = payloads.iter().map(|payload| base64(payload)).collect();
    let event = firehose(&data);
    let whole = answer(&mut function("", Settings::default()), &event).len();
    let with = |max_response_bytes| {
        let settings = Settings { max_response_bytes, ..Settings::default() };
        results("", settings, &payloads)
    };
    // The longest member's name is reckoned with: `kafkaRecordValue` for `data`.
    let slack = "kafkaRecordValue".len() - "data".len() + 4;
    assert_eq!(with(whole + slack), ["Ok", "Ok"]);
    assert_eq!(with(whole - 1), ["Ok", "ProcessingFailed"]);
}

#[test]
fn equal_events_give_equal_answers() {
    let config = r#"filter { uuid { target => "id" } }"#;
    let event = firehose(&[base64(b"a"), base64(b"a")]);
    let mut function = function(config, Settings::default());
    let first = answer(&mut function, &event);
    assert_eq!(answer(&mut function, &event), first);
    let records = firehose_records(&first);
    assert_ne!(records[0]["data"], records[1]["data"], "ids of two events");
}

#[test]
fn state_of_filters_ends_with_the_invocation() {
    let config = r#"filter { throttle { after_count => 1 period => 3600 max_age => 7200
        key => "all" add_tag => "late" } }"#;
    let event = firehose(&[base64(b"a"), base64(b"b")]);
    let mut function = function(config, Settings::default());
    let first = answer(&mut function, &event);
    assert!(
        String::from_utf8(unbase64(&firehose_records(&first)[1]["data"])).unwrap().contains("late")
    );
    assert_eq!(answer(&mut function, &event), first);
}

/// One payload of a batch.
fn payload() -> impl Strategy<Value = String> {
    prop_oneof![
        // Packs well.
        (0usize..3000).prop_map(|len| base64("a".repeat(len).as_bytes())),
        // Does not.
        proptest::collection::vec(any::<u8>(), 0..800).prop_map(|bytes| base64(&bytes)),
        // Becomes more.
        (1usize..300).prop_map(|count| base64(format!("many{}", ",x".repeat(count)).as_bytes())),
        // Quotes and control characters take more room in JSON.
        "[\"\\\\\u{1}é\n]{0,200}".prop_map(|text| base64(text.as_bytes())),
        (0usize..500).prop_map(|len| base64(&gzip("drop\nline\n".repeat(len).as_bytes()))),
        Just(base64(&gzip(&logs_message("CONTROL_MESSAGE", &["x"])))),
        "[A-Za-z+/=_-]{0,40}",
        Just(base64(b"fail")),
        Just(base64(b"drop")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(34),
        cases: 200,
        ..ProptestConfig::default()
    })]

    #[test]
    fn each_record_comes_back_once_in_an_answer_that_is_never_too_large(
        payloads in proptest::collection::vec(payload(), 0..20),
        room in 0usize..20_000,
        oversize in prop_oneof![Just(Oversize::Fail), Just(Oversize::Trim), Just(Oversize::Compress)],
        on_failure in prop_oneof![Just(OnFailure::Fail), Just(OnFailure::Tag)],
    ) {
        // The least that any answer to so many records needs.
        let max_response_bytes = 100 + payloads.len() * 60 + room;
        let settings = Settings { max_response_bytes, oversize, on_failure, ..Settings::default() };
        let mut function = function(CONFIG, settings);
        let answer = answer(&mut function, &firehose(&payloads));
        prop_assert!(answer.len() <= max_response_bytes, "{} > {max_response_bytes}", answer.len());
        let records = firehose_records(&answer);
        prop_assert_eq!(records.len(), payloads.len());
        for (at, record) in records.iter().enumerate() {
            prop_assert_eq!(&record["recordId"], &json!(at.to_string()));
            match record["result"].as_str().unwrap() {
                "Ok" => {
                    let data = unbase64(&record["data"]);
                    let data = if oversize == Oversize::Compress { gunzip(&data) } else { data };
                    prop_assert_eq!(data.last(), Some(&b'\n'));
                    for line in data[..data.len() - 1].split(|byte| *byte == b'\n') {
                        let event: Value = serde_json::from_slice(line).unwrap();
                        prop_assert!(event.is_object());
                    }
                }
                "Dropped" | "ProcessingFailed" => prop_assert!(record.get("data").is_none()),
                other => prop_assert!(false, "{other}"),
            }
        }
        let report = function.take_report();
        prop_assert_eq!(report.payloads, payloads.len());
        report.stats.check().unwrap();
    }
}
