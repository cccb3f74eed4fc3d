"""Versions are chosen by what a real go command is told by a module proxy."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autofix.core.gomod import GoMod
from autofix.core.model import BuilderFacts, ModuleVersion
from autofix.core.observations import Selected
from autofix.core.raising import Wish
from autofix.core.state import Policy, State
from autofix.core.vulnerabilities import Fix
from autofix.engines.archive import Entry
from autofix.gotool import GoTool
from autofix.upgrading.choosing import Candidate, Chooser, fixes_first
from tests.local_builder import LocalBuilder
from tests.module_proxy import asking, publish
from tests.report.values import PROTOBUF, SERVER

pytestmark = pytest.mark.go

GO = "1.26.5"
LIB, NEW, STILL, GONE = (f"raise.example/{name}" for name in ("lib", "new", "s", "x"))
NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
PLUGIN = "module example.com/plugin\n\ngo 1.26.0\n"


def go_mod(module: str, *lines: str) -> dict[str, str]:
    """Return a module's go.mod."""
    return {"go.mod": "\n".join((f"module {module}", "", "go 1.23", *lines, ""))}


@pytest.fixture
def go(tmp_path: Path) -> GoTool:
    """Return a go command that knows three made-up modules."""
    proxy = tmp_path / "proxy"
    old = NOW - timedelta(days=100)
    for day, version in ((100, "v1.0.0"), (40, "v1.1.0"), (3, "v1.2.0"), (1, "v1.3.0")):
        lines = ("retract v1.3.0",) if version == "v1.3.0" else ()
        made = NOW - timedelta(days=day)
        publish(proxy, LIB, version, go_mod(LIB, *lines), made=made)
    publish(proxy, LIB, "v1.4.0-rc.1", go_mod(LIB), made=old)
    publish(proxy, NEW, "v1.0.0", {}, made=old)
    wants = f"require {PROTOBUF} v1.99.0"
    publish(proxy, NEW, "v1.1.0", go_mod(NEW, wants), made=old)
    publish(proxy, STILL, "v1.0.0", {}, made=old)
    builder = LocalBuilder(tmp_path, GO)
    builder.put([Entry(name="go.mod", content=PLUGIN.encode())], "/work")
    return GoTool(
        builder=builder, folder="/work", environment=asking(proxy, "raise.example/*")
    )


MODULES = {each: Selected(version="v1.0.0") for each in (LIB, NEW, STILL, GONE)}


def chooser(go: GoTool, cool_down: float = 0.0) -> Chooser:
    """Choose for a server that has protobuf."""
    state = State(
        policy=Policy(),
        server=replace(SERVER, modules={PROTOBUF: "v1.36.11"}),
        builder=BuilderFacts(reference="go", go=GO),
        gomod=GoMod(module="example.com/plugin", go="1.26.0", toolchain=""),
    )
    return Chooser.of(go, state, MODULES, Wish(cool_down=cool_down), now=NOW)


def candidates(go: GoTool, cool_down: float = 0.0) -> dict[str, Candidate]:
    """Choose versions of the three, and of one that nobody has."""
    found = chooser(go, cool_down).candidates(MODULES, ())
    return {each.module: each for each in found}


def test_the_newest_is_chosen_with_its_age_and_what_bars_newer_ones(
    go: GoTool,
) -> None:
    """A retracted release and a pre-release are none; what has no newer one is not told."""
    found = candidates(go)

    assert {LIB, NEW, GONE} == set(found)
    assert (
        Candidate(
            module=LIB,
            before="v1.0.0",
            after="v1.2.0",
            days=3,
            lower=(ModuleVersion(path=LIB, version="v1.1.0"),),
        )
        == found[LIB]
    )
    assert (
        "",
        f"v1.1.0 asks for {PROTOBUF} v1.99.0; the server has v1.36.11",
    ) == (found[NEW].after, found[NEW].why)
    assert found[GONE].why.startswith("its versions cannot be listed: ")


def test_a_lower_version_is_one_that_could_be_chosen(go: GoTool) -> None:
    """With its own age; one that asks for too much, or is too fresh, is none."""
    choose = chooser(go, cool_down=2)
    found = {each.module: each for each in choose.candidates(MODULES, ())}
    (between,) = found[LIB].lower
    late = chooser(go, cool_down=90)
    late.candidates({LIB: MODULES[LIB]}, ())
    too_high = ModuleVersion(path=NEW, version="v1.1.0")

    assert Candidate(
        module=LIB,
        before="v1.0.0",
        after="v1.1.0",
        days=40,
        lower=(between,),
    ) == choose.lower(found[LIB], between)
    assert None is late.lower(found[LIB], between)
    assert None is choose.lower(found[NEW], too_high)


@pytest.mark.parametrize(
    ("days", "version", "why"),
    [
        (3, "v1.2.0", ""),
        (7, "v1.1.0", "v1.2.0 has been out for 3 of 7 days"),
        (90, "", "v1.2.0 has been out for 3 of 90 days"),
    ],
)
def test_fresh_releases_cool_down(
    go: GoTool, days: float, version: str, why: str
) -> None:
    """The next one below is taken, and the newest one's age is said."""
    found = candidates(go, cool_down=days)[LIB]

    assert (version, why) == (found.after, found.why)


def test_what_mends_a_vulnerability_comes_first() -> None:
    """All others stay in their order."""
    names = (LIB, NEW, STILL)
    rows = [Candidate(module=each, before="v1.0.0", after="v1.1.0") for each in names]
    known = [
        Fix(module=STILL, version="v1.0.1", vulnerability="GO-1"),
        Fix(module=LIB, version="v1.2.0", vulnerability="GO-2"),
    ]
    found = fixes_first(rows, known)

    assert [STILL, LIB, NEW] == [each.module for each in found]
    assert [("GO-1",), (), ()] == [each.row.mends for each in found]
