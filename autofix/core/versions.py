"""
Order of versions, as the go command orders them.

Module versions follow Go's own reading of semantic versioning
(``golang.org/x/mod/semver``), Go releases the reading of its toolchain (``go/version``);
the two differ, so each has its own functions. All are total: text that is no version
sorts below every version, and never raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

Number = tuple[int, str]
"""A decimal number of any length: its digit count, then its digits."""

_NUMBER = r"(0|[1-9][0-9]*)"
_IDENTIFIER = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_MODULE_VERSION = re.compile(
    rf"v{_NUMBER}(?:\.{_NUMBER}(?:\.{_NUMBER}"
    rf"(?:-({_IDENTIFIER}(?:\.{_IDENTIFIER})*))?"
    r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)?)?"
)
_GO_RELEASE = re.compile(
    rf"{_NUMBER}(?:\.{_NUMBER}(?:\.{_NUMBER}|([a-z]+)(?:{_NUMBER})?)?)?"
)

_ZERO: Number = (1, "0")
_NONE: Number = (0, "")
FIRST_WITH_PATCH_LINE = "1.21"
"""The first Go whose go.mod may name a patch release and a toolchain."""


def is_version(version: str) -> bool:
    """Tell whether Go accepts ``version`` as a module version (``v1.2.3-pre+meta``)."""
    return _MODULE_VERSION.fullmatch(version) is not None


def compare(one: str, other: str) -> int:
    """
    Return -1, 0 or 1 as module version ``one`` is lower, equal or higher.

    Build metadata (``+incompatible``) does not count; what is no version is lower
    than every version and equal to everything else that is none.
    """
    left, right = _module_key(one), _module_key(other)
    return (left > right) - (left < right)


def highest(versions: Iterable[str]) -> str:
    """Return the highest module version, the first of equal ones; "" of none."""
    found = ""
    for version in versions:
        if not found or compare(version, found) > 0:
            found = version
    return found


def in_order(versions: Iterable[str]) -> list[str]:
    """Return module versions lowest first; equal ones in the order of their text."""
    return sorted(versions, key=lambda version: (_module_key(version), version))


def compare_go(one: str, other: str) -> int:
    """
    Return -1, 0 or 1 as Go release ``one`` is lower, equal or higher.

    Takes every spelling that ``bare_go`` takes. From 1.21 on a bare ``1.21`` is the
    language, lower than ``1.21rc1``, which is lower than ``1.21.0``; before, ``1.20``
    and ``1.20.0`` are the same release.
    """
    left, right = _go_key(bare_go(one)), _go_key(bare_go(other))
    return (left > right) - (left < right)


def bare_go(text: str) -> str:
    """
    Return a Go release without prefix and suffix: ``1.26.5`` of ``go1.26.5 X:a``.

    Suffixes are experiments (`` X:…``, ``-X:…``) and vendors' marks (``-custom``,
    ``+auto``); of a development version the release it leads to is left.
    """
    release = text.strip().removeprefix("devel ").removeprefix("go")
    return re.split(r"[\s+-]", release, maxsplit=1)[0]


def go_language(release: str) -> str:
    """Return the language version of a Go release: ``1.26`` of ``1.26.5``."""
    return ".".join(re.findall(r"\d+", bare_go(release))[:2])


def go_line(release: str) -> str:
    """
    Return the highest ``go`` line that a Go release accepts in go.mod.

    Releases before 1.21 refuse a patch number ("must match format 1.23", observed
    with 1.15.15 to 1.20.14).
    """
    if compare_go(release, FIRST_WITH_PATCH_LINE) < 0:
        return go_language(release)
    return bare_go(release)


@lru_cache(maxsize=4096)
def _module_key(version: str) -> tuple[object, ...]:
    match = _MODULE_VERSION.fullmatch(version)
    if match is None:
        return (0,)
    major, minor, patch, prerelease = match.groups()
    return (
        1,
        _number(major),
        _number(minor) if minor else _ZERO,
        _number(patch) if patch else _ZERO,
        0 if prerelease else 1,
        tuple(_identifier(part) for part in (prerelease or "").split(".")),
    )


def _identifier(text: str) -> tuple[int, Number, str]:
    """Order numeric identifiers by value and below all others."""
    if text.isdecimal():
        return (0, _number(text), "")
    return (1, _NONE, text)


@lru_cache(maxsize=256)
def _go_key(release: str) -> tuple[object, ...]:
    match = _GO_RELEASE.fullmatch(release)
    if match is None:
        return (0,)
    major, minor, patch, kind, pre = match.groups()
    if minor is None:
        minor, patch = "0", "0"
    elif patch is None and kind is None and _number(minor) < _number("21"):
        patch = "0"
    return (
        1,
        _number(major),
        _number(minor),
        _number(patch) if patch else _NONE,
        kind or "",
        _number(pre) if pre else _NONE,
    )


def _number(digits: str) -> Number:
    return (len(digits), digits)
