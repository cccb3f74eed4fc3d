from __future__ import annotations

import time
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from autofix.core.model import EvidenceSource, OutputLine, Stream
from autofix.core.stream import EvidenceKeeper, LineBuffer

LIMIT = 8


def lines_of(*chunks: bytes, limit: int = LIMIT) -> list[OutputLine]:
    """Feed all chunks to a fresh buffer and close it."""
    buffer = LineBuffer(Stream.STDOUT, limit)
    lines = [line for chunk in chunks for line in buffer.feed(chunk)]
    return lines + buffer.close()


def texts_of(*chunks: bytes) -> list[str]:
    """Return the texts only."""
    return [line.text for line in lines_of(*chunks)]


@st.composite
def chunked(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    """Bytes rich in line ends, and one way to cut them into chunks."""
    pieces = st.sampled_from(
        [b"\n", b"\r\n", b"\r", b"a", b"bcd", b"\xc3\xa9", b"\xff"]
    )
    data = b"".join(draw(st.lists(st.one_of(pieces, st.binary(max_size=12)))))
    cuts = sorted(draw(st.lists(st.integers(0, len(data)))))
    bounds = [0, *cuts, len(data)]
    return data, [data[start:end] for start, end in pairwise(bounds)]


@given(chunked())
def test_chunking_makes_no_difference(case: tuple[bytes, list[bytes]]) -> None:
    """Any way of cutting the bytes into chunks gives the same lines."""
    data, chunks = case

    assert lines_of(data) == lines_of(*chunks)


@given(chunked())
def test_lines_are_the_bytes_between_newlines(case: tuple[bytes, list[bytes]]) -> None:
    """Each line is what stands between two newlines, without a CR, up to the limit."""
    data, chunks = case
    whole = data.split(b"\n")
    if not whole[-1]:
        whole.pop()

    expected = [line.removesuffix(b"\r") for line in whole]

    assert [
        (line[:LIMIT].decode("utf-8", "replace"), len(line) > LIMIT)
        for line in expected
    ] == [(line.text, line.truncated) for line in lines_of(*chunks)]


def test_last_partial_line_comes_at_close() -> None:
    """A stream that ends without a newline loses nothing."""
    assert ["a", "b"] == texts_of(b"a\nb")
    assert ["a"] == texts_of(b"a\n")


def test_carriage_return_split_from_its_newline() -> None:
    """A CRLF is one line end also when a chunk ends between the two bytes."""
    assert ["a", "b"] == texts_of(b"a\r", b"\nb\r\n")


def test_line_of_exactly_the_limit_is_whole() -> None:
    """The limit counts the line's own bytes, not its CR."""
    assert [("a" * LIMIT, False)] == [
        (line.text, line.truncated) for line in lines_of(b"a" * LIMIT + b"\r\n")
    ]
    assert [("a" * LIMIT, True)] == [
        (line.text, line.truncated) for line in lines_of(b"a" * (LIMIT + 1) + b"\n")
    ]


def test_endless_line_keeps_memory_bounded() -> None:
    """A line without an end is held only up to the limit, and the next one is whole."""
    buffer = LineBuffer(Stream.STDERR, 1000)
    for _ in range(1000):
        assert [] == buffer.feed(b"x" * 10_000)
    assert len(buffer._pending) <= 1001

    first, second = buffer.feed(b"\nnext\n")

    assert (1000, True) == (len(first.text), first.truncated)
    assert ("next", False) == (second.text, second.truncated)


def test_invalid_bytes_are_replaced() -> None:
    """Bytes that are no UTF-8 become replacement characters."""
    assert ["\ufffda"] == texts_of(b"\xffa\n")


def kept(*texts: str, keeper: EvidenceKeeper) -> tuple[list[str], int]:
    """Return the texts that a keeper keeps of these lines, and how many it left out."""
    for text in texts:
        keeper.add(OutputLine(stream=Stream.STDOUT, text=text))
    evidence = keeper.evidence(source=EvidenceSource.SERVER, exit_code=1)
    return [line.text for line in evidence.lines], evidence.omitted


def test_first_last_and_telling_lines_are_kept_in_order() -> None:
    """Noise in the middle goes, the failure in it stays, in its place."""
    failure = '{"level":"error","msg":"Could not open Go module"}'
    lines = ["a", "b", *["noise"] * 50, failure, *["noise"] * 50, "y", "z"]

    texts, omitted = kept(*lines, keeper=EvidenceKeeper(first=2, last=2))

    assert ["a", "b", failure, "y", "z"] == texts
    assert 100 == omitted


def test_nothing_is_omitted_from_a_short_log() -> None:
    """Lines that fit are all there, once."""
    assert (["a", "b", "c"], 0) == kept(
        "a", "b", "c", keeper=EvidenceKeeper(first=2, last=2)
    )


def test_own_errors_of_the_plugin_do_not_fill_the_evidence() -> None:
    """A plugin that logs errors without end leaves room for the server's own."""
    own = '{"level":"error","runtime":"go","msg":"tick"}'
    fatal = '{"level":"fatal","msg":"Failed initializing runtime modules"}'
    keeper = EvidenceKeeper(first=1, last=1, telling=3)

    texts, _ = kept(*[own] * 500, fatal, *[own] * 500, keeper=keeper)

    assert [own, fatal, own] == texts


def test_telling_lines_are_capped() -> None:
    """A server that only logs errors costs a bounded amount of memory."""
    error = '{"level":"error","msg":"again"}'

    texts, omitted = kept(
        *[error] * 1000, keeper=EvidenceKeeper(first=10, last=10, telling=10)
    )

    assert (30, 970) == (len(texts), omitted)


def test_long_lines_without_meaning_are_cut() -> None:
    """A line kept for its place only is cut, and says so."""
    keeper = EvidenceKeeper(width=10)
    keeper.add(OutputLine(stream=Stream.STDOUT, text="x" * 100))

    (line,) = keeper.evidence(source=EvidenceSource.BUILD, exit_code=0).lines

    assert ("x" * 10, True) == (line.text, line.truncated)


def test_long_telling_lines_are_cut_later() -> None:
    """A failure keeps more of its line, but not without bound."""
    keeper = EvidenceKeeper(width=100)
    keeper.add(OutputLine(stream=Stream.STDERR, text="panic: " + "x" * 1000))

    (line,) = keeper.evidence(source=EvidenceSource.SERVER, exit_code=2).lines

    assert (400, True) == (len(line.text), line.truncated)


def test_how_it_ended_is_kept() -> None:
    """The evidence says how the program ended."""
    evidence = EvidenceKeeper().evidence(
        source=EvidenceSource.CHECK,
        exit_code=None,
        timed_out=True,
        out_of_memory=True,
        seconds=2.5,
    )

    assert (EvidenceSource.CHECK, None, True, True, 2.5) == (
        evidence.source,
        evidence.exit_code,
        evidence.timed_out,
        evidence.out_of_memory,
        evidence.seconds,
    )


def test_a_megabyte_costs_little() -> None:
    """A server that logs a megabyte a second is followed with time to spare."""
    line = b'{"level":"info","ts":"2026-11-22T14:17:29.004Z","msg":"tick tock"}\n'
    chunk = line * 100
    buffer, keeper = LineBuffer(Stream.STDOUT), EvidenceKeeper()
    began = time.process_time()

    for _ in range(10_000_000 // len(chunk)):
        for item in buffer.feed(chunk):
            keeper.add(item)

    assert time.process_time() - began < 5
