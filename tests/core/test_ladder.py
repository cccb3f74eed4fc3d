"""The ladder: each rung on what was read back, and when there is none left."""

from __future__ import annotations

from autofix.core.gomod import GoMod, ModEdit, Replacement, Requirement
from autofix.core.ladder import Forbidden, Rung, Stands, next_rung
from autofix.core.model import ModuleVersion, Pin
from autofix.core.observations import Demand, Edited, Selected

PROTOBUF = "google.golang.org/protobuf"


def pin(version: str = "v1.36.11", module: str = PROTOBUF) -> Pin:
    """Pin one module."""
    return Pin(module=module, version=version, package="", quoted="said", round=1)


def version(text: str, module: str = PROTOBUF) -> ModuleVersion:
    """Name one version."""
    return ModuleVersion(path=module, version=text)


def gomod(*requires: str, excludes: tuple[str, ...] = ()) -> GoMod:
    """Make a go.mod that requires and excludes versions of one module."""
    return GoMod(
        module="example.com/plugin",
        go="1.26.5",
        toolchain="",
        requires=tuple(Requirement(module=version(each)) for each in requires),
        excludes=tuple(version(each) for each in excludes),
    )


def demand(wanted: str, *through: str) -> Demand:
    """Make a demand of something in the graph."""
    return Demand(module=version(wanted), chain=("example.com/plugin", *through))


def test_a_pin_that_reads_back_stands() -> None:
    """Nothing is edited for a version that is selected already."""
    seen = Edited(gomod=gomod(), selected={PROTOBUF: Selected(version="v1.36.11")})

    assert Stands() == next_rung([pin()], seen)


def test_a_module_nothing_requires_any_more_stands() -> None:
    """A module that fell out of the build list is not linked."""
    assert Stands() == next_rung([pin()], Edited(gomod=gomod(), selected={}))


def test_a_lower_version_is_raised_by_a_require() -> None:
    """Rung 1."""
    seen = Edited(
        gomod=gomod("v1.36.6"), selected={PROTOBUF: Selected(version="v1.36.6")}
    )

    step = next_rung([pin()], seen)

    assert isinstance(step, Rung)
    assert ModEdit(requires=(version("v1.36.11"),)) == step.edit


def test_a_version_only_go_mod_asks_for_needs_no_exclude() -> None:
    """Lowering the project's own require line is enough."""
    seen = Edited(
        gomod=gomod("v1.36.12"),
        selected={PROTOBUF: Selected(version="v1.36.12")},
        demands=(demand("v1.36.12"),),
    )

    step = next_rung([pin()], seen)

    assert isinstance(step, Rung)
    assert ModEdit(requires=(version("v1.36.11"),)) == step.edit


def test_every_higher_version_that_something_requires_is_excluded() -> None:
    """Rung 3: in order, and no version at or below the pin."""
    seen = Edited(
        gomod=gomod("v1.36.12"),
        selected={PROTOBUF: Selected(version="v1.36.12")},
        demands=(
            demand("v1.36.12", "b@v1.0.0"),
            demand("v1.36.2", "c@v1.0.0"),
            demand("v1.36.11", "d@v1.0.0"),
            demand("v1.37.0", "a@v1.0.0"),
        ),
    )

    step = next_rung([pin()], seen)

    assert isinstance(step, Rung)
    assert (version("v1.36.12"), version("v1.37.0")) == step.edit.excludes


def test_a_version_replace_is_dropped() -> None:
    """Rung 2, together with the require it hid."""
    replacement = Replacement(
        old_path=PROTOBUF, old_version="", new_path=PROTOBUF, new_version="v1.34.1"
    )
    seen = Edited(
        gomod=gomod("v1.36.6"),
        selected={PROTOBUF: Selected(version="v1.36.6", replacement=replacement)},
    )

    step = next_rung([pin()], seen)

    assert isinstance(step, Rung)
    assert (replacement,) == step.edit.drop_replaces
    assert (version("v1.36.11"),) == step.edit.requires


def test_a_fork_is_dropped_even_at_the_right_version() -> None:
    """Its label fits the server, its content does not."""
    fork = Replacement(
        old_path=PROTOBUF,
        old_version="v1.36.11",
        new_path="example.com/fork",
        new_version="v1.36.11",
    )
    seen = Edited(
        gomod=gomod("v1.36.11"),
        selected={PROTOBUF: Selected(version="v1.36.11", replacement=fork)},
    )

    step = next_rung([pin()], seen)

    assert isinstance(step, Rung)
    assert ModEdit(drop_replaces=(fork,)) == step.edit


def test_a_folder_is_never_dropped() -> None:
    """It is the project's own fork; only its required version is the ladder's."""
    folder = Replacement(
        old_path=PROTOBUF, old_version="", new_path="../protobuf", new_version=""
    )
    seen = Edited(
        gomod=gomod("v1.36.11"),
        selected={PROTOBUF: Selected(version="v1.36.11", replacement=folder)},
    )

    assert Stands() == next_rung([pin()], seen)


def test_a_replace_by_the_pinned_version_itself_is_left() -> None:
    """It changes nothing once the require line says the same."""
    same = Replacement(
        old_path=PROTOBUF, old_version="", new_path=PROTOBUF, new_version="v1.36.11"
    )
    seen = Edited(
        gomod=gomod("v1.36.11"),
        selected={PROTOBUF: Selected(version="v1.36.11", replacement=same)},
    )

    assert Stands() == next_rung([pin()], seen)


def test_what_go_mod_itself_excludes_is_forbidden() -> None:
    """The user said so; autofix does not overrule it."""
    seen = Edited(
        gomod=gomod("v1.36.12", excludes=("v1.36.11",)),
        selected={PROTOBUF: Selected(version="v1.36.12")},
    )

    step = next_rung([pin()], seen)

    assert isinstance(step, Forbidden)
    assert "itself excludes" in step.words


def test_what_an_earlier_run_excluded_is_dropped() -> None:
    """Its exclude was for another Nakama; this one has that very version."""
    seen = Edited(
        gomod=gomod("v1.36.6", excludes=("v1.36.11", "v1.36.12")),
        selected={PROTOBUF: Selected(version="v1.36.6")},
        own_excludes=frozenset({version("v1.36.11"), version("v1.36.12")}),
    )

    step = next_rung([pin()], seen)

    assert isinstance(step, Rung)
    wanted = (version("v1.36.11"),)
    assert ModEdit(requires=wanted, drop_excludes=wanted) == step.edit


def test_a_pin_that_does_not_take_is_forbidden_with_its_chain() -> None:
    """All that asks for more is excluded, and still more is selected."""
    seen = Edited(
        gomod=gomod("v1.36.11", excludes=("v1.36.12",)),
        selected={PROTOBUF: Selected(version="v1.36.12")},
        demands=(demand("v1.36.12", "a@v1.0.0"),),
    )

    step = next_rung([pin()], seen)

    assert isinstance(step, Forbidden)
    assert ("example.com/plugin", "a@v1.0.0", f"{PROTOBUF}@v1.36.12") == step.chain


def test_all_pins_are_moved_in_one_edit() -> None:
    """One rung is one edit, whatever the number of pins."""
    other = "go.uber.org/zap"
    seen = Edited(
        gomod=gomod("v1.36.6"),
        selected={
            PROTOBUF: Selected(version="v1.36.6"),
            other: Selected(version="v1.27.0"),
        },
    )

    step = next_rung([pin(), pin("v1.28.0", other)], seen)

    assert isinstance(step, Rung)
    assert (version("v1.36.11"), version("v1.28.0", other)) == step.edit.requires


def test_a_go_that_takes_the_next_higher_version_is_not_sent_up_the_ladder() -> None:
    """Go 1.15, of Nakama 3.0 and 3.1: an exclude would raise the module."""
    seen = Edited(
        gomod=gomod("v1.36.12"),
        selected={PROTOBUF: Selected(version="v1.36.12")},
        demands=(demand("v1.36.12", "b@v1.0.0"),),
    )

    step = next_rung([pin()], seen, "1.15.8")

    assert isinstance(step, Forbidden)
    assert "Go 1.15.8 knows no way to override that" in step.words
    assert "Use a version of b that" in step.words
    assert ("example.com/plugin", "b@v1.0.0", f"{PROTOBUF}@v1.36.12") == step.chain
    assert isinstance(next_rung([pin()], seen, "1.16.3"), Rung)


def test_such_a_go_still_raises_and_lowers_what_only_go_mod_asks_for() -> None:
    """A require line is enough for that."""
    for selected in ("v1.36.6", "v1.36.12"):
        seen = Edited(
            gomod=gomod(selected),
            selected={PROTOBUF: Selected(version=selected)},
            demands=(demand(selected),) if selected > "v1.36.11" else (),
        )

        assert isinstance(next_rung([pin()], seen, "1.15.8"), Rung)
