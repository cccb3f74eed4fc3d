"""Vendored projects, as the automaton sees them: private modules and patches."""

from __future__ import annotations

from dataclasses import replace

from autofix.core.model import Diagnosis, FailureClass, Finding
from autofix.core.observations import Vendored
from autofix.core.state import Event, State

SHOWN = 5


def only_in_vendor(state: State, diagnosis: Diagnosis) -> State | None:
    """
    Work in vendor/ itself from now on, where a module cannot be had elsewhere.

    None if the project is not vendored, or the failure is about something else.
    """
    fetches = diagnosis.failure_class is FailureClass.MODULE_FETCH
    if not fetches or not state.vendored or state.in_vendor:
        return None
    module = diagnosis.facts.get("module", "")
    what, which = (f"{module} cannot", f"{module} is")
    if not module:
        what, which = "Not every module can", "those that cannot are"
    finding = Finding(
        name="vendor-edited-in-place",
        text=f"{what} be had here, so `go mod vendor` cannot run: {which} taken from "
        "vendor/, and pinned modules are put there one by one.",
        answer="Where it can be had, run `go mod vendor` and then `autofix check`: "
        "what this module requires could not be looked at."
        if module
        else "Where they can be had, run `go mod vendor` and then `autofix check`: "
        "what they require could not be looked at.",
    )
    return replace(state, in_vendor=True, findings=(*state.findings, finding))


def stands_event(state: State) -> Event:
    """Tell what follows once every pin stands."""
    by_command = state.vendored and not state.in_vendor
    return Event.STANDS_VENDORED if by_command else Event.STANDS


def vendored(state: State, seen: Vendored) -> State:
    """Say what became of changes that somebody made by hand in vendor/."""
    findings = list(state.findings)
    if seen.kept:
        findings.append(
            Finding(
                name="vendor-patches-kept",
                text=f"vendor/ was changed by hand: {_listed(seen.kept)}.",
                answer="Kept; `go mod vendor` alone would have undone it.",
            )
        )
    if seen.lost:
        findings.append(
            Finding(
                name="vendor-patches-lost",
                text=f"vendor/ was changed by hand: {_listed(seen.lost)}.",
                answer="These files are of modules that moved, so they are now as the "
                "pinned versions have them: the server links them without the change.",
            )
        )
    return replace(state, findings=tuple(dict.fromkeys(findings)))


def _listed(names: tuple[str, ...]) -> str:
    rest = len(names) - SHOWN
    more = f" and {rest} more" if rest > 0 else ""
    return f"{', '.join(names[:SHOWN])}{more}"
