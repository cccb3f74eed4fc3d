"""From the last state of a run to its result; pure."""

from __future__ import annotations

from autofix.core.gomod import ChangeKind, GoMod, changes
from autofix.core.model import EndKind, ModuleVersion
from autofix.core.state import RoundRecord, State
from autofix.result import PinResult, RoundResult, SideEffect

EXIT_CODES = {
    EndKind.CLEAN: 0,
    EndKind.UNFIXABLE: 1,
    EndKind.UNSATISFIABLE: 1,
    EndKind.NO_PROGRESS: 1,
    EndKind.ROUND_LIMIT: 1,
    EndKind.TIME_LIMIT: 1,
}


def pin_results(state: State) -> tuple[PinResult, ...]:
    """Tell each pin as it stands; pins that changed nothing are left out."""
    original = state.original or _EMPTY
    gomod = state.gomod or original
    indirect = {each.module.path for each in gomod.requires if each.indirect}
    results = []
    for pin in state.pins:
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
        chains = state.overridden.get(pin.module, ())
        results.append(
            PinResult(
                module=pin.module,
                before=before.version if before else None,
                after=pin.version,
                direct=pin.module not in indirect,
                package=pin.package,
                quoted=pin.quoted,
                round=pin.round,
                source=state.server.source.value if state.server else "",
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
    return dict.fromkeys((*pinned, *excluded), label)


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
    return RoundResult(
        number=record.number,
        diagnosis=record.diagnosis,
        build_seconds=max(0.0, built - record.began),
        server_seconds=max(0.0, record.ended - built),
    )


_EMPTY = GoMod(module="", go="", toolchain="")
