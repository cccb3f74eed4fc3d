"""A fleet's summary for machines: stable keys, verbatim text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from autofix.core.fleet import FleetAction
from autofix.core.fleetsummary import CellResult, FleetSummary
from autofix.report.json import document


class FleetCell(TypedDict):
    """
    One plugin and one server; ``verdict`` is "not reached" where there was no time.

    ``exit_code`` is the command's, ``end`` its typed end or error's code, ``tries`` how
    often it was begun. ``branches`` are in the plugin's repository, or in the bundle
    beside ``page``; ``page`` and ``patch`` are relative to the fleet's folder.
    """

    plugin: str
    server: str
    job: str
    verdict: str
    exit_code: int | None
    end: str
    headline: str
    seconds: float
    worker: str
    pins: int
    tries: int
    branches: tuple[str, ...]
    page: str
    patch: str


class FleetResult(TypedDict):
    """
    The matrix; ``counts`` has how many cells there are of each verdict.

    ``resumed`` cells were done by an earlier session of the same fleet.
    """

    exit_code: int
    action: FleetAction
    folder: str
    plugins: tuple[str, ...]
    servers: tuple[str, ...]
    counts: Mapping[str, int]
    clean: int
    resumed: int
    interrupted: bool
    seconds: float
    cells: tuple[FleetCell, ...]


def fleet_json(summary: FleetSummary) -> str:
    """
    Return the matrix as JSON with a ``schema_version``; one object a cell.

    The keys of a cell that was not reached are there too, null or empty.
    """
    return document(
        FleetResult(
            exit_code=summary.exit_code,
            action=summary.action,
            folder=summary.folder,
            plugins=summary.plugins,
            servers=summary.servers,
            counts=summary.counts,
            clean=summary.clean,
            resumed=summary.resumed,
            interrupted=bool(summary.interrupted),
            seconds=round(summary.seconds, 3),
            cells=tuple(map(_cell, summary.cells)),
        )
    )


def _cell(result: CellResult) -> FleetCell:
    cell = result.cell
    return FleetCell(
        plugin=result.plugin,
        server=result.server,
        job=result.job,
        verdict=result.verdict,
        exit_code=cell.exit_code if cell else None,
        end=cell.end if cell else "",
        headline=cell.headline if cell else "",
        seconds=round(cell.seconds, 3) if cell else 0.0,
        worker=cell.worker if cell else "",
        pins=cell.pins if cell else 0,
        tries=cell.tries if cell else 0,
        branches=cell.branches if cell else (),
        page=cell.page if cell else "",
        patch=cell.patch if cell else "",
    )
