from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from autofix.core.compare import Cause, Comparison, compare
from autofix.core.imports import Imports
from autofix.report.comparison_html import comparison_html
from autofix.report.comparison_json import comparison_json
from autofix.report.comparison_text import comparison_text
from autofix.report.comparison_tree import Node, tree
from tests.contract import checked
from tests.core.linked_pairs import API, GAME, LEAF, PAIR, PRAGMA

PROTO = "google.golang.org/protobuf/proto"
IMPORTS: Imports = {
    "fmt": (),
    PRAGMA: (),
    PROTO: (PRAGMA, "fmt"),
    LEAF: ("fmt", PROTO),
    API: (PROTO,),
    GAME: (API, LEAF, "fmt"),
}
ROOTED = PAIR.with_version("google.golang.org/protobuf", "v1.36.6").differing(
    PRAGMA, PROTO, API, LEAF
)


class Page(HTMLParser):
    """A page as a browser takes it: its tags, classes, text, links and their goals."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag; void ones are not left open."""
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Take a tag as closed; it must be the one opened last."""
        assert tag == self.open.pop()

    def handle_data(self, data: str) -> None:
        """Keep what is shown."""
        if self.open[-1:] != ["style"]:
            self.text += data

    def values(self, name: str) -> list[str]:
        """Return every value of an attribute."""
        return [value for each, value in self.attributes if each == name]


def rooted(imports: Imports | None = None) -> Comparison:
    """Compare a pair with one root and two modules that follow it."""
    return compare(ROOTED.server, ROOTED.plugin, imports=imports)


def test_text_of_an_equal_pair() -> None:
    """One sentence says that they fit."""
    text = comparison_text(compare(PAIR.server, PAIR.plugin))

    assert text.startswith("Equal: the plugin and its server agree on all 5 shared")
    assert "Roots" not in text


def test_text_names_roots_before_cascades() -> None:
    """What is to be done comes first, with both versions, and the loader's word."""
    text = comparison_text(rooted(IMPORTS))

    assert "Different: 4 of 5 shared packages differ" in text
    assert f"The loader will name {PRAGMA}" in text.replace("\n  ", " ")
    assert "google.golang.org/protobuf  v1.36.6 -> v1.36.11\n" in text
    assert "./internal/pragma, ./proto" in text
    assert text.index("Roots") < text.index("Cascades")
    assert "cannot be told for sure" not in text


def test_text_admits_what_is_assumed() -> None:
    """Without the imports a cascade is only probably one, and so is other source."""
    patched = PAIR.differing(PRAGMA, PROTO)
    single = PAIR.differing(LEAF)

    assert "cannot be told for sure" in comparison_text(rooted())
    assert "cannot be told for sure" in comparison_text(
        compare(patched.server, patched.plugin)
    )
    assert "cannot be told for sure" not in comparison_text(
        compare(single.server, single.plugin)
    )


@pytest.mark.parametrize(
    ("changes", "differing", "told"),
    [
        ({"version": "go1.26.1"}, "fmt", "Go: server 1.26.5, plugin 1.26.1"),
        ({"settings": {}}, "fmt", "-trimpath: server true, plugin not set"),
        ({"machine": "arm64"}, "", "The plugin is for arm64, the server for amd64"),
        ({"go": "1.25.5"}, "fmt", "'no plugin module data'"),
        ({"modules": {}}, LEAF, "the server has v1.0.0"),
        ({}, LEAF, "v1.0.0 on both sides"),
    ],
)
def test_text_of_other_causes(
    changes: Mapping[str, Any], differing: str, told: str
) -> None:
    """Each cause is told in its own words."""
    pair = PAIR.differing(differing) if differing else PAIR
    text = comparison_text(compare(pair.server, replace(pair.plugin, **changes)))

    assert told in text.replace("\n  ", " ")


def test_every_cause_and_basis_has_words() -> None:
    """No view meets a value that it cannot put into words."""
    for order in (ROOTED.plugin.order, ()):
        for imports in (None, IMPORTS):
            plugin = replace(ROOTED.plugin, order=order)
            found = compare(ROOTED.server, plugin, imports=imports)

            assert comparison_text(found)
            assert comparison_html(found)


def test_json_is_whole() -> None:
    """Everything that differs, under stable keys, and no hash."""
    stored = checked(comparison_json(rooted(IMPORTS)), "compare")

    assert not stored["equal"]
    assert {"package": PRAGMA, "basis": "link-order"} == stored["foretelling"]
    assert [PRAGMA, PROTO, LEAF, API] == [
        each["package"] for each in stored["differing"]
    ]
    assert ["root", "cascade", "cascade"] == [
        each["cause"] for each in stored["groups"]
    ]
    assert {"server", "plugin", "shared", "settings", "imports_known"} <= stored.keys()
    assert "f" * 16 not in json.dumps(stored)


def test_tree_has_every_package_once_below_an_importer() -> None:
    """It is the import tree, and nothing of the plugin is missing or doubled."""
    (top,) = tree(rooted(IMPORTS))

    def pairs(node: Node) -> list[tuple[str, str]]:
        own = [(node.name, child.name) for child in node.children]
        return own + [pair for child in node.children for pair in pairs(child)]

    assert GAME == top.name
    assert sorted(ROOTED.plugin.hashes) == sorted(each.name for each in top.packages)
    assert all(below in IMPORTS[above] for above, below in pairs(top))
    assert 4 == top.differing


def test_tree_keeps_what_the_imports_do_not_reach() -> None:
    """A package that the list of imports lacks still stands in the tree."""
    imports = {package: IMPORTS[package] for package in (GAME, API, PROTO)}
    top = tree(rooted({**imports, GAME: (API,)}))

    assert sorted(ROOTED.plugin.hashes) == sorted(
        each.name for node in top for each in node.packages
    )


def test_tree_without_imports_is_by_module() -> None:
    """The files alone tell which package is of which module."""
    top = tree(rooted())

    assert [
        ("standard library", ["fmt"]),
        ("google.golang.org/protobuf", [PRAGMA, PROTO]),
        ("example.com/leaf", [LEAF]),
        ("github.com/heroiclabs/nakama-common", [API]),
        ("only in the plugin", [GAME]),
    ] == [(node.name, [child.name for child in node.children]) for node in top]


def test_tree_as_deep_as_a_hostile_one() -> None:
    """A chain of thousands of imports exhausts nothing."""
    chain = [f"example.com/p{number}" for number in range(5000)]
    imports = {above: (below,) for above, below in pairwise(chain)}
    plugin = replace(
        PAIR.plugin, package=chain[0], hashes=dict.fromkeys(chain, "0"), order=()
    )
    found = compare(PAIR.server, plugin, imports={**imports, chain[-1]: ()})

    assert comparison_html(found)


@pytest.mark.parametrize("imports", [None, IMPORTS])
def test_page_is_sound_and_alone(imports: Imports | None) -> None:
    """Tags are closed, links lead somewhere, nothing is fetched, nothing runs."""
    page = Page(comparison_html(rooted(imports)))
    goals = {f"#{name}" for name in page.values("id")}

    assert [] == page.open
    assert set(page.values("href")) <= goals
    assert 4 == len(goals)
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert "url(" not in comparison_html(rooted(imports))


@pytest.mark.parametrize("imports", [None, IMPORTS])
def test_page_shows_every_package_and_cause(imports: Imports | None) -> None:
    """One cell a package, each in the colour of its cause, and the legend."""
    page = Page(comparison_html(rooted(imports)))
    classes = [name.split()[0] for name in page.values("class") if name]

    assert len(ROOTED.plugin.hashes) == len(page.values("title"))
    assert {Cause.ROOT.value, Cause.CASCADE.value, "same", "own"} <= set(classes)
    for package in ROOTED.plugin.hashes:
        assert package in page.text
    assert "v1.36.6 → v1.36.11" in page.text


HOSTILE = '</style><script>alert("x")</script>&\x1b[31m\u202e'


def test_hostile_text_is_only_text() -> None:
    """Names out of a file can steer neither a browser nor a terminal."""
    package = f"evil.com/{HOSTILE}"
    pair = PAIR.differing(package)
    server = replace(
        pair.server,
        name=HOSTILE,
        hashes={**pair.server.hashes, package: "1"},
        modules={**pair.server.modules, "evil.com": HOSTILE},
        settings={"-tags": HOSTILE},
    )
    plugin = replace(
        pair.plugin,
        package=package,
        order=(package,),
        modules={**pair.plugin.modules, "evil.com": "v1"},
    )
    for imports in (None, {package: (package, "fmt")}):
        found = compare(server, plugin, imports=imports)
        page = comparison_html(found)

        assert [] == Page(page).open
        assert "<script" not in page
        assert not re.search("[\x1b\u202e]", page + comparison_text(found))
