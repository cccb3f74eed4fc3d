from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autofix.core.artifact import describe_artifact
from autofix.core.buildinfo import (
    BuildInfo,
    Dependency,
    NoBuildInfoError,
    parse_build_info,
    read_build_info,
)
from autofix.core.elf import ElfError
from autofix.core.model import Artifact, ArtifactKind, ModuleVersion
from tests.core.elves import elf_file, inline_info, pointer_info

MODULES = (
    "path\tgithub.com/heroiclabs/nakama/v3\n"
    "mod\tgithub.com/heroiclabs/nakama/v3\t(devel)\t\n"
    "dep\tgithub.com/gofrs/uuid/v5\tv5.4.0\th1:abc=\n"
    "dep\tgoogle.golang.org/protobuf\tv1.36.11\n"
    "=>\tgithub.com/example/protobuf\tv1.36.12\th1:def=\n"
    "dep\tgo.uber.org/zap\tv1.28.0\n"
    "=>\t./zap\t(devel)\t\n"
    "build\t-trimpath=true\n"
    'build\t-tags="a b"\n'
    'build\t"odd key"="tab\\tnewline\\n quote\\" \\u00fc"\n'
    "build\tempty=\n"
)
VERSION = "go1.26.5 X:jsonv2"
INFO = BuildInfo(
    version=VERSION,
    path="github.com/heroiclabs/nakama/v3",
    main=ModuleVersion(path="github.com/heroiclabs/nakama/v3", version="(devel)"),
    dependencies={
        "github.com/gofrs/uuid/v5": Dependency(version="v5.4.0", sum="h1:abc="),
        "google.golang.org/protobuf": Dependency(
            version="v1.36.11",
            replacement=ModuleVersion(
                path="github.com/example/protobuf", version="v1.36.12"
            ),
        ),
        "go.uber.org/zap": Dependency(
            version="v1.28.0",
            replacement=ModuleVersion(path="./zap", version="(devel)"),
        ),
    },
    settings={
        "-trimpath": "true",
        "-tags": "a b",
        "odd key": 'tab\tnewline\n quote" ü',
        "empty": "",
    },
)
INLINE = elf_file(inline_info(VERSION, MODULES))
POINTERS = elf_file(pointer_info(VERSION, MODULES, bits=64, order="<"))


def test_inline_form() -> None:
    """The form of Go 1.18 and later is read whole."""
    assert read_build_info(INLINE) == INFO


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("bits", [32, 64])
def test_pointer_form(bits: int, order: str) -> None:
    """The form of Go 1.13 to 1.17 is read for every word size and byte order."""
    blob = pointer_info(VERSION, MODULES, bits=bits, order=order)

    assert read_build_info(elf_file(blob, bits=bits, order=order)) == INFO


def test_without_sections() -> None:
    """Without sections the information is found in the first writable segment."""
    decoy = b"x\xff Go buildinf: not where the linker puts it".ljust(64)
    blob = decoy + inline_info(VERSION, MODULES)

    assert read_build_info(elf_file(blob, section="")) == INFO


def test_without_modules() -> None:
    """A program built without modules has a Go version and nothing else."""
    info = read_build_info(elf_file(inline_info("go1.26.5", "")))

    assert info == BuildInfo(version="go1.26.5")
    assert info.go == "1.26.5"
    assert info.modules == {}


def test_selected_versions() -> None:
    """A module's version is the selected one, also where it is replaced."""
    assert INFO.modules == {
        "github.com/gofrs/uuid/v5": "v5.4.0",
        "google.golang.org/protobuf": "v1.36.11",
        "go.uber.org/zap": "v1.28.0",
    }


@pytest.mark.parametrize(
    "data",
    [
        elf_file(b"no information in here"),
        elf_file(b"\xff Go buildinf:\x08\x02"),
        elf_file(inline_info(VERSION, MODULES)[:50]),
        elf_file(inline_info("", MODULES)),
        elf_file(b"\xff Go buildinf:\x05\x00".ljust(64, b"\0")),
        elf_file(b"\xff Go buildinf:\x08\x02".ljust(32, b"\0") + b"\xff" * 20),
    ],
)
def test_no_information(data: bytes) -> None:
    """A file without whole build information says so by its own error."""
    with pytest.raises(NoBuildInfoError):
        read_build_info(data)


def test_absurd_length() -> None:
    """A string longer than any real one is refused before it is read."""
    blob = b"\xff Go buildinf:\x08\x02".ljust(32, b"\0") + b"\xff\xff\xff\xff\x0f"

    with pytest.raises(ElfError, match="bytes"):
        read_build_info(elf_file(blob))


@pytest.mark.parametrize("whole", [INLINE, POINTERS])
@given(data=st.data())
def test_broken_information_raises_only_elf_errors(
    whole: bytes, data: st.DataObject
) -> None:
    """Cut or mutated bytes give information or an ElfError, never another error."""
    broken = bytearray(whole)
    for place, value in data.draw(
        st.lists(
            st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), max_size=6
        )
    ):
        broken[place] = value
    length = data.draw(st.integers(len(whole) // 4, len(whole)))
    with suppress(ElfError):
        assert read_build_info(bytes(broken[:length])).version


@given(st.text())
@example("build\t`raw\\n`=`a`\nbuild\t=\nbuild\t\ndep\t\nmod\n=>\ta\tb\n")
@example('build\tx="\\U00110000"\n')
def test_any_text_parses(text: str) -> None:
    """Unknown and broken lines are passed over."""
    assert parse_build_info("go1.26.5", text).version == "go1.26.5"


def test_describe_plugin() -> None:
    """A plugin is described with its Go, modules and settings."""
    assert describe_artifact("backend.so", INLINE) == Artifact(
        name="backend.so",
        size=len(INLINE),
        sha256=describe_artifact("", INLINE).sha256,
        kind=ArtifactKind.ELF,
        machine="amd64",
        go="1.26.5",
        modules=INFO.modules,
        settings=INFO.settings,
    )


def test_linker_flags_are_not_told() -> None:
    """They may hold keys, and a journal keeps what is told of a plugin."""
    settings = 'build\t-ldflags="-X main.key=s3cret"\nbuild\t-race=true\n'
    found = describe_artifact("x.so", elf_file(inline_info(VERSION, settings)))

    assert {"-race": "true"} == found.settings


@given(st.binary(max_size=200))
@example(elf_file(b"no information"))
def test_describing_never_fails(data: bytes) -> None:
    """Every file is described by size and checksum, whatever it is."""
    found = describe_artifact("x.so", data)

    assert (len(data), 64) == (found.size, len(found.sha256))
