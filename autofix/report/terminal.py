"""What the stream we write to can show: its width, colours, a live view."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TextIO

NARROWEST = 40
NARROW = 80
WIDE = 120


class Tone(StrEnum):
    """Why a piece of text stands out; the value is its SGR code."""

    PLAIN = "0"
    GOOD = "32"
    BAD = "31"
    CARE = "33"
    NAME = "36"
    STRONG = "1"
    FAINT = "2"


Paint = Callable[[str, Tone], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """``live`` tells whether lines may be redrawn; ``width`` is 40 to 120 columns."""

    live: bool
    colors: bool
    width: int

    def paint(self, text: str, tone: Tone) -> str:
        """Colour a text that has been escaped already."""
        if not self.colors or tone is Tone.PLAIN or not text:
            return text
        return f"\x1b[{tone.value}m{text}\x1b[0m"


def terminal(
    stream: TextIO, environment: Mapping[str, str], *, color: bool | None = None
) -> Terminal:
    """
    Look at a stream; NO_COLOR, FORCE_COLOR, TERM=dumb and TTY_INTERACTIVE=0 count.

    ``color`` is the user's own choice and beats the environment.
    """
    shown = stream.isatty()
    able = shown and environment.get("TERM", "") not in {"dumb", "unknown"}
    if color is None:
        forced = environment.get("FORCE_COLOR", "") not in {"", "0"}
        color = (able or forced) and not environment.get("NO_COLOR")
    columns = shutil.get_terminal_size((NARROW, 24)).columns if shown else NARROW
    return Terminal(
        live=able and environment.get("TTY_INTERACTIVE") != "0",
        colors=color,
        width=min(max(columns, NARROWEST), WIDE),
    )
