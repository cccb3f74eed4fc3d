"""Where fleets keep what they did: which goes on, which is remembered, which is too old."""

from __future__ import annotations

from pathlib import Path

from autofix.core.fleetledger import Closed, Opened
from autofix.fleet.ledger import NAME, Ledger
from autofix.fleet.places import (
    FOLDER,
    earlier_books,
    folder_for,
    key_of,
    nights,
    prune,
    remove_all,
)
from tests.core.test_fleetledger import AT, ended, opened

KEY = key_of(["run", "/fleet.toml", "3.40.0"])


def night(state: Path, stamp: str, *records: Opened | Closed, key: str = KEY) -> Path:
    """Leave a night on the disk."""
    folder = state / FOLDER / f"{stamp}-{key}-ab"
    with Ledger(folder) as ledger:
        for record in records:
            ledger.add(record)
    return folder


WHOLE = Closed(at=AT, whole=True)


def test_a_night_that_was_cut_off_goes_on(tmp_path: Path) -> None:
    """The newest of this very fleet; not one of another, nor where asked to begin anew."""
    night(tmp_path, "1", opened(), WHOLE)
    last = night(tmp_path, "2", opened())
    night(tmp_path, "3", opened(), key="0" * 8)

    assert last == folder_for(tmp_path, KEY, afresh=False)
    assert last != folder_for(tmp_path, KEY, afresh=True)


def test_a_finished_night_is_followed_by_a_new_one(tmp_path: Path) -> None:
    """Also where an older one was cut off: that is past."""
    night(tmp_path, "1", opened())
    last = night(tmp_path, "2", opened(), WHOLE)

    assert folder_for(tmp_path, KEY, afresh=False) not in set(nights(tmp_path, KEY))
    assert last.is_dir()


def test_a_damaged_night_does_not_go_on_and_is_not_remembered(tmp_path: Path) -> None:
    """It stays where it is, and a new one begins."""
    damaged = night(tmp_path, "1", opened())
    (damaged / NAME).write_text("nonsense\n")

    new = folder_for(tmp_path, KEY, afresh=False)

    assert damaged != new
    assert [{}] == [book.ended for book in earlier_books(tmp_path, KEY, new)]


def test_earlier_nights_are_remembered(tmp_path: Path) -> None:
    """But not the one that goes on."""
    first = night(tmp_path, "1", opened())
    with Ledger(first) as ledger:
        ledger.add(ended("a"))
    second = night(tmp_path, "2", opened())

    (book,) = earlier_books(tmp_path, KEY, second)
    assert {"a"} == book.ended.keys()


def test_old_nights_go_and_one_at_work_stays(tmp_path: Path) -> None:
    """The newest is always kept, however large."""
    folders = [night(tmp_path, str(number), opened()) for number in range(4)]
    with Ledger(folders[0]):
        removed = prune(tmp_path, keep=2)

    assert {folders[1]} == set(removed)
    assert {folders[2], folders[0]} == set(prune(tmp_path, keep_bytes=1))
    assert [folders[3]] == list(nights(tmp_path, KEY))


def test_all_are_removed_when_asked(tmp_path: Path) -> None:
    """'autofix clean --all-runs'; one at work stays."""
    folders = [night(tmp_path, str(number), opened()) for number in range(2)]
    with Ledger(folders[0]):
        assert (folders[1],) == remove_all(tmp_path, dry_run=True)
        assert (folders[1],) == remove_all(tmp_path)

    assert [folders[0]] == list(nights(tmp_path, KEY))
