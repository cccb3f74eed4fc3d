"""The engine's own words, recorded, and what they mean."""

from __future__ import annotations

import pytest

from autofix.engines.docker.failures import (
    AbsentError,
    is_unreachable,
    refused,
    unavailable,
)
from autofix.errors import (
    AutofixError,
    DiskFullError,
    EngineUnavailableError,
    EnvironmentUnusableError,
    ForeignImageError,
    TransientError,
)


@pytest.mark.parametrize(
    ("text", "status", "kind"),
    [
        # observed on 20.10.24: put_archive into a full volume
        (
            (
                "Error processing tar file(exit status 1): write /f1: "
                "no space left on device"
            ),
            500,
            DiskFullError,
        ),
        # observed on 20.10.24: inspect of an unknown container
        ("No such container: 6f1ed002ab55", 404, AbsentError),
        # observed on 20.10.24: no name server for the registry
        (
            (
                'Get "https://registry-1.docker.io/v2/": dial tcp: lookup '
                "registry-1.docker.io: no such host"
            ),
            500,
            EnvironmentUnusableError,
        ),
        # observed on 20.10.24: two runs sweep what a third one left
        (
            "removal of container b4579ad2aa21 is already in progress",
            409,
            TransientError,
        ),
        # moby/moby #40993: address pools used up
        (
            (
                "could not find an available, non-overlapping IPv4 address pool among "
                "the defaults to assign to the network"
            ),
            500,
            EnvironmentUnusableError,
        ),
        # moby/moby #22260: removal right after a kill
        (
            (
                "driver failed to remove root filesystem: unlinkat /x: "
                "device or resource busy"
            ),
            500,
            TransientError,
        ),
        ("net/http: TLS handshake timeout", 500, TransientError),
        (
            "toomanyrequests: You have reached your pull rate limit",
            None,
            TransientError,
        ),
        ("", 503, TransientError),
        # the same words from a client's fault are lasting
        ("unexpected EOF", 400, EnvironmentUnusableError),
        ("pull access denied for nobody/nothing", 404, AbsentError),
        (
            "Conflict. The container name is already in use",
            409,
            EnvironmentUnusableError,
        ),
        # observed on 20.10.24: start of an image with another entrypoint
        (
            (
                'failed to create shim: OCI runtime create failed: exec: "/nakama/nakama": '
                "stat /nakama/nakama: no such file or directory: unknown"
            ),
            400,
            ForeignImageError,
        ),
        (
            (
                'OCI runtime create failed: exec: "tini": executable file not found in '
                "$PATH: unknown"
            ),
            400,
            ForeignImageError,
        ),
    ],
)
def test_an_answer_becomes_the_error_it_means(
    text: str, status: int | None, kind: type[AutofixError]
) -> None:
    """Only what passes by itself is transient; a full disk is always said so."""
    assert kind is type(refused("do it", text, status))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            # observed with docker-py 7.2.0: no such socket
            (
                "DockerException: Error while fetching server API version: "
                "('Connection aborted.', FileNotFoundError(2, 'No such file or directory'))"
            ),
            "no such socket",
        ),
        (
            (
                "DockerException: ('Connection aborted.', "
                "PermissionError(13, 'Permission denied'))"
            ),
            "may not talk",
        ),
        (
            (
                "DockerException: ('Connection aborted.', "
                "ConnectionRefusedError(111, 'Connection refused'))"
            ),
            "refused",
        ),
        ("ReadTimeout: Read timed out. (read timeout=5)", "does not answer"),
        ("DockerException: Install paramiko package to enable ssh://", "ssh"),
        ("ContextNotFound: context nowhere not found", "context nowhere not found"),
    ],
)
def test_an_absent_engine_is_explained(text: str, words: str) -> None:
    """Each cause has its own words, names the address and says what to do."""
    error = unavailable(text, address="unix:///run/x.sock")

    assert EngineUnavailableError is type(error)
    assert words in error.what
    assert "unix:///run/x.sock" in error.what
    assert error.todo


def test_a_refusal_by_a_registry_is_not_an_unreachable_registry() -> None:
    """A registry that answered may still have the next image."""
    assert is_unreachable("dial tcp: lookup r.example: no such host")
    assert is_unreachable("x509: certificate signed by unknown authority")
    assert not is_unreachable("manifest for a:1 not found: manifest unknown")
    assert not is_unreachable("pull access denied for a, repository does not exist")
