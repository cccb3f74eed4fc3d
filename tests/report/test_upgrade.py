"""An upgrade as text, as JSON and as the body of a pull request."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from autofix.core.codec import decode
from autofix.core.model import Ending, EndKind, Finding
from autofix.report.json import result_json
from autofix.report.style import Style
from autofix.report.text import result_text
from autofix.report.upgrade_markdown import commit_message, upgrade_markdown
from autofix.report.upgrade_text import together_text
from autofix.result import MovedPlace, RunResult, StepResult, UpgradeResult
from tests.report.values import BROKEN, HOSTILE, PROTOBUF, clean

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


def test_go_mod_is_named_as_the_repository_has_it() -> None:
    """Beside the other places, where the plugin's module is not at the root."""
    below = replace(UPGRADE, go_mod="server/go.mod")
    body = upgrade_markdown(upgraded(below))

    assert "| `server/go.mod` |" in body
    assert "| `go.mod` |" not in body


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


MODULES = ("chat", "games/arena")


def together(**changes: object) -> tuple[RunResult, RunResult]:
    """Return the results of two modules that moved as one."""
    upgrade = replace(UPGRADE, together=MODULES, **changes)  # type: ignore[arg-type]
    chat, arena = (
        replace(upgraded(upgrade), project=f"/r/{name}", root=f"/r/{name}")
        for name in MODULES
    )
    return chat, replace(arena, upgrade=replace(upgrade, moves=()))


def test_several_modules_have_one_body() -> None:
    """What moved is told once, what was proven for each."""
    body = upgrade_markdown(*together())
    lines = body.splitlines()

    assert lines[0].startswith("Bumps Nakama from `3.26.0` to `3.40.0` in 2 modules")
    assert 1 == body.count("`Dockerfile:3`")
    assert lines.index("**Module `chat`**") < lines.index("**Module `games/arena`**")
    assert 2 == body.count("**Proven**")
    assert 1 == body.count("autofix upgrade --nakama 3.40.0")
    assert 1 == body.count("git revert")


def test_one_of_several_that_fails_is_named_first() -> None:
    """With the reason in its own section."""
    chat, arena = together()
    failed = replace(arena, ending=broken().ending, files=())
    body = upgrade_markdown(chat, failed)

    assert (
        "The upgrade of Nakama from `3.26.0` to `3.40.0` was not made: the server does "
        "not start with `games/arena`."
    ) == body.splitlines()[0]
    assert "no such table" in body.partition("**Module `games/arena`**")[2]
    assert "git revert" not in body


def test_several_modules_are_committed_by_one_command() -> None:
    """Each names its files and how to undo them; the command is below all of them."""
    results = together()
    one, all_ = result_text(results[0]), together_text(results, Style())

    assert "git commit" not in one
    assert "To undo it" in one
    assert (
        "  cd /r\n"
        "  git add chat/go.mod chat/go.sum games/arena/go.mod games/arena/go.sum\n"
        "  git commit -m 'build(deps): bump nakama from 3.26.0 to 3.40.0'\n"
    ) in all_


def test_the_commit_of_several_modules_is_named_once() -> None:
    """Below the results of all of them."""
    made = together(branch="b", commit="a" * 40, is_new=True)
    results = [replace(each, applied=False) for each in made]

    assert "Committed" not in result_text(results[0])
    assert f"Committed as {'a' * 12} on b" in together_text(results, Style())
    assert "" == together_text(
        [replace(each, applied=False) for each in together()], Style()
    )


@pytest.mark.parametrize(
    ("subjects", "changes", "title"),
    [
        ((), {}, f"fix(deps): pin {PROTOBUF} to v1.36.11 for nakama 3.40.0"),
        (("lock",), {}, f"fix(deps): pin {PROTOBUF} to v1.36.11 for nakama 3.40.0"),
        (
            ("lock",),
            {"pins": (), "go_line": None},
            "build(deps): renew autofix.lock for nakama 3.40.0",
        ),
        (("nakama", "lock"), {}, "build(deps): name nakama 3.40.0 everywhere"),
        ((), {"pins": ()}, "fix(deps): match nakama 3.40.0"),
    ],
)
def test_a_title_says_no_move_where_the_release_stays(
    subjects: tuple[str, ...], changes: dict[str, Any], title: str
) -> None:
    """``from 3.40.0 to 3.40.0`` is not true: something else was brought in line."""
    moves = tuple(replace(MOVE, subject=each) for each in subjects)
    stays = replace(UPGRADE, before="3.40.0", moves=moves)
    result = replace(upgraded(stays), **changes)
    body, text = upgrade_markdown(result), result_text(result)

    assert title == commit_message(result).splitlines()[0]
    assert body.startswith("Brings what differs in line with Nakama `3.40.0`.")
    assert "from `3.40.0`" not in body
    assert "from 3.40.0 to" not in text
