"""
What autofix is measured against: plain docker commands, as a person types them.

``by_hand`` knows the answer beforehand: one edit of go.mod, one build, one check, a
database, its migration, one start. ``by_sums`` does not: it compares go.sum with the
server's module list, as KrakenD's check-plugin does, and applies what that prints
(``go get`` for direct modules, a ``replace`` for indirect ones) until nothing differs.
Both share autofix's volumes, so that the go command's caches are equally warm.
"""

from __future__ import annotations

import os
import re
import secrets
import shlex
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from autofix.engines.docker.access import PASSED_ON
from autofix.engines.docker.builder import go_setup
from scenarios.kit.build import machine_ca_bundle

MODULES = "/nakama/data/modules"
SERVER = "/nakama/nakama"
PLUGIN = "backend.so"
BUNDLE = "/etc/benchmark-ca.pem"
SETTLE = 0.5
"""Seconds a started server is watched, as autofix watches it."""
MOST_ROUNDS = 6
COMMAND_SECONDS = 600

LINKED = (
    "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}"
    "{{with .Replace}}={{.Path}}@{{.Version}}{{end}}{{end}}{{end}}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """The images of a run, as autofix's own result names them."""

    server: str
    builder: str
    database: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The edit that is known beforehand: requirements and excludes as ``M@v``."""

    requires: tuple[str, ...]
    excludes: tuple[str, ...] = ()

    @property
    def flags(self) -> str:
        """Return it as flags of ``go mod edit``."""
        return shlex.join(
            [
                *(f"-require={each}" for each in self.requires),
                *(f"-exclude={each}" for each in self.excludes),
            ]
        )


@dataclass(slots=True, kw_only=True)
class Work:
    """What a way of working cost, and whether the server accepted the plugin."""

    seconds: float = 0.0
    builds: int = 0
    starts: int = 0
    accepted: bool = False
    said: list[str] = field(default_factory=list)


def by_hand(project: Path, images: Images, answer: Answer) -> Work:
    """Do the whole work with the answer known; ``project`` is changed."""
    work = Work()
    began = time.monotonic()
    with _database(images) as database:
        edit = f"go mod edit {answer.flags} && {_BUILD}"
        _verify(project, images, database, edit, work)
    work.seconds = time.monotonic() - began
    return work


def by_sums(project: Path, images: Images, served: Mapping[str, str]) -> Work:
    """
    Pin by comparing go.sum with the server's modules; ``project`` is changed.

    ``served`` maps the server's modules to their versions.
    """
    work = Work()
    began = time.monotonic()
    with _database(images) as database:
        before: dict[str, str] = {}
        for _ in range(MOST_ROUNDS):
            wanted = differing(project, served)
            if not wanted or wanted == before:
                break
            script = " && ".join(advice(project, wanted))
            # Tidying is what takes the old versions out of go.sum.
            done = _in_builder(project, images, f"{script} && go mod tidy")
            work.said += done.stderr.splitlines()[-3:] if done.returncode else []
            before = wanted
        _verify(project, images, database, _BUILD, work)
    work.seconds = time.monotonic() - began
    return work


def linked(project: Path, images: Images) -> dict[str, str]:
    """Map the modules that a project's plugin links to their versions."""
    listed = _in_builder(project, images, f"go list -deps -f {shlex.quote(LINKED)} .")
    rows = (line.split("\t") for line in listed.stdout.splitlines() if line)
    return {row[0]: row[1] for row in rows}


_BUILD = f"go build -trimpath -buildmode=plugin -o /built/{PLUGIN} ."


def _verify(
    project: Path, images: Images, database: str, script: str, work: Work
) -> None:
    """Build, check, migrate, start; stop at the first that fails."""
    built = project.parent / "built"
    built.mkdir(exist_ok=True)
    done = _in_builder(project, images, script, built)
    work.builds += 1
    mounted = ("-v", f"{built}:{MODULES}")
    if done.returncode:
        work.said += done.stderr.splitlines()[-3:]
        return
    done = _docker(
        *("run", "--rm", "--network", "none", "--entrypoint", SERVER, *mounted),
        *(images.server, "check", f"--runtime.path={MODULES}"),
    )
    if done.returncode:
        work.said += done.stdout.splitlines()[-1:]
        return
    while _docker("exec", database, "pg_isready", "-q", "-h", "127.0.0.1").returncode:
        time.sleep(0.05)
    beside = ("--network", f"container:{database}", "--entrypoint", SERVER)
    address = "--database.address=postgres:benchmark@127.0.0.1:5432/nakama"
    _docker("run", "--rm", *beside, images.server, "migrate", "up", address)
    name = f"benchmark-{secrets.token_hex(4)}"
    with _removed(name):
        _docker(
            *("run", "-d", "--name", name, *beside, *mounted, images.server),
            *("--logger.stdout=true", f"--runtime.path={MODULES}", address),
        )
        work.starts += 1
        work.accepted = _is_up(name)


def _is_up(server: str) -> bool:
    """Watch a server until it says that it started, and a moment longer."""
    with subprocess.Popen(
        ["docker", "logs", "--follow", server],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as log:
        up = any('"Startup done"' in line for line in log.stdout or ())
        if up:
            time.sleep(SETTLE)
        log.kill()
    state = _docker("inspect", "-f", "{{.State.Running}}", server).stdout.strip()
    return up and state == "true"


@contextmanager
def _database(images: Images) -> Iterator[str]:
    name = f"benchmark-{secrets.token_hex(4)}"
    with _removed(name):
        _docker(
            *("run", "-d", "--name", name, "--network", "none"),
            *("-e", "POSTGRES_PASSWORD=benchmark", images.database),
        )
        yield name


@contextmanager
def _removed(name: str) -> Iterator[None]:
    """Remove a container in the end."""
    with ExitStack() as stack:
        stack.callback(_docker, "rm", "-f", "-v", name)
        yield


def _in_builder(
    project: Path, images: Images, script: str, built: Path | None = None
) -> subprocess.CompletedProcess[str]:
    bundle = machine_ca_bundle()
    variables = _variables(images.builder)
    setup = go_setup(variables)
    passed = {
        **setup.environment,
        **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
        **({"SSL_CERT_FILE": BUNDLE} if bundle else {}),
        "GOFLAGS": "-mod=mod",
        "GOWORK": "off",
    }
    volumes = {
        **setup.volumes,
        str(project): "/src",
        **({str(built): "/built"} if built else {}),
        **({str(bundle): BUNDLE} if bundle else {}),
    }
    return _docker(
        *("run", "--rm", "--entrypoint", "sh", "-w", "/src"),
        *(f"--volume={source}:{target}" for source, target in volumes.items()),
        *(f"--env={name}={value}" for name, value in passed.items()),
        *(images.builder, "-c", script),
    )


_known: dict[str, dict[str, str]] = {}


def _variables(image: str) -> dict[str, str]:
    """Return what an image sets; asked once, because a person knows it."""
    if image not in _known:
        form = "{{range .Config.Env}}{{println .}}{{end}}"
        lines = _docker("image", "inspect", "-f", form, image).stdout.split()
        pairs = (line.partition("=") for line in lines)
        _known[image] = {name: value for name, _, value in pairs}
    return _known[image]


def differing(project: Path, served: Mapping[str, str]) -> dict[str, str]:
    """
    Compare the highest version of each module in go.sum with the server's.

    Returns the server's versions of those that differ. Lines with ``/go.mod`` count.
    """
    highest: dict[str, str] = {}
    for line in (project / "go.sum").read_text("utf-8").splitlines():
        module, version, *_ = line.split()
        version = version.removesuffix("/go.mod")
        if _order(version) >= _order(highest.get(module, "")):
            highest[module] = version
    return {
        module: served[module]
        for module, version in sorted(highest.items())
        if served.get(module, version) != version
    }


def _order(version: str) -> tuple[tuple[int, ...], str]:
    """Return a key that sorts versions nearly as Go does, which is enough here."""
    numbers = re.match(r"v(\d+)\.(\d+)\.(\d+)", version)
    return tuple(map(int, numbers.groups())) if numbers else (), version


def advice(project: Path, wanted: Mapping[str, str]) -> Iterator[str]:
    """Yield the commands that check-plugin prints for modules."""
    gomod = (project / "go.mod").read_text("utf-8")
    for module, version in wanted.items():
        line = re.search(
            rf"^\s*(?:require )?{re.escape(module)} .*$", gomod, re.MULTILINE
        )
        if line and "// indirect" in line[0]:
            yield f"go mod edit -replace {module}={module}@{version}"
        else:
            yield f"go get {module}@{version}"


def _docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    words: Sequence[str] = ("docker", *arguments)
    return subprocess.run(
        words,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=COMMAND_SECONDS,
        check=False,
    )
