"""Text that programs wrote, made safe for a terminal, Markdown or a log line."""

from __future__ import annotations

import re
import unicodedata

_COLOURS = re.compile(r"\x1b\[[0-9;:]*m")
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls, invisible and direction marks, surrogates, private use, unassigned, breaks."""

LONGEST = 2000


def escape(text: str, *, longest: int = LONGEST) -> str:
    r"""
    Return one line that cannot steer a terminal, at most ``longest`` characters.

    Colours are dropped, tabs become blanks, everything else that is not visible is
    shown as Python would write it (``\x1b``), so that nothing is hidden.
    """
    plain = _COLOURS.sub("", text[: 4 * longest]).replace("\t", "    ")
    if plain.isprintable() and len(plain) <= longest:
        return plain
    shown = "".join(
        char.encode("unicode_escape").decode("ascii")
        if unicodedata.category(char) in _UNSAFE
        else char
        for char in plain
    )
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"
