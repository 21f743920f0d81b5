"""Every recorded and own case through this package, judged as the library judges it.

The library's own tests write the cases with what came out of them (`target/tmp/binding-cases.ndjson`) and their report; the report
made here must be the same, line for line.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from conftest import REPOSITORY

import sawlog

TARGET = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")) / "tmp"


def outcome(case: dict[str, Any]) -> str:
    """What comes out of a case, as a text."""
    now = case["now_ns"]
    try:
        pipeline = sawlog.Pipeline.compile(
            {"config": case["config"]},
            ecs=case["ecs"],
            support_escapes=case["support_escapes"],
            escape_style=case["escape_style"],
            files=case["files"],
            read_files=False,
            start=now,
        )
    except sawlog.ConfigError as error:
        places = (
            f" {one.code}@" + ("-" if one.line is None else f"{one.line}:{one.column}")
            for one in error.diagnostics
            if one.severity == "error"
        )
        return "refused" + "".join(places)
    worker = sawlog.Worker(pipeline, rejects=True, metadata=True, now=now)
    out = b"".join(worker.run_event_bytes(event) for event in case["events"]) + worker.finish()
    refused = (one for one in worker.take_rejects() if one["outcome"] == "refused")
    return out.decode() + "".join(f"! {one['kind']}: {one['reason']}\n" for one in refused)


def test_cases_come_out_as_in_the_library(capsys: pytest.CaptureFixture[str]) -> None:
    cases = TARGET / "binding-cases.ndjson"
    if not cases.exists():
        pytest.skip(f"{cases} is not there: `make test-rust` writes it")
    report: list[str] = []
    counts: dict[str, int] = {}
    wrong: list[str] = []
    with cases.open(encoding="utf-8") as file:
        for line in file:
            case = json.loads(line)
            found = outcome(case)
            verdict = case["verdict"] if found == case["outcome"] else "failed"
            if verdict == "failed":
                wrong.append(f"{case['id']}:\n  expected {case['outcome']!r}\n  found    {found!r}")
            counts[verdict] = counts.get(verdict, 0) + 1
            report.append(f"{case['id']}\t{verdict}\n")
    written = TARGET / "binding-report-python.tsv"
    written.write_text("".join(report), encoding="utf-8")
    with capsys.disabled():
        others = "".join(f", {counts[name]} {name}" for name in ("different", "unsupported") if name in counts)
        print(f"\nvectors: {counts.get('passed', 0)} passed, {counts.get('failed', 0)} failed{others}")
    assert not wrong, "\n".join(wrong[:20])
    assert report, "there are cases"
    assert written.read_text(encoding="utf-8") == (TARGET / "binding-report.tsv").read_text(encoding="utf-8")
