"""
Which version of a library compiles with the pins that stand: tried, newest first.

autofix never rewrites code outside the project. A library that uses nakama-common's old
API must come in another version, and its go.mod does not tell which: only compiling it
does. A copy of go.mod is edited, so that the project's own stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from autofix.consulting import consult
from autofix.core.actions import Consult
from autofix.core.porting import Ported, Problem
from autofix.core.releases import NAKAMA_COMMON
from autofix.core.versionsearch import Search, eligible
from autofix.gotool import GoTool

MOST_TRIES = 6
"""Versions of one library that are compiled, the newest ones."""

_COMPILE = """\
scratch=$(mktemp -d) || exit
trap 'rm -rf "$scratch"' EXIT
cp go.mod "$scratch/go.mod" && { cp go.sum "$scratch/go.sum" 2>/dev/null || :; }
go mod edit -require="$1" "$scratch/go.mod" || exit
selected=$(go list -mod=mod -modfile="$scratch/go.mod" -m "$2") || exit
test "$selected" = "$2 $3" || exit
shift 3
go build -mod=mod -modfile="$scratch/go.mod" "$@"
"""


def newest_compiling(go: GoTool, ported: Ported, after: str) -> Ported:
    """
    Name for each library that does not compile the newest version that does.

    One that leaves nakama-common at ``after``. Looked for among the newest
    ``MOST_TRIES`` versions only; "" where none of them compiles.
    """
    named = {
        problem.module: _newest(
            go, problem, _packages(ported.libraries, problem), after
        )
        for problem in ported.libraries
    }
    return replace(
        ported,
        libraries=tuple(
            replace(each, newest=named[each.module]) for each in ported.libraries
        ),
    )


def _packages(problems: Iterable[Problem], problem: Problem) -> tuple[str, ...]:
    return tuple(each.package for each in problems if each.module == problem.module)


def _newest(go: GoTool, problem: Problem, packages: tuple[str, ...], after: str) -> str:
    listed = consult(go, Consult(module=problem.module), go.version())
    search = Search(
        module=problem.module,
        present=problem.version,
        quoted=problem.text,
        broken=True,
        versions=listed.versions,
    )
    newest_first = [each for each in reversed(eligible(search)) if each]
    for version in newest_first[:MOST_TRIES]:
        query = f"{problem.module}@{version}"
        words = (query, NAKAMA_COMMON, after, *packages)
        if version != problem.version and go.ask(_COMPILE, *words).succeeded:
            return version
    return ""
