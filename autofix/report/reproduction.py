"""A past run beside its repetition, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

from autofix.report import story_words
from autofix.report.escape import escape
from autofix.report.json import document
from autofix.report.terminal import Tone
from autofix.report.text import Style
from autofix.reproducing import Reproduction, Row
from autofix.sameserver import By


class ReproducedRow(TypedDict):
    """One thing that was compared, as it was and as it is now."""

    what: str
    then: str
    now: str


class ReproductionResult(TypedDict):
    """
    A past run beside its repetition; ``then`` and ``now`` are their folders.

    ``server_by`` tells by what the server is known to be that of then.
    """

    reproduced: bool
    server_by: By
    server_words: str
    then: Path
    now: Path
    rows: list[ReproducedRow]


def reproduction_text(told: Reproduction, style: Style | None = None) -> str:
    """Return both runs side by side, ending with a newline; everything is escaped."""
    style = style or Style()
    head = "Reproduced" if told.reproduced else "Not reproduced"
    tone = Tone.GOOD if told.reproduced else Tone.BAD
    lines = (
        style.wrapped(f"{head}: {escape(story_words.headline(told.now))}", tone=tone),
        style.wrapped(escape(told.served.words)),
        *(line for row in told.rows for line in _row(row, style)),
        style.paint(f"\nthen {escape(str(told.then.about.path))}", Tone.FAINT),
        style.paint(f"now  {escape(str(told.now.about.path))}", Tone.FAINT),
    )
    return "\n".join(lines) + "\n"


def reproduction_json(told: Reproduction) -> str:
    """Return it for machines; ``rows`` hold what was compared."""
    return document(
        ReproductionResult(
            reproduced=told.reproduced,
            server_by=told.served.by,
            server_words=told.served.words,
            then=told.then.about.path,
            now=told.now.about.path,
            rows=[
                {"what": each.what, "then": each.then, "now": each.now}
                for each in told.rows
            ],
        )
    )


def _row(row: Row, style: Style) -> Iterator[str]:
    name = f"{row.what:<13}"
    indent = " " * len(name)
    if row.same:
        yield style.wrapped(f"{name}{escape(row.then)}", hang=indent)
        return
    yield style.wrapped(f"{name}then {escape(row.then)}", tone=Tone.CARE, hang=indent)
    yield style.wrapped(f"{indent}now  {escape(row.now)}", tone=Tone.CARE, hang=indent)
