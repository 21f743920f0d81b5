"""The Python package beside the engine in Rust, pygrok and Polars' own regex: one table in Markdown.

python bench.py BATCHES CONFIG ACCESS_LOG [ROUNDS]

BATCHES is the program `batches` of the package in benches/, built with the same profile as the installed package. What is compared
gives equal results, which is checked first. Figures are processor time of the process, medians of alternating rounds, with the
middle half of the rounds.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pygrok

import sawlog

NOW = 0
BATCH_BYTES = 64 * 1024
NAMES = [
    "clientip",
    "ident",
    "auth",
    "timestamp",
    "verb",
    "request",
    "httpversion",
    "rawrequest",
    "response",
    "bytes",
    "referrer",
    "agent",
]


def batches_of(data: bytes) -> list[bytes]:
    batches, at = [], 0
    while at < len(data):
        end = data.find(b"\n", at + BATCH_BYTES) + 1 or len(data)
        batches.append(data[at:end])
        at = end
    return batches


def spread(values: list[float]) -> str:
    first, middle, last = statistics.quantiles(values, n=4)
    return f"{middle:.3f} ({first:.3f} to {last:.3f})"


def measure(run: Callable[[], object]) -> float:
    started = time.process_time_ns()
    run()
    return (time.process_time_ns() - started) / 1e9


class Engine:
    """The program `batches`, alive."""

    def __init__(self, program: Path, config: Path, log: Path) -> None:
        self.process = subprocess.Popen(
            [program, config, log], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, line: str) -> str:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


def bytes_to_bytes(arguments: argparse.Namespace, config: str, data: bytes) -> None:
    pipeline = sawlog.Pipeline.compile(config, ecs="disabled")
    batches = batches_of(data)
    engine = Engine(arguments.batches, arguments.config, arguments.log)
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "out"
        engine.ask(f"write {out}")
        assert out.read_bytes() == b"".join(pipeline.run(batch, now=NOW) for batch in batches), "the bytes differ"

    def run() -> None:
        for batch in batches:
            pipeline.run(batch, now=NOW)

    ratios = []
    for _ in range(arguments.rounds):
        theirs = int(engine.ask("run")) / 1e9
        ratios.append(measure(run) / theirs)
    print(f"| `Pipeline.run` of 64 KiB batches, T2, time over the engine's | {spread(ratios)} | at most 1.07 |")
    if shutil.which("valgrind") is None:
        return
    script = (
        "import sys, sawlog\n"
        "config, log, count = sys.argv[1:]\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from bench import batches_of\n"
        "pipeline = sawlog.Pipeline.compile(open(config).read(), ecs='disabled')\n"
        "for batch in batches_of(open(log, 'rb').read())[:int(count)]:\n"
        "    pipeline.run(batch, now=0)\n"
    )

    def count(command: list[str], mode: list[str]) -> int:
        counts = []
        for batches in (10, 110):
            tool = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command, str(batches), *mode]
            # The reading of the file is the same in both, and goes out of the difference.
            text = subprocess.run(tool, capture_output=True, text=True, check=True).stderr
            counts.append(int(re.search(r"Collected : (\d+)", text)[1]))  # type: ignore[index]
        return counts[1] - counts[0]

    ours = count([sys.executable, "-c", script, str(arguments.config), str(arguments.log)], [])
    theirs = count([str(arguments.batches), str(arguments.config), str(arguments.log)], ["streams"])
    print(f"| the same, instructions of 100 batches (callgrind) | {ours / theirs:.4f} | at most 1.07 |")


def against_pygrok(arguments: argparse.Namespace, data: bytes) -> None:
    lines = data.decode(errors="replace").splitlines()[:1000]
    part = "\n".join(lines).encode()
    config = 'filter { grok { match => { "message" => "%{COMBINEDAPACHELOG}" } remove_field => ["message"] } }'
    pipeline = sawlog.Pipeline.compile(config, ecs="disabled")
    grok = pygrok.Grok("%{COMBINEDAPACHELOG}")
    usual = {"@timestamp", "@version", "tags", "message"}
    differ = 0
    for line, event in zip(lines, pipeline.events(part), strict=True):
        ours = {name: value for name, value in event.items() if name not in usual}
        theirs = {
            name: value for name, value in (grok.match(line) or {}).items() if value is not None and name in NAMES
        }
        differ += ours != theirs
    ratios: dict[str, list[float]] = {"events": [], "run": []}
    for _ in range(arguments.rounds):
        theirs_s = measure(lambda: [grok.match(line) for line in lines])
        ratios["events"].append(theirs_s / (measure(lambda: [list(pipeline.events(part)) for _ in range(20)]) / 20))
        ratios["run"].append(theirs_s / (measure(lambda: [pipeline.run(part) for _ in range(50)]) / 50))
    note = f"{differ} of {len(lines)} lines have other fields"
    print(
        f"| pygrok {pygrok_version()} on COMBINEDAPACHELOG, `Pipeline.events` as fast ({note}) | {spread(ratios['events'])} | at least 50 |"
    )
    print(f"| the same, `Pipeline.run` as fast | {spread(ratios['run'])} | at least 50 |")


def pygrok_version() -> str:
    from importlib.metadata import version

    return version("pygrok")


def without_lookaround(pattern: str) -> str:
    """A regex for an engine without look-around and atomic groups."""
    out, at = [], 0
    while at < len(pattern):
        if pattern[at] == "\\":
            out.append(pattern[at : at + 2])
            at += 2
        elif pattern[at] == "[":
            end = at + 1
            while pattern[end] != "]" or end == at + 1:
                end += 2 if pattern[end] == "\\" else 1
            out.append(re.sub(r"(?<!\\)\[", r"\\[", pattern[at + 1 : end]).join("[]"))
            at = end + 1
        elif match := re.compile(r"\(\?(?:<!|<=|!|=)").match(pattern, at):
            depth, at = 1, match.end()
            while depth:
                if pattern[at] == "\\":
                    at += 1
                elif pattern[at] == "[":
                    at = pattern.index("]", at + 2)
                depth += {"(": 1, ")": -1}.get(pattern[at], 0)
                at += 1
        elif pattern.startswith("(?>", at):
            out.append("(?:")
            at += 3
        else:
            out.append(pattern[at])
            at += 1
    return "".join(out)


SIMPLE = (
    r"^(?P<clientip>\S+) (?P<ident>\S+) (?P<auth>\S+) \[(?P<timestamp>[^\]]+)\] "
    r'"(?:(?P<verb>\w+) (?P<request>\S+)(?: HTTP/(?P<httpversion>[\d.]+))?|(?P<rawrequest>.*?))" '
    r'(?P<response>\d+) (?:(?P<bytes>\d+)|-) (?P<referrer>"(?:[^"\\]|\\.)*") (?P<agent>"(?:[^"\\]|\\.)*")'
)


def against_polars(arguments: argparse.Namespace, data: bytes) -> None:
    config = 'filter { grok { match => { "message" => "%{COMBINEDAPACHELOG}" } } }'
    pipeline = sawlog.Pipeline.compile(config, ecs="disabled")
    schema = dict.fromkeys(NAMES, "string")
    lines = pl.Series("line", data.decode(errors="replace").split("\n")[:-1])

    def ours() -> pl.DataFrame:
        return pl.DataFrame(pipeline.to_arrow(data, schema=schema, rest=False))

    def with_regex(regex: str) -> Callable[[], pl.DataFrame]:
        return lambda: lines.str.extract_groups(regex).struct.unnest().select(NAMES)

    mine = ours()
    expanded = without_lookaround(pygrok.Grok("%{COMBINEDAPACHELOG}").regex_obj.pattern)
    for name, regex in [
        ("the pattern written out, look-around removed", expanded),
        ("a simpler regex by hand", SIMPLE),
    ]:
        theirs = with_regex(regex)
        found = theirs()
        differ = sum(a != b for a, b in zip(mine.rows(), found.rows(), strict=True))
        cpu, wall = [], []
        for _ in range(max(3, arguments.rounds // 4)):
            clock = time.perf_counter_ns()
            theirs_cpu = measure(theirs)
            theirs_wall, clock = time.perf_counter_ns() - clock, time.perf_counter_ns()
            ours_cpu = measure(ours)
            cpu.append(theirs_cpu / ours_cpu)
            wall.append(theirs_wall / (time.perf_counter_ns() - clock))
        note = f"{differ} of {len(lines)} lines have other fields"
        print(
            f"| Polars {pl.__version__} `extract_groups`, {name}: `to_arrow` into Polars as fast ({note}) | {spread(cpu)}; on the clock {spread(wall)} | at least 15 |"
        )
    print(f"\nto_arrow into Polars takes {measure(ours):.3f} s for {len(data) / 1e6:.0f} MB here.", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("batches", type=Path)
    parser.add_argument("config", type=Path)
    parser.add_argument("log", type=Path)
    parser.add_argument("rounds", type=int, nargs="?", default=21)
    arguments = parser.parse_args()
    data = arguments.log.read_bytes()
    print(f"| what | median (middle half) of {arguments.rounds} rounds | has to be |\n|---|---|---|")
    bytes_to_bytes(arguments, arguments.config.read_text(), data)
    against_pygrok(arguments, data)
    against_polars(arguments, data)


if __name__ == "__main__":
    main()
