"""
Workflow commands of GitHub Actions: lines that become annotations of a file.

A value is escaped as GitHub's runner undoes it: ``%``, CR and LF everywhere, ``:`` and
``,`` in properties as well. Nothing that a program wrote can begin a command.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autofix.report import check_words as words
from autofix.report.escape import escape
from autofix.verdict import Level, Mismatch, Verdict

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning"}


def command(name: str, text: str, **properties: str | int) -> str:
    """Return one workflow command; empty properties are left out."""
    given = ",".join(
        f"{key}={_property(str(value))}" for key, value in properties.items() if value
    )
    return f"::{name}{f' {given}' if given else ''}::{_data(text)}"


def check_github(verdicts: Sequence[Verdict]) -> str:
    """Return one annotation a finding, and what was not known as notices."""
    return "".join(f"{line}\n" for verdict in verdicts for line in _lines(verdict))


def _lines(verdict: Verdict) -> Iterator[str]:
    for mismatch in sorted(verdict.all, key=lambda each: (each.file, each.line)):
        yield command(
            _COMMANDS[mismatch.level],
            _told(mismatch),
            file=escape(mismatch.file),
            line=mismatch.line,
            title=f"autofix: {escape(mismatch.name)}",
        )
    for sentence in verdict.unknown:
        yield command("notice", escape(sentence), title="autofix: not known")
    yield escape(words.headline(verdict))


def _told(mismatch: Mismatch) -> str:
    sentences = (mismatch.text, *words.explained(mismatch))
    return "\n".join(escape(sentence) for sentence in sentences)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
