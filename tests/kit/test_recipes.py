from __future__ import annotations

from pathlib import Path

import pytest

from autofix.errors import TargetError
from scenarios.kit.debian import machine_mirror
from scenarios.kit.errors import KitError
from scenarios.kit.recipes import Recipe, recipes
from scenarios.kit.release import known_tags, release
from scenarios.kit.twin_source import check_versions, twin_files


def _by_reference(*tags: str) -> dict[str, Recipe]:
    return {r.reference: r for r in recipes(tuple(release(tag) for tag in tags))}


def test_every_image_comes_after_those_it_stands_on() -> None:
    """The list is an order in which the images can be made."""
    seen: set[str] = set()

    for recipe in recipes(tuple(release(tag) for tag in known_tags())):
        assert set(recipe.needs) <= seen
        seen.add(recipe.reference)


def test_one_release_needs_six_images() -> None:
    """Nothing of other releases is made along with it."""
    expected = [
        "autofix-kit/compilers:bookworm",
        "autofix-kit/debian:bookworm",
        "autofix-kit/golang:1.26.5-bookworm",
        "autofix-kit/nakama-pluginbuilder:3.40.0",
        "autofix-kit/nakama:3.40.0",
        "autofix-kit/postgres:15",
    ]

    assert expected == sorted(_by_reference("3.40.0"))


def test_the_builder_of_3_38_0_keeps_its_wrong_go() -> None:
    """Its server has Go 1.26.1, its builder 1.25.5, as published; both are made."""
    made = _by_reference("3.38.0")

    assert made["autofix-kit/nakama-pluginbuilder:3.38.0"].needs == (
        "autofix-kit/golang:1.25.5-bookworm",
    )
    assert (
        "autofix-kit/golang:1.26.1-bookworm" in made["autofix-kit/nakama:3.38.0"].needs
    )


def test_a_fingerprint_is_the_same_whatever_else_is_asked_for() -> None:
    """Asking for more releases does not make the images of the first again."""
    alone = _by_reference("3.40.0")
    together = _by_reference(*known_tags())

    assert {name: r.fingerprint for name, r in alone.items()} == {
        name: together[name].fingerprint for name in alone
    }


def test_fingerprints_tell_all_images_apart() -> None:
    """Two images with the same Dockerfile differ by their Go or their release."""
    marks = [recipe.fingerprint for recipe in _by_reference(*known_tags()).values()]

    assert len(marks) == len(set(marks))


def test_only_the_twin_is_labelled_a_test_double() -> None:
    """Nobody can mistake it for Nakama."""
    label = "dev.autofix.kit.test-double"
    labels = {name: r.labels.get(label) for name, r in _by_reference("3.40.0").items()}

    assert labels.pop("autofix-kit/nakama:3.40.0") == (
        "twin server of Nakama 3.40.0; not Nakama"
    )
    assert set(labels.values()) == {None}


def test_an_unknown_release_names_the_known_ones() -> None:
    """The message says what could be chosen."""
    with pytest.raises(TargetError) as caught:
        release("3.0.0")

    assert "Choose one of 3.26.0, 3.38.0, 3.40.0." in str(caught.value)


@pytest.mark.parametrize("tag", known_tags())
def test_a_twin_requires_each_module_of_its_release(tag: str) -> None:
    """Go's version selection then has nothing left to choose."""
    files = {file.path: file.content.decode() for file in twin_files(release(tag))}
    required = {
        tuple(line.split()) for line in files["go.mod"].splitlines() if line[:1] == "\t"
    }

    assert set(release(tag).modules.items()) == required


@pytest.mark.parametrize("tag", known_tags())
def test_a_twin_imports_no_internal_package(tag: str) -> None:
    """Go would refuse to compile it."""
    linked = release(tag).linkable

    assert not [path for path in linked if "internal" in path.split("/")]
    assert "google.golang.org/protobuf/proto" in linked
    assert "crypto/tls" in linked


def test_a_twin_with_another_version_is_refused() -> None:
    """A module that version selection raised would spoil every verdict."""
    info = b"/twin/nakama: go1.26.5\n\tdep\tgithub.com/gofrs/uuid/v5\tv5.3.2\th1:x=\n"

    with pytest.raises(KitError, match=r"uuid/v5 v5\.3\.2, not v5\.4\.0"):
        check_versions(release("3.40.0"), info)


def test_a_twin_with_its_own_versions_is_accepted() -> None:
    """The main module and the build settings are no dependencies."""
    info = b"\tmod\tautofix/twin\t(devel)\n\tdep\tgithub.com/gofrs/uuid/v5\tv5.4.0\n"

    check_versions(release("3.40.0"), info)


def test_the_mirror_is_the_machines_plain_http_one(tmp_path: Path) -> None:
    """Both forms of apt sources are read; security and https ones are passed over."""
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text(
        "deb https://mirror.example/debian bookworm main\n"
        "deb http://mirror.example/debian-security bookworm-security main\n"
    )
    (tmp_path / "sources.list.d" / "debian.sources").write_text(
        "Types: deb\nURIs: http://near.example/debian\nSuites: bookworm\n"
    )

    assert machine_mirror(tmp_path) == "http://near.example/debian"


def test_a_machine_without_apt_has_no_mirror(tmp_path: Path) -> None:
    """The default of debootstrap is used then."""
    assert machine_mirror(tmp_path) is None
