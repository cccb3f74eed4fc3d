from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.core.gomod import Replacement
from autofix.core.modulestxt import (
    ModulesTxt,
    ModulesTxtError,
    VendoredModule,
    parse_modules_txt,
)

TEXT = """\
# cloud.google.com/go/compute/metadata v0.9.0
## explicit; go 1.24.0
cloud.google.com/go/compute/metadata
# github.com/caio/go-tdigest v3.1.0+incompatible
## explicit
github.com/caio/go-tdigest
# github.com/lib/pq v1.2.0
# github.com/heroiclabs/nakama-common v1.31.0 => ../nakama-common
## explicit; go 1.19
github.com/heroiclabs/nakama-common/api
github.com/heroiclabs/nakama-common/runtime
# google.golang.org/grpc v1.82.0 => github.com/example/grpc v1.82.1
## explicit; go 1.24.0
google.golang.org/grpc
google.golang.org/grpc/codes
# google.golang.org/grpc/cmd/protoc-gen-go-grpc v1.6.0
## explicit; go 1.24.0
google.golang.org/grpc/cmd/protoc-gen-go-grpc
# google.golang.org/grpc => github.com/example/grpc v1.82.1
# github.com/heroiclabs/nakama-common => ../nakama-common
# example.com/unused => ../unused
# example.com/unused/too v1.0.0 => example.com/other v1.0.1
"""


def test_all_forms() -> None:
    """Headers, notes, packages, replacements and closing lines are told apart."""
    common = Replacement(
        old_path="github.com/heroiclabs/nakama-common",
        old_version="v1.31.0",
        new_path="../nakama-common",
        new_version="",
    )
    grpc = Replacement(
        old_path="google.golang.org/grpc",
        old_version="v1.82.0",
        new_path="github.com/example/grpc",
        new_version="v1.82.1",
    )

    assert parse_modules_txt(TEXT) == ModulesTxt(
        modules=(
            VendoredModule(
                path="cloud.google.com/go/compute/metadata",
                version="v0.9.0",
                explicit=True,
                go="1.24.0",
                packages=("cloud.google.com/go/compute/metadata",),
            ),
            VendoredModule(
                path="github.com/caio/go-tdigest",
                version="v3.1.0+incompatible",
                explicit=True,
                packages=("github.com/caio/go-tdigest",),
            ),
            VendoredModule(path="github.com/lib/pq", version="v1.2.0"),
            VendoredModule(
                path="github.com/heroiclabs/nakama-common",
                version="v1.31.0",
                explicit=True,
                go="1.19",
                replacement=common,
                packages=(
                    "github.com/heroiclabs/nakama-common/api",
                    "github.com/heroiclabs/nakama-common/runtime",
                ),
            ),
            VendoredModule(
                path="google.golang.org/grpc",
                version="v1.82.0",
                explicit=True,
                go="1.24.0",
                replacement=grpc,
                packages=("google.golang.org/grpc", "google.golang.org/grpc/codes"),
            ),
            VendoredModule(
                path="google.golang.org/grpc/cmd/protoc-gen-go-grpc",
                version="v1.6.0",
                explicit=True,
                go="1.24.0",
                packages=("google.golang.org/grpc/cmd/protoc-gen-go-grpc",),
            ),
        ),
        unused=(
            Replacement(
                old_path="example.com/unused",
                old_version="",
                new_path="../unused",
                new_version="",
            ),
            Replacement(
                old_path="example.com/unused/too",
                old_version="v1.0.0",
                new_path="example.com/other",
                new_version="v1.0.1",
            ),
        ),
    )


def test_lookups() -> None:
    """Versions are the selected ones, and each package has its own module."""
    found = parse_modules_txt(TEXT)

    assert found.versions["google.golang.org/grpc"] == "v1.82.0"
    assert found.packages["google.golang.org/grpc/codes"] == "google.golang.org/grpc"
    assert [module.path for module in found.replaced] == [
        "github.com/heroiclabs/nakama-common",
        "google.golang.org/grpc",
    ]


def test_workspace_and_windows_line_ends() -> None:
    """What go work vendor writes is read, also with CRLF and a byte-order mark."""
    text = "\ufeff## workspace\r\n# example.com/a v1.0.0\r\n## explicit\r\nexample.com/a\r\n"

    assert parse_modules_txt(text) == ModulesTxt(
        modules=(
            VendoredModule(
                path="example.com/a",
                version="v1.0.0",
                explicit=True,
                packages=("example.com/a",),
            ),
        ),
        workspace=True,
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "names no module"),
        ("module example.com/p\n", "line 1"),
        ("# example.com/a v1.0.0\nnot a package\n", "line 2"),
        ("# example.com/a\n", "no version"),
        ("# a b c d\n", "no module"),
        ("# a v1 => b c d\n", "no module"),
        ("example.com/a\n", "line 1"),
    ],
)
def test_other_text_is_refused(text: str, words: str) -> None:
    """A file that is no modules.txt is refused, with the line."""
    with pytest.raises(ModulesTxtError, match=words):
        parse_modules_txt(text)


@given(st.text(alphabet="#=> \nabv1./;", max_size=60))
def test_any_text_parses_or_is_refused(text: str) -> None:
    """No text makes the reader fail otherwise."""
    try:
        found = parse_modules_txt(text)
    except ModulesTxtError:
        return
    assert set(found.packages.values()) <= set(found.versions)
