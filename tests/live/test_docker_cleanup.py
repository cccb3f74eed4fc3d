"""Nothing stays in the engine, whatever ends a run; a lost engine ends it quickly."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

from autofix.core.model import EvidenceSource, OutputLine
from autofix.engines.base import Image
from autofix.engines.docker import DockerEngine, Limits
from autofix.errors import EngineLostError
from scenarios.kit import KitImages
from tests.engine_proxy import engine_proxy
from tests.live.conftest import OpenEngine

pytestmark = pytest.mark.live

SOCKET = "/var/run/docker.sock"

# docker-py 7.2.0 does not close a socket that was refused its connection.
LEAKY = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture
def collected() -> Iterator[None]:
    """Let go of what a lost engine left open while its warnings are ignored."""
    yield
    gc.collect()


RUN = """
import os, sys
from autofix.core.model import EvidenceSource
from autofix.engines.docker import DockerEngine
from autofix.signals import raising_signals

run_id, debian, postgres, builder = sys.argv[1:]
with raising_signals(), DockerEngine.from_environment(
    run_id=run_id, environment=os.environ
) as engine:
    image = engine.image([debian], role="server")
    with (
        engine.database(engine.image([postgres], role="database")) as database,
        engine.builder(engine.image([builder], role="builder")),
    ):
        database.fresh()
        engine.serve(
            image,
            ["sh", "-c", "echo up; sleep 600"],
            modules={},
            seconds=600,
            source=EvidenceSource.SERVER,
            follow=lambda line: print(line.text, flush=True) or False,
            database=True,
        )
"""


def left(run_id: str) -> list[str]:
    """Return the names of everything that carries a run's label, or is part of it."""
    client = docker.from_env()
    try:
        filters = {"label": f"dev.autofix.run={run_id}"}
        containers = client.api.containers(all=True, filters=filters)
        volumes = client.api.volumes(filters=filters)["Volumes"] or []
        networks = client.api.networks(filters=filters)
        return [
            *(str(c["Names"]) for c in containers),
            *(str(v["Name"]) for v in volumes),
            *(str(n["Name"]) for n in networks),
        ]
    finally:
        client.close()


@pytest.fixture
def start(kit: KitImages) -> Callable[[str], subprocess.Popen[str]]:
    """Start a run in a process of its own."""

    def started(run_id: str) -> subprocess.Popen[str]:
        images = [kit.debian, kit.postgres, kit.releases["3.40.0"].builder]
        return subprocess.Popen(
            [sys.executable, "-c", RUN, run_id, *images],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        )

    return started


@pytest.mark.parametrize("delay", [0.2, 0.5, 0.8, 1.1, 1.5, None])
def test_what_a_killed_run_leaves_goes_with_the_next_sweep(
    engine: DockerEngine,
    start: Callable[[str], subprocess.Popen[str]],
    delay: float | None,
) -> None:
    """However far it came; None is while its server runs."""
    run_id = f"killed-{os.getpid()}-{delay}"
    with start(run_id) as process:
        assert process.stdout is not None
        if delay is None:
            assert "up\n" == process.stdout.readline()
            alive = engine.sweep()
            assert run_id not in {t.labels["dev.autofix.run"] for t in alive.removed}
            assert 3 == len(left(run_id))
        else:
            time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=20)

    # The engine may still be finishing what it was asked for.
    time.sleep(1.0)
    engine.sweep()

    assert [] == left(run_id)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_run_and_removes_everything(
    start: Callable[[str], subprocess.Popen[str]], number: signal.Signals
) -> None:
    """Nothing is left to sweep, and a second Ctrl-C does not spoil it."""
    run_id = f"signal-{os.getpid()}-{number.name}"
    with start(run_id) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(number)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)

    assert [] == left(run_id)
    assert "InterruptedRunError" in errors


def test_an_exception_anywhere_removes_everything(
    open_engine: OpenEngine, debian: Image, postgres: Image
) -> None:
    """Also one that no context manager but the engine's own could see."""
    engine = open_engine()
    run_id = engine.run_id

    with pytest.raises(KeyboardInterrupt), engine, engine.database(postgres):
        engine.serve(
            debian,
            ["sh", "-c", "echo up; sleep 60"],
            modules={},
            seconds=60,
            source=EvidenceSource.SERVER,
            follow=lambda _line: (_ for _ in ()).throw(KeyboardInterrupt),
        )

    assert [] == left(run_id)


def test_keeping_leaves_what_was_made_until_asked(
    engine: DockerEngine, debian: Image
) -> None:
    """Neither the run's end nor a usual sweep removes it; nothing of it runs on."""
    with DockerEngine.from_environment(
        run_id=f"kept-{os.getpid()}", environment=os.environ, keep=True
    ) as keeping:
        keeping.serve(
            debian,
            ["sleep", "60"],
            modules={},
            seconds=0.5,
            source=EvidenceSource.SERVER,
            follow=lambda _line: False,
        )
    kept = left(keeping.run_id)
    plain = engine.sweep(dry_run=True)
    asked = engine.sweep(kept=True, dry_run=True)
    with DockerEngine.from_environment(run_id=keeping.run_id, environment=os.environ):
        pass  # the same run, this time without keeping

    assert 1 == len(kept)
    # This process lives, so even a sweep that takes what was kept spares it.
    assert keeping.run_id not in {t.labels["dev.autofix.run"] for t in plain.removed}
    assert keeping.run_id not in {t.labels["dev.autofix.run"] for t in asked.removed}
    assert [] == left(keeping.run_id)


@LEAKY
@pytest.mark.usefixtures("collected")
def test_an_engine_that_goes_away_ends_a_build(
    open_engine: OpenEngine, builder_image: Image, tmp_path: Path
) -> None:
    """While a command runs."""
    with engine_proxy(tmp_path, SOCKET) as proxy:
        engine = open_engine(environment={"DOCKER_HOST": proxy.address})
        started = time.monotonic()
        later = threading.Timer(2.0, proxy.cut)
        later.start()
        with pytest.raises(EngineLostError), engine.builder(builder_image) as builder:
            builder.run(["sleep", "60"], folder="/", environment={}, seconds=60)
        later.join()

    assert time.monotonic() - started < 40
    with DockerEngine.from_environment(run_id=engine.run_id, environment=os.environ):
        pass
    assert [] == left(engine.run_id)


def test_anonymous_volumes_go_with_their_container(
    engine: DockerEngine, kit: KitImages
) -> None:
    """Official PostgreSQL images declare one."""
    client = docker.from_env()
    base = client.api.create_container(kit.debian, ["true"])
    made = client.api.commit(base["Id"], changes=["VOLUME /data"])["Id"]
    names: list[str] = []

    def follow(line: OutputLine) -> bool:
        # Without a network of its own, a container's host name is its id.
        mounts = client.api.inspect_container(line.text)["Mounts"]
        names.extend(str(mount["Name"]) for mount in mounts)
        return True

    try:
        engine.serve(
            engine.image([made], role="server"),
            ["sh", "-c", "hostname; sleep 60"],
            modules={},
            seconds=60,
            source=EvidenceSource.SERVER,
            follow=follow,
        )
        volumes = client.api.volumes()["Volumes"] or []
    finally:
        client.api.remove_container(base["Id"])
        client.api.remove_image(made)
        client.close()

    assert 1 == len(names)
    assert not {volume["Name"] for volume in volumes} & set(names)


@LEAKY
@pytest.mark.usefixtures("collected")
@pytest.mark.parametrize("how", ["cut", "freeze"])
def test_an_engine_that_goes_away_ends_the_run_quickly(
    open_engine: OpenEngine, debian: Image, tmp_path: Path, how: str
) -> None:
    """While a server is listened to: one clear error, no waiting for its deadline."""
    with engine_proxy(tmp_path, SOCKET) as proxy:
        engine = open_engine(
            environment={"DOCKER_HOST": proxy.address},
            limits=Limits(answer_seconds=1, silence_seconds=2),
        )
        later = threading.Timer(1.0, getattr(proxy, how))
        later.start()
        started = time.monotonic()
        with pytest.raises(EngineLostError) as caught, engine:
            engine.serve(
                debian,
                ["sh", "-c", "echo up; sleep 600"],
                modules={},
                seconds=600,
                source=EvidenceSource.SERVER,
                follow=lambda _line: False,
            )
        later.join()

    assert time.monotonic() - started < 60
    assert "docker version" in caught.value.todo
    time.sleep(0.5)
    with DockerEngine.from_environment(run_id=engine.run_id, environment=os.environ):
        pass  # the same run, so leaving it removes what the other could not
    assert [] == left(engine.run_id)
