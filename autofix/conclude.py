"""From the last state of a run to its result; pure."""

from __future__ import annotations

from autofix.core.comments import FITS
from autofix.core.compare import Cause
from autofix.core.compile_errors import CodeGroup, grouped
from autofix.core.gomod import ChangeKind, GoMod, changes
from autofix.core.model import Diagnosis, Ending, EndKind, ModuleVersion
from autofix.core.state import RoundRecord, State, Strategy
from autofix.errors import EnvironmentUnusableError
from autofix.result import ClassicCost, PinResult, RoundResult, SideEffect

_EXIT_CODES = {
    EndKind.CLEAN: 0,
    EndKind.PLANNED: 0,
    EndKind.UNFIXABLE: 1,
    EndKind.UNSATISFIABLE: 1,
    EndKind.NO_PROGRESS: 1,
    EndKind.ROUND_LIMIT: 1,
    EndKind.TIME_LIMIT: 1,
}
_UNREACHABLE = "network-unreachable"


def exit_code(ending: Ending) -> int:
    """Return the exit code of an end, which tells who is to blame for it."""
    if is_of_the_network(ending.diagnosis):
        return EnvironmentUnusableError.exit_code
    return _EXIT_CODES[ending.kind]


def is_of_the_network(diagnosis: Diagnosis | None) -> bool:
    """Tell whether the same plugin may do better once a network or proxy is back."""
    return diagnosis is not None and diagnosis.name == _UNREACHABLE


def pin_results(state: State) -> tuple[PinResult, ...]:
    """Tell each pin as it stands; pins that changed nothing are left out."""
    return _told(state, fitted=False)


def fit_results(state: State) -> tuple[PinResult, ...]:
    """Tell each library that had to move for the pins, as pins are told."""
    return _told(state, fitted=True)


def code_groups(state: State) -> tuple[CodeGroup, ...]:
    """Tell what did not compile in the end, by whose code it is and what about."""
    return grouped(state.errors, state.functions)


def _told(state: State, *, fitted: bool) -> tuple[PinResult, ...]:
    server = state.server.source.value if state.server else ""
    original = state.original or _EMPTY
    gomod = state.gomod or original
    indirect = {each.module.path for each in gomod.requires if each.indirect}
    results = []
    for pin in state.pins:
        if pin.fitted != fitted:
            continue
        before = state.before.get(pin.module)
        excludes = tuple(
            each.version
            for each in new_excludes(original, gomod)
            if each.path == pin.module
        )
        replaced = any(each.old_path == pin.module for each in state.dropped)
        moved = before is None or before.version != pin.version
        if not (moved or excludes or replaced):
            continue
        chains = [
            chain
            for chain in state.overridden.get(pin.module, ())
            if chain[-1].partition("@")[2] in excludes
        ]
        results.append(
            PinResult(
                module=pin.module,
                before=before.version if before else None,
                after=pin.version,
                direct=pin.module not in indirect,
                package=pin.package,
                quoted=pin.quoted,
                round=pin.round,
                source="its own go.mod" if fitted else server,
                excludes=excludes,
                demanded_by=chains[0] if chains else (),
            )
        )
    return tuple(results)


def new_excludes(original: GoMod, gomod: GoMod) -> tuple[ModuleVersion, ...]:
    """List the excludes that the run added."""
    return tuple(each for each in gomod.excludes if each not in original.excludes)


def notes(state: State) -> dict[ModuleVersion, str]:
    """Map each line of go.mod that a pin wrote to its comment."""
    if state.server is None or state.gomod is None:
        return {}
    label = state.server.label
    pinned = [
        ModuleVersion(path=each.module, version=each.after)
        for each in pin_results(state)
    ]
    excluded = new_excludes(state.original or _EMPTY, state.gomod)
    fitted = fit_results(state)
    moved = {each.module for each in fitted}
    return {
        **dict.fromkeys((*pinned, *excluded), label),
        **{
            ModuleVersion(path=each.module, version=each.after): f"{FITS} {label}"
            for each in fitted
        },
        **{each: f"{FITS} {label}" for each in excluded if each.path in moved},
    }


def side_effects(state: State) -> tuple[SideEffect, ...]:
    """List the required modules that moved although nobody pinned them."""
    if state.original is None or state.gomod is None:
        return ()
    pinned = {pin.module for pin in state.pins}
    return tuple(
        SideEffect(module=change.name, before=change.before, after=change.after)
        for change in changes(state.original, state.gomod)
        if change.kind is ChangeKind.REQUIRE and change.name not in pinned
    )


def go_line(state: State) -> tuple[str, str] | None:
    """Return the go line before and after, or None if it stayed."""
    if state.original is None or state.gomod is None:
        return None
    before, after = state.original.go, state.gomod.go
    return None if before == after else (before, after)


def dropped_toolchain(state: State) -> str:
    """Return the toolchain line that was taken out of go.mod, or ""."""
    if state.original is None or state.gomod is None or state.gomod.toolchain:
        return ""
    return state.original.toolchain


def round_results(state: State) -> tuple[RoundResult, ...]:
    """Tell each round with the seconds of its build and of its server."""
    return tuple(_round(record) for record in state.rounds)


def _round(record: RoundRecord) -> RoundResult:
    built = record.built or record.ended
    compared = record.compared if record.compared and record.compared.shared else None
    return RoundResult(
        number=record.number,
        diagnosis=record.diagnosis,
        build_seconds=max(0.0, built - record.began),
        server_seconds=max(0.0, record.ended - built),
        shared=compared.shared if compared else None,
        differing=compared.differing if compared else None,
        differing_modules=tuple(
            dict.fromkeys(
                group.module
                for group in (compared.groups if compared else ())
                if group.cause is Cause.ROOT
            )
        ),
        foretold=compared.foretold if compared else "",
    )


def classic_cost(state: State) -> ClassicCost | None:
    """
    Tell what the classic loop would have cost; None if that is not to be compared.

    It needs a build for each package that the server names, and one that it accepts.
    Without pins both strategies are the same.
    """
    clean = state.ending is not None and state.ending.kind is EndKind.CLEAN
    moved = [pin for pin in pin_results(state) if pin.package]
    if not (clean and moved and state.policy.strategy is Strategy.ALL):
        return None
    last = state.rounds[-1]
    builds = len(moved) + 1
    build_and_check = last.loaded - last.began
    seconds = builds * build_and_check + (last.ended - last.loaded)
    return ClassicCost(builds=builds, seconds=seconds)


_EMPTY = GoMod(module="", go="", toolchain="")
