"""A check's verdict for machines: stable keys, verbatim text."""

from __future__ import annotations

from collections.abc import Sequence

from autofix.report.json import document
from autofix.verdict import Mismatch, Verdict


def check_json(verdicts: Sequence[Verdict]) -> str:
    """
    Return one verdict as JSON with a ``schema_version``, several as a list ``checks``.

    ``findings`` are all of one list; ``plugin`` is "" for those of the source. The
    server's packages and modules are left out.
    """
    if len(verdicts) == 1:
        return document(_body(verdicts[0]))
    code = max(each.exit_code for each in verdicts)
    return document({"exit_code": code, "checks": list(map(_body, verdicts))})


def _body(verdict: Verdict) -> dict[str, object]:
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


def _finding(mismatch: Mismatch, plugin: str) -> dict[str, object]:
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
