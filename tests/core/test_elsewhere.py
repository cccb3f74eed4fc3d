"""Manifests that run Nakama's image, and lines of text that name its version."""

from __future__ import annotations

import pytest

from autofix.core.elsewhere import (
    OtherKind,
    manifest_moves,
    mentions,
    named_elsewhere,
    other_kind,
)
from autofix.core.hints import HintFile
from autofix.core.moves import Nakama, edited
from autofix.releases import known_release

OLD = Nakama.of(known_release("3.26.0"))
NEW = Nakama.of(known_release("3.40.0"))


def after(path: str, text: str) -> str:
    """Return a manifest after the moves."""
    file = HintFile(path=path, text=text)
    return edited(text, manifest_moves(file, OLD, NEW))


def places(path: str, *lines: str) -> list[int]:
    """Return the lines of a file that name the old Nakama."""
    file = HintFile(path=path, text="\n".join(lines))
    return [int(each.rpartition(":")[2]) for each in mentions([file], OLD)]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("deploy/nakama.yaml", OtherKind.MANIFEST),
        ("infra/main.tf", OtherKind.MANIFEST),
        (".devcontainer/devcontainer.json", OtherKind.MANIFEST),
        ("README.md", OtherKind.TEXT),
        ("scripts/up.mjs", OtherKind.TEXT),
        ("server/go.mod", OtherKind.TEXT),
        ("compose.yaml", None),
        (".github/workflows/ci.yml", None),
        ("Dockerfile", None),
        ("CHANGELOG.md", None),
        ("package-lock.json", None),
        ("main.go", None),
    ],
)
def test_what_a_file_may_be(path: str, kind: OtherKind | None) -> None:
    """What decides about the target has a reader of its own; the past stays as it is."""
    assert kind == other_kind(path)


@pytest.mark.parametrize(
    ("path", "before", "expected"),
    [
        (
            "deploy/nakama.yaml",
            (
                "      - image: registry.heroiclabs.com/heroiclabs/nakama:3.26.0\r\n"
                "      # image: heroiclabs/nakama:3.26.0\n"
                "      - image: heroiclabs/nakama:3.25.0\n"
                "      - image: studio/nakama:3.26.0\n"
            ),
            (
                "      - image: registry.heroiclabs.com/heroiclabs/nakama:3.40.0\r\n"
                "      # image: heroiclabs/nakama:3.26.0\n"
                "      - image: heroiclabs/nakama:3.25.0\n"
                "      - image: studio/nakama:3.26.0\n"
            ),
        ),
        (
            "chart/values.yaml",
            (
                "image:\n  repository: heroiclabs/nakama # the server\n"
                '  pullPolicy: Always\n  tag: "3.26.0"\nversion: 3.26.0\n'
            ),
            (
                "image:\n  repository: heroiclabs/nakama # the server\n"
                '  pullPolicy: Always\n  tag: "3.40.0"\nversion: 3.26.0\n'
            ),
        ),
        (
            "k8s/kustomization.yaml",
            "images:\n  - name: heroiclabs/nakama\n    newTag: 3.26.0\n",
            "images:\n  - name: heroiclabs/nakama\n    newTag: 3.40.0\n",
        ),
        (
            "main.tf",
            f'image = "heroiclabs/nakama:3.26.0@sha256:{"a" * 64}"\n',
            'image = "heroiclabs/nakama:3.40.0"\n',
        ),
        (
            "values.yaml",
            "image:\n  repository: studio/game\n  tag: 3.26.0\n",
            "image:\n  repository: studio/game\n  tag: 3.26.0\n",
        ),
    ],
)
def test_only_the_old_tag_of_the_official_image_moves(
    path: str, before: str, expected: str
) -> None:
    """Another tag is of another place; other programs have versions of their own."""
    assert expected == after(path, before)


def test_nothing_moves_from_a_release_that_is_not_known() -> None:
    """An image without a tag is not the old one either."""
    file = HintFile(path="a.yaml", text="image: heroiclabs/nakama:3.26.0\n")

    assert [] == list(manifest_moves(file, Nakama.of(None), NEW))


def test_lines_that_name_the_old_nakama() -> None:
    """By its tag, or by nakama-common's version, each as a number of its own."""
    lines = (
        "Nakama must be **3.26.0**: the plugin loads into no other.",
        "see nakama-3.26.0-linux-amd64.tar.gz",
        "`nakama-common` v1.36.0",
        "github.com/other/common v1.36.0",
        "Nakama 3.26.0.1, 13.26.0 and 3.26.01 are others",
        "version 3.26.0 of the game",
        "nakama v3.26.0",
    )

    assert [1, 2, 3, 7] == places("README.md", *lines)


def test_what_the_run_itself_changes_is_not_told() -> None:
    """A comment in go.mod is; the required version is the run's to move."""
    lines = (
        "// must match Nakama 3.26.0",
        "require github.com/heroiclabs/nakama-common v1.36.0",
        "require github.com/heroiclabs/nakama v3.26.0+incompatible // indirect",
    )

    assert [1] == places("go.mod", *lines)
    assert [] == list(
        mentions([HintFile(path="a.md", text="nakama ")], Nakama.of(None))
    )


def test_many_places_are_counted() -> None:
    """The first ones tell where to begin."""
    text = named_elsewhere([f"README.md:{n}" for n in range(9)], OLD).text

    assert text.endswith("README.md:5 and 3 more still name Nakama 3.26.0.")
    assert "a.md:1 still names" in named_elsewhere(["a.md:1"], OLD).text
