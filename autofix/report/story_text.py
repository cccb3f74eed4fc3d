"""A past run as text for a person: where its time went, then what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from autofix.core.model import Diagnosis
from autofix.core.story import Chapter, Step
from autofix.report import story_words as words
from autofix.report.escape import escape
from autofix.report.terminal import Tone
from autofix.report.text import Style, diagnosis_lines, result_text
from autofix.runs import About, Fate, Run

BAR = 12
LEAST_NOTE = 12
"""Columns below which nothing is said beside a bar."""
COLUMNS = 4
"""Of the table of runs, before the figures; the project stands below each."""
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def runs_text(runs: Iterable[Run | About], style: Style | None = None) -> Iterator[str]:
    """Yield the table of runs; an ``About`` stands for one that cannot be read."""
    style = style or Style()
    rows = [("run", "began", "Nakama", "end", "figures"), *map(_row, runs)]
    widths = [max(len(row[at]) for row in rows) for at in range(COLUMNS)]
    for number, row in enumerate(rows):
        cells = [
            f"{cell:<{width}}"
            for cell, width in zip(row[:COLUMNS], widths, strict=True)
        ]
        line = "  ".join((*cells, row[COLUMNS])).rstrip()
        yield style.paint(line, Tone.STRONG) if number == 0 else line
        if number and row[5:]:
            yield style.paint(f"    {row[5]}", Tone.FAINT)


def _row(run: Run | About) -> tuple[str, ...]:
    if isinstance(run, About):
        name, fate = escape(run.path.name), run.fate.value
        return (name, words.when(run), "", fate, "unreadable", escape(run.project))
    prepared = run.story.prepared
    release = prepared.server.release if prepared else ""
    return (
        escape(run.about.path.name),
        escape(words.when(run.about)),
        escape(release or "-"),
        words.end(run),
        words.figures(run),
        escape(run.about.project),
    )


def story_text(run: Run, style: Style | None = None) -> str:
    """Return the whole story, ending with a newline; everything is escaped."""
    style = style or Style()
    parts = [
        style.paint(f"run {escape(run.about.path.name)}", Tone.STRONG),
        escape(words.circumstances(run)),
        f"project {escape(run.about.project)}",
        *_timeline(run, style),
        *_chapters(run, style),
    ]
    if run.result is not None:
        parts += [style.title("How it ended"), result_text(run.result, style).rstrip()]
    else:
        tone = Tone.CARE if run.about.fate is Fate.RUNNING else Tone.BAD
        parts += ["", style.wrapped(escape(words.headline(run)), tone=tone)]
        parts.append(f"{words.figures(run)}.")
    return "\n".join(parts) + "\n"


def _timeline(run: Run, style: Style) -> Iterator[str]:
    if not run.story.steps:
        return
    yield style.title("Where the time went")
    whole = max(run.result.seconds if run.result else 0.0, run.story.seconds)
    for step in run.story.steps:
        yield _step(step, whole, style)
    closing = words.closing(run)
    if closing:
        yield _line(run.story.seconds, f"{closing:.1f} s", closing / whole, "close")


def _step(step: Step, whole: float, style: Style) -> str:
    took = "-" if step.seconds is None else f"{step.seconds:.1f} s"
    share = (step.seconds or 0.0) / whole if whole else 0.0
    start = _line(step.began, took, share, step.phase.value)
    room = style.width - len(start) - 2
    note = words.note(step) if room >= LEAST_NOTE else ""
    note = note if len(note) <= room else f"{note[: room - 1]}…"
    tone = Tone.BAD if step.diagnosis is not None else Tone.FAINT
    return f"{start}  {style.paint(note, tone)}".rstrip()


def _line(began: float, took: str, share: float, name: str) -> str:
    return f"  {began:7.1f} s {took:>8}  {name:<8} {_bar(share)}"


def _bar(share: float) -> str:
    """Draw a share of the whole; what took any time at all is visible."""
    eighths = max(1 if share else 0, round(share * BAR * 8))
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(BAR)


def _chapters(run: Run, style: Style) -> Iterator[str]:
    """Yield each round; what the result tells as the reason of the end is left to it."""
    chapters = run.story.chapters
    ending = run.result.ending if run.result else None
    for each in chapters:
        diagnosis = each.diagnosis
        is_told = each is chapters[-1] and ending and diagnosis == ending.diagnosis
        yield from _chapter(each, None if is_told else diagnosis, style)


def _chapter(
    chapter: Chapter, diagnosis: Diagnosis | None, style: Style
) -> Iterator[str]:
    if diagnosis is None and not chapter.pins:
        return
    yield style.title(words.title(chapter))
    if diagnosis is not None:
        yield from diagnosis_lines(diagnosis, style)
    if chapter.pins:
        yield style.title("Pins decided on it" if diagnosis else "Pins decided")
        for pin in chapter.pins:
            yield f"  {escape(pin.module)} {escape(pin.version)}"
