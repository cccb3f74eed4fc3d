"""New majors as a real go command finds them, and what they do to code and go.mod."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autofix.core.majors import ImportMove
from autofix.core.model import BuilderFacts, ModuleVersion
from autofix.core.observations import Failed
from autofix.core.raising import Wish, raisable
from autofix.core.state import Policy, State
from autofix.engines.archive import Entry
from autofix.gotool import GoTool
from autofix.upgrading.choosing import Candidate, Chooser
from autofix.upgrading.imports import ImportRewriter
from autofix.upgrading.majors import Majors, required
from autofix.upgrading.owncode import compiled
from tests.local_builder import LocalBuilder
from tests.module_proxy import asking, publish
from tests.report.values import PROTOBUF, SERVER

pytestmark = pytest.mark.go

GO = "1.26.5"
NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
HOST = "shelves.example"
OAK, FIR, ELM, ASH, YEW, BOX, GUM, BAY = (
    f"{HOST}/{name}"
    for name in ("oak", "fir", "elm", "ash", "yew", "box", "gum", "bay")
)
USED = (OAK, FIR, ELM, YEW, BOX, GUM, BAY)
PRESENT = {**dict.fromkeys((*USED, ASH), "v1.0.0"), ELM: "v3.1.0+incompatible"}


def library(path: str, function: str = "Name", **folders: str) -> dict[str, str]:
    """Return the files of a package that is called as its path says."""
    name = path.removeprefix(f"{HOST}/").partition("/")[0]
    text = f"package {name}\n\nfunc {function}() {{}}\n"
    return {
        f"{name}.go": text,
        **{f"{each}/x.go": f"package {name}\n" for each in folders},
    }


def proxy(folder: Path) -> Path:
    """Publish modules with majors of every kind."""
    for path, versions in {
        OAK: ("v1.0.0", "v1.0.1", "v1.1.0"),
        f"{OAK}/v2": ("v2.0.0",),
        f"{OAK}/v3": ("v3.0.0", "v3.1.0"),
        FIR: ("v1.0.0",),
        f"{FIR}/v4": ("v4.0.0",),
        f"{ELM}/v4": ("v4.0.0",),
        ASH: ("v1.0.0",),
        f"{ASH}/v2": ("v2.0.0",),
        YEW: ("v1.0.0",),
        f"{YEW}/v2": ("v2.0.0",),
        BOX: ("v1.0.0",),
        f"{BOX}/v2": ("v2.0.0", "v2.1.0"),
        GUM: ("v1.0.0",),
        f"{GUM}/v2": ("v2.0.0",),
    }.items():
        for version in versions:
            made = NOW - timedelta(days=3 if version == "v3.1.0" else 90)
            has = {"twigs": ""} if path in (YEW, OAK, f"{OAK}/v2", f"{OAK}/v3") else {}
            publish(folder, path, version, library(path, **has), made=made)
    old = library(ELM)
    publish(folder, ELM, "v3.1.0+incompatible", {**old, "go.mod": f"module {ELM}\n"})
    wants = f"module {OAK}/v3\n\ngo 1.23\n\nrequire {PROTOBUF} v1.99.0\n"
    publish(folder, f"{OAK}/v3", "v3.2.0", {**library(OAK), "go.mod": wants})
    text = "package gum\n\nfunc Other() {}\n"
    publish(folder, f"{GUM}/v2", "v2.1.0", {"gum.go": text})
    more = library(BAY)["bay.go"] + "\nfunc Extra() {}\n"
    publish(folder, BAY, "v1.0.0", {"bay.go": more})
    publish(folder, f"{BAY}/v2", "v2.0.0", library(BAY))
    return folder


MAIN = f"""\
package main

import (
	"{BAY}"
	"{BOX}"
	"{ELM}"
	"{FIR}"
	"{GUM}"
	"{OAK}"
	_ "{OAK}/twigs"
	"{YEW}"
	_ "{YEW}/twigs"
)

func InitModule() {{
	bay.Name()
	box.Name()
	elm.Name()
	fir.Name()
	oak.Name()
	yew.Name()
	_ = gum.Name
}}
"""
ASH_TEST = f"""\
package main

import (
	"testing"

	"{ASH}"
	"{BAY}"
	"{OAK}"
)

func TestIt(*testing.T) {{
	ash.Name()
	bay.Extra()
	oak.Name()
}}
"""


@dataclass(slots=True, kw_only=True)
class Bench:
    """A builder into which a project is brought afresh each time."""

    builder: LocalBuilder
    environment: dict[str, str]

    def brought_in(self, folder: Path, /) -> tuple[GoTool, object]:
        """Bring a project in afresh."""
        place = str(self.builder.path("work"))
        shutil.rmtree(place, ignore_errors=True)
        entries = [
            Entry(name=path.relative_to(folder).as_posix(), content=path)
            for path in folder.rglob("*")
            if path.is_file()
        ]
        self.builder.put(entries, place)
        return GoTool(
            builder=self.builder, folder=place, environment=self.environment
        ), None


@dataclass(slots=True, kw_only=True)
class World:
    """A project with its majors, and how they are chosen."""

    majors: Majors
    go: GoTool
    plan: State

    def candidates(self, wish: Wish) -> dict[str, Candidate]:
        """Choose for a wish."""
        modules = raisable(self.plan, wish)
        chooser = Chooser.of(self.go, self.plan, modules, wish, now=NOW)
        ordinary = chooser.candidates(modules, ())
        found = self.majors.candidates(chooser, self.plan, wish, ordinary)
        return {each.module: each for each in found}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Lay out a project that imports all of them, one only in a test."""
    folder = tmp_path_factory.mktemp("majors")
    project = folder / "project"
    project.mkdir()
    requires = "".join(f"\t{path} {version}\n" for path, version in PRESENT.items())
    gomod = f"module example.com/plugin\n\ngo 1.26.0\n\nrequire (\n{requires})\n"
    (project / "go.mod").write_text(gomod)
    (project / "main.go").write_text(MAIN)
    (project / "main_test.go").write_text(ASH_TEST)
    (project / "broken").mkdir()
    (project / "broken" / "b.go").write_text(
        f'package broken\n\nimport "{GUM}"\n\nvar _, _ = nothing, gum.Name\n'
    )
    builder = LocalBuilder(folder / "builder", GO)
    bench = Bench(
        builder=builder, environment=asking(proxy(folder / "proxy"), f"{HOST}/*")
    )
    go, _ = bench.brought_in(project)
    go.together(("go", "mod", "tidy"))
    for name in ("go.mod", "go.sum"):
        (project / name).write_bytes(go.file(name))
    looked = go.look()
    assert not isinstance(looked, Failed)
    plan = State(
        policy=Policy(),
        server=replace(
            SERVER,
            modules={PROTOBUF: "v1.36.11", f"{BOX}/v2": "v2.0.0"},
            packages={f"{BOX}/v2": f"{BOX}/v2"},
        ),
        builder=BuilderFacts(reference="go", go=GO),
        gomod=looked[0],
        linked=looked[1],
    )
    return World(majors=Majors.of(bench, project), go=go, plan=plan)


def at(path: str, version: str) -> ModuleVersion:
    """Return a module at a version."""
    return ModuleVersion(path=path, version=version)


def test_the_newest_major_that_fits_is_chosen(world: World) -> None:
    """With the others and the present one's versions below it, each the newest that fits."""
    found = world.candidates(Wish(majors=True))
    oak = found[OAK]

    assert {*USED} == set(found)
    assert at(f"{OAK}/v3", "v3.1.0") == oak.required
    assert ("v1.0.0", 3, 2) == (oak.before, oak.days, oak.tops)
    assert "v3.2.0 asks for" in oak.why
    assert (
        at(OAK, "v1.0.1"),
        at(OAK, "v1.1.0"),
        at(f"{OAK}/v2", "v2.0.0"),
    ) == oak.lower
    assert at(f"{FIR}/v4", "v4.0.0") == found[FIR].required
    assert at(f"{ELM}/v4", "v4.0.0") == found[ELM].required
    assert at(f"{BOX}/v2", "v2.0.0") == found[BOX].required
    assert ("", f"{YEW}/v2@v2.0.0 has no package {YEW}/v2/twigs") == (
        found[YEW].after,
        found[YEW].why,
    )


@pytest.mark.parametrize(
    ("wish", "wanted"),
    [
        (Wish(majors=True, ignore=("*/oak/v3",)), at(f"{OAK}/v2", "v2.0.0")),
        (Wish(majors=True, only=("*/oak/v2",)), at(f"{OAK}/v2", "v2.0.0")),
        (Wish(majors=True, only=(OAK,), cool_down=7), at(f"{OAK}/v3", "v3.0.0")),
        (Wish(only=(OAK,)), at(OAK, "v1.1.0")),
    ],
)
def test_a_wish_holds_for_majors_too(
    world: World, wish: Wish, wanted: ModuleVersion
) -> None:
    """What is not to be raised at all stays; a fresh version cools down."""
    if wish.majors:
        found = world.candidates(wish)
    else:
        modules = raisable(world.plan, wish)
        chooser = Chooser.of(world.go, world.plan, modules, wish, now=NOW)
        found = {each.module: each for each in chooser.candidates(modules, ())}

    assert wanted == found[OAK].required
    assert not wish.only or {OAK} == set(found)


def test_a_major_takes_the_imports_along(world: World) -> None:
    """In tests too; go.mod has the new path in the place of the old one."""
    found = world.candidates(Wish(majors=True))
    layout = world.majors.laid_out([found[OAK], found[FIR]])
    main = layout.edits.files["main.go"].decode()
    test = layout.edits.files["main_test.go"].decode()
    gomod = layout.edits.gomod

    assert layout.resolved
    assert f'\t"{OAK}/v3"\n\t_ "{OAK}/v3/twigs"\n' in main
    assert f'\t"{FIR}/v4"\n' in main
    assert f'\t"{OAK}/v3"\n' in test
    assert gomod is not None
    assert {
        **{path: PRESENT[path] for path in (ASH, BAY, BOX, ELM, GUM, YEW)},
        f"{OAK}/v3": "v3.1.0",
        f"{FIR}/v4": "v4.0.0",
    } == {each.module.path: each.module.version for each in gomod.requires}
    assert None is world.majors.refusal(layout)


@pytest.mark.parametrize(
    ("module", "places", "text"),
    [
        (GUM, {"./main.go:22", "broken/b.go:5"}, "undefined: gum.Name"),
        (BAY, {"./main_test.go:13"}, "undefined: bay.Extra"),
    ],
)
def test_code_that_does_not_compile_is_told(
    world: World, module: str, places: set[str], text: str
) -> None:
    """In tests too, and without a build; what never compiled is not held against it."""
    step = world.candidates(Wish(majors=True, only=(module,)))[module]
    refused = world.majors.refusal(world.majors.laid_out([step]))

    assert refused is not None
    assert places == {each.place for each in refused.errors}
    assert {text} == {each.text for each in refused.errors}


@pytest.mark.parametrize("release", ["1.17.13", "1.20.14", GO])
def test_only_the_compilers_errors_are_read(tmp_path: Path, release: str) -> None:
    """Of packages and their tests; a module that is missing is another matter."""
    builder = LocalBuilder(tmp_path, release)
    place = str(builder.path("work"))
    files = {
        "go.mod": "module m\n\ngo 1.17\n",
        "a/a.go": "package a\n\nfunc A() { B() }\n",
        "b/b.go": "package b\n",
        "b/b_test.go": "package b\n\nfunc b() { C() }\n",
        "c/c.go": f'package c\n\nimport _ "{HOST}/nowhere"\n',
    }
    builder.put([Entry(name=k, content=v.encode()) for k, v in files.items()], place)
    go = GoTool(builder=builder, folder=place, environment={})

    assert {("m/a", "undefined: B"), ("m/b", "undefined: C")} == {
        (each.package, each.text) for each in compiled(go)
    }


def test_two_steps_to_one_module_take_the_higher() -> None:
    """As a plugin may use the new path already."""
    low = Candidate(module=OAK, before="v1.0.0", after="v2.0.0", path=f"{OAK}/v2")
    high = Candidate(module=f"{OAK}/v2", before="v2.0.0", after="v2.1.0")

    assert (at(f"{OAK}/v2", "v2.1.0"),) == required([low, high])


SOURCE = """\
// Package x is a package.
package x

import (
	"fmt" // of Go
	old "a.example/a"
	"a.example/a/sub"
	_ "a.example/b"
)
"""


@pytest.mark.parametrize("release", ["1.15.15", GO])
def test_imports_are_rewritten_where_they_stand(tmp_path: Path, release: str) -> None:
    """Comments, names and line ends stay; what is not the module's own code does too."""
    builder = LocalBuilder(tmp_path, release)
    place = str(builder.path("work"))
    own = {
        "x.go": SOURCE.encode(),
        "only_windows.go": b'//go:build windows\n\npackage x\n\nimport "a.example/a"\n',
        "deep/crlf.go": b'package deep\r\n\r\nimport "a.example/a"\r\n',
        "odd.go": b'package x\nimport   "a.example/a" // caf\xc3\xa9\n',
    }
    others = {
        "vendor/v.go": SOURCE.encode(),
        "nested/go.mod": b"module n\n",
        "nested/n.go": SOURCE.encode(),
        "testdata/t.go": SOURCE.encode(),
        "_old/o.go": SOURCE.encode(),
        "broken.go": b'package x\nimport "a.example/a\n',
        "none.go": b'package x\n\nimport "fmt"\n',
        "go.mod": b"module x\n",
    }
    files = {**own, **others}
    builder.put([Entry(name=k, content=v) for k, v in files.items()], place)
    go = GoTool(builder=builder, folder=place, environment={})
    moves = {
        "a.example/a": ImportMove(path="a.example/a/v2", name="a"),
        "a.example/a/sub": ImportMove(path="a.example/a/v2/sub"),
        "a.example/b": ImportMove(path="b.example/b"),
    }
    rewriter = ImportRewriter.put(go)
    moved = rewriter.rewritten(moves)
    places = {"deep": f"{place}/deep", "gone": "/nowhere"}

    assert own.keys() == moved.files.keys()
    assert (
        SOURCE.replace("a.example/a", "a.example/a/v2").replace(
            "a.example/b", "b.example/b"
        )
        == moved.files["x.go"].decode()
    )
    assert b'import a "a.example/a/v2"\n' in moved.files["only_windows.go"]
    assert b'\r\nimport a "a.example/a/v2"\r\n' in moved.files["deep/crlf.go"]
    assert b'import   a "a.example/a/v2" // caf\xc3\xa9\n' in moved.files["odd.go"]
    assert {"a.example/a", "a.example/a/sub", "a.example/b", "fmt"} == moved.imports
    assert {"deep": "deep"} == rewriter.names(places)
