"""Workers: streams in pieces, events one by one, counts and rejects."""

from __future__ import annotations

import datetime
import decimal
import json
import threading

import pytest
from conftest import ACCESS, NOW

import sawlog


def test_partial_lines_wait_for_their_end(access: sawlog.Pipeline) -> None:
    worker = sawlog.Worker(access)
    assert worker.push(b"half a li") == b""
    (event,) = worker.push_events(b"ne\nand ano")
    assert event["message"] == "half a line"
    (event,) = worker.flush_events()
    assert event["message"] == "and ano"
    assert worker.flush() == b""


def test_streams_count_their_lines_anew(access: sawlog.Pipeline) -> None:
    worker = sawlog.Worker(access, rejects=True)
    worker.push(b"1\n2\n")
    worker.flush()
    worker.start_stream("/b.log")
    (event,) = worker.push_events(b"3\n")
    assert event["path"] == "/b.log"
    rejects = worker.take_rejects()
    assert [(one["input"], one["line"], one["text"]) for one in rejects] == [
        ("", 1, "1"),
        ("", 2, "2"),
        ("/b.log", 1, "3"),
    ]
    assert rejects[0]["filter"]["name"] == "grok"
    assert rejects[0]["tags"] == ["_grokparsefailure"]
    assert worker.take_rejects() == []


def test_refusals_say_line_offset_and_reason() -> None:
    pipeline = sawlog.Pipeline.compile("filter { if [message] > 5 { drop { } } }")
    worker = sawlog.Worker(pipeline, rejects=True, max_line_bytes=10)
    assert worker.push(b"ok\n" + b"x" * 11 + b"\n") == b""
    condition, too_long = worker.take_rejects()
    assert (condition["outcome"], condition["kind"], condition["line"]) == ("refused", "condition", 1)
    assert condition["condition"]["position"].startswith("<config>:1:")
    assert (too_long["kind"], too_long["line"], too_long["offset"]) == ("line_too_long", 2, 3)
    stats = worker.stats
    assert (stats.lines, stats.lines_refused, stats.events_refused, stats.events_out) == (2, 1, 1, 0)


def test_rejects_are_kept_for_those_who_ask(access: sawlog.Pipeline) -> None:
    with pytest.raises(ValueError, match="rejects=True"):
        sawlog.Worker(access).take_rejects()


def test_counts_add_up(access: sawlog.Pipeline) -> None:
    worker = sawlog.Worker(access)
    worker.push(ACCESS)
    worker.finish()
    stats = worker.stats
    assert (stats.bytes_in, stats.lines, stats.events_out) == (len(ACCESS), 4, 4)
    grok = stats.filters[0]
    assert (grok.name, grok.events_in, grok.matched, grok.failed) == ("grok", 4, 3, 1)
    assert stats.events_decoded + stats.events_created == stats.events_out + stats.events_dropped + stats.events_refused


def test_single_events_go_without_codec() -> None:
    pipeline = sawlog.Pipeline.compile('filter { if [drop] { drop { } } clone { clones => ["copy"] } }', ecs="disabled")
    worker = sawlog.Worker(pipeline, now=NOW)
    given = {"a": [1, 0.5, True, None], "at": NOW, "d": decimal.Decimal("0.12345678901234567890123"), "s": "é\ud800"}
    first, second = worker.run_event(given)
    assert first["a"] == [1, 0.5, True, None]
    assert first["at"] == "2024-06-15T12:00:00Z"
    assert first["d"] == decimal.Decimal("0.12345678901234567890123")
    assert (first["@timestamp"], second["type"]) == (NOW, "copy")
    assert worker.run_event({"drop": True}) == []
    assert worker.run_event('{"a":1}')[0]["a"] == worker.run_event(b'{"a":1}')[0]["a"] == 1
    out = worker.run_event_bytes({"a": 1})
    assert [json.loads(line)["a"] for line in out.splitlines()] == [1, 1]
    with pytest.raises(ValueError):
        worker.run_event(b"\xff")


def test_text_that_is_no_event_is_a_reject() -> None:
    worker = sawlog.Worker(sawlog.Pipeline.compile("filter { }"), rejects=True)
    assert worker.run_event("[1]") == []
    (reject,) = worker.take_rejects()
    assert (reject["outcome"], reject["kind"]) == ("refused", "no_event")


def test_codecs_keep_lines_and_filters_keep_events() -> None:
    pipeline = sawlog.Pipeline.compile("filter { metrics { meter => ['n'] } }")
    worker = sawlog.Worker(pipeline, codec='multiline { pattern => "^ " what => "previous" }', now=NOW)
    assert worker.is_ordered and pipeline.is_ordered
    assert worker.push(b"a\n b\n c\n") == b""
    (event,) = worker.flush_events()
    assert event["message"] == "a\n b\n c"
    (metric,) = worker.finish_events()
    assert metric["n"]["count"] == 1
    assert worker.tick() == b""


def test_time_goes_by_without_bytes() -> None:
    pipeline = sawlog.Pipeline.compile("filter { metrics { meter => ['n'] flush_interval => 5 } }")
    worker = sawlog.Worker(pipeline)
    worker.push(b"a\n")
    assert isinstance(worker.tick_events(), list)


def test_a_worker_writes_what_needs_no_frame(access: sawlog.Pipeline) -> None:
    worker = sawlog.Worker(access, output_codec="dots")
    assert worker.push(b"a\nb\n") == b".."
    for format in ("csv", "json"):
        with pytest.raises(ValueError, match="beginning and an end"):
            sawlog.Worker(access, format=format, fields=["a"])


def test_threads_take_turns_with_one_worker(access: sawlog.Pipeline) -> None:
    worker = sawlog.Worker(access)
    outs: list[bytes] = []

    def push() -> None:
        for _ in range(50):
            outs.append(worker.push((ACCESS + b"\n") * 20))

    threads = [threading.Thread(target=push) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(out.count(b"\n") for out in outs) == 4 * 50 * 20 * 4
    assert worker.stats.events_out == 4 * 50 * 20 * 4


def test_worker_names_its_pipeline_and_line_end(access: sawlog.Pipeline) -> None:
    worker = sawlog.Worker(access, codec='line { delimiter => "|" }')
    assert worker.delimiter == b"|"
    assert repr(worker.pipeline) == repr(access)
    with pytest.raises(TypeError):
        worker.push("text")  # type: ignore[arg-type]


def test_the_clock_may_be_in_any_zone(access: sawlog.Pipeline) -> None:
    tokyo = NOW.astimezone(datetime.timezone(datetime.timedelta(hours=9)))
    (event,) = sawlog.Worker(access, now=tokyo).push_events(b"x\n")
    assert event["@timestamp"] == NOW
