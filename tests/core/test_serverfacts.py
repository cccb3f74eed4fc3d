from __future__ import annotations

from dataclasses import replace

import pytest

from autofix.core.buildinfo import BuildInfo, Dependency
from autofix.core.model import ModuleVersion, ServerFacts, TruthSource
from autofix.core.modulestxt import parse_modules_txt
from autofix.core.serverfacts import (
    ServerSources,
    evident_release,
    flagged_release,
    is_nakama,
    printed_release,
    server_facts_of,
)
from autofix.releases import release_table

TABLE = release_table()
NEWEST = TABLE.newest
PROTOBUF = "google.golang.org/protobuf"
INFO = BuildInfo(
    version="go1.26.5",
    path="github.com/heroiclabs/nakama/v3",
    main=ModuleVersion(path="github.com/heroiclabs/nakama/v3", version="(devel)"),
    dependencies={
        path: Dependency(version=version) for path, version in NEWEST.modules.items()
    },
    settings={"-trimpath": "true"},
)
SOURCES = ServerSources(
    reference="heroiclabs/nakama:3.40.0",
    machine="amd64",
    release="3.40.0",
    info=INFO,
    digest="sha256:1",
)
VENDORED = parse_modules_txt(
    "# google.golang.org/protobuf v1.36.6 => ../protobuf\n"
    "## explicit; go 1.22\n"
    "google.golang.org/protobuf/proto\n"
)


def with_protobuf(dependency: Dependency) -> BuildInfo:
    """Return the build information of a server with another protobuf."""
    return replace(INFO, dependencies={**INFO.dependencies, PROTOBUF: dependency})


def test_binary_decides() -> None:
    """A released server's facts are its binary's, and nothing disagrees."""
    assert server_facts_of(SOURCES, TABLE) == (
        ServerFacts(
            reference="heroiclabs/nakama:3.40.0",
            release="3.40.0",
            go="1.26.5",
            machine="amd64",
            main_module="github.com/heroiclabs/nakama/v3",
            modules=NEWEST.modules,
            source=TruthSource.BINARY,
            settings={"-trimpath": "true"},
            digest="sha256:1",
        ),
        (),
    )


def test_modules_txt_serves_where_the_binary_is_silent() -> None:
    """Without modules in the binary the modules.txt given counts, with its packages."""
    silent = BuildInfo(version="go1.26.5")
    found = server_facts_of(replace(SOURCES, info=silent, vendored=VENDORED), TABLE)

    assert found is not None
    facts, findings = found
    assert (TruthSource.MODULES_TXT, "1.26.5") == (facts.source, facts.go)
    assert facts.modules == {PROTOBUF: "v1.36.6"}
    assert facts.packages == {f"{PROTOBUF}/proto": PROTOBUF}
    assert ["server-not-as-released", "server-replaces-modules"] == [
        finding.name for finding in findings
    ]


def test_release_table_is_the_last_source() -> None:
    """With nothing else the release's own versions and Go count."""
    found = server_facts_of(replace(SOURCES, info=None), TABLE)

    assert found is not None
    assert (TruthSource.RELEASE_TABLE, "1.26.5") == (found[0].source, found[0].go)
    assert found[0].modules == NEWEST.modules
    assert found[1] == ()


def test_no_source_at_all() -> None:
    """A server of no known release that says nothing has no facts."""
    assert server_facts_of(replace(SOURCES, info=None, release=""), TABLE) is None


@pytest.mark.parametrize(
    ("sources", "name", "words"),
    [
        (
            replace(SOURCES, vendored=VENDORED),
            "modules-txt-differs",
            "google.golang.org/protobuf v1.36.11 (modules.txt: v1.36.6)",
        ),
        (
            replace(SOURCES, info=with_protobuf(Dependency(version="v1.36.12"))),
            "server-not-as-released",
            "google.golang.org/protobuf v1.36.12 (Nakama 3.40.0 as released: v1.36.11)",
        ),
        (
            replace(SOURCES, info=replace(INFO, version="go1.26.6")),
            "server-go-not-as-released",
            "built by Go 1.26.6; Nakama 3.40.0 was released with Go 1.26.5",
        ),
        (
            replace(
                SOURCES,
                info=with_protobuf(
                    Dependency(
                        version="v1.36.11",
                        replacement=ModuleVersion(path="./p", version=""),
                    )
                ),
            ),
            "server-replaces-modules",
            PROTOBUF,
        ),
    ],
)
def test_disagreement_is_found(sources: ServerSources, name: str, words: str) -> None:
    """Whatever disagrees is told, by name and with both versions."""
    found = server_facts_of(sources, TABLE)

    assert found is not None
    assert [name] == [finding.name for finding in found[1]]
    assert words in found[1][0].text


def test_many_differences_are_counted() -> None:
    """A wholly other server does not fill a page."""
    older = TABLE.by_tag("3.22.0")
    assert older is not None
    info = replace(
        INFO,
        dependencies={
            path: Dependency(version=version) for path, version in older.modules.items()
        },
    )
    found = server_facts_of(replace(SOURCES, info=info), TABLE)

    assert found is not None
    assert found[1][0].text.endswith("and 33 more.")


@pytest.mark.parametrize(
    ("info", "tag", "release"),
    [
        (INFO, "3.40.0", "3.40.0"),
        (INFO, "v3.40.0", "3.40.0"),
        (INFO, "3.39.0", None),
        (INFO, "latest", None),
        (None, "3.39.0", "3.39.0"),
        (BuildInfo(version="go1.26.5"), "3.39.0", "3.39.0"),
    ],
)
def test_evident_release(info: BuildInfo | None, tag: str, release: str | None) -> None:
    """A tag is believed unless the binary contradicts it."""
    found = evident_release(info, tag, TABLE)

    assert release == (found.tag if found else None)


@pytest.mark.parametrize(
    ("flags", "release"),
    [
        ("-s -w -X main.version=3.40.0 -X main.commitID=abc", "3.40.0"),
        ("-X 'main.version=v3.40.0-r2'", "3.40.0-r2"),
        ("-s -w", ""),
    ],
)
def test_flagged_release(flags: str, release: str) -> None:
    """The version is read from linker flags where Go kept them."""
    assert release == flagged_release(replace(INFO, settings={"-ldflags": flags}))
    assert flagged_release(None) == ""


@pytest.mark.parametrize(
    ("lines", "release"),
    [
        (["3.40.0+baf67c9c9"], "3.40.0"),
        (["3.40.0+twin"], "3.40.0"),
        (["warning", " v3.26.0-rc1 "], "3.26.0-rc1"),
        (["flag provided but not defined: -version", "go1.26.5"], ""),
        ([], ""),
    ],
)
def test_printed_release(lines: list[str], release: str) -> None:
    """The version is the line that nakama --version prints."""
    assert release == printed_release(lines)


def test_nakama_links_its_runtime_module() -> None:
    """Nakama and its forks are told by nakama-common."""
    assert is_nakama(INFO)
    assert not is_nakama(BuildInfo(version="go1.26.5"))


def test_the_binary_tells_the_stand_in_from_nakama() -> None:
    """Nakama in an image made from the kit's base inherits only the label."""
    twin = replace(INFO, main=ModuleVersion(path="autofix/twin", version="(devel)"))
    labelled = replace(SOURCES, stand_in=True)
    found = [
        server_facts_of(sources, TABLE)
        for sources in (
            labelled,
            replace(SOURCES, info=twin),
            replace(labelled, info=None),
        )
    ]

    assert [False, True, True] == [each[0].stand_in if each else None for each in found]


def test_linked_packages_belong_to_the_longest_module_path() -> None:
    """The standard library's packages, and the server's own, belong to none."""
    modules = {"example.com/a": "v1.0.0", "example.com/a/b": "v2.0.0"}
    info = replace(
        INFO,
        dependencies={path: Dependency(version=each) for path, each in modules.items()},
    )
    packages = ("fmt", "main", "example.com/a/x", "example.com/a/b/c", "example.com/ab")
    sources = replace(SOURCES, info=info, packages=packages)
    found = server_facts_of(sources, TABLE)

    assert found is not None
    assert {
        "example.com/a/x": "example.com/a",
        "example.com/a/b/c": "example.com/a/b",
    } == found[0].packages
