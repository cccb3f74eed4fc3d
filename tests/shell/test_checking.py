from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from autofix.checking import Question, check
from autofix.config import Config
from autofix.core.linked import Linked
from autofix.core.lockfile import lock_text
from autofix.core.model import ModuleVersion
from autofix.core.serverrecord import ServerRecord
from autofix.engines.opening import Opened
from autofix.errors import (
    ConfigError,
    EngineUnavailableError,
    ImageMissingError,
    ProjectError,
    TargetError,
)
from autofix.releases import release_table, vendored_packages
from autofix.report.base import Reporter
from autofix.servercache import ServerCache
from autofix.verdict import Basis, Depth, Level, Mismatch, Verdict
from tests.core.plugin_elves import PluginElf

NEWEST = release_table().newest
PRAGMA = "google.golang.org/protobuf/internal/pragma"
COMMON = "github.com/heroiclabs/nakama-common/runtime"
HASHES = {"fmt": "0" * 16, PRAGMA: "0" * 16, COMMON: "0" * 16}
SERVER = Linked(
    name="nakama",
    machine="amd64",
    version=f"go{NEWEST.go}",
    go=NEWEST.go,
    main="github.com/heroiclabs/nakama/v3",
    modules=NEWEST.modules,
    settings={"-trimpath": "true", "-buildmode": "exe"},
    hashes=HASHES,
)
RECORD = ServerRecord(
    reference="heroiclabs/nakama:3.40.0",
    machine="amd64",
    linked=SERVER,
    identity=f"sha256:{7:064x}",
    digest="sha256:d",
    release="3.40.0",
    read="2026-11-20T10:00:00+00:00",
)
GO_MOD = """\
module example.com/game

go 1.99.0

require (
\tgithub.com/heroiclabs/nakama-common v1.47.0
\tgithub.com/stretchr/testify v1.2.0
\tgoogle.golang.org/protobuf v1.36.12
)
"""
CODE = """\
package main

import "github.com/heroiclabs/nakama-common/runtime"

func InitModule(_ runtime.Logger) error { return nil }
"""
INFO = (
    "path\texample.com/game\nmod\texample.com/game\t(devel)\t\n"
    "dep\tgoogle.golang.org/protobuf\t{version}\nbuild\t-buildmode=plugin\n"
    "build\t-trimpath=true\n"
)


def no_engine() -> Opened:
    """Fail: an offline check opens none."""
    raise AssertionError


@pytest.fixture
def game(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a plugin for 3.40.0; no module of it is on this machine."""
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "modules"))
    monkeypatch.setenv("GOFLAGS", "-modcacherw")
    folder = tmp_path / "game"
    folder.mkdir()
    (folder / "go.mod").write_text(GO_MOD)
    (folder / "main.go").write_text(CODE)
    (folder / "Dockerfile").write_text(
        "FROM heroiclabs/nakama-pluginbuilder:3.40.0 AS build\n"
        "RUN go build --buildmode=plugin -o backend.so\n"
        "FROM heroiclabs/nakama:3.40.0\n"
        "COPY --from=build /backend.so /nakama/data/modules/\n"
    )
    return folder


def checked(folder: Path, **asked: object) -> Verdict:
    """Check offline, with the cache beside the project."""
    question = Question(config=Config(project=folder), offline=True)
    (verdict,) = check(
        replace(question, **asked),  # type: ignore[arg-type]
        Reporter(),
        open_engine=no_engine,
        cache=ServerCache(folder=folder.parent / "cache"),
    )
    return verdict


def named(verdict: Verdict) -> dict[str, Mismatch]:
    """Map the findings by their module, or else their name."""
    return {each.module or each.name: each for each in verdict.all}


def plugin_file(folder: Path, version: str, hash_: bytes = bytes(8)) -> Path:
    """Write a plugin that links protobuf at a version."""
    path = folder / "backend.so"
    path.write_bytes(
        PluginElf(
            hashes={"fmt": bytes(8), PRAGMA: hash_},
            order=("fmt", PRAGMA),
            info=INFO.format(version=version),
        ).laid_out()
    )
    return path


def test_with_nothing_but_text(game: Path) -> None:
    """Without engine, cache and modules go.mod is compared with the release table."""
    before = {path: path.read_bytes() for path in game.iterdir()}
    verdict = checked(game)
    found = named(verdict)
    protobuf = found["google.golang.org/protobuf"]

    assert (Basis.TABLE, Depth.TEXT, 1) == (
        verdict.basis,
        verdict.judged[0].depth,
        verdict.exit_code,
    )
    assert ("go.mod:8", "v1.36.12", "v1.36.11") == (
        protobuf.place,
        protobuf.present,
        protobuf.wanted,
    )
    assert ("go.mod:3", "1.99.0", NEWEST.go) == (
        found["go-line-too-high"].place,
        found["go-line-too-high"].present,
        found["go-line-too-high"].wanted,
    )
    assert ("Dockerfile:2", Level.ERROR) == (
        found["no-trimpath"].place,
        found["no-trimpath"].level,
    )
    assert any("false alarm" in sentence for sentence in verdict.unknown)
    assert before == {path: path.read_bytes() for path in game.iterdir()}


def test_a_lock_file_tells_the_server(game: Path) -> None:
    """What it does not link is no finding, and what it links is one."""
    (game / "autofix.lock").write_text(lock_text(RECORD))
    verdict = checked(game)

    assert (Basis.LOCK, "3.40.0") == (verdict.basis, verdict.server.release)
    assert "google.golang.org/protobuf" in named(verdict)


def test_the_cache_tells_the_server(game: Path) -> None:
    """What was read of the image before is used, and of which day is said."""
    ServerCache(folder=game.parent / "cache").keep(RECORD)
    verdict = checked(game)

    assert Basis.CACHE is verdict.basis
    assert "heroiclabs/nakama:3.40.0 on 2026-11-20" in verdict.basis_text


def test_a_lock_of_another_release_is_stale(game: Path) -> None:
    """It is said, it fails the check, and the right release is taken elsewhere."""
    (game / "autofix.lock").write_text(lock_text(replace(RECORD, release="3.39.0")))
    verdict = checked(game)
    stale = named(verdict)["lock-stale"]

    assert (Basis.TABLE, "3.40.0") == (verdict.basis, verdict.server.release)
    assert ("autofix.lock:1", "3.39.0", "3.40.0") == (
        stale.place,
        stale.present,
        stale.wanted,
    )


def test_a_lock_of_another_image_without_a_release_is_stale(game: Path) -> None:
    """A server of one's own is known by its name."""
    ours = replace(RECORD, reference="ours/game-server:7", release="")
    (game / "autofix.lock").write_text(lock_text(ours))
    asked = Config(project=game, nakama="ours/game-server:7")

    assert Basis.LOCK is checked(game, config=asked).basis
    ServerCache(folder=game.parent / "cache").keep(
        replace(RECORD, reference="ours/game-server:8", release="")
    )
    moved = Config(project=game, nakama="ours/game-server:8")
    found = named(checked(game, config=moved))["lock-stale"]
    assert ("ours/game-server:7", "ours/game-server:8") == (found.present, found.wanted)


def test_an_edited_lock_is_not_believed(game: Path) -> None:
    """Whoever changes a version in it is told so."""
    text = lock_text(RECORD).replace("v1.36.11", "v1.36.12")
    (game / "autofix.lock").write_text(text)
    verdict = checked(game)

    assert Basis.TABLE is verdict.basis
    assert "edited by hand" in named(verdict)["lock-unusable"].text


def test_a_lock_names_the_target_where_nothing_else_does(game: Path) -> None:
    """A project without Dockerfile whose nakama-common is of no release."""
    (game / "Dockerfile").unlink()
    (game / "go.mod").write_text(GO_MOD.replace("v1.47.0", "v1.0.0"))
    with pytest.raises(TargetError):
        checked(game)
    (game / "autofix.lock").write_text(lock_text(RECORD))

    assert Basis.LOCK is checked(game).basis


def test_lock_is_written_from_what_is_known_of_the_image(game: Path) -> None:
    """From the cache as well; not from the table, and only once."""
    with pytest.raises(ImageMissingError, match="is not known here"):
        checked(game, lock=True)
    ServerCache(folder=game.parent / "cache").keep(RECORD)
    first = checked(game, lock=True)
    content = (game / "autofix.lock").read_bytes()
    (game / "autofix.lock").write_bytes(content.replace(b"\n", b"\r\n"))
    again = checked(game, lock=True)

    assert str(game / "autofix.lock") == first.written
    assert lock_text(RECORD).encode() == content
    assert "" == again.written


@pytest.mark.parametrize(
    ("version", "hash_", "name"),
    [
        ("v1.36.11", bytes(8), ""),
        ("v1.36.12", b"\1" * 8, "module-version"),
        ("v1.36.11", b"\1" * 8, "module-content"),
    ],
)
def test_a_built_plugin_by_its_hashes(
    game: Path, version: str, hash_: bytes, name: str
) -> None:
    """One finding a cause, on go.mod's line; the package foretold; nothing planned."""
    (game / "autofix.lock").write_text(lock_text(RECORD))
    path = plugin_file(game, version, hash_)
    verdict = checked(game, files=(path,))

    assert [name] * bool(name) == [each.name for each in verdict.errors]
    assert (PRAGMA if name else "") == verdict.judged[0].foretold
    assert all("go.mod:8" == each.place for each in verdict.errors)
    assert Depth.FILE is verdict.judged[0].depth


def test_a_built_plugin_without_a_project(tmp_path: Path) -> None:
    """The lock file beside it, or --nakama, names the server."""
    path = plugin_file(tmp_path, "v1.36.12", b"\1" * 8)
    with pytest.raises(TargetError):
        checked(tmp_path, files=(path,))
    by_table = checked(
        tmp_path, files=(path,), config=Config(project=tmp_path, nakama="3.40.0")
    )
    (tmp_path / "autofix.lock").write_text(lock_text(RECORD))
    by_lock = checked(tmp_path, files=(path,))

    for verdict in (by_table, by_lock):
        assert ["module-version"] == [each.name for each in verdict.errors]
        assert str(path) == verdict.errors[0].place
    assert any("hashes are not known" in each for each in by_table.unknown)


@pytest.mark.parametrize(
    "content", [b"", b"#!/bin/sh\n", b"\xcf\xfa\xed\xfe" + bytes(60), b"\x7fELF\x02"]
)
def test_a_file_that_is_no_plugin_is_a_finding(game: Path, content: bytes) -> None:
    """Each file is judged; that one is wrong does not hide the others."""
    wrong = game / "wrong.so"
    wrong.write_bytes(content)
    (game / "autofix.lock").write_text(lock_text(RECORD))
    right = plugin_file(game, "v1.36.11")
    verdict = checked(game, files=(wrong, right))

    assert ["no-plugin"] == [each.name for each in verdict.all]
    assert [1, 0] == [len(each.mismatches) for each in verdict.judged]


def test_what_cannot_be_checked(game: Path, tmp_path: Path) -> None:
    """A missing file and a missing project are the user's mistakes."""
    with pytest.raises(ConfigError, match="no file"):
        checked(game, files=(game / "missing.so",))
    with pytest.raises(ProjectError):
        checked(tmp_path / "cache-not-there")
    with pytest.raises(ImageMissingError, match="is not known here"):
        checked(game, config=Config(project=game, nakama="ours/nakama:7"))
    with pytest.raises(ImageMissingError, match="With --nakama TAG the built-in"):
        checked(game, config=Config(project=game, nakama="heroiclabs/nakama:latest"))
    with pytest.raises(ImageMissingError, match=r"has only 3\.0\.0 to 3\.") as caught:
        checked(game, config=Config(project=game, nakama="2.7.0"))
    assert "--offline" not in caught.value.todo


def test_a_vendored_project_says_what_it_links(game: Path) -> None:
    """Its modules.txt leaves out a module that no package of the plugin is of."""
    (game / "vendor").mkdir()
    (game / "vendor" / "modules.txt").write_text(
        "# github.com/heroiclabs/nakama-common v1.47.0\n## explicit; go 1.26.5\n"
        f"{COMMON}\n"
        "# google.golang.org/protobuf v1.36.12\n## explicit; go 1.26.5\n"
    )
    (game / "autofix.lock").write_text(lock_text(RECORD))
    verdict = checked(game)

    assert "google.golang.org/protobuf" not in named(verdict)
    assert any("vendor/modules.txt" in sentence for sentence in verdict.unknown)


def test_a_replaced_module_defeats(game: Path) -> None:
    """A version replace stands against the pin, on its own line."""
    text = GO_MOD.replace("go 1.99.0", f"go {NEWEST.go}").replace(
        "protobuf v1.36.12", "protobuf v1.36.11"
    )
    (game / "go.mod").write_text(
        f"{text}\nreplace google.golang.org/protobuf => google.golang.org/protobuf v1.34.1\n"
    )
    found = named(checked(game))["google.golang.org/protobuf"]

    assert ("replace-defeats", "go.mod:11", "v1.36.11") == (
        found.name,
        found.place,
        found.wanted,
    )


def test_packages_of_released_servers() -> None:
    """Those that are known fit the modules of the release; others are not made up."""
    known = vendored_packages("3.40.0")

    assert known is not None
    assert NEWEST.modules == known.versions
    assert "google.golang.org/protobuf" == known.packages[PRAGMA]
    assert vendored_packages("3.33.0") is None
    assert vendored_packages("9.9.9") is None


def test_replaced_in_the_server(game: Path) -> None:
    """A lock file carries what the server was built from in place of a module."""
    replaced = {
        "google.golang.org/protobuf": ModuleVersion(
            path="example.com/fork", version="v1"
        )
    }
    record = replace(RECORD, linked=replace(SERVER, replaced=replaced))
    (game / "autofix.lock").write_text(lock_text(record))
    verdict = checked(game)

    assert "server-replaces-modules" in {each.name for each in verdict.noticed}


def test_what_only_a_run_loads_does_not_count(game: Path) -> None:
    """The --so and --modules of a run may be set in the project's autofix.toml."""
    config = Config(project=game, so=game / "missing.so", modules=game / "missing")

    assert named(checked(game)) == named(checked(game, config=config))


def test_each_module_is_judged_by_itself(game: Path) -> None:
    """Modules with a go.mod of their own have a verdict each."""
    other = game.parent / "both" / "other"
    shutil.copytree(game, other)
    shutil.copytree(game, other.parent / "game")
    (other / "go.mod").write_text(GO_MOD.replace("v1.36.12", "v1.36.11"))
    verdicts = check(
        Question(config=Config(project=other.parent), offline=True),
        Reporter(),
        open_engine=no_engine,
        cache=ServerCache(folder=game.parent / "cache"),
    )

    assert ["game", "other"] == [Path(each.project).name for each in verdicts]
    assert [True, False] == [
        "google.golang.org/protobuf" in named(each) for each in verdicts
    ]


def test_where_no_engine_answers(game: Path) -> None:
    """A lock file is enough; without one it is said what is missing, and why."""

    def silent() -> Opened:
        raise EngineUnavailableError("No engine answers.")

    def online() -> tuple[Verdict, ...]:
        return check(
            Question(config=Config(project=game)),
            Reporter(),
            open_engine=silent,
            cache=ServerCache(folder=game.parent / "cache"),
        )

    with pytest.raises(ImageMissingError, match="No engine answers"):
        online()
    (game / "autofix.lock").write_text(lock_text(RECORD))
    (verdict,) = check(
        Question(config=Config(project=game), files=(plugin_file(game, "v1.36.11"),)),
        Reporter(),
        open_engine=silent,
        cache=ServerCache(folder=game.parent / "cache"),
    )

    assert Basis.LOCK is verdict.basis
    assert () == verdict.errors


@pytest.mark.go
def test_another_go_than_the_servers_lists_too(game: Path) -> None:
    """What that leaves unknown is said; the go line is judged by the server's Go."""
    linked = replace(SERVER, version="go1.26.99", go="1.26.99")
    (game / "autofix.lock").write_text(lock_text(replace(RECORD, linked=linked)))
    (game / "go.mod").write_text("module example.com/game\n\ngo 1.99.0\n")
    (game / "main.go").write_text("package main\n\nfunc InitModule() {}\n")
    verdict = checked(game)

    assert Depth.LISTED is verdict.judged[0].depth
    assert any("the server has Go 1.26.99" in each for each in verdict.unknown)
    assert "1.26.99" == named(verdict)["go-line-too-high"].wanted
