"""
Prepare this machine: virtual environment, container engine, the kit's images.

Run by the Makefile with the machine's own Python, before anything is installed, so
it uses the standard library only: ``python3 scenarios/machine.py prepare``. What is
there already is used as it is; each step says what it does and how long it took.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
_PIP_INSTALL = (
    str(PYTHON),
    *["-m", "pip", "install", "-q", "--disable-pip-version-check"],
)
_APT_INSTALL = ["apt-get", "install", "-qq", "--yes", "--no-install-recommends"]
_STAMP = VENV / "autofix-installed"
_DAEMON_LOG = VENV / "dockerd.log"
_DAEMON_PID = VENV / "dockerd.pid"
_SOCKET = Path("/var/run/docker.sock")
_OLDEST_PYTHON = (3, 11)
_PACKAGES = ("docker.io", "iptables", "debootstrap", "git")
_ENGINE_SECONDS = 60.0
_SERVICE_SECONDS = 10.0

_began = time.monotonic()
_speaking = threading.Lock()
_installing = threading.Lock()


class NotPreparedError(Exception):
    """The machine cannot be prepared; the text says what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Prepare the machine, or stop an engine that was started here."""
    parser = argparse.ArgumentParser(prog="machine.py", description=__doc__)
    parser.add_argument("command", choices=("venv", "engine", "prepare", "stop"))
    parser.add_argument(
        "--nakama", action="append", default=[], help="releases to make images for"
    )
    parser.add_argument("--dev", action="store_true", help="also what tests need")
    given = parser.parse_args(arguments)
    try:
        match given.command:
            case "venv":
                prepare_venv(dev=given.dev)
            case "engine":
                prepare_engine()
            case "prepare":
                with ThreadPoolExecutor() as pool:
                    both = [
                        pool.submit(prepare_venv, dev=given.dev),
                        pool.submit(prepare_engine),
                    ]
                for one in both:
                    one.result()
                prepare_images(given.nakama)
            case _:
                stop_engine()
    except NotPreparedError as error:
        print(f"\n{error}", file=sys.stderr)
        return 3
    return 0


def prepare_venv(*, dev: bool) -> None:
    """Make .venv with autofix in it, unless pyproject.toml has not changed since."""
    if sys.version_info < _OLDEST_PYTHON:
        raise NotPreparedError(
            f"autofix needs Python 3.11 or newer; this is {sys.version.split()[0]}.\n"
            "Call make with another one: make PYTHON=python3.12 demo"
        )
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    wanted = hashlib.sha256(project.encode()).hexdigest() + (" dev" if dev else "")
    have = _STAMP.read_text("utf-8") if _STAMP.is_file() else ""
    if have.startswith(wanted) and PYTHON.exists():
        return
    with _step("virtual environment"):
        _make_venv()
        packages = _development_packages(tomllib.loads(project)) if dev else []
        _run(
            [*_PIP_INSTALL, "--editable", str(ROOT), *packages],
            todo="Check that the Python package index can be reached: pip says why.",
        )
        _STAMP.write_text(wanted, "utf-8")


def _make_venv() -> None:
    if PYTHON.exists():
        return
    # Debian's own Python comes without ensurepip.
    if importlib.util.find_spec("ensurepip") is None:
        if not _is_root_on_debian():
            raise NotPreparedError(
                "This Python cannot make virtual environments (no ensurepip).\n"
                "On Debian or Ubuntu: sudo apt-get install python3-venv"
            )
        _apt_install(("python3-venv",))
    _run([sys.executable, "-m", "venv", str(VENV)], todo="")


def _development_packages(project: dict[str, Any]) -> list[str]:
    """List the dev group's packages: pip knows --group only since 25.1."""
    groups = project["dependency-groups"]

    def listed(name: str) -> list[str]:
        return [
            package
            for entry in groups[name]
            for package in (
                listed(entry["include-group"]) if isinstance(entry, dict) else [entry]
            )
        ]

    return listed("dev")


def prepare_engine() -> None:
    """Use the engine that answers; as root on Debian install and start one."""
    if engine_answers():
        return
    elsewhere = os.environ.get("DOCKER_HOST", "")
    if elsewhere:
        raise NotPreparedError(
            f"DOCKER_HOST names an engine that does not answer: {elsewhere}\n"
            "Start it, or unset DOCKER_HOST to use one on this machine."
        )
    if not _is_root_on_debian():
        raise NotPreparedError(_how_to_get_an_engine())
    if shutil.which("dockerd") is None:
        with _step("container engine (apt-get install docker.io)"):
            _apt_install(_PACKAGES)
    with _step("starting the container engine"):
        _start_engine()


def engine_answers() -> bool:
    """Tell whether a container engine can be used from here."""
    if shutil.which("docker"):
        # The client knows contexts and DOCKER_HOST.
        asked = _quietly(["docker", "version", "--format", "{{.Server.Version}}"], 20)
        return asked == 0
    return not os.environ.get("DOCKER_HOST") and _socket_answers()


def _socket_answers() -> bool:
    connection = http.client.HTTPConnection("localhost", timeout=5)
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as channel:
        try:
            channel.settimeout(5)
            channel.connect(str(_SOCKET))
            connection.sock = channel
            connection.request("GET", "/_ping")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False


def _start_engine() -> None:
    VENV.mkdir(exist_ok=True)
    with _DAEMON_LOG.open("wb") as log:
        daemon = subprocess.Popen(
            ["dockerd"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    gave_way = False
    deadline = time.monotonic() + _ENGINE_SECONDS
    while time.monotonic() < deadline:
        if _socket_answers():
            if daemon.poll() is None:
                _DAEMON_PID.write_text(str(daemon.pid), "utf-8")
            return
        if daemon.poll() is not None and not gave_way:
            # It gives way to one that the package's own service has just started.
            gave_way = True
            deadline = min(deadline, time.monotonic() + _SERVICE_SECONDS)
        time.sleep(0.2)
    tail = _DAEMON_LOG.read_text("utf-8", "replace").splitlines()[-8:]
    if daemon.poll() is None:
        daemon.terminate()
    raise NotPreparedError(
        "dockerd was installed but does not come up. Its last words:\n  "
        + "\n  ".join(tail)
        + "\nContainers may not be allowed here. Use a machine where they are, or "
        "point DOCKER_HOST at an engine elsewhere."
    )


def stop_engine() -> None:
    """Stop the engine if it was started by this file, and only then."""
    if not _DAEMON_PID.is_file():
        return
    pid = int(_DAEMON_PID.read_text("utf-8"))
    _DAEMON_PID.unlink()
    name = Path(f"/proc/{pid}/comm")
    if not name.is_file() or name.read_text("utf-8").strip() != "dockerd":
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _ENGINE_SECONDS
    while name.exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    _say("container engine stopped")


def prepare_images(releases: Sequence[str]) -> None:
    """Make the kit's images of the releases (default: all it knows)."""
    options = [word for tag in releases for word in ("--nakama", tag)]
    made = subprocess.run(
        [str(PYTHON), "-m", "scenarios.kit", "build", *options], cwd=ROOT, check=False
    )
    if made.returncode:
        raise NotPreparedError("The images could not be made; the lines above say why.")


def _is_root_on_debian() -> bool:
    return (
        sys.platform == "linux"
        and os.geteuid() == 0
        and Path("/etc/debian_version").is_file()
        and shutil.which("apt-get") is not None
    )


def _how_to_get_an_engine() -> str:
    lines = ["No container engine answers, and autofix runs servers in containers."]
    if sys.platform == "darwin":
        lines.append("Start Docker Desktop, OrbStack or colima, then call this again.")
    elif shutil.which("docker"):
        lines += [
            "A docker client is installed. Start its engine, for example:",
            "    sudo systemctl start docker",
            "and let your user use it: sudo usermod -aG docker $USER (log in again).",
        ]
    else:
        lines += [
            "On Debian or Ubuntu: sudo apt-get install docker.io",
            "elsewhere: the package your distribution calls docker or moby-engine.",
        ]
    lines.append(
        "An engine elsewhere is used if DOCKER_HOST or a docker context says so."
    )
    return "\n".join(lines)


def _apt_install(packages: Sequence[str]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    todo = "Check that the Debian mirror can be reached: apt-get says why."
    with _installing:
        _run(["apt-get", "update", "-qq"], todo=todo, env=environment)
        _run([*_APT_INSTALL, *packages], todo=todo, env=environment)


def _run(
    command: Sequence[str], *, todo: str, env: dict[str, str] | None = None
) -> None:
    done = subprocess.run(
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        tail = "\n  ".join(done.stdout.splitlines()[-12:])
        raise NotPreparedError(f"{' '.join(command)} failed:\n  {tail}\n{todo}")


def _quietly(command: Sequence[str], seconds: float) -> int:
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        return 1


@contextmanager
def _step(name: str) -> Iterator[None]:
    """Say when a step begins and, if it succeeds, how long it took."""
    started = time.monotonic()
    _say(f"making  {name}")
    yield
    _say(f"made    {name} in {time.monotonic() - started:.1f} s")


def _say(text: str) -> None:
    with _speaking:
        print(f"{time.monotonic() - _began:6.1f}s  {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
