"""Engines that do not answer, answer nonsense, or are too old."""

from __future__ import annotations

import gc
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autofix.engines.docker.dialling import dial
from autofix.errors import EngineUnavailableError

# docker-py 7.2.0 does not close a socket that was refused its connection.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Let such sockets go while their warning is ignored."""
    yield
    gc.collect()


@contextmanager
def listening(folder: Path, answer: bytes | None) -> Iterator[str]:
    """Listen on a socket; answer each request with ``answer``, None with silence."""
    path = folder / "engine.sock"
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen(4)
    open_: list[socket.socket] = [server]

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            open_.append(connection)
            connection.recv(65536)
            if answer is not None:
                connection.sendall(answer)
                connection.close()

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield f"unix://{path}"
    finally:
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        for one in open_:
            one.close()


def answered(**body: str) -> bytes:
    """Return an HTTP answer with a JSON body."""
    content = json.dumps(body).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(content)}\r\n"
    return f"{head}Content-Type: application/json\r\n\r\n".encode() + content


def refusal(address: str) -> EngineUnavailableError:
    """Dial and return the error, which must come within seconds."""
    started = time.monotonic()
    with pytest.raises(EngineUnavailableError) as caught:
        dial({"DOCKER_HOST": address}, connect_seconds=1, answer_seconds=60)

    assert time.monotonic() - started < 30
    assert caught.value.todo
    return caught.value


def test_no_socket(tmp_path: Path) -> None:
    """No engine is installed, or none runs."""
    error = refusal(f"unix://{tmp_path}/none.sock")

    assert "there is no such socket" in error.what
    assert "none.sock" in error.what
    assert "systemctl start docker" in error.todo


def test_a_socket_that_nobody_listens_on(tmp_path: Path) -> None:
    """The engine was stopped and left its socket."""
    path = tmp_path / "stale.sock"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))

    assert "refused" in refusal(f"unix://{path}").what


def test_an_engine_that_hangs(tmp_path: Path) -> None:
    """It accepts and says nothing."""
    with listening(tmp_path, None) as address:
        assert "does not answer" in refusal(address).what


def test_something_that_is_no_engine(tmp_path: Path) -> None:
    """An answer that is no HTTP is shown."""
    with listening(tmp_path, b"SSH-2.0-OpenSSH_9.2\r\n") as address:
        assert "SSH-2.0-OpenSSH_9.2" in refusal(address).what


def test_an_engine_that_is_too_old(tmp_path: Path) -> None:
    """Both versions are named."""
    old = answered(ApiVersion="1.39", Version="18.09.1", Os="linux")
    with listening(tmp_path, old) as address:
        error = refusal(address)

    assert "18.09.1" in error.what
    assert "20.10" in error.what


def test_windows_containers(tmp_path: Path) -> None:
    """Nakama needs Linux."""
    answer = answered(ApiVersion="1.45", Version="26.0.0", Os="windows")
    with listening(tmp_path, answer) as address:
        assert "Linux containers" in refusal(address).todo


@pytest.mark.parametrize("address", ["nonsense", "ftp://x", "tcp://"])
def test_an_address_that_is_none(address: str) -> None:
    """A malformed DOCKER_HOST is named, without a traceback of the library."""
    assert address in refusal(address).what
