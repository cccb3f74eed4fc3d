"""
What a reduction knows, on the disk: the answers so far, and the plugin after each stage.

``answers.jsonl`` has one line for each candidate that was judged and for each stage
that ended, flushed one by one; ``stage-NN`` is the plugin that stage began with. A
reduction that is begun again with the same question finds both.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autofix.durable import disk_errors, write_durably
from autofix.reducing.candidates import NO_ROOM, with_changes

ANSWERS = "answers.jsonl"
LONGEST = 64 << 20


@dataclass(slots=True, kw_only=True)
class Progress:
    """
    The answers by the candidate's digest, and where the reduction is.

    ``stage`` counts stages from 0 over all passes; ``taken`` holds how much each
    stage that ended took away.
    """

    folder: Path
    stage: int = 0
    answers: dict[str, bool] = field(default_factory=dict)
    taken: dict[int, int] = field(default_factory=dict)

    @classmethod
    def found(cls, folder: Path, question: str, start: Path) -> Progress:
        """
        Open what an earlier reduction left, or begin anew with the plugin in ``start``.

        ``question`` identifies what is asked; answers to another one are forgotten.
        """
        with disk_errors(f"{folder} cannot be written", todo=NO_ROOM):
            progress = cls(folder=folder)
            lines = tuple(_lines(folder / ANSWERS))
            if not lines or lines[0].get("question") != question:
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
                with_changes(start, progress.base, {})
                progress._write({"question": question})
                return progress
            for line in lines[1:]:
                progress._learn(line)
            # The next answer must not be written behind one that was cut short.
            text = "".join(f"{json.dumps(line)}\n" for line in lines)
            write_durably(folder / ANSWERS, text.encode())
            while progress.stage in progress.taken:
                progress.stage += 1
            return progress

    @property
    def base(self) -> Path:
        """Return the plugin that the stage begins with."""
        return self.folder / f"stage-{self.stage:02}"

    @property
    def steps(self) -> int:
        """Count the candidates that were judged."""
        return len(self.answers)

    def answer(self, digest: str, *, fails: bool, what: str) -> None:
        """Keep an answer."""
        self.answers[digest] = fails
        self._write({"candidate": digest, "fails": fails, "what": what})

    def ended(self, result: Path, *, taken: int) -> None:
        """End the stage with the plugin it made."""
        last, number = self.base, self.stage
        with_changes(result, self.folder / f"stage-{number + 1:02}", {})
        self.taken[number] = taken
        self._write({"stage": number, "taken": taken})
        self.stage += 1
        shutil.rmtree(last, ignore_errors=True)

    def is_over(self, stages: int) -> bool:
        """Tell whether a whole pass of so many stages took nothing away."""
        latest = [self.taken[n] for n in range(max(0, self.stage - stages), self.stage)]
        return len(latest) == stages and not any(latest)

    def _learn(self, line: dict[str, Any]) -> None:
        if "candidate" in line:
            self.answers[str(line["candidate"])] = bool(line["fails"])
        elif "stage" in line:
            self.taken[int(line["stage"])] = int(line["taken"])

    def _write(self, line: dict[str, object]) -> None:
        with (
            disk_errors(f"{self.folder} cannot be written", todo=NO_ROOM),
            (self.folder / ANSWERS).open("a", encoding="utf-8") as file,
        ):
            file.write(json.dumps(line) + "\n")


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the whole lines; the last one may have been cut short by a kill."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        text = file.read(LONGEST)
    for each in text.splitlines():
        try:
            line = json.loads(each)
        except ValueError:
            return
        if isinstance(line, dict):
            yield line
