"""What moved in go.mod although nobody pinned it: true moves, and what is only named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autofix.core.versions import compare_go
from autofix.report.escape import escape
from autofix.report.style import Style
from autofix.report.words import count, moved
from autofix.result import SideEffect

_NAMES_ALL = "1.17"
"""Since then go.mod names each module that the main module's packages need."""
SHOWN = 20
SHOWN_NAMES = 3


def consequences(
    effects: Sequence[SideEffect], go_line: tuple[str, str] | None
) -> tuple[tuple[SideEffect, ...], str]:
    """
    Tell the modules that moved from those that go.mod names only for its new go line.

    Returns the former, and a sentence on the latter, "" if there are none.
    """
    before, after = go_line or ("", "")
    if not after or compare_go(before or "1.0", _NAMES_ALL) >= 0:
        return tuple(effects), ""
    if compare_go(after, _NAMES_ALL) < 0:
        return tuple(effects), ""
    named = [each.module for each in effects if not each.before]
    moves = tuple(each for each in effects if each.before)
    if not named:
        return moves, ""
    listed = f" ({', '.join(map(escape, named))})" if len(named) <= SHOWN_NAMES else ""
    was = f"its go line was {escape(before)}" if before else "it had no go line"
    return moves, (
        f"go.mod now names {count(len(named), 'indirect module')} more{listed}: since "
        f"Go {_NAMES_ALL} it lists each one that is needed, and {was}."
    )


def consequence_lines(
    effects: Sequence[SideEffect], go_line: tuple[str, str] | None, style: Style
) -> Iterator[str]:
    """Yield a line for each module that moved, and what else go.mod names now."""
    moves, sentence = consequences(effects, go_line)
    for effect in moves[:SHOWN]:
        yield f"  {moved(effect.module, effect.before, effect.after)}"
    rest = len(moves) - SHOWN
    if rest > 0:
        yield f"  and {rest} more (all are in the JSON result)"
    if sentence:
        yield style.wrapped(sentence, "  ")
