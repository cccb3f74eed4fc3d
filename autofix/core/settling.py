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

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import assert_never

from autofix.core.actions import Settle, Survey
from autofix.core.comments import EXCLUDE, FITS, REQUIRE
from autofix.core.gomod import GoMod, ModEdit, fingerprint
from autofix.core.model import Evidence, Finding, ModuleVersion
from autofix.core.observations import Settled, Surveyed
from autofix.core.state import Event, Phase, State
from autofix.core.versions import compare, compare_go

PRUNING = "1.17"
"""The first go line with which go.mod names indirect modules, and only linked ones."""

_FIRST_GO = "1.0"
_EMPTY = GoMod(module="", go="", toolchain="")


def survey(state: State) -> Survey | None:
    """
    Return what to look at after a clean start; None if nothing can have changed.

    That is so where this run pinned nothing and no line is of a run for another
    Nakama.
    """
    gomod, server = state.gomod, state.server
    if gomod is None or server is None or state.testing_given or state.in_vendor:
        return None
    original = state.original or _EMPTY
    pinned = bool(state.pins) and fingerprint(gomod) != fingerprint(original)
    if not pinned and not is_outdated(state):
        return None
    gone = _unlinked(state, gomod)
    own = tuple(each for each in own_excludes(state) if each not in state.held)
    return Survey(
        wanted=shared_versions(state),
        selected=_as_selected(state, gomod, gone),
        without=ModEdit(drop_excludes=own, drop_requires=gone),
        tidy=pinned,
    )


def is_outdated(state: State) -> bool:
    """Tell whether a line says that it is of a run for another Nakama."""
    label = state.server.label if state.server else ""
    return any(mark.note.removeprefix(f"{FITS} ") != label for mark in state.marks)


def after_start(state: State) -> Event:
    """Tell whether a clean start ends the run or go.mod is to be looked at."""
    return Event.DONE if survey(state) is None else Event.UNSETTLED


def after(state: State, seen: Surveyed | Settled) -> tuple[State, Event]:
    """Take in what was seen; another edit is to be tried, or the run ends."""
    match seen:
        case Surveyed():
            edits = _asked_for(state, seen)
            state = _surveyed(state, seen)
        case Settled():
            tried, *rest = state.settling
            pieces = () if seen.stands else _pieces(state, tried)
            edits = (*pieces, *rest)
            state = _settled(state, seen)
            if not seen.stands and not pieces:
                state = replace(state, held=state.held | {*tried.drop_excludes})
        case _:
            assert_never(seen)
    state = replace(state, settling=edits)
    if edits:
        return state, Event.UNSETTLED
    if isinstance(seen, Settled) and state.held != state.surveyed:
        # What was asked without them was asked of another graph.
        return replace(state, surveyed=state.held), Event.RUNG
    return state, Event.DONE


def action(state: State) -> Survey | Settle:
    """Return what the phase performs; KeyError if there is nothing to do in it."""
    if state.phase is Phase.SETTLE and state.settling:
        versions = {path: each.version for path, each in state.linked.items()}
        return Settle(edit=state.settling[0], linked=versions)
    found = survey(state)
    if found is None:
        raise KeyError(state.phase)
    return found


def _asked_for(state: State, seen: Surveyed) -> tuple[ModEdit, ...]:
    """Return the edit that a survey asks for, if it asks for one."""
    asked, gomod = survey(state), state.gomod or _EMPTY
    if asked is None:
        return ()
    demanded = (*seen.holding, *seen.tidied)
    needed = dict.fromkeys((*(each.module for each in demanded), *seen.kept))
    outdated = [each for each in asked.without.drop_excludes if each not in needed]
    edit = ModEdit(
        excludes=tuple(each for each in needed if each not in gomod.excludes),
        drop_excludes=() if seen.refused else tuple(outdated),
        drop_requires=() if seen.refused else asked.without.drop_requires,
    )
    gone = needless(seen, state.original or _EMPTY, gomod, state.linked)
    pruned = ModEdit(drop_requires=gone)
    return tuple(each for each in (edit, pruned) if not each.is_empty)


def needless(
    seen: Surveyed, original: GoMod, gomod: GoMod, linked: Collection[str]
) -> tuple[str, ...]:
    """
    Name what go.mod requires only because its go line passed the first that prunes.

    The go command then writes down all modules there are, hundreds of them, and keeps
    them (observed with Go 1.26.5); ``go mod tidy`` keeps those that anything needs.
    """
    if not begins_to_prune(original, gomod):
        return ()
    kept = {*linked, *(each.module.path for each in original.requires)}
    return tuple(each for each in seen.unneeded if each not in kept)


def begins_to_prune(original: GoMod, gomod: GoMod) -> bool:
    """Tell whether the go line passed the first that prunes."""
    before, after = (each.go or _FIRST_GO for each in (original, gomod))
    return compare_go(before, PRUNING) < 0 <= compare_go(after, PRUNING)


def _pieces(state: State, edit: ModEdit) -> tuple[ModEdit, ...]:
    """
    Split an edit that moved something; one that cannot be split is given up.

    An exclude below what is selected is a piece of its own: without it the version is
    looked at again, and what that one requires may raise something.
    """
    chosen = _chosen(state, state.gomod or _EMPTY)
    low = [
        each
        for each in edit.drop_excludes
        if compare(each.version, chosen.get(each.path, "")) < 0
    ]
    high = tuple(each for each in edit.drop_excludes if each not in low)
    gone = _unlinked(state, state.gomod or _EMPTY)
    pieces = (
        ModEdit(excludes=edit.excludes),
        ModEdit(drop_excludes=high),
        *(
            ModEdit(drop_requires=(each,))
            for each in edit.drop_requires
            if each in gone
        ),
        *(ModEdit(drop_excludes=(each,)) for each in low),
    )
    found = tuple(each for each in pieces if not each.is_empty)
    return found if len(found) > 1 else ()


def _surveyed(state: State, seen: Surveyed) -> State:
    """Remember who wants more than a pin allows, and say what tidy would do."""
    overridden = dict(state.overridden)
    for demand in seen.tidied:
        path = demand.module.path
        chain = (*demand.chain, str(demand.module))
        overridden[path] = (*overridden.get(path, ()), chain)
    findings = (*state.findings, *_tidy_findings(seen))
    return replace(state, overridden=overridden, findings=findings)


def _settled(state: State, seen: Settled) -> State:
    """Take over go.mod as it is now, and say what was taken out of it."""
    before, after = state.gomod or _EMPTY, seen.gomod
    kept = {each.module.path for each in after.requires}
    named = {each.module.path for each in (state.original or _EMPTY).requires}
    gone = [
        *(f"exclude {each}" for each in before.excludes if each not in after.excludes),
        *(
            f"require {each.module}"
            for each in before.requires
            if each.module.path in named - kept
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
    state: State, gomod: GoMod, gone: tuple[str, ...]
) -> Mapping[str, str]:
    """
    Map the modules of own excludes to what is selected of them, ``gone`` left out.

    An exclude may hold a module that the server does not have: it was pinned for
    another one. It stays as long as the module would move without it.
    """
    versions = _chosen(state, gomod)
    return {
        path: versions[path]
        for path in {each.path for each in own_excludes(state)}
        if path in versions and path not in gone
    }


def _chosen(state: State, gomod: GoMod) -> dict[str, str]:
    """Map modules to what is selected of them, as far as that was listed."""
    required = {each.module.path: each.module.version for each in gomod.requires}
    return required | {path: each.version for path, each in state.linked.items()}


_LEADS_ON = (" imports", " tested by", " imports:", " tested by:")
"""How a line of a chain of imports ends (observed on Go 1.16 to 1.26)."""


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
            text=f"`go mod tidy` fails here: {_first_words(seen.untidy)}",
            answer="So whether it would undo the pins cannot be told. Run autofix "
            "again after the first tidy that succeeds.",
        )


def _first_words(evidence: Evidence) -> str:
    """
    Return what it said first, a sentence, without the downloads under way.

    The chain of imports that leads to a package stands in lines of its own, each
    ending in ``imports`` or ``tested by``; what is wrong stands at its end.
    """
    if evidence.timed_out:
        return f"it did not end within {evidence.seconds:.0f} s."
    passing = ("go: downloading ", "go: finding ", "go: found ")
    said = [
        each.text.strip()
        for each in evidence.lines
        if each.text.strip() and not each.text.startswith(passing)
    ]
    first = next((each for each in said if not each.endswith(_LEADS_ON)), "")
    text = first or next(iter(said), "it said nothing")
    return text if text.endswith(".") else f"{text}."
