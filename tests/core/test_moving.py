"""Moving everything that names the Nakama version, byte for byte."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.core.hints import HintFile, read_hints
from autofix.core.moves import Nakama, edited
from autofix.core.moving import Moved, moved
from autofix.releases import known_release, release_table

OLD = Nakama.of(known_release("3.26.0"))
NEW = Nakama.of(known_release("3.40.0"))


def move(**files: str) -> Moved:
    """Move files from 3.26.0 to 3.40.0."""
    named = [HintFile(path=path, text=text) for path, text in files.items()]
    return moved(named, OLD, NEW, release_table())


def after(path: str, text: str) -> str:
    """Return one file after the moves."""
    return move(**{path: text}).texts.get(path, text)


@pytest.mark.parametrize(
    ("path", "before", "expected"),
    [
        (
            "Dockerfile",
            (
                "FROM heroiclabs/nakama-pluginbuilder:3.26.0 AS b\n"
                "# FROM heroiclabs/nakama:3.26.0\n"
                "FROM registry.heroiclabs.com/heroiclabs/nakama:3.25.0\r\n"
            ),
            (
                "FROM heroiclabs/nakama-pluginbuilder:3.40.0 AS b\n"
                "# FROM heroiclabs/nakama:3.26.0\n"
                "FROM registry.heroiclabs.com/heroiclabs/nakama:3.40.0\r\n"
            ),
        ),
        (
            "Dockerfile",
            'ARG NAKAMA="3.26.0"\nARG OTHER=3.26.1\nFROM heroiclabs/nakama:${NAKAMA}\n',
            'ARG NAKAMA="3.40.0"\nARG OTHER=3.26.1\nFROM heroiclabs/nakama:${NAKAMA}\n',
        ),
        (
            "Dockerfile",
            "ARG IMAGE=heroiclabs/nakama\nARG V=3.26.0\nFROM ${IMAGE}:${V}\n",
            "ARG IMAGE=heroiclabs/nakama\nARG V=3.40.0\nFROM ${IMAGE}:${V}\n",
        ),
        (
            "Dockerfile",
            "ARG V=3.26.0\nFROM heroiclabs/nakama:$V@sha256:" + "a" * 64 + "\n",
            "ARG V=3.40.0\nFROM heroiclabs/nakama:$V\n",
        ),
        (
            "Dockerfile",
            "FROM heroiclabs/nakama:3.26.0@sha256:" + "a" * 64 + " AS x\n",
            "FROM heroiclabs/nakama:3.40.0 AS x\n",
        ),
        (
            "Dockerfile",
            (
                "ARG GO_VERSION=1.23.5\nFROM golang:${GO_VERSION}-bookworm AS build\n"
                "RUN go build -trimpath -buildmode=plugin -o b.so .\n"
                "FROM golang:1.22.1 AS tool\nFROM golang:1.23.5-bullseye AS other\n"
                "FROM heroiclabs/nakama:3.26.0\n"
            ),
            (
                "ARG GO_VERSION=1.26.5\nFROM golang:${GO_VERSION}-bookworm AS build\n"
                "RUN go build -trimpath -buildmode=plugin -o b.so .\n"
                "FROM golang:1.22.1 AS tool\nFROM golang:1.26.5-bookworm AS other\n"
                "FROM heroiclabs/nakama:3.40.0\n"
            ),
        ),
        (
            "docker-compose.yml",
            (
                "services:\n  nakama:\n    image: 'heroiclabs/nakama:3.26.0' # 3.25.0: old\n"
                "    command: http://nakama:7350\n"
            ),
            (
                "services:\n  nakama:\n    image: 'heroiclabs/nakama:3.40.0' # 3.25.0: old\n"
                "    command: http://nakama:7350\n"
            ),
        ),
        (
            "compose.yml",
            (
                "services:\n  n:\n    image: heroiclabs/nakama:${TAG:-3.26.0}\n"
                "  m:\n    image: ${NAKAMA_IMAGE:-heroiclabs/nakama:3.26.0}\n"
            ),
            (
                "services:\n  n:\n    image: heroiclabs/nakama:${TAG:-3.40.0}\n"
                "  m:\n    image: ${NAKAMA_IMAGE:-heroiclabs/nakama:3.40.0}\n"
            ),
        ),
        (
            "Makefile",
            (
                "VERSION := 3.26.0\nTAG ?= $(VERSION) # 3.26.0\n"
                "run:\n\tdocker run heroiclabs/nakama:$(TAG)\n"
            ),
            (
                "VERSION := 3.40.0\nTAG ?= $(VERSION) # 3.26.0\n"
                "run:\n\tdocker run heroiclabs/nakama:$(TAG)\n"
            ),
        ),
        (
            ".github/workflows/ci.yml",
            (
                "env:\n  NAKAMA_VERSION: '3.26.0'\n  GOTOOLCHAIN: go1.23.5\njobs:\n  a:\n"
                "    steps:\n    - uses: actions/setup-go@v5\n      with:\n"
                "        go-version: 1.23.x\n    - run: go get "
                "github.com/heroiclabs/nakama-common@v1.36.0\n"
                "    - run: docker pull heroiclabs/nakama:${{ env.NAKAMA_VERSION }}\n"
            ),
            (
                "env:\n  NAKAMA_VERSION: '3.40.0'\n  GOTOOLCHAIN: go1.26.5\njobs:\n  a:\n"
                "    steps:\n    - uses: actions/setup-go@v5\n      with:\n"
                "        go-version: 1.26.x\n    - run: go get "
                "github.com/heroiclabs/nakama-common@v1.47.0\n"
                "    - run: docker pull heroiclabs/nakama:${{ env.NAKAMA_VERSION }}\n"
            ),
        ),
        (
            ".env",
            "NAKAMA_TAG=3.26.0 # as in production\nGAME_VERSION=3.26.0\n",
            "NAKAMA_TAG=3.40.0 # as in production\nGAME_VERSION=3.26.0\n",
        ),
        (
            "run.sh",
            (
                'export NAKAMA_COMMON_VERSION="1.36.0"\n[ "$NAKAMA_VERSION" = 3.26.0 ]\n'
                "docker run autofix-kit/nakama:3.26.0\n"
            ),
            (
                'export NAKAMA_COMMON_VERSION="1.47.0"\n[ "$NAKAMA_VERSION" = 3.26.0 ]\n'
                "docker run autofix-kit/nakama:3.40.0\n"
            ),
        ),
        (
            "run.bat",
            (
                "set NAKAMA_VERSION=3.26.0\nrem heroiclabs/nakama:3.26.0\n"
                "docker run heroiclabs/nakama:%NAKAMA_VERSION%\n"
            ),
            (
                "set NAKAMA_VERSION=3.40.0\nrem heroiclabs/nakama:3.26.0\n"
                "docker run heroiclabs/nakama:%NAKAMA_VERSION%\n"
            ),
        ),
        (
            "autofix.toml",
            'nakama = "3.26.0" # ours\nmax-rounds = 9\n',
            'nakama = "3.40.0" # ours\nmax-rounds = 9\n',
        ),
    ],
)
def test_only_versions_change(path: str, before: str, expected: str) -> None:
    """Everything that names the release moves, and nothing else does."""
    assert expected == after(path, before)


def test_the_go_of_a_builder_that_differs_from_its_servers_moves_too() -> None:
    """3.38.0 was built by Go 1.26.1, its pluginbuilder has 1.25.5; both name its Go."""
    text = (
        "GO_VERSION := 1.25.5\nOTHER_GO_VERSION := 1.26.1\nGO_VERSION_OLD := 1.24.5\n"
    )
    table = release_table()
    old = Nakama.of(table.by_tag("3.38.0"))
    found = moved((HintFile(path="Makefile", text=text),), old, NEW, table)

    assert {
        "Makefile": text.replace("1.25.5", "1.26.5").replace("1.26.1", "1.26.5")
    } == found.texts


def test_a_value_reaches_across_files() -> None:
    """A Makefile gives the Dockerfile its tag; the game's own version stays."""
    found = move(
        **{
            "Dockerfile": "ARG TAG\nFROM heroiclabs/nakama:${TAG}\n",
            "Makefile": "TAG = 3.26.0\nb:\n\tdocker build --build-arg TAG=$(TAG) .\n",
            "release.mk": "TAG = 1.4.2\n",
        }
    )

    assert {"Makefile"} == set(found.texts)
    assert () == found.findings


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("FROM heroiclabs/nakama:latest\n", "no release"),
        ("FROM heroiclabs/nakama@sha256:" + "b" * 64 + "\n", "digest alone"),
        ("FROM heroiclabs/nakama:${A}.${B}\n", ""),
    ],
)
def test_what_cannot_be_moved_is_said(text: str, words: str) -> None:
    """A place that still names another Nakama has a finding with the reason."""
    found = move(
        **{"Dockerfile": text, ".env": "A=3.26\nB=0\n", "compose.yml": "services: {}\n"}
    )

    assert {} == found.texts
    assert 1 == len([each for each in found.findings if words in each.answer])


def test_another_registrys_image_moves_with_a_word() -> None:
    """A company's mirror has the same tags, if somebody pushes them."""
    found = move(Dockerfile="FROM ghcr.io/acme/nakama:3.26.0\n")

    assert "FROM ghcr.io/acme/nakama:3.40.0\n" == found.texts["Dockerfile"]
    assert "not looked at" in found.moves[0].note


def test_a_misspelled_name_moves_too() -> None:
    """As it is in a public plugin; that the name is wrong is the run's to say."""
    text = "FROM heroiclabs/nakam:3.22.0\nFROM heroiclabs/hiro:3.22.0\n"

    assert text.replace("nakam:3.22.0", "nakam:3.40.0") == after("Dockerfile", text)


def test_a_games_own_image_called_nakama_stays() -> None:
    """Only Nakama's own releases are moved under somebody else's name."""
    text = "FROM acme/nakama:9.1.0\nFROM acme/nakama:3.26.0-acme2\n"

    assert text == after("Dockerfile", text)


def test_moving_is_done_once() -> None:
    """A second time finds nothing."""
    text = "ARG V=3.26.0\nFROM heroiclabs/nakama:${V}\n"
    again = move(Dockerfile=after("Dockerfile", text))

    assert {} == again.texts


RELEASES = st.sampled_from(["3.24.2", "3.25.0", "3.26.0"])
NOISE = st.text(
    st.characters(
        codec="utf-8", categories=["L", "N", "P", "S", "Zs"], include_characters="\n"
    ),
    max_size=30,
).filter(
    lambda text: not re.search(r"nakama|golang|FROM|image|\d\.\d", text, re.IGNORECASE)
)
PIECES = {
    "Dockerfile": [
        "FROM heroiclabs/nakama:{}\n",
        "ARG NAKAMA_VERSION={}\nFROM heroiclabs/nakama-pluginbuilder:${{NAKAMA_VERSION}}\n",
        'ARG NAKAMA_TAG="{}"\nFROM heroiclabs/nakama:$NAKAMA_TAG\n',
    ],
    "docker-compose.yml": [
        "services:\n  nakama:\n    image: heroiclabs/nakama:{}\n",
        "services:\n  nakama:\n    image: 'heroiclabs/nakama:${{V:-{}}}'\n",
    ],
    "Makefile": [
        "NAKAMA_VERSION ?= {}\n",
        "run:\n\tdocker run heroiclabs/nakama:{} migrate\n",
    ],
}


@given(st.data())
def test_what_moves_is_found_again_and_nothing_else_changes(
    data: st.DataObject,
) -> None:
    """Whatever stands around: the new release is read back, other bytes are equal."""
    path = data.draw(st.sampled_from(sorted(PIECES)))
    piece = data.draw(st.sampled_from(PIECES[path])).format(data.draw(RELEASES))
    comments = [f"# {line}" for line in data.draw(NOISE).split("\n")]
    text = "\n".join((*comments, piece)) + "\n".join(
        f"# {data.draw(NOISE)!r}".split("\n")
    )
    file = HintFile(path=path, text=text)
    found = moved([file], OLD, NEW, release_table())
    now = HintFile(path=path, text=found.texts[path])
    hints = read_hints([now])

    assert {"3.40.0"} == {
        each.image.release for each in (*hints.servers, *hints.builders)
    }
    assert () == found.findings
    at = 0
    for each in sorted(found.moves, key=lambda one: one.start):
        assert each.before == text[each.start : each.end]
        assert each.start >= at
        at = each.end
    assert now.text == edited(text, found.moves)
    assert len(now.text) - len(text) == sum(
        len(each.after) - len(each.before) for each in found.moves
    )


@given(st.text(max_size=300))
def test_no_text_is_too_strange(text: str) -> None:
    """Nothing raises, whatever a file holds."""
    move(Dockerfile=text, Makefile=text, **{"compose.yml": text, "autofix.toml": text})
