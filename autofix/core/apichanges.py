"""Where nakama-common's Go API changed under code that does not compile any more."""

from __future__ import annotations

from collections.abc import Mapping

from autofix.core.compile_errors import CodeGroup, CodeOwner, grouped
from autofix.core.releases import NAKAMA_COMMON, ReleaseTable
from autofix.core.state import State
from autofix.core.versions import compare, in_order

Changes = Mapping[str, tuple[str, ...]]
"""
The versions of nakama-common in which a symbol changed so that uses may not compile.

By the symbol's full name (``runtime.NakamaModule.LeaderboardCreate``).
"""


ADVICE = "'autofix upgrade --port' rewrites your own code for it."
_DISTINCTIVE = frozenset({"NakamaModule", "Initializer", "runtime"})
"""Owners whose symbols have names that nothing else has."""


def api_choices(state: State, changes: Changes, table: ReleaseTable) -> tuple[str, ...]:
    """Say which release changed what the project's own code uses, and who ports it."""
    before = _required(state)
    after = state.server.modules.get(NAKAMA_COMMON, "") if state.server else ""
    if not before or not after:
        return ()
    told = dict.fromkeys(
        f"{group.function.rpartition('.')[2]} in {_named(version, table)}"
        for group in grouped(state.errors, state.functions)
        if _is_yours(group) and "." in group.function
        for version in changed_in(
            group.function, group.errors[0].text, changes, before, after
        )
    )
    if not told:
        return ()
    words = f"nakama-common's Go API changed under your code: {', '.join(told)}."
    return (f"{words} {ADVICE}",)


def _is_yours(group: CodeGroup) -> bool:
    """Tell whether code is the project's: a folder that a replace names mostly is."""
    beside = group.owner is CodeOwner.FOLDER and not group.folder.startswith("/")
    return group.owner is CodeOwner.OWN or beside


def changed_in(
    function: str, text: str, changes: Changes, before: str, after: str
) -> tuple[str, ...]:
    """
    Return the versions after one and up to another that changed a symbol, in order.

    ``text`` is the compiler's. Names such as ``Create`` are not nakama-common's alone:
    there it must speak of the type too.
    """
    name = function.rpartition(".")[2]
    found = {
        version
        for symbol, versions in changes.items()
        if symbol.rpartition(".")[2] == name and _is_about(symbol, text)
        for version in versions
        if compare(before, version) < 0 <= compare(after, version)
    }
    return tuple(in_order(found))


def _is_about(symbol: str, text: str) -> bool:
    owner = symbol.split(".")[-2]
    return owner in _DISTINCTIVE or owner.lower() in text.lower()


def _required(state: State) -> str:
    requires = state.original.requires if state.original else ()
    return next(
        (each.module.version for each in requires if each.module.path == NAKAMA_COMMON),
        "",
    )


def _named(version: str, table: ReleaseTable) -> str:
    releases = table.by_nakama_common(version)
    return f"{version} (Nakama {releases[0].tag})" if releases else version
