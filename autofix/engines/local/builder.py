"""A folder and one exact Go of this machine, in which commands run one by one."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from autofix.core.model import Evidence, EvidenceSource
from autofix.durable import disk_errors, is_disk_full
from autofix.engines.archive import Entry, pack
from autofix.engines.base import CommandResult, Follow, Image
from autofix.engines.listening import Listener, Stop
from autofix.engines.local.environment import go_environment
from autofix.engines.local.lifeline import Lifeline
from autofix.engines.local.memory import oom_kills
from autofix.engines.local.processes import Process
from autofix.engines.local.toolchain import Toolchain, chosen_go, this_machine
from autofix.errors import DiskFullError, EngineLostError, OutputTooLargeError
from autofix.scratch import scratch_folder

MOST_STDOUT = 256 << 20
KILLED = 137
END_SECONDS = 10.0
"""How long a command that has closed its output may take to end."""
NO_ROOM = "Make room in the temporary folder, or set TMPDIR to another one."


@contextmanager
def local_builder(
    go: str = "",
    *,
    environment: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
    note: Callable[[str], None] = lambda _text: None,
) -> Iterator[LocalBuilder]:
    """
    Open a builder of this machine with one exact Go, or with any ("").

    ``environment`` is the user's (default: this process's), ``settings`` go on top of
    it (``GOPROXY=off``). ImageMissingError if there is no such Go and none can be had.
    """
    environment = os.environ if environment is None else environment
    toolchain = chosen_go(go, environment, note=note)
    with disk_errors("No temporary folder can be made", todo=NO_ROOM):
        scratch = scratch_folder()
    environment = {**environment, **(settings or {})}
    with (
        scratch as folder,
        Lifeline() as lifeline,
        LocalBuilder(
            toolchain, folder, environment=environment, lifeline=lifeline
        ) as builder,
    ):
        yield builder


class LocalBuilder:
    """
    Runs commands with one exact Go; nothing keeps them apart from the machine.

    ``folder`` is an empty folder of the run, ``environment`` the user's. Modules and
    built packages are kept in the user's own caches. ``most_stdout`` is in bytes.

    A context manager: leaving it ends what another thread still runs in it, so that
    the folder can go; that thread gets an EngineLostError.
    """

    def __init__(
        self,
        toolchain: Toolchain,
        folder: Path,
        *,
        environment: Mapping[str, str],
        lifeline: Lifeline,
        most_stdout: int = MOST_STDOUT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._toolchain = toolchain
        self._folder = folder.resolve()
        self._lifeline = lifeline
        self._most_stdout = most_stdout
        self._clock = clock
        self._closed = False
        self._running: set[Process] = set()
        self._using = 0
        self._change = threading.Condition()
        temporary = self._folder / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        self._environment = go_environment(toolchain, environment, temporary=temporary)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._change:
            self._closed = True
            for process in self._running:
                process.kill()
            self._change.wait_for(lambda: not self._using, END_SECONDS)

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        with self._change:
            if self._closed:
                raise EngineLostError("The builder was closed while it was used.")
            self._using += 1
        try:
            yield
        finally:
            with self._change:
                self._using -= 1
                self._change.notify_all()

    @contextmanager
    def _started(
        self, arguments: Sequence[str], folder: str, environment: Mapping[str, str]
    ) -> Iterator[Process]:
        with (
            self._in_use(),
            Process(
                arguments,
                folder=Path(folder),
                environment={**self._environment, **environment},
                lifeline=self._lifeline,
                clock=self._clock,
            ) as process,
        ):
            with self._change:
                self._running.add(process)
            try:
                yield process
            finally:
                with self._change:
                    self._running.remove(process)
                    closed = self._closed
            if closed:
                raise EngineLostError("The builder was closed while a command ran.")

    @property
    def image(self) -> Image:
        """Return the Go it builds with, as an image."""
        return go_image(self._toolchain)

    @property
    def root(self) -> str:
        """Return the folder below which all files of a run belong."""
        return str(self._folder)

    def put(self, entries: Iterable[Entry], folder: str) -> None:
        """Write files below ``folder`` (absolute, created if missing)."""
        target = Path(folder)
        what = f"{folder} cannot be written"
        with self._in_use(), disk_errors(what, todo=NO_ROOM):
            target.mkdir(parents=True, exist_ok=True)
            for entry in entries:
                _write(entry, target / entry.name)

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
        """
        Run one command in ``folder`` until it ends or ``seconds`` have passed.

        As with a container, the stdout of a planning step (``source`` GO) is data and
        not evidence. DiskFullError and OutputTooLargeError are raised; any other
        failure is in the result.
        """
        started = self._clock()
        kills = oom_kills()
        stdout = bytearray()

        def data(piece: bytes) -> None:
            if len(stdout) + len(piece) > self._most_stdout:
                raise OutputTooLargeError(
                    f"{' '.join(arguments[:3])} wrote more than "
                    f"{self._most_stdout >> 20} MiB."
                )
            stdout.extend(piece)

        listener = Listener(
            clock=self._clock,
            follow=follow,
            data=data if source is EvidenceSource.GO else None,
        )
        with self._started(arguments, folder, environment) as process:
            stop = listener.listen(process, seconds=seconds)
            code = process.exit_code(END_SECONDS) if stop is Stop.ENDED else None
        evidence = listener.keeper.evidence(
            source=source,
            exit_code=code,
            timed_out=stop is Stop.DEADLINE,
            seconds=self._clock() - started,
        )
        return CommandResult(
            arguments=tuple(arguments),
            stdout=bytes(stdout),
            evidence=_examined(evidence, arguments, kills),
        )

    def fetch(self, path: str) -> Iterator[bytes]:
        """Yield a tar stream of a file or folder; FileNotFoundError if not there."""
        found = Path(path)
        with self._in_use():
            if not found.exists():
                raise FileNotFoundError(path)
        return self._packed(found)

    def _packed(self, found: Path) -> Iterator[bytes]:
        with self._in_use():
            yield from pack(_entries(found))


def go_image(toolchain: Toolchain) -> Image:
    """Return a Go of this machine as an image."""
    return Image(
        reference=f"go{toolchain.version}",
        identity=str(toolchain.root),
        digest=f"go{toolchain.version}",
        machine=this_machine(),
    )


def _write(entry: Entry, path: Path) -> None:
    if entry.content is None and not entry.link:
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        path.unlink()
    if entry.link:
        path.unlink(missing_ok=True)
        path.symlink_to(entry.link)
        return
    if isinstance(entry.content, Path):
        shutil.copyfile(entry.content, path)
    else:
        path.write_bytes(entry.content or b"")
    path.chmod(entry.mode)


def _entries(found: Path) -> Iterator[Entry]:
    """List a file, or a folder with all that is in it, below its own name."""
    if not found.is_dir():
        yield Entry(name=found.name, content=found, mode=_mode(found))
        return
    for parent, folders, names in os.walk(found):
        folders.sort()
        below = Path(found.name, Path(parent).relative_to(found))
        yield Entry(name=below.as_posix(), mode=0o755)
        for name in sorted(names):
            path = Path(parent, name)
            entry = below / name
            yield Entry(name=entry.as_posix(), content=path, mode=_mode(path))


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def _examined(evidence: Evidence, arguments: Sequence[str], kills: int) -> Evidence:
    """Look at a failure for what is the machine's fault, not the project's."""
    if evidence.exit_code == 0:
        return evidence
    texts = [line.text for line in evidence.lines]
    if any(map(is_disk_full, texts)):
        raise DiskFullError(
            f"There is no room left on this machine's disk to run "
            f"{' '.join(arguments[:2])}.",
            todo=NO_ROOM,
        )
    killed = evidence.exit_code == KILLED or any(
        "signal: killed" in text for text in texts
    )
    if killed and oom_kills() > kills:
        return replace(evidence, out_of_memory=True)
    return evidence
