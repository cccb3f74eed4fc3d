"""Images of servers that misbehave: one program, one way to misbehave an image."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import docker
from docker.errors import NotFound

from scenarios.kit import KitImages
from scenarios.kit.build import machine_ca_bundle
from scenarios.kit.engine import (
    OWN_LABEL,
    ContextFile,
    file_from,
    open_engine,
    pack,
)
from scenarios.kit.making import CACHE_VOLUME

TAG = "3.40.0"
REPOSITORY = "autofix-test/hostile"
_SOURCE = Path(__file__).with_name("server.go")
_GO_MOD = """module example.com/hostile

go 1.26.5

require github.com/heroiclabs/nakama-common v1.47.0
"""
_WHERE_MODULES_COME_FROM = ("GOPROXY", "GOSUMDB", "GONOSUMDB", "HTTPS_PROXY")


@contextmanager
def hostile_images(kit: KitImages, ways: Sequence[str]) -> Iterator[Mapping[str, str]]:
    """Make an image for each way to misbehave, way to reference; remove them after."""
    program = ContextFile(path="nakama/nakama", content=_compiled(kit), mode=0o755)
    client = docker.from_env()
    references = {way: f"{REPOSITORY}-{uuid4().hex[:8]}:{way}" for way in ways}
    try:
        container = client.containers.create(
            kit.releases[TAG].server, labels={OWN_LABEL: "1"}
        )
        try:
            container.put_archive("/", pack([program]).read())
            for way, reference in references.items():
                repository, _, tag = reference.rpartition(":")
                container.commit(repository, tag, changes=[f"ENV HOSTILE={way}"])
        finally:
            container.remove(force=True, v=True)
        yield references
    finally:
        for reference in references.values():
            _remove(client, reference)
        client.close()


def _remove(client: docker.DockerClient, reference: str) -> None:
    with suppress(NotFound):
        client.images.remove(reference, force=True)


def _compiled(kit: KitImages) -> bytes:
    with open_engine() as engine:
        container = engine.compile(
            kit.releases[TAG].golang,
            "go build -mod=mod -trimpath -buildvcs=false -ldflags '-s -w' -o server .",
            name=f"autofix-test-hostile-{uuid4().hex[:8]}",
            files=[
                ContextFile(path="go.mod", content=_GO_MOD.encode()),
                ContextFile(path="server.go", content=_SOURCE.read_bytes()),
            ],
            folder="/hostile",
            environment={
                **{k: v for k in _WHERE_MODULES_COME_FROM if (v := os.environ.get(k))},
                "GOTOOLCHAIN": "local",
                "CGO_ENABLED": "0",
                "GOMODCACHE": "/cache/mod",
                "GOCACHE": "/cache/build",
            },
            cache={CACHE_VOLUME: "/cache"},
            ca_bundle=machine_ca_bundle(),
            note=lambda _line: None,
        )
        try:
            return file_from(container, "/hostile/server")
        finally:
            container.remove(force=True, v=True)
