"""What containers may use: plugin code is untrusted, and the machine is shared."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1 << 20
GIBIBYTE = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """
    Bytes, processes and seconds allowed to the run's containers and the engine.

    ``answer_seconds`` is for one call of the engine, which is made also when a program
    has been silent for ``silence_seconds``; ``registry_seconds`` is for the first sign
    of life of a registry, ``pull_seconds`` for each further one.
    """

    server_memory: int = 2 * GIBIBYTE
    server_processes: int = 512
    builder_memory: int = 8 * GIBIBYTE
    builder_processes: int = 4096
    builder_seconds: int = 12 * 3600
    database_memory: int = 1 * GIBIBYTE
    database_processes: int = 256
    database_seconds: float = 60.0
    stdout: int = 256 * MEBIBYTE
    copied_file: int = 1 * GIBIBYTE
    connect_seconds: float = 5.0
    answer_seconds: float = 60.0
    silence_seconds: float = 30.0
    registry_seconds: float = 6.0
    pull_seconds: float = 120.0
    stop_grace: float = 10.0
    """Seconds a command gets beyond its deadline before its builder is restarted."""
