"""Libraries that do not compile with a new API, from a module proxy of files."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from autofix.core.gomod import ModEdit
from autofix.core.observations import Edited
from autofix.core.porting import Ported
from autofix.core.releases import NAKAMA_COMMON
from autofix.engines.archive import Entry
from autofix.gotool import GoTool
from autofix.porting import newest_compiling, port
from tests.local_builder import LocalBuilder

pytestmark = [pytest.mark.go, pytest.mark.xdist_group("porting")]

LIBRARY = "example.com/boards"
CALL = 'nk.LeaderboardCreate(ctx, "a", true, "desc", "best", "", nil%s)'
VERSIONS = {
    "v1.0.0": CALL % "",
    "v1.1.0": CALL % ", true",
    "v1.2.0": CALL % ", true, Gone",
    "v2.0.0-rc.1+incompatible": CALL % ", true",
}
"""What each version calls; the last one that compiles is v1.1.0."""
SOURCE = f"""\
package boards

import (
	"context"

	"{NAKAMA_COMMON}/runtime"
)

func Seed(ctx context.Context, nk runtime.NakamaModule) error {{
	return %s
}}
"""
MAIN = f"""\
package main

import (
	"context"
	"database/sql"

	"{LIBRARY}"
	"{NAKAMA_COMMON}/runtime"
)

func InitModule(ctx context.Context, logger runtime.Logger, db *sql.DB, nk runtime.NakamaModule, initializer runtime.Initializer) error {{
	if err := nk.FriendsAdd(ctx, "a", "b", nil, nil); err != nil {{
		return err
	}}
	return boards.Seed(ctx, nk)
}}
"""
GO_MOD = f"""\
module example.com/game

go 1.22

require (
	{LIBRARY} v1.0.0
	{NAKAMA_COMMON} v1.47.0
)
"""


def proxy(folder: Path) -> str:
    """Write every version of the library as a proxy serves it; return its address."""
    place = folder / LIBRARY / "@v"
    place.mkdir(parents=True)
    go_mod = f"module {LIBRARY}\n\ngo 1.22\n\nrequire {NAKAMA_COMMON} v1.31.0\n"
    for version, call in VERSIONS.items():
        told = {"Version": version, "Time": "2026-01-01T00:00:00Z"}
        (place / f"{version}.info").write_text(json.dumps(told))
        (place / f"{version}.mod").write_text(go_mod)
        with zipfile.ZipFile(place / f"{version}.zip", "w") as archive:
            root = f"{LIBRARY}@{version}"
            archive.writestr(f"{root}/go.mod", go_mod)
            archive.writestr(f"{root}/boards.go", SOURCE % call)
    (place / "list").write_text("\n".join(VERSIONS))
    return folder.as_uri()


@pytest.fixture
def go(tmp_path: Path) -> GoTool:
    """Return a plugin whose code and whose library are older than the API."""
    builder = LocalBuilder(tmp_path / "builder")
    usual = builder.run(
        ["go", "env", "GOPROXY"], folder=builder.root, environment={}, seconds=60
    )
    address = proxy(tmp_path / "proxy")
    tool = GoTool(
        builder=builder,
        folder=f"{builder.root}/game",
        environment={
            "GOPROXY": f"{address},{usual.stdout.decode().strip()}",
            "GONOSUMDB": "example.com",
            "GOMODCACHE": str(tmp_path / "modules"),
        },
    )
    files = {"go.mod": GO_MOD, "main.go": MAIN}
    entries = [Entry(name=name, content=text.encode()) for name, text in files.items()]
    builder.put(entries, tool.folder)
    assert isinstance(tool.edit(ModEdit()), Edited)
    return tool


def test_a_library_is_named_with_the_newest_version_that_compiles(go: GoTool) -> None:
    """Its code is left alone, and the plugin's own is ported all the same."""
    before = go.text()
    ported = newest_compiling(
        go, port(go, before="v1.31.0", after="v1.47.0"), "v1.47.0"
    )
    (library,) = ported.libraries

    assert (LIBRARY, "v1.0.0", "v1.1.0") == (
        library.module,
        library.version,
        library.newest,
    )
    assert "not enough arguments in call to nk.LeaderboardCreate" in library.text
    assert ["main.go"] == list(ported.files)
    assert not ported.complete
    assert before == go.text()


def test_no_version_is_named_that_moves_the_server_s(go: GoTool) -> None:
    """One that compiles only with another nakama-common than the server's is none."""
    ported = port(go, before="v1.31.0", after="v1.47.0")
    (library,) = newest_compiling(go, ported, "v1.46.0").libraries

    assert "" == library.newest


def test_nothing_is_looked_for_where_all_compiles(tmp_path: Path) -> None:
    """Without a library that fails, no command runs."""
    builder = LocalBuilder(tmp_path)
    go = GoTool(builder=builder, folder="/work", environment={})

    assert Ported() == newest_compiling(go, Ported(), "v1.47.0")
    assert [] == builder.commands
