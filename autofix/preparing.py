"""Before the first action: server, builder and project brought together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from posixpath import join
from typing import Protocol

from autofix.config import Config
from autofix.core.buildline import BuildLine
from autofix.core.buildlint import lint_gcflags
from autofix.core.hints import Hints
from autofix.core.model import BuilderFacts, Finding, ServerFacts
from autofix.core.releases import Release, ReleaseTable
from autofix.core.target import Target, decide_target
from autofix.core.targetfindings import server_differs
from autofix.engines.archive import Entry
from autofix.engines.base import Builder, Database, Engine, Image
from autofix.errors import ConfigError, ImageMissingError
from autofix.filelists import left_in_folder, line_by_files, own_files
from autofix.gotool import GoTool
from autofix.gowork import workspace_findings
from autofix.hintfiles import project_hints
from autofix.linkedfiles import LinkedFiles
from autofix.project import Project
from autofix.projectfiles import ProjectFiles
from autofix.report.base import Reporter
from autofix.servercache import ServerCache
from autofix.truth import Reading, server_facts

SOURCES = "src"
"""The project in the builder's root; ``-trimpath`` keeps its path out of the plugin."""

OUTPUT = "out"
"""Where plugin files are built in the builder's root, one folder a round."""

MOST_SIBLINGS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginPlan:
    """One plugin to build: its package or of that only ``files``, how, and its name."""

    package: str
    build: BuildLine
    name: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    What a run is to do, read from the project and the configuration.

    All ``plugins`` are of one module, so they share its go.mod; they are built and
    loaded together, as they are deployed. ``edits`` are files of the project that are
    built, and in the end applied, with another content than they have.
    """

    project: Project
    target: Target
    plugins: tuple[PluginPlan, ...]
    findings: tuple[Finding, ...]
    edits: Mapping[Path, bytes] = field(default_factory=dict)

    @property
    def build(self) -> BuildLine:
        """Return how the first plugin is built."""
        return self.plugins[0].build

    @property
    def plugin(self) -> str:
        """Return the name of the first plugin's file."""
        return self.plugins[0].name


def plan_run(
    project: Project,
    config: Config,
    table: ReleaseTable,
    edits: Mapping[Path, bytes] | None = None,
) -> Plan:
    """Decide target, build line and the plugin's name; TargetError if it cannot be."""
    edits = edits or {}
    hints = project_hints(project, edits)
    target = decide_target(hints, table, config.nakama or config.server_image)
    project, left_out = chosen_plugins(project, hints)
    plugins = plugin_plans(project, hints, config, target.gcflags)
    return Plan(
        project=project,
        target=target,
        plugins=plugins,
        findings=(
            *project.findings,
            *workspace_findings(project, plugins[0].build),
            *target.findings,
            *left_out,
            *dict.fromkeys(each for one in plugins for each in one.build.findings),
            *(
                each
                for one in plugins
                for each in left_in_folder(one.build, one.files, hints)
            ),
        ),
        edits=edits,
    )


def chosen_plugins(
    project: Project, hints: Hints
) -> tuple[Project, tuple[Finding, ...]]:
    """
    Keep the plugins that the project's own build lines name, if they name some.

    The others are examples, or not used any more.
    """
    packages = (project.package_dir, *project.other_packages)
    named = tuple(each for each in packages if hints.names(each))
    if not named or named == packages:
        return project, ()
    left_out = tuple(
        Finding(
            name="plugin-not-built",
            text=f"No build line of the project names {each}, which has an InitModule.",
            answer=f"It was left alone; `--package {each}` works on it.",
        )
        for each in packages
        if each not in named
    )
    first, *others = named
    return replace(project, package_dir=first, other_packages=tuple(others)), left_out


def plugin_plans(
    project: Project, hints: Hints, config: Config, gcflags: str
) -> tuple[PluginPlan, ...]:
    """
    Decide for each plugin how it is built and what its file is called.

    ``gcflags`` are those that the server was built with (``Target.gcflags``).
    """
    packages = (project.package_dir, *project.other_packages)
    if config.so is not None and len(packages) > 1:
        raise ConfigError(
            f"--so is one plugin, and this module has {len(packages)}: "
            f"{', '.join(packages)}.",
            todo="Say which it is with --package.",
        )
    plans: dict[str, PluginPlan] = {}
    for package in packages:
        build = _build_line(package, project, hints, config, gcflags)
        name = plugin_name(project, build, config)
        if len(packages) > 1 and (name in plans or not build.output):
            name = f"{PurePosixPath(project.module_path, package).name}.so"
        if name in plans:
            name = f"{'-'.join(PurePosixPath(package).parts)}.so"
        alone = len(packages) == 1
        plans[name] = PluginPlan(
            package=package,
            build=build,
            name=name,
            files=own_files(project.module_folder, package, build) if alone else (),
        )
    return tuple(plans.values())


def _build_line(
    package: str, project: Project, hints: Hints, config: Config, gcflags: str
) -> BuildLine:
    """Take the project's own build line, or a plain one, with what was overridden."""
    folder = project.module_folder / package
    own = hints.build_line(package) or line_by_files(hints, folder)
    build = own or BuildLine(file="", line=0)
    compiler = lint_gcflags(own.every_gcflags, gcflags) if own else ()
    tags = tuple(config.tags.replace(",", " ").split()) if config.tags else build.tags
    return replace(
        build,
        tags=tuple(dict.fromkeys((*tags, *project.tags))),
        ldflags=config.ldflags or build.ldflags,
        findings=(*build.findings, *compiler),
    )


def plugin_name(project: Project, build: BuildLine, config: Config) -> str:
    """Name the plugin file as the project or the given file names it."""
    if build.output.endswith(".so"):
        return build.output
    if config.so is not None and config.so.suffix == ".so":
        return config.so.name
    return f"{project.module_path.rpartition('/')[2] or 'plugin'}.so"


def siblings(folder: Path | None) -> Mapping[str, Path]:
    """
    Map the files of the module folder given with ``--modules`` to their paths.

    ConfigError if it is no folder or holds more than a module folder ever does.
    """
    if folder is None:
        return {}
    if not folder.is_dir():
        raise ConfigError(
            f"--modules {folder} is not a folder.",
            todo="Give the folder whose files lie beside the plugin in the server.",
        )
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    if len(paths) > MOST_SIBLINGS:
        raise ConfigError(
            f"--modules {folder} holds {len(paths)} files.",
            why=f"A folder of runtime modules has at most {MOST_SIBLINGS}.",
            todo="Give only the folder that the server's --runtime.path names.",
        )
    return {path.relative_to(folder).as_posix(): path for path in paths}


class Roles(Protocol):
    """What an engine tries for each role, in order."""

    def servers(self, target: Target, /) -> Sequence[str]:
        """Return the servers to try."""
        ...

    def builders(
        self, target: Target, server: ServerFacts, release: Release | None, /
    ) -> Sequence[str]:
        """Return the builders to try for a server."""
        ...

    def databases(self) -> Sequence[str]:
        """Return the databases to try."""
        ...


OpenedBuilder = tuple[Builder, BuilderFacts, tuple[Finding, ...]]
"""A builder, its facts, and which others were passed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """
    What a plan goes by: a server read before, and how its builder is opened.

    With a ``server``, and a ``database`` for a full start, more than a plan can be made.
    """

    reading: Reading
    open_builder: Callable[[ExitStack, ServerFacts], OpenedBuilder]
    server: Image | None = None
    database: Database | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """
    What a run works with; ``scratch`` is an empty folder on this machine.

    ``linked`` keeps what server and plugins link for later. With ``known`` the server
    was read before, and what there is of it is open already.
    """

    config: Config
    plan: Plan
    engine: Engine
    roles: Roles
    table: ReleaseTable
    reporter: Reporter
    scratch: Path
    cache: ServerCache | None = None
    linked: LinkedFiles | None = None
    known: Known | None = None


def open_server(setting: Setting) -> tuple[Image, Reading]:
    """Find the server's image and read what it links."""
    config, plan = setting.config, setting.plan
    references = setting.roles.servers(plan.target)
    try:
        image = setting.engine.image(
            references, role="server", machine=plan.target.machine
        )
    except ImageMissingError as error:
        raise _unknown_release(error, plan.target.release, setting.table) from error
    reading = server_facts(
        setting.engine,
        image,
        setting.table,
        scratch=setting.scratch,
        modules_txt=config.modules_txt,
        cache=setting.cache,
    )
    target = plan.target
    other = server_differs(
        place=target.place, release=target.release, server=reading.facts
    )
    findings = (*reading.findings, *((other,) if other else ()))
    return image, replace(reading, findings=findings)


def _unknown_release(
    error: ImageMissingError, tag: str, table: ReleaseTable
) -> ImageMissingError:
    """Say of an image that cannot be had that its release is not known either."""
    if not tag or table.by_tag(tag) is not None:
        return error
    near = ", ".join(each.tag for each in table.nearest(tag))
    return ImageMissingError(
        error.what,
        why=f"autofix knows no Nakama {tag} (near it: {near}), so the tag may be "
        "wrong; if it is a new release, its image must be had.",
        todo=f"Correct the tag ('autofix versions' lists all), or: {error.todo}",
    )


def open_builder(
    stack: ExitStack, setting: Setting, server: ServerFacts
) -> OpenedBuilder:
    """
    Open the first builder that has the server's exact Go.

    If none has, the first one that could be had is returned, and the core will say
    that it does not fit. The findings tell which were passed over.
    """
    engine = setting.engine
    references = setting.roles.builders(
        setting.plan.target, server, setting.table.by_tag(server.release)
    )
    findings: list[Finding] = []
    unfit: tuple[Builder, BuilderFacts] | None = None
    while references:
        try:
            image = engine.image(references, role="builder", machine=server.machine)
        except ImageMissingError:
            if unfit is None:
                raise
            break
        setting.reporter.note(text=f"opening the builder {image.reference}")
        builder = stack.enter_context(engine.builder(image))
        go = GoTool(builder=builder, folder="/", environment={}).version()
        facts = BuilderFacts(reference=image.reference, go=go, digest=image.digest)
        if not server.go or go == server.go:
            return builder, facts, tuple(findings)
        unfit = unfit or (builder, facts)
        findings.append(
            Finding(
                name="builder-go-differs",
                text=f"The builder {image.reference} has Go {go}, the server Go "
                f"{server.go}.",
                answer=f"Built with Go {server.go} instead.",
            )
        )
        references = [each for each in references if each != image.reference]
    if unfit is None:
        raise ImageMissingError(
            "No builder can be had.", todo="Name one with --builder-image IMAGE."
        )
    return *unfit, ()


def go_tool(builder: Builder, plan: Plan) -> GoTool:
    """Return the go command for a project that was, or will be, brought in."""
    project = plan.project
    return GoTool(
        builder=builder,
        folder=join(builder.root, SOURCES, project.module_dir),
        package=project.package_dir,
        others=project.other_packages,
        files=plan.plugins[0].files,
        environment=plan.build.environment,
        vendored=project.vendored,
        tags=tuple(dict.fromkeys(t for one in plan.plugins for t in one.build.tags)),
    )


def bring_in(
    builder: Builder,
    project: Project,
    files: ProjectFiles,
    edits: Mapping[Path, bytes] | None = None,
) -> None:
    """Copy the project's files into the builder, as they are or as edited."""
    edits = edits or {}
    entries = (
        Entry(
            name=file.path,
            content=None if file.link else edits.get(path, path),
            mode=file.mode,
            link=file.link,
        )
        for file in files
        for path in (project.root / file.path,)
    )
    builder.put(entries, join(builder.root, SOURCES))
