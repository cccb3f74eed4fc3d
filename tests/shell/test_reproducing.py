"""A repetition is compared with the run it repeats, by what the ends mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autofix.config import Config
from autofix.core.journal import Entry, Header
from autofix.core.observations import Failed, Prepared
from autofix.inputs import keep_inputs, read_inputs
from autofix.project import find_project
from autofix.replaying import replayed
from autofix.report.replay import replay_json, replay_text
from autofix.report.reproduction import reproduction_json, reproduction_text
from autofix.reproducing import Reproduction, reproduced
from autofix.runfolder import RunFolder
from autofix.runs import Run, read_run
from autofix.sameserver import settings_again
from tests.contract import checked
from tests.core.test_automaton import CLASSIC
from tests.core.test_story import journal
from tests.shell.test_project import INIT, MODULE, tree

STUCK = 21
CLEAN = 2
"""Seeds of simulated worlds."""


def ran(
    state: Path,
    seed: int,
    cut: Callable[[Entry], Entry] = lambda each: each,
    files: Mapping[str, str] | None = None,
) -> Path:
    """Leave the folder of a run through a simulated world, with its inputs."""
    own = {"go.mod": MODULE, "main.go": INIT, **(files or {})}
    project = find_project(tree(state / "p", own))
    with RunFolder.create(
        state=state,
        project=project.root,
        run_id=f"{seed:08}",
        now=datetime.now(UTC),
        at=state / f"run-{seed}",
    ) as folder:
        folder.begin(Header(autofix="0.1.0", policy=CLASSIC))
        keep_inputs(folder.path, project, project.files(), Config(tags="live"))
        for entry in journal(seed):
            folder.keep(cut(entry))
        return folder.path


def again(tmp_path: Path, then: Path, now: Path) -> tuple[Reproduction, list[Config]]:
    """Repeat a run; what performs it gives another run's folder."""
    asked: list[Config] = []

    def perform(config: Config) -> Path:
        asked.append(config)
        return now

    told = reproduced(
        read_run(then),
        read_inputs(then),
        into=tmp_path / "into",
        where=settings_again(read_run(then), {"engine": "docker"}),
        perform=perform,
    )
    return told, asked


def test_the_same_end_for_the_same_reason_is_reproduced(tmp_path: Path) -> None:
    """The repetition has the run's settings, policy and images, and changes nothing."""
    then = ran(tmp_path, STUCK)
    told, (config,) = again(tmp_path, then, ran(tmp_path / "b", STUCK))

    assert told.reproduced
    assert all(row.same for row in told.rows)
    assert ("live", "first", True, True, "docker") == (
        config.tags,
        config.strategy,
        config.dry_run,
        config.allow_dirty,
        config.engine,
    )
    assert "simulated" == config.server_image
    assert config.project.is_relative_to(tmp_path / "into")
    assert "Reproduced" in reproduction_text(told)


def test_another_end_is_not_reproduced_and_both_are_told(tmp_path: Path) -> None:
    """Side by side, what differs is marked."""
    then = ran(tmp_path, STUCK)
    told, _ = again(tmp_path, then, ran(tmp_path, CLEAN))
    text = reproduction_text(told)

    assert not told.reproduced
    assert text.startswith("Not reproduced")
    assert {"end", "failure 1"} <= {row.what for row in told.rows if not row.same}
    assert not checked(reproduction_json(told), "reproduction")["reproduced"]


def test_the_same_tag_of_another_server_is_told(tmp_path: Path) -> None:
    """Its digest differs, which explains what else does."""

    def moved(entry: Entry) -> Entry:

        seen = entry.observation
        if not isinstance(seen, Prepared):
            return entry
        server = replace(seen.server, digest="sha256:0123456789abcdef")
        return replace(entry, observation=replace(seen, server=server))

    then = ran(tmp_path, STUCK)
    told, _ = again(tmp_path, then, ran(tmp_path / "b", STUCK, moved))

    assert told.reproduced
    assert ["server"] == [row.what for row in told.rows if not row.same]


@pytest.fixture
def past(tmp_path: Path) -> Run:
    """Return a run that ended badly."""
    return read_run(ran(tmp_path, STUCK))


def test_a_replay_proves_the_same_decisions(past: Run) -> None:
    """Without anything but the journal."""
    told = replayed(past)

    assert told.difference is None
    assert len(past.entries) == told.decisions
    assert "Same" in replay_text(told)
    assert checked(replay_json(told), "replay")["same"]


def test_a_replay_names_the_first_decision_that_differs(past: Run) -> None:
    """With what was seen before it, what was decided then, and what is now."""
    at = next(
        n for n, each in enumerate(past.entries) if isinstance(each.observation, Failed)
    )
    entries = list(past.entries)
    entries[at] = replace(entries[at], action=entries[0].action)
    told = replayed(replace(past, entries=tuple(entries)))
    text = replay_text(told)

    assert told.difference is not None
    assert at + 1 == told.difference.step
    assert told.before is not None
    assert told.before.diagnosis is not None
    assert "recorded  reading server, builder and project" in text
    assert "now " in text
    assert at + 1 == checked(replay_json(told), "replay")["difference"]["step"]
