from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.core.comments import (
    Managed,
    annotate,
    is_indirect,
    managed,
    renewed,
    required_modules,
)
from autofix.core.model import ModuleVersion
from autofix.core.modtext import go_lines, statements, with_go_lines

NOTE = "nakama 3.40.0"
A1 = ModuleVersion(path="example.com/a", version="v1.0.0")
A2 = ModuleVersion(path="example.com/a", version="v1.1.0")
B = ModuleVersion(path="example.com/b", version="v2.0.0+incompatible")

TEXT = """\
// a file comment; autofix: not ours
module example.com/plugin // deprecated

go 1.26.5

require "example.com/a" v1.0.0
require (
	example.com/b v2.0.0+incompatible // keep me
	example.com/c v1.0.0 // indirect
	// example.com/a v1.0.0
)
require(
	`example.com/d` v1.0.0//indirect
)

exclude example.com/a v1.1.0

exclude ()

replace example.com/a v1.0.0 => ../a // own

retract v1.0.0
"""


def test_notes_on_all_forms() -> None:
    """Notes stand behind quoted, single and block lines, and nothing else moves."""
    expected = (
        TEXT.replace(
            'require "example.com/a" v1.0.0',
            'require "example.com/a" v1.0.0 // autofix: nakama 3.40.0',
        )
        .replace("// keep me", "// keep me; autofix: nakama 3.40.0")
        .replace(
            "exclude example.com/a v1.1.0",
            "exclude example.com/a v1.1.0 // autofix: nakama 3.40.0",
        )
    )

    assert expected == annotate(TEXT, {A1: NOTE, A2: NOTE, B: NOTE})


def line(comment: str) -> str:
    """Return a go.mod of one line with a trailing comment."""
    return f"require example.com/a v1.0.0{comment}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", " // autofix: nakama 3.40.0"),
        (" // indirect", " // indirect; autofix: nakama 3.40.0"),
        ("//indirect", " //indirect; autofix: nakama 3.40.0"),
        (" // keep me", " // keep me; autofix: nakama 3.40.0"),
        (" // indirect; why", " // indirect; why; autofix: nakama 3.40.0"),
        (" // autofix: nakama 3.38.0", " // autofix: nakama 3.40.0"),
        (
            " // indirect; autofix: nakama 3.38.0",
            " // indirect; autofix: nakama 3.40.0",
        ),
        (
            " // autofix: nakama 3.38.0; added later",
            " // added later; autofix: nakama 3.40.0",
        ),
        (" //", " // autofix: nakama 3.40.0"),
        ("   ", " // autofix: nakama 3.40.0"),
        (" // autofix: nakama 3.40.0", " // autofix: nakama 3.40.0"),
    ],
)
def test_comments_are_merged(before: str, after: str) -> None:
    """A user's words stay in front of the note, an older note is replaced."""
    assert line(after) == annotate(line(before), {A1: NOTE})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", " // indirect"),
        (" // indirect", " // indirect"),
        (" //indirect; why", " //indirect; why"),
        (" // keep me", " // indirect; keep me"),
        (" // autofix: nakama 3.38.0", " // indirect; autofix: nakama 3.38.0"),
        (" // indirectly needed", " // indirect; indirectly needed"),
    ],
)
def test_indirect_is_marked(before: str, after: str) -> None:
    """The mark comes first, as the go command wants it, and only once."""
    assert line(after) == annotate(line(before), {}, {A1.path})


def test_mark_and_note() -> None:
    """A new line gets both at once."""
    expected = line(" // indirect; autofix: nakama 3.40.0")

    assert expected == annotate(line(""), {A1: NOTE}, {A1.path})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (" // autofix: nakama 3.38.0", ""),
        (" // keep me; autofix: nakama 3.38.0", " // keep me"),
        (" // indirect; autofix: nakama 3.38.0", " // indirect"),
        (" // keep me ;", " // keep me ;"),
    ],
)
def test_untrue_note_is_removed(before: str, after: str) -> None:
    """A require line at another version than the one noted loses the note."""
    assert line(after) == annotate(line(before), {A2: NOTE})


def test_unnamed_lines_keep_their_notes() -> None:
    """Lines of modules that have no note now keep what an earlier run wrote."""
    text = line(" // autofix: nakama 3.38.0") + "exclude example.com/a v1.2.0 // x\n"

    assert text == annotate(text, {B: NOTE})


def test_windows_line_ends() -> None:
    """CRLF stays behind the comment."""
    text = "require example.com/a v1.0.0\r\nrequire example.com/c v1.0.0\r\n"

    assert annotate(text, {A1: NOTE}) == (
        "require example.com/a v1.0.0 // autofix: nakama 3.40.0\r\n"
        "require example.com/c v1.0.0\r\n"
    )


def test_note_stays_on_its_line() -> None:
    """A name that comes from an image cannot leave its comment."""
    note = "nakama x\nrequire evil v1;  y\r\x1b"

    assert annotate(line(""), {A1: note}) == line(
        " // autofix: nakama xrequire evil v1 y"
    )


def test_managed_lines() -> None:
    """Lines of autofix are told by their comments."""
    text = annotate(TEXT, {A2: NOTE, B: "nakama 3.38.0"})

    assert managed(text) == {
        Managed(verb="exclude", module=A2, note=NOTE),
        Managed(verb="require", module=B, note="nakama 3.38.0"),
    }
    assert managed(TEXT) == frozenset()


def test_required_modules() -> None:
    """Modules of require lines are told, not those of other lines."""
    assert required_modules(TEXT) == {f"example.com/{name}" for name in "abcd"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (" indirect", True),
        ("indirect", True),
        (" indirect; why", True),
        (" indirect;", False),
        (" indirect why", False),
        (" indirectly", False),
        (None, False),
        ("", False),
    ],
)
def test_indirect_as_go_reads_it(body: str | None, expected: bool) -> None:
    """Only the two forms that Go knows are the mark."""
    assert expected == is_indirect(body)


WORDS = st.sampled_from(
    [
        *("require", "exclude", "example.com/a", "v1.0.0", "v1.1.0", '"example.com/a"'),
        *("(", ")", "\n", "\r\n", " ", "\t", "//", "// indirect", "; ", "autofix:"),
        *("keep", "`", '"', "=>", "module", ","),
    ]
)
TEXTS = st.lists(WORDS, max_size=25).map(" ".join) | st.text(max_size=40)


@given(TEXTS)
def test_annotating_changes_comments_only(text: str) -> None:
    """Statements read the same before and after; once more changes nothing."""
    notes = {A1: NOTE, A2: NOTE}
    once = annotate(text, notes, {A1.path})

    assert _contents(text) == _contents(once)
    assert once == annotate(once, notes, {A1.path})
    assert text.count("\n") == once.count("\n")


@given(TEXTS)
def test_lines_without_notes_stay(text: str) -> None:
    """Nothing to say changes nothing."""
    assert text == annotate(text, {})


def _contents(text: str) -> list[tuple[int, str, tuple[str, ...]]]:
    return [(each.line, each.verb, each.words) for each in statements(text)]


NEWER = """module example.com/plugin

go 1.23.2 // as Nakama

toolchain go1.24.0

require example.com/a v1.0.0
"""


def test_go_lines() -> None:
    """The go and toolchain lines are read from the text."""
    assert go_lines(NEWER) == ("1.23.2", "go1.24.0")
    assert go_lines("module m\n") == ("", "")


def test_go_lines_are_lowered() -> None:
    """Lowering changes the one word and drops the one line."""
    expected = NEWER.replace("1.23.2", "1.20").replace("toolchain go1.24.0\n", "")

    assert expected == with_go_lines(NEWER, go="1.20", drop_toolchain=True)
    assert with_go_lines(NEWER) == NEWER


@given(TEXTS)
def test_lowering_any_text(text: str) -> None:
    """Text without a go line stays as it is."""
    if go_lines(text) == ("", ""):
        assert text == with_go_lines(text, go="1.20")


def test_comments_of_earlier_runs_are_renewed() -> None:
    """A line that fits this server says so; one that does not says nothing any more."""
    text = (
        "require (\n"
        "\texample.com/a v1.0.0 // autofix: nakama 3.26.0\n"
        "\texample.com/b v1.0.0 // indirect; autofix: nakama 3.26.0\n"
        "\texample.com/c v1.0.0 // autofix: nakama 3.26.0\n"
        "\texample.com/d v1.0.0 // mine\n"
        ")\n"
        "exclude example.com/b v2.0.0 // autofix: nakama 3.26.0\n"
        "exclude example.com/a v2.0.0 // broken\n"
    )
    served = {"example.com/a": "v1.0.0", "example.com/b": "v1.1.0"}

    assert annotate(text, renewed(text, served, NOTE)) == (
        "require (\n"
        "\texample.com/a v1.0.0 // autofix: nakama 3.40.0\n"
        "\texample.com/b v1.0.0 // indirect\n"
        "\texample.com/c v1.0.0\n"
        "\texample.com/d v1.0.0 // mine\n"
        ")\n"
        "exclude example.com/b v2.0.0 // autofix: nakama 3.40.0\n"
        "exclude example.com/a v2.0.0 // broken\n"
    )
