"""A go command whose download broke for a reason that passes is run again."""

from __future__ import annotations

import re
from collections.abc import Callable

from autofix.engines.base import CommandResult
from autofix.errors import TransientError
from autofix.retrying import RetryPolicy

_PASSING = re.compile(
    r"https?://[^\s\"]{1,2000}"
    r"(?:: (?:429|502|503|504) |\": (?:EOF$|unexpected EOF$|net/http: TLS handshake "
    r"timeout|read tcp \S{1,200} (?:read: connection reset by peer|i/o timeout)))"
)
"""
How go words a download that may succeed when tried again (observed with Go 1.26).

A proxy that refuses or does not answer at all is not among them: that is said at once.
"""


class _DownloadBrokenError(TransientError):
    """A go command failed while it downloaded; ``result`` is what it said."""

    def __init__(self, result: CommandResult) -> None:
        super().__init__(f"{' '.join(result.arguments[:3])} could not download")
        self.result = result


def patiently(retry: RetryPolicy, call: Callable[[], CommandResult]) -> CommandResult:
    """Run a go command, again where a download broke; return its last result."""

    def once() -> CommandResult:
        result = call()
        lines = result.evidence.lines if not result.succeeded else ()
        if any(_PASSING.search(line.text) for line in lines):
            raise _DownloadBrokenError(result)
        return result

    try:
        return retry.call(once)
    except _DownloadBrokenError as error:
        return error.result
