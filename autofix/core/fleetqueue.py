"""
Which job is next: a queue that keeps caches warm and starves nobody.

Jobs of one server follow one another, because they share its image, its Go and what
Go has built before. While no job of a server has ended, only one of it runs if there
is other work: the first pays for what all others then find. Servers with work that was
never done come first, and among a server's jobs those never done, then the longest,
so that what ends last is short.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping

from autofix.core.fleet import Job
from autofix.core.fleetledger import Past

NEVER = ""


class Queue:
    """Jobs that wait for a worker; ``past`` says how long they took before."""

    def __init__(
        self, jobs: Iterable[Job], past: Mapping[tuple[str, str], Past]
    ) -> None:
        groups: dict[str, list[Job]] = {}
        for job in jobs:
            groups.setdefault(job.server, []).append(job)

        def oldest(server: str) -> str:
            known = (past.get((job.plugin, server)) for job in groups[server])
            return min(each.at if each else NEVER for each in known)

        # Sorting is stable: what is equal stays in the order of the file.
        self._waiting = {
            server: deque(groups[server]) for server in sorted(groups, key=oldest)
        }
        self._past = past
        self._longest: dict[str, float] = {}
        for (plugin, _), known in past.items():
            self._learn(plugin, known.seconds)
        self._running = dict.fromkeys(groups, 0)
        self._warm: set[str] = set()
        self._sorted: set[str] = set()

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def take(self) -> Job | None:
        """Return the next job and count it as running; None if none waits."""
        full = [server for server, jobs in self._waiting.items() if jobs]
        if not full:
            return None
        ready = [
            server
            for server in full
            if server in self._warm or not self._running[server]
        ]
        server = (ready or full)[0]
        self._sort(server)
        self._running[server] += 1
        return self._waiting[server].popleft()

    def ended(self, job: Job, seconds: float = 0.0) -> None:
        """Note that a job has its result: whatever it needed is warm now."""
        self._running[job.server] -= 1
        self._warm.add(job.server)
        self._learn(job.plugin, seconds)

    def back(self, job: Job) -> None:
        """Put back a job that was lost, behind the others of its server."""
        self._running[job.server] -= 1
        self._waiting[job.server].append(job)

    def aside(self, job: Job) -> None:
        """Note that a running job is given up."""
        self._running[job.server] -= 1

    def rest(self) -> tuple[Job, ...]:
        """Return what waits."""
        return tuple(job for jobs in self._waiting.values() for job in jobs)

    def _sort(self, server: str) -> None:
        """Put a server's jobs in order when its first is taken: then most is known."""
        if server in self._sorted:
            return
        self._sorted.add(server)

        def rank(job: Job) -> tuple[bool, float]:
            done = self._past.get((job.plugin, server))
            # A plugin takes about as long for one server as for another.
            longest = self._longest.get(job.plugin, math.inf)
            return done is not None, -(done.seconds if done else longest)

        self._waiting[server] = deque(sorted(self._waiting[server], key=rank))

    def _learn(self, plugin: str, seconds: float) -> None:
        self._longest[plugin] = max(seconds, self._longest.get(plugin, 0.0))
