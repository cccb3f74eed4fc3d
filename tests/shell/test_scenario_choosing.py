"""What a scenario is run with follows from its file, as far as nobody says otherwise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autofix.config import Config
from autofix.scenarios.choosing import chosen_way, why_not
from autofix.scenarios.scenario import PrivateModule
from scenarios.catalogue import load

HEALTHY = load("healthy")
LOCAL_ONLY = replace(HEALTHY, engines=("local",), engines_why="No container shows it.")


@pytest.mark.parametrize(
    ("config", "engine"),
    [
        (Config(), "docker"),
        (Config(engine="local"), "local"),
        (Config(server=Path("/opt/nakama")), "local"),
        (Config(database="u:p@h:1/d"), "local"),
    ],
)
def test_the_engine_is_the_one_asked_for_or_the_usual(
    config: Config, engine: str
) -> None:
    """A server's binary or a database is for the local engine."""
    way = chosen_way(HEALTHY, config)

    assert ("--engine", engine) == way.options(HEALTHY)[:2]


def test_a_scenario_of_one_engine_is_not_run_on_another() -> None:
    """It says itself why not; where nobody asks, it is run where it can be."""
    assert "No container shows it." == why_not(LOCAL_ONLY, Config(engine="docker"))
    assert "" == why_not(LOCAL_ONLY, Config())
    way = chosen_way(LOCAL_ONLY, Config())
    assert "local" == way.config.engine


def test_a_private_host_cannot_be_had_everywhere() -> None:
    """What only a host of its own serves is left to what serves it."""
    private = PrivateModule(path="git.example/a", version="v1.0.0")

    assert "private host" in why_not(replace(HEALTHY, private=private), Config())


@pytest.mark.parametrize(
    ("strategies", "asked", "taken"),
    [
        (("all", "first"), None, "all"),
        (("all", "first"), "first", "first"),
        (("all",), "first", "all"),
        (("first",), None, "first"),
    ],
)
def test_the_strategy_is_one_that_the_scenario_is_shown_with(
    strategies: tuple[str, ...], asked: str | None, taken: str
) -> None:
    """What is expected of it was seen with that one."""
    one = replace(HEALTHY, strategies=strategies)

    assert taken == chosen_way(one, Config(), strategy=asked).strategy


def test_only_nakamas_own_images_where_they_are_asked_for() -> None:
    """The kit's are refused, also where a variable allows them."""
    way = chosen_way(HEALTHY, Config(kit=True), official=True)

    assert "--no-kit" in way.options(HEALTHY)
    assert way.official


def test_a_servers_path_may_name_the_release() -> None:
    """Scenarios of several releases are run with one option."""
    way = chosen_way(HEALTHY, Config(), server="/opt/nakama-{nakama}")

    assert ("--engine", "local") == way.options(HEALTHY)[:2]
    assert "/opt/nakama-3.40.0" in way.options(HEALTHY)


def test_a_database_with_its_password_is_on_no_command_line() -> None:
    """It goes by the environment, which others cannot read."""
    way = chosen_way(
        HEALTHY,
        Config(database="u:secret@h:1/d"),
    )

    assert not any("secret" in each for each in way.options(HEALTHY))
    assert {"AUTOFIX_DATABASE": "u:secret@h:1/d"} == way.variables()
