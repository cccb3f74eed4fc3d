"""Submodules travel with a plugin that comes out of git."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autofix.errors import NetworkError
from autofix.fleet.homecoming import LOG, brought
from autofix.fleet.parcel import Delivery
from autofix.fleet.repository import fetched, has_commit
from autofix.fleet.submodules import fetch_submodules, lay_out_submodules
from autofix.fleet.worker import perform
from tests.shell.test_fleet_sources import (
    COMMIT,
    game,
    pack,
    parcel,
    run_git,
    unpacked,
)

__all__ = ["game"]

ALLOWED = {
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "protocol.file.allow",
    "GIT_CONFIG_VALUE_0": "always",
}
"""What a user has who takes submodules out of folders."""


def allow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let submodules come out of folders, as a user's own settings do."""
    for name, value in ALLOWED.items():
        monkeypatch.setenv(name, value)


def repository(folder: Path, files: dict[str, str]) -> Path:
    """Make a repository of some files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    run_git(folder, "init", "-q", "-b", "main")
    run_git(folder, "add", ".")
    run_git(folder, *COMMIT)
    return folder


def include(inside: Path, other: str, path: str) -> None:
    """Add a submodule by a relative URL, and check it out."""
    origin = ("config", "remote.origin.url", inside.as_uri())
    run_git(inside, *origin)
    allowed = ("-c", "protocol.file.allow=always")
    run_git(inside, *allowed, "submodule", "--quiet", "add", f"../{other}", path)
    run_git(inside, *allowed, "submodule", "update", "--quiet", "--init", "--recursive")
    run_git(inside, *COMMIT)


@pytest.fixture
def nested(game: Path) -> Path:
    """Return the plugin with a submodule that has one itself."""
    base = game.parent.parent
    repository(base / "words", {"words.txt": "deep\n"})
    sign = repository(base / "sign", {"go.mod": "module example.com/sign\n"})
    include(sign, "words", "third party/words")
    include(game.parent, "sign", "server/sign")
    return game


DEEP = "server/sign/third party/words/words.txt"


def test_what_the_user_has_checked_out_travels(nested: Path, tmp_path: Path) -> None:
    """Also a commit that was pushed nowhere, and whatever git lets a URL name."""
    sign = nested / "sign"
    (sign / "own.txt").write_text("not pushed\n")
    run_git(sign, "add", ".")
    run_git(sign, *COMMIT)
    run_git(nested.parent, "commit", "-qam", "Own")
    sources = pack(nested, tmp_path, committed=True)
    copy = unpacked(sources, tmp_path / "there")
    lay_out_submodules(copy)

    assert () == sources.missing
    assert "not pushed\n" == (copy / "server" / "sign" / "own.txt").read_text()
    assert "deep\n" == (copy / DEEP).read_text()
    assert "" == run_git(copy, "status", "--porcelain")
    run_git(copy, "submodule", "status", "--recursive")


def test_a_location_brings_its_submodules(
    nested: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By URLs that are relative to it, and to each other."""
    allow(monkeypatch)
    where = {"path": "", "git": nested.parent.as_uri(), "committed": True}
    sources = pack(nested, tmp_path, **where)
    copy = unpacked(sources, tmp_path / "there")
    lay_out_submodules(copy)

    assert () == sources.missing
    assert "deep\n" == (copy / DEEP).read_text()


def test_a_submodule_names_no_folder_of_this_machine(
    nested: Path, tmp_path: Path
) -> None:
    """Without the user's leave; it is said, and the rest travels."""
    where = {"path": "", "git": nested.parent.as_uri(), "committed": True}
    sources = pack(nested, tmp_path, **where)
    copy = unpacked(sources, tmp_path / "there")
    lay_out_submodules(copy)
    (missing,) = sources.missing

    assert missing.startswith("server/sign: ")
    assert "transport 'file' not allowed" in missing
    assert [] == list((copy / "server" / "sign").iterdir())
    assert (copy / "server" / "main.go").is_file()


def test_what_was_missing_is_asked_for_again(
    nested: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the same plugin, so a fleet that goes on knows its jobs again."""
    where = {"path": "", "git": nested.parent.as_uri(), "committed": True}
    first = pack(nested, tmp_path, **where)
    allow(monkeypatch)
    second = pack(nested, tmp_path, **where)

    assert (1, 0) == (len(first.missing), len(second.missing))
    assert first.identity == second.identity
    assert first.archive != second.archive


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c 'touch ran'",
        "--upload-pack=touch ran",
        "../../../../../../x",
        "",
    ],
)
def test_a_url_of_somebody_else_runs_nothing(
    game: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """It is not handed to git, or git refuses it."""
    allow(monkeypatch)
    monkeypatch.chdir(tmp_path)
    root = game.parent
    other = repository(root.parent / "other", {"x": "x"})
    tip = run_git(other, "rev-parse", "HEAD").strip()
    run_git(root, "update-index", "--add", "--cacheinfo", f"160000,{tip},sub")
    listing = f'[submodule "s"]\n\tpath = sub\n\turl = "{url}"\n'
    (root / ".gitmodules").write_text(listing)
    run_git(root, "add", ".gitmodules")
    run_git(root, *COMMIT)
    where = {"path": "", "git": root.as_uri(), "committed": True}
    sources = pack(game, tmp_path, **where)

    assert 1 == len(sources.missing)
    assert [] == list(tmp_path.rglob("ran"))


def test_credentials_stay_out_of_what_travels(nested: Path, tmp_path: Path) -> None:
    """Those of the repository's URL serve for its relative ones, and go nowhere."""
    root = nested.parent
    tip = run_git(root, "rev-parse", "HEAD").strip()
    clone = fetched(str(root), tip, tmp_path, home=root)
    where = "https://me:hunter2@127.0.0.1:1/a/game.git"
    (missing,) = fetch_submodules(clone, where, tmp_path, home=None)
    own = fetch_submodules(clone, where, tmp_path, home=root)

    assert () == own
    assert "hunter2" not in missing
    assert "127.0.0.1" in missing
    for path in (clone / ".git").rglob("*"):
        assert not path.is_file() or b"hunter2" not in path.read_bytes()


def test_a_worker_lays_submodules_out(game: Path, tmp_path: Path) -> None:
    """A plugin that lies in one is found there."""
    base = game.parent.parent
    files = {name: (game / name).read_text() for name in ("go.mod", "main.go")}
    files["Dockerfile"] = "FROM heroiclabs/nakama:3.40.0\n"
    repository(base / "sign", files)
    include(game.parent, "sign", "plugins/sign")
    sources = replace(pack(game, tmp_path, committed=True), folder="plugins/sign")
    came = perform(parcel(sources))

    assert 1 == came.exit_code, came.log
    assert "nakama-common" in came.result


@pytest.mark.parametrize(("code", "told"), [(1, True), (0, False)])
def test_what_was_missing_is_told(tmp_path: Path, code: int, told: bool) -> None:
    """With a job that failed, in its line; in its log always."""
    delivery = Delivery(
        worker="w", exit_code=code, result="", log="said\n", seconds=1.0
    )
    cell = brought(delivery, tmp_path, "j", home=None, missing=("a: gone.",))
    (log,) = tmp_path.rglob(LOG)

    assert told is ("Without the submodule a: gone." in cell.headline)
    assert "autofix fleet: submodule a: gone.\nsaid\n" == log.read_text()


def test_a_commit_is_looked_for_in_the_very_folder(game: Path) -> None:
    """An empty folder of a submodule is not the repository around it."""
    tip = run_git(game, "rev-parse", "HEAD").strip()

    assert has_commit(game.parent, tip)
    assert not has_commit(game, tip)
    assert not has_commit(game.parent, "0" * 40)


def test_a_repository_that_cannot_be_fetched_is_an_error(tmp_path: Path) -> None:
    """Only its submodules may be missing."""
    with pytest.raises(NetworkError):
        fetched((tmp_path / "no").as_uri(), "0" * 40, tmp_path, home=None)
