"""The ends of a run in words; pure functions of the state they end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from autofix.core.ladder import Forbidden
from autofix.core.model import (
    Answer,
    BuilderFacts,
    Diagnosis,
    Ending,
    EndKind,
    FailureClass,
    Pin,
    ServerFacts,
)
from autofix.core.packages import within
from autofix.core.state import State


def clean(state: State) -> Ending:
    """The server started and listed the plugin."""
    rounds = f"{state.round} build{'s' if state.round != 1 else ''}"
    return Ending(
        kind=EndKind.CLEAN, words=f"The server starts with the plugin after {rounds}."
    )


def planned(state: State) -> Ending:
    """Every pin stands, as far as the go command can tell without a build."""
    pins = f"{len(state.pins)} pin{'s' if len(state.pins) != 1 else ''}"
    return Ending(
        kind=EndKind.PLANNED, words=f"Planned with {pins}; nothing was built."
    )


def no_builder(server: ServerFacts, builder: BuilderFacts) -> Ending:
    """No builder with the server's Go can be had."""
    return Ending(
        kind=EndKind.UNFIXABLE,
        words=f"The server was built with Go {server.go}, the builder "
        f"{builder.reference} has Go {builder.go}, and no builder with Go {server.go} "
        "could be had. A plugin loads only if both were built by the same Go "
        "(class go-runtime). Give one with --builder: the pluginbuilder of the "
        f"server's own tag, or the official golang image of Go {server.go}.",
    )


def forbidden(step: Forbidden) -> Ending:
    """No rung of the ladder makes a pin stand."""
    return Ending(kind=EndKind.UNSATISFIABLE, words=step.words, chain=step.chain)


def unchanged(state: State) -> Ending:
    """Every pin stands already, and nothing had to change for it."""
    diagnosis = _latest(state)
    pin = _pin_of(state, diagnosis) or state.pins[-1]
    return _at_the_servers_version(state, pin, diagnosis)


def no_progress(state: State, diagnosis: Diagnosis) -> Ending:
    """The answer to a failure was applied, and the failure did not go away."""
    pin = _pin_of(state, diagnosis)
    if diagnosis.answer is Answer.PIN and pin is not None:
        return _at_the_servers_version(state, pin, diagnosis)
    return Ending(
        kind=EndKind.NO_PROGRESS,
        words=f"The same failure came again after it was answered: {diagnosis.words}",
        diagnosis=diagnosis,
    )


def _pin_of(state: State, diagnosis: Diagnosis | None) -> Pin | None:
    module = diagnosis.facts.get("module", "") if diagnosis else ""
    return next((pin for pin in state.pins if pin.module == module), None)


def _at_the_servers_version(
    state: State, pin: Pin, diagnosis: Diagnosis | None
) -> Ending:
    """Tell that a rejected package is of a module whose version is right."""
    selected = state.linked.get(pin.module)
    replacement = selected.replacement if selected else None
    if replacement is not None:
        cause = (
            f"go.mod replaces it by {replacement.new_path}"
            f"{' ' + replacement.new_version if replacement.new_version else ''}, "
            "whose content differs from what the server compiled"
        )
    else:
        cause = (
            "its content, or something below it, differs: an edited vendor/ folder, "
            "other build flags or tags, or a module that Nakama vendors in patched form"
        )
    named = diagnosis.facts.get("package", "") if diagnosis else ""
    return Ending(
        kind=EndKind.NO_PROGRESS,
        words=f"The server rejects package {named or pin.package or pin.module}, but "
        f"{pin.module} already has the server's version {pin.version}: {cause}. "
        "No pin can mend that.",
        diagnosis=diagnosis,
    )


def stopped(state: State, diagnosis: Diagnosis) -> Ending:
    """Nothing that autofix may change would help."""
    if diagnosis.failure_class is FailureClass.COMPILE and state.pins:
        return _compile_after_pins(state, diagnosis)
    if diagnosis.failure_class is FailureClass.MODULE_FETCH:
        diagnosis = _of_a_folder(state, diagnosis)
    if diagnosis.name == "module-lacks-package":
        pinned = {pin.module: pin.version for pin in state.pins}
        if diagnosis.facts["module"] in pinned:
            return _lacking_after_pin(state, diagnosis, pinned)
    if diagnosis.answer is Answer.REBUILD and state.builder is not None:
        diagnosis = replace(
            diagnosis,
            remedy="This came of autofix's own build in "
            f"{state.builder.reference} (Go {state.builder.go}), so building again "
            "would change nothing. Compare how the server and that builder were made, "
            "or name another builder with --builder-image.",
        )
    return Ending(kind=EndKind.UNFIXABLE, words=diagnosis.words, diagnosis=diagnosis)


def _of_a_folder(state: State, diagnosis: Diagnosis) -> Diagnosis:
    """
    Tell that a folder lacks a package, where a module of its name was asked for.

    Go looks for a module below each path that no module has a package for; that it
    got none from the proxy is not what is wrong.
    """
    module = diagnosis.facts.get("module", "")
    gomod = state.gomod or state.original
    for each in gomod.replaces if gomod and module else ():
        if each.is_folder and module != each.old_path and within(module, each.old_path):
            return replace(
                diagnosis,
                words=f"{each.new_path}, which replaces {each.old_path}, does not have "
                f"{module}, which is imported.",
                remedy=f"Bring {each.new_path} to a state that has it (where it is a git "
                "submodule, to another commit), or change the import. Go asked for a "
                "module of that name as well, and there is none that it can have.",
            )
    return diagnosis


def _lacking_after_pin(
    state: State, diagnosis: Diagnosis, pinned: Mapping[str, str]
) -> Ending:
    """
    Tell that a pinned module lacks, as the server has it, a package that is imported.

    A library that imports it cannot be had together with this server; the project's
    own import must change.
    """
    module, package = diagnosis.facts["module"], diagnosis.facts["package"]
    importer = diagnosis.facts.get("importer", "")
    lacks = f"imports {package}, which {module} does not have at {pinned[module]}, "
    if not importer:
        return Ending(
            kind=EndKind.UNFIXABLE,
            words=f"The pins are right, but the project {lacks}the version this server "
            "has. Change the code that imports it.",
            diagnosis=diagnosis,
        )
    library = importer.partition("@")[0]
    return Ending(
        kind=EndKind.UNSATISFIABLE,
        words=f"{importer} {lacks}the version this server has. Use a version of "
        f"{library} that does without it, or move what needs it out of the plugin into "
        "a service beside the server.",
        diagnosis=diagnosis,
        chain=(*((state.gomod.module,) if state.gomod else ()), importer, package),
    )


def _compile_after_pins(state: State, diagnosis: Diagnosis) -> Ending:
    """
    Tell a library that needs more than the server has from code that must change.

    A library whose demand was excluded cannot be had together with this server as
    long as it stays at this version: that is unsatisfiable, and the chain says who
    brought it in.
    """
    module = diagnosis.facts.get("module", "") or _module_of(state, diagnosis)
    chains = [
        chain
        for chains in state.overridden.values()
        for chain in chains
        if any(node.partition("@")[0] == module for node in chain)
    ]
    if module and chains:
        wants = ", ".join(sorted({chain[-1] for chain in chains}))
        return Ending(
            kind=EndKind.UNSATISFIABLE,
            words=f"{module} does not compile against the versions this server has: "
            f"it wants {wants}. Use a version of {module} that does with less, or move "
            "what needs it out of the plugin into a service beside the server.",
            diagnosis=diagnosis,
            chain=chains[0],
        )
    if any(_same_error(each.diagnosis, diagnosis) for each in state.rounds[:-1]):
        words = (
            f"This code compiles neither with nor without the pins: {diagnosis.words}"
        )
    else:
        words = (
            "The pins are right, but this code must change to compile against them: "
            f"{diagnosis.words}"
        )
    return Ending(kind=EndKind.UNFIXABLE, words=words, diagnosis=diagnosis)


def _same_error(earlier: Diagnosis | None, diagnosis: Diagnosis) -> bool:
    """Tell whether an earlier round stopped at the very same compile error."""
    return earlier is not None and (earlier.name, earlier.quoted) == (
        diagnosis.name,
        diagnosis.quoted,
    )


def _module_of(state: State, diagnosis: Diagnosis) -> str:
    """Find the linked module of a package that only its vendor/ path names."""
    package = diagnosis.facts.get("package", "")
    return max(
        (module for module in state.linked if within(package, module)),
        key=len,
        default="",
    )


def out_of_time(state: State) -> Ending:
    """The time limit was reached."""
    return Ending(
        kind=EndKind.TIME_LIMIT,
        words=f"The time limit of {state.policy.max_seconds:.0f} s was reached after "
        f"{state.round} builds.",
        diagnosis=_latest(state),
    )


def out_of_rounds(state: State) -> Ending:
    """The round limit was reached."""
    return Ending(
        kind=EndKind.ROUND_LIMIT,
        words=f"The limit of {state.policy.max_rounds} builds was reached.",
        diagnosis=_latest(state),
    )


def out_of_rungs(state: State) -> Ending:
    """The pins of one round did not settle."""
    return Ending(
        kind=EndKind.ROUND_LIMIT,
        words=f"The pins did not settle within {state.policy.max_rungs} edits.",
        diagnosis=_latest(state),
    )


def _latest(state: State) -> Diagnosis | None:
    for record in reversed(state.rounds):
        if record.diagnosis is not None:
            return record.diagnosis
    return None
