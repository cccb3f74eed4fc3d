"""
Whose a container or volume is, and whether that run still lives.

Everything autofix creates in an engine carries an owner's labels from its creation
on; nothing is ever found or removed by its name.
"""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

PREFIX = "dev.autofix."
RUN = PREFIX + "run"
HOST = PREFIX + "host"
PID = PREFIX + "pid"
PID_STARTED = PREFIX + "pid-started"
CREATED = PREFIX + "created"
KEEP = PREFIX + "keep"
"""Set to 1 on what ``--keep`` asks to leave for inspection."""
CACHE = PREFIX + "cache"
"""Set to 1, with no run beside it, on volumes that outlive runs."""
KIT = PREFIX + "kit"
"""Set on images of the scenario kit, which stand in for official ones."""
KIT_MODULE = "autofix/twin"
"""The main module of the kit's server, as its binary names it."""


class Life(StrEnum):
    """What is known about the process that owns something."""

    ALIVE = "alive"
    GONE = "gone"
    UNKNOWN = "unknown"
    """It runs, or ran, where this process cannot look: another host or container."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """
    One run of autofix and the process it runs in.

    ``host`` tells machines, and containers on them, apart; ``started`` is when the
    process began, including the machine's boot, so that neither a pid used again
    nor a reboot makes a dead run look alive.
    """

    run: str
    host: str
    pid: int
    started: str
    created: str = ""

    @property
    def labels(self) -> dict[str, str]:
        """Return the labels that everything of this run carries."""
        return {
            RUN: self.run,
            HOST: self.host,
            PID: str(self.pid),
            PID_STARTED: self.started,
            CREATED: self.created,
        }

    def life(self, *, host: str, process_started: Callable[[int], str | None]) -> Life:
        """
        Tell whether the owner lives, seen from ``host``.

        ``process_started`` returns when a process began, or None if there is none.
        """
        if self.host != host:
            return Life.UNKNOWN
        return Life.ALIVE if process_started(self.pid) == self.started else Life.GONE


def owner_of(labels: Mapping[str, str]) -> Owner | None:
    """Return the owner that labels name; None if they name none, or not wholly."""
    try:
        return Owner(
            run=labels[RUN],
            host=labels[HOST],
            pid=int(labels[PID]),
            started=labels[PID_STARTED],
            created=labels.get(CREATED, ""),
        )
    except (KeyError, ValueError):
        return None


def this_owner(run: str) -> Owner:
    """Return the owner that this process is for ``run``."""
    pid = os.getpid()
    return Owner(
        run=run,
        host=this_host(),
        pid=pid,
        started=process_started(pid) or "",
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def this_host() -> str:
    """
    Return a short name for this machine as its processes see it, hashed.

    Containers on one machine can share its machine-id and see each other's engine
    objects but not each other's processes; the host name and the pid namespace
    keep them apart.
    """
    parts = [socket.gethostname(), _text(Path("/etc/machine-id"))]
    try:
        # The initial namespace has the same number after every boot.
        parts.append(Path("/proc/self/ns/pid").readlink().name)
    except OSError:
        parts.append("")
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def process_started(pid: int) -> str | None:
    """
    Return when a process began, in no particular format; None if it has ended.

    A zombie has ended: a killed run stays one until its parent looks.
    """
    stat = Path(f"/proc/{pid}/stat")
    if not Path("/proc/self/stat").exists():
        return _started_by_ps(pid)
    # Field 2 is the program's name, which may itself contain spaces and brackets.
    fields = _text(stat).rpartition(")")[2].split()
    if not fields or fields[0] in {"Z", "X"}:
        return None
    boot = _text(Path("/proc/sys/kernel/random/boot_id"))
    return f"{boot[:8]}:{fields[19]}"


def started_digest(began: str | None) -> str:
    """Return eight digits for when a process began, for names that tell processes."""
    return hashlib.sha256((began or "").encode()).hexdigest()[:8]


def _started_by_ps(pid: int) -> str | None:
    """Ask ps, where there is no /proc (macOS)."""
    listing = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        timeout=5,
        check=False,
    )
    return listing.stdout.strip() or None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
