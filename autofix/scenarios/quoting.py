"""The words of a program's line that the next run will hear again; pure."""

from __future__ import annotations

import re

from autofix.core.model import OutputLine, Stream
from autofix.core.nakama import record

LONGEST = 160

_OF_THIS_RUN = re.compile(
    r"""
      \w+://\S+                 # an address: another proxy, another port
    | (?<![\w.@~-])/[^\s:"')]+(?::\d+)*  # an absolute path: another folder
    | ["\\]                     # what JSON writes otherwise than it is
    | \b0x[0-9a-f]+
    | \b\d{4}[-/]\d\d[-/]\d\d[T ][\d:.]+Z?
    | \b\d+(?:\.\d+)?\s?m?s\b     # a duration
    | \b(?:pid|port)[ =:]\d+
    """,
    re.VERBOSE,
)


def lasting_words(quoted: str) -> str:
    """
    Return the longest part of a line that names nothing of one run only.

    Of a record of Nakama's log it is of its error, else of its message, as far as JSON
    writes it unchanged; paths, addresses and durations are left out. "" if nothing
    remains.
    """
    seen = record(OutputLine(stream=Stream.STDOUT, text=quoted))
    text = (seen.error or seen.message) if seen else quoted
    parts = (part.strip(" :,;'") for part in _OF_THIS_RUN.split(_essence(text)))
    found = max((part for part in parts if part in quoted), key=len, default="")
    return found if len(found) <= LONGEST else found[:LONGEST].rpartition(" ")[0]


def _essence(text: str) -> str:
    """Leave out who speaks, where the loader's own reason comes after it."""
    return re.sub(r'^plugin\.Open\(".*?"\): ', "", text)
