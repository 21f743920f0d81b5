"""Log records through a pipeline: logging and loguru."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from loguru import logger as loguru_logger

import sawlog
from sawlog.handlers import LoguruSink, PipelineHandler

CONFIG = """
filter {
  grok { match => { "message" => "user=%{WORD:[user][name]}" } }
  if [log][level] == "debug" { drop { } }
  if [strange] and [strange] > 5 { mutate { add_tag => ["large"] } }
}
"""


@pytest.fixture
def pipeline() -> sawlog.Pipeline:
    return sawlog.Pipeline.compile(CONFIG)


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    logger = logging.Logger("shop.login")
    yield logger
    for handler in logger.handlers:
        handler.close()


def test_records_become_events(pipeline: sawlog.Pipeline, logger: logging.Logger) -> None:
    events: list[dict[str, Any]] = []
    logger.addHandler(PipelineHandler(pipeline, events.append))
    logger.warning("login failed, user=%s", "ada", extra={"strange": 7, "request": {"id": 5}})
    logger.debug("user=bob")
    (event,) = events
    assert event["message"] == "login failed, user=ada"
    assert event["user"] == {"name": "ada"}
    assert event["log"]["level"] == "warning" and event["log"]["logger"] == "shop.login"
    assert event["log"]["origin"]["function"] == "test_records_become_events"
    assert event["request"] == {"id": 5} and event["tags"] == ["large"]
    assert event["@timestamp"].tzinfo is not None


def test_files_get_a_line_for_each_event(pipeline: sawlog.Pipeline, logger: logging.Logger) -> None:
    file = io.BytesIO()
    logger.addHandler(PipelineHandler(pipeline, file, logging.INFO))
    logger.info("user=a")
    logger.error("user=b")
    assert [json.loads(line)["user"]["name"] for line in file.getvalue().splitlines()] == ["a", "b"]


def test_exceptions_are_fields(pipeline: sawlog.Pipeline, logger: logging.Logger) -> None:
    events: list[dict[str, Any]] = []
    logger.addHandler(PipelineHandler(pipeline, events.append))
    try:
        raise KeyError("x")
    except KeyError:
        logger.exception("user=ada")
    assert events[0]["error"]["type"] == "KeyError"
    assert "Traceback" in events[0]["error"]["stack_trace"]


def test_refused_events_are_heard_of(
    pipeline: sawlog.Pipeline, logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    events: list[dict[str, Any]] = []
    rejects: list[dict[str, Any]] = []
    logger.addHandler(PipelineHandler(pipeline, events.append, on_reject=rejects.append))
    logger.info("user=a", extra={"strange": "no number"})
    assert events == [] and rejects[0]["kind"] == "condition"
    logger.handlers[0] = PipelineHandler(pipeline, events.append)
    logger.info("user=a", extra={"strange": "no number"})
    assert "refused" in capsys.readouterr().err


def test_what_filters_hold_comes_out_at_the_end(logger: logging.Logger) -> None:
    metrics = sawlog.Pipeline.compile("filter { metrics { meter => ['n'] } if ![n] { drop { } } }")
    events: list[dict[str, Any]] = []
    handler = PipelineHandler(metrics, events.append)
    logger.addHandler(handler)
    logger.info("a")
    logger.info("b")
    assert events == []
    handler.close()
    handler.close()
    assert [event["n"]["count"] for event in events] == [2]


def test_a_target_that_fails_is_for_logging_to_report(
    pipeline: sawlog.Pipeline, logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_event: dict[str, Any]) -> None:
        raise OSError("no room")

    logger.addHandler(PipelineHandler(pipeline, fail))
    logger.info("user=a")
    assert "no room" in capsys.readouterr().err


def test_loguru_messages_become_events(pipeline: sawlog.Pipeline) -> None:
    events: list[dict[str, Any]] = []
    number = loguru_logger.add(LoguruSink(pipeline, events.append), level=0)
    try:
        loguru_logger.bind(order=7).info("user={}", "ada")
        try:
            raise ValueError("bad")
        except ValueError:
            loguru_logger.exception("user=bob")
    finally:
        loguru_logger.remove(number)
    first, second = events
    assert first["user"] == {"name": "ada"} and first["extra"] == {"order": 7}
    assert first["log"]["level"] == "info" and first["log"]["origin"]["file"]["name"] == __file__
    assert second["error"]["type"] == "ValueError" and second["user"] == {"name": "bob"}
