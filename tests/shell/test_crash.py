"""What is left behind by a bug."""

from __future__ import annotations

from pathlib import Path

from autofix.crash import KEEP, as_internal_error


def test_a_bug_every_night_does_not_fill_the_disk(tmp_path: Path) -> None:
    """The newest reports stay; what is none of them is left alone."""
    (tmp_path / "notes.txt").write_text("mine")
    for number in range(KEEP + 5):
        (tmp_path / f"crash-2020{number:04}T000000Z.txt").write_text("old")
    told = as_internal_error(ValueError("odd"), tmp_path)
    reports = sorted(tmp_path.glob("crash-*.txt"))

    assert KEEP == len(reports)
    assert str(reports[-1]) in told.todo
    assert "ValueError: odd" in reports[-1].read_text()
    assert not (tmp_path / "crash-20200000T000000Z.txt").exists()
    assert (tmp_path / "notes.txt").exists()
