"""Compiling and running: bytes in, bytes and dicts out."""

from __future__ import annotations

import _thread
import datetime
import decimal
import io
import json
import mmap
import pickle
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ACCESS, NOW, during

import sawlog


def lines(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.splitlines()]


def test_run_gives_one_json_object_a_line_and_flushes(access: sawlog.Pipeline) -> None:
    events = lines(access.run(ACCESS, now=NOW))
    assert [event.get("response") for event in events] == [200, 404, None, 304]
    assert events[0]["@timestamp"] == "2000-10-10T20:55:36.000Z"
    assert events[2]["tags"] == ["_grokparsefailure"]
    assert events[2]["@timestamp"] == "2024-06-15T12:00:00.000Z"


def test_a_second_run_knows_nothing_of_the_first(access: sawlog.Pipeline) -> None:
    first = access.run(ACCESS + b"\nhalf", now=NOW)
    assert access.run(ACCESS + b"\nhalf", now=NOW) == first
    assert access.run(b"", now=NOW) == b""


def sources() -> Iterator[Any]:
    def make(name: str, source: Callable[[Path], Any]) -> Any:
        return pytest.param(source, id=name)

    yield make("bytes", lambda _: ACCESS)
    yield make("bytearray", lambda _: bytearray(ACCESS))
    yield make("memoryview", lambda _: memoryview(ACCESS))
    yield make("slice of a memoryview", lambda _: memoryview(b"x" + ACCESS)[1:])
    yield make("file", lambda _: io.BytesIO(ACCESS))
    yield make("path", lambda path: path)
    yield make("iterable", lambda _: (ACCESS[at : at + 7] for at in range(0, len(ACCESS), 7)))
    yield make("list with empty pieces", lambda _: [b"", bytearray(ACCESS[:50]), b"", ACCESS[50:], b""])


@pytest.mark.parametrize("source", list(sources()))
def test_every_source_gives_the_same_events(
    access: sawlog.Pipeline, source: Callable[[Path], Any], tmp_path: Path
) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(ACCESS)
    assert access.run(source(path), now=NOW) == access.run(ACCESS, now=NOW)
    assert list(access.events(source(path), now=NOW)) == list(access.events(ACCESS, now=NOW))


def test_mapped_files_and_large_inputs_go_block_by_block(access: sawlog.Pipeline, tmp_path: Path) -> None:
    path = tmp_path / "large.log"
    path.write_bytes((ACCESS + b"\n") * 5000)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        assert access.run(data, now=NOW) == access.run(path, now=NOW) == access.run(ACCESS + b"\n", now=NOW) * 5000


@pytest.mark.parametrize("source", ["text", ["text"], io.StringIO("text"), 5, None])
def test_what_gives_no_bytes_is_a_type_error(access: sawlog.Pipeline, source: Any) -> None:
    with pytest.raises(TypeError):
        access.run(source)
    with pytest.raises(TypeError):
        list(access.events(source))


def test_every_cut_gives_the_same_bytes(access: sawlog.Pipeline) -> None:
    whole = access.run(ACCESS, now=NOW)
    for size in (1, 2, 3, 64):
        worker = sawlog.Worker(access, now=NOW)
        out = b"".join(worker.push(ACCESS[at : at + size]) for at in range(0, len(ACCESS), size))
        assert out + worker.finish() == whole, size
    for cut in range(len(ACCESS)):
        worker = sawlog.Worker(access, now=NOW)
        assert worker.push(ACCESS[:cut]) + worker.push(ACCESS[cut:]) + worker.flush() == whole, cut


def test_dicts_are_the_events_with_pythons_types() -> None:
    pipeline = sawlog.Pipeline.compile('filter { date { match => ["when", "ISO8601"] target => "when" } }')
    line = (
        b'{"i":7,"big":123456789012345678901234567890,"f":0.5,"exact":0.1234567890123456789012,"b":true,"n":null,'
        b'"l":[1,"x",[]],"m":{"a":{}},"when":"2024-02-29T01:02:03.004+01:00","s":"\xc3\xa9\\u0000"}'
    )
    (event,) = pipeline.events(line, codec="json", now=NOW, keep_original=False)
    assert event == {
        "@timestamp": NOW,
        "@version": "1",
        "i": 7,
        "big": 123456789012345678901234567890,
        "f": 0.5,
        "exact": decimal.Decimal("0.1234567890123456789012"),
        "b": True,
        "n": None,
        "l": [1, "x", []],
        "m": {"a": {}},
        "when": datetime.datetime(2024, 2, 29, 0, 2, 3, 4000, tzinfo=datetime.timezone.utc),
        "s": "é\0",
    }
    assert isinstance(event["big"], int) and isinstance(event["exact"], decimal.Decimal)
    assert event["when"].utcoffset() == datetime.timedelta(0)
    assert list(event)[:3] == ["@timestamp", "@version", "i"]


def test_instants_outside_of_datetime_are_texts() -> None:
    pipeline = sawlog.Pipeline.compile("filter { }")
    lines_in = b'{"@timestamp":"0001-01-01T00:00:00Z"}\n{"@timestamp":"9999-12-31T23:59:59.999Z"}\n{"@timestamp":"0000-12-31T00:00:00Z"}\n'
    first, last, before = (event["@timestamp"] for event in pipeline.events(lines_in, codec="json"))
    assert first == datetime.datetime(1, 1, 1, tzinfo=datetime.timezone.utc)
    assert last == datetime.datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=datetime.timezone.utc)
    assert before == "0000-12-31T00:00:00.000Z"


def test_events_read_no_more_than_is_needed(access: sawlog.Pipeline) -> None:
    read = []

    def pieces() -> Iterator[bytes]:
        for at in range(100):
            read.append(at)
            yield ACCESS + b"\n"

    events = access.events(pieces())
    assert iter(events) is events
    assert read == []
    next(events)
    assert read == [0]


def test_errors_of_a_source_come_through_and_the_iterator_goes_on(access: sawlog.Pipeline) -> None:
    class Stream:
        calls = 0

        def read(self, _size: int) -> bytes:
            self.calls += 1
            if self.calls == 2:
                raise OSError("no more")
            return ACCESS + b"\n" if self.calls < 4 else b""

    events = access.events(Stream())
    assert len([next(events) for _ in range(4)]) == 4
    with pytest.raises(OSError, match="no more"):
        next(events)
    assert len(list(events)) == 4


def test_deep_events_become_deep_dicts() -> None:
    pipeline = sawlog.Pipeline.compile("filter { }")
    line = b'{"a":' * 900 + b"1" + b"}" * 900
    (event,) = pipeline.events(line, codec="json")
    value: Any = event
    for _ in range(900):
        value = value["a"]
    assert value == 1


def test_options_of_a_run() -> None:
    pipeline = sawlog.Pipeline.compile(
        'input { tcp { port => 5000 codec => json type => "t" } stdin { id => "second" } } filter { uuid { target => "u" } }'
    )
    data = b'{"a":1}'
    (first,) = pipeline.events(data, seed=1)
    (again,) = pipeline.events(data, seed=1)
    (other,) = pipeline.events(data, seed=2)
    assert (first["a"], first["type"]) == (1, "t")
    assert first["u"] == again["u"] != other["u"]
    (event,) = pipeline.events(data, input="second", path="/x.log", set={"[a][b]": "c"}, keep_original=False)
    assert event["message"] == data.decode()
    assert (event["log"], event["a"]) == ({"file": {"path": "/x.log"}}, {"b": "c"})
    assert pipeline.run(data, format="csv", fields=["a", "type"]) == b"a,type\n1,t\n"
    assert json.loads(pipeline.run(data + b"\n" + data, format="json", now=NOW))[1]["a"] == 1
    assert pipeline.run(data, output_codec="dots") == b"."
    shown = pipeline.run(data, metadata=True)
    assert b"@metadata" not in shown, "it is empty"


def test_metadata_is_shown_when_asked_for() -> None:
    pipeline = sawlog.Pipeline.compile('filter { mutate { add_field => { "[@metadata][k]" => "v" } } }')
    (hidden,) = pipeline.events(b"x")
    (shown,) = pipeline.events(b"x", metadata=True)
    assert "@metadata" not in hidden
    assert shown["@metadata"] == {"k": "v"}
    assert lines(pipeline.run(b"x", metadata=True))[0]["@metadata"] == {"k": "v"}


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"nonsense": 1}, TypeError),
        ({"codec": "nonsense"}, ValueError),
        ({"input": "nonsense"}, ValueError),
        ({"input": 3}, ValueError),
        ({"set": {"[a": "b"}}, ValueError),
        ({"format": "nonsense"}, ValueError),
        ({"format": "csv"}, ValueError),
        ({"fields": ["[a"]}, ValueError),
        ({"output_codec": "nonsense"}, ValueError),
        ({"now": datetime.datetime(2024, 1, 1)}, ValueError),
        ({"now": "2024"}, ValueError),
        ({"max_line_bytes": -1}, OverflowError),
    ],
)
def test_wrong_options_say_so(access: sawlog.Pipeline, options: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        access.run(b"x", **options)


def test_config_error_has_all_problems_with_their_places() -> None:
    config = 'filter {\n  grok { match => { "message" => "%{IPP:client}" } patern => 1 }\n  nonsense { }\n}'
    with pytest.raises(sawlog.ConfigError) as caught:
        sawlog.Pipeline.compile({"a.conf": config})
    error = caught.value
    assert isinstance(error, ValueError)
    codes = [one.code for one in error.diagnostics]
    assert {"unknown-pattern", "unknown-option", "unknown-plugin"} <= set(codes)
    one = error.diagnostics[codes.index("unknown-pattern")]
    assert (one.severity, one.source, one.line) == ("error", "a.conf", 2)
    assert one.span is not None
    assert config.encode()[slice(*one.span)] == b"%{IPP:client}"
    assert config.splitlines()[1][one.column - 1 :].startswith("%{IPP")  # type: ignore[operator]
    assert "IP" in f"{one.message} {one.hint}"
    assert str(error).startswith("error[") and "  --> a.conf:2:" in str(error) and "^^^^" in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.diagnostics) == (str(error), error.diagnostics)


def test_configs_come_as_text_path_directory_or_mapping(tmp_path: Path) -> None:
    (tmp_path / "patterns").mkdir()
    (tmp_path / "patterns" / "own").write_text("PET cat|dog\n")
    text = f'filter {{ grok {{ patterns_dir => ["{tmp_path}/patterns"] match => {{ "message" => "%{{PET:pet}}" }} }} }}'
    (tmp_path / "a.conf").write_text(text)
    directory = tmp_path / "conf.d"
    directory.mkdir()
    (directory / "1.conf").write_text('filter { mutate { add_field => { "a" => 1 } } }')
    (directory / "2.conf").write_text('filter { mutate { add_field => { "b" => 2 } } }')
    for config in (text, tmp_path / "a.conf", {"x": text}):
        (event,) = sawlog.Pipeline.compile(config).events(b"a dog")
        assert event["pet"] == "dog"
    (event,) = sawlog.Pipeline.compile(directory).events(b"x")
    assert (event["a"], event["b"]) == ("1", "2")
    with pytest.raises(ValueError, match="is a file's name"):
        sawlog.Pipeline.compile(str(tmp_path / "a.conf"))
    with pytest.raises(ValueError, match="cannot read"):
        sawlog.Pipeline.compile(tmp_path / "none.conf")
    with pytest.raises(TypeError):
        sawlog.Pipeline.compile(5)  # type: ignore[arg-type]


def test_resources_are_given_or_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = 'filter { mutate { add_field => { "v" => "${SAWLOG_TEST_V}" } } translate { source => "message" target => "t" dictionary_path => "${SAWLOG_TEST_D}" } }'
    dictionary = tmp_path / "d.yml"
    dictionary.write_text("a: disk\n")
    monkeypatch.setenv("SAWLOG_TEST_V", "env")
    monkeypatch.setenv("SAWLOG_TEST_D", str(dictionary))
    (event,) = sawlog.Pipeline.compile(config).events(b"a")
    assert (event["v"], event["t"]) == ("env", "disk")
    (event,) = sawlog.Pipeline.compile(
        config, variables={"SAWLOG_TEST_V": "given"}, files={str(dictionary): "a: given\n"}
    ).events(b"a")
    assert (event["v"], event["t"]) == ("given", "given")
    with pytest.raises(sawlog.ConfigError) as caught:
        sawlog.Pipeline.compile(config, read_files=False)
    assert "undefined-variable" in {one.code for one in caught.value.diagnostics}
    pure = sawlog.Pipeline.compile(
        config,
        read_files=False,
        variables={"SAWLOG_TEST_V": "v", "SAWLOG_TEST_D": "d.yml"},
        files={"d.yml": b"a: memory\n"},
    )
    (event,) = pure.events(b"a")
    assert (event["v"], event["t"]) == ("v", "memory")


def test_compile_options() -> None:
    grok = 'filter { grok { match => { "message" => "%{IPORHOST:[source][address]} %{COMMONAPACHELOG}?" } } }'
    assert sawlog.Pipeline.compile(grok, ecs="disabled")
    with pytest.raises(ValueError, match="v1"):
        sawlog.Pipeline.compile(grok, ecs="v9")  # type: ignore[arg-type]
    date = 'filter { date { match => ["message", "yyyy-MM-dd HH:mm"] } }'
    (utc,) = sawlog.Pipeline.compile(date).events(b"2024-01-01 00:00")
    (berlin,) = sawlog.Pipeline.compile(date, timezone="Europe/Berlin").events(b"2024-01-01 00:00")
    assert utc["@timestamp"] - berlin["@timestamp"] == datetime.timedelta(hours=1)
    with pytest.raises(ValueError, match="Europe/Berln"):
        sawlog.Pipeline.compile(date, timezone="Europe/Berln")
    pipeline = sawlog.Pipeline.compile("filter { ruby { code => '1' } }", skip_unsupported=True)
    assert [one.severity for one in pipeline.warnings] == ["warning"]
    with pytest.raises(sawlog.ConfigError):
        sawlog.Pipeline.compile("filter { ruby { code => '1' } }")


def test_facts_of_a_pipeline(access: sawlog.Pipeline) -> None:
    assert [one.name for one in access.filters] == ["grok", "date", "mutate"]
    assert access.filters[0].position == "<config>:3:3"
    assert not access.is_ordered
    assert repr(access) == "<sawlog.Pipeline of 3 filters>"
    assert access.warnings == []
    with pytest.raises(TypeError):
        sawlog.Pipeline()


def test_threads_share_a_pipeline_and_run_at_the_same_time(access: sawlog.Pipeline) -> None:
    data = (ACCESS + b"\n") * 2000
    expected = access.run(data, now=NOW)
    results: list[bytes] = []
    threads = [threading.Thread(target=lambda: results.append(access.run(data, now=NOW))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 8


def test_the_lock_is_free_while_the_engine_runs(access: sawlog.Pipeline) -> None:
    data = (ACCESS + b"\n") * 20000
    assert during(lambda: access.run(data), lambda: None)
    assert during(lambda: list(access.events(data)), lambda: None)
    assert not during(lambda: sum(range(1_000_000)), lambda: None), "or else this shows nothing"


def test_keyboard_interrupt_stops_a_long_run(access: sawlog.Pipeline) -> None:
    def pieces() -> Iterator[bytes]:
        yield ACCESS + b"\n"
        _thread.interrupt_main()
        for _ in range(1_000_000):
            yield ACCESS + b"\n"

    with pytest.raises(KeyboardInterrupt):
        access.run(pieces())
    events = access.events(pieces())
    with pytest.raises(KeyboardInterrupt):
        for _ in events:
            pass
    worker = sawlog.Worker(access)
    with pytest.raises(KeyboardInterrupt):
        during(lambda: worker.push((ACCESS + b"\n") * 20000), _thread.interrupt_main)
    with pytest.raises(RuntimeError, match="broken off"):
        worker.push(b"x\n")


def test_fields_of_events_are_their_own_whatever_came_before() -> None:
    pipeline = sawlog.Pipeline.compile(
        'filter { json { source => "message" } mutate { remove_field => ["message", "event"] } }'
    )
    shapes = [
        {"a": 1, "b": "x"},
        {"a": 2, "b": "y"},
        {"a": 3, "c": "z"},
        {"b": 4, "a": 5},
        {"a": {"b": 1, "c": 2}, "b": None},
        {"a": 6},
    ]
    lines = [json.dumps(shapes[(at * at + at // 5) % len(shapes)]) for at in range(300)] + [json.dumps(shapes[0])] * 5
    data = "\n".join(lines).encode()
    for _ in range(3):
        found = list(pipeline.events(data, now=NOW))
        written = [json.loads(line) for line in pipeline.run(data, now=NOW).splitlines()]
        assert [list(event) for event in found] == [list(event) for event in written]
        assert [(event.get("a"), event.get("b"), event.get("c")) for event in found] == [
            (event.get("a"), event.get("b"), event.get("c")) for event in written
        ]


def test_iterators_of_one_pipeline_do_not_meet(access: sawlog.Pipeline) -> None:
    expected = list(access.events(ACCESS, now=NOW))
    list(access.events(ACCESS))
    first, second = access.events(ACCESS), access.events(ACCESS)
    pairs = list(zip(first, second, strict=True))
    assert [event["@version"] for event, _ in pairs] == [event["@version"] for event in expected]
    assert all(one.get("verb") == other.get("verb") for one, other in pairs)
    half = access.events(ACCESS)
    next(half)
    del half
    assert [event.get("verb") for event in access.events(ACCESS)] == [event.get("verb") for event in expected]
