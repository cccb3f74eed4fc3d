"""
Dependants: modules the server does not dictate, and that do not do with its versions.

A dependant is moved on evidence only: the go command or the compiler named it. Each is
searched for a version that fits (``autofix.core.versionsearch``), and what is found
becomes a pin like any other, so that the ladder makes it stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from autofix.core.actions import Consult
from autofix.core.compile_errors import located, parse_errors, unescaped
from autofix.core.gomod import ModEdit
from autofix.core.ladder import required_version
from autofix.core.model import Diagnosis, FailureClass, ModuleVersion, Pin
from autofix.core.observations import Consulted, Failed, Selected
from autofix.core.packages import within
from autofix.core.rounds import identity
from autofix.core.state import Fitting, State
from autofix.core.versionsearch import Ask, Fits, Search, heard, is_pseudo, step


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependant:
    """A module at the version that a failure names, and the line that names it."""

    module: str
    version: str
    quoted: str


def begun(state: State, diagnosis: Diagnosis) -> State | None:
    """
    Begin to look for versions of the dependants that a failure names.

    None if it names none that may be moved: the server's modules stay at the server's
    versions, and what a folder or a fork stands in for is the project's own.
    """
    searches = tuple(
        Search(
            module=each.module,
            present=each.version,
            quoted=each.quoted,
            broken=diagnosis.failure_class is not FailureClass.GO_DIRECTIVE,
            excluded=_excluded(state, each.module),
        )
        for each in dependants(state, diagnosis)
        if _is_movable(state, each.module, each.version)
    )
    if not searches:
        return None
    return replace(state, fitting=Fitting(diagnosis=diagnosis, searches=searches))


def searched(state: State, diagnosis: Diagnosis) -> bool:
    """Tell whether the latest search was begun on this very diagnosis."""
    latest = state.fitting.diagnosis if state.fitting else None
    return latest is not None and identity(latest) == identity(diagnosis)


def dependants(state: State, diagnosis: Diagnosis) -> tuple[Dependant, ...]:
    """Return the modules that a failure names, each once, at the versions present."""
    found: dict[str, Dependant] = {}
    for module, version, quoted in _named(state, diagnosis):
        selected = state.linked.get(module)
        present = (
            version
            or (selected.version if selected else "")
            or (required_version(state.gomod, module) if state.gomod else "")
        )
        if module and present and module not in found:
            found[module] = Dependant(module=module, version=present, quoted=quoted)
    return tuple(found.values())


def with_errors(state: State, seen: Failed, diagnosis: Diagnosis) -> State:
    """Keep the errors of a build that did not compile, for who must change what."""
    if diagnosis.failure_class is not FailureClass.COMPILE:
        return replace(state, errors=(), functions={})
    errors = located(
        parse_errors(line.text for line in seen.evidence.lines),
        state.linked,
        state.gomod.module if state.gomod else "",
    )
    return replace(state, errors=errors, functions=seen.functions)


def question(state: State) -> Consult | None:
    """Return what must be looked up next; None when every search has its answer."""
    for search, answer in _answers(state):
        if isinstance(answer, Ask):
            return Consult(module=search.module, versions=answer.versions)
    return None


def consulted(state: State, seen: Consulted) -> State:
    """Add what was looked up to its search."""
    if state.fitting is None:
        return state
    searches = tuple(
        _with(search, seen) if search.module == seen.module else search
        for search in state.fitting.searches
    )
    return replace(state, fitting=replace(state.fitting, searches=searches))


def fitted(state: State) -> State | None:
    """Pin each dependant at the version found for it; None if none was found."""
    served = state.server.modules if state.server else {}
    fits = {
        search.module: Pin(
            module=search.module,
            version=answer.version,
            package="",
            quoted=search.quoted,
            round=max(1, state.round),
            fitted=search.module not in served,
        )
        for search, answer in _answers(state)
        if isinstance(answer, Fits)
    }
    if not fits:
        return None
    before = dict(state.before)
    for search in state.fitting.searches if state.fitting else ():
        known = state.linked.get(search.module)
        if search.module in fits:
            before.setdefault(search.module, known or Selected(version=search.present))
    kept = tuple(pin for pin in state.pins if pin.module not in fits)
    return replace(state, pins=(*kept, *fits.values()), before=before)


def fitting_edit(state: State) -> ModEdit:
    """
    Require what was fitted, and make room for it.

    A version whose go line is too high keeps the go command from listing and is
    excluded at once, unless the project's own line asked for it. Excludes that only the
    version now left behind made necessary are taken back; the ladder puts back any
    that something else needs too.
    """
    if state.fitting is None or state.gomod is None:
        return ModEdit()
    moved = {
        search.module: search
        for search in state.fitting.searches
        if any(pin.module == search.module for pin in state.pins)
    }
    own = {each.module for each in state.gomod.requires}
    excludes = []
    for search in moved.values():
        left = ModuleVersion(path=search.module, version=search.present)
        if not search.broken and left not in own:
            excludes.append(left)
    return ModEdit(
        requires=tuple(
            ModuleVersion(path=pin.module, version=pin.version)
            for pin in state.pins
            if pin.module in moved
        ),
        excludes=tuple(excludes),
        drop_excludes=tuple(_spared(state, moved)),
    )


def limits(pins: Iterable[Pin], served: Mapping[str, str]) -> dict[str, str]:
    """Map modules to the highest version that a dependant may ask for."""
    return {**{pin.module: pin.version for pin in pins if pin.fitted}, **served}


def _answers(state: State) -> Iterator[tuple[Search, object]]:
    """Pair each search with its next question or answer; earlier answers limit later ones."""
    if state.fitting is None or state.server is None or state.builder is None:
        return
    bounds = limits(state.pins, state.server.modules)
    for search in state.fitting.searches:
        served = state.server.modules.get(search.module, "")
        # Not pinned so far, because it shares no package: the server's version is
        # known to do with the server's others.
        known = served or _beside_its_part(state, search)
        answer = (
            Fits(version=known) if known else step(search, bounds, state.builder.go)
        )
        yield search, answer
        if isinstance(answer, Ask):
            return
        if isinstance(answer, Fits):
            bounds[search.module] = answer.version


def _beside_its_part(state: State, search: Search) -> str:
    """
    Return the commit at which a module was split off another, "" if that says none.

    A repository without tags has the same pseudo-version for both (observed with
    google.golang.org/genproto and its part googleapis/rpc).
    """
    diagnosis = state.fitting.diagnosis if state.fitting else None
    part = diagnosis.facts.get("module", "") if diagnosis else ""
    if state.server is None or not part.startswith(f"{search.module}/"):
        return ""
    version = state.server.modules.get(part, "")
    return version if is_pseudo(version) else ""


def _with(search: Search, seen: Consulted) -> Search:
    if seen.refusal:
        return replace(search, refusal=seen.refusal)
    if search.versions is None:
        return replace(search, versions=seen.versions)
    return heard(search, seen.asked, seen.needs)


def _named(state: State, diagnosis: Diagnosis) -> Iterator[tuple[str, str, str]]:
    """Yield module, version ("" if not said) and line of what a failure names."""
    facts, quoted = diagnosis.facts, diagnosis.quoted
    if importer := facts.get("importer", ""):
        module, _, version = importer.partition("@")
        yield unescaped(module), version, quoted
        return
    if diagnosis.failure_class is FailureClass.GO_DIRECTIVE:
        module = facts.get("module", "") or owner(facts.get("package", ""), state)
        yield module, facts.get("version", ""), quoted
        return
    for error in state.errors:
        if error.module:
            yield error.module, error.version, error.quoted


def owner(package: str, state: State) -> str:
    """Return the linked module that a package is of, or ""."""
    return max(
        (module for module in state.linked if within(package, module)),
        key=len,
        default="",
    )


def _excluded(state: State, module: str) -> frozenset[str]:
    excludes = state.gomod.excludes if state.gomod else ()
    return frozenset(each.version for each in excludes if each.path == module)


def _is_movable(state: State, module: str, version: str) -> bool:
    """Tell whether a module is not pinned to the server's, nor the project's own."""
    if state.server is None or state.gomod is None or module == state.gomod.module:
        return False
    if state.server.modules.get(module) == version:
        return False
    if any(pin.module == module and not pin.fitted for pin in state.pins):
        return False
    return not any(
        each.old_path == module and (each.is_folder or each.new_path != module)
        for each in state.gomod.replaces
    )


def _spared(state: State, moved: Mapping[str, Search]) -> Iterator[ModuleVersion]:
    """Yield this run's excludes that only a version now left behind asked for."""
    if state.gomod is None or state.original is None:
        return
    present = set(state.gomod.excludes) - set(state.original.excludes)
    left = {f"{path}@{search.present}" for path, search in moved.items()}
    for chains in state.overridden.values():
        for chain in chains:
            path, _, version = chain[-1].partition("@")
            excluded = ModuleVersion(path=path, version=version)
            if excluded in present and left.intersection(chain[:-1]):
                yield excluded
