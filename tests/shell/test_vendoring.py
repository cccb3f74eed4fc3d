"""vendor/ edited in place, and what somebody changed in it kept, on real Go."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from autofix.core.gomod import ModEdit
from autofix.core.model import ModuleVersion, Pin
from autofix.core.modulestxt import parse_modules_txt
from autofix.core.observations import Edited, Failed, Vendored
from autofix.engines.archive import Entry
from autofix.gotool import GoTool
from autofix.vendoring import edit_in_vendor, vendor
from tests.local_builder import LocalBuilder
from tests.module_proxy import asking, publish

pytestmark = pytest.mark.go

RELEASES = ["1.19.13", "1.23.5", "1.26.5"]
PRIVATE, ZAP = "example.invalid/studio/ranks", "go.uber.org/zap"
MULTIERR = "go.uber.org/multierr"
GO_MOD = f"""\
module example.com/plugin

go 1.19

require (
	{PRIVATE} v1.2.0
	{ZAP} v1.21.0
)

require (
	go.uber.org/atomic v1.7.0 // indirect
	{MULTIERR} v1.6.0 // indirect
)
"""
MAIN = (
    f'package main\n\nimport (\n\t"{PRIVATE}"\n\t"{ZAP}"\n)\n\n'
    "func main() { ranks.Rank(); zap.L() }\n"
)
RANKS = "package ranks\n\n// Rank is the studio's own.\nfunc Rank() {}\n"
Project = Callable[..., GoTool]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Vendor a project whose private module is at hand, then take that away."""

    def make(go: str, *, private: bool = True) -> GoTool:
        builder = LocalBuilder(tmp_path, go)
        here = f"\nreplace {PRIVATE} => ../ranks\n"
        files = {
            "plugin/go.mod": GO_MOD + here,
            "plugin/main.go": MAIN,
            "ranks/go.mod": f"module {PRIVATE}\n",
            "ranks/ranks.go": RANKS,
        }
        entries = [Entry(name=name, content=files[name].encode()) for name in files]
        builder.put(entries, "/work")
        tool = GoTool(
            builder=builder,
            folder="/work/plugin",
            environment={"GONOSUMDB": "*", "GOFLAGS": "-mod=mod"},
            vendored=True,
        )
        assert isinstance(tool.edit(ModEdit()), Edited)
        assert isinstance(tool.vendor(), Vendored)
        if private:
            tool.put("go.mod", tool.text().replace(here, "").encode())
            text = tool.file("vendor/modules.txt").decode()
            lines = [
                each for each in text.splitlines() if each != f"# {PRIVATE} => ../ranks"
            ]
            text = "\n".join(lines).replace(" => ../ranks", "") + "\n"
            tool.put("vendor/modules.txt", text.encode())
        return tool

    return make


def pin(module: str, version: str) -> Pin:
    """Make a pin."""
    return Pin(module=module, version=version, package=module, quoted="", round=1)


def required(*modules: tuple[str, str]) -> ModEdit:
    """Make an edit that requires versions."""
    return ModEdit(requires=tuple(ModuleVersion(path=a, version=b) for a, b in modules))


def names_below(tool: GoTool, folder: str) -> list[str]:
    """List the files below a folder of the module."""
    content = io.BytesIO(b"".join(tool.fetch(folder)))
    with tarfile.open(fileobj=content) as tar:
        return sorted(each.name for each in tar if each.isfile())


@pytest.mark.parametrize("go", RELEASES)
def test_a_private_module_in_vendor_stays_while_another_is_pinned(
    go: str, project: Project
) -> None:
    """Only the pinned module is downloaded; what is built is what was asked for."""
    tool = project(go)
    assert isinstance(tool.edit(ModEdit()), Failed)  # no -mod=mod command works
    pins = [pin(ZAP, "v1.24.0"), pin(MULTIERR, "v1.8.0")]
    untouched = tool.file(f"vendor/{PRIVATE}/ranks.go")
    read = edit_in_vendor(tool, ModEdit(), pins)
    assert isinstance(read, Edited), read
    assert ("v1.21.0", "v1.6.0") == (
        read.selected[ZAP].version,
        read.selected[MULTIERR].version,
    )

    seen = edit_in_vendor(tool, required((ZAP, "v1.24.0"), (MULTIERR, "v1.8.0")), pins)
    assert isinstance(seen, Edited), seen
    assert {ZAP: "v1.24.0", MULTIERR: "v1.8.0"} == {
        path: each.version for path, each in seen.selected.items()
    }
    assert "v1.2.0" == seen.linked[PRIVATE].version
    assert untouched == tool.file(f"vendor/{PRIVATE}/ranks.go")
    built = tool.build(
        ["-mod=vendor", "-o", "/dev/null", "."], seconds=600, environment={}
    )
    assert built.succeeded, built.evidence
    assert f"{ZAP} v1.24.0 h1:" in tool.file("go.sum").decode()
    assert [] == [each for each in names_below(tool, ".") if "_autofix" in each]


@pytest.mark.parametrize("go", RELEASES)
def test_it_is_what_go_mod_vendor_writes(go: str, project: Project) -> None:
    """Where everything can be had, both ways give the same files."""
    tool = project(go, private=False)
    edit = required((ZAP, "v1.24.0"), (MULTIERR, "v1.8.0"))
    assert isinstance(edit_in_vendor(tool, edit, []), Edited)
    by_hand = names_below(tool, "vendor"), tool.file("vendor/modules.txt")
    assert isinstance(tool.edit(ModEdit()), Edited)
    assert isinstance(tool.vendor(), Vendored)

    official = parse_modules_txt(tool.file("vendor/modules.txt").decode())
    assert official == parse_modules_txt(by_hand[1].decode())
    assert names_below(tool, "vendor") == by_hand[0]


def test_a_package_that_is_newly_imported_is_added(project: Project) -> None:
    """Zap 1.24 has packages that 1.10 had not; one of them in a module of its own."""
    tool = project("1.26.5")
    old = edit_in_vendor(tool, required((ZAP, "v1.10.0")), [])
    assert isinstance(old, Edited)
    packages = old.linked[ZAP].packages
    new = edit_in_vendor(tool, required((ZAP, "v1.27.0")), [pin(ZAP, "v1.27.0")])

    assert isinstance(new, Edited), new
    assert {*new.linked[ZAP].packages} - {*packages}
    assert "v1.27.0" == new.selected[ZAP].version


def test_a_version_that_does_not_exist_is_evidence(project: Project) -> None:
    """And vendor/ is as it was."""
    tool = project("1.26.5")
    before = tool.file("vendor/modules.txt")

    assert isinstance(edit_in_vendor(tool, required((ZAP, "v1.999.0")), []), Failed)
    assert before == tool.file("vendor/modules.txt")


@pytest.mark.parametrize("go", RELEASES)
def test_patches_outlast_go_mod_vendor(go: str, project: Project) -> None:
    """What was changed, added or removed by hand stays, but not in what moved."""
    tool = project(go, private=False)
    original = {"go.mod": tool.file("go.mod"), "go.sum": tool.file("go.sum")}
    changed = tool.file("vendor/go.uber.org/zap/options.go") + b"\n// ours\n"
    tool.put("vendor/go.uber.org/zap/options.go", changed)
    tool.put("vendor/go.uber.org/zap/ours.go", b"package zap\n")
    tool.put("vendor/go.uber.org/multierr/ours.go", b"package multierr\n")
    tool.together(("rm", "vendor/go.uber.org/zap/sugar.go"))
    tool.together(("rm", "vendor/go.uber.org/zap/LICENSE.txt"))
    assert isinstance(tool.edit(required((MULTIERR, "v1.8.0"))), Edited)
    seen = vendor(tool, original)

    assert isinstance(seen, Vendored)
    zap = "go.uber.org/zap"
    assert {f"{zap}/options.go", f"{zap}/ours.go", f"{zap}/sugar.go"} == {*seen.kept}
    assert ("go.uber.org/multierr/ours.go",) == seen.lost
    assert changed == tool.file("vendor/go.uber.org/zap/options.go")
    left = names_below(tool, "vendor")
    assert "vendor/go.uber.org/zap/ours.go" in left
    assert "vendor/go.uber.org/zap/sugar.go" not in left
    assert "vendor/go.uber.org/multierr/ours.go" not in left
    beside = [each for each in names_below(tool, ".") if "_autofix" in each]
    assert [] == [each for each in beside if "/_autofix_vendor/" not in each]


def test_vendor_is_held_against_the_projects_own_each_time(project: Project) -> None:
    """After a second plan, what the first one vendored is nobody's change by hand."""
    tool = project("1.26.5", private=False)
    original = {"go.mod": tool.file("go.mod"), "go.sum": tool.file("go.sum")}
    changed = tool.file("vendor/go.uber.org/zap/options.go") + b"\n// ours\n"
    tool.put("vendor/go.uber.org/zap/options.go", changed)
    told = Vendored(kept=("go.uber.org/zap/options.go",))
    for version in ("v1.8.0", "v1.9.0", "v1.10.0"):
        assert isinstance(tool.edit(required((MULTIERR, version))), Edited)
        assert told == vendor(tool, original)

    assert changed == tool.file("vendor/go.uber.org/zap/options.go")
    assert b"multierr v1.10.0" in tool.file("vendor/modules.txt")


def test_vendor_without_patches_is_vendored_plainly(project: Project) -> None:
    """Nothing is said of patches where there are none."""
    tool = project("1.26.5", private=False)
    original = {"go.mod": tool.file("go.mod"), "go.sum": tool.file("go.sum")}
    assert isinstance(tool.edit(required((MULTIERR, "v1.8.0"))), Edited)

    assert Vendored() == vendor(tool, original)
    assert b"multierr v1.8.0" in tool.file("vendor/modules.txt")


@pytest.mark.parametrize("go", RELEASES)
def test_vendor_has_sums_for_what_only_other_build_tags_import(
    go: str, tmp_path: Path
) -> None:
    """``go mod vendor`` wants them; listing the plugin writes none, not in two steps."""
    proxy = tmp_path / "proxy"
    lib, rare, rarer = (f"example.com/{name}" for name in ("lib", "rare", "rarer"))
    for module, needs in ((rarer, ""), (rare, rarer), (lib, rare)):
        imports = f'import _ "{needs}"\n' if needs else ""
        requires = f"require {needs} v1.0.0\n" if needs else ""
        files = {
            "go.mod": f"module {module}\n\ngo 1.17\n\n{requires}",
            "x.go": "package x\n",
            "y.go": f"//go:build elsewhere\n\npackage x\n\n{imports}",
        }
        publish(proxy, module, "v1.0.0", files)
    builder = LocalBuilder(tmp_path, go)
    required_by_plugin = f"require (\n\t{lib} v1.0.0\n\t{rare} v1.0.0 // indirect\n)\n"
    own = {
        "go.mod": f"module example.com/plugin\n\ngo 1.17\n\n{required_by_plugin}",
        "main.go": f'package main\n\nimport _ "{lib}"\n\nfunc main() {{}}\n',
    }
    entries = [Entry(name=f"p/{name}", content=own[name].encode()) for name in own]
    builder.put(entries, "/work")
    tool = GoTool(
        builder=builder,
        folder="/work/p",
        environment=asking(proxy, "example.com/*"),
        vendored=True,
    )
    original = {"go.mod": tool.file("go.mod")}
    assert isinstance(tool.edit(ModEdit()), Edited)
    assert isinstance(tool.vendor(), Failed)

    assert Vendored() == vendor(tool, original)
    assert "vendor/example.com/rarer/x.go" in names_below(tool, "vendor")
