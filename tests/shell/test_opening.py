"""Which engine a command works with."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autofix.config import Config
from autofix.engines.local.engine import LocalEngine
from autofix.engines.local.lacks import lacks, parts
from autofix.engines.opening import NO_SANDBOX, Opened, open_engine
from autofix.errors import EngineUnavailableError, ImageMissingError

NO_DOCKER = {**os.environ, "DOCKER_HOST": "tcp://127.0.0.1:1"}


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """Make a program that stands for a server."""
    path = tmp_path / "bin" / "nakama"
    path.parent.mkdir()
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def opened(config: Config, said: list[str], **environment: str) -> Opened:
    """Open an engine where no container engine answers."""
    return open_engine(
        config,
        run_id="test",
        environment=NO_DOCKER | environment,
        progress=said.append,
    )


def test_without_containers_this_machine_serves_if_it_can(server: Path) -> None:
    """It is said why, and that nothing keeps the plugin from the machine."""
    said: list[str] = []
    path = f"{server.parent}{os.pathsep}{os.environ['PATH']}"
    found = opened(Config(), said, PATH=path)
    with found.engine as engine:
        assert "local" == engine.name

    assert 1 == len(said)
    assert "No container engine answers" in said[0]
    assert (NO_SANDBOX,) == found.findings


def test_if_neither_can_be_had_it_is_said_what_each_lacks(tmp_path: Path) -> None:
    """The container engine's own mend comes last."""
    with pytest.raises(EngineUnavailableError) as error:
        opened(Config(), [], PATH=str(tmp_path))

    assert "No container engine answers" in error.value.what
    assert "this machine lacks: " in error.value.why
    assert "a Nakama server" in error.value.why


@pytest.mark.parametrize(
    "config", [Config(engine="docker"), Config(server_image="heroiclabs/nakama:3.40.0")]
)
def test_who_asks_for_containers_gets_nothing_else(config: Config) -> None:
    """Untrusted code is not run on the machine for want of an engine."""
    with pytest.raises(EngineUnavailableError) as error:
        opened(config, [])

    assert "this machine lacks" not in str(error.value)


@pytest.mark.parametrize(
    "config",
    [
        Config(engine="local"),
        Config(server=Path("/any/nakama")),
        Config(database="u:p@h/x"),
    ],
)
def test_who_asks_for_this_machine_gets_it(config: Config) -> None:
    """No container engine is asked, and opening takes no time."""
    said: list[str] = []
    with opened(config, said).engine as engine:
        assert "local" == engine.name

    assert [] == said


def test_the_servers_own_go_is_the_only_one_that_is_tried(server: Path) -> None:
    """No other Go builds a plugin that loads; the error is that of a missing image."""
    found = opened(Config(server=server), [], GOPROXY="off", GOMODCACHE="/nonexistent")
    with found.engine as engine, pytest.raises(ImageMissingError, match=r"1\.21\.99"):
        engine.image(["go1.21.99"], role="builder")


def test_each_part_says_what_it_is_or_how_to_get_it(
    tmp_path: Path, server: Path
) -> None:
    """The doctor's lines, and the reasons of an error."""
    nothing = {"PATH": str(tmp_path), "HOME": str(tmp_path)}
    there = {each.name: each.there for each in parts(server, nothing, database=False)}
    missing = lacks(None, nothing, database=False)

    assert (True, False) == (there["server"], there["C compiler"])
    assert {"server", "C compiler"} <= {each.name for each in missing}
    assert all(each.mend for each in missing)


def test_a_local_engine_has_no_secret_of_a_setting(server: Path) -> None:
    """The go command and the plugin's code inherit the rest of the environment."""
    found = opened(
        Config(engine="local", server=server),
        [],
        AUTOFIX_NOTIFY="json://h/token",
        AUTOFIX_DATABASE="u:password@h/x",
        KEPT="1",
    )
    with found.engine as engine:
        assert isinstance(engine, LocalEngine)
        kept = engine._environment

    assert {"KEPT"} == {"AUTOFIX_NOTIFY", "AUTOFIX_DATABASE", "KEPT"} & kept.keys()
