"""``autofix scenario``: failing plugins kept with what must come of them."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from autofix.cli.options import (
    GroupedCommand,
    OutputFormat,
    configuration,
    example,
    stdout_style,
    takes,
)
from autofix.errors import UsageError

if TYPE_CHECKING:
    from autofix.scenarios.running import Outcome, Way
    from autofix.scenarios.scenario import Scenario

OF_THE_WAY = ("engine", "database", "kit", "ca_bundle")

scenario = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="List and run scenarios, or make one of a run: plugins with what is expected.",
    epilog=example(
        "autofix scenario list", "autofix scenario run --kit five-mismatches"
    ),
)

CatalogueFolder = Annotated[
    Path | None,
    typer.Option(
        "--catalogue",
        metavar="DIR",
        show_default=False,
        help="The folder of scenarios; by default scenarios/ here or in a folder above.",
    ),
]

ServerFile = Annotated[
    str,
    typer.Option(
        "--server",
        metavar="FILE",
        show_default=False,
        help="The server's binary, for the local engine; {nakama} in its path stands "
        "for the release that a scenario needs.",
    ),
]
Strategy = Annotated[
    Literal["all", "first"] | None,
    typer.Option(
        "--strategy",
        metavar="all|first",
        help="As autofix run has it, where a scenario is shown with it.",
    ),
]
Official = Annotated[
    bool,
    typer.Option(
        "--official", help="Only Nakama's own images will do, never a stand-in."
    ),
]
Keep = Annotated[
    Path | None,
    typer.Option(
        "--keep",
        metavar="DIR",
        help="Keep each project and run folder below this folder.",
    ),
]


@scenario.command(
    "list",
    cls=GroupedCommand,
    epilog=example(
        "autofix scenario list",
        "autofix scenario list --output-format markdown -o scenarios/README.md",
    ),
)
def list_scenarios(
    *,
    catalogue: CatalogueFolder = None,
    output_format: Annotated[
        Literal["text", "json", "markdown"],
        typer.Option(
            "--output-format",
            metavar="text|json|markdown",
            help="How it is written; markdown is the catalogue's page.",
        ),
    ] = "text",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write it to this file; the page between the two marks of that file.",
        ),
    ] = None,
) -> None:
    """List the scenarios of a catalogue: what is wrong in each, and how it ends."""
    from autofix.cli.output import publish
    from autofix.scenarios.catalogue import found_catalogue

    found = found_catalogue(Path(), catalogue)
    scenarios = [found.load(name) for name in found.names()]
    if output_format == "json":
        from autofix.report.scenario_json import scenarios_json

        text = scenarios_json(found, scenarios)
    elif output_format == "markdown":
        from autofix.core.signatures import signature_table
        from autofix.report.scenario_page import catalogue_page, with_page
        from autofix.scenarios.catalogue import reasons

        text = catalogue_page(scenarios, signature_table(), reasons(found))
        if output is not None and output.is_file():
            text = with_page(output.read_text("utf-8"), text)
    else:
        from autofix.report.scenario_text import scenarios_text

        style = stdout_style(os.environ)
        text = "".join(f"{line}\n" for line in scenarios_text(scenarios, style))
    publish(text, output, what="list of scenarios")


@scenario.command(
    cls=GroupedCommand,
    epilog=example(
        "autofix scenario run",
        "autofix scenario run --kit five-mismatches init-panic",
        "autofix scenario run --engine local --server './nakama-{nakama}'",
    ),
)
@takes(*OF_THE_WAY)
def run(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME...]", show_default=False, help="By default all."),
    ] = None,
    *,
    catalogue: CatalogueFolder = None,
    server: ServerFile = "",
    strategy: Strategy = None,
    official: Official = False,
    keep: Keep = None,
    output_format: OutputFormat = "text",
    **flags: Any,
) -> None:
    """
    Run scenarios and tell whether each ends as its file says.

    Each is a project and an 'autofix run' of its own. Exits with 0 if all end as
    expected.
    """
    from autofix.report.scenario_json import outcomes_json
    from autofix.report.scenario_text import outcome_text, summary_text
    from autofix.scenarios.catalogue import found_catalogue
    from autofix.scenarios.choosing import chosen_way, why_not

    config = configuration(flags).config
    if official and flags.get("kit"):
        raise UsageError("--official and --kit exclude each other.")
    found = found_catalogue(Path(), catalogue)
    scenarios = [found.load(name) for name in names or found.names()]
    if not scenarios:
        raise UsageError(f"There is no scenario in {found.folder}.")
    left_out = {
        one.name: reason
        for one in scenarios
        if (reason := why_not(one, config, server=server))
    }
    style = stdout_style(os.environ)
    outcomes = []
    began = time.monotonic()
    for one in scenarios:
        if one.name in left_out:
            continue
        way = chosen_way(
            one, config, server=server, strategy=strategy, official=official
        )
        outcomes.append(_outcome(one, way, keep))
        if output_format == "text":
            typer.echo(outcome_text(outcomes[-1], style))
    seconds = time.monotonic() - began
    if output_format == "json":
        typer.echo(outcomes_json(outcomes, left_out, seconds), nl=False)
    else:
        for line in summary_text(outcomes, left_out, seconds):
            typer.echo(line)
    raise typer.Exit(0 if outcomes and all(each.passed for each in outcomes) else 1)


def _outcome(one: Scenario, way: Way, keep: Path | None) -> Outcome:
    from autofix.scenarios.running import fresh
    from autofix.scenarios.running import run as run_scenario
    from autofix.scratch import scratch_folder

    with scratch_folder() as temporary:
        return run_scenario(one, fresh((keep or temporary) / one.name), way)


@scenario.command(
    cls=GroupedCommand,
    epilog=example(
        "autofix scenario new --from latest",
        "autofix scenario new --from 7f9a3931 --name zap-too-old",
    ),
)
def new(
    *,
    past: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="RUN",
            help="Its folder, name or id, the beginning of one, or 'latest'.",
        ),
    ],
    name: Annotated[
        str,
        typer.Option(
            "--name",
            metavar="NAME",
            show_default=False,
            help="What it is called; by default after the project and its failure.",
        ),
    ] = "",
    into: Annotated[
        Path | None,
        typer.Option(
            "--into",
            "--catalogue",
            metavar="DIR",
            show_default=False,
            help="The catalogue to write it to; by default the one that is found, or "
            "a new folder scenarios/.",
        ),
    ] = None,
) -> None:
    """
    Make a scenario of a past run: its sources, its options, and what it came to.

    Run it to see that it ends the same: autofix scenario run NAME.
    """
    from autofix.inputs import read_inputs
    from autofix.report.escape import escape
    from autofix.runfolder import state_home
    from autofix.runs import found_run, read_run
    from autofix.scenarios.catalogue import usual_catalogue
    from autofix.scenarios.recording import record_run
    from autofix.scratch import scratch_folder

    run = read_run(found_run(state_home(os.environ), past))
    folder = into.absolute() if into else usual_catalogue(Path())
    with scratch_folder() as temporary:
        made = record_run(
            run,
            read_inputs(run.about.path),
            catalogue=folder,
            name=name,
            into=temporary,
        )
    typer.echo(escape(str(made.scenario.path)))
    for option in made.left_out:
        typer.echo(
            f"autofix: {escape(option)} is outside of the project and was left out.",
            err=True,
        )
