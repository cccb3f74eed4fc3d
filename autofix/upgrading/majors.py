"""
New majors of modules: found, chosen, and put into go.mod and the code that imports them.

Only what the plugin's own code imports can be moved, by rewriting these imports in the
whole main module, its tests included. A library that imports the old path keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

from autofix import consulting
from autofix.core.comments import annotate
from autofix.core.compile_errors import CompileError
from autofix.core.gomod import GoMod, ModEdit
from autofix.core.majors import moved_imports, paths_above, runs_tool
from autofix.core.model import Ending, EndKind, ModuleVersion
from autofix.core.observations import Edited, Failed
from autofix.core.packages import longest_prefix
from autofix.core.raising import Wish, raisable
from autofix.core.state import Policy, State
from autofix.core.versions import highest
from autofix.engines.archive import Entry
from autofix.gotool import GO_MOD, GoTool
from autofix.reducing.bench import module_files
from autofix.reducing.oracle import Edits
from autofix.surveying import pruned
from autofix.upgrading.choosing import Candidate, Chooser
from autofix.upgrading.imports import ImportRewriter
from autofix.upgrading.owncode import OwnCode, compiled, listed, own_code

NOT_COMPILED = "The project's code does not compile with it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """
    A project as it lies in the builder with new majors.

    ``resolved`` tells whether the go command could complete its go.mod.
    """

    go: GoTool
    edits: Edits
    resolved: bool


class Workbench(Protocol):
    """Where a project is brought in, and the go command works on it."""

    def brought_in(self, folder: Path, /) -> tuple[GoTool, object]:
        """Bring a project in afresh; return its go command first."""
        ...


@dataclass(kw_only=True)
class Majors:
    """New majors of the modules of one project; ``start`` is the folder it lies in."""

    bench: Workbench
    start: Path
    own: OwnCode
    names: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, bench: Workbench, start: Path) -> Majors:
        """Read what a project's own code imports."""
        go, _ = bench.brought_in(start)
        return cls(bench=bench, start=start, own=own_code(go))

    def candidates(
        self,
        chooser: Chooser,
        plan: State,
        wish: Wish,
        ordinary: Sequence[Candidate],
    ) -> tuple[Candidate, ...]:
        """
        Return candidates with the newest major of each, where it has a newer one.

        ``ordinary`` are those at the present majors, which come after the new ones if
        these break.
        """
        found = {each.module: each for each in ordinary}
        rungs = self._rungs(chooser, plan, wish)
        rungs = self._with_packages(chooser.go, rungs)
        for module, tops in rungs.items():
            found[module] = _climbing(found.get(module), tops)
        kept = (found[module] for module in sorted(found))
        return tuple(each for each in kept if each.after or each.why)

    def _rungs(
        self, chooser: Chooser, plan: State, wish: Wish
    ) -> dict[str, list[Candidate]]:
        """Choose the newest version of each newer major of each module, lowest first."""
        imported = {longest_prefix(each, self.own.modules) for each in self.own.linked}
        present = {
            module: selected.version
            for module, selected in raisable(plan, replace(wish, only=())).items()
            if module in imported
        }
        served = plan.server.modules if plan.server else {}
        excludes = plan.gomod.excludes if plan.gomod else ()
        rungs: dict[str, list[Candidate]] = {}
        for module, path, versions in _newer(chooser, present):
            if not wish.includes_major(module, path):
                continue
            # What is there already is not lifted: by the server, or by the plugin.
            held = served.get(path) or (
                plan.linked[path].version if path in plan.linked else ""
            )
            rungs.setdefault(module, []).append(
                chooser.major(
                    ModuleVersion(path=module, version=present[module]),
                    path,
                    tuple(each for each in versions if held in ("", each)),
                    excludes,
                )
            )
        return rungs

    def _with_packages(
        self, go: GoTool, rungs: Mapping[str, Sequence[Candidate]]
    ) -> dict[str, list[Candidate]]:
        """Leave no version to majors that lack a package which the code imports."""
        chosen = [each for tops in rungs.values() for each in tops if each.after]
        folders = consulting.folders(go, (each.required for each in chosen))
        places: dict[str, str] = {}
        for each in chosen:
            folder = folders.get(each.required, "")
            for path in self._moved(each) if folder else ():
                places[path] = folder + path.removeprefix(each.path)
        self.names |= ImportRewriter.put(go).names(places)
        return {module: [*map(self._checked, tops)] for module, tops in rungs.items()}

    def _moved(self, candidate: Candidate) -> Iterator[str]:
        """Yield what the code would import from a new major."""
        moves = {candidate.module: candidate.path}
        found = moved_imports(self.own.imports, self.own.modules, moves, {})
        return (each.path for each in found.values())

    def _checked(self, candidate: Candidate) -> Candidate:
        missing = sorted(set(self._moved(candidate)) - self.names.keys())
        if not candidate.after or not missing:
            return candidate
        why = f"{candidate.required} has no package {missing[0]}"
        return replace(candidate, after="", why=why)

    def laid_out(self, steps: Sequence[Candidate]) -> Layout:
        """Lay the project out with versions of modules, some of them new majors."""
        go, _ = self.bench.brought_in(self.start)
        moves = {each.module: each.path for each in steps if each.path}
        names = {**self.own.names, **self.names}
        imports = moved_imports(self.own.imports, self.own.modules, moves, names)
        code = ImportRewriter.put(go).rewritten(imports).files
        go.builder.put(
            (Entry(name=name, content=text) for name, text in code.items()), go.folder
        )
        before = go.read()
        seen = go.edit(ModEdit(requires=required(steps)))
        if isinstance(seen, Edited):
            seen = self._without_old(go, moves) or seen
        gomod = seen.gomod
        if isinstance(seen, Edited) and isinstance(before, GoMod):
            gomod = pruned(go, before, seen)
        return Layout(
            go=go,
            edits=Edits(files={**module_files(go), **code}, gomod=gomod),
            resolved=isinstance(seen, Edited),
        )

    def _without_old(self, go: GoTool, moves: Iterable[str]) -> Edited | Failed | None:
        """
        Take the old paths out of go.mod, but those that tests or tools still need.

        What the tests need is completed on the way. None, and all of them stay, where
        not all imports can be found.
        """
        known = listed(go, "-mod=mod") if self.own.whole else None
        if known is None or any(broken for *_, broken in known):
            return None
        needed = {module for _, _, module, _ in known}
        text = go.text()
        tools = {each for each in moves if runs_tool(text, each)}
        kept = {each for each in moves if each in needed} - tools
        if kept:
            text = annotate(text, {}, indirect=kept)
            go.put(GO_MOD, text.encode("utf-8", "surrogateescape"))
        gone = tuple(each for each in moves if each not in kept | tools)
        return go.edit(ModEdit(drop_requires=gone))

    def refusal(self, layout: Layout) -> State | None:
        """
        Tell of code that does not compile any more, of the module's tests too.

        None where all of it does, or did not before either.
        """
        if not layout.resolved:
            return None
        errors = compiled(layout.go)
        if errors:
            known = self._errors
            errors = tuple(each for each in errors if _said(each) not in known)
        if not errors:
            return None
        ending = Ending(kind=EndKind.UNFIXABLE, words=NOT_COMPILED)
        return State(policy=Policy(), errors=errors, ending=ending)

    @cached_property
    def _errors(self) -> frozenset[tuple[str, str, str]]:
        """Return what the compiler says of the code as it is."""
        go, _ = self.bench.brought_in(self.start)
        return frozenset(map(_said, compiled(go)))


def _said(error: CompileError) -> tuple[str, str, str]:
    return error.package, error.file, error.text


def required(steps: Iterable[Candidate]) -> tuple[ModuleVersion, ...]:
    """Return what go.mod requires of steps; two may lead to one module."""
    found: dict[str, str] = {}
    for each in steps:
        path, version = each.required.path, each.required.version
        found[path] = highest((found.get(path, ""), version))
    return tuple(
        ModuleVersion(path=path, version=version) for path, version in found.items()
    )


def _newer(
    chooser: Chooser, present: Mapping[str, str]
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield modules with the paths and versions of their newer majors, lowest first."""
    asked = {
        module: paths_above(module, version, chooser.listed(module))
        for module, version in present.items()
    }
    while asked := {module: paths for module, paths in asked.items() if paths}:
        paths = dict.fromkeys(each for some in asked.values() for each in some)
        found = consulting.listed_together(chooser.go, paths, chooser.release)
        last: dict[str, str] = {}
        for module, some in asked.items():
            for path in some:
                if versions := found.get(path, ()):
                    last[module] = path
                    yield module, path, versions
        asked = {module: paths_above(path, "") for module, path in last.items()}


def _climbing(ordinary: Candidate | None, tops: Sequence[Candidate]) -> Candidate:
    """Return the highest of a module's candidates, with the others below it."""
    fit = [each for each in tops if each.after]
    barred = next((each.why for each in reversed(tops) if not each.after), "")
    if not fit:
        stays = ordinary or replace(tops[0], path="")
        return replace(stays, why=stays.why or barred)
    present = [ordinary] if ordinary and ordinary.after else []
    *below, newest = (*present, *fit)
    between = (rung for each in present for rung in each.lower)
    return replace(
        newest,
        why=newest.why or (barred if newest is not tops[-1] else ""),
        lower=(*between, *(each.required for each in below)),
        tops=len(below),
    )
