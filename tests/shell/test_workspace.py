"""The user's tree changes as a whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autofix.errors import (
    DiskFullError,
    InternalError,
    ProjectChangedError,
    ReadOnlyError,
)
from autofix.workspace import Changes, apply, recover, require_writable, snapshot

STEPS = (
    "intent",
    *(f"backup {name}" for name in ("go.sum", "new.go", "old.go", "vendor", "go.mod")),
    *(f"write {name}" for name in ("go.sum", "new.go", "old.go", "vendor", "go.mod")),
    *(f"keep {name}" for name in ("go.sum", "go.mod")),
    "swapping",
    *(f"swap {name}" for name in ("go.sum", "new.go", "old.go", "vendor")),
    "swap in vendor",
    "swap go.mod",
    "done",
    *(f"clear {name}" for name in ("go.sum", "new.go", "old.go", "vendor", "go.mod")),
    "forget",
)
WHOLE_FROM = STEPS.index("done") + 1


class Tree:
    """A project, the folder with its next vendor/, and where apply keeps its things."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "project"
        self.prepared = folder / "prepared"
        self.backup = folder / "state" / "backup"
        self.intent = folder / "state" / "intent.json"
        (self.project / "vendor" / "a").mkdir(parents=True)
        (self.prepared / "b").mkdir(parents=True)
        for path, text in {
            "go.mod": "module m\n",
            "go.sum": "old sum\n",
            "old.go": "package main\n",
            "main.go": "package main\n",
            "vendor/modules.txt": "# a v1.0.0\n",
            "vendor/a/a.go": "package a\n",
        }.items():
            (self.project / path).write_text(text)
        (self.project / "go.mod").chmod(0o640)
        (self.prepared / "modules.txt").write_text("# b v1.0.0\n")
        (self.prepared / "b" / "b.go").write_text("package b\n")

    def changes(self) -> Changes:
        """Return a change of every kind, made from the tree as it is now."""
        names = ("go.mod", "go.sum", "new.go", "old.go", "vendor")
        return Changes(
            files={
                "go.mod": b"module m // pinned\n",
                "go.sum": b"new sum\n",
                "new.go": b"package main\n",
                "old.go": None,
            },
            trees={"vendor": self.prepared},
            expected=snapshot(self.project, names),
        )

    def apply(self, step: Callable[[str], None] = lambda _: None) -> tuple[str, ...]:
        """Apply that change."""
        return apply(
            self.project,
            self.changes(),
            backup=self.backup,
            intent=self.intent,
            step=step,
        )


Listing = dict[str, tuple[bytes, int]]


def listing(folder: Path) -> Listing:
    """Return every file's content and mode, hidden ones included."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mode)
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Return a fresh project."""
    return Tree(tmp_path)


@pytest.fixture(scope="session")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> Listing:
    """Return what the project looks like after an undisturbed change."""
    tree = Tree(tmp_path_factory.mktemp("wanted"))
    tree.apply()
    return listing(tree.project)


def test_a_change_is_made_whole(tree: Tree) -> None:
    """Files, a deletion and vendor/ change together; modes stay; nothing is left."""
    steps: list[str] = []
    names = tree.apply(steps.append)

    assert ("go.sum", "new.go", "old.go", "vendor", "go.mod") == names
    assert list(STEPS) == steps
    assert {
        "go.mod": b"module m // pinned\n",
        "go.sum": b"new sum\n",
        "new.go": b"package main\n",
        "main.go": b"package main\n",
        "vendor/modules.txt": b"# b v1.0.0\n",
        "vendor/b/b.go": b"package b\n",
    } == {name: content for name, (content, _) in listing(tree.project).items()}
    assert 0o640 == stat.S_IMODE((tree.project / "go.mod").stat().st_mode)
    assert not tree.intent.exists()


def test_the_originals_are_in_the_backup(tree: Tree) -> None:
    """Everything that is changed can be copied back by hand."""
    before = listing(tree.project)
    tree.apply()
    del before["main.go"]

    assert before == listing(tree.backup)


def test_what_is_already_as_wanted_is_not_touched(tree: Tree) -> None:
    """Equal content is no change: no backup, no intent, the very same file."""
    inode = (tree.project / "go.mod").stat().st_ino
    changes = Changes(files={"go.mod": b"module m\n"}, expected={})

    assert () == apply(tree.project, changes, backup=tree.backup, intent=tree.intent)
    assert inode == (tree.project / "go.mod").stat().st_ino
    assert not tree.backup.exists()


def test_a_linked_file_stays_a_link(tree: Tree) -> None:
    """A symlinked go.mod is changed where it points to."""
    target = tree.project.parent / "shared.mod"
    (tree.project / "go.mod").rename(target)
    (tree.project / "go.mod").symlink_to("../shared.mod")
    tree.apply()

    assert Path("../shared.mod") == (tree.project / "go.mod").readlink()
    assert b"module m // pinned\n" == target.read_bytes()


@pytest.mark.parametrize("name", ["../go.mod", "/etc/go.mod", "", "a/../../b"])
def test_names_outside_the_project_are_refused(tree: Tree, name: str) -> None:
    """A name that leads out of the project is a bug and never written."""
    changes = Changes(files={name: b""}, expected={})

    with pytest.raises(InternalError):
        apply(tree.project, changes, backup=tree.backup, intent=tree.intent)


@pytest.mark.parametrize("name", ["go.mod", "go.sum", "new.go", "vendor/a/a.go"])
def test_files_changed_meanwhile_are_refused(tree: Tree, name: str) -> None:
    """What somebody wrote during the run is never overwritten."""
    changes = tree.changes()
    (tree.project / name).write_text("somebody else's\n")
    before = listing(tree.project)

    with pytest.raises(ProjectChangedError):
        apply(tree.project, changes, backup=tree.backup, intent=tree.intent)
    assert before == listing(tree.project)


def test_a_file_changed_while_preparing_is_refused(tree: Tree) -> None:
    """The check is made again right before the first file is put in place."""

    def edit(step: str) -> None:
        if step == "keep go.mod":
            (tree.project / "go.sum").write_text("somebody else's\n")

    with pytest.raises(ProjectChangedError):
        tree.apply(edit)
    assert b"somebody else's\n" == (tree.project / "go.sum").read_bytes()
    assert b"module m\n" == (tree.project / "go.mod").read_bytes()


@pytest.mark.parametrize("at", STEPS[1:WHOLE_FROM])
def test_any_exception_takes_everything_back(tree: Tree, at: str) -> None:
    """Ctrl-C at any step leaves the tree byte for byte, same inodes included."""
    before = listing(tree.project)
    inode = (tree.project / "go.mod").stat().st_ino

    def interrupt(step: str) -> None:
        if step == at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tree.apply(interrupt)
    assert before == listing(tree.project)
    assert inode == (tree.project / "go.mod").stat().st_ino
    assert not tree.intent.exists()


def die_at(step: str) -> Callable[[str], None]:
    """Return a step observer that ends this process as kill -9 would."""

    def observe(name: str) -> None:
        if name == step:
            os.kill(os.getpid(), signal.SIGKILL)

    return observe


def killed(folder: Path, step: str) -> subprocess.CompletedProcess[bytes]:
    """Apply the change in a process of its own that dies before ``step``."""
    path = os.pathsep.join(path for path in sys.path if path)
    return subprocess.run(
        [sys.executable, __file__, str(folder), step],
        env={**os.environ, "PYTHONPATH": path},
        check=False,
        timeout=30,
    )


@pytest.mark.parametrize("at", STEPS)
def test_a_killed_change_is_taken_back_or_whole(
    tmp_path: Path, wanted: Listing, at: str
) -> None:
    """After kill -9 at any step, recover leaves the old tree or the new one."""
    tree = Tree(tmp_path)
    before = listing(tree.project)
    child = killed(tmp_path, at)
    first = recover(tree.intent)
    again = recover(tree.intent)

    assert -signal.SIGKILL == child.returncode
    expected = wanted if STEPS.index(at) >= WHOLE_FROM else before
    assert expected == listing(tree.project)
    assert (at != "intent") is (first is not None)
    assert again is None


def test_recovery_keeps_what_was_edited_since(tmp_path: Path) -> None:
    """A file that somebody wrote after the crash stays, and is named."""
    tree = Tree(tmp_path)
    killed(tmp_path, "done")
    (tree.project / "go.sum").write_text("edited since\n")
    recovery = recover(tree.intent)

    assert recovery is not None
    assert ("go.sum",) == recovery.kept
    assert ("go.mod", "vendor", "old.go", "new.go") == recovery.restored
    assert b"edited since\n" == (tree.project / "go.sum").read_bytes()
    assert b"old sum\n" == (tree.backup / "go.sum").read_bytes()


def mounted(folder: Path, options: str) -> None:
    """Mount a small tmpfs, or skip where that is not allowed."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", options, "autofix-test", str(folder)]
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a tmpfs needs root")
    if subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("this root may not mount a tmpfs")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a file system of 256 KiB."""
    folder = tmp_path / "disk"
    mounted(folder, "size=256k")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(disk: Path, left: int) -> None:
    """Fill a file system but for ``left`` bytes."""
    with (disk / "ballast").open("wb", buffering=0) as stream:
        try:
            while True:
                stream.write(b"x" * 4096)
        except OSError:
            stream.truncate(max(0, stream.tell() - left))


@pytest.mark.parametrize("left", [0, 4096, 8192, 16384, 24576])
def test_a_full_disk_changes_nothing(
    small_disk: Path, tmp_path: Path, left: int
) -> None:
    """However much room there is, too little leaves the tree byte for byte."""
    tree = Tree(small_disk)
    tree.backup = tmp_path / "backup"
    tree.intent = tmp_path / "state" / "intent.json"
    (tree.prepared / "b" / "large.go").write_bytes(b"x" * 32768)
    before = listing(tree.project)
    fill(small_disk, left)

    with pytest.raises(DiskFullError):
        tree.apply()
    assert before == listing(tree.project)


@pytest.mark.parametrize("left", [0, 4096, 8192])
def test_a_full_state_disk_changes_nothing(
    small_disk: Path, tmp_path: Path, left: int
) -> None:
    """No room for the backup or the intent leaves the tree byte for byte."""
    tree = Tree(tmp_path / "elsewhere")
    tree.backup = small_disk / "backup"
    tree.intent = small_disk / "state" / "intent.json"
    (tree.project / "vendor" / "large.go").write_bytes(b"x" * 32768)
    before = listing(tree.project)
    fill(small_disk, left)

    with pytest.raises(DiskFullError):
        tree.apply()
    assert before == listing(tree.project)


def test_a_read_only_project_is_noticed_at_once(tmp_path: Path) -> None:
    """A tree that cannot be written is an error before any work, and at the end."""
    tree = Tree(tmp_path / "there")
    disk = tmp_path / "disk"
    mounted(disk, "size=256k")
    try:
        shutil.copytree(tree.project, disk / "project")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        before = listing(disk / "project")
        tree.project = disk / "project"

        with pytest.raises(ReadOnlyError):
            require_writable(tree.project, ["go.mod"])
        with pytest.raises(ReadOnlyError):
            tree.apply()
        assert before == listing(tree.project)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_writable_project_is_left_clean_by_the_check(tree: Tree) -> None:
    """Looking whether the tree can be written leaves nothing in it."""
    before = listing(tree.project)
    require_writable(tree.project, ["go.mod", "vendor"])

    assert before == listing(tree.project)


def test_asking_whether_it_is_writable_touches_nothing(tree: Tree) -> None:
    """Not even the folder's time changes: a run that fails leaves no trace."""
    before = tree.project.stat().st_mtime_ns
    require_writable(tree.project, ["go.mod", "vendor"])

    assert before == tree.project.stat().st_mtime_ns


def test_a_read_only_file_is_not_replaced(tree: Tree) -> None:
    """Who made go.mod read-only is asked first, although its folder would allow it."""
    (tree.project / "go.mod").chmod(0o444)

    with pytest.raises(ReadOnlyError, match=r"go\.mod is read-only"):
        require_writable(tree.project, ["go.mod", "vendor"])


if __name__ == "__main__":
    doomed = Tree.__new__(Tree)
    root = Path(sys.argv[1])
    doomed.project = root / "project"
    doomed.prepared = root / "prepared"
    doomed.backup = root / "state" / "backup"
    doomed.intent = root / "state" / "intent.json"
    doomed.apply(die_at(sys.argv[2]))
