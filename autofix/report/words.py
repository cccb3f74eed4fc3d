"""How events and values are put for a person; shared by every view, pure."""

from __future__ import annotations

import re
from typing import assert_never

from autofix.core.actions import Action, Consult, Edit
from autofix.core.compare import Cause
from autofix.core.duration import words_of
from autofix.core.model import Answer, Diagnosis, OutputLine, Pin, Stream
from autofix.core.nakama import record
from autofix.core.observations import (
    Began,
    Built,
    Compared,
    Consulted,
    Edited,
    Failed,
    Loaded,
    Observation,
    Prepared,
    Settled,
    Started,
    Surveyed,
    Vendored,
)
from autofix.core.state import Phase
from autofix.report.escape import escape

STAND_IN = "The server was the scenario kit's stand-in, not Nakama."

DOING = {
    Phase.PREPARE: "reading server, builder and project",
    Phase.PIN: "pinning",
    Phase.FIT: "looking for a version that fits",
    Phase.VENDOR: "bringing vendor/ in step",
    Phase.BUILD: "building the plugin",
    Phase.COMPARE: "comparing its packages with the server's",
    Phase.LOAD: "loading it with 'nakama check'",
    Phase.START: "starting Nakama",
    Phase.SURVEY: "looking at what holds the pins",
    Phase.SETTLE: "taking out of go.mod what holds nothing",
    Phase.DIAGNOSE: "reading what went wrong",
    Phase.CLEAN: "clean",
    Phase.STOPPED: "stopped",
}

_MEGABYTE = 1_000_000
_LONGEST_EDIT = 100
_LOADER = re.compile(r'^.*plugin\.Open\("[^"]*"\): ')


def edited(action: Action) -> str:
    """
    Return what an action looks up or does to go.mod, in a line; "" if nothing.

    A plan of forty pins would fill the screen; each is said when it stands.
    """
    match action:
        case Consult(module=module):
            return module
        case Edit(edit=edit, why=why, beside=beside) if beside or not edit.is_empty:
            if len(why) <= _LONGEST_EDIT:
                return why
            parts = (
                ("require", len(edit.requires), "version"),
                ("exclude", len(edit.excludes), "version"),
                ("drop", len(edit.drop_replaces), "replace"),
                ("drop", len(edit.drop_excludes), "exclude"),
            )
            return ", ".join(
                f"{verb} {count(number, noun)}"
                for verb, number, noun in parts
                if number
            )
        case _:
            return ""


def said(quoted: str) -> str:
    """
    Return what a quoted line says, without the JSON around it, escaped.

    Nakama names the package in the ``error`` field of its load failure and in
    ``msg`` of the fatal line after it.
    """
    found = record(OutputLine(stream=Stream.STDOUT, text=quoted))
    if found is None:
        return escape(quoted.strip())
    if not found.error:
        return escape(found.message)
    if found.error in found.message:
        return escape(found.message)
    return escape(f"{found.message}: {found.error}" if found.message else found.error)


def sentence(quoted: str) -> str:
    """Return what the loader says of this plugin, without the file it names."""
    return _LOADER.sub("", said(quoted))


def ended(observation: Observation, seconds: float) -> str:
    """Return what an action brought, "" if there is nothing to say of it."""
    took = words_of(seconds)
    match observation:
        case Prepared():
            return _prepared(observation)
        case Built(artifact=artifact):
            size = f"{artifact.size / _MEGABYTE:.1f} MB"
            return f"built {escape(artifact.name)}, {size}, in {took}"
        case Vendored():
            return f"vendor/ is in step, {took}"
        case Compared():
            return _compared(observation)
        case Loaded():
            return f"'nakama check' accepts it, {took}"
        case Started(modules=modules):
            return f"Startup done, found {escape(', '.join(modules))}, {took}"
        case Began() | Edited() | Consulted() | Surveyed() | Settled() | Failed():
            return ""
        case _:
            assert_never(observation)


def _prepared(seen: Prepared) -> str:
    server, builder = seen.server, seen.builder
    what = "stand-in for Nakama" if server.stand_in else "Nakama"
    release = f" {escape(server.release)}" if server.release else ""
    return (
        f"{what}{release} ({escape(server.reference)}, Go {escape(server.go)}); "
        f"builder {escape(builder.reference)} (Go {escape(builder.go)})"
    )


def _compared(seen: Compared) -> str:
    if not seen.shared:
        return ""
    shared = count(seen.shared, "shared package")
    if not seen.groups:
        return f"{shared}, all equal to the server's"
    roots = [group for group in seen.groups if group.cause is not Cause.CASCADE]
    modules = dict.fromkeys(group.module or "the standard library" for group in roots)
    due = f", due to {escape(', '.join(modules))}" if modules else ""
    return f"{seen.differing} of {shared} differ from the server's{due}"


def judged(diagnosis: Diagnosis) -> str:
    """Return one line on a failure: its class and what it means."""
    if diagnosis.answer is Answer.PIN:
        return f"{diagnosis.failure_class.value}: {sentence(diagnosis.quoted)}"
    return f"{diagnosis.failure_class.value}: {escape(diagnosis.words)}"


def moved(module: str, before: str | None, after: str) -> str:
    """Return how a module's version changed."""
    return f"{escape(module)} {escape(before or 'absent')} -> {escape(after or 'gone')}"


def pinned(pin: Pin, before: str | None) -> str:
    """Return one line on a pin that stands."""
    if before == pin.version:
        return f"pinned {escape(pin.module)} {escape(pin.version)} (as it was)"
    return f"pinned {moved(pin.module, before, pin.version)}"


def count(number: int, noun: str) -> str:
    """Return ``1 pin``, ``2 pins``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
