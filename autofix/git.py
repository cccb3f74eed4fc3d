"""What git says of a project; only ``autofix.upgrading.commits`` writes to one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from posixpath import join, normpath

from autofix.errors import GitError

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


def git_output(
    folder: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
) -> str:
    """Run a git command that changes no repository; GitError with its own words."""
    settings = [word for each in PROTECTED for word in ("-c", each)]
    command = ["git", *settings, *arguments]
    quiet = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**quiet, **(environment or {})},
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise GitError(f"git cannot be run: {error}.", todo="Install it.") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip() or "no reason given"
        raise GitError(f"git {arguments[0]} failed in {folder}: {said}")
    return done.stdout.decode("utf-8", "surrogateescape")


def _git(project: Path, *arguments: str) -> str:
    """Run a read-only git command; "" if it fails for whatever reason."""
    try:
        return git_output(project, *arguments)
    except GitError:
        return ""
