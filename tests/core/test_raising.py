"""To which version a module goes, and what is said where it goes no further."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from autofix.core.compile_errors import CompileError
from autofix.core.gomod import GoMod, Replacement, Requirement
from autofix.core.model import ModuleVersion, Pin, ServerFacts, TruthSource
from autofix.core.observations import Selected
from autofix.core.raising import (
    Wish,
    above,
    barrier,
    begun,
    limits,
    newest,
    raisable,
    suspects,
)
from autofix.core.state import Policy, State
from autofix.core.versionsearch import Ask, Fits, Needs, NoneFits, Search, heard

TEXT, MODULE = "golang.org/x/text", "example.com/lib"
BOUNDS = {TEXT: "v0.30.0"}
GO = "1.26.5"
FITS = Needs(go="1.25.0", requires={TEXT: "v0.30.0"})
ASKS = Needs(go="1.25.0", requires={TEXT: "v0.31.0"})
NEWER = Needs(go="1.27.0")
SERVER = ServerFacts(
    reference="server",
    release="3.40.0",
    go=GO,
    machine="amd64",
    main_module="nakama",
    modules={TEXT: "v0.30.0", "golang.org/x/net": "v0.40.0"},
    source=TruthSource.BINARY,
    packages={
        f"{TEXT}/cases": TEXT,
        "golang.org/x/net/http2": "golang.org/x/net",
    },
)


def searched(
    known: Mapping[str, Needs | None],
    present: str,
    excluded: tuple[str, ...] = (),
) -> tuple[Search, str, list[str]]:
    """Search among versions; return the search, the version ("" if none), the questions."""
    search = begun(MODULE, Selected(version=present), excluded)
    asked: list[str] = []
    while isinstance(answer := newest(search, BOUNDS, GO), Ask):
        if not answer.versions:
            search = Search(
                module=search.module,
                present=search.present,
                quoted="",
                broken=False,
                excluded=search.excluded,
                versions=tuple(known),
            )
            continue
        assert not set(answer.versions) & set(search.needs)
        asked += answer.versions
        search = heard(search, answer.versions, known)
    return search, answer.version if isinstance(answer, Fits) else "", asked


@pytest.mark.parametrize(
    ("known", "present", "excluded", "wanted"),
    [
        ({"v1.0.0": FITS, "v1.1.0": FITS, "v1.2.0": FITS}, "v1.0.0", (), "v1.2.0"),
        ({"v1.0.0": FITS, "v1.1.0": FITS, "v1.2.0": ASKS}, "v1.0.0", (), "v1.1.0"),
        ({"v1.0.0": FITS, "v1.1.0": FITS, "v1.2.0": NEWER}, "v1.0.0", (), "v1.1.0"),
        ({"v1.0.0": FITS, "v1.1.0": ASKS}, "v1.0.0", (), ""),
        ({"v1.0.0": FITS, "v1.1.0": FITS}, "v1.0.0", ("v1.1.0",), ""),
        ({"v1.0.0": FITS, "v1.1.0-rc.1": FITS}, "v1.0.0", (), ""),
        ({"v1.0.0-rc.1": FITS, "v1.0.0-rc.2": FITS}, "v1.0.0-rc.1", (), ""),
        ({"v1.0.0": FITS, "v2.0.0+incompatible": FITS}, "v1.0.0", (), ""),
        (
            {"v2.0.0+incompatible": FITS, "v2.1.0+incompatible": FITS},
            "v2.0.0+incompatible",
            (),
            "v2.1.0+incompatible",
        ),
        (
            {"v2.0.0+incompatible": FITS, "v3.0.0+incompatible": FITS},
            "v2.0.0+incompatible",
            (),
            "",
        ),
        ({"v0.1.0": FITS}, "v0.0.0-20240102030405-abcdefabcdef", (), "v0.1.0"),
        ({"v1.0.0": FITS}, "v1.0.0", (), ""),
        ({}, "v0.0.0-20240102030405-abcdefabcdef", (), ""),
    ],
)
def test_the_newest_release_that_fits_is_taken(
    known: Mapping[str, Needs | None],
    present: str,
    excluded: tuple[str, ...],
    wanted: str,
) -> None:
    """Nothing above what the server has, no pre-release, no excluded one, no major."""
    assert wanted == searched(known, present, excluded)[1]


def test_a_retracted_release_is_not_taken() -> None:
    """The newest release says which are, also itself."""
    taken_back = Needs(go="1.25.0", retracts=(("v1.2.0", "v1.3.0"),))
    known = {"v1.0.0": FITS, "v1.1.0": FITS, "v1.2.0": FITS, "v1.3.0": taken_back}

    assert "v1.1.0" == searched(known, "v1.0.0")[1]


def test_few_go_mod_files_are_read() -> None:
    """Among five hundred releases, the last third of which asks for too much."""
    known = {f"v1.{n}.0": FITS if n < 333 else ASKS for n in range(500)}
    _, version, asked = searched(known, "v1.0.0")

    assert "v1.332.0" == version
    assert len(asked) <= 16


def test_what_bars_newer_releases_is_said() -> None:
    """The newest that was looked at speaks."""
    asking, _, _ = searched({"v1.0.0": FITS, "v1.1.0": ASKS}, "v1.0.0")
    newer, _, _ = searched({"v1.0.0": FITS, "v1.1.0": NEWER}, "v1.0.0")
    fine, version, _ = searched({"v1.0.0": FITS, "v1.1.0": FITS}, "v1.0.0")

    assert (
        "v1.1.0 asks for golang.org/x/text v0.31.0; the server has v0.30.0"
        == barrier(asking, BOUNDS, GO, "v1.0.0", Wish())
    )
    assert "v1.1.0 wants Go 1.27.0; the server has Go 1.26.5" == barrier(
        newer, BOUNDS, GO, "v1.0.0", Wish()
    )
    assert "" == barrier(fine, BOUNDS, GO, version, Wish())
    assert ("v1.1.0",) == above(asking)
    assert NoneFits() == newest(
        Search(
            module=MODULE, present="v1.0.0", quoted="", broken=False, refusal="gone"
        ),
        BOUNDS,
        GO,
    )


def state() -> State:
    """Return a plan of a plugin that links modules of every kind."""

    def linked(*packages: str, replacement: Replacement | None = None) -> Selected:
        return Selected(version="v1.0.0", packages=packages, replacement=replacement)

    fork = Replacement(
        old_path="example.com/forked",
        old_version="",
        new_path="../forked",
        new_version="",
    )
    pin = Pin(
        module="example.com/pinned", version="v1.0.0", package="", quoted="", round=1
    )
    return State(
        policy=Policy(),
        server=SERVER,
        pins=(pin,),
        linked={
            MODULE: linked(MODULE),
            "github.com/game/elo": linked("github.com/game/elo"),
            TEXT: linked(f"{TEXT}/cases"),
            "golang.org/x/net": linked("golang.org/x/net/html"),
            "example.com/forked": linked("example.com/forked", replacement=fork),
            "example.com/pinned": linked("example.com/pinned"),
        },
    )


@pytest.mark.parametrize(
    ("wish", "modules"),
    [
        (Wish(), [MODULE, "github.com/game/elo", "golang.org/x/net"]),
        (Wish(only=("example.com/*",)), [MODULE]),
        (Wish(ignore=("golang.org/*", "*/lib")), ["github.com/game/elo"]),
        (Wish(only=("github.com/*",), ignore=("*/elo",)), []),
    ],
)
def test_what_the_server_does_not_dictate_may_be_raised(
    wish: Wish, modules: list[str]
) -> None:
    """It dictates what shares a package with it; forks and pinned modules stay too."""
    assert modules == list(raisable(state(), wish))


def test_a_raised_module_may_not_ask_for_more_than_is_dictated() -> None:
    """What shares no package with the server is as free as it is itself."""
    assert BOUNDS == limits(state(), ["golang.org/x/net", MODULE], Wish())


def test_what_is_ignored_is_not_raised_along_either() -> None:
    """No version is taken whose go.mod asks for more of it, and that is said."""
    wish = Wish(ignore=("example.com/*",))
    kept = ModuleVersion(path="example.com/kept", version="v1.3.0")
    gomod = GoMod(
        module="p", go="1.26", toolchain="", requires=(Requirement(module=kept),)
    )
    bounds = limits(replace(state(), gomod=gomod), ["golang.org/x/net"], wish)
    asks = Needs(go="1.25.0", requires={"example.com/kept": "v1.4.0"})
    search, _, _ = searched({"v1.0.0": FITS, "v1.1.0": asks}, "v1.0.0")

    assert {**BOUNDS, "example.com/kept": "v1.3.0"} == bounds
    assert (
        "v1.1.0 asks for example.com/kept v1.4.0; it is to stay at v1.3.0"
        == barrier(search, bounds, GO, "v1.0.0", wish)
    )


def test_a_version_that_moved_to_another_path_is_not_taken() -> None:
    """Go refuses a go.mod that calls itself otherwise than it is required."""
    own = replace(FITS, module=MODULE)
    moved = Needs(module="lib.example.com", go="1.25.0")
    known = {"v1.0.0": own, "v1.1.0": own, "v1.2.0": moved, "v1.3.0": moved}
    search, version, _ = searched(known, "v1.0.0")

    assert "v1.1.0" == version
    assert "v1.3.0 calls itself lib.example.com, which is another module" == barrier(
        search, BOUNDS, GO, version, Wish()
    )


def test_modules_that_a_failure_speaks_of_are_suspected() -> None:
    """By the package of an error, or by the name that the code uses."""

    def failed(text: str, module: str = "") -> State:
        error = CompileError(
            file="main.go", line=1, text=text, quoted=text, module=module
        )
        return State(policy=Policy(), errors=(error,))

    modules = ("example.com/elm", "example.com/fir/v2", "example.com/elmer")

    assert ("example.com/elm",) == suspects(failed("undefined: elm.Name"), modules)
    assert ("example.com/fir/v2",) == suspects(failed("undefined: fir.X"), modules)
    assert ("example.com/elmer",) == suspects(
        failed("undefined: x", "example.com/elmer"), modules
    )
    assert () == suspects(failed("undefined: x"), modules)
    assert () == suspects(State(policy=Policy()), modules)
