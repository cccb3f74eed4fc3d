from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from autofix.comparing import (
    PLUGIN_FILE,
    Place,
    Reader,
    compared,
    placed,
    read_binary,
    read_imports,
)
from autofix.core.compare import Cause
from autofix.core.lockfile import lock_text
from autofix.core.serverrecord import ServerRecord
from autofix.engines.base import Builder, Database, Image
from autofix.errors import (
    BinaryError,
    ConfigError,
    EngineUnavailableError,
    ForeignImageError,
    ImageMissingError,
    LockFileError,
    UsageError,
)
from autofix.servercache import ServerCache
from autofix.truth import SERVER_BINARY
from tests.core.plugin_elves import PluginElf

HASHES = {"fmt": bytes(8), "example.com/leaf": bytes(8)}
INFO = "path\t{0}\nmod\t{0}\t(devel)\t\ndep\texample.com/leaf\t{1}\nbuild\t-buildmode={2}\n"
SERVER = PluginElf(
    hashes={**HASHES, "main": bytes(8)}, info=INFO.format("server", "v1.0.0", "exe")
).laid_out()
PLUGIN = PluginElf(
    hashes={**HASHES, "example.com/leaf": b"\1" * 8},
    order=("fmt", "example.com/leaf"),
    info=INFO.format("example.com/game", "v1.1.0", "plugin"),
).laid_out()


class FilesEngine:
    """An engine whose images are files: reference and path to content."""

    name = "fake"

    def __init__(self, files: dict[tuple[str, str], bytes]) -> None:
        self._files = files
        self.opened = 0
        self.closed = 0
        self.copied = 0

    @contextmanager
    def open(self) -> Iterator[FilesEngine]:
        """Count how often it is opened and closed."""
        self.opened += 1
        yield self
        self.closed += 1

    def image(self, references: Sequence[str], **_wanted: object) -> Image:
        """Find the first image that has a file."""
        held = [each for each in references if each in dict(self._files.keys())]
        if not held:
            raise ImageMissingError(
                "No image can be had.", todo="Name another with --server-image."
            )
        reference = held[0]
        identity = f"sha256:{sha256(reference.encode()).hexdigest()}"
        return Image(
            reference=reference, identity=identity, digest="d", machine="amd64"
        )

    def copy_out(self, image: Image, path: str, target: Path) -> None:
        """Copy a file."""
        self.copied += 1
        if (image.reference, path) not in self._files:
            raise ForeignImageError(f"{image.reference} has no file {path}.")
        target.write_bytes(self._files[image.reference, path])

    def builder(self, image: Image) -> AbstractContextManager[Builder]:
        """Have no builder."""
        raise NotImplementedError(image)

    def database(self, image: Image) -> AbstractContextManager[Database]:
        """Have no database."""
        raise NotImplementedError(image)

    def serve(self, *_arguments: object, **_sandbox: object) -> None:
        """Start no server: nothing of an image is run."""
        raise NotImplementedError


@pytest.fixture
def pair(tmp_path: Path) -> tuple[str, str]:
    """Write a server and a plugin that differ in one module."""
    (tmp_path / "nakama").write_bytes(SERVER)
    (tmp_path / "backend.so").write_bytes(PLUGIN)
    return str(tmp_path / "nakama"), str(tmp_path / "backend.so")


def no_engine() -> AbstractContextManager[FilesEngine]:
    """Fail: for files on this machine no engine is needed."""
    raise AssertionError


def test_two_files(pair: tuple[str, str]) -> None:
    """Files on this machine are compared without any engine."""
    with Reader(open_engine=no_engine) as reader:  # type: ignore[arg-type]
        found = compared(reader, *pair)

    assert [("example.com/leaf", Cause.ROOT)] == [
        (each.package, each.cause) for each in found.differing
    ]
    assert "example.com/leaf" == found.foretelling.package


def test_two_images() -> None:
    """Each file comes out of its image; the engine is opened once and closed."""
    engine = FilesEngine(
        {
            ("heroiclabs/nakama:3.40.0", SERVER_BINARY): SERVER,
            ("my/game:7", PLUGIN_FILE): PLUGIN,
        }
    )
    with Reader(open_engine=engine.open) as reader:  # type: ignore[arg-type]
        found = compared(reader, "3.40.0", "my/game:7")

    assert (
        f"heroiclabs/nakama:3.40.0:{SERVER_BINARY}",
        f"my/game:7:{PLUGIN_FILE}",
    ) == (
        found.server.name,
        found.plugin.name,
    )
    assert (1, 1) == (engine.opened, engine.closed)


def test_an_image_that_is_missing_is_asked_for_in_this_commands_words(
    pair: tuple[str, str],
) -> None:
    """Comparing has no option that names another image."""
    with (
        Reader(open_engine=FilesEngine({}).open) as reader,  # type: ignore[arg-type]
        pytest.raises(ImageMissingError) as missing,
    ):
        compared(reader, "3.40.0", pair[1])

    assert "by its path" in missing.value.todo
    assert "--server-image" not in str(missing.value)


def test_other_file_in_an_image(pair: tuple[str, str]) -> None:
    """IMAGE:/path names it; a missing one is the image's fault."""
    engine = FilesEngine({("my/game:7", "/opt/other.so"): PLUGIN})
    with Reader(open_engine=engine.open) as reader:  # type: ignore[arg-type]
        found = compared(reader, pair[0], "my/game:7:/opt/other.so")

        assert "my/game:7:/opt/other.so" == found.plugin.name
        with pytest.raises(ForeignImageError):
            compared(reader, pair[0], "my/game:7")


@pytest.mark.parametrize(
    ("word", "references", "file"),
    [
        ("nakama", ("nakama",), "/f"),
        ("my/game:7", ("my/game:7",), "/f"),
        ("reg.example.com:5000/a/b:1", ("reg.example.com:5000/a/b:1",), "/f"),
        ("my/game:7:/a/b.so", ("my/game:7",), "/a/b.so"),
        ("my/game:/a/b.so", ("my/game",), "/a/b.so"),
        (
            "3.38.0",
            (
                "heroiclabs/nakama:3.38.0",
                "registry.heroiclabs.com/heroiclabs/nakama:3.38.0",
            ),
            "/f",
        ),
    ],
)
def test_words_that_name_images(
    word: str, references: tuple[str, ...], file: str
) -> None:
    """Releases, images and files in images are told apart by their form."""
    assert Place(references=references, file=file) == placed(word, file="/f")


def test_stand_ins_only_when_asked_for() -> None:
    """The kit's server is tried last, and only with --kit."""
    assert (
        "autofix-kit/nakama:3.40.0" in placed("3.40.0", file="/f", kit=True).references
    )
    assert "autofix-kit/nakama:3.40.0" not in placed("3.40.0", file="/f").references


def test_a_file_wins_over_an_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What exists on this machine is what is meant."""
    (tmp_path / "nakama").write_bytes(SERVER)
    monkeypatch.chdir(tmp_path)

    assert Place(path=Path("nakama")) == placed("nakama", file="/f")


@pytest.mark.parametrize(
    "word",
    ["backend.so", "./nakama", "/nonexistent", "~/x", "No Image", ""],
)
def test_words_that_name_nothing(word: str) -> None:
    """A missing file is said at once, not looked for in a registry."""
    with pytest.raises(UsageError):
        placed(word, file="/f")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"\xcf\xfa\xed\xfe\x07\0\0\x01" + bytes(24), "built for macOS"),
        (b"MZ" + bytes(100), "built for Windows"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (bytes(100), "is no Linux program"),
        (SERVER[:100], "damaged"),
    ],
)
def test_files_that_are_no_binaries(tmp_path: Path, content: bytes, told: str) -> None:
    """Each is refused with the likely reason."""
    (tmp_path / "x.so").write_bytes(content)

    with pytest.raises(BinaryError, match=told):
        read_binary(tmp_path / "x.so", "x.so")


def test_pairs_that_cannot_be_compared(pair: tuple[str, str], tmp_path: Path) -> None:
    """The wrong order, a server without cgo and a program instead of a plugin."""
    server, plugin = pair
    bare = tmp_path / "bare"
    bare.write_bytes(PluginElf(hashes={}).laid_out())
    with Reader(open_engine=no_engine) as reader:  # type: ignore[arg-type]
        with pytest.raises(UsageError, match="is a plugin and"):
            compared(reader, plugin, server)
        with pytest.raises(BinaryError, match="cannot open plugins"):
            compared(reader, str(bare), plugin)
        with pytest.raises(BinaryError, match="no Go plugin"):
            compared(reader, server, str(bare))
        with pytest.raises(UsageError, match="is a folder"):
            compared(reader, str(tmp_path), plugin)


def test_imports_of_another_form() -> None:
    """What go list did not print is refused with its name."""
    assert {"fmt": ("io",)} == read_imports("fmt io\n", "imports.txt")
    with pytest.raises(ConfigError, match=r"imports\.txt"):
        read_imports("{}", "imports.txt")


def engine_away() -> AbstractContextManager[FilesEngine]:
    """Be an engine that does not answer."""
    raise EngineUnavailableError("No engine answers.")


def test_a_release_read_before_needs_no_engine(
    pair: tuple[str, str], tmp_path: Path
) -> None:
    """Its facts come from the cache, and the comparison says so, and of which day."""
    cache = ServerCache(folder=tmp_path / "cache")
    engine = FilesEngine({("heroiclabs/nakama:3.40.0", SERVER_BINARY): SERVER})
    with Reader(open_engine=engine.open, cache=cache) as reader:  # type: ignore[arg-type]
        first = compared(reader, "3.40.0", pair[1])
        again = compared(reader, "3.40.0", pair[1])
    with Reader(open_engine=engine_away, cache=cache) as reader:  # type: ignore[arg-type]
        without = compared(reader, "3.40.0", pair[1])
        with pytest.raises(EngineUnavailableError):
            compared(reader, "3.39.0", pair[1])

    assert 1 == engine.copied
    assert first == again
    assert first.differing == without.differing
    assert "(as read on 20" in without.server.name


def test_other_files_of_an_image_are_not_kept(
    pair: tuple[str, str], tmp_path: Path
) -> None:
    """Only the server itself is what an image is known by."""
    cache = ServerCache(folder=tmp_path / "cache")
    engine = FilesEngine({("my/game:7", PLUGIN_FILE): PLUGIN})
    with Reader(open_engine=engine.open, cache=cache) as reader:  # type: ignore[arg-type]
        for _ in range(2):
            compared(reader, pair[0], "my/game:7")

    assert 2 == engine.copied


def test_a_lock_file_in_the_place_of_the_server(
    pair: tuple[str, str], tmp_path: Path
) -> None:
    """It says as much as the server's binary; a damaged one is refused."""
    server = read_binary(Path(pair[0]), "nakama")
    lock = tmp_path / "autofix.lock"
    text = lock_text(
        ServerRecord(
            reference="ours:1", machine="amd64", linked=server, release="3.40.0"
        )
    )
    lock.write_text(text)
    with Reader(open_engine=no_engine) as reader:  # type: ignore[arg-type]
        by_binary = compared(reader, *pair)
        by_lock = compared(reader, str(lock), pair[1])
        lock.write_text(text.replace("v1.0.0", "v1.1.0"))
        with pytest.raises(LockFileError, match="edited by hand"):
            compared(reader, str(lock), pair[1])

    assert by_binary.differing == by_lock.differing
    assert f"Nakama 3.40.0 by {lock}" == by_lock.server.name
