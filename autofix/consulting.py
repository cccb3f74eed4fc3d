"""
Ask the go command, in the builder, which versions a module has and what each needs.

In a scratch module of its own, because in the project every go command but ``go mod
edit`` fails as long as one module wants a newer Go (observed, Go 1.21 to 1.26). Only
go.mod files are fetched. They are read as files: Go 1.21 and later print nothing of a
go.mod whose go line is above their own. The checksum database is not asked for each
(0.2 s a version, measured): what is chosen is verified when the project requires it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from posixpath import join

from autofix.core.actions import Consult
from autofix.core.observations import Consulted
from autofix.core.versions import compare_go
from autofix.core.versionsearch import Needs, parse_needs
from autofix.engines.archive import Entry
from autofix.engines.base import CommandResult
from autofix.gotool import GoTool

FOLDER = "/autofix/versions"
FIRST_WITH_RETRACTIONS = "1.16"
"""
The first Go that knows ``retract``.

From it on ``-retracted`` lists all versions; without it some list none when the newest
version's go.mod cannot be read (observed, Go 1.16.3).
"""
MOST_BYTES = 1 << 20
"""Of one go.mod file; the largest of google-cloud-go is 90 kB."""
LONGEST_REFUSAL = 500

_SCRATCH = "module autofix.invalid/versions\n"
_MARK = "\tautofix reads "
_PRINT = f'for f; do printf "\\n{_MARK}%s\\n" "$f"; head -c {MOST_BYTES} "$f"; done'


def consult(go: GoTool, asked: Consult, release: str) -> Consulted:
    """
    List a module's versions, or read the go.mod files of those asked for.

    ``release`` is the builder's Go. A module whose versions cannot be listed comes back
    with what the go command said as ``refusal``.
    """
    scratch = replace(
        go, folder=FOLDER, environment={**go.environment, "GONOSUMDB": "*"}
    )
    _put(scratch)
    if not asked.versions:
        return _listed(scratch, asked.module, release)
    return Consulted(
        module=asked.module,
        asked=asked.versions,
        needs=_needs(scratch, asked.module, asked.versions, release),
    )


def _listed(go: GoTool, module: str, release: str) -> Consulted:
    known = compare_go(release, FIRST_WITH_RETRACTIONS) >= 0
    flags = ["-retracted"] if known else []
    result = go.ask("list", "-m", "-versions", *flags, module)
    words = result.stdout.decode("utf-8", "replace").split()
    if not result.succeeded or words[:1] != [module]:
        return Consulted(module=module, refusal=_said(result))
    return Consulted(module=module, versions=tuple(words[1:]))


def _needs(
    go: GoTool, module: str, versions: Iterable[str], release: str
) -> dict[str, Needs | None]:
    """Have the go.mod files fetched into the module cache, and read them there."""
    go.ask("list", "-m", "-e", "-json", *(f"{module}@{each}" for each in versions))
    if compare_go(release, FIRST_WITH_RETRACTIONS) < 0:
        for version in versions:  # Go 1.15 fetches no go.mod for a list
            _put(go, f"require {module} {version}\n")
            go.ask("mod", "graph")
    cache = go.ask("env", "GOMODCACHE").stdout.decode("utf-8", "replace").strip()
    folder = join(cache, "cache/download", _escaped(module), "@v")
    paths = {join(folder, f"{_escaped(each)}.mod"): each for each in versions}
    printed = go.builder.run(
        ["sh", "-c", _PRINT, "sh", *paths],
        folder=go.folder,
        environment=go.environment,
        seconds=go.seconds,
    )
    found: dict[str, Needs | None] = dict.fromkeys(versions)
    for part in printed.stdout.decode("utf-8", "replace").split(f"\n{_MARK}")[1:]:
        path, _, text = part.partition("\n")
        if text.strip() and path in paths:
            found[paths[path]] = parse_needs(text)
    return found


def _put(go: GoTool, requirement: str = "") -> None:
    text = f"{_SCRATCH}\n{requirement}".encode()
    go.builder.put([Entry(name="go.mod", content=text)], go.folder)


def _said(result: CommandResult) -> str:
    """Return what the go command said of a module it cannot list, on one line."""
    lines = (line.text.strip() for line in result.evidence.lines)
    said = " ".join(line for line in lines if line)
    return said[:LONGEST_REFUSAL] or "the go command said nothing"


def _escaped(text: str) -> str:
    """Spell capitals as the module cache does: ``!burnt!sushi``."""
    return re.sub(r"[A-Z]", lambda match: f"!{match[0].lower()}", text)
