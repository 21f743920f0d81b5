"""Pipelines and workers of the engine; import them from ``sawlog``."""

import datetime
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias, TypedDict, final

from typing_extensions import Buffer, CapsuleType, Unpack

from sawlog._types import ConvertResult, Diagnostic, Filter, Stats

__all__ = ["ArrowStream", "EventIterator", "Pipeline", "Worker", "__version__"]

__version__: str

class _Reader(Protocol):
    def read(self, size: int, /) -> bytes: ...

_Source: TypeAlias = Buffer | os.PathLike[str] | _Reader | Iterable[Buffer]
_Schema: TypeAlias = Mapping[str, Any] | Any
_Format: TypeAlias = Literal["csv", "json", "ndjson", "rubydebug"]

class _RunOptions(TypedDict, total=False):
    codec: str | None
    """A codec as in a config, instead of the input's: ``json``, ``multiline { … }``."""
    explain_failures: bool
    """Whether rejects say why a filter failed; takes time for each failure."""
    fields: Sequence[str]
    """Only these fields, in this order, in bytes that are written; the columns of ``csv``."""
    format: _Format
    """The form of bytes that are written; ``ndjson`` by default."""
    input: int | str | None
    """Which input of the config gives codec, type, tags and fields: its place, id or name; the first by default."""
    keep_original: bool
    """Whether codecs that do so keep the text as ``[event][original]``; True by default."""
    max_line_bytes: int
    """Bytes of the longest line that is read; 10 MiB by default. Longer ones are refused."""
    metadata: bool
    """Whether events show ``@metadata``."""
    now: datetime.datetime | int | None
    """The clock: with a time zone, or nanoseconds since 1970; the machine's by default."""
    output_codec: str | None
    """Writes bytes with a codec as in a config, such as ``cef { fields => ["src"] }``."""
    path: str | None
    """The stream's name, set as ``[log][file][path]``."""
    seed: int
    """What random draws (``uuid``, say) derive from; 0 by default."""
    set: Mapping[str, str]
    """Fields set on every event before the filters run: field references and texts."""

@final
class Pipeline:
    """A compiled config: immutable, shared by any number of threads."""

    @staticmethod
    def compile(
        config: str | os.PathLike[str] | Mapping[str, str],
        *,
        ecs: Literal["disabled", "v1", "v8"] = "v8",
        timezone: str = "UTC",
        support_escapes: bool = False,
        skip_unsupported: bool = False,
        escape_style: Literal["none", "percent", "ampersand"] = "none",
        host_name: str | None = None,
        start: datetime.datetime | int | None = None,
        variables: Mapping[str, str] | None = None,
        files: Mapping[str, str | bytes] | None = None,
        read_files: bool = True,
    ) -> Pipeline:
        """Compiles a config: its text, a path (a file, a directory or a glob), or texts by name.

        What the config asks for (variables, pattern files, dictionaries, databases) is read from the environment and the
        file system, relative to the working directory; ``variables`` and ``files`` go before them. With ``read_files=False``
        there is nothing else.

        ``ecs`` chooses the names that plugins use; ``timezone`` is the zone of dates that name none; ``host_name`` goes on events
        that filters make by themselves; ``start`` is the clock while compiling (the year of ``Feb 29``).

        Raises ConfigError with all problems of the config, ValueError for a path that cannot be read or an unknown zone.
        """

    def run(self, data: _Source, **options: Unpack[_RunOptions]) -> bytes:
        """Runs one complete stream and gives its events as bytes: one JSON object a line, unless the options say otherwise.

        The interpreter's lock is free while the engine runs. Buffers other than ``bytes`` are copied block by block.
        KeyboardInterrupt is raised between blocks of 256 KiB.
        """

    def events(self, source: _Source, **options: Unpack[_RunOptions]) -> EventIterator:
        """Runs one stream and gives its events as dicts, reading no more of it than is needed."""

    def to_arrow(
        self,
        source: _Source,
        *,
        schema: _Schema | None = None,
        rest: bool = True,
        batch_events: int | None = None,
        batch_bytes: int | None = None,
        **options: Unpack[_RunOptions],
    ) -> ArrowStream:
        """Runs one stream into Arrow record batches, for pyarrow, polars, duckdb, pandas and others.

        Without a ``schema`` the first batch (16,384 events or 32 MiB of texts) decides the columns; what does not fit them later is
        in the column ``_rest``, as JSON. A schema is a mapping of field names to types, such as
        ``{"verb": str, "bytes": int, "tags": [str], "url": {"path": str}}``, or a ``pyarrow.Schema``; ``rest=False`` leaves out what it does not
        name.
        """

    def convert(
        self,
        paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        out: str | os.PathLike[str],
        *,
        jobs: int | None = None,
        format: _Format = "ndjson",
        fields: Sequence[str] | None = None,
        output_codec: str | None = None,
        rejects: str | os.PathLike[str] | None = None,
        failed: Literal["keep", "divert"] = "keep",
        manifest: str | os.PathLike[str] | None = None,
        skip_existing: bool = False,
        input: str | None = None,
        codec: str | None = None,
        set: Mapping[str, str] | None = None,
        keep_original: bool = True,
        max_line_bytes: int | None = None,
        now: datetime.datetime | int | None = None,
    ) -> ConvertResult:
        """Converts files, directories and globs, as ``sawlog convert`` does: in threads, decompressed by content.

        ``out`` is a file, or a directory (``DIR/``) that gets a file for each input; a name ending in .gz, .zst or .xz compresses.
        ``rejects`` gets what was refused and what filters failed on. Nothing is printed. KeyboardInterrupt stops the run.

        Raises ValueError for arguments that cannot be used; inputs that cannot be read are among the messages of the result.
        """

    @property
    def warnings(self) -> list[Diagnostic]:
        """What is legal in the config and yet worth a look."""

    @property
    def filters(self) -> list[Filter]:
        """The filters of the config, in order."""

    @property
    def is_ordered(self) -> bool:
        """Whether one worker must see all events in order, because a filter remembers."""

@final
class Worker:
    """Runs streams through a pipeline and keeps partial lines between calls; one thread at a time, others wait."""

    def __new__(cls, pipeline: Pipeline, *, rejects: bool = False, **options: Unpack[_RunOptions]) -> Worker:
        """Makes a worker at the start of a stream; with ``rejects`` it keeps what was refused for ``take_rejects``."""

    def push(self, data: Buffer) -> bytes:
        """Takes a piece of the stream, of any size, and gives the events of every line that ends in it.

        A KeyboardInterrupt in the middle of a large piece leaves the worker unusable.
        """

    def push_events(self, data: Buffer) -> list[dict[str, Any]]:
        """As ``push``, with the events as dicts."""

    def run_event(self, event: Mapping[str, Any] | str | bytes) -> list[dict[str, Any]]:
        """Runs one event, a mapping or its JSON, through the filters, without codec; gives what it became, in order."""

    def run_event_bytes(self, event: Mapping[str, Any] | str | bytes) -> bytes:
        """As ``run_event``, with the events as bytes."""

    def flush(self) -> bytes:
        """Ends the stream: the last line counts although nothing ended it, and what a codec kept comes out."""

    def flush_events(self) -> list[dict[str, Any]]:
        """As ``flush``, with the events as dicts."""

    def finish(self) -> bytes:
        """Ends the stream and the run: what filters still hold comes out too."""

    def finish_events(self) -> list[dict[str, Any]]:
        """As ``finish``, with the events as dicts."""

    def tick(self) -> bytes:
        """Tells the time when no bytes come, and gives the events that filters make as time goes by; every five seconds are enough."""

    def tick_events(self) -> list[dict[str, Any]]:
        """As ``tick``, with the events as dicts."""

    def start_stream(self, path: str | None = None) -> None:
        """Goes on with another stream, whose lines count from 1; the last one must have been flushed."""

    def take_rejects(self) -> list[dict[str, Any]]:
        """Takes out what was refused and the events on which something failed, as ``sawlog convert --rejects`` writes them.

        They are kept until they are taken: about as many bytes as their lines have.
        """

    @property
    def stats(self) -> Stats:
        """What the worker has done so far."""

    @property
    def delimiter(self) -> bytes:
        """What ends a line of the stream."""

    @property
    def is_ordered(self) -> bool:
        """Whether one worker must see the whole of a stream in order."""

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline that the worker was made of."""

@final
class EventIterator(Iterator[dict[str, Any]]):
    """Gives the events of a stream as dicts.

    Texts are ``str``, integers of any size ``int``, decimals ``float`` (``decimal.Decimal`` if a float cannot hold them), instants aware
    ``datetime`` in UTC, cut to microseconds.
    """

    def __iter__(self) -> EventIterator: ...
    def __next__(self) -> dict[str, Any]: ...

@final
class ArrowStream:
    """The events of a stream as a table for any reader of Arrow; made of bytes, it can be read again."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> CapsuleType:
        """Gives the stream to a reader of Arrow, which may read it in any thread."""

    @property
    def stats(self) -> Stats | None:
        """What was counted, once the stream was read to its end."""

    @property
    def left_out(self) -> int:
        """Events that had values for which there was no place, with ``rest=False``."""

    @property
    def is_ordered(self) -> bool:
        """Whether one worker must see all events in order."""
