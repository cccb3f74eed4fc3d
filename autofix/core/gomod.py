"""
go.mod as a value, and edits to it as arguments of ``go mod edit``.

Reading is ``go mod edit -json`` and writing is ``go mod edit``; the one thing the go
command cannot write, a trailing comment, is added by ``autofix.core.comments``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

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

    def __str__(self) -> str:
        old, new = (
            f"{path} {version}".rstrip()
            for path, version in (
                (self.old_path, self.old_version),
                (self.new_path, self.new_version),
            )
        )
        return f"{old} => {new}"


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
    drop_excludes: tuple[ModuleVersion, ...] = ()
    drop_requires: tuple[str, ...] = ()
    go: str = ""
    drop_toolchain: bool = False

    @property
    def is_empty(self) -> bool:
        """Tell whether it changes nothing."""
        return self == ModEdit()


class ChangeKind(StrEnum):
    """Which statement of go.mod changed."""

    GO = "go"
    TOOLCHAIN = "toolchain"
    REQUIRE = "require"
    EXCLUDE = "exclude"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    One statement that differs; ``before`` or ``after`` is "" where it is absent.

    ``name`` is the module (with the version, for excludes), ``before`` and ``after``
    are versions, or a replacement's target.
    """

    kind: ChangeKind
    name: str
    before: str
    after: str


def parse(json_text: str | bytes) -> GoMod:
    """
    Read what ``go mod edit -json`` printed.

    ValueError if it is something else. A go.mod without a module line has "".
    """
    stored: Any = json.loads(json_text)
    try:
        return GoMod(
            module=(stored.get("Module") or {}).get("Path", ""),
            go=stored.get("Go") or "",
            toolchain=stored.get("Toolchain") or "",
            requires=tuple(
                Requirement(module=_module(each), indirect=bool(each.get("Indirect")))
                for each in stored.get("Require") or ()
            ),
            excludes=tuple(_module(each) for each in stored.get("Exclude") or ()),
            replaces=tuple(
                Replacement(
                    old_path=each["Old"]["Path"],
                    old_version=each["Old"].get("Version", ""),
                    new_path=each["New"]["Path"],
                    new_version=each["New"].get("Version", ""),
                )
                for each in stored.get("Replace") or ()
            ),
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"not the JSON of a go.mod: {error!r}") from error


def arguments(edit: ModEdit) -> tuple[str, ...]:
    """
    Return the flags of ``go mod edit`` that make an edit; none for the empty edit.

    ``-toolchain`` exists since Go 1.21; go.mod has no toolchain line that an older
    Go could read.
    """
    return (
        *((f"-go={edit.go}",) if edit.go else ()),
        *(("-toolchain=none",) if edit.drop_toolchain else ()),
        *(
            f"-dropreplace={ModuleVersion(path=each.old_path, version=each.old_version)}"
            for each in edit.drop_replaces
        ),
        *(f"-dropexclude={module}" for module in edit.drop_excludes),
        *(f"-droprequire={path}" for path in edit.drop_requires),
        *(f"-exclude={module}" for module in edit.excludes),
        *(f"-require={module}" for module in edit.requires),
    )


def changes(before: GoMod, after: GoMod) -> tuple[Change, ...]:
    """List what differs between two go.mod files, in the order of their statements."""
    return tuple(
        change
        for kind, old, new in (
            (ChangeKind.GO, {"go": before.go}, {"go": after.go}),
            (
                ChangeKind.TOOLCHAIN,
                {"toolchain": before.toolchain},
                {"toolchain": after.toolchain},
            ),
            (ChangeKind.REQUIRE, _required(before), _required(after)),
            (ChangeKind.EXCLUDE, _excluded(before), _excluded(after)),
            (ChangeKind.REPLACE, _replaced(before), _replaced(after)),
        )
        for change in _differing(kind, old, new)
    )


def fingerprint(gomod: GoMod) -> str:
    """
    Return 16 hex digits that are equal if two files select the same versions.

    The order of lines and the ``// indirect`` marks do not count.
    """
    content = [
        gomod.module,
        gomod.go,
        gomod.toolchain,
        sorted({str(each.module) for each in gomod.requires}),
        sorted({str(each) for each in gomod.excludes}),
        sorted({str(each) for each in gomod.replaces}),
    ]
    return sha256(json.dumps(content).encode()).hexdigest()[:16]


def _module(stored: Mapping[str, str]) -> ModuleVersion:
    return ModuleVersion(path=stored["Path"], version=stored.get("Version", ""))


def _required(gomod: GoMod) -> dict[str, str]:
    return {each.module.path: each.module.version for each in gomod.requires}


def _excluded(gomod: GoMod) -> dict[str, str]:
    return {str(each): each.version for each in gomod.excludes}


def _replaced(gomod: GoMod) -> dict[str, str]:
    return {
        str(ModuleVersion(path=each.old_path, version=each.old_version)): str(
            ModuleVersion(path=each.new_path, version=each.new_version)
        )
        for each in gomod.replaces
    }


def _differing(
    kind: ChangeKind, before: Mapping[str, str], after: Mapping[str, str]
) -> Iterable[Change]:
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name, ""), after.get(name, "")
        if old != new:
            yield Change(kind=kind, name=name, before=old, after=new)
