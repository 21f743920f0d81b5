"""A Lambda function in Python that does what T2 does: Firehose records of access-log lines to JSON. `handlers.py pygrok|re`.

The loop is that of Python's runtime for Lambda: ask for an event, read it as JSON, call the handler, write its answer as JSON.
"""

from __future__ import annotations

import base64
import datetime
import http.client
import json
import os
import re
import sys
from collections.abc import Callable
from typing import Any

Fields = dict[str, Any]

# What a person writes instead of `%{COMBINEDAPACHELOG}`.
ACCESS = re.compile(
    r"(?P<clientip>\S+) (?P<ident>\S+) (?P<auth>\S+) \[(?P<timestamp>\d{2}/\w{3}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4})\] "
    r'"(?:(?P<verb>\w+) (?P<request>\S+)(?: HTTP/(?P<httpversion>\d+(?:\.\d+)?))?|(?P<rawrequest>.*?))" '
    r'(?P<response>\d+) (?:(?P<bytes>\d+)|-) (?P<referrer>"(?:[^"\\]|\\.)*") (?P<agent>"(?:[^"\\]|\\.)*")'
)


def with_re(line: str) -> Fields | None:
    found = ACCESS.search(line)
    return found.groupdict() if found else None


def with_pygrok() -> Callable[[str], Fields | None]:
    import pygrok

    match: Callable[[str], Fields | None] = pygrok.Grok("%{COMBINEDAPACHELOG}").match
    return match


NAMES = (
    "clientip", "ident", "auth", "timestamp", "verb", "request", "httpversion", "rawrequest", "response", "bytes", "referrer", "agent",
)  # fmt: skip


def transformed(line: str, match: Callable[[str], Fields | None], arrived: str) -> Fields:
    fields = match(line)
    if fields is None:
        return {"@timestamp": arrived, "@version": "1", "message": line, "env": "prod", "tags": ["_grokparsefailure"]}
    event: Fields = {"@timestamp": arrived, "@version": "1"}
    event.update((name, fields[name]) for name in NAMES if fields.get(name) is not None)
    time = datetime.datetime.strptime(event["timestamp"], "%d/%b/%Y:%H:%M:%S %z").astimezone(datetime.timezone.utc)
    event["@timestamp"] = time.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    for name in ("response", "bytes"):
        if name in event:
            event[name] = int(event[name])
    event["env"] = "prod"
    return event


def handler(event: Fields, match: Callable[[str], Fields | None]) -> Fields:
    records = []
    for record in event["records"]:
        arrived = datetime.datetime.fromtimestamp(record["approximateArrivalTimestamp"] / 1000, datetime.timezone.utc)
        text = base64.b64decode(record["data"]).decode("utf-8", "replace")
        stamp = arrived.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        lines = [json.dumps(transformed(line, match, stamp)) + "\n" for line in text.splitlines()]
        data = base64.b64encode("".join(lines).encode()).decode()
        records.append({"recordId": record["recordId"], "result": "Ok", "data": data})
    return {"records": records}


def main(kind: str) -> None:
    match = with_re if kind == "re" else with_pygrok()
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        connection.request("GET", "/2018-06-01/runtime/invocation/next")
        response = connection.getresponse()
        request = response.headers["Lambda-Runtime-Aws-Request-Id"]
        answer = handler(json.loads(response.read()), match)
        connection.request("POST", f"/2018-06-01/runtime/invocation/{request}/response", json.dumps(answer))
        connection.getresponse().read()


if __name__ == "__main__":
    main(sys.argv[1])
