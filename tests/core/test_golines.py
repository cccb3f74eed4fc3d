"""Go lines beside the plugin's go.mod, as the automaton answers them."""

from __future__ import annotations

from dataclasses import replace

from autofix.core.actions import Edit
from autofix.core.golines import GoLineEdit, GoLines
from autofix.core.gomod import ModEdit
from autofix.core.observations import Edited
from tests.core.test_decisions import after, gomod, prepared

SIGN = "../sign/go.mod"


def test_a_high_line_beside_is_lowered_before_anything_else() -> None:
    """Also where the plugin's own go.mod is right."""
    seen = replace(prepared(gomod("v1.36.0")), beside={SIGN: GoLines(go="1.24.0")})
    action = after(seen).action

    assert isinstance(action, Edit)
    assert ModEdit() == action.edit
    assert (GoLineEdit(file=SIGN, go="1.23.5"),) == action.beside
    assert "../sign/go.mod" in action.why


def test_a_lowered_line_is_told_and_remembered() -> None:
    """It is a change of a file that the user may not expect."""
    seen = replace(prepared(gomod("v1.36.0")), beside={SIGN: GoLines(go="1.24.0")})
    lowered = {SIGN: GoLines(go="1.23.5")}
    edited = Edited(gomod=gomod("v1.36.0"), selected={}, beside=lowered)
    state = after(seen, edited).state

    assert lowered == state.beside
    assert ["go-line-lowered-beside"] == [each.name for each in state.findings]


def test_a_line_that_fits_is_left() -> None:
    """Nothing is edited that the builder's Go reads."""
    seen = replace(prepared(gomod("v1.36.0")), beside={SIGN: GoLines(go="1.23.5")})

    assert not isinstance(after(seen).action, Edit)
