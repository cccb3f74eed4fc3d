"""
Read ``vendor/modules.txt``: which module versions a program vendors, and packages.

All forms the go command has written since 1.11 are read, also those of ``go work
vendor``: module headers with and without packages, ``=>`` to a version or a folder,
replacements of unused modules at the end of the file, and the ``##`` annotations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from autofix.core.gomod import Replacement


class ModulesTxtError(ValueError):
    """The text is not a modules.txt; the message names the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VendoredModule:
    """
    One module header and what follows it.

    ``go`` is the module's own go line or "", ``replacement`` what it was replaced by.
    """

    path: str
    version: str
    explicit: bool = False
    go: str = ""
    replacement: Replacement | None = None
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModulesTxt:
    """
    A whole file; ``unused`` are replacements that no vendored module needs.

    ``workspace`` tells that ``go work vendor`` wrote it.
    """

    modules: tuple[VendoredModule, ...]
    unused: tuple[Replacement, ...] = ()
    workspace: bool = False

    @property
    def versions(self) -> Mapping[str, str]:
        """Map each module to the version selected (not its replacement's)."""
        return {module.path: module.version for module in self.modules}

    @property
    def packages(self) -> Mapping[str, str]:
        """Map each vendored package to the path of its module."""
        return {
            package: module.path
            for module in self.modules
            for package in module.packages
        }

    @property
    def replaced(self) -> tuple[VendoredModule, ...]:
        """Return the modules whose source is not that of their own version."""
        return tuple(module for module in self.modules if module.replacement)


def parse_modules_txt(text: str) -> ModulesTxt:
    """Parse a modules.txt; ModulesTxtError if it is something else."""
    modules: list[VendoredModule] = []
    unused: list[Replacement] = []
    packages: list[str] = []
    workspace = False
    seen_header = False

    for number, raw in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        line = raw.strip()
        if not line:
            continue
        if line.startswith("##"):
            notes = [note.strip() for note in line.removeprefix("##").split(";")]
            workspace = workspace or "workspace" in notes
            if modules:
                modules[-1] = _annotated(modules[-1], notes)
        elif line.startswith("# "):
            seen_header = True
            _close(modules, packages)
            module, replacement = _header(line, number)
            if module is not None:
                modules.append(module)
            elif replacement is not None:
                unused.append(replacement)
        elif not seen_header or " " in line:
            raise ModulesTxtError(f"line {number} is no package: {line[:80]!r}")
        else:
            packages.append(line)
    _close(modules, packages)
    if not modules and not unused:
        raise ModulesTxtError("it names no module")
    kept = tuple(module for module in modules if not _is_bare_replacement(module))
    unused += [
        module.replacement
        for module in modules
        if module.replacement and _is_bare_replacement(module)
    ]
    return ModulesTxt(modules=kept, unused=_distinct(unused, kept), workspace=workspace)


def _close(modules: list[VendoredModule], packages: list[str]) -> None:
    """Give the packages read so far to the module they followed."""
    if packages and modules:
        modules[-1] = replace(modules[-1], packages=tuple(packages))
    packages.clear()


def _header(line: str, number: int) -> tuple[VendoredModule | None, Replacement | None]:
    left, arrow, right = line.removeprefix("# ").partition(" => ")
    old = left.split()
    new = right.split()
    if len(old) not in (1, 2) or (arrow and len(new) not in (1, 2)):
        raise ModulesTxtError(f"line {number} is no module: {line[:80]!r}")
    replacement = None
    if arrow:
        replacement = Replacement(
            old_path=old[0],
            old_version=old[1] if len(old) > 1 else "",
            new_path=new[0],
            new_version=new[1] if len(new) > 1 else "",
        )
    if len(old) == 1:
        if replacement is None:
            raise ModulesTxtError(f"line {number} has no version: {line[:80]!r}")
        return None, replacement
    module = VendoredModule(path=old[0], version=old[1], replacement=replacement)
    return module, None


def _annotated(module: VendoredModule, notes: list[str]) -> VendoredModule:
    for note in notes:
        if note == "explicit":
            module = replace(module, explicit=True)
        elif note.startswith("go "):
            module = replace(module, go=note.removeprefix("go ").strip())
    return module


def _is_bare_replacement(module: VendoredModule) -> bool:
    """
    Tell whether a header only records a replacement that the build does not use.

    Such lines close the file and may name a version that is not the selected one.
    """
    return bool(module.replacement) and not module.packages and not module.explicit


def _distinct(
    unused: list[Replacement], modules: tuple[VendoredModule, ...]
) -> tuple[Replacement, ...]:
    """Leave out the closing lines that repeat what a module's header says."""
    used = {
        (each.old_path, each.new_path, each.new_version)
        for each in (module.replacement for module in modules)
        if each is not None
    }
    return tuple(
        each
        for each in unused
        if (each.old_path, each.new_path, each.new_version) not in used
    )
