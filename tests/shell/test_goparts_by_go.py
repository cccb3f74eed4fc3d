"""What is taken from Go files by syntax leaves Go files, which link what they linked."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from autofix.core.gocuts import GoFile, PartKind, named, without
from autofix.gotool import GoTool
from autofix.reducing.lister import Lister
from tests.local_builder import LocalBuilder

pytestmark = pytest.mark.go

MAIN = """\
// Package main is a plugin.
package main

// What it needs.
import (
	"context"
	"errors"
	str "strings" // an alias
	_ "embed"

	"math/rand/v2"
)

// Free of any declaration.

//go:generate true

// Stock counts.
type Stock struct{ left int }

const (
	first = iota + 1
	second
)

var words = []string{"a"} // of comfort

// Take takes one.
func (s *Stock) Take() (int, error) {
	if s.left == 0 { // none left
		return 0, errors.New(str.ToUpper(words[0]))
	}
	s.left--
	return rand.N(second), nil
}

func size() Stock { return Stock{left: first} }

func none() {}

/* InitModule is called by Nakama. */
func InitModule(ctx context.Context, logger interface{}) error {
	stock := size()
	_, err := stock.Take()
	return err
}
"""


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> LocalBuilder:
    """Return a builder with a module of one file."""
    builder = LocalBuilder(tmp_path_factory.mktemp("parts"))
    folder = Path(builder.root) / "src"
    folder.mkdir()
    (folder / "go.mod").write_text("module example.com/p\n\ngo 1.22\n")
    (folder / "main.go").write_text(MAIN)
    return builder


@pytest.fixture(scope="module")
def lister(builder: LocalBuilder) -> Lister:
    """Build the program once."""
    return Lister.built(builder, f"{builder.root}/src")


@pytest.fixture(scope="module")
def listed(builder: LocalBuilder, lister: Lister) -> GoFile:
    """List the parts of the file."""
    go = GoTool(builder=builder, folder=f"{builder.root}/src", environment={})
    (file,) = lister.parts(go, ["main.go", "go.mod"])
    return file


def cut(listed: GoFile, *kinds: PartKind) -> str:
    """Take all parts of some kinds away."""
    numbers = [n for n, part in enumerate(listed.parts) if part.kind in kinds]
    return without(MAIN.encode(), listed, numbers).decode()


def compiles(tmp_path: Path, text: str) -> bool:
    """Tell whether Go compiles a file."""
    (tmp_path / "go.mod").write_text("module example.com/p\n\ngo 1.22\n")
    (tmp_path / "main.go").write_text(text + "\nfunc main() {}\n")
    done = subprocess.run(
        ["go", "vet", "."], cwd=tmp_path, capture_output=True, timeout=300, check=False
    )
    return done.returncode == 0


def test_everything_that_can_go_is_a_part(listed: GoFile) -> None:
    """InitModule itself and what tells the compiler something are not."""
    found = [p.name for p in listed.parts if p.kind is PartKind.DECLARATION]

    assert [
        *("type Stock", "const first", "const second", "var words"),
        *("method Take", "size", "none"),
    ] == [name for name in found if name != "comment"]
    assert 6 == found.count("comment")
    assert ["method Take", "size", "InitModule"] == [
        part.name for part in listed.parts if part.kind is PartKind.BODY
    ]
    assert ["embed"] == [p.name for p in listed.parts if p.kind is PartKind.IMPORT]
    assert 8 == len(named([listed], PartKind.STATEMENT))


def test_functions_without_bodies_return_zero_values(
    listed: GoFile, tmp_path: Path
) -> None:
    """Whatever their types are; packages that nothing uses any more stay linked."""
    text = cut(listed, PartKind.BODY)

    assert "func (s *Stock) Take() (int, error) { return 0, nil }" in text
    assert "func size() (_ Stock) { return }" in text
    assert "logger interface{}) error { return nil }" in text
    assert '_ "errors"' in text
    assert '_ "strings" // an alias' in text
    assert '_ "math/rand/v2"' in text
    assert '\t"context"' in text
    assert compiles(tmp_path, text)


def test_declarations_go_with_their_comments(
    listed: GoFile, lister: Lister, tmp_path: Path
) -> None:
    """What is left is what it imports and InitModule, and a line for the go command."""
    text = cut(listed, PartKind.DECLARATION, PartKind.BODY, PartKind.IMPORT)
    path = Path(lister.folder) / "cut.go"
    path.write_text(text)
    formatted = lister.formatted(["cut.go"])["cut.go"].decode()
    path.unlink()

    assert (
        formatted.split("\n\n//go:generate true\n\n")[1]
        .strip()
        .endswith(
            "func InitModule(ctx context.Context, logger interface{}) error { return nil }"
        )
    )
    assert "comfort" not in formatted
    assert "takes one" not in formatted
    assert "Stock" not in formatted
    assert compiles(tmp_path, formatted)


def test_a_statement_goes_with_those_inside_it(listed: GoFile) -> None:
    """The outer cut counts; what is around it stays."""
    found = named([listed], PartKind.STATEMENT)
    inside = [
        number
        for name, (_, number) in found.items()
        if "line 30" in name or "line 31" in name
    ]
    text = without(MAIN.encode(), listed, inside).decode()

    assert 2 == len(inside)
    assert "none left" not in text
    assert "s.left--" in text


def test_a_file_that_is_no_go_is_left_alone(
    lister: Lister, builder: LocalBuilder
) -> None:
    """It has no parts, and no format."""
    (Path(lister.folder) / "odd.go").write_text("package\n")
    go = GoTool(builder=builder, folder=lister.folder, environment={})

    assert () == lister.parts(go, ["odd.go"])
    assert {} == lister.formatted(["odd.go"])
