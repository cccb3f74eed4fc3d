"""Image references and Nakama's roles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.core.imageref import (
    ImageRef,
    NakamaImage,
    corrected,
    nakama_images,
    official,
    parse_image,
)

DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nakama", ImageRef(path="nakama")),
        ("heroiclabs/nakama:3.26.0", ImageRef(path="heroiclabs/nakama", tag="3.26.0")),
        (
            "docker.io/heroiclabs/nakama:3.26.0",
            ImageRef(path="heroiclabs/nakama", tag="3.26.0"),
        ),
        ("docker.io/library/golang:1.26", ImageRef(path="golang", tag="1.26")),
        (
            "localhost:5000/a/nakama",
            ImageRef(registry="localhost:5000", path="a/nakama"),
        ),
        (
            "registry.example.com:8443/games/nakama:v3.26.0-r2",
            ImageRef(
                registry="registry.example.com:8443",
                path="games/nakama",
                tag="v3.26.0-r2",
            ),
        ),
        (
            f"heroiclabs/nakama:3.40.0@{DIGEST}",
            ImageRef(path="heroiclabs/nakama", tag="3.40.0", digest=DIGEST),
        ),
    ],
)
def test_a_reference_is_taken_apart(text: str, expected: ImageRef) -> None:
    """Registry, path, tag and digest are told apart as the registries do it."""
    assert expected == parse_image(text)


@pytest.mark.parametrize(
    "text", ["", "heroiclabs/nakama:", "Nakama", "a b", "x:y:z", "/nakama", "n" * 600]
)
def test_what_is_no_reference_gives_none(text: str) -> None:
    """Malformed references are not guessed at."""
    assert parse_image(text) is None


@pytest.mark.parametrize(
    ("text", "kind", "is_official", "release"),
    [
        ("heroiclabs/nakama:3.26.0", NakamaImage.SERVER, True, "3.26.0"),
        ("heroiclabs/nakama-dsym:3.40.0", NakamaImage.DSYM, True, "3.40.0"),
        (
            "registry.heroiclabs.com/heroiclabs/nakama-pluginbuilder:3.21.1-arm",
            NakamaImage.BUILDER,
            True,
            "3.21.1",
        ),
        ("heroiclabs/nakama-prerelease:latest", NakamaImage.PRERELEASE, True, ""),
        ("studio/nakama:v3.38.0-r3", NakamaImage.SERVER, False, "3.38.0"),
        ("heroiclabs/nakama-console:1.0.0", None, False, "1.0.0"),
        ("postgres:16.8-alpine", None, False, ""),
    ],
)
def test_nakama_images_are_recognised(
    text: str, kind: NakamaImage | None, is_official: bool, release: str
) -> None:
    """The last element of the name decides the role, the namespace who made it."""
    image = parse_image(text)

    assert image is not None
    assert (kind, is_official, release) == (
        image.nakama,
        image.is_official,
        image.release,
    )


def test_a_misspelled_official_name_is_corrected() -> None:
    """A name one letter off is read as the image it must mean."""
    image = parse_image("heroiclabs/nakam:3.22.0")

    assert image is not None
    assert official(NakamaImage.SERVER, "3.22.0")[0] == corrected(image)


def test_images_are_found_in_prose() -> None:
    """Only words with a namespace or a release tag are images, not the bare name."""
    text = 'run "heroiclabs/nakama:3.26.0" then nakama/data nakama: my/nakama:dev'

    assert ["heroiclabs/nakama:3.26.0"] == [str(each) for each in nakama_images(text)]


@given(st.text(max_size=200))
def test_any_text_is_read_without_raising(text: str) -> None:
    """What parses is written the same way again, but for the default registry."""
    image = parse_image(text)
    list(nakama_images(text))

    assert image is None or text.endswith(str(image))
