"""
The user's own plugin build line: what of it must be kept, what of it does harm.

Found in Dockerfiles, Makefiles, scripts, compose commands and CI files, also behind
``docker run ... nakama-pluginbuilder build`` (whose entrypoint is ``go``) and
``sh -c``. Which flags decide whether a plugin loads was observed on 3.40.0.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from autofix.core.buildlint import lint
from autofix.core.gobuild import (
    KEPT_VARIABLES,
    GoBuild,
    parse_go_build,
    without_unknowns,
)
from autofix.core.imageref import ImageRef, NakamaImage, parse_image
from autofix.core.interpolation import Style, expand
from autofix.core.model import Finding
from autofix.core.shellwords import Command, commands

_SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh"})
_PREFIXES = frozenset(
    {"exec", "env", "sudo", "time", "command", "nice", "call", "RUN"}
) | frozenset({"if", "then", "else", "elif", "do", "while", "until", "!", "{"})
_CONTAINER_VALUES = frozenset(
    {
        "-e",
        "--env",
        "-v",
        "--volume",
        "-w",
        "--workdir",
        "--platform",
        "--name",
        "--entrypoint",
        "-u",
        "--user",
        "--mount",
        "--network",
        "--env-file",
        "-m",
        "--memory",
        "--cpus",
        "-p",
        "--publish",
        "--label",
        "-l",
    }
)
_DEEPEST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildLine:
    """
    One plugin build line; without arguments, the one of a project that has none.

    ``package`` is what it builds relative to the folder it runs in, "" if that cannot
    be told; ``files`` are the names of the package's files, where it lists them;
    ``output`` the base name of the plugin file or ""; ``environment`` what
    the build still needs; ``image`` the builder it names itself; ``mod`` is "vendor",
    "mod", "readonly" or "", ``gowork`` what it sets GOWORK to. ``every_gcflags`` are
    compiler flags that it gives every package (``all=-N -l``); the server decides
    whether they are used. ``findings`` say what is missing or harmful.
    """

    file: str = ""
    line: int = 0
    package: str = "."
    files: tuple[str, ...] = ()
    output: str = ""
    folder: str = ""
    tags: tuple[str, ...] = ()
    ldflags: str = ""
    gcflags: str = ""
    every_gcflags: str = ""
    mod: str = ""
    gowork: str = ""
    goarch: str = ""
    platform: str = ""
    image: ImageRef | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    @property
    def place(self) -> str:
        """Name the line as ``file:line``."""
        return f"{self.file}:{self.line}"

    def arguments(
        self,
        output: str,
        vendored: bool,
        *,
        package: str | None = None,
        files: Sequence[str] = (),
        tags: Sequence[str] = (),
        gcflags: str = "",
    ) -> list[str]:
        """
        Return the arguments after ``go build`` for a plugin that Nakama can load.

        ``package`` and ``gcflags`` replace the line's own, ``tags`` are added to them;
        ``files`` are built in the place of the package that they are of;
        ``gcflags`` is ``Target.gcflags``, which a server with symbols needs.
        """
        compiler = gcflags or self.gcflags
        found = ["-trimpath", "-buildmode=plugin"]
        found.append("-mod=vendor" if vendored else "-mod=readonly")
        if self.tags or tags:
            found.append(f"-tags={','.join(dict.fromkeys((*self.tags, *tags)))}")
        if self.ldflags:
            found.append(f"-ldflags={self.ldflags}")
        if compiler:
            found.append(f"-gcflags={compiler}")
        return [*found, "-o", output, *(files or (package or self.package or ".",))]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    """Where a command runs: set by what stands around it."""

    environment: Mapping[str, str]
    folder: str = ""
    platform: str = ""
    image: ImageRef | None = None
    odd_entrypoint: bool = False
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    build: GoBuild
    scope: _Scope
    earlier: str


def build_lines(
    script: str,
    *,
    file: str,
    line: int = 1,
    style: Style = Style.SHELL,
    variables: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    folder: str = "",
    image: ImageRef | None = None,
    earlier: str = "",
) -> tuple[BuildLine, ...]:
    """
    Find the plugin builds in shell text, in order; never raises.

    ``line`` is where ``script`` begins in ``file``; ``variables`` fill in the text,
    ``environment`` is set for the commands, ``image`` is the builder they run in,
    ``earlier`` is what ran before it.
    """
    scope = _Scope(environment=environment or {}, folder=folder, image=image, line=line)
    reader = _Reader(variables or {}, style, earlier)
    reader.read(script, scope, 0)
    return tuple(_build_line(found, file) for found in reader.found)


def go_command(
    words: Sequence[str],
    *,
    file: str,
    line: int,
    environment: Mapping[str, str],
    folder: str = "",
    image: ImageRef | None = None,
) -> tuple[BuildLine, ...]:
    """Read words given to a builder image, whose entrypoint is ``go``."""
    scope = _Scope(environment=environment, folder=folder, image=image, line=line)
    reader = _Reader({}, Style.SHELL)
    reader.in_builder(list(words), scope, entrypoint="", depth=0)
    return tuple(_build_line(found, file) for found in reader.found)


class _Reader:
    """Follows a script command by command: folders, exports, nested shells."""

    def __init__(
        self, variables: Mapping[str, str], style: Style, earlier: str = ""
    ) -> None:
        self._variables = variables
        self._style = style
        self._earlier = [earlier]
        self.found: list[_Found] = []

    def read(self, script: str, scope: _Scope, depth: int) -> None:
        exported = dict(scope.environment)
        first, folder = scope.line, scope.folder
        for command in commands(script):
            here = replace(
                scope,
                environment=dict(exported),
                folder=folder,
                line=_at(first, command),
            )
            words = [self._fill(word) for word in command.words]
            words[0] = words[0].lstrip("@-+") or words[0]
            match words:
                case ["cd" | "pushd", target, *_]:
                    folder = posixpath.join(folder, target)
                case ["export" | "set" | "declare", *pairs] if pairs:
                    exported.update(_assignments(pairs)[0])
                case _:
                    assigned, rest = _assignments(words)
                    if not rest:
                        exported.update(assigned)
                    else:
                        self._command(rest, _with(here, assigned), depth)
                        self._earlier.append(" ".join(rest))

    def _fill(self, word: str) -> str:
        return expand(word, self._variables, self._style).text

    def _command(self, words: list[str], scope: _Scope, depth: int) -> None:
        while words and words[0] in _PREFIXES:
            assigned, words = _assignments(words[1:])
            scope = _with(scope, assigned)
        if not words or depth > _DEEPEST:
            return
        name = words[0].replace("\\", "/").rpartition("/")[2].removesuffix(".exe")
        if name == "go" or words[0] in {"$(GO)", "${GO}", "$GO"}:
            self._go(words[1:], scope)
        elif name in _SHELLS:
            self._shell(words[1:], scope, depth)
        elif "run" in words[1:4]:
            self._container(words, scope, depth)

    def _go(self, words: list[str], scope: _Scope) -> None:
        match words:
            case ["-C", target, *rest]:
                self._go(
                    rest, replace(scope, folder=posixpath.join(scope.folder, target))
                )
            case ["build", *rest]:
                build = parse_go_build(
                    rest,
                    environment=scope.environment,
                    folder=scope.folder,
                    line=scope.line,
                )
                if build.is_plugin:
                    earlier = "\n".join(self._earlier)
                    found = _Found(build=build, scope=scope, earlier=earlier)
                    self.found.append(found)

    def _shell(self, words: list[str], scope: _Scope, depth: int) -> None:
        for flag, script in pairwise(words):
            if flag.startswith("-") and flag.endswith("c"):
                self.read(script, scope, depth + 1)
                return

    def _container(self, words: list[str], scope: _Scope, depth: int) -> None:
        """Read ``docker run [options] IMAGE words`` and what stands in for docker."""
        at = words.index("run") + 1
        entrypoint = ""
        while at < len(words) and words[at].startswith("-"):
            option, equals, value = words[at].partition("=")
            if not equals and option in _CONTAINER_VALUES:
                at += 1
                value = words[at] if at < len(words) else ""
            match option:
                case "-e" | "--env":
                    scope = _with(scope, _assignments([value])[0])
                case "-w" | "--workdir":
                    scope = replace(scope, folder=value)
                case "--platform":
                    scope = replace(scope, platform=value)
                case "--entrypoint":
                    entrypoint = value
            at += 1
        if at >= len(words):
            return
        image = _run_image(words[at])
        if image is not None and (image.nakama or image.name == "golang"):
            inside = replace(scope, image=image)
            self.in_builder(words[at + 1 :], inside, entrypoint=entrypoint, depth=depth)

    def in_builder(
        self, words: list[str], scope: _Scope, *, entrypoint: str, depth: int
    ) -> None:
        """Read the words given to a builder image."""
        is_builder = scope.image is not None and (
            scope.image.nakama is NakamaImage.BUILDER
        )
        program = entrypoint.rpartition("/")[2]
        if program in _SHELLS:
            self._shell(words, scope, depth)
        elif program == "go" or (is_builder and words[:1] == ["build"]):
            self._go(words, scope)
        else:
            odd = replace(scope, odd_entrypoint=is_builder and not program)
            self._command(words, odd, depth + 1)


def _at(first: int, command: Command) -> int:
    return first + command.line - 1


def _with(scope: _Scope, assigned: Mapping[str, str]) -> _Scope:
    if not assigned:
        return scope
    return replace(scope, environment={**scope.environment, **assigned})


def _assignments(words: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Split leading ``NAME=value`` words from the rest."""
    found: dict[str, str] = {}
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        if not equals or not name.replace("_", "a").isalnum():
            return found, list(words[index:])
        found[name] = value
    return found, []


def _run_image(word: str) -> ImageRef | None:
    """Read an image whose tag may be a variable without a value."""
    return parse_image(word) or parse_image(word.partition(":")[0])


def _build_line(found: _Found, file: str) -> BuildLine:
    build, scope = found.build, found.scope
    ldflags, guessed = without_unknowns(build.flags.get("ldflags", ""))
    tags = build.flags.get("tags", "").replace(",", " ").split()
    gcflags = build.flags.get("gcflags", "")
    # -gcflags "-trimpath $PWD" reaches the main package only and changes nothing.
    reaches_every = gcflags.startswith("all=")
    keeps_gcflags = "trimpath" not in gcflags and not reaches_every
    findings = list(
        lint(build, earlier=found.earlier, odd_entrypoint=scope.odd_entrypoint)
    )
    if guessed:
        findings.append(
            Finding(
                name="build-variables-unknown",
                text="-ldflags uses variables that only your shell can fill in.",
                answer='autofix builds with the text "unknown" in their place.',
            )
        )
    return BuildLine(
        file=file,
        line=scope.line,
        package=_package(build.packages),
        files=_files(build.packages),
        output=_output(build.output),
        folder=build.folder,
        tags=tuple(tag for tag in tags if "$" not in tag),
        ldflags=ldflags,
        gcflags=without_unknowns(gcflags)[0] if keeps_gcflags else "",
        every_gcflags=gcflags if reaches_every else "",
        mod=build.flags.get("mod", ""),
        gowork=build.environment.get("GOWORK", ""),
        goarch=build.environment.get("GOARCH", ""),
        platform=scope.platform,
        image=scope.image,
        environment={
            name: value
            for name, value in build.environment.items()
            if name in KEPT_VARIABLES and not without_unknowns(value)[1]
        },
        findings=tuple(findings),
    )


def _package(packages: Sequence[str]) -> str:
    if not packages:
        return "."
    first = packages[0]
    if len(packages) == 1 and not first.endswith(".go"):
        return "" if "$" in first or "..." in first else first
    folders = {posixpath.dirname(name) or "." for name in packages}
    return folders.pop() if len(folders) == 1 and "$" not in first else ""


def _files(packages: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the Go files, where these and nothing else are built."""
    if not packages or not all(name.endswith(".go") for name in packages):
        return ()
    names = tuple(posixpath.basename(name) for name in packages)
    return () if any(set("$*?") & set(name) for name in names) else names


def _output(output: str) -> str:
    name = output.replace("\\", "/").rpartition("/")[2]
    return (
        name if name.lower().endswith(".so") and not without_unknowns(name)[1] else ""
    )
