"""One module's part of a change that several modules make together."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from autofix.durable import disk_errors
from autofix.harvest import Harvest


@dataclass(slots=True, kw_only=True)
class Share:
    """
    What a run is given by those before it, and keeps for the end.

    ``modules`` name all that move together, ``given`` are files as the runs before
    this one have changed them. ``keep`` is a folder that outlives the run; ``harvest``
    is what a clean one brought home, with its folders in ``keep``.
    """

    modules: tuple[str, ...]
    keep: Path
    given: Mapping[Path, bytes] = field(default_factory=dict)
    harvest: Harvest | None = None

    def take(self, harvest: Harvest) -> None:
        """Keep the change of a clean run, whose own folders are gone with it."""
        trees = {}
        with disk_errors("The change of a module cannot be kept for the end"):
            for name, tree in harvest.changes.trees.items():
                trees[name] = self.keep / name
                trees[name].parent.mkdir(parents=True, exist_ok=True)
                shutil.move(tree, trees[name])
        changes = replace(harvest.changes, trees=trees)
        self.harvest = replace(harvest, changes=changes)

    def passed_on(self) -> dict[Path, bytes]:
        """Return the files that the next run is given."""
        found = self.harvest
        changed = found.changes.files.items() if found else ()
        own = {found.root / name: new for name, new in changed if new} if found else {}
        return {**self.given, **own}
