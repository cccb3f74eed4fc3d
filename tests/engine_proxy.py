"""A proxy before the engine's socket, to cut or to freeze the connection."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class EngineProxy:
    """Passes everything on between a socket of its own and the engine's."""

    def __init__(self, path: Path, target: str) -> None:
        self.address = f"unix://{path}"
        self._target = target
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen(16)
        self._open: list[socket.socket] = []
        self._flowing = threading.Event()
        self._flowing.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break every connection and accept no other, as a killed engine does."""
        # A blocked accept would keep the listening socket alive.
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for side in self._open:
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
            side.close()

    def freeze(self) -> None:
        """Keep connections open and pass nothing on, as a hanging engine does."""
        self._flowing.clear()

    def _accept(self) -> None:
        while True:
            try:
                ours, _ = self._server.accept()
            except OSError:
                return
            theirs = socket.socket(socket.AF_UNIX)
            theirs.connect(self._target)
            self._open += [ours, theirs]
            for source, sink in ((ours, theirs), (theirs, ours)):
                threading.Thread(
                    target=self._pass_on, args=(source, sink), daemon=True
                ).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._flowing.wait()
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


@contextmanager
def engine_proxy(folder: Path, target: str) -> Iterator[EngineProxy]:
    """Open a proxy with its socket in ``folder``."""
    proxy = EngineProxy(folder / "engine.sock", target)
    try:
        yield proxy
    finally:
        proxy.cut()
