"""
What an entry of the failure table is made of, and how it is held against a line.

Patterns begin with a literal text or an anchor, and what repeats in them is possessive
or of a class that the next character ends: an adversarial line costs linear time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from string import Formatter

from autofix.core.model import (
    Answer,
    Artifact,
    BuilderFacts,
    Evidence,
    EvidenceSource,
    FailureClass,
    OutputLine,
    ServerFacts,
)
from autofix.core.nakama import LogRecord, StartWatch

SUBJECT_LIMIT = 8192
"""Characters of a line that patterns are held against."""

FACT_LIMIT = 500
"""Characters kept of one fact read from a line."""

Facts = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """
    What is known about the run besides the evidence; all of it optional.

    ``plugin`` is the plugin's name in the server's module folder, ``others`` those of
    plugins that are built with it, ``artifact`` the file that was loaded, ``project_module`` the path in go.mod's module line, ``pins``
    the pins that stand already (module to version).
    """

    plugin: str = ""
    others: tuple[str, ...] = ()
    server: ServerFacts | None = None
    builder: BuilderFacts | None = None
    artifact: Artifact | None = None
    project_module: str = ""
    pins: Mapping[str, str] = field(default_factory=dict)


class Voice(StrEnum):
    """Who speaks in a line; an entry listens to one of them only."""

    LOG = "server log"
    """Nakama's log: the message and the error of a record."""
    CRASH = "crash"
    """Plain text of a server process: Go's runtime, the flag package, the kernel."""
    TOOL = "go command"
    """The go command and the compilers and linkers it runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clue:
    """One line as the table sees it; ``text`` has no colours and no prefix."""

    line: OutputLine
    text: str
    record: LogRecord | None
    voices: frozenset[Voice]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """
    All that a diagnosis may look at.

    ``pasted`` is true for text of unknown origin, whose silence means nothing.
    """

    evidence: Evidence
    clues: tuple[Clue, ...]
    watch: StartWatch
    context: Context
    pasted: bool = False
    _seen: dict[Look, Facts] = field(default_factory=dict, repr=False, compare=False)
    _mentioned: dict[tuple[str, ...], bool] = field(
        default_factory=dict, repr=False, compare=False
    )

    def once(self, look: Look) -> Facts:
        """
        Return what a look at all lines finds; it is taken only once.

        A pasted log has thousands of lines that ask for the same look.
        """
        if look not in self._seen:
            self._seen[look] = look(self)
        return self._seen[look]

    def logged(self, message: str) -> bool:
        """Tell whether the server logged exactly this message."""
        return any(
            clue.record is not None
            and clue.record.message == message
            and not clue.record.from_runtime
            for clue in self.clues
        )

    def mentions(self, *texts: str) -> bool:
        """Tell whether any line contains any of the texts; looked up only once."""
        if texts not in self._mentioned:
            self._mentioned[texts] = any(
                text in clue.text for clue in self.clues for text in texts
            )
        return self._mentioned[texts]

    @property
    def is_server(self) -> bool:
        """Tell whether a full server start is judged, not a check or a build."""
        return not self.pasted and self.evidence.source is EvidenceSource.SERVER

    @property
    def is_check(self) -> bool:
        """Tell whether ``nakama check`` is judged."""
        return not self.pasted and self.evidence.source is EvidenceSource.CHECK


Look = Callable[[Scene], Facts]
"""Finds facts in all lines of a scene."""

Reader = Callable[[Facts, Scene], Facts | None]
"""Adds what else is known to the facts of a match, or rejects it with None."""

Sentence = str | tuple[str, ...]
"""A template, or alternatives of which the first whose facts are known is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """
    One entry of the failure table.

    It applies to a line of ``voice`` whose record has one of ``messages`` (any if
    empty) and whose error or text ``pattern`` finds; named groups become facts.
    ``read`` may add facts or reject. An entry of a whole scene instead has ``read``
    only and no voice. ``general`` entries are taken only where no other applies.
    ``seen`` says where the text is known from.
    """

    name: str
    failure_class: FailureClass
    answer: Answer
    words: tuple[Sentence, ...]
    remedy: tuple[Sentence, ...]
    seen: str
    voice: Voice | None = None
    messages: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None
    read: Reader | None = None
    general: bool = False

    def facts_in(self, clue: Clue, scene: Scene) -> Facts | None:
        """Return the facts that this entry reads from a line; None: not its line."""
        if self.voice is None or self.voice not in clue.voices:
            return None
        if clue.record is not None and self.voice is Voice.LOG:
            found = self._from_record(clue.record)
        else:
            found = self._from_text(clue.text[:SUBJECT_LIMIT])
        if found is None or self.read is None:
            return found
        return self.read(found, scene)

    def _from_record(self, entry: LogRecord) -> Facts | None:
        if self.messages and entry.message not in self.messages:
            return None
        error = entry.error[:SUBJECT_LIMIT]
        facts = self._found(error)
        if facts is None:
            return None
        file = entry.path or entry.name
        if entry.message.endswith("in Go module"):
            file = f"{entry.name}.so"  # these messages leave the extension out
        # A sentence quotes the reason in its middle: one line, no full stop.
        reason = " ".join(error.split()).rstrip(".")
        return _opened(error) | facts | _known(file=file, reason=reason)

    def _from_text(self, text: str) -> Facts | None:
        if self.pattern is None:
            said = any(message in text for message in self.messages)
            return {} if said else None
        facts = self._found(text)
        return None if facts is None else _opened(text) | facts

    def _found(self, subject: str) -> dict[str, str] | None:
        if self.pattern is None:
            return {}
        match = self.pattern.search(subject)
        return None if match is None else _known(**match.groupdict())


_OPENED = re.compile(r'plugin\.Open\("([^"]{1,4096})"\)')


def _opened(text: str) -> dict[str, str]:
    """Read the file that plugin.Open names; the Go side leaves out its ``.so``."""
    match = _OPENED.search(text)
    if match is None:
        return {}
    file = match.group(1)
    return {"file": file if file.lower().endswith(".so") else f"{file}.so"}


def _known(**values: str | None) -> dict[str, str]:
    return {key: value[:FACT_LIMIT] for key, value in values.items() if value}


def say(sentences: tuple[Sentence, ...], facts: Facts) -> str:
    """Return the sentences whose facts are known, filled in."""
    said = []
    for sentence in sentences:
        alternatives = (sentence,) if isinstance(sentence, str) else sentence
        for template in alternatives:
            if _fields(template) <= facts.keys():
                said.append(template.format_map(facts))
                break
    return " ".join(said)


@lru_cache(maxsize=1024)
def _fields(template: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name)


def spoken(
    name: str,
    failure_class: FailureClass,
    answer: Answer,
    pattern: str | re.Pattern[str],
    *,
    voice: Voice,
    words: tuple[Sentence, ...],
    remedy: tuple[Sentence, ...],
    seen: str,
    messages: tuple[str, ...] = (),
    read: Reader | None = None,
    general: bool = False,
) -> Signature:
    """Make an entry for a line of one voice that a pattern finds."""
    return Signature(
        name=name,
        failure_class=failure_class,
        answer=answer,
        voice=voice,
        messages=messages,
        pattern=re.compile(pattern),
        read=read,
        words=words,
        remedy=remedy,
        seen=seen,
        general=general,
    )
