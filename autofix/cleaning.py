"""What ``autofix clean`` removes: leftovers in the engine, old run folders."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autofix.engines.docker import DockerEngine
from autofix.engines.leftovers import Swept
from autofix.engines.local.leftovers import sweep_processes
from autofix.errors import EngineUnavailableError, ProjectLockedError
from autofix.fleet.places import remove_all
from autofix.intent import read_intent
from autofix.lock import project_lock
from autofix.runfolder import PastRun, past_runs, runs_folder
from autofix.scratch import sweep_scratch
from autofix.servercache import ServerCache
from autofix.workspace import Recovery, recover


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """
    What was removed (or would be); ``runs`` are run folders, ``fleets`` those of fleets.

    ``recovered`` are changes of projects that a kill had left half made, ``kept``
    the files of what was read of servers.
    ``engine`` says why the engine could not be cleaned, "" if it was.
    """

    swept: Swept
    runs: tuple[PastRun, ...]
    live: tuple[PastRun, ...]
    recovered: tuple[Recovery, ...] = ()
    kept: tuple[Path, ...] = ()
    fleets: tuple[Path, ...] = ()
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
    containers: bool = True,
) -> Cleaned:
    """
    Remove what dead runs left in the engine, in projects, in TMPDIR and running here.

    ``all_runs`` also removes run folders, those of fleets, what ``--keep`` left and what runs on other
    hosts left in this engine; ``caches`` removes the volumes with Go's caches and what
    was read of servers. Nothing of a living run of this host, and nothing without
    autofix's labels, is touched. Without ``containers`` no container engine is asked.
    """
    recovered = () if dry_run else tuple(_recovered(state))
    # Before its folders go: a living process would write to them.
    swept, why = sweep_processes(dry_run=dry_run), ""
    if not dry_run:
        sweep_scratch()
    past = tuple(past_runs(state)) if all_runs else ()
    dead = tuple(run for run in past if not run.live)
    if not dry_run:
        for run in dead:
            shutil.rmtree(run.path, ignore_errors=True)
        latest = runs_folder(state) / "latest"
        if latest.is_symlink() and not latest.exists():
            latest.unlink()
    fleets = remove_all(state, dry_run=dry_run) if all_runs else ()
    kept = ServerCache.of(environment).clear(dry_run=dry_run) if caches else ()
    try:
        if containers:
            swept += _swept(
                environment, all_runs=all_runs, caches=caches, dry_run=dry_run
            )
    except EngineUnavailableError as error:
        why = str(error)
    return Cleaned(
        swept=swept,
        runs=dead,
        live=tuple(run for run in past if run.live),
        recovered=recovered,
        kept=kept,
        fleets=fleets,
        engine=why,
        dry_run=dry_run,
    )


def _swept(
    environment: Mapping[str, str], *, all_runs: bool, caches: bool, dry_run: bool
) -> Swept:
    with DockerEngine.from_environment(
        run_id="clean", environment=environment
    ) as engine:
        return engine.sweep(
            all_runs=all_runs, kept=all_runs, caches=caches, dry_run=dry_run
        )


def _recovered(state: Path) -> Iterator[Recovery]:
    """Take back what killed runs left half made in projects nobody works on."""
    for path in sorted((state / "projects").glob("*/intent.json")):
        intent = read_intent(path)
        if intent is None:
            continue
        with suppress(ProjectLockedError), project_lock(state, intent.project):
            if found := recover(path):
                yield found
