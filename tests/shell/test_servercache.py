from __future__ import annotations

import json
import os
import random
import subprocess
import threading
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from autofix import servercache
from autofix.core.codec import encode
from autofix.core.serverrecord import ServerRecord
from autofix.servercache import MOST_SERVERS, ServerCache, cache_home
from tests.core.linked_pairs import PAIR


def record(number: int, reference: str = "heroiclabs/nakama:3.40.0") -> ServerRecord:
    """Make a record of an image of its own."""
    return ServerRecord(
        reference=reference,
        machine="amd64",
        linked=PAIR.server,
        identity=f"sha256:{number:064x}",
        digest="sha256:d",
        release="3.40.0",
        read="2026-11-22T19:00:00+00:00",
    )


def the_file(cache: ServerCache) -> Path:
    """Return the only server that is kept."""
    (path,) = (cache.folder / "servers").iterdir()
    return path


def test_folder() -> None:
    """XDG_CACHE_HOME is followed where it is absolute, as its specification asks."""
    assert Path("/c/autofix") == cache_home({"XDG_CACHE_HOME": "/c", "HOME": "/h"})
    assert Path("/h/.cache/autofix") == cache_home(
        {"XDG_CACHE_HOME": "c", "HOME": "/h"}
    )


def test_kept_and_found(tmp_path: Path) -> None:
    """A record is found by its image, and by the reference that named it."""
    cache = ServerCache(folder=tmp_path)
    cache.keep(record(1))

    assert record(1) == cache.find(record(1).identity)
    assert record(1) == cache.named(["other:1", "heroiclabs/nakama:3.40.0"])
    assert cache.find(record(2).identity) is None
    assert cache.named(["other:1"]) is None


def test_a_tag_that_moved(tmp_path: Path) -> None:
    """A reference means the image that it named last; both images stay known."""
    cache = ServerCache(folder=tmp_path)
    cache.keep(record(1, "ours:latest"))
    cache.keep(record(2, "ours:latest"))

    assert record(2, "ours:latest") == cache.named(["ours:latest"])
    assert cache.find(record(1).identity) is not None


def test_two_names_of_one_image(tmp_path: Path) -> None:
    """Each name finds the image, under that name."""
    cache = ServerCache(folder=tmp_path)
    cache.keep(record(1, "a:1"))
    cache.keep(record(1, "b:1"))

    assert ("a:1", "b:1") == tuple(
        found.reference for name in ("a:1", "b:1") if (found := cache.named([name]))
    )


@pytest.mark.parametrize("identity", ["", "local", "sha256:12", "sha256:../../x"])
def test_what_names_no_image_is_not_kept(identity: str, tmp_path: Path) -> None:
    """Only an id that is a digest of the content may stand for the content."""
    cache = ServerCache(folder=tmp_path)
    cache.keep(replace(record(1), identity=identity))

    assert [] == list(tmp_path.iterdir())
    assert cache.find(identity) is None


def _forged(body: bytes, number: int = servercache.FORMAT) -> bytes:
    return f"autofix {number} {sha256(body).hexdigest()}\n".encode() + body


OTHER = json.dumps(encode(record(2))).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 1000,
        b"{}",
        OTHER,
        _forged(OTHER),
        _forged(OTHER, number=servercache.FORMAT + 1),
        _forged(b"{}"),
        _forged(b"[1]"),
        _forged(b"not json"),
        _forged(b"[" * 100_000),
        _forged(OTHER)[:-1],
        _forged(OTHER.replace(b"0000000000000001", b"0000000000000002")),
    ],
)
def test_a_damaged_file_is_written_anew(content: bytes, tmp_path: Path) -> None:
    """Cut off, foreign, of another format or another image: it counts as absent."""
    cache = ServerCache(folder=tmp_path)
    cache.keep(record(1))
    the_file(cache).write_bytes(content)

    assert cache.find(record(1).identity) is None
    cache.keep(record(1))
    assert record(1) == cache.find(record(1).identity)


@pytest.mark.parametrize("place", range(0, 5000, 61))
def test_a_flipped_bit_is_noticed(place: int, tmp_path: Path) -> None:
    """No single byte can change and be believed."""
    cache = ServerCache(folder=tmp_path)
    cache.keep(record(1))
    path = the_file(cache)
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= 1
    path.write_bytes(content)

    assert cache.find(record(1).identity) is None


def test_bounded(tmp_path: Path) -> None:
    """The images used longest ago make room."""
    cache = ServerCache(folder=tmp_path)
    for number in range(MOST_SERVERS + 3):
        cache.keep(record(number))
        path = tmp_path / "servers" / f"{number:064x}.json"
        os.utime(path, (number, number))
    cache.keep(record(99))

    assert MOST_SERVERS == len(list((tmp_path / "servers").iterdir()))
    assert cache.find(record(0).identity) is None
    assert cache.find(record(99).identity) is not None


def test_left_by_a_killed_process(tmp_path: Path) -> None:
    """A file that was never finished goes with the next one that is kept."""
    cache = ServerCache(folder=tmp_path)
    cache.keep(record(1))
    unfinished = tmp_path / "servers" / f".{1:064x}.abcd"
    unfinished.write_bytes(b"autofix 1")
    os.utime(unfinished, (1, 1))
    cache.keep(record(2))

    assert not unfinished.exists()


@pytest.mark.parametrize("obstacle", ["file", "folder"])
def test_what_cannot_be_written_is_not_kept(obstacle: str, tmp_path: Path) -> None:
    """A folder that is a file, or a file that is a folder, ends nothing."""
    cache = ServerCache(folder=tmp_path / "cache")
    if obstacle == "file":
        cache.folder.write_text("in the way")
    else:
        (cache.folder / "servers" / f"{1:064x}.json").mkdir(parents=True)
    cache.keep(record(1))

    assert cache.find(record(1).identity) is None


def test_read_only_folder() -> None:
    """Where nothing may be written nothing is kept (root may always write)."""
    cache = ServerCache(folder=Path("/proc/autofix"))
    cache.keep(record(1))

    assert cache.find(record(1).identity) is None
    assert () == cache.clear()


def test_cleared(tmp_path: Path) -> None:
    """What was kept is removed, and nothing beside it."""
    cache = ServerCache(folder=tmp_path)
    cache.keep(record(1))
    (tmp_path / "servers" / "notes.txt").write_text("mine")

    assert 2 == len(cache.clear(dry_run=True))
    assert record(1) == cache.find(record(1).identity)
    assert 2 == len(cache.clear())
    assert cache.find(record(1).identity) is None
    assert (tmp_path / "servers" / "notes.txt").exists()


def test_many_at_once(tmp_path: Path) -> None:
    """Whoever reads while others write sees a whole record or none."""
    cache = ServerCache(folder=tmp_path)
    wrong: list[ServerRecord] = []

    def work(number: int) -> None:
        for turn in range(30):
            mine = replace(record(1), release=f"{number}.{turn}.0")
            cache.keep(mine)
            found = cache.find(mine.identity)
            if found is None or replace(found, release=mine.release) != mine:
                wrong.append(mine)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [] == wrong
    assert 1 == len(list((tmp_path / "servers").iterdir()))


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_keeps_nothing_and_ends_nothing(tmp_path: Path) -> None:
    """What is there already stays readable; no unfinished file is left."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(tmp_path)]
    subprocess.run(mount, check=True)
    try:
        cache = ServerCache(folder=tmp_path)
        cache.keep(record(1))
        (tmp_path / "full").write_bytes(bytes(4096))
        hashes = {f"example.com/{number}": "0" * 16 for number in range(2000)}
        large = replace(record(2), linked=replace(PAIR.server, hashes=hashes))
        cache.keep(large)

        assert record(1) == cache.find(record(1).identity)
        assert cache.find(large.identity) is None
        assert 1 == len(list((tmp_path / "servers").iterdir()))
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


@pytest.mark.parametrize("seed", range(300))
def test_no_json_of_another_form_is_believed(seed: int, tmp_path: Path) -> None:
    """Rightly sealed, but with a part that is something else: absent, never an error."""
    dice = random.Random(seed)
    stored = encode(record(1))
    place: Any = stored
    while isinstance(place, dict) and dice.random() < 0.8:
        key = dice.choice(sorted(place))
        if not isinstance(place[key], dict) or not place[key]:
            place[key] = dice.choice([None, 1, "", [], {}, [[]], {"is": "Linked"}, 1e9])
            break
        place = place[key]
    cache = ServerCache(folder=tmp_path)
    cache.keep(record(1))
    the_file(cache).write_bytes(_forged(json.dumps(stored).encode()))
    found = cache.find(record(1).identity)

    assert found is None or isinstance(found, ServerRecord)
