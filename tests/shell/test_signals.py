"""Signals become exceptions once, and again only after a while."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from autofix.errors import InterruptedRunError
from autofix.signals import SIGNALS, raising_signals


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_signal_raises_where_the_program_is(number: signal.Signals) -> None:
    """Each of the three raises, with its number and the shell's exit status."""
    with pytest.raises(InterruptedRunError) as caught, raising_signals():
        os.kill(os.getpid(), number)

    assert number == caught.value.signal_number
    assert 128 + number == caught.value.exit_status


def test_cleaning_up_is_not_interrupted_at_once_but_can_be_later() -> None:
    """Further signals are ignored for the patience, then obeyed again."""
    now = 100.0

    with raising_signals(patience=5.0, clock=lambda: now):
        with pytest.raises(InterruptedRunError):
            os.kill(os.getpid(), signal.SIGINT)
        now = 104.9
        os.kill(os.getpid(), signal.SIGTERM)
        now = 105.1
        with pytest.raises(InterruptedRunError):
            os.kill(os.getpid(), signal.SIGINT)


def test_handlers_are_put_back() -> None:
    """Afterwards every signal does what it did before."""
    before = [signal.getsignal(number) for number in SIGNALS]

    with raising_signals():
        during = [signal.getsignal(number) for number in SIGNALS]

    assert before == [signal.getsignal(number) for number in SIGNALS]
    assert not set(map(id, before)) & set(map(id, during))


def test_an_ignored_signal_stays_ignored() -> None:
    """Under nohup a closed terminal does not end the run."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with raising_signals():
            os.kill(os.getpid(), signal.SIGHUP)
            during = signal.getsignal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)

    assert signal.SIG_IGN == during


def test_other_threads_may_enter_without_effect() -> None:
    """Python lets only the main thread set handlers; elsewhere nothing happens."""
    before = signal.getsignal(signal.SIGTERM)
    seen: list[object] = []

    def enter() -> None:
        with raising_signals():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()

    assert [before] == seen


def test_sigterm_runs_cleanup() -> None:
    """Without the handler SIGTERM would skip every finally."""
    script = (
        "import os, signal\n"
        "from autofix.signals import raising_signals\n"
        "with raising_signals():\n"
        "    try:\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "    finally:\n"
        "        print('cleaned')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    assert "cleaned\n" == done.stdout
