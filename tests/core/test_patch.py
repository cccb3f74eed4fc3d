"""Patches that git takes."""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autofix.core.patch import condensed, unified_diff


def test_a_patch_names_both_sides() -> None:
    """The headers are git's, the rest is the usual form."""
    expected = "--- a/go.mod\n+++ b/go.mod\n@@ -1,2 +1,2 @@\n module m\n-go 1\n+go 2\n"

    assert expected == unified_diff("go.mod", b"module m\ngo 1\n", b"module m\ngo 2\n")


def test_equal_files_have_no_patch() -> None:
    """No change, no text."""
    assert "" == unified_diff("go.mod", b"a", b"a")


@pytest.mark.parametrize(
    ("before", "after", "first"),
    [(None, b"a\n", "--- /dev/null\n"), (b"a\n", None, "--- a/go.sum\n")],
)
def test_new_and_deleted_files(
    before: bytes | None, after: bytes | None, first: str
) -> None:
    """A missing side is /dev/null."""
    assert unified_diff("go.sum", before, after).startswith(first)


texts = st.lists(
    st.sampled_from(["a", "b", "go 1.26\r", "\x0c", "\u2028", "", "é"]), max_size=6
).map("\n".join)


@settings(max_examples=25, deadline=None)
@given(before=texts.filter(bool), after=texts)
def test_git_applies_what_we_write(before: str, after: str) -> None:
    """Whatever the line ends and the last line, applying gives the new content."""
    patch = unified_diff("f", before.encode(), after.encode())
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "f").write_bytes(before.encode())
        if patch:
            subprocess.run(
                ["git", "apply", "--whitespace=nowarn", "-"],
                input=patch.encode(),
                cwd=folder,
                check=True,
                timeout=30,
            )
        result = (folder / "f").read_bytes() if (folder / "f").exists() else b""

    assert after.encode() == result


def test_a_generated_file_is_counted_for_a_reader() -> None:
    """The others stay line by line, also beside content that looks like a header."""
    tricky = unified_diff("a.sql", b"-- a/autofix.lock\n", b"++ b/autofix.lock\nx")
    lock = unified_diff("chat/autofix.lock", b"1\n2\n", b"1\n3\n4\n")
    new = unified_diff("autofix.lock", None, b"1\n")
    shown = condensed(tricky + lock + tricky + new)

    counted = "  (generated: {} lines added, {} removed)\n"
    assert (
        tricky
        + "--- a/chat/autofix.lock\n+++ b/chat/autofix.lock\n"
        + counted.format(2, 1)
        + tricky
        + "--- /dev/null\n+++ b/autofix.lock\n"
        + counted.format(1, 0)
    ) == shown


@settings(max_examples=50, deadline=None)
@given(pairs=st.lists(st.tuples(texts, texts), max_size=3))
def test_a_patch_without_generated_files_stays(pairs: list[tuple[str, str]]) -> None:
    """Byte for byte."""
    patch = "".join(
        unified_diff(f"f{number}", before.encode(), after.encode())
        for number, (before, after) in enumerate(pairs)
    )

    assert patch == condensed(patch)
