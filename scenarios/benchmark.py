"""
Measure autofix against the same work done by hand with the answer known.

``python -m scenarios.benchmark [NAME...]`` stages each scenario anew for every way of
working, and takes the ways in turns, so that a busy machine slows all of them alike:

- ``hand``: plain docker commands, one build and one start, the answer known
- ``all``: ``autofix run``, which finds the answer by itself
- ``first``: ``autofix run --strategy first``, the classic loop
- ``sums``: go.sum compared with the server's module list (``scenarios.byhand``)

Seconds are wall time, ratios are to ``hand`` of the same turn, and what is shown is
the median. ``own`` is the processor time of autofix's main thread: what Go and the
server wait for. ``all own`` adds its other threads, which work beside them.
``plan`` is everything from the project's arrival in the builder to the first build.
A pin is *missed* if a module that must change is not at the server's version in the
end, *wrong* if another linked module is not as the known answer leaves it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from autofix.errors import ScenarioError
from autofix.images import KIT_DATABASE
from autofix.scenarios.running import fresh
from autofix.scenarios.scenario import Scenario
from autofix.scenarios.staging import stage
from scenarios.byhand import Answer, Images, by_hand, by_sums, linked
from scenarios.catalogue import load
from scenarios.kit import KitError, ensure_images

MEASURED = ("five-mismatches", "forty-mismatches")
WAYS = ("hand", "all", "sums", "first")
DATABASE = KIT_DATABASE

MOST_RATIO = 1.10
MOST_OWN = 0.5
MOST_PLAN = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One way of working, once. Seconds; ``plan`` and both ``own`` of autofix only."""

    way: str
    seconds: float
    builds: int
    starts: int
    accepted: bool
    wrong: tuple[str, ...]
    missed: tuple[str, ...]
    own: float | None = None
    all_own: float | None = None
    plan: float | None = None
    said: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Bench:
    """One scenario's measurements; ``answer`` is learnt from a first, warming run."""

    scenario: Scenario
    work: Path
    images: Images
    answer: Answer
    served: Mapping[str, str]
    after: dict[str, str] = field(default_factory=dict)
    turns: list[dict[str, Measurement]] = field(default_factory=list)

    def turn(self, ways: Sequence[str]) -> None:
        """Work once in each way."""
        measured = {way: self._measure(way) for way in ways}
        self.turns.append(measured)

    def _measure(self, way: str) -> Measurement:
        staged = stage(self.scenario, fresh(self.work / way))
        if way in ("all", "first"):
            run = autofix(staged, self.work / way, way)
            wrong, missed = self._judged(staged)
            return Measurement(
                way=way,
                seconds=run.seconds,
                builds=len(run.result["rounds"]),
                starts=run.starts,
                accepted=run.result["exit_code"] == 0,
                wrong=wrong,
                missed=missed,
                own=run.own,
                all_own=run.all_own,
                plan=run.plan,
            )
        ways: dict[str, Callable[[], Any]] = {
            "hand": lambda: by_hand(staged, self.images, self.answer),
            "sums": lambda: by_sums(staged, self.images, self.served),
        }
        done = ways[way]()
        if way == "hand" and not self.after:
            self.after = linked(staged, self.images)
        wrong, missed = self._judged(staged)
        return Measurement(
            way=way,
            seconds=done.seconds,
            builds=done.builds,
            starts=done.starts,
            accepted=done.accepted,
            wrong=wrong,
            missed=missed,
            said=tuple(done.said),
        )

    def _judged(self, project: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the wrong and the missed pins of a project that was worked on."""
        must = self.scenario.expect.pins
        found = linked(project, self.images)
        differing = {
            module
            for module, version in self.after.items()
            if found.get(module, version) != version
        }
        missed = {m for m, v in must.items() if found.get(m, v) != v}
        return tuple(sorted(differing - missed)), tuple(sorted(missed))


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of autofix: wall and own processor time, and what it wrote."""

    seconds: float
    own: float
    all_own: float
    result: Mapping[str, Any]
    events: tuple[Mapping[str, Any], ...]

    @property
    def starts(self) -> int:
        """Return how often the server was started in full."""
        return sum(
            each["event"] == "phase began" and each["phase"] == "start"
            for each in self.events
        )

    @property
    def plan(self) -> float:
        """Return the seconds from the project's arrival to the first build."""
        times = {
            (each["event"], each.get("text") or each.get("phase")): _time(each)
            for each in reversed(self.events)
        }
        arrival = times["step began", "bringing the project into the builder"]
        return times["phase began", "build"] - arrival


def autofix(project: Path, work: Path, strategy: str) -> Run:
    """Run autofix as a user does, and measure it from outside."""
    command = [sys.executable, "-m", "autofix", "run", "--kit", "--allow-dirty"]
    began = time.monotonic()
    with subprocess.Popen(
        [*command, "--strategy", strategy, "--run-dir", work / "run", project],
        # Bytecode is kept, as pip keeps an installed package's.
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[1]),
            "PYTHONDONTWRITEBYTECODE": "",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        seconds = time.monotonic() - began
        # It has ended but is not reaped: Linux still tells what its main thread spent.
        spent = Path(f"/proc/{process.pid}/task/{process.pid}/schedstat").read_text()
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0  # reaped here, for its usage
    lines = (work / "run" / "events.jsonl").read_text("utf-8").splitlines()
    return Run(
        seconds=seconds,
        own=int(spent.split()[0]) / 1e9,
        all_own=usage.ru_utime + usage.ru_stime,
        result=json.loads((work / "run" / "result.json").read_text("utf-8")),
        events=tuple(json.loads(line) for line in lines),
    )


def prepared(scenario: Scenario, work: Path) -> Bench:
    """Run autofix once, to warm every cache and to learn the answer."""
    result = autofix(stage(scenario, fresh(work / "warm")), work / "warm", "all").result
    if result["exit_code"]:
        raise ScenarioError(f"{scenario.name} did not end clean: {result['error']}")
    pins = result["pins"]
    return Bench(
        scenario=scenario,
        work=work,
        images=Images(
            server=result["server"]["reference"],
            builder=result["builder"]["reference"],
            database=DATABASE,
        ),
        answer=Answer(
            requires=tuple(f"{pin['module']}@{pin['after']}" for pin in pins),
            excludes=tuple(each for pin in pins for each in pin["excludes"]),
        ),
        served=result["server"]["modules"],
    )


_HEADER = "way     builds starts  seconds  ratio    own all own   plan  wrong missed  accepted"


def table(bench: Bench) -> str:
    """Write a scenario's medians as a table."""
    differ = len(bench.scenario.expect.pins)
    lines = [
        f"{bench.scenario.name}: {differ} modules differ, {len(bench.turns)} turns",
        _HEADER,
    ]
    for way in WAYS:
        rows = [turn[way] for turn in bench.turns if way in turn]
        if not rows:
            continue
        last = rows[-1]
        lines.append(
            f"{way:7}{last.builds:7}{last.starts:7}"
            f"{statistics.median(each.seconds for each in rows):9.2f}"
            f"{ratio(bench, way):7.2f}"
            f"{_median([each.own for each in rows]):>7}"
            f"{_median([each.all_own for each in rows]):>8}"
            f"{_median([each.plan for each in rows]):>7}"
            f"{len(last.wrong):7}{len(last.missed):7}"
            f"  {'yes' if last.accepted else 'NO'}"
        )
    return "\n".join(lines)


def ratio(bench: Bench, way: str) -> float:
    """Return the median of a way's seconds over hand's of the same turn."""
    return statistics.median(
        turn[way].seconds / turn["hand"].seconds for turn in bench.turns if way in turn
    )


def problems(bench: Bench) -> list[str]:
    """Say which of the promises for strategy ``all`` the measurements break."""
    rows = [turn["all"] for turn in bench.turns]
    own = statistics.median(each.own or 0.0 for each in rows)
    plan = statistics.median(each.plan or 0.0 for each in rows)
    limits = {
        "times the work by hand": (ratio(bench, "all"), MOST_RATIO),
        "s of its own": (own, MOST_OWN),
        "s to plan": (plan, MOST_PLAN),
    }
    name = bench.scenario.name
    found = [
        f"{name}: {value:.2f} {words}, more than {most:.2f}"
        for words, (value, most) in limits.items()
        if value > most
    ]
    found += [
        f"{name}: not one build, one start and the right pins: {each}"
        for each in rows
        if (each.builds, each.starts, each.accepted) != (1, 1, True)
        or each.wrong
        or each.missed
    ]
    return found


def _median(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{statistics.median(known):.2f}" if known else "-"


def _time(event: Mapping[str, Any]) -> float:
    return datetime.fromisoformat(event["time"]).timestamp()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return 1 if a promise is broken."""
    parser = argparse.ArgumentParser(prog="python -m scenarios.benchmark")
    parser.add_argument("names", nargs="*", metavar="NAME", default=MEASURED)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument(
        "--once",
        nargs="*",
        choices=WAYS,
        default=("sums", "first"),
        help="ways that are measured in the first turn only: they take minutes",
    )
    parser.add_argument("--skip", nargs="*", choices=WAYS[2:], default=())
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures")
    given = parser.parse_args(arguments)
    ways = [way for way in WAYS if way not in given.skip]
    broken: list[str] = []
    figures = {}
    try:
        scenarios = [load(name) for name in given.names]
        ensure_images({tag for one in scenarios for tag in one.releases})
        for scenario in scenarios:
            with tempfile.TemporaryDirectory(prefix="autofix-benchmark-") as work:
                bench = prepared(scenario, Path(work))
                for number in range(given.turns):
                    often = [way for way in ways if not number or way not in given.once]
                    bench.turn(often)
            print(table(bench), end="\n\n", flush=True)
            broken += problems(bench)
            figures[scenario.name] = [
                {way: asdict(each) for way, each in turn.items()}
                for turn in bench.turns
            ]
    except (ScenarioError, KitError) as error:
        print(error, file=sys.stderr)
        return 2
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n")
    print("\n".join(broken or ["every promise is kept"]))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
