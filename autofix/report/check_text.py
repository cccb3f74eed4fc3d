"""A check's verdict as text for a person."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from autofix.core.model import EndKind
from autofix.judging import RUN
from autofix.report import check_words as words
from autofix.report.consequences import consequence_lines
from autofix.report.escape import escape
from autofix.report.terminal import Tone
from autofix.report.text import Style
from autofix.report.words import moved
from autofix.verdict import Level, Mismatch, Verdict

ENDS = frozenset(EndKind)
"""A plan that ended otherwise than planned: a run would end so, too."""


def check_text(
    verdicts: Sequence[Verdict],
    style: Style | None = None,
    *,
    options: Sequence[str] = (),
) -> str:
    """
    Return every verdict, each ending with a newline; everything is escaped.

    ``options`` are those of the check that the run must have, too, to change this.
    """
    style = style or Style()
    if len(verdicts) == 1:
        return _one(verdicts[0], style, options)
    return "\n".join(
        style.paint(escape(f"Module {each.project}"), Tone.STRONG)
        + f"\n{_one(each, style, options)}"
        for each in verdicts
    )


def _one(verdict: Verdict, style: Style, options: Sequence[str]) -> str:
    parts = (
        *_head(verdict, style),
        *_mismatches(verdict, Level.ERROR, style),
        *_mismatches(verdict, Level.WARNING, style),
        *_moved(verdict, style),
        *_noticed(verdict, style),
        *_unknown(verdict, style),
        *_next(verdict, style, options),
    )
    return "\n".join(parts) + "\n"


def _head(verdict: Verdict, style: Style) -> Iterator[str]:
    tone = Tone.BAD if verdict.errors else Tone.GOOD
    yield style.wrapped(escape(words.headline(verdict)), tone=tone)
    for plugin in verdict.judged:
        if plugin.name:
            yield style.wrapped(escape(words.judged_file(plugin)), hang="  ")
    yield style.wrapped(escape(words.rests_on(verdict)), tone=Tone.FAINT, hang="  ")


def _mismatches(verdict: Verdict, level: Level, style: Style) -> Iterator[str]:
    chosen = [each for each in verdict.all if each.level is level]
    if not chosen:
        return
    title = "Must change" if level is Level.ERROR else "Worth changing"
    yield style.title(title)
    for mismatch in sorted(chosen, key=lambda each: (each.file, each.line)):
        yield from _mismatch(mismatch, style)


def _mismatch(mismatch: Mismatch, style: Style) -> Iterator[str]:
    place = escape(mismatch.place)
    versions = escape(words.versions(mismatch))
    if versions:
        name = style.paint(escape(mismatch.module), Tone.NAME)
        yield f"  {place}  {name}  {versions}"
    elif place:
        yield f"  {place}"
    if not versions:
        yield style.wrapped(escape(mismatch.text), " " * 6)
    for sentence in words.explained(mismatch):
        if sentence != RUN:  # said once, below
            yield style.wrapped(escape(sentence), " " * 6, Tone.FAINT)


def _moved(verdict: Verdict, style: Style) -> Iterator[str]:
    if verdict.side_effects or verdict.go_line:
        yield style.title("Would also move, as a consequence")
    if verdict.go_line:
        yield f"  {moved('go', *verdict.go_line)}"
    yield from consequence_lines(verdict.side_effects, verdict.go_line, style)


def _noticed(verdict: Verdict, style: Style) -> Iterator[str]:
    if not verdict.noticed:
        return
    yield style.title("Noticed")
    for finding in verdict.noticed:
        answer = f" {finding.answer}" if finding.answer else ""
        yield style.wrapped(escape(f"- {finding.text}{answer}"), "  ", hang="  ")


def _unknown(verdict: Verdict, style: Style) -> Iterator[str]:
    if not verdict.unknown:
        return
    yield style.title("Not known")
    for sentence in verdict.unknown:
        yield style.wrapped(escape(f"- {sentence}"), "  ", hang="  ")


def _next(verdict: Verdict, style: Style, options: Sequence[str]) -> Iterator[str]:
    runs = any(each.remedy == RUN for each in verdict.errors)
    if runs and not any(each.name in ENDS for each in verdict.errors):
        yield style.title("To change it")
        words = ("autofix", "run", *options, verdict.project)
        yield f"  {' '.join(shlex.quote(escape(word)) for word in words)}"
    if verdict.written:
        yield f"\nWritten: {escape(verdict.written)}"
