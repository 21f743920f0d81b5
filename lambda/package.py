"""Writes a Lambda package: `package.py ZIP BOOTSTRAP [PIPELINE]`.

The binary as `bootstrap`, which may be executed; PIPELINE, a config or a folder with one and what it names, beside it. The same files make
the same zip, byte for byte.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path


def main(zip_path: str, bootstrap: str, pipeline: str | None = None) -> None:
    files = {"bootstrap": (Path(bootstrap), 0o755)}
    if pipeline is not None:
        source = Path(pipeline)
        if source.is_dir():
            for path in sorted(one for one in source.rglob("*") if one.is_file()):
                files[path.relative_to(source).as_posix()] = (path, 0o644)
        else:
            files["pipeline.conf"] = (source, 0o644)
    with zipfile.ZipFile(zip_path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        for name, (path, mode) in files.items():
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr = (0o100000 | mode) << 16
            entry.create_system = 3
            entry.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(entry, path.read_bytes(), compresslevel=9)


if __name__ == "__main__":
    main(*sys.argv[1:])
