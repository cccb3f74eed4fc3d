"""
Make images in parallel, each as soon as those it stands on are there.

Bootstrapping Debian, fetching Go and apt overlap; twins are compiled one after the
other, since one compile fills two cores.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import IO, Protocol

from docker.models.containers import Container

from scenarios.kit import debian
from scenarios.kit.engine import (
    ContextFile,
    Note,
    file_from,
    open_engine,
    pack,
)
from scenarios.kit.errors import KitError
from scenarios.kit.progress import Progress, StepEnded, StepNoted, StepStarted
from scenarios.kit.recipes import DEBIAN, Recipe, golang_reference
from scenarios.kit.release import Release
from scenarios.kit.toolchain import go_tree, pack_go
from scenarios.kit.twin_source import build_script, check_versions, twin_files

CACHE_VOLUME = "autofix-kit-go"
_CACHE = "/cache"
_FOLDER = "/twin"
# Where modules come from is this machine's business, not the image's.
_PASSED_ON = (
    "GOPROXY",
    "GOSUMDB",
    "GONOSUMDB",
    "GOPRIVATE",
    "GONOPROXY",
    "GOINSECURE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
)


class Maker(Protocol):
    """What making needs of an engine; ``KitEngine`` is one."""

    def import_tree(
        self, archive: IO[bytes], reference: str, *, changes: Sequence[str]
    ) -> None:
        """Make an image with one layer from a tar stream of a root file system."""
        ...

    def lay_on(
        self,
        below: str,
        archive: IO[bytes],
        folder: str,
        reference: str,
        *,
        labels: Mapping[str, str],
    ) -> None:
        """Make an image of another one and a tar stream unpacked below ``folder``."""
        ...

    def build(
        self,
        reference: str,
        context: IO[bytes],
        *,
        labels: Mapping[str, str],
        note: Note,
    ) -> None:
        """Build an image from a tar stream with a Dockerfile."""
        ...

    def compile(
        self,
        image: str,
        script: str,
        *,
        name: str,
        files: Sequence[ContextFile],
        folder: str,
        environment: Mapping[str, str],
        cache: Mapping[str, str],
        ca_bundle: Path | None,
        note: Note,
    ) -> Container:
        """Run a shell script in a new container, which the caller removes."""
        ...


Connect = Callable[[], AbstractContextManager[Maker]]
"""Opens a connection for one thread."""


class Making:
    """One parallel making of images, given each after those it stands on."""

    def __init__(
        self,
        missing: tuple[Recipe, ...],
        progress: Progress,
        *,
        ca_bundle: Path | None = None,
        connect: Connect = open_engine,
    ) -> None:
        self._missing = missing
        self._progress = progress
        self._ca_bundle = ca_bundle
        self._connect = connect
        self._stopped = threading.Event()
        self._compiling = threading.Lock()

    def run(self) -> None:
        """Make all; the first failure stops the others at their next line."""
        if not self._missing:
            return
        futures: dict[str, Future[None]] = {}
        # One thread an image: most of them only wait for those below.
        with ThreadPoolExecutor(max_workers=len(self._missing)) as pool:
            for recipe in self._missing:
                below = [futures[need] for need in recipe.needs if need in futures]
                futures[recipe.reference] = pool.submit(self._make, recipe, below)
            try:
                done, _ = wait(futures.values(), return_when=FIRST_EXCEPTION)
            except BaseException:
                self._stopped.set()
                raise
            failures = [error for one in done if (error := one.exception())]
            if failures:
                self._stopped.set()
                raise failures[0]

    def _make(self, recipe: Recipe, below: list[Future[None]]) -> None:
        note = self._note(recipe.reference)
        with ExitStack() as stack:
            packed: IO[bytes] | None = None
            if recipe.go:
                # Fetching Go overlaps with making the images below.
                with self._step(f"go {recipe.go}"), go_tree(recipe.go, note) as root:
                    packed = stack.enter_context(pack_go(root))
            for one in below:
                one.result()
            engine = stack.enter_context(self._connect())
            if recipe.twin:
                stack.enter_context(self._compiling)
            with self._step(recipe.reference):
                self._make_now(engine, recipe, packed, note)

    def _make_now(
        self, engine: Maker, recipe: Recipe, packed: IO[bytes] | None, note: Note
    ) -> None:
        reference, labels = recipe.reference, recipe.labels
        if reference == DEBIAN:
            self._import_debian(engine, recipe, note)
        elif packed:
            (below,) = recipe.needs
            engine.lay_on(below, packed, "/usr/local", reference, labels=labels)
        else:
            files = recipe.files
            if recipe.twin:
                files = (*files, self._compile(engine, recipe.twin, note))
            # A build runs to its end: the engine clears up late after a broken one,
            # and its containers lack our label.
            tell = self._note(reference, breakable=False)
            engine.build(reference, pack(files), labels=labels, note=tell)

    def _import_debian(self, engine: Maker, recipe: Recipe, note: Note) -> None:
        changes = [f'LABEL {key}="{value}"' for key, value in recipe.labels.items()]
        with debian.debian_tree(note) as archive:
            engine.import_tree(
                archive, recipe.reference, changes=['CMD ["bash"]', *changes]
            )

    def _compile(self, engine: Maker, twin: Release, note: Note) -> ContextFile:
        given = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        container = engine.compile(
            golang_reference(twin.go),
            build_script(twin),
            name=f"autofix-kit-twin-{twin.tag}",
            files=twin_files(twin),
            folder=_FOLDER,
            environment={
                **given,
                "CGO_ENABLED": "1",
                "GOCACHE": f"{_CACHE}/build",
                "GOMODCACHE": f"{_CACHE}/mod",
            },
            cache={CACHE_VOLUME: _CACHE},
            ca_bundle=self._ca_bundle,
            note=note,
        )
        try:
            check_versions(twin, file_from(container, f"{_FOLDER}/buildinfo.txt"))
            binary = file_from(container, f"{_FOLDER}/nakama")
        finally:
            container.remove(force=True, v=True)
        return ContextFile(path="nakama", content=binary, mode=0o755)

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        if self._stopped.is_set():
            raise KitError(f"{name} was not made, since another step failed.")
        started = time.monotonic()
        self._progress(StepStarted(step=name))
        yield
        self._progress(StepEnded(step=name, seconds=time.monotonic() - started))

    def _note(self, step: str, *, breakable: bool = True) -> Note:
        def note(line: str) -> None:
            if breakable and self._stopped.is_set():
                raise KitError(f"{step} was broken off, since another step failed.")
            self._progress(StepNoted(step=step, line=line))

        return note
