"""A commit on a branch of its own; what is checked out stays as it is."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from autofix.errors import BranchError, DirtyProjectError, GitError
from autofix.upgrading.commits import Change, Repository

BRANCH = "autofix/nakama-3.40.0"


def git(folder: Path, *arguments: str) -> str:
    """Run git as a nobody in particular."""
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    done = subprocess.run(
        ["git", *identity, *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    )
    return done.stdout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository with a plugin that is vendored, in a subfolder."""
    root = tmp_path / "repository"
    vendor = root / "server" / "vendor"
    vendor.mkdir(parents=True)
    (vendor / "modules.txt").write_text("# a v1\n")
    (vendor / "old.go").write_text("package old\n")
    (root / "server" / "go.mod").write_text("module m\n")
    (root / "server" / "main.go").write_text("package main\n")
    (root / "build.sh").write_text("#!/bin/sh\nNAKAMA_VERSION=3.26.0\n")
    (root / "build.sh").chmod(0o755)
    (root / ".gitignore").write_text(".env\n")
    (root / ".env").write_text("NAKAMA_VERSION=3.26.0\n")
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "one")
    return root


@pytest.fixture
def change(root: Path, tmp_path: Path) -> Change:
    """Return a change of files and of vendor/."""
    vendor = tmp_path / "new"
    vendor.mkdir()
    (vendor / "modules.txt").write_text("# a v2\n")
    (vendor / "new.go").write_text("package new\n")
    return Change(
        root=root,
        files={
            "build.sh": b"#!/bin/sh\nNAKAMA_VERSION=3.40.0\n",
            "server/go.mod": b"module m // changed\n",
            "server/go.sum": b"new\n",
        },
        trees={"server/vendor": vendor},
    )


def state(root: Path) -> tuple[str, str, str, dict[str, bytes]]:
    """Return all that a user would notice: status, HEAD, index, files."""
    files = {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.parts
    }
    index = git(root, "ls-files", "-s")
    return (
        git(root, "status", "--porcelain"),
        git(root, "rev-parse", "HEAD"),
        index,
        files,
    )


def test_a_commit_leaves_what_is_checked_out_alone(root: Path, change: Change) -> None:
    """Index, files and HEAD are as before; the commit has all of the change."""
    (root / "notes.txt").write_text("mine\n")
    git(root, "add", "notes.txt")
    before = state(root)
    repository = Repository(root=root, branch=BRANCH, sources=("server",))
    repository.require_ready()
    commit, made = repository.commit(repository.write(change), "subject\n\nbody\n")

    assert made
    assert before == state(root)
    assert "subject\n\nbody" == git(root, "log", "-1", "--format=%B", BRANCH).strip()
    assert commit == git(root, "rev-parse", BRANCH).strip()
    assert [
        "M\tbuild.sh",
        "M\tserver/go.mod",
        "A\tserver/go.sum",
        "M\tserver/vendor/modules.txt",
        "A\tserver/vendor/new.go",
        "D\tserver/vendor/old.go",
    ] == git(root, "diff", "--name-status", "--no-renames", "HEAD", BRANCH).splitlines()
    assert git(root, "ls-tree", BRANCH, "build.sh").startswith("100755 ")


def test_reverting_it_restores_every_byte(root: Path, change: Change) -> None:
    """The commit holds the change and nothing else."""
    before = git(root, "rev-parse", "HEAD^{tree}")
    repository = Repository(root=root, branch=BRANCH)
    repository.commit(repository.write(change), "subject")
    git(root, "switch", "-q", BRANCH)
    git(root, "revert", "--no-edit", "HEAD")

    assert before == git(root, "rev-parse", "HEAD^{tree}")


def test_the_same_change_is_committed_once(root: Path, change: Change) -> None:
    """A second run from the same place finds the first one's commit."""
    repository = Repository(root=root, branch=BRANCH)
    first, _ = repository.commit(repository.write(change), "subject")
    repository.require_ready()

    assert (first, False) == repository.commit(repository.write(change), "subject")


def test_no_change_is_no_commit(root: Path) -> None:
    """Where HEAD has it all already, no branch is made."""
    repository = Repository(root=root, branch=BRANCH)
    same = Change(root=root, files={"server/go.mod": b"module m\n"}, trees={})

    assert ("", False) == repository.commit(repository.write(same), "subject")
    assert "" == git(root, "branch", "--list", BRANCH)


def test_a_branch_with_something_else_is_never_moved(
    root: Path, change: Change
) -> None:
    """It is refused before anything runs, and also at the end."""
    repository = Repository(root=root, branch=BRANCH)
    git(root, "switch", "-qc", BRANCH)
    for name in ("two", "three"):
        (root / "notes.txt").write_text(name)
        git(root, "add", "notes.txt")
        git(root, "commit", "-qm", name)
    tip = git(root, "rev-parse", "HEAD")
    git(root, "switch", "-q", "-")

    with pytest.raises(BranchError, match="git branch -D"):
        repository.require_ready()
    with pytest.raises(BranchError):
        repository.commit(repository.write(change), "subject")
    assert tip == git(root, "rev-parse", BRANCH)


def test_what_would_not_be_built_is_refused(root: Path) -> None:
    """Changed sources and new Go files are; what lies elsewhere is not."""
    repository = Repository(root=root, branch=BRANCH, sources=("server",))
    (root / "build.sh").write_text("changed\n")
    (root / "server" / "backend.so").write_text("built\n")
    repository.require_ready()
    (root / "server" / "cards").mkdir()
    (root / "server" / "cards" / "cards.go").write_text("package cards\n")

    with pytest.raises(DirtyProjectError, match="server/cards/"):
        repository.require_ready()
    repository.require_ready(allow_dirty=True)


def test_what_git_ignores_stays_out(root: Path) -> None:
    """A .env of this machine is in no commit; it is named instead."""
    repository = Repository(root=root, branch=BRANCH)
    change = Change(
        root=root, files={".env": b"x\n", "server/go.mod": b"module n\n"}, trees={}
    )
    written = repository.write(change)
    repository.commit(written, "subject")

    assert (".env",) == written.ignored
    assert "server/go.mod\n" == git(root, "diff", "--name-only", "HEAD", BRANCH)


def test_line_ends_are_kept_as_git_keeps_them(root: Path) -> None:
    """Attributes of the repository hold, although no work tree of its is used."""
    (root / ".gitattributes").write_text("*.mod text eol=crlf\n")
    git(root, "add", ".gitattributes")
    git(root, "commit", "-qm", "attributes")
    repository = Repository(root=root, branch=BRANCH)
    change = Change(root=root, files={"server/go.mod": b"module n\r\n"}, trees={})
    repository.commit(repository.write(change), "subject")

    assert "module n\n" == git(root, "cat-file", "blob", f"{BRANCH}:server/go.mod")


def test_git_without_a_name_commits_all_the_same(
    root: Path, change: Change, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An unattended machine may know nobody."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    git(root, "config", "user.useConfigOnly", "true")
    repository = Repository(root=root, branch=BRANCH)
    repository.commit(repository.write(change), "subject")

    assert "autofix" == git(root, "log", "-1", "--format=%an", BRANCH).strip()


def test_a_linked_work_tree_is_a_repository_too(
    root: Path, change: Change, tmp_path: Path
) -> None:
    """Its HEAD counts, and both checkouts stay as they are."""
    linked = tmp_path / "linked"
    git(root, "worktree", "add", "-q", "-b", "other", str(linked))
    before = state(root), state(linked)
    repository = Repository(root=linked, branch=BRANCH)
    moved = Change(root=linked, files=change.files, trees=change.trees)
    commit, made = repository.commit(repository.write(moved), "subject")

    assert made
    assert before == (state(root), state(linked))
    assert commit == git(root, "rev-parse", BRANCH).strip()


def test_a_hook_s_surroundings_do_not_mislead(
    root: Path, change: Change, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Started by a hook of another repository, the right one is written."""
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    repository = Repository(root=root, branch=BRANCH)
    commit, _ = repository.commit(repository.write(change), "subject")
    monkeypatch.undo()

    assert commit == git(root, "rev-parse", BRANCH).strip()


def test_a_submodules_file_is_refused_with_what_to_do(
    root: Path, change: Change
) -> None:
    """It has commits of its own; git's own words speak of a pathspec."""
    (root / ".gitmodules").write_text('[submodule "s"]\n\tpath = shared\n\turl = x\n')
    repository = Repository(root=root, branch=BRANCH)
    within = replace(change, files={"shared/wallet.go": b"package shared\n"})
    beside = replace(change, files={"shared.go": b"package shared\n"}, trees={})

    with pytest.raises(GitError, match=r"lies in the submodule shared") as caught:
        repository.write(within)
    assert "Run without --commit" in caught.value.todo
    assert repository.write(beside).tree


def test_trouble_with_git_is_told_in_its_words(tmp_path: Path) -> None:
    """No commit to build upon, a name that is none."""
    git(tmp_path, "init", "-q")

    with pytest.raises(GitError, match="rev-parse"):
        Repository(root=tmp_path, branch=BRANCH).require_ready()
    with pytest.raises(GitError, match="not a valid branch name"):
        Repository(root=tmp_path, branch="a..b").require_ready()


def test_ported_code_is_a_commit_upon_the_pins(root: Path, change: Change) -> None:
    """Two commits, one change each; a second run from HEAD finds both."""
    code = {**change.files, "server/main.go": b"package main // ported\n"}
    both = replace(change, files=code)
    repository = Repository(root=root, branch=BRANCH)
    steps = [
        (repository.write(change), "pins"),
        (repository.write(both), "code"),
    ]
    commit, made = repository.commits(steps)

    assert made
    assert ["code", "pins"] == git(
        root, "log", "--format=%s", f"HEAD..{BRANCH}"
    ).splitlines()
    assert (
        "server/main.go"
        == git(root, "diff", "--name-only", f"{BRANCH}~1", BRANCH).strip()
    )
    repository.require_ready(commits=2)
    assert (commit, False) == repository.commits(steps)


def test_ported_code_alone_is_one_commit(root: Path) -> None:
    """Where no pin changes, there is nothing to commit before the code."""
    nothing = Change(root=root, files={}, trees={})
    code = Change(root=root, files={"server/main.go": b"package main\n//\n"}, trees={})
    repository = Repository(root=root, branch=BRANCH)
    repository.commits(
        [(repository.write(nothing), "pins"), (repository.write(code), "code")]
    )

    assert "code" == git(root, "log", "--format=%s", f"HEAD..{BRANCH}").strip()
