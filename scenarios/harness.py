"""
Run scenarios against autofix and tell whether each ends as its file says.

``python -m scenarios.harness [NAME...]`` runs them one after the other. Each gets its
own folder with a git repository, its own autofix process and its own state folder;
the engine and the kit's images are shared.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autofix.errors import ScenarioError
from autofix.scenarios.comparison import problems_of
from autofix.scenarios.foresight import disagreements, run_folders
from autofix.scenarios.scenario import ENGINES, Scenario
from scenarios.catalogue import load, names
from scenarios.kit import KitError
from scenarios.privatehost import private_host, private_variables
from scenarios.staging import stage
from scenarios.workshops import WORKSHOPS, Note

RUN_SECONDS = 900
EXPLAINED = "explained"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What came of a scenario.

    ``problems`` are the differences from what was expected, none if it ended as its
    file says; ``result`` is autofix's own JSON result (empty if it wrote none),
    ``changed`` what git sees changed in the project, ``gomods`` its go.mod files.
    """

    scenario: Scenario
    problems: tuple[str, ...]
    exit_code: int
    result: Mapping[str, Any]
    output: str
    changed: tuple[str, ...]
    gomods: Mapping[Path, str]
    prepare_seconds: float
    run_seconds: float

    @property
    def passed(self) -> bool:
        """Tell whether everything was as expected."""
        return not self.problems


def run(
    scenario: Scenario,
    work: Path,
    *,
    strategy: str = "all",
    engine: str = "docker",
    watch: bool = False,
    note: Note = lambda _line: None,
) -> Outcome:
    """
    Stage a scenario below ``work``, run autofix on it and compare.

    With ``watch`` autofix speaks to this terminal as it does to a user; otherwise its
    words are kept for the report. ``note`` hears what the preparing builds print.
    """
    started = time.monotonic()
    folder = stage(scenario, work, note, engine=engine)
    prepared = time.monotonic()
    given = ["explain", str(work / scenario.explains)]
    if not scenario.explains:
        where = WORKSHOPS[engine].options(scenario)
        options = (*where, "--strategy", strategy, *scenario.options)
        given = ["run", *options, str(folder)]
    with _surroundings(scenario, work, engine) as variables:
        if scenario.explains and watch:
            _autofix(given, work, variables, watch=True)
        watched = watch and not scenario.explains
        exit_code, output = _autofix(given, work, variables, watch=watched)
    ended = time.monotonic()
    result = _explanation(output) if scenario.explains else _result(work)
    project = work / "plugin"
    changed = _changed(project)
    gomods = {
        path.relative_to(project): path.read_text("utf-8") for path in _gomods(project)
    }
    problems = problems_of(
        scenario,
        exit_code=exit_code,
        result=result,
        output=output,
        changed=changed,
        gomods=gomods,
        classic=strategy == "first",
    )
    for folder in run_folders(work / "state"):
        problems = (*problems, *disagreements(folder))
    return Outcome(
        scenario=scenario,
        problems=problems,
        exit_code=exit_code,
        result=result,
        output=output,
        changed=changed,
        gomods=gomods,
        prepare_seconds=prepared - started,
        run_seconds=ended - prepared,
    )


def again(
    scenario: Scenario, work: Path, *options: str
) -> tuple[int, Mapping[str, Any], str]:
    """
    Run autofix once more on what ``run`` left below ``work``.

    Returns its exit code, its result and what it said.
    """
    folder = work / "plugin" / scenario.folder
    where = WORKSHOPS["docker"].options(scenario)
    given = ("run", *where, "--allow-dirty", *scenario.options, *options, str(folder))
    for made in ("state", "home"):
        shutil.rmtree(work / made, ignore_errors=True)
    with _surroundings(scenario, work, "docker") as variables:
        exit_code, output = _autofix(given, work, variables, watch=False)
    return exit_code, _result(work), output


def fresh(work: Path) -> Path:
    """Make an empty folder, without what an earlier run left in it."""
    if work.exists():
        shutil.rmtree(work)
    work.mkdir(parents=True)
    return work.resolve()


def report(outcome: Outcome) -> str:
    """Tell a person how a scenario ended, with autofix's own words if it failed."""
    word = "ok" if outcome.passed else "FAILED"
    first = (
        f"{word:7}{outcome.scenario.name:28}"
        f"{outcome.prepare_seconds:6.1f} s prepared {outcome.run_seconds:6.1f} s run"
    )
    if outcome.passed:
        return first
    said = json.dumps(outcome.result, indent=1)[:6000] if outcome.result else "nothing"
    return "\n".join(
        (
            first,
            *(f"  - {problem}" for problem in outcome.problems),
            "  autofix said:",
            *(f"    {line}" for line in outcome.output[-6000:].splitlines()),
            "  and its result was:",
            *(f"    {line}" for line in said.splitlines()),
        )
    )


@contextmanager
def _surroundings(
    scenario: Scenario, work: Path, engine: str
) -> Iterator[Mapping[str, str]]:
    """Serve what the scenario's user can reach; yield the user's environment."""
    if scenario.private is None:
        yield {}
        return
    source, home = scenario.path / "private", work / "home"
    with private_host(scenario.private, source, home):
        own = WORKSHOPS[engine].variables(home)
        yield {**private_variables(scenario.private, home), **own}


def _autofix(
    given: Sequence[str], work: Path, variables: Mapping[str, str], *, watch: bool
) -> tuple[int, str]:
    command = [sys.executable, "-m", "autofix"]
    command += [word.replace("{work}", str(work)) for word in given]
    if not watch:
        command += ["--output-format", "json"]
    environment = {**os.environ, **variables, "XDG_STATE_HOME": str(work / "state")}
    root = str(Path(__file__).parents[1])
    environment["PYTHONPATH"] = os.pathsep.join(
        filter(None, (root, environment.get("PYTHONPATH", "")))
    )
    finished = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=None if watch else subprocess.PIPE,
        stderr=None if watch else subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=RUN_SECONDS,
        check=False,
    )
    return finished.returncode, finished.stdout or ""


def _explanation(output: str) -> dict[str, Any]:
    """Read what ``autofix explain`` said as if a run had met it before any build."""
    try:
        found = json.loads(output)["diagnoses"]
    except (ValueError, LookupError):
        return {}
    rounds = [{"number": 0, "diagnosis": diagnosis} for diagnosis in found]
    return {"ending": {"kind": EXPLAINED}, "rounds": rounds}


def _result(work: Path) -> dict[str, Any]:
    """
    Read the result that every run leaves in its run folder.

    Those of several modules are put together; the first that is not clean ends them.
    """
    runs = sorted((work / "state").glob("autofix/runs/*/result.json"))
    found = [path for path in runs if not path.parent.is_symlink()]
    results: list[dict[str, Any]] = [json.loads(each.read_text()) for each in found]
    if len(results) < 2:  # noqa: PLR2004
        return results[0] if results else {}
    failed = [each for each in results if each["exit_code"]]
    joined = {
        key: [item for each in results for item in each[key]]
        for key in ("pins", "rounds", "findings")
    }
    return {**(failed or results)[0], **joined}


def _changed(project: Path) -> tuple[str, ...]:
    """List what git sees changed, vendor/ as one path."""
    seen = subprocess.run(
        ["git", "-C", str(project), "status", "--porcelain", "--ignored"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    paths = (line[3:].strip('"') for line in seen.splitlines())
    return tuple(
        dict.fromkeys(
            path[: path.index("vendor/") + 6] if "vendor/" in path else path
            for path in paths
        )
    )


def _gomods(project: Path) -> Iterable[Path]:
    return (path for path in project.rglob("go.mod") if "vendor" not in path.parts)


def _strategy(scenario: Scenario, wanted: str) -> str:
    """Take the strategy that is wanted, or the only one a scenario is shown with."""
    return wanted if wanted in scenario.strategies else scenario.strategies[0]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the scenarios named (default: all); return 1 if one did not end as said."""
    parser = argparse.ArgumentParser(prog="python -m scenarios.harness")
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all")
    parser.add_argument(
        "--strategy", choices=("all", "first"), default="all", help="as autofix run has"
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
            shown = [
                one for one in chosen if (given.engine or one.engines[0]) == engine
            ]
            WORKSHOPS[engine].ensure({tag for one in shown for tag in one.releases})
    except (ScenarioError, KitError) as error:
        print(error, file=sys.stderr)
        return 2
    failed = 0
    for scenario in chosen:
        with tempfile.TemporaryDirectory(prefix="autofix-scenario-") as temporary:
            work = fresh((given.keep or Path(temporary)) / scenario.name)
            outcome = run(
                scenario,
                work,
                strategy=_strategy(scenario, given.strategy),
                engine=given.engine or scenario.engines[0],
                watch=given.watch,
            )
        failed += not outcome.passed
        print(report(outcome), flush=True)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
