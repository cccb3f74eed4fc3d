"""
The user's own PostgreSQL: a database of each start's own in it, dropped again.

The password is kept in memory only: psql gets it in its environment, the server in
its arguments, because no Nakama takes it otherwise for ``migrate up``.
"""

from __future__ import annotations

import contextvars
import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from autofix.engines.ownership import Owner, process_started, started_digest
from autofix.errors import AutofixError, ConfigError, DatabaseUnavailableError
from autofix.logs import logger

PSQL_SECONDS = 30.0
_FORM = "user:password@host:port/name"
_NAME = re.compile(r"autofix_(?P<host>\w+)_(?P<pid>\d+)_(?P<began>[0-9a-f]{8})_\d+")
_UNFIT = re.compile(r"[\s\0]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a PostgreSQL is and as whom; its text has no password in it."""

    user: str
    host: str
    name: str
    query: str
    secret: str

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read ``user:password@host:port/name``, also after postgres://; ConfigError."""
        bare = re.sub(r"\Apostgres(ql)?://", "", text.strip())
        user, _, place = bare.rpartition("@")
        try:
            parts = urlsplit(f"postgres://{place}")
            fits = bool(user and parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            fits = False
        if not fits or _UNFIT.search(bare):
            raise ConfigError(
                "--database is no address of a PostgreSQL server.",
                todo=f"Write it as {_FORM}; AUTOFIX_DATABASE keeps it out of the "
                "command line.",
            )
        name, _, secret = user.partition(":")
        return cls(
            user=name,
            host=parts.netloc,
            name=parts.path.lstrip("/"),
            query=parts.query,
            secret=secret,
        )

    def __str__(self) -> str:
        return f"{self.user}@{self.host}/{self.name}"

    def __repr__(self) -> str:
        return f"Address({self})"

    def of(self, name: str) -> str:
        """Return the address, with its password, of another database there."""
        user = f"{self.user}:{self.secret}" if self.secret else self.user
        query = f"?{self.query}" if self.query else ""
        return f"{user}@{self.host}/{name}{query}"

    @property
    def without_secret(self) -> str:
        """Return the form that psql takes."""
        query = f"?{self.query}" if self.query else ""
        return f"postgresql://{self.user}@{self.host}/{self.name or 'postgres'}{query}"

    @property
    def hidden(self) -> tuple[str, ...]:
        """Return what must not show anywhere: the password, as written and as meant."""
        return tuple({each for each in (self.secret, unquote(self.secret)) if each})


@contextmanager
def given_database(
    address: Address, psql: Path, owner: Owner, *, environment: Mapping[str, str]
) -> Iterator[GivenDatabase]:
    """Clear up in the server in the background; entering does not wait for it."""
    database = GivenDatabase(address, psql, owner, environment=environment)
    database.begin()
    try:
        yield database
    finally:
        database.end()


class GivenDatabase:
    """The user's server; ``begin`` removes there what killed runs have left."""

    def __init__(
        self,
        address: Address,
        psql: Path,
        owner: Owner,
        *,
        environment: Mapping[str, str],
        started: Callable[[int], str | None] = process_started,
    ) -> None:
        self._address = address
        self._psql = psql
        self._owner = owner
        self._path = environment.get("PATH", os.defpath)
        self._started = started
        self._made: list[str] = []
        self._error: AutofixError | None = None
        self._thread = threading.Thread(
            target=contextvars.copy_context().run,
            args=(self._clear,),
            name="autofix-database",
            daemon=True,
        )

    def begin(self) -> None:
        """Start asking the server, and clearing up."""
        self._thread.start()

    def fresh(self) -> str:
        """
        Return the address of a database that does not exist yet.

        ``nakama migrate up`` creates it. DatabaseUnavailableError with psql's words if
        the server cannot be used.
        """
        self._thread.join()
        if self._error is not None:
            raise self._error
        owner = self._owner
        name = (
            f"autofix_{owner.host}_{owner.pid}_{started_digest(owner.started)}_"
            f"{len(self._made) + 1}"
        )
        self._made.append(name)
        return self._address.of(name)

    def end(self) -> None:
        """Drop every database that was made; one that stays is a warning."""
        self._thread.join()
        for name in self._made:
            try:
                self._drop(name)
            except AutofixError as error:
                logger().warning("not dropped", database=name, error=error.why)

    def _clear(self) -> None:
        try:
            query = "SELECT datname FROM pg_database WHERE datname LIKE 'autofix%'"
            for name in self._ask(query).split():
                if self._is_leftover(name):
                    self._drop(name)
        except AutofixError as error:
            self._error = error

    def _is_leftover(self, name: str) -> bool:
        named = _NAME.fullmatch(name)
        if named is None or named["host"] != self._owner.host:
            return False
        return started_digest(self._started(int(named["pid"]))) != named["began"]

    def _drop(self, name: str) -> None:
        try:
            self._ask(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        except DatabaseUnavailableError:
            # PostgreSQL before 13 and CockroachDB know no FORCE.
            self._ask(f'DROP DATABASE IF EXISTS "{name}"')

    def _ask(self, statement: str) -> str:
        arguments = ("-X", "-q", "-A", "-t", "-w", "-v", "ON_ERROR_STOP=1")
        try:
            done = subprocess.run(
                [self._psql, *arguments, "-c", statement, self._address.without_secret],
                cwd="/",
                env={
                    "PATH": self._path,
                    "LC_ALL": "C",
                    "HOME": "/nonexistent",
                    "PGPASSWORD": unquote(self._address.secret),
                    "PGCONNECT_TIMEOUT": "10",
                },
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=PSQL_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise self._unavailable(str(error)) from None
        if done.returncode:
            raise self._unavailable(done.stderr.strip())
        return done.stdout

    def _unavailable(self, why: str) -> DatabaseUnavailableError:
        for secret in self._address.hidden:
            why = why.replace(secret, "***")
        return DatabaseUnavailableError(
            f"The PostgreSQL at {self._address} cannot be used.",
            why=why,
            todo="Mend the address given by --database; its user must be allowed to "
            "create databases.",
        )
