"""
The ladder: which edit of go.mod makes every pin stand.

Rung 1 requires the version, rung 2 drops a ``replace`` that defeats it, or an
``exclude`` that an earlier run left for another Nakama, rung 3 excludes exactly the
higher versions that minimal version selection would take instead. Each rung is read back from the go command before the next is chosen, so
``next_rung`` is a function of what was read. ``go get`` is not a rung: it moves
dependants along and looks at versions nobody asked for (observed, Go 1.21 to 1.26).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from autofix.core.gomod import GoMod, ModEdit, Replacement
from autofix.core.model import ModuleVersion, Pin
from autofix.core.observations import Demand, Edited, Selected
from autofix.core.versions import compare, compare_go

FIRST_THAT_DROPS = "1.16"
"""
The first Go for which a requirement on an excluded version does not count.

Earlier ones take the next higher version, and refuse where there is none ("depends on
excluded … with no newer version available", observed with 1.15.15).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stands:
    """Every pin reads back at its version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """The next edit to try, and what it does in words."""

    edit: ModEdit
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forbidden:
    """No rung is left for ``pin``; ``chain`` leads to what forbids it."""

    pin: Pin
    words: str
    chain: tuple[str, ...] = ()


def next_rung(
    pins: Iterable[Pin], edited: Edited, go: str = ""
) -> Stands | Rung | Forbidden:
    """
    Choose the edit that moves all pins towards standing, or say that none does.

    ``go`` is the builder's release, "" for one that drops excluded requirements.
    """
    requires: list[ModuleVersion] = []
    excludes: list[ModuleVersion] = []
    replaces: list[Replacement] = []
    outdated: list[ModuleVersion] = []
    reasons: list[str] = []
    for pin in pins:
        selected = edited.selected.get(pin.module)
        if selected is None:
            continue  # nothing requires it any more, so it is not linked
        wanted = ModuleVersion(path=pin.module, version=pin.version)
        if wanted in edited.own_excludes:
            outdated.append(wanted)
            requires.append(wanted)
            reasons.append(f"require {wanted}, which an earlier run excluded")
            continue
        if wanted in edited.gomod.excludes:
            return Forbidden(
                pin=pin,
                words=f"go.mod itself excludes {pin.module} {pin.version}, "
                "the version the server has.",
            )
        defeating = defeating_replacement(pin, selected)
        if defeating is not None:
            replaces.append(defeating)
            reasons.append(f"drop the replace of {pin.module}")
        order = compare(selected.version, pin.version)
        if order == 0:
            continue
        if order < 0:
            if required_version(edited.gomod, pin.module) == pin.version:
                return _forbidden(pin, selected, edited.demands)
            requires.append(wanted)
            reasons.append(f"require {wanted}")
            continue
        higher = _higher(pin, selected, edited)
        if not higher and required_version(edited.gomod, pin.module) == pin.version:
            return _forbidden(pin, selected, edited.demands)
        if higher and go and compare_go(go, FIRST_THAT_DROPS) < 0:
            return _forbidden(pin, selected, edited.demands, go=go)
        requires.append(wanted)
        excludes.extend(higher)
        reasons.append(
            f"require {wanted}"
            + "".join(f", exclude {version.version}" for version in higher)
        )
    if not (requires or excludes or replaces):
        return Stands()
    return Rung(
        edit=ModEdit(
            requires=tuple(requires),
            excludes=tuple(excludes),
            drop_replaces=tuple(replaces),
            drop_excludes=tuple(outdated),
        ),
        why="; ".join(reasons),
    )


def defeating_replacement(pin: Pin, selected: Selected) -> Replacement | None:
    """
    Return the ``replace`` that keeps a pin from reaching the server's content.

    A replacement by another version or fork is defeating even where the required
    version is right, because other source is compiled. A folder is the project's
    own fork: it is never dropped, only reported.
    """
    replacement = selected.replacement
    if replacement is None or replacement.is_folder:
        return None
    same = replacement.new_path == pin.module and replacement.new_version == pin.version
    return None if same else replacement


def stands(pin: Pin, selected: Selected) -> bool:
    """Tell whether what is selected is the pin's version, and no other content."""
    return (
        selected.version == pin.version and defeating_replacement(pin, selected) is None
    )


def required_version(gomod: GoMod, module: str) -> str:
    """Return the version go.mod itself requires of a module, or ""."""
    for requirement in gomod.requires:
        if requirement.module.path == module:
            return requirement.module.version
    return ""


def _higher(pin: Pin, selected: Selected, edited: Edited) -> tuple[ModuleVersion, ...]:
    """
    List the versions above the pin that something else requires, lowest first.

    The version go.mod's own require line asks for needs no exclude: the line is
    rewritten. Where nothing else is seen to ask, the selected version is excluded,
    because then a requirement the graph does not show holds it up.
    """
    excluded = set(edited.gomod.excludes)
    own = required_version(edited.gomod, pin.module)
    found = {
        demand.module
        for demand in edited.demands
        if demand.module.path == pin.module
        and len(demand.chain) > 1
        and compare(demand.module.version, pin.version) > 0
    }
    if not found and compare(own, pin.version) <= 0:
        found = {ModuleVersion(path=pin.module, version=selected.version)}
    return tuple(sorted(found - excluded, key=lambda module: _Ordered(module.version)))


def _forbidden(
    pin: Pin, selected: Selected, demands: tuple[Demand, ...], *, go: str = ""
) -> Forbidden:
    chain = next(
        (
            (*demand.chain, str(demand.module))
            for demand in demands
            if demand.module.path == pin.module
            and demand.module.version == selected.version
        ),
        (),
    )
    if go:
        asks = chain[-2] if len(chain) > 1 else "a module"
        return Forbidden(
            pin=pin,
            words=f"{asks} asks for {pin.module} {selected.version}, the server has "
            f"{pin.version}, and its Go {go} knows no way to override that: where a "
            "version is excluded it takes the next higher one. Use a version of "
            f"{asks.partition('@')[0]} that does with {pin.module} {pin.version}.",
            chain=chain,
        )
    return Forbidden(
        pin=pin,
        words=f"{pin.module} stays at {selected.version} although go.mod asks for "
        f"{pin.version}, the version the server has.",
        chain=chain,
    )


class _Ordered:
    """A version as a sort key."""

    __slots__ = ("version",)

    def __init__(self, version: str) -> None:
        self.version = version

    def __lt__(self, other: _Ordered) -> bool:
        return compare(self.version, other.version) < 0
