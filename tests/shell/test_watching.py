"""What ends a run from outside, in order: a word from another thread, a full disk."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from autofix.core.actions import Action, Build
from autofix.core.journal import Entry
from autofix.core.model import OutputLine, Stream
from autofix.core.observations import Began, Observation
from autofix.core.state import Phase, Policy, State
from autofix.errors import CancelledRunError, DiskFullError
from autofix.loop import run
from autofix.report.base import Reporter
from autofix.watching import Cancellation, DiskWatch, disk_usage

GB = 10**9


class Disk:
    """A disk of 100 GB with a clock beside it."""

    def __init__(self, free: int) -> None:
        self.free = free
        self.looks = 0
        self.now = 0.0

    def usage(self, place: Path) -> tuple[int, int] | None:
        """Tell what is free everywhere but in /unknown."""
        self.looks += 1
        return None if place == Path("/unknown") else (100 * GB, self.free)

    def watch(self, *places: str, reserve: int = GB) -> DiskWatch:
        """Watch some places on it."""
        return DiskWatch(
            map(Path, places or ("/state",)),
            reserve,
            usage=self.usage,
            clock=lambda: self.now,
        )


def test_a_disk_with_room_is_no_reason_to_stop() -> None:
    """Neither is a place whose disk cannot be asked."""
    Disk(2 * GB).watch("/state", "/unknown").look()


def test_a_full_disk_says_what_to_do() -> None:
    """The message names the disk, what is left, the reserve and the way out."""
    with pytest.raises(DiskFullError) as failure:
        Disk(400_000_000).watch("/unknown", "/state").look()
    text = str(failure.value)

    assert 3 == failure.value.exit_code
    assert "Only 400 MB are free on the disk of /state." in text
    assert "leaves 1 GB of it" in text
    assert "autofix clean" in text


def test_a_small_disk_needs_only_a_twentieth() -> None:
    """A 64 MB tmpfs serves as TMPDIR, whatever the reserve is."""
    small = DiskWatch([Path("/t")], GB, usage=lambda _: (64_000_000, 4_000_000))
    small.look()

    with pytest.raises(DiskFullError):
        DiskWatch([Path("/t")], GB, usage=lambda _: (64_000_000, 3_000_000)).look()


def test_no_reserve_asks_for_nothing() -> None:
    """``--disk-reserve 0`` goes on to the last byte."""
    Disk(0).watch(reserve=0).look()


def test_lines_are_looked_at_now_and_then() -> None:
    """A server that prints 1,000 lines costs one look at the disk in five seconds."""
    disk = Disk(2 * GB)
    watch = disk.watch()
    line = OutputLine(stream=Stream.STDOUT, text="x")
    for _ in range(1000):
        watch.output(phase=Phase.BUILD, line=line)
    disk.free, disk.now = 0, 5.0

    assert 1 == disk.looks
    with pytest.raises(DiskFullError):
        watch.output(phase=Phase.BUILD, line=line)


def test_the_engines_disk_is_watched_once_it_is_known() -> None:
    """What an engine adds counts like the rest, once."""
    disk = Disk(2 * GB)
    watch = disk.watch("/state")
    watch.add([Path("/var/lib/docker"), Path("/state")])
    watch.note(text="x")

    assert 2 == disk.looks


def test_a_folder_that_is_still_to_be_made_is_asked_about(tmp_path: Path) -> None:
    """Its disk is that of the nearest folder that is there."""
    found = disk_usage(tmp_path / "a" / "b")

    assert found is not None
    assert found[0] == (disk_usage(tmp_path) or (0, 0))[0]
    assert 0 < found[1] <= found[0]


class OneStep:
    """A world in which something happens while the first action is performed."""

    def __init__(self, during: Callable[[], object]) -> None:
        self.during = during
        self.performed = 0

    def perform(self, action: Action, state: State) -> Observation:
        """Let it happen."""
        del action, state
        self.performed += 1
        self.during()
        return Began()


class Forgetful:
    """A journal that keeps nothing."""

    def keep(self, entry: Entry, state: State) -> None:
        """Forget it."""


def looped(world: OneStep, reporter: Reporter) -> None:
    """Run the loop on it."""
    run(world, policy=Policy(), journal=Forgetful(), reporter=reporter)


def test_a_cancelled_run_ends_at_the_next_step() -> None:
    """The event is noticed as soon as what is being done comes back."""
    cancelled = threading.Event()
    world = OneStep(cancelled.set)

    with pytest.raises(CancelledRunError):
        looped(world, Cancellation(cancelled))
    assert 1 == world.performed


def test_a_disk_that_fills_during_a_step_ends_the_run() -> None:
    """The next step is not begun."""
    disk = Disk(2 * GB)
    world = OneStep(lambda: setattr(disk, "free", 0))

    with pytest.raises(DiskFullError):
        looped(world, disk.watch())
    assert 1 == world.performed


def test_every_step_is_a_moment_to_look() -> None:
    """Before a phase, at a step inside it, and at a program's line."""
    cancelled = threading.Event()
    cancelled.set()
    watch = Cancellation(cancelled)
    line = OutputLine(stream=Stream.STDERR, text="x")

    with pytest.raises(CancelledRunError):
        watch.phase_began(phase=Phase.BUILD, round_=1, action=Build())
    with pytest.raises(CancelledRunError):
        watch.note(text="x")
    with pytest.raises(CancelledRunError):
        watch.output(phase=Phase.BUILD, line=line)
