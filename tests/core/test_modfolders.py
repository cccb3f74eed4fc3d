"""Folders named in go.mod and go.work."""

from __future__ import annotations

from autofix.core.modfolders import (
    folder_replaces,
    module_path,
    required_version,
    workspace_uses,
)

GO_MOD = """\
module "example.com/arena" // the game

go 1.26.5

require github.com/heroiclabs/nakama-common v1.47.0
require (
\tgoogle.golang.org/protobuf v1.36.11 // indirect
)

replace example.com/shared => ../shared
replace (
\texample.com/a v1.0.0 => ./third party
\texample.com/b => ./local // => ./not
\texample.com/c => example.com/fork v1.2.3
\texample.com/d => /opt/d
)
// replace example.com/e => ../e
"""


def test_folders_of_replaces() -> None:
    """Versions, comments and malformed lines are no folders."""
    assert ("../shared", "./local", "/opt/d") == folder_replaces(GO_MOD)


def test_the_module_and_a_requirement() -> None:
    """The line counts from 1."""
    assert module_path(GO_MOD) == "example.com/arena"
    common = required_version(GO_MOD, "github.com/heroiclabs/nakama-common")
    assert ("v1.47.0", 5) == common
    protobuf = required_version(GO_MOD, "google.golang.org/protobuf")
    assert ("v1.36.11", 7) == protobuf
    assert ("", 0) == required_version(GO_MOD, "example.com/none")


def test_uses_of_a_workspace() -> None:
    """Single and block form, each folder once."""
    text = "go 1.26\nuse ./server\nuse (\n\t./tools // x\n\t./server\n)\n"

    assert ("./server", "./tools") == workspace_uses(text)
