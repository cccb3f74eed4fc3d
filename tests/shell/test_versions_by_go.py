from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from autofix.core.gomod import ModEdit
from autofix.core.observations import Edited
from autofix.core.versions import bare_go, compare, compare_go
from autofix.engines.archive import Entry
from autofix.gotool import GoTool
from tests.core.test_versions import RISING, RISING_GO
from tests.local_builder import LocalBuilder

pytestmark = pytest.mark.go

ODD = [
    *("", "v", "v1", "v1.0", "v1.0.0+meta", "v1.0.0-0", "v1.0.0--", "v1.0.0-a.b.c"),
    *("v1.0.0-01", "v01.0.0", "v1.0.0-0a", "v1.0.0-a_b", "1.0.0", "v1.0.0-9"),
    *("v1.0.0-10", "v1.0.0-1.2.3", "v1.0.0-A", "v1.0.0-Z", "v1.0.0-z", "v1.0.0 "),
]
ODD_GO = [
    *("", "x", "1.", "1.0", "1.20.0", "1.21.0rc1", "1.21rc", "1.021", "01.2"),
    *("1.21alpha1", "1.21beta9", "1.99999999999", "1.22.1", "1.21.00"),
]
GO_MOD = "module example.com/compare\n\ngo 1.22\n\nrequire golang.org/x/mod v0.17.0\n"
MAIN = """\
package main

import (
	"bufio"
	"fmt"
	"go/version"
	"os"
	"strings"

	"golang.org/x/mod/semver"
)

func main() {
	file, _ := os.Open("pairs")
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		words := strings.Split(lines.Text(), "\\t")
		if words[0] == "go" {
			fmt.Println(version.Compare("go"+words[1], "go"+words[2]))
		} else {
			fmt.Println(semver.Compare(words[1], words[2]))
		}
	}
}
"""


def test_versions_compare_as_go_compares_them(tmp_path: Path) -> None:
    """Every pair of a list of odd versions orders as Go's own packages order it."""
    modules = list(itertools.product([*RISING, *ODD], repeat=2))
    releases = [
        pair
        for pair in itertools.product([*RISING_GO, *ODD_GO], repeat=2)
        if all(bare_go(release) == release for release in pair)
    ]
    pairs = "".join(
        f"{kind}\t{one}\t{other}\n"
        for kind, found in (("module", modules), ("go", releases))
        for one, other in found
    )
    files = {"go.mod": GO_MOD, "main.go": MAIN, "pairs": pairs}
    builder = LocalBuilder(tmp_path)
    builder.put(
        [Entry(name=name, content=text.encode()) for name, text in files.items()],
        "/work",
    )
    tool = GoTool(builder=builder, folder="/work", environment={})
    assert isinstance(tool.edit(ModEdit()), Edited)
    assert tool.build(["-o", "compare", "."], seconds=300).succeeded
    printed = builder.run(["./compare"], folder="/work", environment={}, seconds=60)
    expected = [int(line) for line in printed.stdout.split()]
    found = [compare(*pair) for pair in modules]
    found += [compare_go(*pair) for pair in releases]

    assert [] == [
        (pair, by_go, by_us)
        for pair, by_go, by_us in zip(
            [*modules, *releases], expected, found, strict=True
        )
        if by_go != by_us
    ]
