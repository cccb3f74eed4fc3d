"""Plugins that are some of a folder's files, found by their build lines and built so."""

from __future__ import annotations

from pathlib import Path

import pytest

from autofix.config import Config
from autofix.core.observations import Failed
from autofix.engines.archive import Entry
from autofix.preparing import Plan, go_tool, plan_run
from autofix.project import find_project
from autofix.releases import release_table
from tests.local_builder import LocalBuilder

GO_MOD = "module example.com/game\n\ngo 1.26\n"
INIT = "package main\n\nfunc InitModule() error { return nil }\n\nfunc main() {}\n"
BUILD = "RUN go build -trimpath -buildmode=plugin -o {output} {files}\n"


def planned(folder: Path, *lines: tuple[str, str], extra: str = "") -> Plan:
    """Plan a project with two plugins in one folder and these build lines."""
    lines = lines or (("a.so", "a.go"),)
    stages = "".join(BUILD.format(output=out, files=files) for out, files in lines)
    dockerfile = (
        f"FROM heroiclabs/nakama-pluginbuilder:3.40.0 AS b\n{stages}"
        "FROM heroiclabs/nakama:3.40.0\n"
    )
    texts = {"go.mod": GO_MOD, "a.go": INIT, "b.go": INIT, "Dockerfile": dockerfile}
    for name, text in {**texts, "a_test.go": "package main\n"}.items():
        (folder / name).write_text(text)
    if extra:
        (folder / extra).write_text("package main\n\nvar Extra int\n")
    return plan_run(find_project(folder), Config(project=folder), release_table())


@pytest.mark.parametrize(
    ("files", "extra", "expected"),
    [
        ("a.go", "", ("./a.go",)),
        ("./a.go x.go", "x.go", ("./a.go", "./x.go")),
        ("/src/game/a.go", "", ("./a.go",)),
        (".", "", ()),
        ("*.go", "", ()),
        ("a.go b.go", "", ()),
        ("gone.go", "", ()),
    ],
)
def test_files_of_a_build_line_are_kept_where_there_are_others(
    tmp_path: Path, files: str, extra: str, expected: tuple[str, ...]
) -> None:
    """A list of all of them is the package; one that is not there cannot be built."""
    (plugin,) = planned(tmp_path, ("a.so", files), extra=extra).plugins

    assert expected == plugin.files


def test_the_other_plugin_of_the_folder_is_told(tmp_path: Path) -> None:
    """The first build line's plugin is worked on, under its name."""
    plan = planned(tmp_path, ("a.so", "a.go"), ("b.so", "b.go"), ("a.so", "a.go"))
    told = [each.text for each in plan.findings if each.name == "plugin-not-built"]

    assert "a.so" == plan.plugin
    assert ["Dockerfile:3 builds b.so of b.go, in the folder of a.go."] == told


@pytest.mark.go
def test_the_go_command_gets_the_files(tmp_path: Path) -> None:
    """As one package the two plugins do not compile; the one alone does."""
    project, root = tmp_path / "game", tmp_path / "builder"
    project.mkdir()
    root.mkdir()
    plan = planned(project)
    builder = LocalBuilder(root, "1.26.5")
    go = go_tool(builder, plan)
    entries = [
        Entry(name=path.name, content=path.read_bytes()) for path in project.iterdir()
    ]
    builder.put(entries, go.folder)
    (plugin,) = plan.plugins
    alone, together = (
        go.build(
            [
                each
                for each in plugin.build.arguments("/dev/null", False, files=files)
                if each != "-buildmode=plugin"
            ],
            seconds=300,
        )
        for files in (plugin.files, ())
    )

    assert not isinstance(go.look(), Failed)
    assert alone.succeeded, alone.evidence
    assert not together.succeeded
