"""How a fleet is put for a person; shared by all formats of its summary, pure."""

from __future__ import annotations

from autofix.core.duration import words_of
from autofix.core.fleetledger import Verdict
from autofix.core.fleetsummary import NOT_REACHED, CellResult, FleetSummary
from autofix.report.terminal import Tone
from autofix.report.words import count

TONES = {
    Verdict.CLEAN.value: Tone.GOOD,
    Verdict.NOT_CLEAN.value: Tone.BAD,
    Verdict.BUG.value: Tone.BAD,
    Verdict.REFUSED.value: Tone.CARE,
    Verdict.ENVIRONMENT.value: Tone.CARE,
    Verdict.TOO_LONG.value: Tone.CARE,
    Verdict.SET_ASIDE.value: Tone.CARE,
    NOT_REACHED: Tone.FAINT,
}


def headline(summary: FleetSummary) -> str:
    """Return in one sentence how the fleet stands."""
    total = len(summary.cells)
    if summary.interrupted:
        left = summary.counts.get(NOT_REACHED, 0)
        return f"Interrupted with {left} of {count(total, 'job')} left to do."
    if summary.clean == total:
        return f"All {total} clean." if total > 1 else "Clean."
    others = ", ".join(
        f"{number} {verdict}"
        for verdict, number in summary.counts.items()
        if verdict != Verdict.CLEAN.value
    )
    return f"{summary.clean} of {total} clean; {others}."


def figures(summary: FleetSummary) -> str:
    """Return ``autofix run, 12 plugins, 3 servers, 4 min 10 s``."""
    parts = [
        f"autofix {summary.action.value}",
        count(len(summary.plugins), "plugin"),
        count(len(summary.servers), "server"),
        words_of(summary.seconds),
    ]
    if summary.resumed:
        parts.append(f"{summary.resumed} done before")
    return ", ".join(parts)


def label(result: CellResult) -> str:
    """Return what a cell shows in a word or two; not escaped."""
    cell = result.cell
    if cell is None:
        return NOT_REACHED
    if cell.verdict is Verdict.CLEAN:
        return f"clean, {count(cell.pins, 'pin')}" if cell.pins else "clean"
    if cell.verdict is Verdict.NOT_CLEAN:
        return cell.end or cell.verdict.value
    return cell.verdict.value


def reason(result: CellResult) -> str:
    """Return why a cell is not clean, "" if it is; not escaped."""
    if result.clean or result.cell is None:
        return ""
    return result.cell.headline.replace("\n", " ")


def notes(result: CellResult) -> str:
    """Return what else is worth knowing of a cell; not escaped."""
    cell = result.cell
    if cell is None:
        return ""
    parts = [words_of(cell.seconds)] if cell.seconds else []
    if cell.branches:
        parts.append(f"branch {', '.join(cell.branches)}")
    if cell.tries > 1:
        parts.append(
            f"at the {cell.tries}. try" if result.clean else f"{cell.tries} tries"
        )
    return ", ".join(parts)
