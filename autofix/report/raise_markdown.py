"""Raised dependencies as Markdown: parts of the body of a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.report import words
from autofix.report.escape import escape
from autofix.report.markdown import code, plain, table
from autofix.result import DependencyResult, RaisedModule, UpgradeResult


def raise_subject(upgrade: UpgradeResult) -> str:
    """Return the first line of the commit."""
    told = upgrade.dependencies
    moved = _own(told) if told else []
    folder = upgrade.go_mod.rpartition("/")[0]  # of each module a commit is made
    where = f" in {escape(folder)}" if folder else ""
    if len(moved) == 1:
        (one,) = moved
        versions = f"from {escape(one.before)} to {escape(one.after)}"
        return f"build(deps): bump {escape(one.path or one.module)} {versions}{where}"
    return f"build(deps): bump {len(moved)} modules{where}"


def raise_opening(told: DependencyResult, *, clean: bool) -> str:
    """Return what was done, in a sentence or two."""
    if not clean:
        return "No dependency was raised: the server does not start with the plugin."
    moved = len(_own(told))
    stayed = len(told.modules) - len(told.raised)
    left = f" {stayed} could not be raised; they are below." if stayed else ""
    if not moved:
        return f"No dependency was raised.{left}"
    return (
        f"Raises {words.count(moved, 'module')} that the server does not dictate."
        f"{left} Made and proven by autofix."
    )


def raise_tables(told: DependencyResult) -> Iterator[str]:
    """Yield what moved, and what stayed and why."""
    if told.raised:
        yield "\n**Raised**\n"
        head = ("module", "from", "to", "age", "")
        yield from table(head, (_row(each, each.after) for each in told.raised))
    if told.go_line is not None:
        before, after = map(code, told.go_line)
        yield f"\nThe `go` line moves along, from {before} to {after}."
    if told.code:
        files = words.count(len(told.code), "file")
        yield (
            "\nNew majors compile and start; what else they do otherwise is for a review. "
            f"Imports were rewritten in {files}:\n"
        )
        yield from (f"- {code(each)}" for each in told.code)
    stayed = [each for each in told.modules if each.before == each.after]
    if stayed:
        yield "\n**Not raised**\n"
        head = ("module", "stays at", "tried", "age", "why")
        yield from table(head, (_row(each, each.tried) for each in stayed))
    if told.raised or any(each.tried for each in stayed):
        yield f"\nFound in {words.count(told.builds, 'build')}."


def _own(told: DependencyResult) -> list[RaisedModule]:
    """Return those that were raised for their own sake."""
    return [each for each in told.raised if not each.along]


def _row(each: RaisedModule, version: str) -> tuple[str, ...]:
    days = "" if each.days is None else words.count(each.days, "day")
    shown = code(version) if version else ""
    mends = "mends" if each.before != each.after else "would mend"
    ends = f"{mends} {', '.join(each.mends)}." if each.mends else ""
    broke = (
        f"{each.tried} was tried: " if each.before != each.after and each.tried else ""
    )
    why = " ".join(filter(None, (ends, f"{broke}{each.why}")))
    module = code(each.module)
    if each.path:
        module += f" → {code(each.path)}"
    return module, code(each.before), shown, days, plain(why)
