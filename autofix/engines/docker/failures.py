"""Which of our errors an engine's words mean; pure, so that the words are testable."""

from __future__ import annotations

from autofix.durable import is_disk_full
from autofix.errors import (
    AutofixError,
    DiskFullError,
    EngineLostError,
    EngineUnavailableError,
    EnvironmentUnusableError,
    ForeignImageError,
    TransientError,
)

NO_SUBNET = "non-overlapping ipv4 address pool"
NO_PROGRAM = (
    "executable file not found",
    "no such file or directory",
    "exec format error",
    "permission denied",
)
BUSY = (
    # A positive list: what the engine says when the same call can succeed later.
    "resource temporarily unavailable",
    "device or resource busy",
    "tls handshake timeout",
    "i/o timeout",
    "connection reset by peer",
    "unexpected eof",
    "toomanyrequests",
    "context deadline exceeded",
    "502 bad gateway",
    "503 service unavailable",
    "504 gateway",
)
REMOVING = "is already in progress"
"""Status 409: somebody else removes it too; asked again, it will be absent."""

UNREACHABLE = (
    "no such host",
    "server misbehaving",
    "connection refused",
    "network is unreachable",
    "no route to host",
    "client.timeout exceeded",
    "request canceled while waiting for connection",
    "proxyconnect",
    "certificate signed by unknown authority",
    "x509:",
    "did not answer within",
)


class AbsentError(EnvironmentUnusableError):
    """The engine knows no such object, or no such path in it."""

    code = "absent"


def is_unreachable(text: str) -> bool:
    """Tell whether a pull failed because its registry cannot be reached at all."""
    return any(words in text.lower() for words in UNREACHABLE)


def refused(action: str, text: str, status: int | None) -> AutofixError:
    """
    Return the error for an engine that answered ``action`` with a failure.

    ``status`` is the HTTP status, None for a failure reported inside a stream.
    """
    lower = text.lower()
    if is_disk_full(text):
        return disk_full(action)
    if any(words in lower for words in NO_PROGRAM) and "oci runtime" in lower:
        return ForeignImageError(
            f"The image's program cannot be run: {text}",
            why="It is missing, or built for another architecture.",
            todo="Name an image that is what its role needs.",
        )
    if status == 404:  # noqa: PLR2004
        return AbsentError(f"The engine could not {action}: {text}")
    if NO_SUBNET in lower:
        return EnvironmentUnusableError(
            f"The engine could not {action}: it has no address range left.",
            why="Every network takes one, and leftover networks hold theirs.",
            todo="Remove unused networks: docker network prune",
        )
    if status == 409 and REMOVING in lower:  # noqa: PLR2004
        return TransientError(f"The engine could not {action}: {text}")
    if status == 503 or (  # noqa: PLR2004
        (status is None or status >= 500)  # noqa: PLR2004
        and any(words in lower for words in BUSY)
    ):
        return TransientError(f"The engine could not {action}: {text}")
    return EnvironmentUnusableError(f"The engine could not {action}: {text}")


def disk_full(action: str) -> DiskFullError:
    """Return the error for an engine without room."""
    return DiskFullError(
        f"The engine has no disk space left to {action}.",
        why="Images, build caches and old containers fill its disk.",
        todo="Make room: docker system df, docker builder prune, "
        "autofix clean --caches",
    )


def lost(action: str, text: str) -> EngineLostError:
    """Return the error for an engine that does not answer any more."""
    return EngineLostError(
        f"The container engine stopped answering while asked to {action}: {text}",
        why="It was stopped or restarted, the connection broke, or it hangs.",
        todo="See that `docker version` answers, then run autofix again: it removes "
        "the containers that this run had to leave.",
    )


def unavailable(text: str, *, address: str) -> EngineUnavailableError:
    """Return the error for an engine that never answered at ``address``."""
    lower = text.lower()
    start = (
        "Start Docker Desktop, or on Linux: sudo systemctl start docker "
        "(to install one: sudo apt-get install docker.io)"
    )
    if "permission denied" in lower:
        return EngineUnavailableError(
            f"This user may not talk to the container engine at {address}.",
            why="Its socket belongs to root and the group docker.",
            todo="Join the group and log in again: sudo usermod -aG docker $USER",
        )
    if "filenotfounderror" in lower or "no such file" in lower:
        return EngineUnavailableError(
            f"No container engine answers at {address}: there is no such socket.",
            why="No engine is installed, or it is not running.",
            todo=start,
        )
    if "refused" in lower:
        return EngineUnavailableError(
            f"No container engine answers at {address}: the connection is refused.",
            why="The engine is stopped; its socket was left behind.",
            todo=start,
        )
    if "timed out" in lower or "timeout" in lower:
        return EngineUnavailableError(
            f"The container engine at {address} does not answer.",
            why="The host is unreachable, or the engine hangs.",
            todo="See whether `docker version` answers; restart the engine.",
        )
    if "paramiko" in lower:
        return EngineUnavailableError(
            f"The engine at {address} is reached by ssh, which needs paramiko.",
            todo="Install it beside autofix: pip install 'docker[ssh]'",
        )
    return EngineUnavailableError(
        f"The container engine at {address} cannot be used: {text}",
        why="DOCKER_HOST, DOCKER_CONTEXT or the current docker context may be wrong.",
        todo="See what `docker context ls` and `docker version` say.",
    )
