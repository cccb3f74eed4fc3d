"""Past runs: find one by what a user calls it, and read what it left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from autofix.core.codec import CodecError, decode
from autofix.core.journal import Entry, Header, JournalError, read
from autofix.core.story import Story, told
from autofix.errors import RunUnreadableError, UsageError
from autofix.result import RunResult
from autofix.runfolder import (
    JOURNAL,
    OWNER,
    RESULT,
    is_live,
    past_runs,
    runs_folder,
    size_of,
)

LATEST = "latest"
MOST_CHARACTERS = 256 << 20
"""No journal comes near it; a foreign file must not fill the memory."""
SHOWN_NEAR = 5


class Fate(StrEnum):
    """What became of a run."""

    ENDED = "ended"
    RUNNING = "running"
    KILLED = "killed"
    """It left no result: kill -9, a power cut, a reboot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Who ran: ``began`` is in ISO 8601 with its offset, ``size`` of the folder in bytes."""

    path: Path
    run_id: str
    project: str
    began: str
    autofix: str
    fate: Fate
    size: int = 0

    @property
    def when(self) -> datetime | None:
        """Return when it began, None if the file does not say it."""
        try:
            return datetime.fromisoformat(self.began)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Everything a run folder tells; ``result`` is None where there is none."""

    about: About
    header: Header
    entries: tuple[Entry, ...]
    story: Story
    result: RunResult | None


def all_runs(state: Path) -> Iterator[About]:
    """Yield every run of this machine, the newest first."""
    for past in past_runs(state):
        yield _about(past.path)


def found_run(state: Path, word: str) -> Path:
    """
    Return the folder of the run that a user named.

    ``word`` is a folder, the name of one below ``state``, a run id, the beginning of
    either, or ``latest``. UsageError if it is none, or several.
    """
    folder = Path(word)
    if (folder / OWNER).is_file():
        return folder
    paths = [past.path for past in past_runs(state)]
    if word == LATEST and paths:
        return paths[0]
    exact = [path for path in paths if word in (path.name, path.name.partition("-")[2])]
    near = exact or [
        path
        for path in paths
        if word and (path.name.startswith(word) or f"-{word}" in path.name)
    ]
    if len(near) == 1:
        return near[0]
    if near:
        names = ", ".join(path.name for path in near[:SHOWN_NEAR])
        raise UsageError(
            f"{word} could be {len(near)} runs.", todo=f"Name one: {names}."
        )
    raise UsageError(
        f"There is no run {word}.",
        why="" if paths else f"There are none in {runs_folder(state)}.",
        todo="'autofix runs' lists them; a run folder can be given too.",
    )


def read_run(path: Path) -> Run:
    """Read a run folder; RunUnreadableError if its journal cannot be read."""
    about = _about(path)
    header, entries = read_journal(path / JOURNAL)
    return Run(
        about=about,
        header=header,
        entries=entries,
        story=told(entries),
        result=read_result(path),
    )


def end_of(run: Run) -> str:
    """Return a run's typed end, or the code of the error that came before one."""
    if run.story.stopped is not None:
        return run.story.stopped.ending.kind.value
    code = run.result.error_code if run.result else ""
    return f"error {code}" if code else run.about.fate.value


def read_journal(path: Path) -> tuple[Header, tuple[Entry, ...]]:
    """Read a journal; RunUnreadableError if it is missing or none of ours."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return read(file.read(MOST_CHARACTERS).splitlines())
    except (OSError, JournalError) as error:
        raise RunUnreadableError(
            f"The journal {path} cannot be read: {error}.",
            why="The run was ended before it wrote one, or by another version of "
            "autofix.",
            todo="Look at events.jsonl beside it, or run again.",
        ) from error


def read_result(path: Path) -> RunResult | None:
    """Read what a run concluded; None if it left nothing that can be read."""
    content = _json(path / RESULT)
    try:
        return decode(content, RunResult) if content else None
    except CodecError:
        return None


def _about(path: Path) -> About:
    content = _json(path / OWNER)
    fate = Fate.ENDED if (path / RESULT).is_file() else Fate.KILLED
    return About(
        path=path,
        run_id=str(content.get("run_id", path.name)),
        project=str(content.get("project", "")),
        began=str(content.get("began", "")),
        autofix=str(content.get("autofix", "")),
        fate=Fate.RUNNING if is_live(path) else fate,
        size=size_of(path),
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8", "replace"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
