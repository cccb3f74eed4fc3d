"""
The automaton: ``decide`` chooses the next action from what was seen.

Rule 1: everything that determines what happens next lives here, in the table of
``autofix.core.state`` and in the ladder; the loop only performs the action it is
told and brings back what it saw.
Rule 2: ``decide`` is a pure function. A run is the list of its observations, and
feeding a recorded list through ``decide`` gives the recorded actions again.
Rule 3: it always ends. Every round changes go.mod, go.sum or vendor/ or stops; a
diagnosis seen before for the same go.mod stops; rounds, rungs and time are bounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from autofix.core import endings, fitting, rounds, settling
from autofix.core.actions import (
    Action,
    Build,
    Check,
    Compare,
    Edit,
    Prepare,
    Start,
    Stop,
    Vendor,
)
from autofix.core.diagnose import Context, diagnose
from autofix.core.golines import GoLineEdit, lowered_findings
from autofix.core.gomod import ModEdit, fingerprint
from autofix.core.ladder import Forbidden, Rung, Stands
from autofix.core.limits import limit_of
from autofix.core.model import Answer, Diagnosis, Ending, FailureClass
from autofix.core.observations import (
    Began,
    Built,
    Compared,
    Consulted,
    Edited,
    Failed,
    Loaded,
    Observation,
    Prepared,
    Settled,
    Started,
    Surveyed,
    Vendored,
)
from autofix.core.pinning import (
    aligned,
    before,
    blind_edit,
    climb,
    climbed,
    differing,
    first_rung,
    go_line_edit,
    go_lines_beside,
    pinned,
)
from autofix.core.state import (
    TRANSITIONS,
    Event,
    Phase,
    RoundRecord,
    State,
    Strategy,
)
from autofix.core.unfit import unfit
from autofix.core.vendored import only_in_vendor, stands_event, vendored


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do next, the state it leads to, and the diagnosis made on the way."""

    state: State
    action: Action
    diagnosis: Diagnosis | None = None


def decide(state: State, observation: Observation) -> Decision:
    """
    Choose the next action.

    Pure and total: any observation in any phase gives a decision; one that the
    table does not know raises ``KeyError``, which is a bug in the caller.
    """
    state = replace(state, at=max(state.at, observation.at))
    match observation:
        case Began():
            return _enter(state, Event.BEGAN)
        case Prepared():
            return _prepared(state, observation)
        case Edited():
            return _edited(state, observation)
        case Consulted():
            return _fit(fitting.consulted(state, observation))
        case Vendored():
            return _enter(vendored(state, observation), Event.DONE)
        case Built(artifact=artifact):
            state = replace(state, artifact=artifact, errors=(), functions={})
            state = rounds.built(state)
            return _enter(state, Event.DONE)
        case Compared():
            return _compared(rounds.compared(state, observation), observation)
        case Loaded():
            return _enter(rounds.loaded(state), Event.DONE)
        case Started(modules=modules):
            state = replace(state, modules_found=modules)
            state = rounds.ended(state)
            return _enter(state, settling.after_start(state))
        case Surveyed() | Settled():
            return _enter(*settling.after(state, observation))
        case Failed():
            return _failed(state, observation)


def _prepared(state: State, seen: Prepared) -> Decision:
    state = replace(
        state,
        server=seen.server,
        builder=seen.builder,
        plugin=seen.plugin,
        others=seen.others,
        vendored=seen.vendored,
        original=seen.gomod,
        gomod=seen.gomod,
        linked=seen.linked,
        beside=seen.beside,
        marks=seen.marks,
        findings=(*state.findings, *seen.findings),
    )
    if seen.given is None:
        return _go_ready(state)
    state = replace(
        state,
        artifact=seen.given,
        testing_given=True,
        rounds=(RoundRecord(number=0, began=state.at, built=state.at),),
    )
    return _enter(state, Event.GIVEN)


def _go_ready(state: State, diagnosis: Diagnosis | None = None) -> Decision:
    """Build, unless the builder's Go or the go line stands against it."""
    server, builder = state.server, state.builder
    if server and builder and server.go and server.go != builder.go:
        ending = endings.no_builder(server, builder)
        return _enter(state, Event.NO_BUILDER, diagnosis=diagnosis, ending=ending)
    if not go_line_edit(state).is_empty or go_lines_beside(state):
        return _enter(state, Event.GO_LINE_HIGH, diagnosis=diagnosis)
    if state.policy.strategy is Strategy.ALL:
        if not state.linked:  # nothing could be listed yet without completing go.mod
            return _enter(state, Event.SYNC, diagnosis=diagnosis)
        planned = aligned(state)
        if planned is not None:
            return _enter(planned, Event.PREDICTED, diagnosis=diagnosis)
    return _enter(state, Event.READY, diagnosis=diagnosis)


def _edited(state: State, seen: Edited) -> Decision:
    """Read the pins back: they stand, or the ladder has a rung, or it has none."""
    state = replace(
        state,
        findings=(*state.findings, *lowered_findings(state.beside, seen.beside)),
        gomod=seen.gomod,
        before=before(state, seen),
        linked=seen.linked or state.linked,
        beside={**state.beside, **seen.beside},
    )
    step = climb(state, seen)
    match step:
        case Forbidden():
            return _enter(state, Event.FORBIDDEN, ending=endings.forbidden(step))
        case Rung():
            return _enter(climbed(state, step, seen), Event.RUNG, rung=step)
        case Stands():
            planned = aligned(state) if state.policy.strategy is Strategy.ALL else None
            if planned is not None:  # a pin may bring in a further shared module
                return _enter(planned, Event.ALIGN)
            if state.must_change and fingerprint(seen.gomod) == state.marked:
                more = aligned(state, state.pins[-1].quoted)
                if more is not None:
                    return _enter(more, Event.ALIGN)
                ending = endings.unchanged(state)
                return _enter(state, Event.UNCHANGED, ending=ending)
            return _enter(state, stands_event(state))
        case _:
            assert_never(step)


def _compared(state: State, seen: Compared) -> Decision:
    """
    Pin what was not foreseen; else load, because the server is the judge.

    The classic loop hears it from the server, and so does a plugin file that was
    given: it was built elsewhere.
    """
    if state.policy.strategy is Strategy.ALL and not state.testing_given:
        more = differing(state, seen)
        if more is not None:
            return _enter(more, Event.DIFFERS)
    return _enter(state, Event.DONE)


def _failed(state: State, seen: Failed) -> Decision:
    """Diagnose, then answer as the diagnosis says, unless it was answered before."""
    gomod = seen.gomod or state.gomod
    state = replace(state, gomod=gomod, phase=TRANSITIONS[state.phase, Event.FAILED])
    diagnosis = diagnose(seen.evidence, _context(state))
    state = rounds.failed(state, diagnosis)
    key = (fingerprint(gomod) if gomod else "", rounds.identity(diagnosis))
    repeated = key in state.seen
    state = replace(state, seen=state.seen | {key})
    if state.testing_given:
        return _answer_given(state, diagnosis)
    only = only_in_vendor(state, diagnosis)
    if only is not None:
        return _enter(only, Event.IN_VENDOR, diagnosis=diagnosis)
    more = pinned(state, diagnosis)
    if more is not None:
        return _enter(more, Event.PIN, diagnosis=diagnosis)
    state = fitting.with_errors(state, seen, diagnosis)
    # Code may not compile, or find its packages, halfway between two sets of versions.
    halfway = diagnosis.failure_class is FailureClass.COMPILE or (
        diagnosis.answer is Answer.FIT and "importer" in diagnosis.facts
    )
    if halfway or repeated or diagnosis.answer is Answer.PIN:
        more = aligned(state, diagnosis.quoted)
        if more is not None:
            return _enter(more, Event.ALIGN, diagnosis=diagnosis)
    # Aligning may have been in vain: nothing is listed while an import is ambiguous.
    if diagnosis.answer is Answer.FIT and not (
        repeated and fitting.searched(state, diagnosis)
    ):
        looking = fitting.begun(state, diagnosis)
        if looking is not None:
            return _fit(looking, diagnosis)
    if repeated or diagnosis.answer is Answer.PIN:
        ending = endings.no_progress(state, diagnosis)
        return _enter(state, Event.REPEATED, diagnosis=diagnosis, ending=ending)
    event = _ANSWERS.get(diagnosis.answer, Event.STOP)
    if event is Event.GO_LINE and go_line_edit(state).is_empty:
        event = Event.STOP
    ending = endings.stopped(state, diagnosis)
    return _enter(state, event, diagnosis=diagnosis, ending=ending)


_ANSWERS = {
    Answer.SYNC: Event.SYNC,
    Answer.VENDOR: Event.VENDOR,
    Answer.GO_LINE: Event.GO_LINE,
}
"""What is done about a diagnosis that asks neither for a pin nor for a rebuild."""


def _fit(state: State, diagnosis: Diagnosis | None = None) -> Decision:
    """Ask the next question about a library's versions, or pin what fits."""
    if fitting.question(state) is not None:
        event = Event.FIT if state.phase is Phase.DIAGNOSE else Event.ASK
        return _enter(state, event, diagnosis=diagnosis)
    more = fitting.fitted(state)
    if more is None:
        return _enter(state, Event.UNFIT, ending=unfit(state))
    return _enter(more, Event.FITTED, diagnosis=diagnosis)


def _answer_given(state: State, diagnosis: Diagnosis) -> Decision:
    """
    Answer the failure of a plugin file that was given: build it here.

    Its words are worth hearing, but only a plugin built from the sources at hand
    shows what those need.
    """
    if diagnosis.answer not in (Answer.PIN, Answer.REBUILD):
        ending = endings.stopped(state, diagnosis)
        return _enter(state, Event.STOP, diagnosis=diagnosis, ending=ending)
    state = replace(state, testing_given=False, artifact=None, phase=Phase.PREPARE)
    return _go_ready(state, diagnosis)


def _enter(
    state: State,
    event: Event,
    *,
    diagnosis: Diagnosis | None = None,
    rung: Rung | None = None,
    ending: Ending | None = None,
) -> Decision:
    """Follow the table from the state's phase and name the next phase's action."""
    limit = limit_of(state, event)
    if limit is not None:
        event, ending = limit
    phase = TRANSITIONS[state.phase, event]
    came_from, state = state.phase, replace(state, phase=phase)
    action: Action
    if phase in _ACTIONS:
        action = _ACTIONS[phase]
    elif phase is Phase.PIN:
        state, edit = _pin_action(state, event, diagnosis, rung)
        action = replace(edit, in_vendor=state.in_vendor)
    elif phase is Phase.FIT and (asked := fitting.question(state)):
        action = asked
    elif phase is Phase.BUILD:
        state, action = rounds.began(state), Build()
    elif phase in (Phase.SURVEY, Phase.SETTLE):
        action = settling.action(state)
    else:
        if phase is Phase.CLEAN:
            ending = endings.clean(state)
        if ending is None:
            raise KeyError((came_from, event))
        state = replace(rounds.ended(state), ending=ending)
        action = Stop(ending=ending)
    return Decision(state=state, action=action, diagnosis=diagnosis)


_ACTIONS: Mapping[Phase, Action] = {
    Phase.PREPARE: Prepare(),
    Phase.VENDOR: Vendor(),
    Phase.COMPARE: Compare(),
    Phase.LOAD: Check(),
    Phase.START: Start(),
}
"""What each phase does that needs no word of the state."""


_PINNING = (
    Event.PIN,
    Event.ALIGN,
    Event.PREDICTED,
    Event.DIFFERS,
    Event.FITTED,
)
"""Events that enter the pin phase with a pin that does not stand yet."""


def _pin_action(
    state: State,
    event: Event,
    diagnosis: Diagnosis | None,
    rung: Rung | None,
) -> tuple[State, Edit]:
    """Name the edit: the ladder's rung, or what a diagnosis asks for at first."""
    if rung is not None:
        return state, Edit(edit=rung.edit, pins=state.pins, why=rung.why)
    mark = fingerprint(state.gomod) if state.gomod else ""
    state = replace(state, marked=mark, must_change=event in _PINNING)
    beside: tuple[GoLineEdit, ...] = ()
    if event in (Event.GO_LINE, Event.GO_LINE_HIGH):
        edit, beside = go_line_edit(state), go_lines_beside(state)
        files = "".join(f", also in {each.file}" for each in beside)
        why = f"lower the go directive to the builder's Go{files}"
    elif event is Event.FITTED:
        edit = fitting.fitting_edit(state)
        why = "; ".join(f"require {each}, which fits" for each in edit.requires)
    elif event is Event.PIN and diagnosis and diagnosis.answer is not Answer.PIN:
        edit = blind_edit(state, diagnosis)
        why = (
            f"require {diagnosis.facts['module']} as the server has it, before listing"
        )
    elif _was_listed(event, diagnosis) and (first := first_rung(state)) is not None:
        state, rung = first
        edit, why = rung.edit, rung.why
    else:
        edit, why = ModEdit(), "read what is selected"
    return state, Edit(edit=edit, pins=state.pins, why=why, beside=beside)


def _was_listed(event: Event, diagnosis: Diagnosis | None) -> bool:
    """Tell whether the last listing is of go.mod as it stands now."""
    return event is Event.PREDICTED or (event is Event.ALIGN and diagnosis is None)


def _context(state: State) -> Context:
    return Context(
        plugin=state.plugin,
        others=state.others,
        server=state.server,
        builder=state.builder,
        artifact=state.artifact,
        project_module=state.gomod.module if state.gomod else "",
        pins={pin.module: pin.version for pin in state.pins},
    )
