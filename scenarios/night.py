"""
A night in small: run after run in one process, on a machine on which things fail.

``python -m scenarios.night [--loops 200]`` runs small scenarios without containers, on a
small disk and behind a network of their own. At random moments the disk is full, the
network cut, or every program of the run is killed. Each end must be the right one: what
the scenario's file says, or the trouble by its name; never a verdict on the plugin that
is only the machine's. The project is as it was unless the end was clean, and nothing is
left: no process, no folder, no thread, no open file, no memory. As root on Linux.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import autofix
from autofix.core.model import EndKind, FailureClass
from autofix.errors import AutofixError, EnvironmentUnusableError
from autofix.result import RunResult
from autofix.scenarios.scenario import Scenario
from autofix.scenarios.staging import stage
from autofix.scenarios.workshop import EngineWorkshop
from autofix.scratch import SHARED
from scenarios.catalogue import load
from scenarios.kit import KitError
from scenarios.troubles import (
    FullDisk,
    Relay,
    Restart,
    Trouble,
    own_programs,
    small_disk,
)
from scenarios.troubles import relay as open_relay
from scenarios.ways import way

NAMES = ("healthy", "direct-too-old", "init-error", "transitive-too-new", "two-plugins")
DISK_MEGABYTES = 900
LONG = 600.0
"""Seconds of trouble that no run sees the end of."""
SETTLED = 10
"""Loops after which memory, threads and files have found their size."""
GROWTH_MEGABYTES = 24
OF_THE_MACHINE = frozenset(
    {
        FailureClass.RESOURCES,
        FailureClass.MODULE_FETCH,
        FailureClass.DATABASE,
    }
)
"""What may be said of a plugin's run when the machine failed under it."""


@dataclass(slots=True, kw_only=True)
class Figures:
    """What a process holds on to: megabytes, threads, open files."""

    megabytes: float
    threads: int
    files: int


@dataclass(slots=True, kw_only=True)
class Night:
    """What has been seen so far."""

    ends: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    figures: list[Figures] = field(default_factory=list)


def figures() -> Figures:
    """Measure this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Figures(
        megabytes=pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
        threads=threading.active_count(),
        files=len(list(Path("/proc/self/fd").iterdir())),
    )


def loop(
    scenario: Scenario,
    work: Path,
    trouble: Trouble | None,
    dice: random.Random,
) -> tuple[str, Iterator[str]]:
    """Run a scenario once; return how it ended and what was wrong with that."""
    here = way(scenario, "local")
    folder = stage(scenario, work, EngineWorkshop(config=here.config), lambda _: None)
    before = _contents(folder)
    config = autofix.Config(
        project=folder,
        engine="local",
        server=here.config.server,
        run_dir=work / "run",
    )
    result: RunResult | None = None
    error: AutofixError | None = None
    with _later(trouble, dice):
        try:
            result = autofix.run(config)
        except AutofixError as caught:
            error = caught
    ending = result.ending if result else None
    why = f" ({ending.diagnosis.name})" if ending and ending.diagnosis else ""
    told = f"{ending.kind.value}{why}" if ending else error.code if error else "nothing"
    after = _contents(folder)
    return told, _wrong(scenario, trouble, result, error, changed=before != after)


def _wrong(
    scenario: Scenario,
    trouble: Trouble | None,
    result: RunResult | None,
    error: AutofixError | None,
    *,
    changed: bool,
) -> Iterator[str]:
    """Yield what is wrong with an end."""
    expect = scenario.expect
    ending = result.ending if result else None
    clean = ending is not None and ending.kind is EndKind.CLEAN
    if changed and not clean:
        yield "the project was changed without a clean end"
    if ending is not None and ending.kind.value == expect.end:
        pins = {pin.module: pin.after for pin in result.pins} if result else {}
        if clean and pins != dict(expect.pins):
            yield f"other pins than expected: {pins}"
        return
    if trouble is None:
        yield f"ended {ending or error!r}, not {expect.end}"
    elif error is not None:
        if not isinstance(error, EnvironmentUnusableError):
            yield f"an error that is not the machine's: {error!r}"
    elif clean:
        yield "clean, which it is not"
    elif ending is not None:
        found = ending.diagnosis.failure_class if ending.diagnosis else None
        if found not in OF_THE_MACHINE:
            yield f"the plugin was blamed: {ending.words}"


class _later:  # noqa: N801 (reads as a sentence)
    """Let trouble come at a random moment of the block, and go some time after."""

    def __init__(self, trouble: Trouble | None, dice: random.Random) -> None:
        self._trouble = trouble
        self._moment = dice.uniform(0.0, trouble.within if trouble else 0.0)
        self._duration = dice.choice((dice.uniform(0.5, 4.0), LONG))
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._live)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _live(self) -> None:
        if self._trouble is None or self._over.wait(self._moment):
            return
        self._trouble.begin()
        try:
            self._over.wait(self._duration)
        finally:
            self._trouble.end()


def leaks(disk: Path, shared_before: set[Path]) -> Iterator[str]:
    """Name what the runs so far have left."""
    deadline = time.monotonic() + 10
    while own_programs() and time.monotonic() < deadline:
        time.sleep(0.1)
    for pid in own_programs():
        yield f"process {pid} is still there"
    scratch = set(SHARED.glob(f"autofix-{os.getpid()}-*")) - shared_before
    scratch |= set((disk / "tmp").glob("autofix-*"))
    for path in sorted(scratch):
        yield f"the folder {path} is still there"


def main(arguments: Sequence[str] | None = None) -> int:
    """Live through a night; return 1 if an end was wrong or something was left."""
    parser = argparse.ArgumentParser(prog="python -m scenarios.night")
    parser.add_argument("--loops", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("disk", "network", "restart"))
    given = parser.parse_args(arguments)
    night = Night()
    try:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            disk = stack.enter_context(small_disk(folder / "disk", DISK_MEGABYTES))
            network = stack.enter_context(open_relay())
            dice = random.Random(given.seed)  # noqa: S311 (it guards no secret)
            troubles: list[Trouble] = [FullDisk(disk), network, Restart()]
            chosen = [one for one in troubles if given.only in (None, one.name)]
            _live(
                night,
                given.loops,
                dice,
                disk=disk,
                network=network,
                troubles=(None, *chosen),
            )
    except KitError as error:
        print(error, file=sys.stderr)
        return 2
    return _concluded(night)


def _live(
    night: Night,
    loops: int,
    dice: random.Random,
    *,
    disk: Path,
    network: Relay,
    troubles: Sequence[Trouble | None],
) -> None:
    """Run the loops one after the other."""
    modules = disk.parent / "modules"
    (disk / "tmp").mkdir()
    os.environ.update(
        TMPDIR=str(disk / "tmp"), GOPROXY=network.address, GOMODCACHE=str(modules)
    )
    os.environ.update(GOFLAGS="-modcacherw", XDG_STATE_HOME=str(disk / "state"))
    tempfile.tempdir = None
    scenarios = [load(name) for name in NAMES]
    shared = set(SHARED.glob("autofix-*"))
    for number in range(1, loops + 1):
        scenario, trouble = dice.choice(scenarios), dice.choice(troubles)
        if isinstance(trouble, Relay):
            _forget_modules(modules)
        work = disk / "work"
        work.mkdir()
        began = time.monotonic()
        end, wrong = loop(scenario, work, trouble, dice)
        name = trouble.name if trouble else "none"
        found = [*wrong, *leaks(disk, shared)]
        problems = [f"loop {number}, {scenario.name}, {name}: {each}" for each in found]
        shutil.rmtree(work)
        night.ends[f"{name}: {end}"] += 1
        night.problems += problems
        night.figures.append(figures())
        seconds = time.monotonic() - began
        print(f"{number:4} {scenario.name:20} {name:8} {end:36} {seconds:6.1f} s")
        for problem in problems:
            print(f"     {problem}", flush=True)


def _forget_modules(modules: Path) -> None:
    """Empty the module cache but for Go itself, so that there is something to fetch."""
    for path in (modules / "github.com", modules / "cache" / "download" / "github.com"):
        shutil.rmtree(path, ignore_errors=True)


def _contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def _concluded(night: Night) -> int:
    """Print what was seen and return the exit code."""
    for end, times in sorted(night.ends.items()):
        print(f"{times:5} {end}")
    if len(night.figures) > SETTLED:
        first, last = night.figures[SETTLED], night.figures[-1]
        print(f"memory {first.megabytes:.0f} -> {last.megabytes:.0f} MB, ", end="")
        print(f"threads {first.threads} -> {last.threads}, ", end="")
        print(f"open files {first.files} -> {last.files}")
        if last.megabytes - first.megabytes > GROWTH_MEGABYTES:
            night.problems.append("memory grew")
        if last.threads > first.threads or last.files > first.files:
            night.problems.append("threads or open files grew")
    print(f"{sum(night.ends.values())} loops, {len(night.problems)} problems")
    return 1 if night.problems else 0


if __name__ == "__main__":
    sys.exit(main())
