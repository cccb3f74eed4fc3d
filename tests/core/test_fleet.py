"""The matrix, what names its jobs, and what fleet.toml may say."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.core.fleet import (
    DETECTED,
    Fleet,
    FleetAction,
    FleetPlugin,
    FleetServer,
    Option,
    arguments,
    commits,
    job_of,
    named_apart,
    servers_of,
)
from autofix.core.fleetfile import FleetFileError, fleet_of, plugins_at, servers_named

GAME = FleetPlugin(name="game", path="game")
NEWEST = FleetServer(name="3.40.0", nakama="3.40.0")
FLEET = Fleet(plugins=(GAME,), servers=(NEWEST,))


def test_the_same_work_has_the_same_id_wherever_it_lies() -> None:
    """The path does not count, nor what a job may cost."""
    one = job_of(FLEET, GAME, NEWEST, sources="abc", folder=".")
    moved = replace(GAME, path="/elsewhere/game")
    other = job_of(
        replace(FLEET, job_seconds=5.0, tries=9),
        moved,
        NEWEST,
        sources="abc",
        folder=".",
    )

    assert one.id == other.id


@pytest.mark.parametrize(
    ("fleet", "plugin", "server", "sources", "folder"),
    [
        (FLEET, GAME, NEWEST, "abd", "."),
        (FLEET, GAME, NEWEST, "abc", "server"),
        (FLEET, replace(GAME, name="other"), NEWEST, "abc", "."),
        (FLEET, GAME, FleetServer(name="3.38.0", nakama="3.38.0"), "abc", "."),
        (replace(FLEET, action=FleetAction.CHECK), GAME, NEWEST, "abc", "."),
        (replace(FLEET, options={"kit": True}), GAME, NEWEST, "abc", "."),
    ],
)
def test_other_work_has_another_id(
    fleet: Fleet, plugin: FleetPlugin, server: FleetServer, sources: str, folder: str
) -> None:
    """Sources, folder, plugin, server, command and options all count."""
    one = job_of(FLEET, GAME, NEWEST, sources="abc", folder=".")

    assert one.id != job_of(fleet, plugin, server, sources=sources, folder=folder).id


def test_the_nearest_option_wins() -> None:
    """A server's options go before a plugin's, and those before the fleet's."""
    fleet = replace(FLEET, options={"strategy": "all", "tags": "a", "ldflags": "x"})
    plugin = replace(GAME, options={"strategy": "first", "tags": "b"})
    server = replace(NEWEST, options={"strategy": "all"})
    job = job_of(fleet, plugin, server, sources="", folder="")

    assert (
        "--ldflags=x",
        "--nakama=3.40.0",
        "--strategy=all",
        "--tags=b",
    ) == job.arguments


def test_options_are_written_as_a_command_line_has_them() -> None:
    """Switches have two forms, lists repeat their flag."""
    given_options: dict[str, Option] = {
        "kit": True,
        "color": False,
        "ignore": ("a", "b"),
        "max-rounds": 3,
    }

    assert (
        "--no-color",
        "--ignore=a",
        "--ignore=b",
        "--kit",
        "--max-rounds=3",
    ) == arguments(given_options)


def test_what_is_committed_comes_out_of_git() -> None:
    """So does what is named by revision or location; else a folder goes as it lies."""
    assert not commits(FLEET, GAME)
    assert commits(FLEET, replace(GAME, revision="v1"))
    assert commits(FLEET, FleetPlugin(name="x", git="https://example.com/x.git"))
    assert commits(replace(FLEET, options={"commit": True}), GAME)


def test_a_whole_file() -> None:
    """Every key of fleet.toml."""
    fleet = fleet_of(
        tomllib.loads(
            """
            action = "upgrade"
            servers = ["3.38.0", { nakama = "3.40.0", name = "newest", options = { kit = true } }]
            max-time = "30m"
            night = "8h"
            tries = 2
            workers = 4
            options = { commit = true }

            [[plugins]]
            path = "../games/replays"
            folder = "server"

            [[plugins]]
            name = "chat"
            git = "https://example.com/chat.git"
            revision = "main"
            servers = ["newest"]
            options = { package = "./cmd/chat" }
            """
        )
    )

    assert FleetAction.UPGRADE is fleet.action
    assert ("3.38.0", "newest") == tuple(each.name for each in fleet.servers)
    assert ("server", "chat") == tuple(each.name for each in fleet.plugins)
    assert (1800.0, 28800.0, 2, 4) == (
        fleet.job_seconds,
        fleet.night_seconds,
        fleet.tries,
        fleet.workers,
    )
    assert ("newest",) == tuple(e.name for e in servers_of(fleet, fleet.plugins[1]))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("plugins = []", "plugins"),
        ("plugin = ['a']", "Did you mean 'plugins'"),
        ("plugins = [3]", "number 1"),
        ("plugins = [{ name = 'a' }]", "a path or a git"),
        ("plugins = [{ path = 'a', git = 'b' }]", "a path or a git"),
        ("plugins = [{ path = 'a', pth = 'b' }]", "'pth'"),
        ("plugins = [{ path = 'a', servers = ['9'] }]", "'9'"),
        ("plugins = ['a']\nservers = ['3', '3']", "'3' is there 2 times"),
        ("plugins = ['a']\nservers = [{ name = 'x' }]", "names no nakama"),
        ("plugins = ['a']\naction = 'bisect'", "'bisect'"),
        ("plugins = ['a']\nnight = 'long'", "night"),
        ("plugins = ['a']\ntries = 0", "tries"),
        ("plugins = ['a']\noptions = { nakama = '3' }", "fleet's to give"),
        ("plugins = ['a']\noptions = { output = 'x' }", "fleet's to give"),
        ("plugins = ['a']\noptions = { tags = { a = 1 } }", "'tags'"),
        ("plugins = 'a'", "plugins is a list"),
    ],
)
def test_a_mistake_is_named(text: str, named: str) -> None:
    """By its key, and with what was meant where that can be told."""
    with pytest.raises(FleetFileError) as error:
        fleet_of(tomllib.loads(text))

    assert named in str(error.value)


def test_without_servers_each_project_names_its_own() -> None:
    """There is one column then, and no --nakama."""
    (server,) = servers_named(())

    assert (DETECTED, "") == (server.name, server.nakama)
    assert () == job_of(FLEET, GAME, server, sources="", folder="").arguments


def test_folders_are_called_by_as_much_of_their_path_as_tells_them_apart() -> None:
    """Two of the same name are told apart by the folder above."""
    plugins = plugins_at(["/a/chat/server", "/a/replays/server", "/a/shop"])

    assert ["chat/server", "replays/server", "shop"] == [each.name for each in plugins]


@given(
    st.lists(
        st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map("/".join),
        unique=True,
        max_size=8,
    )
)
def test_names_are_the_ends_of_paths_and_differ_wherever_one_is_no_end_of_another(
    paths: list[str],
) -> None:
    """However much the paths have in common."""
    names = named_apart(paths)

    assert all(path.endswith(name) for path, name in zip(paths, names, strict=True))
    whole = [p for p in paths if not any(o.endswith("/" + p) for o in paths)]
    short = [n for p, n in zip(paths, names, strict=True) if p in whole]
    assert len(set(short)) == len(short)
