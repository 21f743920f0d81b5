"""The record batches of the C library, as those who read Arrow take them: what a program in C hands over, without the package between."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from ctypes import byref, c_char_p, c_int32, c_int64, c_size_t, c_uint64, c_void_p, sizeof
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from conftest import ACCESS, NOW

import sawlog

LINES = ACCESS + b"\n"
CONFIG = """filter { grok { match => { "message" => "%{WORD:verb} %{GREEDYDATA:text}" } } }"""
FORMAT_ARROW = 6
OK, END = 0, 2


class Text(ctypes.Structure):
    _fields_ = [("data", c_char_p), ("len", c_size_t)]


class WorkerOptions(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_size_t),
        ("format", c_int32),
        ("rejects", c_int32),
        ("drop_original", c_int32),
        ("explain_failures", c_int32),
        ("input", c_size_t),
        ("codec", Text),
        ("path", Text),
        ("output_codec", Text),
        ("fields", Text),
        ("max_line_bytes", c_size_t),
        ("max_pending_bytes", c_size_t),
        ("set", c_void_p),
        ("set_count", c_size_t),
        ("columns", c_void_p),
        ("batch_events", c_size_t),
        ("batch_bytes", c_size_t),
        ("drop_rest", c_int32),
        ("reserved", c_int32),
    ]


class ArrowSchema(ctypes.Structure):
    _fields_ = [("members", c_void_p * 9)]


class ArrowArray(ctypes.Structure):
    _fields_ = [("members", c_void_p * 10)]


@pytest.fixture(scope="module")
def library() -> ctypes.CDLL:
    path = Path(os.environ.get("SAWLOG_LIBRARY", "none"))
    if not path.exists():
        pytest.skip("the C library is not there: SAWLOG_LIBRARY names it, `make test-c` builds it")
    return ctypes.CDLL(str(path))


class Batches:
    """What a host in C does to have the batches of some lines."""

    def __init__(self, library: ctypes.CDLL, columns: pa.Schema | None = None) -> None:
        self.library = library
        config, pipeline, self.worker = c_void_p(), c_void_p(), c_void_p()
        self.call("config_new", byref(config))
        text = CONFIG.encode()
        self.call("config_add_source", config, b"t.conf", c_size_t(6), text, c_size_t(len(text)))
        self.call("config_parse", config, None, None)
        self.call("pipeline_compile", config, None, None, byref(pipeline), None)
        options = WorkerOptions(
            struct_size=sizeof(WorkerOptions), format=FORMAT_ARROW, drop_rest=int(columns is not None)
        )
        schema = ArrowSchema()
        if columns is not None:
            columns._export_to_c(ctypes.addressof(schema))
            options.columns = ctypes.addressof(schema)
        self.call("worker_new", pipeline, byref(options), byref(self.worker), None)
        if columns is not None:
            # It was only read, and is still ours.
            assert pa.Schema._import_from_c(ctypes.addressof(schema)) == columns
        self.call("pipeline_free", byref(pipeline))
        self.call("config_free", byref(config))

    def call(self, name: str, *arguments: Any) -> None:
        assert getattr(self.library, f"sawlog_{name}")(*arguments) == OK, name

    def push(self, data: bytes) -> None:
        consumed = c_size_t()
        now = int(NOW.timestamp() * 1_000_000_000)
        self.call("worker_push", self.worker, data, c_size_t(len(data)), c_int64(now), c_uint64(0), byref(consumed))
        assert consumed.value == len(data)

    def pull(self) -> Iterator[tuple[ArrowSchema, ArrowArray]]:
        schema, array = ArrowSchema(), ArrowArray()
        while (status := self.library.sawlog_worker_pull_arrow(self.worker, byref(schema), byref(array))) == OK:
            yield schema, array
            schema, array = ArrowSchema(), ArrowArray()
        assert status == END

    def free(self) -> None:
        self.call("worker_free", byref(self.worker))


def test_pyarrow_imports_the_batches_of_the_c_library(library: ctypes.CDLL) -> None:
    batches = Batches(library)
    batches.push(LINES)
    pairs = [(ctypes.addressof(array), ctypes.addressof(schema), array, schema) for schema, array in batches.pull()]
    found = [pa.RecordBatch._import_from_c(array, schema) for array, schema, *_ in pairs]
    batches.free()
    for batch in found:
        batch.validate(full=True)
    expected = pa.table(sawlog.Pipeline.compile(CONFIG).to_arrow(LINES, now=NOW))
    assert pa.Table.from_batches(found).equals(expected, check_metadata=True)


def test_columns_of_pyarrow_are_kept_to(library: ctypes.CDLL) -> None:
    columns = pa.schema({"verb": pa.string(), "tags": pa.list_(pa.string()), "@timestamp": pa.timestamp("ms", "UTC")})
    batches = Batches(library, columns)
    batches.push(LINES)
    [(schema, array)] = batches.pull()
    found = pa.RecordBatch._import_from_c(ctypes.addressof(array), ctypes.addressof(schema))
    batches.free()
    assert found.schema == columns
    options: dict[str, Any] = {"schema": columns, "rest": False, "now": NOW}
    assert pa.Table.from_batches([found]).equals(pa.table(sawlog.Pipeline.compile(CONFIG).to_arrow(LINES, **options)))


class Capsules:
    """An object with the PyCapsule interface, made of the two structs."""

    def __init__(self, schema: ArrowSchema, array: ArrowArray) -> None:
        self.schema, self.array = schema, array

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        make = ctypes.pythonapi.PyCapsule_New
        make.restype, make.argtypes = ctypes.py_object, [c_void_p, c_char_p, c_void_p]
        schema, array = ctypes.addressof(self.schema), ctypes.addressof(self.array)
        return make(schema, b"arrow_schema", None), make(array, b"arrow_array", None)


def test_polars_takes_the_batches_of_the_c_library(library: ctypes.CDLL) -> None:
    batches = Batches(library)
    batches.push(LINES)
    pairs = list(batches.pull())
    frames = [pl.DataFrame(Capsules(schema, array)) for schema, array in pairs]
    batches.free()
    expected = pl.DataFrame(sawlog.Pipeline.compile(CONFIG).to_arrow(LINES, now=NOW))
    assert pl.concat(frames).equals(expected)
