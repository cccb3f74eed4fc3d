"""An upgrade as Markdown: the body of a pull request, and of the commit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autofix.core.model import EndKind
from autofix.report import upgrade_parts as parts
from autofix.report import words
from autofix.report.escape import escape
from autofix.report.markdown import block, code
from autofix.report.raise_markdown import raise_opening, raise_tables
from autofix.report.subjects import common_start, module_names, subject
from autofix.result import RunResult, UpgradeResult


def commit_message(*results: RunResult) -> str:
    """Return the whole message: the subject, and the body as Markdown."""
    if any(each.upgrade is None for each in results):
        raise ValueError("the result is not of an upgrade")
    return f"{subject(*results)}\n\n{upgrade_markdown(*results)}"


def upgrade_markdown(*results: RunResult) -> str:
    """
    Return the body of a pull request, ending with a newline; texts are inert.

    Several modules have a section each.
    """
    lines = _several(results) if len(results) > 1 else _one(results[0])
    return "".join(f"{line}\n" for line in lines)


def _one(result: RunResult) -> Iterator[str]:
    upgrade = result.upgrade
    if upgrade is None:
        return
    clean = _is_clean(result)
    rows = (*parts.moved(upgrade), *parts.pinned(result))
    yield _opening((result,), upgrade)
    yield from _section(result, upgrade, rows)
    yield from parts.title("To reproduce")
    yield _again((result,), upgrade)
    if clean and result.files:
        yield "\n`git revert` undoes it, whole."


def _several(results: Sequence[RunResult]) -> Iterator[str]:
    told = [(each, each.upgrade) for each in results if each.upgrade is not None]
    if not told:
        return
    first = told[0][1]
    clean = all(map(_is_clean, results))
    if first.dependencies is None:
        yield _opening(results, first)
        moved = [row for _, upgrade in told for row in parts.moved(upgrade)]
        yield from parts.changes(moved, clean=clean)
    names = module_names(results)
    for name, (result, upgrade) in zip(names, told, strict=False):
        yield f"\n**Module {code(name)}**"
        if upgrade.dependencies is not None:
            yield f"\n{_opening((result,), upgrade)}"
        yield from _section(result, upgrade, (*parts.pinned(result),))
    yield from parts.title("To reproduce")
    yield _again(results, first)
    if clean and any(each.files for each in results):
        yield "\n`git revert` undoes it, whole."


def _section(
    result: RunResult, upgrade: UpgradeResult, rows: Sequence[tuple[str, ...]]
) -> Iterator[str]:
    clean = _is_clean(result)
    yield from parts.proven(result) if clean else parts.failure(result)
    yield from parts.steps(upgrade)
    if upgrade.dependencies is not None:
        yield from raise_tables(upgrade.dependencies)
    yield from parts.changes(rows, clean=clean)
    yield from parts.side_effects(result)
    if upgrade.port is not None:
        yield from parts.ported(upgrade.port)
    yield from parts.noticed(result)


def _opening(results: Sequence[RunResult], upgrade: UpgradeResult) -> str:
    clean = all(map(_is_clean, results))
    if upgrade.dependencies is not None:
        return raise_opening(upgrade.dependencies, clean=clean)
    before = common_start(results)
    since = f" from {code(before)}" if before else ""
    stays = before == upgrade.after
    what = f"Nakama {code(upgrade.after)}" if stays else ""
    what = what or f"the upgrade of Nakama{since} to {code(upgrade.after)}"
    server = "the server does not start with it"
    if len(results) > 1:
        names = zip(module_names(results), results, strict=True)
        bad = [code(name) for name, each in names if not _is_clean(each)]
        server = f"the server does not start with {', '.join(bad)}"
    if not clean and stays:
        return f"The project was not brought in line with {what}: {server}."
    if not clean:
        return f"{what[:1].upper()}{what[1:]} was not made: {server}."
    if not any(each.files for each in results):
        return f"Nothing had to change for {what}."
    if stays:
        return f"Brings what differs in line with {what}. Made and proven by autofix."
    modules = f" in {words.count(len(results), 'module')}" if len(results) > 1 else ""
    rest = "everything that has to move with it"
    return (
        f"Bumps Nakama{since} to {code(upgrade.after)}{modules}, with {rest}. "
        "Made and proven by autofix."
    )


def _again(results: Sequence[RunResult], upgrade: UpgradeResult) -> str:
    ported = " --port" if any(x.upgrade and x.upgrade.port for x in results) else ""
    aim = f"--nakama {escape(upgrade.after)}{ported}"
    if upgrade.dependencies is not None:
        told = [x.upgrade.dependencies for x in results if x.upgrade]
        rows = [each for one in told if one for each in one.modules]
        aim = f"--dependencies{' --majors' if any(x.path for x in rows) else ''}"
    return block(
        "\n".join(
            (
                f"autofix upgrade {aim}",
                *(
                    f"autofix reproduce {escape(each.run_id)}  # on the same machine"
                    for each in results
                    if each.run_id
                ),
            )
        )
    )


def _is_clean(result: RunResult) -> bool:
    clean = result.ending is not None and result.ending.kind is EndKind.CLEAN
    return clean and not result.error
