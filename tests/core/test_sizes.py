"""Sizes as people write and read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.core.sizes import parse_size, words_of_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("2048", 2048),
        ("1000000000", 10**9),
        ("500MB", 500_000_000),
        ("1.5g", 1_500_000_000),
        ("20 kB", 20_000),
        ("-1", None),
        ("1GiB", None),
        ("much", None),
        ("", None),
    ],
)
def test_sizes_are_read(text: str, size: int | None) -> None:
    """A number and a decimal unit; anything else is no size."""
    assert size == parse_size(text)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000_000_000, "1 GB"),
        (1_540_000, "1.5 MB"),
        (20_100_000, "20 MB"),
    ],
)
def test_sizes_are_written(size: int, words: str) -> None:
    """Two digits are enough for a person."""
    assert words == words_of_size(size)


@given(st.integers(0, 10**15))
def test_what_is_written_can_be_read(size: int) -> None:
    """It is within a twentieth of the size that was written."""
    again = parse_size(words_of_size(size))

    assert again is not None
    assert abs(again - size) <= size / 20
