"""What came of scenarios, for a person."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from autofix.core.duration import words_of
from autofix.report.escape import escape
from autofix.report.terminal import Tone
from autofix.report.text import Style
from autofix.scenarios.running import Outcome
from autofix.scenarios.scenario import Scenario

SHOWN = 6000
"""Characters of autofix's own words, and of its result, that a failure shows."""


def outcome_text(outcome: Outcome, style: Style | None = None) -> str:
    """Return one line on how a scenario ended, with autofix's own words if it failed."""
    return "\n".join(_lines(outcome, style or Style()))


def scenarios_text(scenarios: Sequence[Scenario], style: Style) -> Iterator[str]:
    """Yield one line a scenario: its name, its Nakama, its end, and what is wrong."""
    width = max((len(one.name) for one in scenarios), default=0)
    ends = max((len(_end(one)) for one in scenarios), default=0)
    for one in scenarios:
        name = style.paint(f"{escape(one.name):{width}}", Tone.NAME)
        yield (
            f"{name}  {escape(one.nakama):8} {escape(_end(one)):{ends}}  "
            f"{escape(one.title)}"
        )


def summary_text(
    outcomes: Sequence[Outcome], left_out: Mapping[str, str], seconds: float
) -> Iterator[str]:
    """Yield why some were not run, and how many passed."""
    for name, why in left_out.items():
        yield f"not run{'':1}{escape(name):28}  {escape(why)}"
    failed = sum(1 for each in outcomes if not each.passed)
    counts = f"{len(outcomes) - failed} passed, {failed} failed"
    rest = f", {len(left_out)} not run" if left_out else ""
    yield f"{counts}{rest}, {words_of(seconds)}"


def _end(one: Scenario) -> str:
    return one.expect.end or one.expect.error


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
