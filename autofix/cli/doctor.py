"""``autofix doctor``: whether a run would have what it needs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import typer

from autofix.cli.options import (
    ConfigFile,
    NoConfig,
    OutputFormat,
    Project,
    configuration,
    stdout_style,
    takes,
)
from autofix.errors import EnvironmentUnusableError

if TYPE_CHECKING:
    from autofix.doctor import Check
    from autofix.report.text import Style


@takes("Target", "ca_bundle", "allow_dirty")
def doctor(
    project: Project = ".",
    *,
    output_format: OutputFormat = "text",
    config_file: ConfigFile = None,
    no_config: NoConfig = False,
    **flags: Any,
) -> None:
    """
    Look whether a run would have what it needs, and say how to mend what is missing.

    Pulls nothing and changes nothing. Exits with 3 if something is missing that a
    run needs.
    """
    from autofix.doctor import Status, examine
    from autofix.report.json import document
    from autofix.report.listings import DoctorResult

    merged = configuration(
        flags, project=project, config_file=config_file, no_config=no_config
    )
    style = stdout_style(os.environ)
    checks = []
    for check in examine(merged.config, os.environ):
        checks.append(check)
        if output_format == "text":
            typer.echo(_shown(check, style))
    if output_format == "json":
        typer.echo(document(DoctorResult(checks=checks)), nl=False)
    if any(check.status is Status.FAIL for check in checks):
        raise typer.Exit(EnvironmentUnusableError.exit_code)


def _shown(check: Check, style: Style) -> str:
    from autofix.doctor import Status
    from autofix.report.escape import escape
    from autofix.report.terminal import Tone

    tones = {Status.OK: Tone.GOOD, Status.WARN: Tone.CARE, Status.FAIL: Tone.BAD}
    mark = f"{check.status.value:<4}"
    text = style.wrapped(f"{mark}  {check.name}: {escape(check.text)}", hang=" " * 6)
    lines = [text.replace(mark, style.paint(mark, tones[check.status]), 1)]
    if check.mend:
        lines.append(style.wrapped(escape(check.mend), " " * 6, Tone.STRONG))
    return "\n".join(lines)
