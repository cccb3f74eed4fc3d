"""
What all tests share.

``official`` tests whose images are not in the engine are deselected, and named at the
end, as are the failures that scenarios brought about, with their times. Signals that
the caller ignores are answered again: autofix leaves them ignored, as it should, so that
the tests of its answers would wait for ever under nohup.

Hypothesis tries the same examples every time, however slow the machine is: what fails
is the change under test. ``pytest --hypothesis-profile=search`` looks for new ones.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from scenarios.catalogue import load
from scenarios.images import engine_problem, missing_officially
from tests.reproduced import lines

_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", _PATIENT)
settings.register_profile("same", _PATIENT, derandomize=True)
settings.load_profile("same")

_MISSING = pytest.StashKey[list[str]]()


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Keep an official test only if every image of its scenario is there."""
    for item in items:
        # Scenarios are runs of their own; other live tests look at the whole engine.
        if item.get_closest_marker("live") and "scenarios" not in item.path.name:
            item.add_marker(pytest.mark.xdist_group("engine"))
    official = [item for item in items if item.get_closest_marker("official")]
    if not official:
        return
    engine = not engine_problem()
    missing: dict[str, list[str]] = {}
    for item in official:
        assert isinstance(item, pytest.Function)
        releases = load(str(item.callspec.params["name"])).releases
        absent = list(missing_officially(releases)) if engine else ["an engine"]
        if absent:
            missing[item.nodeid] = absent
    gone = [item for item in items if item.nodeid in missing]
    items[:] = [item for item in items if item.nodeid not in missing]
    config.hook.pytest_deselected(items=gone)
    config.stash[_MISSING] = sorted(
        {name for names in missing.values() for name in names}
    )


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Name the images that deselected tests lacked, and the failures brought about."""
    missing = config.stash.get(_MISSING, [])
    if missing:
        terminalreporter.write_line(
            f"official tests deselected; not in the engine: {', '.join(missing)}"
        )
    passed = terminalreporter.getreports("passed")
    properties = (each for report in passed for each in report.user_properties)
    for line in lines(properties):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session", autouse=True)
def _answered_signals() -> Iterator[None]:
    """Undo what nohup and background jobs do, for the programs that tests start."""
    ignored = [
        number
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is signal.SIG_IGN
    ]
    if threading.current_thread() is not threading.main_thread():
        ignored = []
    for number in ignored:
        signal.signal(number, signal.SIG_DFL)
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)
