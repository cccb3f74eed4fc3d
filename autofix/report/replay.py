"""What a replay showed: that nothing would be decided otherwise, or what first would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict

from autofix import __version__
from autofix.core.actions import Action, Edit, Stop
from autofix.core.story import PHASES
from autofix.replaying import Replay
from autofix.report import story_words
from autofix.report.escape import escape
from autofix.report.json import document
from autofix.report.terminal import Tone
from autofix.report.text import Style
from autofix.report.words import DOING, count


class ReplayedAction(TypedDict):
    """A decision: the action's name, and in words what it does."""

    action: str
    words: str


class ReplayDifference(TypedDict):
    """The first decision that is made otherwise; ``step`` counts from 1."""

    step: int
    recorded: ReplayedAction
    decided: ReplayedAction


class ReplayResult(TypedDict):
    """What a replay showed; ``difference`` is null if every decision is made again."""

    run: str
    recorded_by: str
    replayed_by: str
    same: bool
    decisions: int
    seconds: float
    difference: ReplayDifference | None


def replay_text(replay: Replay, style: Style | None = None) -> str:
    """Return what came of a replay, ending with a newline; everything is escaped."""
    return "\n".join(_lines(replay, style or Style())) + "\n"


def replay_json(replay: Replay) -> str:
    """Return it for machines; ``difference`` is null if there is none."""
    found = replay.difference
    difference: ReplayDifference | None = None
    if found is not None:
        difference = {
            "step": found.step,
            "recorded": _told(found.recorded),
            "decided": _told(found.decided),
        }
    return document(
        ReplayResult(
            run=replay.run.about.path.name,
            recorded_by=replay.run.about.autofix,
            replayed_by=__version__,
            same=found is None,
            decisions=replay.decisions,
            seconds=replay.seconds,
            difference=difference,
        )
    )


def action_words(action: Action) -> str:
    """Return in words what an action does; not escaped."""
    match action:
        case Stop(ending=ending):
            return f"stop ({ending.kind.value}): {ending.words}"
        case Edit(why=why):
            return f"pin: {why}"
        case _:
            return DOING[PHASES[type(action)]]


def _told(action: Action) -> ReplayedAction:
    return {"action": type(action).__name__, "words": action_words(action)}


def _lines(replay: Replay, style: Style) -> Iterator[str]:
    run, difference = replay.run, replay.difference
    whole = count(replay.decisions, "decision")
    took = f"{replay.seconds * 1000:.0f} ms"
    yield f"run {escape(run.about.path.name)}: {escape(story_words.headline(run))}"
    by = f"recorded by autofix {escape(run.about.autofix)}, replayed by {__version__}"
    if difference is None:
        same = f"Same: all of {whole} are made again ({by}, {took})."
        yield style.wrapped(same, tone=Tone.GOOD)
        return
    yield style.wrapped(
        f"Different from decision {difference.step} of {replay.decisions} on ({by}).",
        tone=Tone.BAD,
    )
    if replay.before is not None:
        note = story_words.note(replay.before)
        seen = f"{replay.before.phase.value}{f': {note}' if note else ''}"
        yield style.wrapped(f"after     {seen}", "  ", hang=" " * 10)
    recorded = escape(action_words(difference.recorded))
    decided = escape(action_words(difference.decided))
    yield style.wrapped(f"recorded  {recorded}", "  ", hang=" " * 10)
    yield style.wrapped(f"now       {decided}", "  ", hang=" " * 10)
