"""Deselect the ``official`` tests whose images are not in the engine, and say so."""

from __future__ import annotations

import pytest

from scenarios.images import engine_problem, missing_officially
from scenarios.scenario import load

_MISSING = pytest.StashKey[list[str]]()


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Keep an official test only if every image of its scenario is there."""
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
    """Name the images that the deselected tests would have needed."""
    missing = config.stash.get(_MISSING, [])
    if missing:
        terminalreporter.write_line(
            f"official tests deselected; not in the engine: {', '.join(missing)}"
        )
