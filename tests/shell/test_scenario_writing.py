"""A scenario is written so that reading it brings the same value back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autofix.errors import ScenarioError, UsageError
from autofix.scenarios.scenario import (
    BuildStep,
    Expectation,
    ExpectedDiagnosis,
    MachineStep,
    PrivateModule,
    Scenario,
    ScriptStep,
    WriteStep,
    load,
)
from autofix.scenarios.writing import scenario_toml, write_scenario
from scenarios.catalogue import load as known
from scenarios.catalogue import names


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """Return a user's project, which is a git repository."""
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    (folder / "go.mod").write_text("module example.com/plugin\n")
    return folder


def scenario(path: Path) -> Scenario:
    """Return one that says almost nothing."""
    return Scenario(
        name=path.name,
        path=path,
        title='A "title" with \\ and \x7f',
        story="One sentence.",
        nakama="3.40.0",
        expect=Expectation(exit_code=1, end="unfixable"),
    )


@pytest.mark.parametrize("name", names())
def test_every_known_scenario_survives_writing(
    name: str, plugin: Path, tmp_path: Path
) -> None:
    """Whatever its file says, the written one says it too."""
    one = replace(known(name), path=tmp_path / "written" / name)

    assert one == write_scenario(one, plugin=plugin)


def test_all_that_a_file_can_say_survives(plugin: Path, tmp_path: Path) -> None:
    """Also what no known scenario has, and text that TOML must escape."""
    one = replace(
        scenario(tmp_path / "full"),
        folder="server",
        explains="given/b",
        options=("--so", "{work}/given/backend.so"),
        prepare=(
            BuildStep(
                output="given/a.so", builder="3.40.0", flags=(), requires=("a@v1",)
            ),
            MachineStep(file="given/a.so", machine="arm64"),
            ScriptStep(output="given/c", builder="3.40.0", script="a", database=True),
            WriteStep(file="given/b", text="two\nlines\n"),
        ),
        strategies=("first",),
        private=PrivateModule(path="git.example/a", version="v1.0.0"),
        engines=("local",),
        engines_why="So.",
        expect=Expectation(
            exit_code=0,
            end="clean",
            builds=1,
            classic_builds=2,
            pins={"example.com/a.b": "v1.0.0"},
            excludes=("example.com/a@v1.1.0",),
            diagnoses=(
                ExpectedDiagnosis(failure_class="compile", name="x", says="tab\there"),
            ),
        ),
    )

    assert one == write_scenario(one, plugin=plugin)


def test_the_plugin_is_copied_without_its_history(plugin: Path, tmp_path: Path) -> None:
    """A scenario is staged as a repository of its own; what was given lies beside it."""
    given = tmp_path / "given"
    given.mkdir()
    (given / "backend.so").write_bytes(b"\x7fELF")
    path = write_scenario(scenario(tmp_path / "s"), plugin=plugin, given=given).path

    assert ["given", "plugin", "scenario.toml"] == sorted(
        p.name for p in path.iterdir()
    )
    assert ["go.mod"] == [each.name for each in (path / "plugin").iterdir()]


def test_nothing_is_written_over_another(plugin: Path, tmp_path: Path) -> None:
    """A folder that has something in it stays as it is."""
    kept = tmp_path / "s" / "notes"
    kept.parent.mkdir()
    kept.write_text("mine")

    with pytest.raises(UsageError, match="not empty"):
        write_scenario(scenario(tmp_path / "s"), plugin=plugin)
    assert [kept] == list(kept.parent.iterdir())


def test_what_is_at_its_default_is_left_out(tmp_path: Path) -> None:
    """A scenario's file says no more than its author would."""
    text = scenario_toml(replace(scenario(tmp_path), title="T"))

    assert (
        'title = "T"\nstory = "One sentence."\nnakama = "3.40.0"\n\n'
        '[expect]\nexit_code = 1\nend = "unfixable"\n'
    ) == text


@pytest.mark.parametrize("text", ["title = ", "title = 1\n[expect]\nend = 1", "\x00"])
def test_a_file_that_is_no_scenario_is_refused(text: str, tmp_path: Path) -> None:
    """With the file's name, whatever is wrong with it."""
    (tmp_path / "scenario.toml").write_text(text)

    with pytest.raises(ScenarioError, match=r"scenario\.toml cannot be read"):
        load(tmp_path)
