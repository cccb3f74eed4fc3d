"""Go files scanned as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.core.gosource import GoFile, scan_go_file

INIT = "func InitModule(ctx context.Context) error { return nil }\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (INIT, True),
        ("func InitModule (\n\tctx context.Context,\n) error {}\n", True),
        (f"// {INIT}", False),
        (f"/*\n{INIT}*/\n", False),
        (f"var s = `\n{INIT}`\n", False),
        (f'var s = "\\"" // "\n{INIT}', True),
        (f"var r = '\"'\n{INIT}", True),
        (f"var r = '`'\n{INIT}", True),
        ("func (m *Module) InitModule(x int) {}\n", False),
        ("func InitModuleX(x int) {}\n", False),
        ("var InitModule = func() {}\n", False),
    ],
)
def test_init_module_is_found_in_code_only(body: str, expected: bool) -> None:
    """Comments, strings, methods and other names do not count."""
    assert expected == scan_go_file("m.go", f"package main\n\n{body}").has_init_module


def test_the_package_clause_is_found_behind_comments() -> None:
    """A licence that speaks of packages is not the clause."""
    text = "/* package other\n*/\n// package third\npackage  arena // the game\n"

    assert scan_go_file("m.go", text).package == "arena"


@pytest.mark.parametrize(
    ("constraint", "builds", "tags"),
    [
        ("//go:build linux && amd64", True, ()),
        ("//go:build ignore", False, ()),
        ("//go:build !ignore", True, ()),
        ("//go:build windows || (cgo && go1.21)", True, ()),
        ("//go:build windows", False, ()),
        ("//go:build nakama", False, ("nakama",)),
        ("//go:build nakama && !windows", False, ("nakama",)),
        ("//go:build nakama && windows", False, ()),
        ("//go:build !(", False, ()),
        ("// +build linux,amd64 darwin\n// +build !ignore", True, ()),
        ("// +build ignore", False, ()),
        ("// +build plugin", False, ("plugin",)),
    ],
)
def test_build_constraints(
    constraint: str, builds: bool, tags: tuple[str, ...]
) -> None:
    """A plain Linux build decides; own tags that would change it are named."""
    found = scan_go_file("m.go", f"{constraint}\n\npackage main\n{INIT}")

    assert (builds, tags) == (found.builds, found.tags)


@pytest.mark.parametrize(
    ("name", "builds"),
    [
        ("main.go", True),
        ("main_linux.go", True),
        ("main_linux_amd64.go", True),
        ("main_windows.go", False),
        ("main_arm64.go", False),
        ("main_test.go", False),
        ("_main.go", False),
        ("linux.go", True),
        ("windows.go", True),
    ],
)
def test_file_names_constrain_too(name: str, builds: bool) -> None:
    """Suffixes are constraints, a name without an underscore is not."""
    assert builds == scan_go_file(name, f"package main\n{INIT}").builds


def test_embedded_patterns_are_listed() -> None:
    """Quoted, bare and ``all:`` patterns, several on a line."""
    text = 'package main\n\n//go:embed data/*.json "my file" all:web\nvar f embed.FS\n'

    assert ("data/*.json", "my file", "web") == scan_go_file("m.go", text).embeds


@given(st.text(alphabet="/*`\"'\\\n ab(){}!&|", max_size=300))
def test_any_text_is_scanned_without_raising(text: str) -> None:
    """A constraint line of the same text is read, too."""
    assert isinstance(scan_go_file("m.go", text), GoFile)
    assert isinstance(scan_go_file("m.go", f"//go:build {text}\npackage x"), GoFile)
