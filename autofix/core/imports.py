"""
Who imports whom, from ``go list -deps``.

The order of its lines is worth keeping: dependencies come first, nearly as the linker
has them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

IMPORTS_TEMPLATE = "{{.ImportPath}}{{range .Imports}} {{.}}{{end}}"
"""For ``go list -deps -f``: a package a line, and what it imports itself."""

_FOREIGN = re.compile(r"""[{}:;,\t"'\\]""")
"""No import path has these; JSON and messages of the go command do."""

Imports = Mapping[str, tuple[str, ...]]
"""Each package's own imports, in the order of ``go list -deps``."""


class ImportsError(ValueError):
    """The text is not what ``go list -f`` prints; the message names the line."""


def parse_imports(text: str) -> Imports:
    """Read the lines of ``go list -deps -f IMPORTS_TEMPLATE``; ImportsError if other."""
    found: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if _FOREIGN.search(line):
            raise ImportsError(f"line {number} is no list of packages: {line[:80]!r}")
        if names := line.split():
            found[names[0]] = tuple(names[1:])
    if not found:
        raise ImportsError("it names no package")
    return found
