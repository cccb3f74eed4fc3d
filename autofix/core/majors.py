"""
New major versions: in Go each is a module of its own, at a path of its own.

From v2 on the path ends in the major version (``/v2``), at gopkg.in always (``.v1``);
observed rules of ``golang.org/x/mod/module``. Versions from before modules
(``v4.1.0+incompatible``) have the path of v1, so a newer module path may begin at their
own major.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from autofix.core.modtext import statements
from autofix.core.packages import longest_prefix, within
from autofix.core.versionsearch import is_incompatible

WINDOW = 3
"""
Majors asked about at a time.

Some are left out on purpose: after github.com/robfig/cron comes ``/v3``, after v4 of
github.com/go-chi/chi, which has no ``/v4``, comes ``/v5``.
"""
MOST = 99
"""The highest major that is looked for, whatever a proxy says to have."""

_SUFFIX = re.compile(r"(?P<base>.+)/v(?P<major>[2-9]|[1-9]\d+)")
_GOPKG = re.compile(r"(?P<base>gopkg\.in/.+)\.v(?P<major>0|[1-9]\d*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportMove:
    """To which path an import goes; ``name`` is given to one that has none, unless ""."""

    path: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedImports:
    """
    What the rewriter of imports answered.

    ``imports`` are all import paths of the module's own code, ``files`` the whole new
    texts by name, relative to the module; ``names`` what packages are called, without
    those that are not there.
    """

    imports: frozenset[str] = frozenset()
    files: Mapping[str, bytes] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


def paths_above(
    module: str, present: str, listed: Iterable[str] = ()
) -> tuple[str, ...]:
    """
    Return the paths that the next majors of a module would have, lowest first.

    ``listed`` are all versions at its present path. None for a path that cannot have
    another major (``gopkg.in/x.v1-unstable``).
    """
    first = 1 + max(major_of(module), _number(present))
    old = [_number(each) for each in (present, *listed) if is_incompatible(each)]
    if old and max(old) >= first - 1:
        first = max(old)
    return tuple(
        path
        for major in range(first, min(first + WINDOW, MOST + 1))
        if (path := at_major(module, major))
    )


def at_major(module: str, major: int) -> str:
    """Return the path of a module at another major; "" if it cannot have one."""
    if module.startswith("gopkg.in/"):
        found = _GOPKG.fullmatch(module)
        return f"{found['base']}.v{major}" if found else ""
    base = found["base"] if (found := _SUFFIX.fullmatch(module)) else module
    return f"{base}/v{major}" if major > 1 else base


def major_of(module: str) -> int:
    """Return the major that a path names; 1 for one that names none."""
    form = _GOPKG if module.startswith("gopkg.in/") else _SUFFIX
    found = form.fullmatch(module)
    return int(found["major"]) if found else 1


def moved_imports(
    imports: Iterable[str],
    modules: Collection[str],
    moves: Mapping[str, str],
    names: Mapping[str, str],
) -> dict[str, ImportMove]:
    """
    Say which imports move when modules do.

    ``modules`` are all that the code may import from: a package is of the one with the
    longest path around it. ``moves`` map modules to their new paths, ``names`` say what
    packages are called, old and new: an import gets the old name where the new package
    is called otherwise.
    """
    found: dict[str, ImportMove] = {}
    for path in imports:
        module = longest_prefix(path, modules)
        if module not in moves:
            continue
        new = moves[module] + path.removeprefix(module)
        old_name, new_name = names.get(path, ""), names.get(new, "")
        differs = old_name and new_name and old_name != new_name
        found[path] = ImportMove(path=new, name=old_name if differs else "")
    return found


def runs_tool(gomod: str, module: str) -> bool:
    """Tell whether a ``tool`` line of a go.mod names a package of a module."""
    return any(
        each.verb == "tool" and any(within(word, module) for word in each.words)
        for each in statements(gomod)
    )


def request(
    folder: str,
    moves: Mapping[str, ImportMove] | None = None,
    packages: Mapping[str, str] | None = None,
) -> bytes:
    """
    Return the rewriter's request for the module in a folder ("" for none).

    ``packages`` map import paths to folders.
    """
    asked = {
        "folder": folder,
        "moves": {
            path: {"path": move.path, "name": move.name}
            for path, move in (moves or {}).items()
        },
        "packages": dict(packages or {}),
    }
    return json.dumps(asked).encode()


def parse_moved(answer: bytes) -> MovedImports:
    """
    Read the rewriter's answer; ValueError if it is no answer.

    A file that is no Go file inside the module is none either: it would be written.
    """
    try:
        read = json.loads(answer)
        found = MovedImports(
            imports=frozenset(map(str, read["imports"])),
            files={str(name): b64decode(text) for name, text in read["files"].items()},
            names={str(path): str(name) for path, name in read["names"].items()},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("the answer has another shape") from error
    for name in found.files:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or path.suffix != ".go":
            raise ValueError(f"{name!r} is no Go file of the module")
    return found


def _number(version: str) -> int:
    found = re.match(r"v(\d+)", version)
    return int(found[1]) if found else 0
