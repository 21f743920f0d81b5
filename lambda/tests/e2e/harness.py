"""The real bootstrap between a Lambda runtime interface and AWS services, all on this machine.

```
invoke -> Emulator or RuntimeApi -> bootstrap -> Proxy (faults) -> moto
```
`Emulator` is `cargo-lambda lambda watch`. `RuntimeApi` stands in for it where the emulator cannot be told what is to be tried: the time
that an invocation has, an error at the start, the moment of the first request.
"""

from __future__ import annotations

import gzip
import json
import os
import queue
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import boto3

REPOSITORY = Path(__file__).resolve().parents[3]
FIXTURES = REPOSITORY / "lambda" / "tests" / "fixtures"
KEYS = {"aws_access_key_id": "x", "aws_secret_access_key": "y", "region_name": "us-east-1"}
LINES = 'filter { grok { match => { "message" => "%{WORD:verb} %{NOTSPACE:path}" } } if [verb] == "DROP" { drop {} } }'

# The longest that anything here may take; nothing is asserted of time.
PATIENCE_S = 120.0


class InvocationFailed(Exception):
    """The function answered with an error."""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"{process.args!r} does not listen")


def stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Api(Protocol):
    """What takes events to a function."""

    address: str

    def invoke(self, event: bytes) -> bytes: ...

    def close(self) -> None: ...


class Emulator:
    """`cargo-lambda lambda watch`, for one function: what a function that has gone left waiting would take events from the next."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        folder = Path(self.folder.name)
        (folder / "src").mkdir()
        (folder / "src" / "main.rs").write_text("fn main() {}\n")
        (folder / "Cargo.toml").write_text('[package]\nname = "f"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n')
        port = free_port()
        self.process: subprocess.Popen[bytes] = subprocess.Popen(
            ["cargo-lambda", "lambda", "watch", "--only-lambda-apis", "-A", "127.0.0.1", "-P", str(port)],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(port, self.process)
        self.address = f"http://127.0.0.1:{port}/.rt"
        self.url = f"http://127.0.0.1:{port}/2015-03-31/functions/_/invocations"

    def invoke(self, event: bytes) -> bytes:
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url, data=event), timeout=PATIENCE_S) as answer:
                body: bytes = answer.read()
                return body
        except urllib.error.HTTPError as error:
            # The emulator's form of a handler's error.
            raise InvocationFailed(error.read().decode()) from None

    def close(self) -> None:
        stop(self.process)
        self.folder.cleanup()


class RuntimeApi:
    """Lambda's runtime interface, one function, one event at a time."""

    def __init__(self, time_ms: int = 60_000) -> None:
        self.time_ms = time_ms
        self.first_request = threading.Event()
        self.first_request_ns = 0
        self.start_error: bytes | None = None
        self.events: queue.Queue[bytes] = queue.Queue()
        self.answers: queue.Queue[tuple[bool, bytes]] = queue.Queue()
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body leave as two packets: without this the second waits for an acknowledgement.
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                if not api.first_request.is_set():
                    api.first_request_ns = time.monotonic_ns()
                    api.first_request.set()
                event = api.events.get()
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", str(uuid.uuid4()))
                self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + api.time_ms))
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:1:function:f")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(event)))
                self.end_headers()
                self.wfile.write(event)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path.endswith("/init/error"):
                    api.start_error = body
                else:
                    api.answers.put((self.path.endswith("/response"), body))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"127.0.0.1:{self.server.server_address[1]}"

    def invoke(self, event: bytes) -> bytes:
        self.events.put(event)
        is_answer, body = self.answers.get(timeout=PATIENCE_S)
        if not is_answer:
            raise InvocationFailed(body.decode())
        return body

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Function:
    """The bootstrap with a config, or an unpacked package with both, until the block ends."""

    def __init__(
        self,
        config: str = LINES,
        output: str = "",
        aws: str = "",
        api: Api | None = None,
        package: Path | None = None,
        **variables: str,
    ) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = package or Path(self.folder.name)
        self.program = str(package / "bootstrap") if package else os.environ["SAWLOG_BOOTSTRAP"]
        if package is None:
            (self.path / "pipeline.conf").write_text(config)
        self.api = api or Emulator()
        self.environment = {
            "AWS_LAMBDA_FUNCTION_NAME": "_",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_LAMBDA_RUNTIME_API": self.api.address,
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "y",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": aws,
            "SAWLOG_OUTPUT": output,
            **variables,
        }

    def __enter__(self) -> Function:
        self.out, self.log = self.path / "out", self.path / "log"
        with self.out.open("wb") as out, self.log.open("wb") as log:
            self.process: subprocess.Popen[bytes] = subprocess.Popen(
                [self.program], cwd=self.path, env=self.environment, stdout=out, stderr=log
            )
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        stop(self.process)
        self.api.close()
        if error is not None:
            print(self.log.read_text())
        self.folder.cleanup()

    def invoke(self, event: object) -> Any:
        """The answer to an event; `InvocationFailed` when there is none."""
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        return json.loads(self.api.invoke(body) or b"null")

    def metrics(self) -> dict[str, float]:
        """What the log says of the last invocation."""
        lines: list[dict[str, float]] = [
            json.loads(line) for line in self.out.read_bytes().splitlines() if b'"_aws"' in line
        ]
        return [line for line in lines if "EventsIn" in line][-1]

    def printed(self) -> list[Any]:
        """The events on standard output."""
        lines = [json.loads(line) for line in self.out.read_bytes().splitlines()]
        return [line for line in lines if "_aws" not in line]


def assert_counted(function: Function, events_in: int, out: int) -> None:
    """Every event of the last invocation is out, dropped or failed, and as many are out as arrived."""
    counts = function.metrics()
    assert counts["EventsIn"] == events_in, {k: v for k, v in counts.items() if k != "_aws"}
    assert counts["EventsOut"] == out, {k: v for k, v in counts.items() if k != "_aws"}
    assert counts["EventsIn"] == counts["EventsOut"] + counts["EventsDropped"] + counts["EventsRejected"], {
        k: v for k, v in counts.items() if k != "_aws"
    }


@dataclass
class Fault:
    """What befalls requests: a status, `reset` (nobody reads them), `lost` (they are done, the answer never comes), `cut` (the
    connection breaks in the middle of the answer), `hang`, `partial` (of entries every third is refused), `slow` (the answer comes in
    pieces, in eight seconds)."""

    kind: int | str
    # How many requests it befalls.
    times: int = 1
    # Bytes that the action or the path has; others pass.
    of: str = ""


@dataclass
class Proxy:
    """Stands before a service and does not always let it answer."""

    service: str
    faults: list[Fault] = field(default_factory=list)
    # Requests that came, those of faults too: action or path.
    seen: list[str] = field(default_factory=list)
    # The ranges that were asked for.
    ranges: list[str] = field(default_factory=list)
    # Bytes of the longest answer of the service.
    longest_answer: int = 0

    def __enter__(self) -> Proxy:
        proxy = self
        host, _, port = self.service.removeprefix("http://").partition(":")

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            # That of the last answer of the service.
            etag: str | None = None

            def serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                what = self.headers.get("X-Amz-Target", f"{self.command} {self.path}")
                proxy.seen.append(what)
                if "Range" in self.headers:
                    proxy.ranges.append(self.headers["Range"])
                fault = proxy.take(what)
                if isinstance(fault, int):
                    self.answer(fault, b'{"__type":"ThrottlingException","message":"a fault of the test"}')
                elif fault == "reset":
                    self.reset()
                elif fault == "lost":
                    self.forward(body)
                    self.reset()
                elif fault == "cut":
                    status, answer = self.forward(body)
                    self.start_answer(status, len(answer))
                    self.wfile.write(answer[: len(answer) // 2])
                    self.wfile.flush()
                    self.reset()
                elif fault == "hang":
                    proxy.stopped.wait(PATIENCE_S)
                    self.close_connection = True
                elif fault == "slow":
                    self.answer(*self.forward(body), pieces=40)
                elif fault == "partial":
                    kept, refused = without_every_third(what, body)
                    self.answer(*with_refusals(what, *self.forward(kept), refused))
                else:
                    self.answer(*self.forward(body))

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = serve

            def forward(self, body: bytes) -> tuple[int, bytes]:
                headers = {
                    k: v for k, v in self.headers.items() if k.lower() not in ("host", "content-length", "connection")
                }
                request = urllib.request.Request(
                    f"http://{host}:{port}{self.path}", data=body or None, headers=headers, method=self.command
                )
                try:
                    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                        self.etag = answer.headers.get("ETag")
                        text = answer.read()
                        proxy.longest_answer = max(proxy.longest_answer, len(text))
                        return answer.status, text
                except urllib.error.HTTPError as error:
                    return error.code, error.read()

            def start_answer(self, status: int, length: int) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(length))
                if self.etag is not None:
                    self.send_header("ETag", self.etag)
                self.end_headers()

            def answer(self, status: int, body: bytes, pieces: int = 1) -> None:
                self.start_answer(status, len(body))
                piece = len(body) // pieces + 1
                for at in range(0, len(body), piece):
                    if at > 0:
                        proxy.stopped.wait(0.2)
                    self.wfile.write(body[at : at + piece])

            def reset(self) -> None:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True
                # Nothing of this connection is to be touched any more.
                self.wfile = open(os.devnull, "wb")  # noqa: SIM115
                self.rfile = open(os.devnull, "rb")  # noqa: SIM115

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.stopped = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()

    def take(self, what: str) -> int | str | None:
        for fault in self.faults:
            if fault.times > 0 and fault.of in what:
                fault.times -= 1
                return fault.kind
        return None


# Of each action, the lists of its request and of its answer.
LISTS = {
    "PutRecordBatch": ("Records", "RequestResponses"),
    "PutRecords": ("Records", "Records"),
    "SendMessageBatch": ("Entries", "Failed"),
}


def lists_of(what: str) -> tuple[str, str]:
    return LISTS[what.rpartition(".")[2]]


def without_every_third(what: str, body: bytes) -> tuple[bytes, list[tuple[int, dict[str, Any]]]]:
    asked, _ = lists_of(what)
    request = json.loads(body)
    entries = list(enumerate(request[asked]))
    request[asked] = [entry for at, entry in entries if at % 3]
    return json.dumps(request).encode(), [(at, entry) for at, entry in entries if not at % 3]


def with_refusals(what: str, status: int, body: bytes, refused: list[tuple[int, dict[str, Any]]]) -> tuple[int, bytes]:
    _, answered = lists_of(what)
    answer = json.loads(body)
    if answered == "Failed":
        failed = [
            {"Id": entry["Id"], "Code": "InternalError", "Message": "a fault", "SenderFault": False}
            for _, entry in refused
        ]
        answer["Failed"] = failed
    else:
        for at, _ in refused:
            # Firehose, and Kinesis' word for the same.
            code = (
                "ServiceUnavailableException"
                if answered == "RequestResponses"
                else "ProvisionedThroughputExceededException"
            )
            answer[answered].insert(at, {"ErrorCode": code, "ErrorMessage": "a fault of the test"})
        answer["FailedPutCount" if answered == "RequestResponses" else "FailedRecordCount"] = len(refused)
    return status, json.dumps(answer).encode()


class Moto:
    """AWS services on this machine; each test gets them empty."""

    def __init__(self) -> None:
        port = free_port()
        self.process: subprocess.Popen[bytes] = subprocess.Popen(
            ["moto_server", "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for(port, self.process)
        self.url = f"http://127.0.0.1:{port}"

    def client(self, name: str) -> Any:
        return boto3.client(name, endpoint_url=self.url, **KEYS)

    def reset(self) -> None:
        urllib.request.urlopen(
            urllib.request.Request(f"{self.url}/moto-api/reset", method="POST"), timeout=PATIENCE_S
        ).close()

    def close(self) -> None:
        stop(self.process)

    def objects(self, bucket: str, prefix: str = "") -> list[Any]:
        """The events in the objects of a bucket."""
        s3 = self.client("s3")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        names = [one["Key"] for page in pages for one in page.get("Contents", [])]
        bodies = [s3.get_object(Bucket=bucket, Key=name)["Body"].read() for name in names]
        text = b"".join(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body for body in bodies)
        return [json.loads(line) for line in text.splitlines()]

    def stream(self, name: str) -> list[dict[str, Any]]:
        """The records of a Kinesis stream, shard by shard."""
        kinesis = self.client("kinesis")
        records: list[dict[str, Any]] = []
        for shard in kinesis.list_shards(StreamName=name)["Shards"]:
            place = kinesis.get_shard_iterator(
                StreamName=name, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            while True:
                page = kinesis.get_records(ShardIterator=place, Limit=10_000)
                records += page["Records"]
                place = page.get("NextShardIterator")
                if not page["Records"] or place is None:
                    break
        return records

    def messages(self, queue_url: str) -> list[dict[str, Any]]:
        """Takes the messages of a queue."""
        sqs = self.client("sqs")
        messages: list[dict[str, Any]] = []
        while page := sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, AttributeNames=["All"]).get(
            "Messages"
        ):
            messages += page
            for one in page:
                sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=one["ReceiptHandle"])
        return messages


def have(program: str) -> bool:
    return shutil.which(program) is not None


def until(is_so: Callable[[], bool]) -> None:
    """Waits for something that will be."""
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > end:
            raise AssertionError("it never came to be")
        time.sleep(0.05)
