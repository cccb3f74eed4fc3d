"""What of a project goes into the builder: a list in order, with what is left out."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import translate
from functools import lru_cache
from pathlib import Path

from autofix.core.gosource import scan_go_file
from autofix.core.model import Finding
from autofix.errors import ProjectError
from autofix.tree import NOT_SOURCE, Entry, EntryKind, Walk, may, read_text

_SOURCE_NAMES = frozenset({"go.mod", "go.sum", "go.work", "go.work.sum", "modules.txt"})
_MODULE_FILES = frozenset({"go.mod", "go.sum"})
_SOURCE_SUFFIXES = frozenset(
    {
        ".go",
        ".c",
        ".cc",
        ".cpp",
        ".cxx",
        ".m",
        ".h",
        ".hh",
        ".hpp",
        ".hxx",
        ".f",
        ".F",
        ".for",
        ".f90",
        ".s",
        ".S",
        ".sx",
        ".swig",
        ".swigcxx",
        ".syso",
        ".a",
        ".inc",
        ".def",
    }
)
_LARGEST_TREE = 4 * 1024**3
_LARGEST_SOURCE = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFile:
    """
    One file or link; ``path`` is relative to the root, with slashes.

    ``link`` is the target of a symbolic link, relative to the link's own folder, or
    "" for a regular file. ``size`` is in bytes.
    """

    path: str
    size: int
    mode: int
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A file that is not brought into the builder, and why."""

    path: str
    why: str
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFiles:
    """The files for the builder; iterating gives them in order of their paths."""

    files: tuple[ProjectFile, ...]
    left_out: tuple[LeftOut, ...] = ()

    def __iter__(self) -> Iterator[ProjectFile]:
        return iter(self.files)

    @property
    def size(self) -> int:
        """Return the bytes of all files together."""
        return sum(file.size for file in self.files)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Say what was left out."""
        return tuple(
            Finding(
                name="file-left-out",
                text=f"{each.path} is not brought into the builder: {each.why}.",
            )
            for each in self.left_out
        )


@dataclass(slots=True)
class _Listing:
    root: Path
    folders: tuple[Path, ...]
    files: dict[str, ProjectFile] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    large: list[Entry] = field(default_factory=list)
    size: int = 0

    def keep(self, path: Path, entry: Entry, link: str = "") -> None:
        name = path.relative_to(self.root).as_posix()
        self.files[name] = ProjectFile(
            path=name, size=entry.size, mode=entry.mode or 0o644, link=link
        )
        self.size += entry.size

    def leave(self, path: Path, why: str, size: int = 0) -> None:
        name = path.relative_to(self.root).as_posix()
        self.left_out.append(LeftOut(path=name, why=why, size=size))


def list_files(
    root: Path, folders: Sequence[str], *, extra: Sequence[Path], limit: int
) -> ProjectFiles:
    """
    List the files below ``folders`` of ``root`` and the single files ``extra``.

    Version control and node_modules are skipped; so are files larger than ``limit``
    bytes that are no source and that no ``//go:embed`` may match.
    """
    absolute = tuple(root / folder for folder in folders)
    listing = _Listing(root=root, folders=absolute)
    walk = Walk(enters=lambda folder: folder.name not in NOT_SOURCE)
    for folder in absolute:
        for entry in walk.below(folder):
            _take(entry, listing, limit)
    for path, why in walk.unreadable:
        if path in absolute:
            raise ProjectError(
                f"{path} cannot be read: {why}.",
                why="Go needs it to build the plugin.",
                todo="Make it readable for the user who runs autofix.",
            )
        # A database's folder beside the source, say: Go tells if it was needed.
        listing.leave(path, why.lower())
    for path in extra:
        for each in (path, path.with_name(f"{path.name}.sum")):
            if each.is_file():
                size = each.stat().st_size
                listing.keep(each, Entry(path=each, kind=EntryKind.FILE, size=size))
    _decide_large(listing)
    _refuse_endless(walk, listing)
    ordered = sorted(listing.files.values(), key=lambda file: file.path)
    return ProjectFiles(files=tuple(ordered), left_out=tuple(listing.left_out))


def _take(entry: Entry, listing: _Listing, limit: int) -> None:
    match entry.kind:
        case EntryKind.FOLDER:
            return
        case EntryKind.SPECIAL:
            listing.leave(entry.path, "it is a socket, a pipe or a device")
        case EntryKind.LINK:
            _take_link(entry, listing)
        case EntryKind.FILE if entry.size > limit and not _is_source(entry.path):
            listing.large.append(entry)
        case EntryKind.FILE:
            if may(entry.path, os.R_OK):
                listing.keep(entry.path, entry)
            else:
                _unreadable_file(entry.path, listing)


def _is_source(path: Path) -> bool:
    return path.name in _SOURCE_NAMES or path.suffix in _SOURCE_SUFFIXES


def _unreadable_file(path: Path, listing: _Listing) -> None:
    if _is_source(path):
        raise ProjectError(
            f"{path} cannot be read: permission denied.",
            why="Go needs it to build the plugin.",
            todo="Make it readable for the user who runs autofix.",
        )
    listing.leave(path, "permission denied")


def _take_link(entry: Entry, listing: _Listing) -> None:
    """Keep a link whose target goes along; refuse one that leads elsewhere."""
    path = entry.path
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        if _is_source(path):
            raise ProjectError(
                f"{path} is a symbolic link that leads nowhere or in a circle.",
                why=str(error),
                todo="Go needs the file: mend or remove the link.",
            ) from error
        listing.leave(path, "it is a symbolic link that leads nowhere or in a circle")
        return
    if any(target.is_relative_to(folder.resolve()) for folder in listing.folders):
        inside = listing.root / target.relative_to(listing.root.resolve())
        listing.keep(path, entry, link=os.path.relpath(inside, path.parent))
    elif path.name in _MODULE_FILES:
        raise ProjectError(
            f"{path} is a symbolic link out of the project, to {target}.",
            why="Only what lies in the project is brought into the builder.",
            todo="Put the file itself there, or run autofix where it lies.",
        )
    else:
        listing.leave(path, f"it is a symbolic link out of the project, to {target}")


def _decide_large(listing: _Listing) -> None:
    """Keep those large files that a ``//go:embed`` may match."""
    if not listing.large:
        return
    patterns = _embeds(listing)
    for entry in listing.large:
        name = entry.path.relative_to(listing.root).as_posix()
        if any(_embedded(name, folder, pattern) for folder, pattern in patterns):
            listing.keep(entry.path, entry)
        else:
            why = f"it has {entry.size / 1024**2:,.0f} MB, and Go does not need it"
            listing.leave(entry.path, why, entry.size)


def _embeds(listing: _Listing) -> list[tuple[str, str]]:
    """Return each package folder with a pattern that it embeds."""
    found: list[tuple[str, str]] = []
    for name in [name for name in listing.files if name.endswith(".go")]:
        text = read_text(listing.root / name, _LARGEST_SOURCE)
        if "//go:embed" in text:
            folder = name.rpartition("/")[0]
            embeds = scan_go_file(name, text).embeds
            found.extend((folder, pattern) for pattern in embeds)
    return list(dict.fromkeys(found))


def _embedded(name: str, folder: str, pattern: str) -> bool:
    """Tell whether a pattern matches the file or a folder it is in."""
    if folder and not name.startswith(f"{folder}/"):
        return False
    parts = (name[len(folder) + 1 :] if folder else name).split("/")
    wanted = [part for part in pattern.split("/") if part != "."]
    if len(wanted) > len(parts):
        return False
    return all(
        _glob(each).match(part) for each, part in zip(wanted, parts, strict=False)
    )


@lru_cache(maxsize=1024)
def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern))


def _refuse_endless(walk: Walk, listing: _Listing) -> None:
    if walk.stopped_early or listing.size > _LARGEST_TREE:
        raise ProjectError(
            f"{listing.root} is too large to copy: more than {walk.most:,} entries or"
            f" {_LARGEST_TREE // 1024**3} GB that Go may need.",
            why=f"What is copied: {', '.join(map(str, listing.folders))}.",
            todo="Move what is not the plugin's source out of the module.",
        )
