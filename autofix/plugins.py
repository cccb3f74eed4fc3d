"""Searching a tree for the package that is the plugin: main, with InitModule."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autofix.core.gosource import GoFile, scan_go_file
from autofix.core.model import Finding
from autofix.core.modfolders import module_path
from autofix.errors import ProjectError
from autofix.tree import NOT_SOURCE, Entry, EntryKind, Walk, is_file, read_text

_SKIPPED = NOT_SOURCE | {"vendor", "testdata"}
_RUNTIME_SUFFIXES = (".lua", ".js", ".so")
_MOST_RUNTIME_FILES = 200
_LARGEST_SOURCE = 8 * 1024 * 1024
_MOST_NAMED = 12
_SIGNATURE = "func InitModule("


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """
    The plugin's package and its module, both as folders.

    ``others`` are further plugins of the same module. ``runtime_files`` are Lua and JavaScript files and built plugins of the module,
    relative to it; ``tags`` are build tags without which the package has no
    InitModule; ``links`` are the module's symbolic links.
    """

    module: Path
    package: Path
    others: tuple[Path, ...] = ()
    tags: tuple[str, ...] = ()
    runtime_files: tuple[str, ...] = ()
    links: tuple[Path, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _InitModule:
    """A file that declares InitModule, whatever its package."""

    path: Path
    file: GoFile

    @property
    def is_plugin(self) -> bool:
        usable = self.file.builds or bool(self.file.tags)
        return self.file.package == "main" and usable


@dataclass(slots=True)
class _Survey:
    """What one walk saw."""

    modules: list[Path] = field(default_factory=list)
    found: list[_InitModule] = field(default_factory=list)
    go_files: int = 0
    runtime_files: list[Path] = field(default_factory=list)
    links: list[Path] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def module_of(self, folder: Path) -> Path | None:
        above = [each for each in self.modules if folder.is_relative_to(each)]
        return max(above, key=lambda each: len(each.parts), default=None)

    def packages(self, within: Callable[[Path], bool]) -> list[Path]:
        folders = (each.path.parent for each in self.found if each.is_plugin)
        return sorted({folder for folder in folders if within(folder)})


def find_plugins(
    start: Path, *, package: str | None = None, boundary: Path | None = None
) -> tuple[Plugin, ...]:
    """
    Find the plugins at, below or around ``start``, those of one module as one.

    ``package`` chooses one of them; ``boundary`` is the folder above which no go.mod
    is looked for. ProjectError if there is none.
    """
    above = _module_above(start, boundary)
    survey = _survey(above or start)
    if not survey.modules:
        raise _no_module(start, survey)
    if package is not None:
        return (_plugin(survey, [_asked_for(package, start, above, survey)]),)
    if above is None:
        candidates = survey.packages(lambda _: True)
    else:
        candidates = _within_module(survey, above, start)
    if not candidates:
        raise _no_init_module(survey, above or start)
    modules: dict[Path | None, list[Path]] = {}
    for each in candidates:
        modules.setdefault(survey.module_of(each), []).append(each)
    return tuple(_plugin(survey, packages) for packages in modules.values())


def _within_module(survey: _Survey, module: Path, start: Path) -> list[Path]:
    """Return the plugins of the module ``start`` is in, else of modules below it."""
    own = survey.packages(lambda folder: survey.module_of(folder) == module)
    below = [folder for folder in own if folder.is_relative_to(start)]
    if start != module and start in below:
        return [start]
    if own:
        return below or own
    return survey.packages(lambda folder: folder.is_relative_to(start)) or (
        survey.packages(lambda _: True)
    )


def _plugin(survey: _Survey, packages: Sequence[Path]) -> Plugin:
    package, *others = packages
    module = survey.module_of(package)
    if module is None:
        raise ProjectError(
            f"{package} is in no Go module: no go.mod in it or above it.",
            todo="Run `go mod init` there, or give another folder.",
        )
    tags = dict.fromkeys(tag for each in packages for tag in _tags(survey, each))
    runtime = [
        path.relative_to(module).as_posix()
        for path in survey.runtime_files
        if path.is_relative_to(module)
    ]
    return Plugin(
        module=module,
        package=package,
        others=tuple(others),
        tags=tuple(tags),
        runtime_files=tuple(runtime[:_MOST_RUNTIME_FILES]),
        links=tuple(link for link in survey.links if link.is_relative_to(module)),
        findings=tuple(survey.findings),
    )


def _tags(survey: _Survey, package: Path) -> tuple[str, ...]:
    """Return the build tags without which a package has no InitModule."""
    files = [each.file for each in survey.found if each.path.parent == package]
    builds = any(file.builds for file in files)
    return () if builds else next((file.tags for file in files if file.tags), ())


def _module_above(start: Path, boundary: Path | None) -> Path | None:
    for folder in (start, *start.parents):
        if is_file(folder / "go.mod"):
            return folder
        if folder == boundary:
            break
    return None


def _survey(base: Path) -> _Survey:
    survey = _Survey()
    if is_file(base / "go.mod"):
        survey.modules.append(base)

    def enters(folder: Path) -> bool:
        return folder.name not in _SKIPPED and not folder.name.startswith((".", "_"))

    walk = Walk(enters=enters)
    for entry in walk.below(base):
        _note(entry, survey)
    for path, why in walk.unreadable:
        _note_unreadable(survey, path, why)
    if walk.stopped_early:
        raise ProjectError(
            f"{base} has more than {walk.most:,} files and folders.",
            why="autofix looks for the plugin in all of them, which would take long.",
            todo="Run it in the plugin's own folder, or give that folder.",
        )
    return survey


def _note(entry: Entry, survey: _Survey) -> None:
    path = entry.path
    name = path.name.lower()
    if name == "go.mod" and path.parent not in survey.modules:
        survey.modules.append(path.parent)
    match entry.kind:
        case EntryKind.LINK:
            survey.links.append(path)
        case EntryKind.FILE if name.endswith(".go"):
            _look_at(path, survey)
        case EntryKind.FILE if name.endswith(_RUNTIME_SUFFIXES):
            survey.runtime_files.append(path)


def _look_at(path: Path, survey: _Survey) -> None:
    survey.go_files += 1
    try:
        text = read_text(path, _LARGEST_SOURCE)
    except OSError as error:
        _note_unreadable(survey, path, error.strerror or str(error))
        return
    if "InitModule" not in text:
        return
    file = scan_go_file(path.name, text)
    if file.has_init_module:
        survey.found.append(_InitModule(path=path, file=file))


def _note_unreadable(survey: _Survey, path: Path, why: str) -> None:
    survey.findings.append(
        Finding(
            name="unreadable",
            text=f"{path} cannot be read: {why}.",
            answer="It was not searched for the plugin.",
        )
    )


def _asked_for(package: str, start: Path, above: Path | None, survey: _Survey) -> Path:
    """Return the folder that ``--package`` means; ProjectError if it is no plugin."""
    places = [start / package, *([above / package] if above else [])]
    for module in survey.modules:
        path = module_path(read_text(module / "go.mod", _LARGEST_SOURCE))
        if path and (package == path or package.startswith(f"{path}/")):
            places.append(module / package[len(path) :].lstrip("/"))
    folders = [Path(os.path.normpath(place)) for place in places]
    folder = next((each for each in folders if each.is_dir()), None)
    plugins = survey.packages(lambda _: True)
    named = _listed(plugins, start) or "none"
    if folder is None:
        raise ProjectError(
            f"There is no package {package!r} in this project.",
            why="It is taken as a folder of the project or as an import path.",
            todo=f"Plugins found here: {named}.",
        )
    if folder not in plugins:
        declared = [each for each in survey.found if each.path.parent == folder]
        raise ProjectError(
            f"The package {package!r} is not a plugin: "
            + (_why_not(declared, start) or f"none of its files has `{_SIGNATURE}`."),
            todo=f"Plugins found here: {named}.",
        )
    return folder


def _no_module(start: Path, survey: _Survey) -> ProjectError:
    has_go = f"There are {survey.go_files} Go files, but no module."
    return ProjectError(
        f"No go.mod in {start}, above it or below it: this is not a Go module.",
        why=has_go if survey.go_files else "There is no Go file either.",
        todo="Run autofix in the plugin's folder, or give that folder"
        " (`autofix run DIR`).",
    )


def several(plugins: Sequence[Plugin], start: Path) -> ProjectError:
    """Say that the plugins of one module must be chosen."""
    named = [plugin.package for plugin in plugins]
    first = _relative(named[0], start)
    return ProjectError(
        f"There are plugins of {len(named)} modules here: {_listed(named, start)}.",
        why="This takes the plugins of one module at a time.",
        todo=f"Choose one: `--package {first}`, or name the folder {first}.",
    )


def _no_init_module(survey: _Survey, base: Path) -> ProjectError:
    if survey.findings:
        return ProjectError(
            f"No plugin found in {base}. {survey.findings[0].text}",
            why="The plugin may be in what cannot be read.",
            todo="Make it readable for the user who runs autofix.",
        )
    modules = _listed(survey.modules, base)
    reason = _why_not(survey.found, base)
    if not reason and not survey.go_files:
        reason = "There is no Go file in it."
    return ProjectError(
        f"No plugin found in {base}: no package main with `{_SIGNATURE}`.",
        why=reason
        or f"Looked at {survey.go_files} Go files of the module(s) in {modules};"
        " comments, tests, vendor/ and testdata/ do not count.",
        todo="Nakama calls InitModule of package main: declare it there, or give the"
        " plugin's folder.",
    )


def _why_not(declared: Iterable[_InitModule], base: Path) -> str:
    """Say why the InitModule functions that were found make no plugin."""
    reasons: list[str] = []
    for each in declared:
        place = _relative(each.path, base)
        if each.path.name.endswith("_test.go"):
            reasons.append(f"InitModule in {place} is in a test file.")
        elif each.file.package != "main":
            name = each.file.package or "?"
            reasons.append(f"InitModule in {place} is in package {name}, not main.")
        elif not each.is_plugin:
            reasons.append(
                f"InitModule in {place} is left out by the file's build constraint"
                " or name."
            )
    return " ".join(reasons[:_MOST_NAMED])


def _listed(folders: Iterable[Path], base: Path) -> str:
    names = [_relative(folder, base) for folder in folders]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def _relative(path: Path, base: Path) -> str:
    written = Path(os.path.relpath(path, base)).as_posix()
    return written if written.startswith(".") else f"./{written}"
