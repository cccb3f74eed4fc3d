"""
A past run as a page: where the time went, what each round brought, what changed.

Self-contained like the picture of a comparison: no script, nothing fetched, every text
escaped, legible on a telephone and in the dark.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

from autofix.core.duration import words_of
from autofix.core.model import Diagnosis
from autofix.core.observations import Compared
from autofix.core.patch import condensed
from autofix.core.story import Chapter, Step
from autofix.report import story_words as words
from autofix.report.comparison_html import HEAD, group_item, mark, text
from autofix.report.words import count, moved, said, sentence
from autofix.runs import Run

STYLES = ("comparison.css", "story.css")
CLOSE = "close"


def story_html(run: Run) -> str:
    """Return the whole page."""
    data = files("autofix").joinpath("data")
    style = "".join(data.joinpath(name).read_text("utf-8") for name in STYLES)
    return "\n".join(
        (
            HEAD,
            f"<title>{text(words.headline(run))}</title>",
            f"<style>\n{style}</style>\n</head>\n<body>\n<main>",
            *_head(run),
            *_timeline(run),
            *(line for each in run.story.chapters for line in _chapter(each)),
            *_remarks(run),
            *_pins(run),
            *_diff(run),
            "</main>\n</body>\n</html>\n",
        )
    )


def _head(run: Run) -> Iterator[str]:
    verdict = "good" if words.good(run) else "bad"
    yield f'<h1 class="{verdict}">{text(words.headline(run))}</h1>'
    yield '<ul class="sides">'
    yield f"<li>{text(words.figures(run))}; {text(words.circumstances(run))}</li>"
    yield f"<li>Project {text(run.about.project)}</li>"
    prepared = run.story.prepared
    if prepared is not None:
        server, builder = prepared.server, prepared.builder
        stand_in = ", a stand-in and not Nakama" if server.stand_in else ""
        yield f"<li>Server {text(server.reference)} (Go {text(server.go)}){stand_in}</li>"
        yield f"<li>Builder {text(builder.reference)} (Go {text(builder.go)})</li>"
    yield f"<li>Run {text(run.about.path.name)}</li></ul>"


def _timeline(run: Run) -> Iterator[str]:
    """Yield one bar a step; its place and width are its share of the whole run."""
    whole = max(run.result.seconds if run.result else 0.0, run.story.seconds)
    if not whole:
        return
    yield '<h2>Where the time went</h2><ol class="time">'
    for step in run.story.steps:
        bad = " failed" if step.diagnosis is not None else ""
        yield _bar(
            step.phase.value,
            f"{step.phase.value}{bad}",
            (step.began / whole, (step.seconds or 0.0) / whole),
            (words.took(step), words.note(step)),
        )
    if closing := words.closing(run):
        share = (run.story.seconds / whole, closing / whole)
        applied = run.result is not None and run.result.applied
        note = "bringing changes home" if applied else "leaving nothing behind"
        yield _bar(CLOSE, CLOSE, share, (words_of(closing), note))
    yield "</ol>"


def _bar(
    name: str, kind: str, share: tuple[float, float], told: tuple[str, str]
) -> str:
    left, width = (f"{100 * each:.2f}%" for each in share)
    took, note = told
    return (
        f'<li class="{kind}"><b>{text(name)}</b><i>{text(took)}</i>'
        f'<span class="bar"><span style="left:{left};width:{width}"></span></span>'
        f"<span>{text(note)}</span></li>"
    )


def _chapter(chapter: Chapter) -> Iterator[str]:
    compared = [
        step.outcome for step in chapter.steps if isinstance(step.outcome, Compared)
    ]
    if chapter.diagnosis is None and not any(each.groups for each in compared):
        return
    yield f"<h2>{text(words.title(chapter))}, {words_of(chapter.seconds)}</h2>"
    for each in compared:
        yield from _mismatches(each)
    for step in chapter.steps:
        yield from _failure(step)


def _mismatches(compared: Compared) -> Iterator[str]:
    if not compared.groups:
        return
    differing = f"{compared.differing} of {count(compared.shared, 'shared package')}"
    yield f'<p>{differing} differ from the server\'s.</p><ul class="groups">'
    for group in compared.groups:
        item = group_item(group).removeprefix("<li>")
        yield f'<li class="{group.cause.value}">{mark(group.cause)} {item}'
    yield "</ul>"
    if compared.foretold:
        yield f"<p>The server will name {text(compared.foretold)} first.</p>"


def _failure(step: Step) -> Iterator[str]:
    diagnosis = step.diagnosis
    if diagnosis is not None:
        yield f"<p><b>{text(_name(diagnosis))}</b>: {text(diagnosis.words)}</p>"
        if diagnosis.quoted:
            yield f"<pre>{text(said(diagnosis.quoted))}</pre>"
        if diagnosis.remedy:
            yield f"<p>{text(diagnosis.remedy)}</p>"


def _name(diagnosis: Diagnosis) -> str:
    return f"{diagnosis.failure_class.value} / {diagnosis.name}"


def _remarks(run: Run) -> Iterator[str]:
    for title, sentences in words.remarks(run):
        items = "".join(f"<li>{text(each)}</li>" for each in sentences)
        yield f'<h2>{text(title)}</h2><ul class="remarks">{items}</ul>'


def _pins(run: Run) -> Iterator[str]:
    for title, pins in words.moves(run):
        yield f"<h2>{text(title)}</h2>"
        yield "<table><tr><th>module</th><th>why</th></tr>"
        for pin in pins:
            change = moved(pin.module, pin.before or "", pin.after).replace("->", "→")
            why = sentence(pin.quoted)
            yield f"<tr><td>{text(change)}</td><td>{text(why)}</td></tr>"
        yield "</table>"


def _diff(run: Run) -> Iterator[str]:
    if run.result is None or not run.result.diff:
        return
    applied = run.result.applied
    yield f"<h2>{'What changed' if applied else 'What would change'}</h2>"
    kinds = {"+": "added", "-": "removed", "@": "place"}
    yield '<pre class="diff">' + "\n".join(
        f'<span class="{kinds.get(line[:1], "kept")}">{text(line)}</span>'
        for line in condensed(run.result.diff).splitlines()
    )
    yield "</pre>"
