"""What a clean run brings home."""

from __future__ import annotations

from pathlib import Path

import pytest

from autofix.engines.archive import Entry
from autofix.gotool import GoTool
from autofix.harvest import Harvest, harvest, watched
from autofix.project import find_project
from autofix.workspace import snapshot
from tests.local_builder import LocalBuilder

FILES = {
    "go.mod": "module example.com/plugin\n\ngo 1.26\n",
    "main.go": "package main\n\nfunc InitModule() {}\n",
    "vendor/modules.txt": "# example.com/a v1.0.0\n",
}


def reaped(
    tmp_path: Path, *, revendored: bool, **built: str
) -> tuple[Harvest, dict[str, str]]:
    """Harvest a project whose builder holds ``built`` (go_mod, modules_txt) instead."""
    folder, scratch = tmp_path / "project", tmp_path / "scratch"
    scratch.mkdir()
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    changed = {
        "go.mod": built.get("go_mod", FILES["go.mod"]),
        "vendor/modules.txt": built.get("modules_txt", FILES["vendor/modules.txt"]),
    }
    builder = LocalBuilder(tmp_path / "builder")
    entries = (
        Entry(name=name, content=text.encode()) for name, text in changed.items()
    )
    builder.put(entries, "/src")
    watch = watched(find_project(folder))
    expected = snapshot(watch.root, watch.names)
    go = GoTool(builder=builder, folder="/src", environment={}, vendored=True)
    gomod = changed["go.mod"].encode()
    found = harvest(
        go, watch, expected, scratch, written={"go.mod": gomod}, revendored=revendored
    )
    texts = {
        name: (tree / "modules.txt").read_text()
        for name, tree in found.changes.trees.items()
    }
    return found, texts


def test_vendor_counts_as_changed_under_a_go_mod_that_stayed(tmp_path: Path) -> None:
    """A vendor/ folder that was brought in step is brought home by itself."""
    found, texts = reaped(tmp_path, revendored=True, modules_txt="# in step\n")

    assert ("vendor",) == found.names
    assert {"vendor": "# in step\n"} == texts


@pytest.mark.parametrize("revendored", [False, True])
def test_go_mod_and_its_patch(tmp_path: Path, revendored: bool) -> None:
    """A changed go.mod comes with its patch; vendor/ only where it was written."""
    new = FILES["go.mod"].replace("1.26", "1.25")
    found, _ = reaped(
        tmp_path, revendored=revendored, go_mod=new, modules_txt="# in step\n"
    )

    assert ("go.mod", *(["vendor"] if revendored else [])) == found.names
    assert {"go.mod": new.encode()} == found.changes.files
    assert "-go 1.26\n+go 1.25\n" in found.diff


def test_nothing_changed(tmp_path: Path) -> None:
    """What is equal is not brought home."""
    found, _ = reaped(tmp_path, revendored=False)

    assert ((), "") == (found.names, found.diff)


@pytest.mark.parametrize(
    ("old", "content", "names"),
    [
        (b"old\n", b"new\n", ("autofix.lock",)),
        (b"old\r\n", b"new\n", ("autofix.lock",)),
        (b"old\n", None, ()),
    ],
)
def test_a_renewed_lock_file_is_brought_home(
    tmp_path: Path, old: bytes, content: bytes | None, names: tuple[str, ...]
) -> None:
    """It is the module's own, never fetched, and keeps its line ends."""
    for name in ("go.mod", "main.go"):
        (tmp_path / name).write_text(FILES[name])
    (tmp_path / "autofix.lock").write_bytes(old)
    watch = watched(find_project(tmp_path), lock=True)
    builder = LocalBuilder(tmp_path / "builder")
    found = harvest(
        GoTool(builder=builder, folder="/src", environment={}),
        watch,
        snapshot(watch.root, watch.names),
        tmp_path,
        written={"go.mod": FILES["go.mod"].encode(), "autofix.lock": content},
        revendored=False,
    )

    assert names == found.names
    assert "autofix.lock" in found.changes.expected
    ends = b"\r\n" if b"\r" in old else b"\n"
    assert all(each == b"new" + ends for each in found.changes.files.values())


@pytest.mark.parametrize(
    ("built", "diff"),
    [
        ("go 1.26\n", ""),
        ("go 1.26\n\nuse ./x\n", "+use ./x\n"),
    ],
)
def test_what_others_have_changed_is_no_change_of_this_run(
    tmp_path: Path, built: str, diff: str
) -> None:
    """A go.work that the run before lifted: only what this one adds is its own."""
    module = tmp_path / "repository" / "server"
    module.mkdir(parents=True)
    (module.parent / ".git").mkdir()
    for name in ("go.mod", "main.go"):
        (module / name).write_text(FILES[name])
    work = module.parent / "go.work"
    work.write_text("go 1.25\n\nuse ./server\n")
    lifted = "go 1.26\n\nuse ./server\n"
    final = built.replace("go 1.26\n", lifted)
    builder = LocalBuilder(tmp_path / "builder")
    builder.put([Entry(name="go.work", content=final.encode())], "/src")
    watch = watched(find_project(module), given={work: lifted.encode()})
    found = harvest(
        GoTool(builder=builder, folder="/src/server", environment={}),
        watch,
        snapshot(watch.root, watch.names),
        tmp_path,
        written={"go.mod": FILES["go.mod"].encode(), "autofix.lock": None},
        revendored=False,
    )

    assert (("go.work",) if diff else ()) == found.names
    added = [line for line in found.diff.splitlines(keepends=True) if line[:1] in "+-"]
    assert diff == "".join(
        line for line in added if line[:3] not in ("+++", "---")
    ).replace("+\n", "")
