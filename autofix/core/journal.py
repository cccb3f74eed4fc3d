"""
The journal's lines: a run as the list of its observations and decisions.

Line 1 is a header with the policy; each further line holds one observation, the
action decided on it and, if one was made, the diagnosis. Feeding the observations
through ``decide`` gives the actions again: ``first_difference`` says where it does not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from autofix.core.actions import Action
from autofix.core.automaton import Decision, decide
from autofix.core.codec import CodecError, Json, decode, encode
from autofix.core.model import Diagnosis
from autofix.core.observations import Observation
from autofix.core.state import Policy, State

FORMAT = 1
LONGEST_LINE = 8 << 20
"""Of a project that vendors 400 packages, a line has some 100 KB."""


class JournalError(ValueError):
    """The text is not a journal that this version can read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a journal says before its first observation."""

    autofix: str
    policy: Policy
    project: str = ""
    format: int = FORMAT


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One observation and what was decided on it."""

    observation: Observation
    action: Action
    diagnosis: Diagnosis | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first step, counted from 1, at which this version decides differently."""

    step: int
    recorded: Action
    decided: Action


def line(value: Header | Entry) -> str:
    """Write a header or an entry as one line of JSON with its newline."""
    return json.dumps(encode(value), separators=(",", ":")) + "\n"


def entry(observation: Observation, decision: Decision) -> Entry:
    """Pair an observation with what was decided on it."""
    return Entry(
        observation=observation, action=decision.action, diagnosis=decision.diagnosis
    )


def read(lines: Iterable[str]) -> tuple[Header, tuple[Entry, ...]]:
    """
    Read a journal; a last line cut short by a kill is left out.

    JournalError if another line cannot be read.
    """
    texts = [text for text in lines if text.strip()]
    if not texts:
        raise JournalError("the journal is empty")
    values: list[Json] = []
    for number, text in enumerate(texts, start=1):
        if len(text) > LONGEST_LINE:
            raise JournalError(f"line {number} has {len(text)} characters")
        try:
            values.append(json.loads(text))
        except (ValueError, RecursionError):
            if number == len(texts) and number > 1:
                break
            raise JournalError(f"line {number} is not JSON") from None
    form = values[0].get("format", FORMAT) if isinstance(values[0], dict) else FORMAT
    if form != FORMAT:
        raise JournalError(f"the journal has format {form}, not {FORMAT}")
    try:
        header: Header = decode(values[0], Header)
        entries = tuple(decode(value, Entry) for value in values[1:])
    except CodecError as error:
        raise JournalError(f"the journal cannot be read: {error}") from error
    return header, entries


def replay(header: Header, entries: Iterable[Entry]) -> Iterator[Decision]:
    """
    Decide again on each recorded observation.

    JournalError for one that no run can have seen after those before it: the journal
    was edited.
    """
    state = State(policy=header.policy)
    for step, recorded in enumerate(entries, start=1):
        try:
            decision = decide(state, recorded.observation)
        except (LookupError, AttributeError, TypeError, ValueError) as error:
            seen = type(recorded.observation).__name__
            raise JournalError(
                f"no run sees what step {step} has ({seen}) after what came before"
            ) from error
        state = decision.state
        yield decision


def first_difference(header: Header, entries: tuple[Entry, ...]) -> Difference | None:
    """
    Return the first step that this version decides differently, or None.

    JournalError as ``replay`` has it.
    """
    decisions = replay(header, entries)
    for step, (recorded, decision) in enumerate(
        zip(entries, decisions, strict=True), start=1
    ):
        if decision.action != recorded.action:
            return Difference(
                step=step, recorded=recorded.action, decided=decision.action
            )
    return None
