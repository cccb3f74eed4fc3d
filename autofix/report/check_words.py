"""How a check's verdict is put into words; shared by all its formats, pure."""

from __future__ import annotations

from autofix.core.model import ServerFacts
from autofix.report.words import STAND_IN, count
from autofix.verdict import Depth, Judged, Mismatch, Verdict

DEPTHS = {
    Depth.FILE: "package by package, from the built file",
    Depth.LISTED: "planned by the go command",
    Depth.FIRST_LISTING: "planned from what the go command lists before any pin",
    Depth.TEXT: "planned from the text of go.mod alone",
}

BUILT = ", not built"


def server_name(server: ServerFacts) -> str:
    """Name the server and its Go."""
    name = f"Nakama {server.release}" if server.release else server.reference
    if server.stand_in:
        name = f"the stand-in for {name}"
    return f"{name} (Go {server.go})" if server.go else name


def headline(verdict: Verdict) -> str:
    """Return in one sentence whether anything must change."""
    name = server_name(verdict.server)
    errors = len(verdict.errors)
    if not errors:
        return f"Nothing must change for {name}."
    return f"{count(errors, 'thing')} must change for {name}."


def rests_on(verdict: Verdict) -> str:
    """Say what both sides were taken from."""
    depths = dict.fromkeys(DEPTHS[plugin.depth] for plugin in verdict.judged)
    by_go = verdict.builder and {*depths} - {DEPTHS[Depth.TEXT]}
    where = f" in {verdict.builder.reference}" if verdict.builder and by_go else ""
    built = "" if Depth.FILE in {each.depth for each in verdict.judged} else BUILT
    text = f"Server: {verdict.basis_text}. Plugin: {'; '.join(depths)}{where}{built}."
    return f"{text} {STAND_IN}" if verdict.server.stand_in else text


def versions(mismatch: Mismatch) -> str:
    """Return ``v1.2.0 -> v1.1.0``, or "" where no version must change."""
    if not (mismatch.module and mismatch.wanted) or mismatch.present == mismatch.wanted:
        return ""
    return f"{mismatch.present or 'absent'} -> {mismatch.wanted}"


def explained(mismatch: Mismatch) -> tuple[str, ...]:
    """Return the sentences that follow a mismatch's own text."""
    excludes = ""
    if mismatch.excludes:
        listed = ", ".join(mismatch.excludes)
        excludes = f"'autofix run' would also exclude {listed}."
    missing = ""
    if mismatch.missing:
        missing = "go.mod has no line for it yet."
    parts = (mismatch.reason, missing, mismatch.remedy, excludes)
    return tuple(part for part in parts if part)


def judged_file(plugin: Judged) -> str:
    """Say of a built plugin how it stands."""
    if not plugin.mismatches:
        return f"{plugin.name} fits: {count(plugin.shared, 'shared package')} agree."
    if plugin.foretold:
        return f"{plugin.name} will be refused; the server will name {plugin.foretold}."
    return f"{plugin.name} does not fit."
