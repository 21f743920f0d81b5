//! Poison: an answer for each record, whatever it holds.

use super::*;

fn results_of(data: &[String]) -> Vec<String> {
    let answer = answer(&mut function("", Settings::default()), &firehose(data));
    let records = firehose_records(&answer);
    records.iter().map(|record| record["result"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn bad_base64_fails_its_record_and_no_other() {
    let data = ["YQ==", "YQ", "Y Q=", "\u{e4}", "-_-_", "YQ=="].map(str::to_owned);
    let failed = "ProcessingFailed";
    assert_eq!(results_of(&data), ["Ok", failed, failed, failed, failed, "Ok"]);
}

#[test]
fn missing_payload_fails_its_record() {
    let event =
        br#"{"deliveryStreamArn":"x","records":[{"recordId":"1"},{"recordId":"2","data":null}]}"#;
    let records = firehose_records(&answer(&mut function("", Settings::default()), event));
    assert!(records.iter().all(|record| record["result"] == "ProcessingFailed"), "{records:?}");
}

#[test]
fn cut_off_or_damaged_gzip_fails_its_record() {
    let packed = gzip("a line\n".repeat(1000).as_bytes());
    let mut damaged = packed.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    let tail = [&packed[..], b"tail"].concat();
    let data = [&packed[..], &packed[..packed.len() - 1], &packed[..10], &damaged, &tail];
    let results = results_of(&data.map(base64));
    assert_eq!(results[0], "Ok");
    assert!(results[1..].iter().all(|result| result == "ProcessingFailed"), "{results:?}");
}

#[test]
fn gzip_bomb_fails_its_record() {
    // 48 MiB of spaces and line ends in some 50 kB, and a log message of such size.
    let bomb = gzip(&b" \n".repeat(24 << 20));
    let line = "x".repeat(40 << 20);
    let message = gzip(&logs_message("DATA_MESSAGE", &[&line]));
    assert!(bomb.len() + message.len() < 1 << 20);
    let results = results_of(&[base64(&bomb), base64(&message), base64(b"a")]);
    assert_eq!(results, ["ProcessingFailed", "ProcessingFailed", "Ok"]);
}

#[test]
fn line_over_the_limit_fails_its_record() {
    let line = gzip("x".repeat((10 << 20) + 1).as_bytes());
    assert_eq!(results_of(&[base64(&line), base64(b"a")]), ["ProcessingFailed", "Ok"]);
}

#[test]
fn line_of_the_longest_length_has_no_room_and_fails() {
    let line = "x".repeat(10 << 20);
    assert_eq!(results_of(&[base64(line.as_bytes()), base64(b"a")]), ["ProcessingFailed", "Ok"]);
}

#[test]
fn bytes_that_are_no_text_are_escaped_as_in_logstash() {
    let answer =
        answer(&mut function("", Settings::default()), &firehose(&[base64(b"a\xff\xfeb")]));
    let record = &firehose_records(&answer)[0];
    let event: Value = serde_json::from_slice(&unbase64(&record["data"])).unwrap();
    assert_eq!(event["message"], r"a\xFF\xFEb");
}

#[test]
fn empty_batches_have_answers() {
    let mut lines = function("", Settings::default());
    assert_eq!(answer(&mut lines, &firehose(&[])), br#"{"records":[]}"#);
    let error = lines.start(br#"{"Records":[]}"#, TICK, &mut |_| true).unwrap_err().to_string();
    assert!(error.contains("found an object with `Records`"), "{error}");
    let kafka = br#"{"eventSource":"aws:kafka","records":{}}"#;
    assert_eq!(deliver(&mut lines, kafka).answer(&[]).unwrap(), b"null");
}

#[test]
fn ten_thousand_records_of_one_byte_have_ten_thousand_answers() {
    let data = vec![base64(b"a"); 10_000];
    let answer = answer(&mut function("", Settings::default()), &firehose(&data));
    let records = firehose_records(&answer);
    assert_eq!(records.len(), 10_000);
    assert!(records.iter().all(|record| record["result"] == "Ok"));
}

#[test]
fn ids_that_need_escapes_come_back_as_they_are() {
    let event = json!({ "deliveryStreamArn": "x", "records": [
        { "recordId": "a\"\\\n\u{1}\u{7f}\u{2028}ä", "data": base64(b"a") },
    ] });
    let answer = answer(&mut function("", Settings::default()), event.to_string().as_bytes());
    assert_eq!(firehose_records(&answer)[0]["recordId"], event["records"][0]["recordId"]);
}

#[test]
fn answer_without_room_for_the_ids_is_an_error() {
    let settings = Settings { max_response_bytes: 500, ..Settings::default() };
    let event = firehose(&vec![base64(b"a"); 20]);
    let error = function("", settings).start(&event, TICK, &mut |_| true).unwrap_err().to_string();
    assert!(error.contains("has no room for the ids"), "{error}");
}

#[test]
fn events_that_are_no_event_are_refused() {
    let mut lines = function("", Settings::default());
    for event in [
        &b""[..],
        b"null",
        b"7",
        b"\"text\"",
        b"[]",
        b"[{}]",
        b"{}",
        b"{",
        b"\xff",
        b"{\"records\":5}",
        b"{\"Records\":{}}",
        b"{\"records\":[]}",
        b"{\"awslogs\":[]}",
        b"{\"Records\":[{}]}",
        br#"{"Records":[{"eventSource":"aws:sqs"}]}"#,
        br#"{"Records":[{"eventSource":"aws:sqs","messageId":"1"},{"eventSource":"aws:s3"}]}"#,
        br#"{"deliveryStreamArn":"x","records":[{"recordId":7}]}"#,
    ] {
        let text = String::from_utf8_lossy(event).into_owned();
        let error = lines.start(event, TICK, &mut |_| true).expect_err(&text).to_string();
        assert!(error.starts_with("the event is of no known kind: found "), "{error}");
    }
}

#[test]
fn event_nested_without_end_is_refused() {
    let deep = format!("{{\"Records\":{}", "[".repeat(100_000));
    function("", Settings::default()).start(deep.as_bytes(), TICK, &mut |_| true).unwrap_err();
}
