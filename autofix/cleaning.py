"""What ``autofix clean`` removes: leftovers in the engine, old run folders."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autofix.engines.docker import DockerEngine, Swept
from autofix.errors import EngineUnavailableError
from autofix.runfolder import PastRun, past_runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """
    What was removed (or would be); ``runs`` are run folders.

    ``engine`` says why the engine could not be cleaned, "" if it was.
    """

    swept: Swept
    runs: tuple[PastRun, ...]
    live: tuple[PastRun, ...]
    engine: str = ""
    dry_run: bool = False

    @property
    def complete(self) -> bool:
        """Tell whether everything that was asked for is gone."""
        return not (self.engine or self.swept.failed)


def clean(
    state: Path,
    environment: Mapping[str, str],
    *,
    all_runs: bool = False,
    caches: bool = False,
    dry_run: bool = False,
) -> Cleaned:
    """
    Remove what dead runs left in the engine, and with ``all_runs`` their folders.

    ``all_runs`` also removes what ``--keep`` left and what runs on other hosts left
    in this engine; ``caches`` removes the volumes with Go's caches. Nothing of a
    living run of this host, and nothing without autofix's labels, is touched.
    """
    past = tuple(past_runs(state)) if all_runs else ()
    dead = tuple(run for run in past if not run.live)
    if not dry_run:
        for run in dead:
            shutil.rmtree(run.path, ignore_errors=True)
        if all_runs:
            (state / "runs" / "latest").unlink(missing_ok=True)
    swept, why = Swept(), ""
    try:
        with DockerEngine.from_environment(
            run_id="clean", environment=environment
        ) as engine:
            swept = engine.sweep(
                all_runs=all_runs, kept=all_runs, caches=caches, dry_run=dry_run
            )
    except EngineUnavailableError as error:
        why = str(error)
    return Cleaned(
        swept=swept,
        runs=dead,
        live=tuple(run for run in past if run.live),
        engine=why,
        dry_run=dry_run,
    )
