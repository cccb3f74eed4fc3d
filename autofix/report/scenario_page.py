"""A catalogue as a page: every scenario, and every entry of the failure table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from autofix.core.signatures import Row
from autofix.errors import ScenarioError
from autofix.report.markdown import code, plain, table
from autofix.report.words import count
from autofix.scenarios.catalogue import Entry, entries
from autofix.scenarios.scenario import ENGINES, Scenario

BEGIN = (
    "<!-- What follows is written by: autofix scenario list --output-format markdown"
    " -o scenarios/README.md -->"
)
END = "<!-- Until here. -->"

SHOWN_WORDS = 110
SHOWN_SCENARIOS = 3
NONE = "none"


def catalogue_page(
    scenarios: Sequence[Scenario],
    failures: Sequence[Row],
    why: Mapping[str, str] | None,
) -> str:
    """
    Return the page as Markdown, ending with a newline.

    ``failures`` is the failure table, ``why`` the reasons for entries without a
    scenario; None leaves that part out.
    """
    answers = {row.name: row.answer for row in failures}
    lines = ["## The scenarios", ""]
    lines += table(
        ("scenario", "what is wrong", "first words", "failures", "answer", "end", "on"),
        (_row(one, answers) for one in scenarios),
    )
    if why is not None:
        found = tuple(entries(failures, scenarios, why))
        shown = sum(1 for each in found if each.scenarios)
        told = (
            f"{shown} of {count(len(found), 'failure')} are brought about for real by a "
            "scenario; of each other one it is said why it is not."
        )
        lines += ["", "## Every failure autofix knows", "", told, ""]
        lines += table(
            ("failure", "class", "answer", "brought about by"),
            map(_entry, found),
        )
    return "\n".join(lines) + "\n"


def with_page(text: str, page: str) -> str:
    """Replace what stands between the two marks of a file; ScenarioError if none do."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ScenarioError(
            "The file has no place for the page.",
            todo=f"Write these two lines into it:\n{BEGIN}\n{END}",
        )
    return f"{before}{BEGIN}\n\n{page}\n{END}{after}"


def _row(one: Scenario, answers: Mapping[str, str]) -> tuple[str, ...]:
    first = one.expect.diagnoses[0].says if one.expect.diagnoses else ""
    return (
        f"[{code(one.name)}]({one.name}/scenario.toml)",
        plain(one.title),
        code(_short(first)),
        "<br>".join(_failures(one)),
        plain(_answer(one, answers)),
        plain(one.expect.end or f"error: {one.expect.error}"),
        plain("both" if one.engines == ENGINES else ", ".join(one.engines)),
    )


def _failures(one: Scenario) -> Iterator[str]:
    seen = [(each.failure_class, each.name) for each in one.expect.diagnoses]
    for family, name in dict.fromkeys(seen):
        times = seen.count((family, name))
        yield f"{plain(family)}: {code(name)}" + (
            f" {times} times" if times > 1 else ""
        )


def _answer(one: Scenario, answers: Mapping[str, str]) -> str:
    """Say what autofix does about it: the pins, or what the last failure asks for."""
    expect = one.expect
    parts = [
        count(len(found), word)
        for found, word in (
            (expect.pins, "pin"),
            (expect.fits, "library moved"),
            (expect.excludes, "exclude"),
        )
        if found
    ]
    if parts:
        return ", ".join(parts).replace("library moveds", "libraries moved")
    if one.explains:
        return "explained"
    last = expect.diagnoses[-1].name if expect.diagnoses else ""
    answer = answers.get(last, "")
    if answer not in {"", "stop"}:
        return answer
    return f"changes {', '.join(expect.files)}" if expect.files else NONE


def _entry(entry: Entry) -> tuple[str, ...]:
    names = [
        f"[{code(name)}]({name}/scenario.toml)"
        for name in entry.scenarios[:SHOWN_SCENARIOS]
    ]
    rest = len(entry.scenarios) - SHOWN_SCENARIOS
    more = f" and {rest} more" if rest > 0 else ""
    return (
        code(entry.row.name),
        plain(entry.row.failure_class),
        plain(entry.row.answer),
        f"{', '.join(names)}{more}" if names else plain(entry.reason),
    )


def _short(words: str) -> str:
    return words if len(words) <= SHOWN_WORDS else words[: SHOWN_WORDS - 1] + "…"
