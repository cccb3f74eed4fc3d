"""The lock file beside go.mod: renewed with an upgrade, pointed out by other runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autofix.core.lockfile import lock_text, parse_lock
from autofix.core.serverrecord import ServerRecord
from autofix.core.target import Target
from autofix.engines.base import Image
from autofix.locking import image_record, lock_findings, renewed_lock
from autofix.project import find_project
from autofix.releases import release_table
from autofix.truth import reading
from autofix.upgrading.projectmoves import project_moves
from tests.core.test_lockfile import RECORD

OLD = replace(RECORD, release="3.39.0")
IMAGE = Image(
    reference="heroiclabs/nakama:3.40.0",
    identity="sha256:" + "1" * 64,
    digest="sha256:2",
    machine="amd64",
)


def locked(folder: Path, text: str) -> Path:
    """Write a lock file into a folder; return the folder."""
    (folder / "autofix.lock").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("record", "names"),
    [
        (RECORD, []),
        (OLD, ["lock-stale"]),
        (replace(RECORD, digest="sha256:other"), ["lock-of-another-image"]),
        (replace(RECORD, digest=""), []),
        (replace(RECORD, release="", reference="ours:1"), ["lock-stale"]),
    ],
)
def test_a_lock_of_another_server_is_said(
    tmp_path: Path, record: ServerRecord, names: list[str]
) -> None:
    """The server of RECORD started; the file was written of another, or of the same."""
    found = list(lock_findings(locked(tmp_path, lock_text(record)), RECORD))

    assert names == [each.name for each in found]
    assert all("autofix check --lock" in each.answer for each in found)


def test_a_lock_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    """A merge conflict in it, say; without a lock file there is nothing to say."""
    assert [] == list(lock_findings(tmp_path, RECORD))
    text = f"<<<<<<< ours\n{lock_text(OLD)}"
    (finding,) = lock_findings(locked(tmp_path, text), RECORD)

    assert "lock-unusable" == finding.name
    assert "merge conflict" in finding.text


def test_a_server_of_unknown_digest_is_not_another_image(tmp_path: Path) -> None:
    """A program of this machine has none that a lock file could be compared by."""
    local = replace(RECORD, digest="")

    assert [] == list(lock_findings(locked(tmp_path, lock_text(RECORD)), local))


@pytest.mark.parametrize("old", [lock_text(OLD), "no lock at all", "<<<<<<< ours\n"])
def test_a_lock_that_says_something_else_is_renewed(tmp_path: Path, old: str) -> None:
    """Also one that is damaged: the new one is whole."""
    content = renewed_lock(locked(tmp_path, old), RECORD)

    assert content is not None
    assert RECORD == parse_lock(content.decode())


def test_a_lock_that_says_the_same_stays(tmp_path: Path) -> None:
    """Whatever its comments say and how its lines end."""
    text = "# ours\n" + lock_text(RECORD)
    (tmp_path / "autofix.lock").write_bytes(text.replace("\n", "\r\n").encode())

    assert renewed_lock(tmp_path, RECORD) is None


@pytest.mark.parametrize(
    ("reference", "called", "digest"),
    [
        ("heroiclabs/nakama:3.40.0", "heroiclabs/nakama:3.40.0", "sha256:2"),
        ("registry.example.com/own:1", "registry.example.com/own:1", "sha256:2"),
        ("/home/dev/nakama", "heroiclabs/nakama:3.40.0", ""),
    ],
)
def test_no_path_of_this_machine_gets_into_a_lock(
    reference: str, called: str, digest: str
) -> None:
    """A server of --engine local is called by the image it stands for."""
    target = Target(
        release="3.40.0",
        server_images=("heroiclabs/nakama:3.40.0",),
        builder_images=(),
        place="--nakama",
    )
    image = replace(IMAGE, reference=reference)
    record = image_record(image, reading(RECORD, release_table()), target)

    assert (called, digest) == (record.reference, record.digest)
    assert record.linked == RECORD.linked


@pytest.mark.parametrize(
    ("text", "before", "note"),
    [
        (lock_text(OLD), "3.39.0", ""),
        ("damaged", "", "the old one could not be used"),
    ],
)
def test_an_upgrade_moves_the_lock_too(
    tmp_path: Path, text: str, before: str, note: str
) -> None:
    """It has a place among the changes, and no content before the server was read."""
    (tmp_path / "go.mod").write_text("module example.com/p\n\ngo 1.26\n")
    (tmp_path / "main.go").write_text("package main\n\nfunc InitModule() {}\n")
    project = find_project(locked(tmp_path, text))
    moves = project_moves(project, "3.40.0", release_table(), "3.39.0")

    assert moves.lock is not None
    assert ("autofix.lock", before, "3.40.0", note) == (
        moves.lock.file,
        moves.lock.before,
        moves.lock.after,
        moves.lock.note,
    )
    assert {} == moves.edits
    line = (*text.splitlines(), "nakama = ")[moves.lock.line - 1]
    assert line.startswith("nakama = ") or not before
