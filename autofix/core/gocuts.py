"""
Go source with parts of it taken away: byte ranges that ``goparts.go`` has listed.

Cutting is by syntax and keeps what is linked: an import whose last use goes away
stays as a blank one, because it is linked all the same, and is a part of its own in
the next listing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class PartKind(StrEnum):
    """What a part of a Go file is."""

    BODY = "body"
    """What a function does; taken away, it returns zero values."""
    DECLARATION = "declaration"
    """A function, type, variable or constant, or a comment between them."""
    IMPORT = "import"
    """A blank or unused import."""
    STATEMENT = "statement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Bytes from ``start`` to ``end`` become ``text``."""

    start: int
    end: int
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoPart:
    """Something that can be taken away; an import's ``name`` is its path."""

    kind: PartKind
    name: str
    cuts: tuple[Cut, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedImport:
    """An import with the offsets at which its name is used; ``blank`` blanks it."""

    path: str
    blank: Cut
    uses: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoFile:
    """What may be taken from one file; ``name`` is its path as it was asked for."""

    name: str
    parts: tuple[GoPart, ...]
    imports: tuple[UsedImport, ...] = ()


def parse_listing(text: str | bytes) -> tuple[GoFile, ...]:
    """Read what ``goparts`` printed; ValueError if it is something else."""
    stored: Any = json.loads(text)
    try:
        return tuple(
            GoFile(
                name=file["name"],
                parts=tuple(
                    GoPart(
                        kind=PartKind(part["kind"]),
                        name=part["name"],
                        cuts=tuple(Cut(**cut) for cut in part["cuts"]),
                    )
                    for part in file["parts"]
                ),
                imports=tuple(
                    UsedImport(
                        path=each["path"],
                        blank=Cut(**each["blank"]),
                        uses=tuple(each["uses"]),
                    )
                    for each in file["imports"]
                ),
            )
            for file in stored
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a listing of Go parts: {error!r}") from error


def named(files: Iterable[GoFile], kind: PartKind) -> Mapping[str, tuple[str, int]]:
    """Map an identity of each part of a kind to its file and its place among its parts."""
    return {
        f"{file.name}#{number} {part.name}": (file.name, number)
        for file in files
        for number, part in enumerate(file.parts)
        if part.kind is kind
    }


def without(content: bytes, file: GoFile, parts: Iterable[int]) -> bytes:
    """
    Return a file's content without some of its parts.

    Of parts within parts the outer ones count. Imports that nothing uses any more
    become blank ones.
    """
    cuts = tuple(_outermost(c for part in parts for c in file.parts[part].cuts))
    if not cuts:
        return content
    blanks = tuple(
        each.blank
        for each in file.imports
        if all(any(cut.start <= use < cut.end for cut in cuts) for use in each.uses)
    )
    pieces: list[bytes] = []
    at = 0
    for cut in sorted((*cuts, *blanks), key=lambda cut: (cut.start, cut.end)):
        pieces.extend((content[at : cut.start], cut.text.encode()))
        at = cut.end
    return b"".join((*pieces, content[at:]))


def _outermost(cuts: Iterable[Cut]) -> Iterator[Cut]:
    """Leave out cuts inside of others."""
    end = -1
    for cut in sorted(cuts, key=lambda cut: (cut.start, -cut.end)):
        if cut.end > end or (cut.start == cut.end == end):
            yield cut
            end = max(end, cut.end)
