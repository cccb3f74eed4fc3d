"""Compose files, in the manner of public plugin repositories."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.core.compose import (
    ImageBuild,
    Mount,
    parse_compose,
    parse_environment_file,
    read_together,
)

USUAL = """\
x-common: &common
  restart: unless-stopped
  platform: linux/amd64

services:
  database:
    image: postgres:16.8-alpine
  game:
    <<: *common
    # the server
    image: registry.heroiclabs.com/heroiclabs/nakama:${NAKAMA_TAG:-3.26.0}
    entrypoint: ["/bin/sh", "-ecx", "/nakama/nakama migrate up && exec /nakama/nakama"]
    volumes:
      - ./data:/nakama/data:ro
      - C:\\games\\data:/nakama/data/modules
      - type: bind
        source: ./local.yml
        target: /nakama/data/local.yml
      - cache
"""


def test_a_service_is_read() -> None:
    """Image, platform (through a merge key), mounts and the line of the image."""
    game = parse_compose([("compose.yml", USUAL)]).services[1]

    assert str(game.image) == "registry.heroiclabs.com/heroiclabs/nakama:3.26.0"
    assert ("game", 11, "linux/amd64") == (game.name, game.line, game.platform)
    assert (
        Mount(source="./data", target="/nakama/data"),
        Mount(source="C:\\games\\data", target="/nakama/data/modules"),
        Mount(source="./local.yml", target="/nakama/data/local.yml"),
    ) == game.mounts


def test_variables_come_from_the_environment_file() -> None:
    """``.env`` wins over the default in the compose file."""
    values = parse_environment_file("# tags\nexport NAKAMA_TAG='3.40.0' \nEMPTY=\n")
    game = parse_compose([("compose.yml", USUAL)], environment=values).services[1]

    assert str(game.image) == "registry.heroiclabs.com/heroiclabs/nakama:3.40.0"


def test_a_variable_without_a_value_is_named() -> None:
    """An image that depends on an unset variable is no image, and says which."""
    text = "services:\n  n:\n    image: heroiclabs/nakama:${TAG}\n"
    service = parse_compose([("c.yml", text)]).services[0]

    assert (None, ("TAG",)) == (service.image, service.missing)


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        ("build: ./server", ImageBuild(context="./server")),
        (
            (
                "build: {context: .., dockerfile: deploy/N.Dockerfile, target: runtime,"
                " args: {NAKAMA_VERSION: 3.10, FROM_ENV: }}"
            ),
            ImageBuild(
                context="..",
                dockerfile="deploy/N.Dockerfile",
                target="runtime",
                arguments={"NAKAMA_VERSION": "3.10", "FROM_ENV": "x"},
            ),
        ),
        (
            "build: {args: [NAKAMA_VERSION=3.26.0, FROM_ENV, UNSET]}",
            ImageBuild(arguments={"NAKAMA_VERSION": "3.26.0", "FROM_ENV": "x"}),
        ),
        (
            'build: {dockerfile_inline: "FROM heroiclabs/nakama:3.1.0"}',
            ImageBuild(inline="FROM heroiclabs/nakama:3.1.0"),
        ),
    ],
)
def test_builds_are_read(build: str, expected: ImageBuild) -> None:
    """Short and long form; a number stays as it was written (3.10 is not 3.1)."""
    text = f"services:\n  n:\n    {build}\n"
    found = parse_compose([("c.yml", text)], environment={"FROM_ENV": "x"})

    assert expected == found.services[0].build


def test_an_override_file_changes_what_it_names() -> None:
    """Files are merged key by key, the later one winning."""
    base = "services:\n  n:\n    build: {context: ., args: {A: 1}}\n    platform: p\n"
    over = "services:\n  n:\n    build: {args: {B: 2}}\n    image: a/nakama:dev\n"
    service = parse_compose([("a.yml", base), ("b.yml", over)]).services[0]

    assert ImageBuild(arguments={"A": "1", "B": "2"}) == service.build
    expected = ("p", "a/nakama:dev", "b.yml")
    assert expected == (service.platform, service.text, service.file)


def test_a_service_extends_another() -> None:
    """``extends`` within a file is followed, and compose's own tags are read."""
    text = """\
services:
  base: {image: "heroiclabs/nakama:3.26.0", platform: linux/amd64}
  n: {extends: {service: base}, platform: !reset null}
  loop: {extends: loop}
"""
    found = {each.name: each for each in parse_compose([("c.yml", text)]).services}

    assert found["n"].text == "heroiclabs/nakama:3.26.0"
    assert found["loop"].text == ""


def test_files_are_read_together_as_compose_does() -> None:
    """A folder's first default name and its override belong together."""
    paths = [
        "docker-compose.yml",
        "docker-compose.override.yml",
        "docker-compose.prod.yml",
        "a/compose.yaml",
    ]

    assert [
        ["docker-compose.yml", "docker-compose.override.yml"],
        ["a/compose.yaml"],
        ["docker-compose.prod.yml"],
    ] == list(read_together(paths))


def test_merges_that_double_without_end_are_refused() -> None:
    """Sixty lines that would become more keys than there is memory for."""
    lines = ["k0: &k0 {a: 1}"]
    lines += [f"k{n}: &k{n} {{<<: [*k{n - 1}, *k{n - 1}]}}" for n in range(1, 60)]
    found = parse_compose([("c.yml", "\n".join(lines))])

    assert ("c.yml cannot be read: too many merged keys",) == found.problems


@pytest.mark.parametrize(
    "text", ["a: [1", "[" * 5000, "services: &a\n  x: *a\n", "a: !!python/name:os.x 1"]
)
def test_what_is_no_compose_file_gives_no_service(text: str) -> None:
    """Broken, endless and hostile YAML is a problem or nothing, and runs nothing."""
    assert parse_compose([("c.yml", text)]).services == ()


@given(st.text(max_size=300), st.text(alphabet="abs: -[]{}&*!<|>\n'\"#", max_size=200))
def test_any_text_is_read_without_raising(text: str, yaml_like: str) -> None:
    """A file is at most one problem; the same holds below a services key."""
    nested = "services:\n  n:\n    image: " + text
    found = [parse_compose([("c", each)]) for each in (text, yaml_like, nested)]

    assert all(len(each.problems) <= 1 for each in found)


@given(st.text(max_size=200))
def test_any_environment_file_is_read(text: str) -> None:
    """Names are never empty."""
    assert "" not in parse_environment_file(text)
