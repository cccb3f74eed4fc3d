"""One autofix a project, however it is called or linked to."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from autofix.durable import disk_errors
from autofix.errors import ProjectLockedError


def project_folder(state: Path, project: Path) -> Path:
    """Return where autofix keeps what belongs to a project rather than to a run."""
    real = os.path.realpath(project)
    return state / "projects" / hashlib.sha256(os.fsencode(real)).hexdigest()[:16]


def intent_path(state: Path, project: Path) -> Path:
    """Return where an unfinished change of the project is noted."""
    return project_folder(state, project) / "intent.json"


@contextmanager
def shared_intent(state: Path, projects: Sequence[Path]) -> Iterator[Path]:
    """
    Yield where to note an unfinished change of several projects, found from each.

    Whoever recovers one follows the link to it; the name is never used again.
    """
    shared = state / "projects" / f"shared-{secrets.token_hex(8)}.json"
    links = [intent_path(state, each) for each in projects]
    with disk_errors("The state folder cannot be written"):
        for link in links:
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(shared)
    try:
        yield shared
    finally:
        if not shared.exists():  # else a later run has to find it
            for link in links:
                link.unlink(missing_ok=True)


@contextmanager
def project_lock(state: Path, project: Path) -> Iterator[None]:
    """
    Hold the project for this process; the kernel lets go of it even on ``kill -9``.

    ProjectLockedError names the process that holds it and since when.
    """
    folder = project_folder(state, project)
    with disk_errors("The state folder cannot be written"):
        folder.mkdir(parents=True, exist_ok=True)
        stream = (folder / "lock").open("a+", encoding="utf-8")
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.seek(0)
            raise _locked(project, stream.read()) from None
        with disk_errors("The state folder cannot be written"):
            holder = {"pid": os.getpid(), "since": _now(), "project": str(project)}
            stream.truncate(0)
            stream.write(json.dumps(holder))
            stream.flush()
        yield


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _locked(project: Path, note: str) -> ProjectLockedError:
    try:
        holder = json.loads(note)
        who = f"process {holder['pid']}, since {holder['since']}"
    except (ValueError, KeyError, TypeError):
        who = "another process"
    return ProjectLockedError(
        f"Another autofix works on {project} ({who}).",
        todo="Wait for it to end, or stop it.",
    )
