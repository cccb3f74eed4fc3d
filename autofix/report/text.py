"""The result for a person: what happened, why, what changed, what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import assert_never

from autofix.core.compile_errors import CodeGroup, CodeOwner
from autofix.core.duration import words_of
from autofix.core.model import Diagnosis, EndKind
from autofix.core.patch import condensed
from autofix.report import words
from autofix.report.consequences import consequence_lines
from autofix.report.escape import escape
from autofix.report.style import Style
from autofix.report.subjects import subject
from autofix.report.terminal import Tone
from autofix.report.upgrade_text import adding_lines, commit_lines, upgrade_lines
from autofix.result import PinResult, RunResult

__all__ = ["Style", "diagnosis_lines", "diff_text", "result_text", "summary_text"]

SHOWN_PLACES = 5


def summary_text(result: RunResult) -> str:
    """Return the end of a run in a few lines, for a message; everything is escaped."""
    plain = Style(width=10_000)  # whoever shows it wraps it
    where = escape(result.run_folder)
    return "\n".join((*_headline(result, plain), *((where,) if where else ()))) + "\n"


def result_text(result: RunResult, style: Style | None = None) -> str:
    """Return the whole result, ending with a newline; everything is escaped."""
    style = style or Style()
    parts = (
        *_headline(result, style),
        *_failure(result, style),
        *(upgrade_lines(result.upgrade, style) if result.upgrade else ()),
        *_code(result, style),
        *_choices(result, style),
        *_pins(result, style),
        *_others(result, style),
        *_findings(result, style),
        *_next_steps(result, style),
    )
    return "\n".join(parts) + "\n"


def _headline(result: RunResult, style: Style) -> Iterator[str]:
    ending = result.ending
    if ending is None:
        what, *more = result.error.splitlines() or [""]
        yield style.wrapped(f"Stopped: {escape(what)}", tone=Tone.BAD)
        yield from (style.wrapped(escape(line), "  ") for line in more)
    elif ending.kind is EndKind.CLEAN:
        yield style.wrapped(f"Clean. {escape(ending.words)}", tone=Tone.GOOD)
    else:
        name = ending.kind.value.replace("-", " ").capitalize()
        yield style.wrapped(f"{name}. {escape(ending.words)}", tone=Tone.BAD)
    if result.server is not None:
        yield style.wrapped(_target(result))
        if result.server.stand_in:
            yield style.wrapped(words.STAND_IN, tone=Tone.CARE)
    builds = words.count(result.builds, "build")
    pins = words.count(len(result.pins), "pin")
    yield f"{pins}, {builds}, {words_of(result.seconds)}."
    if result.classic is not None and result.classic.seconds > result.seconds:
        builds = words.count(result.classic.builds, "build")
        yield style.wrapped(
            "One mismatch at a time, as the server names them, it would have taken up "
            f"to {builds} and about {words_of(result.classic.seconds)}.",
            tone=Tone.FAINT,
        )


def _target(result: RunResult) -> str:
    server, builder = result.server, result.builder
    if server is None:
        return ""
    name = f"Nakama {server.release}" if server.release else "the server"
    name = f"{'stand-in for ' if server.stand_in else ''}{name}"
    text = f"{name[:1].upper()}{name[1:]}: {server.reference} (Go {server.go})"
    if builder is not None:
        text += f", built in {builder.reference} (Go {builder.go})"
    return escape(f"{text}. Its versions were read from: {server.source.value}.")


def _failure(result: RunResult, style: Style) -> Iterator[str]:
    ending = result.ending
    if ending is None or ending.kind is EndKind.CLEAN:
        return
    if ending.diagnosis is not None:
        # What cannot be satisfied has its own answer in the ending's words.
        remedy = ending.kind is not EndKind.UNSATISFIABLE and not result.choices
        yield from diagnosis_lines(
            ending.diagnosis, style, known=ending.words, remedy=remedy
        )
    if ending.chain:
        yield style.title("Who needs what")
        for depth, link in enumerate(ending.chain):
            yield f"  {'  ' * depth}{escape(link)}"


def diagnosis_lines(
    diagnosis: Diagnosis, style: Style, *, known: str = "", remedy: bool = True
) -> Iterator[str]:
    """Yield a diagnosis: class and name, meaning unless ``known``, line, remedy."""
    name = f"{diagnosis.failure_class.value} / {diagnosis.name}"
    yield style.title(f"Why ({escape(name)})")
    if diagnosis.words not in known:
        yield style.wrapped(escape(diagnosis.words), "  ")
    if diagnosis.quoted:
        # Not wrapped: it is verbatim, to be searched for and pasted elsewhere.
        quoted = escape(diagnosis.quoted.strip())
        yield style.paint(f"  > {quoted}", Tone.FAINT)
    if diagnosis.remedy and remedy:
        yield style.title("What to do")
        yield style.wrapped(escape(diagnosis.remedy), "  ")


def _code(result: RunResult, style: Style) -> Iterator[str]:
    """Yield what does not compile, by owner and function, each with its places."""
    owner = ""
    for group in result.code:
        if (whose := _whose(group)) != owner:
            owner = whose
            yield style.title(whose)
        yield f"  {style.paint(escape(group.function or 'in no function'), Tone.NAME)}"
        for error in group.errors[:SHOWN_PLACES]:
            yield style.wrapped(
                escape(f"{error.place}: {error.text}"), "    ", hang="  "
            )
            yield from (f"        {escape(detail)}" for detail in error.details)
        rest = len(group.errors) - SHOWN_PLACES
        if rest > 0:
            yield f"    and {words.count(rest, 'place')} more"


def _whose(group: CodeGroup) -> str:
    library = escape(f"{group.module} {group.version}".strip())
    match group.owner:
        case CodeOwner.OWN:
            return "Your code that does not compile"
        case CodeOwner.LIBRARY:
            return f"{library}, a library, does not compile"
        case CodeOwner.FOLDER:
            return f"{library}, replaced by {escape(group.folder)}, does not compile"
        case _:
            assert_never(group.owner)


def _choices(result: RunResult, style: Style) -> Iterator[str]:
    if result.choices:
        yield style.title("What you can do")
        for choice in result.choices:
            yield style.wrapped(escape(f"- {choice}"), "  ", hang="  ")


def _pins(result: RunResult, style: Style) -> Iterator[str]:
    is_clean = result.ending is not None and result.ending.kind is EndKind.CLEAN
    tried = "" if is_clean else " tried (the project has none of it)"
    yield from _moves(f"Pins{tried}", result.pins, result, style)
    yield from _moves(f"Libraries moved to fit them{tried}", result.fits, result, style)


def _moves(
    title: str, pins: tuple[PinResult, ...], result: RunResult, style: Style
) -> Iterator[str]:
    if not pins:
        return
    yield style.title(title)
    rows = [
        (escape(pin.module), escape(pin.before or "absent"), escape(pin.after))
        for pin in pins
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for pin, (module, before, after) in zip(pins, rows, strict=True):
        directness = "direct" if pin.direct else "indirect"
        versions = f"{before:<{widths[1]}} -> {after:<{widths[2]}}  {directness}"
        padding = " " * (widths[0] - len(module))
        if len(module) + len(padding) + len(versions) + 4 > style.width:
            yield f"  {style.paint(module, Tone.NAME)}\n      {versions}"
        else:
            yield f"  {style.paint(module, Tone.NAME)}{padding}  {versions}"
        yield from _reasons(pin, result, style)


def _reasons(pin: PinResult, result: RunResult, style: Style) -> Iterator[str]:
    indent = " " * 6
    round_ = f"round {pin.round}: "
    yield style.wrapped(round_ + words.sentence(pin.quoted), indent, Tone.FAINT)
    if result.server is None or pin.source != result.server.source.value:
        yield style.wrapped(f"version from {escape(pin.source)}", indent)
    if pin.excludes:
        excluded = escape(", ".join(pin.excludes))
        yield style.wrapped(f"excluded: {excluded}", indent)
    if pin.demanded_by:
        chain = escape(" > ".join(pin.demanded_by))
        yield style.wrapped(f"more was asked for by: {chain}", indent)


def _others(result: RunResult, style: Style) -> Iterator[str]:
    if result.go_line is not None:
        before, after = result.go_line
        yield style.title("Go line")
        yield f"  {escape(before or 'absent')} -> {escape(after)}"
    if result.dropped_toolchain:
        yield style.title("Toolchain line")
        yield f"  {escape(result.dropped_toolchain)} -> removed"
    if result.dropped_replaces:
        yield style.title("Replaces dropped (each kept a pin from holding)")
        yield from (f"  {escape(each)}" for each in result.dropped_replaces)
    if result.side_effects:
        yield style.title("Also moved, as a consequence")
        yield from consequence_lines(result.side_effects, result.go_line, style)


def _findings(result: RunResult, style: Style) -> Iterator[str]:
    if not result.findings:
        return
    yield style.title("Noticed")
    for finding in result.findings:
        answer = f" {finding.answer}" if finding.answer else ""
        yield style.wrapped(escape(f"- {finding.text}{answer}"), "  ", hang="  ")


def _next_steps(result: RunResult, style: Style) -> Iterator[str]:
    project = shlex.quote(escape(result.root or result.project))
    together = result.upgrade is not None and bool(result.upgrade.together)
    if result.applied and result.files:
        if result.in_git and not together:
            yield from adding_lines(project, result.files, subject(result), style)
        else:
            yield style.title("Changed in the project")
            yield from (f"  {escape(name)}" for name in sorted(result.files))
        yield style.title("To undo it")
        yield from (f"  {line}" for line in _undoing(result, project))
    elif result.upgrade is not None and result.upgrade.commit:
        if not together:
            yield from commit_lines(result.upgrade, project, style)
    elif result.files:
        yield style.title(f"The project is as it was; this would change in {project}")
        yield from (f"  {escape(name)}" for name in result.files)
    else:
        is_clean = result.ending is not None and result.ending.kind is EndKind.CLEAN
        nothing = "Nothing had to change; the" if is_clean else "The"
        yield f"\n{nothing} project is as it was."
    committed = result.upgrade is not None and result.upgrade.commit
    if result.diff and not result.applied and not committed:
        yield style.title("Patch")
        yield diff_text(condensed(result.diff), style).rstrip("\n")
    if result.run_folder:
        yield style.paint(
            f"\nJournal and logs: {escape(result.run_folder)}", Tone.FAINT
        )


def _undoing(result: RunResult, root: str) -> Iterator[str]:
    """Yield the commands that put everything back as it was."""
    gone = (*(name for name in result.files if _is_vendor(name)), *result.created)
    for name in gone:  # what is new would stay beside the old
        yield f"rm -r {root}/{shlex.quote(escape(name))}"
    if set(result.files) - set(result.created):
        yield f"cp -a {shlex.quote(escape(result.run_folder))}/backup/. {root}/"


def _is_vendor(name: str) -> bool:
    return name == "vendor" or name.endswith("/vendor")


def diff_text(diff: str, style: Style) -> str:
    """Return a patch, escaped line by line and coloured if the style does so."""
    tones = {"+": Tone.GOOD, "-": Tone.BAD, "@": Tone.NAME}

    def shown(line: str) -> str:
        # Tabs stay: a patch is copied and go.mod is indented by them.
        text = "\t".join(escape(part, longest=10_000) for part in line.split("\t"))
        return style.paint(text, tones.get(line[:1], Tone.PLAIN)) + "\n"

    return "".join(map(shown, diff.splitlines()))
