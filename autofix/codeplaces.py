"""Which functions of the project's own code do not compile, read from its source."""

from __future__ import annotations

from collections.abc import Iterable

from autofix.core.compile_errors import parse_errors, subject
from autofix.core.gosource import enclosing_function
from autofix.core.model import OutputLine
from autofix.gotool import GoTool

MOST_FILES = 20
"""The compiler stops at ten errors a package, so that more files are rare."""


def functions_around(go: GoTool, lines: Iterable[OutputLine]) -> dict[str, str]:
    """
    Map places of compile errors (``file:line``) to the function around them.

    Only where the error itself names no function, and not in libraries, whose code is
    not the user's to change. A file that cannot be read is passed over.
    """
    errors = [
        error
        for error in parse_errors(line.text for line in lines)
        if not error.module and not subject(error.text)
    ]
    found: dict[str, str] = {}
    for file in list(dict.fromkeys(error.file for error in errors))[:MOST_FILES]:
        try:
            text = go.file(file).decode("utf-8", "replace")
        except FileNotFoundError:
            continue
        for error in errors:
            if error.file == file:
                found[error.place] = enclosing_function(text, error.line)
    return {place: function for place, function in found.items() if function}
