"""Outputs of the config: a real OpenSearch, dead letters, keys of objects, objects that take several invocations, a config in S3.

OpenSearch is started by `SAWLOG_OPENSEARCH`, a command that is given a folder and a port; without it its tests are skipped.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from harness import PATIENCE_S, Fault, Function, InvocationFailed, Moto, Proxy, RuntimeApi, free_port, stop

GROK = 'filter { grok { match => { "message" => "%{WORD:verb} %{NOTSPACE:path}" } } }'


def messages(lines: list[str], queue: str = "in") -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"m{at}",
                "body": line,
                "attributes": {"SentTimestamp": "1520621625029"},
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{queue}",
            }
            for at, line in enumerate(lines)
        ]
    }


def failed(answer: dict[str, Any]) -> list[str]:
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


class OpenSearch:
    """A server of its own, for all tests."""

    def __init__(self, url: str) -> None:
        self.url = url

    def call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}{path}", data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.loads(answer.read())

    def documents(self, index: str) -> list[dict[str, Any]]:
        self.call("POST", f"/{index}/_refresh")
        found = self.call("GET", f"/{index}/_search?size=10000")
        return [one["_source"] for one in found["hits"]["hits"]]


@pytest.fixture(scope="module")
def search() -> Iterator[OpenSearch]:
    url = os.environ.get("SAWLOG_OPENSEARCH_URL")
    if url:
        yield OpenSearch(url)
        return
    command = os.environ.get("SAWLOG_OPENSEARCH")
    if not command:
        pytest.skip("no OpenSearch: `SAWLOG_OPENSEARCH` names no command that starts one")
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        process = subprocess.Popen(
            [*shlex.split(command), folder, str(port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        server = OpenSearch(f"http://127.0.0.1:{port}")
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                server.call("GET", "/_cluster/health?wait_for_status=yellow")
                break
            except (OSError, urllib.error.URLError):
                if time.monotonic() > end or process.poll() is not None:
                    raise
                time.sleep(0.2)
        yield server
        stop(process)


@pytest.fixture
def index(search: OpenSearch) -> str:
    """An index in which `path` is a number."""
    name = f"logs-{uuid.uuid4().hex}"
    body = {"mappings": {"properties": {"path": {"type": "long"}}}, "settings": {"number_of_replicas": 0}}
    search.call("PUT", f"/{name}", body)
    return name


def config(hosts: str, index: str, more: str = "") -> str:
    return f'{GROK} output {{ elasticsearch {{ hosts => "{hosts}" index => "{index}" id => "main" {more} }} }}'


LINES = [f"GET {at}" for at in range(40)]


@pytest.mark.parametrize("fault", [429, 500, 503, "reset"])
def test_bulk_request_that_is_not_taken_is_sent_again_and_arrives_once(
    search: OpenSearch, index: str, fault: int | str
) -> None:
    with Proxy(search.url, [Fault(fault, times=2)]) as proxy, Function(config=config(proxy.url, index)) as function:
        assert failed(function.invoke(messages(LINES))) == []
        assert len(proxy.seen) == 3
    found = Counter(one["path"] for one in search.documents(index))
    assert found == {str(at): 1 for at in range(40)}


def test_lost_answer_writes_nothing_twice_when_documents_have_ids(search: OpenSearch, index: str) -> None:
    more = 'action => "create" document_id => "%{path}"'
    with Proxy(search.url, [Fault("lost")]) as proxy, Function(config=config(proxy.url, index, more)) as function:
        assert failed(function.invoke(messages(LINES))) == []
        # The source may send all of it again, too.
        assert failed(function.invoke(messages(LINES))) == []
    assert len(search.documents(index)) == 40


def test_document_that_is_refused_is_a_dead_letter_and_the_others_are_there(
    aws: Moto, search: OpenSearch, index: str
) -> None:
    queue = aws.client("sqs").create_queue(QueueName="dead")["QueueUrl"]
    lines = [*LINES, "GET /no-number", "GET 40"]
    with Function(config=config(search.url, index), aws=aws.url, SAWLOG_DEAD_LETTER=queue) as function:
        assert failed(function.invoke(messages(lines))) == []
    assert len(search.documents(index)) == 41
    letters = [json.loads(one["Body"]) for one in aws.messages(queue)]
    assert [letter["event"]["path"] for letter in letters] == ["/no-number"]
    assert (letters[0]["plugin_type"], letters[0]["plugin_id"]) == ("elasticsearch", "main")
    assert "status 400: mapper_parsing_exception" in letters[0]["reason"]


def test_document_that_is_refused_fails_its_message_without_a_place_for_it(search: OpenSearch, index: str) -> None:
    with Function(config=config(search.url, index)) as function:
        assert failed(function.invoke(messages(["GET 1", "GET /no-number", "GET 2"]))) == ["m1"]
    assert len(search.documents(index)) == 2


def test_request_that_is_too_large_is_divided(search: OpenSearch, index: str) -> None:
    # The server's own answer to a body above `http.max_content_length`, until the requests are small enough.
    with (
        Proxy(search.url, [Fault(413, times=2)]) as proxy,
        Function(config=config(proxy.url, index)) as function,
    ):
        assert failed(function.invoke(messages(LINES))) == []
        assert len(proxy.seen) > 3
    assert len(search.documents(index)) == 40


def test_only_actions_that_the_server_refuses_for_now_are_sent_again(search: OpenSearch, index: str) -> None:
    # The block that the server sets itself when its disk is full, of one of two indices: 429 for each action on it.
    search.call("PUT", f"/{index}-put", {"settings": {"number_of_replicas": 0}})
    block = "index.blocks.read_only_allow_delete"
    search.call("PUT", f"/{index}-put/_settings", {block: True})
    text = (
        GROK
        + """ filter { mutate { lowercase => ["verb"] } }
        output { elasticsearch { hosts => "HOST" index => "INDEX-%{verb}" } }"""
    )
    lines = [f"{'PUT' if at % 3 else 'GET'} {at}" for at in range(60)]
    with (
        Proxy(search.url) as proxy,
        Function(config=text.replace("HOST", proxy.url).replace("INDEX", index)) as function,
    ):
        counts: list[int] = []

        def take(what: str) -> int | str | None:
            counts.append(len(search.documents(f"{index}-get")) if counts else 0)
            if len(counts) == 3:
                search.call("PUT", f"/{index}-put/_settings", {block: None})
            return None

        proxy.take = take  # type: ignore[method-assign]
        assert failed(function.invoke(messages(lines))) == []
    # What was taken at once was not sent again.
    assert counts == [0, 20, 20]
    assert len(search.documents(f"{index}-get")) == 20
    assert Counter(one["path"] for one in search.documents(f"{index}-put")) == {
        str(at): 1 for at in range(60) if at % 3
    }


def test_answer_that_repeats_every_document_is_read(aws: Moto, search: OpenSearch, index: str) -> None:
    aws.client("s3").create_bucket(Bucket="dead")
    count, value = 5_500, "x" * 1_300
    body = "\n".join(f"GET {value}-{at}" for at in range(count))
    with Proxy(search.url) as proxy:
        text = config(proxy.url, index).replace("output", 'filter { prune { whitelist_names => ["path"] } } output')
        with Function(config=text, aws=aws.url, SAWLOG_DEAD_LETTER="s3://dead/", SAWLOG_CODEC="line") as function:
            assert failed(function.invoke(messages([body]))) == []
    # One request of 5,000 actions and one of the rest: nothing is sent again because of the length of an answer.
    assert len(proxy.seen) == 2
    assert proxy.longest_answer > 4 << 20
    letters = aws.objects("dead")
    assert Counter(one["event"]["path"].rpartition("-")[2] for one in letters) == {str(at): 1 for at in range(count)}
    assert all(len(one["reason"].encode()) <= 2_100 for one in letters)


def test_data_stream_takes_events_and_conditions_choose_the_output(search: OpenSearch) -> None:
    stream = f"d{uuid.uuid4().hex}"
    search.call(
        "PUT",
        f"/_index_template/{stream}",
        {"index_patterns": [f"logs-{stream}-*"], "data_stream": {}, "priority": 200},
    )
    text = f"""{GROK} output {{
        if [verb] == "GET" {{ elasticsearch {{ hosts => "{search.url}" data_stream_dataset => "{stream}" }} }}
        else {{ stdout {{ codec => json_lines }} }}
    }}"""
    with Function(config=text) as function:
        assert failed(function.invoke(messages(["GET 1", "PUT 2"]))) == []
        assert [one["verb"] for one in function.printed()] == ["PUT"]
    found = search.documents(f"logs-{stream}-default")
    assert [one["data_stream"] for one in found] == [{"type": "logs", "dataset": stream, "namespace": "default"}]


def test_hosts_that_do_not_answer_leave_the_messages_to_the_queue() -> None:
    with Function(config=config(f"http://127.0.0.1:{free_port()}", "i"), api=RuntimeApi(4_000)) as function:
        assert failed(function.invoke(messages(["GET 1", "GET 2"]))) == ["m0", "m1"]


def test_outputs_of_aws_take_keys_and_names(aws: Moto) -> None:
    aws.client("s3").create_bucket(Bucket="target")
    queue = aws.client("sqs").create_queue(QueueName="errors")["QueueUrl"]
    text = (
        GROK
        + """ output {
        s3 { bucket => "target" prefix => "%{verb}/" codec => json_lines encoding => gzip }
        if [verb] == "PUT" { sqs { queue => "errors" } }
        kafka { topic_id => "t" }
    }"""
    )
    with Function(config=text, aws=aws.url) as function:
        assert failed(function.invoke(messages(["GET 1", "PUT 2", "GET 3"]))) == []
        assert "the output `kafka` is not built; its events go to standard output" in function.log.read_text()
        assert len(function.printed()) == 3
    assert sorted(one["path"] for one in aws.objects("target", "GET/")) == ["1", "3"]
    assert [one["path"] for one in aws.objects("target", "PUT/")] == ["2"]
    assert [json.loads(one["Body"])["path"] for one in aws.messages(queue)] == ["2"]


def notification(key: str, bucket: str = "source") -> str:
    record = {
        "eventName": "ObjectCreated:Put",
        "eventTime": "2024-03-15T14:00:00.000Z",
        "s3": {"bucket": {"name": bucket}, "object": {"key": key}},
    }
    return json.dumps({"Records": [record]})


def test_object_that_takes_too_long_is_gone_on_with_and_each_line_arrives_once(aws: Moto) -> None:
    s3, sqs = aws.client("s3"), aws.client("sqs")
    for bucket in ("source", "target"):
        s3.create_bucket(Bucket=bucket)
    queue = sqs.create_queue(QueueName="continue")["QueueUrl"]
    count = 8_000
    s3.put_object(Bucket="source", Key="large.log", Body="".join(f"GET {at}\n" for at in range(count)).encode())
    bodies, invocations, again = [notification("large.log")], 0, 0
    slow = Fault("slow", times=2, of="GET /source/")
    while bodies:
        # Half of the time that the object takes at first.
        with (
            Proxy(aws.url, [slow]) as proxy,
            Function(
                config=GROK,
                aws=proxy.url,
                api=RuntimeApi(4_000),
                output="s3://target/",
                SAWLOG_CONTINUATION_QUEUE=queue,
            ) as function,
        ):
            # What fails, the queue delivers again.
            back = [bodies[int(item[1:])] for item in failed(function.invoke(messages(bodies)))]
        invocations += 1
        again += len(back)
        assert again < 5
        bodies = back + [one["Body"] for one in aws.messages(queue)]
    assert invocations > 2
    paths = Counter(int(one["path"]) for one in aws.objects("target"))
    assert set(paths) == set(range(count))
    assert again or set(paths.values()) == {1}


def test_config_in_s3_finds_what_lies_beside_it(aws: Moto) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="config")
    s3.put_object(Bucket="config", Key="a b/patterns/own", Body=b"OWN own-%{WORD:word}\n")
    text = b'filter { grok { patterns_dir => "./patterns" match => { "message" => "%{OWN}" } } }'
    s3.put_object(Bucket="config", Key="a b/pipeline.conf", Body=text)
    with Function(config="", aws=aws.url, SAWLOG_CONFIG="s3://config/a b/") as function:
        function.invoke(messages(["own-thing"]))
        assert [one["word"] for one in function.printed()] == ["thing"]


def test_config_that_is_not_there_ends_the_start(aws: Moto) -> None:
    aws.client("s3").create_bucket(Bucket="config")
    api = RuntimeApi()
    with Function(config="", aws=aws.url, api=api, SAWLOG_CONFIG="s3://config/no.conf") as function:
        assert function.process.wait(PATIENCE_S) != 0
        assert api.start_error is not None
        assert b"the config `s3://config/no.conf` cannot be read" in api.start_error


def test_output_that_cannot_be_carried_out_safely_ends_the_start() -> None:
    api = RuntimeApi()
    text = "output { elasticsearch { ssl_verification_mode => none } }"
    with Function(config=text, api=api) as function:
        assert function.process.wait(PATIENCE_S) != 0
        assert api.start_error is not None and b"pipeline.conf:1:10" in api.start_error


def test_dead_letters_in_s3_keep_what_could_not_be_read(aws: Moto) -> None:
    aws.client("s3").create_bucket(Bucket="dead")
    record = {"kinesis": {"sequenceNumber": "7", "data": "%%%", "partitionKey": "k"}, "eventSource": "aws:kinesis"}
    with Function(aws=aws.url, SAWLOG_DEAD_LETTER="s3://dead/lambda/") as function:
        assert failed(function.invoke({"Records": [record]})) == []
    letters = aws.objects("dead", "lambda/")
    assert [(one["payload"], one["reason"]) for one in letters] == [("%%%", "the payload is no base64 text")]
    with Function() as function:
        assert failed(function.invoke({"Records": [record]})) == ["7"]


def test_dead_letter_that_cannot_be_kept_is_not_lost(aws: Moto) -> None:
    record = {"kinesis": {"sequenceNumber": "7", "data": "%%%", "partitionKey": "k"}, "eventSource": "aws:kinesis"}
    with Function(aws=aws.url, SAWLOG_DEAD_LETTER="s3://no-such-bucket/") as function:
        try:
            assert failed(function.invoke({"Records": [record]})) == ["7"]
        except InvocationFailed as error:
            raise AssertionError(str(error)) from None
