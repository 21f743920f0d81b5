"""What AWS services make of logs goes through the function and arrives, counted: events in are events out, dropped or refused."""

from __future__ import annotations

import base64
import bz2
import gzip
import json
import lzma
import random
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from harness import Function, InvocationFailed, Moto, assert_counted

ROLE = "arn:aws:iam::123456789012:role/r"
MANY, DROPPED = 20_000, 10


def request_lines(count: int) -> bytes:
    return b"".join(b"GET /%d\n" % at for at in range(count))


LINES = request_lines(MANY) + b"DROP /\n" * DROPPED


def queue_event(messages: Iterable[dict[str, Any]], arn: str) -> dict[str, Any]:
    """The event that Lambda makes of messages of a queue."""
    return {
        "Records": [
            {
                "messageId": one["MessageId"],
                "receiptHandle": one["ReceiptHandle"],
                "body": one["Body"],
                "attributes": one["Attributes"],
                "messageAttributes": {},
                "md5OfBody": one["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": arn,
                "awsRegion": "us-east-1",
            }
            for one in messages
        ]
    }


def kinesis_event(records: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The event that Lambda makes of records of a stream."""
    return {
        "Records": [
            {
                "eventSource": "aws:kinesis",
                "eventVersion": "1.0",
                "eventID": f"shardId-000000000000:{one['SequenceNumber']}",
                "eventName": "aws:kinesis:record",
                "invokeIdentityArn": ROLE,
                "awsRegion": "us-east-1",
                "eventSourceARN": "arn:aws:kinesis:us-east-1:123456789012:stream/s",
                "kinesis": {
                    "kinesisSchemaVersion": "1.0",
                    "partitionKey": one["PartitionKey"],
                    "sequenceNumber": one["SequenceNumber"],
                    "data": base64.b64encode(one["Data"]).decode(),
                    "approximateArrivalTimestamp": one["ApproximateArrivalTimestamp"].timestamp(),
                },
            }
            for one in records
        ]
    }


def firehose_event(payloads: Iterable[bytes]) -> dict[str, Any]:
    """The event that Firehose makes of records for its transformation."""
    return {
        "invocationId": "1",
        "deliveryStreamArn": "arn:aws:firehose:us-east-1:123456789012:deliverystream/d",
        "region": "us-east-1",
        "records": [
            {
                "recordId": str(at),
                "approximateArrivalTimestamp": 1_495_072_949_453,
                "data": base64.b64encode(payload).decode(),
            }
            for at, payload in enumerate(payloads)
        ],
    }


def make_queue(aws: Moto, name: str, **attributes: str) -> tuple[str, str]:
    """Makes a queue; URL and ARN."""
    sqs = aws.client("sqs")
    url: str = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def paths(events: Iterable[dict[str, Any]]) -> list[int]:
    """The numbers that the lines were made with, in the order of the events."""
    return [int(event["path"][1:]) for event in events]


def notified_bucket(aws: Moto, kind: str, target: str) -> Any:
    s3 = aws.client("s3")
    for bucket in ("source", "target"):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_notification_configuration(
        Bucket="source",
        NotificationConfiguration={f"{kind}Configurations": [{f"{kind}Arn": target, "Events": ["s3:ObjectCreated:*"]}]},
    )
    return s3


def test_objects_notified_through_a_queue_become_objects(aws: Moto) -> None:
    url, arn = make_queue(aws, "notices")
    s3 = notified_bucket(aws, "Queue", arn)
    aws.messages(url)
    s3.put_object(Bucket="source", Key="a b+c/ü.log.gz", Body=gzip.compress(LINES))
    event = queue_event(aws.messages(url), arn)
    assert len(event["Records"]) == 1
    with Function(aws=aws.url, output="s3://target/events/") as function:
        assert function.invoke(event) == {"batchItemFailures": []}
        assert_counted(function, events_in=MANY + DROPPED, out=MANY)
        assert paths(aws.objects("target", "events/")) == list(range(MANY))

        assert function.invoke(event) == {"batchItemFailures": []}
        assert len(aws.objects("target")) == MANY, "the same event again replaces its objects"

        s3.delete_object(Bucket="source", Key="a b+c/ü.log.gz")
        ids = [{"itemIdentifier": one["messageId"]} for one in event["Records"]]
        assert function.invoke(event) == {"batchItemFailures": ids}


@pytest.mark.parametrize(
    ("name", "pack"), [("plain", bytes), ("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)]
)
def test_objects_are_unpacked_whatever_their_name(aws: Moto, name: str, pack: Any) -> None:
    url, arn = make_queue(aws, "notices")
    s3 = notified_bucket(aws, "Queue", arn)
    aws.messages(url)
    s3.put_object(Bucket="source", Key=f"{name}.dat", Body=pack(LINES))
    with Function(aws=aws.url, output="s3://target/") as function:
        assert function.invoke(queue_event(aws.messages(url), arn)) == {"batchItemFailures": []}
        assert_counted(function, events_in=MANY + DROPPED, out=MANY)
    assert paths(aws.objects("target")) == list(range(MANY))


def test_objects_notified_through_a_topic_and_a_queue_become_records_of_firehose(aws: Moto) -> None:
    url, arn = make_queue(aws, "notices")
    sns = aws.client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    s3 = notified_bucket(aws, "Topic", topic)
    aws.messages(url)
    aws.client("firehose").create_delivery_stream(
        DeliveryStreamName="d", S3DestinationConfiguration={"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::target"}
    )
    for name in ("one", "two"):
        s3.put_object(Bucket="source", Key=name, Body=LINES)
    messages = aws.messages(url)
    assert "TopicArn" in messages[0]["Body"]
    with Function(aws=aws.url, output="firehose:d") as function:
        assert function.invoke(queue_event(messages, arn)) == {"batchItemFailures": []}
        assert_counted(function, events_in=2 * (MANY + DROPPED), out=2 * MANY)
    assert Counter(paths(aws.objects("target"))) == dict.fromkeys(range(MANY), 2)


def subscribed(aws: Moto, destination: str, lines: int) -> None:
    """Writes lines to a log group, whose events go on to a stream."""
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="group")
    logs.create_log_stream(logGroupName="group", logStreamName="stream")
    logs.put_subscription_filter(
        logGroupName="group", filterName="all", filterPattern="", destinationArn=destination, roleArn=ROLE
    )
    now = int(time.time() * 1000)
    for start in range(0, lines, 100):
        logs.put_log_events(
            logGroupName="group",
            logStreamName="stream",
            logEvents=[{"timestamp": now, "message": f"GET /{at}"} for at in range(start, min(start + 100, lines))],
        )


def test_log_groups_subscribed_to_a_stream_become_messages_of_a_queue(aws: Moto) -> None:
    kinesis = aws.client("kinesis")
    kinesis.create_stream(StreamName="s", ShardCount=1)
    subscribed(aws, kinesis.describe_stream(StreamName="s")["StreamDescription"]["StreamARN"], lines=250)
    records = aws.stream("s")
    assert records[-1]["Data"][:2] == b"\x1f\x8b"
    url, _ = make_queue(aws, "out")
    with Function(aws=aws.url, output=f"sqs:{url}") as function:
        assert function.invoke(kinesis_event(records)) == {"batchItemFailures": []}
        assert_counted(function, events_in=250, out=250)
    events = [json.loads(one["Body"]) for one in aws.messages(url)]
    assert sorted(paths(events)) == list(range(250))
    assert {event["cloudwatch_logs"]["log_group"] for event in events} == {"group"}


def test_log_groups_subscribed_to_firehose_are_transformed(aws: Moto) -> None:
    aws.client("s3").create_bucket(Bucket="raw")
    firehose = aws.client("firehose")
    firehose.create_delivery_stream(
        DeliveryStreamName="d", S3DestinationConfiguration={"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::raw"}
    )
    arn = firehose.describe_delivery_stream(DeliveryStreamName="d")["DeliveryStreamDescription"]["DeliveryStreamARN"]
    subscribed(aws, arn, lines=250)
    s3 = aws.client("s3")
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket="raw")["Contents"]]
    event = firehose_event(s3.get_object(Bucket="raw", Key=key)["Body"].read() for key in keys)
    with Function() as function:
        answer = function.invoke(event)
        assert_counted(function, events_in=250, out=250)
    assert [one["recordId"] for one in answer["records"]] == [one["recordId"] for one in event["records"]]
    assert {one["result"] for one in answer["records"]} == {"Ok"}
    text = b"\n".join(base64.b64decode(one["data"]) for one in answer["records"])
    assert sorted(paths(json.loads(line) for line in text.splitlines() if line)) == list(range(250))


def test_records_of_a_stream_become_records_of_a_stream(aws: Moto) -> None:
    kinesis = aws.client("kinesis")
    for name in ("s", "t"):
        kinesis.create_stream(StreamName=name, ShardCount=1)
    for at in range(0, 1000, 500):
        kinesis.put_records(
            StreamName="s",
            Records=[{"Data": b"GET /%d\nDROP /\n" % one, "PartitionKey": str(one)} for one in range(at, at + 500)],
        )
    with Function(aws=aws.url, output="kinesis:t") as function:
        assert function.invoke(kinesis_event(aws.stream("s"))) == {"batchItemFailures": []}
        assert_counted(function, events_in=2000, out=1000)
    assert sorted(paths(json.loads(one["Data"]) for one in aws.stream("t"))) == list(range(1000))


def test_fifo_queue_keeps_its_order_into_a_fifo_queue(aws: Moto) -> None:
    source, arn = make_queue(aws, "a.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    target, _ = make_queue(aws, "b.fifo", FifoQueue="true")
    sqs = aws.client("sqs")
    for at in range(30):
        sqs.send_message(QueueUrl=source, MessageBody=f"GET /{at}", MessageGroupId="g")
    messages: list[dict[str, Any]] = aws.messages(source)
    assert len(messages) == 30
    with Function(aws=aws.url, output=f"sqs:{target}") as function:
        assert function.invoke(queue_event(messages, arn)) == {"batchItemFailures": []}
    assert paths(json.loads(one["Body"]) for one in aws.messages(target)) == list(range(30))


def test_destination_that_does_not_exist_fails_every_item(aws: Moto) -> None:
    url, arn = make_queue(aws, "in")
    sqs = aws.client("sqs")
    for at in range(5):
        sqs.send_message(QueueUrl=url, MessageBody=f"GET /{at}")
    event = queue_event(aws.messages(url), arn)
    ids = {one["messageId"] for one in event["Records"]}
    for output in ("kinesis:missing", "firehose:missing", f"sqs:{url}-missing", "s3://missing/"):
        with Function(aws=aws.url, output=output) as function:
            failed = function.invoke(event)["batchItemFailures"]
            assert {one["itemIdentifier"] for one in failed} == ids, output


def test_firehose_batch_of_megabytes_comes_back_whole_and_below_the_limit() -> None:
    draw = random.Random(7)
    payloads = [b"GET /%d %x\n" % (at, draw.getrandbits(2400)) for at in range(4000)]
    event = firehose_event(payloads)
    with Function() as function:
        body = function.api.invoke(json.dumps(event).encode())
    assert len(body) <= 6_291_556
    records = json.loads(body)["records"]
    assert [one["recordId"] for one in records] == [str(at) for at in range(4000)]
    assert {one["result"] for one in records} <= {"Ok", "ProcessingFailed"}
    kept = [one for one in records if one["result"] == "Ok"]
    assert len(kept) > 1000
    for one in kept:
        assert json.loads(base64.b64decode(one["data"]))["path"] == f"/{one['recordId']}"


def test_poison_has_an_answer_per_record() -> None:
    packed = gzip.compress(b"GET /1\n" * 1000)
    payloads = [
        b"GET /0",
        packed[:-20],
        gzip.compress(b"GET /2\n" + b"\0" * (1 << 28)),
        b"GET /3 " + b"x" * 3_000_000,
        b"GET /4 \xff\xfe",
        b"",
        b"GET /6",
    ]
    event = firehose_event(payloads)
    event["records"][5]["data"] = "no base64 !"
    with Function(api=None) as function:
        records = function.invoke(event)["records"]
        assert [one["recordId"] for one in records] == [str(at) for at in range(7)]
        results = [one["result"] for one in records]
        assert (results[0], results[1], results[2], results[4], results[5], results[6]) == (
            "Ok", "ProcessingFailed", "ProcessingFailed", "Ok", "ProcessingFailed", "Ok",
        )  # fmt: skip
        one_byte = function.invoke(firehose_event([b"x"] * 10_000))["records"]
        assert [one["recordId"] for one in one_byte] == [str(at) for at in range(10_000)]
        assert {one["result"] for one in one_byte} == {"Ok"}
        assert function.invoke(firehose_event([])) == {"records": []}
        with pytest.raises(InvocationFailed):
            function.invoke(b'{"records":')
        assert function.invoke(firehose_event([b"GET /0"]))["records"][0]["result"] == "Ok"
