"""
A catalogue as a whole: where it is, and which failures of the table it brings about.

A catalogue that has an ``unreproduced.toml`` is meant to be complete: the file says of
each entry of the failure table that no scenario brings about why none can here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autofix.core.signatures import Row
from autofix.errors import ScenarioError, UsageError
from autofix.scenarios.scenario import FILE, Catalogue, Scenario

USUAL_NAME = "scenarios"
REASONS = "unreproduced.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the failure table, and the scenarios that pass through it."""

    row: Row
    scenarios: tuple[str, ...]
    reason: str = ""
    """Why there is none."""


def found_catalogue(start: Path, given: Path | None = None) -> Catalogue:
    """
    Return the catalogue that was given, or ``scenarios`` in a folder or one above it.

    UsageError if there is none.
    """
    if given is not None:
        if not given.is_dir():
            raise UsageError(f"There is no folder {given}.")
        return Catalogue(given.absolute())
    found = _around(start)
    if found is not None:
        return Catalogue(found)
    raise UsageError(
        f"There is no catalogue of scenarios in {start.absolute()} or above it.",
        why=f"It is a folder {USUAL_NAME}/ with a folder for each scenario.",
        todo="Name it with --catalogue, or make one of a run: "
        "autofix scenario new --from RUN.",
    )


def usual_catalogue(start: Path) -> Path:
    """Return the folder that a new scenario goes to if none was named."""
    return _around(start) or start.absolute() / USUAL_NAME


def _around(start: Path) -> Path | None:
    folders = (start.absolute(), *start.absolute().parents)
    places = (folder / USUAL_NAME for folder in folders)
    return next((each for each in places if any(each.glob(f"*/{FILE}"))), None)


def reasons(catalogue: Catalogue) -> Mapping[str, str] | None:
    """Read why some entries have no scenario; None if the catalogue is not complete."""
    path = catalogue.folder / REASONS
    if not path.is_file():
        return None
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ScenarioError(f"{path} cannot be read: {error}") from error
    wrong = [name for name, reason in content.items() if not isinstance(reason, str)]
    if wrong:
        raise ScenarioError(f"{path} has no reason for {', '.join(wrong)}.")
    return content


def entries(
    table: Iterable[Row], scenarios: Sequence[Scenario], why: Mapping[str, str]
) -> Iterator[Entry]:
    """Yield every entry of the table with its scenarios, or the reason for none."""
    for row in table:
        shown = (
            one.name
            for one in scenarios
            if any(each.name == row.name for each in one.expect.diagnoses)
        )
        yield Entry(row=row, scenarios=tuple(shown), reason=why.get(row.name, ""))


def gaps(
    table: Sequence[Row], scenarios: Sequence[Scenario], why: Mapping[str, str]
) -> Iterator[str]:
    """Say what a complete catalogue must not have."""
    known = {row.name for row in table}
    for name in why:
        if name not in known:
            yield f"{REASONS} gives a reason for {name}, which is no entry"
    for entry in entries(table, scenarios, why):
        name = entry.row.name
        if not entry.scenarios and not entry.reason:
            yield f"{name} has neither a scenario nor a reason in {REASONS}"
        if entry.scenarios and entry.reason:
            yield f"{name} has a reason for no scenario, and {entry.scenarios[0]}"
    for one in scenarios:
        for diagnosis in one.expect.diagnoses:
            if diagnosis.name not in known:
                yield f"{one.name} expects {diagnosis.name or 'a diagnosis without name'}"
