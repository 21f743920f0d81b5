"""What `make lambda` packs."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from harness import REPOSITORY, Function


def packed(zip_path: Path, *pipeline: Path) -> Path:
    program = REPOSITORY / "lambda" / "package.py"
    subprocess.run([sys.executable, program, zip_path, os.environ["SAWLOG_BOOTSTRAP"], *pipeline], check=True)
    return zip_path


def test_package_holds_what_lambda_starts_and_the_pipeline_beside_it(tmp_path: Path) -> None:
    pipeline = tmp_path / "pipeline"
    (pipeline / "patterns").mkdir(parents=True)
    (pipeline / "patterns" / "own").write_text("OWN own-%{WORD:word}\n")
    (pipeline / "pipeline.conf").write_text(
        'filter { grok { patterns_dir => "./patterns" match => { "message" => "%{OWN}" } } }'
    )
    with zipfile.ZipFile(packed(tmp_path / "a.zip", pipeline)) as package:
        assert sorted(package.namelist()) == ["bootstrap", "patterns/own", "pipeline.conf"]
        modes = {one.filename: one.external_attr >> 16 for one in package.infolist()}
        # As Lambda needs it: everybody may read, and execute the binary.
        assert modes == {"bootstrap": 0o100755, "patterns/own": 0o100644, "pipeline.conf": 0o100644}
        package.extractall(tmp_path / "task")
    (tmp_path / "task" / "bootstrap").chmod(0o755)
    event = {"requestContext": {"http": {"method": "POST"}}, "body": "own-thing\n"}
    with Function(package=tmp_path / "task") as function:
        assert '"word":"thing"' in function.invoke(event)["body"]


def test_same_files_make_the_same_package(tmp_path: Path) -> None:
    conf = tmp_path / "any.conf"
    conf.write_text("filter {}")
    first, second = packed(tmp_path / "a.zip", conf), packed(tmp_path / "b.zip", conf)
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as package:
        assert sorted(package.namelist()) == ["bootstrap", "pipeline.conf"]
