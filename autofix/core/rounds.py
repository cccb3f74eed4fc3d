"""The records of a run's rounds, as they begin, are built, fail and end."""

from __future__ import annotations

from dataclasses import replace

from autofix.core.model import Diagnosis
from autofix.core.observations import Compared
from autofix.core.state import RoundRecord, State


def began(state: State) -> State:
    """Close the latest round and open the next one, with a full ladder."""
    number = state.round + 1
    record = RoundRecord(number=number, began=state.at)
    return replace(state, round=number, rungs=0, rounds=(*ended(state).rounds, record))


def built(state: State) -> State:
    """Note when the latest round's plugin was built."""
    return _with_latest(state, replace(state.rounds[-1], built=state.at))


def compared(state: State, seen: Compared) -> State:
    """Keep what the comparison of the latest round's plugin brought."""
    return _with_latest(state, replace(state.rounds[-1], compared=seen))


def loaded(state: State) -> State:
    """Note when the server accepted the latest round's plugin."""
    return _with_latest(state, replace(state.rounds[-1], loaded=state.at))


def ended(state: State) -> State:
    """End the latest round now, unless it has ended already."""
    if not state.rounds or state.rounds[-1].ended:
        return state
    return _with_latest(state, replace(state.rounds[-1], ended=state.at))


def failed(state: State, diagnosis: Diagnosis) -> State:
    """Write a diagnosis into the round it ended; later ones keep their own place."""
    if not state.rounds or state.rounds[-1].diagnosis is not None:
        return state
    latest = replace(state.rounds[-1], diagnosis=diagnosis, ended=state.at)
    return _with_latest(state, latest)


def identity(diagnosis: Diagnosis) -> str:
    """Identify a diagnosis; times and addresses in the quoted line do not count."""
    facts = sorted(diagnosis.facts.items())
    return "\n".join([diagnosis.name, *(f"{key}={value}" for key, value in facts)])


def _with_latest(state: State, record: RoundRecord) -> State:
    return replace(state, rounds=(*state.rounds[:-1], record))
