"""Ported code as text, in a pull request's body and as a commit message."""

from __future__ import annotations

from dataclasses import replace

from autofix.core.model import Ending, EndKind
from autofix.core.porting import Problem, Rewrite
from autofix.report.port_markdown import port_markdown, port_message
from autofix.report.text import result_text
from autofix.report.upgrade_markdown import upgrade_markdown
from autofix.result import PortResult, RunResult, UpgradeResult
from tests.report.values import HOSTILE, clean

KNOWN = Rewrite(
    file="main.go",
    line=35,
    api="runtime.NakamaModule.LeaderboardCreate",
    what="added enableRanks true",
    why="Every leaderboard had ranks before.",
    release="v1.33.0",
)
DOUBTFUL = Rewrite(
    file="fleet.go",
    line=16,
    api="runtime.FleetManager.Create",
    what="results as they are now",
    review=True,
    release="v1.46.0",
)
LIBRARY = Problem(
    file="boards.go",
    line=3,
    text="not enough arguments",
    package="example.com/boards",
    module="example.com/boards",
    version="v1.0.0",
    newest="v1.2.0",
)
PORT = PortResult(before="v1.31.0", after="v1.47.0", rewrites=(KNOWN, DOUBTFUL))
UPGRADE = UpgradeResult(before="3.21.0", after="3.40.0", aim="3.40.0", port=PORT)


def stopped() -> RunResult:
    """Return the result of a run that did not end clean."""
    ending = Ending(kind=EndKind.UNFIXABLE, words="Code does not compile.")
    return replace(clean(), ending=ending, exit_code=1)


def test_the_message_says_what_was_rewritten_and_what_to_review() -> None:
    """A table of every place with its reason, and a list of those in doubt."""
    message = port_message(PORT)

    assert message.startswith("refactor: port to nakama-common v1.47.0\n\n")
    assert (
        "| `main.go:35` | `runtime.NakamaModule.LeaderboardCreate` | added enableRanks "
        "true | Every leaderboard had ranks before. (v1.33.0) |\n"
    ) in message
    assert message.endswith("\n- `fleet.go:16` `runtime.FleetManager.Create`\n")


def test_code_without_a_doubt_asks_for_no_review() -> None:
    """Where every value is known, there is no list."""
    assert "review" not in port_markdown(replace(PORT, rewrites=(KNOWN,)))


def test_what_is_left_is_said_and_nothing_is_called_kept() -> None:
    """Errors in own code and in tests, and libraries with the version that compiles."""
    said = "not enough arguments\n\thave ()\n\twant (int)"
    left = Problem(file="x.go", line=9, text="undefined: gone")
    long = Problem(file="y.go", line=3, text=said)
    bare = replace(LIBRARY, module="example.com/other", newest="")
    port = replace(
        PORT, remaining=(left, long), tests=(left,), libraries=(LIBRARY, bare)
    )
    result = replace(stopped(), upgrade=replace(UPGRADE, port=port))
    body, text = upgrade_markdown(result), result_text(result)

    assert "**Code (nothing of it was kept)**" in body
    assert "Not ported:\n\n- `x.go:9` undefined: gone\n" in body
    assert "y.go:3  not enough arguments; have (); want (int)" in text
    assert "- `example.com/boards v1.0.0`: `v1.2.0` compiles." in body
    assert "- `example.com/other v1.0.0`: none of its newest versions compiles." in body
    assert "Code ported from nakama-common v1.31.0 to v1.47.0, tried\n" in text
    assert "example.com/boards v1.0.0: v1.2.0 compiles\n" in text


def test_the_result_for_a_person_names_each_place() -> None:
    """With the release that changed the API, the reason, and a word about reviews."""
    text = result_text(replace(clean(), upgrade=UPGRADE))

    assert "Code ported from nakama-common v1.31.0 to v1.47.0\n" in text
    assert "main.go:35  runtime.NakamaModule.LeaderboardCreate since v1.33.0:" in text
    assert "[review]" in text


def test_why_nothing_could_be_ported_is_said() -> None:
    """The go command's own words."""
    port = PortResult(before="v1.31.0", after="v1.47.0", refusal="it cannot be had")
    result = replace(stopped(), upgrade=replace(UPGRADE, port=port))

    assert "could not be ported: it cannot be had" in upgrade_markdown(result)
    assert "The code could not be ported\n  it cannot be had\n" in result_text(result)


def test_texts_of_code_are_inert() -> None:
    """Names and errors from the project are no markup and obey no terminal."""
    hostile = replace(KNOWN, file=HOSTILE, what=HOSTILE, why=HOSTILE)
    left = Problem(file=HOSTILE, line=1, text=HOSTILE)
    port = replace(PORT, rewrites=(hostile,), remaining=(left,))
    shown = port_message(port) + result_text(
        replace(clean(), upgrade=replace(UPGRADE, port=port))
    )

    assert "\x1b" not in shown
    assert "<script" not in port_message(port).replace("\\<", "")
