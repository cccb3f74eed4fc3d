"""
To which version a module goes that the server does not dictate, and why not further.

The rule is that of dependants (``autofix.core.versionsearch``): a version whose go.mod
asks for no module above what the server links of it, and for no newer Go than the
builder's. Here the highest above the present one is looked for. A new major version is
another module path in Go and asks for other imports, so it is a search of its own
(``autofix.core.majors``), where it is wished for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from autofix.core.observations import Selected
from autofix.core.packages import within
from autofix.core.pinning import is_dictated
from autofix.core.state import State
from autofix.core.versions import compare
from autofix.core.versionsearch import (
    Ask,
    Fits,
    NoneFits,
    Search,
    eligible,
    excess,
    fits,
    highest_fitting,
    is_incompatible,
    is_prerelease,
    is_renamed,
    latest,
)

_MAJOR = re.compile(r"v(\d+)")
_MAJOR_FOLDER = re.compile(r"v\d+")
_GOPKG_MAJOR = re.compile(r"\.v\d+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which modules are to be raised; patterns are those of ``fnmatch`` on paths."""

    only: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    cool_down: float = 0.0
    """Days that a version must have been out."""
    majors: bool = False
    """Whether new majors are looked at too; patterns match either path."""

    def includes_major(self, module: str, path: str) -> bool:
        """Tell whether a module is wished for at the path of a new major."""
        wanted = self.includes(module) or self.includes(path)
        return wanted and not (self.ignores(module) or self.ignores(path))

    def includes(self, module: str) -> bool:
        """Tell whether a module is wished for."""
        wanted = not self.only or any(fnmatchcase(module, each) for each in self.only)
        return wanted and not self.ignores(module)

    def ignores(self, module: str) -> bool:
        """Tell whether a module is to stay, also where another one asks for more."""
        return any(fnmatchcase(module, each) for each in self.ignore)


def raisable(state: State, wish: Wish) -> dict[str, Selected]:
    """
    Map the modules that may be raised to what is selected of them, in order of path.

    Those that the plugin links and the server does not dictate; what a folder or a
    fork stands in for is the project's own and stays.
    """
    server = state.server
    if server is None:
        return {}
    pinned = {pin.module for pin in state.pins}
    return {
        module: selected
        for module, selected in sorted(state.linked.items())
        if module not in pinned
        and selected.replacement is None
        and not is_dictated(module, selected, server)
        and wish.includes(module)
    }


def limits(state: State, free: Iterable[str], wish: Wish) -> dict[str, str]:
    """
    Map modules to the highest version that a raised one may ask for.

    What the server has, unless it is free to be raised, and what is to be left alone.
    """
    left, pinned = frozenset(free), {pin.module for pin in state.pins}
    served = state.server.modules if state.server else {}
    requires = state.gomod.requires if state.gomod else ()
    required = {each.module.path: each.module.version for each in requires}
    return {
        **{path: version for path, version in served.items() if path not in left},
        **{
            path: version
            for path, version in required.items()
            if wish.ignores(path) and path not in pinned
        },
    }


def begun(module: str, selected: Selected, excluded: Iterable[str]) -> Search:
    """Begin to look for the newest version of a module."""
    return Search(
        module=module,
        present=selected.version,
        quoted="",
        broken=False,
        excluded=frozenset(excluded),
    )


def newest(search: Search, bounds: Mapping[str, str], go: str) -> Ask | Fits | NoneFits:
    """Return the next question of a search for the newest version, or its answer."""
    if search.refusal:
        return NoneFits()
    if search.versions is None:
        return Ask()
    last = latest(search.versions)
    if last and last not in search.needs:
        return Ask(versions=(last,))  # it says what is retracted

    def fitting(version: str) -> bool:
        return fits(search, version, bounds, go)

    return highest_fitting(above(search), search.needs, fitting)


def above(search: Search) -> tuple[str, ...]:
    """
    Return the releases above the present version, lowest first.

    Retracted and excluded versions are left out, pre-releases and commits always; of
    versions from before modules (``+incompatible``) only those of the same major.
    """
    return tuple(
        version
        for version in eligible(search)
        if compare(version, search.present) > 0
        and not is_prerelease(version)
        and (not is_incompatible(version) or _is_near(version, search.present))
    )


def between(search: Search, chosen: str) -> tuple[str, ...]:
    """Return the releases between the present version and the one chosen, lowest first."""
    return tuple(each for each in above(search) if compare(each, chosen) < 0)


def barrier(
    search: Search, bounds: Mapping[str, str], go: str, taken: str, wish: Wish
) -> str:
    """Say why nothing above ``taken`` is taken, as far as go.mod files tell; or ""."""
    higher = [each for each in above(search) if compare(each, taken) > 0]
    for version in reversed(higher):
        needs = search.needs.get(version)
        if needs is None:
            continue
        if is_renamed(search.module, needs):
            return f"{version} calls itself {needs.module}, which is another module"
        for each in excess(needs, bounds, go):
            if each.path == "go":
                return f"{version} wants Go {each.version}; the server has Go {go}"
            has = "it is to stay at" if wish.ignores(each.path) else "the server has"
            asked = f"{version} asks for {each.path} {each.version}"
            return f"{asked}; {has} {bounds[each.path]}"
    return ""


def suspects(state: State, modules: Sequence[str]) -> tuple[str, ...]:
    """Return those modules that a failed run speaks of; a guess that may be wrong."""
    ending = state.ending
    diagnosis = ending.diagnosis if ending else None
    said = [each.text for each in state.errors]
    said += [diagnosis.quoted, *diagnosis.facts.values()] if diagnosis else []
    named = {each.module for each in state.errors}
    named |= {each.package for each in state.errors}
    return tuple(
        module
        for module in modules
        if any(within(each, module) for each in named if each)
        or any(module in text or _names(text, module) for text in said)
    )


def _names(text: str, module: str) -> bool:
    """Tell whether a text speaks of a name of the package that the module's path ends in."""
    parts = [each for each in module.split("/") if not _MAJOR_FOLDER.fullmatch(each)]
    name = _GOPKG_MAJOR.sub("", parts[-1])
    return re.search(rf"\b{re.escape(name)}\.\w", text) is not None


def _is_near(version: str, present: str) -> bool:
    return is_incompatible(present) and _major(version) == _major(present)


def _major(version: str) -> str:
    found = _MAJOR.match(version)
    return found[1] if found else ""
