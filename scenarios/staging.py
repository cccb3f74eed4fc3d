"""
Lay a scenario out as its user would have it: a git repository in a work folder.

What cannot be committed is made here by the scenario's ``[[prepare]]`` steps. A build
runs in the builder image of the release the step names, so that a "plugin built by
another Go" really is one.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import assert_never

from scenarios.images import builder_image
from scenarios.kit.build import machine_ca_bundle
from scenarios.kit.engine import ContextFile, file_from, open_engine
from scenarios.scenario import (
    BuildStep,
    MachineStep,
    Scenario,
    Step,
    VendorStep,
    WriteStep,
)

Note = Callable[[str], None]

_BUILD_FOLDER = "/builder"
_RESULT = "/result"
_CACHE = "/var/cache/autofix-scenarios"
_CACHE_VOLUME = "autofix-scenarios-go"
_ELF_MACHINES = {"amd64": 62, "arm64": 183, "386": 3, "riscv64": 243}
_PASSED_ON = ("GOPROXY", "GONOSUMDB", "GONOSUMCHECK", "GOPRIVATE", "GOSUMDB")


def stage(scenario: Scenario, work: Path, note: Note = lambda _line: None) -> Path:
    """
    Lay the scenario out below ``work`` and return the folder to run autofix in.

    ``work/plugin`` is a git repository with everything committed, ``work/given``
    holds what prepare steps made beside it, ``work/modules`` a folder of that name
    in the scenario.
    """
    project = work / "plugin"
    shutil.copytree(scenario.path / "plugin", project, symlinks=True)
    (work / "given").mkdir()
    if (scenario.path / "modules").is_dir():
        shutil.copytree(scenario.path / "modules", work / "modules")
    for step in scenario.prepare:
        _perform(step, project / scenario.folder, work, note)
    _commit(project)
    return project / scenario.folder


def _perform(step: Step, project: Path, work: Path, note: Note) -> None:
    match step:
        case BuildStep():
            edits = "".join(f"go mod edit -require={one}\n" for one in step.requires)
            flags = " ".join(step.flags)
            script = (
                f"{edits}go build {flags} -mod=mod -buildvcs=false "
                f"-buildmode=plugin -o {_RESULT} ."
            )
            built = _in_builder(step.builder, script, project, note)
            (work / step.output).write_bytes(built)
        case VendorStep():
            script = f"go mod vendor && tar -cf {_RESULT} vendor"
            packed = _in_builder(step.builder, script, project, note)
            with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
                archive.extractall(project, filter="data")
        case MachineStep(file=file, machine=machine):
            content = bytearray((work / file).read_bytes())
            content[18:20] = _ELF_MACHINES[machine].to_bytes(2, "little")
            (work / file).write_bytes(content)
        case WriteStep(file=file, text=text, hex=digits, length=length):
            content = bytearray(text.encode() or bytes.fromhex(digits))
            content.extend(bytes(max(0, length - len(content))))
            (work / file).write_bytes(content)
        case _:
            assert_never(step)


def _in_builder(release: str, script: str, project: Path, note: Note) -> bytes:
    """Run a script over a copy of the project in a release's builder."""
    given = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    files = [
        ContextFile(path=str(path.relative_to(project)), content=path.read_bytes())
        for path in sorted(project.rglob("*"))
        if path.is_file()
    ]
    with open_engine() as engine:
        container = engine.compile(
            builder_image(release),
            script,
            name=f"autofix-scenario-{uuid.uuid4().hex[:12]}",
            files=files,
            folder=_BUILD_FOLDER,
            environment={
                **given,
                "CGO_ENABLED": "1",
                "GOFLAGS": "",
                "GOWORK": "off",
                "GOTOOLCHAIN": "local",
                "GOCACHE": f"{_CACHE}/build",
                "GOMODCACHE": f"{_CACHE}/mod",
            },
            cache={_CACHE_VOLUME: _CACHE},
            ca_bundle=machine_ca_bundle(),
            note=note,
        )
        try:
            return file_from(container, _RESULT)
        finally:
            container.remove(force=True, v=True)


def _commit(project: Path) -> None:
    """Make the project a git repository with one commit and nothing left over."""
    identity = ["-c", "user.name=Scenario", "-c", "user.email=scenario@example.com"]
    for arguments in (
        ["init", "--quiet"],
        ["add", "--all", "--force"],
        [*identity, "commit", "--quiet", "--message", "As its user has it"],
    ):
        subprocess.run(
            ["git", "-C", str(project), *arguments],
            check=True,
            capture_output=True,
            timeout=60,
        )
