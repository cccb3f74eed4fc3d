"""
What names a project's Nakama besides its build and CI files.

Manifests (Kubernetes, Helm, Terraform ...) run its image: the old tag moves in them,
and no other, since they may be of other places. Texts, comments and other code are
only told: what they mean by a version is not for a program to decide.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from autofix.core.hints import HintFile, file_kind
from autofix.core.imageref import OFFICIAL_NAMESPACE, NakamaImage
from autofix.core.model import Finding
from autofix.core.moves import Move, Nakama, caveat, move
from autofix.core.movingtext import NAKAMA_IMAGE, masked
from autofix.core.scripts import LONGEST_LINE

SHOWN = 6
_MANIFESTS = frozenset({"hcl", "nomad", "tf", "tfvars", "yaml", "yml"})
_MANIFEST_NAMES = frozenset({"devcontainer.json", "earthfile", "tiltfile"})
_TEXTS = frozenset(
    {"adoc", "cjs", "js", "markdown", "md", "mjs", "py", "rb", "rst", "toml", "ts"}
    | {"txt"}
)
_TEXT_NAMES = frozenset({"go.mod"})
_OF_THE_PAST = ("changelog", "changes", "history", "release-notes", "release_notes")
_IMAGES = "|".join(map(re.escape, NakamaImage))
_APART = re.compile(
    rf"^[ \t-]*(?:repository|name|newName):[ \t]*[\"']?(?P<name>(?:[\w.:-]+/)*"
    rf"{re.escape(OFFICIAL_NAMESPACE)}/(?:{_IMAGES}))[\"']?[ \t]*(?:#.*)?\r?\n"
    r"(?:[ \t]+\w+:.*\n){0,2}?"
    r"[ \t]+(?:tag|newTag):[ \t]*[\"']?(?P<tag>v?\d[\w.+-]*)",
    re.ASCII | re.MULTILINE,
)
"""An image and its tag on lines of their own, as Helm and Kustomize have them."""


class OtherKind(StrEnum):
    """The kinds of files that may name a Nakama without building or testing for it."""

    MANIFEST = "manifest"
    TEXT = "text"


def other_kind(path: str) -> OtherKind | None:
    """Tell by its name whether a file may name Nakama, and is no hint of the target."""
    name = posixpath.basename(path).lower()
    suffix = name.rpartition(".")[2]
    if file_kind(path) is not None or name.startswith(_OF_THE_PAST):
        return None
    if suffix in _MANIFESTS or name in _MANIFEST_NAMES:
        return OtherKind.MANIFEST
    return OtherKind.TEXT if suffix in _TEXTS or name in _TEXT_NAMES else None


def manifest_moves(file: HintFile, before: Nakama, after: Nakama) -> Iterator[Move]:
    """Move the old tag of an official image, and nothing else."""
    text = masked(file)
    for found in (*NAKAMA_IMAGE.finditer(text), *_APART.finditer(text)):
        name, tag = found["name"], found["tag"]
        last = name.rpartition("/")[2]
        official = name.endswith(f"{OFFICIAL_NAMESPACE}/{last}")
        is_old = before.tag and tag.removeprefix("v") == before.tag
        if not (official and is_old and last in frozenset(NakamaImage)):
            continue
        digest = found.groupdict().get("digest") or ""
        start = found.start("tag")
        new = f"{'v' if tag.startswith('v') else ''}{after.tag}"
        note = caveat(digest, official=True)
        yield move(file, start, tag + digest, new, name, note=note)


def mentions(files: Iterable[HintFile], before: Nakama) -> Iterator[str]:
    """Yield each place whose line names the release, or its nakama-common."""
    if not before.tag:
        return
    release = _number(before.tag)
    common = _number(before.nakama_common.removeprefix("v"))
    for file in files:
        for number, line in enumerate(file.text.split("\n"), 1):
            short = line[:LONGEST_LINE]
            if file.path.endswith("go.mod"):  # its statements are the run's
                short = short.partition("//")[2]
            lower = short.lower()
            if "nakama" not in lower:
                continue
            of_common = before.nakama_common and "nakama-common" in lower
            if release.search(short) or (of_common and common.search(short)):
                yield f"{file.path}:{number}"


def named_elsewhere(places: Sequence[str], before: Nakama) -> Finding:
    """Say which lines still name the old Nakama."""
    rest = len(places) - SHOWN
    more = f" and {rest} more" if rest > 0 else ""
    verb = "names" if len(places) == 1 else "name"
    return Finding(
        name="named-elsewhere",
        text=f"{', '.join(places[:SHOWN])}{more} still {verb} Nakama {before.tag}.",
        answer="Texts, comments and other code were left as they are.",
    )


def _number(version: str) -> re.Pattern[str]:
    """Match a version where it stands alone: 3.2.0 is not in 3.2.0.1 or 13.2.0."""
    return re.compile(rf"(?<![\d.]){re.escape(version)}(?!\.?\d)", re.ASCII)
