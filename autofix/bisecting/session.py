"""What is bisected: the commits of a repository, or Nakama's releases."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from os.path import normpath
from pathlib import Path
from typing import Protocol

from autofix.bisecting.bisection import (
    Bisection,
    Bisector,
    Candidate,
    Probe,
    with_change,
)
from autofix.bisecting.history import History
from autofix.checking import LARGEST_GO_MOD
from autofix.config import Config
from autofix.core.bisecting import Mark
from autofix.core.modfolders import folder_replaces
from autofix.core.releases import ReleaseTable
from autofix.errors import ConfigError, GitError, ProjectError, UsageError
from autofix.project import find_projects
from autofix.releases import known_release
from autofix.tree import read_text

Note = Callable[[str], None]


class Judge(Protocol):
    """Judges the plugin in a configuration's folder as it is."""

    def probe(self, name: str, config: Config) -> Probe:
        """Return what became of it under the name given."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """
    How a plugin is bisected; ``built`` says that probes are builds.

    ``settled`` returns the configuration of a commit's folder: its own ``autofix.toml``
    counts, not today's.
    """

    config: Config
    settled: Callable[[Path], Config]
    judge: Judge
    note: Note
    built: bool = False

    def releases(self, good: str, bad: str, table: ReleaseTable) -> Bisection:
        """
        Search the releases from one to another, upwards or downwards.

        TargetError for a release that the table does not have.
        """
        tags = table.tags
        first, last = (tags.index(known_release(each).tag) for each in (good, bad))
        if first == last:
            raise UsageError(f"Between {good} and {bad} there is nothing to search.")
        between = tags[min(first, last) : max(first, last) + 1]
        ordered = between if first < last else tuple(reversed(between))
        find_projects(self.config.project, package=self.config.package or None)

        def probe(candidate: Candidate) -> Probe:
            config = replace(self.config, nakama=candidate.name)
            return self.judge.probe(candidate.name, config)

        bisector = Bisector(probe=probe, note=self.note)
        candidates = tuple(Candidate(name=tag) for tag in ordered)
        found = bisector.bisected(str(self.config.project.absolute()), candidates)
        return replace(found, built=self.built)

    def commits(self, good: str, bad: str, scratch: Path) -> Bisection:
        """
        Search the commits from one to another, along first parents.

        Each is laid out in ``scratch``; whether there is a plugin here now does not
        matter. GitError or UsageError for what are no such commits.
        """
        folder = self.config.project.resolve()
        scratch = scratch.resolve()
        history = History.around(folder)
        commits = history.between(good, bad)

        def probe(candidate: Candidate) -> Probe:
            place = scratch / candidate.name
            try:
                missing = history.lay_out(candidate.name, place)
                inside = place / folder.relative_to(history.root)
                return self._probed(candidate.name, place, inside, missing)
            except (GitError, ConfigError) as error:
                words = error.what.partition("\n")[0]
                return Probe(name=candidate.name, mark=Mark.SKIP, words=words)
            finally:
                shutil.rmtree(place, ignore_errors=True)

        bisector = Bisector(probe=probe, note=self.note)
        candidates = tuple(Candidate(name=each.id, commit=each) for each in commits)
        found = bisector.bisected(str(folder), candidates)
        return with_change(
            replace(found, built=self.built),
            lambda before, after: history.change(before.id, after.id),
        )

    def _probed(
        self, name: str, place: Path, inside: Path, missing: tuple[str, ...]
    ) -> Probe:
        """Judge a commit that lies in ``place``, unless it is not whole there."""
        config = self.settled(inside)
        words = _elsewhere(config, place, tuple(place / each for each in missing))
        if words:
            return Probe(name=name, mark=Mark.SKIP, words=words)
        return self.judge.probe(name, config)


def _elsewhere(config: Config, place: Path, missing: tuple[Path, ...]) -> str:
    """Say which replace leads out of a commit, or into a missing submodule; else ""."""
    try:
        projects = find_projects(config.project, package=config.package or None)
    except ProjectError:
        return ""  # the judge says why
    for project in projects:
        module = project.module_folder
        for written in folder_replaces(read_text(project.go_mod, LARGEST_GO_MOD)):
            target = Path(normpath(module / written))
            led = f"go.mod replaces a module by {written}"
            if any(target.is_relative_to(each) for each in missing):
                return f"{led}, in a submodule whose commit is not in this clone"
            if not target.is_relative_to(place) and not target.is_dir():
                return f"{led}, which is outside the repository"
    return ""
