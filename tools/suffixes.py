"""Writes core/src/filter/suffixes.txt from the rules of the Public Suffix List, as the package `psl` ships them.

    python3 tools/suffixes.py ~/.cargo/registry/src/*/psl-2.1.247/data/rules.txt

One rule a line, sorted by bytes; a rule with letters beyond ASCII also in its form with `xn--`.
"""

import pathlib
import sys


def ascii_form(rule: str) -> str:
    return ".".join(
        part if part.isascii() else "xn--" + part.encode("punycode").decode() for part in rule.split(".")
    )


rules = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8").split()
rules = sorted({form.encode() for rule in rules for form in (rule, ascii_form(rule))})
target = pathlib.Path(__file__).parent.parent / "core/src/filter/suffixes.txt"
target.write_bytes(b"\n".join(rules) + b"\n")
