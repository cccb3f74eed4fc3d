"""
Which version of a dependant does with what the server has: one rule, bisected.

A version fits if its own go.mod asks for no module above what the server links of it
(nor above what another dependant was fitted to), and its go line is at most the
builder's Go. The highest one that fits is taken: first among versions below the
present one; if the present one fits already and yet does not compile, among those
above it. Only go.mod files are asked for, a few at a time, so that the search is a
pure function of what is known: ``step`` names the next question or the answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from autofix.core.model import ModuleVersion
from autofix.core.modtext import statements
from autofix.core.versions import compare, compare_go, highest, in_order, is_version

_PSEUDO = re.compile(r"[-.]\d{14}-[0-9a-f]{12}(?:\+|$)")

PROBES = 3
"""
go.mod files asked for at a time.

One go command that reads three costs little more than one that reads one (0.14 s and
0.10 s cold), and leaves a quarter of the versions instead of half.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """
    What the go.mod of one version asks for; ``go`` is "" without a go line.

    ``module`` is what it calls itself, "" if nothing. ``retracts`` are ranges of
    versions, both ends included, that it takes back.
    """

    module: str = ""
    go: str = ""
    requires: Mapping[str, str] = field(default_factory=dict)
    retracts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """
    What is known so far of the versions of a dependant.

    ``present`` is the version that does not fit, ``quoted`` the line that shows it,
    ``broken`` whether that line is a failed compilation (else its go line is too high).
    ``excluded`` are versions that go.mod excludes, ``versions`` those listed, None until they are; ``needs`` what their go.mod
    files ask for, None where one cannot be had; ``refusal`` is what the go command said
    when it could not list them.
    """

    module: str
    present: str
    quoted: str
    broken: bool
    excluded: frozenset[str] = frozenset()
    versions: tuple[str, ...] | None = None
    needs: Mapping[str, Needs | None] = field(default_factory=dict)
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """The go.mod files of these versions are needed; none: the list of versions is."""

    versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fits:
    """The highest version that fits, of those the rule looks at."""

    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoneFits:
    """No version that the rule may take fits."""


def step(search: Search, limits: Mapping[str, str], go: str) -> Ask | Fits | NoneFits:
    """
    Return the next question of a search, or its answer.

    ``limits`` maps modules to the highest version that may be asked for, ``go`` is the
    builder's. Every question is new, so that a search ends.
    """
    if search.refusal:
        return NoneFits()
    if search.versions is None:
        return Ask()
    first = {latest(search.versions), search.present} - {"", *search.needs}
    if first:
        return Ask(versions=tuple(in_order(first)))

    def fitting(version: str) -> bool:
        return fits(search, version, limits, go)

    candidates = eligible(search)
    order = [compare(version, search.present) for version in candidates]
    below = [one for one, place in zip(candidates, order, strict=True) if place < 0]
    above = [one for one, place in zip(candidates, order, strict=True) if place > 0]
    ranges = (above,) if fitting(search.present) else (below, above)
    for versions in ranges:
        found = highest_fitting(versions, search.needs, fitting)
        if not isinstance(found, NoneFits):
            return found
    return NoneFits()


def fits(search: Search, version: str, limits: Mapping[str, str], go: str) -> bool:
    """Tell whether a version whose go.mod is known would do."""
    needs = search.needs[version]
    if needs is None or is_renamed(search.module, needs):
        return False
    return not excess(needs, limits, go)


def is_renamed(module: str, needs: Needs) -> bool:
    """
    Tell whether a version calls itself by another path than it is required by.

    Go refuses that: "module declares its path as" (observed with Go 1.26.5 and
    github.com/google/cel-go v0.32.0, which is cel.dev/cel-go).
    """
    return needs.module not in ("", module)


def heard(
    search: Search, asked: Iterable[str], needs: Mapping[str, Needs | None]
) -> Search:
    """Add go.mod files to a search; what was asked for and did not come is missing."""
    answers = {version: needs.get(version) for version in asked}
    return replace(search, needs={**search.needs, **answers})


def excess(
    needs: Needs, limits: Mapping[str, str], go: str
) -> tuple[ModuleVersion, ...]:
    """
    List what a version asks for above the limits; nothing if it fits.

    A go line above the builder's Go comes first, as the module ``go``.
    """
    line = ModuleVersion(path="go", version=needs.go)
    return (
        *((line,) if needs.go and go and compare_go(needs.go, go) > 0 else ()),
        *(
            ModuleVersion(path=path, version=version)
            for path, version in sorted(needs.requires.items())
            if path in limits and compare(version, limits[path]) > 0
        ),
    )


def eligible(search: Search) -> tuple[str, ...]:
    """
    Return the versions that Go itself would take, lowest first.

    Pre-releases are left out unless the present version is one or there is nothing
    else, and so are versions from before modules (``+incompatible``); what the latest
    version's go.mod retracts, or the project's excludes, is left out always.
    """
    listed = search.versions or ()
    newest = search.needs.get(latest(listed))
    kept = [
        version
        for version in listed
        if version not in search.excluded
        and (newest is None or not _is_retracted(version, newest.retracts))
    ]
    for is_odd in (is_prerelease, is_incompatible):
        if not is_odd(search.present) or is_pseudo(search.present):
            kept = [version for version in kept if not is_odd(version)] or kept
    return tuple(in_order(kept))


def parse_needs(text: str) -> Needs:
    """Read the text of a dependency's go.mod as Go does: what is odd is passed over."""
    module, go = "", ""
    requires: dict[str, str] = {}
    retracts: list[tuple[str, str]] = []
    for each in statements(text):
        match each.verb, each.words:
            case "module", (path,):
                module = path
            case "go", (version,):
                go = version
            case "require", (path, version) if is_version(version):
                requires[path] = highest((requires.get(path, ""), version))
            case "retract", (version,):
                retracts.append((version, version))
            case "retract", ("[", low, ",", high, "]"):
                retracts.append((low, high))
    return Needs(module=module, go=go, requires=requires, retracts=tuple(retracts))


def highest_fitting(
    versions: Sequence[str],
    needs: Mapping[str, Needs | None],
    fitting: Callable[[str], bool],
) -> Ask | Fits | NoneFits:
    """Look for the highest version that fits, between one that does and one not."""
    known = {at: fitting(each) for at, each in enumerate(versions) if each in needs}
    low = max((at for at, fits in known.items() if fits), default=-1)
    high = min((at for at in known if at > low), default=len(versions))
    if high == low + 1:
        return Fits(version=versions[low]) if low >= 0 else NoneFits()
    # The highest of all is asked first: often nothing stands against it.
    parts = PROBES if high == len(versions) else PROBES + 1
    last = high - 1 if high == len(versions) else high
    places = {low + (last - low) * part // parts for part in range(1, PROBES + 1)}
    return Ask(versions=tuple(versions[at] for at in sorted(places) if low < at < high))


def latest(versions: Iterable[str]) -> str:
    """Return the version whose go.mod Go reads retractions from, or ""."""
    listed = tuple(versions)
    return highest(each for each in listed if not is_prerelease(each)) or highest(
        listed
    )


def _is_retracted(version: str, retracts: Iterable[tuple[str, str]]) -> bool:
    return any(
        compare(low, version) <= 0 <= compare(high, version) for low, high in retracts
    )


def is_prerelease(version: str) -> bool:
    """Tell whether a version is a pre-release, or a commit without a tag."""
    return "-" in version.partition("+")[0]


def is_pseudo(version: str) -> bool:
    """Tell whether a version is a commit without a tag: it ends in a time and a hash."""
    return _PSEUDO.search(version) is not None


def is_incompatible(version: str) -> bool:
    """Tell whether a version is of a time before its repository was a module."""
    return version.endswith("+incompatible")
