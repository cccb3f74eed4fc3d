from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from autofix.core.artifact import describe_artifact
from autofix.core.buildinfo import NoBuildInfoError, read_build_info
from autofix.core.gomod import ModEdit
from autofix.core.model import ArtifactKind
from autofix.core.observations import Edited
from autofix.engines.archive import Entry
from autofix.gotool import GoTool
from tests.local_builder import LocalBuilder, goroot

pytestmark = pytest.mark.go

GO_MOD = """\
module example.com/plugin

go 1.16

require (
	github.com/gofrs/uuid v4.2.0+incompatible
	go.uber.org/multierr v1.6.0
)

replace go.uber.org/multierr => go.uber.org/multierr v1.7.0
"""
MAIN = """\
package main

import (
	_ "github.com/gofrs/uuid"
	_ "go.uber.org/multierr"
)

func main() {}
"""


def built(tmp_path: Path, go: str, *arguments: str) -> Path:
    """Build the module and return the file."""
    builder = LocalBuilder(tmp_path, go)
    tool = GoTool(builder=builder, folder="/work", environment={})
    files = {"go.mod": GO_MOD, "main.go": MAIN}
    builder.put(
        [Entry(name=name, content=text.encode()) for name, text in files.items()],
        tool.folder,
    )
    assert isinstance(tool.edit(ModEdit()), Edited)
    result = tool.build([*arguments, "-trimpath", "-o", "out", "."], seconds=600)
    assert result.succeeded, result.evidence
    return builder.path(tool.folder) / "out"


def told_by_go(path: Path) -> list[list[str]]:
    """Return what the newest Go tells of a binary."""
    printed = subprocess.run(
        [goroot("") / "bin" / "go", "version", "-m", path],
        env={"GOTOOLCHAIN": "local", "HOME": "/nonexistent", "PATH": "/usr/bin"},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    first, *lines = printed.splitlines()
    version = first.rpartition(": ")[2]
    return [
        ["go", version],
        *(line.strip("\t").split("\t") for line in lines if line.strip()),
    ]


@pytest.mark.parametrize("go", ["1.16.3", "1.19.13", "1.26.5"])
def test_stripped_program(go: str, tmp_path: Path) -> None:
    """Programs of every form of build information read as Go itself reads them."""
    path = built(tmp_path, go, "-ldflags=-s -w")
    info = read_build_info(path.read_bytes())
    lines: list[list[str]] = [["go", info.version], ["path", info.path]]
    assert info.main is not None
    lines.append(["mod", info.main.path, info.main.version])
    for module, each in info.dependencies.items():
        lines.append(["dep", module, each.version, each.sum])
        if each.replacement:
            new = each.replacement
            lines[-1] = ["dep", module, each.version]
            lines.append(["=>", new.path, new.version])
    lines += [["build", f"{key}={value}"] for key, value in info.settings.items()]
    told = told_by_go(path)

    assert [line[:3] for line in told] == [line[:3] for line in lines]
    assert info.go == go
    assert info.modules == {
        "github.com/gofrs/uuid": "v4.2.0+incompatible",
        "go.uber.org/atomic": info.modules["go.uber.org/atomic"],
        "go.uber.org/multierr": "v1.6.0",
    }


def test_plugin_is_described(tmp_path: Path) -> None:
    """A plugin tells its Go, modules and flags."""
    found = describe_artifact(
        "backend.so", built(tmp_path, "1.26.5", "-buildmode=plugin").read_bytes()
    )

    assert (ArtifactKind.ELF, "amd64", "1.26.5") == (
        found.kind,
        found.machine,
        found.go,
    )
    assert found.modules["go.uber.org/multierr"] == "v1.6.0"
    assert found.settings["-trimpath"] == "true"


def test_plugin_of_an_older_go(tmp_path: Path) -> None:
    """A plugin of an older Go has no build information, and is still described."""
    data = built(tmp_path, "1.19.13", "-buildmode=plugin").read_bytes()
    found = describe_artifact("backend.so", data)

    with pytest.raises(NoBuildInfoError):
        read_build_info(data)
    assert ("amd64", "", {}) == (found.machine, found.go, found.modules)
