"""Where raised dependencies go at a clean end, and what is told of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from autofix.core.gomod import GoMod
from autofix.core.state import State
from autofix.gotool import GoTool
from autofix.report import words
from autofix.result import DependencyResult, RaisedModule, RunResult
from autofix.upgrading.delivering import UpgradeDelivery, is_clean

ALONG = "what else went up asks for it"
BESIDE = "stays beside it, as other code may need it."
DICTATED = "the server has this version"


@dataclass(slots=True, kw_only=True)
class RaiseDelivery(UpgradeDelivery):
    """
    An upgrade's delivery that begins with another go.mod and go.sum.

    ``rows`` tell each module that has newer versions as if it stayed, ``taken`` name
    those that are raised now; ``original`` is the project's go.mod with the versions
    ``present`` that it selects, ``after`` the one it begins with. ``reasons`` map what
    was set aside to why, ``broken`` those that are taken at a lower version to the newest
    one; ``builds`` counts those of the runs before; ``last`` is how this one stopped.
    """

    rows: tuple[RaisedModule, ...] = ()
    taken: frozenset[str] = frozenset()
    original: GoMod | None = None
    present: Mapping[str, str] = field(default_factory=dict)
    after: GoMod | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)
    builds: int = 0
    last: State | None = None

    def stopped(self, go: GoTool, state: State) -> None:
        """Remember how the run stopped; nothing is ported."""
        del go
        self.last = state

    def conclude(self, result: RunResult) -> RunResult:
        """Tell of each pin where it comes from, before anything was raised."""
        pins, fits = (
            tuple(
                replace(pin, before=self.present.get(pin.module, pin.before))
                for pin in told
            )
            for told in (result.pins, result.fits)
        )
        return UpgradeDelivery.conclude(self, replace(result, pins=pins, fits=fits))

    def dependencies_of(self, result: RunResult) -> DependencyResult:
        """Tell each module, as this run has left it."""
        rows = self._rows(result) if is_clean(result) else self._unmade()
        return DependencyResult(
            modules=tuple(sorted(rows, key=lambda each: each.module)),
            builds=self.builds + len(result.rounds),
            go_line=self._go_line() if is_clean(result) else None,
            code=self._code_files() if is_clean(result) else (),
        )

    def _rows(self, result: RunResult) -> Iterator[RaisedModule]:
        moved = {each.module: each for each in (*result.pins, *result.fits)}
        required = _versions(self.after)
        served = result.server.modules if result.server else {}
        for row in self.rows:
            if row.module not in self.taken:
                yield self._left(row)
                continue
            path = row.path or row.module
            after = required.get(path, row.tried)
            pin = moved.get(path)
            broken = self.broken.get(row.module, "")
            why = self.reasons[row.module] if broken else row.why
            why = words.sentence(pin.quoted) if pin else why
            if row.path and row.module in required:
                stays = f"{row.module} {required[row.module]} {BESIDE}"
                why = f"{why} {stays}".strip()
            yield replace(row, after=pin.after if pin else after, tried=broken, why=why)
        known = {*(row.module for row in self.rows), *moved}
        known |= {row.path for row in self.rows if row.module in self.taken}
        for module, version in required.items():
            before = self.present.get(module, version)
            if module not in known and before != version:
                yield RaisedModule(
                    module=module,
                    before=before,
                    after=version,
                    why=DICTATED if served.get(module) == version else ALONG,
                    along=True,
                )

    def _unmade(self) -> Iterator[RaisedModule]:
        """Tell each module as left; what this run was to raise by how it stopped."""
        why = reason(self.last) if self.last and self.taken else ""
        for row in self.rows:
            yield replace(row, why=why) if row.module in self.taken else self._left(row)

    def _code_files(self) -> tuple[str, ...]:
        folder = self.project.module_folder
        code = (path for path in self.edits if path.suffix == ".go")
        return tuple(sorted(each.relative_to(folder).as_posix() for each in code))

    def _go_line(self) -> tuple[str, str] | None:
        if self.original is None or self.after is None:
            return None
        before, after = self.original.go, self.after.go
        return (before, after) if before != after else None

    def _left(self, row: RaisedModule) -> RaisedModule:
        return replace(row, why=self.reasons.get(row.module, row.why))


def reason(state: State) -> str:
    """Say why a run failed: what does not compile first, else what was diagnosed."""
    ending = state.ending
    if ending is None:
        return ""
    if state.errors:
        first = state.errors[0]
        own = "A test" if first.file.endswith("_test.go") else "The plugin"
        whose = f"{first.module} {first.version}" if first.module else own
        more = len(state.errors) - 1
        rest = f" (and {words.count(more, 'more error')})" if more else ""
        return f"{whose} does not compile with it: {first.place}: {first.text}{rest}"
    if ending.diagnosis is None:
        return ending.words.partition("\n")[0]
    return ending.diagnosis.words


def _versions(gomod: GoMod | None) -> dict[str, str]:
    requires = gomod.requires if gomod else ()
    return {each.module.path: each.module.version for each in requires}
