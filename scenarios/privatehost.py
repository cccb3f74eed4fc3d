"""
A private git host for one scenario: a repository that asks for a name and a password.

It is git's own ``http-backend`` behind a small web server of this process. The user
of the scenario reaches it as one does: GOPRIVATE names the host, git rewrites its
address, netrc holds the credentials.
"""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import docker
from docker.errors import DockerException

from autofix.scenarios.scenario import PrivateModule

_USER = "build"


@contextmanager
def private_host(module: PrivateModule, source: Path, home: Path) -> Iterator[str]:
    """
    Serve ``source`` as the module's repository until the context ends.

    ``home`` becomes the folder with the user's .netrc and .gitconfig. Yields the
    password.
    """
    password = secrets.token_urlsafe(18)
    home.mkdir()
    repository = home / "served" / module.path.partition("/")[2]
    _make_repository(source, repository, module.version)
    address = _address()
    handler = partial(_Handler, home / "served", _authorization(password))
    with ThreadingHTTPServer((address, 0), handler) as server:
        served = f"{address}:{server.server_port}"
        host = module.path.partition("/")[0]
        login = f"machine {address} login {_USER} password {password}\n"
        (home / ".netrc").write_text(login if module.credentials else "")
        (home / ".netrc").chmod(0o600)
        (home / ".gitconfig").write_text(
            f'[url "http://{served}/"]\n\tinsteadOf = https://{host}/\n'
        )
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield password
        finally:
            server.shutdown()
            thread.join()


def private_variables(module: PrivateModule, home: Path) -> dict[str, str]:
    """Return the environment of a user of the private host."""
    return {
        module.variable: module.path.partition("/")[0],
        "NETRC": str(home / ".netrc"),
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
    }


def _make_repository(source: Path, repository: Path, version: str) -> None:
    """Commit the source, tag it with the version, and serve a bare clone."""
    work = repository.with_suffix(".work")
    shutil.copytree(source, work)
    identity = ("-c", "user.name=Studio", "-c", "user.email=studio@example.com")
    for arguments in (
        ("-C", str(work), "init", "--quiet"),
        ("-C", str(work), "add", "--all"),
        ("-C", str(work), *identity, "commit", "--quiet", "--message", version),
        ("-C", str(work), "tag", version),
        ("clone", "--quiet", "--bare", str(work), str(repository)),
    ):
        subprocess.run(["git", *arguments], check=True, timeout=60)


def _address() -> str:
    """Return this machine's address as containers see it, or the loopback."""
    try:
        client = docker.from_env(timeout=10)
    except DockerException:
        return "127.0.0.1"
    try:
        networks = client.networks.get("bridge").attrs["IPAM"]["Config"]
    except DockerException:
        return "127.0.0.1"
    finally:
        client.close()
    return next((str(each["Gateway"]) for each in networks if "Gateway" in each), "")


def _authorization(password: str) -> str:
    return "Basic " + base64.b64encode(f"{_USER}:{password}".encode()).decode()


class _Handler(BaseHTTPRequestHandler):
    """Answer as git's http-backend does, once the credentials are right."""

    def __init__(self, root: Path, wanted: str, *rest: object) -> None:
        self._root = root
        self._wanted = wanted
        super().__init__(*rest)  # type: ignore[arg-type]  # as socketserver calls it

    def do_GET(self) -> None:
        """Answer a request for references or a file."""
        self._answer(b"")

    def do_POST(self) -> None:
        """Answer a request for objects."""
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Stay silent: the scenario's user sees no server log either."""

    def _answer(self, body: bytes) -> None:
        if self.headers.get("Authorization") != self._wanted:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="studio"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        found = subprocess.run(
            ["git", "http-backend"],
            input=body,
            env={
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(self._root),
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "REQUEST_METHOD": self.command,
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "REMOTE_USER": _USER,
                "REMOTE_ADDR": self.client_address[0],
            },
            capture_output=True,
            timeout=60,
            check=False,
        )
        head, _, content = found.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
