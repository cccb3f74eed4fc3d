"""A Builder that runs on the machine's own processes, in a temporary folder."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import tarfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from autofix.core.model import Evidence, EvidenceSource, OutputLine, Stream
from autofix.engines.base import CommandResult, Follow, Image

PASSED_ON = ("SSL_CERT_FILE", "SSL_CERT_DIR", "GOPROXY", "GOSUMDB", "HTTPS_PROXY")
"""What the machine's own Go needs to reach the module proxy."""


class LocalBuilder:
    """
    Runs commands with one exact Go; absolute folders lie below ``root``.

    ``commands`` keeps what was run, in order. Nothing is isolated: this is for tests.
    """

    def __init__(self, root: Path, go: str = "") -> None:
        self._root = root
        self._go = go
        self.commands: list[tuple[str, ...]] = []

    @property
    def image(self) -> Image:
        """Return an image that stands for the machine."""
        return Image(
            reference=f"local/golang:{self._go or 'machine'}",
            identity="local",
            digest="local",
            machine="amd64",
        )

    def path(self, folder: str) -> Path:
        """Return where a folder of the builder really is."""
        return self._root / folder.lstrip("/")

    def put(self, archive: Iterable[bytes], folder: str) -> None:
        """Unpack a tar stream below ``folder``."""
        target = self.path(folder)
        target.mkdir(parents=True, exist_ok=True)
        with tarfile.open(fileobj=io.BytesIO(b"".join(archive))) as tar:
            tar.extractall(target, filter="data")

    def run(
        self,
        arguments: Sequence[str],
        *,
        folder: str,
        environment: Mapping[str, str],
        seconds: float,
        source: EvidenceSource = EvidenceSource.GO,
        follow: Follow | None = None,
    ) -> CommandResult:
        """Run one command; ``follow`` hears the lines when it has ended."""
        self.commands.append(tuple(arguments))
        started = time.monotonic()
        stdout, stderr, exit_code = self._run(
            arguments, self.path(folder), environment, seconds
        )
        lines = [
            OutputLine(stream=stream, text=text)
            for stream, output in ((Stream.STDOUT, stdout), (Stream.STDERR, stderr))
            for text in output.decode("utf-8", "replace").splitlines()
        ]
        for line in lines:
            if follow and follow(line):
                break
        return CommandResult(
            arguments=tuple(arguments),
            stdout=stdout,
            evidence=Evidence(
                source=source,
                lines=tuple(lines[:500]),
                exit_code=exit_code,
                timed_out=exit_code is None,
                seconds=time.monotonic() - started,
            ),
        )

    def _run(
        self,
        arguments: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        seconds: float,
    ) -> tuple[bytes, bytes, int | None]:
        """Return both outputs and the exit code: 127 without the program."""
        try:
            process = subprocess.Popen(
                list(arguments),
                cwd=folder,
                env={**_environment(self._go), **environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            return b"", str(error).encode(), 127
        with process:
            try:
                stdout, stderr = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                return *process.communicate(), None
        return stdout, stderr, process.returncode

    def fetch(self, path: str) -> Iterator[bytes]:
        """Yield a tar stream of a file or folder."""
        found = self.path(path)
        if not found.exists():
            raise FileNotFoundError(path)
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as tar:
            tar.add(found, arcname=found.name)
        yield stream.getvalue()


@lru_cache
def goroot(go: str) -> Path:
    """Return the root of an exact Go release ("" for the machine's own)."""
    chosen = {"GOTOOLCHAIN": f"go{go}"} if go else {}
    return Path(_machine_go("GOROOT", **chosen))


def _machine_go(name: str, **environment: str) -> str:
    return subprocess.run(
        ["go", "env", name],
        env={**os.environ, "GOFLAGS": "-mod=mod", **environment},
        cwd="/",
        check=True,
        capture_output=True,
        text=True,
        timeout=600,
    ).stdout.strip()


@lru_cache
def _environment(go: str) -> dict[str, str]:
    return {
        **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
        "PATH": f"{goroot(go) / 'bin'}:/usr/local/bin:/usr/bin:/bin",
        "HOME": "/nonexistent",
        "GOENV": "off",
        "GOPATH": _machine_go("GOPATH"),
        "GOMODCACHE": _machine_go("GOMODCACHE"),
        "GOCACHE": _machine_go("GOCACHE"),
        "CGO_ENABLED": "1",
    }
