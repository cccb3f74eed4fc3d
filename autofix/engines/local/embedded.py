"""A PostgreSQL of the run's own, in a folder of its own, from programs found here."""

from __future__ import annotations

import contextvars
import os
import secrets
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from autofix.core.model import OutputLine
from autofix.durable import disk_errors
from autofix.engines.listening import Listener
from autofix.engines.local.lifeline import Lifeline
from autofix.engines.local.ports import LOOPBACK, reserved_ports
from autofix.engines.local.postgres import Programs, account
from autofix.engines.local.processes import Account, Process
from autofix.errors import AutofixError, DatabaseUnavailableError
from autofix.scratch import SHARED, scratch_folder

USER = "postgres"
READY = "database system is ready to accept connections"
TAKEN = "could not create any TCP/IP sockets"
"""Somebody took the port between its choice and its use."""
TRIES = 5
READY_SECONDS = 60.0
LONGEST_RUN = 7 * 24 * 3600.0
END_SECONDS = 5.0
LAST_LINES = 12
QUIT = "QUIT"
"""Ends PostgreSQL at once, and lets it give its shared memory back."""

_FAST = (
    # The data are thrown away: surviving a crash would only cost time.
    *("-c", "fsync=off"),
    *("-c", "synchronous_commit=off"),
    *("-c", "full_page_writes=off"),
    *("-c", "max_connections=120"),
    *("-c", "shared_buffers=32MB"),
)


@contextmanager
def embedded_database(
    programs: Programs,
    lifeline: Lifeline,
    *,
    environment: Mapping[str, str],
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[EmbeddedDatabase]:
    """Make and start a server in the background; entering does not wait for it."""
    with disk_errors("No folder for the database can be made"), ExitStack() as stack:
        folder = stack.enter_context(scratch_folder(_place(account())))
        left = stack.pop_all()
    with left:
        database = EmbeddedDatabase(
            programs, folder, lifeline, environment=environment, clock=clock
        )
        database.begin()
        try:
            yield database
        finally:
            database.end()


class EmbeddedDatabase:
    """
    A server that comes up in a thread of its own as soon as ``begin`` is called.

    It listens on the loopback only, with a random password, and no file socket.
    """

    def __init__(
        self,
        programs: Programs,
        folder: Path,
        lifeline: Lifeline,
        *,
        environment: Mapping[str, str],
        clock: Callable[[], float],
    ) -> None:
        self._programs = programs
        self._folder = folder
        self._lifeline = lifeline
        self._environment = _clean(environment)
        self._clock = clock
        self._password = secrets.token_hex(16)
        self._account = account()
        self._port = 0
        self._count = 0
        self._said: list[str] = []
        self._process: Process | None = None
        self._up = False
        self._error: AutofixError | None = None
        self._ending = threading.Event()
        self._decided = threading.Event()
        self._thread = threading.Thread(
            target=contextvars.copy_context().run,
            args=(self._live,),
            name="autofix-database",
            daemon=True,
        )

    def begin(self) -> None:
        """Start bringing it up."""
        self._thread.start()

    def fresh(self) -> str:
        """
        Return the address of a database that does not exist yet.

        ``nakama migrate up`` creates it. Waits until the server accepts connections;
        DatabaseUnavailableError with its last words if it does not.
        """
        if not self._decided.wait(READY_SECONDS):
            raise self._unavailable(f"was not ready within {READY_SECONDS:.0f} s")
        if self._error is not None:
            raise self._error
        if not self._up:
            raise self._unavailable("ended")
        self._count += 1
        return f"{USER}:{self._password}@{LOOPBACK}:{self._port}/autofix_{self._count}"

    def end(self) -> None:
        """Stop it, however far it has come."""
        self._ending.set()
        process = self._process
        if process is not None:
            process.signal(signal.SIGQUIT)
        self._thread.join(END_SECONDS)
        process = self._process  # it may have been started once more meanwhile
        if process is not None:
            process.kill()
            self._thread.join(END_SECONDS)
            process.close()

    def _live(self) -> None:
        """Make a data folder, and listen to the server in it until it ends."""
        try:
            self._initialise()
            for _ in range(TRIES):
                if not self._ending.is_set():
                    with reserved_ports() as ports:
                        self._listen(self._start(ports[0]))
                if not any(TAKEN in line for line in self._said):
                    break
        except AutofixError as error:
            self._error = error
        except OSError as error:
            self._error = self._unavailable(f"cannot be started: {error}")
        finally:
            # Its last word comes a moment before its end: it may still be running.
            self._up = False
            self._decided.set()

    def _initialise(self) -> None:
        data, secret = self._folder / "data", self._folder / "password"
        data.mkdir(mode=0o700)
        secret.touch(mode=0o600)
        secret.write_text(self._password + "\n", "utf-8")
        if self._account is not None:
            self._folder.chmod(0o711)
            for path in (data, secret):
                os.chown(path, self._account.user, self._account.group)
            self._programs = _reachable(self._programs, self._folder)
        arguments = (
            str(self._programs["initdb"]),
            *("-D", str(data)),
            *("-U", USER),
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "--wal-segsize=1",
        )
        with self._started(arguments) as process:
            self._listen(process)
            code = process.exit_code(END_SECONDS)
        secret.unlink()
        if code and not self._ending.is_set():
            raise self._unavailable("could not be made (initdb failed)")
        self._said.clear()

    def _start(self, port: int) -> Process:
        """Start the server on a port that nobody listened on a moment ago."""
        if self._process is not None:
            self._process.close()
        self._said.clear()
        self._port = port
        arguments = (
            str(self._programs["postgres"]),
            *("-D", str(self._folder / "data")),
            *("-h", LOOPBACK),
            *("-p", str(self._port)),
            *("-k", ""),
            *_FAST,
        )
        self._process = process = self._started(arguments)
        if self._ending.is_set():  # it was not there yet when it was to end
            process.signal(signal.SIGQUIT)
        return process

    def _started(self, arguments: tuple[str, ...]) -> Process:
        return Process(
            arguments,
            folder=self._folder,
            environment=self._environment,
            lifeline=self._lifeline,
            account=self._account,
            ending=QUIT,
            clock=self._clock,
        )

    def _listen(self, process: Process) -> None:
        listener = Listener(clock=self._clock, follow=self._hear)
        listener.listen(process, seconds=LONGEST_RUN)

    def _hear(self, line: OutputLine) -> bool:
        """Keep the last words; never has enough, since a full pipe would stop it."""
        self._said = [*self._said[-LAST_LINES + 1 :], line.text]
        if READY in line.text and self._process is not None:
            self._up = True
            self._decided.set()
        return False

    def _unavailable(self, what: str) -> DatabaseUnavailableError:
        said = "\n".join(self._said).replace(self._password, "***")
        return DatabaseUnavailableError(
            f"The run's PostgreSQL ({self._programs.origin}) {what}.",
            why=f"It said:\n{said}" if said else "It said nothing.",
            todo="Give another server by --database user:password@host:port/name.",
        )


def _place(owner: Account | None) -> Path | None:
    """Return where a folder can be made that another account reaches, None: TMPDIR."""
    if owner is None or _is_open(Path(tempfile.gettempdir())):
        return None
    return SHARED


def _is_open(folder: Path) -> bool:
    """Tell whether every account may go to this folder."""
    return all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))


def _reachable(programs: Programs, folder: Path) -> Programs:
    """Copy programs that another account cannot reach (a wheel below /root)."""
    if not programs.parts or _is_open(programs.folder):
        return programs
    base = Path(os.path.commonpath(programs.parts))
    copy = folder / "programs"
    unneeded = shutil.ignore_patterns("include", "*.a")
    for part in programs.parts:
        place = copy / part.relative_to(base)
        shutil.copytree(part, place, symlinks=True, ignore=unneeded)
    return replace(programs, folder=copy / programs.folder.relative_to(base), parts=())


def _clean(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without the settings of other PostgreSQL servers."""
    kept = {"PATH": environment.get("PATH", os.defpath), "LC_ALL": "C"}
    with suppress(KeyError):
        kept["LD_LIBRARY_PATH"] = environment["LD_LIBRARY_PATH"]
    return kept
