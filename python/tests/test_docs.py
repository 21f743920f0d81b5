"""The examples of the documentation run, and print what stands below them."""

from __future__ import annotations

import doctest
import logging
import re
from pathlib import Path

import pytest
from conftest import REPOSITORY

import sawlog
import sawlog.handlers

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", ["docs/python.md", "README.md", "python/README.md"])
def test_examples_print_what_the_page_says(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    blocks = BLOCK.findall((REPOSITORY / page).read_text(encoding="utf-8"))
    ran = 0
    for (language, code), (following, expected) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        if language != "python":
            continue
        exec(compile(code, page, "exec"), names)
        printed = capfd.readouterr().out
        if following == "text":
            assert printed == expected, code
        ran += 1
    assert ran > 0


@pytest.mark.parametrize("module", [sawlog, sawlog.handlers])
def test_examples_in_the_code_run(module: object) -> None:
    result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)  # type: ignore[arg-type]
    logging.getLogger("shop").handlers.clear()
    assert result.attempted > 0
    assert result.failed == 0
