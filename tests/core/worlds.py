"""
Random universes for the simulated world.

``universes`` lets hypothesis shrink a failing world to its core; ``seeded`` is fifty
times faster, for the thousands that are to be seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random

from hypothesis import strategies as st

from tests.core.simulated import VERSIONS_OF, Node, Source, Universe, Version, select

MODULES = 6
VERSIONS = VERSIONS_OF


def name(index: int) -> str:
    """Name a module; the first ones look like what Nakama really links."""
    return f"example.com/m{index}"


@st.composite
def sources(draw: st.DrawFn, index: int) -> Source:
    """Draw one module version: it imports only later modules, as Go has no cycles."""
    requires: dict[str, Version] = {}
    imports: set[str] = set()
    needs: dict[str, Version] = {}
    for other in range(MODULES):
        if other == index or draw(st.integers(0, 3)):
            continue
        wanted = draw(st.integers(1, VERSIONS))
        requires[name(other)] = wanted
        if other > index and draw(st.booleans()):
            imports.add(name(other))
            if not draw(st.integers(0, 5)):
                needs[name(other)] = wanted
    return Source(requires=requires, imports=frozenset(imports), needs=needs)


@st.composite
def roots(draw: st.DrawFn, *, needs_some: bool) -> Source:
    """Draw a main module: the plugin's, or the server's."""
    requires: dict[str, Version] = {}
    imports: set[str] = set()
    needs: dict[str, Version] = {}
    for index in range(MODULES):
        if not draw(st.booleans()):
            continue
        requires[name(index)] = draw(st.integers(1, VERSIONS))
        if draw(st.integers(0, 3)):
            imports.add(name(index))
            if needs_some and not draw(st.integers(0, 11)):
                needs[name(index)] = requires[name(index)]
    return Source(requires=requires, imports=frozenset(imports), needs=needs)


def _consistent(
    project: Source,
    versions: Mapping[Node, Source],
    replaces: Mapping[str, Version],
    stale: frozenset[Node],
) -> Source:
    """Raise the require lines to what is selected, as the go command insists."""
    selected = select(versions, project.requires, stale, replaces)
    return replace(
        project, requires={module: selected[module] for module in project.requires}
    )


def _left_by_an_earlier_run(project: Source) -> frozenset[Node]:
    """Exclude everything above the require lines, as pins of another server did."""
    return frozenset(
        (module, version)
        for module, required in project.requires.items()
        for version in range(required + 1, VERSIONS + 1)
    )


@st.composite
def universes(draw: st.DrawFn) -> Universe:
    """Draw module versions, a plugin and a server that compiles."""
    versions = {
        (name(index), version): draw(sources(index))
        for index in range(MODULES)
        for version in range(1, VERSIONS + 1)
    }
    project = draw(roots(needs_some=True))
    replaces = {
        module: draw(st.integers(1, VERSIONS))
        for module in project.requires
        if not draw(st.integers(0, 9))
    }
    stale = draw(
        st.just(_left_by_an_earlier_run(project))
        if not draw(st.integers(0, 3))
        else st.just(frozenset[Node]())
    )
    project = _consistent(project, versions, replaces, stale)
    patched = draw(
        st.frozensets(st.sampled_from([name(i) for i in range(MODULES)]), max_size=1)
        if not draw(st.integers(0, 3))
        else st.just(frozenset[str]())
    )
    return Universe(
        sources=versions,
        project=project,
        replaces=replaces,
        server=draw(roots(needs_some=False)),
        patched=patched,
        stale=stale,
    )


def seeded(seed: int) -> Universe:
    """Make the world of a seed, of the same kinds as ``universes`` draws."""
    dice = Random(seed)
    modules = [name(index) for index in range(MODULES)]

    def source(index: int, chance: float, need: float) -> Source:
        requires = {
            other: dice.randint(1, VERSIONS)
            for position, other in enumerate(modules)
            if position != index and dice.random() < chance
        }
        imports = frozenset(
            other
            for position, other in enumerate(modules)
            if other in requires and position > index and dice.random() < 0.7
        )
        needs = {other: requires[other] for other in imports if dice.random() < need}
        return Source(requires=requires, imports=imports, needs=needs)

    versions = {
        (name(index), version): source(index, 0.3, 0.15)
        for index in range(MODULES)
        for version in range(1, VERSIONS + 1)
    }
    project = source(-1, 0.5, 0.1)
    replaces = {
        module: dice.randint(1, VERSIONS)
        for module in project.requires
        if dice.random() < 0.1
    }
    stale = _left_by_an_earlier_run(project) if dice.random() < 0.2 else frozenset()
    return Universe(
        sources=versions,
        project=_consistent(project, versions, replaces, stale),
        replaces=replaces,
        server=source(-1, 0.6, 0.0),
        patched=frozenset(dice.sample(modules, 1))
        if dice.random() < 0.2
        else frozenset(),
        stale=stale,
    )
