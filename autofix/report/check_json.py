"""A check's verdict for machines: stable keys, verbatim text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from autofix.core.model import BuilderFacts, Finding, TruthSource
from autofix.report.json import document
from autofix.result import SideEffect
from autofix.verdict import Basis, Depth, Level, Mismatch, Verdict


class CheckedServer(TypedDict):
    """The server that was checked against; ``basis`` is what its facts rest on."""

    reference: str
    release: str
    digest: str
    go: str
    machine: str
    stand_in: bool
    source: TruthSource
    basis: Basis
    basis_text: str


class CheckFinding(TypedDict):
    """
    One thing found: where it stands, what it is and what it should be.

    ``plugin`` is the file it was found in, "" for the source; ``line`` counts from 1,
    0 where there is none; ``missing`` says that the line is to be added.
    """

    name: str
    level: Level
    plugin: str
    file: str
    line: int
    missing: bool
    module: str
    present: str
    wanted: str
    text: str
    reason: str
    remedy: str
    excludes: tuple[str, ...]


class CheckedPlugin(TypedDict):
    """A plugin, what it was judged by, and the package the server would name first."""

    name: str
    depth: Depth
    shared: int
    foretold: str


class CheckResult(TypedDict):
    """What a check of one module found; ``exit_code`` is 1 if something must change."""

    exit_code: int
    project: str
    server: CheckedServer
    builder: BuilderFacts | None
    findings: list[CheckFinding]
    plugins: list[CheckedPlugin]
    side_effects: tuple[SideEffect, ...]
    go_line: tuple[str, str] | None
    noticed: tuple[Finding, ...]
    unknown: tuple[str, ...]
    written: str
    seconds: float


class CheckResults(TypedDict):
    """The checks of several modules; ``exit_code`` is the highest of theirs."""

    exit_code: int
    checks: list[CheckResult]


def check_json(verdicts: Sequence[Verdict]) -> str:
    """
    Return one verdict as JSON with a ``schema_version``, several as a list ``checks``.

    ``findings`` are all of one list; ``plugin`` is "" for those of the source. The
    server's packages and modules are left out.
    """
    if len(verdicts) == 1:
        return document(_body(verdicts[0]))
    code = max(each.exit_code for each in verdicts)
    return document(CheckResults(exit_code=code, checks=list(map(_body, verdicts))))


def _body(verdict: Verdict) -> CheckResult:
    server = verdict.server
    return {
        "exit_code": verdict.exit_code,
        "project": verdict.project,
        "server": {
            "reference": server.reference,
            "release": server.release,
            "digest": server.digest,
            "go": server.go,
            "machine": server.machine,
            "stand_in": server.stand_in,
            "source": server.source,
            "basis": verdict.basis,
            "basis_text": verdict.basis_text,
        },
        "builder": verdict.builder,
        "findings": [
            *(_finding(each, "") for each in verdict.mismatches),
            *(
                _finding(each, plugin.name)
                for plugin in verdict.judged
                for each in plugin.mismatches
            ),
        ],
        "plugins": [
            {
                "name": plugin.name,
                "depth": plugin.depth,
                "shared": plugin.shared,
                "foretold": plugin.foretold,
            }
            for plugin in verdict.judged
        ],
        "side_effects": verdict.side_effects,
        "go_line": verdict.go_line,
        "noticed": verdict.noticed,
        "unknown": verdict.unknown,
        "written": verdict.written,
        "seconds": round(verdict.seconds, 3),
    }


def _finding(mismatch: Mismatch, plugin: str) -> CheckFinding:
    return {
        "name": mismatch.name,
        "level": mismatch.level,
        "plugin": plugin,
        "file": mismatch.file,
        "line": mismatch.line,
        "missing": mismatch.missing,
        "module": mismatch.module,
        "present": mismatch.present,
        "wanted": mismatch.wanted,
        "text": mismatch.text,
        "reason": mismatch.reason,
        "remedy": mismatch.remedy,
        "excludes": mismatch.excludes,
    }
