"""Single decisions of the automaton that the simulated worlds do not come to."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from autofix.conclude import classic_cost, notes, pin_results, round_results
from autofix.core.actions import Build, Check, Edit, Stop
from autofix.core.automaton import Decision, decide
from autofix.core.compare import Cause, Group
from autofix.core.gomod import GoMod, ModEdit, Replacement, Requirement
from autofix.core.model import (
    Artifact,
    ArtifactKind,
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
    Built,
    Compared,
    Edited,
    Failed,
    Loaded,
    Observation,
    Prepared,
    Selected,
    Started,
    Surveyed,
)
from autofix.core.state import Policy, State, Strategy
from autofix.result import ClassicCost

COMMON = "github.com/heroiclabs/nakama-common"
BUILDER = BuilderFacts(reference="golang:1.23.5-bookworm", go="1.23.5")
SERVER = ServerFacts(
    reference="heroiclabs/nakama:3.26.0",
    release="3.26.0",
    go="1.23.5",
    machine="amd64",
    main_module="github.com/heroiclabs/nakama/v3",
    modules={COMMON: "v1.36.0"},
    source=TruthSource.BINARY,
)
PLUGIN = Artifact(name="p.so", size=1, sha256="0", kind=ArtifactKind.ELF, go="1.23.5")


def gomod(version: str, *replaces: Replacement, go: str = "1.23") -> GoMod:
    """Make a go.mod that requires nakama-common."""
    required = Requirement(module=ModuleVersion(path=COMMON, version=version))
    return GoMod(
        module="example.com/p",
        go=go,
        toolchain="",
        requires=(required,),
        replaces=replaces,
    )


def said(source: EvidenceSource, text: str) -> Evidence:
    """Make evidence of one line."""
    line = OutputLine(stream=Stream.STDERR, text=text)
    return Evidence(source=source, lines=(line,), exit_code=1)


def refused(package: str) -> Failed:
    """Let the server refuse a package."""
    error = (
        'plugin.Open("/nakama/data/modules/p"): plugin was built with a different '
        f"version of package {package}"
    )
    record = {"level": "error", "msg": "Could not open Go module", "error": error}
    return Failed(evidence=said(EvidenceSource.CHECK, json.dumps(record)))


def prepared(mod: GoMod, given: Artifact | None = None) -> Prepared:
    """Bring server, builder and project together."""
    return Prepared(
        server=SERVER, builder=BUILDER, gomod=mod, plugin="p.so", given=given, at=1
    )


def after(*observations: Observation) -> Decision:
    """Feed observations to the automaton and return the last decision."""
    decision = decide(State(policy=Policy(strategy=Strategy.FIRST)), Began())
    for observation in observations:
        decision = decide(decision.state, observation)
    return decision


def test_a_pin_before_anything_can_be_listed_is_told_from_where_it_came() -> None:
    """While nothing can be listed, the version that was named is what was there."""
    needs_newer = said(
        EvidenceSource.GO,
        f"go: {COMMON}@v1.47.0 requires go >= 1.26.5 (running go 1.23.5; GOTOOLCHAIN=local)",
    )
    planned = after(
        prepared(gomod("v1.47.0", go="1.26.5")), Failed(evidence=needs_newer)
    )
    assert isinstance(planned.action, Edit)
    wanted = ModuleVersion(path=COMMON, version="v1.36.0")
    assert ModEdit(requires=(wanted,)) == planned.action.edit

    state = decide(
        planned.state,
        Edited(gomod=gomod("v1.36.0"), selected={COMMON: Selected(version="v1.36.0")}),
    ).state
    (told,) = pin_results(state)

    assert ("v1.47.0", "v1.36.0", 1) == (told.before, told.after, told.round)
    assert {wanted: "nakama 3.26.0"} == notes(state)


@pytest.mark.parametrize(
    ("module", "version", "ends"),
    [
        (COMMON, "v1.17.0", False),
        (COMMON, "v1.36.0", True),
        ("example.com/private", "v1.0.0", True),
    ],
)
def test_a_version_that_cannot_be_had_gives_way_to_the_servers(
    module: str, version: str, ends: bool
) -> None:
    """A module that the server does not link, or has the same of, is not to be had."""
    forbidden = said(
        EvidenceSource.GO,
        f"main.go:6:2: {module}@{version}: reading https://proxy.example.com/"
        f"{module}/@v/{version}.zip: 403 Forbidden",
    )
    decision = after(prepared(gomod(version)), Failed(evidence=forbidden))

    wanted = ModuleVersion(path=COMMON, version="v1.36.0")
    pinning = Edit(
        edit=ModEdit(requires=(wanted,)),
        pins=decision.state.pins,
        why=f"require {COMMON} as the server has it, before listing",
    )
    assert ends is isinstance(decision.action, Stop)
    assert ends or pinning == decision.action


def test_a_module_that_was_split_moves_with_its_part() -> None:
    """What the server has of it says at which commit both were one repository."""
    rest, part = "example.com/apis", "example.com/apis/rpc"
    commit = "v0.0.0-20260706201446-f0a921348800"
    server = replace(SERVER, modules={**SERVER.modules, part: commit})
    lines = (
        f"ambiguous import: found package {part}/status in multiple modules:",
        f"\t{rest} v0.0.0-20230110181048-76db0878b65f (/go/pkg/mod/{rest}@v0/rpc)",
        f"\t{part} {commit} (/go/pkg/mod/{part}@{commit}/status)",
    )
    evidence = Evidence(
        source=EvidenceSource.BUILD,
        lines=tuple(OutputLine(stream=Stream.STDERR, text=line) for line in lines),
        exit_code=1,
    )
    decision = after(
        replace(prepared(gomod("v1.36.0")), server=server), Failed(evidence=evidence)
    )

    assert isinstance(decision.action, Edit)
    assert (rest, commit) in {
        (pin.module, pin.version) for pin in decision.action.pins if pin.fitted
    }


def test_a_pin_that_stands_on_a_folder_is_not_called_the_same_failure() -> None:
    """A fork in a folder keeps differing at the right version; the end names it."""
    folder = Replacement(
        old_path=COMMON, old_version="", new_path="../common", new_version=""
    )
    forked = {COMMON: Selected(version="v1.36.0", replacement=folder)}
    decision = after(
        prepared(gomod("v1.30.0", folder)),
        Built(artifact=PLUGIN),
        Compared(),
        refused(f"{COMMON}/api"),
        Edited(gomod=gomod("v1.36.0", folder), selected=forked, linked=forked),
        Built(artifact=PLUGIN),
        Compared(),
        refused(f"{COMMON}/runtime"),
    )

    assert isinstance(decision.action, Stop)
    ending = decision.action.ending
    assert EndKind.NO_PROGRESS is ending.kind
    assert f"rejects package {COMMON}/runtime, but" in ending.words
    assert "go.mod replaces it by ../common, whose content differs" in ending.words


def test_a_build_of_its_own_is_not_to_be_built_again() -> None:
    """What a right build would mend is not advised where that build was just made."""
    decision = after(
        prepared(gomod("v1.36.0")),
        Built(artifact=PLUGIN),
        Compared(),
        refused("internal/abi"),
    )

    assert isinstance(decision.action, Stop)
    ending = decision.action.ending
    assert EndKind.UNFIXABLE is ending.kind
    assert ending.diagnosis is not None
    assert "go-runtime" == ending.diagnosis.failure_class
    assert "autofix's own build in golang:1.23.5-bookworm" in ending.diagnosis.remedy


def test_a_given_plugin_takes_no_time_to_build() -> None:
    """Round 0 has the seconds of its server only."""
    loaded = Evidence(source=EvidenceSource.CHECK, lines=(), exit_code=0)
    state = after(
        prepared(gomod("v1.36.0"), given=PLUGIN),
        Compared(),
        Loaded(evidence=loaded, at=3),
        Started(modules=("p.so",), evidence=loaded, at=5),
    ).state

    (told,) = round_results(state)

    assert (0, 0, 4) == (told.number, told.build_seconds, told.server_seconds)


def planned(server: ServerFacts, **linked: Selected) -> Decision:
    """Let strategy ``all`` decide on what the plugin would link."""
    policy = Policy(strategy=Strategy.ALL)
    modules = {name.replace("_", "/"): each for name, each in linked.items()}
    seen = replace(prepared(gomod("v1.35.0")), server=server, linked=modules)
    began = decide(State(policy=policy), Began())
    return decide(began.state, seen)


def test_a_module_without_a_shared_package_is_left_alone() -> None:
    """
    Its version may differ: each side links other packages of it.

    Six of 33 real plugins were like that, x/crypto among them.
    """
    server = replace(
        SERVER,
        modules={"x/crypto": "v0.41.0", "x/text": "v0.21.0"},
        packages={"x/crypto/bcrypt": "x/crypto", "x/text/unicode": "x/text"},
    )
    decision = planned(
        server,
        x_crypto=Selected(version="v0.54.0", packages=("x/crypto/argon2",)),
        x_text=Selected(version="v0.22.0", packages=("x/text/a", "x/text/unicode")),
    )

    assert ["x/text"] == [pin.module for pin in decision.state.pins]
    assert "x/text/unicode" == decision.state.pins[0].package


def test_without_package_lists_a_module_counts_as_shared() -> None:
    """A release table or a modules.txt header tells modules only."""
    server = replace(SERVER, modules={"x/text": "v0.21.0"})
    decision = planned(server, x_text=Selected(version="v0.22.0"))

    assert isinstance(decision.action, Edit)
    assert ["x/text"] == [pin.module for pin in decision.state.pins]


def test_a_plan_without_a_difference_builds_at_once() -> None:
    """What fits is built as it is."""
    server = replace(SERVER, modules={"x/text": "v0.21.0"})

    assert Build() == planned(server, x_text=Selected(version="v0.21.0")).action


def test_a_plan_that_cannot_list_completes_go_mod_first() -> None:
    """A missing go.sum entry hides what the plugin links, until it is completed."""
    decision = planned(SERVER)

    assert isinstance(decision.action, Edit)
    assert (ModEdit(), ()) == (decision.action.edit, decision.action.pins)


ROOT = Group(
    cause=Cause.ROOT,
    module=COMMON,
    server="v1.36.0",
    plugin="v1.35.0",
    packages=(f"{COMMON}/api",),
)


def compared(strategy: Strategy, *groups: Group, listed: str) -> Decision:
    """Build at once, because nothing differs in the listing, and compare."""
    linked = {COMMON: Selected(version=listed, packages=(f"{COMMON}/api",))}
    decision = decide(State(policy=Policy(strategy=strategy)), Began())
    for seen in (
        replace(prepared(gomod(listed)), linked=linked),
        Built(artifact=PLUGIN),
        Compared(shared=40, groups=groups, foretold=f"{COMMON}/api"),
    ):
        decision = decide(decision.state, seen)
    return decision


def test_what_was_not_foreseen_is_pinned_before_the_server_says_it() -> None:
    """A vendor/ folder may hold another version than its go.mod tells."""
    unlisted = decide(State(policy=Policy()), Began())
    for seen in (
        replace(prepared(gomod("v1.35.0")), linked={"x/y": Selected(version="v1.0.0")}),
        Built(artifact=PLUGIN),
        Compared(shared=40, groups=(ROOT,), foretold=f"{COMMON}/api"),
    ):
        unlisted = decide(unlisted.state, seen)

    assert isinstance(unlisted.action, Edit)
    (pin,) = unlisted.action.pins
    assert (COMMON, "v1.36.0", f"{COMMON}/api") == (
        pin.module,
        pin.version,
        pin.package,
    )
    assert f"compare: {COMMON}/api differs, the plugin has it of" in pin.quoted


def test_the_classic_loop_hears_it_from_the_server() -> None:
    """Its comparison is kept for the report only."""
    decision = compared(Strategy.FIRST, ROOT, listed="v1.35.0")

    assert Check() == decision.action
    (told,) = round_results(decision.state)
    assert (40, 1, (COMMON,), f"{COMMON}/api") == (
        told.shared,
        told.differing,
        told.differing_modules,
        told.foretold,
    )


def test_what_no_pin_can_mend_is_left_to_the_server() -> None:
    """A difference at the right version is not pinned again; the server names it."""
    content = replace(ROOT, cause=Cause.CONTENT, plugin="v1.36.0")

    assert Check() == compared(Strategy.ALL, content, listed="v1.36.0").action
    assert Check() == compared(Strategy.ALL, ROOT, listed="v1.36.0").action


def test_what_the_classic_loop_would_have_cost() -> None:
    """A build and a check for each package it would hear of, and the last start."""
    evidence = Evidence(source=EvidenceSource.CHECK, lines=(), exit_code=0)
    linked = {COMMON: Selected(version="v1.35.0", packages=(f"{COMMON}/api",))}
    stands = {COMMON: Selected(version="v1.36.0", packages=(f"{COMMON}/api",))}
    server = replace(SERVER, packages={f"{COMMON}/api": COMMON})
    decision = decide(State(policy=Policy()), Began())
    for seen in (
        replace(prepared(gomod("v1.35.0")), server=server, linked=linked),
        Edited(gomod=gomod("v1.35.0"), selected=linked, linked=linked),
        Edited(gomod=gomod("v1.36.0"), selected=stands, linked=stands, at=2),
        Built(artifact=PLUGIN, at=5),
        Compared(shared=40, at=5),
        Loaded(evidence=evidence, at=6),
        Started(modules=("p.so",), evidence=evidence, at=9),
        Surveyed(at=10),
    ):
        decision = decide(decision.state, seen)

    assert isinstance(decision.action, Stop)
    assert ClassicCost(builds=2, seconds=2 * 4 + 3) == classic_cost(decision.state)


def test_a_package_that_the_server_has_from_another_module_is_foreseen() -> None:
    """genproto/googleapis/rpc was part of genproto before it was split off."""
    whole, part = (
        "google.golang.org/genproto",
        "google.golang.org/genproto/googleapis/rpc",
    )
    server = replace(
        SERVER, modules={part: "v0.2.0"}, packages={f"{part}/status": part}
    )
    linked = {whole: Selected(version="v0.1.0", packages=(f"{part}/status",))}
    seen = replace(prepared(gomod("v1.36.0")), server=server, linked=linked)
    decision = decide(decide(State(policy=Policy()), Began()).state, seen)

    assert isinstance(decision.action, Edit)
    (pin,) = decision.action.pins
    assert (part, "v0.2.0", f"{part}/status") == (pin.module, pin.version, pin.package)
    assert f"the plugin from {whole}" in pin.quoted
