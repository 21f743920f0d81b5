"""The Lambda function beside handlers in Python and beside the engine in it: tables in Markdown.

python bench.py BOOTSTRAP FIREHOSE_ASKED TASKS ACCESS_LOG [ZIP...]

BOOTSTRAP is the binary of the package, FIREHOSE_ASKED the program `firehose-asked` of the package in benches/, TASKS the folder with t2.conf and t6.conf. All
functions are processes behind the same runtime interface (`tests/e2e/harness.py`), and get the same event; what they answer is compared
first. A figure is processor time of the process for one invocation, with what the kernel does for it: from the event's
arrival on its socket to the answer's leaving. Medians of alternating rounds, with the middle half of the rounds.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "e2e"))
from harness import RuntimeApi, stop, until

ARRIVED_MS = 1_710_514_800_000
BATCH_BYTES = 3_000_000
EVENT_BYTES = 6_000_000
# Of a record, its id and names.
AROUND_BYTES = 140
STARTS = 20


def firehose_event(lines: list[bytes], most_bytes: int, lines_a_record: int, around_bytes: int = 0) -> bytes:
    """An event of so many bytes, of which each record takes those of its base64 and `around_bytes`."""
    records, total = [], 0
    for at in range(0, len(lines), lines_a_record):
        data = base64.b64encode(b"".join(lines[at : at + lines_a_record])).decode()
        total += len(data) + around_bytes
        if total > most_bytes:
            break
        records.append({"recordId": f"{at:056}", "approximateArrivalTimestamp": ARRIVED_MS, "data": data})
    event = {
        "invocationId": "7f2e5a3c-0d5b-4b0a-9d1b-3a6a9a1f2b11",
        "deliveryStreamArn": "arn:aws:firehose:us-east-1:123456789012:deliverystream/access",
        "region": "us-east-1",
        "records": records,
    }
    return json.dumps(event, separators=(",", ":")).encode()


class Process:
    """A function behind the runtime interface."""

    def __init__(self, command: list[str], config: Path | None) -> None:
        self.api = RuntimeApi(time_ms=600_000)
        self.folder = tempfile.TemporaryDirectory()
        if config is not None:
            shutil.copy(config, Path(self.folder.name) / "pipeline.conf")
        environment = {
            "PATH": os.environ["PATH"],
            "AWS_LAMBDA_FUNCTION_NAME": "f",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_RUNTIME_API": self.api.address,
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "y",
            "AWS_REGION": "us-east-1",
            "SAWLOG_ECS": "disabled",
        }
        self.started_ns = time.monotonic_ns()
        self.process: subprocess.Popen[bytes] = subprocess.Popen(
            command, cwd=self.folder.name, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if not self.api.first_request.wait(60):
            raise RuntimeError(f"{command} asks for no event")

    def __enter__(self) -> Process:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        stop(self.process)
        self.api.close()
        self.folder.cleanup()

    def cpu_ns(self) -> int:
        """Processor time of all its threads, once it waits for the next event."""
        threads = Path(f"/proc/{self.process.pid}/task")
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads.iterdir())

    def kilobytes(self, name: str) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{name}:\s+(\d+)", status)[1])  # type: ignore[index]

    def waits(self) -> None:
        """Until it sleeps: then the last answer is done with."""
        until(lambda: Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "S")

    def measure(self, event: bytes) -> float:
        self.waits()
        before = self.cpu_ns()
        self.api.invoke(event)
        self.waits()
        return (self.cpu_ns() - before) / 1e6


class Asked:
    """The program `firehose-asked`, alive."""

    def __init__(self, program: Path, config: Path, event: bytes) -> None:
        self.file = tempfile.NamedTemporaryFile(suffix=".json")  # noqa: SIM115
        self.file.write(event)
        self.file.flush()
        self.command = [str(program), str(config), self.file.name]
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def measure(self, what: str) -> float:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline()) / 1e6

    def instructions(self, what: str) -> int:
        counts = []
        for times in (2, 7):
            tool = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *self.command, what, str(times)]
            text = subprocess.run(tool, capture_output=True, text=True, check=True).stderr
            counts.append(int(re.search(r"Collected : (\d+)", text)[1]))  # type: ignore[index]
        return (counts[1] - counts[0]) // 5


def spread(values: list[float], digits: int = 2) -> str:
    first, middle, last = statistics.quantiles(values, n=4)
    return f"{middle:.{digits}f} ({first:.{digits}f} to {last:.{digits}f})"


def events_of(answer: bytes) -> list[dict[str, Any]]:
    records = json.loads(answer)["records"]
    assert {one["result"] for one in records} == {"Ok"}, "a record is not Ok"
    return [json.loads(line) for one in records for line in base64.b64decode(one["data"]).splitlines()]


def differing(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> int:
    return sum(1 for one, other in zip(ours, theirs, strict=True) if one != other)


def start_and_size(arguments: argparse.Namespace) -> None:
    six = arguments.tasks / "t6.conf"
    two = arguments.tasks / "t2.conf"
    walls, cpus, rests = [], [], []
    for _ in range(STARTS + 2):
        with Process([str(arguments.bootstrap)], six) as one:
            one.waits()
            walls.append((one.api.first_request_ns - one.started_ns) / 1e6)
            cpus.append(one.cpu_ns() / 1e6)
            rests.append(one.kilobytes("VmRSS") / 1024)
    # The first two read the binary from the disk.
    print("## Start, memory, size\n\n| | measured | wanted |\n|---|---|---|")
    for path in arguments.zips:
        print(f"| `{path.name}`, MB | {path.stat().st_size / 1e6:.2f} | below 6 |")
    print(
        f"| start to the first GET of `next`, config of 20 patterns (T6), ms on the clock, {STARTS} starts | {spread(walls[2:])} | below 15 |"
    )
    print(f"| the same, ms of processor time | {spread(cpus[2:])} | |")
    print(f"| resident at rest, T6, MiB | {spread(rests[2:])} | below 30 |")
    lines = arguments.log.read_bytes().splitlines(keepends=True)
    for count, name in ((1, "one line a record"), (100, "100 lines a record")):
        event = firehose_event(lines, EVENT_BYTES, count, around_bytes=AROUND_BYTES)
        with Process([str(arguments.bootstrap)], two) as one:
            for _ in range(3):
                answer = one.api.invoke(event)
            print(
                f"| resident at most, T2, a Firehose event of {len(event) / 1e6:.1f} MB, {name}, answer of {len(answer) / 1e6:.2f} MB, MiB "
                f"| {one.kilobytes('VmHWM') / 1024:.1f} | below 120 |"
            )
    print()


def rates(arguments: argparse.Namespace, lines_a_record: int) -> None:
    config = arguments.tasks / "t2.conf"
    log = arguments.log.read_bytes()
    # As the handlers in Python read them, which cannot keep bytes that are no text.
    lines = [line for line in log.splitlines(keepends=True) if line.isascii()]
    event = firehose_event(lines, BATCH_BYTES, lines_a_record, around_bytes=AROUND_BYTES)
    records = len(json.loads(event)["records"])
    handlers = Path(__file__).parent / "handlers.py"
    commands = {
        "sawlog": [str(arguments.bootstrap)],
        "Python, pygrok": [sys.executable, str(handlers), "pygrok"],
        "Python, re": [sys.executable, str(handlers), "re"],
    }
    times: dict[str, list[float]] = {name: [] for name in [*commands, "function", "engine"]}
    notes = {}
    asked = Asked(arguments.asked, config, event)
    processes = {name: Process(command, config) for name, command in commands.items()}
    try:
        ours = events_of(processes["sawlog"].api.invoke(event))
        for name, process in processes.items():
            count = differing(ours, events_of(process.api.invoke(event)))
            notes[name] = f"{count} of {len(ours)} events differ"
            if count > len(ours) // 1000 and not arguments.loose:
                raise SystemExit(f"{name}: {notes[name]}")
        for _ in range(arguments.rounds):
            for name, process in processes.items():
                times[name].append(process.measure(event))
            for what in ("function", "engine"):
                times[what].append(statistics.median(asked.measure(what) for _ in range(3)))
    finally:
        for process in processes.values():
            process.__exit__(None, None, None)
        asked.process.kill()
        asked.process.wait()
    print(f"## A Firehose batch of {len(event) / 1e6:.2f} MB: {records} records of {lines_a_record} lines, T2\n")
    print("| | ms of processor time | as fast as | wanted |\n|---|---|---|---|")
    engine, function = times["engine"], times["function"]
    rest = "lines to JSON lines in memory"
    print(f"| the engine on the same lines, {rest} | {spread(engine)} | | |")
    ratio = spread([one / other for one, other in zip(engine, function, strict=True)])
    print(
        f"| the function, event to answer in memory (decode and encode) | {spread(function)} | {ratio} of the engine's rate | at least 0.7 |"
    )
    ratio = spread([one / other for one, other in zip(engine, times["sawlog"], strict=True)])
    print(f"| the bootstrap, from socket to socket | {spread(times['sawlog'])} | {ratio} of the engine's rate | |")
    for name in ("Python, pygrok", "Python, re"):
        ratio = spread([one / other for one, other in zip(times[name], times["sawlog"], strict=True)], 1)
        print(
            f"| {name}, from socket to socket ({notes[name]}) | {spread(times[name], 0)} | the bootstrap {ratio} times | at least 20 |"
        )
    if shutil.which("valgrind"):
        # valgrind has no AVX-512: the levels that it has are compared.
        ratio = f"{asked.instructions('engine') / asked.instructions('function'):.2f}"
        print(f"| the function's instructions, engine / function (callgrind, without AVX-512) | | {ratio} | |")
    print()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("bootstrap", type=lambda text: Path(text).absolute())
    parser.add_argument("asked", type=Path)
    parser.add_argument("tasks", type=Path)
    parser.add_argument("log", type=Path)
    parser.add_argument("zips", type=Path, nargs="*")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--loose", action="store_true", help="go on when answers differ")
    arguments = parser.parse_args()
    start_and_size(arguments)
    for lines_a_record in (1, 100):
        rates(arguments, lines_a_record)


if __name__ == "__main__":
    main()
