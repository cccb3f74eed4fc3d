"""
A small world to run the automaton in: Go's version selection, and the server's check.

Each module is one package. Selection is Go's minimal version selection with
``exclude`` (a requirement on an excluded version does not count). A package's hash is
its label (``module@selected version``), its content and the hashes of what it
imports, as in go-plugins.md section 3; the server names the first package, imports
first, whose hash differs from its own. What the world says, it says in the words of
the go command and of Nakama, so that the real diagnosis is part of what is tested.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from autofix.core.actions import (
    Action,
    Build,
    Check,
    Compare,
    Consult,
    Edit,
    Prepare,
    Settle,
    Start,
    Stop,
    Survey,
    Vendor,
)
from autofix.core.comments import EXCLUDE, Managed
from autofix.core.compare import Cause, Group
from autofix.core.gomod import GoMod, ModEdit, Replacement, Requirement
from autofix.core.graph import demands
from autofix.core.model import (
    Artifact,
    ArtifactKind,
    BuilderFacts,
    EndKind,
    Evidence,
    EvidenceSource,
    ModuleVersion,
    OutputLine,
    ServerFacts,
    Stream,
    TruthSource,
)
from autofix.core.observations import (
    Built,
    Compared,
    Consulted,
    Demand,
    Edited,
    Failed,
    Loaded,
    Observation,
    Prepared,
    Selected,
    Settled,
    Started,
    Surveyed,
    Vendored,
)
from autofix.core.settling import own_excludes
from autofix.core.state import State
from autofix.core.versionsearch import Needs

MAIN = "example.com/plugin"
VERSIONS_OF = 3
"""How many versions each module has."""
GO = "1.26.5"
RELEASE = "3.40.0"
EARLIER = "nakama 3.26.0"
"""What the comments of an earlier run say."""
GO_MINOR = 26

Version = int
Node = tuple[str, Version]


def text(version: Version) -> str:
    """Write a world's version as Go does."""
    return f"v1.{version}.0"


def version_of(node: Node) -> ModuleVersion:
    """Write a world's module version as Go does."""
    return ModuleVersion(path=node[0], version=text(node[1]))


def node_of(module: ModuleVersion) -> Node:
    """Read a module version of the world."""
    return module.path, number(module.version)


def number(version: str) -> Version:
    """Read ``v1.N.0``."""
    return int(version.split(".")[1])


@dataclass(frozen=True, kw_only=True)
class Source:
    """
    One module version: what its go.mod requires, what it imports, when it compiles.

    ``needs`` are the lowest versions it compiles with, ``breaks`` the lowest that are
    too new for it. ``go`` is the minor number of its go line, 0 without one.
    """

    requires: Mapping[str, Version] = field(default_factory=dict)
    imports: frozenset[str] = frozenset()
    needs: Mapping[str, Version] = field(default_factory=dict)
    breaks: Mapping[str, Version] = field(default_factory=dict)
    go: int = 0


@dataclass(frozen=True, kw_only=True)
class Universe:
    """
    All module versions there are, the project, and the server.

    ``stale`` are excludes of the project's go.mod that an earlier run left there,
    ``tests`` the modules that only its tests import, and their latest versions.
    """

    sources: Mapping[Node, Source]
    project: Source
    replaces: Mapping[str, Version]
    server: Source
    patched: frozenset[str]
    stale: frozenset[Node] = frozenset()
    tests: Mapping[str, Version] = field(default_factory=dict)

    def served(self) -> Mapping[str, Version]:
        """Return the modules linked into the server at their versions."""
        selected = select(self.sources, self.server.requires, frozenset(), {})
        return {
            module: selected[module]
            for module in linked(self, self.server, selected, {})
        }


def select(
    sources: Mapping[Node, Source],
    requires: Mapping[str, Version],
    excludes: frozenset[Node],
    replaces: Mapping[str, Version],
) -> dict[str, Version]:
    """
    Select versions as Go does: the highest that anything reachable requires.

    A replaced module keeps its version; what it requires is its replacement's.
    """
    selected: dict[str, Version] = {}
    for module, version in reached(sources, requires, excludes, replaces):
        selected[module] = max(version, selected.get(module, 0))
    return selected


def reached(
    sources: Mapping[Node, Source],
    requires: Mapping[str, Version],
    excludes: frozenset[Node],
    replaces: Mapping[str, Version],
) -> set[Node]:
    """Return every version whose go.mod the go command reads."""
    pending: list[Node] = [node for node in requires.items() if node not in excludes]
    seen: set[Node] = set()
    while pending:
        node = pending.pop()
        if node in seen:
            continue
        seen.add(node)
        module, version = node
        pending.extend(
            demand
            for demand in sources[
                module, replaces.get(module, version)
            ].requires.items()
            if demand not in excludes
        )
    return seen


def linked(
    universe: Universe,
    root: Source,
    selected: Mapping[str, Version],
    replaces: Mapping[str, Version],
) -> list[str]:
    """List the modules whose package is linked, imports first."""
    order: list[str] = []
    visited: set[str] = set()

    def visit(module: str) -> None:
        if module in visited or module not in selected:
            return
        visited.add(module)
        content = replaces.get(module, selected[module])
        for imported in sorted(universe.sources[module, content].imports):
            visit(imported)
        order.append(module)

    for module in sorted(root.imports):
        visit(module)
    return order


def hashes(
    universe: Universe,
    root: Source,
    selected: Mapping[str, Version],
    replaces: Mapping[str, Version],
    patched: frozenset[str],
) -> dict[str, object]:
    """Give each linked package its hash, imports first."""
    found: dict[str, object] = {}
    for module in linked(universe, root, selected, replaces):
        content = replaces.get(module, selected[module])
        imports = universe.sources[module, content].imports
        found[module] = hash(
            (
                module,
                selected[module],
                content,
                module in patched,
                tuple(found.get(name) for name in sorted(imports)),
            )
        )
    return found


def compile_error(
    universe: Universe, selected: Mapping[str, Version], replaces: Mapping[str, Version]
) -> tuple[str, str] | None:
    """Return (who, what it lacks) for the first thing that does not compile."""
    return next(compile_errors(universe, selected, replaces), None)


def compile_errors(
    universe: Universe, selected: Mapping[str, Version], replaces: Mapping[str, Version]
) -> Iterator[tuple[str, str]]:
    """
    Yield (who, what it lacks) for all that does not compile, "" for the project.

    As the go command does, what imports something that failed is not tried.
    """
    failed: set[str] = set()
    for module in [*linked(universe, universe.project, selected, replaces), ""]:
        source = universe.project
        if module:
            source = universe.sources[module, replaces.get(module, selected[module])]
        if source.imports & failed:
            failed.add(module)
            continue
        for other in sorted({*source.needs, *source.breaks}):
            version = replaces.get(other, selected.get(other, 0))
            low, high = source.needs.get(other, 0), source.breaks.get(other)
            if version < low or (high is not None and version >= high):
                failed.add(module)
                yield module, other
                break


def named_first(
    universe: Universe, selected: Mapping[str, Version], replaces: Mapping[str, Version]
) -> str | None:
    """Return the package the server names, or None if it accepts the plugin."""
    served = select(universe.sources, universe.server.requires, frozenset(), {})
    host = hashes(universe, universe.server, served, {}, universe.patched)
    plugin = hashes(universe, universe.project, selected, replaces, frozenset())
    for package, value in plugin.items():
        if package in host and host[package] != value:
            return package
    return None


def solutions(universe: Universe) -> Iterator[bool]:
    """
    Try every set of pins; yield one item for each that the server accepts.

    The item tells whether the plugin links every pinned module in the end. Only such
    solutions must be found: autofix leaves modules alone that the plugin does not
    link, though moving one may, by luck, change what else is selected.
    """
    served = universe.served()
    for size in range(len(served) + 1):
        for pinned in itertools.combinations(sorted(served), size):
            requires = dict(universe.project.requires)
            requires |= {module: served[module] for module in pinned}
            excludes = frozenset(
                (module, version)
                for module, version in universe.sources
                if module in pinned and version > served[module]
            ) | {
                (module, version)
                for module, version in universe.stale
                if module not in pinned or version != served[module]
            }
            replaces = {
                module: version
                for module, version in universe.replaces.items()
                if module not in pinned
            }
            selected = select(universe.sources, requires, excludes, replaces)
            if (
                compile_error(universe, selected, replaces) is None
                and named_first(universe, selected, replaces) is None
            ):
                order = linked(universe, universe.project, selected, replaces)
                yield {*pinned} <= {*order}


class SimulatedWorld:
    """
    Performs the automaton's actions on a universe; counts what it was asked.

    ``unlisted`` are modules that ``go list`` does not show although they are linked.
    """

    def __init__(
        self, universe: Universe, *, unlisted: frozenset[str] = frozenset()
    ) -> None:
        self.universe = universe
        self.unlisted = unlisted
        self.requires = dict(universe.project.requires)
        self.excludes = {*universe.stale}
        self.replaces = dict(universe.replaces)
        self.marks: dict[Node, str] = dict.fromkeys(universe.stale, EARLIER)
        self.release = RELEASE
        self.builds = 0
        self.applied = False

    def perform(self, action: Action, state: State) -> Observation:  # noqa: ARG002
        """Do what the action asks of the simulated go command and server."""
        match action:
            case Prepare():
                return self._prepared()
            case Edit(edit=edit, pins=pins):
                return self._edited(edit, {pin.module: pin.version for pin in pins})
            case Consult(module=module, versions=versions):
                return self._consulted(module, versions)
            case Vendor():
                return Vendored()
            case Build():
                return self._built()
            case Compare():
                return self._compared()
            case Check():
                return self._checked()
            case Start():
                return self._started()
            case Survey():
                return self._surveyed(action)
            case Settle():
                return self._settled(action)
            case Stop():
                raise AssertionError("the loop performs no stop")

    @property
    def selected(self) -> dict[str, Version]:
        """Return what is selected now."""
        excludes = frozenset(self.excludes)
        return select(self.universe.sources, self.requires, excludes, self.replaces)

    @property
    def too_new(self) -> Node | None:
        """Return a version whose go line keeps the go command from doing anything."""
        nodes = reached(
            self.universe.sources,
            self.requires,
            frozenset(self.excludes),
            self.replaces,
        )
        too_new = (
            (module, version)
            for module, version in nodes
            if self.universe.sources[module, self.replaces.get(module, version)].go
            > GO_MINOR
        )
        return min(too_new, default=None)

    def shared(self) -> dict[str, str]:
        """Return the modules linked in both, at the plugin's versions."""
        served = self.universe.served()
        return {
            module: found.version
            for module, found in self._linked().items()
            if module in served
        }

    def gomod(self) -> GoMod:
        """Return go.mod as it stands."""
        return GoMod(
            module=MAIN,
            go=GO,
            toolchain="",
            requires=tuple(
                Requirement(module=ModuleVersion(path=path, version=text(version)))
                for path, version in sorted(self.requires.items())
            ),
            excludes=tuple(
                ModuleVersion(path=path, version=text(version))
                for path, version in sorted(self.excludes)
            ),
            replaces=tuple(
                Replacement(
                    old_path=path,
                    old_version="",
                    new_path=path,
                    new_version=text(version),
                )
                for path, version in sorted(self.replaces.items())
            ),
        )

    def _linked(self) -> dict[str, Selected]:
        selected = self.selected
        order = linked(self.universe, self.universe.project, selected, self.replaces)
        return {
            module: replace(self._selected(module, selected), packages=(module,))
            for module in order
            if module not in self.unlisted
        }

    def _prepared(self) -> Prepared:
        server = ServerFacts(
            reference="simulated",
            release=self.release,
            go=GO,
            machine="amd64",
            main_module="github.com/heroiclabs/nakama/v3",
            modules={
                module: text(version)
                for module, version in self.universe.served().items()
            },
            source=TruthSource.BINARY,
            packages={module: module for module in self.universe.served()},
        )
        return Prepared(
            server=server,
            builder=BuilderFacts(reference="simulated", go=GO),
            gomod=self.gomod(),
            plugin="backend.so",
            linked={} if self.too_new else self._linked(),
            marks=frozenset(
                Managed(verb=EXCLUDE, module=version_of(node), note=note)
                for node, note in self.marks.items()
            ),
        )

    def _consulted(self, module: str, versions: tuple[str, ...]) -> Consulted:
        known = {
            text(version): source
            for (path, version), source in self.universe.sources.items()
            if path == module
        }
        if not versions:
            return Consulted(module=module, versions=tuple(known))
        needs: dict[str, Needs | None] = {
            version: Needs(
                go=f"1.{known[version].go}" if known[version].go else "",
                requires={
                    path: text(each) for path, each in known[version].requires.items()
                },
            )
            for version in versions
        }
        return Consulted(module=module, asked=versions, needs=needs)

    def _refused(self, source: EvidenceSource) -> Failed | None:
        """Refuse as the go command does while a go line is above its own."""
        node = self.too_new
        if node is None:
            return None
        module, version = node
        line = (
            f"go: {module}@{text(version)} requires go >= 1.{GO_MINOR + 1} (running go "
            f"{GO}; GOTOOLCHAIN=local)"
        )
        return Failed(evidence=self._evidence(source, [line], 1), gomod=self.gomod())

    def _edited(self, edit: ModEdit, pins: Mapping[str, str]) -> Edited | Failed:
        for version in edit.requires:
            self.requires[version.path] = number(version.version)
        self.excludes -= {
            (version.path, number(version.version)) for version in edit.drop_excludes
        }
        self.excludes |= {
            (version.path, number(version.version)) for version in edit.excludes
        }
        for replacement in edit.drop_replaces:
            del self.replaces[replacement.old_path]
        self.requires = {
            module: version
            for module, version in self.requires.items()
            if (module, version) not in self.excludes
        }
        if refused := self._refused(EvidenceSource.GO):
            return refused
        selected = self.selected
        for module in self.requires:  # as -mod=mod rewrites require lines upwards
            self.requires[module] = selected[module]
        return Edited(
            gomod=self.gomod(),
            selected={
                module: self._selected(module, selected)
                for module in pins
                if module in selected
            },
            demands=demands(self._graph(), pins, MAIN),
            linked=self._linked(),
            own_excludes=frozenset(
                version_of(node) for node in self.marks.keys() & self.excludes
            ),
        )

    def _surveyed(self, action: Survey) -> Surveyed:
        """Look at a copy of go.mod, and at what tests add to it."""
        without = action.without
        copy = self.copied()
        copy.excludes -= {node_of(each) for each in without.drop_excludes}
        for path in without.drop_requires:
            del copy.requires[path]
        versions = {**action.selected, **action.wanted}
        holding = demands(copy._graph(), versions, MAIN)
        copy.excludes |= {node_of(each.module) for each in holding}
        tidied: tuple[Demand, ...] = ()
        while action.tidy:
            more = demands(copy.tidied()._graph(), action.wanted, MAIN)
            if not more:
                break
            copy.excludes |= {node_of(each.module) for each in more}
            tidied += more
        return Surveyed(holding=holding, tidied=tidied)

    def _settled(self, action: Settle) -> Settled:
        """Apply an edit unless a linked version moves by it."""
        copy = self.copied()
        copy.excludes -= {node_of(each) for each in action.edit.drop_excludes}
        copy.excludes |= {node_of(each) for each in action.edit.excludes}
        for path in action.edit.drop_requires:
            del copy.requires[path]
        linked = {path: each.version for path, each in copy._linked().items()}
        selected = copy.selected
        requires = {path: selected[path] for path in copy.requires}
        stands = (linked, requires) == (dict(action.linked), copy.requires)
        if stands:
            self.requires, self.excludes = copy.requires, copy.excludes
        return Settled(gomod=self.gomod(), stands=stands)

    def mark(self, state: State) -> None:
        """Write the comments of a run that ended clean, as the session does."""
        if state.ending is None or state.ending.kind is not EndKind.CLEAN:
            return
        own = {node_of(each) for each in own_excludes(state)}
        self.marks = dict.fromkeys(own, f"nakama {self.release}")

    def serve(self, universe: Universe, release: str) -> None:
        """Be asked about another server, with the go.mod as it stands."""
        self.universe, self.release, self.builds = universe, release, 0

    def copied(self) -> SimulatedWorld:
        """Return another world that has the same go.mod."""
        copy = SimulatedWorld(self.universe, unlisted=self.unlisted)
        copy.requires, copy.excludes = dict(self.requires), {*self.excludes}
        copy.replaces = dict(self.replaces)
        copy.marks = {
            node: note for node, note in self.marks.items() if node in copy.excludes
        }
        return copy

    def tidied(self) -> SimulatedWorld:
        """Return the world after ``go mod tidy``: what tests import is required."""
        copy = self.copied()
        for path, version in self.universe.tests.items():
            if path not in self.selected and (path, version) not in self.excludes:
                copy.requires[path] = version
        selected = copy.selected
        copy.requires = {path: selected[path] for path in copy.requires}
        return copy

    def _selected(self, module: str, selected: Mapping[str, Version]) -> Selected:
        replacement = None
        if module in self.replaces:
            replacement = Replacement(
                old_path=module,
                old_version="",
                new_path=module,
                new_version=text(self.replaces[module]),
            )
        return Selected(version=text(selected[module]), replacement=replacement)

    def _graph(self) -> str:
        """Print what ``go mod graph`` would; excluded versions are not in it."""
        edges = [(MAIN, demand) for demand in self.requires.items()]
        for path, version in self.universe.sources:
            content = self.replaces.get(path, version)
            required = self.universe.sources[path, content].requires
            node = f"{path}@{text(version)}"
            edges += [(node, each) for each in required.items()]
        return "\n".join(
            f"{source} {path}@{text(version)}"
            for source, (path, version) in edges
            if (path, version) not in self.excludes
        )

    def _built(self) -> Observation:
        self.builds += 1
        if refused := self._refused(EvidenceSource.BUILD):
            return refused
        selected = self.selected
        errors = tuple(compile_errors(self.universe, selected, self.replaces))
        if not errors:
            return Built(
                artifact=Artifact(
                    name="backend.so",
                    size=1,
                    sha256="0",
                    kind=ArtifactKind.ELF,
                    machine="amd64",
                    go=GO,
                )
            )
        lines = []
        for module, needed in errors:
            where, head = "./main.go:7:2", MAIN
            if module:
                version = text(self.replaces.get(module, selected[module]))
                where = f"/go/pkg/mod/{module}@{version}/code.go:7:2"
                head = module
            name = needed.rpartition("/")[2]
            lines += [f"# {head}", f"{where}: undefined: {name}.New"]
        return Failed(evidence=self._evidence(EvidenceSource.BUILD, lines, 1))

    def _compared(self) -> Compared:
        """Compare package hashes; each module has one package, named like it."""
        universe, selected = self.universe, self.selected
        served = universe.served()
        required = universe.server.requires
        host_selected = select(universe.sources, required, frozenset(), {})
        host = hashes(universe, universe.server, host_selected, {}, universe.patched)
        plugin = hashes(
            universe, universe.project, selected, self.replaces, frozenset()
        )
        differing = [
            each for each in plugin if host.get(each, plugin[each]) != plugin[each]
        ]
        return Compared(
            shared=len(host.keys() & plugin.keys()),
            groups=tuple(
                Group(
                    cause=Cause.CASCADE
                    if served[module] == selected[module]
                    else Cause.ROOT,
                    module=module,
                    server=text(served[module]),
                    plugin=text(selected[module]),
                    packages=(module,),
                )
                for module in differing
            ),
            foretold=differing[0] if differing else "",
        )

    def _checked(self) -> Observation:
        package = named_first(self.universe, self.selected, self.replaces)
        if package is None:
            return Loaded(evidence=self._evidence(EvidenceSource.CHECK, [], 0))
        record = {
            "level": "error",
            "ts": "2026-11-22T14:17:29.004Z",
            "caller": "server/runtime_go.go:3861",
            "msg": "Could not open Go module",
            "path": "/nakama/data/modules/backend.so",
            "error": 'plugin.Open("/nakama/data/modules/backend"): plugin was built '
            f"with a different version of package {package}",
        }
        lines = [json.dumps(record)]
        return Failed(evidence=self._evidence(EvidenceSource.CHECK, lines, 1))

    def _started(self) -> Started:
        evidence = self._evidence(EvidenceSource.SERVER, [], None)
        return Started(modules=("backend.so",), evidence=evidence)

    def _evidence(
        self, source: EvidenceSource, lines: list[str], exit_code: int | None
    ) -> Evidence:
        stream = Stream.STDERR if source is EvidenceSource.BUILD else Stream.STDOUT
        return Evidence(
            source=source,
            lines=tuple(OutputLine(stream=stream, text=line) for line in lines),
            exit_code=exit_code,
        )


def without_seconds(observation: Observation) -> Observation:
    """Drop the time of an observation, so that two runs can be compared."""
    return replace(observation, at=0.0)
