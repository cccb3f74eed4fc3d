"""A fleet's outcome as one value: what every report format of it is made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from autofix.core.fleet import FleetAction, Job
from autofix.core.fleetledger import Cell, Ended, Verdict

NOT_REACHED = "not reached"
ENVIRONMENTS = frozenset({Verdict.ENVIRONMENT, Verdict.SET_ASIDE})


@dataclass(frozen=True, slots=True, kw_only=True)
class CellResult:
    """One cell; ``cell`` is None where the night was over before its turn."""

    plugin: str
    server: str
    job: str
    cell: Cell | None

    @property
    def verdict(self) -> str:
        """Return the verdict in a word or two."""
        return self.cell.verdict.value if self.cell else NOT_REACHED

    @property
    def clean(self) -> bool:
        """Tell whether nothing is wrong."""
        return self.cell is not None and self.cell.verdict is Verdict.CLEAN


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetSummary:
    """
    The matrix: ``cells`` in order of plugins, then servers.

    ``folder`` holds the cells' files, whose paths are relative to it. ``seconds`` is
    what this session took, ``resumed`` how many cells an earlier one had done.
    ``interrupted`` is the exit status of the signal that ended it, 0 if none did.
    """

    folder: str
    action: FleetAction
    plugins: tuple[str, ...]
    servers: tuple[str, ...]
    cells: tuple[CellResult, ...]
    seconds: float = 0.0
    resumed: int = 0
    interrupted: int = 0

    @property
    def counts(self) -> Mapping[str, int]:
        """Count the verdicts, the commonest first."""
        return dict(Counter(each.verdict for each in self.cells).most_common())

    @property
    def clean(self) -> int:
        """Count the clean cells."""
        return sum(each.clean for each in self.cells)

    @property
    def exit_code(self) -> int:
        """Return 0 if all are clean, 3 if only machines are to blame, else 1."""
        if self.interrupted:
            return self.interrupted
        bad = [each for each in self.cells if not each.clean]
        if not bad:
            return 0
        machines = all(each.cell and each.cell.verdict in ENVIRONMENTS for each in bad)
        return 3 if machines else 1

    @property
    def by_place(self) -> Mapping[tuple[str, str], CellResult]:
        """Map plugin and server to their cell."""
        return {(each.plugin, each.server): each for each in self.cells}


def results_of(
    jobs: Iterable[Job], ended: Mapping[str, Ended], refused: Mapping[str, Cell]
) -> tuple[CellResult, ...]:
    """Return the cell of each job, in the order of the jobs."""
    return tuple(
        CellResult(
            plugin=job.plugin,
            server=job.server,
            job=job.id,
            cell=ended[job.id].cell if job.id in ended else refused.get(job.id),
        )
        for job in jobs
    )
