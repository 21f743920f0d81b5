"""Logstash's filter engine without Logstash: log lines in, events, dicts and Arrow tables out.

>>> import sawlog
>>> pipeline = sawlog.Pipeline.compile('filter { grok { match => { "message" => "%{WORD:verb} %{NOTSPACE:path}" } } }')
>>> for event in pipeline.events(b"GET /index.html\\n"):
...     print(event["verb"], event["path"])
GET /index.html
"""

from sawlog._sawlog import ArrowStream, EventIterator, Pipeline, Worker, __version__
from sawlog._types import (
    ConfigError,
    ConvertResult,
    Diagnostic,
    Filter,
    FilterStats,
    Stats,
)

__all__ = [
    "ArrowStream",
    "ConfigError",
    "ConvertResult",
    "Diagnostic",
    "EventIterator",
    "Filter",
    "FilterStats",
    "Pipeline",
    "Stats",
    "Worker",
    "__version__",
]
