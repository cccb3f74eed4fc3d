"""The engine of containers: images, builders, databases, servers of one run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from autofix.core.model import Evidence, EvidenceSource
from autofix.engines.base import Follow, Image
from autofix.engines.docker import containers
from autofix.engines.docker.access import Access, module_access
from autofix.engines.docker.builder import ContainerBuilder, go_setup
from autofix.engines.docker.cleaning import clear, remove_all, sweep
from autofix.engines.docker.client import Client
from autofix.engines.docker.copying import copy_file
from autofix.engines.docker.database import ContainerDatabase, DatabaseSecret
from autofix.engines.docker.dialling import dial
from autofix.engines.docker.doors import docker_doors, standing
from autofix.engines.docker.images import Images, Progress
from autofix.engines.docker.limits import Limits
from autofix.engines.docker.serving import place, serve
from autofix.engines.docker.specs import ContainerSpec, EngineFacts
from autofix.engines.inside import Door, Work
from autofix.engines.leftovers import Kind, Swept, Thing
from autofix.engines.ownership import CACHE, KEEP, RUN, Owner, this_owner
from autofix.errors import AutofixError, InternalError
from autofix.logs import logger
from autofix.retrying import RetryPolicy


def _silent(_text: str) -> None:
    pass


class DockerEngine:
    """
    A Docker engine and everything that one run has in it.

    A context manager: leaving it removes whatever carries the run's labels, also
    what was half made when an exception came. ``machine`` is the architecture that
    images are pulled for (Go's name); ``access`` is what fetching modules needs;
    ``keep`` leaves stopped containers for inspection.
    """

    def __init__(
        self,
        client: Client,
        owner: Owner,
        *,
        limits: Limits | None = None,
        machine: str = "amd64",
        ca_bundle: Path | None = None,
        access: Access | None = None,
        progress: Progress = _silent,
        keep: bool = False,
        retry: RetryPolicy | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._owner = owner
        self._limits = limits or Limits()
        self._ca_bundle = ca_bundle
        self._access = access or Access()
        self._keep = keep
        self._clock = clock
        self._sleep = sleep
        self._database: ContainerDatabase | None = None
        self._removal: threading.Thread | None = None
        self._go_variables: Mapping[str, str] = {}
        self._images = Images(
            client,
            limits=self._limits,
            retry=retry or RetryPolicy(),
            machine=machine,
            progress=progress,
            clock=clock,
        )

    @classmethod
    def from_environment(
        cls,
        *,
        run_id: str,
        environment: Mapping[str, str],
        limits: Limits | None = None,
        machine: str = "amd64",
        ca_bundle: Path | None = None,
        progress: Progress = _silent,
        keep: bool = False,
    ) -> Self:
        """
        Connect as the docker command would (DOCKER_HOST, DOCKER_CONTEXT, context).

        Of ``environment`` only what fetching modules needs is passed into builders.
        EngineUnavailableError within seconds if no engine answers.
        """
        limits = limits or Limits()
        retry = RetryPolicy()
        api = dial(
            environment,
            connect_seconds=limits.connect_seconds,
            answer_seconds=limits.answer_seconds,
        )
        return cls(
            Client(api, retry=retry, silence=limits.silence_seconds),
            this_owner(run_id),
            limits=limits,
            machine=machine,
            ca_bundle=ca_bundle,
            access=module_access(environment),
            progress=progress,
            keep=keep,
            retry=retry,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if self._removal is not None:
                self._removal.join()
            if self._keep:
                self._stop(self._client.labelled(f"{RUN}={self._owner.run}"))
            else:
                clear(self._client, self._owner.run)
        except AutofixError as failure:
            logger().warning("not cleaned up", error=failure.what)
        finally:
            self._client.close()

    @property
    def run_id(self) -> str:
        """Return the id of the run that owns everything made here."""
        return self._owner.run

    @property
    def name(self) -> str:
        """Return ``docker``."""
        return "docker"

    def facts(self) -> EngineFacts:
        """Return what the engine says of itself."""
        return self._client.facts()

    def disks(self) -> tuple[Path, ...]:
        """Return the folder of images and volumes, where it is on this machine."""
        facts = self._client.facts()
        return (Path(facts.root),) if facts.local and facts.root else ()

    def sweep(
        self,
        *,
        all_runs: bool = False,
        kept: bool = False,
        caches: bool = False,
        dry_run: bool = False,
    ) -> Swept:
        """Remove what dead runs left; see ``cleaning.sweep``."""
        return sweep(
            self._client, all_runs=all_runs, kept=kept, caches=caches, dry_run=dry_run
        )

    def image(
        self, references: Sequence[str], *, role: str, machine: str = ""
    ) -> Image:
        """
        Return the first image that is in the engine, else the first that can be pulled.

        ``machine`` insists on an architecture (a builder needs its server's).
        ImageMissingError names all that were tried and why each failed.
        """
        return self._images.find(references, role=role, machine=machine)

    def held(self, references: Sequence[str], *, machine: str = "") -> Image | None:
        """Return the first image that is in the engine; None if none is."""
        return self._images.held(references, machine=machine)

    def copy_out(self, image: Image, path: str, target: Path) -> None:
        """
        Copy one file out of an image, following links; ForeignImageError if absent.

        Nothing of the image is run. ``target`` appears whole or not at all.
        """
        with self._container(containers.still(image)) as container:
            copy_file(
                self._client,
                container,
                path,
                target,
                size=self._limits.copied_file,
                image=image.reference,
            )

    @contextmanager
    def builder(self, image: Image) -> Iterator[ContainerBuilder]:
        """Open a builder; it lasts until the context ends."""
        details = self._client.image(image.identity)
        setup = go_setup(details.environment if details else {})
        for volume in setup.volumes:
            self._client.ensure_volume(volume, {CACHE: "1"})
        access = self._access
        if access.agent and not self._client.facts().local:
            access = replace(access, agent=None)
        spec = containers.builder(image, self._limits, setup, access)
        with self._container(spec) as container:
            self._client.start(container)
            builder = ContainerBuilder(
                self._client,
                container,
                image=image,
                limits=self._limits,
                environment=setup.environment,
                access=access,
                clock=self._clock,
                sleep=self._sleep,
            )
            if self._ca_bundle is not None:
                builder.put_bundle(self._ca_bundle.read_bytes())
            builder.grant()
            self._go_variables = builder.environment
            yield builder

    @contextmanager
    def database(self, image: Image) -> Iterator[ContainerDatabase]:
        """Start PostgreSQL in the background; entering does not wait for it."""
        secret = DatabaseSecret.new()

        def bring_up() -> str:
            spec = containers.database(image, self._limits, secret)
            container = self._client.create(self._owned(spec))
            self._client.start(container)
            return container

        database = ContainerDatabase(
            self._client,
            bring_up,
            secret=secret,
            limits=self._limits,
            clock=self._clock,
        )
        database.begin()
        self._database = database
        try:
            yield database
        finally:
            self._database = None
            # Beside what else is closed; the end of the engine waits for it.
            self._removal = threading.Thread(
                target=self._discard,
                args=(database.created(self._limits.answer_seconds),),
                name="autofix-removal",
            )
            self._removal.start()

    def serve(
        self,
        image: Image,
        arguments: Sequence[str],
        *,
        modules: Mapping[str, Path],
        seconds: float,
        source: EvidenceSource,
        follow: Follow,
        database: bool = False,
        files: Mapping[str, Path] | None = None,
        settle: float = 0.0,
    ) -> Evidence:
        """
        Run the server's entrypoint with ``arguments`` in a fresh sandbox.

        See ``engines.base.Engine.serve``.
        """
        network = self._beside_database() if database else "none"
        spec = containers.server(
            image, self._limits, arguments, role=source, network=network
        )
        with self._container(spec) as container:
            return serve(
                self._client,
                container,
                files={**_placed(image, modules), **(files or {})},
                seconds=seconds,
                settle=settle,
                source=source,
                follow=follow,
                clock=self._clock,
                sleep=self._sleep,
            )

    @contextmanager
    def doors(self, work: Work) -> Iterator[tuple[Door, ...]]:
        """Keep a container of the server for a person beside what is open already."""
        with ExitStack() as stack:
            if work.image is not None:
                network = self._beside_database() if work.address else "none"
                spec = standing(work, work.image, self._limits, network=network)
                container = stack.enter_context(self._container(spec))
                place(self._client, container, _placed(work.image, work.modules))
                self._client.start(container)
            things = self._client.labelled(f"{RUN}={self._owner.run}")
            variables = {**self._go_variables, **work.environment}
            yield tuple(docker_doors(things, work, variables))

    @contextmanager
    def _container(self, spec: ContainerSpec) -> Iterator[str]:
        container = self._client.create(self._owned(spec))
        try:
            yield container
        finally:
            self._discard(container)

    def _beside_database(self) -> str:
        """
        Return the network of a server that needs the database.

        It joins the database's own, which is nothing but a loopback interface: an
        internal network of Docker's would still let it reach services of the host
        (observed on 20.10.24), and takes longer to make.
        """
        if self._database is None:
            raise InternalError("A server was to use a database that is not open.")
        return f"container:{self._database.created(self._limits.answer_seconds)}"

    def _discard(self, container: str) -> None:
        if container and not self._keep:
            thing = Thing(
                kind=Kind.CONTAINER, identity=container, name=container[:12], labels={}
            )
            remove_all(self._client, [thing])

    def _stop(self, things: Sequence[Thing]) -> None:
        for thing in things:
            if thing.kind is Kind.CONTAINER:
                self._client.kill(thing.identity)

    def _owned(self, spec: ContainerSpec) -> ContainerSpec:
        kept = {KEEP: "1"} if self._keep else {}
        return replace(spec, labels=self._owner.labels | kept)


def _placed(image: Image, modules: Mapping[str, Path]) -> dict[str, Path]:
    """Map the paths of a server's modules to local files."""
    return {f"{image.modules}/{name}": path for name, path in modules.items()}
