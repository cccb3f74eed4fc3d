"""
What a run's server and plugins link, kept in its folder.

The binaries are gone when a run has ended, and have 60 MB; their package hashes have
30 KB, and are all that comparing needs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from autofix.core.codec import CodecError, decode, encode
from autofix.core.compare import Comparison, compare
from autofix.core.imports import Imports
from autofix.core.linked import Linked
from autofix.durable import disk_errors, write_durably
from autofix.errors import RunUnreadableError

FOLDER = "linked"
SERVER = "server.json"
MOST_BYTES = 8 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedFiles:
    """The folder ``linked`` of one run: ``server.json``, ``round-01/backend.so.json``."""

    run: Path

    def keep_server(self, linked: Linked) -> None:
        """Keep what the server links; DiskFullError and its kin."""
        self._write(self.run / FOLDER / SERVER, linked)

    def keep_plugin(self, linked: Linked, *, name: str, round_: int) -> None:
        """Keep what the plugin file links that a round compared."""
        self._write(self._round(round_) / f"{name}.json", linked)

    def server(self) -> Linked | None:
        """Return what the server links; None if that was not kept."""
        path = self.run / FOLDER / SERVER
        return _read(path) if path.is_file() else None

    def plugins(self, round_: int | None = None) -> dict[str, Linked]:
        """Return the plugins of a round, by file name; by default of the last one."""
        rounds = self.rounds()
        folder = self._round(rounds[-1] if round_ is None and rounds else round_ or 0)
        paths = sorted(folder.glob("*.json"))
        return {path.name.removesuffix(".json"): _read(path) for path in paths}

    def rounds(self) -> tuple[int, ...]:
        """Return the rounds in which a plugin was compared."""
        names = (path.name for path in (self.run / FOLDER).glob("round-*"))
        numbers = (name.removeprefix("round-") for name in names)
        return tuple(sorted(int(each) for each in numbers if each.isdecimal()))

    def _round(self, number: int) -> Path:
        return self.run / FOLDER / f"round-{number:02}"

    def _write(self, path: Path, linked: Linked) -> None:
        with disk_errors(f"The run folder {self.run} cannot be written"):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_durably(path, json.dumps(encode(linked), indent=0).encode())


def compared_again(
    run: Path, *, round_: int | None = None, imports: Imports | None = None
) -> Comparison:
    """
    Compare once more what a run compared; RunUnreadableError if that was not kept.

    Of several plugins it is the first that differs, as the server would name it.
    """
    kept = LinkedFiles(run=run)
    server, plugins = kept.server(), kept.plugins(round_)
    if server is None or not plugins:
        rounds = ", ".join(map(str, kept.rounds()))
        when = "" if round_ is None else f" in round {round_}"
        raise RunUnreadableError(
            f"The run {run.name} compared no plugin with a server{when}.",
            why=f"It did in round {rounds}."
            if rounds
            else "It ended before, or is of an autofix that did not keep it.",
        )
    found = [compare(server, each, imports=imports) for each in plugins.values()]
    return next((each for each in found if not each.equal), found[0])


def _read(path: Path) -> Linked:
    try:
        with path.open("rb") as file:
            linked: Linked = decode(json.loads(file.read(MOST_BYTES + 1)), Linked)
    except (OSError, ValueError, RecursionError, CodecError) as error:
        raise RunUnreadableError(f"{path} cannot be read: {error}.") from error
    return linked
