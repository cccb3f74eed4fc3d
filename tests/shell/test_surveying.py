"""Surveys and their edits on real Go: what holds, what tidy would do, what goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from autofix.core.actions import Settle, Survey
from autofix.core.gomod import GoMod, ModEdit
from autofix.core.model import ModuleVersion
from autofix.core.observations import Edited, Settled
from autofix.engines.archive import Entry
from autofix.gotool import GoTool
from autofix.surveying import pruned, settle, survey
from tests.local_builder import LocalBuilder
from tests.module_proxy import asking, publish

pytestmark = pytest.mark.go

NEWEST = "1.26.5"
ATOMIC, FX = "go.uber.org/atomic", "go.uber.org/fx"
MULTIERR, ZAP = "go.uber.org/multierr", "go.uber.org/zap"
HIGH = ModuleVersion(path=MULTIERR, version="v1.6.0")
HIGHER = ModuleVersion(path=MULTIERR, version="v1.7.0")
WANTED = {ZAP: "v1.21.0", MULTIERR: "v1.5.0"}
GO_MOD = """\
module example.com/plugin

go 1.21

require go.uber.org/zap v1.21.0

require (
	go.uber.org/atomic v1.7.0 // indirect
	go.uber.org/multierr v1.5.0 // indirect; autofix: nakama 3.2.0
)

exclude (
	go.uber.org/multierr v1.6.0 // autofix: nakama 3.2.0
	go.uber.org/multierr v1.7.0 // autofix: nakama 3.2.0
)
"""
MAIN = 'package main\n\nimport "go.uber.org/zap"\n\nfunc main() { zap.L() }\n'
TEST = (
    'package main\n\nimport (\n\t"testing"\n\n\t"{}"\n)\n\n'
    "func TestMain(m *testing.M) {{ _ = fx.New() }}\n"
)
Project = Callable[..., GoTool]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Make a module with pins in a builder with an exact Go; ``files`` are added."""

    def make(go: str = NEWEST, **files: str) -> GoTool:
        builder = LocalBuilder(tmp_path, go)
        content = {"go.mod": GO_MOD, "main.go": MAIN, **files}
        if go < "1.21":
            content["go.mod"] = content["go.mod"].replace("go 1.21", "go 1.16")
        entries = [
            Entry(name=name.replace("_test", "_test.go"), content=text.encode())
            for name, text in content.items()
        ]
        builder.put(entries, "/work/plugin")
        tool = GoTool(builder=builder, folder="/work/plugin", environment={})
        assert isinstance(tool.edit(ModEdit()), Edited)
        return tool

    return make


def asked(*, tidy: bool = False, requires: tuple[str, ...] = ()) -> Survey:
    """Ask what would happen without both excludes."""
    without = ModEdit(drop_excludes=(HIGH, HIGHER), drop_requires=requires)
    return Survey(wanted=WANTED, selected={}, without=without, tidy=tidy)


def linked(tool: GoTool) -> dict[str, str]:
    """Map what is linked to its version."""
    seen = tool.edit(ModEdit())
    assert isinstance(seen, Edited)
    return {path: each.version for path, each in seen.linked.items()}


@pytest.mark.parametrize("go", ["1.16.3", "1.19.13", "1.21.13", NEWEST])
def test_the_exclude_that_holds_is_told_from_the_one_that_does_not(
    go: str, project: Project
) -> None:
    """Zap asks for 1.6.0, nothing for 1.7.0; no file is changed by looking."""
    tool = project(go)
    before = tool.text(), tool.file("go.sum")
    seen = survey(tool, asked())

    assert [HIGH] == [each.module for each in seen.holding]
    assert ("example.com/plugin", f"{ZAP}@v1.21.0") == seen.holding[0].chain
    assert (None, None, ()) == (seen.refused, seen.untidy, seen.tidied)
    assert before == (tool.text(), tool.file("go.sum"))
    with pytest.raises(FileNotFoundError):
        tool.file("go.autofix.mod")
    with pytest.raises(FileNotFoundError):
        tool.file("go.autofix.sum")


@pytest.mark.parametrize("go", ["1.16.3", "1.23.5", NEWEST])
def test_pins_outlast_a_tidy_that_adds_what_a_test_imports(
    go: str, project: Project
) -> None:
    """A test imports fx, whose latest version asks for newer zap and multierr."""
    tool = project(go, main_test=TEST.format(FX))
    seen = survey(tool, asked(tidy=True))
    assert seen.untidy is None, seen.untidy
    found = {each.module.path for each in seen.tidied}
    assert {ZAP, MULTIERR} == found

    excludes = tuple(each.module for each in (*seen.holding, *seen.tidied))
    edit = ModEdit(excludes=excludes, drop_excludes=(HIGHER,))
    settled = settle(tool, Settle(edit=edit, linked=linked(tool)))
    assert settled.stands
    assert tool.together(("go", "mod", "tidy")).succeeded
    assert FX in tool.text()
    assert WANTED.items() <= linked(tool).items()
    assert survey(tool, asked(tidy=True)).tidied == ()


def test_no_exclude_of_a_tidy_can_be_left_out(project: Project) -> None:
    """Without any one of them a tidy raises something that was pinned."""
    tool = project(main_test=TEST.format(FX))
    seen = survey(tool, asked(tidy=True))
    needed = {each.module for each in (*seen.holding, *seen.tidied)}
    whole = tool.text()

    for exclude in needed:
        rest = tuple(needed - {exclude})
        tool.put("go.mod", whole.encode())
        tool.together(("go", "mod", "edit", *(f"-exclude={each}" for each in rest)))
        tool.together(("go", "mod", "edit", f"-dropexclude={exclude}"))
        tool.together(("go", "mod", "tidy"))
        assert not WANTED.items() <= linked(tool).items(), exclude


def test_a_tidy_that_fails_is_evidence(project: Project) -> None:
    """What holds is known all the same."""
    tool = project(main_test=TEST.format("example.invalid/private/fx"))
    seen = survey(tool, asked(tidy=True))

    assert seen.untidy is not None
    assert "example.invalid/private/fx" in "\n".join(
        each.text for each in seen.untidy.lines
    )
    assert [HIGH] == [each.module for each in seen.holding]


def test_a_require_that_nothing_links_goes(project: Project) -> None:
    """And the edit is only made because nothing linked moves by it."""
    other = "github.com/gofrs/uuid/v5"
    line = f"require {other} v5.3.0 // indirect; autofix: nakama 3.2.0\n"
    tool = project(**{"go.mod": GO_MOD + line})
    seen = survey(tool, asked(requires=(other,)))
    assert [HIGH] == [each.module for each in seen.holding]

    edit = ModEdit(drop_requires=(other,), drop_excludes=(HIGHER,))
    settled = settle(tool, Settle(edit=edit, linked=linked(tool)))
    assert settled.stands
    assert other not in tool.text()
    assert settled.gomod == tool.read()


def test_an_edit_that_moves_something_is_taken_back_to_the_byte(
    project: Project,
) -> None:
    """Without its exclude multierr would go up."""
    tool = project()
    before = tool.text(), tool.file("go.sum")
    edit = ModEdit(drop_excludes=(HIGH,))
    settled = settle(tool, Settle(edit=edit, linked=linked(tool)))

    assert Settled(gomod=settled.gomod, stands=False) == settled
    assert settled.gomod == tool.read()
    assert before == (tool.text(), tool.file("go.sum"))


def test_a_new_go_line_brings_in_no_more_than_is_needed(tmp_path: Path) -> None:
    """A library's lifts it, and Go names all modules of the graph and keeps them."""
    lib, other, far = (f"prune.example/{name}" for name in ("lib", "other", "far"))
    proxy = tmp_path / "proxy"
    for module, go, needed in ((lib, "1.21", other), (other, "1.16", far)):
        text = f"module {module}\n\ngo {go}\n\nrequire {needed} v1.0.0\n"
        package = f"package {module.rpartition('/')[2]}\n\nfunc Do() {{}}\n"
        publish(proxy, module, "v1.0.0", {"go.mod": text, "do.go": package})
    publish(proxy, far, "v1.0.0", {"do.go": "package far\n"})
    builder = LocalBuilder(tmp_path, NEWEST)
    old = f"module example.com/plugin\n\ngo 1.16\n\nrequire {lib} v1.0.0\n"
    main = f'package main\n\nimport "{lib}"\n\nfunc main() {{ lib.Do() }}\n'
    files = {"go.mod": old, "main.go": main}
    entries = [Entry(name=name, content=files[name].encode()) for name in files]
    builder.put(entries, "/work/plugin")
    environment = asking(proxy, "prune.example/*")
    tool = GoTool(builder=builder, folder="/work/plugin", environment=environment)
    before = tool.read()
    edited = tool.edit(ModEdit())
    assert isinstance(before, GoMod)
    assert isinstance(edited, Edited)
    kept = pruned(tool, replace(before, go="1.17"), edited)
    found = pruned(tool, before, edited)

    assert "1.23" == edited.gomod.go
    assert {lib, other, far} == {each.module.path for each in edited.gomod.requires}
    assert edited.gomod == kept
    assert {lib} == {each.module.path for each in found.requires}
    assert found == tool.read()
