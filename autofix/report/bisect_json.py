"""A bisection for machines: stable keys, verbatim text."""

from __future__ import annotations

from typing import TypedDict

from autofix.bisecting.bisection import Bisection, Candidate, Probe
from autofix.core.bisecting import Mark, Outcome
from autofix.report.json import document
from autofix.verdict import Mismatch


class BisectedCandidate(TypedDict):
    """A release by its tag, or a commit by its id; the last three are a commit's."""

    name: str
    author: str
    date: str
    subject: str


class BisectProbe(TypedDict):
    """
    What one candidate came to.

    ``server`` and ``plugin`` are what both sides were judged by.
    """

    name: str
    mark: Mark
    words: str
    findings: tuple[Mismatch, ...]
    server: str
    plugin: str
    unknown: tuple[str, ...]
    seconds: float


class BisectResult(TypedDict):
    """
    The first bad commit or release, or why there is none to name.

    ``suspects`` has the one that was found, or those of which one is it; ``before`` is
    the last good one. ``change`` is the patch of go.mod in the commit found.
    """

    exit_code: int
    project: str
    outcome: Outcome
    built: bool
    candidates: int
    before: BisectedCandidate | None
    suspects: list[BisectedCandidate]
    change: str
    probes: list[BisectProbe]


def bisect_json(bisection: Bisection) -> str:
    """Return a bisection as JSON with a ``schema_version``."""
    before = bisection.before
    return document(
        BisectResult(
            exit_code=bisection.exit_code,
            project=bisection.project,
            outcome=bisection.outcome,
            built=bisection.built,
            candidates=len(bisection.candidates),
            before=_candidate(before) if before else None,
            suspects=[_candidate(each) for each in bisection.suspects],
            change=bisection.change,
            probes=[_probe(each) for each in bisection.probes],
        )
    )


def _candidate(candidate: Candidate) -> BisectedCandidate:
    commit = candidate.commit
    return {
        "name": candidate.name,
        "author": commit.author if commit else "",
        "date": commit.date if commit else "",
        "subject": commit.subject if commit else "",
    }


def _probe(probe: Probe) -> BisectProbe:
    return {
        "name": probe.name,
        "mark": probe.mark,
        "words": probe.words,
        "findings": probe.findings,
        "server": probe.server,
        "plugin": probe.plugin,
        "unknown": probe.unknown,
        "seconds": round(probe.seconds, 3),
    }
