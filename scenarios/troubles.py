"""What goes wrong with a machine at night: its disk is full, its network cut, it restarts."""

from __future__ import annotations

import http.server
import json
import os
import signal
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from autofix.engines.local.leftovers import MARK
from autofix.engines.ownership import PID
from scenarios.kit import KitError
from scenarios.privateengine import PrivateEngine

ANSWER_SECONDS = 60.0
GONE = http.HTTPStatus.NOT_FOUND


class Trouble(Protocol):
    """Something that fails for a while."""

    def begin(self) -> None:
        """Let it fail."""
        ...

    def end(self) -> None:
        """Let it work again."""
        ...


class FullDisk:
    """A file that takes all the room that is left on a disk."""

    def __init__(self, disk: Path) -> None:
        self._ballast = disk / "ballast"

    def begin(self) -> None:
        """Fill it."""
        piece = bytes(1 << 20)
        with self._ballast.open("ab", buffering=0) as file, suppress(OSError):
            while file.write(piece):
                pass

    def end(self) -> None:
        """Make room."""
        self._ballast.unlink(missing_ok=True)


class Nothing:
    """No trouble."""

    def begin(self) -> None:
        """Do nothing."""

    def end(self) -> None:
        """Do nothing."""


class ProgramsDie:
    """Every program of this process's runs dies at once, as an engine's restart has it."""

    def begin(self) -> None:
        """Kill them."""
        for pid in own_programs():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def end(self) -> None:
        """Do nothing: the next run starts its own."""


class EngineRestarts:
    """The container engine ends, in order or killed, and comes back."""

    def __init__(self, engine: PrivateEngine, *, graceful: bool) -> None:
        self._engine = engine
        self._signal = signal.SIGTERM if graceful else signal.SIGKILL

    def begin(self) -> None:
        """End it."""
        self._engine.end(self._signal)

    def end(self) -> None:
        """Start it."""
        self._engine.start()


class EngineHangs:
    """The container engine takes calls and answers none."""

    def __init__(self, engine: PrivateEngine) -> None:
        self._engine = engine

    def begin(self) -> None:
        """Stop it where it is."""
        self._engine.tell(signal.SIGSTOP)

    def end(self) -> None:
        """Let it go on."""
        self._engine.tell(signal.SIGCONT)


class Relay:
    """
    A module proxy at an address of this machine that passes everything on, until cut.

    ``address`` is for GOPROXY.
    """

    def __init__(self, upstream: str, host: str) -> None:
        relay = self
        self.cut = threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            """Fetches what is asked for."""

            def do_GET(self) -> None:
                """Answer, or break the connection."""
                relay.answer(self, upstream)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer((host, 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://{host}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def begin(self) -> None:
        """Break every connection from now on."""
        self.cut.set()

    def end(self) -> None:
        """Pass on again."""
        self.cut.clear()

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(
        self, handler: http.server.BaseHTTPRequestHandler, upstream: str
    ) -> None:
        """Pass one request on."""
        try:
            with urllib.request.urlopen(  # noqa: S310 (Go's own proxy)
                upstream + handler.path, timeout=ANSWER_SECONDS
            ) as answer:
                status, content = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, content = error.code, error.read()
            error.close()
        except OSError:
            status, content = GONE, b""
        if self.cut.is_set():
            with suppress(OSError):
                handler.connection.shutdown(socket.SHUT_RDWR)
            return
        with suppress(OSError):
            handler.send_response(status)
            handler.send_header("Content-Length", str(len(content)))
            handler.end_headers()
            handler.wfile.write(content)


@contextmanager
def relay(host: str) -> Iterator[Relay]:
    """Open a relay before the module proxy that this machine's Go uses."""
    listed = subprocess.run(
        ["go", "env", "GOPROXY"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    upstream = listed.replace("|", ",").split(",")[0].strip().rstrip("/")
    if not upstream.startswith("http"):
        raise KitError("Go uses no module proxy here, so that none can be cut.")
    opened = Relay(upstream, host)
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount a disk of its own in memory; KitError where that is not allowed."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "autofix-night"]
    made = subprocess.run(
        [*mount, str(folder)], capture_output=True, text=True, timeout=60, check=False
    )
    if made.returncode:
        raise KitError("No small disk can be made here.", why=made.stderr.strip())
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False, timeout=60)


def own_programs() -> list[int]:
    """Return the processes that runs of this process have started and that live."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            variables = (folder / "environ").read_bytes().split(b"\0")
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        for variable in variables:
            key, _, value = variable.partition(b"=")
            if key == MARK.encode() and state not in "ZX":
                owner = json.loads(value)
                if owner[PID] == str(os.getpid()):
                    found.append(int(folder.name))
    return found
