"""A past run as Markdown, for an issue or a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.core.duration import words_of
from autofix.core.model import Diagnosis
from autofix.core.patch import condensed
from autofix.core.story import Chapter
from autofix.report import story_words as words
from autofix.report.markdown import block, code, plain, table
from autofix.report.words import sentence
from autofix.runs import Run


def story_markdown(run: Run) -> str:
    """Return the whole story, ending with a newline; text of programs is inert."""
    parts = (
        f"# {plain(words.headline(run))}",
        "",
        *_facts(run),
        *_pins(run),
        *_remarks(run),
        *(line for each in run.story.chapters for line in _chapter(each)),
        *_timeline(run),
        *_diff(run),
    )
    return "\n".join(parts) + "\n"


def _facts(run: Run) -> Iterator[str]:
    rows = [
        ("run", code(run.about.path.name)),
        ("circumstances", plain(words.circumstances(run))),
        ("project", code(run.about.project)),
        ("figures", plain(words.figures(run))),
    ]
    prepared = run.story.prepared
    if prepared is not None:
        server, builder = prepared.server, prepared.builder
        stand_in = " (a stand-in, not Nakama)" if server.stand_in else ""
        rows.append(
            ("server", f"{code(server.reference)}, Go {plain(server.go)}{stand_in}")
        )
        rows.append(("builder", f"{code(builder.reference)}, Go {plain(builder.go)}"))
    yield from table(("", ""), rows)


def _pins(run: Run) -> Iterator[str]:
    for title, pins in words.moves(run):
        rows = (
            (
                code(pin.module),
                code(pin.before or "absent"),
                code(pin.after),
                plain(sentence(pin.quoted)),
            )
            for pin in pins
        )
        yield f"\n## {title}\n"
        yield from table(("module", "before", "after", "why"), rows)


def _remarks(run: Run) -> Iterator[str]:
    for title, sentences in words.remarks(run):
        yield f"\n## {title}\n"
        yield from (f"- {plain(each)}" for each in sentences)


def _chapter(chapter: Chapter) -> Iterator[str]:
    if chapter.diagnosis is None:
        return
    yield f"\n## {words.title(chapter)}, {words_of(chapter.seconds)}\n"
    for step in chapter.steps:
        if step.diagnosis is not None:
            yield from _diagnosis(step.diagnosis)


def _diagnosis(diagnosis: Diagnosis) -> Iterator[str]:
    yield f"**{diagnosis.failure_class.value} / {plain(diagnosis.name)}**: " + plain(
        diagnosis.words
    )
    if diagnosis.quoted:
        yield f"\n{block(diagnosis.quoted.strip())}\n"
    if diagnosis.remedy:
        yield plain(diagnosis.remedy)


def _timeline(run: Run) -> Iterator[str]:
    yield "\n## Where the time went\n"
    rows = [
        (
            f"{step.began:.1f} s",
            words.took(step),
            step.phase.value,
            plain(words.note(step)),
        )
        for step in run.story.steps
    ]
    if words.closing(run):
        closing = words_of(words.closing(run))
        rows.append((f"{run.story.seconds:.1f} s", closing, "close", ""))
    yield from table(("at", "took", "phase", ""), rows)


def _diff(run: Run) -> Iterator[str]:
    if run.result is not None and run.result.diff:
        shown = condensed(run.result.diff)
        yield f"\n## Changes\n\n{block(shown, 'diff')}"
