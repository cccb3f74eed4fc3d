"""What is said where code and server cannot be brought together."""

from __future__ import annotations

from dataclasses import replace

from autofix.core.compile_errors import CompileError
from autofix.core.gomod import GoMod, Requirement
from autofix.core.model import (
    Answer,
    BuilderFacts,
    Diagnosis,
    Ending,
    EndKind,
    FailureClass,
    ModuleVersion,
    Pin,
    ServerFacts,
    TruthSource,
)
from autofix.core.releases import NAKAMA_COMMON, Release, ReleaseTable
from autofix.core.state import Fitting, Policy, State
from autofix.core.unfit import choices, first_release_for, unfit
from autofix.core.versionsearch import Needs, Search

API = "google.golang.org/api"
PROTOBUF = "google.golang.org/protobuf"
SERVER = ServerFacts(
    reference="heroiclabs/nakama:3.26.0",
    release="3.26.0",
    go="1.23.5",
    machine="amd64",
    main_module="github.com/heroiclabs/nakama/v3",
    modules={PROTOBUF: "v1.36.4", NAKAMA_COMMON: "v1.36.0"},
    source=TruthSource.BINARY,
)


def release(tag: str, go: str, protobuf: str, common: str = "v1.36.0") -> Release:
    """Make a release."""
    return Release(
        tag=tag,
        date="2026-01-01",
        go=go,
        builder_go=go,
        nakama_common=common,
        debian="bookworm",
        modules={PROTOBUF: protobuf, NAKAMA_COMMON: common},
    )


TABLE = ReleaseTable(
    (
        release("3.25.0", "1.23.3", "v1.36.4", "v1.35.0"),
        release("3.26.0", "1.23.5", "v1.36.4"),
        release("3.32.0", "1.25.0", "v1.36.6"),
        release("3.38.0", "1.25.5", "v1.36.11"),
    )
)


def diagnosis(**facts: str) -> Diagnosis:
    """Make the failure that led to a search."""
    return Diagnosis(
        name="library-does-not-compile",
        failure_class=FailureClass.COMPILE,
        answer=Answer.FIT,
        words="",
        remedy="",
        quoted="said",
        facts=facts,
    )


def search(
    needs: dict[str, Needs | None], *, broken: bool = True, refusal: str = ""
) -> Search:
    """Make a search that has come to its end."""
    return Search(
        module=API,
        present="v0.3.0",
        quoted="said",
        broken=broken,
        versions=tuple(needs),
        needs=needs,
        refusal=refusal,
    )


def state(found: Search, why: Diagnosis | None = None) -> State:
    """Make the state that a search ends in."""
    required = Requirement(module=ModuleVersion(path=API, version="v0.3.0"))
    gomod = GoMod(module="example.com/p", go="1.23", toolchain="", requires=(required,))
    return State(
        policy=Policy(),
        server=SERVER,
        builder=BuilderFacts(reference="golang:1.23.5", go="1.23.5"),
        original=gomod,
        gomod=gomod,
        fitting=Fitting(diagnosis=why or diagnosis(), searches=(found,)),
    )


def asking(protobuf: str, go: str = "") -> Needs:
    """Make what a version asks for."""
    return Needs(go=go, requires={PROTOBUF: protobuf})


def ended(before: State) -> State:
    """End a run there."""
    return replace(before, ending=unfit(before))


TOO_NEW = search({"v0.2.0": asking("v1.36.5"), "v0.3.0": asking("v1.36.9")})


def test_the_chain_ends_at_what_cannot_be_had() -> None:
    """Who needs what, down to the version the server does not have."""
    ending = unfit(state(TOO_NEW))

    assert EndKind.UNSATISFIABLE is ending.kind
    assert ("example.com/p", f"{API}@v0.3.0", f"{PROTOBUF}@v1.36.9") == ending.chain
    assert f"asks for {PROTOBUF}@v1.36.9 (the server has v1.36.4)" in ending.words
    assert "No version of it fits; v0.2.0 asks for" in ending.words


def test_who_brought_the_library_in_is_told() -> None:
    """The chain of an overridden demand leads through other modules to it."""
    chain = ("example.com/p", "example.com/a@v1.0.0", f"{API}@v0.3.0", "x@v1.0.0")
    ending = unfit(replace(state(TOO_NEW), overridden={"x": (chain,)}))

    assert (*chain[:3], f"{PROTOBUF}@v1.36.9") == ending.chain


def test_the_first_nakama_that_has_it_all_is_named() -> None:
    """Not the next one, whose protobuf is still too old."""
    said = choices(ended(state(TOO_NEW)), TABLE)

    assert said[0].startswith("Move to Nakama 3.38.0, the first release with which")
    assert f"(Go 1.25.5, {PROTOBUF} v1.36.11)" in said[0]
    assert "a service beside the server" in said[1]


def test_a_newer_go_is_had_with_a_newer_nakama() -> None:
    """The go line counts as the modules do."""
    found = search({"v0.3.0": asking("v1.36.4", "1.24.0")}, broken=False)
    wanting = state(found)

    assert "wants a newer Go than this server was built with" in unfit(wanting).words
    assert "go@1.24.0 (the server has 1.23.5)" in unfit(wanting).words
    assert "Move to Nakama 3.32.0" in choices(ended(wanting), TABLE)[0]


def test_what_no_nakama_has_must_be_waited_for() -> None:
    """The newest release known is named."""
    found = search({"v0.3.0": asking("v1.99.0")})

    assert "none up to 3.38.0" in choices(ended(state(found)), TABLE)[0]
    assert first_release_for(asking("v1.99.0"), TABLE, after="") is None


def test_a_private_library_says_what_could_not_be_listed() -> None:
    """The go command's words are given, and the way out is the user's to know."""
    found = search({}, refusal="go: module example.com: reading list: 403 Forbidden")
    private = state(found)

    assert "could not be listed: go: module" in unfit(private).words
    assert "403 Forbidden" in unfit(private).words
    assert (
        "its versions cannot be listed from here" in choices(ended(private), TABLE)[0]
    )


def test_a_library_without_releases_has_nothing_to_choose() -> None:
    """Only commits of it are known."""
    found = replace(search({"v0.3.0": asking("v1.36.9")}), versions=())

    assert "no other released version" in unfit(state(found)).words


def test_a_library_that_is_not_too_new_is_not_called_so() -> None:
    """It asks for nothing above the server's; newer ones do."""
    found = search({"v0.3.0": asking("v1.36.4"), "v0.4.0": asking("v1.36.9")})

    assert "It is not too new" in unfit(state(found)).words
    assert "no newer version of it fits" in unfit(state(found)).words
    assert ("Do without",) == tuple(
        each[:10] for each in choices(ended(state(found)), TABLE)
    )


def test_a_package_that_the_pin_lacks_is_the_end_of_the_chain() -> None:
    """The library imports what the server's version of a module dropped."""
    grpc = Pin(
        module="google.golang.org/grpc",
        version="v1.70.0",
        package="",
        quoted="",
        round=1,
    )
    why = diagnosis(
        module=grpc.module, package=f"{grpc.module}/naming", importer=f"{API}@v0.3.0"
    )
    found = search({"v0.3.0": asking("v1.36.4")})
    ending = unfit(replace(state(found, why), pins=(grpc,)))

    lacking = f"imports {grpc.module}/naming, which {grpc.module} does not have at"
    assert f"{API}@v0.3.0 {lacking} v1.70.0" in ending.words
    assert f"{grpc.module}/naming" == ending.chain[-1]
    assert "the version this server has" in ending.words


def test_own_code_is_told_for_which_nakama_it_was_written() -> None:
    """The pins are right; the release that the code was made for is the other way."""
    own = CompileError(file="main.go", line=3, text="undefined: nk.X", quoted="")
    common = Pin(
        module=NAKAMA_COMMON, version="v1.36.0", package="", quoted="", round=1
    )

    def requiring(version: str) -> GoMod:
        module = ModuleVersion(path=NAKAMA_COMMON, version=version)
        return GoMod(
            module="p", go="", toolchain="", requires=(Requirement(module=module),)
        )

    stopped = State(
        policy=Policy(),
        server=SERVER,
        original=requiring("v1.35.0"),
        gomod=requiring("v1.36.0"),
        pins=(common,),
        errors=(own,),
        ending=Ending(kind=EndKind.UNFIXABLE, words=""),
    )

    said = choices(stopped, TABLE)
    assert said[0].startswith("Change the calls listed")
    assert "Build it for Nakama 3.25.0, whose nakama-common v1.35.0" in said[1]


def test_a_clean_end_needs_no_choice() -> None:
    """Nothing is advised where nothing is wrong."""
    clean = Ending(kind=EndKind.CLEAN, words="")

    assert () == choices(replace(state(TOO_NEW), ending=clean), TABLE)
