"""The docker commands that lead into the containers of a run."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping

from autofix.engines.base import Image
from autofix.engines.docker.limits import Limits
from autofix.engines.docker.specs import ContainerSpec
from autofix.engines.inside import Door, Work, shown
from autofix.engines.leftovers import Kind, Thing
from autofix.truth import SERVER_BINARY

STANDING = "standing"
"""The role of the server's container in which a person starts it by hand."""


def docker_doors(
    things: Iterable[Thing], work: Work, environment: Mapping[str, str]
) -> Iterator[Door]:
    """Yield the ways into the containers that a run has; ``environment`` is Go's."""
    names = {
        each.name.split("-")[1]: each.name
        for each in things
        if each.kind is Kind.CONTAINER and each.name.startswith("autofix-")
    }
    if name := names.get("builder"):
        variables = (f"{key}={value}" for key, value in shown(environment).items())
        told = [word for each in variables for word in ("-e", each)]
        yield Door(
            name="builder",
            words="the project as it is now, with the server's Go",
            enter=_exec(name, "-w", work.folder, *told),
            tries=(shlex.join(work.build), "go list -m all", "cat go.mod"),
        )
    if (name := names.get(STANDING)) and work.image is not None:
        path = f"--runtime.path={work.image.modules}"
        address = ' --database.address "$DATABASE"'
        start = (
            f"{SERVER_BINARY} migrate up{address}",
            f"{SERVER_BINARY}{address} {path}",
        )
        yield Door(
            name="server",
            words="its image with the plugin in place; nothing runs in it yet",
            enter=_exec(name, "-w", work.image.folder),
            tries=(f"{SERVER_BINARY} check {path}", *(start if work.address else ())),
        )
    if name := names.get("database"):
        yield Door(
            name="database",
            words="the run's own PostgreSQL",
            enter=f"docker exec -it {name} psql -U postgres",
        )


def standing(
    work: Work, image: Image, limits: Limits, *, network: str
) -> ContainerSpec:
    """Return a container that does nothing, to start the server in by hand."""
    return ContainerSpec(
        image=image.identity,
        role=STANDING,
        entrypoint=("sleep",),
        command=(str(limits.builder_seconds),),
        environment={"NAKAMA_TELEMETRY": "0", "DATABASE": work.address},
        network=network,
        memory=limits.server_memory,
        processes=limits.server_processes,
        init=True,
    )


def _exec(name: str, *options: str) -> str:
    return shlex.join(("docker", "exec", "-it", *options, name, "sh"))
