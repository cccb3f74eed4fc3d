"""A past run as text, Markdown, HTML and JSON: whole, true and inert."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from autofix.core.journal import Header
from autofix.core.model import Ending, EndKind, Finding
from autofix.core.story import told
from autofix.report.markdown import block, code, plain
from autofix.report.story_html import story_html
from autofix.report.story_json import runs_json, story_json
from autofix.report.story_markdown import story_markdown
from autofix.report.story_text import runs_text, story_text
from autofix.report.style import Style
from autofix.result import RunResult
from autofix.runs import About, Fate, Run
from tests.contract import checked
from tests.core.test_automaton import CLASSIC
from tests.core.test_story import journal
from tests.report.test_comparison import Page
from tests.report.values import HOSTILE, clean

FAILING = next(
    seed
    for seed in range(1, 99, 2)
    if any(step.diagnosis for step in told(journal(seed)).steps)
)
"""A simulated world in which the classic loop meets a failure."""


def run(
    result: RunResult | None = None, *, fate: Fate = Fate.ENDED, entries: int = 999
) -> Run:
    """Make a past run of a simulated world."""
    kept = tuple(journal(FAILING)[:entries])
    return Run(
        about=About(
            path=Path("/state/runs/20261122T201500Z-aa11bb22"),
            run_id="aa11bb22",
            project=f"/home/{HOSTILE}",
            began="2026-11-22T20:15:00+00:00",
            autofix="0.1.0",
            fate=fate,
        ),
        header=Header(autofix="0.1.0", policy=CLASSIC),
        entries=kept,
        story=told(kept),
        result=result,
    )


ENDED = run(replace(clean(), diff=f"--- a/go.mod\n+++ b/go.mod\n+{HOSTILE}</pre>\n"))
Writer = Callable[[Run], str]
WRITERS: dict[str, Writer] = {
    "text": story_text,
    "markdown": story_markdown,
    "html": story_html,
}


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_the_story_has_every_phase_and_failure(writer: Writer) -> None:
    """Each step with its phase, each diagnosis with its name and its class."""
    said = writer(ENDED)

    for step in ENDED.story.steps:
        assert step.phase.value in said
        if step.diagnosis is not None:
            assert step.diagnosis.name in said.replace("\\", "")
            assert step.diagnosis.failure_class.value in said
    assert "20261122T201500Z-aa11bb22" in said
    assert "2026-11-22 20:15:00 UTC" in said


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_text_of_programs_is_inert(writer: Writer) -> None:
    """No control character passes, wherever it came from."""
    said = writer(ENDED)

    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e]", said)


@pytest.mark.parametrize(
    ("fate", "words"),
    [(Fate.KILLED, "Killed while"), (Fate.RUNNING, "Still running")],
)
@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_a_run_without_a_result_says_how_far_it_came(
    writer: Writer, fate: Fate, words: str
) -> None:
    """In whichever phase it was."""
    cut = run(fate=fate, entries=2)

    assert words in writer(cut)
    assert "not ended" in writer(cut) or "-  build" in writer(cut)


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_what_was_noticed_and_can_be_done_is_on_every_page(writer: Writer) -> None:
    """A reader of the page needs it as much as one of the terminal."""
    finding = Finding(name="x", text="The tags differ.", answer="Built right.")
    result = replace(clean(), findings=(finding,), choices=("Take another.",))
    shown = writer(run(result))

    assert "The tags differ. Built right." in shown
    assert "Take another." in shown


def test_the_reason_of_the_end_is_told_once() -> None:
    """With how it ended; what earlier rounds met stays with them."""
    entries = next(
        number
        for number in range(1, 999)
        if told(journal(FAILING)[:number]).chapters[-1].diagnosis
    )
    reason = told(journal(FAILING)[:entries]).chapters[-1].diagnosis
    assert reason is not None
    ending = Ending(kind=EndKind.NO_PROGRESS, words="Again.", diagnosis=reason)
    other = replace(ending, diagnosis=replace(reason, name="other"))
    stopped, elsewhere = (
        story_text(run(replace(clean(), ending=each), entries=entries))
        for each in (ending, other)
    )

    assert 1 == stopped.count(f"/ {reason.name})")
    assert 1 == elsewhere.count(f"/ {reason.name})")
    assert 1 == elsewhere.count("/ other)")


@pytest.mark.parametrize("width", [40, 50, 80, 120])
def test_the_timeline_keeps_to_the_width(width: int) -> None:
    """What stands beside a bar is cut, and left out where there is no room for it."""
    text = story_text(ENDED, Style(width=width))
    lines = text.partition("Where the time went\n")[2].partition("\n\n")[0].splitlines()

    assert lines
    assert max(map(len, lines)) <= max(width, 46)


def test_the_page_is_well_formed_and_self_contained() -> None:
    """No script, nothing from elsewhere; text stays text."""
    page = Page(story_html(ENDED))

    assert [] == page.open
    assert not {"script", "img", "link", "iframe"} & {*page.tags}
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert not [value for name, value in page.attributes if "http" in value]
    assert "</pre>" in page.text


def test_bars_stay_within_the_page() -> None:
    """Places and widths are shares of the whole."""
    bars = re.findall(r"left:([\d.]+)%;width:([\d.]+)%", story_html(ENDED))

    assert len(ENDED.story.steps) <= len(bars)
    assert all(float(left) + float(width) < 100.1 for left, width in bars)


def test_json_has_the_steps_and_the_result() -> None:
    """Times are seconds; a run without a result has null there."""
    story = checked(story_json(ENDED), "story")
    cut = checked(story_json(run(entries=2, fate=Fate.KILLED)), "story")

    assert [step.began for step in ENDED.story.steps] == [
        each["began"] for each in story["steps"]
    ]
    assert ("clean", "ended") == (story["end"], story["fate"])
    assert "clean" == story["result"]["ending"]["kind"]
    assert (None, "killed") == (cut["result"], cut["end"])
    assert cut["steps"][-1]["seconds"] is None


def test_the_table_lists_readable_and_unreadable_runs() -> None:
    """One that cannot be read is still there, and says so."""
    lines = list(runs_text([ENDED, ENDED.about]))
    listed = checked(runs_json([ENDED, ENDED.about]), "runs")["runs"]

    assert "clean" in lines[1]
    assert "unreadable" in lines[3]
    assert [True, False] == [each["readable"] for each in listed]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a*b_c", r"a\*b\_c"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("[x](y) <b> #7 @me", r"\[x\](y) \<b\> \#7 \@me"),
    ],
)
def test_markdown_has_no_markup_of_others(text: str, shown: str) -> None:
    """Neither lists nor links nor mentions come of a program's words."""
    assert shown == plain(text)


def test_code_in_markdown_cannot_be_closed_by_what_it_holds() -> None:
    """The fence is longer than any in the text; pipes do not end a cell."""
    assert "`` a`b ``" == code("a`b")
    assert r"`a\|b`" == code("a|b")
    assert "````\n```\nx\n````" == block("```\nx")
