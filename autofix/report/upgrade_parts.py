"""Parts of an upgrade as Markdown: what was proven, or why not, and what changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autofix.core.duration import words_of
from autofix.report import words
from autofix.report.consequences import consequences
from autofix.report.markdown import block, code, plain, table
from autofix.report.port_markdown import port_markdown
from autofix.result import PinResult, PortResult, RunResult, UpgradeResult

_EXPECTED = frozenset({"nakama-common-differs"})
"""Findings about the state that the upgrade ends."""
_WHOSE = {
    "nakama-common": "what is in",
    "go": "the Go of",
    "lock": "lists what is linked by",
}
_MOST_PLACES = 5


def proven(result: RunResult) -> Iterator[str]:
    """Yield what a clean run has shown."""
    server, builder = result.server, result.builder
    yield from title("Proven")
    found = ", ".join(map(code, result.plugins))
    builds = words.count(result.builds, "build")
    yield (
        f"- The server logged `Startup done` and found {found} among its modules, after "
        f"{builds}; all of it took {words_of(result.seconds)}."
    )
    if server is not None:
        yield f"- Server: {code(server.reference)}, {plain(f'Go {server.go}')}."
        if server.stand_in:
            yield f"- {plain(words.STAND_IN)}"
    if builder is not None:
        yield f"- Builder: {code(builder.reference)}, {plain(f'Go {builder.go}')}."
    shared = result.rounds[-1].shared if result.rounds else None
    if shared:
        yield f"- {words.count(shared, 'shared package')}, all equal to the server's."


def failure(result: RunResult) -> Iterator[str]:
    """Yield why a run did not end clean."""
    ending = result.ending
    yield from title("Why")
    if result.error:
        yield from (plain(line) for line in result.error.splitlines())
        return
    if ending is None:
        return
    yield plain(ending.words)
    if ending.diagnosis is not None and ending.diagnosis.quoted:
        yield f"\n{block(ending.diagnosis.quoted.strip())}"
    yield from (f"- {plain(link)}" for link in ending.chain)
    if result.code:
        yield from title("What does not compile")
    for group in result.code:
        where = group.function or "in no function"
        library = f" ({code(f'{group.module} {group.version}'.strip())})"
        yield f"- {code(where)}{library if group.module else ''}"
        for error in group.errors[:_MOST_PLACES]:
            yield f"  - {code(error.place)}: {plain(error.text)}"
    if result.choices:
        yield from title("What you can do")
        yield from (f"- {plain(choice)}" for choice in result.choices)


def steps(upgrade: UpgradeResult) -> Iterator[str]:
    """Yield each release that was tried, if several were."""
    if len(upgrade.steps) < 2:  # noqa: PLR2004 (one step is the upgrade itself)
        return
    yield from title("Release by release")
    rows = (
        (code(step.nakama), plain(step.end), words_of(step.seconds), plain(step.words))
        for step in upgrade.steps
    )
    yield from table(("Nakama", "end", "took", ""), rows)


def changes(rows: Sequence[tuple[str, ...]], *, clean: bool) -> Iterator[str]:
    """Yield a table of ``moved`` and ``pinned``; nothing of it was kept unless clean."""
    if rows:
        yield from title("Changes" if clean else "Tried (nothing of it was kept)")
        yield from table(("what", "from", "to", "where", "why"), rows)


def moved(upgrade: UpgradeResult) -> Iterator[tuple[str, ...]]:
    """Yield a row for each place that names another Nakama now."""
    for place in upgrade.moves:
        what = _WHOSE.get(place.subject, "names")
        why = f"{what} Nakama {upgrade.after}"
        note = f"; {place.note}" if place.note else ""
        yield (
            code(place.name),
            code(place.before) or "unknown",
            code(place.after) or "gone",
            code(f"{place.file}:{place.line}"),
            plain(f"{why}{note}"),
        )


def pinned(result: RunResult) -> Iterator[tuple[str, ...]]:
    """Yield a row for each line of go.mod that changed."""
    where = code(result.upgrade.go_mod if result.upgrade else "go.mod")
    for pin in (*result.pins, *result.fits):
        before = code(pin.before) if pin.before else "absent"
        yield code(pin.module), before, code(pin.after), where, plain(_why(pin))
    if result.go_line is not None:
        before, after = result.go_line
        why = "the server's Go"
        yield "`go` line", code(before) or "absent", code(after), where, why
    if result.dropped_toolchain:
        why = "the go line says it"
        dropped = code(result.dropped_toolchain)
        yield "`toolchain` line", dropped, "gone", where, why
    for each in result.dropped_replaces:
        yield code(each), "replace", "gone", where, "it kept a pin from holding"


def _why(pin: PinResult) -> str:
    excluded = f"; excluded: {', '.join(pin.excludes)}" if pin.excludes else ""
    return f"{words.sentence(pin.quoted)}{excluded}"


def side_effects(result: RunResult) -> Iterator[str]:
    """Yield what moved although nobody pinned it."""
    if not result.side_effects:
        return
    yield from title("Also moved, as a consequence")
    moves, sentence = consequences(result.side_effects, result.go_line)
    if moves:
        rows = (
            (
                code(each.module),
                code(each.before) or "absent",
                code(each.after) or "gone",
            )
            for each in moves
        )
        yield from table(("module", "from", "to"), rows)
    if sentence:
        yield f"\n{plain(sentence)}" if moves else plain(sentence)


def ported(port: PortResult) -> Iterator[str]:
    """Yield what became of the project's own code."""
    yield from title("Code" if port.complete else "Code (nothing of it was kept)")
    yield port_markdown(port)


def noticed(result: RunResult) -> Iterator[str]:
    """Yield the findings."""
    findings = [each for each in result.findings if each.name not in _EXPECTED]
    if findings:
        yield from title("Noticed")
        yield from (f"- {plain(f'{x.text} {x.answer}'.strip())}" for x in findings)


def title(text: str) -> Iterator[str]:
    """Yield a heading that git does not take for a comment."""
    yield f"\n**{text}**\n"
