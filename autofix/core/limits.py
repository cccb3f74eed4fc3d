"""What ends a run although the table would go on: its goal, its time, its rounds."""

from __future__ import annotations

from autofix.core import endings
from autofix.core.model import Ending
from autofix.core.state import ENDED, TRANSITIONS, Event, Goal, Phase, State


def limit_of(state: State, event: Event) -> tuple[Event, Ending] | None:
    """Return the limit that this step would pass, or the goal, with its ending."""
    phase = TRANSITIONS[state.phase, event]
    if phase in ENDED:
        return None
    plans = state.policy.goal is Goal.PLAN
    if plans and (phase is Phase.BUILD or event is Event.STANDS_VENDORED):
        return Event.PLANNED, endings.planned(state)
    if state.at >= state.policy.max_seconds:
        return Event.OUT_OF_TIME, endings.out_of_time(state)
    if phase is Phase.BUILD and state.round >= state.policy.max_rounds:
        return Event.OUT_OF_ROUNDS, endings.out_of_rounds(state)
    if phase is Phase.PIN and state.rungs >= state.policy.max_rungs:
        return Event.OUT_OF_ROUNDS, endings.out_of_rungs(state)
    return None
