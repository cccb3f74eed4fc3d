"""Bisecting a real repository and the releases, judged by go.mod's text alone."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from autofix.attempting import Attempt
from autofix.bisecting.bisection import Bisection, Probe
from autofix.bisecting.history import History
from autofix.bisecting.probing import Builder, Planner, judged, tried
from autofix.bisecting.session import Judge, Session
from autofix.config import Config
from autofix.core.bisecting import Mark, Outcome, most_probes
from autofix.core.model import Ending, EndKind, FailureClass, Finding
from autofix.errors import (
    DiskFullError,
    GitError,
    ImageMissingError,
    ProjectError,
    TargetError,
    UsageError,
)
from autofix.layers import load
from autofix.releases import release_table
from autofix.report.bisect_json import bisect_json
from autofix.report.bisect_text import bisect_text
from autofix.servercache import ServerCache
from autofix.verdict import Basis, Depth, Judged, Mismatch, Verdict
from tests.contract import checked
from tests.report.values import BROKEN, HOSTILE, MISMATCH, SERVER, clean
from tests.shell.test_checking import CODE, no_engine
from tests.shell.test_upgrade_commits import git, state

GO_MOD = """\
module example.com/game

go 1.26.5

require (
\tgithub.com/heroiclabs/nakama-common v1.47.0
\tgoogle.golang.org/protobuf v1.36.11
)
"""
TOO_NEW = GO_MOD.replace("v1.36.11", "v1.36.12")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with a plugin in a subfolder; no module of it is here."""
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "modules"))
    monkeypatch.setenv("GOFLAGS", "-modcacherw")
    root = tmp_path / "repository"
    (root / "server").mkdir(parents=True)
    (root / "server" / "main.go").write_text(CODE)
    (root / "Dockerfile").write_text("FROM heroiclabs/nakama:3.40.0\n")
    git(root, "init", "-q")
    commit(root, GO_MOD, "Begin")
    return root


def commit(root: Path, go_mod: str, subject: str) -> str:
    """Commit a go.mod and a note, and return the commit."""
    (root / "server" / "go.mod").write_text(go_mod)
    (root / "notes").write_text(subject)
    git(root, "add", "-A")
    git(root, "commit", "-qm", subject)
    return git(root, "rev-parse", "HEAD").strip()


def session(folder: Path, said: list[str] | None = None) -> Session:
    """Return a session that plans offline, with what each commit's own settings say."""
    judge: Judge = Planner(
        open_engine=no_engine,
        cache=ServerCache(folder=folder.parent / "cache"),
        offline=True,
        by_hand=False,
    )
    note = said.append if said is not None else lambda _text: None
    return Session(config=Config(project=folder), settled=own, judge=judge, note=note)


def own(folder: Path) -> Config:
    """Return the configuration of a commit's folder."""
    return load(project=folder, flags={}, environment={}).config


def searched(root: Path, good: str, bad: str = "HEAD") -> Bisection:
    """Bisect the commits of the plugin."""
    scratch = root.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    return session(root / "server").commits(good, bad, scratch)


def test_the_commit_that_raised_a_module_is_named(root: Path) -> None:
    """With its author and what it changed in go.mod; the user's tree is as it was."""
    good = git(root, "rev-parse", "HEAD").strip()
    for number in range(5):
        commit(root, GO_MOD, f"Work {number}")
    wanted = commit(root, TOO_NEW, "Raise protobuf")
    for number in range(4):
        commit(root, TOO_NEW, f"More work {number}")
    (root / "server" / "main.go").write_text("package main // not yet committed\n")
    before = state(root)
    found = searched(root, good)
    result = checked(bisect_json(found), "bisect")

    assert (Outcome.FOUND, 0) == (found.outcome, found.exit_code)
    assert [wanted] == [each["name"] for each in result["suspects"]]
    assert ("t", "Raise protobuf") == (
        result["suspects"][0]["author"],
        result["suspects"][0]["subject"],
    )
    assert "Work 4" == result["before"]["subject"]
    assert "+\tgoogle.golang.org/protobuf v1.36.12" in found.change.splitlines()
    assert len(found.probes) <= most_probes(11)
    assert before == state(root)
    assert "" == git(root, "worktree", "list", "--porcelain").partition("\n\n")[2]
    assert [] == [each for each in (root.parent / "scratch").iterdir() if each.is_dir()]


def test_commits_that_cannot_be_read_are_passed_over(root: Path) -> None:
    """Where one hides the break, both are named, and the exit code is 1."""
    good = git(root, "rev-parse", "HEAD").strip()
    (root / "server" / "main.go").write_text("package nothing\n")
    hidden = commit(root, GO_MOD, "Break off")
    (root / "server" / "main.go").write_text(CODE)
    last = commit(root, TOO_NEW, "Raise protobuf, and mend")
    found = searched(root, good)
    text = bisect_text(found)

    assert (Outcome.RANGE, 1) == (found.outcome, found.exit_code)
    assert [hidden, last] == [each.name for each in found.suspects]
    assert "the others of them cannot be tested" in " ".join(text.split())


def test_a_merge_counts_as_one_step(root: Path) -> None:
    """What is on a side branch is not searched: first parents only."""
    good = git(root, "rev-parse", "HEAD").strip()
    main = git(root, "branch", "--show-current").strip()
    git(root, "checkout", "-qb", "side")
    commit(root, TOO_NEW, "Raise on the side")
    git(root, "checkout", "-q", main)
    (root / "other").write_text("x")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Meanwhile")
    git(root, "merge", "-q", "--no-ff", "-m", "Merge side", "-X", "theirs", "side")
    found = searched(root, good)

    assert ["Merge side"] == [c.commit.subject for c in found.suspects if c.commit]
    assert 3 == len(found.candidates)


def test_what_is_no_pair_of_commits_is_refused(root: Path) -> None:
    """Before anything is probed, with what to do instead."""
    first = git(root, "rev-parse", "HEAD").strip()
    commit(root, GO_MOD, "Next")

    with pytest.raises(GitError, match="no commit nothing"):
        searched(root, "nothing")
    with pytest.raises(GitError, match="no commit --output=x"):
        searched(root, "--output=x")
    with pytest.raises(UsageError, match="are the same commit"):
        searched(root, "HEAD")
    with pytest.raises(UsageError, match=r"(?s)not an ancestor.*the older commit"):
        searched(root, "HEAD", first)


def test_outside_a_repository_there_are_no_commits(tmp_path: Path) -> None:
    """The releases can still be searched."""
    (tmp_path / "go.mod").write_text(GO_MOD)
    (tmp_path / "main.go").write_text(CODE)

    with pytest.raises(GitError, match="--from"):
        session(tmp_path).commits("HEAD~1", "HEAD", tmp_path)
    with pytest.raises(ProjectError):
        session(tmp_path / "missing").commits("HEAD~1", "HEAD", tmp_path)


def test_the_release_that_breaks_is_named(root: Path) -> None:
    """Upwards and downwards, though the Dockerfile's builder is of one release."""
    table = release_table()
    said: list[str] = []
    down = session(root / "server", said).releases("3.40.0", "3.36.0", table)
    up = session(root / "server").releases("3.36.0", "3.40.0", table)

    assert ["3.39.0"] == [each.name for each in down.suspects]
    assert Outcome.REVERSED is up.outcome
    assert said[0].startswith("probe 1 of at most ")
    assert "loads with Nakama 3.40.0" in " ".join(bisect_text(down).split())
    assert "modules.txt" in bisect_text(down)
    assert "Exchange them" in " ".join(bisect_text(up).split())


def test_releases_must_be_two_that_are_known(root: Path) -> None:
    """A typing error is not taken for a release."""
    with pytest.raises(TargetError, match=r"no Nakama 3\.99\.0"):
        session(root).releases("3.40.0", "3.99.0", release_table())
    with pytest.raises(UsageError, match="nothing to search"):
        session(root).releases("3.40.0", "v3.40.0", release_table())


def verdict(*mismatches: Mismatch, packages: bool = True, **more: object) -> Verdict:
    """Return a verdict on a source."""
    plugin = Judged(depth=Depth.LISTED, mismatches=mismatches)
    return Verdict(
        project="/p",
        server=replace(SERVER, packages={"fmt": ""} if packages else {}),
        basis=Basis.TABLE,
        basis_text="as it was released",
        judged=(replace(plugin, **more),),  # type: ignore[arg-type]
    )


AS_IT_WAS = replace(clean(), diff="", rounds=(), findings=())
PROTOBUF = Mismatch(
    name="module-version", text="It differs.", module="google.golang.org/protobuf"
)


def test_a_difference_that_may_be_none_is_no_proof() -> None:
    """Where the server's packages are not known, only nakama-common's is certain."""
    common = replace(PROTOBUF, module="github.com/heroiclabs/nakama-common")

    def mark(*found: Mismatch, packages: bool) -> Mark:
        return judged("1", (verdict(*found, packages=packages),), by_hand=True).mark

    assert Mark.BAD is mark(PROTOBUF, packages=True)
    assert Mark.SKIP is mark(PROTOBUF, packages=False)
    assert Mark.BAD is mark(PROTOBUF, common, packages=False)
    assert Mark.GOOD is mark(packages=False)


def test_what_the_machine_lacks_is_not_the_plugins_fault() -> None:
    """A module that cannot be fetched is a skip, unless something else is certain."""
    lacking = replace(BROKEN, failure_class=FailureClass.MODULE_FETCH)
    end = Mismatch(name=EndKind.UNFIXABLE.value, text="Not fetched.")

    assert Mark.SKIP is judged("1", (verdict(end, ended=lacking),), by_hand=True).mark
    assert (
        Mark.BAD
        is judged("1", (verdict(PROTOBUF, end, ended=lacking),), by_hand=True).mark
    )
    assert Mark.BAD is judged("1", (verdict(end, ended=BROKEN),), by_hand=True).mark


def test_an_old_lock_file_and_another_builder_break_nothing() -> None:
    """The builder's finding counts only where the project itself names the server."""
    lock = Mismatch(name="lock-stale", text="Old.")
    builder = Mismatch(name="builder-tag-differs", text="Another.")

    assert Mark.GOOD is judged("1", (verdict(lock),), by_hand=False).mark
    assert Mark.GOOD is judged("1", (verdict(builder),), by_hand=True).mark
    assert Mark.BAD is judged("1", (verdict(builder),), by_hand=False).mark


def test_a_build_is_good_only_if_nothing_was_changed_for_it() -> None:
    """A clean end after a pin is not the plugin as it is; errors are told apart."""
    changed = tried("1", Attempt(result=clean()), by_hand=False)
    as_it_was = tried("1", Attempt(result=AS_IT_WAS), by_hand=False)
    limit = Ending(kind=EndKind.TIME_LIMIT, words="No time.")
    late = replace(AS_IT_WAS, ending=limit)
    missing = ImageMissingError("No image.")

    assert (Mark.BAD, MISMATCH.name) == (changed.mark, changed.findings[0].name)
    assert Mark.GOOD is as_it_was.mark
    assert Mark.SKIP is tried("1", Attempt(result=late), by_hand=False).mark
    assert (
        Mark.SKIP
        is tried("1", Attempt(result=clean(), error=missing), by_hand=False).mark
    )
    full = Attempt(result=clean(), error=DiskFullError("Full."))
    with pytest.raises(DiskFullError):
        tried("1", full, by_hand=False)


def test_what_the_projects_own_build_lacks_is_not_forgiven_to_a_build() -> None:
    """Autofix adds -trimpath to its own; a builder chosen by hand is not the project's."""
    trimpath = Finding(name="no-trimpath", text="Dockerfile:4: It has no -trimpath.")
    builder = Finding(name="builder-go-differs", text="Dockerfile:1: Another Go.")
    harmless = Finding(name="nakama-common-differs", text="go.mod:7: Another.")

    def probe(*findings: Finding, by_hand: bool = True) -> Probe:
        made = Attempt(result=replace(AS_IT_WAS, findings=findings))
        return tried("1", made, by_hand=by_hand)

    assert Mark.GOOD is probe(harmless, builder).mark
    assert Mark.BAD is probe(builder, by_hand=False).mark
    assert (Mark.BAD, ["no-trimpath"]) == (
        probe(harmless, trimpath).mark,
        [each.name for each in probe(harmless, trimpath).findings],
    )


def test_a_folder_without_a_plugin_is_not_built(tmp_path: Path) -> None:
    """It is passed over, as by a plan."""
    probe = Builder(folder=tmp_path / "runs", by_hand=True).probe(
        "1", Config(project=tmp_path)
    )

    assert Mark.SKIP is probe.mark
    assert not (tmp_path / "runs").exists()


def test_files_marked_for_export_only_are_laid_out_too(root: Path) -> None:
    """What an archive of the commit would leave out is part of what is built."""
    (root / ".gitattributes").write_text("*.go export-ignore\n")
    head = commit(root, GO_MOD, "Leave out of archives")
    History(root=root).lay_out(head, root.parent / "out")

    assert CODE == (root.parent / "out" / "server" / "main.go").read_text()


SIGNED = GO_MOD.replace(
    ")\n", "\texample.com/sign v0.0.0\n)\n\nreplace example.com/sign => {}\n"
)


def with_submodule(root: Path) -> str:
    """Add a module of another repository below third/sign; return the commit."""
    sign = root.parent / "sign"
    sign.mkdir()
    git(sign, "init", "-q")
    (sign / "go.mod").write_text("module example.com/sign\n\ngo 1.26.5\n")
    (sign / "deep").mkdir()
    (sign / "deep" / "sign.go").write_text("package deep\n")
    git(sign, "add", "-A")
    git(sign, "commit", "-qm", "Sign")
    allowed = ("-c", "protocol.file.allow=always")
    git(root, *allowed, "submodule", "--quiet", "add", str(sign), "third/sign")
    return commit(root, SIGNED.format("../third/sign"), "Sign")


def test_submodules_are_laid_out_as_they_were(root: Path) -> None:
    """So that a replace that leads into one is followed."""
    good = with_submodule(root)
    wanted = commit(root, SIGNED.format("../third/sign") + "// Note\n", "Note")
    History(root=root).lay_out(good, root.parent / "out")
    (root.parent / "out" / "third" / "sign" / "deep" / "sign.go").read_text()
    found = searched(root, good)

    assert [] == list((root.parent / "out").rglob("*.index"))
    assert Outcome.NEVER is found.outcome
    assert wanted == found.candidates[-1].name


def test_what_is_in_no_commit_cannot_be_tested(root: Path) -> None:
    """A submodule that this clone lacks, a replace that leads out of the repository."""
    good = with_submodule(root)
    commit(root, SIGNED.format("../third/sign/deep"), "Deeper")
    shutil.rmtree(root / "third" / "sign")
    lacking = searched(root, good)
    other = commit(root, SIGNED.format("../../sign"), "Move out")
    commit(root, SIGNED.format("../../sign") + "\n", "Go on")
    outside = searched(root, other)

    for found, why in (
        (lacking, "../third/sign, in a submodule whose commit is not in this clone"),
        (outside, "../../sign, which is outside the repository"),
    ):
        assert Outcome.UNTESTABLE is found.outcome
        assert found.probes[-1].words.endswith(why)


def test_a_folder_that_a_commit_forgot_is_its_own_fault(root: Path) -> None:
    """One inside the repository is not looked for elsewhere."""
    good = git(root, "rev-parse", "HEAD").strip()
    bad = commit(root, SIGNED.format("../forgotten"), "Forget")

    assert [bad] == [each.name for each in searched(root, good).suspects]


def test_each_commit_is_for_the_nakama_of_its_own_settings(root: Path) -> None:
    """As an upgrade moves it; settings that cannot be read are passed over."""
    settings = root / "server" / "autofix.toml"
    (root / "Dockerfile").unlink()
    settings.write_text('nakama = "3.40.0"\n')
    good = commit(root, GO_MOD, "Set")
    settings.write_text("nonsense = 1\n")
    commit(root, GO_MOD, "Break settings")
    settings.write_text('nakama = "3.38.0"\n')
    bad = commit(root, GO_MOD, "Move")
    found = searched(root, good)

    assert (Outcome.RANGE, bad) == (found.outcome, found.suspects[-1].name)
    assert "'nonsense', which is not a setting" in found.probes[-1].words


def test_a_commit_that_git_cannot_write_is_passed_over(root: Path) -> None:
    """Such as one whose filter fails."""
    good = git(root, "rev-parse", "HEAD").strip()
    git(root, "config", "filter.far.clean", "cat")
    git(root, "config", "filter.far.smudge", "false")
    git(root, "config", "filter.far.required", "true")
    (root / ".gitattributes").write_text("* filter=far\n")
    bad = commit(root, TOO_NEW, "Filter")
    found = searched(root, good)

    assert (Outcome.UNTESTABLE, [bad]) == (
        found.outcome,
        [each.name for each in found.suspects],
    )
    assert "git checkout-index failed" in found.probes[0].words


def test_hostile_words_do_not_reach_the_terminal(root: Path) -> None:
    """A commit's subject and author are anybody's."""
    good = git(root, "rev-parse", "HEAD").strip()
    (root / "server" / "go.mod").write_text(TOO_NEW)
    git(root, "commit", "-qam", HOSTILE, "--author", "\x1b[2Jx <x@example.com>")
    found = searched(root, good)
    probe = Probe(name="1", mark=Mark.SKIP, words=HOSTILE)
    text = bisect_text(
        replace(found, probes=(*found.probes, replace(probe, name=good)))
    )

    assert Outcome.FOUND is found.outcome
    assert "\x1b" not in text
    assert "\u202e" not in text
