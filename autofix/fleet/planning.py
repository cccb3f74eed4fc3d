"""From fleet.toml, or from folders, to jobs whose sources are packed."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import Any

from autofix.core.fleet import Fleet, FleetPlugin, Job, commits, job_of, servers_of
from autofix.core.fleetfile import FleetFileError, fleet_of
from autofix.core.fleetledger import Cell, Verdict
from autofix.durable import disk_errors
from autofix.errors import AutofixError, ConfigError, EnvironmentUnusableError
from autofix.fleet.sources import Sources, packed
from autofix.scratch import scratch_folder

FILE = "fleet.toml"
PACKERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """
    The jobs in order of the matrix, and the sources of each by its id.

    ``refused`` are the cells of those whose sources cannot be had, by id as well.
    """

    jobs: tuple[Job, ...]
    sources: Mapping[str, Sources]
    refused: Mapping[str, Cell]


def read_fleet(path: Path) -> Fleet:
    """Read a fleet's file; ConfigError names what is wrong with it."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}.") from error
    try:
        return fleet_of(_expanded(table, path.parent))
    except FleetFileError as error:
        raise ConfigError(f"{path}: {error}") from error


def plan_fleet(fleet: Fleet, *, base: Path, into: Path) -> Planned:
    """
    Pack each plugin's sources into the folder ``into`` and name the jobs.

    A plugin whose sources cannot be had does not stop the others. Relative paths are
    relative to ``base``.
    """
    with disk_errors("No temporary folder can be made"), scratch_folder() as scratch:

        def one(plugin: FleetPlugin) -> Sources | AutofixError:
            try:
                return packed(
                    plugin,
                    base=base,
                    committed=commits(fleet, plugin),
                    into=into,
                    scratch=scratch,
                )
            except AutofixError as error:
                return error

        with ThreadPoolExecutor(PACKERS) as packers:
            found = list(packers.map(one, fleet.plugins))
    jobs: list[Job] = []
    refused: dict[str, Cell] = {}
    sources: dict[str, Sources] = {}
    for plugin, each in zip(fleet.plugins, found, strict=True):
        identity, folder = (
            ("", "") if isinstance(each, AutofixError) else (each.identity, each.folder)
        )
        for server in servers_of(fleet, plugin):
            job = job_of(fleet, plugin, server, sources=identity, folder=folder)
            jobs.append(job)
            if isinstance(each, AutofixError):
                refused[job.id] = _refused(each)
            else:
                sources[job.id] = each
    return Planned(jobs=tuple(jobs), sources=sources, refused=refused)


def _refused(error: AutofixError) -> Cell:
    machine = isinstance(error, EnvironmentUnusableError)
    return Cell(
        verdict=Verdict.ENVIRONMENT if machine else Verdict.REFUSED,
        exit_code=error.exit_code,
        end=error.code,
        headline=error.what,
        tries=0,
    )


def _expanded(table: Mapping[str, Any], base: Path) -> dict[str, Any]:
    """Replace paths with wildcards by the folders that they match."""
    entries = table.get("plugins", [])
    if not isinstance(entries, list):
        return dict(table)
    plugins: list[Any] = []
    for entry in entries:
        if not (isinstance(entry, str) and has_magic(entry)):
            plugins.append(entry)
            continue
        matched = sorted(glob(entry, root_dir=base))  # noqa: PTH207 (".." in it)
        folders = [each for each in matched if (base / each).is_dir()]
        if not folders:
            raise ConfigError(f"plugins: no folder matches {entry!r}.")
        plugins.extend(folders)
    return {**table, "plugins": plugins}
