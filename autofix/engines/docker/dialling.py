"""Reaching an engine, and turning docker-py's exceptions into ours."""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import docker
import docker.errors
import requests
import urllib3

from autofix.engines.docker.failures import lost, refused, unavailable
from autofix.errors import EngineUnavailableError

OLDEST_API = (1, 41)
OLDEST_ENGINE = "20.10"

LOCAL = "http+docker://localhost"
"""What docker-py makes of the address of a socket of this machine."""

BROKEN = (
    docker.errors.DockerException,
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
)
"""Everything that docker-py lets through."""


@contextmanager
def translated(action: str) -> Iterator[None]:
    """Raise our error for what docker-py raises while the engine does ``action``."""
    try:
        yield
    except docker.errors.APIError as error:
        text = str(error.explanation or error).strip()
        raise refused(action, text, error.status_code) from error
    except BROKEN as error:
        raise lost(action, str(error) or type(error).__name__) from error


def dial(
    environment: Mapping[str, str], *, connect_seconds: float, answer_seconds: float
) -> docker.APIClient:
    """
    Connect as the docker command would: DOCKER_HOST, then the current context.

    EngineUnavailableError within about ``connect_seconds`` if no engine answers, or
    one that is too old or runs Windows containers.
    """
    address = environment.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
    variables = {"PATH": "", **environment}
    try:
        probe = docker.from_env(
            environment=variables,
            timeout=_whole(connect_seconds),
            # Named, so that the first question is the one that is asked here.
            version=".".join(map(str, OLDEST_API)),
        )
        with contextlib.closing(probe):
            answer = probe.version(api_version=False)
        if not isinstance(answer, dict):
            raise docker.errors.DockerException("Its version is not an object.")
        version = str(answer.get("ApiVersion", ""))
        _require_usable(answer, version, address)
        client = docker.from_env(
            environment=variables, timeout=_whole(answer_seconds), version=version
        )
    except BROKEN as error:
        raise unavailable(_chain(error), address=address) from error
    api = client.api
    if api.base_url == LOCAL:
        # No proxy stands before a socket; looking for one in the environment at each
        # request takes a fifth of autofix's own time.
        api.trust_env = False
    return api


def _require_usable(answer: Mapping[str, str], api: str, address: str) -> None:
    system = answer.get("Os", "linux")
    if system != "linux":
        raise EngineUnavailableError(
            f"The engine at {address} runs {system} containers; Nakama needs Linux.",
            todo="Switch Docker Desktop to Linux containers.",
        )
    if tuple(int(part) for part in api.split(".") if part.isdecimal()) < OLDEST_API:
        raise EngineUnavailableError(
            f"The engine at {address} is version {answer.get('Version')} (API {api}); "
            f"autofix needs {OLDEST_ENGINE} or newer.",
            todo="Upgrade the engine.",
        )


def _whole(seconds: float) -> int:
    return max(1, round(seconds))


def _chain(error: BaseException) -> str:
    """Return the text of an error and of all that caused it."""
    texts = []
    cause: BaseException | None = error
    while cause is not None:
        texts.append(f"{type(cause).__name__}: {cause}")
        cause = cause.__cause__ or cause.__context__
    return "; ".join(dict.fromkeys(texts))
