"""A PostgreSQL of the run's own comes up, or says why not; its programs are scripted."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from autofix.engines.local.embedded import READY, TRIES, embedded_database
from autofix.engines.local.lifeline import Lifeline
from autofix.engines.local.postgres import Programs
from autofix.errors import DatabaseUnavailableError

# What PostgreSQL 15 says, observed when another run had taken its port.
TAKEN = (
    'LOG:  could not bind IPv4 address "127.0.0.1": Address already in use',
    "FATAL:  could not create any TCP/IP sockets",
)


def programs(
    folder: Path, *, refusals: int, words: tuple[str, ...] = TAKEN
) -> Programs:
    """Write a PostgreSQL that ends with these words so many times before it comes up."""
    folder.mkdir()
    said = "\n".join(f"echo '{line}' >&2" for line in words)
    scripts = {
        "initdb": "exit 0",
        "postgres": f'tries=$(cat "$2/tries" 2>/dev/null || echo 0)\n'
        f'echo $((tries + 1)) >"$2/tries"\n'
        f"if [ $tries -lt {refusals} ]; then\n{said}\nexit 1\nfi\n"
        f"echo 'LOG:  {READY}' >&2\nexec sleep 600",
    }
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return Programs(folder=folder, origin=str(folder), parts=(folder,))


def address(scripted: Programs) -> str:
    """Bring it up and return the address of a fresh database."""
    with (
        Lifeline() as lifeline,
        embedded_database(scripted, lifeline, environment=os.environ) as database,
    ):
        return database.fresh()


def test_a_port_that_was_taken_meanwhile_is_left_to_its_owner(tmp_path: Path) -> None:
    """A port is reserved among runs, and not from others: another one is tried."""
    assert address(programs(tmp_path / "p", refusals=2)).endswith("/autofix_1")


@pytest.mark.parametrize(
    ("refusals", "words"), [(TRIES, TAKEN), (1, ("FATAL:  something else",))]
)
def test_what_does_not_come_up_says_why(
    tmp_path: Path, refusals: int, words: tuple[str, ...]
) -> None:
    """A port is not looked for without end, and other trouble is not tried again."""
    began = time.monotonic()

    with pytest.raises(DatabaseUnavailableError) as caught:
        address(programs(tmp_path / "p", refusals=refusals, words=words))
    assert words[-1] in str(caught.value)
    assert time.monotonic() - began < 30


def test_what_says_nothing_more_has_not_come_up(tmp_path: Path) -> None:
    """A server that has said its last word may run a moment longer."""
    scripted = programs(tmp_path / "p", refusals=0)
    postgres = scripted.folder / "postgres"
    postgres.write_text("#!/bin/sh\necho bye >&2\nexec sleep 600 >&- 2>&-\n")

    with pytest.raises(DatabaseUnavailableError, match="bye"):
        address(scripted)
