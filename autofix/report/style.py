"""How text for a person is laid out: its width, and how its parts stand out."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from autofix.report.terminal import NARROW, Paint, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How wide the text may be and how its parts stand out."""

    width: int = NARROW
    paint: Paint = lambda text, _tone: text

    def wrapped(
        self, text: str, indent: str = "", tone: Tone = Tone.PLAIN, *, hang: str = ""
    ) -> str:
        """Wrap one paragraph; long words stay whole, later lines hang by ``hang``."""
        lines = textwrap.wrap(
            text,
            self.width,
            initial_indent=indent,
            subsequent_indent=indent + hang,
            break_long_words=False,
            break_on_hyphens=False,
        )
        return "\n".join(self.paint(line, tone) for line in lines)

    def title(self, text: str) -> str:
        """Return a section's title with the blank line before it."""
        return "\n" + self.paint(text, Tone.STRONG)
