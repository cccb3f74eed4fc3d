"""``--notify``: the summary reaches its address, and the address nobody else."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from autofix.notifying import MOST_CHARACTERS, Message, Notifier
from tests.cli.test_main import environment
from tests.shell.test_api import game

TOKEN = "s3cr3t-t0ken"


@contextmanager
def listening(status: int = 200) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Hear what is posted to an address with a token in it."""
    heard: list[dict[str, Any]] = []

    class Hear(BaseHTTPRequestHandler):
        """Note what is posted."""

        def do_POST(self) -> None:
            """Note it."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append({"path": self.path, **json.loads(body)})
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Hear) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"json://127.0.0.1:{server.server_port}/{TOKEN}", heard
        finally:
            server.shutdown()
            thread.join()


def run(folder: Path, *options: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run autofix on a plugin, with no engine to be had."""
    return subprocess.run(
        [sys.executable, "-m", "autofix", "run", str(folder / "my game"), *options],
        cwd=folder,
        env=environment(folder, **more) | {"PYTHONWARNINGS": "default"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def written(folder: Path) -> str:
    """Return everything that a run wrote below its state folder."""
    files = (path for path in (folder / "state").rglob("*") if path.is_file())
    return "\n".join(path.read_text(errors="replace") for path in files)


def test_a_bad_end_is_told(tmp_path: Path) -> None:
    """Who looks at it in the morning reads what happened; the exit code stays."""
    game(tmp_path / "my game")
    with listening() as (address, heard):
        done = run(tmp_path, AUTOFIX_NOTIFY=address)
    (message,) = heard

    assert 3 == done.returncode
    assert f"/{TOKEN}" == message["path"]
    assert ("failure", "autofix: my game needs a look") == (
        message["type"],
        message["title"],
    )
    assert "No container engine answers" in message["message"]
    assert str(tmp_path / "state") in message["message"]
    assert TOKEN not in done.stdout + done.stderr + written(tmp_path)


def test_a_fleet_is_told_once(tmp_path: Path) -> None:
    """Its jobs, which are autofix too, keep quiet."""
    for name in ("one", "two"):
        game(tmp_path / "games" / name)
    with listening() as (address, heard):
        done = subprocess.run(
            [
                *(sys.executable, "-m", "autofix", "fleet", "games/one", "games/two"),
                *("--action", "check", "--option", "offline"),
            ],
            cwd=tmp_path,
            env=environment(tmp_path, AUTOFIX_NOTIFY=address)
            | {"PYTHONWARNINGS": "default"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    (message,) = heard

    assert 0 == done.returncode, done.stderr
    assert ("success", "autofix fleet: All 2 clean.") == (
        message["type"],
        message["title"],
    )
    assert TOKEN not in done.stdout + done.stderr + written(tmp_path)


def test_an_address_that_cannot_be_reached_ends_nothing(tmp_path: Path) -> None:
    """It is said without the address, and the exit code is the run's."""
    game(tmp_path / "my game")
    with listening(status=500) as (address, _):
        done = run(tmp_path, "--notify", address)

    assert 3 == done.returncode
    assert "The notification could not be sent." in done.stderr
    assert TOKEN not in done.stdout + done.stderr + written(tmp_path)


def test_a_wrong_address_is_refused_before_the_night(tmp_path: Path) -> None:
    """Nothing is run, and the address is not repeated."""
    game(tmp_path / "my game")
    done = run(tmp_path, AUTOFIX_NOTIFY=f"json://127.0.0.1:9/x foo://{TOKEN}")

    assert 2 == done.returncode
    assert "Address 2 of --notify" in done.stderr
    assert TOKEN not in done.stderr
    assert not (tmp_path / "state").exists()


def test_the_address_is_not_shown_by_config(tmp_path: Path) -> None:
    """``autofix config`` hides it, in both formats."""
    for output_format in ("text", "json"):
        done = subprocess.run(
            [
                *(sys.executable, "-m", "autofix", "config"),
                *("--output-format", output_format),
            ],
            cwd=tmp_path,
            env=environment(tmp_path, AUTOFIX_NOTIFY=f"json://h/{TOKEN}"),
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert TOKEN not in done.stdout
        assert "AUTOFIX_NOTIFY" in done.stdout


# apprise imports it where it can, for old Pythons.
@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_a_long_message_is_cut() -> None:
    """Services refuse what is too long; a good end is sent as one."""
    with listening() as (address, heard):
        told = Notifier.of(address).tell(
            Message(title="t", body="x" * 2 * MOST_CHARACTERS, good=True)
        )

    assert told
    assert ("success", MOST_CHARACTERS) == (
        heard[0]["type"],
        len(heard[0]["message"]),
    )
