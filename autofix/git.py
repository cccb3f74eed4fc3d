"""What git says of a project; only ``autofix.upgrading.commits`` writes to one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from posixpath import join, normpath

WATCHED = ("go.mod", "go.sum", "vendor", "go.work", "go.work.sum")
SECONDS = 30.0
PROTECTED = ("core.fsmonitor=false", "safe.directory=*")
"""Settings of every command: a repository's own must not start programs."""


def is_dirty(project: Path, beside: Iterable[str] = ()) -> tuple[str, ...]:
    """
    Return which of go.mod, go.sum, vendor/ and go.work have uncommitted changes.

    ``beside`` are further files, relative to the project (``../sign/go.mod``). A
    vendor/ folder is named once. Empty where there is no repository or no git: then
    there is nothing to compare with, and the backup in the run folder remains.
    """
    others = tuple(beside)
    status = _git(project, "status", "--porcelain", "-z", "--", *WATCHED, *others)
    prefix = _git(project, "rev-parse", "--show-prefix").strip()
    named = {normpath(join(prefix, other)): other for other in others}
    names = []
    entries = iter(status.split("\0"))
    for entry in entries:
        if entry[:1] in {"R", "C"}:
            next(entries, None)  # the name it had before
        path = entry[3:]
        name = named.get(path) or path.removeprefix(prefix).split("/", 1)[0]
        if (path in named or name in WATCHED) and name not in names:
            names.append(name)
    return tuple(names)


def _git(project: Path, *arguments: str) -> str:
    """Run a read-only git command; "" if it fails for whatever reason."""
    settings = [word for each in PROTECTED for word in ("-c", each)]
    command = ["git", *settings, *arguments]
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command,
            cwd=project,
            env=environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "surrogateescape")
