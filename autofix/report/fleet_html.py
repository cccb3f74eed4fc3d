"""
A fleet as one page: a matrix with a cell for each plugin and server, which opens its run.

Self-contained like the page of a run: no script, nothing fetched, every text escaped.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from urllib.parse import quote

from autofix.core.fleetsummary import NOT_REACHED, CellResult, FleetSummary
from autofix.report import fleet_words as words
from autofix.report.comparison_html import HEAD, text

STYLES = ("comparison.css", "fleet.css")


def fleet_html(summary: FleetSummary, *, base: str = "") -> str:
    """
    Return the whole page.

    Links are relative to the fleet's folder; ``base`` leads there from where the page
    will lie ("" or with a slash at its end).
    """
    data = files("autofix").joinpath("data")
    style = "".join(data.joinpath(name).read_text("utf-8") for name in STYLES)
    verdict = "bad" if summary.exit_code else "good"
    return "\n".join(
        (
            HEAD,
            f"<title>{text(words.headline(summary))}</title>",
            f"<style>\n{style}</style>\n</head>\n<body>\n<main>",
            f'<h1 class="{verdict}">{text(words.headline(summary))}</h1>',
            f'<ul class="sides"><li>{text(words.figures(summary))}</li></ul>',
            *_matrix(summary, base),
            *_list(summary, base),
            "</main>\n</body>\n</html>\n",
        )
    )


def _matrix(summary: FleetSummary, base: str) -> Iterator[str]:
    by_place = summary.by_place
    yield '<div class="wide"><table class="fleet">'
    heads = "".join(f"<th>{text(server)}</th>" for server in summary.servers)
    yield f"<tr><th></th>{heads}</tr>"
    for plugin in summary.plugins:
        cells = "".join(
            _cell(by_place.get((plugin, server)), base) for server in summary.servers
        )
        yield f"<tr><th>{text(plugin)}</th>{cells}</tr>"
    yield "</table></div>"


def _cell(result: CellResult | None, base: str) -> str:
    if result is None:
        return '<td class="none"></td>'
    kind = result.verdict.replace(" ", "-")
    note = text(words.notes(result))
    shown = f"<b>{text(words.label(result))}</b><span>{note}</span>"
    title = text(words.reason(result))
    cell = result.cell
    if cell is not None and cell.page:
        shown = f'<a href="{_link(base, cell.page)}" title="{title}">{shown}</a>'
    if cell is not None and cell.patch:
        shown += f'<a href="{_link(base, cell.patch)}"><span>patch</span></a>'
    return f'<td class="{kind}">{shown}</td>'


def _list(summary: FleetSummary, base: str) -> Iterator[str]:
    """Yield each cell that is not clean, with why; the matrix has no room for it."""
    told = [each for each in summary.cells if words.reason(each)]
    if told:
        yield '<h2>Not clean</h2><ul class="reasons">'
        for each in told:
            place = f"{text(each.plugin)} for {text(each.server)}"
            cell = each.cell
            if cell is not None and cell.page:
                place = f'<a href="{_link(base, cell.page)}">{place}</a>'
            kind = each.verdict.replace(" ", "-")
            yield f'<li class="{kind}"><b>{place}</b> {text(words.reason(each))}</li>'
        yield "</ul>"
    left = summary.counts.get(NOT_REACHED, 0)
    if left:
        yield f"<p>{left} not reached; the same command goes on with them.</p>"


def _link(base: str, path: str) -> str:
    return text(quote(f"{base}{path}", safe="/.:%"))
