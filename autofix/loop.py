"""
The only loop: ask the core what to do, tell the rooms to do it, report.

It knows nothing of containers, terminals or files: the world performs actions, the
journal keeps them, the reporter hears of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from autofix.core.actions import Action, Stop
from autofix.core.automaton import decide
from autofix.core.journal import Entry, entry
from autofix.core.observations import Began, Edited, Observation
from autofix.core.state import Phase, Policy, State
from autofix.report.base import Reporter


class World(Protocol):
    """Performs one action and says what was seen."""

    def perform(self, action: Action, state: State) -> Observation:
        """Do what the action asks; a failure of the plugin is an observation too."""
        ...


class Journal(Protocol):
    """Keeps each entry as it happens, and knows the state it led to."""

    def keep(self, entry: Entry, state: State) -> None:
        """Write the entry so that a kill right after does not lose it."""
        ...


def run(
    world: World,
    *,
    policy: Policy,
    journal: Journal,
    reporter: Reporter,
    clock: Callable[[], float] = time.monotonic,
) -> State:
    """Run the automaton to its end and return the last state, which has an ending."""
    began = clock()
    state = State(policy=policy)
    observation: Observation = Began()
    told: set[str] = set()
    while True:
        decision = decide(state, observation)
        journal.keep(entry(observation, decision), decision.state)
        for finding in decision.state.findings[len(state.findings) :]:
            reporter.found(finding=finding)
        _tell(reporter, decision.state, observation, told)
        state, action = decision.state, decision.action
        if decision.diagnosis is not None:
            reporter.diagnosed(diagnosis=decision.diagnosis, round_=state.round)
        if isinstance(action, Stop):
            return state
        reporter.phase_began(phase=state.phase, round_=state.round, action=action)
        started = clock()
        seen = world.perform(action, state)
        observation = replace(seen, at=clock() - began)
        reporter.phase_ended(
            phase=state.phase,
            round_=state.round,
            observation=observation,
            seconds=clock() - started,
        )


def _tell(
    reporter: Reporter, state: State, observation: Observation, told: set[str]
) -> None:
    """Report each pin once, when it stands."""
    if isinstance(observation, Edited) and state.phase in (Phase.VENDOR, Phase.BUILD):
        for pin in state.pins:
            if pin.module not in told:
                told.add(pin.module)
                selected = state.before.get(pin.module)
                reporter.pinned(pin=pin, before=selected.version if selected else None)
