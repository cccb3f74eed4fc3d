"""The port of a project's own code, once its pins are right and it does not compile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from posixpath import join, normpath

from autofix.core.porting import Ported, Rewrite
from autofix.core.releases import NAKAMA_COMMON
from autofix.core.state import State
from autofix.core.versions import compare
from autofix.gotool import GoTool
from autofix.porting import newest_compiling, port
from autofix.preparing import SOURCES
from autofix.project import Project
from autofix.releases import api_changes
from autofix.result import PortResult

FLAGS = ("-trimpath", "-buildmode=plugin")
"""With which the failed build has filled the go command's cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePort:
    """
    A project's files as they were ported, and what was done and left.

    ``edits`` map absolute paths to new contents; empty unless everything compiles now.
    """

    edits: Mapping[Path, bytes]
    result: PortResult


def code_port(go: GoTool, state: State, project: Project) -> CodePort | None:
    """
    Port the code of a run that stopped, in its builder, as long as that is open.

    None where nothing is to be ported: it stopped for another reason, or asks for the
    server's nakama-common already.
    """
    before, after = _versions(state)
    if not state.errors or not before or not after or before == after:
        return None
    ported = port(
        go,
        before=before,
        after=after,
        writable=_writable(go, project),
        flags=(*FLAGS, *([f"-tags={','.join(go.tags)}"] if go.tags else ())),
    )
    if ported.libraries:
        ported = newest_compiling(go, ported, after)
    return CodePort(
        edits=_edits(ported, project) if ported.complete else {},
        result=PortResult(
            before=before,
            after=after,
            rewrites=tuple(_since(each, before, after) for each in ported.rewrites),
            remaining=ported.remaining,
            tests=ported.tests,
            libraries=ported.libraries,
            refusal=ported.refusal,
        ),
    )


def _since(rewrite: Rewrite, before: str, after: str) -> Rewrite:
    """Add the version that changed the symbol, where the table has no row for it."""
    known = [
        version
        for version in api_changes().get(rewrite.api, ())
        if compare(before, version) < 0 <= compare(after, version)
    ]
    return replace(rewrite, release=rewrite.release or (known[-1] if known else ""))


def _versions(state: State) -> tuple[str, str]:
    """Return nakama-common as the project asked for it, and as the server has it."""
    requires = state.original.requires if state.original else ()
    asked = {each.module.path: each.module.version for each in requires}
    modules = state.server.modules if state.server else {}
    return asked.get(NAKAMA_COMMON, ""), modules.get(NAKAMA_COMMON, "")


def _writable(go: GoTool, project: Project) -> tuple[str, ...]:
    """Name the folders in the builder whose code is the project's own."""
    return tuple(
        normpath(join(go.builder.root, SOURCES, folder))
        for folder in project.folders
        if (project.root / folder).is_relative_to(project.boundary)
    )


def _edits(ported: Ported, project: Project) -> Mapping[Path, bytes]:
    return {
        Path(normpath(join(project.module_folder.as_posix(), name))): content
        for name, content in ported.files.items()
    }
