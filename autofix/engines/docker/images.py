"""Finding an image: in the engine if it is there, else pulled, else said why not."""

from __future__ import annotations

import contextvars
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from autofix.core.imageref import parse_image
from autofix.engines.base import Image
from autofix.engines.docker.failures import is_unreachable
from autofix.engines.docker.limits import Limits
from autofix.engines.docker.specs import ImageDetails
from autofix.engines.docker.turns import pull_turn
from autofix.engines.ownership import KIT
from autofix.errors import (
    AutofixError,
    DiskFullError,
    EngineLostError,
    ImageMissingError,
    NetworkError,
)
from autofix.logs import logger
from autofix.retrying import RetryPolicy

Progress = Callable[[str], None]
"""Hears one short phrase at a time."""

Turn = Callable[[str, Callable[[], None]], AbstractContextManager[None]]
"""Lets one process at a time pull an image; calls the second argument if it waits."""

PROGRESS_SECONDS = 1.0
DEFAULT_REGISTRY = "docker.io"


class ImageStore(Protocol):
    """The part of ``Client`` that is used."""

    def image(self, reference: str) -> ImageDetails | None:
        """Return an image that is there; None if it is not."""
        ...

    def pull(self, reference: str, platform: str) -> Iterator[Mapping[str, Any]]:
        """Pull an image and yield progress events."""
        ...


class Images:
    """The images of one engine; remembers which registries do not answer."""

    def __init__(
        self,
        store: ImageStore,
        *,
        limits: Limits,
        retry: RetryPolicy,
        machine: str,
        progress: Progress,
        clock: Callable[[], float] = time.monotonic,
        turn: Turn = pull_turn,
    ) -> None:
        self._store = store
        self._limits = limits
        self._retry = retry
        self._machine = machine
        self._progress = progress
        self._clock = clock
        self._turn = turn
        self._silent: dict[str, str] = {}

    def find(self, references: Sequence[str], *, role: str, machine: str = "") -> Image:
        """
        Return the first image that is in the engine, else the first pulled.

        An image in the engine is taken as it is, unless ``machine`` asks for
        another architecture than it has. ImageMissingError says of each reference
        why it cannot be had.
        """
        if found := self.held(references, machine=machine):
            return found
        failures: dict[str, str] = {}
        for reference in references:
            try:
                self._pull_in_turn(reference, machine)
            except (EngineLostError, DiskFullError):
                raise
            except AutofixError as error:
                failures[reference] = error.what
                continue
            if found := self._present(reference, machine):
                return found
            failures[reference] = "pulled, but for another architecture"
        raise _missing(role, failures)

    def held(self, references: Sequence[str], *, machine: str = "") -> Image | None:
        """Return the first image that is in the engine; None if none is."""
        present = (self._present(reference, machine) for reference in references)
        return next(filter(None, present), None)

    def _present(self, reference: str, machine: str) -> Image | None:
        if parse_image(reference) is None:
            return None
        details = self._store.image(reference)
        if details is None or machine not in ("", details.machine):
            return None
        return _image(reference, details)

    def _pull_in_turn(self, reference: str, machine: str) -> None:
        """Pull an image, unless another process did while this one waited for it."""
        waited = False

        def waiting() -> None:
            nonlocal waited
            waited = True
            self._progress(f"waiting for another autofix that pulls {reference}")

        with self._turn(reference, waiting):
            if not (waited and self._present(reference, machine)):
                self._pull(reference, machine or self._machine)

    def _pull(self, reference: str, machine: str) -> None:
        parsed = parse_image(reference)
        if parsed is None:
            raise ImageMissingError("this is not an image reference")
        if parsed.is_home_made:
            raise ImageMissingError("not made yet (python -m scenarios.kit build)")
        registry = parsed.registry or DEFAULT_REGISTRY
        if registry in self._silent:
            raise NetworkError(f"not tried: {self._silent[registry]}")
        if not parsed.tag and not parsed.digest:
            # Without a tag the engine would pull all there are.
            reference = f"{reference}:latest"
        self._progress(f"pulling {reference}")
        try:
            self._retry.call(lambda: self._pull_once(reference, machine))
        except AutofixError as error:
            if is_unreachable(error.what):
                self._silent[registry] = f"the registry {registry} cannot be reached"
                logger().info(
                    "registry unreachable", registry=registry, error=error.what
                )
            raise

    def _pull_once(self, reference: str, machine: str) -> None:
        layers: dict[str, tuple[int, int]] = {}
        said = self._clock()
        events = self._store.pull(reference, f"linux/{machine}")
        for event in self._timed(events):
            detail = event.get("progressDetail") or {}
            if detail.get("total") and event.get("status") == "Downloading":
                layers[event.get("id", "")] = (detail["current"], detail["total"])
            if layers and self._clock() - said >= PROGRESS_SECONDS:
                said = self._clock()
                done, total = (
                    sum(column) for column in zip(*layers.values(), strict=True)
                )
                self._progress(
                    f"pulling {reference}: {done >> 20} of {total >> 20} MiB"
                )

    def _timed(
        self, events: Iterator[Mapping[str, Any]]
    ) -> Iterator[Mapping[str, Any]]:
        """
        Yield ``events`` with a limit on the wait for each; NetworkError beyond it.

        A thread waits for them, because docker-py's pull has no time limit: the
        engine tries an unreachable registry for a minute.
        """
        feed: queue.SimpleQueue[Mapping[str, Any] | BaseException | None]
        feed = queue.SimpleQueue()
        over = threading.Event()

        def pump() -> None:
            try:
                for event in events:
                    feed.put(event)
                    if over.is_set():
                        return
                feed.put(None)
            except AutofixError as error:
                feed.put(error)

        context = contextvars.copy_context()
        threading.Thread(
            target=context.run, args=(pump,), name="autofix-pull", daemon=True
        ).start()
        seconds = self._limits.registry_seconds
        try:
            while True:
                try:
                    item = feed.get(timeout=seconds)
                except queue.Empty:
                    raise NetworkError(
                        f"the registry did not answer within {seconds:.0f} s"
                    ) from None
                if item is None:
                    return
                if isinstance(item, BaseException):
                    raise item
                yield item
                seconds = self._limits.pull_seconds
        finally:
            over.set()


def _image(reference: str, details: ImageDetails) -> Image:
    parsed = parse_image(reference)
    digest = details.identity
    for candidate in details.digests:
        known = parse_image(candidate)
        # The engine writes docker.io/library/x as x; the path's end tells enough.
        if known and parsed and known.name == parsed.name:
            digest = known.digest
    return Image(
        reference=reference,
        identity=details.identity,
        digest=digest,
        machine=details.machine,
        stand_in=KIT in details.labels,
        labels=details.labels,
    )


def _missing(role: str, failures: Mapping[str, str]) -> ImageMissingError:
    tried = "\n".join(f"  {name}: {reason}" for name, reason in failures.items())
    return ImageMissingError(
        f"No image for the {role} can be had. Tried:\n{tried}",
        why="It is not in the engine, and pulling it failed as said above.",
        todo="Bring it into the engine (docker pull or docker load), or name "
        f"another with --{role}-image.",
    )
