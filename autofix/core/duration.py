"""Durations as people write them (``90s``, ``1h30m``) and read them."""

from __future__ import annotations

import re

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0}
TENTHS_BELOW = 10.0
_PATTERN = re.compile(
    r"(?:(?P<h>\d{1,6})h)?(?:(?P<m>\d{1,6})m)?(?:(?P<s>\d{1,9}(?:\.\d{1,6})?)s?)?"
)


def parse_duration(text: str) -> float | None:
    """
    Return the seconds that ``text`` means, or None if it means no positive time.

    Hours, minutes and seconds in this order, each optional; a bare number is seconds.
    """
    match = _PATTERN.fullmatch(text.strip())
    if match is None:
        return None
    seconds = sum(_UNITS[unit] * float(n) for unit, n in match.groupdict("0").items())
    return seconds or None


def words_of(seconds: float) -> str:
    """Write a duration for a person: ``0.4 s``, ``12 s``, ``3 min 05 s``, ``2 h 10 min``."""
    if seconds < TENTHS_BELOW:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    if minutes == 0:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"
