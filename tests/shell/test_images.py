"""Which images are tried, and which builder is taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from autofix.config import Config
from autofix.core.buildline import BuildLine
from autofix.core.model import (
    Evidence,
    EvidenceSource,
    ServerFacts,
    TruthSource,
)
from autofix.core.target import Target
from autofix.engines.base import CommandResult, Engine, Image
from autofix.errors import ConfigError, ImageMissingError
from autofix.images import ImageRoles, builders, databases, servers
from autofix.preparing import (
    Plan,
    PluginPlan,
    Setting,
    open_builder,
    plugin_name,
    siblings,
)
from autofix.project import Project
from autofix.releases import release_table
from autofix.report.base import Reporter

TABLE = release_table()
SERVER = ServerFacts(
    reference="heroiclabs/nakama:3.38.0",
    release="3.38.0",
    go="1.26.1",
    machine="amd64",
    main_module="github.com/heroiclabs/nakama/v3",
    modules={},
    source=TruthSource.BINARY,
)
PROJECT = Project(
    root=Path("/p"),
    repository=Path("/p"),
    module_dir=".",
    package_dir=".",
    module_path="example.com/game",
    folders=(".",),
)


class GoBuilder:
    """A builder that knows nothing but its Go's version."""

    def __init__(self, image: Image, go: str) -> None:
        self.image = image
        self._go = go

    def run(self, arguments: Sequence[str], **_options: object) -> CommandResult:
        """Answer ``go version``."""
        assert ("go", "version") == tuple(arguments)
        return CommandResult(
            arguments=tuple(arguments),
            stdout=f"go version go{self._go} linux/amd64\n".encode(),
            evidence=Evidence(source=EvidenceSource.GO, lines=(), exit_code=0),
        )


class BuilderEngine:
    """An engine that has some builders, each with its Go."""

    def __init__(self, there: Mapping[str, str]) -> None:
        self.there = there
        self.opened: list[str] = []

    def image(self, references: Sequence[str], **_wanted: object) -> Image:
        """Find the first that is there."""
        for reference in references:
            if reference in self.there:
                return Image(
                    reference=reference, identity="i", digest="d", machine="amd64"
                )
        raise ImageMissingError("none")

    @contextmanager
    def builder(self, image: Image) -> Iterator[GoBuilder]:
        """Open it."""
        self.opened.append(image.reference)
        yield GoBuilder(image, self.there[image.reference])


def setting(engine: BuilderEngine, *hinted: str, config: Config) -> Setting:
    """Set a run up for a plugin that names some builders."""
    plan = Plan(
        project=PROJECT,
        target=Target(
            server_images=(), builder_images=hinted, release="3.38.0", place=""
        ),
        plugins=(PluginPlan(package=".", build=BuildLine(), name="game.so"),),
        findings=(),
    )
    return Setting(
        config=config,
        plan=plan,
        engine=cast("Engine", engine),
        roles=ImageRoles(config=config),
        table=TABLE,
        reporter=Reporter(),
        scratch=Path("/none"),
    )


def opened(engine: BuilderEngine, *hinted: str, **config: Any) -> tuple[str, list[str]]:
    """Open a builder; return its reference and the names of what was noticed."""
    with ExitStack() as stack:
        _, facts, findings = open_builder(
            stack, setting(engine, *hinted, config=Config(**config)), SERVER
        )
    return facts.reference, [finding.name for finding in findings]


def test_a_builder_with_the_servers_go_is_taken() -> None:
    """The first that fits ends the search, and nothing is to be said."""
    engine = BuilderEngine({"ours:1": "1.26.1", "golang:1.26.1-bookworm": "1.26.1"})

    assert ("ours:1", []) == opened(engine, "ours:1")
    assert ["ours:1"] == engine.opened


def test_a_builder_with_another_go_is_passed_over_and_named() -> None:
    """3.38.0's own builder: Go 1.25.5, the server 1.26.1."""
    builder = "heroiclabs/nakama-pluginbuilder:3.38.0"
    engine = BuilderEngine({builder: "1.25.5", "golang:1.26.1-bookworm": "1.26.1"})

    assert ("golang:1.26.1-bookworm", ["builder-go-differs"]) == opened(engine, builder)


def test_if_none_fits_the_first_is_returned_for_the_core_to_refuse() -> None:
    """The core says which Go is needed; there is no finding that promises a mend."""
    engine = BuilderEngine({"a:1": "1.25.5", "b:1": "1.25.6"})

    assert ("a:1", []) == opened(engine, "a:1", "b:1")


def test_a_builder_given_by_hand_is_the_only_one_tried() -> None:
    """``--builder-image`` is an order, not a hint."""
    engine = BuilderEngine({"mine:1": "1.25.5", "golang:1.26.1-bookworm": "1.26.1"})

    assert "mine:1" == opened(engine, "ours:1", builder_image="mine:1")[0]
    assert ["mine:1"] == engine.opened


def test_no_builder_at_all_is_an_error() -> None:
    """Nothing is in the engine and nothing can be pulled."""
    with pytest.raises(ImageMissingError):
        opened(BuilderEngine({}), "ours:1")


@pytest.mark.parametrize(
    ("reference", "counterpart"),
    [
        ("heroiclabs/nakama:3.40.0", "autofix-kit/nakama:3.40.0"),
        ("docker.io/heroiclabs/nakama:3.40.0", "autofix-kit/nakama:3.40.0"),
        ("golang:1.26.5-bookworm", "autofix-kit/golang:1.26.5-bookworm"),
        ("ours/nakama:3.40.0", None),
        ("heroiclabs/nakama", None),
        ("postgres:16", None),
    ],
)
def test_only_official_servers_have_a_stand_in(
    reference: str, counterpart: str | None
) -> None:
    """Somebody's own image is never answered by another one."""
    expected = (reference, counterpart) if counterpart else (reference,)

    assert expected == servers([reference], kit=True)
    assert (reference,) == servers([reference], kit=False)


def test_gos_own_image_of_the_exact_release_is_always_tried() -> None:
    """Whatever the project names, that one fits."""
    tried = builders(["a:1"], SERVER, TABLE.by_tag("3.38.0"))

    assert ("a:1", "golang:1.26.1-bookworm") == tried[:2]
    assert ("autofix-kit/golang:1.26.1-bookworm",) == tried[2:]


def test_a_database_image_given_by_hand_is_the_only_one() -> None:
    """And the kit's, a real PostgreSQL, is the last otherwise."""
    assert ("mine:1",) == databases("mine:1")
    assert "autofix-kit/postgres:15" == databases("")[-1]


@pytest.mark.parametrize(
    ("build", "config", "name"),
    [
        (BuildLine(output="backend.so"), Config(), "backend.so"),
        (BuildLine(), Config(), "game.so"),
        (BuildLine(), Config(so=Path("x/given.so")), "given.so"),
        (BuildLine(output="plugin"), Config(so=Path("given.bin")), "game.so"),
    ],
)
def test_the_plugin_is_named_as_the_project_names_it(
    build: BuildLine, config: Config, name: str
) -> None:
    """Else as the given file, else after the module."""
    assert name == plugin_name(PROJECT, build, config)


def test_siblings_are_the_files_of_a_folder(tmp_path: Path) -> None:
    """Relative names with slashes; a folder that is none is an error."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "a.lua").write_text("")
    (tmp_path / "old.so").write_text("")

    assert ["lib/a.lua", "old.so"] == list(siblings(tmp_path))
    assert {} == siblings(None)
    with pytest.raises(ConfigError):
        siblings(tmp_path / "none")
