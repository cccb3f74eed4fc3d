"""Containers as the engine: ``DockerEngine``, and what it is told."""

from autofix.engines.docker.engine import DockerEngine
from autofix.engines.docker.limits import Limits
from autofix.engines.docker.specs import EngineFacts

__all__ = [
    "DockerEngine",
    "EngineFacts",
    "Limits",
]
