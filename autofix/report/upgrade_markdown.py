"""An upgrade as Markdown: the body of a pull request, and of the commit."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.core.duration import words_of
from autofix.core.model import EndKind
from autofix.report import words
from autofix.report.escape import escape
from autofix.report.markdown import block, code, plain, table
from autofix.report.port_markdown import port_markdown
from autofix.report.raise_markdown import raise_opening, raise_subject, raise_tables
from autofix.result import PinResult, PortResult, RunResult, UpgradeResult

_EXPECTED = frozenset({"nakama-common-differs"})
"""Findings about the state that the upgrade ends."""
_WHOSE = {
    "nakama-common": "what is in",
    "go": "the Go of",
    "lock": "lists what is linked by",
}
_HEAD = ("what", "from", "to", "where", "why")
_MOST_PLACES = 5


def subject(upgrade: UpgradeResult) -> str:
    """Return the first line of the commit."""
    if upgrade.dependencies is not None:
        return raise_subject(upgrade)
    since = f" from {escape(upgrade.before)}" if upgrade.before else ""
    return f"build(deps): bump nakama{since} to {escape(upgrade.after)}"


def commit_message(result: RunResult) -> str:
    """Return the whole message: the subject, and the body as Markdown."""
    if result.upgrade is None:
        raise ValueError("the result is not of an upgrade")
    return f"{subject(result.upgrade)}\n\n{_body(result)}"


def upgrade_markdown(result: RunResult) -> str:
    """Return the body of a pull request, ending with a newline; texts are inert."""
    return _body(result)


def _body(result: RunResult) -> str:
    upgrade = result.upgrade
    if upgrade is None:
        return ""
    clean = result.ending is not None and result.ending.kind is EndKind.CLEAN
    parts = (
        _opening(result, upgrade, clean=clean),
        *(_proven(result) if clean else _failure(result)),
        *_steps(upgrade),
        *(raise_tables(upgrade.dependencies) if upgrade.dependencies else ()),
        *_changes(result, upgrade, clean=clean),
        *_side_effects(result),
        *(_port(upgrade.port) if upgrade.port else ()),
        *_noticed(result),
        *_again(result, upgrade, clean=clean),
    )
    return "\n".join(parts) + "\n"


def _opening(result: RunResult, upgrade: UpgradeResult, *, clean: bool) -> str:
    since = f" from {code(upgrade.before)}" if upgrade.before else ""
    if upgrade.dependencies is not None:
        return raise_opening(upgrade.dependencies, clean=clean)
    what = f"Nakama{since} to {code(upgrade.after)}"
    if not clean:
        return f"The upgrade of {what} was not made: the server does not start with it."
    rest = "everything that has to move with it"
    if not result.files:
        return f"Nothing had to change for the upgrade of {what}."
    return f"Bumps {what}, with {rest}. Made and proven by autofix."


def _proven(result: RunResult) -> Iterator[str]:
    server, builder = result.server, result.builder
    yield from _title("Proven")
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


def _failure(result: RunResult) -> Iterator[str]:
    ending = result.ending
    yield from _title("Why")
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
        yield from _title("What does not compile")
    for group in result.code:
        where = group.function or "in no function"
        library = f" ({code(f'{group.module} {group.version}'.strip())})"
        yield f"- {code(where)}{library if group.module else ''}"
        for error in group.errors[:_MOST_PLACES]:
            yield f"  - {code(error.place)}: {plain(error.text)}"
    if result.choices:
        yield from _title("What you can do")
        yield from (f"- {plain(choice)}" for choice in result.choices)


def _steps(upgrade: UpgradeResult) -> Iterator[str]:
    if len(upgrade.steps) < 2:  # noqa: PLR2004 (one step is the upgrade itself)
        return
    yield from _title("Release by release")
    rows = (
        (code(step.nakama), plain(step.end), words_of(step.seconds), plain(step.words))
        for step in upgrade.steps
    )
    yield from table(("Nakama", "end", "took", ""), rows)


def _changes(
    result: RunResult, upgrade: UpgradeResult, *, clean: bool
) -> Iterator[str]:
    rows = [*_moved(upgrade), *_pinned(result)]
    if not rows:
        return
    yield from _title("Changes" if clean else "Tried (nothing of it was kept)")
    yield from table(_HEAD, rows)


def _moved(upgrade: UpgradeResult) -> Iterator[tuple[str, ...]]:
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


def _pinned(result: RunResult) -> Iterator[tuple[str, ...]]:
    for pin in (*result.pins, *result.fits):
        before = code(pin.before) if pin.before else "absent"
        yield code(pin.module), before, code(pin.after), "`go.mod`", plain(_why(pin))
    if result.go_line is not None:
        before, after = result.go_line
        why = "the server's Go"
        yield "`go` line", code(before) or "absent", code(after), "`go.mod`", why
    if result.dropped_toolchain:
        why = "the go line says it"
        dropped = code(result.dropped_toolchain)
        yield "`toolchain` line", dropped, "gone", "`go.mod`", why
    for each in result.dropped_replaces:
        yield code(each), "replace", "gone", "`go.mod`", "it kept a pin from holding"


def _why(pin: PinResult) -> str:
    excluded = f"; excluded: {', '.join(pin.excludes)}" if pin.excludes else ""
    return f"{words.sentence(pin.quoted)}{excluded}"


def _side_effects(result: RunResult) -> Iterator[str]:
    if not result.side_effects:
        return
    yield from _title("Also moved, as a consequence")
    rows = (
        (code(each.module), code(each.before) or "absent", code(each.after) or "gone")
        for each in result.side_effects
    )
    yield from table(("module", "from", "to"), rows)


def _port(port: PortResult) -> Iterator[str]:
    yield from _title("Code" if port.complete else "Code (nothing of it was kept)")
    yield port_markdown(port)


def _noticed(result: RunResult) -> Iterator[str]:
    findings = [each for each in result.findings if each.name not in _EXPECTED]
    if findings:
        yield from _title("Noticed")
        yield from (f"- {plain(f'{x.text} {x.answer}'.strip())}" for x in findings)


def _again(result: RunResult, upgrade: UpgradeResult, *, clean: bool) -> Iterator[str]:
    yield from _title("To reproduce")
    ported = " --port" if upgrade.port else ""
    aim = f"--nakama {escape(upgrade.after)}{ported}"
    if upgrade.dependencies is not None:
        aim = "--dependencies"
    lines = [f"autofix upgrade {aim}"]
    if result.run_id:
        lines.append(
            f"autofix reproduce {escape(result.run_id)}  # on the same machine"
        )
    yield block("\n".join(lines))
    if clean and result.files:
        yield "\n`git revert` undoes it, whole."


def _title(text: str) -> Iterator[str]:
    """Yield a heading that git does not take for a comment."""
    yield f"\n**{text}**\n"
