from __future__ import annotations

from dataclasses import replace

import pytest

from autofix.core.apichanges import api_choices, changed_in
from autofix.core.compile_errors import CompileError
from autofix.core.gomod import GoMod, Requirement
from autofix.core.model import ModuleVersion, ServerFacts, TruthSource
from autofix.core.releases import NAKAMA_COMMON
from autofix.core.state import Policy, State
from autofix.releases import api_changes, release_table

SERVER = ServerFacts(
    reference="heroiclabs/nakama:3.40.0",
    release="3.40.0",
    go="1.26.5",
    machine="amd64",
    main_module="github.com/heroiclabs/nakama/v3",
    modules={NAKAMA_COMMON: "v1.47.0"},
    source=TruthSource.BINARY,
)


def state(text: str, before: str = "v1.31.0") -> State:
    """Return the state of a run whose build failed with one error."""
    common = ModuleVersion(path=NAKAMA_COMMON, version=before)
    error = CompileError(file="main.go", line=7, text=text, quoted=text)
    return replace(
        State(policy=Policy()),
        server=SERVER,
        original=GoMod(
            module="example.com/game",
            go="1.21",
            toolchain="",
            requires=(Requirement(module=common, indirect=False),),
        ),
        errors=(error,),
    )


def test_the_release_that_changed_a_function_is_named() -> None:
    """With nakama-common's version, Nakama's, and the command that ports the code."""
    text = "not enough arguments in call to nk.LeaderboardCreate"
    (said,) = api_choices(state(text), api_changes(), release_table())

    assert (
        "nakama-common's Go API changed under your code: LeaderboardCreate in v1.33.0 "
        "(Nakama 3.23.0). 'autofix upgrade --port' rewrites your own code for it."
    ) == said


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("not enough arguments in call to nk.LeaderboardCreate", "v1.33.0"),
        ("not enough arguments in call to nk.SomethingElse", "v1.31.0"),
        ("undefined: LeaderboardCreate", "v1.31.0"),
        ("not enough arguments in call to db.Create", "v1.31.0"),
        ("something else", "v1.31.0"),
    ],
)
def test_nothing_is_said_of_what_did_not_change(text: str, before: str) -> None:
    """Neither of older changes, nor of functions that nobody changed."""
    assert () == api_choices(state(text, before), api_changes(), release_table())


@pytest.mark.parametrize(
    ("folder", "told"), [("../shared", True), ("/opt/shared", False), ("", False)]
)
def test_a_folder_beside_is_own_code_too(folder: str, *, told: bool) -> None:
    """A shared module of the same repository is ported; one of the machine is not."""
    text = "not enough arguments in call to nk.AccountsGetId"
    failed = state(text)
    errors = tuple(
        replace(each, module="example.com/shared", folder=folder)
        for each in failed.errors
    )
    said = api_choices(replace(failed, errors=errors), api_changes(), release_table())

    assert told == any("AccountsGetId in v1.45.0" in each for each in said)


def test_a_function_that_changed_twice_has_both_versions() -> None:
    """In order; only those after the old version and up to the new one."""
    index = "nk.StorageIndexList"
    known = api_changes()

    assert ("v1.32.0", "v1.34.0") == changed_in(index, "", known, "v1.31.0", "v1.47.0")
    assert ("v1.34.0",) == changed_in(index, "", known, "v1.32.0", "v1.34.0")


def test_a_name_that_others_have_too_wants_its_type() -> None:
    """A fleet manager's Create is told from anybody else's by the compiler's text."""
    text = "assignment mismatch: 1 variable but nk.GetFleetManager().Create returns 2"
    known = api_changes()

    assert ("v1.46.0",) == changed_in("x.Create", text, known, "v1.45.0", "v1.47.0")
    assert () == changed_in("x.Create", "x.Create", known, "v1.45.0", "v1.47.0")
