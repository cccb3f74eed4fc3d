"""A bundle that is none, was cut short, edited or made to do harm is refused."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import tarfile
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autofix.bundling import write_bundle
from autofix.core.manifest import FORMAT, Manifest, Member, manifest_text
from autofix.errors import AutofixError, BundleError, RunUnreadableError, UsageError
from autofix.inputs import read_inputs, restored
from autofix.replaying import replayed
from autofix.runs import read_run
from autofix.unbundling import unbundled
from tests.core.test_automaton import CLASSIC
from tests.core.test_story import journal
from tests.shell.test_reproducing import STUCK, ran

EMPTY = Manifest(
    autofix="0.1.0", run_id="x", began="", end="clean", sources=True, replays=True
)


def member(name: str, content: bytes = b"x", **fields: object) -> tarfile.TarInfo:
    """Return a header with the given fields."""
    found = tarfile.TarInfo(name)
    found.size = len(content)
    for key, value in fields.items():
        setattr(found, key, value)
    return found


def listed(*files: tuple[str, bytes], **changes: object) -> bytes:
    """Return a manifest that names these files rightly."""
    members = tuple(
        Member(name=name, size=len(body), sha256=hashlib.sha256(body).hexdigest())
        for name, body in files
    )
    manifest = replace(EMPTY, members=members)
    text = json.loads(manifest_text(manifest)) | changes
    return json.dumps(text).encode()


def packed(
    path: Path, manifest: bytes, *members: tuple[tarfile.TarInfo, bytes]
) -> Path:
    """Write a bundle with this manifest and whatever else."""
    with tarfile.open(path, "w:gz") as archive:
        archive.addfile(member("manifest.json", manifest), io.BytesIO(manifest))
        for header, content in members:
            archive.addfile(header, io.BytesIO(content))
    return path


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Return a good bundle."""
    run = read_run(ran(tmp_path, STUCK))
    return write_bundle(run, tmp_path / "good.tar.gz").path


def error_of(call: Callable[[], object]) -> AutofixError | None:
    """Return the error of autofix's own that a call ends with."""
    try:
        call()
    except AutofixError as error:
        return error
    return None


@pytest.mark.parametrize(
    "header",
    [
        member("../evil"),
        member("/etc/evil"),
        member("a\\..\\evil.log"),
        member("build.log", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        member("build.log", b"", type=tarfile.LNKTYPE, linkname="/etc/passwd"),
        member("build.log", type=tarfile.CHRTYPE, size=0),
        member("build.log", type=tarfile.FIFOTYPE, size=0),
        member("backup/main.go"),
        member("inputs/other.json"),
        member("folder", type=tarfile.DIRTYPE, size=0),
        member("unlisted.log"),
    ],
)
def test_a_member_that_no_run_has_is_refused(
    tmp_path: Path, header: tarfile.TarInfo
) -> None:
    """Also one that the manifest names; nothing is written outside."""
    names = [(header.name, b"x")] if header.name != "unlisted.log" else []
    out = packed(tmp_path / "b.tar.gz", listed(*names), (header, b"x"))
    folder = tmp_path / "below" / "run"
    folder.parent.mkdir()

    with pytest.raises(BundleError):
        unbundled(out, folder)
    assert [folder] == list(folder.parent.iterdir())
    assert not [each for each in folder.rglob("*") if each.name != "manifest.json"]


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (b"", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not a bundle of autofix"),
        (listed(kind="other"), "not a bundle of autofix"),
        (listed(format=FORMAT + 1), "this version reads"),
        (listed(members=[{"name": "a", "size": -1, "sha256": "0" * 64}]), "size"),
        (listed(members=3), "damaged"),
        (listed(("run.json", b"{}"), ("run.json", b"{}")), "twice"),
        (listed(("run.json", b"{}")), "lacks"),
        (listed(), "lacks"),
    ],
)
def test_a_manifest_that_is_none_is_refused(
    tmp_path: Path, manifest: bytes, words: str
) -> None:
    """It is read before anything else."""
    with pytest.raises(BundleError, match=words):
        unbundled(packed(tmp_path / "b.tar.gz", manifest), tmp_path / "run")


def test_other_content_than_the_manifest_says_is_refused(tmp_path: Path) -> None:
    """Of the same length."""
    out = packed(
        tmp_path / "b.tar.gz",
        listed(("build.log", b"good")),
        (member("build.log", b"evil"), b"evil"),
    )

    with pytest.raises(BundleError, match="not what its manifest says"):
        unbundled(out, tmp_path / "run")


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"\x1f\x8b", b"PK\x03\x04"])
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """Whatever it is called."""
    path = tmp_path / "x.tar.gz"
    path.write_bytes(content)

    with pytest.raises(BundleError, match="cannot be taken for a bundle"):
        unbundled(path, tmp_path / "run")


@pytest.mark.parametrize("suffix", [".tar.gz", ".tar.zst"])
def test_one_cut_short_is_refused(tmp_path: Path, suffix: str) -> None:
    """Wherever it ends."""
    run = read_run(ran(tmp_path, STUCK))
    whole = write_bundle(run, tmp_path / f"good{suffix}").path.read_bytes()
    for number, part in enumerate((0.0, 0.1, 0.5, 0.9, 0.99)):
        path = tmp_path / f"{number}{suffix}"
        path.write_bytes(whole[: int(len(whole) * part)])

        with pytest.raises(BundleError):
            unbundled(path, tmp_path / f"run-{number}")


def bomb_of_zeros(path: Path) -> None:
    """One log of 8 GB in 8 MB."""
    size = 8 << 30
    header = member("build.log")
    header.size = size
    manifest = listed(members=[{"name": "build.log", "size": size, "sha256": "0" * 64}])
    first = packed(path, manifest).read_bytes()
    start = gzip.decompress(first)[: -tarfile.RECORDSIZE]
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(start.rstrip(b"\0") + bytes(-len(start.rstrip(b"\0")) % 512))
        file.write(header.tobuf(tarfile.GNU_FORMAT))
        file.write(bytes(64 << 20))


def bomb_of_members(path: Path) -> None:
    """More empty logs than any run has."""
    names = [(f"a{number}.log", b"") for number in range(5000)]
    headers = ((member(name, b""), b"") for name, _ in names)
    packed(path, listed(*names), *headers)


def bomb_of_a_header(path: Path) -> None:
    """A name of 64 MB."""
    packed(path, listed(), (member("x" * (64 << 20)), b"x"))


@pytest.mark.parametrize("bomb", [bomb_of_zeros, bomb_of_members, bomb_of_a_header])
def test_a_bomb_is_refused_soon_and_in_little_memory(
    tmp_path: Path, bomb: Callable[[Path], None]
) -> None:
    """Before it has filled disk or memory."""
    path = tmp_path / "bomb.tar.gz"
    bomb(path)
    began = time.process_time()
    tracemalloc.start()

    with pytest.raises(BundleError):
        unbundled(path, tmp_path / "run")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    written = sum(p.stat().st_size for p in (tmp_path / "run").rglob("*"))

    assert time.process_time() - began < 10
    assert peak < 64 << 20
    assert written < 64 << 20


def test_a_bomb_among_the_sources_is_refused(bundle: Path, tmp_path: Path) -> None:
    """What is packed in it is unpacked with the same care."""
    unpacked = unbundled(bundle, tmp_path / "run")
    sources = unpacked.folder / "inputs" / "sources.tar.gz"
    header = member("project/zeros")
    header.size = 1 << 29
    with gzip.open(sources, "wb", compresslevel=1) as file:
        file.write(header.tobuf())
        file.write(bytes(1 << 27))

    with pytest.raises(RunUnreadableError, match="holds more than"):
        restored(unpacked.folder, read_inputs(unpacked.folder), tmp_path / "into")


@pytest.mark.parametrize(
    "content", [b"", b"{}\n", b"no\n{}\n", b"[" * 100_000 + b"\n\n{}"]
)
def test_a_journal_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    """With the words that any unreadable run gets."""
    files = [("journal.jsonl", content), ("run.json", b"{}")]
    headers = [(member(name, body), body) for name, body in files]
    out = packed(tmp_path / "b.tar.gz", listed(*files), *headers)

    with pytest.raises(RunUnreadableError, match="cannot be read"):
        read_run(unbundled(out, tmp_path / "run").folder)


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), chance=st.integers(0, 2**32))
def test_a_journal_that_no_run_wrote_is_refused_or_differs(
    seed: int, chance: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Steps left out, repeated or of another run: never another exception."""
    dice = random.Random(chance)
    entries = journal(seed) + journal(seed + 1)[:4]
    dice.shuffle(entries)
    path = ran(tmp_path_factory.mktemp("run"), STUCK)
    past = replace(read_run(path), entries=tuple(entries[: dice.randint(1, 12)]))
    header = replace(past.header, policy=CLASSIC)

    edited = replace(past, header=header)
    refusal = error_of(lambda: replayed(edited))

    assert refusal is None or "cannot be replayed" in refusal.what


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(place=st.integers(0, 10**9), bit=st.integers(0, 7), inside=st.booleans())
def test_one_flipped_bit_is_refused_or_changes_nothing(
    bundle: Path,
    tmp_path_factory: pytest.TempPathFactory,
    place: int,
    bit: int,
    inside: bool,
) -> None:
    """Compressed or in the archive itself, with a typed error."""
    whole = bundle.read_bytes()
    data = bytearray(gzip.decompress(whole) if inside else whole)
    data[place % len(data)] ^= 1 << bit
    folder = tmp_path_factory.mktemp("flipped")
    path = folder / "b.tar.gz"
    path.write_bytes(gzip.compress(bytes(data), 1) if inside else bytes(data))

    refusal = error_of(lambda: read_run(unbundled(path, folder / "run").folder))

    assert refusal is None or isinstance(refusal, UsageError)
    assert refusal is None or refusal.exit_code == 2
