"""Tar streams in and out of containers."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.engines.archive import (
    Entry,
    UnpackLimits,
    pack,
    unpack,
    unpack_file,
)
from autofix.errors import UnsafeArchiveError


def tar_of(*members: tarfile.TarInfo, content: bytes = b"") -> list[bytes]:
    """Return a tar stream as tarfile itself writes it, in one chunk."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(content) if member.size else None)
    return [file.getvalue()]


def member_of(
    name: str, kind: bytes = tarfile.REGTYPE, **fields: object
) -> tarfile.TarInfo:
    """Return a header with the given fields."""
    member = tarfile.TarInfo(name)
    member.type = kind
    for key, value in fields.items():
        setattr(member, key, value)
    return member


def in_pieces(data: bytes, size: int) -> Iterator[bytes]:
    """Cut ``data`` into chunks of ``size``."""
    return (data[at : at + size] for at in range(0, len(data), size))


class TestPack:
    """Packing."""

    def test_files_bytes_folders_and_links_arrive(self, tmp_path: Path) -> None:
        """What is packed is what tarfile reads: names, kinds, modes, content, owner."""
        source = tmp_path / "main.go"
        source.write_bytes(b"package main\n" * 100)
        name = "deep/" * 60 + "main.go"

        stream = b"".join(
            pack(
                [
                    Entry(name="folder"),
                    Entry(name=name, content=source),
                    Entry(name="run.sh", content=b"#!/bin/sh\n", mode=0o755),
                    Entry(name="link", link="run.sh"),
                    Entry(name="empty", content=b""),
                ]
            )
        )

        with tarfile.open(fileobj=io.BytesIO(stream)) as archive:
            members = {member.name: member for member in archive}
            content = archive.extractfile(members[name])
            assert content is not None
            assert source.read_bytes() == content.read()

        assert ["folder", name, "run.sh", "link", "empty"] == list(members)
        assert members["folder"].isdir()
        assert 0o755 == members["run.sh"].mode
        assert ("run.sh", True) == (members["link"].linkname, members["link"].issym())
        assert {(0, 0)} == {(member.uid, member.gid) for member in members.values()}

    def test_a_file_that_shrinks_meanwhile_keeps_the_stream_whole(
        self, tmp_path: Path
    ) -> None:
        """The missing bytes become zeros, so that the next member is still found."""
        source = tmp_path / "log"
        source.write_bytes(b"x" * (3 << 20))
        stream = pack(
            [Entry(name="log", content=source), Entry(name="b", content=b"b")]
        )
        parts = [next(stream), next(stream)]
        source.write_bytes(b"")
        parts += list(stream)

        with tarfile.open(fileobj=io.BytesIO(b"".join(parts))) as archive:
            sizes = {member.name: member.size for member in archive}

        assert {"log": 3 << 20, "b": 1} == sizes

    def test_an_unreadable_file_is_an_os_error(self, tmp_path: Path) -> None:
        """Whoever packs hears of the file that cannot be read."""
        with pytest.raises(FileNotFoundError):
            list(pack([Entry(name="a", content=tmp_path / "absent")]))


class TestUnpack:
    """Unpacking what a container sent."""

    @given(
        files=st.dictionaries(
            st.text("abc", min_size=1, max_size=8),
            st.binary(max_size=3000),
            max_size=5,
        ),
        size=st.integers(1, 4000),
    )
    def test_any_chunking_gives_the_files_back(
        self,
        tmp_path_factory: pytest.TempPathFactory,
        files: dict[str, bytes],
        size: int,
    ) -> None:
        """Packing and unpacking is the identity, however the bytes are spread."""
        folder = tmp_path_factory.mktemp("out")
        data = b"".join(
            pack(Entry(name=f"f/{name}", content=body) for name, body in files.items())
        )

        names = unpack(in_pieces(data, size), folder)

        assert tuple(f"f/{name}" for name in files) == names
        assert files == {name: (folder / "f" / name).read_bytes() for name in files}

    def test_the_executable_bit_is_all_that_is_kept(self, tmp_path: Path) -> None:
        """Setuid bits and unreadable modes do not come along."""
        unpack(
            tar_of(member_of("a", mode=0o4755), member_of("b", mode=0o000)), tmp_path
        )

        assert 0o755 == (tmp_path / "a").stat().st_mode & 0o7777
        assert 0o644 == (tmp_path / "b").stat().st_mode & 0o7777

    @pytest.mark.parametrize(
        "member",
        [
            member_of("../evil"),
            member_of("a/../../evil"),
            member_of("/etc/evil"),
            member_of("a\\..\\evil"),
            member_of("link", tarfile.SYMTYPE, linkname="/etc/passwd"),
            member_of("hard", tarfile.LNKTYPE, linkname="other"),
            member_of("pipe", tarfile.FIFOTYPE),
            member_of("disk", tarfile.BLKTYPE),
            member_of("tty", tarfile.CHRTYPE),
        ],
        ids=lambda member: f"{member.type!r} {member.name}",
    )
    def test_what_could_reach_outside_is_refused(
        self, tmp_path: Path, member: tarfile.TarInfo
    ) -> None:
        """Links, devices and names that lead out are refused and write nothing."""
        folder = tmp_path / "folder"
        folder.mkdir()

        with pytest.raises(UnsafeArchiveError):
            unpack(tar_of(member), folder)

        assert [folder] == list(tmp_path.rglob("*"))

    def test_a_name_given_twice_is_refused(self, tmp_path: Path) -> None:
        """A second member cannot replace the first, nor write through it."""
        with pytest.raises(UnsafeArchiveError, match="twice"):
            unpack(tar_of(member_of("a"), member_of("a")), tmp_path)
        with pytest.raises(UnsafeArchiveError, match="twice"):
            unpack(tar_of(member_of("b"), member_of("b/c")), tmp_path)

    def test_limits_hold(self, tmp_path: Path) -> None:
        """Bytes over all files and members are both counted."""
        two = tar_of(
            member_of("a", size=600), member_of("b", size=600), content=b"x" * 600
        )

        with pytest.raises(UnsafeArchiveError, match="1000 bytes"):
            unpack(two, tmp_path / "a", limits=UnpackLimits(size=1000))
        with pytest.raises(UnsafeArchiveError, match="1 files"):
            unpack(two, tmp_path / "b", limits=UnpackLimits(members=1))

    def test_an_endless_header_is_refused_in_bounded_memory(
        self, tmp_path: Path
    ) -> None:
        """A header that says it is 7 GiB long is given up on after a mebibyte."""
        header = member_of("x", tarfile.XHDTYPE, size=7 << 30).tobuf(tarfile.GNU_FORMAT)
        sent = 0

        def stream() -> Iterator[bytes]:
            nonlocal sent
            yield header
            while True:
                sent += 65536
                yield bytes(65536)

        with pytest.raises(UnsafeArchiveError, match="far too long"):
            unpack(stream(), tmp_path)

        assert sent < 2 << 20

    def test_a_sparse_bomb_is_refused(self, tmp_path: Path) -> None:
        """A sparse file could claim any size at no cost."""
        member = member_of("bomb")
        member.pax_headers = {
            "GNU.sparse.map": "0,1",
            "GNU.sparse.size": str(1 << 50),
            "GNU.sparse.name": "bomb",
        }
        data = member.tobuf(tarfile.PAX_FORMAT) + bytes(1024)

        with pytest.raises(UnsafeArchiveError):
            unpack([data], tmp_path)

    @given(st.binary(max_size=2000), st.integers(0, 3000))
    def test_damage_is_one_typed_error_or_harmless(
        self, tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int
    ) -> None:
        """Noise in an archive gives files or UnsafeArchiveError, nothing else."""
        good = b"".join(
            pack([Entry(name="a", content=b"x" * 700), Entry(name="b/c", content=b"y")])
        )
        data = good[:at] + noise + good[at + len(noise) :]
        folder = tmp_path_factory.mktemp("noise")

        try:
            names = unpack([data], folder)
        except UnsafeArchiveError:
            return

        assert all((folder / name).is_file() for name in names)


class TestUnpackFile:
    """Unpacking one file."""

    def test_the_file_is_written(self, tmp_path: Path) -> None:
        """The one regular file arrives whole."""
        target = tmp_path / "nakama"

        unpack_file(
            pack([Entry(name="n", content=b"ELF" * 9999)]), target, size=1 << 20
        )

        assert b"ELF" * 9999 == target.read_bytes()

    @pytest.mark.parametrize(
        "stream",
        [
            tar_of(member_of("folder", tarfile.DIRTYPE)),
            tar_of(member_of("link", tarfile.SYMTYPE, linkname="/etc/passwd")),
            tar_of(member_of("big", size=2000), content=bytes(2000)),
            tar_of(),
            [],
            [b"not a tar archive"],
            [tar_of(member_of("cut", size=900), content=bytes(900))[0][:1000]],
        ],
        ids=["folder", "link", "too big", "empty", "nothing", "no archive", "cut"],
    )
    def test_anything_else_is_refused(
        self, tmp_path: Path, stream: list[bytes]
    ) -> None:
        """A folder, a link, too many bytes, no member or no archive is refused."""
        with pytest.raises(UnsafeArchiveError):
            unpack_file(stream, tmp_path / "file", size=1000)
