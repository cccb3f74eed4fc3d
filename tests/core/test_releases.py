from __future__ import annotations

import pytest

from autofix.core.gomod import GoMod, Requirement
from autofix.core.model import ModuleVersion
from autofix.core.releases import Difference, fit, matching
from autofix.releases import release_table

TABLE = release_table()
PROTOBUF = "google.golang.org/protobuf"
COMMON = "github.com/heroiclabs/nakama-common"


def gomod(**requires: str) -> GoMod:
    """Make a go.mod that requires some of ``MODULES`` by their short names."""
    return GoMod(
        module="example.com/plugin",
        go="1.21",
        toolchain="",
        requires=tuple(
            Requirement(module=ModuleVersion(path=MODULES[name], version=version))
            for name, version in requires.items()
        ),
    )


MODULES = {"common": COMMON, "protobuf": PROTOBUF, "own": "example.com/library"}


def test_built_in_table() -> None:
    """The table has all 56 releases of Nakama 3, a backport in version order."""
    assert len(TABLE.tags) == 56
    assert TABLE.tags[0] == "3.0.0"
    assert TABLE.tags[-4:] == ("3.37.1", "3.38.0", "3.39.0", "3.40.0")
    assert TABLE.newest.tag == "3.40.0"


@pytest.mark.parametrize(
    ("tag", "facts"),
    [
        ("3.0.0", ("1.15.6", "1.15.6", "v1.11.0", "v1.25.0", 66)),
        ("3.9.0", ("1.17.2", "1.17.2", "v1.20.0", "v1.27.1", 69)),
        ("3.24.0", ("1.23.2", "1.23.2", "v1.34.0", "v1.34.2", 67)),
        ("3.38.0", ("1.26.1", "1.25.5", "v1.45.0", "v1.36.11", 71)),
        ("v3.40.0", ("1.26.5", "1.26.5", "v1.47.0", "v1.36.11", 70)),
    ],
)
def test_known_releases(tag: str, facts: tuple[str, str, str, str, int]) -> None:
    """Releases have the versions of their own vendor/modules.txt and Dockerfiles."""
    release = TABLE.by_tag(tag)

    assert release is not None
    assert release.modules[COMMON] == release.nakama_common
    assert facts == (
        release.go,
        release.builder_go,
        release.nakama_common,
        release.modules[PROTOBUF],
        len(release.modules),
    )


def test_unknown_tag() -> None:
    """A tag that no release has finds nothing."""
    assert TABLE.by_tag("3.26.9") is None


@pytest.mark.parametrize(
    ("version", "tags"),
    [
        ("v1.34.0", ["3.24.0", "3.24.1", "3.24.2"]),
        ("v1.47.0", ["3.40.0"]),
        ("v9.9.9", []),
        ("", []),
    ],
)
def test_by_nakama_common(version: str, tags: list[str]) -> None:
    """Several releases may have one nakama-common."""
    assert tags == [release.tag for release in TABLE.by_nakama_common(version)]


@pytest.mark.parametrize(
    ("tag", "tags"),
    [
        ("3.26.9", ["3.25.0", "3.26.0", "3.27.0"]),
        ("2.0", ["3.0.0", "3.1.0", "3.1.1"]),
        ("v4.1.0-r2", ["3.38.0", "3.39.0", "3.40.0"]),
        ("latest", ["3.38.0", "3.39.0", "3.40.0"]),
        ("3", ["3.0.0", "3.1.0", "3.1.1"]),
    ],
)
def test_nearest(tag: str, tags: list[str]) -> None:
    """Around a tag that does not exist are the releases before and after it."""
    assert tags == [release.tag for release in TABLE.nearest(tag)]


def test_fit_names_differences() -> None:
    """Only modules that both name are compared."""
    release = TABLE.by_tag("3.40.0")
    assert release is not None
    found = fit(gomod(common="v1.47.0", protobuf="v1.36.6", own="v1.0.0"), release)

    assert found.shared == 2
    assert found.differences == (
        Difference(module=PROTOBUF, required="v1.36.6", release="v1.36.11"),
    )


@pytest.mark.parametrize(
    ("requires", "tag"),
    [
        ({"common": "v1.34.0", "protobuf": "v1.34.2"}, "3.24.0"),
        ({"common": "v1.34.0", "protobuf": "v1.34.1"}, "3.24.2"),
        ({"own": "v1.0.0"}, "3.40.0"),
    ],
)
def test_best_fit_first(requires: dict[str, str], tag: str) -> None:
    """The release with the fewest differences fits best, the newest of equals."""
    fits = TABLE.fits(gomod(**requires))

    assert (tag, 0) == (fits[0].release.tag, len(fits[0].differences))
    assert len(fits) == len(TABLE.tags)


def test_a_release_of_its_nakama_common_fits_better_than_one_of_fewer_modules() -> None:
    """3.8.0 links too little to differ in much; the code was written for 3.37.0."""
    requires = {"common": "v1.44.0", "protobuf": "v1.36.10"}
    fits = TABLE.fits(gomod(**requires))

    assert "v1.44.0" == fits[0].release.nakama_common
    assert [PROTOBUF] == [each.module for each in fits[0].differences]


def test_matching() -> None:
    """A server's linked modules tell its release, or the few it could be."""
    modules = dict(TABLE.newest.modules)
    del modules[PROTOBUF]
    twice = TABLE.by_tag("3.24.1")
    assert twice is not None

    assert [each.tag for each in matching(modules, TABLE)] == ["3.40.0"]
    assert [each.tag for each in matching(twice.modules, TABLE)] == ["3.24.2", "3.24.1"]
    assert matching({PROTOBUF: "v0.0.1"}, TABLE) == ()
    assert matching({}, TABLE) == ()


def test_steps_go_minor_by_minor() -> None:
    """The last patch of each minor in between, then the release itself."""
    table = release_table()

    assert ("3.36.0", "3.37.1", "3.38.0") == table.steps("3.35.0", "3.38.0")
    assert ("3.35.1",) == table.steps("3.35.0", "3.35.1")
    assert ("3.26.0",) == table.steps("3.40.0", "3.26.0")
    assert ("3.99.0",) == table.steps("3.40.0", "3.99.0")
