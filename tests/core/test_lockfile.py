from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autofix.core.linked import Linked
from autofix.core.lockfile import LockError, lock_text, parse_lock
from autofix.core.model import ModuleVersion
from autofix.core.serverrecord import ServerRecord
from tests.core.linked_pairs import PAIR

RECORD = ServerRecord(
    reference="nakama:3.40.0",
    machine="amd64",
    digest="sha256:1",
    release="3.40.0",
    linked=replace(
        PAIR.server,
        replaced={
            "example.com/leaf": ModuleVersion(path="example.com/fork", version="v2")
        },
        libraries=("libc.so.6",),
        versions=("GLIBC_2.34",),
    ),
)
TEXT = lock_text(RECORD)

WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


def test_reads_back() -> None:
    """What was written is what is read, and it is written the same again."""
    assert RECORD == parse_lock(TEXT)
    assert TEXT == lock_text(parse_lock(TEXT))


def test_one_line_a_package() -> None:
    """A changed package is one changed line besides the checksum."""
    hashes = {**RECORD.linked.hashes, "example.com/leaf": "e" * 16}
    other = lock_text(replace(RECORD, linked=replace(RECORD.linked, hashes=hashes)))
    changed = [
        new
        for old, new in zip(TEXT.splitlines(), other.splitlines(), strict=True)
        if old != new and not new.startswith("checksum")
    ]

    assert ['packages."." = "eeeeeeeeeeeeeeee"'] == changed


@given(
    st.dictionaries(WORDS, WORDS, max_size=4),
    st.dictionaries(WORDS, st.from_regex(r"[0-9a-f]{16}", fullmatch=True), max_size=6),
    WORDS,
)
def test_any_text_reads_back(
    settings: dict[str, str], hashes: dict[str, str], main: str
) -> None:
    """Quotes, controls and other scripts are written so that they read back."""
    linked = Linked(
        name="ours:1", machine="amd64", main=main, settings=settings, hashes=hashes
    )
    record = ServerRecord(reference="ours:1", machine="amd64", linked=linked)

    assert record == parse_lock(lock_text(record))


def test_line_ends_and_comments_do_not_count() -> None:
    """Git may turn the line ends, and a user may add a remark."""
    assert RECORD == parse_lock(TEXT.replace("\n", "\r\n") + "# ours\r\n")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TEXT.replace("v1.36.11", "v1.36.12"), "edited by hand"),
        (TEXT.replace("0" * 15 + "1", "0" * 15 + "9"), "edited by hand"),
        (TEXT[: TEXT.rindex("[modules")], "edited by hand"),
        (TEXT[: TEXT.index("[server]") + 30], "damaged"),
        (TEXT.replace("[settings]", "[settings"), "damaged"),
        (TEXT.replace("format = 1", "format = 2"), "format 2"),
        (TEXT.replace("format = 1\n", ""), "no lock file of autofix"),
        ("", "no lock file of autofix"),
        ("version = 4\n[[package]]\nname = 'x'\n", "no lock file of autofix"),
        ("a" * 100_000, "damaged"),
        ("a = " + "[" * 100_000, "damaged"),
        ("a = " + "9" * 100_000, "damaged"),
        (f"<<<<<<< ours\n{TEXT}", "merge conflict"),
        (TEXT.replace('"0000000000000001"', "1"), "damaged"),
        (TEXT.replace("[server]", "[[server]]"), "damaged"),
    ],
)
def test_what_is_no_lock_of_ours(text: str, words: str) -> None:
    """Damaged, edited, newer and foreign files are told apart, none is believed."""
    with pytest.raises(LockError, match=words):
        parse_lock(text)


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_no_mutation_is_believed(data: st.DataObject) -> None:
    """A piece cut out, doubled or changed: refused as such, or nothing has changed."""
    first = data.draw(st.integers(0, len(TEXT)))
    last = data.draw(st.integers(first, min(first + 40, len(TEXT))))
    piece = data.draw(st.sampled_from(("", TEXT[first:last] * 2)) | st.text(max_size=9))
    mutated = TEXT[:first] + piece + TEXT[last:]
    try:
        found = parse_lock(mutated)
    except LockError:
        return

    assert RECORD == found
