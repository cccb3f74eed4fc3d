"""Ported code as Markdown: in the body of a pull request, and as a commit message."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.core.porting import Problem, Rewrite
from autofix.report.escape import escape
from autofix.report.markdown import code, plain, table
from autofix.result import PortResult

_HEAD = ("place", "API", "what", "why")
_MOST = 20


def port_message(*ports: PortResult) -> str:
    """Return the whole message of the commit that has the ported code of modules."""
    subject = f"refactor: port to nakama-common {escape(ports[0].after)}"
    told = "\n\n".join(map(port_markdown, ports))
    return f"{subject}\n\n{told}\n"


def port_markdown(port: PortResult) -> str:
    """Return what was rewritten, what wants a review, and what is left."""
    return "\n".join(_parts(port))


def _parts(port: PortResult) -> Iterator[str]:
    before, after = code(port.before), code(port.after)
    if port.refusal:
        yield f"The code could not be ported: {plain(port.refusal)}"
        return
    yield (
        f"nakama-common's Go API changed between {before} and {after}. Only the "
        "project's own code was rewritten, and only where it did not compile."
    )
    if port.rewrites:
        yield ""
        yield from table(_HEAD, map(_row, port.rewrites))
    reviews = [each for each in port.rewrites if each.review]
    if reviews:
        yield "\nTo review, for want of a value that surely keeps what it did:\n"
        yield from (f"- {_place(each)} {code(each.api)}" for each in reviews)
    yield from _left("Not ported", port.remaining)
    yield from _left("Left in tests", port.tests)
    if port.libraries:
        yield "\nLibraries that do not compile, which are not the project's to change:\n"
        yield from dict.fromkeys(map(_library, port.libraries))


def _row(rewrite: Rewrite) -> tuple[str, ...]:
    since = f"({rewrite.release})" if rewrite.release else ""
    why = " ".join(filter(None, (rewrite.why, since)))
    return (_place(rewrite), code(rewrite.api), plain(rewrite.what), plain(why))


def _place(each: Rewrite | Problem) -> str:
    return code(f"{each.file}:{each.line}")


def _left(title: str, problems: tuple[Problem, ...]) -> Iterator[str]:
    if problems:
        yield f"\n{title}:\n"
        yield from (f"- {_place(each)} {plain(each.text)}" for each in problems[:_MOST])


def _library(problem: Problem) -> str:
    at = code(f"{problem.module} {problem.version}".strip())
    if problem.newest:
        return f"- {at}: {code(problem.newest)} compiles."
    return f"- {at}: none of its newest versions compiles."
