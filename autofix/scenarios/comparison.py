"""Compare what came of a run with what its scenario expects; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from autofix.core.model import Diagnosis
from autofix.scenarios.scenario import ExpectedDiagnosis, Scenario


def problems_of(
    scenario: Scenario,
    *,
    exit_code: int,
    result: Mapping[str, Any],
    diagnoses: Sequence[Diagnosis],
    output: str,
    changed: tuple[str, ...],
    gomods: Mapping[Path, str],
    classic: bool,
) -> tuple[str, ...]:
    """
    List in words what is not as expected.

    ``diagnoses`` are all that were made, in order. ``gomods`` are the contents of the project's go.mod files afterwards; ``classic``
    tells whether the strategy was ``first``.
    """
    expect = scenario.expect
    found: list[str] = []

    def same(what: str, expected: object, actual: object) -> None:
        if expected != actual:
            found.append(f"{what}: expected {expected!r}, was {actual!r}")

    same("exit code", expect.exit_code, exit_code)
    ending = result.get("ending") or {}
    same("end", expect.end, ending.get("kind", ""))
    if expect.error and result:
        same("error", expect.error, result.get("error_code", ""))
    same("changed files", set(expect.files), set(changed))
    same(
        "pins",
        dict(expect.pins) if expect.end == "clean" else {},
        {pin["module"]: pin["after"] for pin in result.get("pins", ())}
        if expect.end == "clean"
        else {},
    )
    if expect.end == "clean":
        fits = {fit["module"]: fit["after"] for fit in result.get("fits", ())}
        same("libraries moved", dict(expect.fits), fits)
    found.extend(_missing_lines(scenario, gomods))
    rounds = result.get("rounds", ())
    built = [each for each in rounds if each["number"] > 0]
    builds = expect.classic_builds if classic else expect.builds
    if builds is not None:
        same("builds", builds, len(built))
    if classic or "first" not in scenario.strategies:
        found.extend(_diagnosis_problems(expect.diagnoses, diagnoses))
    named = {finding["name"] for finding in result.get("findings", ())}
    found.extend(
        f"finding {name!r} was not made; made were {sorted(named)}"
        for name in expect.findings
        if name not in named
    )
    spoken = output + repr(dict(result))
    found.extend(
        f"nothing said {text!r}"
        for text in expect.output_contains
        if text not in spoken
    )
    return tuple(found)


def _missing_lines(scenario: Scenario, gomods: Mapping[Path, str]) -> Iterator[str]:
    """Find pins and excludes that no go.mod of the project has."""
    present = {line for text in gomods.values() for line in directives(text)}
    for module, version in {**scenario.expect.pins, **scenario.expect.fits}.items():
        if ("require", module, version) not in present:
            yield f"go.mod does not require {module} {version}"
    for exclude in scenario.expect.excludes:
        module, _, version = exclude.partition("@")
        if ("exclude", module, version) not in present:
            yield f"go.mod does not exclude {module} {version}"


def directives(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield (verb, module, version) for each require and exclude of a go.mod."""
    block = ""
    for line in text.splitlines():
        words = line.split()
        if words[1:2] == ["("]:
            block = words[0]
        elif words[:1] == [")"]:
            block = ""
        elif block and len(words) > 1:
            yield block, words[0], words[1]
        elif words[:1] in (["require"], ["exclude"]):
            yield words[0], words[1], words[2]


def _diagnosis_problems(
    expected: Sequence[ExpectedDiagnosis], seen: Sequence[Diagnosis]
) -> Iterator[str]:
    if len(expected) != len(seen):
        names = [f"{each.name} {dict(each.facts)}" for each in seen]
        yield f"diagnoses: expected {len(expected)}, were {len(seen)}: {names}"
    for number, (wanted, was) in enumerate(zip(expected, seen, strict=False), start=1):
        actual = ExpectedDiagnosis(
            failure_class=was.failure_class.value,
            name=was.name if wanted.name else "",
            module=was.facts.get("module", "") if wanted.module else "",
            package=was.facts.get("package", "") if wanted.package else "",
            says=wanted.says if wanted.says in was.quoted else was.quoted,
        )
        if wanted != actual:
            yield f"diagnosis {number}: expected {wanted}, was {actual}"
