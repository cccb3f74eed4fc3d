"""One call of ``autofix fleet``: planned, worked through, told; it resumes by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path

from autofix.core.fleet import Fleet
from autofix.core.fleetledger import past_of
from autofix.core.fleetqueue import Queue
from autofix.core.fleetsummary import FleetSummary, results_of
from autofix.durable import disk_errors, write_durably
from autofix.errors import InterruptedRunError
from autofix.fleet.crew import Crew
from autofix.fleet.ledger import Ledger
from autofix.fleet.night import Night
from autofix.fleet.places import (
    earlier_books,
    folder_for,
    key_of,
    prune,
    remove_stale_packing,
)
from autofix.fleet.planning import Planned, plan_fleet
from autofix.fleet.reporter import FleetReporter
from autofix.report.fleet_html import fleet_html
from autofix.report.fleet_json import fleet_json
from autofix.scratch import sweep_scratch

SOURCES = "sources"
PAGE = "index.html"
RESULT = "fleet.json"

OpenCrew = Callable[[], AbstractContextManager[Crew]]


def run_fleet(
    fleet: Fleet,
    *,
    base: Path,
    identity: Iterable[str],
    state: Path,
    open_crew: OpenCrew,
    reporter: FleetReporter,
    timed: bool = True,
    afresh: bool = False,
) -> FleetSummary:
    """
    Do what a fleet asks for, as far as it is not done yet; return the summary.

    ``identity`` names the fleet: a night of the same identity that was cut off is
    taken up again, unless ``afresh``. An InterruptedRunError comes back as a summary
    that says so; any other AutofixError comes out, after the summary was written.
    """
    began = time.monotonic()
    key = key_of(identity)
    folder = folder_for(state, key, afresh=afresh)
    with Ledger(folder) as ledger:
        remove_stale_packing(folder / SOURCES)
        sweep_scratch()
        planned = plan_fleet(fleet, base=base, into=folder / SOURCES)
        resumed = len(ledger.book.ended.keys() & {job.id for job in planned.jobs})
        jobs = tuple(job for job in planned.jobs if job.id in planned.sources)
        left = [job for job in jobs if job.id not in ledger.book.ended]
        past = past_of(earlier_books(state, key, folder))
        interrupted = 0
        try:
            with open_crew() as crew:
                Night(
                    fleet=fleet,
                    folder=folder,
                    jobs=jobs,
                    sources=planned.sources,
                    ledger=ledger,
                    queue=Queue(left, past),
                    crew=crew,
                    reporter=reporter,
                    timed=timed,
                ).work()
        except InterruptedRunError as error:
            interrupted = error.exit_status
        finally:
            summary = FleetSummary(
                folder=str(folder),
                action=fleet.action,
                plugins=tuple(each.name for each in fleet.plugins),
                servers=tuple(each.name for each in fleet.servers),
                cells=results_of(planned.jobs, ledger.book.ended, planned.refused),
                seconds=time.monotonic() - began,
                resumed=resumed,
                interrupted=interrupted,
            )
            _keep(summary, folder)
        _remove_old_sources(planned, folder / SOURCES)
    prune(state)
    return summary


def _keep(summary: FleetSummary, folder: Path) -> None:
    with disk_errors(f"The summary cannot be written to {folder}"):
        write_durably(folder / RESULT, fleet_json(summary).encode())
        write_durably(folder / PAGE, fleet_html(summary).encode())


def _remove_old_sources(planned: Planned, folder: Path) -> None:
    """Remove archives of sources as they were before the fleet was resumed."""
    wanted = {each.archive for each in planned.sources.values()}
    for path in folder.glob("*.tar.gz"):
        if path not in wanted:
            path.unlink(missing_ok=True)
