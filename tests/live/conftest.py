"""An engine for live tests; they are skipped only where none answers."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from autofix.engines.base import Image
from autofix.engines.docker import DockerEngine, Limits
from autofix.errors import EngineUnavailableError
from scenarios.kit import KitImages, ensure_images

OpenEngine = Callable[..., DockerEngine]


@pytest.fixture(scope="session")
def kit() -> KitImages:
    """Make the kit's images of one release, if they are missing."""
    try:
        with DockerEngine.from_environment(run_id="probe", environment=os.environ):
            pass
    except EngineUnavailableError as error:
        pytest.skip(error.what)
    return ensure_images(["3.40.0"])


@pytest.fixture
def open_engine(kit: KitImages) -> Iterator[OpenEngine]:
    """Open engines, each a run of its own, and close them at the end of the test."""
    assert kit.releases
    with ExitStack() as stack:

        def opened(
            *,
            limits: Limits | None = None,
            ca_bundle: Path | None = None,
            environment: dict[str, str] | None = None,
        ) -> DockerEngine:
            return stack.enter_context(
                DockerEngine.from_environment(
                    run_id=f"test-{secrets.token_hex(6)}",
                    environment=os.environ | (environment or {}),
                    limits=limits,
                    ca_bundle=ca_bundle,
                )
            )

        yield opened


@pytest.fixture
def engine(open_engine: OpenEngine) -> DockerEngine:
    """Open an engine with the usual limits."""
    return open_engine()


@pytest.fixture
def debian(engine: DockerEngine, kit: KitImages) -> Image:
    """Return a plain Debian, which runs any shell command as a server."""
    return engine.image([kit.debian], role="server")


@pytest.fixture
def builder_image(engine: DockerEngine, kit: KitImages) -> Image:
    """Return the plugin builder of 3.40.0."""
    return engine.image([kit.releases["3.40.0"].builder], role="builder")


@pytest.fixture
def postgres(engine: DockerEngine, kit: KitImages) -> Image:
    """Return PostgreSQL."""
    return engine.image([kit.postgres], role="database")
