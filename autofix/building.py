"""Building a module's plugins in the builder and bringing their files here."""

from __future__ import annotations

from pathlib import Path
from posixpath import join

from autofix.codeplaces import functions_around
from autofix.core.observations import Failed
from autofix.durable import disk_errors
from autofix.engines.archive import unpack_file
from autofix.gotool import GoTool
from autofix.preparing import OUTPUT, Plan
from autofix.server import Hear, follow_all

LARGEST_PLUGIN = 1 << 30
"""Bytes; real ones have 20 to 60 million."""

NO_ROOM = "Make room in the temporary folder, or set TMPDIR to another one."


def build_plugins(
    go: GoTool, plan: Plan, *, folder: str, scratch: Path, seconds: float, hear: Hear
) -> dict[str, Path] | Failed:
    """
    Build each plugin and map its name to its file, which is kept in ``scratch``.

    ``folder`` is where they are built in the builder, ``seconds`` what each may take.
    The first that fails ends it.
    """
    built: dict[str, Path] = {}
    for plugin in plan.plugins:
        output = join(go.builder.root, OUTPUT, folder, plugin.name)
        result = go.build(
            plugin.build.arguments(
                output,
                plan.project.vendored,
                package=plugin.package,
                files=plugin.files,
                gcflags=plan.target.gcflags,
            ),
            environment=plugin.build.environment,
            seconds=seconds,
            follow=follow_all(hear),
        )
        if not result.succeeded:
            functions = functions_around(go, result.evidence.lines)
            return Failed(evidence=result.evidence, functions=functions)
        built[plugin.name] = scratch / plugin.name
        if not _fetched(go, output, built[plugin.name]):
            return Failed(evidence=result.evidence)
    return built


def _fetched(go: GoTool, output: str, file: Path) -> bool:
    """Bring a plugin file here; False if there is none."""
    try:
        stream = go.builder.fetch(output)
        with disk_errors("The built plugin cannot be kept", todo=NO_ROOM):
            unpack_file(stream, file, size=LARGEST_PLUGIN)
    except FileNotFoundError:
        return False
    return True
