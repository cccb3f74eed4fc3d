"""
A run that stands still at the end of a round, so that a person can look inside.

Everything is as autofix had it when that round's last word was heard: the builder
before the next change to go.mod, the plugin that was built, the database.
"""

from __future__ import annotations

import select
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from posixpath import join
from typing import TextIO

from autofix.core.actions import Action, Build, Check, Compare, Prepare, Start
from autofix.core.observations import Observation
from autofix.core.state import State
from autofix.engines.inside import Door, Enterable, Work
from autofix.errors import HaltedRunError, InterruptedRunError
from autofix.loop import World
from autofix.preparing import OUTPUT
from autofix.report.base import Reporter
from autofix.rooms import Rooms

OpenDoors = Callable[[int], AbstractContextManager[tuple[Door, ...]]]
"""Opens the ways inside, given the round that is over."""

_OF_A_ROUND = (Prepare, Build, Compare, Check, Start)
"""What a round consists of; whatever else is done comes after its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A run that stands still: after which round, and the ways inside."""

    round: int
    asked: int
    doors: tuple[Door, ...]


@dataclass(slots=True, kw_only=True)
class Halt:
    """
    Stops a run after a round, 0 for what comes before the first build.

    ``show`` is told once everything stands still; what was opened stays open until
    ``wait`` returns.
    """

    round: int
    show: Callable[[Pause], None]
    wait: Callable[[], None]
    halted: bool = False
    _doors: OpenDoors = lambda _round: nullcontext(())
    _reporter: Reporter = field(default_factory=Reporter)

    def around_rooms(self, rooms: Rooms, reporter: Reporter) -> World:
        """Do as ``around`` does, with the ways into what these rooms have in hand."""
        return self.around(rooms, partial(doors_of, rooms), reporter)

    def around(self, world: World, doors: OpenDoors, reporter: Reporter) -> World:
        """Return a world that performs as this one does, up to the end of the round."""
        self._doors, self._reporter = doors, reporter
        return _Halting(world=world, halt=self)

    def ended(self, state: State) -> None:
        """Stand still at the end of a run that came to no halt before."""
        if not self.halted:
            self.stand(state.round)

    def stand(self, round_: int) -> None:
        """Show the ways inside and wait."""
        self.halted = True
        self._reporter.standing(round_=round_)
        with self._doors(round_) as doors:
            self.show(Pause(round=round_, asked=self.round, doors=doors))
            self.wait()


@dataclass(slots=True, kw_only=True)
class _Halting:
    world: World
    halt: Halt

    def perform(self, action: Action, state: State) -> Observation:
        """Perform it, unless the round that was asked for is over."""
        if is_over(self.halt.round, action, state):
            over = state.round - isinstance(action, Build)
            self.halt.stand(over)
            raise HaltedRunError(f"Stopped after round {over}, as asked.")
        return self.world.perform(action, state)


def is_over(round_: int, action: Action, state: State) -> bool:
    """Tell whether a round has ended before this action."""
    if state.round > round_:
        return True
    return state.round == round_ and not isinstance(action, _OF_A_ROUND)


def doors_of(rooms: Rooms, round_: int) -> AbstractContextManager[tuple[Door, ...]]:
    """Open the ways into what a run has in hand after a round."""
    engine, go = rooms.setting.engine, rooms.go
    if go is None or not isinstance(engine, Enterable):
        return nullcontext(())
    plan = rooms.setting.plan
    plugin = plan.plugins[0]
    arguments = plugin.build.arguments(
        join(go.builder.root, OUTPUT, f"round-{round_}", plugin.name),
        plan.project.vendored,
        package=plugin.package,
        files=plugin.files,
        gcflags=plan.target.gcflags,
    )
    image, modules, database = rooms.at_hand
    work = Work(
        folder=go.folder,
        build=("go", "build", *arguments),
        environment=plugin.build.environment,
        image=image,
        modules=modules,
        address=database.fresh() if database else "",
    )
    return engine.doors(work)


def wait_for_a_person(
    seconds: float,
    *,
    stdin: TextIO = sys.stdin,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """
    Return at Enter, at a signal that asks to stop, or after ``seconds``.

    Without a terminal there is nobody to press Enter.
    """
    try:
        if stdin.isatty():
            ready, _, _ = select.select([stdin], [], [], seconds)
            if ready:
                stdin.readline()
        else:
            sleep(seconds)
    except InterruptedRunError:
        return
