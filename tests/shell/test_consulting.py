"""What the go command knows of a module's versions, with real Go from 1.15 to 1.26."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from autofix.consulting import consult
from autofix.core.actions import Consult
from autofix.core.versions import compare, in_order
from autofix.engines.archive import Entry
from autofix.gotool import GoTool
from tests.local_builder import LocalBuilder

pytestmark = pytest.mark.go

RELEASES = ["1.15.15", "1.16.3", "1.20.14", "1.21.13", "1.23.5", "1.26.5"]
TIME = "golang.org/x/time"
STUCK = """\
module example.com/plugin

go 1.15

require golang.org/x/time v0.14.0
"""
"""Wants a newer Go than most have, so that go list fails in the project."""
Project = Callable[[str], GoTool]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Make a project in a builder with an exact Go."""

    def make(go: str) -> GoTool:
        builder = LocalBuilder(tmp_path, go)
        builder.put([Entry(name="go.mod", content=STUCK.encode())], "/work/plugin")
        return GoTool(builder=builder, folder="/work/plugin", environment={})

    return make


@pytest.mark.parametrize("go", RELEASES)
def test_versions_are_listed_and_read_by_every_go(go: str, project: Project) -> None:
    """Also where the project's own go.mod keeps the go command from listing."""
    tool = project(go)
    before = tool.text()
    listed = consult(tool, Consult(module=TIME), go)
    read = consult(tool, Consult(module=TIME, versions=("v0.3.0", "v0.12.0")), go)

    assert {"v0.3.0", "v0.12.0", "v0.14.0"} <= set(listed.versions)
    assert list(listed.versions) == in_order(listed.versions)
    old, new = read.needs["v0.3.0"], read.needs["v0.12.0"]
    assert old is not None
    assert new is not None
    assert ("", "1.23.0") == (old.go, new.go)
    assert before == tool.text()


@pytest.mark.parametrize("go", ["1.16.3", "1.21.13", "1.26.5"])
def test_a_go_mod_of_a_newer_go_is_read(go: str, project: Project) -> None:
    """Its go line is what the search must see; go list prints none of it."""
    read = consult(project(go), Consult(module=TIME, versions=("v0.14.0",)), go)

    needs = read.needs["v0.14.0"]
    assert needs is not None
    assert "1.24.0" == needs.go


def test_what_a_version_asks_for_is_read(project: Project) -> None:
    """Requirements are those of its own go.mod; capitals in a path are spelled out."""
    module = "github.com/RoaringBitmap/roaring"
    asked = Consult(module=module, versions=("v1.9.4", "v99.0.0"))
    read = consult(project("1.26.5"), asked, "1.26.5")

    needs = read.needs["v1.9.4"]
    assert needs is not None
    assert compare(needs.requires["github.com/bits-and-blooms/bitset"], "v1.0.0") > 0
    assert read.needs["v99.0.0"] is None


def test_a_module_that_cannot_be_listed_says_why(project: Project) -> None:
    """The go command's own words come back, without an end to the run."""
    tool = project("1.26.5")
    tool = replace(tool, environment={"GOPROXY": "file:///nowhere"})
    listed = consult(tool, Consult(module="example.com/private"), "1.26.5")

    assert () == listed.versions
    assert "example.com/private" in listed.refusal


def test_a_module_without_tags_has_no_versions(project: Project) -> None:
    """All there is of it are commits."""
    listed = consult(
        project("1.26.5"), Consult(module="github.com/dop251/goja_nodejs"), "1.26.5"
    )

    assert ((), "") == (listed.versions, listed.refusal)


def test_nothing_is_left_behind(project: Project, tmp_path: Path) -> None:
    """The project's folder holds what it held."""
    tool = project("1.26.5")
    consult(tool, Consult(module=TIME), "1.26.5")
    consult(tool, Consult(module=TIME, versions=("v0.3.0",)), "1.26.5")

    assert ["go.mod"] == [path.name for path in (tmp_path / "work/plugin").iterdir()]
