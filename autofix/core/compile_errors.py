"""
Compile errors as values: whose code they lie in and what they are about.

``go build`` prints a line ``# package`` and below it one line an error, some with
indented lines that say what was had and what was wanted (observed, Go 1.15 to 1.26).
A library's file is named by its place in the module cache, relative or trimmed
(``M@v/file.go``), or in vendor/; a folder that replaces a module by its own path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import PurePosixPath

from autofix.core.observations import Selected
from autofix.core.packages import within

SOURCES = (".go", ".c", ".h", ".cc", ".cpp", ".cxx", ".s", ".S")
_LONGEST = 4096
_ERROR = re.compile(
    r"(?P<file>[^\s:]++):(?P<line>\d++):(?:(?P<column>\d++):)? (?P<text>.++)"
)
_HEADER = re.compile(r"# (?P<package>[^\s\[]++)")
_MODULE_CACHE = re.compile(
    r"(?:[^@]*/pkg/mod/|[^@]*?/mod/|(?:\.{0,2}/)*+)"
    r"(?P<module>[^@]++)@(?P<version>v[^/]++)/"
)
_NAME = r"(?P<name>[A-Za-z_][\w.*()]*)"
_QUOTED_PATH = re.compile(r'"(?:[^"/\s]*+/)*+([^"/\s]++)"\.')
"""Before a name that two packages have: ``"google.golang.org/grpc/oauth".Source``."""
_SUBJECTS = tuple(
    re.compile(pattern)
    for pattern in (
        r"does not implement " + _NAME + r" \((?:wrong type for|missing) method "
        r"(?P<method>\w+)",
        r"does not implement " + _NAME,
        r"arguments? in call to " + _NAME,
        r"assignment mismatch: .* but " + _NAME + r"(?:\(.*\))? returns? ",
        r"argument to " + _NAME,
        r"in struct literal of type " + _NAME,
        r"^undefined: " + _NAME,
        r"^" + _NAME + r" undefined \(",
        r"^cannot use .* as " + _NAME + r" value in ",
        r"^(?:multiple-value )?" + _NAME + r"\(.*\) .* in single-value context",
    )
)


class CodeOwner(StrEnum):
    """Whose code does not compile."""

    OWN = "own code"
    LIBRARY = "library"
    FOLDER = "folder"
    """A module that a replace takes from a folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileError:
    """
    One error of the compiler; ``quoted`` is its line, ``details`` the lines below it.

    ``package`` is the one compiled. ``module`` and ``version`` are the library's, ""
    in own code; ``folder`` is what replaces it, if a folder does.
    """

    file: str
    line: int
    text: str
    quoted: str
    package: str = ""
    module: str = ""
    version: str = ""
    folder: str = ""
    details: tuple[str, ...] = ()

    @property
    def owner(self) -> CodeOwner:
        """Tell whose code it is in."""
        if self.folder:
            return CodeOwner.FOLDER
        return CodeOwner.LIBRARY if self.module else CodeOwner.OWN

    @property
    def place(self) -> str:
        """Return ``file:line``."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeGroup:
    """
    The errors of one owner about one function.

    ``function`` is what the errors are about (``nk.LeaderboardCreate``), or the
    function they lie in, or "" where neither can be read.
    """

    owner: CodeOwner
    module: str
    version: str
    folder: str
    function: str
    errors: tuple[CompileError, ...]


def parse_errors(lines: Iterable[str]) -> tuple[CompileError, ...]:
    """Read compile errors from what a build printed, each once, in order."""
    found: dict[tuple[str, int, str], CompileError] = {}
    package = ""
    last: tuple[str, int, str] | None = None
    for line in lines:
        text = line[:_LONGEST]
        if header := _HEADER.match(text):
            package, last = header["package"], None
            continue
        if text.startswith("\t") and last is not None:
            held = found[last]
            found[last] = replace(held, details=(*held.details, text.strip()))
            continue
        match = _ERROR.match(text)
        last = None
        if match is None or not match["file"].endswith(SOURCES):
            continue
        if match["text"] == "too many errors" or match["text"].startswith("note: "):
            continue
        key = (match["file"], int(match["line"]), match["text"])
        if key in found:
            continue
        module, version = _in_module_cache(match["file"])
        found[key] = CompileError(
            file=key[0],
            line=key[1],
            text=key[2],
            quoted=text,
            package=package or vendored_package(match["file"]),
            module=module,
            version=version,
        )
        last = key
    return tuple(found.values())


def located(
    errors: Iterable[CompileError], linked: Mapping[str, Selected], main: str
) -> tuple[CompileError, ...]:
    """
    Say of each error which linked module it lies in, where its path does not.

    ``linked`` maps modules to what is selected, ``main`` is the project's module.
    """
    return tuple(_located(error, linked, main) for error in errors)


def grouped(
    errors: Iterable[CompileError], functions: Mapping[str, str]
) -> tuple[CodeGroup, ...]:
    """
    Group errors by owner and function, own code first, else in their order.

    ``functions`` maps places (``file:line``) to the function around them.
    """
    groups: dict[tuple[CodeOwner, str, str], list[CompileError]] = {}
    for error in errors:
        function = subject(error.text) or functions.get(error.place, "")
        groups.setdefault((error.owner, error.module, function), []).append(error)
    order = list(CodeOwner)
    return tuple(
        CodeGroup(
            owner=owner,
            module=module,
            version=members[0].version,
            folder=members[0].folder,
            function=function,
            errors=tuple(members),
        )
        for (owner, module, function), members in sorted(
            groups.items(), key=lambda item: order.index(item[0][0])
        )
    )


def subject(text: str) -> str:
    """Return the function or symbol that an error's text is about, or ""."""
    text = _QUOTED_PATH.sub(r"\1.", text)
    for pattern in _SUBJECTS:
        if match := pattern.search(text):
            method = match.groupdict().get("method")
            name = match["name"].rstrip(".(*)").lstrip("*(")
            return f"{name}.{method}" if method else name
    return ""


def library_of(file: str) -> dict[str, str]:
    """Return the module (or vendored package) that a source file's path names."""
    module, version = _in_module_cache(file)
    if module:
        return {"module": module, "version": version}
    package = vendored_package(file)
    return {"package": package} if package else {}


def is_foreign(package: str, main: str) -> bool:
    """Tell whether a package is of another module than the project's, ``main``."""
    return "." in package.partition("/")[0] and not within(package, main)


def vendored_package(file: str) -> str:
    """Return the package of a file below vendor/, or ""."""
    _, vendored, below = f"/{file}".rpartition("/vendor/")
    return str(PurePosixPath(below).parent) if vendored else ""


def _located(
    error: CompileError, linked: Mapping[str, Selected], main: str
) -> CompileError:
    package = vendored_package(error.file) or error.package
    if not error.module and not is_foreign(package, main):
        return error
    module = error.module or max(
        (each for each in linked if within(package, each)), key=len, default=""
    )
    selected = linked.get(module)
    if selected is None:
        return error
    replacement = selected.replacement
    return replace(
        error,
        module=module,
        version=error.version or selected.version,
        folder=replacement.new_path if replacement and replacement.is_folder else "",
    )


def _in_module_cache(file: str) -> tuple[str, str]:
    match = _MODULE_CACHE.match(file)
    if match is None:
        return "", ""
    return unescaped(match["module"]), match["version"]


def unescaped(path: str) -> str:
    """Undo the module cache's spelling of capitals: ``!burnt!sushi``."""
    return re.sub(r"!([a-z])", lambda match: match.group(1).upper(), path)
