"""
A night in small: run after run in one process, on a machine on which things fail.

``python -m scenarios.night [--loops 200] [--seed 1]`` runs small scenarios, in the
containers of a private engine and without any, on small disks and behind a network of
their own. At random moments a disk is full, the network cut, the engine restarted,
killed or stuck, or every program of a run without containers killed. Each end must be
the right one: what the scenario's file says, or the trouble by its name; never a verdict
on the plugin that is only the machine's. The project is as it was unless the end was
clean, and nothing is left: no container, volume, process, folder, thread, open file,
memory. As root on Linux.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

import autofix
from autofix.config import Config
from autofix.engines.docker.builder import BUILD_CACHE_VOLUME, MODULE_CACHE_VOLUME
from autofix.errors import AutofixError, InterruptedRunError
from autofix.scenarios.staging import stage
from autofix.scenarios.workshop import EngineWorkshop
from autofix.scratch import SHARED
from autofix.signals import raising_signals
from scenarios.catalogue import load
from scenarios.kit import KitError, ensure_images
from scenarios.nightfigures import Figures, figures, growth
from scenarios.nightjudge import End, problems
from scenarios.nightplan import (
    OF_THE_ENGINE,
    SCENARIOS,
    Fault,
    Hour,
    morning,
    plan,
)
from scenarios.privateengine import PrivateEngine, private_engine
from scenarios.troubles import (
    EngineHangs,
    EngineRestarts,
    FullDisk,
    Nothing,
    ProgramsDie,
    Relay,
    Trouble,
    own_programs,
    small_disk,
)
from scenarios.troubles import relay as open_relay
from scenarios.ways import way

ENGINES = ("docker", "local")
DISK_MEGABYTES = 900
ENGINE_MEGABYTES = 2400
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What runs have for the night: a disk, a network, a cache, perhaps an engine."""

    disk: Path
    modules: Path
    network: Relay
    engine: PrivateEngine | None = None
    shared: frozenset[Path] = field(
        default_factory=lambda: frozenset(SHARED.glob("autofix-*"))
    )

    @property
    def variables(self) -> Mapping[str, str]:
        """Return what a run must be told."""
        docker = {"DOCKER_HOST": self.engine.address} if self.engine else {}
        return {
            "TMPDIR": str(self.disk / "tmp"),
            "GOPROXY": self.network.address,
            "GOMODCACHE": str(self.modules),
            "GOFLAGS": "-modcacherw",
            "XDG_STATE_HOME": str(self.disk / "state"),
            **docker,
        }

    def trouble(self, hour: Hour) -> Trouble:
        """Return what an hour lets fail."""
        match hour.fault, self.engine:
            case Fault.DISK, _:
                return FullDisk(self.disk)
            case Fault.NETWORK, _:
                return self.network
            case Fault.RESTART, _ if hour.engine == "local":
                return ProgramsDie()
            case Fault.RESTART, PrivateEngine() as engine:
                return EngineRestarts(engine, graceful=hour.graceful)
            case Fault.HANG, PrivateEngine() as engine:
                return EngineHangs(engine)
            case Fault.ENGINE_DISK, PrivateEngine() as engine:
                return FullDisk(engine.root.parent)
        return Nothing()

    def forget_modules(self) -> None:
        """Empty the module caches but for Go itself: there is something to fetch."""
        caches = [self.modules]
        if self.engine is not None:
            caches.append(self.engine.folder_of(MODULE_CACHE_VOLUME))
        for cache in caches:
            for path in (cache / "github.com", cache / "cache/download/github.com"):
                shutil.rmtree(path, ignore_errors=True)

    def leaks(self, hour: Hour) -> Iterator[str]:
        """Name what the runs so far have left."""
        deadline = time.monotonic() + 10
        while own_programs() and time.monotonic() < deadline:
            time.sleep(0.1)
        for pid in own_programs():
            yield f"process {pid} is still there"
        scratch = set(SHARED.glob(f"autofix-{os.getpid()}-*")) - self.shared
        scratch |= set((self.disk / "tmp").glob("autofix-*"))
        for path in sorted(scratch):
            yield f"the folder {path} is still there"
        if self.engine is None or hour.engine == "local":
            return
        # What was in an engine that went away is for the next run to remove.
        if hour.fault not in OF_THE_ENGINE:
            for name in sorted(self.engine.containers()):
                yield f"the container {name} is still there"
        caches = (MODULE_CACHE_VOLUME, BUILD_CACHE_VOLUME)
        for name in sorted(self.engine.volumes()):
            if not name.startswith(caches):
                yield f"the volume {name} is still there"


@contextmanager
def machine(engines: Sequence[str]) -> Iterator[Machine]:
    """Set a machine up for the night, and this process on it; KitError if it cannot."""
    before, shown = dict(os.environ), tempfile.tempdir
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        disk = stack.enter_context(small_disk(folder / "disk", DISK_MEGABYTES))
        (disk / "tmp").mkdir()
        engine = None
        if "docker" in engines:
            engine_disk = small_disk(folder / "engine-disk", ENGINE_MEGABYTES)
            large = stack.enter_context(engine_disk)
            engine = stack.enter_context(private_engine(large))
            engine.copy_images(_images())
        host = engine.gateway if engine else LOOPBACK
        network = stack.enter_context(open_relay(host))
        made = Machine(
            disk=disk, modules=folder / "modules", network=network, engine=engine
        )
        os.environ.update(made.variables)
        tempfile.tempdir = None
        try:
            yield made
        finally:
            os.environ.clear()
            os.environ.update(before)
            tempfile.tempdir = shown


def _images() -> Iterator[str]:
    kit = ensure_images(load(name).nakama for name in SCENARIOS)
    yield kit.postgres
    for release in kit.releases.values():
        yield from (release.server, release.builder)


def live(hour: Hour, machine: Machine) -> tuple[End, tuple[str, ...]]:
    """Live through one hour; return how the run ended and what was wrong with that."""
    if hour.fault is Fault.NETWORK:
        machine.forget_modules()
    scenario, work = load(hour.scenario), machine.disk / "work"
    work.mkdir()
    try:
        config = way(scenario, hour.engine).config
        folder = stage(scenario, work, EngineWorkshop(config=config), lambda _: None)
        before = _contents(folder)
        with _later(hour, machine.trouble(hour)):
            end = _end_of(config, folder, work / "run")
        after = _contents(folder)
        changed = sorted(
            name for name in before | after if before.get(name) != after.get(name)
        )
        wrong = problems(hour, scenario, end, changed=changed)
        return end, tuple(chain(wrong, machine.leaks(hour)))
    finally:
        shutil.rmtree(work)


def _end_of(config: Config, folder: Path, run: Path) -> End:
    try:
        return End.of(autofix.run(replace(config, project=folder, run_dir=run)))
    except InterruptedRunError:
        raise
    except AutofixError as error:
        return End.of_error(error)


def _contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


class _later:  # noqa: N801 (reads as a sentence)
    """Let trouble come at its moment of the block, and go when it is over."""

    def __init__(self, hour: Hour, trouble: Trouble) -> None:
        self._hour = hour
        self._trouble = trouble
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._live)
        self._error: KitError | None = None

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _live(self) -> None:
        if self._over.wait(self._hour.moment):
            return
        self._trouble.begin()
        self._over.wait(self._hour.seconds)
        try:
            self._trouble.end()
        except KitError as error:
            self._error = error


@dataclass(slots=True, kw_only=True)
class Night:
    """What has been seen so far."""

    ends: Counter[str] = field(default_factory=Counter)
    problems: dict[str, str] = field(default_factory=dict)
    """What was wrong, with the hour in which it was first seen."""
    figures: list[Figures] = field(default_factory=list)

    def note(self, hour: Hour, end: End, wrong: Sequence[str], seconds: float) -> None:
        """Keep and print one hour."""
        self.ends[f"{hour.engine}, {hour.fault}: {end}"] += 1
        self.figures.append(now := figures())
        told = f"hour {hour.number}, {hour.engine}, {hour.scenario}, {hour.fault}"
        print(
            f"{hour.number:4} {hour.engine:6} {hour.scenario:18} {hour.fault:11} "
            f"{end!s:36} {seconds:6.1f} s {now.megabytes:6.1f} MB",
            flush=True,
        )
        for each in wrong:
            # A leak is seen in each hour after it.
            if self.problems.setdefault(each, told) == told:
                print(f"     {each}", flush=True)

    def conclude(self) -> int:
        """Print what was seen and return the exit code."""
        for end, times in sorted(self.ends.items()):
            print(f"{times:5} {end}")
        words, grown = growth(self.figures)
        print(words)
        self.problems |= dict.fromkeys(grown, "all of them")
        print(f"{sum(self.ends.values())} loops, {len(self.problems)} problems")
        for problem, where in self.problems.items():
            print(f"  {where}: {problem}")
        return 1 if self.problems else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Live through a night; return 1 if an end was wrong or something was left."""
    parser = argparse.ArgumentParser(prog="python -m scenarios.night")
    parser.add_argument("--loops", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=ENGINES, help="only this one")
    parser.add_argument("--only", choices=list(Fault), help="only this fault")
    parser.add_argument("--plan", action="store_true", help="only show what is to come")
    given = parser.parse_args(arguments)
    engines = (given.engine,) if given.engine else ENGINES
    faults = (Fault(given.only),) if given.only else tuple(Fault)
    hours = plan(given.seed, given.loops, engines=engines, faults=faults)
    print(f"seed {given.seed}, {given.loops} loops", flush=True)
    if given.plan:
        print(*hours, sep="\n")
        return 0
    night = Night()
    try:
        with raising_signals(), machine(engines) as tonight:
            for hour in chain(hours, morning(given.loops, engines)):
                began = time.monotonic()
                end, wrong = live(hour, tonight)
                night.note(hour, end, wrong, time.monotonic() - began)
    except KitError as error:
        print(error, file=sys.stderr)
        return 2
    except InterruptedRunError as error:
        return error.exit_status
    return night.conclude()


if __name__ == "__main__":
    sys.exit(main())
