"""Sizes as people write them (``500MB``, ``2GB``) and read them; decimal units."""

from __future__ import annotations

import re

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_PATTERN = re.compile(
    r"(?P<number>\d{1,18}(?:\.\d{1,6})?) ?(?P<unit>[kmgt]?)b?", re.IGNORECASE | re.ASCII
)
WHOLE_FROM = 10


def parse_size(text: str) -> int | None:
    """Return the bytes that ``text`` means, or None if it means none; 0 is a size."""
    match = _PATTERN.fullmatch(text.strip())
    if match is None:
        return None
    return round(float(match["number"]) * _UNITS[match["unit"].lower()])


def words_of_size(size: int) -> str:
    """Write a size for a person: ``512 B``, ``1.5 GB``, ``20 MB``."""
    shown, name = float(size), "B"
    for unit in ("kB", "MB", "GB", "TB"):
        if shown < 1000:  # noqa: PLR2004 (the next unit)
            break
        shown, name = shown / 1000, unit
    digits = 0 if name == "B" or shown >= WHOLE_FROM else 1
    return f"{shown:.{digits}f}".removesuffix(".0") + f" {name}"
