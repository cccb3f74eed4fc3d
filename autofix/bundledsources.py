"""The sources that go into a bundle: without credentials, and without private modules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from autofix.core.hiding import hidden
from autofix.core.manifest import LeftOut
from autofix.engines.archive import Entry
from autofix.inputs import is_secret

_MOST_CHECKED = 4 << 20
"""A file longer than this is no text that somebody wrote."""
_AS_THEY_ARE = frozenset({"go.mod", "go.sum", "go.work", "go.work.sum", "modules.txt"})
"""Versions and hashes: nothing in them is secret, and each character counts."""
_CODE = (".go", ".c", ".h", ".lua", ".js", ".ts")
PRIVATE = ("GOPRIVATE", "GONOPROXY", "GONOSUMDB")


@dataclass(slots=True, kw_only=True)
class CleanSources:
    """
    The sources below ``folder`` as they may leave this machine.

    ``private`` are the patterns of GOPRIVATE: vendored copies of such modules stay
    here. ``left_out`` is whole once all entries were taken.
    """

    folder: Path
    private: tuple[str, ...] = ()
    left_out: list[LeftOut] = field(default_factory=list)
    _modules: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def entries(self) -> Iterator[Entry]:
        """Yield what may leave, in order and without times."""
        paths = (path for path in self.folder.rglob("*") if path.is_file())
        for name in sorted(path.relative_to(self.folder).as_posix() for path in paths):
            if is_secret(name):
                self._leave(name, "its name says that it holds credentials")
            elif module := self._private_module(name):
                self._leave(module, "a private module")
            else:
                yield self._entry(name)

    def _entry(self, name: str) -> Entry:
        path = self.folder / name
        mode = path.stat().st_mode & 0o777
        text = None if PurePosixPath(name).name in _AS_THEY_ARE else _text(path)
        clean = hidden(text, code=name.endswith(_CODE)) if text else text
        if clean is None or clean == text:
            return Entry(name=name, content=path, mode=mode, modified=0)
        self._leave(name, "what looks like a credential was covered")
        return Entry(name=name, content=clean.encode(), mode=mode, modified=0)

    def _private_module(self, name: str) -> str:
        """Return the folder of the private module that a file is a copy of, or ""."""
        before, vendor, below = name.partition("vendor/")
        if not (vendor and self.private):
            return ""
        if before not in self._modules:
            listed = self.folder / before / "vendor" / "modules.txt"
            self._modules[before] = tuple(
                each for each in _vendored(listed) if is_private(each, self.private)
            )
        for module in self._modules[before]:
            if below.startswith(f"{module}/"):
                return f"{before}vendor/{module}"
        return ""

    def _leave(self, name: str, why: str) -> None:
        gone = LeftOut(name=name, why=why)
        if gone not in self.left_out:
            self.left_out.append(gone)


def is_private(module: str, patterns: tuple[str, ...]) -> bool:
    """
    Tell whether a module path matches one of GOPRIVATE's patterns.

    As Go's ``module.MatchPrefixPatterns``: each is a glob of as many path elements as
    it has itself, matched with the beginning of the path.
    """
    parts = module.split("/")
    for pattern in patterns:
        length = pattern.count("/") + 1
        if len(parts) >= length and fnmatchcase("/".join(parts[:length]), pattern):
            return True
    return False


def private_patterns(variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the patterns by which Go is told what is private, from its variables."""
    listed = ",".join(variables.get(name, "") for name in PRIVATE)
    words = (each.strip().rstrip("/") for each in listed.split(","))
    return tuple(dict.fromkeys(filter(None, words)))


def _vendored(path: Path) -> tuple[str, ...]:
    """Return the modules that a vendor/modules.txt lists."""
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ()
    return tuple(line.split()[1] for line in lines if re.match(r"# \S+ ", line))


def _text(path: Path) -> str | None:
    """Read a file that somebody wrote; None for anything else."""
    if path.stat().st_size > _MOST_CHECKED:
        return None
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
