from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
from docker.models.containers import Container

from scenarios.kit.engine import ContextFile, Note
from scenarios.kit.errors import KitError
from scenarios.kit.making import Maker, Making
from scenarios.kit.progress import StepEnded, StepNoted, StepStarted
from scenarios.kit.recipes import COMPILERS, POSTGRES, Recipe

Build = Callable[[str, Note], None]


class Scripted:
    """A maker that does what a script says, instead of building."""

    def __init__(self, script: Build) -> None:
        self._script = script

    @contextmanager
    def connect(self) -> Iterator[Maker]:
        """Open a connection for one thread."""
        yield self

    def build(
        self,
        reference: str,
        context: IO[bytes],
        *,
        labels: Mapping[str, str],
        note: Note,
    ) -> None:
        """Do as the script says."""
        assert context.read(1)
        assert labels
        self._script(reference, note)

    def import_tree(
        self, archive: IO[bytes], reference: str, *, changes: Sequence[str]
    ) -> None:
        """Not part of these tests."""
        raise NotImplementedError

    def lay_on(
        self,
        below: str,
        archive: IO[bytes],
        folder: str,
        reference: str,
        *,
        labels: Mapping[str, str],
    ) -> None:
        """Not part of these tests."""
        raise NotImplementedError

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
        """Not part of these tests."""
        raise NotImplementedError


def _recipe(reference: str, *needs: str) -> Recipe:
    return Recipe(
        reference=reference,
        needs=needs,
        files=(ContextFile(path="Dockerfile", content=b"FROM scratch"),),
        labels={"any": "label"},
    )


WANTED = (_recipe(COMPILERS), _recipe("on top", COMPILERS), _recipe(POSTGRES))


def test_an_image_waits_for_the_one_it_stands_on() -> None:
    """However long that takes; what stands on something else does not wait."""
    made: list[str] = []
    postgres_made = threading.Event()

    def script(reference: str, _note: Note) -> None:
        if reference == COMPILERS:
            assert postgres_made.wait(10)
        made.append(reference)
        if reference == POSTGRES:
            postgres_made.set()

    Making(WANTED, lambda _event: None, connect=Scripted(script).connect).run()

    assert made == [POSTGRES, COMPILERS, "on top"]


def test_a_failure_is_raised_and_nothing_is_made_on_it() -> None:
    """The error is the first one, not that of an image that waited for it."""
    made: list[str] = []

    def script(reference: str, _note: Note) -> None:
        if reference == COMPILERS:
            raise KitError("no compilers")
        made.append(reference)

    with pytest.raises(KitError, match="no compilers"):
        Making(WANTED, lambda _event: None, connect=Scripted(script).connect).run()

    assert set(made) <= {POSTGRES}


def test_progress_tells_start_lines_and_end() -> None:
    """Each event names its step."""
    events: list[StepStarted | StepNoted | StepEnded] = []

    def script(_reference: str, note: Note) -> None:
        note("Step 1/1 : FROM scratch")

    Making(WANTED[:1], events.append, connect=Scripted(script).connect).run()

    started, noted, ended = events
    assert started == StepStarted(step=COMPILERS)
    assert noted == StepNoted(step=COMPILERS, line="Step 1/1 : FROM scratch")
    assert isinstance(ended, StepEnded)
    assert ended.step == COMPILERS


def test_nothing_missing_is_nothing_to_do() -> None:
    """Not even a connection is opened."""

    def script(_reference: str, _note: Note) -> None:
        raise AssertionError

    Making((), lambda _event: None, connect=Scripted(script).connect).run()
