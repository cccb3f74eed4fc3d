"""
vendor/modules.txt as text to be edited, where ``go mod vendor`` cannot write it.

Blocks are a module's header, its ``##`` line and its packages. Only the blocks that
are edited change; a block with a ``=>`` is never edited, it is not what the proxy has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from autofix.core.gomod import GoMod

_MISSING = re.compile(
    r"cannot find module providing package (?P<new>[^\s:]+): import lookup disabled|"
    r"(?:^\s*|no Go files in )\S*/vendor/(?P<old>\S+)$",
    re.MULTILINE,
)
"""How Go 1.16 to 1.26 name a package that vendor/ lacks (observed)."""

_UNSUMMED = re.compile(r"missing go\.sum entry for module providing package ([^\s;]+)")


def with_module(
    text: str, path: str, version: str, *, go: str, packages: Iterable[str]
) -> str:
    """
    Return modules.txt with a module's block at a version, in its place or a new one.

    ``go`` is the module's own go line; it is written only where the file has such
    notes, which Go writes since 1.17.
    """
    blocks = _blocks(text)
    noted = any(line.startswith("## ") and "go 1" in line for line in text.split("\n"))
    note = f"## explicit; go {go}" if go and noted else "## explicit"
    block = "".join(
        f"{line}\n" for line in (f"# {path} {version}", note, *sorted(packages))
    )
    at = next((i for i, each in enumerate(blocks) if _path(each) == path), None)
    if at is not None:
        blocks[at] = block
    else:
        after = [i for i, each in enumerate(blocks) if _path(each) > path]
        blocks.insert(after[0] if after else len(blocks), block)
    return "".join(blocks)


def out_of_step(text: str, gomod: GoMod) -> Mapping[str, str]:
    """Map each module that go.mod requires otherwise than modules.txt has it."""
    present = {}
    for block in _blocks(text):
        words = block.split("\n", 1)[0].split()
        if words[:1] == ["#"] and "=>" in words:
            present[words[1]] = ""
        elif words[:1] == ["#"] and len(words) > 2:  # noqa: PLR2004 (# path version)
            present[words[1]] = words[2]
    return {
        each.module.path: each.module.version
        for each in gomod.requires
        if present.get(each.module.path, "-") not in ("", each.module.version)
    }


def missing_packages(said: str) -> Iterator[str]:
    """Yield the packages that a go command did not find in vendor/."""
    for found in _MISSING.finditer(said):
        yield found["new"] or found["old"]


def unsummed_packages(said: str) -> Iterator[str]:
    """Yield the packages for whose modules go.sum has no entry, as a go command says."""
    for found in _UNSUMMED.finditer(said):
        yield found[1]


def with_sums(text: str, sums: Mapping[tuple[str, str], str]) -> str:
    """Add lines (module and version, or version/go.mod) to a go.sum, in its order."""
    lines = [line for line in text.split("\n") if line]
    known = {tuple(line.split()[:2]) for line in lines}
    for key, content in sums.items():
        if key not in known:
            after = [i for i, line in enumerate(lines) if line.split()[0] <= key[0]]
            lines.insert(after[-1] + 1 if after else 0, f"{key[0]} {key[1]} {content}")
    return "".join(f"{line}\n" for line in lines)


def _blocks(text: str) -> list[str]:
    """Split before each header; what stands above the first one is a block too."""
    return [each for each in re.split(r"(?m)^(?=# )", text) if each]


def _path(block: str) -> str:
    words = block.split(maxsplit=2)
    return words[1] if words[:1] == ["#"] and len(words) > 1 else ""
