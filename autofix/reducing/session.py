"""A reduction from its origin to a folder that is a scenario."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from autofix import __version__
from autofix.conclude import exit_code, fit_results, new_excludes, pin_results
from autofix.config import Config
from autofix.core.gomod import GoMod
from autofix.core.model import Diagnosis, EndKind
from autofix.core.rounds import identity
from autofix.core.sameness import Failure, alike, same_end
from autofix.core.state import Strategy
from autofix.engines.opening import Opened
from autofix.errors import NotReproducedError, UsageError
from autofix.reducing.bench import Bench, Performed, open_bench
from autofix.reducing.candidates import digest_of, files_of
from autofix.reducing.origin import Origin
from autofix.reducing.progress import Progress
from autofix.reducing.reducer import Limits, Outcome, Reducer, Watcher
from autofix.report.base import Reporter
from autofix.result import PinResult
from autofix.scenarios.quoting import lasting_words
from autofix.scenarios.scenario import (
    GIVEN,
    MODULES,
    STRATEGIES,
    Expectation,
    ExpectedDiagnosis,
    Scenario,
)
from autofix.scenarios.writing import write_scenario

SERVER_CONFIG = "local.yml"
_PASSED_ON = ("package", "tags", "ldflags")
"""Settings that decide what is built; a scenario's options."""
PROGRESS = "progress"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a plugin is: files, lines of Go, requirements that are direct."""

    files: int
    lines: int
    requirements: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduced:
    """
    What a reduction came to.

    ``failure`` is what was kept and ``quoted`` the program's own words of the reduced
    plugin, "" if it did not fail the same way when it was run in the end. ``before``
    and ``after`` are the sizes.
    """

    origin: Origin
    scenario: Scenario
    outcome: Outcome
    failure: Failure
    quoted: str
    before: Size
    after: Size

    @property
    def succeeded(self) -> bool:
        """Tell whether the smallest was found, and fails as the untouched one did."""
        return bool(self.quoted) and self.outcome.limit is None


def reduced(
    origin: Origin,
    opened: Opened,
    *,
    into: Path,
    limits: Limits,
    watcher: Watcher,
    reporter: Reporter,
) -> Reduced:
    """
    Reduce a plugin to the smallest that still fails the same way; write a scenario.

    NotReproducedError if it does not fail here, or otherwise than the run did;
    UsageError if ``into`` is not empty. The origin itself is not touched.
    """
    if into.exists() and any(into.iterdir()):
        raise UsageError(f"{into} is not empty.", todo="Give a new folder: --into DIR.")
    with open_bench(
        opened,
        origin.config,
        folder=origin.start,
        module=origin.module,
        policy=origin.policy,
        reporter=reporter,
    ) as bench:
        reporter.note(text="looking how the untouched plugin fails")
        failure = _failure(bench, origin)
        scratch = origin.home / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        outcome = Reducer(
            oracle=bench,
            failure=failure,
            progress=Progress.found(
                origin.home / PROGRESS, _question(bench, origin, failure), origin.start
            ),
            module=origin.module,
            scratch=scratch,
            watcher=watcher,
            limits=limits,
        ).reduced()
        reporter.note(text="running what is left as a scenario")
        scenario, quoted = _scenario(bench, origin, outcome, failure, into)
        told = Reduced(
            origin=origin,
            scenario=scenario,
            outcome=outcome,
            failure=failure,
            quoted=quoted,
            before=_size(bench, origin.start),
            after=_size(bench, outcome.folder),
        )
    # One that was cut short goes on from here; of another, the scenario is all.
    shutil.rmtree(origin.home if told.succeeded else scratch, ignore_errors=True)
    return told


def _failure(bench: Bench, origin: Origin) -> Failure:
    """
    Find the failure to be kept in the untouched plugin.

    How the run ended, where the plugin itself was the reason and a first failure is
    not the same already; else the first failure.
    """
    first = bench.first_failure(origin.start)
    if origin.ending is None:
        if first is None:
            raise NotReproducedError(
                f"The plugin of {origin.name} loads as it is: there is no failure "
                "to reduce.",
                why="A run mends some things before anything fails, and it may have "
                "been another server.",
            )
        return first
    if first is not None and alike(first.diagnosis, origin.ending.diagnosis):
        return first
    end = bench.end(origin.start)
    if end is None or not same_end(origin.ending, end.ending):
        found = f"with {end.name}" if end else "clean"
        raise NotReproducedError(
            f"The run ended with {origin.ending.kind}, and here it ends {found}.",
            why="Another server or other versions of modules than on that day.",
            todo="'autofix reproduce RUN' shows what differs.",
        )
    return end


def _question(bench: Bench, origin: Origin, failure: Failure) -> str:
    """Identify what is asked, so that only answers to the same are used again."""
    told = (
        __version__,
        digest_of(origin.start),
        bench.facts.digest,
        bench.facts.go,
        failure.phase,
        failure.ending.kind if failure.ending else "",
        identity(failure.diagnosis) if failure.diagnosis else "",
        *(str(getattr(origin.config, name)) for name in _PASSED_ON),
    )
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:24]


def _scenario(
    bench: Bench, origin: Origin, outcome: Outcome, failure: Failure, into: Path
) -> tuple[Scenario, str]:
    """Run what is left by both strategies, and write it with what came of it."""
    classic = bench.performed(outcome.folder, Strategy.FIRST)
    foreseen = bench.performed(outcome.folder, Strategy.ALL)
    seen = tuple(each.diagnosis for each in classic.state.rounds if each.diagnosis)
    expect = _expected(foreseen, seen)
    same = expect.pins == _expected(classic, seen).pins
    clean = expect.end == EndKind.CLEAN
    config = origin.config
    scenario = write_scenario(
        Scenario(
            name=into.name,
            path=into,
            title=_title(failure),
            story=f"Reduced in {outcome.steps} steps to what still fails.",
            nakama=bench.facts.release,
            folder=origin.module,
            options=tuple(_options(config, bench.facts.release)),
            strategies=STRATEGIES if same else ("all",),
            expect=replace(
                expect, classic_builds=_builds(classic) if same and clean else None
            ),
        ),
        plugin=outcome.folder,
        given=_given(config, origin.home / "scratch"),
        modules=config.modules,
    )
    if failure.ending is not None:
        again = same_end(failure.ending, foreseen.state.ending)
        told = failure.diagnosis.quoted if failure.diagnosis else failure.ending.words
        return scenario, told if again else ""
    said = (each.quoted for each in seen if alike(each, failure.diagnosis))
    return scenario, next(said, "")


def _title(failure: Failure) -> str:
    about = failure.diagnosis.facts.get("package", "") if failure.diagnosis else ""
    return f"{failure.name}: {about}" if about else failure.name


def _expected(performed: Performed, seen: tuple[Diagnosis, ...]) -> Expectation:
    state = performed.state
    kind = state.ending.kind if state.ending else EndKind.UNFIXABLE
    clean = kind is EndKind.CLEAN
    empty = GoMod(module="", go="", toolchain="")
    excludes = new_excludes(state.original or empty, state.gomod or empty)
    return Expectation(
        exit_code=exit_code(state.ending) if state.ending else 1,
        end=kind.value,
        builds=_builds(performed) if clean else None,
        diagnoses=tuple(map(_diagnosis, seen)),
        pins=_versions(pin_results(state)) if clean else {},
        fits=_versions(fit_results(state)) if clean else {},
        excludes=tuple(map(str, excludes)) if clean else (),
        files=performed.changed if clean else (),
    )


def _diagnosis(seen: Diagnosis) -> ExpectedDiagnosis:
    return ExpectedDiagnosis(
        failure_class=seen.failure_class.value,
        name=seen.name,
        module=seen.facts.get("module", ""),
        package=seen.facts.get("package", ""),
        says=lasting_words(seen.quoted),
    )


def _versions(pins: Iterable[PinResult]) -> dict[str, str]:
    return {pin.module: pin.after for pin in pins}


def _builds(performed: Performed) -> int:
    return sum(each.number > 0 for each in performed.state.rounds)


def _options(config: Config, release: str) -> Iterator[str]:
    """Return the options by which the scenario is run as the candidates were."""
    if release:
        yield from ("--nakama", release)
    for name in _PASSED_ON:
        value = str(getattr(config, name))
        if value:
            yield from (f"--{name}", value)
    if config.modules is not None:
        yield from ("--modules", f"{{work}}/{MODULES}")
    if config.server_config is not None:
        yield from ("--server-config", f"{{work}}/{GIVEN}/{SERVER_CONFIG}")


def _given(config: Config, scratch: Path) -> Path | None:
    """Lay out what is given beside the plugin; None if nothing is."""
    if config.server_config is None:
        return None
    folder = scratch / GIVEN
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(config.server_config, folder / SERVER_CONFIG)
    return folder


def _size(bench: Bench, folder: Path) -> Size:
    names = files_of(folder)
    gomod = bench.go_mod(folder)
    return Size(
        files=len(names),
        lines=sum(
            len((folder / name).read_bytes().splitlines())
            for name in names
            if name.endswith(".go")
        ),
        requirements=sum(not each.indirect for each in gomod.requires) if gomod else 0,
    )
