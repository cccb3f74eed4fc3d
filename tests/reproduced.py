"""Which failures a test run brought about for real, and how long each took."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from autofix.scenarios.running import Outcome

PROPERTY = "reproduced"
"""Name of a test's property, which JUnit reports and xdist's workers carry along."""


class Reproduced(NamedTuple):
    """One failure that a scenario passed through; ``seconds`` are the whole run's."""

    failure_class: str
    failure: str
    scenario: str
    engine: str
    seconds: float


def record(note: Callable[[str, object], None], outcome: Outcome) -> None:
    """Note each failure of an outcome as a property of the test (pytest's own)."""
    for each in dict.fromkeys(
        (d.failure_class.value, d.name) for d in outcome.diagnoses
    ):
        seconds = round(outcome.prepare_seconds + outcome.run_seconds, 1)
        note(PROPERTY, [*each, outcome.scenario.name, outcome.engine, seconds])


def lines(properties: Iterable[tuple[str, object]]) -> Iterator[str]:
    """Yield each failure with what showed it fastest, class by class."""
    found = sorted(
        Reproduced(*value)
        for name, value in properties
        if name == PROPERTY and isinstance(value, list | tuple)
    )
    fastest: dict[str, Reproduced] = {}
    for each in sorted(found, key=lambda each: each.seconds):
        fastest.setdefault(each.failure, each)
    if not found:
        return
    classes = {each.failure_class for each in found}
    yield f"{len(fastest)} failures of {len(classes)} classes, reproduced for real:"
    for each in sorted(fastest.values()):
        times = sum(1 for other in found if other.failure == each.failure)
        more = f", {times} in all" if times > 1 else ""
        yield (
            f"  {each.failure_class:16}{each.failure:34}{each.seconds:6.1f} s  "
            f"{each.scenario} ({each.engine}{more})"
        )
