"""Makefiles, scripts and CI files, in the manner of public repositories."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from autofix.core.scripts import parse_script

MAKEFILE = """\
NAME = arena.so
NAKAMA_VER ?= 3.27.0
HERE := $(PWD)

publish:
\tdocker build -t studio/nakama:$(NAKAMA_VER) . && docker push studio/nakama:9.9.9

# docker run heroiclabs/nakama-pluginbuilder:3.0.0 build
build:
\tgo mod vendor
\tdocker run --rm -w "/app" -v "${HERE}:/app" "heroiclabs/nakama-pluginbuilder:${NAKAMA_VER}" build -buildvcs=false --trimpath --buildmode=plugin -o ./bin/${NAME} . && cp x y
"""

SHELL = """\
#!/usr/bin/env bash
NAKAMA_VERSION="${NAKAMA_VERSION:-3.40.0}"
IMAGE="heroiclabs/nakama:${NAKAMA_VERSION}"   # the server
DOCKER_BUILDKIT=1 docker build -f nakama.Dockerfile \\
  --build-arg "GAME_VERSION=${NAKAMA_VERSION}" \\
  --target export ..
go build -tags nakama -trimpath -buildmode=plugin \\
  -o "$OUT/arena.so" ./cmd/arena
"""

BATCH = """\
@echo off
rem docker run heroiclabs/nakama-pluginbuilder:3.0.0
set VER=3.30.0
docker run --rm -w "/builder" -v "%cd%\\server:/builder" ^
  heroiclabs/nakama-pluginbuilder:%VER% build -buildmode=plugin ^
  -trimpath -o ./modules/arena.so
"""

WORKFLOW = """\
on: push
env:
  NAKAMA_VERSION: 3.32.1
jobs:
  plugin:
    steps:
      - uses: actions/checkout@v4
      - name: Build
        run: |
          cd game
          docker run -v x:/b heroiclabs/nakama-pluginbuilder:$NAKAMA_VERSION \\
            build -trimpath -buildmode=plugin -o arena.so
"""


def test_a_makefile() -> None:
    """Recipes count; comments and images that are made or pushed here do not."""
    found = parse_script("Makefile", MAKEFILE)

    images = [
        (str(each.image), each.line, each.by_version)
        for each in found.images
        if not each.by_version
    ]
    assert [("heroiclabs/nakama-pluginbuilder:3.27.0", 11, False)] == images
    (build,) = found.builds
    assert ("Makefile:11", "arena.so", "/app") == (
        build.place,
        build.output,
        build.folder,
    )


def test_a_shell_script() -> None:
    """A variable may default to itself; build arguments are collected."""
    found = parse_script("tools/build.sh", SHELL)

    assert [("heroiclabs/nakama:3.40.0", 3)] == [
        (str(each.image), each.line) for each in found.images
    ]
    assert {"GAME_VERSION": "3.40.0"} == found.build_arguments
    (build,) = found.builds
    assert (7, "arena.so", ("nakama",), "./cmd/arena") == (
        build.line,
        build.output,
        build.tags,
        build.package,
    )


def test_a_batch_file() -> None:
    """Percent variables, caret continuations and backslashes."""
    found = parse_script("build.bat", BATCH)

    (build,) = found.builds
    assert "heroiclabs/nakama-pluginbuilder:3.30.0" == str(build.image)
    assert ("arena.so", "/builder") == (build.output, build.folder)


def test_a_workflow() -> None:
    """Steps are scripts; variables may stand in ``env``."""
    found = parse_script(".github/workflows/ci.yml", WORKFLOW)

    (build,) = found.builds
    assert ("game", "arena.so") == (build.folder, build.output)
    assert ["heroiclabs/nakama-pluginbuilder:3.32.1"] == [
        str(each.image) for each in found.images if not each.by_version
    ]


def test_a_version_variable_alone_names_the_server() -> None:
    """NAKAMA_VERSION without any image is a hint, nakama-common's is not."""
    text = "NAKAMA_COMMON_VERSION=1.36.0\nNAKAMA_VERSION=v3.26.0\nVERSION=1.2.3\n"
    (image,) = parse_script(".env", text).images

    assert ("heroiclabs/nakama:3.26.0", 2, True) == (
        str(image.image),
        image.line,
        image.by_version,
    )


def test_its_own_variables_win_over_given_ones() -> None:
    """Another file's VERSION is not this one's; a default yields to what is given."""
    text = "VERSION=3.26.0\nTAG=${TAG:-3.27.0}\n"
    found = parse_script("a.sh", text, {"VERSION": "1.0.0", "TAG": "3.40.0", "X": "y"})

    assert {"VERSION": "3.26.0", "TAG": "3.40.0", "X": "y"} == found.variables


def test_aliases_of_aliases_are_walked_once() -> None:
    """A CI file that unfolds into billions of texts costs nothing."""
    lines = ["k0: &k0 [go build -buildmode=plugin]"]
    lines += [f"k{n}: &k{n} [{', '.join([f'*k{n - 1}'] * 9)}]" for n in range(1, 12)]

    assert len(parse_script(".gitlab-ci.yml", "\n".join(lines)).builds) == 1


@given(
    st.sampled_from(["Makefile", "a.sh", "a.bat", "a.yml"]),
    st.text(alphabet="A=:$(){}%\n\t \"'-#naktgobuild\\^`", max_size=300),
)
def test_any_text_is_read_without_raising(path: str, text: str) -> None:
    """Lines of what is found are lines of the text."""
    found = parse_script(path, text)

    assert all(each.line <= text.count("\n") + 1 for each in found.images)
