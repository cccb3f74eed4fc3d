"""
Lay a scenario out as its user would have it: a git repository in a work folder.

What cannot be committed is made here by the scenario's ``[[prepare]]`` steps. A build
runs with the Go of the builder of the release the step names, so that a "plugin built
by another Go" really is one.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import assert_never

from autofix.errors import ScenarioError
from autofix.scenarios.scenario import (
    GIVEN,
    MODULES,
    PLUGIN,
    BuildStep,
    MachineStep,
    Scenario,
    ScriptStep,
    Step,
    VendorStep,
    WriteStep,
)
from autofix.scenarios.workshop import EngineWorkshop, Note, Workshop

_ELF_MACHINES = {"amd64": 62, "arm64": 183, "386": 3, "riscv64": 243}


def stage(
    scenario: Scenario,
    work: Path,
    workshop: Workshop | None = None,
    note: Note = lambda _line: None,
) -> Path:
    """
    Lay the scenario out below ``work`` and return the folder to run autofix in.

    ``work/plugin`` is a git repository with everything committed, ``work/given`` and
    ``work/modules`` are folders of that name in the scenario; prepare steps add to the
    former. ``workshop`` is where they build, by default any engine there is.
    """
    project = work / PLUGIN
    shutil.copytree(scenario.path / PLUGIN, project, symlinks=True)
    (work / GIVEN).mkdir()
    for name in (GIVEN, MODULES):
        if (scenario.path / name).is_dir():
            shutil.copytree(scenario.path / name, work / name, dirs_exist_ok=True)
    workshop = workshop or EngineWorkshop()
    for step in scenario.prepare:
        _perform(step, project / scenario.folder, work, workshop, note)
    _commit(project)
    return project / scenario.folder


def _perform(
    step: Step, project: Path, work: Path, workshop: Workshop, note: Note
) -> None:
    match step:
        case BuildStep():
            edits = "".join(f"go mod edit -require={one}\n" for one in step.requires)
            flags = " ".join(step.flags)
            script = (
                f"{edits}go build {flags} -mod=mod -buildvcs=false "
                f'-buildmode=plugin -o "$RESULT" .'
            )
            built = workshop.built(step.builder, script, project, note)
            (work / step.output).write_bytes(built)
        case VendorStep(private=private):
            script = 'go mod vendor && tar -cf "$RESULT" vendor'
            packed = workshop.built(step.builder, script, project, note)
            with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
                archive.extractall(project, filter="data")
            for module in private:
                _leave_only_in_vendor(project, module)
        case MachineStep(file=file, machine=machine):
            content = bytearray((work / file).read_bytes())
            content[18:20] = _ELF_MACHINES[machine].to_bytes(2, "little")
            (work / file).write_bytes(content)
        case ScriptStep():
            made = workshop.built(
                step.builder, step.script, project, note, database=step.database
            )
            (work / step.output).write_bytes(made)
        case WriteStep(file=file, text=text, hex=digits, length=length):
            content = bytearray(text.encode() or bytes.fromhex(digits))
            content.extend(bytes(max(0, length - len(content))))
            (work / file).write_bytes(content)
        case _:
            assert_never(step)


def _leave_only_in_vendor(project: Path, module: str) -> None:
    """Take away the folder that a module is replaced by, and every word of it."""
    go_mod, modules = project / "go.mod", project / "vendor" / "modules.txt"
    line = re.compile(rf"\n*^replace {re.escape(module)} => (\S+)$", re.MULTILINE)
    text = go_mod.read_text()
    found = line.search(text)
    if found is None:
        raise ScenarioError(f"go.mod does not replace {module} by a folder")
    go_mod.write_text(line.sub("", text))
    listed = modules.read_text().replace(f"# {module} => {found[1]}\n", "")
    modules.write_text(listed.replace(f" => {found[1]}\n", "\n"))
    shutil.rmtree(project / found[1])


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
