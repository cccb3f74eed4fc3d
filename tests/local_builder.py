"""The local engine's builder for tests: below a given folder, remembering commands."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from autofix.core.model import EvidenceSource
from autofix.engines.archive import Entry
from autofix.engines.base import CommandResult, Follow
from autofix.engines.local import builder
from autofix.engines.local.lifeline import Lifeline
from autofix.engines.local.toolchain import Toolchain, any_go, exact_go


class LocalBuilder(builder.LocalBuilder):
    """
    The real one, for which absolute folders lie below ``root``.

    ``commands`` keeps what was run, in order.
    """

    def __init__(self, root: Path, go: str = "") -> None:
        super().__init__(
            _toolchain(go), root, environment=os.environ, lifeline=_lifeline()
        )
        self.commands: list[tuple[str, ...]] = []

    def path(self, folder: str) -> Path:
        """Return where a folder of the builder really is."""
        below = folder.removeprefix(self.root).lstrip("/")
        return Path(self.root, below)

    def put(self, entries: Iterable[Entry], folder: str) -> None:
        """Write files below ``folder``."""
        super().put(entries, str(self.path(folder)))

    def run(
        self,
        arguments: Sequence[str],
        *,
        folder: str,
        environment: Mapping[str, str],
        seconds: float,
        source: EvidenceSource = EvidenceSource.GO,
        follow: Follow | None = None,
    ) -> CommandResult:
        """Run one command in ``folder``."""
        self.commands.append(tuple(arguments))
        return super().run(
            arguments,
            folder=str(self.path(folder)),
            environment=environment,
            seconds=seconds,
            source=source,
            follow=follow,
        )

    def fetch(self, path: str) -> Iterator[bytes]:
        """Yield a tar stream of a file or folder."""
        return super().fetch(str(self.path(path)))


def goroot(go: str) -> Path:
    """Return the root of an exact Go release ("" for the machine's own)."""
    return _toolchain(go).root


@lru_cache
def _toolchain(go: str) -> Toolchain:
    found = exact_go(go, os.environ) if go else any_go(os.environ)
    assert found is not None
    return found


@lru_cache
def _lifeline() -> Lifeline:
    lifeline = Lifeline()
    atexit.register(lifeline.__exit__, None, None, None)
    return lifeline
