"""Where variables are used, set and defaulted in build files, by offset in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from autofix.core.hints import FileKind, HintFile, file_kind
from autofix.core.imageref import OFFICIAL_NAMESPACE
from autofix.core.interpolation import Style
from autofix.core.scripts import COMMENT, LONGEST_LINE, style_of

VARIABLE = (
    r"(?:\$\{\{[^{}\n]*\}\}"  # ${{ env.NAME }} in workflows
    r"|\$\{(?:[^{}\n]|\$\{[^{}\n]*\})*\}"  # ${NAME}, ${NAME:-default}
    r"|\$\([^()\n]*\)"  # $(NAME) in Makefiles
    r"|\$\w+"
    r"|%\w+%"  # batch files
    r"|\{\{[^{}\n]*\}\})"  # {{.NAME}} in task files
)
"""A variable in the forms that build files of all kinds have."""

WORD = rf"(?:[\w.-]|{VARIABLE})+"
"""A piece of an image reference, with variables in it."""
BEGINS = r"(?:(?<=:-)|(?<![\w./-]))"
"""Where an image reference can begin: also as a default, after ``:-``."""
DIGEST = r"(?P<digest>@sha256:[0-9a-f]+)?"
NAKAMA_IMAGE = re.compile(
    rf"{BEGINS}(?P<name>(?:{WORD}(?::\d+)?/)*+"
    rf"(?:nakama(?:-[a-z-]+)?|(?<={OFFICIAL_NAMESPACE}/)[a-z-]+))"
    rf":(?P<tag>{WORD}){DIGEST}",
    re.ASCII,
)
"""An image that may be Nakama's, with its tag."""

_NAMES = re.compile(
    r"\$\{\{\s*(?:\w+\.)*(\w+)\s*\}\}|\$\{(\w+)|\$\((\w+)\)|\$(?:env:)?(\w+)"
    r"|%(\w+)%|(?<!\$)\{\{\s*\.?(\w+)\s*\}\}",
    re.ASCII,
)
_ASSIGNED = re.compile(
    r"(?<![\w.$%{(-])(?P<name>[A-Za-z_]\w*)"
    r"(?:[\"']?[ \t]*(?:\?|\+|:{1,3})?=[ \t]*|[\"']?[ \t]*:[ \t]+)[\"']?"
    r"(?P<value>[^\s\"'#;&,]+)",
    re.ASCII,
)
_ENV = re.compile(
    r"^[ \t]*ENV[ \t]+(?P<name>[A-Za-z_]\w*)[ \t]+[\"']?(?P<value>[^\s\"'=]+)",
    re.ASCII | re.IGNORECASE | re.MULTILINE,
)
_DEFAULT = re.compile(r"\$\{(?P<name>\w+):?[-=](?P<value>v?\d[\w.+-]*)\}", re.ASCII)
_QUOTED_OR_COMMENT = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|(?:^|(?<=\s))#.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A value that a file gives a variable; ``start`` is its offset in the text."""

    name: str
    value: str
    start: int


def variables(text: str) -> frozenset[str]:
    """Name the variables that are used in a piece of text."""
    found = (next(filter(None, groups)) for groups in _NAMES.findall(text))
    return frozenset(found)


def assignments(text: str) -> Iterator[Value]:
    """Yield what is assigned: ``NAME=``, ``NAME: ``, ``ENV NAME `` and their kin."""
    for pattern in (_ASSIGNED, _ENV):
        for found in pattern.finditer(text):
            yield _value(found)


def defaults(text: str) -> Iterator[Value]:
    """Yield the versions that stand as defaults: ``${NAME:-3.40.0}``."""
    yield from map(_value, _DEFAULT.finditer(text))


def masked(file: HintFile) -> str:
    """
    Return a file's text with blanks in the place of comments, of the same length.

    Lines that are too long for a person's are blanked too.
    """
    kind = file_kind(file.path)
    return "\n".join(_spoken(line, kind, file.path) for line in file.text.split("\n"))


def line_of(text: str, offset: int) -> int:
    """Return the line, from 1, that an offset is in."""
    return text.count("\n", 0, offset) + 1


def _spoken(line: str, kind: FileKind | None, path: str) -> str:
    if len(line) > LONGEST_LINE:
        return " " * len(line)
    if kind is FileKind.DOCKERFILE:
        return " " * len(line) if line.lstrip().startswith("#") else line
    if kind is FileKind.SCRIPT and COMMENT.match(line):
        return " " * len(line)
    if style_of(path) is Style.BATCH:
        return line
    return _QUOTED_OR_COMMENT.sub(_without_comment, line)


def _without_comment(found: re.Match[str]) -> str:
    return " " * len(found[0]) if found[0].startswith("#") else found[0]


def _value(found: re.Match[str]) -> Value:
    return Value(name=found["name"], value=found["value"], start=found.start("value"))
