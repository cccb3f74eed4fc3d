"""A run stands still after the round that was asked for, and only there."""

from __future__ import annotations

import io
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from autofix.core.actions import Action, Build, Check
from autofix.core.journal import Entry
from autofix.core.observations import Observation
from autofix.core.state import State
from autofix.engines.inside import Door, shown
from autofix.errors import HaltedRunError, InterruptedRunError
from autofix.halting import Halt, Pause, wait_for_a_person
from autofix.loop import World, run
from autofix.report.base import Reporter
from autofix.report.doors import pause_text
from tests.core.simulated import SimulatedWorld
from tests.core.test_automaton import CLASSIC
from tests.core.worlds import seeded

DOOR = Door(
    name="builder", words="the project", enter="docker exec -it b\x1b sh", tries=("go",)
)


class Journal:
    """Keeps what came."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.state: State | None = None

    def keep(self, entry: Entry, state: State) -> None:
        """Keep it."""
        self.entries.append(entry)
        self.state = state


class Hearing(Reporter):
    """Notes when it is told that the run stands still."""

    def __init__(self, told: list[str]) -> None:
        self._told = told

    def standing(self, *, round_: int) -> None:
        """Note it."""
        self._told.append(f"stands after {round_}")


class Watched:
    """A simulated world that knows what it was asked last."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.asked: list[Action] = []

    def perform(self, action: Action, state: State) -> Observation:
        """Perform it."""
        self.asked.append(action)
        return self.world.perform(action, state)


def halted(seed: int, round_: int) -> tuple[Watched, list[str], list[Pause]]:
    """Run a simulated world up to a round; return what was done and in which order."""
    told: list[str] = []
    pauses: list[Pause] = []

    @contextmanager
    def doors(_round: int) -> Iterator[tuple[Door, ...]]:
        told.append("opened")
        yield (DOOR,)
        told.append("closed")

    def wait() -> None:
        told.append("waited")

    world, journal = Watched(SimulatedWorld(seeded(seed))), Journal()
    halt = Halt(round=round_, show=pauses.append, wait=wait)
    try:
        run(
            halt.around(world, doors, Hearing(told)),
            policy=CLASSIC,
            journal=journal,
            reporter=Reporter(),
        )
    except HaltedRunError as error:
        told.append(f"halted with {error.exit_code}")
    assert journal.state is not None
    halt.ended(journal.state)
    return world, told, pauses


@pytest.mark.parametrize("round_", [1, 2])
def test_it_stops_before_anything_of_the_next_round(round_: int) -> None:
    """After the last word of the round that was asked for: nothing was pinned since."""
    world, told, (pause,) = halted(20, round_)
    builds = [each for each in world.asked if isinstance(each, Build)]

    assert [
        f"stands after {round_}",
        "opened",
        "waited",
        "closed",
        "halted with 0",
    ] == told
    assert (round_, round_) == (pause.round, pause.asked)
    assert round_ == len(builds)
    assert isinstance(world.asked[-1], Check | Build)


def test_round_nothing_is_before_the_first_build() -> None:
    """With the builder open and the project in it."""
    world, told, (pause,) = halted(20, 0)

    assert "halted with 0" in told
    assert 0 == pause.round
    assert not [each for each in world.asked if isinstance(each, Build)]


def test_a_run_that_ends_before_stands_still_at_its_end() -> None:
    """And says so; it is no halt, but its own end."""
    _, told, (pause,) = halted(3, 99)

    assert [f"stands after {pause.round}", "opened", "waited", "closed"] == told
    assert pause.round < pause.asked
    assert "not 99" in pause_text(pause, "Press Enter.")


def test_the_way_in_is_told_and_escaped() -> None:
    """One command a line, as it is typed."""
    text = pause_text(Pause(round=2, asked=2, doors=(DOOR,)), "Press Enter.")

    assert "after round 2" in text
    assert "\n  docker exec -it b\\x1b sh\n" in text
    assert "\n    go\n" in text
    assert text.endswith("Press Enter.\n")


def test_only_gos_own_variables_are_shown() -> None:
    """And how modules are reached; no other, and none with a password."""
    variables = {"GOFLAGS": "", "GOPROXY": "https://me:pw@x", "PATH": "/", "CGO_X": "1"}
    fetching = {"SSL_CERT_FILE": "/autofix/ca.pem", "https_proxy": "http://proxy:3128"}

    assert {"CGO_X": "1", "GOFLAGS": "", **fetching} == shown(variables | fetching)


def interrupted(_seconds: float) -> None:
    """Sleep until a signal comes."""
    raise InterruptedRunError(signal.SIGTERM)


@pytest.mark.parametrize("sleep", [interrupted, lambda _seconds: None])
def test_without_a_terminal_a_signal_or_time_ends_it(
    sleep: Callable[[float], None],
) -> None:
    """As an orderly end."""
    wait_for_a_person(5, stdin=io.StringIO(), sleep=sleep)
