"""A past run is run again on its very server if that can be had, else the nearest."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from autofix.core.journal import Entry
from autofix.core.linked import Linked
from autofix.core.model import BuilderFacts
from autofix.core.observations import Prepared
from autofix.engines.archive import Entry as Packed
from autofix.engines.archive import pack_compressed
from autofix.engines.base import Builder, Database, Engine, Image
from autofix.errors import ImageMissingError, RunUnreadableError
from autofix.inputs import read_inputs, restored
from autofix.linkedfiles import LinkedFiles
from autofix.reproducing import config_of
from autofix.runs import Run, read_run
from autofix.sameserver import By, served, settings_again
from tests.shell.test_reproducing import STUCK, ran

DIGEST = f"sha256:{'a1' * 32}"
OTHER = f"sha256:{'b2' * 32}"
OFFICIAL = "heroiclabs/nakama:3.40.0"


@dataclass
class Images(Engine):
    """An engine that has some images, each by reference, and can pull some others."""

    has: Mapping[str, str]
    pulls: Mapping[str, str]

    @property
    def name(self) -> str:
        """Return its name."""
        return "docker"

    def held(self, references: Sequence[str], *, machine: str = "") -> Image | None:
        """Return the first that it has."""
        del machine
        found = [each for each in references if each in self.has]
        return image_of(found[0], self.has[found[0]]) if found else None

    def image(
        self, references: Sequence[str], *, role: str, machine: str = ""
    ) -> Image:
        """Return the first that it has, else can pull."""
        del machine
        if held := self.held(references):
            return held
        for each in references:
            if each in self.pulls:
                return image_of(each, self.pulls[each])
        raise ImageMissingError(f"no {role} among {references}")

    def copy_out(self, image: Image, path: str, target: Path) -> None:
        """Nothing is read here."""
        raise NotImplementedError

    def builder(self, image: Image) -> AbstractContextManager[Builder]:
        """Nothing is built here."""
        raise NotImplementedError

    def database(self, image: Image) -> AbstractContextManager[Database]:
        """Nothing is started here."""
        raise NotImplementedError

    def serve(self, *_arguments: Any, **_options: Any) -> Any:
        """Nothing is started here."""
        raise NotImplementedError


def image_of(reference: str, digest: str) -> Image:
    """Return an image."""
    return Image(
        reference=reference, identity=f"id of {digest}", digest=digest, machine="amd64"
    )


def run_on(
    folder: Path,
    server: str = OFFICIAL,
    digest: str = DIGEST,
    builder: str = "golang:1.26.5-bookworm",
    release: str = "3.40.0",
) -> Run:
    """Return a run on a server and builder."""

    def placed(entry: Entry) -> Entry:
        seen = entry.observation
        if not isinstance(seen, Prepared):
            return entry
        facts = replace(
            seen.server, reference=server, digest=digest, release=release, go="1.26.5"
        )
        by = BuilderFacts(reference=builder, go="1.26.5", digest=OTHER)
        return replace(entry, observation=replace(seen, server=facts, builder=by))

    return read_run(ran(folder, STUCK, placed))


def again(
    run: Run,
    *,
    has: Mapping[str, str] | None = None,
    pulls: Mapping[str, str] | None = None,
    given: Mapping[str, Any] | None = None,
    foreign: bool = True,
) -> dict[str, Any]:
    """Return where a run is run again by an engine with these images."""

    @contextmanager
    def opened() -> Iterator[Engine]:
        yield Images(
            has={"golang:1.26.5-bookworm": OTHER, **(has or {})}, pulls=pulls or {}
        )

    return settings_again(run, given or {}, foreign=foreign, open_engine=opened)


def test_the_image_of_its_digest_is_taken(tmp_path: Path) -> None:
    """Which the engine has under the tag; nothing is pulled."""
    where = again(run_on(tmp_path), has={OFFICIAL: DIGEST})

    assert {
        "engine": "docker",
        "server_image": OFFICIAL,
        "builder_image": "golang:1.26.5-bookworm",
    } == where


def test_a_tag_that_moved_is_passed_over(tmp_path: Path) -> None:
    """Where its image can be pulled by its digest."""
    pinned = f"heroiclabs/nakama@{DIGEST}"
    where = again(run_on(tmp_path), has={OFFICIAL: OTHER}, pulls={pinned: DIGEST})

    assert pinned == where["server_image"]


def test_the_tag_serves_where_the_digest_cannot_be_had(tmp_path: Path) -> None:
    """Another image of that name is better than none."""
    assert OFFICIAL == again(run_on(tmp_path), has={OFFICIAL: OTHER})["server_image"]


def test_the_release_serves_where_the_image_has_no_name_here(tmp_path: Path) -> None:
    """The server was a file of another machine."""
    where = again(run_on(tmp_path, server="/opt/nakama"), has={OFFICIAL: OTHER})

    assert ("docker", OFFICIAL) == (where["engine"], where["server_image"])


def test_nothing_at_all_is_an_error_of_the_machine(tmp_path: Path) -> None:
    """Which names what was tried."""
    with pytest.raises(ImageMissingError, match=r"nakama:3\.40\.0"):
        again(run_on(tmp_path))


def test_a_bundles_own_builder_is_not_trusted(tmp_path: Path) -> None:
    """Go's own image has the same Go."""
    run = run_on(tmp_path, builder="evil.example/builder:1")
    has = {OFFICIAL: DIGEST, "evil.example/builder:1": OTHER}

    assert "golang:1.26.5-bookworm" == again(run, has=has)["builder_image"]
    mine = again(run, has=has, foreign=False)
    assert "evil.example/builder:1" == mine["builder_image"]


def test_a_bundle_never_does_without_containers_by_itself(tmp_path: Path) -> None:
    """Its code would run as the user; who says so gets it."""
    run = run_on(tmp_path, server="/opt/nakama")
    mine = again(run, given={"engine": "local"})

    assert {"engine": "local", "server": Path("/opt/nakama")} == settings_again(run, {})
    assert {"engine": "local", "nakama": "3.40.0"} == mine


@pytest.mark.parametrize("foreign", [True, False])
def test_a_server_that_is_given_wins(tmp_path: Path, foreign: bool) -> None:
    """Also over the images of a run that was made in containers."""
    given = {"server": Path("/my/nakama")}
    where = again(run_on(tmp_path), given=given, foreign=foreign)

    assert {"engine": "local", "nakama": "3.40.0", **given} == where


def test_images_that_are_given_win(tmp_path: Path) -> None:
    """Nothing else is looked for."""
    given = {"server_image": "my/nakama:1", "builder_image": "my/builder:1"}

    assert {"engine": "docker", **given} == again(run_on(tmp_path), given=given)


def test_a_bundle_that_knows_no_server_is_not_run(tmp_path: Path) -> None:
    """Its own Dockerfile would choose one."""
    run = run_on(tmp_path)
    early = replace(run, story=replace(run.story, prepared=None))

    with pytest.raises(RunUnreadableError, match="--replay"):
        again(early)
    assert {} == settings_again(early, {})


def test_a_bundle_sets_nothing_of_this_machine(tmp_path: Path) -> None:
    """No path, no image, no engine; unknown settings do not count."""
    run = run_on(tmp_path)
    inputs = replace(
        read_inputs(run.about.path),
        settings={
            "tags": "live",
            "keep": True,
            "engine": "local",
            "run-dir": "/etc",
            "output": "/etc/passwd",
            "server-config": "/etc/shadow",
            "modules": "/etc",
            "database-image": "evil",
            "server-image": "evil",
            "newer": 1,
        },
    )
    config = config_of(run, inputs, into=tmp_path / "into", where={}, foreign=True)

    assert ("live", "auto", False) == (config.tags, config.engine, config.keep)
    assert (None, None, None, None) == (
        config.run_dir,
        config.output,
        config.server_config,
        config.modules,
    )
    assert ("", "") == (config.database_image, config.server_image)


def test_a_bundle_brings_in_nothing_of_this_machine(tmp_path: Path) -> None:
    """A replace may name any folder; one that is here would get to foreign code."""
    run = run_on(tmp_path)
    inputs = read_inputs(run.about.path)
    mine = tmp_path / "mine"
    mine.mkdir()
    own = restored(run.about.path, inputs, tmp_path / "own")
    changed = (own / "go.mod").read_text() + f"\nreplace x.io/y => {mine}\n"
    evil = tmp_path / "evil"
    shutil.copytree(run.about.path, evil)
    entry = Packed(name="project/go.mod", content=changed.encode())
    code = Packed(
        name="project/main.go", content=b"package main\nfunc InitModule() {}\n"
    )
    (evil / "inputs" / "sources.tar.gz").unlink()
    pack_compressed([entry, code], evil / "inputs" / "sources.tar.gz", most=1 << 20)
    inputs = replace(inputs, module=".", git="", links={})
    foreign = replace(run, about=replace(run.about, path=evil))

    with pytest.raises(RunUnreadableError, match="lead out of the bundle"):
        config_of(foreign, inputs, into=tmp_path / "a", where={}, foreign=True)
    assert config_of(foreign, inputs, into=tmp_path / "b", where={}).dry_run


@pytest.mark.parametrize(
    ("now", "hashes", "expected"),
    [
        ((DIGEST, "3.40.0"), None, (By.DIGEST, "very server")),
        ((OTHER, "3.40.0"), None, (By.RELEASE, "Only by its release")),
        ((OTHER, "3.40.0"), ("1", "1"), (By.PACKAGES, "every package")),
        ((OTHER, "3.40.0"), ("1", "2"), (By.RELEASE, "Only by its release")),
        ((OTHER, "3.26.0"), None, (By.OTHER, "Another server")),
    ],
)
def test_which_server_it_had_is_told(
    tmp_path: Path,
    now: tuple[str, str],
    hashes: tuple[str, str] | None,
    expected: tuple[By, str],
) -> None:
    """By its digest, by what it links, or by its release only."""
    digest, release = now
    old = run_on(tmp_path / "then")
    new = run_on(tmp_path / "now", digest=digest, release=release)
    for run, value in zip((old, new), hashes or (), strict=False):
        linked = Linked(name="s", machine="amd64", hashes={"a": value})
        LinkedFiles(run=run.about.path).keep_server(linked)
    told = served(old, new)
    by, words = expected

    assert by == told.by
    assert words in told.words
