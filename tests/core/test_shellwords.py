"""Shell text as commands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.core.shellwords import commands


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("go build .", [("go", "build", ".")]),
        ("a&&b ||c;d|e & f", [("a",), ("b",), ("c",), ("d",), ("e",), ("f",)]),
        ("go build \\\n  -o x.so \\\n  .", [("go", "build", "-o", "x.so", ".")]),
        ("go build \\\r\n -v", [("go", "build", "-v")]),
        ("""a 'b c' "d 'e'" f\\ g""", [("a", "b c", "d 'e'", "f g")]),
        ('x -ldflags="-s -w"', [("x", "-ldflags=-s -w")]),
        ("a # comment\nb#c", [("a",), ("b#c",)]),
        ("(cd x && go build)", [("cd", "x"), ("go", "build")]),
        ("go build 2>&1 >log -v", [("go", "build", "-v")]),
        ('v="$(git describe --tags)" go', [("v=$(git describe --tags)", "go")]),
        ("open 'quote", [("open", "quote")]),
    ],
)
def test_text_is_split_as_a_shell_would(
    text: str, expected: list[tuple[str, ...]]
) -> None:
    """Operators end commands; quotes, escapes and substitutions hold words together."""
    assert expected == [each.words for each in commands(text)]


def test_a_command_knows_its_line() -> None:
    """The line of the first word counts, over continuations and comments."""
    found = commands("# one\na \\\n b\n\nc 'x\ny' ; d")

    assert [("a", 2), ("c", 5), ("d", 6)] == [(e.words[0], e.line) for e in found]


@given(st.text(alphabet="a \n\t\r'\"\\$(){}`#&|;<>", max_size=400))
def test_any_text_is_split_without_raising(text: str) -> None:
    """Every command has a word and a line within the text."""
    last = text.count("\n") + 1

    assert all(each.words and 1 <= each.line <= last for each in commands(text))
