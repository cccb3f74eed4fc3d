"""One long-lived container with one exact Go, in which commands run one by one."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from autofix.core.model import Evidence, EvidenceSource
from autofix.engines.archive import Entry, pack
from autofix.engines.base import CommandResult, Follow, Image
from autofix.engines.docker.client import Client
from autofix.engines.docker.connection import Connection
from autofix.engines.docker.failures import AbsentError, disk_full, is_disk_full
from autofix.engines.docker.limits import Limits
from autofix.engines.docker.running import Listener, Stop
from autofix.errors import EngineLostError, ForeignImageError, OutputTooLargeError

BUNDLE = "autofix/ca-bundle.pem"
"""Where the user's certificates are put, relative to the root folder."""

PASSED_ON = (
    "GOPROXY",
    "GOPRIVATE",
    "GONOPROXY",
    "GONOSUMDB",
    "GONOSUMCHECK",
    "GOSUMDB",
    "GOINSECURE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)
"""The caller's variables that say how modules are fetched; no others get in."""

# The shell waits for a line before it becomes the command, so that no output is
# written before somebody listens; the file says which process to end.
WRAPPER = 'read -r _; echo $$ >"$1"; shift; exec "$@" </dev/null'

KILL_AFTER = 5
TIMED_OUT = (124, 137)
"""Exit codes of coreutils' timeout: ended by SIGTERM, or by the SIGKILL after it."""


class ContainerBuilder:
    """A running builder container; ``engine`` opened it and will remove it."""

    def __init__(
        self,
        client: Client,
        container: str,
        *,
        image: Image,
        limits: Limits,
        environment: Mapping[str, str],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._container = container
        self._image = image
        self._limits = limits
        self._environment = dict(environment)
        self._clock = clock
        self._sleep = sleep
        self._numbers = itertools.count(1)

    @property
    def image(self) -> Image:
        """Return the image it was opened from."""
        return self._image

    def require_go(self) -> None:
        """Return if there is a Go to build with; ForeignImageError if not."""
        probe = ("sh", "-c", "command -v go timeout")
        identity, connection = self._client.execute(
            self._container, probe, environment={}, folder=None
        )
        listener = Listener(clock=self._clock, follow=None)
        try:
            listener.listen(connection, seconds=self._limits.answer_seconds)
        finally:
            connection.close()
        if self._exit_code(identity) != 0:
            raise ForeignImageError(
                f"{self._image.reference} is not a builder: it lacks a shell, go or "
                "timeout on its PATH.",
                why="Plugins are built in images like heroiclabs/nakama-pluginbuilder.",
                todo="Name the right one with --builder-image.",
            )

    def put_bundle(self, content: bytes) -> None:
        """Make Go and git trust the certificates in ``content`` (PEM)."""
        archive = pack([Entry(name=BUNDLE, content=content)])
        self._client.put(self._container, archive, "/")
        self._environment |= {
            "SSL_CERT_FILE": f"/{BUNDLE}",
            "GIT_SSL_CAINFO": f"/{BUNDLE}",
        }

    def put(self, archive: Iterable[bytes], folder: str) -> None:
        """Unpack a tar stream below ``folder`` (absolute, created if missing)."""
        made = self.run(
            ("mkdir", "-p", "--", folder),
            folder="/",
            environment={},
            seconds=self._limits.answer_seconds,
        )
        if not made.succeeded:
            words = " ".join(line.text for line in made.evidence.lines)
            raise ForeignImageError(f"No folder {folder} in the builder: {words}")
        self._client.put(self._container, archive, folder)

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
        """
        Run one command in ``folder`` until it ends or ``seconds`` have passed.

        The stdout of a planning step (``source`` GO) is data and not evidence;
        ``follow`` and the evidence then have stderr only. DiskFullError and
        OutputTooLargeError are raised; any other failure is in the result.
        """
        pidfile = f"/tmp/.autofix-{next(self._numbers)}"  # noqa: S108
        started = self._clock()
        identity, connection = self._client.execute(
            self._container,
            (
                *("sh", "-c", WRAPPER, "sh", pidfile),
                *("timeout", "-k", str(KILL_AFTER), str(math.ceil(seconds))),
                *arguments,
            ),
            environment={**self._environment, **environment},
            folder=folder,
        )
        stdout = bytearray()

        def data(piece: bytes) -> None:
            if len(stdout) + len(piece) > self._limits.stdout:
                raise OutputTooLargeError(
                    f"{' '.join(arguments[:3])} wrote more than "
                    f"{self._limits.stdout >> 20} MiB."
                )
            stdout.extend(piece)

        listener = Listener(
            clock=self._clock,
            follow=follow,
            data=data if source is EvidenceSource.GO else None,
        )
        try:
            code, timed_out = self._listen(
                listener, connection, identity, pidfile, seconds
            )
        except OutputTooLargeError:
            self._restart()
            raise
        finally:
            connection.close()
        evidence = listener.keeper.evidence(
            source=source,
            exit_code=code,
            timed_out=timed_out,
            seconds=self._clock() - started,
        )
        return CommandResult(
            arguments=tuple(arguments),
            stdout=bytes(stdout),
            evidence=self._examined(evidence, arguments),
        )

    def _listen(
        self,
        listener: Listener,
        connection: Connection,
        identity: str,
        pidfile: str,
        seconds: float,
    ) -> tuple[int | None, bool]:
        """Hear a command to its end; return its exit code and whether time ran out."""
        started = self._clock()
        connection.begin()
        # The deadline is kept inside the container; outside it is only a safety net
        # for what timeout cannot end.
        grace = KILL_AFTER + self._limits.stop_grace
        stop = listener.listen(connection, seconds=seconds + grace)
        if stop is Stop.ASKED:
            self._end(pidfile)
            return None, False
        if stop is Stop.DEADLINE:
            self._restart()
            return None, True
        code = self._exit_code(identity)
        timed_out = code in TIMED_OUT and self._clock() - started >= seconds
        return (None if timed_out else code), timed_out

    def _end(self, pidfile: str) -> None:
        """End the command whose process group ``pidfile`` names, at once."""
        _, connection = self._client.execute(
            self._container,
            ("sh", "-c", 'kill -KILL -- "-$(cat "$0")"', pidfile),
            environment={},
            folder=None,
        )
        try:
            listener = Listener(clock=self._clock, follow=None)
            listener.listen(connection, seconds=self._limits.stop_grace)
        finally:
            connection.close()

    def _restart(self) -> None:
        """End everything in the container; its files stay."""
        self._client.kill(self._container)
        while self._client.state(self._container).running:
            self._sleep(0.05)
        self._client.start(self._container)

    def _exit_code(self, identity: str) -> int:
        """Return a command's exit code, which may come a moment after its output."""
        deadline = self._clock() + self._limits.stop_grace
        while (code := self._client.exit_code(identity)) is None:
            if self._clock() > deadline:
                raise EngineLostError(
                    "The engine does not say how a command ended.",
                    why="It is overloaded, or it was restarted meanwhile.",
                    todo="Run autofix again.",
                )
            self._sleep(0.02)
        return code

    def _examined(self, evidence: Evidence, arguments: Sequence[str]) -> Evidence:
        """Look at a failure for what is the machine's fault, not the project's."""
        if evidence.exit_code == 0:
            return evidence
        if any(is_disk_full(line.text) for line in evidence.lines):
            raise disk_full(f"run {' '.join(arguments[:2])}")
        killed = evidence.exit_code == TIMED_OUT[1] or any(
            "signal: killed" in line.text for line in evidence.lines
        )
        if killed and self._client.state(self._container).out_of_memory:
            return Evidence(
                source=evidence.source,
                lines=evidence.lines,
                exit_code=evidence.exit_code,
                out_of_memory=True,
                omitted=evidence.omitted,
                seconds=evidence.seconds,
            )
        return evidence

    def fetch(self, path: str) -> Iterator[bytes]:
        """Yield a tar stream of a file or folder; FileNotFoundError if not there."""
        try:
            return self._client.fetch(self._container, path)
        except AbsentError as error:
            raise FileNotFoundError(path) from error
