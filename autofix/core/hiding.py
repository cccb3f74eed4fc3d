"""
Hide what looks like a credential before a text leaves the machine.

Nothing secret is written on purpose; a plugin's source or its own log lines may hold
something all the same. Each kind is recognised by its shape, as secret scanners do
(the prefixes are those that the services publish), and covered character by character:
lengths stay, so that Go code still compiles and places in files are still right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

_KEY_BLOCK = (
    r"-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----"
    r"(?P<block>(?:[^-]|-(?!----)){16,16384})(?:-----END)?"
)
_TOKENS = (
    r"gh[pousr]_\w{36,255}",
    r"github_pat_\w{22,255}",
    r"glpat-[\w-]{20,255}",
    r"xox[abeprs]-[\w-]{10,255}",
    r"(?:AKIA|ASIA)[0-9A-Z]{16}",
    r"AIza[\w-]{35}",
    r"npm_\w{36}",
    r"sk_live_\w{16,255}",
    r"eyJ[\w-]{10,4096}\.eyJ[\w-]{10,4096}\.[\w-]{10,4096}",
)
_NAMED = (
    r"(?i:passw(?:or)?d|passphrase|secret|credentials?|api_?-?key|access_?-?key"
    r"|auth_?-?token|private_?-?key|server_?-?key|encryption_?-?key|token)"
)
_QUOTED = rf"{_NAMED}\w{{0,40}}[\"']?\]?\s{{0,8}}(?::=|[:=])\s{{0,8}}[\"'`](?P<quoted>[^\s\"'`]{{8,4096}})[\"'`]"
_BARE = rf"{_NAMED}\w{{0,40}}\\?[\"']?\s{{0,8}}[:=]\s{{0,8}}\\?[\"']?(?P<bare>[^\s\"'`\\,;$]{{4,4096}})"

_SHAPES: Final = (
    *(rf"\b(?P<token{n}>{shape})(?![\w-])" for n, shape in enumerate(_TOKENS)),
    r"(?i:bearer|basic)\s+(?P<bearer>[\w.~+/-]{16,4096}=*)",
    r"://(?!git@)(?P<user>[^\s/?#\"'<>\\@]{1,512})@",
    # user:password@host:port, as --database.address has it; no image by its digest.
    r"(?<![\w/.:])[\w.-]{1,64}:(?P<address>[^\s@/:\"'\\]{1,256})@(?!sha256:)[\w.-]+:\d",
)
_CODE = re.compile("|".join((_KEY_BLOCK, *_SHAPES, _QUOTED)), re.DOTALL)
_TEXT = re.compile("|".join((_KEY_BLOCK, *_SHAPES, _BARE)), re.DOTALL)
_HOME = re.compile(r"(?<![\w./~-])/(home|Users)/(?!user\b)[^/\s\"'\\:;,]+")


def hidden(text: str, *, code: bool = False) -> str:
    """
    Return a text with its credentials covered, of the same length.

    In ``code`` a name with a value counts only where the value is a quoted literal,
    and it is covered with letters; elsewhere with asterisks.
    """
    cover = "x" if code else "*"

    def covered(found: re.Match[str]) -> str:
        name = found.lastgroup
        if name is None:
            return found[0]
        start, end = (place - found.start() for place in found.span(name))
        secret = found[name]
        kept = "".join(each if each == "\n" else cover for each in secret)
        return found[0][:start] + kept + found[0][end:]

    return (_CODE if code else _TEXT).sub(covered, text)


def without_home(text: str) -> str:
    """Return a text in which home folders do not tell who lives there."""
    if "/home/" not in text and "/Users/" not in text:
        return text
    return _HOME.sub(r"/\1/user", text)


def everywhere(value: object, change: Callable[[str], str]) -> object:
    """Return JSON with every string in it changed; keys stay, numbers too."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: everywhere(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [everywhere(item, change) for item in value]
    return value


def hidden_everywhere(value: object) -> object:
    """Return JSON in which no string has a credential or tells whose home it is."""
    return everywhere(value, lambda text: without_home(hidden(text)))
