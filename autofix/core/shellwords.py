"""
Shell text as commands, each a list of words: enough of a shell to read build lines.

Quotes, escapes, continuations, comments, ``&&``, ``||``, ``;``, ``|``, ``&``, groups
and redirections are understood; variables and substitutions stay as written.
``shlex`` does not serve: it raises on an open quote and joins ``a&&b``. For the other
way, ``one_by_one`` makes one command of several.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

_SEPARATORS = "\n;|&()"
_BLANKS = " \t\r"
_DOUBLE_QUOTE_ESCAPES = '"\\$`\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One simple command; ``line`` counts from 1 within the text it was read from."""

    words: tuple[str, ...]
    line: int


def commands(text: str) -> tuple[Command, ...]:
    """Split ``text`` into its simple commands, in order; never raises."""
    return tuple(_Splitter(text).split())


class _Splitter:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._first_line = 1
        self._words: list[str] = []
        self._word: list[str] | None = None
        self._found: list[Command] = []

    def split(self) -> list[Command]:
        while self._at < len(self._text):
            character = self._text[self._at]
            if character == "#" and self._word is None:
                self._skip_comment()
            elif character in _SEPARATORS:
                self._end_command()
                self._advance(1)
            elif character in _BLANKS:
                self._end_word()
                self._advance(1)
            elif character in "<>":
                self._redirection()
            else:
                self._part(character)
        self._end_command()
        return self._found

    def _advance(self, count: int) -> str:
        taken = self._text[self._at : self._at + count]
        self._line += taken.count("\n")
        self._at += count
        return taken

    def _begin(self) -> list[str]:
        if self._word is None:
            self._word = []
            if not self._words:
                self._first_line = self._line
        return self._word

    def _part(self, character: str) -> None:
        """Take one part of a word: a quoted piece, an escape, or plain text."""
        match character:
            case "\\":
                self._escape()
            case "'":
                self._begin().append(self._until("'"))
            case '"':
                self._double_quoted()
            case "`":
                self._begin().append(f"`{self._until('`')}`")
            case "$" if self._text.startswith(("$(", "${"), self._at):
                self._substitution()
            case _:
                self._begin().append(self._advance(1))

    def _escape(self) -> None:
        following = self._text[self._at + 1 : self._at + 3]
        if following.startswith("\n"):
            self._advance(2)
        elif following == "\r\n":
            self._advance(3)
        elif following:
            word = self._begin()
            self._advance(1)
            word.append(self._advance(1))
        else:
            self._advance(1)

    def _until(self, quote: str) -> str:
        """Take a quoted piece; one that is never closed ends with the text."""
        end = self._text.find(quote, self._at + 1)
        end = len(self._text) if end < 0 else end
        return self._advance(end + 1 - self._at)[1:].removesuffix(quote)

    def _double_quoted(self) -> None:
        word = self._begin()
        self._advance(1)
        while self._at < len(self._text):
            character = self._advance(1)
            if character == '"':
                return
            if character == "\\" and self._at < len(self._text):
                escaped = self._advance(1)
                if escaped == "\n":
                    continue
                keeps = escaped not in _DOUBLE_QUOTE_ESCAPES
                word.append(f"\\{escaped}" if keeps else escaped)
            else:
                word.append(character)

    def _substitution(self) -> None:
        word = self._begin()
        pair = {"(": ")", "{": "}"}
        left = self._text[self._at + 1]
        right, depth = pair[left], 0
        end = len(self._text)
        for place in range(self._at + 1, len(self._text)):
            if self._text[place] == left:
                depth += 1
            elif self._text[place] == right:
                depth -= 1
                if not depth:
                    end = place + 1
                    break
        word.append(self._advance(end - self._at))

    def _redirection(self) -> None:
        """Drop ``2>&1``, ``> file`` and the like together with their target."""
        if self._word is not None and "".join(self._word).isdigit():
            self._word = None
        self._end_word()
        while self._text[self._at : self._at + 1] in {"<", ">", "&", "|"}:
            self._advance(1)
        while self._text[self._at : self._at + 1] in {" ", "\t"}:
            self._advance(1)
        stops = _SEPARATORS + _BLANKS + "<>"
        while self._at < len(self._text) and self._text[self._at] not in stops:
            self._advance(1)

    def _skip_comment(self) -> None:
        end = self._text.find("\n", self._at)
        self._at = len(self._text) if end < 0 else end

    def _end_word(self) -> None:
        if self._word is not None:
            self._words.append("".join(self._word))
            self._word = None

    def _end_command(self) -> None:
        self._end_word()
        if self._words:
            self._found.append(Command(words=tuple(self._words), line=self._first_line))
        self._words = []


def one_by_one(*commands: Sequence[str], lastly: Sequence[str] = ()) -> tuple[str, ...]:
    """
    Return a command that runs commands up to the first that fails, NUL between outputs.

    ``lastly`` is run in any case, and changes nothing of how it ends.
    """
    script = " && printf '\\0' && ".join(map(shlex.join, commands))
    if lastly:
        script += f"; status=$?; {shlex.join(lastly)}; exit $status"
    return "sh", "-c", script
