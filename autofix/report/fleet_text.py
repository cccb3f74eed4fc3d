"""A fleet's summary as text: the matrix, and why a cell is not clean."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.core.fleetsummary import CellResult, FleetSummary
from autofix.report import fleet_words as words
from autofix.report.escape import escape
from autofix.report.terminal import Tone
from autofix.report.text import Style

WIDEST = 24


def fleet_text(summary: FleetSummary, style: Style | None = None) -> str:
    """Return the matrix, then each cell that is not clean with its reason."""
    style = style or Style()
    lines = [*_matrix(summary, style), "", *_reasons(summary, style)]
    tone = Tone.GOOD if not summary.exit_code else Tone.BAD
    lines.append(style.paint(words.headline(summary), tone))
    lines.append(words.figures(summary))
    branches = [each for each in summary.cells if each.cell and each.cell.branches]
    if branches:
        lines += ["", "Branches"]
        for each in branches:
            names = escape(", ".join(each.cell.branches if each.cell else ()))
            lines.append(f"  {escape(each.plugin)}: {names}")
    lines.append("")
    lines.append(f"Pages, patches and logs: {escape(summary.folder)}/index.html")
    return "\n".join(lines) + "\n"


def _matrix(summary: FleetSummary, style: Style) -> Iterator[str]:
    by_place = summary.by_place
    first = max((len(escape(name)) for name in summary.plugins), default=0)
    columns = [
        min(
            WIDEST,
            max(
                len(escape(server)),
                *(
                    len(escape(_label(by_place.get((plugin, server)))))
                    for plugin in summary.plugins
                ),
            ),
        )
        for server in summary.servers
    ]
    head = "  ".join(
        escape(server)[:width].ljust(width)
        for server, width in zip(summary.servers, columns, strict=True)
    )
    yield style.paint(f"{'':{first}}  {head}".rstrip(), Tone.STRONG)
    for plugin in summary.plugins:
        cells = []
        for server, width in zip(summary.servers, columns, strict=True):
            result = by_place.get((plugin, server))
            shown = escape(_label(result), longest=width).ljust(width)
            tone = words.TONES[result.verdict] if result else Tone.FAINT
            cells.append(style.paint(shown, tone))
        yield f"{escape(plugin):{first}}  {'  '.join(cells)}".rstrip()


def _label(result: CellResult | None) -> str:
    return words.label(result) if result else "-"


def _reasons(summary: FleetSummary, style: Style) -> Iterator[str]:
    for each in summary.cells:
        told = words.reason(each)
        if told:
            yield f"{escape(each.plugin)} for {escape(each.server)}: {words.label(each)}"
            yield style.wrapped(escape(told), "  ", hang="  ")
            yield ""
