"""Dependencies of several modules: each raised for itself, with a commit of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from autofix.attempting import Attempt, failed
from autofix.config import Config
from autofix.errors import (
    AutofixError,
    BranchError,
    ImageMissingError,
    InterruptedRunError,
    UsageError,
)
from autofix.project import Project, find_projects
from autofix.result import DependencyResult, UpgradeResult
from autofix.upgrading.commits import Change, repository_of
from autofix.upgrading.journey import Perform
from autofix.upgrading.raising import BRANCH, RaiseRequest
from autofix.upgrading.raisingeach import raised_each
from autofix.upgrading.upgrade import Outcome
from tests.report.values import clean
from tests.shell.test_upgrade_commits import git
from tests.shell.test_upgrade_together import root, state, write

__all__ = ["root", "state"]


@dataclass(slots=True)
class Raised:
    """Raises every module by a line in its go.mod, but for those that an error ends."""

    errors: dict[str, AutofixError] = field(default_factory=dict)
    unraised: tuple[str, ...] = ()
    heard: list[Path] = field(default_factory=list)

    def __call__(
        self,
        request: RaiseRequest,
        project: Project,
        _perform: Perform,
        _note: Callable[[str], None],
    ) -> Attempt:
        """Raise one module."""
        name = project.module_folder.name
        self.heard.append(request.config.project)
        if name in self.errors:
            raise self.errors[name]
        told = UpgradeResult(
            before="3.40.0",
            after="3.40.0",
            aim="3.40.0",
            dependencies=DependencyResult(),
        )
        text = project.go_mod.read_bytes()
        if request.commit:
            repository = repository_of((project,), request.branch, request.upon)
            repository.require_ready(commits=request.commits)
            new = text if name in self.unraised else text + b"// raised\n"
            files = {"go.mod": new}
            change = Change(root=project.module_folder, files=files, trees={})
            commit, made = repository.commit(repository.write(change), f"raise {name}")
            told = replace(told, commit=commit, is_new=made)
        return Attempt(result=replace(clean(), upgrade=told))


def run(root: Path, raise_one: Raised, *, commit: bool = True) -> Outcome:
    """Raise what both modules have."""
    request = RaiseRequest(config=Config(project=root), commit=commit)
    return raised_each(
        request,
        find_projects(root),
        lambda *_: Attempt(result=failed(UsageError(""), Config(), None)),
        lambda _: None,
        raise_one=raise_one,
    )


def subjects(root: Path) -> list[str]:
    """Return the titles of the branch's commits, the first one first."""
    log = git(root, "log", "--reverse", "--format=%s", f"HEAD..{BRANCH}")
    return log.splitlines()


def test_each_module_is_a_commit_upon_that_before(root: Path) -> None:
    """Each has only its own module's change."""
    outcome = run(root, Raised())

    assert ["raise chat", "raise arena"] == subjects(root)
    assert ["games/arena/go.mod"] == git(
        root, "diff", "--name-only", f"{BRANCH}~1", BRANCH
    ).split()
    assert 2 == len(outcome.attempts)


def test_the_same_again_makes_no_commit(root: Path) -> None:
    """The branch has both changes already."""
    run(root, Raised())
    tip = git(root, "rev-parse", BRANCH)
    again = run(root, Raised())

    assert tip == git(root, "rev-parse", BRANCH)
    assert [False, False] == [
        each.result.upgrade.is_new for each in again.attempts if each.result.upgrade
    ]


def test_a_branch_that_holds_more_is_refused_first(root: Path) -> None:
    """Before any module's hour of work."""
    run(root, Raised())
    git(root, "checkout", "-q", BRANCH)
    write(root, {"README.md": "mine\n"})
    git(root, "add", "-A")
    git(root, "commit", "-qm", "mine")
    git(root, "checkout", "-q", "-")
    raise_one = Raised()

    with pytest.raises(BranchError):
        run(root, raise_one)
    assert [] == raise_one.heard


def test_one_that_fails_holds_no_other_back(root: Path) -> None:
    """Its error is its result, and the highest exit code counts."""
    outcome = run(root, Raised(errors={"chat": ImageMissingError("not to be had")}))
    chat, arena = outcome.attempts

    assert ["raise arena"] == subjects(root)
    assert ("image-missing", 3) == (chat.result.error_code, chat.result.exit_code)
    assert str(root / "chat") == chat.result.project
    assert 0 == arena.result.exit_code


def test_one_with_nothing_to_raise_makes_no_commit(root: Path) -> None:
    """The next one's is upon what is checked out then."""
    run(root, Raised(unraised=("chat",)))

    assert ["raise arena"] == subjects(root)


def test_an_interrupt_begins_no_other(root: Path) -> None:
    """Ctrl-C ends the command."""
    outcome = run(root, Raised(errors={"chat": InterruptedRunError(2)}))

    assert 1 == len(outcome.attempts)


def test_modules_built_with_each_other_are_not_committed_unproven(root: Path) -> None:
    """The second would be upon a change that it was not started with."""
    text = (root / "chat/go.mod").read_text()
    write(root, {"chat/go.mod": f"{text}\nreplace x => ../games/arena\n"})
    git(root, "commit", "-qam", "two")
    raise_one = Raised()

    with pytest.raises(UsageError, match="is built with"):
        run(root, raise_one)
    run(root, raise_one, commit=False)
    assert [root / "games/arena", root / "chat"] == raise_one.heard
