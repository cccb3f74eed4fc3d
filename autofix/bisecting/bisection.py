"""A bisection from its candidates to its result; what a probe is, others know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from autofix.bisecting.history import Commit
from autofix.core.bisecting import (
    Conclusion,
    Mark,
    Outcome,
    Search,
    is_open,
    most_probes,
    next_step,
    open_suspects,
)
from autofix.verdict import Mismatch

SHORT = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A release by its tag, or a commit by its id with what git tells of it."""

    name: str
    commit: Commit | None = None

    @property
    def words(self) -> str:
        """Name it in a line."""
        if self.commit is None:
            return f"Nakama {self.name}"
        return f"{self.name[:SHORT]} {self.commit.subject}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """
    What one candidate came to.

    ``findings`` are what keeps the plugin from loading; ``words`` say in a line why the
    mark is what it is. ``server`` and ``plugin`` are what both sides were judged by,
    ``unknown`` what that leaves open.
    """

    name: str
    mark: Mark
    words: str
    findings: tuple[Mismatch, ...] = ()
    server: str = ""
    plugin: str = ""
    unknown: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bisection:
    """
    What a search among candidates found, the good end first.

    ``suspects`` are as ``core.bisecting.Conclusion`` has them; ``change`` is the patch
    of go.mod in the commit found, "" otherwise.
    """

    project: str
    outcome: Outcome
    candidates: tuple[Candidate, ...]
    probes: tuple[Probe, ...]
    suspects: tuple[Candidate, ...]
    built: bool = False
    change: str = ""

    @property
    def exit_code(self) -> int:
        """Return 0 if one candidate was found, else 1."""
        return 0 if self.outcome is Outcome.FOUND else 1

    @property
    def before(self) -> Candidate | None:
        """Return the last good candidate before the suspects, if some were found."""
        if self.outcome not in (Outcome.FOUND, Outcome.RANGE):
            return None
        return self.candidates[self.candidates.index(self.suspects[0]) - 1]

    def probe_of(self, candidate: Candidate) -> Probe | None:
        """Return what a candidate came to; None if it was not probed."""
        return next((p for p in self.probes if p.name == candidate.name), None)


@dataclass(slots=True, kw_only=True)
class Bisector:
    """
    Probes candidates until the search ends.

    ``probe`` judges one; what it raises ends the bisection. ``note`` hears a line
    before and after each.
    """

    probe: Callable[[Candidate], Probe]
    note: Callable[[str], None]
    probes: list[Probe] = field(default_factory=list)

    def bisected(self, project: str, candidates: Sequence[Candidate]) -> Bisection:
        """Search among at least two candidates, the good end first."""
        search = Search(size=len(candidates))
        while isinstance(step := next_step(search), int):
            search = self._probed(search, step, candidates)
        return _result(project, tuple(candidates), tuple(self.probes), step)

    def _probed(
        self, search: Search, index: int, candidates: Sequence[Candidate]
    ) -> Search:
        candidate = candidates[index]
        number, skips = len(self.probes) + 1, self._skips()
        most = most_probes(search.size)
        limit = f"{most} + {skips} skipped" if skips else f"{most}"
        self.note(f"probe {number} of at most {limit}: {candidate.words}")
        probe = self.probe(candidate)
        self.probes.append(probe)
        search = search.marked(index, probe.mark)
        left = f" ({open_suspects(search)} left)" if is_open(search) else ""
        self.note(f"  {probe.mark.value}: {probe.words}{left}")
        return search

    def _skips(self) -> int:
        return sum(each.mark is Mark.SKIP for each in self.probes)


def with_change(
    bisection: Bisection, change: Callable[[Commit, Commit], str]
) -> Bisection:
    """Add the patch of go.mod, where one commit was found."""
    before = bisection.before
    if bisection.outcome is not Outcome.FOUND or before is None:
        return bisection
    found = bisection.suspects[0].commit
    if found is None or before.commit is None:
        return bisection
    return replace(bisection, change=change(before.commit, found))


def _result(
    project: str,
    candidates: tuple[Candidate, ...],
    probes: tuple[Probe, ...],
    end: Conclusion,
) -> Bisection:
    return Bisection(
        project=project,
        outcome=end.outcome,
        candidates=candidates,
        probes=probes,
        suspects=tuple(candidates[index] for index in end.suspects),
    )
