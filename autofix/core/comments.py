"""
The comments that say which lines of go.mod are autofix's, and for which Nakama.

``M v // autofix: nakama 3.40.0``, behind whatever the user wrote there, and behind
``// indirect``, which the go command reads also in ``// indirect; …``. Lines are
changed one by one; everything else stays byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from autofix.core.model import ModuleVersion
from autofix.core.modtext import Statement, lines, statements

MARK = "autofix:"
REQUIRE = "require"
EXCLUDE = "exclude"
FITS = "fits"
"""Begins the note of a library that was moved, which the server itself lacks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Managed:
    """A line that carries autofix's comment; ``note`` is what it says."""

    verb: str
    module: ModuleVersion
    note: str


def annotate(
    text: str,
    notes: Mapping[ModuleVersion, str],
    indirect: Collection[str] = (),
) -> str:
    """
    Write notes behind require and exclude lines, and ``// indirect`` where it is due.

    A require line of a module that has a note at another version loses autofix's
    comment, because it no longer says the truth; other lines stay. ``indirect``
    names modules whose require lines get the mark if they lack it. Idempotent.
    """
    split = lines(text)
    noted = {module.path for module in notes}
    for statement in statements(text):
        module = _module(statement)
        if module is None:
            continue
        requires = statement.verb == REQUIRE
        note = notes.get(module)
        stale = note is None and requires and module.path in noted
        line = split[statement.line]
        ending = "\r" if line.endswith("\r") else ""
        line = line.removesuffix("\r")
        before = line[statement.comment + 2 :] if statement.comment >= 0 else None
        after = before
        if note is not None or stale:
            after = _with_note(before, note)
        if requires and module.path in indirect:
            after = _with_indirect(after)
        if after != before:
            comment = "" if after is None else f" //{after}"
            split[statement.line] = line[: statement.end] + comment + ending
    return "\n".join(split)


def managed(text: str) -> frozenset[Managed]:
    """Return the lines that carry autofix's comment."""
    split = lines(text)
    found = set()
    for statement in statements(text):
        module = _module(statement)
        if module is None or statement.comment < 0:
            continue
        body = split[statement.line].removesuffix("\r")[statement.comment + 2 :]
        for part in body.split(";"):
            if _is_ours(part):
                note = part.strip().removeprefix(MARK).strip()
                found.add(Managed(verb=statement.verb, module=module, note=note))
    return frozenset(found)


def renewed(
    text: str, served: Mapping[str, str], label: str
) -> dict[ModuleVersion, str]:
    """
    Return notes that bring the comments of earlier runs up to date.

    A require line that carries one gets ``label`` where its version is the server's
    (``served``), and loses its comment in ``annotate`` where it is not. An exclude
    that is still there holds something for this server too, and a library that was
    moved to fit another one fits this one too.
    """
    notes = {}
    for each in managed(text):
        path = each.module.path
        if each.note.startswith(f"{FITS} "):
            notes[each.module] = f"{FITS} {label}"
        elif each.verb == REQUIRE:
            notes[ModuleVersion(path=path, version=served.get(path, ""))] = label
        else:
            notes[each.module] = label
    return notes


def required_modules(text: str) -> frozenset[str]:
    """Return the modules that have a require line."""
    return frozenset(
        module.path
        for statement in statements(text)
        if statement.verb == REQUIRE and (module := _module(statement)) is not None
    )


def is_indirect(body: str | None) -> bool:
    """Tell whether Go reads a comment (after its ``//``) as ``// indirect``."""
    words = (body or "").split()
    return words == ["indirect"] or (len(words) > 1 and words[0] == "indirect;")


def _module(statement: Statement) -> ModuleVersion | None:
    match statement.words:
        case (path, version) if statement.verb in (REQUIRE, EXCLUDE):
            return ModuleVersion(path=path, version=version)
        case _:
            return None


def _with_note(body: str | None, note: str | None) -> str | None:
    """Replace autofix's part of a comment; None stands for no comment at all."""
    parts = [] if body is None else body.split(";")
    kept = [part for part in parts if not _is_ours(part)]
    rest = ";".join(kept)
    if note is None:
        return body if len(kept) == len(parts) else (rest.rstrip() or None)
    ours = f"{MARK} {_one_line(note)}"
    if not rest.strip():
        return f" {ours}"
    return f"{rest.rstrip()}; {ours}"


def _with_indirect(body: str | None) -> str:
    if body is not None and is_indirect(body):
        return body
    rest = (body or "").strip()
    return f" indirect; {rest}" if rest else " indirect"


def _is_ours(part: str) -> bool:
    return part.strip().startswith(MARK)


def _one_line(note: str) -> str:
    """Keep a note from ending its line or its part of the comment."""
    return re.sub(r"[\s;]+", " ", "".join(c for c in note if c.isprintable())).strip()
