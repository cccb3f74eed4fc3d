"""``autofix reproduce --reduce``: what it refuses before anything is built."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from autofix.cli.main import application
from autofix.errors import ProjectError, UsageError


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (["--replay"], UsageError, "goes with neither --replay"),
        ([], ProjectError, "not a Go module"),
    ],
)
def test_what_cannot_be_reduced_is_refused(
    tmp_path: Path, words: list[str], error: type[UsageError], said: str
) -> None:
    """A folder is taken for a project, anything else for a run."""
    done = CliRunner().invoke(
        application(),
        ["reproduce", "--reduce", str(tmp_path), *words],
        env={"XDG_STATE_HOME": str(tmp_path / "state")},
    )

    assert isinstance(done.exception, error)
    assert said in str(done.exception)


def test_a_run_that_is_none_is_refused(tmp_path: Path) -> None:
    """As everywhere else where a run is named."""
    done = CliRunner().invoke(
        application(),
        ["reproduce", "--reduce", "nowhere"],
        env={"XDG_STATE_HOME": str(tmp_path / "state")},
    )

    assert isinstance(done.exception, UsageError)
    assert "There is no run nowhere" in str(done.exception)
