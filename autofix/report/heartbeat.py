"""Signs of life: a thread that speaks when nothing else did for a while."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

SILENCE = 60.0
"""Seconds without a word after which a view says that it is still alive."""


class Heartbeat:
    """Call ``beat`` after each ``silence`` seconds without ``spoke``; a context manager."""

    def __init__(self, beat: Callable[[], None], *, silence: float = SILENCE) -> None:
        self._beat = beat
        self._silence = silence
        self._spoke = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        self._spoke.set()
        self._thread.join()

    def spoke(self) -> None:
        """Begin to wait anew."""
        self._spoke.set()

    def _listen(self) -> None:
        while not self._over.is_set():
            if self._spoke.wait(self._silence):
                self._spoke.clear()
            else:
                self._beat()
