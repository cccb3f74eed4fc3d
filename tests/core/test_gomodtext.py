from __future__ import annotations

from autofix.core.gomod import ModEdit, Replacement, Requirement
from autofix.core.gomodtext import (
    edited,
    gomod_of,
    last_line,
    module_lines,
    required,
    statement_line,
)
from autofix.core.model import ModuleVersion

TEXT = """\
module example.com/game // ours

go 1.26.3
toolchain go1.27.0

require (
\texample.com/a v1.0.0
\texample.com/b v1.2.0 // indirect; autofix: nakama 3.40.0
)
require "example.com/c" v0.1.0

exclude example.com/a v1.1.0
replace example.com/a => example.com/fork v1.0.1
replace (
\texample.com/b v1.2.0 => ../b
\texample.com/c nonsense
)
tool example.com/a/cmd
"""


def at(path: str, version: str) -> ModuleVersion:
    """Name a module version."""
    return ModuleVersion(path=path, version=version)


def test_read_as_go_reads_it() -> None:
    """Blocks, quotes, marks and comments count; what is no statement is passed over."""
    gomod = gomod_of(TEXT)

    assert ("example.com/game", "1.26.3", "go1.27.0") == (
        gomod.module,
        gomod.go,
        gomod.toolchain,
    )
    assert (
        Requirement(module=at("example.com/a", "v1.0.0")),
        Requirement(module=at("example.com/b", "v1.2.0"), indirect=True),
        Requirement(module=at("example.com/c", "v0.1.0")),
    ) == gomod.requires
    assert (at("example.com/a", "v1.1.0"),) == gomod.excludes
    assert ["example.com/fork", "../b"] == [each.new_path for each in gomod.replaces]


def test_edited_as_go_edits_it() -> None:
    """Requirements are set or added as indirect, the rest is added and dropped."""
    gomod = gomod_of(TEXT)
    fork = gomod.replaces[0]
    found = edited(
        gomod,
        ModEdit(
            requires=(at("example.com/a", "v1.1.0"), at("example.com/d", "v1.0.0")),
            excludes=(at("example.com/a", "v1.2.0"),),
            drop_excludes=(at("example.com/a", "v1.1.0"),),
            drop_replaces=(fork,),
            go="1.26.0",
            drop_toolchain=True,
        ),
    )

    assert ("1.26.0", "") == (found.go, found.toolchain)
    assert [
        "example.com/a@v1.1.0",
        "example.com/b@v1.2.0",
        "example.com/c@v0.1.0",
        "example.com/d@v1.0.0",
    ] == [str(each.module) for each in found.requires]
    assert found.requires[-1].indirect
    assert (at("example.com/a", "v1.2.0"),) == found.excludes
    assert fork not in found.replaces
    assert gomod == edited(gomod, ModEdit())


def test_selected_is_what_is_required() -> None:
    """A replace of all versions, or of this one, is told with it."""
    found = required(gomod_of(TEXT))

    assert (
        Replacement(
            old_path="example.com/a",
            old_version="",
            new_path="example.com/fork",
            new_version="v1.0.1",
        )
        == found["example.com/a"].replacement
    )
    assert found["example.com/b"].replacement is not None
    assert found["example.com/c"].replacement is None


def test_lines_count_from_one() -> None:
    """Each module's first line, each statement's, and where more would go."""
    assert {"example.com/a": 7, "example.com/b": 8, "example.com/c": 10} == (
        module_lines(TEXT)
    )
    assert 13 == module_lines(TEXT, "replace")["example.com/a"]
    assert (3, 4, 0) == (
        statement_line(TEXT, "go"),
        statement_line(TEXT, "toolchain"),
        statement_line(TEXT, "godebug"),
    )
    assert (10, 0) == (last_line(TEXT), last_line("module m\n"))
