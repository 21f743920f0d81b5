"""What several tests need."""

from __future__ import annotations

import datetime
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import sawlog

REPOSITORY = Path(__file__).resolve().parents[2]
NOW = datetime.datetime(2024, 6, 15, 12, tzinfo=datetime.timezone.utc)

ACCESS = (
    b'192.0.2.1 - ada [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326 "http://x.example/" "Mozilla/4.08 [en]"\n'
    b'2001:db8::7 - - [10/Oct/2000:13:55:37 -0700] "POST /b HTTP/1.1" 404 - "-" "curl/8"\n'
    b"not a line of an access log \xff\n"
    b'192.0.2.9 - - [10/Oct/2000:13:55:38 -0700] "GET /c HTTP/1.1" 304 0 "-" "-"'
)

ACCESS_CONFIG = """
filter {
  grok { match => { "message" => "%{COMBINEDAPACHELOG}" } remove_field => ["message"] }
  date { match => ["timestamp", "dd/MMM/yyyy:HH:mm:ss Z"] }
  mutate { convert => { "response" => "integer" "bytes" => "integer" } add_field => { "env" => "prod" } }
}
"""


@pytest.fixture(autouse=True)
def interrupts() -> Iterator[None]:
    """What a shell starts in the background ignores the interrupt, and Python with it; the tests of interrupts would not end."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def access() -> sawlog.Pipeline:
    """The measured task T2."""
    return sawlog.Pipeline.compile(ACCESS_CONFIG, ecs="disabled")


def during(run: Callable[[], object], other: Callable[[], object]) -> bool:
    """Runs one thing, and another in a second thread that gets the interpreter's lock only if the first gives it away.

    Tells whether it did so.
    """
    go, ran = threading.Event(), []

    def wait() -> None:
        go.wait()
        ran.append(True)
        other()

    thread = threading.Thread(target=wait)
    thread.start()
    interval = sys.getswitchinterval()
    # Nobody takes the lock from this thread.
    sys.setswitchinterval(1000)
    try:
        go.set()
        run()
        return bool(ran)
    finally:
        sys.setswitchinterval(interval)
        thread.join()
