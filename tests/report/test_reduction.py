"""What came of a reduction is told: how much is left, where it is, what it says."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

from autofix.config import Config
from autofix.core.sameness import Failure
from autofix.core.state import Phase, Policy
from autofix.reducing.origin import Origin
from autofix.reducing.reducer import Limit, Outcome
from autofix.reducing.session import Reduced, Size
from autofix.report.reduction import reduction_json, reduction_text
from autofix.report.reduction_steps import PlainSteps
from autofix.scenarios.scenario import Expectation, Scenario
from tests.contract import checked
from tests.report.values import BROKEN

HERE = Path("/home/x/reduced")
DONE = Reduced(
    origin=Origin(
        name="/home/x/p", home=HERE, module=".", config=Config(), policy=Policy()
    ),
    scenario=Scenario(
        name="reduced",
        path=HERE,
        title="It panics",
        story="",
        nakama="3.40.0",
        expect=Expectation(exit_code=1, end="unfixable"),
    ),
    outcome=Outcome(folder=HERE, steps=22, stages=18),
    failure=Failure(phase=Phase.START, diagnosis=BROKEN),
    quoted="panic: \x1b[31mboom",
    before=Size(files=40, lines=4000, requirements=42),
    after=Size(files=3, lines=1, requirements=1),
)


def test_what_is_left_is_told_beside_what_was() -> None:
    """With the program's own words, escaped."""
    text = reduction_text(DONE)
    told = checked(reduction_json(DONE), "reduction")

    assert "nothing more can be taken away" in text
    assert "before  40 files, 4000 lines of Go, 42 requirements\n" in text
    assert "now     3 files, 1 line of Go, 1 requirement, after 22 steps\n" in text
    assert "\x1b" not in text
    assert "/home/x/reduced" in text
    assert (True, None, 22) == (told["reduced"], told["limit"], told["steps"])
    assert 42 == told["before"]["requirements"]


def test_a_limit_says_how_to_go_on() -> None:
    """What is left is smaller, but perhaps not the smallest."""
    for limit, word in ((Limit.STEPS, "--max-steps"), (Limit.TIME, "same command")):
        cut = replace(DONE, outcome=replace(DONE.outcome, limit=limit))
        told = checked(reduction_json(cut), "reduction")

        assert word in " ".join(reduction_text(cut).split())
        assert (False, limit.value) == (told["reduced"], told["limit"])


def test_a_failure_that_was_lost_is_no_success() -> None:
    """The last run is what counts."""
    lost = replace(DONE, quoted="")

    assert not lost.succeeded
    assert "did not fail the same way" in " ".join(reduction_text(lost).split())
    assert not checked(reduction_json(lost), "reduction")["reduced"]


def test_each_accepted_step_is_a_line() -> None:
    """Those that were refused are only shown while they are under way."""
    stream = io.StringIO()
    view = PlainSteps(stream, clock=lambda: 0.0)
    view.trying(step=1, noun="imports", left=41, without=41)
    assert "step 1: imports, 41 of 41 taken away" == view.doing
    view.trying(step=2, noun="imports", left=41, without=40)
    view.accepted(step=2, noun="imports", left=1, of=41)

    assert ["[    0.0s] step 2: 41 imports -> 1"] == stream.getvalue().splitlines()
