"""``autofix explain`` without its terminal: a pasted log, or one line, explained."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from autofix.core.diagnose import Context, explain
from autofix.core.model import Diagnosis
from autofix.core.serverfacts import ServerSources, server_facts_of
from autofix.durable import disk_errors
from autofix.errors import UsageError
from autofix.releases import known_release, release_table

LONGEST = 64 * 1024 * 1024
"""Characters of a log that are read; a longer one is cut at its beginning."""

_LOGS = frozenset({".log", ".txt", ".out", ".err"})


def explained(text: str, *, nakama: str = "") -> list[Diagnosis]:
    """Return what a text tells; ``nakama`` is a release tag that adds versions."""
    if not nakama:
        return explain(text, Context())
    release = known_release(nakama)
    sources = ServerSources(
        reference=f"release {release.tag}", machine="", release=release.tag
    )
    found = server_facts_of(sources, release_table())
    return explain(text, Context(server=found[0] if found else None))


def pasted(words: list[str], stdin: TextIO) -> str:
    """Return the text meant: a file's, standard input's for ``-``, or the words."""
    if words in ([], ["-"]):
        if not words and stdin.isatty():
            raise UsageError(
                "There is nothing to explain.",
                todo="Give a line in quotation marks, a file, or pipe a log into it.",
            )
        text = stdin.read(LONGEST)
        if not text.strip():
            raise UsageError("There is nothing to explain: nothing came in.")
    elif len(words) == 1 and _is_file(words[0]):
        with disk_errors("The log cannot be read"), Path(words[0]).open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - LONGEST))
            text = file.read(LONGEST).decode("utf-8", "replace")
    else:
        text = " ".join(words)
        if _names_a_file(text):
            raise UsageError(
                f"There is no file {text}.",
                todo="Give a line in quotation marks, a file, or pipe a log into it.",
            )
    return text


def _names_a_file(text: str) -> bool:
    """Tell whether a text that is no file's name was meant as one."""
    is_word = bool(text) and not any(each.isspace() or each in "\"'{" for each in text)
    return is_word and (
        text.startswith(("/", "./", "../", "~")) or Path(text).suffix in _LOGS
    )


def _is_file(word: str) -> bool:
    try:
        return Path(word).is_file()
    except (OSError, ValueError):  # a pasted line is too long for a name
        return False
