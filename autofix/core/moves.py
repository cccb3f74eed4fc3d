"""One version in one place and what it becomes; how a release's versions are called."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from autofix.core.hints import HintFile
from autofix.core.movingtext import line_of
from autofix.core.releases import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class Nakama:
    """
    What a release is called by: its tag, its Go, its nakama-common; "" if unknown.

    ``builder_go`` is that of its pluginbuilder, which is another for a few.
    """

    tag: str
    go: str = ""
    builder_go: str = ""
    nakama_common: str = ""
    debian: str = ""

    @classmethod
    def of(cls, release: Release | None, tag: str = "") -> Self:
        """Return what the table says of a release, or only its tag."""
        if release is None:
            return cls(tag=tag)
        return cls(
            tag=release.tag,
            go=release.go,
            builder_go=release.builder_go,
            nakama_common=release.nakama_common,
            debian=release.debian,
        )


class Subject(StrEnum):
    """What a moved version is a version of."""

    NAKAMA = "nakama"
    NAKAMA_COMMON = "nakama-common"
    GO = "go"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """
    One version in one place, and what it becomes.

    ``start`` and ``end`` are offsets in the file's text, ``name`` is what the version
    is of (an image, a variable, a setting), ``note`` what else a reader must know.
    """

    file: str
    line: int
    start: int
    end: int
    name: str
    before: str
    after: str
    subject: Subject = Subject.NAKAMA
    note: str = ""


def move(
    file: HintFile,
    start: int,
    before: str,
    after: str,
    name: str,
    *,
    subject: Subject = Subject.NAKAMA,
    note: str = "",
) -> Move:
    """Return the move of a version that begins at an offset of a file's text."""
    return Move(
        file=file.path,
        line=line_of(file.text, start),
        start=start,
        end=start + len(before),
        name=name,
        before=before,
        after=after,
        subject=subject,
        note=note,
    )


def edited(text: str, moves: Iterable[Move]) -> str:
    """Make the moves of one file."""
    pieces, at = [], 0
    for move in sorted(moves, key=lambda each: each.start):
        pieces += [text[at : move.start], move.after]
        at = move.end
    return "".join((*pieces, text[at:]))


def caveat(digest: str, *, official: bool) -> str:
    """Say what a reader must know of an image that moved, "" if nothing."""
    if digest:
        return "the digest of the old image was dropped"
    return "" if official else "whether this registry has it was not looked at"
