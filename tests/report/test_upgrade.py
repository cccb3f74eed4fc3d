"""An upgrade as text, as JSON and as the body of a pull request."""

from __future__ import annotations

import json
from dataclasses import replace

from autofix.core.codec import decode
from autofix.core.model import Ending, EndKind, Finding
from autofix.report.json import result_json
from autofix.report.text import result_text
from autofix.report.upgrade_markdown import commit_message, upgrade_markdown
from autofix.result import MovedPlace, RunResult, StepResult, UpgradeResult
from tests.report.values import BROKEN, HOSTILE, clean

MOVE = MovedPlace(
    file="Dockerfile",
    line=3,
    name="heroiclabs/nakama",
    before="3.26.0",
    after="3.40.0",
)
STEPS = (
    StepResult(
        nakama="3.39.0", end="clean", words="Good.", seconds=60.0, run_folder="/r/1"
    ),
    StepResult(
        nakama="3.40.0", end="unfixable", words="No.", seconds=9.0, run_folder="/r/2"
    ),
)


UPGRADE = UpgradeResult(before="3.26.0", after="3.40.0", aim="3.40.0", moves=(MOVE,))


def upgraded(upgrade: UpgradeResult = UPGRADE) -> RunResult:
    """Return a clean result of an upgrade."""
    return replace(clean(), upgrade=upgrade)


def broken() -> RunResult:
    """Return an upgrade whose plugin does not start."""
    ending = Ending(kind=EndKind.UNFIXABLE, words="It fails.", diagnosis=BROKEN)
    return replace(
        upgraded(replace(UPGRADE, steps=STEPS)),
        ending=ending,
        exit_code=1,
        applied=False,
    )


def test_the_body_tells_what_moved_why_and_what_was_proven() -> None:
    """A reviewer needs nothing else."""
    body = upgrade_markdown(upgraded())

    assert body.startswith("Bumps Nakama from `3.26.0` to `3.40.0`")
    for line in (
        "| what | from | to | where | why |",
        (
            "| `heroiclabs/nakama` | `3.26.0` | `3.40.0` | `Dockerfile:3` | names Nakama"
            " 3.40.0 |"
        ),
        "| `go` line | `1.27.0` | `1.26.5` | `go.mod` | the server's Go |",
        "| `x.io/y` | `v1.1.0` | gone |",
        "- Server: `heroiclabs/nakama:3.40.0`, Go 1.26.5.",
        "- Tags differ. Built right.",
        "autofix upgrade --nakama 3.40.0",
    ):
        assert line in body.splitlines()


def test_the_commit_has_a_subject_and_no_line_that_git_drops() -> None:
    """An editor of the message would take a heading with # for a comment."""
    message = commit_message(upgraded()).splitlines()

    assert ["build(deps): bump nakama from 3.26.0 to 3.40.0", ""] == message[:2]
    assert [] == [line for line in message if line.startswith("#")]


def test_a_failure_has_a_body_too() -> None:
    """In the morning it is the reason why not."""
    body = upgrade_markdown(broken())

    assert "was not made" in body.splitlines()[0]
    assert "no such table" in body
    assert "| `3.40.0` | unfixable | 9.0 s | No. |" in body.splitlines()


def test_nothing_to_change_is_said() -> None:
    """The second run's."""
    result = replace(
        upgraded(replace(UPGRADE, moves=())), pins=(), files=(), go_line=None
    )

    assert upgrade_markdown(result).startswith("Nothing had to change")


def test_text_of_files_and_programs_is_inert() -> None:
    """In Markdown and on a terminal."""
    place = replace(MOVE, file=f"a|b`{HOSTILE}", note="<img src=x>")
    finding = Finding(name="x", text="[a](javascript:b) @all")
    result = replace(upgraded(replace(UPGRADE, moves=(place,))), findings=(finding,))
    body, text = upgrade_markdown(result), result_text(result)

    assert "\x1b" not in body + text
    assert "\\<img" in body
    assert "\\[a\\](javascript:b) \\@all" in body


def test_the_text_tells_places_and_releases() -> None:
    """Each with its line; the releases only where there were several."""
    text = result_text(broken())

    assert "  Dockerfile:3  heroiclabs/nakama 3.26.0 -> 3.40.0" in text
    assert "  3.39.0: clean, 1 min 00 s" in text
    assert "Release by release" not in result_text(upgraded())


def test_the_text_names_the_commit() -> None:
    """And does not say that the project would change."""
    made = upgraded(
        replace(UPGRADE, branch="autofix/nakama-3.40.0", commit="a" * 40, is_new=True)
    )
    text = result_text(replace(made, applied=False))

    assert f"Committed as {'a' * 12} on autofix/nakama-3.40.0" in text
    assert "this would change" not in text
    assert "--- a/go.mod" not in text


def test_the_subject_is_offered_where_no_commit_was_asked_for() -> None:
    """What to type next."""
    assert "'build(deps): bump nakama from 3.26.0 to 3.40.0'" in result_text(upgraded())


def test_json_is_read_back() -> None:
    """As ``runs show`` does."""
    result = upgraded(replace(UPGRADE, steps=STEPS))

    assert result == decode(
        {
            k: v
            for k, v in json.loads(result_json(result)).items()
            if k != "schema_version"
        },
        RunResult,
    )
