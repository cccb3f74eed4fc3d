"""A run is told from its journal, as far as that reaches."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from autofix.core.actions import Build, Edit, Stop
from autofix.core.journal import Entry
from autofix.core.model import EndKind
from autofix.core.state import Phase, Policy, Strategy
from autofix.core.story import told
from tests.core.test_automaton import CLASSIC, play
from tests.core.worlds import seeded

SEEDS = st.integers(0, 2**32)
EVERYTHING = Policy(strategy=Strategy.ALL, max_seconds=10_000)


def journal(seed: int) -> list[Entry]:
    """Play a simulated world and return its journal."""
    return play(seeded(seed), CLASSIC if seed % 2 else EVERYTHING)[2]


@settings(max_examples=200, deadline=None)
@given(SEEDS)
def test_every_action_is_a_step_and_no_second_is_lost(seed: int) -> None:
    """The steps follow each other without a gap, from first to last observation."""
    entries = journal(seed)
    story = told(entries)

    assert [entry.action for entry in entries[:-1]] == [s.action for s in story.steps]
    assert isinstance(story.stopped, Stop)
    assert [entry.observation.at for entry in entries[:-1]] == [
        step.began for step in story.steps
    ]
    assert entries[-1].observation.at == story.seconds


@settings(max_examples=200, deadline=None)
@given(SEEDS)
def test_chapters_are_the_rounds_and_tell_each_pin_once(seed: int) -> None:
    """Each build begins one; its diagnosis and the pins made of it are told there."""
    entries = journal(seed)
    chapters = told(entries).chapters
    pins = [pin.module for chapter in chapters for pin in chapter.pins]
    edits = [entry.action for entry in entries if isinstance(entry.action, Edit)]
    last = edits[-1].pins if edits else ()

    assert len(pins) == len({*pins})
    assert {pin.module for pin in last} == {*pins}
    for number, chapter in enumerate(chapters):
        assert number == chapter.round
        assert bool(number) == isinstance(chapter.steps[0].action, Build)


def test_a_run_that_was_killed_is_told_up_to_its_last_breath() -> None:
    """The step in which it died has no end; what came before is whole."""
    entries = journal(3)
    builds = [n for n, each in enumerate(entries) if isinstance(each.action, Build)]
    story = told(entries[: builds[0] + 1])
    last = story.steps[-1]

    assert (Phase.BUILD, 1, None, None) == (
        last.phase,
        last.round,
        last.seconds,
        last.outcome,
    )
    assert None not in [step.seconds for step in story.steps[:-1]]
    assert story.stopped is None


def test_a_run_that_never_came_to_anything_is_an_empty_story() -> None:
    """No engine, no journal entry: there is nothing to tell, and no error."""
    story = told([])

    assert (0, (), None) == (story.seconds, story.chapters, story.prepared)


def test_the_end_is_told() -> None:
    """The stop carries the typed end."""
    kinds = {
        story.stopped.ending.kind
        for story in (told(journal(seed)) for seed in range(40))
        if story.stopped is not None
    }

    assert EndKind.CLEAN in kinds
