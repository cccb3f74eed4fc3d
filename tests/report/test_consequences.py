"""What moved along with the pins, and what go.mod only names since Go 1.17."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autofix.report.consequences import consequences
from autofix.report.text import result_text
from autofix.report.upgrade_markdown import upgrade_markdown
from autofix.result import SideEffect, UpgradeResult
from tests.report.values import clean

MOVED = SideEffect(module="x.io/moved", before="v1.1.0", after="v1.2.0")
NAMED = SideEffect(module="x.io/named", before="", after="v1.0.0")
GONE = SideEffect(module="x.io/gone", before="v1.0.0", after="")
OLD_GO = ("1.14", "1.26.5")


@pytest.mark.parametrize("before", ["", "1.9", "1.16"])
def test_what_only_the_go_line_names_is_no_move(before: str) -> None:
    """It was selected before; a table of hundreds of them hides what did move."""
    moves, sentence = consequences((MOVED, NAMED, GONE), (before, "1.17"))

    assert (MOVED, GONE) == moves
    assert sentence.startswith("go.mod now names 1 indirect module more (x.io/named): ")


@pytest.mark.parametrize("go_line", [None, ("1.17", "1.26.5"), ("1.14", "1.16")])
def test_what_is_new_under_the_same_rules_is_a_move(
    go_line: tuple[str, str] | None,
) -> None:
    """From Go 1.17 on, a module that go.mod did not name was not needed."""
    assert ((MOVED, NAMED), "") == consequences((MOVED, NAMED), go_line)


def test_both_reports_say_it_in_one_sentence() -> None:
    """Not one of them is listed; the JSON result has them all."""
    many = tuple(replace(NAMED, module=f"x.io/named{n}") for n in range(300))
    upgrade = UpgradeResult(before="3.1.1", after="3.40.0", aim="3.40.0")
    result = replace(
        clean(), side_effects=(MOVED, *many), go_line=OLD_GO, upgrade=upgrade
    )
    text, markdown = result_text(result), upgrade_markdown(result)

    assert "go.mod now names 300 indirect modules more: since Go 1.17" in text
    assert "and its go line was 1.14." in markdown.replace("\\", "")
    assert "x.io/moved" in text
    assert "x.io/moved" in markdown
    assert "x.io/named" not in text + markdown
