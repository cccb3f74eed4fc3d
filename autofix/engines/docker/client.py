"""
The engine's API, call by call; with ``dialling`` the only importer of docker.

Every exception of theirs becomes one of ours here. Calls that fail for a passing
reason are tried again; no call waits longer than the client's time limit.
"""

from __future__ import annotations

import base64
import contextlib
import json
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import docker
import docker.errors
import docker.types

from autofix.engines.docker.connection import Connection
from autofix.engines.docker.dialling import LOCAL, translated
from autofix.engines.docker.download import Download
from autofix.engines.docker.failures import AbsentError, refused
from autofix.engines.docker.specs import (
    ContainerSpec,
    ContainerState,
    EngineFacts,
    ImageDetails,
)
from autofix.engines.leftovers import Kind, Thing
from autofix.errors import AutofixError, EngineLostError
from autofix.retrying import RetryPolicy

MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "i686": "386", "armv7l": "arm"}
"""The engine's own names for its architecture, where they differ from Go's."""

LOST_SECONDS = 5
"""Time limit of further calls once the engine failed to answer."""
LINKS = 10
"""Symbolic links followed one after another."""


class Client:
    """
    A connection to one engine.

    Where a program has been silent for ``silence`` seconds, the engine is asked whether
    it still lives.
    """

    def __init__(
        self,
        api: docker.APIClient,
        *,
        retry: RetryPolicy,
        silence: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._retry = retry
        self._silence = silence
        self._clock = clock

    def close(self) -> None:
        """Close idle connections."""
        self._api.close()

    def facts(self) -> EngineFacts:
        """Return what the engine says of itself."""
        info = self._call("tell its state", self._api.info)
        version = self._call("tell its version", self._api.version)
        machine = str(version.get("Arch", ""))
        base = str(self._api.base_url)
        return EngineFacts(
            version=str(version.get("Version", "")),
            api=str(self._api.api_version),
            system=str(info.get("OperatingSystem", "")),
            machine=MACHINES.get(machine, machine),
            address=base,
            root=str(info.get("DockerRootDir", "")),
            memory=int(info.get("MemTotal", 0)),
            processors=int(info.get("NCPU", 0)),
            local=base == LOCAL,
        )

    # Images

    def image(self, reference: str) -> ImageDetails | None:
        """Return the image of this reference or id; None if the engine has none."""
        try:
            found = self._call(
                "inspect an image",
                lambda: self._api.inspect_image(reference),  # type: ignore[no-untyped-call]
            )
        except AbsentError:
            return None
        config = found.get("Config") or {}
        return ImageDetails(
            identity=str(found["Id"]),
            digests=tuple(found.get("RepoDigests") or ()),
            machine=str(found.get("Architecture", "")),
            labels=dict(config.get("Labels") or {}),
            environment=dict(
                (*item.split("=", 1), "")[:2] for item in config.get("Env") or ()
            ),
        )

    def pull(self, reference: str, platform: str) -> Iterator[Mapping[str, Any]]:
        """
        Pull an image and yield the engine's progress events.

        Blocks without limit between events: the engine itself waits for a registry.
        """
        action = f"pull {reference}"
        name, tag = _split_tag(reference)
        with translated(action):
            events = self._api.pull(
                name, tag=tag, platform=platform, stream=True, decode=True
            )
            for event in events:
                if problem := event.get("error"):
                    raise refused(action, str(problem), None)
                yield event

    # Containers

    def create(self, spec: ContainerSpec) -> str:
        """Create a container and return its id; its labels are there at once."""
        return str(self._call("create a container", lambda: self._create(spec)))

    def _create(self, spec: ContainerSpec) -> str:
        log: dict[str, Any] = {"type": "none"}
        if spec.keep_log:
            log = {"type": "json-file", "config": {"max-size": "4m"}}
        host = self._api.create_host_config(
            network_mode=spec.network,
            mem_limit=spec.memory or None,
            memswap_limit=spec.memory or None,
            pids_limit=spec.processes or None,
            cap_drop=["ALL"],
            cap_add=list(spec.capabilities) or None,
            security_opt=["no-new-privileges"],
            tmpfs=dict(spec.tmpfs) or None,
            init=spec.init or None,
            log_config=docker.types.LogConfig(**log),
            mounts=[
                docker.types.Mount(target=path, source=name, no_copy=True)
                for name, path in spec.volumes.items()
            ],
            binds=[f"{source}:{path}" for source, path in spec.sockets.items()],
        )
        created: dict[str, Any] = self._api.create_container(
            spec.image,
            command=list(spec.command),
            entrypoint=list(spec.entrypoint) if spec.entrypoint else None,
            environment=dict(spec.environment),
            name=f"autofix-{spec.role}-{secrets.token_hex(4)}",
            labels=dict(spec.labels),
            host_config=host,
            # The image's own health check would only add processes and noise.
            healthcheck={"test": ["NONE"]},
            use_config_proxy=spec.user_proxies,
        )
        return str(created["Id"])

    def start(self, container: str) -> None:
        """Start a created or stopped container."""
        self._call("start a container", lambda: self._api.start(container))

    def kill(self, container: str) -> None:
        """Kill a container; nothing happens if it is gone or does not run."""
        with translated("stop a container"):
            try:
                self._api.kill(container)
            except docker.errors.APIError as error:
                if error.status_code not in (404, 409):
                    raise

    def state(self, container: str) -> ContainerState:
        """Return how a container is."""
        found = self._call(
            "inspect a container", lambda: self._api.inspect_container(container)
        )
        state = found["State"]
        running = bool(state.get("Running"))
        ran = state.get("Status") not in ("created", None)
        return ContainerState(
            running=running,
            exit_code=int(state["ExitCode"]) if ran and not running else None,
            out_of_memory=bool(state.get("OOMKilled")),
            error=str(state.get("Error") or ""),
        )

    def log(self, container: str) -> str:
        """Return what both streams said last, up to 4 MiB; needs ``keep_log``."""
        text: bytes = self._call(
            "read a container's log",
            lambda: self._api.logs(container, follow=False),
        )
        return text.decode("utf-8", "replace")

    def attach(self, container: str) -> Connection:
        """Return the output of a container that is not started yet."""
        with translated("follow a container"):
            return self._connection(
                self._api.attach_socket(
                    container,
                    params={"stdout": 1, "stderr": 1, "stream": 1, "logs": 0},
                )
            )

    def execute(
        self,
        container: str,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: str | None,
    ) -> tuple[str, Connection]:
        """
        Start a command in a running container; return its id and its output.

        Its stdin is the connection, so that it can wait for ``Connection.begin``.
        """
        with translated("run a command"):
            created = self._api.exec_create(
                container,
                list(arguments),
                stdin=True,
                environment=dict(environment),
                workdir=folder,
            )
            identity = str(created["Id"])
            return identity, self._connection(
                self._api.exec_start(identity, socket=True)
            )

    def exit_code(self, execution: str) -> int | None:
        """Return the exit code of a command; None while it runs."""
        found = self._call(
            "inspect a command", lambda: self._api.exec_inspect(execution)
        )
        code = found.get("ExitCode")
        return None if found.get("Running") or code is None else int(code)

    def put(self, container: str, archive: Iterable[bytes], folder: str) -> None:
        """
        Unpack a tar stream into an existing folder of a container.

        What ``archive`` raises comes out as it is.
        """
        own: list[BaseException] = []

        def chunks() -> Iterator[bytes]:
            # Sent through requests, a missing local file would look like a lost engine.
            try:
                yield from archive
            except BaseException as error:
                own.append(error)
                raise

        try:
            with translated(f"copy files to {folder}"):
                self._api.put_archive(container, folder, chunks())
        except AutofixError:
            if own:
                raise own[0] from None
            raise

    def fetch(self, container: str, path: str) -> Download:
        """Return a tar stream of a path; AbsentError if it is not there."""
        return self._fetch(container, path)[0]

    def fetch_file(self, container: str, path: str) -> Download:
        """Return a tar stream of the file that ``path`` is or links to."""
        for _ in range(LINKS):
            stream, link = self._fetch(container, path)
            if not link:
                return stream
            stream.close()
            path = link
        raise AbsentError(f"{path} is a link that leads nowhere.")

    def _fetch(self, container: str, path: str) -> tuple[Download, str]:
        # docker-py's get_archive gives no way to let go of the connection early,
        # and the engine removes no container that it is still reading.
        action = f"copy {path} out of a container"
        api = self._api
        with translated(action):
            response = api.get(
                f"{api.base_url}/v{api.api_version}/containers/{container}/archive",
                params={"path": path},
                # Compressing takes the engine six times as long as sending.
                headers={"Accept-Encoding": "identity"},
                stream=True,
                timeout=api.timeout,
            )
            download = Download(response, action)
            if not response.ok:
                with contextlib.closing(download), translated(action):
                    text = str(response.json().get("message", response.reason))
                raise refused(action, text, response.status_code)
            status = response.headers.get("X-Docker-Container-Path-Stat", "")
        return download, json.loads(base64.b64decode(status)).get("linkTarget", "")

    # Volumes, and everything with our labels

    def ensure_volume(self, name: str, labels: Mapping[str, str]) -> None:
        """Create a volume unless there is one of this name."""
        self._call(
            "create a volume",
            lambda: self._api.create_volume(name, labels=dict(labels)),
        )

    def labelled(self, label: str) -> tuple[Thing, ...]:
        """Return what carries ``label``: containers first, the order of removal."""
        filters = {"label": [label]}
        containers = self._call(
            "list containers", lambda: self._api.containers(all=True, filters=filters)
        )
        volumes = self._call("list volumes", lambda: self._api.volumes(filters=filters))
        rows = [
            *(
                (Kind.CONTAINER, c["Id"], (c["Names"] or ["?"])[0], c)
                for c in containers
            ),
            *((Kind.VOLUME, v["Name"], v["Name"], v) for v in volumes["Volumes"] or ()),
        ]
        return tuple(
            Thing(
                kind=kind,
                identity=identity,
                name=name.removeprefix("/"),
                labels=row.get("Labels") or {},
            )
            for kind, identity, name, row in rows
        )

    def remove(self, kind: Kind, identity: str) -> None:
        """Remove a thing, with its anonymous volumes; one that is gone is fine."""
        api = self._api
        action = f"remove a {kind}"
        match kind:
            case Kind.CONTAINER:
                call = lambda: api.remove_container(identity, force=True, v=True)  # noqa: E731
            case Kind.VOLUME:
                call = lambda: api.remove_volume(identity)  # noqa: E731
        with contextlib.suppress(AbsentError):
            self._call(action, call)

    def _call(self, action: str, function: Callable[[], Any]) -> Any:
        def once() -> Any:
            with translated(action):
                return function()

        try:
            return self._retry.call(once)
        except EngineLostError:
            # Cleaning up asks it again several times: not so patiently any more.
            self._api.timeout = min(self._api.timeout, LOST_SECONDS)
            raise

    def _connection(self, stream: Any) -> Connection:
        # docker-py hands out the file that http.client reads from; the socket in it
        # is the only thing with a time limit, the response what owns them all.
        socket = getattr(stream, "_sock", stream)
        owner = getattr(stream, "_response", stream)

        def release() -> None:
            with contextlib.suppress(OSError):
                owner.close()

        return Connection(
            socket,
            clock=self._clock,
            release=release,
            ask=lambda: self._call("say that it lives", self._api.ping),
            silence=self._silence,
        )


def _split_tag(reference: str) -> tuple[str, str]:
    """Return the parts that the pull call wants; a digest stays with the name."""
    name, colon, tag = reference.rpartition(":")
    if "@" in reference or not colon or "/" in tag:
        return reference, "" if "@" in reference else "latest"
    return name, tag
