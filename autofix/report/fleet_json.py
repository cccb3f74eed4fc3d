"""A fleet's summary for machines: stable keys, verbatim text."""

from __future__ import annotations

from autofix.core.fleetsummary import CellResult, FleetSummary
from autofix.report.json import document


def fleet_json(summary: FleetSummary) -> str:
    """
    Return the matrix as JSON with a ``schema_version``; one object a cell.

    The keys of a cell that was not reached are there too, null or empty.
    """
    return document(
        {
            "exit_code": summary.exit_code,
            "action": summary.action,
            "folder": summary.folder,
            "plugins": summary.plugins,
            "servers": summary.servers,
            "counts": summary.counts,
            "clean": summary.clean,
            "resumed": summary.resumed,
            "interrupted": bool(summary.interrupted),
            "seconds": round(summary.seconds, 3),
            "cells": [_cell(each) for each in summary.cells],
        }
    )


def _cell(result: CellResult) -> dict[str, object]:
    cell = result.cell
    return {
        "plugin": result.plugin,
        "server": result.server,
        "job": result.job,
        "verdict": result.verdict,
        "exit_code": cell.exit_code if cell else None,
        "end": cell.end if cell else "",
        "headline": cell.headline if cell else "",
        "seconds": round(cell.seconds, 3) if cell else 0.0,
        "worker": cell.worker if cell else "",
        "pins": cell.pins if cell else 0,
        "tries": cell.tries if cell else 0,
        "branches": cell.branches if cell else (),
        "page": cell.page if cell else "",
        "patch": cell.patch if cell else "",
    }
