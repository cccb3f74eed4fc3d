"""One long-lived container with one exact Go, in which commands run one by one."""

from __future__ import annotations

import math
import re
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from autofix.core.model import Evidence, EvidenceSource
from autofix.durable import is_disk_full
from autofix.engines.archive import Entry, pack
from autofix.engines.base import CommandResult, Follow, Image
from autofix.engines.docker.access import Access
from autofix.engines.docker.client import Client
from autofix.engines.docker.connection import Connection
from autofix.engines.docker.failures import (
    AbsentError,
    disk_full,
    lost,
)
from autofix.engines.docker.limits import Limits
from autofix.engines.listening import Listener, Stop
from autofix.errors import EngineLostError, OutputTooLargeError

ROOT = "/autofix"
BUNDLE = "autofix/ca-bundle.pem"
"""Where the user's certificates are put, relative to the root folder."""

CAPABILITIES_TO_BUILD = ("CHOWN", "DAC_OVERRIDE", "FOWNER")
MODULE_CACHE_VOLUME = "autofix-go-mod"
BUILD_CACHE_VOLUME = "autofix-go-build"
BUILD_CACHE = "/root/.cache/go-build"

# The shell waits for a line before it becomes the command, so that no output is
# written before somebody listens.
WRAPPER = 'read -r _; exec "$@" </dev/null'

KILL_AFTER = 5
KILLED = 137
TIMED_OUT = (124, KILLED)
"""Exit codes of coreutils' timeout: ended by SIGTERM, or by the SIGKILL after it."""

OOM_COUNTERS = (
    "/sys/fs/cgroup/memory.events",
    "/sys/fs/cgroup/memory/memory.oom_control",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoSetup:
    """Volumes (name to path) and variables that every builder gets."""

    volumes: Mapping[str, str]
    environment: Mapping[str, str]


def go_setup(variables: Mapping[str, str]) -> GoSetup:
    """Return the set-up for a builder image that sets ``variables``."""
    modules = f"{variables.get('GOPATH', '/go')}/pkg/mod"
    # Official images say their Go; the cache itself keeps versions apart anyway.
    go = variables.get("GOLANG_VERSION", "other")
    return GoSetup(
        volumes={
            MODULE_CACHE_VOLUME: modules,
            f"{BUILD_CACHE_VOLUME}-{go}": BUILD_CACHE,
        },
        environment={
            "GOTOOLCHAIN": "local",
            "GOFLAGS": "",
            "GOENV": "off",
            "CGO_ENABLED": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GOMODCACHE": modules,
            "GOCACHE": BUILD_CACHE,
        },
    )


_FIRST_TIME, _TIMES = 500_000_000, 1_000_000_000
"""Seconds since 1970: from 1985 to 2017, since Go does not index what seems new."""


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
        access: Access | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._container = container
        self._image = image
        self._limits = limits
        self._access = access or Access()
        self._environment = {**environment, **self._access.environment}
        self._clock = clock
        self._sleep = sleep
        self._oom_kills = 0

    @property
    def image(self) -> Image:
        """Return the image it was opened from."""
        return self._image

    @property
    def environment(self) -> Mapping[str, str]:
        """Return what each command is told, beside its own."""
        return self._environment

    @property
    def root(self) -> str:
        """Return the folder below which all files of a run belong."""
        return ROOT

    def put_bundle(self, content: bytes) -> None:
        """Make Go and git trust the certificates in ``content`` (PEM)."""
        self.put([Entry(name=BUNDLE, content=content)], "/")
        self._environment |= {
            "SSL_CERT_FILE": f"/{BUNDLE}",
            "GIT_SSL_CAINFO": f"/{BUNDLE}",
        }

    def grant(self) -> None:
        """Let go and git reach private modules as the user's own do."""
        self._access.grant(self.run, self._limits.answer_seconds)

    def put(self, entries: Iterable[Entry], folder: str) -> None:
        """Write files below ``folder`` (absolute, created if missing)."""
        inside = folder.strip("/")
        placed = (
            replace(
                _dated(entry), name=f"{inside}/{entry.name}" if inside else entry.name
            )
            for entry in (*([Entry(name=".")] if inside else []), *entries)
        )
        # From the root folder, so that the engine makes the folders on the way.
        self._client.put(self._container, pack(placed), "/")

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
        started = self._clock()
        identity, connection = self._client.execute(
            self._container,
            (
                *("sh", "-c", WRAPPER, "sh"),
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
        stop = self._listen(listener, connection, seconds)
        code = self._exit_code(identity) if stop is Stop.ENDED else None
        timed_out = stop is Stop.DEADLINE or (
            code in TIMED_OUT and self._clock() - started >= seconds
        )
        if timed_out or stop is Stop.ASKED:
            # Whatever it started must not run on beside the next command.
            self._restart()
            code = None
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
        self, listener: Listener, connection: Connection, seconds: float
    ) -> Stop:
        """
        Hear a command to its end, or longer than ``seconds`` for what will not end.

        The deadline itself is kept inside the container. The connection is closed
        before anything is killed: an engine that waits for somebody to read a
        killed command's output never notices its end (observed on 20.10.24).
        """
        grace = KILL_AFTER + self._limits.stop_grace
        try:
            connection.begin()
            return listener.listen(connection, seconds=seconds + grace)
        except OutputTooLargeError:
            connection.close()
            self._restart()
            raise
        finally:
            connection.close()

    def _restart(self) -> None:
        """End everything in the container; its files stay."""
        self._client.kill(self._container)
        deadline = self._clock() + self._limits.answer_seconds
        while self._client.state(self._container).running:
            if self._clock() > deadline:
                raise _unanswered("stop a container")
            self._sleep(0.05)
        self._client.start(self._container)
        self._oom_kills = 0
        self.grant()  # what was in memory ended with the container

    def _exit_code(self, identity: str) -> int:
        """Return a command's exit code, which may come a moment after its output."""
        deadline = self._clock() + self._limits.stop_grace
        while (code := self._client.exit_code(identity)) is None:
            if self._clock() > deadline:
                raise _unanswered("say how a command ended")
            self._sleep(0.02)
        return code

    def _examined(self, evidence: Evidence, arguments: Sequence[str]) -> Evidence:
        """Look at a failure for what is the machine's fault, not the project's."""
        if evidence.exit_code == 0:
            return evidence
        if any(is_disk_full(line.text) for line in evidence.lines):
            raise disk_full(f"run {' '.join(arguments[:2])}")
        killed = evidence.exit_code == KILLED or any(
            "signal: killed" in line.text for line in evidence.lines
        )
        if killed and self._ran_out_of_memory():
            return replace(evidence, out_of_memory=True)
        return evidence

    def _ran_out_of_memory(self) -> bool:
        """
        Tell whether the kernel killed something here since this was last asked.

        The engine's own flag counts only at the container's end (observed on
        20.10.24), so the control group's counter is read; both versions have one.
        """
        counters = self.run(
            ("sh", "-c", f"cat {' '.join(OOM_COUNTERS)} 2>/dev/null; true"),
            folder="/",
            environment={},
            seconds=self._limits.answer_seconds,
        )
        found = re.search(rb"^oom_kill (\d+)$", counters.stdout, re.MULTILINE)
        count = int(found[1]) if found else 0
        more, self._oom_kills = count > self._oom_kills, count
        return more

    def fetch(self, path: str) -> Iterator[bytes]:
        """Yield a tar stream of a file or folder; FileNotFoundError if not there."""
        try:
            return self._client.fetch(self._container, path)
        except AbsentError as error:
            raise FileNotFoundError(path) from error


def _unanswered(action: str) -> EngineLostError:
    return lost(action, "it took too long")


def _dated(entry: Entry) -> Entry:
    """
    Give a Go file a time that stands for its content.

    From 1.19 on, the go command remembers what the files of a folder import by their
    path, size and time, in the build cache (cmd/go/internal/modindex). That outlives
    the container, and every project is at the same path: with the times that files
    came with, one project's main.go was taken for another's (observed on Go 1.26.5).
    """
    content = entry.content
    if content is None or entry.link or not entry.name.endswith(".go"):
        return entry
    data = content if isinstance(content, bytes) else content.read_bytes()
    time_of_content = _FIRST_TIME + zlib.crc32(data) % _TIMES
    return replace(entry, content=data, modified=time_of_content)
