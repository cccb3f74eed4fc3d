"""clean takes back what a killed run left half made in a project."""

from __future__ import annotations

from pathlib import Path

from autofix.cleaning import clean
from autofix.intent import Intent, Stage, Swap, write_intent
from autofix.lock import intent_path, project_lock
from autofix.servercache import ServerCache, cache_home

NO_ENGINE = {"DOCKER_HOST": "tcp://127.0.0.1:1"}


def half_made(state: Path, project: Path) -> Path:
    """Leave a project as a run killed between two files leaves it."""
    project.mkdir()
    (project / "go.mod").write_text("new\n")
    (project / ".autofix-1-go.mod.old").write_text("old\n")
    path = intent_path(state, project)
    swap = Swap(
        name="go.mod",
        real=project / "go.mod",
        new=project / ".autofix-1-go.mod.new",
        old=project / ".autofix-1-go.mod.old",
        existed=True,
        tree=False,
        deleted=False,
        digest="7aa7a5359173d05b63cfd682e3c38487f3cb4f7f1d60659fe59fab1505977d4c",
    )
    write_intent(path, Intent(project=project, stage=Stage.SWAPPING, swaps=(swap,)))
    return path


def test_a_half_made_change_is_taken_back(tmp_path: Path) -> None:
    """The project is as before, nothing is beside it, and it is said once."""
    project = tmp_path / "project"
    half_made(tmp_path / "state", project)
    first = clean(tmp_path / "state", NO_ENGINE)
    again = clean(tmp_path / "state", NO_ENGINE)

    assert [project] == [each.project for each in first.recovered]
    assert ["go.mod"] == [path.name for path in project.iterdir()]
    assert "old\n" == (project / "go.mod").read_text()
    assert () == again.recovered


def test_a_project_at_work_is_left_alone(tmp_path: Path) -> None:
    """A living run's change is its own affair."""
    state, project = tmp_path / "state", tmp_path / "project"
    path = half_made(state, project)
    with project_lock(state, project):
        cleaned = clean(state, NO_ENGINE)

    assert () == cleaned.recovered
    assert path.exists()


def test_a_dry_run_takes_nothing_back(tmp_path: Path) -> None:
    """--dry-run changes nothing anywhere."""
    path = half_made(tmp_path / "state", tmp_path / "project")
    clean(tmp_path / "state", NO_ENGINE, dry_run=True)

    assert path.exists()


def test_caches_are_removed_when_asked_for(tmp_path: Path) -> None:
    """What was read of servers goes with --caches only, and stays in a dry run."""
    environment = {**NO_ENGINE, "XDG_CACHE_HOME": str(tmp_path)}
    servers = cache_home(environment) / "servers"
    servers.mkdir(parents=True)
    kept = servers / f"{1:064x}.json"
    kept.write_text("whatever it is")

    assert () == clean(tmp_path / "state", environment).kept
    assert (kept,) == clean(
        tmp_path / "state", environment, caches=True, dry_run=True
    ).kept
    assert kept.exists()
    assert (kept,) == clean(tmp_path / "state", environment, caches=True).kept
    assert () == ServerCache.of(environment).clear()
