"""
A cell of a fleet as a page, where there is no run to tell: a check, or a refused job.

Self-contained like the page of a run; everything in it comes from a worker and is
escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

from autofix.report.comparison_html import HEAD, text

STYLES = ("comparison.css", "story.css", "fleet.css")
MOST_LOG = 200


def cell_html(
    title: str, results: Sequence[Mapping[str, Any]], log: str, *, clean: bool
) -> str:
    """Return the page of a job's JSON results and of what the command said beside."""
    data = files("autofix").joinpath("data")
    style = "".join(data.joinpath(name).read_text("utf-8") for name in STYLES)
    verdict = "good" if clean else "bad"
    return "\n".join(
        (
            HEAD,
            f"<title>{text(title)}</title>",
            f"<style>\n{style}</style>\n</head>\n<body>\n<main>",
            f'<h1 class="{verdict}">{text(title)}</h1>',
            *(line for each in results for line in _findings(each)),
            *_log(log),
            "</main>\n</body>\n</html>\n",
        )
    )


def _findings(result: Mapping[str, Any]) -> Iterator[str]:
    findings = result.get("findings")
    listed = findings if isinstance(findings, list) else []
    known = [each for each in listed if isinstance(each, dict)]
    if error := result.get("error"):
        yield f"<pre>{_lines(str(error))}</pre>"
    if known:
        yield '<ul class="reasons">'
        yield from map(_finding, known)
        yield "</ul>"


def _finding(finding: Mapping[str, Any]) -> str:
    kind = "not-clean" if finding.get("level") == "error" else "not-reached"
    place = ":".join(str(finding[key]) for key in ("file", "line") if finding.get(key))
    words = ("text", "reason", "remedy", "answer")
    told = " ".join(str(finding[key]) for key in words if finding.get(key))
    return f'<li class="{kind}"><b>{text(place)}</b> {text(told)}</li>'


def _log(log: str) -> Iterator[str]:
    if log.strip():
        yield f"<h2>What it said</h2><pre>{_lines(log)}</pre>"


def _lines(said: str) -> str:
    return "\n".join(map(text, said.splitlines()[-MOST_LOG:]))
