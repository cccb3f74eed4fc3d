"""
Which modules become pins, and the edits that come before the ladder's first rung.

Everything here is decided from the state alone; ``autofix.core.ladder`` then climbs
on what the go command reads back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from autofix.core.comments import EXCLUDE
from autofix.core.compare import Cause
from autofix.core.golines import GoLineEdit, lowered
from autofix.core.gomod import ModEdit
from autofix.core.ladder import (
    Forbidden,
    Rung,
    Stands,
    next_rung,
    required_version,
    stands,
)
from autofix.core.model import (
    Answer,
    Diagnosis,
    FailureClass,
    ModuleVersion,
    Pin,
    ServerFacts,
)
from autofix.core.observations import Compared, Edited, Selected
from autofix.core.state import State
from autofix.core.versions import compare, compare_go, go_line, highest

_NOT_AS_IT_IS = (FailureClass.GO_DIRECTIVE, FailureClass.MODULE_FETCH)
"""Classes that speak of a module's present version: no go command gets past it."""


def pinned(state: State, diagnosis: Diagnosis) -> State | None:
    """
    Add the pin that a diagnosis asks for; None if there is none, or it is there.

    Besides the server's own demand, a library that wants a newer Go, or cannot be had
    at its present version, is pinned where the server links it too: the server's
    version is known to do with its Go, and to exist. What was selected of such a
    library is noted now, because nothing can be listed before it is edited.
    """
    module = diagnosis.facts.get("module", "")
    version = state.server.modules.get(module, "") if state.server else ""
    if state.server is None or not version:
        return None
    if module in {pin.module for pin in state.pins}:
        return state if _stands_in_the_way(state, diagnosis) else None
    before = dict(state.before)
    if diagnosis.answer is not Answer.PIN:
        fits = diagnosis.facts.get("version", "") == version
        if diagnosis.failure_class not in _NOT_AS_IT_IS or fits:
            return None
        known = state.linked.get(module)
        found = known.version if known else highest(_asked_for(state, diagnosis))
        if found:
            before[module] = known or Selected(version=found)
    package = diagnosis.facts.get("package", "")
    pin = _pin(state, state.server, module, package, diagnosis.quoted)
    return replace(state, pins=(*state.pins, pin), before=before)


def _pin(
    state: State, server: ServerFacts, module: str, package: str, quoted: str
) -> Pin:
    """Pin a module to the server's version, in the round that demands it."""
    return Pin(
        module=module,
        version=server.modules[module],
        package=package,
        quoted=quoted,
        round=max(1, state.round),
    )


def aligned(state: State, quoted: str = "") -> State | None:
    """
    Pin every linked module that the server has at another version, at once.

    The plan of strategy ``all``, and of the other one the way out where one pin at a
    time is stuck: code that does not compile halfway between two sets of versions, or
    a package that is linked only because another module is too new. ``quoted`` is the
    line that led here, "" if the pins are predicted. None if nothing is left to align.
    """
    if state.server is None:
        return None
    present = {pin.module for pin in state.pins}
    candidates = (
        _alignment(module, selected, state, quoted)
        for module, selected in sorted(state.linked.items())
        if module in state.server.modules and module not in present
    )
    pins = (
        *(
            pin
            for pin in candidates
            if pin is not None and not stands(pin, state.linked[pin.module])
        ),
        *_split(state, quoted),
    )
    return replace(state, pins=(*state.pins, *pins)) if pins else None


def dictated(state: State) -> Iterator[ModuleVersion]:
    """
    Yield the linked modules that must be as the server has them, in order.

    Where the packages of either side are not known, a module counts that both have.
    """
    for module, selected in sorted(state.linked.items()):
        if state.server and module in state.server.modules:
            pin = _alignment(module, selected, state, "")
            if pin is not None:
                yield ModuleVersion(path=module, version=pin.version)


def _split(state: State, quoted: str) -> Iterator[Pin]:
    """
    Pin the modules from which the server has packages that the plugin has from others.

    A module can be split: ``google.golang.org/genproto/googleapis/rpc`` was part of
    ``google.golang.org/genproto`` before. Both at once are an ambiguous import, which
    the go command says next.
    """
    server = state.server
    if server is None:
        return
    known = {*state.linked, *(pin.module for pin in state.pins)}
    for module, selected in sorted(state.linked.items()):
        for package in selected.packages:
            home = server.packages.get(package, module)
            if home in known or home not in server.modules:
                continue
            known.add(home)
            predicted = (
                f"go list: plugin and server both link {package}, the plugin from "
                f"{module}"
            )
            yield _pin(state, server, home, package, quoted or predicted)


def differing(state: State, seen: Compared) -> State | None:
    """
    Pin the modules that the built plugin has at another version than the server.

    None if there is none, or if the go command already selects the server's version:
    then only the server can tell what is wrong.
    """
    if state.server is None:
        return None
    present = {pin.module for pin in state.pins}
    pins = tuple(
        _pin(
            state,
            state.server,
            group.module,
            group.packages[0],
            f"compare: {group.packages[0]} differs, the plugin has it of "
            f"{group.module} {group.plugin}",
        )
        for group in seen.groups
        if group.cause is Cause.ROOT
        and group.module in state.server.modules
        and group.module not in present
    )
    pins = tuple(
        pin
        for pin in pins
        if pin.module not in state.linked or not stands(pin, state.linked[pin.module])
    )
    return replace(state, pins=(*state.pins, *pins)) if pins else None


def _alignment(
    module: str, selected: Selected, state: State, quoted: str
) -> Pin | None:
    """Pin a linked module as the server has it, unless no package of it is in both."""
    server = state.server
    if server is None or not is_dictated(module, selected, server):
        return None
    shared = [each for each in selected.packages if each in server.packages]
    package = shared[0] if shared else ""
    predicted = (
        f"go list: plugin and server both link {package}"
        if package
        else f"go list: the plugin links {module}, and so does the server"
    )
    return _pin(state, server, module, package, quoted or predicted)


def is_dictated(module: str, selected: Selected, server: ServerFacts) -> bool:
    """
    Tell whether the server dictates the version of a module that the plugin links.

    Versions of a module may differ as long as each side links other packages of it:
    six of 33 real plugins were like that.
    """
    if server.packages and selected.packages:
        return any(each in server.packages for each in selected.packages)
    return module in server.modules


def climb(state: State, seen: Edited) -> Stands | Rung | Forbidden:
    """Choose the next rung for the pins, for the builder's Go."""
    return next_rung(state.pins, seen, state.builder.go if state.builder else "")


def first_rung(state: State) -> tuple[State, Rung] | None:
    """
    Choose the first rung from a listing of go.mod as it stands; None if it cannot be.

    Who else asks for a pinned module is not in a listing: that is only looked at
    where this rung leaves one above its pin.
    """
    gomod = state.gomod
    if gomod is None or any(pin.module not in state.linked for pin in state.pins):
        return None
    own = frozenset(mark.module for mark in state.marks if mark.verb == EXCLUDE)
    seen = Edited(
        gomod=gomod,
        selected=state.linked,
        own_excludes=own.intersection(gomod.excludes),
    )
    step = climb(state, seen)
    if not isinstance(step, Rung):
        return None
    return climbed(replace(state, before=before(state, seen)), step, seen), step


def before(state: State, seen: Edited) -> dict[str, Selected]:
    """Map each pinned module to what was selected of it before its pin."""
    return {
        **{
            pin.module: seen.selected[pin.module]
            for pin in state.pins
            if pin.module in seen.selected
        },
        **state.before,
    }


def climbed(state: State, rung: Rung, seen: Edited) -> State:
    """Remember what a rung overrides, so that the result can say who wanted more."""
    overridden = dict(state.overridden)
    for version in rung.edit.excludes:
        chains = tuple(
            (*demand.chain, str(demand.module))
            for demand in seen.demands
            if demand.module == version
        )
        overridden[version.path] = (*overridden.get(version.path, ()), *chains)
    return replace(
        state,
        overridden=overridden,
        dropped=(*state.dropped, *rung.edit.drop_replaces),
        rungs=state.rungs + 1,
    )


def blind_edit(state: State, diagnosis: Diagnosis) -> ModEdit:
    """
    Require the pin of the module named and exclude the version that keeps go from listing.

    While a module wants a newer Go every command but ``go mod edit`` fails, so the
    module graph cannot be asked first (observed with Go 1.21 to 1.26).
    """
    module = diagnosis.facts.get("module", "")
    pin = next(pin for pin in state.pins if pin.module == module)
    own, named = _asked_for(state, diagnosis)
    wanted = ModuleVersion(path=pin.module, version=pin.version)
    too_high = named != own and compare(named, pin.version) > 0
    excludes = (ModuleVersion(path=pin.module, version=named),) if too_high else ()
    return ModEdit(requires=(wanted,), excludes=excludes)


def go_line_edit(state: State) -> ModEdit:
    """Bring go.mod's go and toolchain lines down to the builder's Go."""
    if state.gomod is None or state.builder is None:
        return ModEdit()
    gomod, go = state.gomod, state.builder.go
    lower = bool(gomod.go) and compare_go(gomod.go, go) > 0
    drop = bool(gomod.toolchain) and compare_go(gomod.toolchain, go) > 0
    return ModEdit(go=go_line(go) if lower else "", drop_toolchain=drop)


def go_lines_beside(state: State) -> tuple[GoLineEdit, ...]:
    """Bring other files' go lines down where the builder's Go refuses to read them."""
    return lowered(state.beside, state.builder.go) if state.builder else ()


def _stands_in_the_way(state: State, diagnosis: Diagnosis) -> bool:
    """Tell whether a version above a pin keeps go from listing, and can be excluded."""
    if diagnosis.failure_class is not FailureClass.GO_DIRECTIVE or state.gomod is None:
        return False
    named = ModuleVersion(
        path=diagnosis.facts.get("module", ""),
        version=diagnosis.facts.get("version", ""),
    )
    above = any(
        pin.module == named.path and compare(named.version, pin.version) > 0
        for pin in state.pins
    )
    return above and named not in state.gomod.excludes


def _asked_for(state: State, diagnosis: Diagnosis) -> tuple[str, str]:
    """Return the versions of a named module: go.mod's own, and the one named."""
    module = diagnosis.facts.get("module", "")
    own = required_version(state.gomod, module) if state.gomod else ""
    return own, diagnosis.facts.get("version", "")
