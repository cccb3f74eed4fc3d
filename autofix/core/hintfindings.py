"""What is odd about the files that name a project's Nakama, in words."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from autofix.core.imageref import ImageRef
from autofix.core.model import Finding


def compose_unreadable(problem: str) -> Finding:
    """Say that a compose file is left out."""
    return Finding(name="compose-unreadable", text=problem, answer="It is left out.")


def misspelled(place: str, image: ImageRef, meant: ImageRef) -> Finding:
    """Say that an official image's name is wrong, and how it is read."""
    return Finding(
        name="image-misspelled",
        text=f"{place} names {image}, which Heroic Labs do not publish.",
        answer=f"autofix reads it as {meant}.",
    )


def variable_unknown(place: str, text: str, missing: Iterable[str]) -> Finding:
    """Say that an image depends on a variable that no file gives a value."""
    return Finding(
        name="image-variable-unknown",
        text=f"{place} names {text!r}, but {', '.join(missing)} has no value in any file"
        " of the project.",
        answer="Give the Nakama version with --nakama.",
    )


def prebuilt(place: str, plugin: str) -> Finding:
    """Say that the image gets a plugin that no build of the Dockerfile made."""
    return Finding(
        name="prebuilt-plugin",
        text=f"{place} copies {plugin} into the image as it lies there, not from a"
        " build.",
        answer="Nakama loads it too: it must be built for the same Nakama.",
    )


def hidden(compose_file: str, plugin: str, dockerfile: str) -> Finding:
    """Say that a mount hides the plugin that the image contains."""
    return Finding(
        name="modules-hidden-by-mount",
        text=f"{compose_file} mounts a folder of this machine over Nakama's modules; it"
        f" hides {posixpath.basename(plugin)}, which {dockerfile} copies into the"
        " image.",
        answer="Mount single files instead, or build the plugin into the mounted"
        " folder.",
    )
