"""Whether an end is the right one for what was done to the run; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from autofix.core.model import EndKind, FailureClass
from autofix.errors import AutofixError, EnvironmentUnusableError
from autofix.result import RunResult
from autofix.scenarios.scenario import Expectation, Scenario
from scenarios.nightplan import Fault, Hour

OF_THE_MACHINE = frozenset(
    {
        FailureClass.RESOURCES,
        FailureClass.MODULE_FETCH,
        FailureClass.DATABASE,
    }
)
"""What may be said of a plugin's run when the machine failed under it."""
_ENGINE = re.compile(r"\bengine\b", re.IGNORECASE)
_ROOM = re.compile(r"\b(disk|space|room)\b", re.IGNORECASE)
CAUSES = {
    Fault.DISK: _ROOM,
    Fault.ENGINE_DISK: _ROOM,
    Fault.HANG: _ENGINE,
    Fault.NETWORK: re.compile(
        r"\b(network|proxy|fetch\w*|connection|reach\w*)\b", re.IGNORECASE
    ),
}
RESTARTS = {
    "docker": _ENGINE,
    "local": re.compile(r"kill|ended|signal|crash|PostgreSQL", re.IGNORECASE),
}
"""The words of which one must be in an end that a trouble has brought about."""
ENVIRONMENT = 3
KILLED = frozenset({("local", Fault.RESTART)})
"""Where a plugin may be to blame: a program is killed also for the memory it takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a run ended, whichever way: ``kind`` is a typed end or an error's code."""

    kind: str
    words: str
    exit_code: int
    failure_class: FailureClass | None = None
    diagnosis: str = ""
    of_the_machine: bool = False
    """Whether it is an error of the environment."""
    pins: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, result: RunResult) -> End:
        """Tell the end of a run that came to one."""
        ending = result.ending
        if ending is None:
            raise ValueError("The run did not end.")
        found = ending.diagnosis
        return cls(
            kind=ending.kind.value,
            words=f"{ending.words}\n{found.words if found else ''}",
            exit_code=result.exit_code,
            failure_class=found.failure_class if found else None,
            diagnosis=found.name if found else "",
            pins={pin.module: pin.after for pin in result.pins},
        )

    @classmethod
    def of_error(cls, error: AutofixError) -> End:
        """Tell the end of a run that an error ended."""
        return cls(
            kind=error.code,
            words=str(error),
            exit_code=error.exit_code,
            of_the_machine=isinstance(error, EnvironmentUnusableError),
        )

    def __str__(self) -> str:
        return f"{self.kind} ({self.diagnosis})" if self.diagnosis else self.kind


def problems(
    hour: Hour, scenario: Scenario, end: End, *, changed: Sequence[str]
) -> Iterator[str]:
    """Yield what is wrong with an end; ``changed`` are the project's changed files."""
    expect = scenario.expect
    clean = end.kind == EndKind.CLEAN
    if changed and not clean:
        yield f"changed without a clean end: {', '.join(changed)}"
    if _is_expected(expect, end):
        if clean and end.pins != dict(expect.pins):
            yield f"other pins than expected: {dict(end.pins)}"
    elif hour.fault == Fault.NONE:
        yield f"ended {end}, not {expect.end}: {end.words}"
    elif clean:
        yield "clean, which it is not"
    else:
        yield from _of_trouble(hour, end)


def _is_expected(expect: Expectation, end: End) -> bool:
    """Tell whether it is the scenario's own end, for the scenario's own reason."""
    named = expect.diagnoses[-1].name if expect.diagnoses else ""
    return (
        end.kind == expect.end
        and end.exit_code == expect.exit_code
        and end.diagnosis in ("", named)
    )


def _of_trouble(hour: Hour, end: End) -> Iterator[str]:
    """Yield what is wrong with an end that only the trouble can have brought about."""
    if end.failure_class is None and not end.of_the_machine:
        yield f"an end that is not the machine's: {end}: {end.words}"
    elif end.failure_class is not None and end.failure_class not in OF_THE_MACHINE:
        yield f"the plugin was blamed: {end}: {end.words}"
    if end.exit_code != ENVIRONMENT and (hour.engine, hour.fault) not in KILLED:
        yield f"exit code {end.exit_code}: {end}: {end.words}"
    cause = RESTARTS[hour.engine] if hour.fault == Fault.RESTART else CAUSES[hour.fault]
    if not cause.search(end.words):
        yield f"no word of the cause: {end}: {end.words}"
