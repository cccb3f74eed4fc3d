"""
Run a scenario as its user would, and tell whether it ends as its file says.

Each gets a folder with a git repository, an autofix process and a state folder of its
own; only the engine is shared.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autofix.config import Config
from autofix.core.codec import CodecError, decode
from autofix.core.imageref import parse_image
from autofix.core.model import Diagnosis
from autofix.runfolder import JOURNAL
from autofix.runs import read_journal
from autofix.scenarios.comparison import problems_of
from autofix.scenarios.foresight import disagreements, run_folders
from autofix.scenarios.scenario import PLUGIN, Scenario
from autofix.scenarios.staging import stage
from autofix.scenarios.workshop import EngineWorkshop, Note, Workshop

RUN_SECONDS = 900
END_SECONDS = 60
"""How long a run that is asked to end may take to clean up."""
EXPLAINED = "explained"
"""How a scenario ends that only has its words explained."""

Surroundings = Callable[[Scenario, Path], AbstractContextManager[Mapping[str, str]]]
"""Serves what a scenario's user can reach below a work folder; the user's variables."""


def nothing_around(_scenario: Scenario, _work: Path) -> nullcontext[dict[str, str]]:
    """Serve nothing: its user has what this process has."""
    return nullcontext({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """
    How scenarios are run: where, with which strategy, and what is around them.

    ``config`` says which engine, server and images a run gets; the rest of it is the
    scenario's own affair.
    """

    config: Config = field(default_factory=Config)
    strategy: str = "all"
    surroundings: Surroundings = nothing_around
    workshop: Workshop | None = None
    """Where plugins are prepared; by default the engine of ``config``."""
    official: bool = False
    """Whether a server that is not Nakama's own is a problem."""

    def options(self, scenario: Scenario) -> tuple[str, ...]:
        """Return the options of ``autofix run``."""
        config = self.config
        return (
            *("--engine", config.engine, "--strategy", self.strategy),
            *(("--server", str(config.server)) if config.server else ()),
            "--kit" if config.kit else "--no-kit",
            *(("--ca-bundle", str(config.ca_bundle)) if config.ca_bundle else ()),
            *scenario.options,
        )

    def variables(self) -> Mapping[str, str]:
        """Return what is not for a command line, where everybody can read it."""
        database = self.config.database
        return {"AUTOFIX_DATABASE": database} if database else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What came of a scenario.

    ``problems`` are the differences from what was expected, none if it ended as its
    file says; ``result`` is autofix's own JSON result (empty if it wrote none),
    ``diagnoses`` are all that its journals have, ``changed`` what git sees changed in
    the project, ``gomods`` its go.mod files.
    """

    scenario: Scenario
    engine: str
    strategy: str
    problems: tuple[str, ...]
    exit_code: int
    result: Mapping[str, Any]
    diagnoses: tuple[Diagnosis, ...]
    output: str
    changed: tuple[str, ...]
    gomods: Mapping[Path, str]
    prepare_seconds: float
    run_seconds: float

    @property
    def passed(self) -> bool:
        """Tell whether everything was as expected."""
        return not self.problems

    @property
    def end(self) -> str:
        """Return the typed end, or the code of the error that prevented one."""
        ending = self.result.get("ending") or {}
        return str(ending.get("kind") or self.result.get("error_code", ""))


def run(
    scenario: Scenario,
    work: Path,
    way: Way,
    *,
    watch: bool = False,
    note: Note = lambda _line: None,
) -> Outcome:
    """
    Stage a scenario below ``work``, run autofix on it and compare.

    With ``watch`` autofix speaks to this terminal as it does to a user; otherwise its
    words are kept for the report. ``note`` hears what the preparing builds print.
    """
    started = time.monotonic()
    workshop = way.workshop or EngineWorkshop(config=way.config)
    folder = stage(scenario, work, workshop, note)
    prepared = time.monotonic()
    given = _given(scenario, folder, way)
    exit_code, output = _autofix(scenario, work, way, given, watch=watch)
    ended = time.monotonic()
    runs = run_folders(work / "state")
    diagnoses = tuple(each for run in runs for each in _diagnoses(run))
    result: Mapping[str, Any] = _result(work)
    if scenario.explains:
        diagnoses = _explained(output)
        result = {"ending": {"kind": EXPLAINED}} if diagnoses else {}
    project = work / PLUGIN
    changed = _changed(project)
    gomods = {
        path.relative_to(project): path.read_text("utf-8") for path in _gomods(project)
    }
    problems = problems_of(
        scenario,
        exit_code=exit_code,
        result=result,
        diagnoses=diagnoses,
        output=output,
        changed=changed,
        gomods=gomods,
        classic=way.strategy == "first",
    )
    return Outcome(
        scenario=scenario,
        engine=way.config.engine,
        strategy=way.strategy,
        problems=(
            *problems,
            *(each for run in runs for each in disagreements(run)),
            *(_stand_in(result) if way.official else ()),
        ),
        exit_code=exit_code,
        result=result,
        diagnoses=diagnoses,
        output=output,
        changed=changed,
        gomods=gomods,
        prepare_seconds=prepared - started,
        run_seconds=ended - prepared,
    )


def again(
    scenario: Scenario, work: Path, way: Way, *options: str
) -> tuple[int, Mapping[str, Any], str]:
    """
    Run autofix once more on what ``run`` left below ``work``.

    Returns its exit code, its result and what it said.
    """
    folder = work / PLUGIN / scenario.folder
    for made in ("state", "home"):
        shutil.rmtree(work / made, ignore_errors=True)
    given = (*_given(scenario, folder, way), "--allow-dirty", *options)
    exit_code, output = _autofix(scenario, work, way, given)
    return exit_code, _result(work), output


def fresh(work: Path) -> Path:
    """Make an empty folder, without what an earlier run left in it."""
    if work.exists():
        shutil.rmtree(work)
    work.mkdir(parents=True)
    return work.resolve()


def _given(scenario: Scenario, folder: Path, way: Way) -> tuple[str, ...]:
    """Return the command and its arguments, ``{work}`` not yet replaced."""
    if scenario.explains:
        return ("explain", f"{{work}}/{scenario.explains}")
    return ("run", *way.options(scenario), str(folder))


def _autofix(
    scenario: Scenario,
    work: Path,
    way: Way,
    given: Sequence[str],
    *,
    watch: bool = False,
) -> tuple[int, str]:
    command = [sys.executable, "-m", "autofix"]
    command += [each.replace("{work}", str(work)) for each in given]
    # What was explained cannot be known from what is shown.
    watch = watch and not scenario.explains
    if not watch:
        command += ["--output-format", "json"]
    with way.surroundings(scenario, work) as variables:
        environment = _environment(work, {**way.variables(), **variables})
        return _heard(command, environment, watch=watch)


def _heard(
    command: Sequence[str], environment: Mapping[str, str], *, watch: bool
) -> tuple[int, str]:
    """
    Run a command to its end; return its exit code and all it said.

    One that takes too long, or that this process cannot wait for any more, is asked
    to end, so that it removes what it has in the engine.
    """
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=None if watch else subprocess.PIPE,
        stderr=None if watch else subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as child:
        try:
            output, _ = child.communicate(timeout=RUN_SECONDS)
        except subprocess.TimeoutExpired:
            child.terminate()
            output, _ = child.communicate(timeout=END_SECONDS)
            output = f"{output or ''}\nIt was ended after {RUN_SECONDS} s.\n"
        except BaseException:
            child.terminate()
            with suppress(subprocess.TimeoutExpired):
                child.wait(END_SECONDS)
            child.kill()
            raise
    return child.returncode, output or ""


def _environment(work: Path, variables: Mapping[str, str]) -> Mapping[str, str]:
    """Return the environment of a process that runs this very autofix."""
    own = str(Path(__file__).parents[2])
    paths = (own, os.environ.get("PYTHONPATH", ""))
    return {
        **os.environ,
        **variables,
        "XDG_STATE_HOME": str(work / "state"),
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
    }


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


def _stand_in(result: Mapping[str, Any]) -> Iterator[str]:
    """Say that the server was not Nakama, or an image that is not its publisher's."""
    server = result.get("server")
    if server:
        image = parse_image(server["reference"])
        if server["stand_in"] or image is None or not image.is_official:
            yield f"server: not Nakama's own, but {server['reference']}"


def _explained(output: str) -> tuple[Diagnosis, ...]:
    """Read the JSON of ``autofix explain``; nothing if it is none."""
    try:
        return tuple(
            decode(each, Diagnosis) for each in json.loads(output)["diagnoses"]
        )
    except (ValueError, LookupError, TypeError, CodecError):
        return ()


def _diagnoses(run: Path) -> Iterator[Diagnosis]:
    _, entries = read_journal(run / JOURNAL)
    yield from (each.diagnosis for each in entries if each.diagnosis is not None)


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
