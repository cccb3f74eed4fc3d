"""
The stages of a reduction: what each takes away, and how a candidate is made without it.

They run in order, again and again until none takes anything away. First what nobody
compiles; then from inside out, because a function that does nothing uses nothing, so
that whole files fall in a few steps where taking files first would break others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import join, normpath

from autofix.core.gocuts import GoFile, PartKind, named, without
from autofix.core.gomod import GoMod, ModEdit
from autofix.core.model import ModuleVersion
from autofix.core.sameness import Failure
from autofix.core.versions import compare
from autofix.gotool import GO_MOD
from autofix.reducing.candidates import VENDOR, files_of, without_files
from autofix.reducing.oracle import Oracle
from autofix.vendoring import GO_SUM

Changes = Mapping[str, bytes | None]
"""Files with their new contents, None where they are gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """
    What a stage may take away.

    ``changes`` returns what changes without the parts given, None where that cannot
    be: the go command puts back what was taken. ``guess`` are parts that probably
    matter.
    """

    names: tuple[str, ...] = ()
    changes: Callable[[frozenset[str]], Changes | None] = field(
        default=lambda _gone: {}
    )
    guess: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The plugin as it is by now; ``module`` is its module's folder, relative."""

    folder: Path
    module: str
    oracle: Oracle
    failure: Failure

    def inside(self, name: str) -> str:
        """Return the path of a file of the plugin's module in the project."""
        return normpath(join(self.module, name))

    @property
    def go_files(self) -> tuple[str, ...]:
        """List the Go files of the project, vendor/ left out."""
        return tuple(
            name
            for name in files_of(self.folder)
            if name.endswith(".go") and VENDOR not in name.split("/")
        )

    @property
    def suspects(self) -> tuple[str, ...]:
        """Name the modules and packages that the failure is about."""
        facts = self.failure.diagnosis.facts if self.failure.diagnosis else {}
        found = (facts.get(fact, "") for fact in ("module", "package", "importer"))
        return tuple(filter(None, found))

    def listing(self) -> tuple[GoFile, ...]:
        """List what may be taken from the Go files."""
        return self.oracle.go_parts(self.folder, self.go_files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One kind of parts; ``noun`` is what they are called in the plural."""

    noun: str
    parts: Callable[[Subject], Parts]


def other_files(subject: Subject) -> Parts:
    """Take away what is no Go source, and tests; vendor/ as a whole."""
    return _files(
        subject, lambda name: not name.endswith(".go") or name.endswith("_test.go")
    )


def source_files(subject: Subject) -> Parts:
    """Take away whole Go files."""
    return _files(subject, lambda name: name.endswith(".go"))


def _files(subject: Subject, chosen: Callable[[str], bool]) -> Parts:
    kept = {subject.inside(GO_MOD), subject.inside(GO_SUM)}
    vendor = f"{subject.inside(VENDOR)}/"
    names = {
        vendor if name.startswith(vendor) else name
        for name in files_of(subject.folder)
        if name not in kept and chosen(name)
    }
    return Parts(
        names=tuple(sorted(names)),
        changes=lambda gone: without_files(subject.folder, gone),
    )


def _source(kind: PartKind) -> Callable[[Subject], Parts]:
    def parts(subject: Subject) -> Parts:
        files = {file.name: file for file in subject.listing()}
        found = named(files.values(), kind)

        def changes(gone: frozenset[str]) -> Changes:
            by_file: dict[str, list[int]] = {}
            for each in gone:
                name, number = found[each]
                by_file.setdefault(name, []).append(number)
            return {
                name: without(
                    (subject.folder / name).read_bytes(), files[name], numbers
                )
                for name, numbers in by_file.items()
            }

        guess = (
            each
            for each, (name, number) in found.items()
            if kind is PartKind.IMPORT
            and _about(files[name].parts[number].name, subject.suspects)
        )
        return Parts(names=tuple(found), changes=changes, guess=frozenset(guess))

    return parts


def _about(path: str, suspects: tuple[str, ...]) -> bool:
    """Tell whether a package is one of a suspect module, or the suspect itself."""
    return any(path == each or path.startswith(f"{each}/") for each in suspects)


def requirements(subject: Subject) -> Parts:
    """
    Take lines from go.mod; the go command adds what it cannot do without.

    What the plugin's own code imports stays: it would come back, at a version of today.
    """
    gomod = subject.oracle.go_mod(subject.folder)
    if gomod is None:
        return Parts()
    needed = _providers(subject, gomod)
    lines: dict[str, ModEdit] = {
        **{
            f"require {each.module}": ModEdit(drop_requires=(each.module.path,))
            for each in gomod.requires
            if each.module.path not in needed
        },
        **{
            f"exclude {each}": ModEdit(drop_excludes=(each,)) for each in gomod.excludes
        },
        **{
            f"replace {each}": ModEdit(drop_replaces=(each,)) for each in gomod.replaces
        },
        **(
            {f"toolchain {gomod.toolchain}": ModEdit(drop_toolchain=True)}
            if gomod.toolchain
            else {}
        ),
    }
    guess = (
        name
        for name in lines
        if _about(name.split()[1].partition("@")[0], subject.suspects)
    )
    return Parts(
        names=tuple(lines),
        changes=lambda gone: _edit(
            subject,
            _joined(lines[each] for each in gone),
            lambda read: _length(read) < _length(gomod),
        ),
        guess=frozenset(guess),
    )


def _providers(subject: Subject, gomod: GoMod) -> frozenset[str]:
    """Return the required modules whose packages the Go files import, by their paths."""
    paths = sorted((each.module.path for each in gomod.requires), key=len, reverse=True)
    imported = (
        path
        for file in subject.listing()
        for path in (
            *(each.path for each in file.imports),
            *(each.name for each in file.parts if each.kind is PartKind.IMPORT),
        )
    )
    found = (
        next((path for path in paths if _about(package, (path,))), "")
        for package in imported
    )
    return frozenset(filter(None, found))


def versions(subject: Subject) -> Parts:
    """Require what the server has, of modules that need not differ from it."""
    gomod = subject.oracle.go_mod(subject.folder)
    if gomod is None:
        return Parts()
    server = subject.oracle.server_modules()

    def unlike(read: GoMod) -> tuple[ModuleVersion, ...]:
        return tuple(
            each.module
            for each in read.requires
            if each.module.path in server
            and compare(each.module.version, server[each.module.path]) != 0
        )

    wanted = {
        str(each): ModuleVersion(path=each.path, version=server[each.path])
        for each in unlike(gomod)
    }
    return Parts(
        names=tuple(wanted),
        changes=lambda gone: _edit(
            subject,
            ModEdit(requires=tuple(wanted[each] for each in sorted(gone))),
            lambda read: (
                _length(read) <= _length(gomod) and len(unlike(read)) < len(wanted)
            ),
        ),
        guess=frozenset(
            name for name, each in wanted.items() if each.path in subject.suspects
        ),
    )


def _length(gomod: GoMod) -> int:
    """Count the lines of go.mod that may be taken away."""
    lines = len(gomod.requires) + len(gomod.excludes) + len(gomod.replaces)
    return lines + bool(gomod.toolchain)


def _joined(edits: Iterable[ModEdit]) -> ModEdit:
    edits = tuple(edits)
    return ModEdit(
        drop_requires=tuple(sorted(p for each in edits for p in each.drop_requires)),
        drop_excludes=tuple(m for each in edits for m in each.drop_excludes),
        drop_replaces=tuple(r for each in edits for r in each.drop_replaces),
        drop_toolchain=any(each.drop_toolchain for each in edits),
    )


def _edit(
    subject: Subject, edit: ModEdit, smaller: Callable[[GoMod], bool]
) -> Changes | None:
    """
    Return go.mod and go.sum after an edit, None where it has led nowhere.

    That is where go.mod is not ``smaller``, because the go command needs what was
    taken, or a requirement came back that the code needs, at whatever version the go
    command found. Lines count more than versions: else the stages could undo each
    other for ever.
    """
    made = subject.oracle.edited(subject.folder, edit)
    if made.gomod is not None:
        direct = {each.module.path for each in made.gomod.requires if not each.indirect}
        if not smaller(made.gomod) or not direct.isdisjoint(edit.drop_requires):
            return None
    return {subject.inside(name): content for name, content in made.files.items()}


def upkeep(subject: Subject) -> Parts:
    """Format what was cut, and keep only those sums that building needs."""
    go_sum = subject.inside(GO_SUM)
    wanted: dict[str, Changes] = {}
    formatted = subject.oracle.formatted(subject.folder, subject.go_files)
    unformatted = {
        name: content
        for name, content in formatted.items()
        if content != (subject.folder / name).read_bytes()
    }
    if unformatted:
        wanted["unformatted source"] = unformatted
    if (subject.folder / go_sum).is_file():
        sums = subject.oracle.summed(subject.folder)
        if sums and sums != (subject.folder / go_sum).read_bytes():
            wanted["unneeded sums"] = {go_sum: sums}
    return Parts(
        names=tuple(wanted),
        changes=lambda gone: {
            name: content for each in gone for name, content in wanted[each].items()
        },
    )


STAGES = (
    Stage(noun="other files", parts=other_files),
    Stage(noun="function bodies", parts=_source(PartKind.BODY)),
    Stage(noun="declarations", parts=_source(PartKind.DECLARATION)),
    Stage(noun="imports", parts=_source(PartKind.IMPORT)),
    Stage(noun="source files", parts=source_files),
    Stage(noun="statements", parts=_source(PartKind.STATEMENT)),
    Stage(noun="lines of go.mod", parts=requirements),
    Stage(noun="versions unlike the server's", parts=versions),
    Stage(noun="leftovers", parts=upkeep),
)
