"""The first line of a commit: what a run or an upgrade has changed, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from autofix.report.escape import escape
from autofix.report.raise_markdown import raise_subject
from autofix.result import RunResult

LOCK = "lock"
"""The subject of what an upgrade moves in autofix.lock."""


def subject(*results: RunResult) -> str:
    """Return the first line of the commit that has the change of all results."""
    first = results[0]
    upgrade = first.upgrade
    if upgrade is None:
        label = escape(first.server.label) if first.server is not None else "the server"
        return _pinned(results, label)
    told = upgrade.dependencies
    if told is not None and any(not each.along for each in told.raised):
        return raise_subject(upgrade)
    before, after = common_start(results), escape(upgrade.after)
    if before != upgrade.after:
        since = f" from {escape(before)}" if before else ""
        return f"build(deps): bump nakama{since} to {after}"
    subjects = {
        place.subject
        for each in results
        for place in (each.upgrade.moves if each.upgrade else ())
    }
    if subjects - {LOCK}:
        return f"build(deps): name nakama {after} everywhere"
    pinned = any(each.pins or each.fits or each.go_line for each in results)
    if LOCK in subjects and not pinned:
        return f"build(deps): renew autofix.lock for nakama {after}"
    return _pinned(results, f"nakama {after}")


def _pinned(results: Sequence[RunResult], label: str) -> str:
    pins = {pin.module: pin for each in results for pin in each.pins}
    if len(pins) == 1:
        (pin,) = pins.values()
        return f"fix(deps): pin {escape(pin.module)} to {escape(pin.after)} for {label}"
    if not pins:
        return f"fix(deps): match {label}"
    return f"fix(deps): pin {len(pins)} modules for {label}"


def common_start(results: Sequence[RunResult]) -> str:
    """Return the release that all were at before an upgrade; "" if that differs."""
    found = {each.upgrade.before for each in results if each.upgrade is not None}
    return found.pop() if len(found) == 1 else ""


def module_names(results: Sequence[RunResult]) -> tuple[str, ...]:
    """Name the modules of results by their folders, as far as these differ."""
    told = results[0].upgrade.together if results[0].upgrade else ()
    if len(told) == len(results):
        return told
    folders = [each.project for each in results]
    base = os.path.commonpath(folders)
    relative = (Path(os.path.relpath(each, base)).as_posix() for each in folders)
    return tuple(
        Path(folder).name if name == "." else name
        for name, folder in zip(relative, folders, strict=True)
    )
