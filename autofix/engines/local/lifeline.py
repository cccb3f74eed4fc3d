"""
A lifeline: when this process dies, however it dies, what it started dies too.

A shell waits on a pipe that only this process writes to. It is told which process
groups run; when the pipe closes under it (also by ``kill -9``), it kills them. The
kernel's own parent-death signal would reach only the child itself, not what that
started, and follows the thread that started it.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from types import TracebackType
from typing import Self

_WATCH = """
trap '' HUP INT QUIT TERM
groups=' '
while read -r verb group; do
  case $verb in
    hold) groups="$groups$group " ;;
    drop) groups="${groups%% $group *} ${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
"""


class Lifeline:
    """Open for as long as programs are started; a context manager."""

    def __init__(self) -> None:
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

    def hold(self, group: int) -> None:
        """Let a process group die with this process."""
        self._tell("hold", group)

    def drop(self, group: int) -> None:
        """Forget a process group that has ended."""
        self._tell("drop", group)

    def _tell(self, verb: str, group: int) -> None:
        # Somebody may have killed the shell; what runs is still killed at its end.
        with suppress(OSError):
            if self._watch.stdin is not None:
                os.write(self._watch.stdin.fileno(), f"{verb} {group}\n".encode())
