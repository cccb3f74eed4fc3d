"""One PostgreSQL for a run, started while the plugin is being built."""

from __future__ import annotations

import contextvars
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from autofix.engines.docker.client import Client
from autofix.engines.docker.limits import Limits
from autofix.engines.listening import Listener, Stop
from autofix.errors import AutofixError, DatabaseUnavailableError

HOST = "127.0.0.1"
"""Servers share its network, which has no other interface."""
USER = "postgres"
PORT = 5432
DATA = "/autofix"

ARGUMENTS = (
    # The data are thrown away: surviving a crash would only cost time.
    *("-c", "fsync=off"),
    *("-c", "synchronous_commit=off"),
    *("-c", "full_page_writes=off"),
)
CAPABILITIES = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID")
"""What the image's entrypoint needs to become the user postgres."""

NO_CLIENT = 9
READY = f"""
command -v pg_isready >/dev/null || exit {NO_CLIENT}
until pg_isready -q -h {HOST} -p {PORT} -U {USER}; do sleep 0.1; done
"""
"""Over TCP: while it initialises, the official image listens on a file socket only."""

FIRST_LINES, LAST_LINES = 4, 12
"""Lines of its log that an error quotes."""


@dataclass(frozen=True, slots=True)
class DatabaseSecret:
    """The password of one database server; it never shows in a representation."""

    password: str

    @classmethod
    def new(cls) -> DatabaseSecret:
        """Return a random one that needs no escaping in an address."""
        return cls(secrets.token_hex(16))

    def __repr__(self) -> str:
        return "DatabaseSecret(...)"

    @property
    def environment(self) -> dict[str, str]:
        """Return what the official image, and the kit's, read."""
        return {
            "POSTGRES_USER": USER,
            "POSTGRES_PASSWORD": self.password,
            "PGDATA": f"{DATA}/data",
        }


class ContainerDatabase:
    """
    A database server that comes up in the background.

    ``bring_up`` creates and starts its container and returns the id; it runs in a
    thread of its own as soon as ``begin`` is called.
    """

    def __init__(
        self,
        client: Client,
        bring_up: Callable[[], str],
        *,
        secret: DatabaseSecret,
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._bring_up = bring_up
        self._secret = secret
        self._limits = limits
        self._clock = clock
        self._container = ""
        self._error: AutofixError | None = None
        self._ready = False
        self._count = 0
        self._thread = threading.Thread(
            target=contextvars.copy_context().run,
            args=(self._run,),
            name="autofix-database",
            daemon=True,
        )

    def begin(self) -> None:
        """Start bringing it up."""
        self._thread.start()

    def _run(self) -> None:
        try:
            self._container = self._bring_up()
        except AutofixError as error:
            self._error = error

    def created(self, seconds: float) -> str:
        """Return the container's id once the thread is done; "" if it has none."""
        self._thread.join(seconds)
        return self._container

    def fresh(self) -> str:
        """
        Return the address of a database that does not exist yet.

        In the form of ``--database.address``; ``nakama migrate up`` creates it.
        Waits until the server accepts connections; DatabaseUnavailableError with
        its last lines if it does not.
        """
        deadline = self._clock() + self._limits.database_seconds
        container = self.created(self._limits.database_seconds)
        if self._error is not None:
            raise self._error
        if not container:
            raise DatabaseUnavailableError("The engine did not start PostgreSQL.")
        if not self._ready:
            self._wait(container, deadline - self._clock())
            self._ready = True
        elif not self._client.state(container).running:
            raise self._unavailable(container, "ended")
        self._count += 1
        return f"{USER}:{self._secret.password}@{HOST}:{PORT}/autofix_{self._count}"

    def _wait(self, container: str, seconds: float) -> None:
        if not self._client.state(container).running:
            raise self._unavailable(container, "ended at once")
        identity, connection = self._client.execute(
            container, ("sh", "-c", READY), environment={}, folder=None
        )
        try:
            listener = Listener(clock=self._clock, follow=None)
            stop = listener.listen(connection, seconds=max(seconds, 0.0))
        finally:
            connection.close()
        if not self._client.state(container).running:
            raise self._unavailable(container, "ended while it started")
        if stop is not Stop.ENDED:
            raise self._unavailable(container, f"was not ready within {seconds:.0f} s")
        code = self._client.exit_code(identity)
        if code == NO_CLIENT:
            raise self._unavailable(container, "has no pg_isready to ask it with")
        if code:
            raise self._unavailable(container, "did not come up")

    def _unavailable(self, container: str, what: str) -> DatabaseUnavailableError:
        said = self._client.log(container).replace(self._secret.password, "***")
        all_lines = said.splitlines()
        if len(all_lines) > FIRST_LINES + LAST_LINES:
            all_lines[FIRST_LINES:-LAST_LINES] = ["..."]
        lines = "\n".join(all_lines)
        return DatabaseUnavailableError(
            f"The run's PostgreSQL {what}.",
            why=f"It said:\n{lines}" if lines else "It said nothing.",
            todo="Name another image with --database-image.",
        )
