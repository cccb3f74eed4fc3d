"""
What a worker does: one job, as an autofix process of its own in a folder of its own.

The state folder is the job's, so that runs do not meet; the caches are the machine's
(modules, what Go has built, what was read of servers), so that each job finds what
those before it have left. When the worker dies, the process is told to end.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from autofix.durable import disk_errors
from autofix.engines.archive import (
    Entry,
    UnpackLimits,
    inflated,
    pack_compressed,
    unpack,
)
from autofix.engines.local.lifeline import Lifeline
from autofix.errors import AutofixError
from autofix.fleet.parcel import Delivery, Parcel
from autofix.fleet.repository import bundled, checked_out, new_branches
from autofix.fleet.sources import BUNDLED, LINKS
from autofix.fleet.submodules import lay_out_submodules
from autofix.inputs import PROJECT, links_within
from autofix.runfolder import runs_folder, state_home
from autofix.scratch import scratch_folder, sweep_scratch

LIMITS = UnpackLimits(size=4 << 30, members=400_000)
LOG_BYTES = 1 << 20
RUN_BYTES = 64 << 20
"""Compressed; what is larger does not travel, and the result says so."""
PATIENCE = 60.0
"""Seconds that a command has for cleaning up, and beyond its own limit."""
LOOK_SECONDS = 0.2
OWN_VARIABLES = (
    *("AUTOFIX_RUN_DIR", "AUTOFIX_OUTPUT", "AUTOFIX_OUTPUT_FORMAT", "AUTOFIX_DIFF"),
    *("AUTOFIX_NOTIFY", "AUTOFIX_CONFIG_FILE", "AUTOFIX_NAKAMA"),
)
"""Variables that are the fleet's own, and would be wrong for each of its jobs."""

Wanted = Callable[[], bool]
"""Tells whether anybody still waits for the job."""


def always() -> bool:
    """Say that the job is still waited for."""
    return True


def perform(parcel: Parcel, wanted: Wanted = always) -> Delivery:
    """Do a job and return what came of it; AutofixError if it could not be begun."""
    began = time.monotonic()
    sweep_scratch()
    with disk_errors("The job has no room on its worker"), scratch_folder() as scratch:
        project = _unpacked(parcel, scratch)
        environment = _environment(scratch)
        code, overdue = _run(parcel, project, scratch, environment, wanted)
        branches: tuple[str, ...] = ()
        bundle = b""
        if parcel.committed:
            branches = new_branches(scratch / PROJECT)
            if branches:
                bundle = bundled(scratch / PROJECT, branches, scratch / "bundle")
        return Delivery(
            worker=f"{socket.gethostname()}:{os.getpid()}",
            exit_code=code,
            result=_text(scratch / "result.json", RUN_BYTES),
            log=_text(scratch / "log.txt", LOG_BYTES),
            seconds=time.monotonic() - began,
            runs=_runs(runs_folder(state_home(environment)), scratch),
            bundle=bundle,
            branches=branches,
            overdue=overdue,
        )


def _unpacked(parcel: Parcel, scratch: Path) -> Path:
    """Lay the sources out and return the folder to work in."""
    packed = scratch / "sources"
    if isinstance(parcel.sources, bytes):
        packed.write_bytes(parcel.sources)
    else:
        packed = parcel.sources
    root = scratch / PROJECT
    unpack(inflated(packed), scratch, limits=LIMITS)
    if parcel.committed:
        root.mkdir()
        (scratch / BUNDLED).rename(root / ".git")
        checked_out(root)
        lay_out_submodules(root)
    links = scratch / LINKS
    files = (path for path in sorted(links.rglob("*")) if path.is_file())
    links_within(
        root, {path.relative_to(links).as_posix(): path.read_text() for path in files}
    )
    folder = (root / parcel.folder).resolve()
    if not folder.is_relative_to(root.resolve()):
        raise AutofixError(f"{parcel.folder} leads out of the job's sources.")
    return folder


def _environment(scratch: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in OWN_VARIABLES}
    package = str(Path(__file__).parents[2])
    before = kept.get("PYTHONPATH", "")
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(filter(None, (package, before))),
        "XDG_STATE_HOME": str(scratch / "state"),
    }


def _run(
    parcel: Parcel,
    project: Path,
    scratch: Path,
    environment: dict[str, str],
    wanted: Wanted,
) -> tuple[int, bool]:
    """Run the command to its end; return its exit code and whether it was overdue."""
    command = [
        *(sys.executable, "-m", "autofix", parcel.action.value, *parcel.arguments),
        *((f"--max-time={parcel.seconds:.0f}s",) if parcel.timed else ()),
        *("--output-format=json", f"--output={scratch / 'result.json'}"),
        *("--", str(project)),
    ]
    deadline = time.monotonic() + parcel.seconds + (PATIENCE if parcel.timed else 0)
    overdue = False
    with (
        Lifeline() as lifeline,
        (scratch / "log.txt").open("wb") as log,
        subprocess.Popen(
            command,
            cwd=project if project.is_dir() else scratch,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        lifeline.hold(process.pid, "TERM")
        while process.poll() is None:
            overdue = time.monotonic() > deadline
            if overdue or not wanted():
                _end(process)
                break
            try:
                process.wait(LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                continue
        code = process.wait()
        lifeline.drop(process.pid, "TERM")
    return code, overdue


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the command to clean up and end; it has PATIENCE for it."""
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


def _runs(folder: Path, scratch: Path) -> bytes:
    """Pack the run folders; nothing if there are none, or they are too large."""
    entries = [
        Entry(name=path.relative_to(folder).as_posix(), content=path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not _through_link(path, folder)
    ]
    packed = scratch / "runs.tar.gz"
    if not entries or not pack_compressed(entries, packed, most=RUN_BYTES):
        return b""
    return packed.read_bytes()


def _through_link(path: Path, folder: Path) -> bool:
    """Tell whether a file is reached by way of a link ("latest")."""
    inner = path.relative_to(folder)
    steps = [folder / part for part in (inner, *inner.parents)]
    return any(step.is_symlink() for step in steps)


def _text(path: Path, most: int) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - most))
        return file.read(most).decode("utf-8", "replace")
