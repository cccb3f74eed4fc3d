"""The catalogue's page is true, and no failure of the table is forgotten."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autofix.core.signatures import Row, signature_table
from autofix.errors import ScenarioError
from autofix.report.markdown import code
from autofix.report.scenario_page import BEGIN, END, catalogue_page, with_page
from autofix.scenarios.catalogue import gaps, reasons
from autofix.scenarios.scenario import ExpectedDiagnosis, Scenario
from scenarios.catalogue import CATALOGUE, HERE

SCENARIOS = [CATALOGUE.load(name) for name in CATALOGUE.names()]
AGAIN = "autofix scenario list --output-format markdown -o scenarios/README.md"
ROWS = tuple(
    Row(
        name=name,
        failure_class="go-dependency",
        answer="pin",
        words="",
        remedy="",
        seen="",
    )
    for name in ("differs", "vanishes")
)


def showing(name: str, words: str = "") -> Scenario:
    """Return a scenario that passes through one failure."""
    known = CATALOGUE.load("healthy")
    diagnosis = ExpectedDiagnosis(failure_class="go-dependency", name=name, says=words)
    expect = replace(known.expect, diagnoses=(diagnosis,))
    return replace(known, name=f"shows-{name}", expect=expect)


def test_the_page_is_what_would_be_written() -> None:
    """Whoever changes a scenario or the failure table writes the page anew."""
    text = (HERE / "README.md").read_text("utf-8")
    page = catalogue_page(SCENARIOS, signature_table(), reasons(CATALOGUE))

    assert with_page(text, page) == text, f"write it anew: {AGAIN}"


def test_every_failure_has_a_scenario_or_a_reason() -> None:
    """Every entry of the failure table is brought about for real, or it is said why not."""
    why = reasons(CATALOGUE)

    assert why is not None
    assert [] == list(gaps(signature_table(), SCENARIOS, why))


def test_every_scenario_quotes_what_is_said() -> None:
    """Each failure has words of the line that was diagnosed; only silence has none."""
    unquoted = {
        each.name for one in SCENARIOS for each in one.expect.diagnoses if not each.says
    }

    assert {"build-timed-out"} == unquoted


@pytest.mark.parametrize(
    ("shown", "why", "told"),
    [
        (["differs"], {}, ["vanishes has neither"]),
        (["differs"], {"vanishes": "Not on Linux."}, []),
        (["differs", "vanishes"], {"vanishes": "Not on Linux."}, ["vanishes has a re"]),
        (["differs", "vanishes"], {"gone": "Never."}, ["unreproduced.toml gives a"]),
        (["differs", "vanishes", "misspelt"], {}, ["shows-misspelt expects misspelt"]),
        (["differs", "vanishes", ""], {}, ["shows- expects a diagnosis without"]),
    ],
)
def test_each_gap_is_told(
    shown: list[str], why: dict[str, str], told: list[str]
) -> None:
    """A failure without both, a reason too many, and names that no entry has."""
    found = list(gaps(ROWS, [showing(name) for name in shown], why))

    assert len(told) == len(found)
    assert all(each.startswith(words) for each, words in zip(found, told, strict=True))


def test_a_scenarios_row_says_what_it_is() -> None:
    """Its title, first words, failure, answer and end; words are inert and short."""
    page = catalogue_page([showing("differs", "a | b `c` " + "long " * 99)], ROWS, None)
    (row,) = [line for line in page.splitlines() if "shows-differs" in line]
    cells = row.replace("\\|", "").split(" | ")

    assert "| [`shows-differs`](shows-differs/scenario.toml)" == cells[0]
    assert ["A healthy plugin", "pin", "clean", "both |"] == [
        cells[1],
        *cells[4:],
    ]
    assert cells[2].endswith("… ``")
    assert "go-dependency: `differs`" == cells[3]
    assert "Every failure" not in page


def test_every_failure_is_listed_with_what_shows_it() -> None:
    """Its scenarios, of many only some, or the reason why there is none."""
    many = [replace(showing("differs"), name=f"s{number}") for number in range(5)]
    page = catalogue_page(many, ROWS, {"vanishes": "Only <b>elsewhere</b>."})

    assert "1 of 2 failures" in page
    assert "[`s2`](s2/scenario.toml) and 2 more |" in page
    assert f"| {code('vanishes')} | go-dependency | pin | Only \\<b\\>else" in page


def test_a_file_without_its_marks_is_left_alone() -> None:
    """The page is written only where its place is marked."""
    text = f"before\n{BEGIN}\nold\n{END}\nafter\n"

    assert f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n" == with_page(text, "new\n")
    with pytest.raises(ScenarioError, match="no place"):
        with_page("before\n", "new\n")
