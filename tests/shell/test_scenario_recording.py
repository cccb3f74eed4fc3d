"""A run's scenario expects what the run came to, and begins with what it began with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autofix.config import Config
from autofix.core.actions import Stop
from autofix.core.journal import Entry, Header
from autofix.core.state import Policy
from autofix.errors import UsageError
from autofix.inputs import keep_inputs, read_inputs
from autofix.project import find_project
from autofix.report.json import result_json
from autofix.result import RunResult
from autofix.runfolder import RunFolder, write_result
from autofix.runs import read_run
from autofix.scenarios.recording import Recorded, record_run
from tests.core.test_automaton import CLASSIC
from tests.core.test_story import EVERYTHING, journal
from tests.report.values import clean
from tests.shell.test_project import INIT, MODULE, tree

STUCK, CLEAN = 21, 2
"""Seeds of simulated worlds."""


def left_run(
    runs: Path,
    folder: Path,
    *,
    seed: int = STUCK,
    config: Config | None = None,
    policy: Policy = CLASSIC,
    result: bool = True,
) -> Path:
    """Leave the folder of a run through a simulated world."""
    files = {
        "game/go.mod": MODULE,
        "game/main.go": INIT,
        ".git/HEAD": "",
        "local.yml": "",
    }
    project = find_project(tree(folder, files) / "game")
    with RunFolder.create(
        state=runs.parent,
        project=project.module_folder,
        run_id=f"{seed:08}",
        now=datetime.now(UTC),
    ) as kept:
        kept.begin(Header(autofix="0.1.0", policy=policy))
        keep_inputs(kept.path, project, project.files(), config or Config())
        entries = journal(seed)
        for entry in entries:
            kept.keep(entry)
        if result:
            write_result(
                kept.path, result_json(_result(project.module_folder, entries))
            )
        return kept.path


def _result(project: Path, entries: list[Entry]) -> RunResult:
    """Return what a run would have left, with one pin if it ended clean."""
    last = entries[-1].action
    assert isinstance(last, Stop)
    return replace(
        clean(),
        project=str(project),
        root=str(project.parent),
        files=("game/go.mod", "game/vendor"),
        ending=last.ending,
    )


def recorded(tmp_path: Path, run: Path, name: str = "") -> Recorded:
    """Make the scenario of a run."""
    into = tmp_path / "into"
    into.mkdir()
    catalogue = tmp_path / "catalogue"
    past = read_run(run)
    return record_run(past, read_inputs(run), catalogue=catalogue, name=name, into=into)


def test_a_run_that_stopped_is_expected_to_stop(tmp_path: Path) -> None:
    """For the same reasons in the same order, with nothing pinned or changed."""
    run = left_run(tmp_path / "runs", tmp_path / "arena")
    one = recorded(tmp_path, run).scenario
    diagnoses = [each.diagnosis for each in read_run(run).entries if each.diagnosis]

    assert ("no-progress", 1) == (one.expect.end, one.expect.exit_code)
    assert [each.name for each in diagnoses] == [d.name for d in one.expect.diagnoses]
    assert all(
        wanted.says and wanted.says in each.quoted
        for wanted, each in zip(one.expect.diagnoses, diagnoses, strict=True)
    )
    assert ({}, ()) == (one.expect.pins, one.expect.files)
    assert ("first",) == one.strategies


def test_a_clean_run_is_expected_to_pin_the_same(tmp_path: Path) -> None:
    """Pins, excludes, and what git sees changed, from the folder that is staged."""
    run = left_run(tmp_path / "runs", tmp_path / "arena", seed=CLEAN, policy=EVERYTHING)
    expect = recorded(tmp_path, run).scenario.expect
    module = "google.golang.org/protobuf"

    assert ("clean", 0) == (expect.end, expect.exit_code)
    assert {module: "v1.36.11"} == expect.pins
    assert (f"{module}@v1.36.12",) == expect.excludes
    assert ("game/go.mod", "game/vendor") == expect.files


def test_it_begins_with_the_same_files_and_options(tmp_path: Path) -> None:
    """Options of this machine, and files outside of the project, are not its own."""
    given = tmp_path / "old" / "backend.so"
    given.parent.mkdir()
    given.write_bytes(b"\x7fELF")
    config = Config(
        so=given,
        tags="live",
        engine="local",
        kit=True,
        server_config=tmp_path / "arena" / "local.yml",
        max_rounds=3,
    )
    run = left_run(tmp_path / "runs", tmp_path / "arena", config=config)
    made = recorded(tmp_path, run, "mine").scenario

    assert ("mine", "game") == (made.name, made.folder)
    assert {"--tags=live", "--max-rounds=3"} <= {
        "=".join(pair)
        for pair in zip(made.options[::2], made.options[1::2], strict=True)
    }
    assert "{work}/plugin/local.yml" in made.options
    assert "{work}/given/so/backend.so" in made.options
    assert not {"--engine", "--kit"} & set(made.options)
    assert MODULE == (made.path / "plugin" / "game" / "go.mod").read_text()
    assert b"\x7fELF" == (made.path / "given" / "so" / "backend.so").read_bytes()


def test_an_option_that_names_a_file_elsewhere_is_left_out_and_told(
    tmp_path: Path,
) -> None:
    """Such a file was not kept, and is not there on another machine."""
    config = Config(server_config=tmp_path / "elsewhere.yml")
    run = left_run(tmp_path / "runs", tmp_path / "arena", config=config)
    made = recorded(tmp_path, run)

    assert () == made.scenario.options
    assert (f"--server-config {tmp_path / 'elsewhere.yml'}",) == made.left_out


def test_it_is_named_after_the_project_and_the_failure(tmp_path: Path) -> None:
    """So that two runs of one project do not meet in one folder."""
    run = left_run(tmp_path / "runs", tmp_path / "My Arena")
    one = recorded(tmp_path, run).scenario

    assert one.name.startswith("game-")
    assert one.name.endswith(one.expect.diagnoses[-1].name)
    assert read_run(run).about.run_id in one.story


def test_a_run_without_an_end_is_no_scenario(tmp_path: Path) -> None:
    """What was killed expects nothing."""
    run = left_run(tmp_path / "runs", tmp_path / "arena", result=False)

    with pytest.raises(UsageError, match="came to no end"):
        recorded(tmp_path, run)
