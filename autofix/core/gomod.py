"""
go.mod as a value, and edits to it as arguments of ``go mod edit``.

Reading is ``go mod edit -json`` and writing is ``go mod edit``; the one thing the go
command cannot write, a trailing comment, is added by ``autofix.core.comments``.
"""

from __future__ import annotations

from dataclasses import dataclass

from autofix.core.model import ModuleVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One require line."""

    module: ModuleVersion
    indirect: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """
    One replace line.

    ``old_version`` is "" when every version is replaced; ``new_version`` is "" when
    the target is a folder.
    """

    old_path: str
    old_version: str
    new_path: str
    new_version: str

    @property
    def is_folder(self) -> bool:
        """Tell whether the target is a folder rather than a module version."""
        return not self.new_version


@dataclass(frozen=True, slots=True, kw_only=True)
class GoMod:
    """A go.mod file; ``go`` and ``toolchain`` are "" when the line is absent."""

    module: str
    go: str
    toolchain: str
    requires: tuple[Requirement, ...] = ()
    excludes: tuple[ModuleVersion, ...] = ()
    replaces: tuple[Replacement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModEdit:
    """A change of go.mod; the empty edit changes nothing."""

    requires: tuple[ModuleVersion, ...] = ()
    excludes: tuple[ModuleVersion, ...] = ()
    drop_replaces: tuple[Replacement, ...] = ()
    go: str = ""
    drop_toolchain: bool = False
