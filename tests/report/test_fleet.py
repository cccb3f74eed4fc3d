"""A fleet's summary in every format: whole, and safe whatever a worker says."""

from __future__ import annotations

import io
import time
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from autofix.core.fleet import FleetAction, Job
from autofix.core.fleetledger import Cell, Verdict
from autofix.core.fleetsummary import NOT_REACHED, CellResult, FleetSummary
from autofix.fleet.crew import Loss
from autofix.fleet.reporter import FleetReporter
from autofix.report.cell_html import cell_html
from autofix.report.fleet_console import FleetConsole
from autofix.report.fleet_events import FleetEvents
from autofix.report.fleet_html import fleet_html
from autofix.report.fleet_json import fleet_json
from autofix.report.fleet_junit import fleet_junit
from autofix.report.fleet_markdown import fleet_markdown
from autofix.report.fleet_progress import FleetLines
from autofix.report.fleet_text import fleet_text
from autofix.report.schemas import schema
from autofix.report.terminal import Terminal
from tests.contract import checked

HOSTILE = "<script>alert(1)</script> \x1b[31m | [x](javascript:y) ]]>"
CLEAN = Cell(verdict=Verdict.CLEAN, exit_code=0, pins=3, seconds=61.0, page="cells/a/run.html",
             patch="cells/a/change.patch", branches=("autofix/nakama-3.40.0",))  # fmt: skip
BROKEN = Cell(
    verdict=Verdict.NOT_CLEAN,
    exit_code=1,
    end="unfixable",
    headline=HOSTILE,
    page="cells/b c/run.html",
    tries=2,
)


def summary(*cells: Cell | None, interrupted: int = 0) -> FleetSummary:
    """Return a fleet of one server and a plugin for each cell."""
    names = tuple(f"p{number}" for number in range(len(cells)))
    return FleetSummary(
        folder="/state/fleets/x",
        action=FleetAction.RUN,
        plugins=names,
        servers=("3.40.0",),
        cells=tuple(
            CellResult(plugin=name, server="3.40.0", job=f"j{name}", cell=cell)
            for name, cell in zip(names, cells, strict=True)
        ),
        seconds=90.0,
        interrupted=interrupted,
    )


MIXED = summary(CLEAN, BROKEN, None)


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ((CLEAN, CLEAN), 0),
        ((CLEAN, BROKEN), 1),
        ((CLEAN, None), 1),
        ((CLEAN, Cell(verdict=Verdict.ENVIRONMENT)), 3),
        ((CLEAN, Cell(verdict=Verdict.SET_ASIDE)), 3),
        ((BROKEN, Cell(verdict=Verdict.ENVIRONMENT)), 1),
        ((Cell(verdict=Verdict.TOO_LONG),), 1),
        ((), 0),
    ],
)
def test_the_exit_code_says_whom_to_look_at(
    cells: tuple[Cell | None, ...], code: int
) -> None:
    """0: nobody; 3: only machines; 1: plugins, or what there was no time for."""
    assert code == summary(*cells).exit_code
    assert 143 == summary(*cells, interrupted=143).exit_code


def test_text_has_the_matrix_and_the_reasons() -> None:
    """Nothing of it steers a terminal."""
    text = fleet_text(MIXED)

    assert "p0  clean, 3 pins\np1  unfixable\np2  not reached\n" in text
    assert "1 of 3 clean; 1 not clean, 1 not reached." in text
    assert "autofix/nakama-3.40.0" in text
    assert "\x1b" not in text
    assert "All 2 clean." in fleet_text(summary(CLEAN, CLEAN))
    assert "Interrupted with 1 of 3 jobs left to do." in fleet_text(
        summary(CLEAN, BROKEN, None, interrupted=130)
    )


def test_json_fits_its_schema() -> None:
    """Also where a cell was not reached."""
    content = checked(fleet_json(MIXED), "fleet")

    assert ["clean", "not clean", NOT_REACHED] == [
        c["verdict"] for c in content["cells"]
    ]
    assert HOSTILE == content["cells"][1]["headline"]


def test_markdown_is_no_markup_of_a_workers() -> None:
    """A table, the reasons, the branches."""
    text = fleet_markdown(MIXED)

    assert "| `p1` | **unfixable** |" in text
    assert "<script>" not in text
    assert "[x](" not in text
    assert "- `p0`: `autofix/nakama-3.40.0`" in text


def test_junit_tells_failures_from_what_was_not_reached() -> None:
    """An environment's trouble is an error, not a failure."""
    broken = Cell(verdict=Verdict.ENVIRONMENT, headline="No engine.")
    (suite,) = fromstring(  # noqa: S314 (it is our own)
        fleet_junit(summary(CLEAN, BROKEN, None, broken))
    )

    assert ("4", "1", "1", "1") == tuple(
        suite.get(name) for name in ("tests", "failures", "errors", "skipped")
    )


def test_each_cell_of_the_page_opens_its_run() -> None:
    """By a link relative to the page, or to where it was asked for."""
    page = fleet_html(MIXED)

    assert '<a href="cells/a/run.html"' in page
    assert '<a href="cells/b%20c/run.html"' in page
    assert '<a href="cells/a/change.patch"' in page
    assert "1 not reached; the same command goes on with them." in page
    assert 'href="file:///x/cells/a/run.html"' in fleet_html(MIXED, base="file:///x/")


@pytest.mark.parametrize(
    "page",
    [
        fleet_html(MIXED),
        cell_html(
            HOSTILE,
            [{"error": HOSTILE, "findings": [{"text": HOSTILE, "file": HOSTILE}, 3]}],
            HOSTILE,
            clean=False,
        ),
    ],
)
def test_a_page_runs_nothing_and_fetches_nothing(page: str) -> None:
    """Every text is escaped, and the policy forbids the rest."""
    assert "<script" not in page
    assert "\x1b" not in page
    assert "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "")


JOB = Job(id="j", plugin="p\x1b", server="3.40.0", action=FleetAction.RUN, sources="")


def tell(reporter: FleetReporter) -> None:
    """Let a reporter hear everything."""
    job = JOB
    reporter.opened(jobs=3, done=1, crew="2 workers", folder=Path("/f"))
    reporter.begun(job=job)
    reporter.cell(job=job, cell=BROKEN, done=2)
    reporter.lost(job=job, loss=Loss(why="killed\n"))
    reporter.alive(running=1, waiting=1)
    reporter.note(text="waiting")


def test_every_event_fits_its_schema() -> None:
    """And every event that the schema knows was written."""
    stream = io.StringIO()
    tell(FleetEvents(stream, now=lambda: "2026-11-22T23:00:00Z"))
    events = [checked(line, "fleet-events") for line in stream.getvalue().splitlines()]
    named = {
        name
        for each in schema("fleet-events")["$defs"].values()
        for name in each.get("properties", {}).get("event", {}).get("enum", ())
    }

    assert named == {each["event"] for each in events}


def test_progress_is_a_line_an_event() -> None:
    """With its time; a line of a worker's cannot make two."""
    stream = io.StringIO()
    times = iter(range(20))
    tell(FleetLines(stream, clock=lambda: float(next(times))))
    lines = stream.getvalue().splitlines()

    assert 6 == len(lines)
    assert "[    1.0s] 3 jobs, 1 done before; 2 workers" == lines[0]
    assert lines[2].startswith("[    3.0s] 2/3 p\\x1b for 3.40.0: unfixable, 2 tries, ")
    assert "\x1b" not in stream.getvalue()


def test_the_live_view_shows_what_runs_and_leaves_what_came_of_it() -> None:
    """A terminal is not still for as long as a job takes."""
    stream = io.StringIO()
    with FleetConsole(stream, Terminal(live=True, colors=False, width=80)) as console:
        tell(console)
        console.begun(job=JOB)
        console.note(text="[nakama]")
        time.sleep(0.3)  # the view is drawn eight times a second
    text = stream.getvalue()

    assert "1 job running" in text
    assert "p\\x1b for 3.40.0, 0." in text
    assert "2/3 p\\x1b for 3.40.0: unfixable, 2 tries, " in text
    assert "[nakama]" in text
