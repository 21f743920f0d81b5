"""What is plain data: diagnostics, counts, and the spelling of events and schemas."""

from __future__ import annotations

import datetime
import decimal
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Diagnostic:
    """One problem of a config.

    Lines and columns start at 1, columns count characters, the end is the place behind the last character; ``span``
    counts bytes of the source, from 0. They are None for what concerns no single place.
    """

    severity: str
    """``error``, ``warning`` or ``note``."""
    code: str
    """The kind of problem, such as ``unknown-option``; stable."""
    message: str
    hint: str | None = None
    """What to write instead."""
    source: str | None = None
    """The file, or ``<config>`` for a text."""
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    span: tuple[int, int] | None = None

    def __str__(self) -> str:
        place = "" if self.line is None else f"{self.source}:{self.line}:{self.column}: "
        hint = "" if self.hint is None else f" (help: {self.hint})"
        return f"{place}{self.severity}[{self.code}]: {self.message}{hint}"


class ConfigError(ValueError):
    """A config is refused; its text shows all problems with their lines, as ``sawlog check`` does."""

    diagnostics: list[Diagnostic]
    """All problems, warnings included, in the order of their places."""

    def __init__(self, text: str, diagnostics: list[Diagnostic] | None = None) -> None:
        super().__init__(text, diagnostics or [])
        self.diagnostics = diagnostics or []

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Filter:
    """One filter of a pipeline."""

    name: str
    id: str | None
    position: str
    """Where it stands in the config: ``source:line:column``."""


@dataclass(frozen=True)
class FilterStats:
    """What one filter has done."""

    name: str
    id: str | None
    position: str
    events_in: int
    matched: int
    """Events to which its common options (``add_field``, …) applied."""
    failed: int


@dataclass(frozen=True)
class Stats:
    """What a worker has done; every line and event is counted on both sides:

    ``lines == events_decoded + lines_merged + lines_refused + lines_without_event - events_beyond_first`` and
    ``events_decoded + events_created == events_out + events_dropped + events_refused``.
    """

    bytes_in: int
    lines: int
    lines_refused: int
    """Lines that are too long, or that no event can be made of."""
    lines_merged: int
    """Lines that became part of an event that another line began."""
    lines_without_event: int
    """Lines that hold no event and are no error, such as blank ones in JSON."""
    events_beyond_first: int
    """Events beyond the first of the same line."""
    events_decoded: int
    events_created: int
    """Events that filters made of others."""
    events_out: int
    events_dropped: int
    events_refused: int
    """Events on which a condition could not be evaluated."""
    years_guessed: int
    """Dates without a year that got one from the clock."""
    filters: list[FilterStats] = field(default_factory=list)


@dataclass(frozen=True)
class ConvertResult:
    """What a conversion did."""

    stats: dict[str, Any]
    """All counts, as ``sawlog convert --stats json`` has them; empty when nothing was left to do."""
    messages: list[str]
    """What the command line would have said: unreadable inputs, refused lines."""
    is_complete: bool
    """Whether every input was read to its end and everything was written."""


def to_json(event: Any) -> str:
    """The JSON of an event: instants as texts in UTC, decimals with all of their digits, what JSON has no form for as its ``str()``."""
    if event is None:
        return "null"
    if isinstance(event, bool):
        return "true" if event else "false"
    if isinstance(event, str):
        try:
            event.encode()
        except UnicodeEncodeError:  # half of a surrogate pair
            return json.dumps(event)
        return json.dumps(event, ensure_ascii=False)
    if isinstance(event, int):
        return int.__repr__(event)
    if isinstance(event, float):
        return float.__repr__(event) if math.isfinite(event) else f'"{event}"'
    if isinstance(event, Mapping):
        members = (f"{to_json(str(name))}:{to_json(value)}" for name, value in event.items())
        return "{" + ",".join(members) + "}"
    if isinstance(event, list | tuple | set | frozenset):
        return "[" + ",".join(map(to_json, event)) + "]"
    if isinstance(event, datetime.datetime):
        if event.tzinfo is not None:
            event = event.astimezone(datetime.timezone.utc).replace(tzinfo=None)
            return f'"{event.isoformat()}Z"'
        return f'"{event.isoformat()}"'
    if isinstance(event, decimal.Decimal) and event.is_finite():
        return str(event)
    return to_json(str(event))


_NAMES = {
    "bool": "bool",
    "boolean": "bool",
    "datetime": "timestamp[ns]",
    "double": "float64",
    "float": "float64",
    "float64": "float64",
    "int": "int64",
    "int64": "int64",
    "large_string": "string",
    "str": "string",
    "string": "string",
    "string_view": "string",
    "timestamp": "timestamp[ns]",
    "utf8": "string",
} | {f"timestamp[{unit}]": f"timestamp[{unit}]" for unit in ("s", "ms", "us", "ns")}


def spell_schema(schema: Any) -> dict[str, Any]:
    """A schema as names and types that the compiled half reads: ``{"a": "int64", "tags": ["string"], "m": {"b": "bool"}}``.

    Types are their names, Python's ``str``, ``int``, ``float``, ``bool`` and ``datetime``, and those of pyarrow and polars; a
    schema is a mapping, or an object with ``names`` and ``types`` as pyarrow's.
    """
    if isinstance(schema, Mapping):
        pairs = list(schema.items())
    elif hasattr(schema, "names") and hasattr(schema, "types"):
        pairs = list(zip(schema.names, schema.types, strict=True))
    else:
        raise TypeError("a schema is a mapping of names to types, or a pyarrow.Schema")
    spelled: dict[str, Any] = {}
    for name, kind in pairs:
        if name in spelled:
            raise ValueError(f"the column `{name}` stands twice in the schema")
        spelled[name] = _spell(name, kind)
    return spelled


def _spell(column: str, kind: Any) -> Any:
    if isinstance(kind, Mapping):
        return spell_schema(kind)
    if isinstance(kind, list) and len(kind) == 1:
        return [_spell(column, kind[0])]
    if hasattr(kind, "value_type"):  # a list of pyarrow's
        return [_spell(column, kind.value_type)]
    if hasattr(kind, "inner"):  # a list of polars'
        return [_spell(column, kind.inner)]
    if hasattr(kind, "fields"):  # a struct
        fields = kind.fields if not callable(kind.fields) else [kind.field(at) for at in range(kind.num_fields)]
        return {field.name: _spell(field.name, getattr(field, "type", None) or field.dtype) for field in fields}
    text = kind.__name__ if isinstance(kind, type) else str(kind)
    if not isinstance(kind, str | type) and text.startswith("timestamp") and kind.tz != "UTC":
        text = f"{text} without the zone UTC"  # pyarrow's, which is local time
    word = text.lower().replace(", tz=utc", "").replace(" ", "")
    if word.startswith("datetime("):  # polars: Datetime(time_unit='us', time_zone='UTC')
        word = f"timestamp[{kind.time_unit}]" if kind.time_zone == "UTC" else word
    if word not in _NAMES:
        raise ValueError(
            f"the column `{column}` cannot be {text}: a column is bool, int64, float64, string, timestamp[s|ms|us|ns] "
            "(in UTC), a list of one of these ([type]), or a mapping of names to types"
        )
    return _NAMES[word]
