"""The engine's byte stream: frames, deadlines, lines, evidence."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.core.model import EvidenceSource, OutputLine, Stream
from autofix.engines.docker.connection import Connection, FrameReader
from autofix.engines.listening import Listener, Stop
from autofix.errors import EngineLostError


def frame(stream: int, data: bytes) -> bytes:
    """Return a frame as the engine sends it."""
    return struct.pack(">BxxxL", stream, len(data)) + data


STDOUT, STDERR = 1, 2


@contextmanager
def connected(
    ask: Callable[[], object] = lambda: None, silence: float = 60.0
) -> Iterator[tuple[Connection, socket.socket]]:
    """Open a connection and the engine's end of it."""
    ours, theirs = socket.socketpair()
    connection = Connection(
        ours, clock=time.monotonic, release=ours.close, ask=ask, silence=silence
    )
    try:
        yield connection, theirs
    finally:
        connection.close()
        theirs.close()


class TestFrameReader:
    """Frames to pieces."""

    @given(
        frames=st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=40))),
        size=st.integers(1, 50),
    )
    def test_any_chunking_gives_the_same_bytes(
        self, frames: list[tuple[int, bytes]], size: int
    ) -> None:
        """Each stream's bytes arrive in order, however they were cut."""
        data = b"".join(frame(stream, body) for stream, body in frames)
        reader = FrameReader()
        got = {Stream.STDOUT: b"", Stream.STDERR: b""}

        for at in range(0, len(data), size):
            for stream, piece in reader.feed(data[at : at + size]):
                got[stream] += piece

        assert {
            Stream.STDOUT: b"".join(body for number, body in frames if number == 1),
            Stream.STDERR: b"".join(body for number, body in frames if number == 2),
        } == got

    def test_a_huge_frame_is_handed_on_as_it_comes(self) -> None:
        """Nothing waits for the end of a frame of four gigabytes."""
        reader = FrameReader()

        pieces = list(reader.feed(struct.pack(">BxxxL", 1, 0xFFFFFFFF) + b"abc"))

        assert [(Stream.STDOUT, b"abc")] == pieces


def test_a_connection_that_broke_before_the_program_began_is_a_lost_engine() -> None:
    """It was restarted between the two calls; the program never ran."""
    with connected() as (connection, engine):
        engine.close()

        with pytest.raises(EngineLostError, match="begin a command"):
            connection.begin()


def test_silence_is_the_program_s_only_while_the_engine_answers() -> None:
    """A silent build goes on for as long as it may; under a stuck engine it ends."""
    asked: list[float] = []

    def ask() -> None:
        asked.append(time.monotonic())
        if len(asked) == 3:
            raise EngineLostError("it hangs")

    with connected(ask, silence=0.05) as (connection, engine):
        engine.sendall(frame(STDOUT, b"compiling\n"))
        listener = Listener(clock=time.monotonic, follow=None)
        with pytest.raises(EngineLostError, match="it hangs"):
            listener.listen(connection, seconds=60)

    assert 3 == len(asked)


class TestListener:
    """Listening to an end that always comes."""

    def test_lines_of_both_streams_are_kept_to_the_last_byte(self) -> None:
        """Whole lines of either stream, and the last one without its newline."""
        with connected() as (connection, engine):
            listener = Listener(clock=time.monotonic, follow=None)
            engine.sendall(frame(STDOUT, b"one\ntw") + frame(STDERR, b"oops\n"))
            engine.sendall(frame(STDOUT, b"o\nthree"))
            engine.close()

            stop = listener.listen(connection, seconds=5)

        evidence = listener.keeper.evidence(source=EvidenceSource.SERVER, exit_code=0)
        assert Stop.ENDED is stop
        assert [
            (Stream.STDOUT, "one"),
            (Stream.STDERR, "oops"),
            (Stream.STDOUT, "two"),
            (Stream.STDOUT, "three"),
        ] == [(line.stream, line.text) for line in evidence.lines]

    def test_silence_ends_at_the_deadline(self) -> None:
        """A program that says nothing is left after the given time."""
        with connected() as (connection, _):
            started = time.monotonic()
            stop = Listener(clock=time.monotonic, follow=None).listen(
                connection, seconds=0.2
            )

        assert Stop.DEADLINE is stop
        assert 0.2 <= time.monotonic() - started < 30

    def test_noise_ends_at_the_deadline_too(self) -> None:
        """A program that never stops talking is left after the given time."""
        with connected() as (connection, engine):
            over = threading.Event()

            def talk() -> None:
                chunk = frame(STDOUT, b"x" * 60000)
                while not over.is_set():
                    try:
                        engine.sendall(chunk)
                    except OSError:
                        return

            talker = threading.Thread(target=talk)
            talker.start()
            listener = Listener(clock=time.monotonic, follow=None)
            stop = listener.listen(connection, seconds=0.3)
            over.set()
            connection.close()
            talker.join(5)

        evidence = listener.keeper.evidence(
            source=EvidenceSource.SERVER, exit_code=None
        )
        assert Stop.DEADLINE is stop
        assert [True] == [line.truncated for line in evidence.lines]

    def test_follow_ends_it_at_once(self) -> None:
        """The line that was waited for ends it although the program goes on."""
        heard: list[str] = []

        def follow(line: OutputLine) -> bool:
            heard.append(line.text)
            return line.text == "Startup done"

        with connected() as (connection, engine):
            engine.sendall(frame(STDOUT, b"starting\nStartup done\n"))
            started = time.monotonic()
            stop = Listener(clock=time.monotonic, follow=follow).listen(
                connection, seconds=30
            )

        assert Stop.ASKED is stop
        assert ["starting", "Startup done"] == heard
        assert time.monotonic() - started < 20

    def test_settling_hears_what_comes_shortly_after(self) -> None:
        """Lines within the settling time count, and its end is not a deadline."""
        heard: list[str] = []

        def follow(line: OutputLine) -> bool:
            heard.append(line.text)
            return line.text == "Startup done"

        with connected() as (connection, engine):
            engine.sendall(frame(STDOUT, b"Startup done\n"))
            later = threading.Timer(
                0.1, engine.sendall, [frame(STDERR, b"fatal after all\n")]
            )
            later.start()
            stop = Listener(clock=time.monotonic, follow=follow).listen(
                connection, seconds=30, settle=0.5
            )
            later.join()

        assert Stop.ASKED is stop
        assert ["Startup done", "fatal after all"] == heard

    def test_an_end_while_settling_is_an_end(self) -> None:
        """A server that dies right after its start did not just go on."""
        with connected() as (connection, engine):
            engine.sendall(frame(STDOUT, b"Startup done\n"))
            engine.close()
            stop = Listener(clock=time.monotonic, follow=lambda _: True).listen(
                connection, seconds=30, settle=5
            )

        assert Stop.ENDED is stop

    def test_data_passes_by_the_evidence(self) -> None:
        """With a sink for data stdout goes there untouched, and stderr is lines."""
        data = bytearray()
        with connected() as (connection, engine):
            listener = Listener(clock=time.monotonic, follow=None, data=data.extend)
            engine.sendall(frame(STDOUT, b"\xff\x00{}\n") + frame(STDERR, b"go: x\n"))
            engine.close()
            listener.listen(connection, seconds=5)

        evidence = listener.keeper.evidence(source=EvidenceSource.GO, exit_code=0)
        assert b"\xff\x00{}\n" == data
        assert ["go: x"] == [line.text for line in evidence.lines]

    def test_a_broken_connection_is_an_end(self) -> None:
        """Whether program or engine ended is for the engine to say."""
        with connected() as (connection, engine):
            engine.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
            engine.sendall(frame(STDOUT, b"half a li"))
            engine.close()
            listener = Listener(clock=time.monotonic, follow=None)

            assert Stop.ENDED is listener.listen(connection, seconds=5)

    def test_what_a_follower_raises_comes_out(self) -> None:
        """A full disk below the caller's log ends the listening."""

        def follow(_: OutputLine) -> bool:
            raise OSError("disk full")

        with connected() as (connection, engine):
            engine.sendall(frame(STDOUT, b"line\n"))
            with pytest.raises(OSError, match="disk full"):
                Listener(clock=time.monotonic, follow=follow).listen(
                    connection, seconds=5
                )
