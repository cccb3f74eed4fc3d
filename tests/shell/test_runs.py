"""Past runs are found by what a user calls them, and read whatever became of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autofix.core.journal import Header
from autofix.core.model import EndKind
from autofix.errors import RunUnreadableError, UsageError
from autofix.report.json import result_json
from autofix.runfolder import JOURNAL, OWNER, RESULT, RunFolder, runs_folder
from autofix.runs import Fate, all_runs, found_run, read_run
from tests.core.test_story import EVERYTHING, journal
from tests.report.values import clean

BEGAN = datetime(2026, 11, 22, 20, 15, tzinfo=UTC)


def ran(state: Path, run_id: str, *, hours: int = 0, entries: int = 99) -> Path:
    """Leave a run folder whose journal has so many entries, and no result."""
    with RunFolder.create(
        state=state,
        project=state / "plugin",
        run_id=run_id,
        now=BEGAN + timedelta(hours=hours),
    ) as folder:
        folder.begin(Header(autofix="0.1.0", policy=EVERYTHING))
        for entry in journal(2)[:entries]:
            folder.keep(entry)
        return folder.path


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Return a state folder with three runs."""
    ran(tmp_path, "aa11bb22")
    ran(tmp_path, "aa99cc33", hours=1)
    ended = ran(tmp_path, "dd44ee55", hours=2)
    (ended / RESULT).write_text(result_json(clean()))
    return tmp_path


def test_the_newest_run_comes_first(state: Path) -> None:
    """Each with what became of it and how big its folder is."""
    found = list(all_runs(state))

    assert ["dd44ee55", "aa99cc33", "aa11bb22"] == [each.run_id for each in found]
    assert [Fate.ENDED, Fate.KILLED, Fate.KILLED] == [each.fate for each in found]
    assert all(each.size > 1000 for each in found)
    assert BEGAN == found[-1].when


@pytest.mark.parametrize(
    ("word", "run_id"),
    [
        ("latest", "dd44ee55"),
        ("dd44ee55", "dd44ee55"),
        ("aa1", "aa11bb22"),
        ("20261122T201500Z-aa11bb22", "aa11bb22"),
        ("20261122T2115", "aa99cc33"),
    ],
)
def test_a_run_is_found_by_its_name_or_id(state: Path, word: str, run_id: str) -> None:
    """The beginning of either is enough where it is one."""
    assert run_id == read_run(found_run(state, word)).about.run_id


def test_a_run_is_found_by_its_folder(state: Path, tmp_path: Path) -> None:
    """A folder that was copied away is as good."""
    copied = runs_folder(state) / "20261122T201500Z-aa11bb22"
    moved = tmp_path / "elsewhere"
    copied.rename(moved)

    assert moved == found_run(state, str(moved))


def test_a_name_of_several_runs_lists_them(state: Path) -> None:
    """Nothing is guessed."""
    with pytest.raises(UsageError, match="could be 2 runs") as caught:
        found_run(state, "aa")

    assert "20261122T201500Z-aa11bb22" in caught.value.todo


def test_a_name_of_no_run_says_so(state: Path, tmp_path: Path) -> None:
    """Also where there is none at all."""
    with pytest.raises(UsageError, match="There is no run zz"):
        found_run(state, "zz")
    with pytest.raises(UsageError, match="There is no run latest") as caught:
        found_run(tmp_path / "empty", "latest")

    assert "There are none in" in caught.value.why


def test_a_living_run_is_told_as_running(tmp_path: Path) -> None:
    """Its folder is still held."""
    with RunFolder.create(
        state=tmp_path, project=tmp_path, run_id="aa", now=BEGAN
    ) as folder:
        folder.begin(Header(autofix="0.1.0", policy=EVERYTHING))
        (found,) = all_runs(tmp_path)

        assert Fate.RUNNING is found.fate
        assert Fate.RUNNING is read_run(folder.path).about.fate


def test_a_result_is_read_back(state: Path) -> None:
    """What was concluded is the same value again."""
    result = read_run(found_run(state, "latest")).result

    assert result is not None
    assert result.ending is not None
    assert EndKind.CLEAN is result.ending.kind
    assert clean().pins == result.pins


@pytest.mark.parametrize(
    "content", [None, b"", b"\xff\xfe", b'{"is":"Other"}\n', b"[1]\n"]
)
def test_a_journal_that_is_none_is_an_error_with_a_name(
    tmp_path: Path, content: bytes | None
) -> None:
    """It says which file, and what else could be looked at."""
    folder = ran(tmp_path, "aa")
    (folder / JOURNAL).unlink()
    if content is not None:
        (folder / JOURNAL).write_bytes(content)

    with pytest.raises(
        RunUnreadableError, match=r"journal\.jsonl cannot be read"
    ) as it:
        read_run(folder)

    assert "events.jsonl" in it.value.todo


def test_a_damaged_result_or_owner_is_as_if_there_were_none(tmp_path: Path) -> None:
    """The journal still tells the run."""
    folder = ran(tmp_path, "aa")
    (folder / RESULT).write_text('{"ending": 7}')
    (folder / OWNER).write_text("[]")

    run = read_run(folder)

    assert (None, None) == (run.result, run.about.when)
    assert run.story.steps
