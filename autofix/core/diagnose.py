"""
From evidence to a diagnosis: pure, total, never a guess.

The first line that a specific entry of the table knows decides, then the first that a
general entry knows, then how the program ended. What none of them knows is called
unknown and quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from autofix.core.model import (
    Answer,
    Diagnosis,
    Evidence,
    EvidenceSource,
    FailureClass,
    OutputLine,
    Stream,
)
from autofix.core.nakama import FOUND_MODULES, Level, StartWatch, record
from autofix.core.signatures_base import (
    Clue,
    Context,
    Facts,
    Scene,
    Signature,
    Voice,
    say,
)
from autofix.core.stream import LINE_LIMIT

__all__ = ["Context", "diagnose", "explain"]

QUOTE_LIMIT = 2000
"""Characters of the line that a diagnosis quotes."""

PASTE_LIMIT = 20_000
"""Lines of a pasted log that are looked at: the first half and the last."""

_VOICES = {
    EvidenceSource.GO: frozenset({Voice.TOOL}),
    EvidenceSource.BUILD: frozenset({Voice.TOOL}),
    EvidenceSource.CHECK: frozenset({Voice.CRASH}),
    EvidenceSource.MIGRATE: frozenset({Voice.CRASH}),
    EvidenceSource.SERVER: frozenset({Voice.CRASH}),
}
_ANSI = re.compile(r"\x1b(?:\[[0-9;?]*+[ -/]*+[@-~]|\][^\x07\x1b]*+(?:\x07|\x1b\\)?)")
_JOINED = re.compile(r"\}[ \t]+\{(?=\"(?:level|severity)\":)")
"""Between records that lost their newlines on the way through a shell or a chat."""

_PREFIX = re.compile(
    r"(?:> |\s++)*+"
    r"(?:[\w.-]{1,80}+\s*+\| ?)?"  # docker compose
    r"(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,]*+(?:Z|[+-]\d\d:?\d\d)? ?)?"
    r"(?:(?:stdout|stderr) [FP] )?"  # kubernetes
)


def diagnose(evidence: Evidence, context: Context) -> Diagnosis:
    """Return what the evidence tells, or the diagnosis ``unknown``."""
    voices = _VOICES[evidence.source]
    clues = tuple(_clues(evidence.lines, voices))
    scene = _scene(evidence, clues, context)
    if evidence.out_of_memory and (found := _whole(scene)):
        return found
    for entries in _of_lines():
        for clue in clues:
            if found := _read(clue, entries, scene):
                return found
    return _whole(scene) or _unknown(scene)


def explain(text: str, context: Context) -> list[Diagnosis]:
    """
    Return what a pasted text tells, each failure once, in the order of its lines.

    The text may be a log with or without JSON, with compose prefixes, times, colours
    or quote marks, output of the go command, or one bare sentence of an error. Empty
    if nothing in it is known.
    """
    lines = _pasted_lines(text)
    clues = tuple(_clues(lines, frozenset(Voice), pasted=True))
    evidence = Evidence(source=EvidenceSource.SERVER, lines=lines, exit_code=None)
    scene = _scene(evidence, clues, context, pasted=True)
    found: dict[tuple[str, ...], Diagnosis] = {}
    for entries in _of_lines():
        for clue in clues:
            if diagnosis := _read(clue, entries, scene):
                found.setdefault(_identity(diagnosis), diagnosis)
        if found:
            return list(found.values())
    whole = _whole(scene)
    return [whole] if whole else []


@cache
def _of_lines() -> tuple[tuple[Signature, ...], ...]:
    """Return the specific entries that read lines, and the general ones."""
    # Imported with the first failure: a run without one needs no table.
    from autofix.core.signatures import TABLE  # noqa: PLC0415

    read = [entry for entry in TABLE if entry.voice]
    return (
        tuple(entry for entry in read if not entry.general),
        tuple(entry for entry in read if entry.general),
    )


@cache
def _of_scenes() -> tuple[Signature, ...]:
    """Return the entries that judge a whole scene."""
    from autofix.core.signatures import TABLE  # noqa: PLC0415

    return tuple(entry for entry in TABLE if entry.voice is None)


def _scene(
    evidence: Evidence,
    clues: tuple[Clue, ...],
    context: Context,
    *,
    pasted: bool = False,
) -> Scene:
    watch = StartWatch()
    for line in evidence.lines:
        watch.feed(line)
    return Scene(
        evidence=evidence, clues=clues, watch=watch, context=context, pasted=pasted
    )


def _clues(
    lines: Iterable[OutputLine], voices: frozenset[Voice], *, pasted: bool = False
) -> Iterator[Clue]:
    """Return the lines that may speak; a module's own log lines never do."""
    for line in lines:
        entry = record(line)
        if entry is not None and entry.from_runtime:
            continue
        text = _plain(line.text, pasted=pasted)
        if not text.strip():
            continue
        heard = frozenset({Voice.LOG}) if entry is not None else voices
        yield Clue(line=line, text=text, record=entry, voices=heard)


def _plain(text: str, *, pasted: bool) -> str:
    text = _ANSI.sub("", text) if "\x1b" in text else text
    if not pasted:
        return text
    prefix = _PREFIX.match(text)
    text = text[prefix.end() :] if prefix else text
    # An error cut out of its JSON object keeps the object's escapes.
    return text.replace('\\"', '"') if '\\"' in text else text


def _pasted_lines(text: str) -> tuple[OutputLine, ...]:
    lines = _JOINED.sub("}\n{", text).split("\n")
    if len(lines) > PASTE_LIMIT:
        half = PASTE_LIMIT // 2
        lines = lines[:half] + lines[-half:]
    return tuple(
        OutputLine(
            stream=Stream.STDOUT,
            text=line[:LINE_LIMIT].removesuffix("\r"),
            truncated=len(line) > LINE_LIMIT,
        )
        for line in lines
    )


def _read(clue: Clue, entries: tuple[Signature, ...], scene: Scene) -> Diagnosis | None:
    for entry in entries:
        facts = entry.facts_in(clue, scene)
        if facts is not None:
            return _diagnosis(entry, facts, clue.line.text, scene)
    return None


def _whole(scene: Scene) -> Diagnosis | None:
    for entry in _of_scenes():
        facts = entry.read({}, scene) if entry.read else None
        if facts is not None:
            return _diagnosis(entry, facts, _last_word(scene), scene)
    return None


def _last_word(scene: Scene) -> str:
    """Return the list of modules if it came, else the first failure, else the end."""
    listed = [clue for clue in scene.clues if FOUND_MODULES in clue.text]
    failed = [clue for clue in scene.clues if _is_telling(clue)]
    chosen = (listed or failed or scene.clues[-1:])[:1]
    return "".join(clue.line.text for clue in chosen)


def _diagnosis(entry: Signature, facts: Facts, quoted: str, scene: Scene) -> Diagnosis:
    known = {**_surroundings(scene.context), **facts}
    return Diagnosis(
        name=entry.name,
        failure_class=entry.failure_class,
        answer=entry.answer,
        words=say(entry.words, known),
        remedy=say(entry.remedy, known),
        quoted=quoted[:QUOTE_LIMIT],
        facts={key: value for key, value in facts.items() if value},
    )


def _surroundings(context: Context) -> dict[str, str]:
    """Return what sentences may mention although no line said it."""
    known = {
        "server_go": context.server.go if context.server else "",
        "server_machine": context.server.machine if context.server else "",
        "plugin": context.plugin,
    }
    return {key: value for key, value in known.items() if value}


def _unknown(scene: Scene) -> Diagnosis:
    code = scene.evidence.exit_code
    ended = "" if code is None else f" The process ended with exit code {code}."
    return Diagnosis(
        name="unknown",
        failure_class=FailureClass.UNKNOWN,
        answer=Answer.STOP,
        words=f"This failure is not known to autofix.{ended}",
        remedy="Read the quoted lines; nothing is changed on a guess.",
        quoted=_most_telling(scene),
        facts={} if code is None else {"exit_code": str(code)},
    )


def _most_telling(scene: Scene) -> str:
    """Return failed records and heads of crashes, else the last lines, verbatim."""
    failed = [clue.line.text for clue in scene.clues if _is_telling(clue)]
    last = [clue.line.text for clue in scene.clues[-8:]]
    return "\n".join(line[:500] for line in failed[:4] or last)[:QUOTE_LIMIT]


def _is_telling(clue: Clue) -> bool:
    if clue.record is None:
        return clue.text.startswith(("panic: ", "fatal error: "))
    return clue.record.level in (Level.ERROR, Level.FATAL)


_PASSING = frozenset({"file", "reason", "path"})
"""Facts that differ between two lines about the same failure."""


def _identity(diagnosis: Diagnosis) -> tuple[str, ...]:
    facts = sorted(diagnosis.facts.items())
    named = (f"{key}={value}" for key, value in facts if key not in _PASSING)
    return (diagnosis.name, *named)
