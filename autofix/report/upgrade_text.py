"""An upgrade for a person: what was moved, how far it came, where the commit is."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from autofix.core.duration import words_of
from autofix.report.escape import escape
from autofix.report.port_text import port_lines
from autofix.report.style import Style
from autofix.report.subjects import subject
from autofix.report.terminal import Tone
from autofix.result import DependencyResult, RaisedModule, RunResult, UpgradeResult


def upgrade_lines(upgrade: UpgradeResult, style: Style) -> Iterator[str]:
    """Yield each release that was tried, if several, and each version that moved."""
    if len(upgrade.steps) > 1:
        yield style.title("Release by release")
        for step in upgrade.steps:
            tone = Tone.GOOD if step.end == "clean" else Tone.BAD
            line = f"{step.nakama}: {step.end}, {words_of(step.seconds)}"
            yield style.wrapped(escape(line), "  ", tone)
            if step.end != "clean":
                yield style.wrapped(escape(step.words.partition("\n")[0]), "      ")
    if upgrade.dependencies is not None:
        yield from _dependency_lines(upgrade.dependencies, style)
    if upgrade.moves:
        since = f" from {escape(upgrade.before)}" if upgrade.before else ""
        moved = f"{since} to {escape(upgrade.after)}"
        stays = upgrade.before == upgrade.after
        yield style.title(f"Nakama{f' {escape(upgrade.after)}' if stays else moved}")
    for place in upgrade.moves:
        where = escape(f"{place.file}:{place.line}")
        before, after = place.before or "unknown", place.after or "gone"
        moved = escape(f"{place.name} {before} -> {after}")
        note = f" ({escape(place.note)})" if place.note else ""
        yield style.wrapped(f"{where}  {moved}{note}", "  ", hang="      ")
    if upgrade.port is not None:
        yield from port_lines(upgrade.port, style)


def _dependency_lines(told: DependencyResult, style: Style) -> Iterator[str]:
    """Yield each module that went up, and each that stayed with the reason."""
    stayed = [each for each in told.modules if each.before == each.after]
    if told.raised:
        yield style.title("Raised")
    for each in told.raised:
        tried = f" (tried {each.tried})" if each.tried else ""
        moved = f"{each.path} " if each.path else ""
        line = escape(f"{each.module} {each.before} -> {moved}{each.after}{tried}")
        yield style.wrapped(line, "  ", Tone.GOOD)
        yield from _reasons(each, style)
    if told.go_line is not None:
        yield style.wrapped(escape("go line " + " -> ".join(told.go_line)), "  ")
    if told.code:
        yield style.wrapped(escape(f"imports: {', '.join(told.code)}"), "  ")
    if stayed:
        yield style.title("Not raised")
    for each in stayed:
        where = f"{each.path} " if each.path else ""
        tried = f" (tried {where}{each.tried})" if each.tried else ""
        line = escape(f"{each.module} {each.before}{tried}")
        yield style.wrapped(line, "  ", Tone.BAD)
        yield from _reasons(each, style)


def _reasons(each: RaisedModule, style: Style) -> Iterator[str]:
    """Yield what a version mends, and why a module is no newer or went along."""
    if each.mends:
        what = "mends" if each.before != each.after else "would mend"
        yield style.wrapped(escape(f"{what} {', '.join(each.mends)}"), "      ")
    if each.why:
        yield style.wrapped(escape(each.why), "      ")


def commit_lines(upgrade: UpgradeResult, project: str, style: Style) -> Iterator[str]:
    """Yield where the commit is and what to do with it."""
    branch = shlex.quote(escape(upgrade.branch))
    new = "Committed" if upgrade.is_new else "Committed already"
    yield style.title(f"{new} as {upgrade.commit[:12]} on {branch}; your files stay")
    yield f"  cd {project}"
    yield f"  git show {branch}"
    yield f"  git merge {branch}"


def adding_lines(
    root: str, files: Iterable[str], message: str, style: Style
) -> Iterator[str]:
    """Yield how to commit what was changed; ``root`` is quoted already."""
    names = " ".join(shlex.quote(escape(name)) for name in sorted(files))
    yield style.title("Changed in the project; to commit it")
    yield f"  cd {root}"
    yield f"  git add {names}"
    yield f"  git commit -m {shlex.quote(message)}"


def together_text(results: Sequence[RunResult], style: Style) -> str:
    """Return what to do with the change that several modules made as one, or ""."""
    changed = [each for each in results if each.upgrade and each.upgrade.together]
    upgrade = changed[0].upgrade if changed else None
    if upgrade is None:
        return ""
    root = os.path.commonpath([each.root or each.project for each in changed])
    quoted = shlex.quote(escape(root))
    if upgrade.commit:
        lines = commit_lines(upgrade, quoted, style)
    elif any(each.applied for each in changed) and changed[0].in_git:
        names = {
            Path(os.path.relpath(Path(each.root) / name, root)).as_posix()
            for each in changed
            for name in each.files
        }
        lines = adding_lines(quoted, names, subject(*changed), style)
    else:
        return ""
    return "".join(f"{line}\n" for line in lines).removeprefix("\n")
