"""
When code and server cannot be brought together: who needs what, and what to do.

Words for a person, made from the last state of a run and the table of Nakama's
releases, which knows the first release that has what a library asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from autofix.core.compile_errors import CodeOwner
from autofix.core.fitting import limits
from autofix.core.gomod import Change, changes
from autofix.core.model import Ending, EndKind, ModuleVersion
from autofix.core.releases import NAKAMA_COMMON, Release, ReleaseTable
from autofix.core.state import State
from autofix.core.versions import compare
from autofix.core.versionsearch import Needs, Search, eligible, excess

SHOWN = 3
"""Demands named in one sentence; the rest are counted."""


def unfit(state: State) -> Ending:
    """No version of a dependant can be had together with the server."""
    search = _searches(state)[0]
    top, go = _limits(state), state.builder.go if state.builder else ""
    present = search.needs.get(search.present)
    wanted = excess(present, top, go) if present else ()
    library = f"{search.module}@{search.present}"
    lacking = _lacking(state)
    if lacking:
        problem = f"{library} {lacking}"
    elif search.broken:
        problem = f"{library} does not compile against the versions this server has"
    else:
        problem = f"{library} wants a newer Go than this server was built with"
    return Ending(
        kind=EndKind.UNSATISFIABLE,
        words=f"{problem}{_because(wanted, top, go)}. {_no_other(search, top, go)}",
        diagnosis=state.fitting.diagnosis if state.fitting else None,
        chain=(*chain_to(state, library), *_wanted(state, wanted)),
    )


def _lacking(state: State) -> str:
    """Say which package a library imports that a pinned module does not have."""
    facts = state.fitting.diagnosis.facts if state.fitting else {}
    package, module = facts.get("package", ""), facts.get("module", "")
    version = next((pin.version for pin in state.pins if pin.module == module), "")
    if not (version and "importer" in facts):
        return ""
    return (
        f"imports {package}, which {module} does not have at {version}, the version "
        "this server has"
    )


def _wanted(state: State, wanted: tuple[ModuleVersion, ...]) -> tuple[str, ...]:
    """Return the last link of the chain: what cannot be had."""
    if wanted:
        return (str(wanted[0]),)
    facts = state.fitting.diagnosis.facts if state.fitting else {}
    return (facts["package"],) if "importer" in facts else ()


def chain_to(state: State, library: str) -> tuple[str, ...]:
    """Return who requires a library (``path@version``), from the project to it."""
    for chains in state.overridden.values():
        for chain in chains:
            if library in chain[:-1]:
                return chain[: chain.index(library) + 1]
    return (*((state.gomod.module,) if state.gomod else ()), library)


def choices(state: State, table: ReleaseTable) -> tuple[str, ...]:
    """
    List what a user could do about a run that did not end clean, most useful first.

    Each a sentence; none where the diagnosis itself says all there is to say.
    """
    if state.ending is None or state.ending.kind is EndKind.CLEAN:
        return ()
    found = (
        *_about_own_code(state, table),
        *_about_libraries(state, table),
        *_about_folders(state),
    )
    return tuple(dict.fromkeys(found))


def _about_own_code(state: State, table: ReleaseTable) -> Iterator[str]:
    own = [error for error in state.errors if error.owner is CodeOwner.OWN]
    if not own or not state.pins:
        return
    yield "Change the calls listed; the pins are right and stay as they are."
    moved = {change.name: change.before for change in _required_changes(state)}
    before = moved.get(NAKAMA_COMMON, "")
    releases = table.by_nakama_common(before)
    if releases:
        tags = " or ".join(each.tag for each in releases[-2:])
        yield (
            f"Build it for Nakama {tags}, whose nakama-common {before} this code "
            "asks for."
        )
    for pin in state.pins:
        if pin.fitted and compare(moved.get(pin.module, ""), pin.version) > 0:
            yield (
                f"Code that needs {pin.module} {moved[pin.module]} must do with "
                f"{pin.version}, the last version that allows what this server has."
            )


def _about_libraries(state: State, table: ReleaseTable) -> Iterator[str]:
    for search in _searches(state):
        needs = search.needs.get(search.present)
        if needs is None:
            if search.refusal or not search.versions:
                yield (
                    f"Require a version of {search.module} that does with this "
                    "server's modules, if you know one; its versions cannot be listed "
                    "from here."
                )
            continue
        over = excess(needs, _limits(state), state.builder.go if state.builder else "")
        release = first_release_for(needs, table, after=_release_of(state))
        library = f"{search.module} {search.present}"
        if over and release is not None:
            yield (
                f"Move to Nakama {release.tag}, the first release with which {library} "
                f"can be had (Go {release.go}{_has(over, release)})."
            )
        elif over:
            yield (
                f"Wait for a newer Nakama: none up to {table.newest.tag} has all that "
                f"{library} asks for."
            )
        yield (
            f"Do without {search.module} in the plugin: move what needs it into a "
            "service beside the server."
        )


def _about_folders(state: State) -> Iterator[str]:
    for error in state.errors:
        if error.owner is CodeOwner.FOLDER:
            yield (
                f"{error.module} comes from the folder {error.folder}, by a replace: "
                "change it there, or drop the replace so that a version can be chosen."
            )


def first_release_for(
    needs: Needs, table: ReleaseTable, *, after: str
) -> Release | None:
    """
    Return the first release after one (a tag) that has all that a version asks for.

    With ``after`` "" all known releases are looked at; None if there is none.
    """
    for release in table.releases:
        if after and compare(f"v{release.tag}", f"v{after}") <= 0:
            continue
        if not excess(needs, release.modules, release.go):
            return release
    return None


def _no_other(search: Search, top: Mapping[str, str], go: str) -> str:
    """Say why no other version is taken."""
    if search.refusal:
        return f"Its other versions could not be listed: {search.refusal.strip()}"
    candidates = [each for each in eligible(search) if each != search.present]
    if not candidates:
        return "It has no other released version to choose from."
    present = search.needs.get(search.present)
    if present is not None and not excess(present, top, go):
        newer = any(compare(each, search.present) > 0 for each in candidates)
        rest = "no newer version of it fits" if newer else "it is the newest there is"
        return f"It is not too new, as its go.mod asks for nothing above them; {rest}."
    lowest = next((each for each in candidates if search.needs.get(each)), "")
    needs = search.needs.get(lowest)
    if needs is None:
        return "No other version of it fits."
    return f"No version of it fits; {lowest}{_asking(excess(needs, top, go), top, go)}."


def _because(wanted: tuple[ModuleVersion, ...], top: Mapping[str, str], go: str) -> str:
    return f": it{_asking(wanted, top, go)}" if wanted else ""


def _asking(wanted: Iterable[ModuleVersion], top: Mapping[str, str], go: str) -> str:
    wanted = tuple(wanted)
    if not wanted:
        return ""
    named = ", ".join(
        f"{each} (the server has {top.get(each.path, go)})" for each in wanted[:SHOWN]
    )
    rest = f" and {len(wanted) - SHOWN} more" if len(wanted) > SHOWN else ""
    return f" asks for {named}{rest}"


def _has(over: Iterable[ModuleVersion], release: Release) -> str:
    """Name what a release has of the modules that stood in the way."""
    paths = [each.path for each in over if each.path in release.modules]
    return "".join(f", {path} {release.modules[path]}" for path in paths[:SHOWN])


def _release_of(state: State) -> str:
    return state.server.release if state.server else ""


def _limits(state: State) -> dict[str, str]:
    return limits(state.pins, state.server.modules if state.server else {})


def _searches(state: State) -> tuple[Search, ...]:
    return state.fitting.searches if state.fitting else ()


def _required_changes(state: State) -> tuple[Change, ...]:
    if state.original is None or state.gomod is None:
        return ()
    return changes(state.original, state.gomod)
