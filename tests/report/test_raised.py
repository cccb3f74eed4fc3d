"""Raised dependencies as text, as the body of a pull request, and as told of a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from autofix.core.compile_errors import CompileError
from autofix.core.gomod import GoMod, Requirement
from autofix.core.model import Ending, EndKind, ModuleVersion
from autofix.core.state import Policy, State
from autofix.project import find_project
from autofix.report.text import result_text
from autofix.report.upgrade_markdown import commit_message, upgrade_markdown
from autofix.result import DependencyResult, RaisedModule, RunResult, UpgradeResult
from autofix.upgrading.projectmoves import ProjectMoves
from autofix.upgrading.raisedelivery import ALONG, DICTATED, RaiseDelivery, reason
from tests.report.values import BROKEN, HOSTILE, PROTOBUF, SERVER, clean

TAKEN = RaisedModule(module="example.com/a", before="v1.0.0", after="v1.2.0", days=12)
LEFT = RaisedModule(
    module="example.com/b",
    before="v1.0.0",
    after="v1.0.0",
    tried="v1.1.0",
    days=1,
    why="It panics.",
)


def told(*modules: RaisedModule) -> RunResult:
    """Return a clean result of raised dependencies."""
    dependencies = DependencyResult(modules=modules, builds=8, go_line=("1.22", "1.23"))
    upgrade = UpgradeResult(
        before="3.40.0", after="3.40.0", aim="3.40.0", dependencies=dependencies
    )
    return replace(clean(), upgrade=upgrade)


def test_the_body_has_what_moved_and_what_stayed_and_why() -> None:
    """A row each; how to do it again."""
    body = upgrade_markdown(told(TAKEN, LEFT))

    assert body.startswith("Raises 1 module that the server does not dictate. 1 could")
    for line in (
        "| `example.com/a` | `v1.0.0` | `v1.2.0` | 12 days |  |",
        "| `example.com/b` | `v1.0.0` | `v1.1.0` | 1 day | It panics. |",
        "Found in 8 builds.",
        "The `go` line moves along, from `1.22` to `1.23`.",
        "autofix upgrade --dependencies",
    ):
        assert line in body


def test_a_title_says_where_and_only_what_was_raised() -> None:
    """Of a module in a folder its name; where only pins moved, what they match."""
    one = told(TAKEN)
    assert one.upgrade is not None
    inside = replace(one, upgrade=replace(one.upgrade, go_mod="games/arena/go.mod"))

    assert (
        "build(deps): bump example.com/a from v1.0.0 to v1.2.0 in games/arena",
        "fix(deps): pin google.golang.org/protobuf to v1.36.11 for nakama 3.40.0",
    ) == tuple(commit_message(each).splitlines()[0] for each in (inside, told(LEFT)))


def test_what_a_version_mends_is_named() -> None:
    """Whether it was taken or only tried."""
    taken, left = (replace(each, mends=("GO-1", "GO-2")) for each in (TAKEN, LEFT))
    body, text = upgrade_markdown(told(taken, left)), result_text(told(taken, left))

    assert "| 12 days | mends GO-1, GO-2. |" in body
    assert "| 1 day | would mend GO-1, GO-2. It panics. |" in body
    assert "      mends GO-1, GO-2\n" in text
    assert "      would mend GO-1, GO-2\n" in text


def test_what_was_tried_above_what_was_taken_is_told() -> None:
    """With the reason, in a person's and a reviewer's words."""
    row = replace(TAKEN, tried="v1.6.0", why="It panics.")
    body, text = upgrade_markdown(told(row)), result_text(told(row))

    assert "| `v1.2.0` | 12 days | v1.6.0 was tried: It panics. |" in body
    assert "  example.com/a v1.0.0 -> v1.2.0 (tried v1.6.0)\n      It panics.\n" in text


def test_a_new_major_is_shown_with_both_paths() -> None:
    """With the files whose imports follow it; one that broke by the path it had."""
    taken = replace(TAKEN, path="example.com/a/v2", after="v2.0.0")
    left = replace(LEFT, path="example.com/b/v3", tried="v3.0.0")
    result = told(taken, left)
    assert result.upgrade is not None
    assert result.upgrade.dependencies is not None
    dependencies = replace(result.upgrade.dependencies, code=("main.go", "x/y.go"))
    upgrade = replace(result.upgrade, dependencies=dependencies)
    result = replace(result, upgrade=upgrade)
    body, text = upgrade_markdown(result), result_text(result)

    for line in (
        "| `example.com/a` → `example.com/a/v2` | `v1.0.0` | `v2.0.0` | 12 days |  |",
        "| `example.com/b` → `example.com/b/v3` | `v1.0.0` | `v3.0.0` | 1 day | It",
        "is for a review. Imports were rewritten in 2 files:",
        "- `x/y.go`",
        "autofix upgrade --dependencies --majors",
    ):
        assert line in body
    assert "  example.com/a v1.0.0 -> example.com/a/v2 v2.0.0\n" in text
    assert "  example.com/b v1.0.0 (tried example.com/b/v3 v3.0.0)\n" in text
    assert "  imports: main.go, x/y.go\n" in text
    assert (
        "build(deps): bump example.com/a/v2 from v1.0.0 to v2.0.0"
        == commit_message(result).splitlines()[0]
    )


def test_the_subject_names_one_module_or_counts_them() -> None:
    """As people know it from other tools."""
    one = commit_message(told(TAKEN, LEFT)).splitlines()[0]
    two = commit_message(told(TAKEN, replace(TAKEN, module="c"))).splitlines()[0]

    assert "build(deps): bump example.com/a from v1.0.0 to v1.2.0" == one
    assert "build(deps): bump 2 modules" == two


def test_a_run_that_did_not_start_raised_nothing() -> None:
    """Whatever was tried."""
    ending = Ending(kind=EndKind.UNFIXABLE, words="It fails.", diagnosis=BROKEN)
    body = upgrade_markdown(replace(told(LEFT), ending=ending))

    assert body.startswith("No dependency was raised: the server does not start")


def test_what_others_wrote_is_inert() -> None:
    """Reasons hold lines of compilers and servers."""
    row = replace(LEFT, module=f"example.com/{HOSTILE}", why=f"{HOSTILE} | <b>*x*")
    texts = result_text(told(TAKEN, row)), upgrade_markdown(told(TAKEN, row))

    for text in texts:
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "<b>" not in texts[1]
    assert "Not raised" in texts[0]


def gomod(go: str = "1.22", **versions: str) -> GoMod:
    """Return a go.mod that requires modules of example.com."""
    requires = tuple(
        Requirement(module=ModuleVersion(path=f"example.com/{name}", version=version))
        for name, version in versions.items()
    )
    return GoMod(module="example.com/p", go=go, toolchain="", requires=requires)


def test_a_clean_run_tells_each_module_as_it_left_it(tmp_path: Path) -> None:
    """Also what moved along, and what the run itself had to pin."""
    (tmp_path / "go.mod").write_text("module example.com/p\n\ngo 1.22\n")
    (tmp_path / "main.go").write_text("package main\n\nfunc InitModule() {}\n")
    rows = (
        replace(TAKEN, after="v1.0.0", tried="v1.2.0"),
        LEFT,
        replace(LEFT, module=PROTOBUF, tried="v1.99.0", why=""),
    )
    error = CompileError(file="m.go", line=3, text="undefined: b.X", quoted="")
    ending = Ending(kind=EndKind.UNFIXABLE, words="No.", diagnosis=BROKEN)
    delivery = RaiseDelivery(
        project=find_project(tmp_path),
        moves=ProjectMoves(
            before="3.40.0", after="3.40.0", places=(), edits={}, findings=()
        ),
        aim="3.40.0",
        rows=rows,
        taken=frozenset({"example.com/a", PROTOBUF}),
        original=gomod(a="v1.0.0", b="v1.0.0", c="v1.0.0", d="v1.0.0"),
        present={
            "example.com/c": "v1.0.0",
            "example.com/d": "v1.0.0",
            PROTOBUF: "v1.30.0",
        },
        after=gomod("1.23", a="v1.2.1", b="v1.0.0", c="v1.1.0", d="v1.2.0"),
        reasons={
            "example.com/b": reason(
                State(policy=Policy(), ending=ending, errors=(error,))
            )
        },
        builds=7,
    )
    served = {**SERVER.modules, "example.com/d": "v1.2.0"}
    run = replace(clean(), server=replace(SERVER, modules=served))
    result = delivery.dependencies_of(run)
    concluded = delivery.conclude(clean())

    assert {
        "example.com/a": ("v1.2.1", ""),
        "example.com/b": (
            "v1.0.0",
            "The plugin does not compile with it: m.go:3: undefined: b.X",
        ),
        "example.com/c": ("v1.1.0", ALONG),
        "example.com/d": ("v1.2.0", DICTATED),
    } == {
        each.module: (each.after, each.why)
        for each in result.modules
        if each.module != PROTOBUF
    }
    (pinned,) = (each for each in result.modules if each.module == PROTOBUF)
    pin = concluded.pins[0]
    assert (PROTOBUF, "v1.30.0", pin.after) == (pin.module, pin.before, pinned.after)
    assert ("1.22", "1.23") == result.go_line
    assert 7 + len(clean().rounds) == result.builds


def test_a_reason_is_the_diagnosis_where_everything_compiles() -> None:
    """Its words say more than the server's line."""
    ending = Ending(kind=EndKind.UNFIXABLE, words="No.", diagnosis=BROKEN)

    error = CompileError(file="m_test.go", line=3, text="undefined: b.X", quoted="")
    failed = State(policy=Policy(), ending=ending, errors=(error,))

    assert "A test does not compile with it: m_test.go:3: undefined: b.X" == reason(
        failed
    )
    assert BROKEN.words == reason(State(policy=Policy(), ending=ending))
    assert "No." == reason(
        State(policy=Policy(), ending=replace(ending, diagnosis=None))
    )


def test_what_did_not_start_after_all_has_the_reason_of_the_last_run(
    tmp_path: Path,
) -> None:
    """What was set aside before has its own; no line is empty."""
    (tmp_path / "go.mod").write_text("module example.com/p\n\ngo 1.22\n")
    (tmp_path / "main.go").write_text("package main\n\nfunc InitModule() {}\n")
    rows = tuple(replace(LEFT, module=f"example.com/{name}", why="") for name in "abc")
    ending = Ending(kind=EndKind.UNFIXABLE, words="It ends.")
    failed = replace(clean(), ending=ending, pins=(), fits=())
    delivery = RaiseDelivery(
        project=find_project(tmp_path),
        moves=ProjectMoves(before="", after="", places=(), edits={}, findings=()),
        aim="",
        rows=rows,
        taken=frozenset({"example.com/a"}),
        reasons={"example.com/b": "It panics."},
        last=State(policy=Policy(), ending=ending),
    )
    found = delivery.dependencies_of(failed)
    text = result_text(delivery.conclude(failed))

    assert ["It ends.", "It panics.", ""] == [each.why for each in found.modules]
    assert "\n\n\n" not in text
    assert "      \n" not in text
