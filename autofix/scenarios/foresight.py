"""
Hold what autofix foretold in a run against what then was: by the run's own journal.

For each plugin that the run built and compared: the modules that ``go list`` said
would differ are the roots that comparing found, none missed and none too many; and
the package that comparing foretold is the one that the loader named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from autofix.core.compare import Cause
from autofix.core.journal import Difference, first_difference, read, replay
from autofix.core.model import Diagnosis
from autofix.core.observations import Compared, Failed
from autofix.core.pinning import aligned
from autofix.core.state import State

OF_TWO_PLUGINS = "package-of-two-plugins"


def run_folders(state_home: Path) -> list[Path]:
    """Return the folders of the runs below a state folder that came to a decision."""
    return sorted(
        path.parent
        for path in state_home.glob("autofix/runs/*/journal.jsonl")
        if path.stat().st_size and not path.parent.is_symlink()  # that is the newest's
    )


def disagreements(run_folder: Path) -> Iterator[str]:
    """Say where a run's journal shows that something came otherwise than foretold."""
    text = (run_folder / "journal.jsonl").read_text("utf-8")
    header, entries = read(text.splitlines())
    other = first_difference(header, entries)
    if isinstance(other, Difference):
        yield f"replay: step {other.step} decides {other.decided}"
    states = [decision.state for decision in replay(header, entries)]
    for (seen, state), (after, _) in pairwise(
        [*zip(entries, states, strict=True), (None, State(policy=header.policy))]
    ):
        if seen is None or not isinstance(seen.observation, Compared):
            continue
        compared = seen.observation
        if not state.testing_given:
            yield from _prediction(state, compared)
        if after is not None and isinstance(after.observation, Failed):
            named = _named_by_loader(after.diagnosis)
            if named and named != compared.foretold:
                yield f"foretold {compared.foretold or 'nothing'}, named {named}"


def _named_by_loader(diagnosis: Diagnosis | None) -> str:
    """Return the package; "" where another plugin, not the server, has it otherwise."""
    if diagnosis is None or diagnosis.name == OF_TWO_PLUGINS:
        return ""
    return diagnosis.facts.get("package", "")


def _prediction(state: State, compared: Compared) -> Iterator[str]:
    """Compare the modules predicted for what was built with the roots found in it."""
    if any(group.cause is Cause.TOOLCHAIN for group in compared.groups):
        return  # every package differs then, and none tells of its module
    planned = aligned(replace(state, pins=()))
    predicted = {pin.module for pin in planned.pins} if planned else set()
    found = {
        group.module
        for group in compared.groups
        if group.cause is Cause.ROOT
        or (group.cause is Cause.CONTENT and group.module in _replaced(state))
    }
    if predicted != found:
        yield (
            f"prediction: missed {_listed(found - predicted)}, "
            f"too many {_listed(predicted - found)}"
        )


def _replaced(state: State) -> set[str]:
    """Return the linked modules for which another version or fork is compiled."""
    return {
        module
        for module, selected in state.linked.items()
        if selected.replacement is not None and not selected.replacement.is_folder
    }


def _listed(modules: Iterable[str]) -> str:
    return ", ".join(sorted(modules)) or "none"
