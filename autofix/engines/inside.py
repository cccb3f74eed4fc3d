"""How a person gets into what a run has opened, while it stands still."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from autofix.core.credentials import without_credentials
from autofix.engines.base import Image

_FETCHING = frozenset(
    {
        *("SSL_CERT_FILE", "GIT_SSL_CAINFO", "NETRC", "SSH_AUTH_SOCK"),
        *("GIT_SSH_COMMAND", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
    }
)
"""How modules are reached: paths and addresses, none of which is secret itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """
    What a run has in hand where it stands still.

    ``folder`` is the plugin's module in the builder, ``build`` the command that builds
    it and ``environment`` what it sets. ``image`` is the server's, ``modules`` map what
    lies in its module folder to local files; ``address`` is a database that no server
    has seen, "" if there is none.
    """

    folder: str
    build: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    image: Image | None = None
    modules: Mapping[str, Path] = field(default_factory=dict)
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """
    One place to look at: ``enter`` is the command that leads there.

    ``tries`` are commands that are worth a try inside; ``words`` say what it is.
    """

    name: str
    words: str
    enter: str
    tries: tuple[str, ...] = ()


@runtime_checkable
class Enterable(Protocol):
    """An engine whose builder, server and database a person can get into."""

    def doors(self, work: Work) -> AbstractContextManager[tuple[Door, ...]]:
        """Hold everything open, and tell how to get inside, until the context ends."""
        ...


def shown(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that make a go command fetch and build as autofix's does."""
    return {
        name: value
        for name, value in sorted(environment.items())
        if (name.startswith(("GO", "CGO_")) or name.upper() in _FETCHING)
        and without_credentials(value) == value
    }
