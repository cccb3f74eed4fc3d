"""What came of scenarios, for a person."""

from __future__ import annotations

import json
from collections.abc import Iterator

from autofix.report.escape import escape
from autofix.report.terminal import Tone
from autofix.report.text import Style
from autofix.scenarios.running import Outcome

SHOWN = 6000
"""Characters of autofix's own words, and of its result, that a failure shows."""


def outcome_text(outcome: Outcome, style: Style | None = None) -> str:
    """Return one line on how a scenario ended, with autofix's own words if it failed."""
    return "\n".join(_lines(outcome, style or Style()))


def _lines(outcome: Outcome, style: Style) -> Iterator[str]:
    word, tone = ("ok", Tone.GOOD) if outcome.passed else ("FAILED", Tone.BAD)
    yield (
        f"{style.paint(f'{word:7}', tone)}{escape(outcome.scenario.name):28}"
        f"{outcome.prepare_seconds:6.1f} s prepared {outcome.run_seconds:6.1f} s run"
    )
    if outcome.passed:
        return
    yield from (f"  - {escape(problem)}" for problem in outcome.problems)
    yield "  autofix said:"
    yield from (f"    {escape(line)}" for line in outcome.output[-SHOWN:].splitlines())
    yield "  and its result was:"
    said = json.dumps(outcome.result, indent=1)[:SHOWN] if outcome.result else "nothing"
    yield from (f"    {escape(line)}" for line in said.splitlines())
