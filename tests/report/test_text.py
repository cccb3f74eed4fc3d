"""The result for a person says what happened, why, and what to do next."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.core.model import Ending, EndKind, Finding
from autofix.report.escape import escape
from autofix.report.terminal import Terminal
from autofix.report.text import Style, diff_text, result_text
from autofix.report.words import said, sentence
from autofix.result import ClassicCost
from tests.report.values import BROKEN, HOSTILE, QUOTED, SENTENCE, SERVER, clean

CLEAN_TEXT = """\
Clean. The server starts with the plugin.
Nakama 3.40.0: heroiclabs/nakama:3.40.0 (Go 1.26.5), built in
heroiclabs/nakama-pluginbuilder:3.40.0 (Go 1.26.5). Its versions were read from:
server binary.
1 pin, 2 builds, 1 min 15 s.

Pins
  google.golang.org/protobuf  v1.36.12 -> v1.36.11  direct
      round 1: plugin was built with a different version of package
      google.golang.org/protobuf/internal/pragma
      excluded: v1.36.12
      more was asked for by: example.com/m > example.com/a@v1.0.0

Go line
  1.27.0 -> 1.26.5

Toolchain line
  go1.27.2 -> removed

Replaces dropped (each kept a pin from holding)
  google.golang.org/protobuf => ../pb

Also moved, as a consequence
  x.io/y v1.1.0 -> gone

Noticed
  - Tags differ. Built right.

Changed in the project; to commit it
  cd '/home/dev/my plugin'
  git add go.mod go.sum
  git commit -m 'fix(deps): pin google.golang.org/protobuf to v1.36.11 for nakama 3.40.0'

To undo it
  cp -a /state/runs/1/backup/. '/home/dev/my plugin'/

Journal and logs: /state/runs/1
"""


def test_a_clean_result_as_a_whole() -> None:
    """Every part stands in its place, in this wording."""
    assert CLEAN_TEXT == result_text(clean())


def test_a_file_that_was_given_is_no_build() -> None:
    """Round 0 only hears what the server says of it."""
    result = clean()
    given = replace(result.rounds[0], number=0)
    text = result_text(replace(result, rounds=(given, *result.rounds)))

    assert f", {len(result.rounds)} build" in text


@pytest.mark.parametrize(("seconds", "told"), [(80.0, True), (60.0, False)])
def test_what_would_not_have_taken_longer_is_not_held_against(
    seconds: float, *, told: bool
) -> None:
    """A run that planned for long is not praised for its few builds."""
    result = replace(
        clean(), seconds=75.0, classic=ClassicCost(builds=3, seconds=seconds)
    )

    assert told == ("One mismatch at a time" in result_text(result))


def test_no_git_commands_where_there_is_no_repository() -> None:
    """They would only fail; what changed is listed all the same."""
    text = result_text(replace(clean(), in_git=False))

    assert "\nChanged in the project\n  go.mod\n  go.sum\n\nTo undo it\n" in text
    assert "git" not in text.partition("Changed in the project")[2]


def test_undoing_a_new_vendor_folder_removes_it_first() -> None:
    """Copying the old one over the new one would leave files of both."""
    text = result_text(replace(clean(), files=("go.mod", "vendor")))

    assert (
        "  rm -r '/home/dev/my plugin'/vendor\n"
        "  cp -a /state/runs/1/backup/. '/home/dev/my plugin'/\n"
    ) in text


def test_undoing_removes_what_the_run_made() -> None:
    """A new file has nothing in the backup that could overwrite it."""
    made = ("autofix_pins.go", "go.sum")
    text = result_text(
        replace(clean(), root="/home/dev", files=("go.mod", *made), created=made)
    )

    assert (
        "  rm -r /home/dev/autofix_pins.go\n"
        "  rm -r /home/dev/go.sum\n"
        "  cp -a /state/runs/1/backup/. /home/dev/\n"
    ) in text


def test_undoing_what_is_only_new_needs_no_backup() -> None:
    """There is no backup folder to copy from."""
    made = ("autofix_pins.go",)
    text = result_text(replace(clean(), files=made, created=made))

    assert "backup" not in text


def test_a_dry_run_shows_the_patch_and_no_git_lines() -> None:
    """Nothing was changed, so there is nothing to commit or undo."""
    text = result_text(replace(clean(), applied=False))

    assert (
        "The project is as it was; this would change in '/home/dev/my plugin'\n"
        "  go.sum\n  go.mod\n"
    ) in text
    assert "+++ b/go.mod\n" in text
    assert "git add" not in text
    assert "undo" not in text


def test_a_healthy_plugin_is_told_so() -> None:
    """A clean end without changes has nothing to commit."""
    text = result_text(replace(clean(), pins=(), files=(), applied=False, diff=""))

    assert "\nNothing had to change; the project is as it was.\n" in text
    assert "git" not in text


def test_a_stand_in_is_never_passed_off_as_nakama() -> None:
    """The kit's server is named as what it is, twice."""
    text = result_text(replace(clean(), server=replace(SERVER, stand_in=True)))

    assert "\nStand-in for Nakama 3.40.0: " in text
    assert "The server was the scenario kit's stand-in, not Nakama.\n" in text


def test_an_unfixable_end_explains_itself() -> None:
    """Class, name, the program's line and the remedy are all there."""
    ending = Ending(kind=EndKind.UNFIXABLE, words=BROKEN.words, diagnosis=BROKEN)
    text = result_text(
        replace(clean(), ending=ending, pins=(), files=(), applied=False, exit_code=1)
    )

    assert text.startswith("Unfixable. InitModule returned an error: no such table.\n")
    assert "Why (plugin-init / init-returned-error)\n  > no such table\n" in text
    assert "What to do\n  Mend InitModule.\n" in text
    assert "The project is as it was.\n" in text
    assert 1 == text.count(BROKEN.words)


def test_pins_of_a_run_that_failed_are_not_sold_as_made() -> None:
    """Without a clean end nothing of the pins is in the project, and it says so."""
    ending = Ending(kind=EndKind.UNSATISFIABLE, words="No way.", diagnosis=BROKEN)
    text = result_text(replace(clean(), ending=ending, applied=False))

    assert "\nPins tried (the project has none of it)\n" in text
    assert "Mend InitModule." not in text


def test_an_unsatisfiable_end_shows_the_chain() -> None:
    """Who needs what, each link one step further in."""
    chain = ("example.com/m", "example.com/a@v1.0.0", "x.io/y@v2.0.0")
    ending = Ending(kind=EndKind.UNSATISFIABLE, words="It cannot be.", chain=chain)
    text = result_text(replace(clean(), ending=ending))

    assert (
        "Who needs what\n"
        "  example.com/m\n"
        "    example.com/a@v1.0.0\n"
        "      x.io/y@v2.0.0\n" in text
    )


def test_an_error_is_a_result_too() -> None:
    """A run that an error ended has no ending but says what stopped it."""
    text = result_text(replace(clean(), ending=None, error="No engine answers."))

    assert text.startswith("Stopped: No engine answers.\n")


def test_an_error_of_several_lines_keeps_them() -> None:
    """What happened, why, and what to do."""
    error = "go.mod has uncommitted changes.\nA run would mix them.\nCommit them."
    text = result_text(replace(clean(), ending=None, error=error))

    assert text.startswith(
        "Stopped: go.mod has uncommitted changes.\n  A run would mix them.\n"
        "  Commit them.\n"
    )


@pytest.mark.parametrize("width", [80, 120])
def test_prose_keeps_to_the_width(width: int) -> None:
    """Only commands and paths, which must stay whole, may be longer."""
    long = "word " * 100
    result = replace(clean(), findings=(Finding(name="n", text=long),))
    lines = result_text(result, Style(width=width)).splitlines()

    assert {True} == {len(line) <= width for line in lines if " -m " not in line}


def test_colours_only_where_they_are_wanted() -> None:
    """The same words come with and without colours."""
    paint = Terminal(live=True, colors=True, width=80).paint
    colored = result_text(clean(), Style(paint=paint))

    assert "\x1b[32mClean." in colored
    assert "\x1b" not in result_text(clean())


def test_hostile_text_cannot_steer_the_terminal() -> None:
    """Titles, cursor movements and direction marks are shown, not obeyed."""
    diagnosis = replace(BROKEN, quoted=HOSTILE, words=HOSTILE, remedy=HOSTILE)
    result = replace(
        clean(),
        ending=Ending(kind=EndKind.UNFIXABLE, words=HOSTILE, diagnosis=diagnosis),
        findings=(Finding(name="n", text=HOSTILE),),
        dropped_replaces=(HOSTILE,),
        project=HOSTILE,
        server=replace(SERVER, reference=HOSTILE),
        applied=False,
        diff=f"+{HOSTILE}\n",
    )
    text = result_text(result)

    assert not {"\x1b", "\x07", "\r", "\u202e"} & set(text)
    assert r"\x1b]0;owned\x07\x1b[2Jred\r\u202eevil" in text


def test_a_patch_is_escaped_line_by_line() -> None:
    """A patch on a terminal keeps lines and tabs and loses control characters."""
    assert "+\ta\\x1b[2J\n-b\n" == diff_text("+\ta\x1b[2J\n-b\n", Style())


@given(st.text())
def test_escaped_text_is_one_printable_line(text: str) -> None:
    """Whatever comes in, what goes out is printable and bounded."""
    shown = escape(text, longest=100)

    assert shown == "".join(
        char for char in shown if char.isprintable() or char.isspace()
    )
    assert not set(shown) & {"\n", "\r", "\x1b", "\u2028"}
    assert len(shown) <= 100


def test_the_error_field_is_what_nakama_said() -> None:
    """JSON is unwrapped; the loader's sentence stands alone for the run's own file."""
    opened = 'plugin.Open("/nakama/data/modules/backend")'

    assert f"Could not open Go module: {opened}: {SENTENCE}" == said(QUOTED)
    assert SENTENCE == sentence(QUOTED)
    assert "plain words" == sentence("plain words\n")
