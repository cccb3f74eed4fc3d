"""
Random worlds of dependants: modules the server lacks, over modules it has.

Versions of a dependant ask for more as they get newer, as real ones do: for newer
shared modules, for newer versions of each other, for a newer Go; and each compiles with
a range of what it imports that moves upwards too. Some ask for more than they need.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from random import Random

from tests.core.simulated import (
    GO_MINOR,
    Node,
    Source,
    Universe,
    Version,
    compile_error,
    named_first,
    reached,
    select,
)

SHARED = tuple(f"example.com/shared{index}" for index in range(3))
DEPENDANTS = tuple(f"example.com/dependant{index}" for index in range(3))
NEWEST_SHARED = 4
NEWEST = 5


def world(seed: int, *, chained: bool) -> Universe:
    """Make the world of a seed; ``chained`` dependants ask for each other too."""
    dice = Random(seed)
    sources: dict[Node, Source] = {
        (module, version): _shared(dice, module)
        for module in SHARED
        for version in range(1, NEWEST_SHARED + 1)
    }
    for index, module in enumerate(DEPENDANTS):
        others = DEPENDANTS[index + 1 :] if chained else ()
        sources.update(_versions(dice, module, others))
    imported = [each for each in DEPENDANTS if dice.random() < 0.7]
    requires = {each: dice.randint(1, NEWEST) for each in imported}
    requires |= {
        each: dice.randint(1, NEWEST_SHARED) for each in SHARED if dice.random() < 0.6
    }
    selected = select(sources, requires, frozenset(), {})
    return Universe(
        sources=sources,
        project=Source(
            requires={module: selected[module] for module in requires},
            imports=frozenset(requires),
            needs={
                each: dice.randint(1, requires[each])
                for each in imported
                if dice.random() < 0.2
            },
        ),
        replaces={},
        server=Source(
            requires={each: dice.randint(1, NEWEST_SHARED) for each in SHARED},
            imports=frozenset(SHARED),
        ),
        patched=frozenset(),
    )


def _shared(dice: Random, module: str) -> Source:
    imports = [each for each in SHARED if each > module and dice.random() < 0.2]
    return Source(requires=dict.fromkeys(imports, 1), imports=frozenset(imports))


def _versions(
    dice: Random, module: str, others: tuple[str, ...]
) -> Mapping[Node, Source]:
    """Make all versions of a dependant; what they ask for only grows."""
    imports = [each for each in SHARED if dice.random() < 0.6]
    imports += [each for each in others if dice.random() < 0.4]
    tops = {each: NEWEST if each in others else NEWEST_SHARED for each in imports}
    asked = {each: _growing(dice, tops[each]) for each in imports}
    breaks = {
        each: _growing(dice, tops[each] + 1, least=2)
        for each in imports
        if each in SHARED and dice.random() < 0.4
    }
    newer_go = dice.randint(2, NEWEST) if dice.random() < 0.3 else NEWEST + 1
    found = {}
    for version in range(1, NEWEST + 1):
        requires = {each: asked[each][version - 1] for each in imports}
        found[module, version] = Source(
            requires=requires,
            imports=frozenset(imports),
            needs={
                each: wanted for each, wanted in requires.items() if dice.random() < 0.7
            },
            breaks={
                each: max(limits[version - 1], requires[each] + 1)
                for each, limits in breaks.items()
            },
            go=GO_MINOR + 1 if version >= newer_go else GO_MINOR - 1,
        )
    return found


def _growing(dice: Random, top: int, *, least: int = 1) -> list[Version]:
    return sorted(dice.randint(least, top) for _ in range(NEWEST))


def fitting_solutions(universe: Universe) -> Iterator[Mapping[str, Version]]:
    """
    Try every way to move dependants to versions that fit, with all shared ones pinned.

    Yields the dependants moved and their versions wherever the server then accepts the
    plugin. A version fits if it asks for no shared module above the server's, no moved
    dependant above its version, and no newer Go; what is not moved stays as it was.
    """
    served = universe.served()
    present = select(
        universe.sources, universe.project.requires, frozenset(), universe.replaces
    )
    for versions in itertools.product(range(NEWEST + 1), repeat=len(DEPENDANTS)):
        moved = {
            module: version
            for module, version in zip(DEPENDANTS, versions, strict=True)
            if version and module in present
        }
        limits = {**served, **moved}
        if not all(fits(universe.sources[node], limits) for node in moved.items()):
            continue
        stay = {
            module: version
            for module, version in present.items()
            if module in DEPENDANTS and module not in moved
        }
        if _accepted(universe, served, moved, stay):
            yield moved


def fits(source: Source, limits: Mapping[str, Version]) -> bool:
    """Tell whether a version asks for nothing above the limits."""
    return source.go <= GO_MINOR and all(
        version <= limits.get(module, version)
        for module, version in source.requires.items()
    )


def _accepted(
    universe: Universe,
    served: Mapping[str, Version],
    moved: Mapping[str, Version],
    stay: Mapping[str, Version],
) -> bool:
    """Tell whether the server accepts the plugin with exactly these versions."""
    sources = universe.sources
    pins = {**served, **moved}
    excludes = frozenset(
        node for node in sources if node[0] in pins and node[1] > pins[node[0]]
    )
    requires = {**universe.project.requires, **moved}
    requires = {each: pins.get(each, requires[each]) for each in requires}
    for _ in pins:  # a pin may bring in a module that is to be pinned
        selected = select(sources, requires, excludes, {})
        requires |= {each: pins[each] for each in pins if each in selected}
    selected = select(sources, requires, excludes, {})
    nodes = reached(sources, requires, excludes, {})
    return (
        all(selected.get(each, version) == version for each, version in stay.items())
        and all(sources[node].go <= GO_MINOR for node in nodes)
        and compile_error(universe, selected, {}) is None
        and named_first(universe, selected, {}) is None
    )
