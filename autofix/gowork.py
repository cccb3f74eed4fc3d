"""
What a go.work around the plugin's module means for the run and for its pins.

The plugin is planned and built with GOWORK=off, as a Docker build of its folder sees
it. Where the project's own build line runs in the workspace, go.work is kept in step
with go.mod, and what would be selected there is looked at in the end.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from posixpath import join, normpath

from autofix.beside import lower, workspace_file
from autofix.core.buildline import BuildLine
from autofix.core.golines import GoLineEdit
from autofix.core.model import Finding
from autofix.core.modtext import go_lines
from autofix.core.settling import shared_versions
from autofix.core.state import State
from autofix.core.versions import compare, compare_go
from autofix.gotool import GoTool
from autofix.project import Project
from autofix.tree import read_text

LARGEST = 1 << 20
WITHOUT_GO_LINE = "1.18"
"""What the go command takes a go.work without a go line for."""
_COPIES_ALL = ("COPY . ", "COPY ./ ", "ADD . ", "ADD ./ ")


def builds_in_workspace(project: Project, build: BuildLine) -> bool:
    """
    Tell whether the project's own build line builds in its workspace.

    A line of a script or Makefile does unless it sets GOWORK=off; one of a Dockerfile
    only if go.work gets into the image with everything around it.
    """
    if project.workspace is None or not build.file or build.gowork:
        return False
    name = build.file.rpartition("/")[2].lower()
    if not (name.startswith("dockerfile") or name.endswith("dockerfile")):
        return True
    path = project.repository / build.file
    if path.parent != project.workspace.parent:
        return False
    lines = [" ".join(line.split()) for line in read_text(path, LARGEST).splitlines()]
    return any(line.startswith(_COPIES_ALL) or "go.work" in line for line in lines)


def workspace_findings(project: Project, build: BuildLine) -> Iterator[Finding]:
    """Say that the workspace is not built in, if the module is in one."""
    if project.workspace is None:
        return
    inside = builds_in_workspace(project, build)
    yield Finding(
        name="workspace-left-out",
        text=f"The module is in a workspace ({_place(project)}): built there"
        f"{f', as {build.place} does' if inside else ''}, the highest version that any "
        "of its modules asks for counts.",
        answer="autofix pins this module and builds it with GOWORK=off, as a Docker "
        "build of its folder does; build the plugin so as well.",
    )


def in_step(
    go: GoTool, project: Project, build: BuildLine, state: State
) -> tuple[Finding, ...]:
    """
    Bring go.work in step with go.mod where it is built in, and look at it.

    The findings say what was done, and which shared modules the workspace would
    select at another version than the plugin alone.
    """
    name = workspace_file(project)
    if project.workspace is None or state.gomod is None:
        return ()
    listed = go_lines(read_text(project.workspace, LARGEST))[0] or WITHOUT_GO_LINE
    outgrown = compare_go(state.gomod.go, listed) > 0
    if name is None or not builds_in_workspace(project, build):
        return (_outgrown(project, state.gomod.go, listed),) if outgrown else ()
    findings = []
    if outgrown:
        lower(go, (GoLineEdit(file=name, go=state.gomod.go),))
        findings.append(
            Finding(
                name="workspace-go-line-lifted",
                text=f"go.mod says go {state.gomod.go} now, {_place(project)} said go "
                f"{listed}: in the workspace the go command would refuse that.",
                answer=f"{_place(project)} says go {state.gomod.go} too.",
            )
        )
    findings += _differing(go, name, project, shared_versions(state))
    return tuple(findings)


def _differing(
    go: GoTool, name: str, project: Project, wanted: Mapping[str, str]
) -> Iterator[Finding]:
    """Say which versions the workspace selects instead of the server's."""
    path = normpath(join(go.folder, name))
    form = "{{.Path}}@{{.Version}}"
    listing = ("go", "list", "-m", "-f", form, *sorted(wanted))
    asked = go.together(("env", f"GOWORK={path}", "GOFLAGS=-mod=readonly", *listing))
    if not wanted or not asked.succeeded:
        return
    selected = dict(
        line.split("@", 1) for line in asked.stdout.decode("utf-8", "replace").split()
    )
    other = [
        f"{module} {selected[module]} instead of {version}"
        for module, version in sorted(wanted.items())
        if compare(selected.get(module, version), version) != 0
    ]
    if other:
        yield Finding(
            name="workspace-versions-differ",
            text=f"Built in the workspace ({_place(project)}), the plugin would get "
            f"{', '.join(other)}: another of its modules asks for it.",
            answer="The server rejects such a plugin. Build it with GOWORK=off.",
        )


def _outgrown(project: Project, go: str, listed: str) -> Finding:
    """Say that go.mod's go line, as it is now, is above the workspace's."""
    return Finding(
        name="workspace-go-line-low",
        text=f"go.mod says go {go} now, {_place(project)} go {listed}: in the "
        "workspace the go command refuses that.",
        answer="Run `go work use` there.",
    )


def _place(project: Project) -> str:
    return os.path.relpath(project.workspace or "go.work", project.repository)
