"""What compare foretells of the scenarios' plugins is what the kit's server says."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from autofix.comparing import Reader, compared
from autofix.core.compare import Cause
from autofix.engines.docker import DockerEngine
from autofix.scenarios.scenario import BuildStep, Scenario
from autofix.scenarios.staging import stage
from autofix.server import Plugin, check
from scenarios.catalogue import load
from scenarios.kit import ensure_images
from scenarios.kit.recipes import server_reference

pytestmark = pytest.mark.live

NAMED = re.compile(r'different version of package ([^"\\\s]+)')
CRASHED = "no plugin module data"


def built(scenario: Scenario, work: Path) -> Path:
    """Build the plugin as it is in the scenario and return the file."""
    steps = [step for step in scenario.prepare if isinstance(step, BuildStep)]
    if not steps:
        steps = [BuildStep(output="given/compared.so", builder=scenario.nakama)]
    stage(replace(scenario, prepare=tuple(steps)), work)
    return work / steps[0].output


@pytest.mark.parametrize(
    "name",
    [
        "direct-too-new",
        "direct-too-old",
        "five-mismatches",
        "go-minor",
        "go-patch",
        "healthy",
        "no-trimpath",
        "replace-defeats",
        "transitive-too-new",
    ],
)
def test_the_server_says_what_was_foretold(
    engine: DockerEngine, name: str, tmp_path: Path
) -> None:
    """Read from image and file; every root is a module that the scenario pins."""
    scenario = load(name)
    ensure_images([scenario.nakama])
    plugin = built(scenario, tmp_path)
    server = server_reference(scenario.nakama)
    with Reader(open_engine=_another_engine) as reader:
        found = compared(reader, server, str(plugin))
    said = check(
        engine,
        engine.image([server], role="server"),
        Plugin(path=plugin, name="backend.so"),
        seconds=60,
    )
    text = "\n".join(line.text for line in said.lines)
    named = NAMED.search(text)
    roots = {group.module: group.server for group in found.of(Cause.ROOT)}

    assert found.foretelling.package == (named[1] if named else "")
    assert found.equal == (not text)
    assert (found.foretelling.basis == "other-go") == (CRASHED in text)
    assert roots.items() <= scenario.expect.pins.items()


def _another_engine() -> DockerEngine:
    return DockerEngine.from_environment(
        run_id=f"compare-{os.getpid()}", environment=os.environ
    )
