"""What each container of a run is: its limits, its rights, what it sees."""

from __future__ import annotations

from collections.abc import Sequence

from autofix.engines.base import Image
from autofix.engines.docker.access import Access
from autofix.engines.docker.builder import CAPABILITIES_TO_BUILD, GoSetup
from autofix.engines.docker.database import (
    ARGUMENTS,
    CAPABILITIES,
    DATA,
    DatabaseSecret,
)
from autofix.engines.docker.limits import Limits
from autofix.engines.docker.specs import ContainerSpec


def still(image: Image) -> ContainerSpec:
    """Return one that is never started: files are copied out of it."""
    return ContainerSpec(image=image.identity, role="copy", entrypoint=("/none",))


def builder(
    image: Image, limits: Limits, setup: GoSetup, access: Access
) -> ContainerSpec:
    """Return one in which commands run one by one; only it reaches the network."""
    return ContainerSpec(
        image=image.identity,
        role="builder",
        entrypoint=("sleep",),
        command=(str(limits.builder_seconds),),
        network="bridge",
        memory=limits.builder_memory,
        processes=limits.builder_processes,
        capabilities=CAPABILITIES_TO_BUILD,
        volumes=setup.volumes,
        sockets=access.sockets,
        init=True,
        user_proxies=True,
    )


def database(image: Image, limits: Limits, secret: DatabaseSecret) -> ContainerSpec:
    """Return PostgreSQL with its data in memory."""
    return ContainerSpec(
        image=image.identity,
        role="database",
        command=ARGUMENTS,
        environment=secret.environment,
        memory=limits.database_memory,
        processes=limits.database_processes,
        capabilities=CAPABILITIES,
        tmpfs={DATA: "rw,mode=1777"},
        keep_log=True,
    )


def server(
    image: Image, limits: Limits, arguments: Sequence[str], *, role: str, network: str
) -> ContainerSpec:
    """Return the server's own entrypoint with ``arguments``."""
    return ContainerSpec(
        image=image.identity,
        role=role,
        command=tuple(arguments),
        environment={"NAKAMA_TELEMETRY": "0"},
        network=network,
        memory=limits.server_memory,
        processes=limits.server_processes,
    )
