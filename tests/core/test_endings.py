"""Endings: a pin that takes a package away is not a wrong import."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autofix.conclude import exit_code
from autofix.core.endings import stopped
from autofix.core.gomod import GoMod, Replacement
from autofix.core.model import (
    Answer,
    Diagnosis,
    Ending,
    EndKind,
    FailureClass,
    Pin,
)
from autofix.core.state import Policy, RoundRecord, State

GRPC = "google.golang.org/grpc"
PIN = Pin(module=GRPC, version="v1.82.0", package="", quoted="", round=1)
STATE = State(
    policy=Policy(),
    gomod=GoMod(module="example.com/shards", go="1.26.5", toolchain=""),
    pins=(PIN,),
)


def _lacks(**facts: str) -> Diagnosis:
    return Diagnosis(
        name="module-lacks-package",
        failure_class=FailureClass.MODULE_FETCH,
        answer=Answer.STOP,
        words="grpc has no package naming.",
        remedy="",
        quoted="",
        facts={"module": GRPC, "package": f"{GRPC}/naming", **facts},
    )


def test_a_library_that_needs_what_the_pin_lacks_is_unsatisfiable() -> None:
    """The chain leads from the project to the package the server's version lacks."""
    library = "github.com/coreos/etcd@v3.3.27+incompatible"
    ending = stopped(STATE, _lacks(importer=library))

    assert ending.kind is EndKind.UNSATISFIABLE
    assert ending.chain == ("example.com/shards", library, f"{GRPC}/naming")
    assert "v1.82.0, the version this server has" in ending.words


def test_an_own_import_of_what_the_pin_lacks_must_change() -> None:
    """The pins are called right, and the code that imports it wrong."""
    ending = stopped(STATE, _lacks())

    assert ending.kind is EndKind.UNFIXABLE
    assert ending.words.startswith("The pins are right")


def test_a_module_that_is_not_pinned_keeps_its_own_words() -> None:
    """Without a pin in play the import itself is at fault, as diagnosed."""
    diagnosis = _lacks(module="example.com/leaf")
    ending = stopped(STATE, diagnosis)

    assert (ending.kind, ending.words) == (EndKind.UNFIXABLE, diagnosis.words)


@pytest.mark.parametrize(
    ("asked", "folder"),
    [
        ("example.com/common/proto/whist", "./common"),
        ("example.com/common", ""),
        ("example.com/commonplace", ""),
        ("", ""),
    ],
)
def test_a_folder_that_lacks_a_package_is_no_private_module(
    asked: str, folder: str
) -> None:
    """Go asks the proxy for a module of the package's name, and is refused."""
    replaced = Replacement(
        old_path="example.com/common",
        old_version="",
        new_path="./common",
        new_version="",
    )
    fetched = Diagnosis(
        name="module-private",
        failure_class=FailureClass.MODULE_FETCH,
        answer=Answer.STOP,
        words="It is private.",
        remedy="",
        quoted="",
        facts={"module": asked} if asked else {},
    )
    mod = GoMod(module="example.com/g", go="1.26", toolchain="", replaces=(replaced,))
    ending = stopped(replace(STATE, gomod=mod), fetched)

    assert ("It is private." == ending.words) == (not folder)
    assert ending.words.startswith(folder)
    assert ending.diagnosis is not None
    assert bool(folder) == ("git submodule" in ending.diagnosis.remedy)


def _typo() -> Diagnosis:
    return Diagnosis(
        name="code-does-not-compile",
        failure_class=FailureClass.COMPILE,
        answer=Answer.STOP,
        words="1 error.",
        remedy="",
        quoted="./main.go:7:2: undefined: lg",
    )


def test_code_that_broke_with_the_pins_must_change_for_them() -> None:
    """It was built before, or never tried without them."""
    rounds = (RoundRecord(number=1, began=0.0), RoundRecord(number=2, began=1.0))
    ending = stopped(replace(STATE, rounds=rounds), _typo())

    assert "The pins are right, but this code must change" in ending.words


def test_a_typo_is_not_blamed_on_the_pins() -> None:
    """The same line failed before anything was pinned."""
    rounds = (
        RoundRecord(number=1, began=0.0, diagnosis=_typo()),
        RoundRecord(number=2, began=1.0, diagnosis=_typo()),
    )
    ending = stopped(replace(STATE, rounds=rounds), _typo())

    assert "neither with nor without the pins" in ending.words


def test_a_network_that_cannot_be_reached_is_the_machine_s() -> None:
    """Exit code 3: the same plugin may do better later, and a fleet tries it again."""
    unreachable = replace(_lacks(), name="network-unreachable")
    ends = [
        Ending(kind=EndKind.UNFIXABLE, words="", diagnosis=each)
        for each in (unreachable, _lacks(), None)
    ]

    assert [3, 1, 1] == [exit_code(each) for each in ends]
    assert 0 == exit_code(Ending(kind=EndKind.CLEAN, words=""))
