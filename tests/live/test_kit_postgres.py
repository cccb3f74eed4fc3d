"""The kit's PostgreSQL against what is used of the official image."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import docker
import pytest
from docker.models.containers import Container

from scenarios.kit import ensure_images
from tests.kit.stage import LABELS

pytestmark = pytest.mark.live

READY = b"database system is ready to accept connections"


@pytest.fixture(scope="module")
def image() -> str:
    """Make the image if it is missing."""
    return ensure_images(["3.40.0"]).postgres


@contextmanager
def _postgres(
    image: str, environment: dict[str, str], **options: Any
) -> Iterator[Container]:
    client = docker.from_env()
    container = client.containers.create(
        image, ["-c", "fsync=off"], labels=LABELS, environment=environment, **options
    )
    try:
        container.start()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            container.reload()
            if container.status == "exited" or READY in container.logs():
                break
            time.sleep(0.05)
        yield container
    finally:
        container.remove(force=True, v=True)
        client.close()


def _query(container: Container, user: str, database: str, query: str) -> str:
    command = ["psql", "-h", "127.0.0.1", "-U", user, "-d", database, "-Atc", query]
    found = container.exec_run(command, environment={"PGPASSWORD": "it's"}).output
    return (found if isinstance(found, bytes) else b"".join(found)).decode().strip()


def test_user_password_and_database_are_created(image: str) -> None:
    """Also with quotes in them; the server listens on 5432."""
    environment = {
        "POSTGRES_USER": "nakama",
        "POSTGRES_PASSWORD": "it's",
        "POSTGRES_DB": 'a "b"',
    }

    with _postgres(image, environment) as container:
        found = _query(
            container, "nakama", 'a "b"', "SELECT current_user, current_database()"
        )

    assert found == 'nakama|a "b"'


def test_it_needs_few_capabilities_and_no_disk(image: str) -> None:
    """With the data in memory and all but five capabilities dropped, as a run has it."""
    with _postgres(
        image,
        {"POSTGRES_PASSWORD": "it's", "PGDATA": "/data/below"},
        cap_drop=["ALL"],
        cap_add=["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"],
        security_opt=["no-new-privileges"],
        tmpfs={"/data": "rw,mode=1777"},
    ) as container:
        folder = _query(container, "postgres", "postgres", "SHOW data_directory")
        user = container.exec_run(["stat", "-c", "%U", "/proc/1"]).output

    assert folder == "/data/below"
    assert user == b"postgres\n"


def test_a_wrong_password_is_refused(image: str) -> None:
    """Connections over TCP need the password."""
    with _postgres(image, {"POSTGRES_PASSWORD": "other"}) as container:
        said = _query(container, "postgres", "postgres", "SELECT 1")

    assert 'password authentication failed for user "postgres"' in said


def test_a_missing_password_is_an_error(image: str) -> None:
    """As in the official image, with its words."""
    with _postgres(image, {}) as container:
        said = container.logs().decode()
        status = container.wait()["StatusCode"]

    assert status == 1
    assert "superuser password is not specified" in said
