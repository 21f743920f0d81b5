#!/usr/bin/env python3
"""Does with the snippets of the documents what a new user does: copies each into an empty directory outside of the
repository, builds it against the library that is installed, and compares what it prints with what the document shows.

    new_user.py DOCUMENT...

A snippet is a block ```go that begins with `package main`, or a block ```c that has a `main`. The next block ```console shows
commands, each `$ …` with the output that must follow; those that run ./example are run, the others are for the reader. The
environment says where the library is: PKG_CONFIG_PATH, LD_LIBRARY_PATH. Go's module is taken from this repository.
"""

import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
MODULE = "github.com/sawlog/sawlog/go"


def blocks(text):
    """Gives language and content of each fenced block."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def snippets(text):
    """Gives each snippet with the console that follows it."""
    waiting = None
    for language, content in blocks(text):
        if language == "go" and content.startswith("package main"):
            waiting = language, content
        elif language == "c" and re.search(r"^int main\(", content, re.MULTILINE):
            waiting = language, content
        elif language == "console" and waiting is not None and "./example" in content:
            yield *waiting, content
            waiting = None
    if waiting is not None:
        sys.exit(f"a {waiting[0]} snippet shows no output of ./example")


def build(language, content, directory):
    if language == "go":
        (directory / "main.go").write_text(content)
        commands = [
            "go mod init example",
            f"go mod edit -require={MODULE}@v0.0.0 -replace={MODULE}={shlex.quote(str(REPOSITORY / 'go'))}",
            "go build -o example .",
        ]
    else:
        (directory / "main.c").write_text(content)
        flags = "-std=c99 -Wall -Wextra -Wpedantic -Werror"
        commands = [f"${{CC:-cc}} {flags} main.c -o example $(pkg-config --cflags --libs sawlog)"]
    for command in commands:
        subprocess.run(["bash", "-c", command], cwd=directory, check=True, stderr=subprocess.PIPE, text=True)


def expectations(console):
    """Gives each command with the output that is shown for it."""
    for part in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        while command.endswith("\\"):
            more, _, output = output.partition("\n")
            command = command[:-1] + more
        if "./example" in command:
            yield command, output


def main():
    passed = failed = 0
    for document in sys.argv[1:]:
        found = list(snippets(pathlib.Path(document).read_text()))
        if not found:
            print(f"{document}: no snippet")
            failed += 1
        for language, content, console in found:
            with tempfile.TemporaryDirectory(prefix="sawlog-new-user-") as name:
                directory = pathlib.Path(name)
                try:
                    build(language, content, directory)
                except subprocess.CalledProcessError as error:
                    print(f"{document}: the {language} snippet does not build\n{error.stderr}")
                    failed += 1
                    continue
                for command, expected in expectations(console):
                    done = subprocess.run(["bash", "-c", command], cwd=directory, capture_output=True, text=True,
                                          env={**os.environ, "LC_ALL": "C.UTF-8"})
                    if done.stdout == expected and done.returncode == 0:
                        passed += 1
                    else:
                        failed += 1
                        print(f"{document}: $ {command}\ngives\n{done.stdout}{done.stderr}not\n{expected}")
    print(f"new user: {passed} passed, {failed} failed")
    sys.exit(failed > 0 or passed == 0)


if __name__ == "__main__":
    main()
