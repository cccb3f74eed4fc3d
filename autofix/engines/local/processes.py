"""
One program of this machine: a group of its own, both outputs, an end that comes.

Nothing is left of a program when it is closed: whatever it started in its group is
killed before the group's leader is reaped, so that the number cannot be another's.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from autofix.core.model import Stream
from autofix.engines.local.lifeline import KILL, Lifeline

RECEIVE = 1 << 16
ASK_SECONDS = 0.1
"""How often a silent program is asked whether it has ended."""

# The shell waits for a line before it becomes the program, so that nothing runs
# that the lifeline does not hold.
_WRAPPER = 'read -r _ && {limits} exec "$@" </dev/null'


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whom a program runs as."""

    user: int
    group: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceilings:
    """What a program may take: bytes of data, of one file, and no core dump."""

    data: int
    file: int

    @property
    def shell(self) -> str:
        """Return the shell's words that set them; they count in KiB and 512 bytes."""
        return (
            f"ulimit -c 0 && ulimit -d {self.data >> 10} && "
            f"ulimit -f {self.file >> 9} &&"
        )


class Process:
    """
    A program that has been started; a context manager that leaves nothing of it.

    ``environment`` is all it gets besides the lifeline's marks. A program that is not
    there ends with exit code 127 and the shell's words, as in a container. ``ending``
    names the signal that ends it if this process dies.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        lifeline: Lifeline,
        ceilings: Ceilings | None = None,
        account: Account | None = None,
        ending: str = KILL,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lifeline = lifeline
        self._ending = ending
        self._clock = clock
        script = _WRAPPER.format(limits=ceilings.shell if ceilings else "")
        self._popen = subprocess.Popen(
            ["/bin/sh", "-c", script, "sh", *arguments],
            cwd=folder,
            env={**environment, **lifeline.marks},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
            user=account.user if account else None,
            group=account.group if account else None,
            extra_groups=[] if account else None,
        )
        lifeline.hold(self._popen.pid, ending)
        if self._popen.stdin is not None:
            with suppress(BrokenPipeError), self._popen.stdin as begin:
                begin.write(b"\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def number(self) -> int:
        """Return its process number, which is its group's as well."""
        return self._popen.pid

    @property
    def running(self) -> bool:
        """Tell whether the program has not ended yet."""
        if self._popen.returncode is not None:
            return False
        # Not reaped: until then nobody else can have its number.
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        try:
            return os.waitid(os.P_PID, self._popen.pid, options) is None
        except ChildProcessError:  # another thread has just reaped it
            return False

    def pieces(self, deadline: Callable[[], float]) -> Iterator[tuple[Stream, bytes]]:
        """
        Yield pieces of output until the program has ended or closed both streams.

        TimeoutError once the clock passes ``deadline``. What the program started and
        left behind ends with it, as everything does that runs in a container.
        """
        files = {
            Stream.STDOUT: self._popen.stdout,
            Stream.STDERR: self._popen.stderr,
        }
        with selectors.DefaultSelector() as waiting:
            for stream, file in files.items():
                if file is not None and not file.closed:
                    waiting.register(file, selectors.EVENT_READ, stream)
            while waiting.get_map():
                left = deadline() - self._clock()
                if left <= 0:
                    raise TimeoutError
                ready = waiting.select(min(left, ASK_SECONDS))
                if not self.running:
                    self._kill_group()
                for key, _ in ready:
                    piece = os.read(key.fd, RECEIVE)
                    if piece:
                        yield key.data, piece
                    else:
                        waiting.unregister(key.fileobj)

    def exit_code(self, seconds: float) -> int | None:
        """
        Return its exit code, waiting for it up to ``seconds``; None if it runs on.

        Ended by a signal it is 128 and the signal's number, as in a shell.
        """
        deadline = self._clock() + seconds
        wait = 0.0005
        while self.running:
            if self._clock() > deadline:
                return None
            time.sleep(wait)
            wait = min(wait * 2, 0.05)
        self.close()
        code = self._popen.returncode
        return code if code is None or code >= 0 else 128 - code

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program itself."""
        if self.running:
            os.kill(self._popen.pid, number)

    def kill(self) -> None:
        """Kill it and all of its group; ``close`` remains to be done."""
        self._kill_group()

    def close(self) -> None:
        """Kill what is left of it and wait for that."""
        if self._popen.returncode is None:
            self._kill_group()
            self._popen.wait()
            self._lifeline.drop(self._popen.pid, self._ending)
        for file in (self._popen.stdin, self._popen.stdout, self._popen.stderr):
            if file is not None:
                file.close()

    def _kill_group(self) -> None:
        if self._popen.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._popen.pid, signal.SIGKILL)
