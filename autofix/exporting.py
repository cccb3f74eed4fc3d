"""What a plugin's server dictates, gathered for the bots that raise dependencies."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from autofix.checking import OpenEngine, Question, check
from autofix.config import Config
from autofix.core.botrules import Dictated, image_files
from autofix.hintfiles import project_hints
from autofix.judging import server_name
from autofix.project import Project, find_projects
from autofix.report.base import Reporter
from autofix.servercache import ServerCache
from autofix.serversource import NO_HASHES
from autofix.verdict import Depth, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What is dictated to each module, and sentences of what could not be known."""

    dictated: tuple[Dictated, ...]
    unknown: tuple[str, ...]


def gathered(
    config: Config, *, open_engine: OpenEngine, cache: ServerCache, offline: bool
) -> Gathered:
    """
    Plan each module as ``check`` does, and return what its server dictates.

    ProjectError, TargetError or ImageMissingError where that cannot be told; no image is
    pulled for it.
    """
    dictated: list[Dictated] = []
    unknown: list[str] = []
    for project in find_projects(config.project, package=config.package or None):
        own = replace(config, project=project.module_folder)
        (verdict,) = check(
            Question(config=own, offline=offline, fast=True),
            Reporter(),
            open_engine=open_engine,
            cache=cache,
        )
        dictated.append(_dictated(project, verdict))
        unknown.extend(each for each in verdict.unknown if each != NO_HASHES)
        unknown.extend(_unfinished(verdict))
    return Gathered(dictated=tuple(dictated), unknown=tuple(dict.fromkeys(unknown)))


def _dictated(project: Project, verdict: Verdict) -> Dictated:
    name = os.path.relpath(project.go_mod, project.repository)
    return Dictated(
        server=server_name(verdict.server),
        go=verdict.server.go,
        go_mod=Path(name).as_posix(),
        modules=tuple(each for plugin in verdict.judged for each in plugin.dictated),
        image_files=image_files(project_hints(project)),
    )


def _unfinished(verdict: Verdict) -> Iterator[str]:
    """Say of a plan that does not stand that more modules may be dictated."""
    for plugin in verdict.judged:
        if plugin.ended is not None:
            why = plugin.ended.words
            yield f"The plan does not stand, so the list may lack modules: {why}"
        elif plugin.depth is Depth.FIRST_LISTING:
            yield "A pin may bring in further modules, which are not in the list."
