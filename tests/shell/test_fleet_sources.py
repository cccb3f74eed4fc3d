"""Sources travel: as they lie, or out of git with the way home for branches."""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from autofix.core.fleet import FleetAction, FleetPlugin
from autofix.engines.archive import inflated, unpack
from autofix.errors import AutofixError, NetworkError, ProjectError
from autofix.fleet.parcel import Parcel
from autofix.fleet.repository import (
    BASE,
    brought_home,
    bundled,
    checked_out,
    commit_of,
    git,
    new_branches,
)
from autofix.fleet.sources import BUNDLED, LINKS, Sources, packed
from autofix.fleet.worker import perform
from autofix.inputs import PROJECT

MAIN = """package main

import "github.com/heroiclabs/nakama-common/runtime"

func InitModule(_ runtime.Logger) error { return nil }
"""
COMMIT = ("-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-qm", "x")


@pytest.fixture
def game(tmp_path: Path) -> Path:
    """Lay out a repository with a plugin in a folder of it, all committed."""
    folder = tmp_path / "game" / "server"
    (folder / "data").mkdir(parents=True)
    (folder / "go.mod").write_text(
        "module example.com/game\n\ngo 1.26.5\n\n"
        "require github.com/heroiclabs/nakama-common v1.46.0\n"
    )
    (folder / "main.go").write_text(MAIN)
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    (folder / "data" / "link").symlink_to("../main.go")
    (folder / ".env").write_text("PASSWORD=secret\n")
    (folder / "autofix.toml").write_text('nakama = "3.40.0"\n')
    (folder.parent / "Dockerfile").write_text("FROM heroiclabs/nakama:3.40.0\n")
    run_git(folder.parent, "init", "-q", "-b", "main")
    run_git(folder.parent, "add", ".")
    run_git(folder.parent, *COMMIT)
    return folder


def run_git(folder: Path, *arguments: str) -> str:
    """Run git as the user does."""
    return subprocess.run(
        ["git", "-C", str(folder), *arguments],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout


def pack(folder: Path, tmp_path: Path, **more: object) -> Sources:
    """Pack a plugin."""
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    values = {"name": "game", "path": str(folder), **more}
    committed = bool(values.pop("committed", False))
    plugin = FleetPlugin(**values)  # type: ignore[arg-type]
    return packed(
        plugin,
        base=tmp_path,
        committed=committed,
        into=tmp_path / "packed",
        scratch=scratch,
    )


def contents(sources: Sources, into: Path) -> dict[str, str]:
    """Unpack sources that were packed as they lie."""
    unpack(inflated(sources.archive), into)
    return {
        path.relative_to(into).as_posix(): path.read_text()
        for path in sorted(into.rglob("*"))
        if path.is_file()
    }


def test_a_folder_travels_as_it_lies_without_git_and_credentials(
    game: Path, tmp_path: Path
) -> None:
    """With what autofix looks at around it: the repository's Dockerfile, its own file."""
    (game / "main.go").write_text(MAIN + "// not committed\n")
    sources = pack(game, tmp_path)
    found = contents(sources, tmp_path / "there")

    assert "server" == sources.folder
    assert {
        f"{LINKS}/server/data/link",
        f"{PROJECT}/Dockerfile",
        f"{PROJECT}/server/autofix.toml",
        f"{PROJECT}/server/go.mod",
        f"{PROJECT}/server/main.go",
        f"{PROJECT}/server/run.sh",
    } == found.keys()
    assert "not committed" in found[f"{PROJECT}/server/main.go"]
    assert (tmp_path / "there" / PROJECT / ".git").is_dir()
    assert os.access(tmp_path / "there" / PROJECT / "server" / "run.sh", os.X_OK)


def test_the_same_sources_have_the_same_identity_whenever_they_were_touched(
    game: Path, tmp_path: Path
) -> None:
    """Contents, names and the right to execute count; nothing else does."""
    first = pack(game, tmp_path)
    os.utime(game / "main.go", (1, 1))

    assert first == pack(game, tmp_path)

    (game / "main.go").chmod(0o755)

    assert first.identity != pack(game, tmp_path).identity


def test_a_folder_without_a_plugin_is_refused(tmp_path: Path) -> None:
    """As 'autofix run' refuses it."""
    with pytest.raises(ProjectError):
        pack(tmp_path, tmp_path)


def unpacked(sources: Sources, into: Path) -> Path:
    """Lay a repository out as a worker does."""
    unpack(inflated(sources.archive), into)
    copy = into / "copy"
    copy.mkdir()
    (into / BUNDLED).rename(copy / ".git")
    checked_out(copy)
    return copy


def test_one_commit_goes_out_and_a_branch_comes_home(
    game: Path, tmp_path: Path
) -> None:
    """Without the history before it; the user's branch and files stay as they are."""
    run_git(game.parent, "config", "user.name", "Somebody")
    run_git(game.parent, "config", "user.email", "somebody@example.com")
    (game / "main.go").write_text(MAIN + "// second\n")
    run_git(game.parent, "commit", "-qam", "second")
    (game / "main.go").write_text(MAIN + "// not committed\n")
    before = run_git(game.parent, "status", "--porcelain", "--branch")
    sources = pack(game, tmp_path, committed=True)
    copy = unpacked(sources, tmp_path / "there")

    assert "server" == sources.folder
    assert "// second" in (copy / "server" / "main.go").read_text()
    assert (copy / "server" / "data" / "link").is_symlink()
    assert 1 == len(run_git(copy, "log", "--format=%h").split())
    assert () == new_branches(copy)

    run_git(copy, "checkout", "-qb", "autofix/nakama-3.40.0")
    (copy / "server" / "go.mod").write_text("module example.com/game\n\ngo 1.26.4\n")
    run_git(copy, "commit", "-qam", "Upgrade")
    assert ("autofix/nakama-3.40.0",) == new_branches(copy)
    bundle = tmp_path / "bundle"
    bundle.write_bytes(bundled(copy, new_branches(copy), tmp_path / "made"))
    names = brought_home(game.parent, bundle, new_branches(copy), suffix="0123abcd")

    assert ("autofix/nakama-3.40.0",) == names
    log = run_git(game.parent, "log", "--format=%an %s", names[0])
    assert ["Somebody Upgrade", "Somebody second", "A x"] == log.splitlines()
    assert before == run_git(game.parent, "status", "--porcelain", "--branch")


def made_branch(copy: Path, bundle: Path, text: str) -> Path:
    """Commit a change on a branch of a worker's copy, and bundle it."""
    run_git(copy, "checkout", "-qB", "pins", BASE)
    (copy / "server" / "main.go").write_text(MAIN + text)
    run_git(copy, "add", ".")
    run_git(copy, *COMMIT)
    bundle.write_bytes(bundled(copy, ("pins",), bundle.with_suffix(".made")))
    return bundle


def test_a_branch_of_the_users_is_never_moved(game: Path, tmp_path: Path) -> None:
    """A new one gets another name beside it, each time another."""
    copy = unpacked(pack(game, tmp_path, committed=True), tmp_path / "there")
    run_git(game.parent, "branch", "pins")
    own = run_git(game.parent, "rev-parse", "pins")
    names = [
        brought_home(
            game.parent,
            made_branch(copy, tmp_path / "bundle", f"// {number}\n"),
            ("pins",),
            suffix="0123abcd",
        )
        for number in range(3)
    ]

    assert [("pins-0123abcd",), ("pins-0123abcd-2",), ("pins-0123abcd-3",)] == names
    assert own == run_git(game.parent, "rev-parse", "pins")
    assert "" == run_git(game.parent, "for-each-ref", "refs/autofix")


def test_a_night_that_brings_the_same_again_leaves_one_branch(
    game: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its commit is another, because it was made later; its content is not."""
    copy = unpacked(pack(game, tmp_path, committed=True), tmp_path / "there")
    for day in (1, 2):
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"2026-11-0{day}T00:00:00Z")
        bundle = made_branch(copy, tmp_path / "bundle", "// same\n")

        assert ("pins",) == brought_home(
            game.parent, bundle, ("pins",), suffix="0123abcd"
        )
    listed = run_git(game.parent, "for-each-ref", "--format=%(refname)").split()
    assert ["refs/heads/main", "refs/heads/pins"] == listed


def test_a_revision_is_taken_and_a_missing_one_named(
    game: Path, tmp_path: Path
) -> None:
    """A tag, a branch or a commit."""
    run_git(game.parent, "tag", "v1")
    sources = pack(game, tmp_path, committed=True, revision="v1")

    assert run_git(game.parent, "rev-parse", "v1").strip() == sources.commit
    with pytest.raises(ProjectError, match="no revision v9"):
        pack(game, tmp_path, committed=True, revision="v9")


def test_a_location_is_fetched(game: Path, tmp_path: Path) -> None:
    """Its branches stay in the fleet's folder: nothing is pushed."""
    where = game.parent.as_uri()
    more = {"path": "", "git": where, "committed": True}
    sources = pack(game, tmp_path, revision="main", **more)

    assert sources.home is None
    assert (unpacked(sources, tmp_path / "there") / "server" / "main.go").is_file()
    with pytest.raises(NetworkError, match="cannot be read"):
        pack(game, tmp_path, **{**more, "git": f"{where}-not"})


def test_a_location_has_other_names_that_end_alike(game: Path) -> None:
    """The reference of just that name counts; a tag, by what it stands for, first."""
    root = game.parent
    first = run_git(root, "rev-parse", "HEAD").strip()
    run_git(root, "branch", "main-line")
    run_git(root, "tag", "-a", "-m", "One", "v1")
    (root / "later").write_text("x")
    run_git(root, "add", "later")
    run_git(root, "commit", "-qm", "Later")
    later = run_git(root, "rev-parse", "HEAD").strip()
    run_git(root, "branch", "next/main-line")
    run_git(root, "branch", "next/only")
    run_git(root, "branch", "v1")
    where = root.as_uri()

    assert first == commit_of(where, "main-line", local=False)
    assert first == commit_of(where, "v1", local=False)
    assert later == commit_of(where, "refs/heads/v1", local=False)
    assert later == commit_of(where, "HEAD", local=False)
    with pytest.raises(ProjectError, match="no revision only"):
        commit_of(where, "only", local=False)


def test_a_repository_cannot_make_a_worker_run_its_programs(
    game: Path, tmp_path: Path
) -> None:
    """Its hooks and settings do not travel."""
    hook = game.parent / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    run_git(game.parent, "config", "filter.x.smudge", f"touch {tmp_path}/ran")
    copy = unpacked(pack(game, tmp_path, committed=True), tmp_path / "there")

    assert not (tmp_path / "ran").exists()
    assert "" == git(copy, "config", "filter.x.smudge")
    assert BASE == run_git(copy, "branch", "--show-current").strip()


def parcel(sources: Sources, *arguments: str, seconds: float = 60.0) -> Parcel:
    """Return a check of these sources, without engine and network."""
    return Parcel(
        job="j",
        action=FleetAction.CHECK,
        arguments=("--offline", *arguments),
        sources=sources.archive.read_bytes(),
        folder=sources.folder,
        committed=bool(sources.commit),
        seconds=seconds,
        timed=False,
    )


@pytest.mark.parametrize("committed", [False, True])
def test_a_worker_does_a_job_as_its_own_autofix_process(
    game: Path, tmp_path: Path, committed: bool
) -> None:
    """It says what the command said, and leaves nothing behind."""
    came = perform(parcel(pack(game, tmp_path, committed=committed)))

    assert 1 == came.exit_code, came.log
    assert "nakama-common" in came.result
    assert f":{os.getpid()}" in came.worker
    assert [] == list(Path(tempfile.gettempdir()).glob(f"autofix-{os.getpid()}-*"))


def test_a_refused_command_line_is_told(game: Path, tmp_path: Path) -> None:
    """Exit code 2, and the words in the log."""
    came = perform(parcel(pack(game, tmp_path), "--frobnicate"))

    assert (2, "") == (came.exit_code, came.result)
    assert "--frobnicate" in came.log


def test_a_job_that_nobody_wants_any_more_is_ended(game: Path, tmp_path: Path) -> None:
    """In order, with time to clean up."""
    came = perform(parcel(pack(game, tmp_path)), lambda: False)

    assert came.exit_code in (130, 143, -15)
    assert not came.overdue


def test_a_job_beyond_its_time_is_ended(game: Path, tmp_path: Path) -> None:
    """And says that this is why."""
    assert perform(parcel(pack(game, tmp_path), seconds=0.01)).overdue


def test_sources_that_lead_out_of_their_folder_are_refused(
    game: Path, tmp_path: Path
) -> None:
    """Whatever a coordinator sends."""
    sources = pack(game, tmp_path)
    with pytest.raises(AutofixError, match="leads out"):
        perform(parcel(replace(sources, folder="../../../etc")))
