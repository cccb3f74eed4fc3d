"""
A million mutated log bytes: no exception, no line that takes long, bounded words.

``python -m tests.core.test_mutated_lines BYTES`` goes on for as many bytes as asked,
with a seed that is printed.
"""

from __future__ import annotations

import random
import sys
import time

import pytest

from autofix.core.diagnose import QUOTE_LIMIT, Context, diagnose, explain
from autofix.core.model import Diagnosis, EvidenceSource, Stream
from autofix.core.stream import LINE_LIMIT, EvidenceKeeper, LineBuffer
from tests.core.failure_cases import NAKAMA_3_40, failure_cases

SEED = 20261122
MILLION = 1_000_000
SLOWEST = 1.0
"""Seconds for one program's output; most take a few milliseconds."""
MOST_WORDS = 20_000

TEXTS = tuple(case.text.encode() for case in failure_cases() if case.text)
CONTEXTS = (Context(), Context(server=NAKAMA_3_40, plugin="backend.so"))
JUNK = (
    b"\x00",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\x1b[31m",
    b"\x1b]0;x",
    b"\r\r\n",
    b'{"level":"error","msg":',
    b"[" * 3000,
    b'{"a":' * 3000,
    b"9" * 5000,
    b"plugin.Open(",
    b"://u:p@",
    b" => ",
    b"@v1.2.3",
    b": ",
    b"\\u0000",
    b"%s{0}",
    "\u202e\u2028".encode(),
    b"/" * 400,
    b"a." * 400,
    b"\t" * 400,
    b" " * 4000,
    b'\\"' * 500,
)


def mutated(dice: random.Random) -> bytes:
    """Return recorded lines cut, repeated, run together and strewn with junk."""
    data = bytearray(b"\n".join(dice.choices(TEXTS, k=dice.randint(1, 3))))
    for _ in range(dice.randint(1, 8)):
        at = dice.randrange(len(data) + 1)
        end = min(len(data), at + dice.randrange(1, 200))
        match dice.randrange(6):
            case 0:
                data[at:end] = b""
            case 1:
                data[at:at] = data[at:end] * dice.choice((1, 2, 50, 300))
            case 2:
                data[at:at] = dice.choice(JUNK)
            case 3:
                data[at:end] = bytes(dice.randrange(256) for _ in range(end - at))
            case 4:
                other = dice.choice(TEXTS)
                start = dice.randrange(len(other))
                data[at:at] = other[start : start + 300]
            case _:
                data[at:end] = data[at:end].replace(b"\n", b" ").replace(b'"', b"")
        del data[200_000:]
    return bytes(data)


def heard(data: bytes, dice: random.Random) -> list[Diagnosis]:
    """Hear a program's output in chunks, and diagnose it in every way."""
    keeper, buffer = EvidenceKeeper(), LineBuffer(Stream.STDOUT)
    place = 0
    while place < len(data):
        size = dice.choice((1, 17, 4096, 1 << 20))
        for line in buffer.feed(data[place : place + size]):
            keeper.add(line)
        place += size
    for line in buffer.close():
        keeper.add(line)
    context = dice.choice(CONTEXTS)
    text = data.decode("utf-8", "replace")
    source = dice.choice(list(EvidenceSource))
    code = dice.choice((None, 0, 1, 2, 137))
    evidence = keeper.evidence(source=source, exit_code=code)
    assert all(len(line.text) <= LINE_LIMIT for line in evidence.lines)
    return [diagnose(evidence, context), *explain(text, context)]


def fuzz(size: int, seed: int) -> float:
    """Hear ``size`` bytes and return the seconds that the slowest output took."""
    done, number, slowest = 0, 0, 0.0
    while done < size:
        dice = random.Random(f"{seed}/{number}")
        data = mutated(dice)
        started = time.process_time()
        try:
            found = heard(data, dice)
        except Exception as error:
            error.add_note(f"seed {seed}, output {number}")
            raise
        slowest = max(slowest, time.process_time() - started)
        assert slowest < SLOWEST, (seed, number)
        for diagnosis in found:
            assert len(diagnosis.quoted) <= 2 * QUOTE_LIMIT, (seed, number)
            words = len(diagnosis.words) + len(diagnosis.remedy)
            assert words < MOST_WORDS, (seed, number)
            assert sum(map(len, diagnosis.facts.values())) < MOST_WORDS, (seed, number)
        done += len(data)
        number += 1
    return slowest


def test_a_million_mutated_bytes() -> None:
    """Whatever a program prints, its diagnosis comes, soon and short."""
    assert fuzz(MILLION, SEED) < SLOWEST


@pytest.mark.parametrize(
    "name",
    [
        "plugin-panics",
        "compiler-out-of-memory",
        "network-unreachable",
        "code-does-not-compile",
    ],
)
def test_a_long_log_of_one_failure_takes_no_longer_than_its_lines(name: str) -> None:
    """Lines that ask for a look at all others share it: no square of their number."""
    lines = next(c.text for c in failure_cases() if name in c.title).splitlines()
    count = 20_000 // len(lines)
    text = "\n".join(f"{line} {n}" for n in range(count) for line in lines)
    started = time.process_time()
    explain(text, Context(server=NAKAMA_3_40))

    assert time.process_time() - started < 30


if __name__ == "__main__":
    chosen = random.SystemRandom().randrange(1 << 32)
    seconds = fuzz(int(sys.argv[1]), chosen)
    sys.stdout.write(f"seed {chosen}: the slowest output took {seconds:.3f} s\n")
