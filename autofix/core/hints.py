"""
What a project's files say about its Nakama, put together.

The shell finds and reads the files (``HintFile``); here compose files give build
arguments to the Dockerfiles they build, scripts give values to what those leave
open, and everything becomes one ordered list of images and build lines.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from autofix.core.buildline import BuildLine, build_lines, go_command
from autofix.core.compose import (
    Compose,
    ImageBuild,
    Service,
    parse_compose,
    parse_environment_file,
    read_together,
)
from autofix.core.dockerfile import Dockerfile, Stage, parse_dockerfile
from autofix.core.hintfindings import (
    compose_unreadable,
    hidden,
    misspelled,
    prebuilt,
    variable_unknown,
)
from autofix.core.imageref import ImageRef, NakamaImage, corrected
from autofix.core.model import Finding
from autofix.core.scripts import Script, parse_script

_MODULES_FOLDER = "/nakama/data/modules"


class FileKind(StrEnum):
    """The kinds of files that may say which Nakama a project runs on."""

    DOCKERFILE = "Dockerfile"
    COMPOSE = "compose file"
    ENVIRONMENT = "environment file"
    SCRIPT = "script"


class Rank(IntEnum):
    """How much a place is worth: the smaller, the more."""

    DOCKERFILE = 1
    COMPOSE = 2
    SCRIPT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class HintFile:
    """One file, its path relative to the searched root; ``distance`` from the module."""

    path: str
    text: str
    distance: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageHint:
    """
    An image that the project names, and where.

    ``distance`` counts the folders between the file and the module; ``weight`` tells
    hints of one rank and distance apart, less is better.
    """

    image: ImageRef
    rank: Rank
    file: str
    line: int
    platform: str = ""
    distance: int = 0
    weight: int = 0

    @property
    def place(self) -> str:
        """Name where it was read as ``file:line``."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """
    All hints, the most trustworthy first.

    ``nakama_common`` is go.mod's version and ``nakama_common_place`` its line.
    """

    servers: tuple[ImageHint, ...] = ()
    builders: tuple[ImageHint, ...] = ()
    builds: tuple[BuildLine, ...] = ()
    nakama_common: str = ""
    nakama_common_place: str = ""
    findings: tuple[Finding, ...] = ()

    def names(self, package: str) -> bool:
        """Tell whether a build line is for just this package."""
        wanted = posixpath.normpath(package)
        written = (line.package for line in self.builds if line.package)
        return any(posixpath.normpath(each) == wanted for each in written)

    def build_line(self, package: str) -> BuildLine | None:
        """
        Return the project's own build line for a package (``./cmd/x`` or ``.``).

        A line that names the package wins over one that builds the folder it is in.
        """
        wanted = posixpath.normpath(package)
        for line in self.builds:
            if line.package and posixpath.normpath(line.package) == wanted:
                return line
        for line in self.builds:
            if line.package in {"", "."}:
                return line
        return None


def file_kind(path: str) -> FileKind | None:
    """Tell by its name whether a file may hold hints, and of which kind."""
    name = posixpath.basename(path).lower()
    stem, _, suffix = name.rpartition(".")
    if name.startswith(("dockerfile", "containerfile")) or suffix == "dockerfile":
        return FileKind.DOCKERFILE
    if suffix in {"yml", "yaml"} and re.match(r"(?:docker|podman)?-?compose\b", stem):
        return FileKind.COMPOSE
    if name == ".env" or name.startswith(".env."):
        return FileKind.ENVIRONMENT
    is_ci = suffix in {"yml", "yaml"} and (
        "/.github/workflows/" in f"/{path}"
        or stem in {".gitlab-ci", "taskfile", "bitbucket-pipelines", "azure-pipelines"}
    )
    is_make = name in {"makefile", "gnumakefile", "justfile"} or suffix == "mk"
    if is_ci or is_make or suffix in {"sh", "bash", "bat", "cmd", "ps1"}:
        return FileKind.SCRIPT
    return None


@dataclass(slots=True)
class _Gathered:
    servers: list[ImageHint] = field(default_factory=list)
    builders: list[ImageHint] = field(default_factory=list)
    builds: list[tuple[tuple[int, int, str], BuildLine]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def read_hints(
    files: Sequence[HintFile],
    *,
    nakama_common: str = "",
    nakama_common_place: str = "",
) -> Hints:
    """Read all files and put what they say in order."""
    reader = _HintReader(files)
    found = reader.read()

    def worth(hint: ImageHint) -> tuple[int, int, int, str]:
        return hint.rank, hint.distance, hint.weight, hint.file

    return Hints(
        servers=tuple(sorted(found.servers, key=worth)),
        builders=tuple(sorted(found.builders, key=worth)),
        builds=tuple(
            line for _, line in sorted(found.builds, key=lambda each: each[0])
        ),
        nakama_common=nakama_common,
        nakama_common_place=nakama_common_place,
        findings=tuple(dict.fromkeys(found.findings)),
    )


class _HintReader:
    def __init__(self, files: Sequence[HintFile]) -> None:
        self._by_kind: dict[FileKind, list[HintFile]] = {kind: [] for kind in FileKind}
        for file in sorted(files, key=lambda each: (each.distance, each.path)):
            kind = file_kind(file.path)
            if kind is not None:
                self._by_kind[kind].append(file)
        self._found = _Gathered()
        self._built: dict[str, tuple[Service, ImageBuild]] = {}
        self._fallback: dict[str, str] = {}
        self._hides_modules: list[Service] = []

    def read(self) -> _Gathered:
        environments = {
            file.path: parse_environment_file(file.text)
            for file in self._by_kind[FileKind.ENVIRONMENT]
        }
        for values in environments.values():
            self._fallback = {**values, **self._fallback}
        for file in self._by_kind[FileKind.SCRIPT]:
            self._script(file)
        for file in self._by_kind[FileKind.ENVIRONMENT]:
            self._images(file, parse_script(file.path, file.text))
        composes = {file.path: file for file in self._by_kind[FileKind.COMPOSE]}
        for paths in read_together(list(composes)):
            group = [composes[path] for path in paths]
            folder = posixpath.dirname(group[0].path)
            values = environments.get(posixpath.join(folder, ".env"), {})
            pairs = [(file.path, file.text) for file in group]
            compose = parse_compose(pairs, environment={**self._fallback, **values})
            self._compose(compose, group)
        for file in self._by_kind[FileKind.DOCKERFILE]:
            self._dockerfile(file)
            self._built.pop(file.path, None)
        for service, _ in self._built.values():
            # Its Dockerfile is not here, so the image's name is all that is known.
            if service.image is not None:
                self._service_image(service, service.image, 0)
        return self._found

    def _script(self, file: HintFile) -> None:
        script = parse_script(file.path, file.text, self._fallback)
        self._images(file, script)
        order = (Rank.SCRIPT, file.distance, file.path)
        self._found.builds.extend((order, line) for line in script.builds)
        for line in script.builds:
            if line.image is not None and line.image.nakama is None:
                hint = ImageHint(
                    image=line.image,
                    rank=Rank.SCRIPT,
                    file=file.path,
                    line=line.line,
                    distance=file.distance,
                )
                self._keep(hint)
        for name, value in {**script.variables, **script.build_arguments}.items():
            if "$" not in value:
                self._fallback.setdefault(name, value)

    def _images(self, file: HintFile, script: Script) -> None:
        for named in script.images:
            hint = ImageHint(
                image=named.image,
                rank=Rank.SCRIPT,
                file=file.path,
                line=named.line,
                distance=file.distance,
                weight=int(named.by_version),
            )
            self._keep(hint)

    def _keep(self, hint: ImageHint) -> None:
        kind = hint.image.nakama
        if kind is not None and kind.is_server:
            self._found.servers.append(hint)
        else:
            self._found.builders.append(hint)

    def _compose(self, compose: Compose, group: Sequence[HintFile]) -> None:
        distances = {file.path: file.distance for file in group}
        for problem in compose.problems:
            self._found.findings.append(compose_unreadable(problem))
        for service in compose.services:
            distance = distances.get(service.file, 0)
            if service.build is not None:
                self._service_build(service, service.build, distance)
            elif service.image is not None:
                self._service_image(service, service.image, distance)
            elif service.missing and "nakama" in service.text:
                place = f"{service.file}:{service.line}"
                self._found.findings.append(
                    variable_unknown(place, service.text, service.missing)
                )
            targets = {posixpath.normpath(mount.target) for mount in service.mounts}
            if targets & {"/nakama/data", _MODULES_FOLDER}:
                self._hides_modules.append(service)

    def _service_build(
        self, service: Service, build: ImageBuild, distance: int
    ) -> None:
        folder = posixpath.dirname(service.file)
        if build.inline:
            parsed = parse_dockerfile(build.inline, arguments=build.arguments)
            file = HintFile(path=service.file, text="", distance=distance)
            self._stages(file, parsed, build.target, service)
            return
        context = posixpath.join(folder, build.context)
        path = posixpath.normpath(posixpath.join(context, build.dockerfile))
        self._built.setdefault(path, (service, build))

    def _service_image(self, service: Service, image: ImageRef, distance: int) -> None:
        image = self._spelled(image, f"{service.file}:{service.line}")
        order = (Rank.COMPOSE, distance, service.file)
        if image.nakama is not None:
            hint = ImageHint(
                image=image,
                rank=Rank.COMPOSE,
                file=service.file,
                line=service.line,
                platform=service.platform,
                distance=distance,
            )
            self._keep(hint)
        if image.nakama is NakamaImage.BUILDER or image.name == "golang":
            lines = go_command(
                (*service.entrypoint, *service.command),
                file=service.file,
                line=service.line,
                environment=service.environment,
                folder=service.folder,
                image=image,
            )
            self._found.builds.extend((order, line) for line in lines)

    def _dockerfile(self, file: HintFile) -> None:
        service, build = self._built.get(file.path, (None, None))
        arguments: Mapping[str, str] = build.arguments if build else {}
        parsed = parse_dockerfile(
            file.text, arguments=arguments, fallback=self._fallback
        )
        self._stages(file, parsed, build.target if build else "", service)

    def _stages(
        self, file: HintFile, parsed: Dockerfile, target: str, service: Service | None
    ) -> None:
        unusual = posixpath.basename(file.path) not in {"Dockerfile", "Containerfile"}
        order = (Rank.DOCKERFILE, file.distance, file.path)
        lineage = parsed.lineage(target)
        others = [stage for stage in reversed(parsed.stages) if stage not in lineage]
        for stage in (*lineage, *others):
            place = f"{file.path}:{stage.line}"
            image = self._spelled(stage.image, place) if stage.image else None
            if stage.missing and "nakama" in stage.text:
                self._found.findings.append(
                    variable_unknown(place, stage.text, stage.missing)
                )
            builds = tuple(_stage_builds(file, stage, image))
            self._found.builds.extend((order, line) for line in builds)
            if image is not None and (image.nakama is not None or builds):
                platform = stage.platform or (service.platform if service else "")
                hint = ImageHint(
                    image=image,
                    rank=Rank.DOCKERFILE,
                    file=file.path,
                    line=stage.line,
                    platform="" if "BUILDPLATFORM" in platform else platform,
                    distance=file.distance,
                    weight=2 * (service is None) + unusual,
                )
                self._keep(hint)
        copied = [copy for stage in lineage for copy in stage.copies if copy.plugins]
        self._found.findings.extend(
            prebuilt(f"{file.path}:{copy.line}", copy.plugins[0])
            for copy in copied
            if not copy.stage
        )
        if service is not None and service in self._hides_modules and copied:
            self._found.findings.append(
                hidden(service.file, copied[0].plugins[0], file.path)
            )

    def _spelled(self, image: ImageRef, place: str) -> ImageRef:
        meant = corrected(image)
        if meant is None:
            return image
        self._found.findings.append(misspelled(place, image, meant))
        return meant


def _stage_builds(
    file: HintFile, stage: Stage, image: ImageRef | None
) -> Iterator[BuildLine]:
    earlier = ""
    for run in stage.runs:
        yield from build_lines(
            run.script,
            file=file.path,
            line=run.line,
            variables=run.environment,
            environment=run.environment,
            folder=run.folder,
            image=image,
            earlier=earlier,
        )
        earlier += f"{run.script}\n"
