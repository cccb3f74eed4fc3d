"""Pieces of plugin code for every change of nakama-common's API, ported and compiled."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import pytest

from autofix.core.gomod import ModEdit
from autofix.core.observations import Edited
from autofix.core.porting import ApiChange, Asked, Ported
from autofix.core.releases import NAKAMA_COMMON
from autofix.core.versions import compare, in_order
from autofix.engines.archive import Entry
from autofix.gotool import GoTool
from autofix.porting.porter import ask, port, write
from autofix.releases import api_changes
from tests.local_builder import LocalBuilder

pytestmark = [pytest.mark.go, pytest.mark.xdist_group("porting")]

DATA = Path(__file__).parents[1] / "data" / "porting"
FIRST, LAST = "v1.31.0", "v1.47.0"
VERSIONS = (
    *("v1.31.0", "v1.32.0", "v1.33.0", "v1.34.0", "v1.35.0", "v1.36.0", "v1.37.0"),
    *("v1.38.0", "v1.39.0", "v1.40.0", "v1.41.0", "v1.42.0", "v1.42.1", "v1.43.0"),
    *("v1.44.0", "v1.45.0", "v1.46.0", "v1.47.0"),
)
"""All from 1.31.0 on but 1.42.2, 1.43.1, 1.44.1 and 1.44.2, which lie between them."""
PIECES = tuple(in_order(each.stem for each in DATA.glob("*.go")))
ELSEWHERE = {
    "runtime.FleetManagerInitializer.Create": "it is runtime.FleetManager's, shown there",
}
"""Changes that are shown under another name."""
GO_MOD = """\
module example.com/pieces

go 1.22

require (
	github.com/heroiclabs/nakama-common {version}
	google.golang.org/protobuf v1.36.11
)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A builder with a module of pieces, and the sources of every version."""

    go: GoTool
    sources: Mapping[str, str]
    known: dict[tuple[str, str, str], Ported] = field(default_factory=dict)

    def diff(self, old: str, new: str) -> tuple[ApiChange, ...]:
        """List what changed between two versions."""
        key = ("", old, new)
        if key not in self.known:
            asked = self.asked(old, new, {"none.go": b"package pieces\n"})
            self.known[key] = ask(self.go, replace(asked, mode="diff"))
        return self.known[key].changes

    def asked(self, old: str, new: str, files: Mapping[str, bytes]) -> Asked:
        """Put files into a folder of the module, and ask for them to be ported."""
        folder = f"{self.go.folder}/{re.sub(r'[^a-z0-9]', '_', '_'.join(files))}"
        entries = [Entry(name=name, content=text) for name, text in files.items()]
        self.go.builder.put(entries, folder)
        return Asked(
            folder=self.go.folder,
            packages=(folder,),
            writable=(folder,),
            old=old,
            new=new,
            old_folder=self.sources[old],
            new_folder=self.sources[new],
        )

    def ported(self, old: str, new: str, files: Mapping[str, bytes]) -> Ported:
        """Port files from one version to another, by the sources of both."""
        return ask(self.go, self.asked(old, new, files))

    def piece(self, version: str, new: str) -> Ported:
        """Port the piece of a version, once to each new one."""
        old = VERSIONS[VERSIONS.index(version) - 1]
        key = (version, old, new)
        if key not in self.known:
            self.known[key] = self.ported(old, new, piece(version))
        return self.known[key]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Fetch every version's source, and one module that needs the newest."""
    builder = LocalBuilder(tmp_path_factory.mktemp("porting"))
    go_mod = GO_MOD.format(version=LAST).encode()
    use = f'package pieces\n\nimport _ "{NAKAMA_COMMON}/runtime"\n'.encode()
    builder.put(
        [Entry(name="go.mod", content=go_mod), Entry(name="use.go", content=use)],
        f"{builder.root}/pieces",
    )
    go = GoTool(builder=builder, folder=f"{builder.root}/pieces", environment={})
    assert isinstance(go.edit(ModEdit()), Edited)
    wanted = " ".join(f"{NAKAMA_COMMON}@{version}" for version in VERSIONS)
    told = go.ask(f"cd / && go mod download -json {wanted}")
    assert told.succeeded, told.evidence
    listed = told.stdout.decode().replace("}\n{", "},{")
    found = json.loads(f"[{listed}]")
    sources = {each["Version"]: each["Dir"] for each in found}
    return Bench(go=go, sources=sources)


def piece(version: str) -> Mapping[str, bytes]:
    """Return the piece of plugin code for what a version changed."""
    return {f"{version}.go": (DATA / f"{version}.go").read_bytes()}


def before(version: str) -> str:
    """Return the version before one."""
    return VERSIONS[VERSIONS.index(version) - 1]


@pytest.mark.parametrize("version", PIECES)
def test_a_piece_compiles_before_and_after_it_is_ported(
    bench: Bench, version: str
) -> None:
    """It compiles with the old version, not with the new one, and again when ported."""
    old = before(version)
    untouched = bench.ported(old, old, piece(version))
    ported = bench.piece(version, version)
    (text,) = ported.files.values()

    assert ((), {}) == (untouched.before, untouched.files)
    assert ported.before
    assert () == ported.remaining
    assert (DATA / f"{version}.ported").read_text("utf-8") == text.decode()


@pytest.mark.parametrize("version", PIECES)
def test_a_piece_compiles_with_the_newest_version_too(
    bench: Bench, version: str
) -> None:
    """All changes since are ported with it; porting again changes nothing."""
    ported = bench.ported(before(version), LAST, piece(version))
    texts = {f"{version}.go": text for text in ported.files.values()}
    again = bench.ported(before(version), LAST, texts)

    assert () == ported.remaining
    assert ((), {}) == (again.before, again.files)


def test_every_change_of_the_api_has_a_piece(bench: Bench) -> None:
    """What the porter's own diff lists between two versions, their piece shows."""
    missing = []
    for old, new in pairwise(VERSIONS):
        changed = {
            each.api
            for each in bench.diff(old, new)
            if each.kind != "method added"  # only a stand-in for Nakama notices
        }
        piece = bench.piece(new, new).rewrites if new in PIECES else ()
        shown = {each.api for each in piece} | set(ELSEWHERE)
        missing += [(new, api) for api in sorted(changed - shown)]

    assert [] == missing


@pytest.mark.parametrize(("old", "versions"), [("v1.31.0", ("v1.32.0", "v1.33.0"))])
def test_the_compiler_agrees(
    tmp_path: Path, old: str, versions: tuple[str, ...]
) -> None:
    """Pieces of the oldest version, ported in one go, are built by the go command."""
    builder = LocalBuilder(tmp_path)
    go = GoTool(
        builder=builder,
        folder=f"{builder.root}/src",
        package="./...",
        environment={},
    )
    files = {
        f"p{number}/piece.go": (DATA / f"{version}.go").read_bytes()
        for number, version in enumerate(versions)
    }
    files["go.mod"] = GO_MOD.format(version=LAST).encode()
    entries = [Entry(name=name, content=text) for name, text in files.items()]
    builder.put(entries, go.folder)
    assert isinstance(go.edit(ModEdit()), Edited)
    assert not go.build(["./..."], seconds=300).succeeded

    ported = port(go, before=old, after=LAST)
    write(go, ported)

    assert ported.complete
    assert set(files) - {"go.mod"} == set(ported.files)
    assert go.build(["./..."], seconds=300).succeeded


def test_the_known_changes_are_those_of_the_sources(bench: Bench) -> None:
    """What the table has of functions, methods and names is what the diff finds."""
    differing = []
    for old, new in pairwise(VERSIONS):
        found = {
            each.api
            for each in bench.diff(old, new)
            if each.kind in ("signature", "removed")
        }
        known = {
            symbol
            for symbol, versions in api_changes().items()
            if any(
                compare(old, version) < 0 <= compare(new, version)
                for version in versions
            )
        }
        differing += [(new, symbol) for symbol in sorted(found ^ known)]

    assert [] == differing


BOARD = """\
package pieces

import (
	"context"

	"github.com/heroiclabs/nakama-common/runtime"
)

type Boards interface {
	LeaderboardCreate(ctx context.Context, id string, authoritative bool, sortOrder, operator, resetSchedule string, metadata map[string]interface{}) error
}

func Seed(ctx context.Context, nk runtime.NakamaModule) error { return seed(ctx, nk) }

func seed(ctx context.Context, boards Boards) error {
	return boards.LeaderboardCreate(ctx, "a", true, "desc", "best", "", nil)
}
"""
FAKE = """\
package pieces

import (
	"context"
	"testing"
)

type fake struct{}

func (fake) LeaderboardCreate(ctx context.Context, id string, authoritative bool, sortOrder, operator, resetSchedule string, metadata map[string]interface{}) error {
	return nil
}

func TestSeed(t *testing.T) {
	if err := seed(context.Background(), fake{}); err != nil {
		t.Fatal(err)
	}
}
"""
OUTSIDE = """\
package pieces_test

import (
	"context"
	"testing"

	pieces "example.com/pieces/%s"
)

func TestBoards(t *testing.T) {
	var boards pieces.Boards
	_ = boards.LeaderboardCreate(context.Background(), "a", true, "desc", "best", "", nil)
}
"""


def test_tests_are_ported_with_what_they_test(bench: Bench) -> None:
    """Fakes and calls in a package's tests, and in those outside the package."""
    folder = "board_go_fake_test_go_x_test_go"
    files = {
        "board.go": BOARD.encode(),
        "fake_test.go": FAKE.encode(),
        "x_test.go": (OUTSIDE % folder).encode(),
    }
    ported = bench.ported("v1.32.0", "v1.33.0", files)
    texts = {name.rpartition("/")[2]: text for name, text in ported.files.items()}

    assert ((), ()) == (ported.remaining, ported.tests)
    assert set(files) == set(texts)
    assert b"metadata map[string]interface{}, _ bool) error {" in texts["fake_test.go"]
    assert b'"best", "", nil, true)' in texts["x_test.go"]


def test_a_file_keeps_its_line_ends_and_its_own_format(bench: Bench) -> None:
    """Nothing but the call differs, however the file is written."""
    text = (
        'package pieces\r\n\r\nimport (\r\n  "context"\r\n'
        '  "github.com/heroiclabs/nakama-common/runtime"\r\n)\r\n\r\n'
        "func seed( ctx context.Context,nk runtime.NakamaModule ) error{\r\n"
        '  return nk.LeaderboardCreate(ctx,"a",true,"desc","best","",nil)  // ranks\r\n'
        "}\r\n\r\nfunc many(ctx context.Context,nk runtime.NakamaModule){\r\n"
        '  nk.UsersBanId(ctx,nil) ; _,_=nk.StorageIndexList(ctx,"","","",1,nil)\r\n}\r\n'
    )
    ported = bench.ported("v1.32.0", "v1.34.0", {"odd.go": text.encode()})
    (found,) = ported.files.values()

    assert (
        text.replace('"",nil)  //', '"",nil, true)  //')
        .replace(
            '_,_=nk.StorageIndexList(ctx,"","","",1,nil)',
            '_, _,_=nk.StorageIndexList(ctx,"","","",1,nil, "")',
        )
        .encode()
        == found
    )


def test_code_that_is_not_the_projects_is_left_alone(bench: Bench) -> None:
    """A package outside the folders that may be written is only reported."""
    files = {"board.go": BOARD.encode()}
    asked = bench.asked("v1.32.0", "v1.33.0", files)
    (folder,) = asked.packages
    name = folder.rpartition("/")[2]
    use = f'package user\n\nimport _ "example.com/pieces/{name}"\n'.encode()
    bench.go.builder.put([Entry(name="user.go", content=use)], f"{folder}_user")
    ported = ask(
        bench.go,
        replace(
            asked,
            new_folder="",
            packages=(f"{folder}_user",),
            writable=(f"{folder}_user",),
        ),
    )

    assert {} == ported.files
    assert not ported.complete
    assert "could not import" in ported.remaining[0].text
    assert ["example.com/pieces"] == [each.module for each in ported.libraries]


FAKES = """\
package fakes

import (
	"context"

	"github.com/heroiclabs/nakama-common/runtime"
)

type Fake struct{ runtime.NakamaModule }

func (Fake) LeaderboardCreate(ctx context.Context, id string, authoritative bool, sortOrder, operator, resetSchedule string, metadata map[string]interface{}) error {
	return nil
}

var _ runtime.NakamaModule = Fake{}
"""


@pytest.mark.parametrize("more", ["", "\nvar Fakes int = Gone\n"])
def test_fakes_that_only_tests_import_are_ported_too(bench: Bench, more: str) -> None:
    """What is left in them is the tests' matter, and no library's: the plugin builds."""
    files = {"board.go": BOARD.encode(), f"is{len(more)}.go": b"package pieces\n"}
    asked = bench.asked("v1.32.0", "v1.33.0", files)
    (folder,) = asked.packages
    below = f"example.com/pieces/{folder.rpartition('/')[2]}/fakes"
    texts = {
        "faked_test.go": f'package pieces\n\nimport _ "{below}"\n',
        "fakes/fake.go": f"{FAKES}{more}",
    }
    entries = [Entry(name=name, content=texts[name].encode()) for name in texts]
    bench.go.builder.put(entries, folder)
    ported = ask(bench.go, asked)
    found = {name.rpartition("/")[2]: text for name, text in ported.files.items()}

    assert {"board.go", "fake.go"} == set(found)
    assert b"metadata map[string]interface{}, _ bool) error {" in found["fake.go"]
    assert ported.complete
    assert bool(more) == bool(ported.tests)


def test_an_old_version_that_cannot_be_had_is_said(bench: Bench) -> None:
    """Not guessed at: nothing is ported, and the go command's words come back."""
    asked = bench.asked("v1.46.0", "v1.47.0", {"board.go": BOARD.encode()})
    ported = ask(bench.go, replace(asked, old="v0.0.99", old_folder="", near=()))

    assert {} == ported.files
    assert "v0.0.99 cannot be had" in ported.refusal
    assert not ported.complete
