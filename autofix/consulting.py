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
import shlex
from collections.abc import Iterable, Mapping
from datetime import datetime

from autofix.core.actions import Consult
from autofix.core.golist import parse_folders, parse_listed, parse_times
from autofix.core.model import ModuleVersion
from autofix.core.observations import Consulted
from autofix.core.versions import compare_go
from autofix.core.versionsearch import Needs, parse_needs
from autofix.engines.base import CommandResult
from autofix.gotool import GoTool

FIRST_WITH_RETRACTIONS = "1.16"
"""
The first Go that knows ``retract``.

From it on ``-retracted`` lists all versions; without it, or without ``-e``, Go 1.16
lists none when the newest version's go.mod has a go line it cannot read (observed).
"""
MOST_BYTES = 1 << 20
"""Of one go.mod file; the largest of google-cloud-go is 90 kB."""
LONGEST_REFUSAL = 500

_MARK = "\tautofix reads "
_SCRATCH = """\
scratch=$(mktemp -d) && cd "$scratch" || exit
trap 'rm -rf "$scratch"' EXIT
export GONOSUMDB='*'
echo 'module autofix.invalid/versions' >go.mod
"""
_READ = f"""\
cache=$(go env GOMODCACHE)/cache/download
missing=0
for file; do
	printf '\\n{_MARK}%s\\n' "$file"
	head -c {MOST_BYTES} "$cache/$file" || missing=1
done
exit $missing
"""


def consult(go: GoTool, asked: Consult, release: str) -> Consulted:
    """
    List a module's versions, or read the go.mod files of those asked for.

    ``release`` is the builder's Go. A module whose versions cannot be listed comes back
    with what the go command said as ``refusal``.
    """
    knows_retractions = compare_go(release, FIRST_WITH_RETRACTIONS) >= 0
    if not asked.versions:
        return _listed(go, asked.module, flag="-retracted" if knows_retractions else "")
    queries = {version: f"{asked.module}@{version}" for version in asked.versions}
    fetching = shlex.join(["go", "list", "-m", "-e", "-json", *queries.values()])
    if not knows_retractions:  # Go 1.15 fetches no go.mod for a list
        fetching = "\n".join(
            f"{shlex.join(['go', 'mod', 'edit', f'-require={query}'])}; go mod graph"
            for query in queries.values()
        )
    return Consulted(
        module=asked.module,
        asked=asked.versions,
        needs=_needs(go, asked.module, asked.versions, fetching),
    )


def listed_together(
    go: GoTool, modules: Iterable[str], release: str
) -> Mapping[str, tuple[str, ...]]:
    """List the versions of modules, in one question; one that is nowhere has none."""
    words = shlex.join(modules)
    if not words:
        return {}
    retracted = compare_go(release, FIRST_WITH_RETRACTIONS) >= 0
    flag = "-retracted" if retracted else ""
    result = go.ask(f"{_SCRATCH}go list -m -versions -e {flag} {words}")
    return parse_listed(result.stdout.decode("utf-8", "replace"))


def folders(
    go: GoTool, versions: Iterable[ModuleVersion]
) -> Mapping[ModuleVersion, str]:
    """Have versions downloaded; map those that could be to their folders."""
    queries = [str(each) for each in versions]
    if not queries:
        return {}
    asking = shlex.join(["go", "mod", "download", "-json", *queries])
    printed = go.ask(f"{_SCRATCH}{asking}").stdout.decode("utf-8", "replace")
    return parse_folders(printed)


def released(
    go: GoTool, versions: Iterable[ModuleVersion]
) -> Mapping[ModuleVersion, datetime]:
    """Tell when versions were made, by the module proxy; one not known is left out."""
    queries = [str(each) for each in versions]
    if not queries:
        return {}
    asking = shlex.join(["go", "list", "-m", "-e", "-json", *queries])
    printed = go.ask(f"{_SCRATCH}{asking}").stdout.decode("utf-8", "replace")
    return parse_times(printed)


def _listed(go: GoTool, module: str, flag: str) -> Consulted:
    command = f"go list -m -versions {flag}"
    module_word = shlex.quote(module)
    result = go.ask(
        f"{_SCRATCH}{command} {module_word} || "
        f"{{ {command} -e {module_word}; exit 1; }}"
    )
    versions = tuple(result.stdout.decode("utf-8", "replace").split()[1:])
    if not (result.succeeded or versions):
        return Consulted(module=module, refusal=_said(result))
    return Consulted(module=module, versions=versions)


def _needs(
    go: GoTool, module: str, versions: Iterable[str], fetching: str
) -> Mapping[str, Needs | None]:
    """Have the go.mod files fetched into the module cache, and read them there."""
    folder = f"{_escaped(module)}/@v"
    files = {f"{folder}/{_escaped(version)}.mod": version for version in versions}
    script = f"{_SCRATCH}{{\n{fetching}\n}} >/dev/null\n{_READ}"
    printed = go.ask(script, *files).stdout.decode("utf-8", "replace")
    found: dict[str, Needs | None] = dict.fromkeys(files.values())
    for part in printed.split(f"\n{_MARK}")[1:]:
        file, _, text = part.partition("\n")
        if text.strip() and file in files:
            found[files[file]] = parse_needs(text)
    return found


def _said(result: CommandResult) -> str:
    """Return what the go command said of a module it cannot list, on one line."""
    lines = (line.text.strip() for line in result.evidence.lines)
    said = " ".join(line for line in lines if line)
    return said[:LONGEST_REFUSAL] or "the go command said nothing"


def _escaped(text: str) -> str:
    """Spell capitals as the module cache does: ``!burnt!sushi``."""
    return re.sub(r"[A-Z]", lambda match: f"!{match[0].lower()}", text)
