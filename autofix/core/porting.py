"""
What the porter is asked and what it answers: its JSON and the table.

The porter itself is a Go program (``autofix/data/porter``), because only Go's own type
checker knows which uses of a changed API no longer compile.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from posixpath import normpath, relpath
from typing import Any

from autofix.core.releases import NAKAMA_COMMON, ReleaseTable
from autofix.core.versions import compare

TABLE = "porting.toml"
_KINDS = ("parameter", "rename", "field", "method")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """
    One place that was ported; ``file`` is relative to the module, ``line`` as it is now.

    ``api`` is the changed symbol (``runtime.NakamaModule.LeaderboardCreate``), ``what``
    was done, ``why`` the reason of the table's rows or "", ``review`` whether a value
    is only a zero value, which a comment in the code says too.
    """

    file: str
    line: int
    api: str
    what: str
    why: str = ""
    review: bool = False
    release: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """
    An error of the type checker, or of a library (``module`` at ``version``).

    ``newest`` is the newest version of the library that compiles, "" if none is known.
    """

    file: str
    line: int
    text: str
    package: str = ""
    module: str = ""
    version: str = ""
    newest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiChange:
    """A difference of the exported API between the two versions."""

    api: str
    kind: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ported:
    """
    What the porter did to a module's own code, and what it left.

    ``files`` are whole new texts by name, relative to the module (``../lib/x.go`` for
    another module of the repository). ``before`` and ``remaining`` are the errors of
    the type checker in own code, ``tests`` those that are left in its tests, without
    which the plugin is built; ``libraries`` are those of code that is not the
    project's; ``refusal`` says why nothing could be looked at, else "".
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    rewrites: tuple[Rewrite, ...] = ()
    before: tuple[Problem, ...] = ()
    remaining: tuple[Problem, ...] = ()
    tests: tuple[Problem, ...] = ()
    libraries: tuple[Problem, ...] = ()
    changes: tuple[ApiChange, ...] = ()
    refusal: str = ""

    @property
    def complete(self) -> bool:
        """Tell whether the code compiles now, as far as the type checker knows."""
        return not (self.remaining or self.libraries or self.refusal)

    @property
    def reviews(self) -> tuple[Rewrite, ...]:
        """Return the rewrites that somebody should look at."""
        return tuple(each for each in self.rewrites if each.review)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """
    What is to be ported, in the paths of the builder.

    ``old`` and ``new`` are versions of nakama-common, ``near`` those to compare with
    where ``old`` cannot be had; ``old_folder`` and ``new_folder`` are the sources,
    where the go command should not be asked for them. ``writable`` are
    the folders of own code, ``flags`` those of the build, so that its cache serves.
    """

    folder: str
    packages: tuple[str, ...]
    writable: tuple[str, ...]
    old: str
    new: str
    flags: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    old_folder: str = ""
    new_folder: str = ""
    mode: str = "port"


def request(asked: Asked, table: str) -> bytes:
    """Return the porter's request; ``table`` is the text of ``porting.toml``."""
    rows = tomllib.loads(table)
    return json.dumps(
        {
            "mode": asked.mode,
            "module": NAKAMA_COMMON,
            "old": asked.old_folder,
            "new": asked.new_folder,
            "oldVersion": asked.old,
            "newVersion": asked.new,
            "near": asked.near,
            "folder": asked.folder,
            "patterns": asked.packages,
            "writable": asked.writable,
            "flags": asked.flags,
            **{f"{kind}s": rows.get(kind, []) for kind in _KINDS},
        }
    ).encode()


def parse_ported(answer: bytes, folder: str) -> Ported:
    """
    Read the porter's answer; names become relative to the module's ``folder``.

    ValueError if it is no answer.
    """
    read = json.loads(answer)
    if not isinstance(read, dict):  # like any other text that is no answer
        raise ValueError("the porter's answer is no object")  # noqa: TRY004

    def name(path: str) -> str:
        return normpath(relpath(path, folder)) if path.startswith("/") else path

    return Ported(
        files={
            name(path): text.encode("utf-8", "surrogateescape")
            for path, text in (read.get("files") or {}).items()
        },
        rewrites=tuple(
            Rewrite(
                file=name(each["file"]),
                line=each["line"],
                api=each["api"],
                what=each["what"],
                why=each["why"],
                review=each["review"],
                release=each["release"],
            )
            for each in read.get("rewrites") or ()
        ),
        before=_problems(read, "before", name),
        remaining=_problems(read, "remaining", name),
        tests=_problems(read, "tests", name),
        libraries=_problems(read, "libraries", name),
        changes=tuple(
            ApiChange(
                api=each["api"], kind=each["kind"], old=each["old"], new=each["new"]
            )
            for each in read.get("changes") or ()
        ),
        refusal=read.get("error") or "",
    )


def _problems(read: Mapping[str, Any], key: str, name: Any) -> tuple[Problem, ...]:
    return tuple(
        Problem(
            file=name(each["file"]),
            line=each["line"],
            text=each["text"],
            package=each["package"],
            module=each["module"],
            version=each["version"],
        )
        for each in read.get(key) or ()
    )


def near_versions(version: str, table: ReleaseTable) -> tuple[str, ...]:
    """Return up to three known versions of nakama-common, the next older ones first."""
    known = dict.fromkeys(each.nakama_common for each in table.releases)
    older = [each for each in known if compare(each, version) < 0]
    newer = [each for each in known if compare(each, version) > 0]
    return (*older[-2:][::-1], *newer[: 3 - len(older[-2:])])
