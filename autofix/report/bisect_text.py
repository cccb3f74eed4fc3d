"""A bisection as text for a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from autofix.bisecting.bisection import Bisection, Candidate, Probe
from autofix.core.bisecting import Mark, Outcome
from autofix.core.duration import words_of
from autofix.report.check_words import DEPTHS, versions
from autofix.report.escape import escape
from autofix.report.style import Style
from autofix.report.terminal import Tone
from autofix.report.words import count

SHOWN = 5
"""Findings and suspects that are shown; all are in the JSON result."""

NO_COMPILER = (
    "Judged by plans: versions, go lines, replaces and build flags. What only a "
    "compiler or the plugin's own code tells is not in them; --build builds and starts "
    "each."
)


def bisect_text(bisection: Bisection, style: Style | None = None) -> str:
    """Return what was found, ending with a newline; everything is escaped."""
    style = style or Style()
    parts = (
        *_head(bisection, style),
        *_suspects(bisection, style),
        *_findings(bisection, style),
        *_change(bisection, style),
        *_basis(bisection, style),
    )
    return "\n".join(parts) + "\n"


def _head(bisection: Bisection, style: Style) -> Iterator[str]:
    tone = Tone.GOOD if bisection.outcome is Outcome.FOUND else Tone.BAD
    yield style.wrapped(escape(_words(bisection)), tone=tone)
    kind = "commit" if bisection.candidates[0].commit else "release"
    probes = count(len(bisection.probes), "probe")
    seconds = sum(each.seconds for each in bisection.probes)
    among = count(len(bisection.candidates), kind)
    yield f"{probes} among {among}, {words_of(seconds)}."


def _words(bisection: Bisection) -> str:
    first, last = bisection.candidates[0].words, bisection.candidates[-1].words
    suspects, before = bisection.suspects, bisection.before
    match bisection.outcome:
        case Outcome.FOUND:
            good = f" It loads with {before.words}." if before else ""
            return f"{suspects[0].words} is the first that breaks the load.{good}"
        case Outcome.RANGE:
            good = f" It loads with {before.words}." if before else ""
            return (
                f"One of {count(len(suspects), 'candidate')} up to "
                f"{suspects[-1].words} is the first that breaks the load; the others "
                f"of them cannot be tested.{good}"
            )
        case Outcome.NEVER:
            return f"Nothing broke: the plugin loads with {first} and with {last}."
        case Outcome.ALREADY:
            if bisection.candidates[0].commit is None:
                return (
                    f"It loads with neither {first} nor {last}. As it is, a plugin fits "
                    "few releases: begin with one that it loads with (--from TAG)."
                )
            return f"It does not load with {first} either: the break is before that."
        case Outcome.REVERSED:
            return (
                f"The ends contradict: it does not load with {first}, which was to be "
                f"good, and it loads with {last}. Exchange them to find what mended it."
            )
        case Outcome.UNTESTABLE:
            ends = " and ".join(each.words for each in suspects)
            return f"Nothing can be told: {ends} cannot be tested."
    assert_never(bisection.outcome)


def _suspects(bisection: Bisection, style: Style) -> Iterator[str]:
    match bisection.outcome:
        case Outcome.FOUND:
            yield from _commit(bisection.suspects[0], style)
        case Outcome.RANGE | Outcome.UNTESTABLE:
            yield style.title("Candidates")
            for each in bisection.suspects[-SHOWN:]:
                probe = bisection.probe_of(each)
                why = f": {probe.words}" if probe else ""
                line = escape(f"{each.words}{why}")
                yield style.wrapped(line, "  ", hang="  ")
            rest = len(bisection.suspects) - SHOWN
            if rest > 0:
                yield f"  and {rest} before them"
        case _:
            return


def _commit(found: Candidate, style: Style) -> Iterator[str]:
    if found.commit is None:
        return
    yield style.title("Commit")
    yield f"  {style.paint(escape(found.commit.id), Tone.NAME)}"
    yield f"  {escape(found.commit.author)}, {escape(found.commit.date)}"
    yield style.wrapped(escape(found.commit.subject), "  ", hang="  ")


def _findings(bisection: Bisection, style: Style) -> Iterator[str]:
    told = _told(bisection)
    if told is None:
        return
    yield style.title("What keeps it from loading")
    for each in told.findings[:SHOWN]:
        moved = versions(each)
        place = f"{each.place}  " if each.place else ""
        if moved:
            yield f"  {escape(place)}{escape(each.module)}  {escape(moved)}"
        else:
            yield style.wrapped(escape(f"{place}{each.text}"), "  ", hang="  ")
        if each.reason:
            yield style.wrapped(escape(each.reason), " " * 6, Tone.FAINT)
    rest = len(told.findings) - SHOWN
    if rest > 0:
        yield f"  and {rest} more (all are in the JSON result)"


def _told(bisection: Bisection) -> Probe | None:
    """Return the probe whose findings are worth telling."""
    if bisection.outcome in (Outcome.ALREADY, Outcome.REVERSED):
        return bisection.probe_of(bisection.candidates[0])
    if bisection.before is None:
        return None
    return bisection.probe_of(bisection.suspects[-1])


def _change(bisection: Bisection, style: Style) -> Iterator[str]:
    if not bisection.change:
        return
    yield style.title("go.mod in this commit")
    for line in bisection.change.splitlines():
        if not line.startswith(("diff ", "index ", "--- ")):
            yield f"  {escape(line)}".rstrip()


def _basis(bisection: Bisection, style: Style) -> Iterator[str]:
    yield style.title("Judged by")
    for probe in bisection.probes:
        candidate = next(c for c in bisection.candidates if c.name == probe.name)
        yield style.wrapped(
            escape(f"{probe.mark.value:5} {candidate.words}{_by(probe)}"),
            "  ",
            hang="        ",
        )
    if not bisection.built:
        yield style.wrapped(NO_COMPILER, "  ", Tone.FAINT)
    unknown = dict.fromkeys(
        text for probe in _deciding(bisection) for text in probe.unknown
    )
    if unknown:
        yield style.title("Not known")
        for text in unknown:
            yield style.wrapped(escape(f"- {text}"), "  ", hang="  ")


def _deciding(bisection: Bisection) -> Iterator[Probe]:
    """Yield the probes next to the break, or all where there is none."""
    if bisection.before is None:
        yield from bisection.probes
        return
    for each in (bisection.before, *bisection.suspects):
        probe = bisection.probe_of(each)
        if probe is not None:
            yield probe


def _by(probe: Probe) -> str:
    if probe.mark is Mark.SKIP or not (probe.server or probe.plugin):
        return f": {probe.words}"
    depths = {depth.value: words for depth, words in DEPTHS.items()}
    plugin = "; ".join(
        depths.get(each, each) for each in probe.plugin.split("; ") if each
    )
    return f": server {probe.server}; plugin {plugin}"
