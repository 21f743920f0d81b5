"""Destinations that refuse, break and hang: nothing is lost, and nothing sent again of which somebody said that it was taken."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from harness import FIXTURES, Fault, Function, InvocationFailed, Moto, Proxy, RuntimeApi, assert_counted, until

COUNT = 35
ROLE = "arn:aws:iam::123456789012:role/r"
ARN = "arn:aws:sqs:us-east-1:123456789012:in"
TARGETS = ["firehose", "kinesis", "s3", "sqs"]

EVENT = {
    "Records": [
        {
            "messageId": f"m{at}",
            "body": f"GET /{at}",
            "attributes": {"SentTimestamp": "1520621625029"},
            "eventSource": "aws:sqs",
            "eventSourceARN": ARN,
        }
        for at in range(COUNT)
    ]
}
ALL = [f"m{at}" for at in range(COUNT)]


def make(aws: Moto, target: str) -> tuple[str, Callable[[], Counter[int]]]:
    """Makes a destination; its name for `SAWLOG_OUTPUT`, and what is there."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="target")
    if target == "firehose":
        aws.client("firehose").create_delivery_stream(
            DeliveryStreamName="d", S3DestinationConfiguration={"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::target"}
        )
        return "firehose:d", lambda: numbers(aws.objects("target"))
    if target == "kinesis":
        aws.client("kinesis").create_stream(StreamName="s", ShardCount=1)
        return "kinesis:s", lambda: numbers([json.loads(one["Data"]) for one in aws.stream("s")])
    if target == "sqs":
        url = aws.client("sqs").create_queue(QueueName="q")["QueueUrl"]
        return f"sqs:{url}", lambda: numbers([json.loads(one["Body"]) for one in aws.messages(url)])
    return "s3://target/", lambda: numbers(aws.objects("target"))


def numbers(events: list[dict[str, Any]]) -> Counter[int]:
    return Counter(int(event["path"][1:]) for event in events)


def failed(answer: dict[str, Any]) -> list[str]:
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


@pytest.mark.parametrize("fault", [429, 500, 503, "reset"])
@pytest.mark.parametrize("target", TARGETS)
def test_request_that_is_not_taken_is_sent_again_and_arrives_once(aws: Moto, target: str, fault: int | str) -> None:
    output, there = make(aws, target)
    with Proxy(aws.url, [Fault(fault, times=2)]) as proxy, Function(aws=proxy.url, output=output) as function:
        assert failed(function.invoke(EVENT)) == []
        assert_counted(function, events_in=COUNT, out=COUNT)
    assert there() == dict.fromkeys(range(COUNT), 1)
    assert len(proxy.seen) > 2


@pytest.mark.parametrize("target", ["firehose", "kinesis", "sqs"])
def test_only_refused_entries_are_sent_again(aws: Moto, target: str) -> None:
    output, there = make(aws, target)
    with Proxy(aws.url, [Fault("partial", times=2)]) as proxy, Function(aws=proxy.url, output=output) as function:
        assert failed(function.invoke(EVENT)) == []
    assert there() == dict.fromkeys(range(COUNT), 1)


@pytest.mark.parametrize("target", TARGETS)
def test_lost_answer_repeats_one_request_at_most(aws: Moto, target: str) -> None:
    output, there = make(aws, target)
    with Proxy(aws.url, [Fault("lost")]) as proxy, Function(aws=proxy.url, output=output) as function:
        assert failed(function.invoke(EVENT)) == []
    counts = there()
    assert set(counts) == set(range(COUNT))
    # Nobody knows what was taken of that request. An object replaces itself.
    twice = sum(1 for count in counts.values() if count == 2)
    assert twice == {"s3": 0, "sqs": 10}.get(target, COUNT)
    assert max(counts.values()) <= 2


@pytest.mark.parametrize(("target", "fault"), [("firehose", 500), ("kinesis", 429), ("s3", 503), ("sqs", "reset")])
def test_destination_that_never_takes_anything_gives_all_items_back(aws: Moto, target: str, fault: int | str) -> None:
    output, there = make(aws, target)
    with Proxy(aws.url, [Fault(fault, times=1000)]) as proxy, Function(aws=proxy.url, output=output) as function:
        assert failed(function.invoke(EVENT)) == ALL
        proxy.faults.clear()
        assert there() == {}
        assert failed(function.invoke(EVENT)) == []
    assert there() == dict.fromkeys(range(COUNT), 1)


def test_what_was_taken_before_a_lasting_fault_is_not_given_back(aws: Moto) -> None:
    output, there = make(aws, "sqs")
    with Proxy(aws.url) as proxy, Function(aws=proxy.url, output=output) as function:
        # Ten messages go in a request: the first two requests pass.
        passing = iter([None, None])
        proxy.take = lambda what: next(passing, 500)  # type: ignore[method-assign]
        assert failed(function.invoke(EVENT)) == ALL[20:]
    assert there() == dict.fromkeys(range(20), 1)


@pytest.mark.parametrize("target", TARGETS)
def test_service_that_hangs_leaves_time_for_the_answer(aws: Moto, target: str) -> None:
    output, there = make(aws, target)
    api = RuntimeApi(time_ms=2_500)
    with Proxy(aws.url, [Fault("hang")]) as proxy, Function(aws=proxy.url, output=output, api=api) as function:
        assert failed(function.invoke(EVENT)) == ALL
        api.time_ms = 60_000
        assert failed(function.invoke(EVENT)) == []
    assert there() == dict.fromkeys(range(COUNT), 1)


def test_no_time_gives_everything_back_and_sends_nothing(aws: Moto) -> None:
    output, there = make(aws, "sqs")
    with Proxy(aws.url) as proxy, Function(aws=proxy.url, output=output, api=RuntimeApi(time_ms=500)) as function:
        assert failed(function.invoke(EVENT)) == ALL
    assert proxy.seen == []
    assert there() == {}


def notification(key: str, message_id: str) -> dict[str, Any]:
    record = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": "source"}, "object": {"key": key}},
    }
    return {
        "messageId": message_id,
        "body": json.dumps({"Records": [record]}),
        "attributes": {"SentTimestamp": "1520621625029"},
        "eventSource": "aws:sqs",
        "eventSourceARN": ARN,
    }


@pytest.mark.parametrize("fault", [500, "reset"])
def test_object_that_cannot_be_read_is_given_back_and_the_others_are_done(aws: Moto, fault: int | str) -> None:
    _, there = make(aws, "s3")
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="source")
    for at in range(3):
        s3.put_object(Bucket="source", Key=f"k{at}", Body=b"GET /%d\n" % at)
    event = {"Records": [notification(f"k{at}", f"m{at}") for at in range(3)]}
    faults = [Fault(fault, times=1000, of="GET /source/k1")]
    with Proxy(aws.url, faults) as proxy, Function(aws=proxy.url, output="s3://target/") as function:
        assert failed(function.invoke(event)) == ["m1"]
    assert there() == {0: 1, 2: 1}


@pytest.mark.parametrize("fault", [503, "reset", "cut"])
def test_object_is_read_to_its_end_whatever_befalls_the_connection(aws: Moto, fault: int | str) -> None:
    _, there = make(aws, "s3")
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="source")
    count = 20_000
    s3.put_object(Bucket="source", Key="k", Body=b"".join(b"GET /%d\n" % at for at in range(count)))
    faults = [Fault(fault, times=2, of="GET /source/k")]
    with Proxy(aws.url, faults) as proxy, Function(aws=proxy.url, output="s3://target/") as function:
        assert failed(function.invoke({"Records": [notification("k", "m")]})) == []
        assert_counted(function, events_in=count, out=count)
    assert there() == dict.fromkeys(range(count), 1)
    # What was read is not read again.
    assert len(proxy.ranges) == (2 if fault == "cut" else 0)
    assert not any(one.startswith("bytes=0-") for one in proxy.ranges)


def test_object_that_is_replaced_while_it_is_read_is_begun_anew(aws: Moto) -> None:
    _, there = make(aws, "s3")
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="source")
    old, new = (b"".join(b"GET /%d\n" % at for at in range(*span)) for span in [(0, 20_000), (20_000, 40_000)])
    s3.put_object(Bucket="source", Key="k", Body=old)
    event = {"Records": [notification("k", "m")]}
    with Proxy(aws.url) as proxy, Function(aws=proxy.url, output="s3://target/") as function:
        reads = 0

        def take(what: str) -> str | None:
            nonlocal reads
            reads += what == "GET /source/k"
            if what == "GET /source/k" and reads == 2:
                s3.put_object(Bucket="source", Key="k", Body=new)
            return "cut" if what == "GET /source/k" and reads == 1 else None

        proxy.take = take  # type: ignore[method-assign]
        assert failed(function.invoke(event)) == ["m"]
        assert "it was replaced by another" in function.log.read_text()
        assert failed(function.invoke(event)) == []
    assert there() == dict.fromkeys(range(20_000, 40_000), 1)


def test_event_whose_object_would_have_too_long_a_name_holds_up_no_other(aws: Moto) -> None:
    _, there = make(aws, "s3")
    dead = aws.client("sqs").create_queue(QueueName="dead")["QueueUrl"]
    bodies = ["GET /1", f"GET /{'9' * 1_100}", "GET /3"]
    event = {"Records": [{**EVENT["Records"][at], "body": body} for at, body in enumerate(bodies)]}
    with Function(aws=aws.url, output="s3://target/%{path}/", SAWLOG_DEAD_LETTER=dead) as function:
        assert failed(function.invoke(event)) == []
    assert there() == {1: 1, 3: 1}
    letters = [json.loads(one["Body"]) for one in aws.messages(dead)]
    assert [one["reason"] for one in letters] == ["the object's name would be longer than 1024 bytes"]


def test_source_without_partial_answers_gets_an_error_and_then_everything(aws: Moto) -> None:
    output, there = make(aws, "s3")
    event = json.loads((FIXTURES / "example-kafka-event.json").read_text())
    for records in event["records"].values():
        for record in records:
            record["value"] = "R0VUIC8w"
    with Proxy(aws.url, [Fault(500, times=1000)]) as proxy, Function(aws=proxy.url, output=output) as function:
        with pytest.raises(InvocationFailed, match="must be sent again"):
            function.invoke(event)
        proxy.faults.clear()
        assert function.invoke(event) is None
    assert there() == {0: 1}


def test_wrong_config_ends_the_start_with_all_its_problems() -> None:
    api = RuntimeApi()
    config = 'filter { grok { match => { "message" => "%{NOPE:a}" } } mutate { no_such => 1 } }'
    with Function(config, api=api) as function:
        function.process.wait(60)
        log = function.log.read_text()
        assert function.process.returncode != 0
    assert api.start_error is not None
    assert json.loads(api.start_error)["errorType"] == "Sawlog.Config"
    assert "NOPE" in log
    assert "no_such" in log
    assert "pipeline.conf:1:42" in log


def test_function_serves_on_after_an_event_that_is_unknown() -> None:
    with Function(output="stdout") as function:
        with pytest.raises(InvocationFailed, match="of no known kind"):
            function.invoke({"bad": 1})
        assert failed(function.invoke(EVENT)) == []
        assert len(function.printed()) == COUNT


def test_invocations_come_one_behind_the_other(aws: Moto) -> None:
    output, there = make(aws, "kinesis")
    with Function(aws=aws.url, output=output, api=RuntimeApi()) as function:
        threads = [threading.Thread(target=function.invoke, args=(EVENT,)) for _ in range(5)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        until(lambda: there() == dict.fromkeys(range(COUNT), 5))
