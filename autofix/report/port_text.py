"""Ported code for a person: each place, what was done and why, and what is left."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.core.porting import Problem, Rewrite
from autofix.report.escape import escape
from autofix.report.style import Style
from autofix.report.terminal import Tone
from autofix.result import PortResult

_MOST = 10


def port_lines(port: PortResult, style: Style) -> Iterator[str]:
    """Yield what was rewritten, what wants a review, and what could not be."""
    if port.refusal:
        yield style.title("The code could not be ported")
        yield style.wrapped(escape(port.refusal), "  ")
        return
    if port.rewrites:
        kept = "" if port.complete else ", tried"
        yield style.title(
            f"Code ported from nakama-common {escape(port.before)} to "
            f"{escape(port.after)}{kept}"
        )
    for each in port.rewrites:
        yield style.wrapped(_rewrite(each), "  ", hang="      ")
    if any(each.review for each in port.rewrites):
        words = "Review the places marked so; each has a comment '// autofix: review'."
        yield style.wrapped(words, "  ", Tone.NAME)
    yield from _left("Code that could not be ported", port.remaining, style)
    yield from _left("Tests that could not be ported", port.tests, style)
    if port.libraries:
        yield style.title("Libraries that do not compile, not the project's to change")
        for line in dict.fromkeys(map(_library, port.libraries)):
            yield style.wrapped(line, "  ", hang="      ")


def _rewrite(each: Rewrite) -> str:
    since = f" since {each.release}" if each.release else ""
    why = f". {each.why}" if each.why else ""
    review = " [review]" if each.review else ""
    what = f"{each.api}{since}: {each.what}{why}{review}"
    return escape(f"{each.file}:{each.line}  {what}")


def _left(title: str, problems: tuple[Problem, ...], style: Style) -> Iterator[str]:
    if problems:
        yield style.title(title)
    for each in problems[:_MOST]:
        text = "; ".join(line.strip() for line in each.text.splitlines())
        words = escape(f"{each.file}:{each.line}  {text}")
        yield style.wrapped(words, "  ", hang="      ")
    if len(problems) > _MOST:
        yield f"  and {len(problems) - _MOST} more"


def _library(problem: Problem) -> str:
    at = f"{problem.module} {problem.version}".strip()
    newest = f"{problem.newest} compiles" if problem.newest else "no newer one compiles"
    return escape(f"{at}: {newest}")
