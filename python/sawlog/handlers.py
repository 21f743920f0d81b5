"""Log records through a pipeline as they are made: a handler for ``logging``, a sink for loguru.

>>> import logging, sawlog
>>> from sawlog.handlers import PipelineHandler
>>> pipeline = sawlog.Pipeline.compile('filter { grok { match => { "message" => "user=%{WORD:user}" } } }')
>>> events = []
>>> logger = logging.getLogger("shop")
>>> logger.addHandler(PipelineHandler(pipeline, events.append))
>>> logger.warning("login failed, user=%s", "ada")
>>> events[0]["user"], events[0]["log"]["level"]
('ada', 'warning')
"""

from __future__ import annotations

import datetime
import logging
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sawlog._sawlog import Pipeline, Worker
from sawlog._types import to_json

__all__ = ["LoguruSink", "PipelineHandler", "event_of_loguru", "event_of_record"]


class _Writer(Protocol):
    def write(self, data: bytes, /) -> object: ...


Target = Callable[[dict[str, Any]], object] | _Writer
"""Where events go: a function of a dict, or a binary file that gets a JSON object a line."""

# What every record has; what else stands in its __dict__ came by `extra`.
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"asctime", "message", "taskName"}


def event_of_record(record: logging.LogRecord) -> dict[str, Any]:
    """The event of a record: ECS names, and what came by ``extra`` under its own."""
    event: dict[str, Any] = {
        "@timestamp": datetime.datetime.fromtimestamp(record.created, datetime.timezone.utc),
        "message": record.getMessage(),
        "log": {
            "level": record.levelname.lower(),
            "logger": record.name,
            "origin": {
                "file": {"name": record.pathname, "line": record.lineno},
                "function": record.funcName,
            },
        },
        "process": {
            "pid": record.process,
            "name": record.processName,
            "thread": {"id": record.thread, "name": record.threadName},
        },
    }
    if record.exc_info and record.exc_info[0] is not None:
        event["error"] = _error(*record.exc_info)
    for name, value in vars(record).items():
        if name not in _USUAL:
            event[name] = value
    return event


def event_of_loguru(record: Mapping[str, Any]) -> dict[str, Any]:
    """The event of loguru's record: ECS names, and what came by ``bind`` under ``extra``."""
    event: dict[str, Any] = {
        "@timestamp": record["time"],
        "message": record["message"],
        "log": {
            "level": record["level"].name.lower(),
            "logger": record["name"],
            "origin": {
                "file": {"name": record["file"].path, "line": record["line"]},
                "function": record["function"],
            },
        },
        "process": {
            "pid": record["process"].id,
            "name": record["process"].name,
            "thread": {"id": record["thread"].id, "name": record["thread"].name},
        },
    }
    if record["extra"]:
        event["extra"] = record["extra"]
    if (exception := record["exception"]) is not None:
        event["error"] = _error(exception.type, exception.value, exception.traceback)
    return event


def _error(kind: Any, value: Any, trace: Any) -> dict[str, str]:
    return {
        "type": getattr(kind, "__name__", str(kind)),
        "message": str(value),
        "stack_trace": "".join(traceback.format_exception(kind, value, trace)),
    }


class _Emitter:
    """One worker, and where its events go."""

    def __init__(
        self,
        pipeline: Pipeline,
        target: Target,
        on_reject: Callable[[dict[str, Any]], object] | None,
    ) -> None:
        self._worker = Worker(pipeline, rejects=True)
        self._target = target
        self._on_reject = on_reject
        self._is_closed = False

    def emit(self, event: Mapping[str, Any]) -> None:
        self._pass_on(
            lambda: self._worker.run_event(to_json(event)), lambda: self._worker.run_event_bytes(to_json(event))
        )

    def tick(self) -> None:
        self._pass_on(self._worker.tick_events, self._worker.tick)

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._pass_on(self._worker.finish_events, self._worker.finish)

    def _pass_on(self, events: Callable[[], list[dict[str, Any]]], lines: Callable[[], bytes]) -> None:
        if callable(self._target):
            for event in events():
                self._target(event)
        elif data := lines():
            self._target.write(data)
        for reject in self._worker.take_rejects():
            if self._on_reject is not None:
                self._on_reject(reject)
            elif reject["outcome"] == "refused":
                # What cannot become output must not vanish unheard.
                print(f"sawlog: refused: {reject['reason']}: {reject['text']}", file=sys.stderr)


class PipelineHandler(logging.Handler):
    """Runs each record as an event through a pipeline and hands on what comes out.

    Events that the pipeline drops go nowhere. ``on_reject`` gets what was refused and the events on which a filter failed, as
    ``Worker.take_rejects`` gives them; without it, refusals are printed to standard error. What filters still hold comes out when the handler is closed, as
    ``logging.shutdown`` does it.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        target: Target,
        level: int | str = logging.NOTSET,
        *,
        to_event: Callable[[logging.LogRecord], Mapping[str, Any]] = event_of_record,
        on_reject: Callable[[dict[str, Any]], object] | None = None,
    ) -> None:
        super().__init__(level)
        self._to_event = to_event
        self._emitter = _Emitter(pipeline, target, on_reject)

    def emit(self, record: logging.LogRecord) -> None:
        """Runs a record; what goes wrong is for ``handleError``, as everywhere in ``logging``."""
        try:
            self._emitter.emit(self._to_event(record))
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """Hands on what filters still hold."""
        try:
            with _lock_of(self):
                self._emitter.close()
        finally:
            super().close()


def _lock_of(handler: logging.Handler) -> Any:
    return handler.lock or threading.RLock()


class LoguruSink:
    """A sink for loguru: ``logger.add(LoguruSink(pipeline, target))``.

    As PipelineHandler; ``logger.remove`` hands on what filters still hold.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        target: Target,
        *,
        to_event: Callable[[Mapping[str, Any]], Mapping[str, Any]] = event_of_loguru,
        on_reject: Callable[[dict[str, Any]], object] | None = None,
    ) -> None:
        self._to_event = to_event
        self._emitter = _Emitter(pipeline, target, on_reject)

    def write(self, message: Any) -> None:
        """Runs a message of loguru's."""
        self._emitter.emit(self._to_event(message.record))

    def stop(self) -> None:
        """Hands on what filters still hold."""
        self._emitter.close()
