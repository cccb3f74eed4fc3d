from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.core.compare import Cause, Comparison, Group, compare
from autofix.core.flags import SettingDifference
from autofix.core.foretell import Basis, Foretelling
from autofix.core.imports import IMPORTS_TEMPLATE, ImportsError, parse_imports
from autofix.core.linked import Linked
from autofix.core.model import ModuleVersion
from autofix.core.versions import bare_go
from tests.core.linked_pairs import API, GAME, LEAF, PAIR, PRAGMA, Pair

IMPORTS = {
    "fmt": (),
    PRAGMA: (),
    LEAF: ("fmt",),
    "google.golang.org/protobuf/proto": (PRAGMA, "fmt"),
    API: ("google.golang.org/protobuf/proto",),
    GAME: (API, LEAF, "fmt"),
}


def causes(comparison: Comparison) -> dict[str, Cause]:
    """Return the cause of each differing package, in order."""
    return {each.package: each.cause for each in comparison.differing}


def test_equal_pair() -> None:
    """What both have is equal; what only one has is listed and does not count."""
    found = compare(PAIR.server, PAIR.plugin)

    assert found.equal
    assert (5, (), ()) == (found.shared, found.differing, found.settings)
    assert (("main", "nakama/v3"), (GAME,)) == (found.only_server, found.only_plugin)
    assert Foretelling(package="", basis=Basis.EQUAL) == found.foretelling


def test_root_and_its_cascade() -> None:
    """Only the module whose version differs is a root; its importers follow."""
    pair = PAIR.with_version("google.golang.org/protobuf", "v1.36.6").differing(
        PRAGMA, "google.golang.org/protobuf/proto", API
    )
    for imports in (None, IMPORTS):
        found = compare(pair.server, pair.plugin, imports=imports)

        assert not found.equal
        assert {
            PRAGMA: Cause.ROOT,
            "google.golang.org/protobuf/proto": Cause.ROOT,
            API: Cause.CASCADE,
        } == causes(found)
        assert Foretelling(package=PRAGMA, basis=Basis.LINK_ORDER) == found.foretelling
        assert (
            Group(
                cause=Cause.ROOT,
                module="google.golang.org/protobuf",
                server="v1.36.11",
                plugin="v1.36.6",
                packages=(PRAGMA, "google.golang.org/protobuf/proto"),
            ),
            Group(
                cause=Cause.CASCADE,
                module="github.com/heroiclabs/nakama-common",
                server="v1.47.0",
                plugin="v1.47.0",
                packages=(API,),
            ),
        ) == found.groups


def test_a_cascade_knows_what_it_imports() -> None:
    """With the imports known, a package names the differing ones right below it."""
    pair = PAIR.with_version("google.golang.org/protobuf", "v1.36.6").differing(
        PRAGMA, "google.golang.org/protobuf/proto", API
    )
    found = compare(pair.server, pair.plugin, imports=IMPORTS)

    assert [(), (PRAGMA,), ("google.golang.org/protobuf/proto",)] == [
        each.below for each in found.differing
    ]


def test_other_source_under_the_same_version() -> None:
    """Nothing below differs and the version is right: a patched copy, like bluge."""
    pair = PAIR.differing(LEAF)
    for imports in (None, IMPORTS):
        found = compare(pair.server, pair.plugin, imports=imports)

        assert {LEAF: Cause.CONTENT} == causes(found)


def test_other_source_beside_a_root_needs_the_imports() -> None:
    """Without them it passes for a cascade; with them it does not."""
    pair = PAIR.with_version("google.golang.org/protobuf", "v1.36.6").differing(
        PRAGMA, LEAF
    )

    assert Cause.CASCADE is causes(compare(pair.server, pair.plugin))[LEAF]
    assert (
        Cause.CONTENT
        is causes(compare(pair.server, pair.plugin, imports=IMPORTS))[LEAF]
    )


def test_a_replacement_is_other_source_and_is_named() -> None:
    """A module that one side replaced is not taken for a cascade."""
    pair = PAIR.with_version("google.golang.org/protobuf", "v1.36.6").differing(
        PRAGMA, LEAF
    )
    fork = ModuleVersion(path="../leaf", version="")
    plugin = replace(pair.plugin, replaced={"example.com/leaf": fork})
    found = compare(pair.server, plugin)

    assert Cause.CONTENT is causes(found)[LEAF]
    assert ["in the plugin replaced by ../leaf"] == [
        group.replaced for group in found.of(Cause.CONTENT)
    ]


def test_another_go() -> None:
    """The standard library differs: no module is a culprit, the setting is named."""
    pair = PAIR.differing("fmt", PRAGMA, "google.golang.org/protobuf/proto", API, LEAF)
    plugin = replace(pair.plugin, version="go1.26.1", go="1.26.1")
    found = compare(pair.server, plugin, imports=IMPORTS)

    assert {"fmt": Cause.TOOLCHAIN} == {
        package: cause
        for package, cause in causes(found).items()
        if cause is not Cause.CASCADE
    }
    assert (
        SettingDifference(name="Go", server="1.26.5", plugin="1.26.1", matters=True),
    ) == found.settings
    assert "fmt" == found.foretelling.package


def test_versions_differ_although_the_toolchain_does() -> None:
    """A root stays one, so that it can be pinned in the same round."""
    pair = PAIR.with_version("google.golang.org/protobuf", "v1.36.6").differing(
        "fmt", PRAGMA
    )

    assert {"fmt": Cause.TOOLCHAIN, PRAGMA: Cause.ROOT} == causes(
        compare(pair.server, pair.plugin)
    )


def test_the_servers_own_packages() -> None:
    """A plugin that imports its server can never have the same hash."""
    own = "nakama/v3/server"
    pair = Pair(
        server=replace(PAIR.server, hashes={**PAIR.server.hashes, own: "1"}),
        plugin=replace(PAIR.plugin, hashes={**PAIR.plugin.hashes, own: "2"}),
    )
    server = replace(pair.server, main="nakama/v3")

    assert {own: Cause.SERVER_ITSELF} == causes(compare(server, pair.plugin))


def test_plugin_that_does_not_tell_its_modules() -> None:
    """Plugins of a Go before 1.21 have no build information; nothing is guessed."""
    pair = PAIR.differing(PRAGMA, "fmt")
    plugin = replace(pair.plugin, version="", go="", main="", modules={}, settings={})
    found = compare(pair.server, plugin)

    assert {"fmt": Cause.TOOLCHAIN, PRAGMA: Cause.UNTOLD} == causes(found)
    assert () == found.settings


def test_package_of_another_module_in_the_plugin() -> None:
    """A package that moved to a module of its own is a root, and its home is named."""
    home = "google.golang.org/protobuf/internal"
    pair = PAIR.differing(PRAGMA)
    plugin = replace(pair.plugin, modules={**pair.plugin.modules, home: "v0.1.0"})
    (difference,) = compare(pair.server, plugin).differing

    assert (Cause.ROOT, "v1.36.11", f"{home} v0.1.0") == (
        difference.cause,
        difference.server,
        difference.plugin,
    )


def test_package_of_the_plugins_own_module() -> None:
    """A library that is itself built as a plugin has no version there."""
    plugin = replace(PAIR.differing(LEAF).plugin, main="example.com/leaf", modules={})
    (difference,) = compare(PAIR.server, plugin).differing

    assert (Cause.ROOT, "(main module)") == (difference.cause, difference.plugin)


@pytest.mark.parametrize(
    ("server", "plugin", "matters"),
    [
        ({}, {"-race": "true"}, True),
        ({"-trimpath": "true"}, {}, True),
        ({}, {"-tags": "sqlite"}, True),
        ({}, {"-gcflags": "all=-N -l"}, True),
        ({"-gcflags": "-trimpath /go/build"}, {}, False),
        ({}, {"-gcflags": "-N -d=x"}, False),
        ({}, {"GOAMD64": "v3"}, False),
        ({}, {"-ldflags": "-s -w"}, False),
    ],
)
def test_settings_that_differ(
    server: Mapping[str, str], plugin: Mapping[str, str], *, matters: bool
) -> None:
    """What can change packages that both link is told from what cannot."""
    (found,) = compare(
        replace(PAIR.server, settings=server), replace(PAIR.plugin, settings=plugin)
    ).settings

    assert matters == found.matters


@pytest.mark.parametrize(
    ("version", "settings", "names"),
    [
        ("go1.26.5-X:jsonv2", {"GOEXPERIMENT": "jsonv2"}, ["GOEXPERIMENT"]),
        ("go1.26.1 X:jsonv2", {"GOEXPERIMENT": "jsonv2"}, ["Go", "GOEXPERIMENT"]),
        ("go1.26.5-custom", {}, ["Go"]),
    ],
)
def test_builds_of_go(
    version: str, settings: Mapping[str, str], names: list[str]
) -> None:
    """An experiment is told once; a vendor's own build of Go is another Go."""
    plugin = replace(
        PAIR.plugin,
        version=version,
        go=bare_go(version),
        settings={**PAIR.plugin.settings, **settings},
    )

    assert names == [each.name for each in compare(PAIR.server, plugin).settings]


def test_settings_that_do_not_count() -> None:
    """The build mode differs always; what a repository's state was is no setting."""
    settings = {**PAIR.plugin.settings, "vcs.modified": "true"}
    plugin = replace(PAIR.plugin, settings=settings)

    assert () == compare(PAIR.server, plugin).settings


def test_order_is_the_plugins_own() -> None:
    """The loader's order decides which is named, not the alphabet."""
    pair = PAIR.with_version("example.com/leaf", "v1.0.1").differing(API, LEAF, PRAGMA)

    assert [PRAGMA, LEAF, API] == list(causes(compare(pair.server, pair.plugin)))


@pytest.mark.parametrize(
    ("differing", "with_imports", "expected"),
    [
        ((PRAGMA, LEAF), True, Foretelling(package=PRAGMA, basis=Basis.IMPORT_ORDER)),
        ((PRAGMA, LEAF), False, Foretelling(package="", basis=Basis.UNTOLD)),
        ((LEAF,), False, Foretelling(package=LEAF, basis=Basis.ONLY_ONE)),
    ],
)
def test_foretelling_without_the_plugins_table(
    differing: tuple[str, ...], *, with_imports: bool, expected: Foretelling
) -> None:
    """The order of go list is second best, and nothing is made up."""
    pair = PAIR.differing(*differing)
    plugin = replace(pair.plugin, order=())
    imports = IMPORTS if with_imports else None

    assert expected == compare(pair.server, plugin, imports=imports).foretelling


@pytest.mark.parametrize(
    ("changes", "basis"),
    [
        ({"go": "1.25.5", "version": "go1.25.5"}, Basis.OTHER_GO),
        ({"go": "1.26.1", "version": "go1.26.1"}, Basis.LINK_ORDER),
        ({"go": ""}, Basis.LINK_ORDER),
        ({"machine": "arm64"}, Basis.OTHER_MACHINE),
    ],
)
def test_when_no_package_will_be_named(
    changes: Mapping[str, Any], basis: Basis
) -> None:
    """Another minor version crashes; another processor is not opened at all."""
    pair = PAIR.differing("fmt")
    found = compare(pair.server, replace(pair.plugin, **changes))

    assert basis is found.foretelling.basis
    assert not found.equal


def test_equal_hashes_for_another_processor() -> None:
    """The hashes alone do not make a pair fit."""
    assert not compare(PAIR.server, replace(PAIR.plugin, machine="arm64")).equal


PACKAGES = sorted(IMPORTS)


@given(
    st.sets(st.sampled_from(PACKAGES)),
    st.permutations(PACKAGES),
    st.booleans(),
    st.dictionaries(
        st.sampled_from(sorted(PAIR.server.modules)), st.just("v0.0.1"), max_size=3
    ),
)
def test_every_differing_package_once(
    differing: set[str], order: list[str], known: bool, versions: dict[str, str]
) -> None:
    """Groups split the differing packages; the foretold one is among them."""
    pair = PAIR.differing(*differing)
    plugin = replace(
        pair.plugin,
        order=tuple(order),
        modules={**pair.plugin.modules, **versions},
    )
    found = compare(pair.server, plugin, imports=IMPORTS if known else None)
    grouped = [package for group in found.groups for package in group.packages]

    assert sorted(differing - {GAME}) == sorted(grouped)
    assert [each for each in order if each in grouped] == list(causes(found))
    assert list(causes(found))[:1] == [found.foretelling.package][: len(grouped)]
    assert all(
        each.server != each.plugin
        for each in found.differing
        if each.cause is Cause.ROOT
    )


def test_imports_are_read_as_go_prints_them() -> None:
    """One package a line, what it imports behind it, in the order given."""
    found = parse_imports("internal/goarch\nfmt errors io\nexample.com/x fmt\n")

    assert [
        ("internal/goarch", ()),
        ("fmt", ("errors", "io")),
        ("example.com/x", ("fmt",)),
    ] == list(found.items())
    assert IMPORTS_TEMPLATE.startswith("{{.ImportPath}}")


@pytest.mark.parametrize(
    "text", ["", "\n", '{"ImportPath": "fmt"}', "go: go.mod file not found in\tx"]
)
def test_text_that_lists_no_imports(text: str) -> None:
    """JSON, a message, nothing at all: each is refused."""
    with pytest.raises(ImportsError):
        parse_imports(text)


def test_linked_has_no_surprises() -> None:
    """A binary of which nothing is known is as empty as it can be."""
    empty = Linked(name="x", machine="amd64")

    assert compare(empty, empty).equal
