"""
A stage for the kit's live tests: plugins built for real, servers run for real.

Containers made here carry the label of the kit's own, so that ``python -m scenarios.kit
remove`` also removes what a killed test leaves.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import docker
from docker.errors import NotFound
from docker.models.containers import Container
from docker.models.networks import Network

from scenarios.kit.engine import OWN_LABEL, ContextFile, pack

LABELS = {OWN_LABEL: "1"}
MODULES = "nakama/data/modules"
PASSWORD = "localdb"
_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a server did: its exit code (None: it was still up) and both streams."""

    exit_code: int | None
    stdout: str
    stderr: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Return the JSON lines of stdout."""
        return [
            json.loads(line) for line in self.stdout.splitlines() if line[:1] == "{"
        ]

    @property
    def messages(self) -> list[str]:
        """Return the message of each JSON line."""
        return [line["msg"] for line in self.lines]

    @property
    def failures(self) -> list[tuple[str, str]]:
        """Return level and message of the error and fatal lines."""
        return [
            (line["level"], line["msg"])
            for line in self.lines
            if line["level"] in {"error", "fatal"}
        ]

    def line(self, message: str) -> dict[str, Any]:
        """Return the only line with ``message``, without time and caller."""
        (found,) = [line for line in self.lines if line["msg"] == message]
        return {key: found[key] for key in found if key not in {"ts", "caller"}}


class Stage:
    """One network with one PostgreSQL, on which servers are run."""

    def __init__(
        self, client: docker.DockerClient, network: Network, database: Container
    ) -> None:
        self.client = client
        self.network = network
        self.host = database.name

    def address(self, database: str) -> str:
        """Return ``--database.address`` of a database on the stage's PostgreSQL."""
        return f"postgres:{PASSWORD}@{self.host}:5432/{database}"

    def run(
        self,
        image: str,
        *arguments: str,
        modules: Mapping[str, bytes] | None = None,
        files: Sequence[ContextFile] = (),
        until: str = "Startup done",
        then: Sequence[str] = (),
    ) -> Outcome:
        """
        Run a server until it ends or logs ``until``; ``then`` runs inside it.

        The output of ``then`` is appended to stdout.
        """
        container = self.client.containers.create(
            image, list(arguments), network=self.network.name, labels=LABELS
        )
        try:
            given = [
                ContextFile(path=f"{MODULES}/{name}", content=content)
                for name, content in (modules or {}).items()
            ]
            container.put_archive("/", pack([*given, *files]).read())
            container.start()
            exit_code = _await(container, until)
            extra = b""
            if then and exit_code is None:
                output = container.exec_run(list(then)).output
                extra = output if isinstance(output, bytes) else b"".join(output)
            return Outcome(
                exit_code=exit_code,
                stdout=(container.logs(stderr=False) + extra).decode(),
                stderr=container.logs(stdout=False).decode(),
            )
        finally:
            container.remove(force=True, v=True)


@contextmanager
def open_stage(postgres: str) -> Iterator[Stage]:
    """Set a stage and clear it away."""
    client = docker.from_env()
    # A name of its own: tests may run in several processes.
    name = f"autofix-kit-test-{uuid4().hex[:8]}"
    network = client.networks.create(name, labels=LABELS)
    database: Container | None = None
    try:
        database = client.containers.run(
            postgres,
            ["-c", "fsync=off"],
            detach=True,
            network=name,
            name=name,
            labels=LABELS,
            environment={"POSTGRES_PASSWORD": PASSWORD},
            tmpfs={"/var/lib/postgresql/data": ""},
        )
        _await(database, "database system is ready to accept connections")
        yield Stage(client, network, database)
    finally:
        if database is not None:
            database.remove(force=True, v=True)
        with suppress(NotFound):
            network.remove()
        client.close()


def _await(container: Container, text: str) -> int | None:
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        container.reload()
        ended = container.status == "exited"
        if not ended and text.encode() in container.logs():
            return None
        if ended:
            return int(container.attrs["State"]["ExitCode"])
        time.sleep(0.03)
    raise TimeoutError(f"{text!r} did not come:\n{container.logs().decode()}")
