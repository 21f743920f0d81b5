"""The samples of aws_lambda_events through the bootstrap: what each source gets back."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from harness import FIXTURES, Function, InvocationFailed

CONFIG = 'filter { mutate { add_field => { "seen" => "yes" } } }'


@pytest.fixture(scope="module")
def function() -> Iterator[Function]:
    with Function(CONFIG, output="stdout") as one:
        yield one


def sample(name: str) -> bytes:
    return (FIXTURES / f"example-{name}.json").read_bytes()


def unbase64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


@pytest.mark.parametrize(
    ("name", "messages", "answer"),
    [
        ("cloudwatch_logs-event", 2, None),
        ("kafka-event", 1, None),
        ("kinesis-event", 2, {"batchItemFailures": []}),
        ("kinesis-event-encrypted", 2, {"batchItemFailures": []}),
        ("sqs-event", 1, {"batchItemFailures": []}),
        ("sqs-event-obj", 1, {"batchItemFailures": []}),
    ],
)
def test_events_of_a_sample_are_sent_on(function: Function, name: str, messages: int, answer: object) -> None:
    before = len(function.printed())
    assert function.invoke(sample(name)) == answer
    events = function.printed()[before:]
    assert len(events) == messages
    assert all(event["seen"] == "yes" for event in events)
    counts = function.metrics()
    assert (counts["EventsIn"], counts["EventsOut"], counts["PayloadsFailed"]) == (messages, messages, 0)


def test_records_of_firehose_come_back_by_their_ids(function: Function) -> None:
    event = json.loads(sample("kinesis-firehose-event"))
    answer = function.invoke(event)
    assert [one["recordId"] for one in answer["records"]] == [one["recordId"] for one in event["records"]]
    for asked, one in zip(event["records"], answer["records"], strict=True):
        assert one["result"] == "Ok"
        out = json.loads(unbase64(one["data"]))
        assert out["message"] == unbase64(asked["data"]).decode()
        assert out["seen"] == "yes"


@pytest.mark.parametrize("name", ["s3-event", "s3-event-with-decoded"])
def test_object_that_cannot_be_read_fails_the_invocation(function: Function, name: str) -> None:
    with pytest.raises(InvocationFailed, match="1 of 1 items failed"):
        function.invoke(sample(name))


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("apigw-request", ("httpMethod",)),
        ("apigw-v2-request-no-authorizer", ("requestContext", "http", "method")),
        ("alb-lambda-target-request-headers-only", ("httpMethod",)),
    ],
)
def test_posted_lines_come_back(function: Function, name: str, path: tuple[str, ...]) -> None:
    event = json.loads(sample(name))
    place: Any = event
    for part in path[:-1]:
        place = place[part]
    for method, status in (("GET", 405), ("POST", 200)):
        place[path[-1]] = method
        for body, is_base64 in (("a\nb\n", False), (base64.b64encode(gzip.compress(b"a\nb\n")).decode(), True)):
            event.update(body=body, isBase64Encoded=is_base64)
            answer = function.invoke(event)
            assert answer["statusCode"] == status
            if status == 200:
                assert [json.loads(line)["message"] for line in answer["body"].splitlines()] == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("cognito-event", "`identityPoolId`"),
        ("dynamodb-event", "`aws:dynamodb`"),
        ("eventbridge-event-obj", "`aws.ec2`"),
        ("sns-event", "`aws:sns`"),
    ],
)
def test_events_of_other_services_are_refused_with_what_was_found(function: Function, name: str, found: str) -> None:
    with pytest.raises(InvocationFailed) as error:
        function.invoke(sample(name))
    assert found in str(error.value)
    assert "known are Firehose transformation" in str(error.value)


def test_every_sample_is_tried() -> None:
    names = {path.stem.removeprefix("example-") for path in FIXTURES.glob("*.json")}
    tests: list[Any] = [
        test_events_of_a_sample_are_sent_on,
        test_object_that_cannot_be_read_fails_the_invocation,
        test_posted_lines_come_back,
        test_events_of_other_services_are_refused_with_what_was_found,
    ]
    cases = [case for test in tests for mark in test.pytestmark for case in mark.args[1]]
    tried = {case if isinstance(case, str) else case[0] for case in cases}
    assert names == tried | {"kinesis-firehose-event"}
