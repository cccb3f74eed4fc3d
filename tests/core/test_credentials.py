"""Credentials in URLs do not get into lines."""

from __future__ import annotations

import pytest

from autofix.core.credentials import without_credentials
from autofix.core.model import Stream
from autofix.core.stream import LineBuffer


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            'Get "https://tok3n@127.0.0.1:1/x/@v/v1.0.0.zip": connection refused',
            'Get "https://***@127.0.0.1:1/x/@v/v1.0.0.zip": connection refused',
        ),
        (
            'parse "https://user:tok3n@127.0.0.1:1/%zz": invalid URL escape "%zz"',
            'parse "https://***@127.0.0.1:1/%zz": invalid URL escape "%zz"',
        ),
        (
            '{"dsns":["postgres://root:pw@db:5432/nakama","postgres://a:b@c/d"]}',
            '{"dsns":["postgres://***@db:5432/nakama","postgres://***@c/d"]}',
        ),
        (
            "reading https://proxy.example/github.com/a/b/@v/v1.0.0.mod: 404 Not Found",
            "reading https://proxy.example/github.com/a/b/@v/v1.0.0.mod: 404 Not Found",
        ),
        ("ssh://git@example.com/a.git", "ssh://git@example.com/a.git"),
        ("mail a@b.example", "mail a@b.example"),
    ],
)
def test_user_parts_are_hidden(said: str, shown: str) -> None:
    """Whatever stands before the host; module versions and plain text stay."""
    assert shown == without_credentials(said)


def test_lines_of_programs_carry_none() -> None:
    """A line is clean before anybody hears it, however its bytes were cut."""
    buffer = LineBuffer(Stream.STDERR)
    lines = [*buffer.feed(b"go: https://to"), *buffer.feed(b"k3n@proxy.example/x\n")]

    assert ["go: https://***@proxy.example/x"] == [line.text for line in lines]


def test_a_long_line_is_cleaned_quickly() -> None:
    """Hostile text takes no more than linear time."""
    assert "://" * 20_000 == without_credentials("://" * 20_000 + "@")[:60_000]
    assert 65_000 < len(without_credentials("https://" + "a:" * 32_500 + " @"))
