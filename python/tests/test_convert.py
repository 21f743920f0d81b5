"""Whole files, by the library of the command line."""

from __future__ import annotations

import gzip
import json
import os
import signal
import threading
from pathlib import Path

import pytest
from conftest import ACCESS, NOW

import sawlog


def test_files_become_files(access: sawlog.Pipeline, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.log").write_bytes(ACCESS)
    with gzip.open(tmp_path / "in" / "b.log.gz", "wb") as file:
        file.write(ACCESS)
    out, rejects = tmp_path / "out.ndjson", tmp_path / "rejects.ndjson"
    result = access.convert([tmp_path / "in"], out, rejects=rejects, now=NOW, jobs=2)
    events = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(events) == 8 and events[0]["path"].endswith("a.log")
    assert [json.loads(line)["line"] for line in rejects.read_text().splitlines()] == [3, 3]
    assert result.is_complete and result.messages == []
    assert result.stats["events"]["out"] == 8
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_a_directory_gets_a_file_for_each_input(access: sawlog.Pipeline, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.log", "b.log"):
        (tmp_path / "in" / name).write_bytes(ACCESS)
    out = tmp_path / "out"
    access.convert(str(tmp_path / "in"), f"{out}/", format="csv", fields=["verb", "response"])
    assert sorted(path.name for path in out.iterdir()) == ["a.log.csv", "b.log.csv"]
    assert (out / "a.log.csv").read_text() == "verb,response\nGET,200\nPOST,404\n,\nGET,304\n"


def test_what_cannot_be_read_is_told(access: sawlog.Pipeline, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(ACCESS)
    result = access.convert([tmp_path / "a.log", tmp_path / "none.log"], tmp_path / "out")
    assert not result.is_complete
    assert any("none.log" in message for message in result.messages)


def test_manifest_goes_on(access: sawlog.Pipeline, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(ACCESS)
    out, manifest = tmp_path / "out", tmp_path / "m"
    access.convert(tmp_path / "a.log", out, manifest=manifest)
    before = out.read_bytes()
    again = access.convert(tmp_path / "a.log", out, manifest=manifest)
    assert (again.stats, again.is_complete) == ({}, True)
    assert out.read_bytes() == before


@pytest.mark.parametrize(
    "wrong",
    [{"failed": "divert"}, {"failed": "x"}, {"format": "csv"}, {"jobs": 0}, {"input": "x"}, {"codec": "x"}],
)
def test_wrong_arguments_are_value_errors(access: sawlog.Pipeline, tmp_path: Path, wrong: dict[str, object]) -> None:
    (tmp_path / "a.log").write_bytes(ACCESS)
    with pytest.raises(ValueError):
        access.convert(tmp_path / "a.log", tmp_path / "out", **wrong)  # type: ignore[arg-type]


def test_keyboard_interrupt_stops_a_conversion_and_keeps_no_half_output(
    access: sawlog.Pipeline, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def feed() -> None:
        # The reader leaves when the run was stopped.
        try:
            with pipe.open("wb") as file:
                file.write(ACCESS + b"\n")
                file.flush()
                os.kill(os.getpid(), signal.SIGINT)
                for _ in range(1_000):
                    file.write((ACCESS + b"\n") * 1000)
        except BrokenPipeError:
            pass

    thread = threading.Thread(target=feed)
    thread.start()
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        access.convert([pipe], out)
    thread.join()
    assert not out.exists()
