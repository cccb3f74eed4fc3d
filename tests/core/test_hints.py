"""What a project's files say together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.core.hints import FileKind, HintFile, Hints, Rank, file_kind, read_hints

DOCKERFILE = """\
ARG NAKAMA_VERSION
FROM heroiclabs/nakama-pluginbuilder:${NAKAMA_VERSION} AS builder
WORKDIR /src/game
RUN go mod tidy
RUN go build --trimpath --buildmode=plugin -o /out/arena.so ./cmd/arena
FROM scratch AS export
COPY --from=builder /out/arena.so /
FROM heroiclabs/nakama:${NAKAMA_VERSION} AS runtime
COPY --from=builder /out/arena.so /nakama/data/modules/
"""


def read(**files: str) -> Hints:
    """Read files by path; the distance is the number of folders they are in."""
    return read_hints(
        [
            HintFile(path=path, text=text, distance=path.count("/"))
            for path, text in files.items()
        ]
    )


def servers(hints: Hints) -> list[tuple[str, str]]:
    """Return each server with its place."""
    return [(str(hint.image), hint.place) for hint in hints.servers]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("Dockerfile", FileKind.DOCKERFILE),
        ("server/Dockerfile.debug", FileKind.DOCKERFILE),
        ("deploy/nakama.Dockerfile", FileKind.DOCKERFILE),
        ("Containerfile", FileKind.DOCKERFILE),
        ("docker-compose.yml", FileKind.COMPOSE),
        ("docker-compose-postgres.yml", FileKind.COMPOSE),
        ("compose.prod.yaml", FileKind.COMPOSE),
        (".env", FileKind.ENVIRONMENT),
        ("Makefile", FileKind.SCRIPT),
        ("build.mk", FileKind.SCRIPT),
        ("scripts/build.sh", FileKind.SCRIPT),
        ("build.bat", FileKind.SCRIPT),
        (".github/workflows/ci.yaml", FileKind.SCRIPT),
        (".gitlab-ci.yml", FileKind.SCRIPT),
        ("local.yml", None),
        ("composer.yml", None),
        ("main.go", None),
    ],
)
def test_files_are_known_by_their_names(path: str, kind: FileKind | None) -> None:
    """Names seen in public repositories."""
    assert kind == file_kind(path)


def test_compose_gives_build_arguments_to_its_dockerfile() -> None:
    """The tag of a Dockerfile's images may stand in the compose file."""
    compose = """\
services:
  nakama:
    image: studio/nakama:dev
    platform: linux/amd64
    build:
      context: ..
      dockerfile: deploy/nakama.Dockerfile
      args: {NAKAMA_VERSION: 3.40.0}
"""
    hints = read(
        **{"deploy/compose.yml": compose, "deploy/nakama.Dockerfile": DOCKERFILE}
    )

    assert [("heroiclabs/nakama:3.40.0", "deploy/nakama.Dockerfile:8")] == servers(
        hints
    )
    assert hints.servers[0].platform == "linux/amd64"
    (build,) = hints.builds
    assert ("./cmd/arena", "/src/game") == (build.package, build.folder)
    assert ["tidy-before-build"] == [finding.name for finding in build.findings]


def test_scripts_give_what_a_dockerfile_leaves_open() -> None:
    """--build-arg, a Makefile's variable and .env are asked in turn."""
    for path, text in (
        ("build.sh", "docker build --build-arg NAKAMA_VERSION=3.27.1 .\n"),
        ("Makefile", "NAKAMA_VERSION := 3.27.1\n"),
        (".env", "NAKAMA_VERSION=3.27.1\n"),
    ):
        hints = read(**{"Dockerfile": DOCKERFILE, path: text})

        assert hints.servers[0].place == "Dockerfile:8"
        assert str(hints.servers[0].image) == "heroiclabs/nakama:3.27.1"


def test_the_dockerfile_comes_before_compose_and_scripts() -> None:
    """Rank decides first, then how near the file is."""
    hints = read(
        **{
            "a/b/Dockerfile": "FROM heroiclabs/nakama:3.1.0",
            "a/Dockerfile": "FROM heroiclabs/nakama:3.2.0",
            "compose.yml": "services: {n: {image: 'heroiclabs/nakama:3.3.0'}}",
            "Makefile": "run:\n\tdocker run heroiclabs/nakama:3.4.0 check\n",
        }
    )

    assert [
        (Rank.DOCKERFILE, "3.2.0"),
        (Rank.DOCKERFILE, "3.1.0"),
        (Rank.COMPOSE, "3.3.0"),
        (Rank.SCRIPT, "3.4.0"),
    ] == [(hint.rank, hint.image.tag) for hint in hints.servers]


def test_the_stage_that_is_built_comes_first() -> None:
    """Of two server stages the last one, or the one compose names, is the server."""
    text = """\
FROM heroiclabs/nakama:3.21.1-arm AS arm
FROM heroiclabs/nakama:3.21.1 AS intel
"""
    target = "services: {n: {build: {target: arm}}}"

    assert read(Dockerfile=text).servers[0].image.tag == "3.21.1"
    by_compose = read(**{"Dockerfile": text, "compose.yml": target})
    assert by_compose.servers[0].image.tag == "3.21.1-arm"


def test_another_builder_counts_where_it_builds_a_plugin() -> None:
    """A golang stage is a builder only if a plugin is built in it."""
    text = """\
FROM golang:1.26-alpine AS plugin
RUN go build -trimpath -buildmode=plugin -o a.so
FROM golang:1.22 AS tool
RUN go build -o tool
"""
    hints = read(Dockerfile=text)

    assert ["golang:1.26-alpine"] == [str(hint.image) for hint in hints.builders]


def test_another_builder_in_a_script() -> None:
    """``docker run golang`` with a plugin build names a builder, too."""
    text = "docker run -v .:/w golang:1.21 bash -c 'go build -buildmode=plugin -o a.so'"

    assert ["golang:1.21"] == [
        str(hint.image) for hint in read(**{"build.sh": text}).builders
    ]


def test_a_compose_service_may_build_the_plugin() -> None:
    """A service with the builder image is a builder, its command a build line."""
    text = """\
services:
  builder:
    image: heroiclabs/nakama-pluginbuilder:3.26.0
    working_dir: /b
    command: build -buildmode=plugin -trimpath -o ./modules/arena.so
    environment: [CGO_ENABLED=0]
"""
    hints = read(**{"compose.yml": text})

    (build,) = hints.builds
    assert ("compose.yml:3", "arena.so") == (build.place, build.output)
    assert ["cgo-disabled"] == [finding.name for finding in build.findings]


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"Dockerfile": "FROM heroiclabs/nakam:3.22.0"}, "image-misspelled"),
        ({"Dockerfile": "FROM heroiclabs/nakama:$T"}, "image-variable-unknown"),
        (
            {"compose.yml": "services: {n: {image: 'heroiclabs/nakama:$T'}}"},
            "image-variable-unknown",
        ),
        ({"compose.yml": "a: [1"}, "compose-unreadable"),
        (
            {
                "Dockerfile": "FROM heroiclabs/nakama:3.26.0\n"
                "COPY build/old.so /nakama/data/modules/"
            },
            "prebuilt-plugin",
        ),
        (
            {
                "compose.yml": "services: {n: {build: ., volumes: ['./:/nakama/data']}}",
                "Dockerfile": DOCKERFILE.replace("${NAKAMA_VERSION}", "3.26.0"),
            },
            "modules-hidden-by-mount",
        ),
    ],
)
def test_what_is_odd_is_said(files: dict[str, str], name: str) -> None:
    """One finding, with its place."""
    (finding,) = read(**files).findings

    assert name == finding.name
    assert any(path in finding.text for path in files)


def test_a_service_whose_dockerfile_is_elsewhere() -> None:
    """The name of the image that is built is better than nothing."""
    text = "services: {n: {image: 'heroiclabs/nakama:3.26.0', build: '../far'}}"
    found = servers(read(**{"compose.yml": text}))

    assert [("heroiclabs/nakama:3.26.0", "compose.yml:1")] == found


def test_the_build_line_of_a_package_is_chosen() -> None:
    """The line that names the package, else one that builds the folder it is in."""
    text = """\
FROM heroiclabs/nakama-pluginbuilder:3.26.0
RUN go build -buildmode=plugin -o one.so ./cmd/one
RUN go build -buildmode=plugin -o here.so
"""
    hints = read(Dockerfile=text)

    found = {name: hints.build_line(name) for name in ("./cmd/one", "./cmd/two", ".")}
    outputs = {name: line and line.output for name, line in found.items()}
    assert {"./cmd/one": "one.so", "./cmd/two": "here.so", ".": "here.so"} == outputs
    assert read(Makefile="x:\n\techo\n").build_line(".") is None


NAMES = ["Dockerfile", "compose.yml", ".env", "Makefile", ".github/workflows/a.yml"]


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=200)))
def test_any_files_are_read_without_raising(files: dict[str, str]) -> None:
    """Places are files that were given."""
    hints = read(**files)

    assert all(hint.file in files for hint in (*hints.servers, *hints.builders))
