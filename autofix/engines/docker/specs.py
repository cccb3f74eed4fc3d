"""What the client is asked for and what it answers, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSpec:
    """
    A container to create; everything not named here is off.

    ``image`` is an image id; ``role`` becomes part of its name, for people who list
    containers. ``network`` is ``none``, ``bridge`` or
    ``container:<id>``; ``capabilities`` are the only ones it has; ``volumes`` maps
    volume names to paths, ``sockets`` sockets of this machine to paths, ``tmpfs``
    paths to mount options. ``entrypoint`` None is the image's own. Log lines are
    kept by the engine only with ``keep_log``.
    """

    image: str
    role: str
    labels: Mapping[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    network: str = "none"
    memory: int = 0
    processes: int = 0
    capabilities: tuple[str, ...] = ()
    volumes: Mapping[str, str] = field(default_factory=dict)
    sockets: Mapping[str, str] = field(default_factory=dict)
    tmpfs: Mapping[str, str] = field(default_factory=dict)
    init: bool = False
    keep_log: bool = False
    user_proxies: bool = False
    """Give it the proxy variables of the user's own docker configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerState:
    """How a container is; ``exit_code`` is None while it runs or never ran."""

    running: bool
    exit_code: int | None
    out_of_memory: bool
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageDetails:
    """An image as the engine describes it."""

    identity: str
    digests: tuple[str, ...]
    machine: str
    labels: Mapping[str, str]
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFacts:
    """
    What answers: versions, Go's name for its architecture, bytes and processors.

    ``root`` is where it keeps its data, on its own machine; ``local`` tells whether
    that is this machine.
    """

    version: str
    api: str
    system: str
    machine: str
    address: str
    root: str
    memory: int
    processors: int
    local: bool
