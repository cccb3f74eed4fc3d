"""Rules for bots: what a bot reads from them, and nothing beyond what is dictated."""

from __future__ import annotations

import json
import re

import yaml

from autofix.core.botrules import Bot, Dictated, image_files, rules_for
from autofix.core.hints import HintFile, read_hints
from autofix.core.model import ModuleVersion

GAME = Dictated(
    server="Nakama 3.40.0",
    go="1.26.5",
    go_mod="server/go.mod",
    modules=(
        ModuleVersion(path="google.golang.org/protobuf", version="v1.36.11"),
        ModuleVersion(path="go.uber.org/zap", version="v1.28.0"),
    ),
    image_files=(
        ("Dockerfile", False),
        ("compose.yml", False),
        ("server/Dockerfile", True),
    ),
)


def test_renovate_leaves_what_is_dictated_alone() -> None:
    """Each rule is for this module's files only; other dependencies stay the bot's."""
    rules = json.loads(rules_for(Bot.RENOVATE, [GAME]))["packageRules"]
    modules, go, image, group = rules

    assert ["google.golang.org/protobuf", "go.uber.org/zap"] == modules[
        "matchPackageNames"
    ]
    assert (["gomod"], ["server/go.mod"], False) == (
        modules["matchManagers"],
        modules["matchFileNames"],
        modules["enabled"],
    )
    assert "google.golang.org/protobuf@v1.36.11" in modules["description"]
    assert (["golang", "toolchain"], ["server/go.mod"], False) == (
        go["matchDepTypes"],
        go["matchFileNames"],
        go["enabled"],
    )
    assert (["golang"], ["server/Dockerfile"]) == (
        image["matchPackageNames"],
        image["matchFileNames"],
    )
    assert {"heroiclabs/nakama", "heroiclabs/nakama-pluginbuilder"} < {
        *group["matchPackageNames"]
    }
    assert "nakama" == group["groupName"]


def test_only_the_servers_go_is_allowed_for_its_image() -> None:
    """The expression is anchored, so 1.26.50 is another version."""
    image = json.loads(rules_for(Bot.RENOVATE, [GAME]))["packageRules"][2]
    pattern = re.compile(image["allowedVersions"].strip("/"))

    assert pattern.search("1.26.5-bookworm")
    assert pattern.search("1.26.5")
    assert not pattern.search("1.26.50")
    assert not pattern.search("1x26.5")


def test_dependabot_ignores_what_is_dictated() -> None:
    """One entry for each folder and ecosystem; a name alone is for every version."""
    read = yaml.safe_load(rules_for(Bot.DEPENDABOT, [GAME]))
    updates = {
        (each["package-ecosystem"], each["directory"]): each for each in read["updates"]
    }

    assert 2 == read["version"]
    assert len(updates) == len(read["updates"])
    assert [
        {"dependency-name": "google.golang.org/protobuf"},
        {"dependency-name": "go.uber.org/zap"},
    ] == updates["gomod", "/server"]["ignore"]
    assert [{"dependency-name": "golang"}] == updates["docker", "/server"]["ignore"]
    assert "ignore" not in updates["docker", "/"]
    assert (
        "heroiclabs/nakama-pluginbuilder"
        in updates["docker-compose", "/"]["groups"]["nakama"]["patterns"]
    )
    assert all({"interval": "weekly"} == each["schedule"] for each in read["updates"])


def test_without_modules_and_images_there_is_no_empty_list() -> None:
    """An empty list of names would match everything."""
    bare = Dictated(server="Nakama 3.40.0", go="1.26.5", go_mod="go.mod", modules=())
    rules = json.loads(rules_for(Bot.RENOVATE, [bare]))["packageRules"]
    read = yaml.safe_load(rules_for(Bot.DEPENDABOT, [bare]))

    assert all(each.get("matchPackageNames", ["x"]) for each in rules)
    assert [("gomod", "/")] == [
        (each["package-ecosystem"], each["directory"]) for each in read["updates"]
    ]
    assert "ignore" not in read["updates"][0]


def test_names_cannot_leave_their_place() -> None:
    """A folder or an image of the user's own is text, whatever it holds."""
    odd = Dictated(
        server='our/"nakama"\nversion: 3',
        go="1.26.5",
        go_mod='a: "b"/#c/go.mod',
        modules=(ModuleVersion(path="x.io/y", version="v1.0.0"),),
    )
    read = yaml.safe_load(rules_for(Bot.DEPENDABOT, [odd]))
    rules = json.loads(rules_for(Bot.RENOVATE, [odd]))["packageRules"]

    assert 2 == read["version"]
    assert '/a: "b"/#c' == read["updates"][0]["directory"]
    assert [odd.go_mod] == rules[0]["matchFileNames"]


def test_files_that_bots_read_are_found() -> None:
    """Dockerfiles and compose files, not scripts; which of them name Go's image."""
    hints = read_hints(
        [
            HintFile(
                path="build/Dockerfile",
                text="FROM golang:1.26.5 AS build\n"
                "RUN go build -trimpath -buildmode=plugin -o /b.so\n"
                "FROM heroiclabs/nakama:3.40.0\n"
                "COPY --from=build /b.so /nakama/data/modules/\n",
            ),
            HintFile(
                path="compose.yml",
                text="services:\n  nakama:\n    image: heroiclabs/nakama:3.40.0\n",
            ),
            HintFile(path="run.sh", text="docker run heroiclabs/nakama:3.40.0\n"),
        ]
    )

    assert (("build/Dockerfile", True), ("compose.yml", False)) == image_files(hints)
