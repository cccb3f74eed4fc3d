"""The scenarios' own check of what a run foretold, held against runs that go wrong."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

from autofix.core.journal import Header, line
from autofix.core.state import Policy
from autofix.loop import run
from autofix.report.base import Reporter
from autofix.scenarios.foresight import disagreements
from tests.core.simulated import SimulatedWorld
from tests.core.test_automaton import KeptEntries
from tests.core.worlds import seeded


def journal(folder: Path, world: SimulatedWorld) -> str:
    """Run the real loop in a world and write its journal as a run folder has it."""
    kept = KeptEntries()
    policy = Policy(max_seconds=10_000)
    ticks = itertools.count()
    run(
        world,
        policy=policy,
        journal=kept,
        reporter=Reporter(),
        clock=lambda: float(next(ticks)),
    )
    folder.mkdir(exist_ok=True)
    text = line(Header(autofix="0", policy=policy)) + "".join(map(line, kept.entries))
    (folder / "journal.jsonl").write_text(text, "utf-8")
    return text


def test_a_hidden_module_is_told_as_missed(tmp_path: Path) -> None:
    """What go list did not list, and comparing found, is a prediction that failed."""
    told: list[str] = []
    for seed in range(40):
        universe = seeded(seed)
        hidden = frozenset(universe.served())
        world = SimulatedWorld(universe, unlisted=hidden)
        journal(tmp_path, world)
        told += disagreements(tmp_path)

    assert any(each.startswith("prediction: missed example.com/m") for each in told)


def test_another_decision_is_told(tmp_path: Path) -> None:
    """A journal whose decisions this version would not make does not pass."""
    text = journal(tmp_path, SimulatedWorld(seeded(1)))
    head, *entries = text.splitlines()
    last = json.loads(entries[-1])
    last["action"] = {"is": "Prepare"}
    changed = "\n".join((head, *entries[:-1], json.dumps(last)))
    (tmp_path / "journal.jsonl").write_text(changed, "utf-8")

    assert [each.partition(":")[0] for each in disagreements(tmp_path)] == ["replay"]
