"""
Compose files: which images services run, how they are built, what they mount.

Variables are filled in from the text of ``.env``; several files are merged as
``docker compose -f A -f B`` does for the keys read here. Text that is no compose
file gives no services and says so in ``problems``; nothing here raises.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from autofix.core.imageref import ImageRef, parse_image
from autofix.core.interpolation import Style, expand
from autofix.core.shellwords import commands
from autofix.core.yamltext import LINE, parse_yaml

_DEFAULT_NAMES = (
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
)
_DEEPEST_EXTENDS = 8
_MODE = re.compile(r":(?!/)[a-zA-Z,]+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageBuild:
    """A service's ``build``: folders relative to the compose file."""

    context: str = "."
    dockerfile: str = "Dockerfile"
    inline: str = ""
    target: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One volume: ``source`` is a host path or a volume's name, ``target`` inside."""

    source: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """
    One service.

    ``image`` with ``build`` is what the build is called, not what it starts from.
    ``entrypoint`` and ``command`` are words; ``environment`` has its variables filled
    in, ``missing`` are the variables of ``image`` without a value.
    """

    name: str
    file: str
    line: int
    text: str = ""
    image: ImageRef | None = None
    build: ImageBuild | None = None
    platform: str = ""
    folder: str = ""
    mounts: tuple[Mount, ...] = ()
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Compose:
    """The merged services by name, in the order of first appearance."""

    services: tuple[Service, ...] = ()
    problems: tuple[str, ...] = ()


def parse_environment_file(text: str) -> dict[str, str]:
    """Read ``.env``: ``NAME=value`` lines, quotes, ``export``, comments."""
    found: dict[str, str] = {}
    for raw in text.removeprefix("\ufeff").splitlines():
        line = raw.strip().removeprefix("export ").lstrip()
        name, equals, value = line.partition("=")
        if not equals or not name.strip() or line.startswith("#"):
            continue
        value = value.strip()
        if value[:1] in {'"', "'"} and value.find(value[0], 1) > 0:
            quote = value[0]
            value = value[1 : value.find(quote, 1)]
            if quote == "'":
                found[name.strip()] = value
                continue
        else:
            value = value.partition(" #")[0].rstrip()
        found[name.strip()] = expand(value, found, Style.COMPOSE).text
    return found


def read_together(paths: Sequence[str]) -> Iterator[list[str]]:
    """Group files as ``docker compose`` reads them: a folder's file, its override."""
    used: set[str] = set()
    for folder in dict.fromkeys(map(posixpath.dirname, paths)):
        known = [posixpath.join(folder, name) for name in _DEFAULT_NAMES]
        path = next((each for each in known if each in paths), None)
        if path is not None:
            stem = posixpath.splitext(path)[0]
            overrides = {f"{stem}.override.yml", f"{stem}.override.yaml"}
            group = [path, *sorted(overrides & set(paths))]
            used.update(group)
            yield group
    yield from ([path] for path in paths if path not in used)


def parse_compose(
    files: Sequence[tuple[str, str]], *, environment: Mapping[str, str] | None = None
) -> Compose:
    """
    Read compose files, given as (name, text), each overriding those before it.

    ``environment`` is what ``.env`` defines (``parse_environment_file``).
    """
    values = environment or {}
    merged: dict[str, Service] = {}
    problems: list[str] = []
    for name, text in files:
        document, problem = parse_yaml(text)
        if problem:
            problems.append(f"{name} cannot be read: {problem}")
            continue
        services = _dict(_dict(document).get("services"))
        for key, body in services.items():
            if key is LINE or not isinstance(key, str):
                continue
            service = _service(name, key, _extended(key, services), values)
            service = replace(service, line=_line_of(text, body))
            before = merged.get(key)
            merged[key] = service if before is None else _merged(before, service)
    return Compose(services=tuple(merged.values()), problems=tuple(problems))


def _line_of(text: str, body: Any) -> int:
    """Return the line that says the service's image or build, else its first."""
    first = _dict(body).get(LINE)
    if not isinstance(first, int):
        return 1
    lines = text.splitlines()
    indent = _indent(lines[first]) if first < len(lines) else 0
    for number in range(first, len(lines)):
        line = lines[number]
        if line.strip() and _indent(line) < indent:
            break
        if _indent(line) == indent and line.lstrip().startswith(("image:", "build:")):
            return number + 1
    return first + 1


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _extended(key: str, services: Mapping[Any, Any]) -> dict[Any, Any]:
    """Merge a service over the service of the same file that it extends."""
    chain: list[dict[Any, Any]] = []
    name: Any = key
    while isinstance(name, str) and len(chain) < _DEEPEST_EXTENDS:
        body = _dict(services.get(name))
        chain.append(body)
        extends = body.get("extends")
        if isinstance(extends, dict):
            name = None if extends.get("file") else extends.get("service")
        else:
            name = extends
    merged: dict[Any, Any] = {}
    for body in reversed(chain):
        merged.update(body)
    return merged


def _service(
    file: str, name: str, body: Mapping[Any, Any], values: Mapping[str, str]
) -> Service:
    image = expand(_text(body.get("image")), values, Style.COMPOSE)
    return Service(
        name=name,
        file=file,
        line=1,
        text=image.text,
        image=parse_image(image.text) if image.text else None,
        build=_build(body.get("build"), values),
        platform=_filled(body.get("platform"), values),
        folder=_filled(body.get("working_dir"), values),
        mounts=tuple(_mounts(body.get("volumes"), values)),
        entrypoint=_command(body.get("entrypoint"), values),
        command=_command(body.get("command"), values),
        environment=_pairs(body.get("environment"), values),
        missing=image.missing,
    )


def _merged(before: Service, after: Service) -> Service:
    """Put an override file's service over the one before it, key by key."""
    build = after.build
    if before.build and build:
        build = ImageBuild(
            context=build.context if build.context != "." else before.build.context,
            dockerfile=(
                build.dockerfile
                if build.dockerfile != "Dockerfile"
                else before.build.dockerfile
            ),
            inline=build.inline or before.build.inline,
            target=build.target or before.build.target,
            arguments={**before.build.arguments, **build.arguments},
        )
    mounts = {mount.target: mount for mount in (*before.mounts, *after.mounts)}
    says_image = bool(after.text or after.build)
    return Service(
        name=before.name,
        file=after.file if says_image else before.file,
        line=after.line if says_image else before.line,
        text=after.text or before.text,
        image=after.image or before.image,
        build=build or before.build,
        platform=after.platform or before.platform,
        folder=after.folder or before.folder,
        mounts=tuple(mounts.values()),
        entrypoint=after.entrypoint or before.entrypoint,
        command=after.command or before.command,
        environment={**before.environment, **after.environment},
        missing=after.missing if after.text else before.missing,
    )


def _build(value: Any, values: Mapping[str, str]) -> ImageBuild | None:
    if value is None:
        return None
    if isinstance(value, str):
        return ImageBuild(context=_filled(value, values) or ".")
    body = _dict(value)
    return ImageBuild(
        context=_filled(body.get("context"), values) or ".",
        dockerfile=_filled(body.get("dockerfile"), values) or "Dockerfile",
        inline=_text(body.get("dockerfile_inline")),
        target=_filled(body.get("target"), values),
        arguments=_pairs(body.get("args"), values),
    )


def _mounts(value: Any, values: Mapping[str, str]) -> Iterable[Mount]:
    for entry in value if isinstance(value, list) else ():
        if isinstance(entry, dict):
            source, target = entry.get("source"), entry.get("target")
            yield Mount(source=_filled(source, values), target=_filled(target, values))
        else:
            # From the right: a Windows path before it has a colon of its own.
            source, _, target = _MODE.sub("", _filled(entry, values)).rpartition(":")
            if source:
                yield Mount(source=source, target=target)


def _command(value: Any, values: Mapping[str, str]) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(_filled(word, values) for word in value)
    text = _filled(value, values)
    found = commands(text)
    if len(found) == 1:
        return found[0].words
    return (text,) if text else ()


def _pairs(value: Any, values: Mapping[str, str]) -> dict[str, str]:
    """Read ``args`` or ``environment``, written as a mapping or as a list."""
    if isinstance(value, dict):
        return {
            key: _filled(text, values) if text else values.get(key, "")
            for key, text in value.items()
            if isinstance(key, str)
        }
    found: dict[str, str] = {}
    for entry in value if isinstance(value, list) else ():
        name, equals, text = _filled(entry, values).partition("=")
        if equals or name in values:
            found[name] = text if equals else values[name]
    return found


def _filled(value: Any, values: Mapping[str, str]) -> str:
    return expand(_text(value), values, Style.COMPOSE).text


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _dict(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}
