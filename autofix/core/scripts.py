"""
Makefiles, shell and batch scripts, CI files: variables, images, build lines.

Read line by line, by the same recognisers as Dockerfiles; never raises.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from autofix.core.buildline import BuildLine, build_lines
from autofix.core.imageref import ImageRef, NakamaImage, nakama_images, official
from autofix.core.interpolation import Style, expand
from autofix.core.yamltext import parse_yaml

_ASSIGNMENT = re.compile(
    r"""^[ \t@-]*
    (?:(?:export|local|readonly|set|declare(?:\s+-\w+)*)\s+|\$(?:env:)?|-\s+)?
    "?(?P<name>[A-Za-z_]\w*)\s*(?:\?=|::?=|=|:\s)\s*(?P<value>.*?)\s*$""",
    re.VERBOSE,
)
_BUILD_ARGUMENT = re.compile(r"--build-arg[= ]\"?'?([A-Za-z_]\w*)=([^\s\"']+)")
VERSION_VARIABLE = re.compile(
    r"(?:\w+_)?NAKAMA_(?:SERVER_|IMAGE_|DOCKER_)?(?:VERSION|VER|TAG)", re.IGNORECASE
)
_VERSION = re.compile(r"v?\d+\.\d+\.\d+[\w.-]*")
COMMENT = re.compile(r"\s*(?:#|//|::|@?rem\b)", re.IGNORECASE)
_MADE_HERE = re.compile(
    r"(?:\s-t|--tag)[= ]\s*\S+|\b(?:push|tag|rmi)\s.*|\bimage\s+(?:rm|prune)\s.*"
)
LONGEST_LINE = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedImage:
    """A Nakama image that a script names; ``by_version`` if only its tag was said."""

    image: ImageRef
    line: int
    by_version: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What one script says; ``build_arguments`` are those it gives to image builds."""

    variables: Mapping[str, str] = field(default_factory=dict)
    build_arguments: Mapping[str, str] = field(default_factory=dict)
    images: tuple[NamedImage, ...] = ()
    builds: tuple[BuildLine, ...] = ()


def style_of(path: str) -> Style:
    """Tell how a script of this name writes its variables."""
    name = posixpath.basename(path).lower()
    if name.endswith((".bat", ".cmd")):
        return Style.BATCH
    if name.endswith(".mk") or "makefile" in name:
        return Style.MAKE
    return Style.SHELL


def parse_script(
    path: str, text: str, given: Mapping[str, str] | None = None
) -> Script:
    """Read one script; ``given`` are variables from elsewhere (``.env``)."""
    style = style_of(path)
    variables = _variables(text, style, given or {})
    arguments: dict[str, str] = {}
    images: list[NamedImage] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw[:LONGEST_LINE]
        if COMMENT.match(line):
            continue
        filled = expand(line, variables, style).text
        arguments.update(_BUILD_ARGUMENT.findall(filled))
        named = nakama_images(_MADE_HERE.sub(" ", filled))
        images.extend(NamedImage(image=image, line=number) for image in named)
    if not any(each.image.nakama is not NakamaImage.BUILDER for each in images):
        images.extend(_by_version(text, variables))
    return Script(
        variables=variables,
        build_arguments=arguments,
        images=tuple(images),
        builds=tuple(_builds(path, text, style, variables)),
    )


def _variables(text: str, style: Style, given: Mapping[str, str]) -> dict[str, str]:
    """Read a script's variables; what it sets itself wins over what is given."""
    found = dict(given)
    own: set[str] = set()
    for raw in text.splitlines():
        line = raw[:LONGEST_LINE]
        assigned = None if COMMENT.match(line) else _ASSIGNMENT.match(line)
        # The first value stands: later ones are mostly the overrides of a branch.
        if assigned is None or assigned["name"] in own:
            continue
        own.add(assigned["name"])
        found[assigned["name"]] = expand(_plain(assigned["value"]), found, style).text
    return found


def _plain(value: str) -> str:
    if value[:1] in {'"', "'"} and value.find(value[0], 1) > 0:
        return value[1 : value.find(value[0], 1)]
    return re.split(r"\s+#|\s*[;&]", value, maxsplit=1)[0].strip().strip("\"'")


def _by_version(text: str, variables: Mapping[str, str]) -> Iterator[NamedImage]:
    """Yield the server that ``NAKAMA_VERSION=`` and the like mean."""
    for name, value in variables.items():
        if VERSION_VARIABLE.fullmatch(name) and _VERSION.fullmatch(value):
            line = next(
                (n for n, each in enumerate(text.splitlines(), 1) if name in each), 0
            )
            if line:
                image = official(NakamaImage.SERVER, value.removeprefix("v"))[0]
                yield NamedImage(image=image, line=line, by_version=True)


def _builds(
    path: str, text: str, style: Style, variables: Mapping[str, str]
) -> Iterator[BuildLine]:
    if not _may_build(text, variables):
        return
    if path.lower().endswith((".yml", ".yaml")):
        document, _ = parse_yaml(text)
        for script in _texts(document):
            if _may_build(script, variables):
                line = _line_of(text, script)
                yield from build_lines(
                    script, file=path, line=line, style=style, variables=variables
                )
        return
    script = text.replace("^\n", "\\\n").replace("`\n", "\\\n")
    if style is Style.BATCH:
        script = re.sub(r"\\(?!\n)", "/", script)
    exported = {
        name: value for name, value in variables.items() if name.startswith("GO")
    }
    yield from build_lines(
        script, file=path, style=style, variables=variables, environment=exported
    )


def _may_build(text: str, variables: Mapping[str, str]) -> bool:
    """Tell whether a plugin can be built here: reading all of it costs much more."""
    said = (text, *variables.values())
    return "build" in text and any("plugin" in x or ".so" in x for x in said)


def _texts(document: Any) -> Iterator[str]:
    """Yield all texts of a YAML document in order; what is aliased counts once."""
    pending = [document]
    seen: set[int] = set()
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict | list) and id(value) not in seen:
            seen.add(id(value))
            inner = value.values() if isinstance(value, dict) else value
            pending.extend(reversed(list(inner)))


def _line_of(text: str, script: str) -> int:
    first = script.strip().partition("\n")[0].strip()
    lines = text.splitlines()
    return next((n for n, line in enumerate(lines, 1) if first and first in line), 1)
