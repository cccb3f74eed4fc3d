"""
Run this catalogue's scenarios against autofix, with the kit's images and servers.

``python -m scenarios.harness [NAME...]`` runs them one after the other.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autofix.errors import AutofixError
from autofix.report.scenario_text import outcome_text
from autofix.scenarios import running
from autofix.scenarios.running import Outcome, fresh
from autofix.scenarios.scenario import ENGINES, STRATEGIES, Scenario
from autofix.scenarios.workshop import Note
from scenarios.catalogue import load, names
from scenarios.kit import KitError
from scenarios.ways import ensure, way


def run(
    scenario: Scenario,
    work: Path,
    *,
    strategy: str = "all",
    engine: str = "docker",
    watch: bool = False,
    note: Note = lambda _line: None,
) -> Outcome:
    """Run a scenario below ``work`` as the kit does; see ``running.run``."""
    how = way(scenario, engine, strategy)
    return running.run(scenario, work, how, watch=watch, note=note)


def again(
    scenario: Scenario, work: Path, *options: str, engine: str = "docker"
) -> tuple[int, Mapping[str, Any], str]:
    """Run autofix once more on what ``run`` left; see ``running.again``."""
    return running.again(scenario, work, way(scenario, engine), *options)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the scenarios named (default: all); return 1 if one did not end as said."""
    parser = argparse.ArgumentParser(prog="python -m scenarios.harness")
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all")
    parser.add_argument(
        "--strategy", choices=STRATEGIES, default="all", help="as autofix run has"
    )
    parser.add_argument(
        "--engine", choices=ENGINES, help="only this one (default: docker, else local)"
    )
    parser.add_argument("--watch", action="store_true", help="show autofix at work")
    parser.add_argument(
        "--keep", type=Path, help="keep what was staged, in this folder"
    )
    given = parser.parse_args(arguments)
    try:
        chosen = [load(name) for name in given.names or names()]
        chosen = [one for one in chosen if given.engine in (None, *one.engines)]
        for engine in ENGINES:
            shown = (one for one in chosen if _engine(one, given.engine) == engine)
            ensure({tag for one in shown for tag in one.releases}, engine)
    except (AutofixError, KitError) as error:
        print(error, file=sys.stderr)
        return 2
    failed = 0
    for scenario in chosen:
        with tempfile.TemporaryDirectory(prefix="autofix-scenario-") as temporary:
            outcome = run(
                scenario,
                fresh((given.keep or Path(temporary)) / scenario.name),
                strategy=_strategy(scenario, given.strategy),
                engine=_engine(scenario, given.engine),
                watch=given.watch,
            )
        failed += not outcome.passed
        print(outcome_text(outcome), flush=True)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


def _engine(scenario: Scenario, wanted: str | None) -> str:
    return wanted or scenario.engines[0]


def _strategy(scenario: Scenario, wanted: str) -> str:
    """Take the strategy that is wanted, or the only one a scenario is shown with."""
    return wanted if wanted in scenario.strategies else scenario.strategies[0]


if __name__ == "__main__":
    sys.exit(main())
