"""
The user's project: which module and package are the plugin, what belongs to it.

Reads the tree, never writes it. No go command is needed: go.mod and go.work are read
as text for folders only, Go files for ``InitModule``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from autofix.core.model import Finding
from autofix.core.modfolders import module_path, workspace_uses
from autofix.errors import ProjectError
from autofix.plugins import Plugin, find_plugins, several
from autofix.projectfiles import ProjectFiles, list_files
from autofix.replaced import read_go_file, replaced_folders, unusable_replaces
from autofix.tree import is_file, may

_OF_A_FOLDER = frozenset({"go.mod", "go.sum", "go.work", "autofix.toml"})
"""Files that may be given in the place of the folder they lie in, beside Go files."""
LARGEST_OTHER_FILE = 16 * 1024 * 1024
"""Bytes; a larger file that Go cannot need is not brought into the builder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """
    A plugin's source as it lies on disk.

    ``root`` is the folder that is copied into the builder, ``module_dir`` the
    module's folder relative to it ("." or "server"), ``package_dir`` the plugin's
    package relative to the module ("." or "./cmd/x"), ``other_packages`` those of
    further plugins of the module. ``repository`` is the folder
    whose Dockerfiles and the like are read: the git root, else where the search
    began. ``folders`` are what is copied of ``root``, relative to it; ``tags`` are
    build tags without which the plugin's file is left out. ``git_root`` is None
    where no git repository is around the module.
    """

    root: Path
    repository: Path
    module_dir: str
    package_dir: str
    module_path: str
    folders: tuple[str, ...]
    other_packages: tuple[str, ...] = ()
    vendored: bool = False
    has_go_sum: bool = False
    workspace: Path | None = None
    replace_folders: tuple[Path, ...] = ()
    runtime_files: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    git_root: Path | None = None

    @property
    def module_folder(self) -> Path:
        """Return the module's folder on this machine."""
        return self.root / self.module_dir

    @property
    def go_mod(self) -> Path:
        """Return the path of the go.mod that a run may change."""
        return self.module_folder / "go.mod"

    @property
    def boundary(self) -> Path:
        """Return the folder outside which nothing is the project's to change."""
        return self.git_root or self.root

    @property
    def extent(self) -> Path:
        """Return the folder that all of it lies in: sources, repository, hints."""
        return Path(os.path.commonpath((self.root, self.boundary, self.repository)))

    def files(self, limit: int = LARGEST_OTHER_FILE) -> ProjectFiles:
        """
        List what the builder needs, in order; larger other files are left out.

        ProjectError if a source file cannot be read, a link to one leads nowhere, or
        the tree has no end; a folder that cannot be read is left out.
        """
        extra = [self.workspace] if self.workspace else []
        return list_files(self.root, self.folders, extra=extra, limit=limit)


def find_project(start: Path, *, package: str | None = None) -> Project:
    """
    Find the module whose plugin ``start`` belongs to or contains.

    ``package`` (a folder or an import path) chooses among several plugins.
    ProjectError if there is none, or several modules have one and none is chosen.
    """
    folder = _existing_folder(start)
    git_root = _git_root(folder)
    plugins = find_plugins(folder, package=package, boundary=git_root)
    if len(plugins) > 1:
        raise several(plugins, folder)
    (plugin,) = plugins
    return _describe(
        plugin, start=folder, git_root=git_root or _git_root(plugin.module)
    )


def find_projects(start: Path, *, package: str | None = None) -> tuple[Project, ...]:
    """
    Find every module with plugins that ``start`` belongs to or contains.

    go.mod is looked for from ``start`` upwards, as Go does, then downwards.
    ProjectError if there is none.
    """
    folder = _existing_folder(start)
    git_root = _git_root(folder)
    plugins = find_plugins(folder, package=package, boundary=git_root)
    return tuple(
        _describe(plugin, start=folder, git_root=git_root or _git_root(plugin.module))
        for plugin in plugins
    )


def _existing_folder(start: Path) -> Path:
    try:
        folder = start.resolve(strict=True)
    except FileNotFoundError as error:
        raise ProjectError(
            f"There is no folder {start}.", todo="Give the plugin's folder."
        ) from error
    except (OSError, RuntimeError) as error:
        raise ProjectError(
            f"{start} cannot be opened: its symbolic links lead in a circle, or it is"
            f" not readable ({error}).",
            todo="Give the plugin's folder by its real path.",
        ) from error
    if not folder.is_dir():
        if folder.name not in _OF_A_FOLDER and folder.suffix != ".go":
            raise _not_a_folder(start)
        folder = folder.parent
    if not may(folder, os.R_OK | os.X_OK):
        raise ProjectError(
            f"{folder} cannot be opened: permission denied.",
            todo="Give the user who runs autofix the right to read it.",
        )
    return folder


def _not_a_folder(file: Path) -> ProjectError:
    """Return the error for a file that does not stand for the folder it lies in."""
    others = {
        ".so": f"Give the plugin's folder, and the built file as --so {file}.",
        ".gz": f"If it is a bundle of a run: autofix reproduce {file}.",
        ".zst": f"If it is a bundle of a run: autofix reproduce {file}.",
    }
    return ProjectError(
        f"{file} is a file, not a plugin's folder.",
        todo=others.get(file.suffix, "Give the plugin's folder."),
    )


def _git_root(folder: Path) -> Path | None:
    for each in (folder, *folder.parents):
        if (each / ".git").exists():
            return each
    return None


def _describe(plugin: Plugin, *, start: Path, git_root: Path | None) -> Project:
    module = plugin.module
    text = read_go_file(module / "go.mod")
    if (module / "go.sum").is_dir():
        raise ProjectError(
            f"{module / 'go.sum'} is a folder.",
            why="The go command keeps a file of that name beside go.mod.",
            todo="Move the folder away.",
        )
    findings = list(plugin.findings)
    replaces = replaced_folders(module, text, git_root)
    workspace = _workspace(module, git_root)
    uses: list[Path] = []
    if workspace is not None:
        places = workspace_uses(read_go_file(workspace))
        uses = [Path(os.path.normpath(workspace.parent / each)) for each in places]
        uses = [each for each in uses if each.is_dir()]
    linked = _linked_folders(plugin, git_root)
    folders = _outermost([module, *replaces, *uses, *linked])
    anchors = [*folders, *([workspace.parent] if workspace else [])]
    root = Path(os.path.commonpath(anchors))
    home = Path(os.path.commonpath([root, start]))
    inside = git_root is not None and root.is_relative_to(git_root)
    repository = git_root if git_root is not None and inside else home
    findings += unusable_replaces(module, text, repository)
    first, *others = (
        _package_dir(package, module) for package in (plugin.package, *plugin.others)
    )
    return Project(
        root=root,
        repository=repository,
        module_dir=module.relative_to(root).as_posix(),
        package_dir=first,
        other_packages=tuple(others),
        module_path=module_path(text),
        folders=tuple(each.relative_to(root).as_posix() for each in folders),
        vendored=is_file(module / "vendor" / "modules.txt"),
        has_go_sum=(module / "go.sum").is_file(),
        workspace=workspace,
        replace_folders=tuple(replaces),
        runtime_files=plugin.runtime_files,
        tags=plugin.tags,
        findings=tuple(findings),
        git_root=git_root,
    )


def _package_dir(package: Path, module: Path) -> str:
    written = package.relative_to(module).as_posix()
    return written if written == "." else f"./{written}"


def _linked_folders(plugin: Plugin, git_root: Path | None) -> list[Path]:
    """Return folders of the repository that links in the module lead to."""
    found: list[Path] = []
    for link in plugin.links if git_root is not None else ():
        try:
            target = link.resolve(strict=True)
        except (OSError, RuntimeError):
            continue  # listing the files says so, if Go needs it
        if target.is_dir() and _lies_beside(target, plugin.module, git_root):
            found.append(target)
    return found


def _lies_beside(folder: Path, module: Path, git_root: Path | None) -> bool:
    """Tell whether a folder is in the repository, and neither in nor around a module."""
    inside = git_root is not None and folder.is_relative_to(git_root)
    return inside and not module.is_relative_to(folder)


def _workspace(module: Path, boundary: Path | None) -> Path | None:
    """Return the go.work that uses the module, looked for upwards."""
    for folder in (module, *module.parents):
        candidate = folder / "go.work"
        if candidate.is_file():
            uses = workspace_uses(read_go_file(candidate))
            places = {Path(os.path.normpath(folder / each)) for each in uses}
            return candidate if module in places else None
        if folder == boundary:
            break
    return None


def _outermost(folders: list[Path]) -> list[Path]:
    """Leave out folders that lie within another one of the list."""
    unique = list(dict.fromkeys(folders))
    return sorted(
        each
        for each in unique
        if not any(each != other and each.is_relative_to(other) for other in unique)
    )
