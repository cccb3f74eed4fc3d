"""An upgrade for a person: what was moved, how far it came, where the commit is."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from autofix.core.duration import words_of
from autofix.report.escape import escape
from autofix.report.port_text import port_lines
from autofix.report.style import Style
from autofix.report.terminal import Tone
from autofix.result import UpgradeResult


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
    if upgrade.moves:
        since = f" from {escape(upgrade.before)}" if upgrade.before else ""
        yield style.title(f"Nakama{since} to {escape(upgrade.after)}")
    for place in upgrade.moves:
        where = escape(f"{place.file}:{place.line}")
        moved = escape(f"{place.name} {place.before} -> {place.after or 'gone'}")
        note = f" ({escape(place.note)})" if place.note else ""
        yield style.wrapped(f"{where}  {moved}{note}", "  ", hang="      ")
    if upgrade.port is not None:
        yield from port_lines(upgrade.port, style)


def commit_lines(upgrade: UpgradeResult, project: str, style: Style) -> Iterator[str]:
    """Yield where the commit is and what to do with it."""
    branch = shlex.quote(escape(upgrade.branch))
    new = "Committed" if upgrade.is_new else "Committed already"
    yield style.title(f"{new} as {upgrade.commit[:12]} on {branch}; your files stay")
    yield f"  cd {project}"
    yield f"  git show {branch}"
    yield f"  git merge {branch}"
