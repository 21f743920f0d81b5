"""Events as Arrow streams, read by those who read Arrow."""

from __future__ import annotations

import datetime
import gc
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import ACCESS, NOW, during

import sawlog

LINES = ACCESS + b"\n"


def table(pipeline: sawlog.Pipeline, source: Any = LINES, **options: Any) -> pa.Table:
    return pa.table(pipeline.to_arrow(source, now=NOW, **options))


def sql(query: str, stream: Any) -> list[Any]:
    """What duckdb finds in `stream`, which it takes from this function's names."""
    result = duckdb.sql(query)
    assert result is not None
    return result.fetchall()


def rows(table: pa.Table) -> list[dict[str, Any]]:
    """The events of a table: what has no value is left out, the rest is put back."""
    found = []
    for row in table.to_pylist():
        rest = row.pop("_rest", None)
        event = {name: value for name, value in row.items() if value is not None}
        if rest is not None:
            event |= json.loads(rest)
        found.append(event)
    return found


def test_table_has_the_events(access: sawlog.Pipeline) -> None:
    found = table(access)
    assert rows(found) == list(access.events(LINES, now=NOW))
    types = dict(zip(found.schema.names, map(str, found.schema.types), strict=True))
    assert types["@timestamp"] == "timestamp[ns, tz=UTC]"
    assert (types["verb"], types["response"], types["tags"]) == ("string", "int64", "list<item: string>")
    assert found.schema.names[-1] == "_rest"
    assert found.column("_rest").null_count == len(found)


def test_batches_have_one_schema_and_the_rest_has_what_does_not_fit() -> None:
    pipeline = sawlog.Pipeline.compile("filter { }")
    lines = b'{"n":1,"m":{"a":"x"}}\n{"n":"two","m":{"b":[1]},"new":null}\n{"m":5}\n'
    options: dict[str, Any] = {"codec": "json", "keep_original": False}
    found = table(pipeline, lines, batch_events=1, **options)
    assert found.num_rows == 3 and found.column("n").num_chunks == 3
    rest = [None if text is None else json.loads(text) for text in found.column("_rest").to_pylist()]
    assert rest == [None, {"n": "two", "m": {"b": [1]}, "new": None}, {"m": 5}]
    mixed = table(pipeline, lines, **options)
    assert mixed.column("n").to_pylist() == ["1", '"two"', None]
    assert mixed.schema.field("n").metadata == {b"sawlog.encoding": b"json"}


def test_every_reader_takes_the_stream(access: sawlog.Pipeline) -> None:
    stream = access.to_arrow(LINES, now=NOW)
    expected = ["GET", "POST", None, "GET"]
    assert pa.RecordBatchReader.from_stream(stream).read_all().column("verb").to_pylist() == expected
    frame = pl.DataFrame(stream)
    assert frame["verb"].to_list() == expected
    assert frame["@timestamp"].dtype == pl.Datetime("ns", "UTC")
    assert frame["response"].to_list() == [200, 404, None, 304]
    assert sql("select verb, response, tags from stream order by response nulls last", stream) == [
        ("GET", 200, None),
        ("GET", 304, None),
        ("POST", 404, None),
        (None, None, ["_grokparsefailure"]),
    ]
    pandas = pd.DataFrame.from_arrow(stream)
    assert pandas["response"].tolist()[:2] == [200, 404]
    assert pandas["verb"].isna().tolist() == [False, False, True, False]


def test_maps_are_structs_to_every_reader() -> None:
    pipeline = sawlog.Pipeline.compile("filter { }")
    lines = b'{"a":{"b":{"c":1},"t":["x"]}}\n{"a":{}}\n{}\n'
    stream = pipeline.to_arrow(lines, codec="json", now=NOW)
    assert pa.table(stream).column("a").to_pylist() == [{"b": {"c": 1}, "t": ["x"]}, {"b": None, "t": None}, None]
    assert pl.DataFrame(stream)["a"].struct.field("b").struct.field("c").to_list() == [1, None, None]
    assert sql("select a.b.c from stream", stream) == [(1,), (None,), (None,)]


def test_strings_are_not_copied_on_their_way() -> None:
    pipeline = sawlog.Pipeline.compile("filter { }")
    text = b"a text that is longer than twelve bytes\n" * 10000
    before = pa.total_allocated_bytes()
    found = table(pipeline, text)
    strings = found.column("message").chunk(0).buffers()[2]
    assert strings.size >= len(text) - 10000
    assert pa.total_allocated_bytes() - before < len(text) // 10, "pyarrow has taken memory of its own"
    again = pa.table(pa.RecordBatchReader.from_stream(found))
    assert again.column("message").chunk(0).buffers()[2].address == strings.address


def test_polars_has_the_strings_where_they_were_written() -> None:
    pipeline = sawlog.Pipeline.compile("filter { }")
    found = table(pipeline, b"a text that is longer than twelve bytes\n" * 100_000)
    written = {chunk.buffers()[2].address for chunk in found.column("message").chunks}
    strings = pl.DataFrame(found)["message"].to_arrow(compat_level=pl.CompatLevel.newest())
    assert len(written) > 1
    assert written <= {buffer.address for buffer in strings.buffers() if buffer is not None}


def test_names_with_a_zero_stand_in_the_rest() -> None:
    pipeline = sawlog.Pipeline.compile("filter { }")
    found = table(pipeline, b'{"a\\u0000b":1,"c":2}\n', codec="json", keep_original=False)
    assert found.schema.names == ["@timestamp", "@version", "c", "_rest"]
    assert json.loads(found.column("_rest")[0].as_py()) == {"a\0b": 1}


def test_the_lock_is_free_while_a_reader_reads(access: sawlog.Pipeline) -> None:
    class Started:
        """A stream of which the first batch is made already: the rest is up to the reader."""

        def __init__(self) -> None:
            self.capsule = access.to_arrow(LINES * 20000).__arrow_c_stream__()

        def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
            return self.capsule

    readers: list[Callable[[Any], object]] = [
        pa.table,
        pl.DataFrame,
        pd.DataFrame.from_arrow,
        lambda stream: sql("select count(*) from stream", stream),
    ]
    for read in readers:
        assert during(partial(read, Started()), lambda: None), read


def test_given_schema_decides(access: sawlog.Pipeline) -> None:
    spelled: dict[str, Any] = {
        "clientip": str,
        "response": int,
        "bytes": "string",
        "@timestamp": "timestamp[ms]",
        "tags": [str],
    }
    of_pyarrow = pa.schema(
        [
            ("clientip", pa.string()),
            ("response", pa.int64()),
            ("bytes", pa.large_string()),
            ("@timestamp", pa.timestamp("ms", "UTC")),
            ("tags", pa.list_(pa.string())),
        ]
    )
    polars_types: dict[str, Any] = {
        "clientip": pl.String,
        "response": pl.Int64,
        "bytes": pl.String,
        "@timestamp": pl.Datetime("ms", "UTC"),
        "tags": pl.List(pl.String),
    }
    of_polars = pl.Schema(polars_types)
    for schema in (spelled, of_pyarrow, of_polars):
        found = table(access, schema=schema)
        assert found.schema.names == [*spelled, "_rest"]
        assert found.column("bytes").to_pylist() == ["2326", None, None, "0"]
        assert str(found.schema.field("@timestamp").type) == "timestamp[ms, tz=UTC]"
        assert json.loads(found.column("_rest")[0].as_py())["verb"] == "GET"
    stream = access.to_arrow(LINES, schema={"response": int}, rest=False)
    assert pa.table(stream).to_pylist() == [{"response": 200}, {"response": 404}, {"response": None}, {"response": 304}]
    assert stream.left_out == 4


def test_structs_and_lists_may_be_given() -> None:
    pipeline = sawlog.Pipeline.compile("filter { }")
    lines = b'{"m":{"a":1,"l":[true],"x":2}}\n{"m":{"a":"no"}}\n'
    for schema in (
        {"m": {"a": int, "l": [bool]}},
        pa.schema([("m", pa.struct([("a", pa.int64()), ("l", pa.list_(pa.bool_()))]))]),
        pl.Schema({"m": pl.Struct({"a": pl.Int64, "l": pl.List(pl.Boolean)})}),
    ):
        found = table(pipeline, lines, schema=schema, codec="json", keep_original=False)
        assert found.column("m").to_pylist() == [{"a": 1, "l": [True]}, {"a": None, "l": None}]
        assert json.loads(found.column("_rest")[0].as_py())["m"] == {"x": 2}
        assert json.loads(found.column("_rest")[1].as_py())["m"] == {"a": "no"}


@pytest.mark.parametrize(
    ("schema", "error"),
    [
        ({"a": "int8"}, ValueError),
        ({"a": datetime.date}, ValueError),
        ({"_rest": str}, ValueError),
        ({"a": {}}, ValueError),
        ({"a": [[str]]}, ValueError),
        (pa.schema([("a", pa.string()), ("a", pa.string())]), ValueError),
        (pa.schema([("a", pa.timestamp("ms"))]), ValueError),
        ("a", TypeError),
    ],
)
def test_schemas_that_cannot_be_are_refused(access: sawlog.Pipeline, schema: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        access.to_arrow(LINES, schema=schema)


def test_bytes_can_be_read_again_and_an_iterator_once(access: sawlog.Pipeline) -> None:
    stream = access.to_arrow(LINES, now=NOW)
    assert stream.stats is None
    assert pa.table(stream).equals(pa.table(stream))
    assert stream.stats is not None and stream.stats.events_out == 4
    once = access.to_arrow((LINES[at : at + 9] for at in range(0, len(LINES), 9)), now=NOW)
    assert pa.table(once).equals(pa.table(stream))
    with pytest.raises(RuntimeError, match="read already"):
        pa.table(once)


def test_errors_of_a_source_reach_the_reader(access: sawlog.Pipeline) -> None:
    def broken(good: int) -> Iterator[bytes]:
        for _ in range(good):
            yield LINES
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        access.to_arrow(broken(0)).__arrow_c_stream__()
    reader = pa.RecordBatchReader.from_stream(access.to_arrow(broken(3), batch_events=4))
    with pytest.raises(Exception, match="the disk is gone"):
        reader.read_all()


def test_tables_outlive_what_made_them(access: sawlog.Pipeline) -> None:
    stream = access.to_arrow(bytes(bytearray(LINES)) * 1000, now=NOW)
    reader = pa.RecordBatchReader.from_stream(stream)
    first = reader.read_next_batch()
    del stream, reader
    gc.collect()
    assert first.column("clientip")[0].as_py() == "192.0.2.1"


def test_no_events_are_an_empty_table(access: sawlog.Pipeline) -> None:
    assert table(access, b"").num_rows == 0
    found = table(access, b"", schema={"verb": str})
    assert found.schema.names == ["verb", "_rest"] and found.num_rows == 0


def test_unread_streams_are_freed(access: sawlog.Pipeline) -> None:
    capsule = access.to_arrow(LINES).__arrow_c_stream__()
    assert "arrow_array_stream" in repr(capsule)
    del capsule
    gc.collect()
