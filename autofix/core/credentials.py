"""Keeping what is secret out of lines that are shown, logged and journaled."""

from __future__ import annotations

import re

_USER_PART = re.compile(r"(?<=://)(?!git@)[^\s/?#\"'<>\\]+@")
HIDDEN = "***@"


def without_credentials(text: str) -> str:
    """
    Hide the user part of each URL in a text.

    The go command hides passwords, but not a token that is given as a user's name,
    nor anything of a URL that it cannot parse (observed with Go 1.23 and 1.26).
    ``ssh://git@`` is no secret and stays.
    """
    if "@" not in text or "://" not in text:
        return text
    return _USER_PART.sub(HIDDEN, text)
