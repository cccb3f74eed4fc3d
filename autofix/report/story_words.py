"""How a past run is put for a person; shared by its text, Markdown and HTML, pure."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.core.actions import Edit
from autofix.core.duration import words_of
from autofix.core.model import EndKind
from autofix.core.story import Chapter, Step
from autofix.report import words
from autofix.report.words import count
from autofix.result import PinResult
from autofix.runs import About, Fate, Run

READING = "read what is selected"


def when(about: About) -> str:
    """Return when a run began, to the second, in its own time zone."""
    moment = about.when
    return moment.strftime("%Y-%m-%d %H:%M:%S %Z").strip() if moment else about.began


def circumstances(run: Run) -> str:
    """Return when a run began, by which autofix and strategy; not escaped."""
    strategy = run.header.policy.strategy.value
    return f"began {when(run.about)}, autofix {run.about.autofix}, strategy {strategy}"


def end(run: Run) -> str:
    """Return in a word or two how a run ended."""
    if run.result is not None and run.result.ending is not None:
        return run.result.ending.kind.value
    if run.result is not None:
        return f"error {run.result.error_code}"
    return run.about.fate.value


def headline(run: Run) -> str:
    """Return one sentence on how a run ended; not escaped."""
    result = run.result
    if result is not None and result.ending is not None:
        kind = result.ending.kind.value.replace("-", " ").capitalize()
        return f"{kind}. {result.ending.words}"
    if result is not None:
        return f"Stopped: {result.error}"
    last = run.story.steps[-1] if run.story.steps else None
    doing = words.DOING[last.phase] if last else "getting ready"
    if run.about.fate is Fate.RUNNING:
        return f"Still running: {doing}."
    return f"Killed while {doing}; it left no result."


def good(run: Run) -> bool:
    """Tell whether the run ended clean."""
    ending = run.result.ending if run.result else None
    return ending is not None and ending.kind is EndKind.CLEAN


def title(chapter: Chapter) -> str:
    """Return what a chapter is called."""
    if chapter.round == 0:
        return "Before the first build"
    return f"Round {chapter.round}"


def took(step: Step) -> str:
    """Return how long a step lasted."""
    return "not ended" if step.seconds is None else words_of(step.seconds)


def note(step: Step) -> str:
    """Return what a step did or brought, escaped; "" if its phase says it all."""
    if step.diagnosis is not None:
        return words.judged(step.diagnosis)
    if isinstance(step.action, Edit):
        return words.edited(step.action) or READING
    if step.outcome is None:
        return ""
    return words.ended(step.outcome, step.seconds or 0.0)


def closing(run: Run) -> float:
    """Return the seconds after the last step: bringing changes home, tidying up."""
    if run.result is None:
        return 0.0
    return max(0.0, run.result.seconds - run.story.seconds)


def figures(run: Run) -> str:
    """Return ``2 pins, 1 build, 6.1 s``."""
    builds = max((step.round for step in run.story.steps), default=0)
    pins = (
        len(run.result.pins)
        if run.result
        else sum(len(chapter.pins) for chapter in run.story.chapters)
    )
    seconds = run.result.seconds if run.result else run.story.seconds
    return f"{count(pins, 'pin')}, {count(builds, 'build')}, {words_of(seconds)}"


def moves(run: Run) -> Iterator[tuple[str, tuple[PinResult, ...]]]:
    """Yield the modules that a run moved, below a title for each reason."""
    if run.result is None:
        return
    tried = "" if good(run) else " tried"
    if run.result.pins:
        yield f"Pins{tried}", run.result.pins
    if run.result.fits:
        yield f"Libraries moved to fit them{tried}", run.result.fits


def remarks(run: Run) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what else a reader must know, below a title: choices, what was noticed."""
    if run.result is None:
        return
    if run.result.choices:
        yield "What you can do", run.result.choices
    noticed = (f"{each.text} {each.answer}".strip() for each in run.result.findings)
    if told := tuple(dict.fromkeys(noticed)):
        yield "Noticed", told
