"""Single decisions of the automaton that the simulated worlds do not come to."""

from __future__ import annotations

import json

from autofix.conclude import notes, pin_results, round_results
from autofix.core.actions import Edit, Stop
from autofix.core.automaton import Decision, decide
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
    Edited,
    Failed,
    Loaded,
    Observation,
    Prepared,
    Selected,
    Started,
)
from autofix.core.state import Policy, State

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
    decision = decide(State(policy=Policy()), Began())
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


def test_a_pin_that_stands_on_a_folder_is_not_called_the_same_failure() -> None:
    """A fork in a folder keeps differing at the right version; the end names it."""
    folder = Replacement(
        old_path=COMMON, old_version="", new_path="../common", new_version=""
    )
    forked = {COMMON: Selected(version="v1.36.0", replacement=folder)}
    decision = after(
        prepared(gomod("v1.30.0", folder)),
        Built(artifact=PLUGIN),
        refused(f"{COMMON}/api"),
        Edited(gomod=gomod("v1.36.0", folder), selected=forked, linked=forked),
        Built(artifact=PLUGIN),
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
        prepared(gomod("v1.36.0")), Built(artifact=PLUGIN), refused("internal/abi")
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
        Loaded(evidence=loaded, at=3),
        Started(modules=("p.so",), evidence=loaded, at=5),
    ).state

    (told,) = round_results(state)

    assert (0, 0, 4) == (told.number, told.build_seconds, told.server_seconds)
