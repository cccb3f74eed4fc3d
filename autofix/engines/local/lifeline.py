"""
A lifeline: when this process dies, however it dies, what it started dies too.

A shell waits on a pipe that only this process writes to. It is told which process
groups run; when the pipe closes under it (also by ``kill -9``), it ends them. The
kernel's own parent-death signal would reach only the child itself, not what that
started, and follows the thread that started it.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self

_WATCH = """
trap '' HUP INT QUIT TERM
held=' '
while read -r verb one; do
  case $verb in
    hold) held="$held$one " ;;
    drop) held="${held%% $one *} ${held#* $one }" ;;
  esac
done
for one in $held; do kill -s "${one%:*}" -- "-${one#*:}" 2>/dev/null; done
"""
KILL = "KILL"


class Lifeline:
    """
    Open for as long as programs are started; a context manager.

    ``marks`` are variables in the environment of everything that it holds.
    """

    def __init__(self, marks: Mapping[str, str] | None = None) -> None:
        self.marks = dict(marks or {})
        self._watch = subprocess.Popen(
            ["/bin/sh", "-c", _WATCH],
            cwd="/",
            env={},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Kill what is still held."""
        with suppress(OSError):
            if self._watch.stdin is not None:
                self._watch.stdin.close()
        self._watch.wait()

    def hold(self, group: int, signal: str = KILL) -> None:
        """Let a process group die with this process, by a signal of this name."""
        self._tell(f"hold {signal}:{group}\n")

    def drop(self, group: int, signal: str = KILL) -> None:
        """Forget a process group that has ended."""
        self._tell(f"drop {signal}:{group}\n")

    def _tell(self, line: str) -> None:
        # Somebody may have killed the shell; what runs is still killed at its end.
        with suppress(OSError):
            if self._watch.stdin is not None:
                os.write(self._watch.stdin.fileno(), line.encode())
