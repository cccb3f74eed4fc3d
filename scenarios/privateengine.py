"""
A container engine of our own, to be killed: a dockerd beside the machine's.

It shares nothing with the machine's engine: data, state, socket, containerd and bridge
are its own, and it changes no firewall rule. Its containers reach this machine at
``gateway`` and nothing else. containerd outlives dockerd here, as where both are
services. As root on Linux.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from autofix.scratch import SHARED
from scenarios.kit import KitError

READY_SECONDS = 60.0
STOP_SECONDS = 40.0
COMMAND_SECONDS = 60.0
COPY_SECONDS = 900.0
CONTAINERD = """
version = 2
root = "{root}"
state = "{state}"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "{state}.sock"
[ttrpc]
address = "{state}.sock.ttrpc"
"""
SUBNETS = tuple(f"10.213.{number}" for number in range(1, 250))


class NotHereError(KitError):
    """A private engine cannot be had here, or not by this user."""

    code = "private-engine"


class PrivateEngine:
    """
    One dockerd, started, stopped and killed at will.

    ``address`` is for DOCKER_HOST, ``root`` is where it keeps images and volumes,
    ``gateway`` is this machine as its containers see it.
    """

    def __init__(self, folder: Path, disk: Path, *, bridge: str, gateway: str) -> None:
        self.root = disk / "engine"
        self.gateway = gateway
        self.address = f"unix://{folder}/docker.sock"
        self._folder = folder
        self._bridge = bridge
        self._containerd: subprocess.Popen[bytes] | None = None
        self._daemon: subprocess.Popen[bytes] | None = None
        # A machine's own /etc/docker/daemon.json is not for this one.
        (folder / "daemon.json").write_text("{}\n", "utf-8")
        settings = CONTAINERD.format(root=disk / "containerd", state=self._state)
        (folder / "containerd.toml").write_text(settings, "utf-8")

    def start(self) -> None:
        """Start it unless it runs, and wait until it answers; KitError if never."""
        if self._containerd is None or self._containerd.poll() is not None:
            settings = str(self._folder / "containerd.toml")
            self._containerd = self._spawn("containerd", "--config", settings)
        if self._daemon is None or self._daemon.poll() is not None:
            self._daemon = self._spawn(*self._command())
        deadline = time.monotonic() + READY_SECONDS
        while not self._answers():
            if self._daemon.poll() is not None or time.monotonic() > deadline:
                raise KitError("The private dockerd does not come up.", why=self.tail())
            time.sleep(0.1)

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Stop or kill it; what a killed one leaves, its next start finds."""
        daemon, self._daemon = self._daemon, None
        _end(daemon, number)

    def tell(self, number: signal.Signals) -> None:
        """Send it a signal, if it runs."""
        if self._daemon is not None:
            self._daemon.send_signal(number)

    def close(self) -> None:
        """End it with everything that it has started or mounted."""
        self.end()
        _end(self._containerd, signal.SIGTERM)
        for pid in self._shims():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        mounts = Path("/proc/self/mounts").read_text("utf-8").splitlines()
        for mount in reversed([line.split()[1] for line in mounts]):
            if Path(mount).is_relative_to(self._folder) or Path(mount).is_relative_to(
                self.root
            ):
                subprocess.run(["umount", "--lazy", mount], check=False)

    def docker(self, *arguments: str) -> list[str]:
        """Run the docker command against it and return its lines."""
        done = subprocess.run(
            ["docker", "--host", self.address, *arguments],
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        if done.returncode:
            raise KitError("The private dockerd refuses.", why=done.stderr.strip())
        return done.stdout.split()

    def copy_images(self, references: Iterable[str]) -> None:
        """Bring images of the machine's own engine here."""
        with subprocess.Popen(
            ["docker", "save", *references],
            stdout=subprocess.PIPE,
        ) as saving:
            loaded = subprocess.run(
                ["docker", "--host", self.address, "load", "--quiet"],
                stdin=saving.stdout,
                stdout=subprocess.DEVNULL,
                timeout=COPY_SECONDS,
                check=False,
            )
        if saving.returncode or loaded.returncode:
            raise KitError("The images cannot be brought into the private engine.")

    def containers(self) -> set[str]:
        """Name all containers, also those that do not run."""
        return set(self.docker("ps", "--all", "--format", "{{.Names}}"))

    def volumes(self) -> set[str]:
        """Name all volumes."""
        return set(self.docker("volume", "ls", "--quiet"))

    def folder_of(self, volume: str) -> Path:
        """Return where the files of a volume are."""
        return self.root / "volumes" / volume / "_data"

    def tail(self) -> str:
        """Return its last words."""
        log = (self._folder / "log").read_text("utf-8", "replace")
        return "\n".join(log.splitlines()[-8:])

    @property
    def _state(self) -> Path:
        return self._folder / "containerd"

    def _command(self) -> list[str]:
        own, name = self._folder, self._bridge
        return [
            *("dockerd", "--config-file", str(own / "daemon.json")),
            *("--data-root", str(self.root), "--exec-root", str(own / "exec")),
            *("--pidfile", str(own / "docker.pid"), "--host", self.address),
            *("--containerd", f"{self._state}.sock"),
            *("--bridge", name, "--iptables=false", "--ip6tables=false"),
            *("--ip-forward=false", "--ip-masq=false"),
        ]

    def _spawn(self, *command: str) -> subprocess.Popen[bytes]:
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _answers(self) -> bool:
        asked = subprocess.run(
            ["docker", "--host", self.address, "version"],
            capture_output=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        return asked.returncode == 0

    def _shims(self) -> list[int]:
        """Return what stands between containerd and each container."""
        mark = f"\0{self._state}.sock\0".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mark in (folder / "cmdline").read_bytes():
                    found.append(int(folder.name))
        return found


def _end(program: subprocess.Popen[bytes] | None, number: signal.Signals) -> None:
    if program is None:
        return
    program.send_signal(number)
    try:
        program.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()


@contextmanager
def private_engine(disk: Path) -> Iterator[PrivateEngine]:
    """
    Start an engine with its data on ``disk``, NotHereError where that is not allowed.

    KitError if it does not come up.
    """
    for program in ("dockerd", "containerd", "docker", "ip"):
        if shutil.which(program) is None:
            raise NotHereError(f"There is no {program} here for a private engine.")
    if os.geteuid() != 0:
        raise NotHereError("A private engine needs root.")
    with ExitStack() as stack:
        # The path of a socket may have no more than 107 characters.
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=SHARED))
        name, gateway = stack.enter_context(_bridge())
        engine = PrivateEngine(Path(folder), disk, bridge=name, gateway=gateway)
        stack.callback(engine.close)
        engine.start()
        yield engine


@contextmanager
def _bridge() -> Iterator[tuple[str, str]]:
    """Make a bridge with an address that nothing else has; yield both."""
    name = f"af-night-{os.getpid() % 100_000}"
    gateway = next(f"{subnet}.1" for subnet in SUBNETS if not _is_routed(f"{subnet}.1"))
    _ip("link", "add", name, "type", "bridge")
    try:
        _ip("address", "add", f"{gateway}/24", "dev", name)
        _ip("link", "set", name, "up")
        yield name, gateway
    finally:
        subprocess.run(["ip", "link", "delete", name], check=False)


def _is_routed(address: str) -> bool:
    """Tell whether anything but the default route leads to an address."""
    routes = json.loads(_ip("-json", "route", "show", "to", "match", address) or "[]")
    return any(route["dst"] != "default" for route in routes)


def _ip(*arguments: str) -> str:
    done = subprocess.run(
        ["ip", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NotHereError("No bridge can be made here.", why=done.stderr.strip())
    return done.stdout
