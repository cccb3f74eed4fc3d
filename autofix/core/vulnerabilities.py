"""Which known vulnerabilities a newer version mends, as ``govulncheck`` tells them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from autofix.core.versions import compare

_SPACE = re.compile(r"\s*")
STDLIB = "stdlib"
"""What govulncheck calls Go's own packages; the server dictates their version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """The version of a module that mends a vulnerability, by its id (``GO-2021-0113``)."""

    module: str
    version: str
    vulnerability: str


def fixes(output: str) -> tuple[Fix, ...]:
    """
    Read what ``govulncheck -format json`` wrote: JSON objects one after the other.

    Findings without a fix are left out (observed on govulncheck 1.9.0). ValueError if
    it is something else.
    """
    messages = list(_messages(output))
    try:
        findings = [each["finding"] for each in messages if "finding" in each]
        found = [
            Fix(
                module=str(finding["trace"][0]["module"]),
                version=str(finding.get("fixed_version", "")),
                vulnerability=str(finding["osv"]),
            )
            for finding in findings
        ]
    except (TypeError, KeyError, IndexError, AttributeError) as error:
        raise ValueError("A finding has another shape.") from error
    wanted = (each for each in found if each.version and each.module != STDLIB)
    return tuple(dict.fromkeys(wanted))


def mended(
    known: Iterable[Fix], module: str, *, before: str, after: str
) -> tuple[str, ...]:
    """Name the vulnerabilities that a module has at ``before``, no more at ``after``."""
    return tuple(
        sorted(
            fix.vulnerability
            for fix in known
            if fix.module == module
            and compare(before, fix.version) < 0
            and compare(after, fix.version) >= 0
        )
    )


def _messages(output: str) -> Iterator[Any]:
    decoder, start = json.JSONDecoder(), _after_space(output, 0)
    while start < len(output):
        message, end = decoder.raw_decode(output, start)
        yield message
        start = _after_space(output, end)


def _after_space(text: str, start: int) -> int:
    found = _SPACE.match(text, start)
    return found.end() if found else start
