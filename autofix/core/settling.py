"""
What stays in go.mod once the server is content: all that holds a pin, nothing else.

A pin stands on its require line and on excludes. Which excludes those are is asked
of a copy of go.mod without autofix's own: whoever requires more there is why one is
needed. What ``go mod tidy`` would make of the copy is asked too, because it adds what
tests import and may raise a pinned module (1 of 53 real plugins). Whatever of earlier
runs then holds nothing is taken out; lines that autofix did not write never are.

None of it changes a version that is linked, so nothing is built again; it is read
back, and left as it was where that turns out otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from autofix.core.actions import Settle, Survey
from autofix.core.comments import EXCLUDE, REQUIRE
from autofix.core.gomod import GoMod, ModEdit, fingerprint
from autofix.core.model import Evidence, Finding, ModuleVersion
from autofix.core.observations import Settled, Surveyed
from autofix.core.state import State

_EMPTY = GoMod(module="", go="", toolchain="")


def survey(state: State) -> Survey | None:
    """
    Return what to look at after a clean start; None if nothing can have changed.

    That is so where this run pinned nothing and no line is of a run for another
    Nakama.
    """
    gomod, server = state.gomod, state.server
    if gomod is None or server is None:
        return None
    original = state.original or _EMPTY
    pinned = bool(state.pins) and fingerprint(gomod) != fingerprint(original)
    outdated = any(mark.note != server.label for mark in state.marks)
    if not pinned and not outdated:
        return None
    own = own_excludes(state)
    return Survey(
        wanted={**_as_selected(state, own), **shared_versions(state)},
        without=ModEdit(drop_excludes=own, drop_requires=_unlinked(state, gomod)),
        tidy=pinned,
    )


def settle(state: State, seen: Surveyed) -> Settle | None:
    """Return the edit that a survey asks for, or None."""
    asked, gomod = survey(state), state.gomod or _EMPTY
    if asked is None:
        return None
    demanded = (*seen.holding, *seen.tidied)
    needed = dict.fromkeys((*(each.module for each in demanded), *seen.kept))
    outdated = [each for each in asked.without.drop_excludes if each not in needed]
    edit = ModEdit(
        excludes=tuple(each for each in needed if each not in gomod.excludes),
        drop_excludes=() if seen.refused else tuple(outdated),
        drop_requires=() if seen.refused else asked.without.drop_requires,
    )
    return None if edit.is_empty else _settle(state, edit)


def without_drops(state: State, tried: ModEdit) -> Settle | None:
    """Return the part of a refused edit that only adds, or None."""
    edit = ModEdit(excludes=tried.excludes)
    return None if edit.is_empty or edit == tried else _settle(state, edit)


def surveyed(state: State, seen: Surveyed) -> State:
    """Remember who wants more than a pin allows, and say what tidy would do."""
    overridden = dict(state.overridden)
    for demand in seen.tidied:
        path = demand.module.path
        chain = (*demand.chain, str(demand.module))
        overridden[path] = (*overridden.get(path, ()), chain)
    findings = (*state.findings, *_tidy_findings(seen))
    return replace(state, overridden=overridden, findings=findings)


def settled(state: State, seen: Settled) -> State:
    """Take over go.mod as it is now, and say what was taken out of it."""
    before, after = state.gomod or _EMPTY, seen.gomod
    kept = {each.module.path for each in after.requires}
    gone = [
        *(f"exclude {each}" for each in before.excludes if each not in after.excludes),
        *(
            f"require {each.module}"
            for each in before.requires
            if each.module.path not in kept
        ),
    ]
    if not gone:
        return replace(state, gomod=after)
    finding = Finding(
        name="outgrown-pins-removed",
        text=f"Lines that an earlier run wrote hold nothing any more: {', '.join(gone)}.",
        answer="They were taken out of go.mod; no version that is linked changed.",
    )
    return replace(state, gomod=after, findings=(*state.findings, finding))


def shared_versions(state: State) -> dict[str, str]:
    """Map each module of which server and plugin link a package to its version."""
    server = state.server
    if server is None:
        return {}
    found = {pin.module: pin.version for pin in state.pins}
    for module, selected in state.linked.items():
        version = server.modules.get(module, "")
        packages = selected.packages
        shared = any(each in server.packages for each in packages)
        if version and (shared or not server.packages or not packages):
            found[module] = version
    return found


def own_excludes(state: State) -> tuple[ModuleVersion, ...]:
    """List the excludes that this run or an earlier one wrote."""
    original, gomod = state.original or _EMPTY, state.gomod or _EMPTY
    marked = {mark.module for mark in state.marks if mark.verb == EXCLUDE}
    return tuple(
        each
        for each in gomod.excludes
        if each in marked or each not in original.excludes
    )


def _unlinked(state: State, gomod: GoMod) -> tuple[str, ...]:
    """List the modules that only an earlier pin requires: nothing links them now."""
    marked = {mark.module.path for mark in state.marks if mark.verb == REQUIRE}
    return tuple(
        each.module.path
        for each in gomod.requires
        if each.indirect
        and each.module.path in marked
        and each.module.path not in state.linked
    )


def _as_selected(
    state: State, excludes: tuple[ModuleVersion, ...]
) -> Mapping[str, str]:
    """Map linked modules that have own excludes to what is selected of them."""
    return {
        each.path: state.linked[each.path].version
        for each in excludes
        if each.path in state.linked
    }


def _settle(state: State, edit: ModEdit) -> Settle:
    versions = {path: each.version for path, each in state.linked.items()}
    return Settle(edit=edit, linked=versions)


def _tidy_findings(seen: Surveyed) -> Iterator[Finding]:
    if seen.tidied:
        wants = ", ".join(
            f"{demand.module} (for {demand.chain[-1]})" for demand in seen.tidied
        )
        yield Finding(
            name="kept-from-tidy",
            text=f"`go mod tidy` would undo the pins: it would add {wants}.",
            answer="Excluded, so that the pins outlast it.",
        )
    if seen.untidy is not None:
        yield Finding(
            name="tidy-fails",
            text=f"`go mod tidy` fails here: {_first_line(seen.untidy)}",
            answer="So whether it would undo the pins cannot be told. Run autofix "
            "again after the first tidy that succeeds.",
        )


def _first_line(evidence: Evidence) -> str:
    """Return the first line that is not about a download under way."""
    if evidence.timed_out:
        return f"it did not end within {evidence.seconds:.0f} s."
    passing = ("go: downloading ", "go: finding ", "go: found ")
    return next(
        (
            each.text.strip()
            for each in evidence.lines
            if each.text.strip() and not each.text.startswith(passing)
        ),
        "it said nothing.",
    )
