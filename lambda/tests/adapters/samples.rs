//! The samples that the crate `aws_lambda_events` has of each service.

use super::*;

fn lines() -> Function {
    function("", Settings::default())
}

fn error(name: &str) -> String {
    lines().start(&fixture(name), TICK, &mut |_| true).unwrap_err().to_string()
}

#[test]
fn firehose_gives_each_record_back_with_the_time_of_its_arrival() {
    let answer = answer(&mut lines(), &fixture("kinesis-firehose-event"));
    let records = firehose_records(&answer);
    let ids: Vec<&str> = records.iter().map(|one| one["recordId"].as_str().unwrap()).collect();
    assert_eq!(ids, ["record1", "record2"]);
    for record in &records {
        assert_eq!(record["result"], "Ok");
        let event: Value = serde_json::from_slice(&unbase64(&record["data"])).unwrap();
        assert_eq!(event["message"], "Hello World");
        assert_eq!(event["@timestamp"], "2017-10-05T15:33:44.302Z");
    }
}

#[test]
fn log_events_of_a_subscription_are_events_with_the_names_of_group_and_stream() {
    let delivery = deliver(&mut lines(), &fixture("cloudwatch_logs-event"));
    let events = events(&delivery);
    assert_eq!(events.len(), 2);
    assert_eq!(events[0]["message"], "[ERROR] First test message");
    assert_eq!(events[0]["@timestamp"], "2015-08-24T19:03:07.000Z");
    assert_eq!(events[0]["cloudwatch_logs"]["log_group"], "testLogGroup");
    assert_eq!(events[0]["cloudwatch_logs"]["log_stream"], "testLogStream");
    assert_eq!(events[1]["cloudwatch_logs"]["event_id"], "eventId2");
    assert_eq!(delivery.answer(&[]).unwrap(), b"null");
}

#[test]
fn kinesis_records_are_events_with_their_place_in_the_stream() {
    let config = r#"filter { mutate { add_field => {
        "key" => "%{[@metadata][partition_key]}" "number" => "%{[@metadata][sequence_number]}" } } }"#;
    for name in ["kinesis-event", "kinesis-event-encrypted"] {
        let delivery = deliver(&mut function(config, Settings::default()), &fixture(name));
        let events = events(&delivery);
        assert_eq!(events.len(), 2);
        assert_eq!(events[1]["message"], "Hello World");
        assert_eq!(events[1]["@timestamp"], "2016-12-04T08:52:03.477Z");
        assert_eq!(events[1]["key"], "s1");
        let number = "49568167373333333334444444444444444444444444444444444444";
        assert_eq!(events[1]["number"], number);
        assert_eq!(failed_ids(&delivery.answer(&[]).unwrap()), [""; 0]);
    }
}

#[test]
fn messages_of_a_queue_are_lines() {
    let delivery = deliver(&mut lines(), &fixture("sqs-event"));
    assert_eq!(messages(&delivery), ["Message Body"]);
    assert_eq!(events(&delivery)[0]["@timestamp"], "2018-03-09T18:53:45.029Z");
    assert_eq!(failed_ids(&delivery.answer(&[0]).unwrap()), ["MessageID_1"]);
    let delivery = deliver(&mut lines(), &fixture("sqs-event-obj"));
    assert_eq!(messages(&delivery), [r#"{"a":"Test","b":123}"#]);
}

#[test]
fn kafka_values_are_events_with_their_place_in_the_topic() {
    let config = r#"filter { mutate { add_field => { "place" =>
        "%{[@metadata][kafka][topic]}/%{[@metadata][kafka][partition]}/%{[@metadata][kafka][offset]}"
        "key" => "%{[@metadata][kafka][key]}" } } }"#;
    let delivery = deliver(&mut function(config, Settings::default()), &fixture("kafka-event"));
    let events = events(&delivery);
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["message"], "8d5596b4-1813-4238-b24b-6dad8e3d1c0c");
    assert_eq!(events[0]["key"], "8d5596b4-1813-4238-b24b-6dad8e3d1c0c");
    assert_eq!(events[0]["place"], "AWSKafkaTopic/0/0");
    assert_eq!(events[0]["@timestamp"], "2020-07-18T01:29:09.700Z");
}

#[test]
fn objects_of_s3_are_to_be_fetched_by_their_decoded_keys() {
    for name in ["s3-event", "s3-event-with-decoded"] {
        let Job::Fetch(fetch) = start(&mut lines(), &fixture(name)) else { panic!("{name}") };
        assert_eq!(fetch.objects.len(), 1);
        assert_eq!(fetch.objects[0].bucket, "sourcebucket");
        assert_eq!(fetch.objects[0].key, "Happy Face.jpg");
        assert_eq!(fetch.objects[0].version.as_deref(), Some("version"));
        assert_eq!(fetch.answer(&[]).unwrap(), b"null");
        fetch.answer(&[0]).unwrap_err();
    }
}

#[test]
fn request_that_is_no_post_is_told_so() {
    for name in [
        "apigw-request",
        "apigw-v2-request-no-authorizer",
        "alb-lambda-target-request-headers-only",
    ] {
        let text = String::from_utf8(fixture(name)).unwrap();
        let get = text.replace(r#""httpMethod": "POST""#, r#""httpMethod": "GET""#);
        let refused: Value = serde_json::from_slice(&answer(&mut lines(), get.as_bytes())).unwrap();
        assert_eq!(refused["statusCode"], 405, "{name}");
    }
}

#[test]
fn posted_lines_come_back_as_json_lines() {
    for event in [
        json!({ "requestContext": { "http": { "method": "POST" } }, "body": "a\n\"b\"\n" }),
        json!({ "requestContext": {}, "httpMethod": "POST", "body": "a\n\"b\"\n" }),
        json!({ "requestContext": { "elb": {} }, "httpMethod": "POST", "isBase64Encoded": true,
            "body": base64(&gzip(b"a\n\"b\"")) }),
    ] {
        let answer = answer(&mut lines(), event.to_string().as_bytes());
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["statusCode"], 200);
        let body = answer["body"].as_str().unwrap();
        let messages: Vec<Value> = body
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["message"].clone())
            .collect();
        assert_eq!(messages, ["a", "\"b\""]);
    }
}

#[test]
fn other_events_are_refused_with_what_was_found_and_what_is_known() {
    let dynamodb = error("dynamodb-event");
    assert!(dynamodb.contains("found an object with `Records` from `aws:dynamodb`"), "{dynamodb}");
    assert!(dynamodb.contains("known are Firehose transformation, CloudWatch Logs"), "{dynamodb}");
    let rule = error("eventbridge-event-obj");
    assert!(rule.contains("`EC2 Instance State-change Notification`, `aws.ec2`"), "{rule}");
    let topic = error("sns-event");
    assert!(topic.contains("from `aws:sns`"), "{topic}");
    let cognito = error("cognito-event");
    assert!(cognito.contains("`identityPoolId`"), "{cognito}");
}
