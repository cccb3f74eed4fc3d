"""A fleet's summary as Markdown, for a merge request, a mail or a job's summary."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.core.fleetsummary import CellResult, FleetSummary
from autofix.report import fleet_words as words
from autofix.report.markdown import code, plain, table


def fleet_markdown(summary: FleetSummary) -> str:
    """Return the matrix as a table, and a list of what is not clean."""
    lines = [
        f"## {plain(words.headline(summary))}",
        "",
        plain(words.figures(summary)),
        "",
        *_matrix(summary),
        *_list("Not clean", _reasons(summary)),
        *_list("Branches", _branches(summary)),
    ]
    return "\n".join(lines) + "\n"


def _matrix(summary: FleetSummary) -> Iterator[str]:
    by_place = summary.by_place
    rows = (
        (
            code(plugin),
            *(_shown(by_place.get((plugin, server))) for server in summary.servers),
        )
        for plugin in summary.plugins
    )
    yield from table(("plugin", *map(plain, summary.servers)), rows)


def _shown(result: CellResult | None) -> str:
    if result is None:
        return ""
    label = plain(words.label(result))
    return label if result.clean else f"**{label}**"


def _list(title: str, items: Iterator[str]) -> Iterator[str]:
    lines = [f"- {item}" for item in items]
    if lines:
        yield from ("", f"### {title}", "", *lines)


def _reasons(summary: FleetSummary) -> Iterator[str]:
    for each in summary.cells:
        if not each.clean:
            told = plain(words.reason(each) or words.label(each))
            yield f"{code(each.plugin)} for {code(each.server)}: {told}"


def _branches(summary: FleetSummary) -> Iterator[str]:
    for each in summary.cells:
        for branch in each.cell.branches if each.cell else ():
            yield f"{code(each.plugin)}: {code(branch)}"
