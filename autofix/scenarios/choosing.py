"""Which scenarios can be run here, and how each of them is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from autofix.config import Config
from autofix.scenarios.running import Way
from autofix.scenarios.scenario import Scenario


def why_not(scenario: Scenario, config: Config, *, server: str = "") -> str:
    """Say why a scenario cannot be run as ``config`` asks, "" if it can."""
    if scenario.private is not None:
        return "it needs a private host, which its own harness serves"
    engine = _engine(scenario, config, server)
    if engine not in scenario.engines:
        return scenario.engines_why or f"it is not for --engine {engine}"
    return ""


def chosen_way(
    scenario: Scenario,
    config: Config,
    *,
    server: str = "",
    strategy: str | None = None,
    official: bool = False,
) -> Way:
    """
    Return how a scenario is run: with what it is meant for, as far as that is free.

    ``server`` is the path of the server's binary, in which ``{nakama}`` stands for the
    release that a scenario needs. ``strategy`` is what was asked for; a scenario that is not shown with it is run
    with its own. ``official`` takes no stand-in.
    """
    placed = server.replace("{nakama}", scenario.nakama)
    asked = strategy if strategy in scenario.strategies else None
    return Way(
        config=replace(
            config,
            engine=_engine(scenario, config, server),
            server=Path(placed) if placed else config.server,
            kit=config.kit and not official,
        ),
        strategy=asked or scenario.strategies[0],
        official=official,
    )


def _engine(scenario: Scenario, config: Config, server: str) -> str:
    if config.engine != "auto":
        return config.engine
    if server or config.server or config.database:
        return "local"
    return scenario.engines[0]
