"""From what was planned or compared to what must change, with its place; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from autofix.conclude import pin_results
from autofix.core.buildline import BuildLine
from autofix.core.compare import Cause, Comparison, Group
from autofix.core.gomod import ChangeKind, GoMod, changes
from autofix.core.gomodtext import last_line, module_lines, statement_line
from autofix.core.linked import Linked
from autofix.core.model import EndKind, Finding, ServerFacts
from autofix.core.modtext import go_lines
from autofix.core.state import State
from autofix.core.versions import compare_go
from autofix.result import PinResult
from autofix.verdict import Level, Mismatch

RUN = "'autofix run' changes it."
GLIBC = {"buster": "2.28", "bullseye": "2.31", "bookworm": "2.36", "trixie": "2.41"}
"""The C library of each Debian that Nakama's images were made of."""

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

_NAMED = 3


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
    yield Mismatch(
        name=ending.kind.value,
        text=ending.words,
        file=file.name,
        line=1,
        module=diagnosis.facts.get("module", "") if diagnosis else "",
        reason=" > ".join(ending.chain) or (diagnosis.quoted if diagnosis else ""),
        remedy=diagnosis.remedy if diagnosis else "",
    )


def _go_lines(
    before: GoMod, after: GoMod, server: ServerFacts, file: GoModFile
) -> Iterator[Mismatch]:
    why = f"{_name(server)} was built by Go {server.go}, which reads no newer go.mod."
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
        reason = f"{_name(server)} has {pin.module} too."
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
        if finding.name in BREAKING:
            file, _, rest = finding.text.partition(" ")[0].rpartition(":")
            number = rest.rstrip(":,")
            place = (file, int(number)) if file and number.isdigit() else ("", 0)
            yield _of_finding(finding, file=place[0], line=place[1])


def _of_finding(finding: Finding, *, file: str, line: int) -> Mismatch:
    return Mismatch(
        name=finding.name,
        text=finding.text,
        level=Level.ERROR if finding.name in BREAKING else Level.WARNING,
        file=file,
        line=line,
        remedy=finding.answer,
    )


def compared_mismatches(
    comparison: Comparison, file: GoModFile | None, *, name: str, debian: str = ""
) -> Iterator[Mismatch]:
    """
    Yield what keeps a built plugin from loading, the causes only.

    ``debian`` names the system of the server's image, "" if it is not known.
    """
    server, plugin = comparison.server, comparison.plugin
    if server.machine != plugin.machine:
        yield Mismatch(
            name="machine-differs",
            text=f"The plugin is for {plugin.machine or 'an unknown processor'}, the "
            f"server for {server.machine}.",
            file=name,
            present=plugin.machine,
            wanted=server.machine,
            remedy="Build it for the server's processor.",
        )
        return
    yield from _toolchain(comparison, name)
    for group in comparison.groups:
        if group.cause not in (Cause.TOOLCHAIN, Cause.CASCADE):
            yield _group(group, file, name)
    yield from library_mismatches(plugin, debian, name)


def _toolchain(comparison: Comparison, name: str) -> Iterator[Mismatch]:
    groups = comparison.of(Cause.TOOLCHAIN)
    if not groups:
        return
    told = [each for each in comparison.settings if each.matters]
    for each in told:
        present, wanted = each.plugin or "nothing", each.server or "nothing"
        yield Mismatch(
            name="go-differs" if each.name == "Go" else "build-setting-differs",
            text=f"The plugin was built with {each.name} {present}, the server with "
            f"{wanted}.",
            file=name,
            present=each.plugin,
            wanted=each.server,
            reason=f"So {groups[0].packages[0]} and {len(groups[0].packages) - 1} other "
            "packages of the standard library differ.",
            remedy="Build with exactly the server's Go and flags.",
        )
    if not told:
        yield Mismatch(
            name="toolchain-differs",
            text=f"{groups[0].packages[0]} and {len(groups[0].packages) - 1} other "
            "packages of the standard library differ from the server's.",
            file=name,
            reason="The plugin was built by another Go or with other flags; it does "
            "not say which.",
            remedy="Build with exactly the server's Go and flags.",
        )


def _group(group: Group, file: GoModFile | None, name: str) -> Mismatch:
    where, line, missing = name, 0, False
    if file is not None and group.module:
        where = file.name
        line, missing = file.at(group.module)
    packages = _some(group.packages)
    match group.cause:
        case Cause.ROOT:
            label = "module-version"
            text = f"{group.module} is {group.plugin} and must be {group.server}."
            remedy = "Require the server's version and build again."
        case Cause.CONTENT:
            label = "module-content"
            text = f"{group.module} {group.server} was compiled from other source than"
            text += " the server's."
            remedy = "Look for a replace, an edited vendor folder or build tags."
        case Cause.SERVER_ITSELF:
            label = "server-package"
            text = "The plugin imports packages of the server itself."
            remedy = "Copy what is needed, or use nakama-common."
        case _:
            label = "module-untold"
            text = f"{group.module or packages} differs, and the plugin does not say"
            text += " which version it has."
            remedy = "Build it here: 'autofix run' finds out."
    extra = f", {group.replaced}" if group.replaced else ""
    return Mismatch(
        name=label,
        text=text,
        file=where,
        line=line,
        missing=missing,
        module=group.module,
        present=group.plugin,
        wanted=group.server,
        reason=f"In {name}: {packages}{extra}.",
        remedy=remedy,
    )


def library_mismatches(plugin: Linked, debian: str, name: str) -> Iterator[Mismatch]:
    """Yield what the plugin needs of the system and the server's image lacks."""
    if any("musl" in library for library in plugin.libraries):
        yield Mismatch(
            name="musl",
            text="The plugin needs the C library musl; Nakama's images have glibc.",
            file=name,
            remedy="Build it in a Debian image, not in Alpine.",
        )
    needed = max((_numbers(each) for each in plugin.versions), default=())
    has = GLIBC.get(debian, "")
    if has and needed > _numbers(f"GLIBC_{has}"):
        asked = ".".join(map(str, needed))
        yield Mismatch(
            name="glibc-too-old",
            text=f"The plugin needs glibc {asked}, the server's image has {has}.",
            file=name,
            present=asked,
            wanted=has,
            reason=f"The image is Debian {debian}.",
            remedy="Build it on the same or an older Debian.",
        )


def version_mismatches(
    plugin: Linked, server: ServerFacts, file: GoModFile | None, *, name: str
) -> Iterator[Mismatch]:
    """
    Yield the modules of a built plugin that the server has at another version.

    For servers whose package hashes are not known.
    """
    if plugin.machine != server.machine and server.machine:
        yield Mismatch(
            name="machine-differs",
            text=f"The plugin is for {plugin.machine}, the server for {server.machine}.",
            file=name,
            present=plugin.machine,
            wanted=server.machine,
        )
    if plugin.go and server.go and plugin.go != server.go:
        yield Mismatch(
            name="go-differs",
            text=f"The plugin was built with Go {plugin.go}, the server with "
            f"{server.go}.",
            file=name,
            present=plugin.go,
            wanted=server.go,
            remedy="Build with exactly the server's Go.",
        )
    if plugin.version and plugin.settings.get("-trimpath") != "true":
        yield Mismatch(
            name="build-setting-differs",
            text="The plugin was built without -trimpath; Nakama is built with it.",
            file=name,
            wanted="-trimpath",
        )
    for module, version in plugin.modules.items():
        wanted = server.modules.get(module, version)
        replaced = plugin.replaced.get(module)
        if wanted == version and not (replaced and module in server.modules):
            continue
        if not _shares(module, plugin, server.packages):
            continue
        line, missing = file.at(module) if file else (0, False)
        present = f"replaced by {replaced}" if replaced else version
        yield Mismatch(
            name="module-version",
            text=f"{module} is {present} and must be {wanted}.",
            file=file.name if file else name,
            line=line,
            missing=missing,
            module=module,
            present=present,
            wanted=wanted,
            reason=f"{_name(server)} has {module} {wanted}.",
            remedy="Require the server's version and build again.",
        )


def _shares(module: str, plugin: Linked, packages: Mapping[str, str]) -> bool:
    """Tell whether a package of a module may be in both; yes where that is not known."""
    if not packages or not plugin.hashes:
        return True
    return any(packages.get(package) == module for package in plugin.hashes)


def _name(server: ServerFacts) -> str:
    return f"Nakama {server.release}" if server.release else server.reference


def _some(packages: tuple[str, ...]) -> str:
    named = ", ".join(packages[:_NAMED])
    more = len(packages) - _NAMED
    return f"{named} and {more} more" if more > 0 else named


def _numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of ``GLIBC_2.34``; none of another library's version."""
    name, _, number = version.partition("_")
    parts = number.split(".")
    if name != "GLIBC" or not all(part.isdigit() for part in parts):
        return ()
    return tuple(map(int, parts))
