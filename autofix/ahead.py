"""Something done beside something else, so that nobody waits for it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Generic, TypeVar

from autofix.errors import AutofixError, InternalError

Result = TypeVar("Result")


class Ahead(Generic[Result]):
    """``perform`` under way in a thread of its own, from now on."""

    def __init__(self, perform: Callable[[], Result], *, name: str) -> None:
        self._perform = perform
        self._results: list[Result] = []
        self._error: AutofixError | None = None
        # A daemon: a run that is interrupted does not wait for it.
        self._thread = Thread(target=self._run, name=f"autofix-{name}", daemon=True)
        self._thread.start()

    def wait(self, seconds: float | None = None) -> None:
        """Return when it is over, however it ended, or after ``seconds``."""
        self._thread.join(seconds)

    def result(self) -> Result:
        """Return what it returned when it is over; what it raised is raised here."""
        self.wait()
        if self._results:
            return self._results[0]
        raise self._error or InternalError(f"{self._thread.name} ended without a word.")

    def _run(self) -> None:
        try:
            self._results.append(self._perform())
        except AutofixError as error:
            self._error = error
