"""
What a bundle says of itself: its first member, ``manifest.json``.

It names every other member with its size and hash, so that a bundle that was cut
short or edited is noticed before anything of it is used; and what was left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from autofix.core.codec import CodecError, decode, encode

FORMAT = 1
"""Raised when an older autofix would read a bundle wrongly."""

KIND = "autofix bundle"
_HASH = re.compile(r"[0-9a-f]{64}")


class ManifestError(ValueError):
    """The text is no manifest that this version can read; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file of a bundle: ``size`` in bytes, ``sha256`` in hexadecimal digits."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Something of the run that is not in its bundle, or not as it was, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """
    A bundle's own description.

    ``began`` is in ISO 8601; ``end`` is the typed end, or the error that came before
    one. ``made_with`` names server, builder and their versions and digests as far as
    the run came to them. ``sources`` tells whether it can be run again, ``replays``
    whether its journal gave the same decisions to the autofix that wrote it.
    """

    autofix: str
    run_id: str
    began: str
    end: str
    sources: bool
    replays: bool
    made_with: Mapping[str, str] = field(default_factory=dict)
    members: tuple[Member, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    kind: str = KIND
    format: int = FORMAT


def manifest_text(manifest: Manifest) -> str:
    """Return the text of ``manifest.json``; equal manifests give equal text."""
    return json.dumps(encode(manifest), indent=2, sort_keys=True) + "\n"


def parse_manifest(text: str) -> Manifest:
    """Read a manifest; ManifestError if it is none, or of a newer format."""
    try:
        stored = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ManifestError("its manifest is not JSON") from error
    if not isinstance(stored, dict) or stored.get("kind") != KIND:
        raise ManifestError("it is not a bundle of autofix")
    form = stored.get("format")
    if form != FORMAT:
        by = stored.get("autofix", "another version")
        raise ManifestError(
            f"it has format {form!r:.20} and was written by autofix {by!s:.20}; this "
            f"version reads format {FORMAT}"
        )
    try:
        manifest: Manifest = decode(stored, Manifest)
    except CodecError as error:
        raise ManifestError(f"its manifest is damaged: {error}") from error
    names = [each.name for each in manifest.members]
    if len(set(names)) != len(names):
        raise ManifestError("its manifest names a file twice")
    for each in manifest.members:
        if each.size < 0 or not _HASH.fullmatch(each.sha256):
            raise ManifestError(f"its manifest has no size and hash of {each.name!r}")
    return manifest
