"""Line ends of the files that a clean run brings home."""

from __future__ import annotations

import pytest

from autofix.harvest import with_line_ends_of


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (b"a\r\nb\r\n", b"a\nc\n", b"a\r\nc\r\n"),
        (b"a\r\nb", b"a\nc\n", b"a\r\nc\r\n"),
        (b"a\nb\n", b"a\nc\n", b"a\nc\n"),
        (b"a\nb\r\nc\n", b"a\nc\n", b"a\nc\n"),
        (b"a\r\nb\r\nc\n", b"a\r\nc\n", b"a\r\nc\r\n"),
        (b"", b"a\n", b"a\n"),
    ],
)
def test_most_lines_of_a_file_decide(
    before: bytes, after: bytes, expected: bytes
) -> None:
    """A file of CRLF lines keeps them, a mixed one gets what most lines had."""
    assert expected == with_line_ends_of(before, after)
