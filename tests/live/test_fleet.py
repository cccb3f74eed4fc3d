"""A fleet on two Dask workers, of which one is killed, and whose scheduler restarts."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from autofix.core.fleetledger import Begun, Ended, records
from autofix.engines.ownership import PID, PID_STARTED, process_started
from autofix.fleet.ledger import NAME
from autofix.fleet.repository import git
from autofix.scenarios.staging import stage
from scenarios.catalogue import load
from scenarios.kit import ensure_images, local_server

pytestmark = pytest.mark.live

SCENARIOS = Path(__file__).parents[2] / "scenarios"
PLUGINS = (
    *("direct-too-new", "direct-too-old", "go-minor", "go-patch", "healthy"),
    *("init-error", "replace-fork", "transitive-too-new", "two-plugins"),
    *("unsatisfiable", "vendored", "workspace"),
)
SERVERS = ("3.26.0", "3.38.0", "3.40.0")


@dataclass(slots=True)
class Cluster:
    """A scheduler and its workers, each a process of its own."""

    folder: Path
    stack: ExitStack
    port: int = field(init=False)
    scheduler: subprocess.Popen[bytes] = field(init=False)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.port = server.getsockname()[1]
        self.start_scheduler()

    @property
    def address(self) -> str:
        """Return where the scheduler is."""
        return f"tcp://127.0.0.1:{self.port}"

    def start_scheduler(self) -> None:
        """Start it, again at the same place."""
        host = ("--host", "127.0.0.1", "--port", str(self.port))
        self.scheduler = self._start("dask_scheduler", *host)

    def start_worker(self) -> None:
        """Add a worker that does one job at a time."""
        one = ("--no-nanny", "--nthreads", "1", "--local-directory", str(self.folder))
        self.workers.append(self._start("dask_worker", self.address, *one))

    def _start(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        log = self.stack.enter_context((self.folder / "dask.log").open("ab"))
        process = self.stack.enter_context(
            subprocess.Popen(
                [
                    *(sys.executable, "-m", f"distributed.cli.{program}"),
                    *(*arguments, "--no-dashboard"),
                ],
                env=environment(self.folder),
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )
        )
        self.stack.callback(process.kill)
        return process


def environment(folder: Path) -> dict[str, str]:
    """Return the machine's own, with state and temporary folders of the test's."""
    (folder / "tmp").mkdir(exist_ok=True)
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(each for each in sys.path if each),
        "TMPDIR": str(folder / "tmp"),
        "XDG_STATE_HOME": str(folder / "state"),
    }


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Start a scheduler and two workers; end whatever of them is left."""
    with ExitStack() as stack:
        found = Cluster(tmp_path, stack)
        found.start_worker()
        found.start_worker()
        yield found


@pytest.fixture
def games(tmp_path: Path) -> list[str]:
    """Lay twelve scenario plugins out."""
    for name in PLUGINS:
        shutil.copytree(
            SCENARIOS / name / "plugin", tmp_path / "games" / name, symlinks=True
        )
    return [str(tmp_path / "games" / name) for name in PLUGINS]


@pytest.mark.usefixtures("kit")
def test_every_cell_has_its_result_whoever_dies(
    cluster: Cluster, games: list[str], tmp_path: Path
) -> None:
    """
    Twelve plugins times three servers are checked in real containers.

    One worker is killed with -9, then the scheduler; no job counts twice, and
    nothing of the killed ones is left: no container, no folder.
    """
    ensure_images(SERVERS)
    command = [
        *(sys.executable, "-m", "autofix", "fleet", *games, "--action", "check"),
        *(each for tag in SERVERS for each in ("--nakama", tag)),
        *("--engine", "docker", "--kit", "--scheduler", cluster.address),
        *("--log-format", "json", "--output-format", "json"),
    ]
    with subprocess.Popen(
        command,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as night:
        events = list(_disturbed(night, cluster))
        assert night.stdout is not None
        result = json.loads(night.stdout.read())

    cells: list[dict[str, Any]] = result["cells"]
    assert 1 == night.returncode
    assert len(PLUGINS) * len(SERVERS) == len(cells)
    assert {"clean", "not clean"} == set(result["counts"])
    assert "clean" == _verdict(cells, "healthy", "3.40.0")
    assert "not clean" == _verdict(cells, "healthy", "3.26.0")
    assert "clean" == _verdict(cells, "init-error", "3.40.0")

    ledger = (Path(result["folder"]) / NAME).read_bytes()
    ended = [each.job for each in records(ledger) if isinstance(each, Ended)]
    assert Counter(each["job"] for each in cells) == Counter(ended)
    begun = sum(isinstance(each, Begun) for each in records(ledger))
    lost = [each for each in events if each["event"] == "job lost"]
    assert begun == len(ended) + len(lost)
    assert not any(each["blamed"] for each in lost)
    workers = {each["worker"] for each in cells}
    assert 3 <= len(workers) <= 4
    assert not _left_behind(tmp_path)


def test_an_upgrade_leaves_a_proven_branch_in_the_plugins_repository(
    tmp_path: Path,
) -> None:
    """Without containers; what is checked out stays as it is."""
    game = stage(load("direct-too-new"), tmp_path / "work")
    git(game, "config", "user.name", "Somebody")
    git(game, "config", "user.email", "somebody@example.com")
    before = git(game, "status", "--porcelain", "--branch")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "autofix", "fleet", str(game)),
            *("--action", "upgrade", "--nakama", "3.40.0", "--engine", "local"),
            *("--option", "commit", "--option", f"server={local_server('3.40.0')}"),
            *("--output-format", "json"),
        ],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    (cell,) = json.loads(done.stdout)["cells"]

    assert (0, "clean", 1) == (done.returncode, cell["verdict"], cell["pins"]), done
    (branch,) = cell["branches"]
    assert "go.mod" in git(game, "diff", "--name-only", f"HEAD..{branch}")
    assert "1" == git(game, "rev-list", "--count", f"HEAD..{branch}").strip()
    assert before == git(game, "status", "--porcelain", "--branch")


def _disturbed(
    night: subprocess.Popen[str], cluster: Cluster
) -> Iterator[dict[str, Any]]:
    """Yield the night's events; kill a worker after 8 results, the scheduler after 18."""
    assert night.stderr is not None
    for line in night.stderr:
        event = json.loads(line)
        yield event
        if event["event"] != "job ended":
            continue
        if event["done"] == 8:
            cluster.workers[0].send_signal(signal.SIGKILL)
        if event["done"] == 18:
            cluster.scheduler.send_signal(signal.SIGKILL)
            cluster.scheduler.wait()
            cluster.start_scheduler()
            # Workers end with their scheduler; systemd would start them again.
            cluster.start_worker()
            cluster.start_worker()


def _verdict(cells: list[dict[str, Any]], plugin: str, server: str) -> str:
    (cell,) = (c for c in cells if (c["plugin"], c["server"]) == (plugin, server))
    return str(cell["verdict"])


def _left_behind(folder: Path) -> list[str]:
    """Name what is left of dead processes; they have some seconds to clean up."""
    deadline = time.monotonic() + 30
    left = _dead_containers()
    while left and time.monotonic() < deadline:
        time.sleep(0.5)
        left = _dead_containers()
    left += [str(path) for path in (folder / "tmp").glob("autofix-*")]
    return left


def _dead_containers() -> list[str]:
    form = f'{{{{.ID}}}} {{{{.Label "{PID}"}}}} {{{{.Label "{PID_STARTED}"}}}}'
    listed = subprocess.run(
        ["docker", "ps", "-a", "--filter", f"label={PID}", "--format", form],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    dead = []
    for line in listed.splitlines():
        identity, pid, started = line.split()
        with suppress(ValueError):
            if process_started(int(pid)) != started:
                dead.append(identity)
    return dead
