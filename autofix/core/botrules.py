"""
Rules for the bots that raise dependencies: what they must leave to the server.

Renovate's form is that of its configuration options (``packageRules`` with
``matchFileNames``, ``matchPackageNames``, ``matchDepTypes``, ``allowedVersions``,
``enabled``, ``groupName``) and of its gomod manager (depTypes ``golang`` and
``toolchain``); Dependabot's is that of GitHub's options reference for
``dependabot.yml``: an ``ignore`` with a name alone is for every version.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from autofix.core.hints import FileKind, Hints, ImageHint, file_kind
from autofix.core.imageref import NakamaImage, official
from autofix.core.model import ModuleVersion

SCHEMA = "https://docs.renovatebot.com/renovate-schema.json"
GROUP = "nakama"
GOLANG = "golang"


class Bot(StrEnum):
    """A bot whose rules can be written."""

    RENOVATE = "renovate"
    DEPENDABOT = "dependabot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictated:
    """
    What a server dictates to one Go module.

    ``server`` names it in a sentence, ``go`` is its Go version. ``go_mod`` and the files
    that name images, with whether one is Go's own, are relative to the repository.
    """

    server: str
    go: str
    go_mod: str
    modules: tuple[ModuleVersion, ...]
    image_files: tuple[tuple[str, bool], ...] = ()


def image_files(hints: Hints) -> tuple[tuple[str, bool], ...]:
    """Return the Dockerfiles and compose files that name images, in order."""
    found: dict[str, bool] = {}
    for hint in (*hints.servers, *hints.builders):
        if file_kind(hint.file) in (FileKind.DOCKERFILE, FileKind.COMPOSE):
            found[hint.file] = found.get(hint.file, False) or _is_golang(hint)
    return tuple(sorted(found.items()))


def rules_for(bot: Bot, dictated: Sequence[Dictated]) -> str:
    """Return a bot's rules as the text of a file."""
    match bot:
        case Bot.RENOVATE:
            rules = {"$schema": SCHEMA, "packageRules": [*_package_rules(dictated)]}
            return json.dumps(rules, indent=2) + "\n"
        case Bot.DEPENDABOT:
            return "\n".join(_dependabot(dictated)) + "\n"


def _package_rules(dictated: Sequence[Dictated]) -> Iterator[dict[str, Any]]:
    for each in dictated:
        why = f"{each.server} links these too, and a plugin loads only with the same "
        if each.modules:
            yield {
                "description": [
                    f"{why}versions; 'autofix run' pins them.",
                    *map(str, each.modules),
                ],
                "matchManagers": ["gomod"],
                "matchFileNames": [each.go_mod],
                "matchPackageNames": [module.path for module in each.modules],
                "enabled": False,
            }
        yield {
            "description": f"{each.server} was built by Go {each.go}, which reads no "
            "newer go.mod.",
            "matchManagers": ["gomod"],
            "matchFileNames": [each.go_mod],
            "matchDepTypes": ["golang", "toolchain"],
            "enabled": False,
        }
        files = [file for file, golang in each.image_files if golang]
        if files:
            yield {
                "description": f"{each.server} was built by Go {each.go}, and a plugin "
                "loads only if it was built by the same.",
                "matchDatasources": ["docker"],
                "matchFileNames": files,
                "matchPackageNames": [GOLANG],
                "allowedVersions": rf"/^{re.escape(each.go)}(?:-|$)/",
            }
    yield {
        "description": "Server and builder move together; 'autofix upgrade' moves what "
        "else must.",
        "matchDatasources": ["docker"],
        "matchPackageNames": [*_official_names()],
        "groupName": GROUP,
    }


def _official_names() -> Iterator[str]:
    """Yield the images that move together, as each registry is written."""
    for image in (NakamaImage.SERVER, NakamaImage.DSYM, NakamaImage.BUILDER):
        yield from map(str, official(image, ""))


def _dependabot(dictated: Sequence[Dictated]) -> Iterator[str]:
    servers = ", ".join(
        dict.fromkeys(_comment(f"{d.server} (Go {d.go})") for d in dictated)
    )
    yield f"# What {servers} dictates to its plugins; written by autofix export."
    yield "# Where there is a dependabot.yml, take the ignores and groups over into it."
    yield "version: 2"
    yield "updates:"
    for each in dictated:
        yield from _entry("gomod", posixpath.dirname(each.go_mod))
        if each.modules:
            yield "    ignore:"
        for module in each.modules:
            yield f"      - dependency-name: {_quoted(module.path)} # {module.version}"
    for ecosystem, kind in (
        ("docker", FileKind.DOCKERFILE),
        ("docker-compose", FileKind.COMPOSE),
    ):
        for folder, golang in _folders(dictated, kind):
            yield from _entry(ecosystem, folder)
            if golang:
                yield "    ignore:"
                yield f"      - dependency-name: {_quoted(GOLANG)}"
            yield "    groups:"
            yield f"      {GROUP}:"
            yield "        patterns:"
            for image in (NakamaImage.SERVER, NakamaImage.DSYM, NakamaImage.BUILDER):
                yield f"          - {_quoted(official(image, '')[0].path)}"


def _entry(ecosystem: str, folder: str) -> Iterator[str]:
    yield f"  - package-ecosystem: {_quoted(ecosystem)}"
    yield f"    directory: {_quoted(f'/{folder}')}"
    yield "    schedule:"
    yield '      interval: "weekly"'


def _folders(dictated: Iterable[Dictated], kind: FileKind) -> list[tuple[str, bool]]:
    """Return the folders with files of a kind, and whether one names Go's own image."""
    found: dict[str, bool] = {}
    for file, golang in (pair for each in dictated for pair in each.image_files):
        if file_kind(file) is kind:
            folder = posixpath.dirname(file)
            found[folder] = found.get(folder, False) or golang
    return sorted(found.items())


def _is_golang(hint: ImageHint) -> bool:
    return hint.image.path == GOLANG


def _quoted(text: str) -> str:
    """Write a string so that YAML reads it back whatever is in it, as JSON does."""
    return json.dumps(text)


def _comment(text: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in text)
