"""What the Go runtime itself says of a plugin is what the comparison says."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from autofix.core.compare import Cause, compare
from autofix.core.elf import ElfFile
from autofix.core.gomod import ModEdit
from autofix.core.imports import IMPORTS_TEMPLATE, parse_imports
from autofix.core.linked import Linked, read_linked
from autofix.core.observations import Edited
from autofix.engines.archive import Entry
from autofix.gotool import GoTool
from tests.local_builder import LocalBuilder

pytestmark = pytest.mark.go

UUID = "github.com/gofrs/uuid"
ATOMIC = "go.uber.org/atomic"
SERVER = f"""\
package main

import (
	"fmt"
	"os"
	"plugin"

	_ "{UUID}"
	_ "go.uber.org/multierr"
)

func main() {{
	_, err := plugin.Open(os.Args[1])
	fmt.Println(err)
}}
"""
PLUGIN = f"""\
package main

import (
	_ "{UUID}"
	_ "go.uber.org/multierr"
)

func main() {{}}
"""
NAMED = re.compile(r"different version of package (\S+)")


def gomod(name: str, uuid: str, atomic: str) -> str:
    """Return a go.mod that asks for two modules."""
    return (
        f"module example.com/{name}\n\ngo 1.16\n\nrequire (\n"
        f"\t{UUID} {uuid}+incompatible\n"
        f"\t{ATOMIC} {atomic}\n"
        "\tgo.uber.org/multierr v1.6.0\n)\n"
    )


def module(builder: LocalBuilder, mod: str, main: str) -> GoTool:
    """Lay a module out and complete its go.mod and go.sum."""
    folder = "/" + mod.split()[1].rpartition("/")[2]
    tool = GoTool(builder=builder, folder=folder, environment={})
    files = {"go.mod": mod, "main.go": main}
    builder.put(
        [Entry(name=name, content=text.encode()) for name, text in files.items()],
        folder,
    )
    assert isinstance(tool.edit(ModEdit()), Edited)
    return tool


def built(builder: LocalBuilder, tool: GoTool, name: str, *arguments: str) -> Path:
    """Build a module and return the file."""
    result = tool.build([*arguments, "-trimpath", "-o", name, "."], seconds=600)
    assert result.succeeded, result.evidence
    return builder.path(tool.folder) / name


def linked(path: Path) -> Linked:
    """Read a binary."""
    return read_linked(path.name, path.read_bytes())


def link_time_hashes(data: bytes) -> dict[str, int]:
    """Map each package to the place in the file of the hash the runtime compares."""
    elf = ElfFile(data)
    symbols, strings = (elf.section(name) for name in (".symtab", ".strtab"))
    assert symbols is not None
    assert strings is not None
    names = elf.content(strings)
    texts: dict[str, tuple[int, int]] = {}
    table = elf.content(symbols)
    for row in range(0, len(table), 24):
        name, _, _, _, address, size = elf.unpack("IBBHQQ", table[row : row + 24])
        text = names[name : names.index(b"\0", name)].decode()
        if text.startswith(("go:link.pkgname.", "go:link.pkglinkhash.")):
            texts[text.removeprefix("go:link.")] = (address, size)
        elif text.startswith(("go.link.pkgname.", "go.link.pkglinkhash.")):
            texts[text.removeprefix("go.link.")] = (address, size)
    found = {}
    for text, (address, size) in texts.items():
        kind, _, number = text.partition(".")
        if kind == "pkgname":
            package = elf.memory(address, size).rstrip(b"\0").decode()
            place = texts[f"pkglinkhash.{number}"][0]
            (segment,) = (s for s in elf.segments if 0 <= place - s.address < s.size)
            found[package] = segment.offset + place - segment.address
    return found


def named_by_the_loader(
    server: Path, plugin: Path, hashes: Mapping[str, str]
) -> list[str]:
    """
    Let the server open a plugin until it has nothing more to object to.

    It names one package at a time; that one's hash is then set to the server's.
    """
    data = bytearray(plugin.read_bytes())
    places = link_time_hashes(bytes(data))
    patched = plugin.with_name("patched.so")
    named: list[str] = []
    while True:
        patched.write_bytes(data)
        said = subprocess.run(
            [server, patched], capture_output=True, text=True, timeout=60, check=False
        ).stdout
        match = NAMED.search(said)
        if match is None:
            assert said == "<nil>\n"
            return named
        package = match[1]
        assert package not in named
        named.append(package)
        place = places[package]
        data[place : place + 8] = bytes.fromhex(hashes[package])


@pytest.mark.parametrize("go", ["1.19.13", "1.26.5"])
def test_the_loader_says_the_same(go: str, tmp_path: Path) -> None:
    """
    The same packages in the same order, to the last one, also of a stripped plugin.

    One of the two modules is a root that another module follows.
    """
    builder = LocalBuilder(tmp_path, go)
    server_tool = module(builder, gomod("server", "v4.2.0", "v1.7.0"), SERVER)
    plugin_tool = module(builder, gomod("game", "v4.1.0", "v1.9.0"), PLUGIN)
    server = built(builder, server_tool, "server", "-ldflags=-s -w")
    plugin = built(builder, plugin_tool, "a.so", "-buildmode=plugin")
    stripped = built(
        builder, plugin_tool, "b.so", "-buildmode=plugin", "-ldflags=-s -w"
    )
    listed = subprocess.run(
        ["go", "list", "-deps", "-f", IMPORTS_TEMPLATE, "."],
        cwd=plugin.parent,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    found = compare(linked(server), linked(plugin), imports=parse_imports(listed))
    again = compare(linked(server), linked(stripped))
    differing = [each.package for each in found.differing]

    assert named_by_the_loader(server, plugin, linked(server).hashes) == differing
    assert {UUID, ATOMIC, "go.uber.org/multierr"} == set(differing)
    assert differing == [each.package for each in again.differing]
    assert differing[0] == found.foretelling.package == again.foretelling.package
    if go != "1.19.13":  # which leaves no module versions in a plugin
        roots = {group.module for group in found.of(Cause.ROOT)}
        assert {UUID, ATOMIC} == roots
        assert ["go.uber.org/multierr"] == [
            group.module for group in found.of(Cause.CASCADE)
        ]
