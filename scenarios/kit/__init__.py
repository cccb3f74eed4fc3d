"""
The kit: local images for scenarios when the official ones cannot be had.

``ensure_images`` makes a Debian base, the exact Go of each release, PostgreSQL and a
*twin server*, a test double that opens plugins exactly as the given Nakama release
would, because it links the same packages at the same versions. It is never Nakama,
and says so in ``--version``, its image label and every unserved call.
"""

from __future__ import annotations

from scenarios.kit.build import (
    KitImages,
    ReleaseImages,
    ensure_images,
    image_states,
    remove_images,
)
from scenarios.kit.errors import KitError
from scenarios.kit.local import local_server, remove_local
from scenarios.kit.progress import Progress, StepEnded, StepNoted, StepStarted
from scenarios.kit.release import Release, known_tags, release

__all__ = [
    "KitError",
    "KitImages",
    "Progress",
    "Release",
    "ReleaseImages",
    "StepEnded",
    "StepNoted",
    "StepStarted",
    "ensure_images",
    "image_states",
    "known_tags",
    "local_server",
    "release",
    "remove_images",
    "remove_local",
]
