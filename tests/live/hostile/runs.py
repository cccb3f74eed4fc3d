"""Run autofix as a person does, and see all that it did and left."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autofix.engines.ownership import PID
from tests.contract import checked

ENOUGH = 120.0
"""Seconds after which a run counts as one that does not end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """
    One run of ``autofix run`` after its end.

    ``memory`` is the most it ever had, in bytes; ``changed`` names the entries of the
    project that differ in content, mode or time; ``temporary`` what it left in its
    temporary folder; ``pid`` is what its containers are labelled with.
    """

    exit_code: int
    stdout: str
    stderr: str
    seconds: float
    memory: int
    changed: tuple[str, ...]
    temporary: tuple[str, ...]
    pid: int

    @property
    def result(self) -> Mapping[str, Any]:
        """Return the JSON result."""
        return checked(self.stdout, "run")

    @property
    def diagnosis(self) -> str:
        """Return the name of the failure the run ended with, or ""."""
        ending = self.result["ending"] or {}
        return str((ending.get("diagnosis") or {}).get("name", ""))

    @property
    def error(self) -> tuple[int, str]:
        """Return exit code and error code."""
        return self.exit_code, str(self.result["error_code"])


@dataclass(slots=True, kw_only=True)
class Moment:
    """Something to do when a phase begins."""

    phase: str
    act: Callable[[], None]
    delay: float = 0.2
    lines: list[str] = field(default_factory=list)

    def watch(self, run: subprocess.Popen[str]) -> None:
        """Read the events of a run to its end, and act once."""
        assert run.stderr is not None
        acted = False
        for line in run.stderr:
            self.lines.append(line)
            if not acted and _begins(line, self.phase):
                acted = True
                time.sleep(self.delay)
                self.act()


def _begins(line: str, phase: str) -> bool:
    try:
        event = json.loads(line)
    except ValueError:
        return False
    return bool(event["event"] == "phase began" and event["phase"] == phase)


def autofix(
    project: Path,
    *options: str,
    home: Path,
    environment: Mapping[str, str] | None = None,
    before: tuple[str, ...] = (),
    moment: Moment | None = None,
) -> Seen:
    """
    Run ``autofix run`` on a project with JSON on both streams.

    ``home`` is a folder of its own for state and temporary files; ``before`` is put
    in front of the command.
    """
    temporary = Path(tempfile.mkdtemp(dir=home))
    was = listing(project)
    moment = moment or Moment(phase="", act=lambda: None)
    began = time.monotonic()
    run = subprocess.Popen(
        [
            *(*before, sys.executable, "-m", "autofix", "run", str(project)),
            *("--log-format", "json", "--output-format", "json", *options),
        ],
        env={
            **os.environ,
            "AUTOFIX_KIT": "1",
            "XDG_STATE_HOME": str(home / "state"),
            "TMPDIR": str(temporary),
            **(environment or {}),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    said: list[str] = []
    assert run.stdout is not None
    readers = [
        threading.Thread(target=moment.watch, args=(run,)),
        threading.Thread(target=said.extend, args=(run.stdout,)),
    ]
    for reader in readers:
        reader.start()
    memory = 0
    while run.poll() is None and time.monotonic() - began < ENOUGH:
        memory = max(memory, _peak(run.pid))
        time.sleep(0.05)
    seconds = time.monotonic() - began
    run.kill()
    for reader in readers:
        reader.join()
    now = listing(project)
    with run:
        return Seen(
            exit_code=run.wait(),
            stdout="".join(said),
            stderr="".join(moment.lines),
            seconds=seconds,
            memory=memory,
            changed=tuple(
                sorted(name for name in {*was, *now} if was.get(name) != now.get(name))
            ),
            temporary=tuple(path.name for path in temporary.iterdir()),
            pid=run.pid,
        )


def _peak(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = [line.split()[1] for line in status.splitlines() if "VmHWM" in line]
    return int(found[0]) * 1024 if found else 0


def listing(folder: Path) -> dict[str, tuple[object, ...]]:
    """Map each entry of a tree, itself included, to its mode, time and content."""
    entries: dict[str, tuple[object, ...]] = {}
    for path in (folder, *folder.rglob("*")) if folder.exists() else ():
        status = path.lstat()
        content: object = None
        if path.is_symlink():
            content = path.readlink()
        elif path.is_file() and status.st_size < 1 << 26:
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        name = str(path.relative_to(folder))
        entries[name] = (
            status.st_mode,
            status.st_mtime_ns,
            0 if path.is_dir() else status.st_size,
            content,
        )
    return entries


def left_by(pid: int) -> list[str]:
    """List the containers, networks and volumes of one process in the engine."""
    label = f"label={PID}={pid}"
    commands = (
        ["ps", "-aq", "--filter", label],
        ["network", "ls", "-q", "--filter", label],
        ["volume", "ls", "-q", "--filter", label],
    )
    return [
        line
        for command in commands
        for line in subprocess.run(
            ["docker", *command], capture_output=True, text=True, check=True
        ).stdout.split()
    ]
