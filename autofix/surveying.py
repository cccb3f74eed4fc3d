"""
Looking at what holds the pins, on a copy of go.mod in the builder.

The copy is ``go.autofix.mod``, which go commands read and write in place of go.mod
with ``-modfile`` (since Go 1.14), its go.sum beside it. Nothing else is written, so a
survey may be made while the server starts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from autofix.core.actions import Settle, Survey
from autofix.core.gomod import GoMod, ModEdit, arguments, parse
from autofix.core.graph import demands
from autofix.core.model import Evidence, ModuleVersion
from autofix.core.observations import Demand, Edited, Failed, Settled, Surveyed
from autofix.core.settling import begins_to_prune, needless
from autofix.core.versions import compare
from autofix.engines.base import CommandResult
from autofix.errors import InternalError
from autofix.gotool import EDIT, GO_MOD, READ, GoTool

COPY = "go.autofix.mod"
COPY_SUM = "go.autofix.sum"
SECONDS = 60.0
"""Of one command; a tidy that takes longer is not waited for."""
MOST_TIDIES = 5
GO_SUM = "go.sum"

_COPYING = (
    ("cp", GO_MOD, COPY),
    ("sh", "-c", f"! [ -e {GO_SUM} ] || cp {GO_SUM} {COPY_SUM}"),
)
_GRAPH = ("go", "mod", "graph", f"-modfile={COPY}")
_TIDY = (("go", "mod", "tidy", f"-modfile={COPY}"), (*READ, COPY))
_NEEDS_NEWER_GO = re.compile(r"(?:^|[\s(])([^\s@:(]++)@(v[^\s@:]++) requires go >= ")


def survey(go: GoTool, action: Survey) -> Surveyed:
    """See who would raise what is wanted, with and without ``go mod tidy``."""
    return _Look(go=replace(go, seconds=SECONDS), action=action).survey()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    go: GoTool
    action: Survey

    def survey(self) -> Surveyed:
        without = self.action.without
        kept: tuple[ModuleVersion, ...] = ()
        while True:
            result = self._graph(without)
            if result.succeeded:
                break
            needed = tuple(
                each
                for each in _wanting_newer_go(result.evidence)
                if each in without.drop_excludes
            )
            if not needed:
                return self._tidied(Surveyed(refused=result.evidence), ModEdit())
            kept += needed
            rest = tuple(each for each in without.drop_excludes if each not in needed)
            without = replace(without, drop_excludes=rest)
        versions = {**self.action.selected, **self.action.wanted}
        holding = _demands(result, versions)
        return self._tidied(Surveyed(holding=holding, kept=kept), without)

    def _tidied(self, seen: Surveyed, without: ModEdit) -> Surveyed:
        """Let ``go mod tidy`` at copies that exclude more and more, until it is still."""
        excludes = {each.module for each in seen.holding}
        wanted = self.action.wanted
        for _ in range(MOST_TIDIES if self.action.tidy else 0):
            drop = tuple(each for each in without.drop_excludes if each not in excludes)
            edit = replace(without, drop_excludes=drop, excludes=_ordered(excludes))
            result = self._graph(edit, *_TIDY)
            more = (
                _demands(result, wanted)
                if result.succeeded
                else _too_new(result, wanted)
            )
            more = tuple(each for each in more if each.module not in excludes)
            if not more:
                if result.succeeded:
                    return replace(seen, unneeded=_unneeded(result))
                return replace(seen, untidy=result.evidence)
            excludes |= {each.module for each in more}
            seen = replace(seen, tidied=(*seen.tidied, *more))
        return seen

    def _graph(self, edit: ModEdit, *before: tuple[str, ...]) -> CommandResult:
        """Read go.mod, edit a copy, run what comes before, and list the graph."""
        editing = (*EDIT, *arguments(edit), COPY)
        edits = () if edit.is_empty else (editing,)
        commands = (READ, *_COPYING, *edits, *before, _GRAPH)
        return self.go.together(*commands, lastly=("rm", "-f", COPY, COPY_SUM))


def _demands(result: CommandResult, versions: Mapping[str, str]) -> tuple[Demand, ...]:
    gomod, *_, graph = result.stdout.split(b"\0")
    return demands(graph.decode("utf-8", "replace"), versions, parse(gomod).module)


def _too_new(result: CommandResult, wanted: Mapping[str, str]) -> tuple[Demand, ...]:
    """Read which wanted module tidy would raise to a version of a newer Go."""
    too_new = tuple(
        each
        for each in _wanting_newer_go(result.evidence)
        if each.path in wanted and compare(each.version, wanted[each.path]) > 0
    )
    if not too_new:
        return ()
    main = parse(result.stdout.partition(b"\0")[0]).module
    return tuple(Demand(module=each, chain=(main, "go mod tidy")) for each in too_new)


def _unneeded(result: CommandResult) -> tuple[str, ...]:
    """Name the indirect requirements that a tidied copy of go.mod no longer has."""
    before, *_, after, _ = result.stdout.split(b"\0")
    kept = {each.module.path for each in parse(after).requires}
    return tuple(
        each.module.path
        for each in parse(before).requires
        if each.indirect and each.module.path not in kept
    )


def settle(go: GoTool, action: Settle) -> Settled:
    """Apply an edit, and take it back, byte for byte, if a linked version moves."""
    before = go.read()
    if isinstance(before, Failed):
        raise InternalError(
            "go.mod cannot be read although the plugin was built with it.",
            todo="Report it with the run folder; the project is as it was.",
        )
    old = {name: content for name in (GO_MOD, GO_SUM) if (content := _bytes(go, name))}
    edited = go.edit(action.edit)
    if isinstance(edited, Edited):
        linked = {path: each.version for path, each in edited.linked.items()}
        wanted = _required(before)
        for path in action.edit.drop_requires:
            wanted.pop(path, None)
        if (linked, _required(edited.gomod)) == (dict(action.linked), wanted):
            return Settled(gomod=edited.gomod, stands=True)
    for name, content in old.items():
        go.put(name, content)
    return Settled(gomod=before, stands=False)


def pruned(go: GoTool, original: GoMod, edited: Edited) -> GoMod:
    """Take out of go.mod what only its new go line brought in; return it as it is."""
    if not begins_to_prune(original, edited.gomod):
        return edited.gomod
    seen = survey(go, Survey(wanted={}, selected={}, without=ModEdit(), tidy=True))
    gone = needless(seen, original, edited.gomod, edited.linked)
    if not gone:
        return edited.gomod
    linked = {path: each.version for path, each in edited.linked.items()}
    return settle(go, Settle(edit=ModEdit(drop_requires=gone), linked=linked)).gomod


def _wanting_newer_go(evidence: Evidence) -> tuple[ModuleVersion, ...]:
    return tuple(
        ModuleVersion(path=found[1], version=found[2])
        for line in evidence.lines
        if (found := _NEEDS_NEWER_GO.search(line.text))
    )


def _ordered(modules: Iterable[ModuleVersion]) -> tuple[ModuleVersion, ...]:
    return tuple(sorted(modules, key=str))


def _required(gomod: GoMod) -> dict[str, str]:
    return {each.module.path: each.module.version for each in gomod.requires}


def _bytes(go: GoTool, name: str) -> bytes | None:
    try:
        return go.file(name)
    except FileNotFoundError:
        return None
