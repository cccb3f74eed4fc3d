"""Which Nakama is matched, and what contradicts it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autofix.core.buildlint import DSYM_GCFLAGS
from autofix.core.hints import HintFile, Hints, read_hints
from autofix.core.releases import Release, ReleaseTable
from autofix.core.target import Target, decide_target
from autofix.core.targetfindings import server_differs
from autofix.errors import TargetError
from tests.report.values import SERVER


def release(tag: str, go: str, common: str, builder_go: str = "") -> Release:
    """Make a release of the table; modules do not matter here."""
    return Release(
        tag=tag,
        date="2025-01-01",
        go=go,
        builder_go=builder_go or go,
        nakama_common=common,
        debian="bookworm",
        modules={},
    )


TABLE = ReleaseTable(
    [
        release("3.21.1", "1.21.6", "v1.31.0"),
        release("3.24.0", "1.23.2", "v1.34.0"),
        release("3.24.2", "1.23.2", "v1.34.0"),
        release("3.25.0", "1.23.3", "v1.35.0"),
        release("3.26.0", "1.23.5", "v1.36.0"),
        release("3.38.0", "1.26.1", "v1.45.0", builder_go="1.25.5"),
        release("3.40.0", "1.26.5", "v1.47.0"),
    ]
)


def hints(*, common: str = "", **files: str) -> Hints:
    """Read files that lie beside go.mod."""
    return read_hints(
        [HintFile(path=path, text=text) for path, text in files.items()],
        nakama_common=common,
        nakama_common_place="go.mod:5" if common else "",
    )


def dockerfile(server: str, builder: str) -> Hints:
    """Read a Dockerfile with a builder and a server stage."""
    text = (
        f"FROM {builder} AS b\nRUN go build -trimpath -buildmode=plugin\nFROM {server}"
    )
    return hints(Dockerfile=text)


def names(target: Target) -> list[str]:
    """Return the names of a target's findings."""
    return [finding.name for finding in target.findings]


def test_a_dockerfile_that_agrees_with_itself() -> None:
    """Its own references come first, the other registry and plain Go behind them."""
    target = decide_target(
        dockerfile(
            "registry.heroiclabs.com/heroiclabs/nakama:3.26.0",
            "heroiclabs/nakama-pluginbuilder:3.26.0",
        ),
        TABLE,
    )

    assert (
        "registry.heroiclabs.com/heroiclabs/nakama:3.26.0",
        "heroiclabs/nakama:3.26.0",
    ) == target.server_images
    assert (
        "heroiclabs/nakama-pluginbuilder:3.26.0",
        "registry.heroiclabs.com/heroiclabs/nakama-pluginbuilder:3.26.0",
        "golang:1.23.5-bookworm",
    ) == target.builder_images
    assert ("3.26.0", "Dockerfile:3", "", "") == (
        target.release,
        target.place,
        target.platform,
        target.gcflags,
    )
    assert names(target) == []


@pytest.mark.parametrize(
    ("override", "server", "tag"),
    [
        ("3.40.0", "heroiclabs/nakama:3.40.0", "3.40.0"),
        ("v3.40.0", "heroiclabs/nakama:3.40.0", "3.40.0"),
        ("latest", "heroiclabs/nakama:latest", ""),
        ("studio/nakama:dev", "studio/nakama:dev", ""),
        ("localhost:5000/server", "localhost:5000/server", ""),
        (
            "heroiclabs/nakama-pluginbuilder:3.40.0",
            "heroiclabs/nakama:3.40.0",
            "3.40.0",
        ),
    ],
)
def test_what_is_asked_for_wins(override: str, server: str, tag: str) -> None:
    """--nakama is a tag or an image, whatever the files say."""
    said = dockerfile(
        "heroiclabs/nakama:3.26.0", "heroiclabs/nakama-pluginbuilder:3.26.0"
    )
    target = decide_target(said, TABLE, override)

    assert (server, tag, "--nakama") == (
        target.server_images[0],
        target.release,
        target.place,
    )


@pytest.mark.parametrize("override", ["3.40.0 ", " ", "a b", "UPPER/Case:x y", ":"])
def test_an_override_that_is_neither_tag_nor_image(override: str) -> None:
    """Blanks around it do no harm; what cannot be read is refused with a way out."""
    if override.strip() == "3.40.0":
        assert decide_target(hints(), TABLE, override).release == "3.40.0"
        return
    with pytest.raises(TargetError) as caught:
        decide_target(hints(), TABLE, override)

    assert "3.40.0" in caught.value.todo


def test_a_builder_with_another_tag_is_not_used() -> None:
    """The finding names both Go versions; the server's builder is tried instead."""
    target = decide_target(
        dockerfile(
            "heroiclabs/nakama:3.40.0", "heroiclabs/nakama-pluginbuilder:3.26.0"
        ),
        TABLE,
    )

    assert ["builder-tag-differs"] == names(target)
    assert "Go 1.23.5" in target.findings[0].text
    assert "Go 1.26.5" in target.findings[0].text
    assert target.builder_images[0] == "heroiclabs/nakama-pluginbuilder:3.40.0"
    assert "heroiclabs/nakama-pluginbuilder:3.26.0" not in target.builder_images


def test_a_release_whose_builder_has_another_go() -> None:
    """3.38.0's own builder cannot build for it: plain Go comes first."""
    target = decide_target(
        dockerfile(
            "heroiclabs/nakama:3.38.0", "heroiclabs/nakama-pluginbuilder:3.38.0"
        ),
        TABLE,
    )

    assert ["builder-go-differs"] == names(target)
    assert target.findings[0].text.startswith("Dockerfile:1 builds with ")
    assert "golang:1.26.1-bookworm; name it there" in target.findings[0].answer
    assert (
        "golang:1.26.1-bookworm",
        "heroiclabs/nakama-pluginbuilder:3.38.0",
    ) == target.builder_images[:2]


@pytest.mark.parametrize(
    ("builder", "expected"),
    [("golang:1.26.1-bookworm", []), ("", ["pluginbuilder-go-differs"])],
)
def test_a_project_that_does_not_build_in_that_builder(
    builder: str, expected: list[str]
) -> None:
    """It has the right Go itself, or says nothing of how it builds."""
    target = decide_target(dockerfile("heroiclabs/nakama:3.38.0", builder), TABLE)

    assert expected == names(target)


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ("heroiclabs/nakama:latest", ["server-tag-moves"]),
        ("heroiclabs/nakama", ["server-tag-moves"]),
        ("heroiclabs/nakama:3.26.9", ["release-unknown"]),
        ("heroiclabs/nakama:3.26", ["release-unknown"]),
        ("heroiclabs/nakama:3.41.0", ["release-newer-than-known"]),
        ("heroiclabs/nakama-dsym:3.40.0", ["server-with-symbols"]),
        ("studio/nakama:dev", []),
    ],
)
def test_what_a_server_reference_leaves_open(server: str, expected: list[str]) -> None:
    """Every one goes on to the image, with what to know about it."""
    target = decide_target(hints(Dockerfile=f"FROM {server}"), TABLE)

    assert (server, expected) == (target.server_images[0], names(target))


def test_an_unknown_tag_lists_its_neighbours() -> None:
    """A typing error is seen by the releases around it."""
    target = decide_target(hints(Dockerfile="FROM heroiclabs/nakama:3.26.9"), TABLE)

    assert "3.26.0" in target.findings[0].text


def test_a_server_with_symbols_needs_its_flags() -> None:
    """The plugin is compiled as nakama-dsym is."""
    target = decide_target(hints(), TABLE, "heroiclabs/nakama-dsym:3.40.0")

    assert target.gcflags == DSYM_GCFLAGS
    assert target.builder_images[0] == "heroiclabs/nakama-pluginbuilder:3.40.0"


@pytest.mark.parametrize(
    ("tag", "asked", "platform", "expected"),
    [
        ("3.25.0", "linux/arm64", "linux/amd64", ["no-arm64-image"]),
        ("3.26.0", "linux/arm64", "linux/arm64", []),
        ("3.25.0", "linux/amd64", "linux/amd64", []),
        ("3.26.0", "$BUILDPLATFORM", "", []),
    ],
)
def test_platforms(tag: str, asked: str, platform: str, expected: list[str]) -> None:
    """There are arm64 images from 3.26.0 on."""
    text = f"FROM --platform={asked} heroiclabs/nakama:{tag}"
    target = decide_target(hints(Dockerfile=text), TABLE)

    assert (platform, expected) == (target.platform, names(target))


def test_a_made_up_arm_tag_falls_back_to_the_release() -> None:
    """``3.21.1-arm`` is tried as written, then without its suffix."""
    target = decide_target(hints(Dockerfile="FROM heroiclabs/nakama:3.21.1-arm"), TABLE)

    assert "heroiclabs/nakama:3.21.1" in target.server_images
    assert target.release == "3.21.1"


@pytest.mark.parametrize(
    ("builder", "expected"),
    [
        ("golang:1.26.5-alpine", ["builder-musl"]),
        ("golang:1.25", ["builder-go-differs"]),
        ("golang:1.26.5-bookworm", []),
    ],
)
def test_builders_that_are_not_nakamas_own(builder: str, expected: list[str]) -> None:
    """Alpine and another Go are said; the right Go is fine."""
    target = decide_target(dockerfile("heroiclabs/nakama:3.40.0", builder), TABLE)

    assert expected == names(target)


def test_servers_that_differ_between_files() -> None:
    """The Dockerfile wins over compose, and that is said once."""
    said = hints(
        **{
            "Dockerfile": "FROM heroiclabs/nakama:3.26.0",
            "compose.yml": "services: {n: {image: 'heroiclabs/nakama:3.40.0'}}",
        }
    )
    target = decide_target(said, TABLE)

    assert ("3.26.0", ["servers-differ"]) == (target.release, names(target))


def test_the_image_that_the_dockerfile_makes_is_no_other_server() -> None:
    """A compose file for staging pulls what was built and pushed under that name."""
    said = hints(
        **{
            "Dockerfile": "FROM heroiclabs/nakama:3.26.0",
            "compose.yml": "services: {n: {image: 'pkg.example.com/game/nakama:latest'}}",
        }
    )

    assert [] == names(decide_target(said, TABLE))


def test_go_mod_has_a_say_where_servers_differ() -> None:
    """The Dockerfile still wins; the user hears which of both go.mod goes with."""
    said = hints(
        common="v1.36.0",
        Dockerfile="FROM heroiclabs/nakama:3.21.1",
        Makefile="NAKAMA_VER=3.26.0\n",
    )
    target = decide_target(said, TABLE)
    told = {finding.name: finding.answer for finding in target.findings}

    assert "3.21.1" == target.release
    assert told["servers-differ"].endswith(
        "go.mod:5 agrees with 3.26.0: it requires nakama-common v1.36.0."
    )


@pytest.mark.parametrize("builder", ["heroiclabs/nakama-pluginbuilder:3.26.0", ""])
def test_what_is_asked_for_by_hand_moves_no_file(builder: str) -> None:
    """A pinned go.mod beside an old image does not load: what moves both is said."""
    text = f"FROM {builder} AS b\n" if builder else ""
    said = hints(Dockerfile=f"{text}FROM heroiclabs/nakama:3.26.0\n")
    (finding,) = decide_target(said, TABLE, "3.40.0").findings

    assert "--nakama asks for heroiclabs/nakama:3.40.0" in finding.text
    assert "`autofix upgrade --nakama 3.40.0` moves these files too." in finding.answer


@pytest.mark.parametrize(
    ("named", "runs", "told"),
    [
        ("3.26.0", "3.40.0", True),
        ("3.26.0", "3.26.0", False),
        ("", "3.40.0", False),
        ("3.26.0", "", False),
    ],
)
def test_a_server_of_another_release_than_the_project_names(
    named: str, runs: str, *, told: bool
) -> None:
    """``--server FILE`` wins; that the project would run on another one is said."""
    server = replace(SERVER, release=runs)
    finding = server_differs(place="Dockerfile:3", release=named, server=server)

    assert told == (finding is not None)
    if finding is not None:
        assert finding.text.startswith("Dockerfile:3 names Nakama 3.26.0; the server ")
        assert "autofix upgrade --nakama 3.40.0" in finding.answer


def test_only_a_builder_is_named() -> None:
    """The server with the builder's tag is taken."""
    target = decide_target(
        hints(
            Makefile="x:\n\tdocker run heroiclabs/nakama-pluginbuilder:3.26.0 build\n"
        ),
        TABLE,
    )

    assert ("heroiclabs/nakama:3.26.0", "Makefile:2") == (
        target.server_images[0],
        target.place,
    )
    assert ["server-from-builder"] == names(target)


def test_nakama_common_alone_tells_the_release() -> None:
    """Of several releases with one nakama-common the newest is taken, and said."""
    target = decide_target(hints(common="v1.34.0"), TABLE)

    assert ("3.24.2", "go.mod:5") == (target.release, target.place)
    assert "3.24.0" in target.findings[0].text


def test_nakama_common_of_another_release() -> None:
    """A well-known cause of mismatches is said before anything is built."""
    said = hints(common="v1.45.0", Dockerfile="FROM heroiclabs/nakama:3.40.0")
    target = decide_target(said, TABLE)

    assert ["nakama-common-differs"] == names(target)
    assert "v1.47.0" in target.findings[0].answer


def test_a_fork_is_built_with_the_builder_beside_it() -> None:
    """A tag of its own means nothing to the table; the hinted builder comes first."""
    target = decide_target(
        dockerfile("studio/nakama:dev", "studio/nakama-pluginbuilder:old"), TABLE
    )

    assert (
        "studio/nakama-pluginbuilder:old",
        "studio/nakama-pluginbuilder:dev",
    ) == target.builder_images
    assert ("studio/nakama:dev",) == target.server_images


def test_an_open_variable_is_named_where_nothing_else_tells() -> None:
    """The error says which variable would have told."""
    with pytest.raises(TargetError) as caught:
        decide_target(hints(Dockerfile="FROM heroiclabs/nakama:$GAME_TAG"), TABLE)

    assert "GAME_TAG" in caught.value.why


@pytest.mark.parametrize("common", ["", "v1.99.0"])
def test_nothing_tells_which_nakama(common: str) -> None:
    """The error says where was looked and how to give it."""
    with pytest.raises(TargetError) as caught:
        decide_target(hints(common=common), TABLE)

    assert "Dockerfiles" in caught.value.why
    assert common in caught.value.why
    assert "--nakama" in caught.value.todo


@pytest.mark.parametrize(
    ("platform", "machine"),
    [
        ("linux/arm64/v8", "arm64"),
        ("linux/amd64", "amd64"),
        ("linux/aarch64", "arm64"),
        ("arm64", "arm64"),
        ("linux", ""),
        ("", ""),
    ],
)
def test_machine_of_a_platform(platform: str, machine: str) -> None:
    """The architecture is what a platform names second; a variant does not count."""
    text = f"services:\n  n:\n    image: heroiclabs/nakama:3.40.0\n    platform: {platform}"
    target = decide_target(hints(**{"compose.yaml": text}), TABLE, "")

    assert (platform, machine) == (target.platform, target.machine)
