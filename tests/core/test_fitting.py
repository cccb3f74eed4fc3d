"""Which dependants are moved, on what evidence, and what is left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autofix.core.actions import Action, Build, Consult, Edit, Stop
from autofix.core.automaton import Decision, decide
from autofix.core.gomod import GoMod, Replacement, Requirement
from autofix.core.model import (
    BuilderFacts,
    EndKind,
    Evidence,
    EvidenceSource,
    ModuleVersion,
    OutputLine,
    ServerFacts,
    Stream,
    TruthSource,
)
from autofix.core.observations import (
    Began,
    Consulted,
    Edited,
    Failed,
    Observation,
    Prepared,
    Selected,
)
from autofix.core.state import Policy, State
from autofix.core.versionsearch import Needs

API = "google.golang.org/api"
PROTOBUF = "google.golang.org/protobuf"
CRYPTO = "golang.org/x/crypto"
SERVER = ServerFacts(
    reference="heroiclabs/nakama:3.26.0",
    release="3.26.0",
    go="1.23.5",
    machine="amd64",
    main_module="github.com/heroiclabs/nakama/v3",
    modules={PROTOBUF: "v1.36.4", CRYPTO: "v0.32.0"},
    source=TruthSource.BINARY,
    packages={f"{PROTOBUF}/proto": PROTOBUF, f"{CRYPTO}/bcrypt": CRYPTO},
)
LINKED = {
    API: Selected(version="v0.3.0", packages=(f"{API}/option",)),
    PROTOBUF: Selected(version="v1.36.4", packages=(f"{PROTOBUF}/proto",)),
    CRYPTO: Selected(version="v0.54.0", packages=(f"{CRYPTO}/argon2",)),
}
FITTING = Needs(go="1.23.0", requires={PROTOBUF: "v1.36.4"})
TOO_NEW = Needs(go="1.23.0", requires={PROTOBUF: "v1.36.9"})


def gomod(*replaces: Replacement, excludes: tuple[str, ...] = ()) -> GoMod:
    """Make a go.mod that requires the library."""
    required = (Requirement(module=ModuleVersion(path=API, version="v0.3.0")),)
    return GoMod(
        module="example.com/game",
        go="1.23.5",
        toolchain="",
        requires=required,
        replaces=replaces,
        excludes=tuple(ModuleVersion(path=API, version=each) for each in excludes),
    )


def said(source: EvidenceSource, *lines: str) -> Failed:
    """Let a program fail with what it says."""
    return Failed(
        evidence=Evidence(
            source=source,
            lines=tuple(OutputLine(stream=Stream.STDERR, text=text) for text in lines),
            exit_code=1,
        )
    )


BROKEN = said(
    EvidenceSource.BUILD,
    f"# {API}/internal",
    f"../go/pkg/mod/{API}@v0.3.0/internal/a.go:3:4: undefined: proto.New",
)


def after(
    *observations: Observation,
    mod: GoMod | None = None,
    linked: dict[str, Selected] | None = None,
) -> Decision:
    """Prepare a project whose pins all stand, and feed it what is seen next."""
    prepared = Prepared(
        server=SERVER,
        builder=BuilderFacts(reference="golang:1.23.5", go="1.23.5"),
        gomod=mod or gomod(),
        plugin="game.so",
        linked=linked or LINKED,
    )
    decision = decide(State(policy=Policy()), Began())
    for seen in (prepared, *observations):
        decision = decide(decision.state, seen)
    return decision


def answered(decision: Decision, **needs: Needs) -> Decision:
    """Answer every question with these versions (``v0_2_0=...``)."""
    known = {name.replace("_", "."): each for name, each in needs.items()}
    while isinstance(asked := decision.action, Consult):
        seen = Consulted(
            module=asked.module,
            asked=asked.versions,
            versions=() if asked.versions else tuple(known),
            needs={each: known.get(each) for each in asked.versions},
        )
        decision = decide(decision.state, seen)
    return decision


def required(action: Action) -> dict[str, str]:
    """Return what an edit requires."""
    assert isinstance(action, Edit), action
    return {each.path: each.version for each in action.edit.requires}


def test_nothing_is_moved_without_evidence() -> None:
    """The library asks for more than the server has, and yet it may compile."""
    assert Build() == after().action


def test_a_library_that_does_not_compile_is_moved() -> None:
    """To the highest version below it that fits, by one edit of go.mod."""
    first = after(BROKEN)
    assert Consult(module=API) == first.action

    moved = answered(first, v0_1_0=FITTING, v0_2_0=FITTING, v0_3_0=TOO_NEW)

    assert {API: "v0.2.0"} == required(moved.action)
    (pin,) = moved.state.pins
    assert (True, "v0.3.0") == (pin.fitted, moved.state.before[API].version)
    assert "undefined: proto.New" in pin.quoted


@pytest.mark.parametrize(
    "line",
    [
        f"vendor/{API}/internal/a.go:3:4: undefined: proto.New",
        "internal/a.go:3:4: undefined: proto.New",
    ],
)
def test_a_library_is_found_by_the_package_that_was_compiled(line: str) -> None:
    """Where the path does not say it: in vendor/, and in lines without a folder."""
    failed = said(EvidenceSource.BUILD, f"# {API}/internal", line)

    assert Consult(module=API) == after(failed).action


def test_a_go_line_too_high_is_excluded_while_nothing_can_be_listed() -> None:
    """The version is required by others too, so that it must not be read again."""
    refused = said(
        EvidenceSource.GO,
        f"go: {API}@v0.4.0 requires go >= 1.24.0 (running go 1.23.5; GOTOOLCHAIN=local)",
    )
    moved = answered(
        after(refused),
        v0_2_0=FITTING,
        v0_4_0=Needs(go="1.24.0"),
    )

    assert isinstance(moved.action, Edit)
    assert {API: "v0.2.0"} == required(moved.action)
    assert (ModuleVersion(path=API, version="v0.4.0"),) == moved.action.edit.excludes


@pytest.mark.parametrize(
    "line",
    [
        f"/go/pkg/mod/{API}@v0.3.0/a.go:3:4: package log/slog is not in GOROOT (/usr/x)",
        f"{API}/option: cannot compile Go 1.24 code",
    ],
)
def test_a_go_before_1_21_says_otherwise_what_it_is_too_old_for(line: str) -> None:
    """It does not look at go lines; the library's package or import is named."""
    moved = answered(
        after(said(EvidenceSource.BUILD, line)),
        v0_2_0=FITTING,
        v0_3_0=Needs(go="1.24.0"),
    )

    assert {API: "v0.2.0"} == required(moved.action)


def test_a_folder_is_the_projects_own() -> None:
    """What a replace takes from a folder, or from a fork, is not moved."""
    for path, version in (("../api", ""), ("example.com/fork", "v0.3.0")):
        own = Replacement(
            old_path=API, old_version="", new_path=path, new_version=version
        )
        stopped = after(BROKEN, mod=gomod(own)).action

        assert isinstance(stopped, Stop)
        assert EndKind.UNFIXABLE is stopped.ending.kind


def test_the_servers_own_module_gets_the_servers_version() -> None:
    """Not pinned so far, because it shares no package; nothing is to be looked up."""
    broken = said(
        EvidenceSource.BUILD,
        f"# {CRYPTO}/argon2",
        f"../go/pkg/mod/{CRYPTO}@v0.54.0/argon2/a.go:3:4: undefined: cpu.X86",
    )
    moved = after(broken)

    assert {CRYPTO: "v0.32.0"} == required(moved.action)
    assert not moved.state.pins[0].fitted


def test_all_libraries_that_fail_are_moved_together() -> None:
    """One build is enough for them."""
    other = "example.com/other"
    broken = said(
        EvidenceSource.BUILD,
        f"# {API}/internal",
        f"../go/pkg/mod/{API}@v0.3.0/internal/a.go:3:4: undefined: proto.New",
        f"# {other}",
        f"../go/pkg/mod/{other}@v0.3.0/a.go:3:4: undefined: proto.New",
    )
    moved = answered(after(broken), v0_2_0=FITTING, v0_3_0=TOO_NEW)

    assert {API: "v0.2.0", other: "v0.2.0"} == required(moved.action)


def test_a_private_library_ends_in_an_explanation() -> None:
    """Its versions cannot be listed: the go command's words are given."""
    refusal = "go: module x: reading https://goproxy.example/list: 403 Forbidden"
    stopped = after(BROKEN, Consulted(module=API, refusal=refusal)).action

    assert isinstance(stopped, Stop)
    assert EndKind.UNSATISFIABLE is stopped.ending.kind
    assert refusal in stopped.ending.words


def test_what_the_project_excludes_is_not_taken() -> None:
    """The user knows something of that version."""
    mod = gomod(excludes=("v0.2.0",))
    moved = answered(
        after(BROKEN, mod=mod), v0_1_0=FITTING, v0_2_0=FITTING, v0_3_0=TOO_NEW
    )

    assert {API: "v0.1.0"} == required(moved.action)


def test_the_same_failure_again_ends_the_run() -> None:
    """A version that fits and does not compile either is not moved in circles."""
    decision = after(BROKEN)
    for _ in range(4):
        decision = answered(decision, v0_2_0=FITTING, v0_3_0=TOO_NEW)
        if isinstance(decision.action, Stop):
            break
        mod = replace(
            gomod(),
            requires=(Requirement(module=ModuleVersion(path=API, version="v0.2.0")),),
        )
        moved = {**LINKED, API: Selected(version="v0.2.0")}
        edited = Edited(gomod=mod, selected={API: moved[API]}, linked=moved)
        decision = decide(decision.state, edited)
        assert Build() == decision.action
        again = said(
            EvidenceSource.BUILD,
            f"# {API}/internal",
            f"../go/pkg/mod/{API}@v0.2.0/internal/a.go:3:4: undefined: proto.New",
        )
        decision = decide(decision.state, again)

    assert isinstance(decision.action, Stop)
    assert EndKind.UNSATISFIABLE is decision.action.ending.kind
    assert "It is not too new" in decision.action.ending.words
