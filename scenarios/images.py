"""Whether Nakama's own images, and an engine at all, are there to run scenarios on."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import docker
from docker.errors import DockerException, ImageNotFound

from scenarios.kit.errors import KitError

_OFFICIAL_SERVER = "heroiclabs/nakama:{}"
_OFFICIAL_BUILDER = "heroiclabs/nakama-pluginbuilder:{}"


def missing_officially(releases: Iterable[str]) -> tuple[str, ...]:
    """List the official images of the releases that are not in the engine."""
    wanted = (
        form.format(release)
        for release in releases
        for form in (_OFFICIAL_SERVER, _OFFICIAL_BUILDER)
    )
    return tuple(reference for reference in wanted if not _present(reference))


def engine_problem() -> str:
    """Say why no engine can be used, or "" if one answers."""
    try:
        client = docker.from_env(timeout=10)
    except DockerException as error:
        return str(error)
    try:
        client.ping()
    except (DockerException, OSError) as error:
        return str(error)
    finally:
        client.close()
    return ""


@cache
def _present(reference: str) -> bool:
    try:
        client = docker.from_env(timeout=30)
    except DockerException as error:
        raise KitError("No container engine answers.", why=str(error)) from error
    try:
        client.images.get(reference)
    except ImageNotFound:
        return False
    finally:
        client.close()
    return True
