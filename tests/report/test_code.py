"""Code that does not compile, and libraries that moved, as a person reads of them."""

from __future__ import annotations

from dataclasses import replace

from autofix.core.compile_errors import grouped, located, parse_errors
from autofix.core.gomod import Replacement
from autofix.core.model import Ending, EndKind
from autofix.core.observations import Selected
from autofix.report.json import result_json
from autofix.report.text import result_text
from autofix.result import RunResult
from tests.contract import checked
from tests.report.values import BROKEN, HOSTILE, clean

BUILD = """\
# example.com/game
./main.go:35:41: not enough arguments in call to nk.AccountsGetId
	have (context.Context, []string)
	want (context.Context, []string, []string)
./sale.go:9:2: declared and not used: shelf
# example.com/roster
../roster/roster.go:13:31: undefined: runtime.Roster
"""
FOLDER = Replacement(
    old_path="example.com/roster", old_version="", new_path="../roster", new_version=""
)


def broken(build: str = BUILD) -> RunResult:
    """Make the result of a run whose code must change."""
    linked = {"example.com/roster": Selected(version="v0.0.0", replacement=FOLDER)}
    errors = located(parse_errors(build.splitlines()), linked, "example.com/game")
    return replace(
        clean(),
        ending=Ending(
            kind=EndKind.UNFIXABLE, words="It must change.", diagnosis=BROKEN
        ),
        code=grouped(errors, {"./sale.go:9": "Sale.Open"}),
        choices=("Change the calls listed.", "Move to Nakama 3.99.0."),
        fits=(replace(clean().pins[0], module="example.com/api", after="v0.12.1"),),
        applied=False,
        files=(),
    )


def test_code_is_told_by_owner_function_and_place() -> None:
    """With what was had and wanted, and what can be done instead of a remedy."""
    text = result_text(broken())

    assert (
        "\nYour code that does not compile\n"
        "  nk.AccountsGetId\n"
        "    ./main.go:35: not enough arguments in call to nk.AccountsGetId\n"
        "        have (context.Context, []string)\n"
        "        want (context.Context, []string, []string)\n"
        "  Sale.Open\n"
        "    ./sale.go:9: declared and not used: shelf\n"
        "\nexample.com/roster v0.0.0, replaced by ../roster, does not compile\n"
        "  runtime.Roster\n"
        "    ../roster/roster.go:13: undefined: runtime.Roster\n"
        "\nWhat you can do\n"
        "  - Change the calls listed.\n"
        "  - Move to Nakama 3.99.0.\n"
    ) in text
    assert "What to do" not in text
    assert "Libraries moved to fit them tried (the project has none of it)\n" in text


def test_many_places_are_counted() -> None:
    """A changed API may be called everywhere; the JSON has all of them."""
    many = "# example.com/game\n" + "".join(
        f"./main.go:{line}:1: undefined: nk.Gone\n" for line in range(1, 9)
    )
    result = broken(many)

    assert "    and 3 places more\n" in result_text(result)
    (group,) = checked(result_json(result), "run")["code"]
    assert ("own code", "nk.Gone", 8) == (
        group["owner"],
        group["function"],
        len(group["errors"]),
    )


def test_a_compilers_words_are_escaped() -> None:
    """A file name and an error may hold what a terminal would obey."""
    wild = HOSTILE.replace("\r", "")
    text = result_text(broken(f"# example.com/game\n./a.go:1:1: {wild}\n"))

    assert "\x1b" not in text
    assert "\u202e" not in text
