"""Several plugins of one module: which are built, how, and under which names."""

from __future__ import annotations

from pathlib import Path

import pytest

from autofix.config import Config
from autofix.errors import ConfigError
from autofix.preparing import Plan, plan_run
from autofix.project import find_project
from autofix.releases import release_table

INIT = "package main\n\nfunc InitModule(ctx context.Context) error { return nil }\n"
MODULE = {
    "go.mod": "module example.com/arena\n\ngo 1.26.5\n",
    "cmd/chat/main.go": INIT,
    "cmd/shop/main.go": INIT,
}
DOCKERFILE = """
FROM heroiclabs/nakama-pluginbuilder:3.40.0 AS builder
WORKDIR /backend
COPY . .
{build}
FROM heroiclabs/nakama:3.40.0
"""
LINE = "RUN go build --trimpath --buildmode=plugin"


def plan(folder: Path, build: str, files: dict[str, str], config: Config) -> Plan:
    """Plan a run for a module with a Dockerfile that has some build lines."""
    for name, text in {**files, "Dockerfile": DOCKERFILE.format(build=build)}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return plan_run(find_project(folder), config, release_table())


def built(found: Plan) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return package, file name and build tags of each plugin."""
    return [(each.package, each.name, each.build.tags) for each in found.plugins]


def test_each_plugin_has_its_own_build_line(tmp_path: Path) -> None:
    """Output and tags of one line do not leak into another plugin."""
    lines = f"{LINE} -o chat.so ./cmd/chat\n{LINE} -tags=eu -o market.so ./cmd/shop"
    found = plan(tmp_path, lines, MODULE, Config())

    assert [
        ("./cmd/chat", "chat.so", ()),
        ("./cmd/shop", "market.so", ("eu",)),
    ] == built(found)


@pytest.mark.parametrize("output", ["-o ./backend.so", "-o $NAME", ""])
def test_one_line_for_all_gives_each_a_name(tmp_path: Path, output: str) -> None:
    """Two plugins never share a file, however the line names it."""
    found = plan(tmp_path, f"{LINE} {output}", MODULE, Config())

    names = [each.name for each in found.plugins]
    assert "shop.so" == names[1]
    assert 2 == len(set(names))


def test_folders_of_one_name_give_different_files(tmp_path: Path) -> None:
    """``live/game`` and ``test/game`` are told apart."""
    files = {
        "go.mod": MODULE["go.mod"],
        "live/game/main.go": INIT,
        "test/game/main.go": INIT,
    }
    found = plan(tmp_path, LINE, files, Config())

    assert ["game.so", "test-game.so"] == [each.name for each in found.plugins]


def test_what_no_build_line_names_is_left_alone(tmp_path: Path) -> None:
    """An example beside the plugin is not built, and that is said."""
    found = plan(tmp_path, f"{LINE} -o shop.so ./cmd/shop", MODULE, Config())

    assert [("./cmd/shop", "shop.so", ())] == built(found)
    assert ("./cmd/shop", ()) == (
        found.project.package_dir,
        found.project.other_packages,
    )
    assert ["plugin-not-built"] == [each.name for each in found.findings]


def test_a_given_file_is_one_plugin(tmp_path: Path) -> None:
    """``--so`` asks for the choice that it cannot make."""
    given = Config(so=tmp_path / "chat.so")

    with pytest.raises(ConfigError, match="--package"):
        plan(tmp_path, LINE, MODULE, given)
