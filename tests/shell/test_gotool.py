from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from autofix.core.comments import managed
from autofix.core.gomod import ModEdit, Replacement, Requirement
from autofix.core.ladder import Forbidden, Rung, Stands, next_rung
from autofix.core.model import EvidenceSource, ModuleVersion, OutputLine, Pin
from autofix.core.observations import Demand, Edited, Failed, Selected, Vendored
from autofix.engines.archive import Entry
from autofix.errors import ForeignImageError
from autofix.gotool import GoTool
from autofix.retrying import RetryPolicy
from tests.local_builder import LocalBuilder

pytestmark = pytest.mark.go

NEWEST = "1.26.5"
RELEASES = ["1.16.3", "1.19.13", "1.21.13", "1.23.5", NEWEST]
"""Builders' Go of Nakama 3.2 to 3.40, or their last patch release."""

MULTIERR = "go.uber.org/multierr"
ZAP = "go.uber.org/zap"
ATOMIC = "go.uber.org/atomic"
TOY = "example.com/toy"
GO_MOD = """\
module example.com/plugin

go 1.16

// logging
require (
	go.uber.org/zap v1.21.0 // keep me
	go.uber.org/atomic v1.7.0 // indirect
)
"""
MAIN = """\
package main

import "go.uber.org/zap"

func InitModule() { zap.L().Info("loaded") }

func main() {}
"""
Project = Callable[..., GoTool]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Make a module in a builder with an exact Go; ``files`` replace its own."""

    def make(
        go: str = NEWEST,
        *,
        files: dict[str, str] | None = None,
        vendored: bool = False,
    ) -> GoTool:
        builder = LocalBuilder(tmp_path, go)
        content = {"go.mod": GO_MOD, "main.go": MAIN, **(files or {})}
        builder.put(
            [Entry(name=name, content=text.encode()) for name, text in content.items()],
            "/work/plugin",
        )
        return GoTool(
            builder=builder, folder="/work/plugin", environment={}, vendored=vendored
        )

    return make


def pin(module: str, version: str) -> Pin:
    """Make a pin."""
    return Pin(module=module, version=version, package=module, quoted="", round=1)


def linked_of(tool: GoTool) -> Mapping[str, Selected]:
    """Return what can be listed without a change of any file."""
    looked = tool.look()
    assert not isinstance(looked, Failed)
    gomod, linked = looked
    assert tool.read() == gomod
    return linked


def settled(tool: GoTool, *pins: Pin) -> Edited:
    """Climb the ladder until every pin stands."""
    seen = tool.edit(ModEdit(), pins)
    for _ in range(4):
        assert isinstance(seen, Edited), seen
        rung = next_rung(pins, seen)
        if isinstance(rung, Stands):
            return seen
        assert isinstance(rung, Rung), rung
        seen = tool.edit(rung.edit, pins)
    raise AssertionError(seen)


@pytest.mark.parametrize("go", RELEASES)
def test_transitive_pin_below_what_is_required(go: str, project: Project) -> None:
    """With every Go a transitive module is lowered by require and exclude, and stays."""
    tool = project(go)
    seen = settled(tool, pin(MULTIERR, "v1.5.0"))

    assert seen.selected[MULTIERR].version == "v1.5.0"
    assert ("v1.21.0", None) == (seen.linked[ZAP].version, seen.linked[ZAP].replacement)
    assert "go.uber.org/zap/zapcore" in seen.linked[ZAP].packages
    assert seen.gomod.excludes == (ModuleVersion(path=MULTIERR, version="v1.6.0"),)
    assert linked_of(tool)  # the build needs no more
    assert tool.read() == seen.gomod


def test_go_1_15_cannot_lower_what_something_else_asks_for(project: Project) -> None:
    """An excluded version is replaced by the next higher one: the ladder says so."""
    older = {"go.mod": GO_MOD.replace("1.16", "1.15"), "main.go": MAIN}
    tool = project("1.15.15", files=older)
    excluded = ModuleVersion(path=MULTIERR, version="v1.6.0")
    pins = (pin(MULTIERR, "v1.5.0"),)
    before = tool.edit(ModEdit(), pins)
    after = tool.edit(ModEdit(excludes=(excluded,)), pins)

    assert isinstance(before, Edited)
    assert isinstance(after, Edited)
    assert "v1.7.0" == after.selected[MULTIERR].version
    assert isinstance(next_rung(pins, before, "1.15.15"), Forbidden)


def test_build(project: Project) -> None:
    """What was planned is built without a change, and a failure is evidence."""
    tool = project()
    seen = settled(tool, pin(MULTIERR, "v1.5.0"))
    text = tool.text()
    heard: list[OutputLine] = []

    def follow(line: OutputLine) -> bool:
        heard.append(line)
        return False

    built = tool.build(["-o", "out", "./nowhere"], seconds=300, follow=follow)

    assert tool.build(["-trimpath", "-o", "/dev/null", "."], seconds=600).succeeded
    assert (text, seen.gomod) == (tool.text(), tool.read())
    assert not built.succeeded
    assert built.evidence.source is EvidenceSource.BUILD
    assert built.evidence.lines == tuple(heard)


def test_vendored_project(project: Project) -> None:
    """A vendored project is planned, vendored again, and builds from vendor/."""
    tool = project(vendored=True)
    seen = settled(tool, pin(MULTIERR, "v1.5.0"))

    assert tool.vendor() == Vendored()
    assert tool.read() == seen.gomod
    linked = linked_of(tool)
    assert (linked[MULTIERR].version, linked[ZAP].version) == ("v1.5.0", "v1.21.0")
    assert tool.build(["-trimpath", "-o", "/dev/null", "."], seconds=600).succeeded
    assert b"go.uber.org/multierr v1.5.0" in tool.file("vendor/modules.txt")


def test_demands_tell_who_holds_a_pin_up(project: Project) -> None:
    """A pin that does not stand comes back with the chains that forbid it."""
    seen = project().edit(
        ModEdit(requires=(ModuleVersion(path=MULTIERR, version="v1.5.0"),)),
        [pin(MULTIERR, "v1.5.0")],
    )

    assert isinstance(seen, Edited)
    assert seen.selected == {MULTIERR: Selected(version="v1.6.0", indirect=True)}
    assert seen.demands == (
        Demand(
            module=ModuleVersion(path=MULTIERR, version="v1.6.0"),
            chain=("example.com/plugin", f"{ZAP}@v1.21.0"),
        ),
    )


@pytest.mark.parametrize("version", ["v1.21.0", "v1.24.0"])
def test_graph_is_for_what_is_too_high(version: str, project: Project) -> None:
    """Where a pin stands or has only to be raised, the graph is not asked for."""
    tool = project()
    seen = tool.edit(ModEdit(), [pin(ZAP, version)])

    assert isinstance(seen, Edited)
    assert seen.demands == ()
    assert isinstance(tool.builder, LocalBuilder)
    assert ("go", "mod", "graph") not in tool.builder.commands


def test_pin_of_an_absent_module(project: Project) -> None:
    """A pin of a module that nothing requires is not selected, and no failure."""
    seen = project().edit(ModEdit(), [pin("github.com/gofrs/uuid/v5", "v5.4.0")])

    assert isinstance(seen, Edited)
    assert seen.selected == {}


@pytest.mark.parametrize("go", ["1.16.3", "1.19.13", NEWEST])
def test_new_requirement_is_marked_indirect(go: str, project: Project) -> None:
    """A new require line is indirect unless the plugin imports the module itself."""
    files = {
        "go.mod": "module example.com/plugin\n\ngo 1.16\n",
        "main.go": MAIN,
    }
    seen = project(go, files=files).edit(
        ModEdit(
            requires=(
                ModuleVersion(path=ZAP, version="v1.21.0"),
                ModuleVersion(path=MULTIERR, version="v1.7.0"),
            )
        )
    )

    assert isinstance(seen, Edited)
    marks = {each.module.path: each.indirect for each in seen.gomod.requires}
    assert (False, True) == (marks[ZAP], marks[MULTIERR])


def test_replace_is_told_and_dropped(project: Project) -> None:
    """A version replace is named as go.mod has it, so that it can be dropped."""
    line = "replace go.uber.org/multierr v1.6.0 => go.uber.org/multierr v1.8.0\n"
    tool = project(files={"go.mod": GO_MOD + line})
    seen = tool.edit(ModEdit(), [pin(MULTIERR, "v1.6.0")])
    replacement = Replacement(
        old_path=MULTIERR,
        old_version="v1.6.0",
        new_path=MULTIERR,
        new_version="v1.8.0",
    )

    assert isinstance(seen, Edited)
    assert seen.selected[MULTIERR].replacement == replacement
    after = settled(tool, pin(MULTIERR, "v1.6.0"))
    assert after.selected == {MULTIERR: Selected(version="v1.6.0", indirect=True)}
    assert after.gomod.replaces == ()


@pytest.mark.parametrize("go", ["1.16.3", NEWEST])
def test_exclude_of_an_earlier_run_is_dropped(go: str, project: Project) -> None:
    """What was excluded for another Nakama is had again; the user's excludes stay."""
    lines = (
        "exclude go.uber.org/multierr v1.6.0 // autofix: nakama 3.2.0\n"
        "exclude go.uber.org/multierr v1.4.0 // broken\n"
    )
    tool = project(go, files={"go.mod": GO_MOD + lines})
    seen = settled(tool, pin(MULTIERR, "v1.6.0"))

    assert "v1.6.0" == seen.selected[MULTIERR].version
    assert frozenset() == seen.own_excludes
    assert (ModuleVersion(path=MULTIERR, version="v1.4.0"),) == seen.gomod.excludes


@pytest.mark.parametrize("go", ["1.16.3", "1.19.13", "1.21.13", NEWEST])
def test_go_line_above_the_builder(go: str, project: Project) -> None:
    """A go.mod of a newer Go is read, fails to list, and is lowered."""
    newer = GO_MOD.replace("go 1.16\n", "go 1.99.1 // new\n\ntoolchain go1.99.2\n")
    tool = project(go, files={"go.mod": newer})
    before = tool.read()

    assert not isinstance(before, Failed)
    assert ("1.99.1", "go1.99.2") == (before.go, before.toolchain)
    assert [ZAP, ATOMIC] == [each.module.path for each in before.requires]
    assert {} == linked_of(tool)
    failed = tool.edit(ModEdit())
    assert isinstance(failed, Failed)
    assert failed.gomod == before
    seen = tool.edit(ModEdit(go="1.16", drop_toolchain=True), [pin(MULTIERR, "v1.6.0")])
    assert isinstance(seen, Edited)
    assert ("1.16", "") == (seen.gomod.go, seen.gomod.toolchain)
    assert "go 1.16 // new\n" in tool.text()
    assert isinstance(tool.builder, LocalBuilder)
    assert sorted(each.name for each in tool.builder.path(tool.folder).iterdir()) == [
        "go.mod",
        "go.sum",
        "main.go",
    ]


def test_comments(project: Project) -> None:
    """Notes are written, go reads the same as before, and the user's words stay."""
    tool = project()
    seen = settled(tool, pin(MULTIERR, "v1.5.0"))
    notes = {
        ModuleVersion(path=MULTIERR, version="v1.5.0"): "nakama 3.40.0",
        ModuleVersion(path=MULTIERR, version="v1.6.0"): "nakama 3.40.0",
    }

    before = tool.text()
    noted = tool.annotated(lambda _text: notes)
    text = noted.decode()
    assert before == tool.text()
    assert {each.module for each in managed(text)} == set(notes)
    assert "v1.5.0 // indirect; autofix: nakama 3.40.0\n" in text
    assert "go.uber.org/zap v1.21.0 // keep me\n" in text
    assert "// logging\n" in text
    tool.put("go.mod", noted)
    assert noted == tool.annotated(lambda _text: notes)
    assert tool.edit(ModEdit(), [pin(MULTIERR, "v1.5.0")]) == replace(
        seen,
        own_excludes=frozenset({ModuleVersion(path=MULTIERR, version="v1.6.0")}),
    )
    assert text == tool.text()


def test_odd_go_mod_is_annotated(project: Project) -> None:
    """Quotes, CRLF and tight comments read the same with notes as without."""
    odd = (
        'module "example.com/plugin"\r\n\r\ngo 1.16\r\n'
        "require(\r\n"
        "\tgo.uber.org/zap v1.21.0//indirect\r\n"
        '\t"go.uber.org/atomic" v1.7.0 // indirect;\r\n'
        ")\r\n"
        "exclude go.uber.org/atomic v1.6.0// why\r\n"
    )
    tool = project(files={"go.mod": odd})
    before = tool.read()
    assert not isinstance(before, Failed)
    notes = {each.module: "nakama 3.40.0" for each in before.requires}
    notes |= dict.fromkeys(before.excludes, "nakama 3.40.0")

    noted = tool.annotated(lambda _text: notes)
    assert len(managed(noted.decode())) == 3
    tool.put("go.mod", noted)
    assert before == tool.read()
    assert before.requires == (
        Requirement(module=ModuleVersion(path=ZAP, version="v1.21.0"), indirect=True),
        Requirement(module=ModuleVersion(path=ATOMIC, version="v1.7.0")),
    )


def test_blank_imports(project: Project) -> None:
    """The classic way writes a file that imports each module, which is then direct."""
    tool = project()
    seen = settled(tool, pin(MULTIERR, "v1.6.0"))

    assert tool.blank_imports([MULTIERR, "example.com/absent"]) == (MULTIERR,)
    assert f'_ "{MULTIERR}"' in tool.file("autofix_pins.go").decode()
    after = tool.read()
    assert not isinstance(after, Failed)
    assert [False] == [
        each.indirect for each in after.requires if each.module.path == MULTIERR
    ]
    assert seen.gomod.module == after.module
    assert tool.build(["-trimpath", "-o", "/dev/null", "."], seconds=600).succeeded


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"go.mod": "modul example.com/plugin\n"}, "unknown directive: modul"),
        (
            {"main.go": 'package main\n\nimport "example.com/plugin/x"\n'},
            "example.com/plugin/x",
        ),
        (
            {"go.mod": GO_MOD.replace("v1.21.0", "v1.999.0")},
            "go.uber.org/zap@v1.999.0",
        ),
    ],
)
def test_what_go_refuses_is_evidence(
    files: dict[str, str], words: str, project: Project
) -> None:
    """A project that go cannot list fails with go's own words."""
    failed = project(files=files).edit(ModEdit())

    assert isinstance(failed, Failed)
    assert failed.evidence.exit_code != 0
    assert words in "\n".join(line.text for line in failed.evidence.lines)


def test_syntax_error_is_left_to_the_build(project: Project) -> None:
    """Planning does not ask that the plugin's code compiles; the build tells."""
    tool = project(files={"main.go": "package main\n\nfunc {\n"})

    assert isinstance(tool.edit(ModEdit()), Edited)
    assert not tool.build(["-trimpath", "-o", "/dev/null", "."], seconds=600).succeeded


def test_edit_that_go_refuses(project: Project) -> None:
    """An edit that would make go.mod unreadable leaves it as it was."""
    tool = project()
    failed = tool.edit(
        ModEdit(requires=(ModuleVersion(path="example.com/x/v2", version="v1.0.0"),))
    )

    assert isinstance(failed, Failed)
    assert not isinstance(tool.read(), Failed)
    assert failed.gomod == tool.read()
    assert tool.text() == GO_MOD


def test_untouched_project_is_listed_without_a_change(project: Project) -> None:
    """Listing what is linked writes nothing; without go.sum it fails."""
    tool = project()
    before = tool.read()
    assert not isinstance(before, Failed)

    assert {} == linked_of(tool)
    assert tool.text() == GO_MOD
    with pytest.raises(FileNotFoundError):
        tool.file("go.sum")
    assert isinstance(tool.edit(ModEdit()), Edited)
    linked = linked_of(tool)
    assert {ZAP, ATOMIC, MULTIERR} == set(linked)


def test_tags_decide_what_is_linked(project: Project) -> None:
    """Build tags reach the listing."""
    tool = project(files={"main.go": f"//go:build pro\n\n{MAIN}"})
    with_tags = GoTool(
        builder=tool.builder, folder=tool.folder, environment={}, tags=("pro",)
    )

    assert isinstance(tool.edit(ModEdit()), Failed)
    seen = with_tags.edit(ModEdit())
    assert isinstance(seen, Edited)
    assert ZAP in seen.linked


def test_workspace_is_ignored(project: Project) -> None:
    """A go.work around the module does not take part."""
    files = {"go.work": "go 1.26\n\nuse ./nowhere\n"}

    assert isinstance(project(files=files).edit(ModEdit()), Edited)


@pytest.mark.parametrize("go", RELEASES)
def test_version(go: str, project: Project) -> None:
    """The builder says its exact Go."""
    assert go == project(go).version()


def test_builder_without_go(tmp_path: Path) -> None:
    """A builder whose go does not run is no builder."""
    builder = LocalBuilder(tmp_path)
    builder.put([], "/work")

    with pytest.raises(ForeignImageError, match="not a builder"):
        GoTool(
            builder=builder, folder="/work", environment={"PATH": "/nonexistent"}
        ).version()


def test_deadline(project: Project) -> None:
    """A go command that does not end is ended, and is a failure."""
    tool = project()
    hurried = GoTool(
        builder=tool.builder, folder=tool.folder, environment={}, seconds=0.001
    )
    failed = hurried.edit(ModEdit())

    assert isinstance(failed, Failed)
    assert failed.evidence.timed_out


class FlakyProxy(BaseHTTPRequestHandler):
    """A module proxy with one toy module that answers ``status`` for a while."""

    status = 503
    broken = 0
    asked = 0

    def do_GET(self) -> None:
        """Break, then serve go.mod, info and zip of the toy."""
        cls = type(self)
        cls.asked += 1
        if cls.asked <= cls.broken:
            self.send_error(cls.status)
            return
        content, root = io.BytesIO(), f"{TOY}@v1.0.0"
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr(f"{root}/go.mod", f"module {TOY}\n")
            archive.writestr(f"{root}/toy.go", "package toy\n")
        answers = {
            ".mod": f"module {TOY}\n".encode(),
            ".info": b'{"Version":"v1.0.0"}',
            ".zip": content.getvalue(),
        }
        answer = answers.get(Path(self.path).suffix)
        if answer is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.mark.parametrize(
    ("status", "broken", "succeeds", "waits"),
    [(503, 1, True, 1), (429, 99, False, 3), (404, 99, False, 0)],
)
def test_broken_download_is_tried_again(
    status: int, broken: int, succeeds: bool, waits: int, project: Project
) -> None:
    """What may pass is tried again, a bounded number of times; what is gone is not."""
    proxy = type("Proxy", (FlakyProxy,), {"status": status, "broken": broken})
    files = {
        "go.mod": f"module example.com/p\n\ngo 1.20\n\nrequire {TOY} v1.0.0\n",
        "main.go": f'package main\n\nimport _ "{TOY}"\n\nfunc main() {{}}\n',
    }
    slept: list[float] = []
    tool = project(files=files)
    assert isinstance(tool.builder, LocalBuilder)
    with HTTPServer(("127.0.0.1", 0), proxy) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        patient = replace(
            tool,
            environment={
                "GOPROXY": f"http://127.0.0.1:{server.server_port}",
                "GONOSUMDB": "*",
                "GOMODCACHE": str(tool.builder.path("/cache")),
            },
            retry=RetryPolicy(sleep=slept.append),
        )
        seen = patient.edit(ModEdit())
        server.shutdown()

    assert succeeds == isinstance(seen, Edited)
    assert waits == len(slept)
