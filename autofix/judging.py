"""From what was planned or compared to what must change, with its place; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from autofix.conclude import pin_results
from autofix.core.buildline import BuildLine
from autofix.core.gomod import ChangeKind, GoMod, changes
from autofix.core.gomodtext import last_line, module_lines, statement_line
from autofix.core.model import EndKind, Finding, ServerFacts
from autofix.core.modtext import go_lines
from autofix.core.state import State
from autofix.core.versions import compare_go
from autofix.result import PinResult
from autofix.verdict import Level, Mismatch

RUN = "'autofix run' changes it."
BREAKING = frozenset(
    {
        "no-trimpath",
        "no-plugin-buildmode",
        "race-build",
        "sanitizer-build",
        "coverage-build",
        "linkshared-build",
        "gcflags-all",
        "cgo-disabled",
        "foreign-goos",
        "foreign-goarch",
        "goexperiment",
        "builder-go-differs",
        "builder-musl",
        "replace-folder-missing",
        "replaced-folder-go-line-high",
    }
)
"""Findings about the project's own build that keep its plugin from loading."""

TOLD_OTHERWISE = BREAKING | {"go-line-lowered-beside"}
"""Findings of a plan that are told as mismatches, or that only a build concerns."""

_GO = re.compile(r"\(Go ([\d.]+)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class GoModFile:
    """A go.mod as it lies in the project; ``name`` is relative to the repository."""

    name: str
    text: str

    def at(self, module: str) -> tuple[int, bool]:
        """Return where a module is required, or would be, and whether it is missing."""
        line = module_lines(self.text).get(module, 0)
        if line:
            return line, False
        around = (last_line(self.text), statement_line(self.text, "go"))
        return next(filter(None, around), 1), True


def planned_mismatches(state: State, file: GoModFile) -> Iterator[Mismatch]:
    """Yield what a plan changes in go.mod, and why it failed if it did."""
    server = state.server
    if server is not None and state.original is not None:
        yield from _go_lines(
            state.original, state.gomod or state.original, server, file
        )
        yield from _statements(state, file)
        for pin in pin_results(state):
            if pin.before != pin.after or pin.excludes:
                yield _pin(pin, server, file)
    ending = state.ending
    if ending is None or ending.kind in (EndKind.PLANNED, EndKind.CLEAN):
        return
    diagnosis = ending.diagnosis
    # What cannot be satisfied has its own answer in the ending's words.
    has_remedy = diagnosis and ending.kind is not EndKind.UNSATISFIABLE
    yield Mismatch(
        name=ending.kind.value,
        text=ending.words,
        file=file.name,
        line=1,
        module=diagnosis.facts.get("module", "") if diagnosis else "",
        reason=" > ".join(ending.chain) or (diagnosis.quoted if diagnosis else ""),
        remedy=diagnosis.remedy if diagnosis and has_remedy else "",
    )


def _go_lines(
    before: GoMod, after: GoMod, server: ServerFacts, file: GoModFile
) -> Iterator[Mismatch]:
    why = f"{server_name(server)} was built by Go {server.go}, which reads no newer go.mod."
    if before.go and compare_go(before.go, server.go) > 0:
        yield Mismatch(
            name="go-line-too-high",
            text=f"The go line asks for Go {before.go}; the server has {server.go}.",
            file=file.name,
            line=statement_line(file.text, "go"),
            present=before.go,
            wanted=after.go if after.go != before.go else server.go,
            reason=why,
            remedy=RUN,
        )
    if before.toolchain and compare_go(before.toolchain, server.go) > 0:
        yield Mismatch(
            name="toolchain-line-too-high",
            text=f"The toolchain line names {before.toolchain}; the server has Go "
            f"{server.go}.",
            file=file.name,
            line=statement_line(file.text, "toolchain"),
            present=before.toolchain,
            reason=why,
            remedy=RUN,
        )


def _statements(state: State, file: GoModFile) -> Iterator[Mismatch]:
    """Yield the replace and exclude lines that a plan takes out."""
    lines = module_lines(file.text, "replace")
    for each in state.dropped:
        version = state.server.modules.get(each.old_path, "") if state.server else ""
        yield Mismatch(
            name="replace-defeats",
            text=f"The replace of {each.old_path} by {each.new_path} {each.new_version} "
            "compiles other source than the server's.",
            file=file.name,
            line=lines.get(each.old_path, 0),
            module=each.old_path,
            present=f"{each.new_path} {each.new_version}",
            wanted=version,
            reason=f"The server has {each.old_path} {version}, and a package counts as "
            "equal only if it was compiled from the same source.",
            remedy=RUN,
        )
    if state.original is None or state.gomod is None:
        return
    lines = module_lines(file.text, "exclude")
    for change in changes(state.original, state.gomod):
        if change.kind is ChangeKind.EXCLUDE and not change.after:
            module = change.name.partition("@")[0]
            yield Mismatch(
                name="exclude-outdated",
                text=f"{change.name} is excluded, and it is what this server has.",
                file=file.name,
                line=lines.get(module, 0),
                module=module,
                present=change.before,
                reason="It was excluded for another Nakama.",
                remedy=RUN,
            )


def _pin(pin: PinResult, server: ServerFacts, file: GoModFile) -> Mismatch:
    line, missing = file.at(pin.module)
    if pin.package:
        reason = f"Both link {pin.package}."
    else:
        reason = f"{server_name(server)} has {pin.module} too."
    if pin.demanded_by:
        reason += f" More is asked for by {' > '.join(pin.demanded_by)}."
    elif missing:
        reason += " Another module requires it."
    if pin.before == pin.after:
        text = (
            f"{pin.module} must stay at {pin.after}, and only excludes keep it there."
        )
    else:
        text = f"{pin.module} is {pin.before or 'absent'} and must be {pin.after}."
    return Mismatch(
        name="module-version",
        text=text,
        file=file.name,
        line=line,
        missing=missing,
        module=pin.module,
        present=pin.before or "",
        wanted=pin.after,
        reason=reason,
        remedy=RUN,
        excludes=pin.excludes,
    )


def beside_mismatch(file: GoModFile, wanted: str, server: ServerFacts) -> Mismatch:
    """Tell of a go line that is too high in a folder that a replace leads to."""
    present = go_lines(file.text)[0]
    return Mismatch(
        name="go-line-too-high",
        text=f"The go line asks for Go {present}; the server has {server.go}.",
        file=file.name,
        line=statement_line(file.text, "go"),
        present=present,
        wanted=wanted,
        reason="A replace in the plugin's go.mod leads here, and the server's Go reads "
        "no newer go.mod.",
        remedy=RUN,
    )


def build_mismatches(build: BuildLine) -> Iterator[Mismatch]:
    """Yield what is wrong with the project's own build line."""
    for finding in build.findings:
        yield _of_finding(finding, file=build.file, line=build.line)


def project_mismatches(findings: tuple[Finding, ...]) -> Iterator[Mismatch]:
    """Yield what else of a project keeps the plugin that it builds from loading."""
    for finding in findings:
        if _breaks(finding):
            place, _, rest = finding.text.partition(" ")
            file, _, number = place.rpartition(":")
            if file and number.isdigit():  # the place is told beside it
                told = replace(finding, text=f"{rest[:1].upper()}{rest[1:]}")
                yield _of_finding(told, file=file, line=int(number))
            else:
                yield _of_finding(finding, file="", line=0)


def _of_finding(finding: Finding, *, file: str, line: int) -> Mismatch:
    return Mismatch(
        name=finding.name,
        text=finding.text,
        level=Level.ERROR if _breaks(finding) else Level.WARNING,
        file=file,
        line=line,
        remedy=finding.answer,
    )


def is_mismatch(finding: Finding) -> bool:
    """Tell whether what was noticed of a project is told as what must change."""
    return finding.name in TOLD_OTHERWISE or _breaks(finding)


def _breaks(finding: Finding) -> bool:
    """Tell whether the project's own build makes a plugin that does not load."""
    if finding.name == "builder-tag-differs":
        return len(set(_GO.findall(finding.text))) > 1
    return finding.name in BREAKING


def server_name(server: ServerFacts) -> str:
    """Name a server for a sentence."""
    return f"Nakama {server.release}" if server.release else server.reference
