"""What is reduced is a copy: of a run's inputs, or of a project as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from autofix.config import Config
from autofix.core.model import EndKind
from autofix.errors import ProjectLockedError
from autofix.reducing.candidates import (
    digest_of,
    files_of,
    with_changes,
    without_files,
)
from autofix.reducing.origin import of_project, of_run
from autofix.runs import read_run
from tests.shell.test_project import INIT, MODULE, tree
from tests.shell.test_reproducing import CLEAN, STUCK, ran

FILES = {"game/go.mod": MODULE, "game/main.go": INIT, "Dockerfile": "FROM x\n"}


def test_a_project_is_copied_with_what_says_how_it_is_built(tmp_path: Path) -> None:
    """The copy is made anew each time; the project itself is only read."""
    project = tree(tmp_path / "p", {**FILES, ".git/HEAD": "", ".env": "TOKEN=1"})
    before = digest_of(project)
    for text in (INIT, f"{INIT}\n// changed\n"):
        (project / "game/main.go").write_text(text)
        with of_project(Config(project=project), tmp_path / "state") as origin:
            found = files_of(origin.start)

        assert ("Dockerfile", "game/go.mod", "game/main.go") == found
        assert text == (origin.start / "game/main.go").read_text()
        assert "game" == origin.module
        assert origin.config.project == origin.start / "game"
        assert origin.ending is None
    (project / "game/main.go").write_text(INIT)

    assert before == digest_of(project)


def test_two_reductions_of_one_project_do_not_meet(tmp_path: Path) -> None:
    """The second is told who works on it, and leaves the copy alone."""
    config = Config(project=tree(tmp_path / "p", {"go.mod": MODULE, "main.go": INIT}))
    with of_project(config, tmp_path / "state") as origin:
        before = files_of(origin.start)
        with (
            pytest.raises(ProjectLockedError, match="reduction"),
            of_project(config, tmp_path / "state"),
        ):
            pass

        assert before == files_of(origin.start)


def test_of_a_run_that_ended_badly_its_end_is_kept(tmp_path: Path) -> None:
    """Of another the first failure of what it began with; settings are the run's."""
    state = tmp_path / "state"
    with (
        of_run(read_run(ran(tmp_path, STUCK)), {"engine": "docker"}, state) as bad,
        of_run(read_run(ran(tmp_path / "b", CLEAN)), {}, state) as good,
    ):
        pass

    assert bad.ending is not None
    assert bad.ending.kind is not EndKind.CLEAN
    assert good.ending is None
    assert ("live", "docker", "simulated") == (
        bad.config.tags,
        bad.config.engine,
        bad.config.server_image,
    )
    assert bad.home.parent == tmp_path / f"run-{STUCK}"
    assert ("go.mod", "main.go") == files_of(bad.start)


def test_a_candidate_shares_what_is_unchanged(tmp_path: Path) -> None:
    """And nothing that is written into it changes what it was made of."""
    base = tree(tmp_path / "base", {**FILES, "game/data/a": "a", "game/data/b": "b"})
    (base / "link").symlink_to("Dockerfile")
    changes = {**without_files(base, ["game/data/"]), "game/main.go": b"package x\n"}
    made = with_changes(base, tmp_path / "made", changes)

    assert ("Dockerfile", "game/go.mod", "game/main.go", "link") == files_of(made)
    assert (made / "link").is_symlink()
    assert (made / "Dockerfile").samefile(base / "Dockerfile")
    assert INIT == (base / "game/main.go").read_text()
    assert digest_of(made) != digest_of(base)
    assert digest_of(with_changes(base, tmp_path / "same", {})) == digest_of(base)
