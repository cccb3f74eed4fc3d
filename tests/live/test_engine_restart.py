"""An engine that is killed under a run and comes back: what the run says, what stays."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from autofix.core.model import EvidenceSource, OutputLine
from autofix.engines.docker import DockerEngine
from autofix.errors import EngineLostError
from scenarios.kit import KitImages
from scenarios.privateengine import NotHereError, PrivateEngine, private_engine
from tests.live.test_docker_cleanup import LEAKY, collected

__all__ = ["collected"]

pytestmark = [pytest.mark.live, LEAKY, pytest.mark.usefixtures("collected")]


@pytest.fixture
def private(kit: KitImages, tmp_path: Path) -> Iterator[PrivateEngine]:
    """Start an engine of our own, with nothing in it but Debian."""
    try:
        with private_engine(tmp_path) as engine:
            engine.copy_images([kit.debian])
            yield engine
    except NotHereError as error:
        pytest.skip(error.what)


def opened(private: PrivateEngine, run: str) -> DockerEngine:
    """Open the engine for a run of this process."""
    environment = {**os.environ, "DOCKER_HOST": private.address}
    return DockerEngine.from_environment(run_id=run, environment=environment)


def test_an_engine_killed_under_a_run_is_lost_and_cleared_by_the_next_run(
    private: PrivateEngine, kit: KitImages
) -> None:
    """The plugin is not blamed, and a process that lives on leaves no container."""
    running = threading.Event()

    def follow(_line: OutputLine) -> bool:
        running.set()
        return False

    def killed() -> None:
        running.wait()
        private.end(signal.SIGKILL)

    killer = threading.Thread(target=killed)
    killer.start()
    with pytest.raises(EngineLostError), opened(private, "first") as engine:
        engine.serve(
            engine.image([kit.debian], role="server"),
            ("sh", "-c", "trap exit TERM; echo up; while sleep 0.2; do :; done"),
            modules={},
            seconds=60.0,
            source=EvidenceSource.SERVER,
            follow=follow,
        )
    killer.join()
    private.start()
    left = private.containers()
    with opened(private, "second") as engine:
        swept = engine.sweep()

    assert left
    assert left == {thing.name for thing in swept.removed}
    assert set() == private.containers()
