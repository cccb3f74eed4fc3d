"""The ways into a run that stands still, for a person."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.engines.inside import Door
from autofix.halting import Pause
from autofix.report.escape import escape
from autofix.report.terminal import Tone
from autofix.report.text import Style
from autofix.report.words import count


def pause_text(pause: Pause, how_to_end: str, style: Style | None = None) -> str:
    """Return where a run stands and how to get inside; commands are not wrapped."""
    return "\n".join(_lines(pause, how_to_end, style or Style())) + "\n"


def _lines(pause: Pause, how_to_end: str, style: Style) -> Iterator[str]:
    yield style.paint(f"\nStanding still after round {pause.round}.", Tone.STRONG)
    if pause.round < pause.asked:
        had = count(pause.round, "round")
        yield style.wrapped(f"The run ended there: it had {had}, not {pause.asked}.")
    if not pause.doors:
        yield "Nothing was opened yet that one could get into."
    for door in pause.doors:
        yield from _door(door, style)
    yield ""
    yield style.wrapped(how_to_end)


def _door(door: Door, style: Style) -> Iterator[str]:
    yield ""
    yield style.paint(f"{door.name}: {door.words}", Tone.STRONG)
    yield f"  {escape(door.enter)}"
    if door.tries:
        yield "  and there, for example"
        yield from (f"    {escape(each)}" for each in door.tries)
