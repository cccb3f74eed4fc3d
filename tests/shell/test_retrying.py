"""The retry policy."""

from __future__ import annotations

import pytest

from autofix.errors import EngineLostError, TransientError
from autofix.retrying import RetryPolicy


class Call:
    """A function that raises the given errors in turn, then returns "done"."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.times = 0

    def __call__(self) -> str:
        """Raise the next error, or return."""
        self.times += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def policy_of(slept: list[float], attempts: int = 3) -> RetryPolicy:
    """Return a policy that only notes how long it would sleep."""
    return RetryPolicy(
        attempts=attempts, first_wait=1.0, longest_wait=3.0, sleep=slept.append
    )


def test_a_passing_failure_is_tried_again() -> None:
    """Two transient errors cost two waits, and the third call's result is returned."""
    slept: list[float] = []
    call = Call(TransientError("busy"), TransientError("busy"))

    assert "done" == policy_of(slept).call(call)
    assert 3 == call.times
    assert 2 == len(slept)
    assert 1.0 <= slept[0] <= 2.0
    assert 2.0 <= slept[1] <= 3.0


def test_waits_do_not_grow_for_ever() -> None:
    """No wait is longer than the longest plus its jitter."""
    slept: list[float] = []
    call = Call(*(TransientError("busy") for _ in range(20)))

    policy_of(slept, attempts=21).call(call)

    assert max(slept) <= 4.0


def test_the_last_error_comes_out_as_it_is() -> None:
    """Giving up raises the call's own error, not one of the library's."""
    last = TransientError("still busy")
    call = Call(TransientError("busy"), TransientError("busy"), last)

    with pytest.raises(TransientError) as caught:
        policy_of([]).call(call)

    assert last is caught.value
    assert 3 == call.times


@pytest.mark.parametrize(
    "error",
    [EngineLostError("gone"), KeyboardInterrupt(), SystemExit(3), ValueError("bug")],
    ids=lambda error: type(error).__name__,
)
def test_nothing_else_is_tried_again(error: BaseException) -> None:
    """A lasting failure, Ctrl-C, an exit and a bug come out of the first call."""
    slept: list[float] = []
    call = Call(error)

    with pytest.raises(type(error)):
        policy_of(slept).call(call)

    assert 1 == call.times
    assert [] == slept


def test_each_wait_is_logged_with_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    """The log names attempt, wait and error as fields."""
    slept: list[float] = []
    policy_of(slept).call(Call(TransientError("engine busy")))
    (message,) = caplog.messages
    (wait,) = slept

    assert message.startswith('event="call tried again" attempt=1 ')
    assert 'error="engine busy"' in message
    assert f"sleep_s={round(wait, 2)}" in message
    assert 1.0 <= wait <= 2.0


def test_calls_nest() -> None:
    """A retried call may itself retry with the same policy."""
    policy = policy_of([])
    inner = Call(TransientError("busy"))
    outer = Call(TransientError("busy"))

    def nested() -> str:
        policy.call(inner)
        return outer()

    assert "done" == policy.call(nested)
    assert (3, 2) == (inner.times, outer.times)
