"""
Variables in build files: ``$NAME``, ``${NAME:-default}``, ``$(NAME)``, ``%NAME%``.

One reader serves Dockerfiles, compose files, Makefiles, shell and batch scripts;
``Style`` says which forms a file knows. Nothing here raises, whatever the text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from fnmatch import translate

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_BATCH = re.compile(r"%([A-Za-z_][A-Za-z0-9_]*)%", re.ASCII)
_DEEPEST = 8
_LONGEST = 10_000
"""Of text and result: a value that doubles line by line must not fill the memory."""


class Style(Enum):
    """How a kind of file writes variables and their escapes."""

    DOCKERFILE = auto()
    COMPOSE = auto()
    MAKE = auto()
    SHELL = auto()
    BATCH = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expanded:
    """Text with its variables filled in; ``missing`` are those that had no value."""

    text: str
    missing: tuple[str, ...] = ()


def expand(text: str, values: Mapping[str, str], style: Style) -> Expanded:
    """
    Fill in ``text``'s variables from ``values``.

    A variable without a value and without a default becomes "" in Dockerfiles and
    compose files, as there, and stays as written elsewhere.
    """
    missing: list[str] = []
    filled = _Filler(values, style, missing).fill(text[:_LONGEST], 0)
    return Expanded(text=filled[:_LONGEST], missing=tuple(dict.fromkeys(missing)))


class _Filler:
    def __init__(
        self, values: Mapping[str, str], style: Style, missing: list[str]
    ) -> None:
        self._values = values
        self._style = style
        self._missing = missing

    def fill(self, text: str, depth: int) -> str:
        if self._style is Style.BATCH:
            return _BATCH.sub(lambda found: self._plain(found[1], found[0]), text)
        parts: list[str] = []
        at = 0
        while at < len(text):
            if self._style is Style.DOCKERFILE and text.startswith("\\$", at):
                parts.append("$")
                at += 2
            elif text[at] == "$":
                value, at = self._variable(text, at, depth)
                parts.append(value)
            else:
                end = _next(text, at + 1)
                parts.append(text[at:end])
                at = end
        return "".join(parts)

    def _variable(self, text: str, at: int, depth: int) -> tuple[str, int]:
        """Return the value of the variable that begins at ``at``, and where it ends."""
        following = text[at + 1 : at + 2]
        if following == "$" and self._style in {Style.COMPOSE, Style.MAKE}:
            return "$", at + 2
        if following == "{" or (following == "(" and self._style is Style.MAKE):
            end = _closing(text, at + 1)
            if end < 0 or depth >= _DEEPEST:
                return text[at:], len(text)
            written = text[at : end + 1]
            return self._braced(text[at + 2 : end], written, depth), end + 1
        found = _NAME.match(text, at + 1)
        if found is None:
            return "$", at + 1
        return self._plain(found[0], text[at : found.end()]), found.end()

    def _plain(self, name: str, written: str) -> str:
        if name in self._values:
            return self._values[name]
        self._missing.append(name)
        keeps = self._style not in {Style.DOCKERFILE, Style.COMPOSE}
        return written if keeps else ""

    def _braced(self, body: str, written: str, depth: int) -> str:
        """Return the value of ``${body}``: a name and perhaps an operator."""
        found = _NAME.match(body)
        if found is None:
            return written
        name, rest = found[0], body[found.end() :]
        counts_empty = rest.startswith(":")
        operator, word = rest[counts_empty : counts_empty + 1], rest[counts_empty + 1 :]
        value = self._values.get(name)
        is_set = bool(value) if counts_empty else value is not None
        match operator:
            case "-" | "=":
                filled = (value or "") if is_set else self.fill(word, depth + 1)
            case "+":
                filled = self.fill(word, depth + 1) if is_set else ""
            case "" | "?":
                filled = self._plain(name, written)
            case "#" | "%":
                filled = _trimmed(self._plain(name, written), rest)
            case "/":
                filled = _substituted(self._plain(name, written), rest)
            case _:
                filled = written
        return filled


def _next(text: str, at: int) -> int:
    ends = [place for place in (text.find("$", at), text.find("\\", at)) if place >= 0]
    return min(ends, default=len(text))


def _closing(text: str, opening: int) -> int:
    """Return where the brace or parenthesis at ``opening`` closes, or -1."""
    pair = {"{": "}", "(": ")"}
    left, right = text[opening], pair[text[opening]]
    depth = 0
    for at in range(opening, len(text)):
        if text[at] == left:
            depth += 1
        elif text[at] == right:
            depth -= 1
            if not depth:
                return at
    return -1


def _trimmed(value: str, rest: str) -> str:
    """Apply ``#``, ``##``, ``%`` or ``%%``: cut a matching prefix or suffix."""
    longest = rest[:2] in {"##", "%%"}
    pattern = re.compile(translate(rest[1 + longest :]))
    sizes = range(min(len(value), 200) + 1)
    for size in reversed(sizes) if longest else sizes:
        if rest[0] == "#" and pattern.match(value[:size]):
            return value[size:]
        if rest[0] == "%" and pattern.match(value[len(value) - size :]):
            return value[: len(value) - size]
    return value


def _substituted(value: str, rest: str) -> str:
    """Apply ``/old/new`` or ``//old/new`` for plain text, without wildcards."""
    everywhere = rest.startswith("//")
    old, _, new = rest[1 + everywhere :].partition("/")
    if not old:
        return value
    return value.replace(old, new, -1 if everywhere else 1)
