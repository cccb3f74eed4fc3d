"""The other columns of the benchmark: what a comparison of go.sum sees and says."""

from __future__ import annotations

from pathlib import Path

from scenarios.byhand import advice, differing

GO_SUM = """\
example.com/a v1.2.0 h1:x=
example.com/a v1.10.0/go.mod h1:x=
example.com/b v0.1.0 h1:x=
example.com/own v1.0.0 h1:x=
"""
GO_MOD = """\
module example.com/plugin

require example.com/a v1.2.0

require example.com/b v0.1.0 // indirect
"""
SERVED = {"example.com/a": "v1.2.0", "example.com/b": "v0.2.0", "example.com/c": "v1"}


def project(folder: Path) -> Path:
    """Write a project whose go.sum has more than what is selected."""
    (folder / "go.sum").write_text(GO_SUM, "utf-8")
    (folder / "go.mod").write_text(GO_MOD, "utf-8")
    return folder


def test_the_highest_line_of_go_sum_counts(tmp_path: Path) -> None:
    """So a module that is selected as the server has it is a false alarm."""
    assert (
        SERVED.keys() - {"example.com/c"} == differing(project(tmp_path), SERVED).keys()
    )


def test_indirect_modules_are_replaced_and_others_got(tmp_path: Path) -> None:
    """As check-plugin prints it."""
    folder = project(tmp_path)

    assert [
        "go get example.com/a@v1.2.0",
        "go mod edit -replace example.com/b=example.com/b@v0.2.0",
    ] == list(advice(folder, differing(folder, SERVED)))
