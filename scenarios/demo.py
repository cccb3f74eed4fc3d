"""
``make demo``: autofix at work on several plugins, then what came of each.

Every run here is the real command in a real git repository; the server is the kit's
stand-in unless Nakama's own images are in the engine.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill, indent

from autofix.errors import ScenarioError
from autofix.scenarios.running import Outcome, fresh
from autofix.scenarios.scenario import Scenario
from scenarios.catalogue import load
from scenarios.harness import run
from scenarios.kit import KitError, ensure_images

SHOWN = ("platform-macho", "transitive-too-new", "five-mismatches", "init-panic")
_WIDTH = 78
_WORK = Path(__file__).resolve().parents[1] / "build" / "demo"
"""Where the runs' projects and journals stay, to be looked at."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Show the scenarios named (default: a choice); 1 if one ends otherwise."""
    chosen = tuple(sys.argv[1:] if arguments is None else arguments) or SHOWN
    began = time.monotonic()
    try:
        scenarios = [load(name) for name in chosen]
        ensure_images({tag for one in scenarios for tag in one.releases})
    except (ScenarioError, KitError) as error:
        print(error, file=sys.stderr)
        return 3
    outcomes = [_show(number, one) for number, one in enumerate(scenarios, start=1)]
    _summary(outcomes, time.monotonic() - began)
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def _show(number: int, scenario: Scenario) -> Outcome:
    options = " ".join(("", *scenario.options))
    print(f"\n{'=' * _WIDTH}")
    print(f"{number}. {scenario.title} (Nakama {scenario.nakama})")
    print(indent(fill(scenario.story, _WIDTH - 3), "   "))
    print(f"   $ autofix run --kit{options}".replace("{work}/", ""))
    print("=" * _WIDTH, flush=True)
    return run(scenario, fresh(_WORK / scenario.name), watch=True)


def _summary(outcomes: Sequence[Outcome], seconds: float) -> None:
    print(f"\n{'=' * _WIDTH}")
    print(f"{'plugin':22}{'ends':16}{'builds':>6}{'pins':>6}{'seconds':>9}  as said")
    for outcome in outcomes:
        result = outcome.result
        rounds = [each for each in result.get("rounds", ()) if each["number"] > 0]
        end = (result.get("ending") or {}).get("kind", "error")
        print(
            f"{outcome.scenario.name:22}{end:16}{len(rounds):6}"
            f"{len(result.get('pins', ())):6}{outcome.run_seconds:9.1f}"
            f"  {'yes' if outcome.passed else 'NO'}"
        )
        for problem in outcome.problems:
            print(f"  - {problem}")
    print("=" * _WIDTH)
    print(
        f"{len(outcomes)} plugins in {seconds:.0f} s. Their projects and journals are in"
    )
    print("build/demo/. All scenarios there are: .venv/bin/python -m scenarios.harness")


if __name__ == "__main__":
    sys.exit(main())
