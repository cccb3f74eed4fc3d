"""
Go files read as text: package name, build constraints, ``InitModule``, embeds.

A scan, not a parser: it is right about comments, strings and runes, which is what a
search for a declaration needs. Build constraints follow ``go help buildconstraint``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
      //[^\n]*
    | /\*.*?(?:\*/|\Z)
    | `[^`]*(?:`|\Z)
    | "(?:[^"\\\n]|\\.)*(?:"|$|\Z)
    | '(?:[^'\\\n]|\\.)+'
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_NOT_NEWLINE = re.compile(r"[^\n]")
_PACKAGE = re.compile(r"^\s*package\s+(\w+)", re.MULTILINE)
_INIT_MODULE = re.compile(r"^func\s+InitModule\s*\(", re.MULTILINE)
_DECLARATION = re.compile(
    r"(?:func\s+(?:\(\s*(?:\w+\s+)?\*?(?P<type>\w+)[^)]*\)\s*)?(?P<name>\w+)"
    r"|type|var|const|import)\b"
)
_GO_BUILD = re.compile(r"^//go:build[ \t]+(.+)$", re.MULTILINE)
_PLUS_BUILD = re.compile(r"^//[ \t]*\+build[ \t]+(.+)$", re.MULTILINE)
_EMBED = re.compile(r"^//go:embed[ \t]+(.+)$", re.MULTILINE)
_EMBED_PATTERN = re.compile(r'"((?:[^"\\]|\\.)*)"|`([^`]*)`|(\S+)')
_CONSTRAINT_TOKEN = re.compile(r"&&|\|\||!|\(|\)|[\w.]+")
_GO_RELEASE = re.compile(r"go1(\.\d+)?")

_SYSTEMS = frozenset(
    {
        "aix",
        "android",
        "darwin",
        "dragonfly",
        "freebsd",
        "hurd",
        "illumos",
        "ios",
        "js",
        "linux",
        "nacl",
        "netbsd",
        "openbsd",
        "plan9",
        "solaris",
        "wasip1",
        "windows",
        "zos",
    }
)
_MACHINES = frozenset(
    {
        "386",
        "amd64",
        "arm",
        "arm64",
        "loong64",
        "mips",
        "mips64",
        "mips64le",
        "mipsle",
        "ppc64",
        "ppc64le",
        "riscv64",
        "s390x",
        "sparc64",
        "wasm",
    }
)
_GIVEN = frozenset({"linux", "unix", "cgo", "gc"})
_NEVER = frozenset({"ignore"})


@dataclass(frozen=True, slots=True, kw_only=True)
class GoFile:
    """
    What one Go file says.

    ``package`` is "" if there is no package clause; ``builds`` tells whether a plain
    build for Linux takes the file, ``tags`` are tags of the project's own with which
    it would (empty if none help).
    """

    package: str
    has_init_module: bool
    builds: bool
    tags: tuple[str, ...] = ()
    embeds: tuple[str, ...] = ()


def scan_go_file(
    name: str, text: str, *, machine: str = "amd64", tags: frozenset[str] = frozenset()
) -> GoFile:
    """Scan one Go file; ``name`` is its file name, whose suffixes constrain it too."""
    code = _TOKEN.sub(_blank, text)
    package = _PACKAGE.search(code)
    has_init_module = _INIT_MODULE.search(code) is not None
    header = text[: package.start(1)] if package else text
    by_name = _name_builds(name, machine)
    by_text, needed = _constraint(header, _GIVEN | {machine} | tags)
    return GoFile(
        package=package[1] if package else "",
        has_init_module=has_init_module,
        builds=by_name and by_text,
        tags=needed if by_name and not by_text else (),
        embeds=tuple(_embeds(text)) if "//go:embed" in text else (),
    )


def enclosing_function(text: str, line: int) -> str:
    """
    Return the function that a line (from 1) of a Go file lies in, or "".

    A method has its type in front: ``Shop.Open``. Only declarations that begin a line
    are seen, as gofmt writes them.
    """
    code = _TOKEN.sub(_blank, text).split("\n")[:line]
    for each in reversed(code):
        if match := _DECLARATION.match(each):
            names = (match["type"], match["name"])
            return ".".join(name for name in names if name)
    return ""


def _blank(found: re.Match[str]) -> str:
    """Replace a comment or literal by nothing of the same length and lines."""
    return _NOT_NEWLINE.sub(" ", found[0])


def _name_builds(name: str, machine: str) -> bool:
    if name.startswith(("_", ".")) or name.endswith("_test.go"):
        return False
    parts = name.removesuffix(".go").split("_")[1:]
    if not parts:
        return True
    last = parts[-1]
    if last in _MACHINES:
        system = parts[-2] if len(parts) > 1 else ""
        return last == machine and (system not in _SYSTEMS or system == "linux")
    return last not in _SYSTEMS or last == "linux"


def _constraint(header: str, given: frozenset[str]) -> tuple[bool, tuple[str, ...]]:
    """Tell whether the file is built with ``given`` tags, and which own tags it wants."""
    written = _GO_BUILD.search(header)
    holds: Callable[[Callable[[str], bool]], bool]
    if written:
        words = _CONSTRAINT_TOKEN.findall(written[1].strip())
        holds = lambda true: _Expression(words, true).holds()  # noqa: E731
    else:
        lines = [line.split() for line in _PLUS_BUILD.findall(header)]
        words = [
            term.lstrip("!")
            for options in lines
            for option in options
            for term in option.split(",")
        ]
        holds = lambda true: all(_plus_line(line, true) for line in lines)  # noqa: E731
    if holds(lambda tag: _is_true(tag, given)):
        return True, ()
    own = {
        word
        for word in words
        if re.fullmatch(r"[\w.]+", word)
        and word not in _SYSTEMS | _MACHINES | _NEVER | _GIVEN
        and not _GO_RELEASE.fullmatch(word)
    }
    if own and holds(lambda tag: tag in own or _is_true(tag, given)):
        return False, tuple(sorted(own))
    return False, ()


def _is_true(tag: str, given: frozenset[str]) -> bool:
    return tag in given or _GO_RELEASE.fullmatch(tag) is not None


def _plus_line(options: list[str], true: Callable[[str], bool]) -> bool:
    return any(
        all(not true(term[1:]) if term[:1] == "!" else true(term) for term in terms)
        for terms in (option.split(",") for option in options)
    )


class _Expression:
    """A ``//go:build`` expression; one that is malformed does not hold."""

    def __init__(self, words: list[str], true: Callable[[str], bool]) -> None:
        self._words = [*words[:500], ""]
        self._at = 0
        self._true = true
        self._malformed = False

    def holds(self) -> bool:
        try:
            value = self._either()
        except RecursionError:
            return False
        return value and not self._malformed and self._words[self._at] == ""

    def _take(self, word: str) -> bool:
        taken = self._words[self._at] == word
        self._at += taken
        return taken

    def _either(self) -> bool:
        value = self._both()
        while self._take("||"):
            value = self._both() or value
        return value

    def _both(self) -> bool:
        value = self._single()
        while self._take("&&"):
            value = self._single() and value
        return value

    def _single(self) -> bool:
        if self._take("!"):
            return not self._single()
        if self._take("("):
            value = self._either()
            self._malformed |= not self._take(")")
            return value
        word = self._words[self._at]
        if not word or word in {")", "&&", "||"}:
            self._malformed = True
            return False
        self._at += 1
        return self._true(word)


def _embeds(text: str) -> Iterator[str]:
    for line in _EMBED.findall(text):
        for quoted, raw, bare in _EMBED_PATTERN.findall(line):
            yield (quoted or raw or bare).removeprefix("all:")
