"""The live view on a terminal: done things above, what is being done below."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from autofix.core.actions import Action
from autofix.core.model import OutputLine
from autofix.core.state import Phase
from autofix.report.escape import escape
from autofix.report.narration import Narration
from autofix.report.terminal import Terminal, Tone

STYLES = {
    Tone.PLAIN: "",
    Tone.GOOD: "green",
    Tone.BAD: "red",
    Tone.CARE: "yellow",
    Tone.NAME: "cyan",
    Tone.STRONG: "bold",
    Tone.FAINT: "dim",
}


def plain_console(stream: TextIO, terminal: Terminal) -> Console:
    """Return a console that prints text as it is, and keeps to the user's colours."""
    # Rich reads [nakama] as markup and [/nakama/data] as an error in it.
    return Console(
        file=stream,
        markup=False,
        highlight=False,
        emoji=False,
        force_terminal=True,
        no_color=not terminal.colors,
    )


class MovingLines:
    """Lines at the bottom of a terminal that are drawn anew; a context manager."""

    _live: Live

    def draw(self, console: Console, view: Callable[[], RenderableType]) -> None:
        """Draw what ``view`` returns, from another thread, while the context lasts."""
        self._live = Live(
            console=console,
            get_renderable=view,
            refresh_per_second=8,
            transient=True,
            redirect_stdout=False,
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # After a hangup there is no terminal left to clear.
        with contextlib.suppress(OSError):
            self._live.stop()


class ConsoleReporter(MovingLines, Narration):
    """Keep two moving lines at the bottom of the terminal; a context manager."""

    def __init__(
        self,
        stream: TextIO,
        terminal: Terminal,
        *,
        clock: Callable[[], float] = time.monotonic,
        verbose: bool = False,
    ) -> None:
        super().__init__(clock=clock, verbose=verbose)
        self._console = plain_console(stream, terminal)
        self._spinner = Spinner("dots")
        self._below = ""
        self.draw(self._console, self._view)

    def say(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        """Put a line above the moving ones, for good."""
        self._console.print(Text(text, style=STYLES[tone]))

    def phase_began(self, *, phase: Phase, round_: int, action: Action) -> None:
        """Show the phase below."""
        super().phase_began(phase=phase, round_=round_, action=action)
        self._below = ""

    def note(self, *, text: str) -> None:
        """Show the step below the phase."""
        self._below = text

    def output(self, *, phase: Phase, line: OutputLine) -> None:
        """Show the newest line below the phase."""
        super().output(phase=phase, line=line)
        self._below = line.text

    def _view(self) -> RenderableType:
        text = f"{self.doing}, {self.since(self.phase_since)}"
        total = f"  (all: {self.since(self.began)})"
        self._spinner.update(text=Text.assemble((text, "bold"), (total, "dim")))
        last = escape(self._below, longest=400)
        below = Text(f"  {last}", style="dim", no_wrap=True, overflow="ellipsis")
        return Group(self._spinner, below)
