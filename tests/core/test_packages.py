from __future__ import annotations

from dataclasses import replace

import pytest

from autofix.core.model import ServerFacts
from autofix.core.packages import Origin, PackageHome, is_standard, module_of, within
from tests.core.failure_cases import NAKAMA_3_40

STANDARD = PackageHome(origin=Origin.STANDARD_LIBRARY)
SERVER = PackageHome(origin=Origin.SERVER_ITSELF)
NOBODY = PackageHome(origin=Origin.NO_SERVER_MODULE)
UNDETERMINED = PackageHome(origin=Origin.UNDETERMINED)


def module(path: str, version: str) -> PackageHome:
    """Return the home of a package of a module."""
    return PackageHome(origin=Origin.MODULE, module=path, version=version)


@pytest.mark.parametrize(
    ("package", "home"),
    [
        ("fmt", STANDARD),
        ("internal/goarch", STANDARD),
        ("runtime/internal/sys", STANDARD),
        ("vendor/golang.org/x/net/http/httpguts", STANDARD),
        ("golang.org/x/net/http/httpguts", module("golang.org/x/net", "v0.57.0")),
        (
            "google.golang.org/protobuf/internal/pragma",
            module("google.golang.org/protobuf", "v1.36.11"),
        ),
        ("github.com/gofrs/uuid/v5", module("github.com/gofrs/uuid/v5", "v5.4.0")),
        ("github.com/gofrs/uuid", NOBODY),
        ("github.com/gofrs/uuid/v51", NOBODY),
        (
            "github.com/blugelabs/ice/v2",
            module("github.com/blugelabs/ice/v2", "v2.0.1"),
        ),
        ("github.com/blugelabs/ice/v3", module("github.com/blugelabs/ice", "v1.0.0")),
        ("gopkg.in/yaml.v3", module("gopkg.in/yaml.v3", "v3.0.1")),
        ("gopkg.in/yaml.v2", NOBODY),
        (
            "gopkg.in/natefinch/lumberjack.v2",
            module("gopkg.in/natefinch/lumberjack.v2", "v2.2.1"),
        ),
        ("github.com/heroiclabs/nakama/v3", SERVER),
        ("github.com/heroiclabs/nakama/v3/server", SERVER),
        (
            "github.com/heroiclabs/nakama-common/api",
            module("github.com/heroiclabs/nakama-common", "v1.47.0"),
        ),
        (
            "github.com/heroiclabs/nakama-common/runtime",
            module("github.com/heroiclabs/nakama-common", "v1.47.0"),
        ),
        ("example.com/elsewhere", NOBODY),
        ("command-line-arguments", NOBODY),
        ("plugin/unnamed-0f343b", NOBODY),
    ],
)
def test_package_has_its_home(package: str, home: PackageHome) -> None:
    """The exact entry decides, else the longest module path at a slash."""
    assert home == module_of(package, NAKAMA_3_40)


def test_exact_entry_beats_the_prefix() -> None:
    """A nested module's package belongs where the server's own list says."""
    nested: ServerFacts = replace(
        NAKAMA_3_40,
        modules={"example.com/a": "v1.0.0", "example.com/a/b": "v2.0.0"},
        packages={"example.com/a/b/c": "example.com/a"},
    )

    assert module("example.com/a", "v1.0.0") == module_of("example.com/a/b/c", nested)
    assert module("example.com/a/b", "v2.0.0") == module_of("example.com/a/b/d", nested)


def test_module_without_a_dot_is_a_module() -> None:
    """A module of the server with a dotless path is not the standard library."""
    server = replace(NAKAMA_3_40, modules={"corp/shared": "v0.1.0"}, packages={})

    assert module("corp/shared", "v0.1.0") == module_of("corp/shared/log", server)


@pytest.mark.parametrize(
    ("package", "home"),
    [
        ("internal/cpu", STANDARD),
        ("github.com/heroiclabs/nakama/v3/server", SERVER),
        ("github.com/heroiclabs/nakama/server", SERVER),
        ("github.com/heroiclabs/nakama-common/api", UNDETERMINED),
        ("google.golang.org/grpc", UNDETERMINED),
    ],
)
def test_without_a_server_nothing_is_guessed(package: str, home: PackageHome) -> None:
    """Without a server only what needs none is told."""
    assert home == module_of(package, None)


def test_prefixes_end_at_a_slash() -> None:
    """``a/bc`` does not lie in ``a/b``, and nothing lies in no module."""
    assert within("a/b", "a/b")
    assert within("a/b/c", "a/b")
    assert not within("a/bc", "a/b")
    assert not within("a", "")


def test_standard_library_has_no_dot() -> None:
    """Only a first element without a dot can be the standard library's."""
    assert is_standard("encoding/json")
    assert not is_standard("example.com/json")
