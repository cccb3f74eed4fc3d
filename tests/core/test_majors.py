"""Where newer majors may be, and which imports follow them."""

from __future__ import annotations

import json

import pytest

from autofix.core.majors import (
    ImportMove,
    MovedImports,
    moved_imports,
    parse_moved,
    paths_above,
    request,
    runs_tool,
)
from autofix.core.raising import Wish

LIB = "example.com/lib"


@pytest.mark.parametrize(
    ("module", "present", "listed", "paths"),
    [
        (LIB, "v0.3.0", (), (f"{LIB}/v2", f"{LIB}/v3", f"{LIB}/v4")),
        (LIB, "v1.2.0", ("v1.2.0",), (f"{LIB}/v2", f"{LIB}/v3", f"{LIB}/v4")),
        (f"{LIB}/v2", "v2.0.0", (), (f"{LIB}/v3", f"{LIB}/v4", f"{LIB}/v5")),
        (f"{LIB}/v9", "v9.0.0", (), (f"{LIB}/v10", f"{LIB}/v11", f"{LIB}/v12")),
        (f"{LIB}/v98", "v98.0.0", (), (f"{LIB}/v99",)),
        (f"{LIB}/v1", "v0.1.0", (), tuple(f"{LIB}/v1/v{n}" for n in (2, 3, 4))),
        # From before modules: a path of its own may begin at its own major.
        (LIB, "v4.1.2+incompatible", (), tuple(f"{LIB}/v{n}" for n in (4, 5, 6))),
        (
            LIB,
            "v1.5.5",
            ("v1.5.5", "v4.1.2+incompatible"),
            tuple(f"{LIB}/v{n}" for n in (4, 5, 6)),
        ),
        (
            "gopkg.in/yaml.v2",
            "v2.4.0",
            (),
            tuple(f"gopkg.in/yaml.v{n}" for n in (3, 4, 5)),
        ),
        (
            "gopkg.in/a/b.v0",
            "v0.4.0",
            (),
            tuple(f"gopkg.in/a/b.v{n}" for n in (1, 2, 3)),
        ),
        ("gopkg.in/yaml.v2-unstable", "v2.0.0", (), ()),
    ],
)
def test_the_next_majors_are_looked_for_at_their_paths(
    module: str, present: str, listed: tuple[str, ...], paths: tuple[str, ...]
) -> None:
    """Three at a time: some majors are left out by their authors."""
    assert paths == paths_above(module, present, listed)


def test_imports_follow_the_module_they_are_of() -> None:
    """The one with the longest path; a package that is called otherwise keeps its name."""
    imports = (LIB, f"{LIB}/leaf", f"{LIB}/nested/x", f"{LIB}/v2", f"{LIB}rary", "fmt")
    modules = {LIB, f"{LIB}/nested", f"{LIB}/v2", f"{LIB}rary"}
    names = {LIB: "lib", f"{LIB}/v3": "libs", f"{LIB}/leaf": "leaf"}

    assert {
        LIB: ImportMove(path=f"{LIB}/v3", name="lib"),
        f"{LIB}/leaf": ImportMove(path=f"{LIB}/v3/leaf"),
    } == moved_imports(imports, modules, {LIB: f"{LIB}/v3"}, names)


def test_a_tool_of_a_module_keeps_it() -> None:
    """Its line names a package, alone or in a block."""
    gomod = "module x\n\ntool (\n\texample.com/lib/cmd/gen\n)\n\ntool example.com/b\n"

    assert runs_tool(gomod, LIB)
    assert runs_tool(gomod, "example.com/b")
    assert not runs_tool(gomod, "example.com/li")
    assert not runs_tool("module x\n\nrequire example.com/lib v1.0.0\n", LIB)


def test_what_the_rewriter_is_asked_and_answers() -> None:
    """Texts travel in base64, for source that is no UTF-8."""
    asked = json.loads(
        request("/src", {LIB: ImportMove(path="b", name="lib")}, {"b": "/cache/b"})
    )
    answer = b'{"imports": ["a"], "files": {"x.go": "/w=="}, "names": {"b": "bee"}}'

    assert {
        "folder": "/src",
        "moves": {LIB: {"path": "b", "name": "lib"}},
        "packages": {"b": "/cache/b"},
    } == asked
    assert MovedImports(
        imports=frozenset({"a"}), files={"x.go": b"\xff"}, names={"b": "bee"}
    ) == parse_moved(answer)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b"{}",
        b'{"imports": 1}',
        b"\xff",
        b'{"imports": [], "files": {"../x.go": ""}, "names": {}}',
        b'{"imports": [], "files": {"/x.go": ""}, "names": {}}',
        b'{"imports": [], "files": {"go.mod": ""}, "names": {}}',
    ],
)
def test_what_is_no_answer_is_refused(answer: bytes) -> None:
    """As a ValueError."""
    with pytest.raises(ValueError, match=r"."):
        parse_moved(answer)


@pytest.mark.parametrize(
    ("wish", "wanted"),
    [
        (Wish(), True),
        (Wish(only=(LIB,)), True),
        (Wish(only=(f"{LIB}/v2",)), True),
        (Wish(only=(f"{LIB}/v3",)), False),
        (Wish(ignore=(LIB,)), False),
        (Wish(ignore=(f"{LIB}/v2",)), False),
        (Wish(ignore=(f"{LIB}/v3",)), True),
    ],
)
def test_patterns_match_the_old_path_or_the_new(wish: Wish, wanted: bool) -> None:
    """One that is ignored at either path is not taken."""
    assert wanted == wish.includes_major(LIB, f"{LIB}/v2")
