"""
Signals as exceptions, so that every ``with`` block cleans up.

Without a handler SIGTERM and SIGHUP end Python at once and leave containers running.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from autofix.errors import InterruptedRunError

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

PATIENCE = 5.0
"""Seconds for which further signals are ignored, so that cleaning up can finish."""


@contextmanager
def raising_signals(
    *, patience: float = PATIENCE, clock: Callable[[], float] = time.monotonic
) -> Iterator[None]:
    """
    Raise InterruptedRunError in the main thread when a signal asks to stop.

    After the first signal, others within ``patience`` seconds are ignored (an
    impatient Ctrl-C must not interrupt the removal of containers); the next one
    after that is obeyed and starts the count anew. A signal that was ignored before
    (SIGHUP under nohup) stays ignored. Outside the main thread nothing is changed,
    because Python lets only that one set handlers.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    obeyed: float | None = None

    def interrupt(number: int, _frame: FrameType | None) -> None:
        nonlocal obeyed
        now = clock()
        if obeyed is not None and now - obeyed < patience:
            return
        obeyed = now
        raise InterruptedRunError(number)

    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, interrupt)
        yield
    finally:
        for number, handler in before.items():
            # None: a handler that was not set from Python cannot be set back.
            if handler is not None:
                signal.signal(number, handler)
