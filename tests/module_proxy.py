"""A module proxy in a folder, for modules made up by a test."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path


def publish(
    proxy: Path,
    module: str,
    version: str,
    files: dict[str, str],
    *,
    made: datetime = datetime(2026, 1, 5, tzinfo=UTC),
) -> None:
    """Add a version of a module; without a go.mod among its files it asks for nothing."""
    folder = proxy / module / "@v"
    folder.mkdir(parents=True, exist_ok=True)
    files = {"go.mod": f"module {module}\n\ngo 1.23\n", **files}
    with (folder / "list").open("a") as listed:
        listed.write(f"{version}\n")
    told = {"Version": version, "Time": made.strftime("%Y-%m-%dT%H:%M:%SZ")}
    (folder / f"{version}.info").write_text(json.dumps(told))
    (folder / f"{version}.mod").write_text(files["go.mod"])
    with zipfile.ZipFile(folder / f"{version}.zip", "w") as packed:
        for name, text in files.items():
            packed.writestr(f"{module}@{version}/{name}", text)


def asking(proxy: Path, modules: str) -> dict[str, str]:
    """Return the environment that asks this proxy first; no sums for its modules."""
    usual = subprocess.run(
        ["go", "env", "GOPROXY"],
        env={**os.environ, "GOFLAGS": "-mod=mod"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.strip()
    return {"GOPROXY": f"file://{proxy},{usual}", "GONOSUMDB": modules}
