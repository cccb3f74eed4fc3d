"""
The one retry policy: which failures pass by themselves, how often, how long.

Only ``TransientError`` is ever tried again; whoever raises it decides that the call
may succeed unchanged. The loop's own rounds are not retries and are not here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from autofix.errors import TransientError
from autofix.logs import logger

if TYPE_CHECKING:
    import tenacity

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """
    How often a call is tried and how long the waits between are.

    Waits begin at ``first_wait`` seconds and double up to ``longest_wait``; each
    gets up to ``first_wait`` seconds of jitter on top. ``sleep`` does the waiting,
    so that tests need none.
    """

    attempts: int = 4
    first_wait: float = 0.5
    longest_wait: float = 8.0
    sleep: Callable[[float], None] = time.sleep

    def call(self, function: Callable[[], Result]) -> Result:
        """
        Return what ``function`` returns, calling it again after a TransientError.

        The last TransientError comes out as it is; any other exception, Ctrl-C
        included, comes out at once.
        """
        try:
            return function()
        except TransientError as error:
            return self._again(function, error)

    def _again(self, function: Callable[[], Result], failure: TransientError) -> Result:
        """Go on after the first failure."""
        # Imported with the first failure: with asyncio it takes longer than a plan.
        import tenacity  # noqa: PLC0415

        failures = [failure]

        def attempt() -> Result:
            if failures:
                raise failures.pop()
            return function()

        # A new object for each call: tenacity keeps the state of a call in it, and
        # one policy serves nested calls and several threads.
        return tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(TransientError),
            stop=tenacity.stop_after_attempt(self.attempts),
            wait=tenacity.wait_exponential(
                multiplier=self.first_wait, max=self.longest_wait
            )
            + tenacity.wait_random(0, self.first_wait),
            sleep=self.sleep,
            before_sleep=_log_retry,
            reraise=True,
        )(attempt)


def _log_retry(state: tenacity.RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome is not None else None
    logger().warning(
        "call tried again",
        attempt=state.attempt_number,
        sleep_s=round(state.upcoming_sleep, 2),
        error=str(error),
    )
