"""What comes back from a worker, put into the fleet's folder: a cell of the matrix."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autofix.core.fleetledger import Cell, Verdict
from autofix.durable import disk_errors
from autofix.engines.archive import UnpackLimits, inflated, unpack
from autofix.errors import AutofixError
from autofix.fleet.parcel import Delivery
from autofix.fleet.repository import brought_home
from autofix.report.cell_html import cell_html
from autofix.report.story_html import story_html
from autofix.runfolder import JOURNAL
from autofix.runs import read_run

CELLS = "cells"
RUNS = "runs"
RESULT = "result.json"
LOG = "log.txt"
PATCH = "change.patch"
BUNDLE = "branches.bundle"
PAGE = "run.html"
LIMITS = UnpackLimits(size=1 << 30, members=20_000)
_VERDICTS = {
    0: Verdict.CLEAN,
    1: Verdict.NOT_CLEAN,
    2: Verdict.REFUSED,
    3: Verdict.ENVIRONMENT,
    70: Verdict.BUG,
}


def brought(
    delivery: Delivery,
    fleet: Path,
    job: str,
    *,
    home: Path | None,
    missing: Sequence[str] = (),
) -> Cell:
    """
    Unpack a delivery below the fleet's folder and return its cell.

    Branches are brought into the repository ``home``, if the sources came out of one;
    ``missing`` says what of them could not be had. What came of an earlier try is
    replaced. DiskFullError and its kin.
    """
    folder = fleet / CELLS / job
    result = _result(delivery.result)
    with disk_errors(f"The result of a job cannot be kept in {folder}"):
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        (folder / RESULT).write_text(delivery.result, "utf-8")
        lacks = "".join(f"autofix fleet: submodule {each}\n" for each in missing)
        (folder / LOG).write_text(lacks + delivery.log, "utf-8")
        if delivery.runs:
            unpack(inflated(delivery.runs), folder / RUNS, limits=LIMITS)
        patch = "".join(str(each.get("diff", "")) for each in _parts(result))
        if patch:
            (folder / PATCH).write_text(patch, "utf-8")
        if delivery.bundle:
            (folder / BUNDLE).write_bytes(delivery.bundle)
        if not _tell_runs(folder):
            _tell_job(folder, delivery, result)
    names, trouble = _branches(delivery, folder, home, job)
    headline = _headline(delivery, result)
    if missing and _verdict(delivery) is not Verdict.CLEAN:
        trouble = f"{trouble} Without the submodule {'; '.join(missing)}".strip()
    return Cell(
        verdict=_verdict(delivery),
        exit_code=delivery.exit_code,
        end=_end(result),
        headline=f"{headline} {trouble}".strip(),
        seconds=delivery.seconds,
        worker=delivery.worker,
        pins=sum(len(each.get("pins", ())) for each in _parts(result)),
        branches=names,
        page=(folder / PAGE).relative_to(fleet).as_posix(),
        patch=(folder / PATCH).relative_to(fleet).as_posix() if patch else "",
    )


def _verdict(delivery: Delivery) -> Verdict:
    if delivery.overdue:
        return Verdict.TOO_LONG
    return _VERDICTS.get(delivery.exit_code, Verdict.BUG)


def _branches(
    delivery: Delivery, folder: Path, home: Path | None, job: str
) -> tuple[tuple[str, ...], str]:
    if not delivery.branches or home is None:
        return delivery.branches, ""
    try:
        names = brought_home(home, folder / BUNDLE, delivery.branches, suffix=job[:8])
    except AutofixError as error:
        return delivery.branches, str(error)
    return names, ""


def _tell_runs(folder: Path) -> int:
    """Write the page of each run, the first as the cell's own; return how many."""
    told = 0
    for journal in sorted((folder / RUNS).glob(f"*/{JOURNAL}")):
        try:
            page = story_html(read_run(journal.parent))
        except AutofixError:
            continue  # the log beside it says what came of it
        told += 1
        name = PAGE if told == 1 else f"run-{told}.html"
        (folder / name).write_text(page, "utf-8")
    return told


def _tell_job(folder: Path, delivery: Delivery, result: Mapping[str, Any]) -> None:
    """Write the cell's page where there is no run: a check, a refusal."""
    clean = _verdict(delivery) is Verdict.CLEAN
    title = _headline(delivery, result) or ("Clean." if clean else "Not clean.")
    page = cell_html(title, _parts(result), delivery.log, clean=clean)
    (folder / PAGE).write_text(page, "utf-8")


def _result(text: str) -> Mapping[str, Any]:
    try:
        result = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return result if isinstance(result, dict) else {}


def _parts(result: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the results of each module, where one command had several."""
    several = result.get("runs") or result.get("checks")
    found = several if isinstance(several, list) else [result]
    return [each for each in found if isinstance(each, dict)]


def _end(result: Mapping[str, Any]) -> str:
    """Return the typed end, or the error's code; of several the first not clean."""
    ends = []
    for part in _parts(result):
        ending = part.get("ending")
        kind = ending.get("kind", "") if isinstance(ending, dict) else ""
        ends.append(str(kind or part.get("error_code", "")))
    return next(
        (end for end in ends if end not in ("", "clean")), ends[0] if ends else ""
    )


def _headline(delivery: Delivery, result: Mapping[str, Any]) -> str:
    """Return one sentence on what came of the job."""
    told = []
    for part in _parts(result):
        ending = part.get("ending")
        words = ending.get("words", "") if isinstance(ending, dict) else ""
        errors = [
            each
            for each in part.get("findings", ())
            if isinstance(each, dict) and each.get("level") == "error"
        ]
        first = str(errors[0].get("text", "")) if errors else ""
        more = f" And {len(errors) - 1} more." if len(errors) > 1 else ""
        told.append(str(words or part.get("error", "") or f"{first}{more}"))
    said = " ".join(filter(None, (each.partition("\n")[0] for each in told)))
    if delivery.overdue:
        return "Its time was over."
    if said or not delivery.exit_code:
        return said
    lines = [text for text in delivery.log.splitlines() if text.strip()]
    first = next((each for each in lines if each.startswith("autofix:")), "")
    return first.removeprefix("autofix:").strip() or (lines[-1] if lines else "")
