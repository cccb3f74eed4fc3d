"""The comparisons of several plugins are one observation."""

from __future__ import annotations

from autofix.core.compare import Cause, compare
from autofix.core.compared import compared
from autofix.core.observations import Compared
from tests.core.linked_pairs import API, LEAF, PAIR, PRAGMA

PROTOBUF = "google.golang.org/protobuf"
RAISED = PAIR.with_version(PROTOBUF, "v1.36.6")


def test_what_any_plugin_differs_in_is_told_once() -> None:
    """The modules of both, packages together, and what the first will be named for."""
    first = RAISED.differing(PRAGMA)
    second = RAISED.differing(PRAGMA, LEAF)
    fits = compare(PAIR.server, PAIR.plugin)
    each = [compare(pair.server, pair.plugin) for pair in (first, second)]
    told = compared([fits, *each])

    assert {
        package for one in each for group in one.groups for package in group.packages
    } == {package for group in told.groups for package in group.packages}
    assert told.differing == sum(len({*group.packages}) for group in told.groups)
    assert [PROTOBUF] == [
        group.module for group in told.groups if group.cause is Cause.ROOT
    ]
    assert PRAGMA == told.foretold
    assert fits.shared == told.shared


def test_causes_come_before_consequences() -> None:
    """Also where the first plugin has consequences and the second a cause."""
    cascade = RAISED.differing(PRAGMA, API)
    told = compared([compare(cascade.server, cascade.plugin)])
    order = list(Cause)

    assert sorted(order.index(group.cause) for group in told.groups) == [
        order.index(group.cause) for group in told.groups
    ]


def test_nothing_to_compare_shares_nothing() -> None:
    """A file without hashes says nothing; the server does."""
    assert Compared() == compared([])
