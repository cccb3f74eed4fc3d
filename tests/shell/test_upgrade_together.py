"""Several modules of a repository move together: all of them, or none."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from autofix.attempting import Attempt
from autofix.config import Config
from autofix.core.model import Ending, EndKind
from autofix.delivery import Delivery
from autofix.errors import (
    AutofixError,
    DirtyProjectError,
    InterruptedRunError,
    ProjectLockedError,
    UsageError,
)
from autofix.harvest import Harvest
from autofix.lock import intent_path, project_lock, shared_intent
from autofix.project import Project, find_projects
from autofix.releases import release_table
from autofix.report.upgrade_markdown import upgrade_markdown
from autofix.result import PortResult, RunResult
from autofix.runfolder import state_home
from autofix.session import held_project
from autofix.upgrading.codeport import CodePort
from autofix.upgrading.delivering import UpgradeDelivery
from autofix.upgrading.journey import Request
from autofix.upgrading.together import in_order, names_of
from autofix.upgrading.upgrade import Outcome, upgraded
from autofix.workspace import Changes, apply, snapshot
from tests.report.values import SERVER
from tests.shell.test_upgrade_commits import git

INIT = "package main\n\nfunc InitModule() error { return nil }\n"
DOCKERFILE = "FROM heroiclabs/nakama:{tag}\n"
FILES = {
    "docker-compose.yml": "image: heroiclabs/nakama:3.26.0\n",
    "chat/go.mod": "module example.com/chat\n\ngo 1.23.5\n",
    "chat/main.go": INIT,
    "chat/Dockerfile": DOCKERFILE.format(tag="3.26.0"),
    "games/arena/go.mod": "module example.com/arena\n\ngo 1.23.5\n",
    "games/arena/main.go": INIT,
    "games/arena/Dockerfile": DOCKERFILE.format(tag="3.26.0"),
}
MODULES = ("chat", "games/arena")
MOVED = (
    "chat/Dockerfile",
    "chat/go.mod",
    "docker-compose.yml",
    "games/arena/Dockerfile",
    "games/arena/go.mod",
)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep what autofix remembers below the test's own folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return state_home(os.environ)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository with two plugins' modules."""
    root = tmp_path / "repository"
    write(root, FILES)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "one")
    return root


def write(root: Path, files: dict[str, str]) -> None:
    """Write files, with their folders."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def texts(root: Path) -> dict[str, str]:
    """Return the repository's own files."""
    return {name: (root / name).read_text() for name in FILES}


@dataclass(slots=True, kw_only=True)
class Runs:
    """Runs that pin something in go.mod, and end as told by module and release."""

    folder: Path
    ends: dict[tuple[str, str], EndKind | AutofixError] = field(default_factory=dict)
    tried: list[tuple[str, str, bool]] = field(default_factory=list)
    given: list[list[str]] = field(default_factory=list)
    port: bool = False
    meanwhile: Callable[[], None] = lambda: None
    vendors: bool = False

    def __call__(self, config: Config, project: Project, delivery: Delivery) -> Attempt:
        """Run once, as a session does."""
        name = project.module_folder.name
        self.tried.append((name, config.nakama, not config.dry_run))
        root = project.repository
        self.given.append(
            sorted(each.relative_to(root).as_posix() for each in delivery.given)
        )
        end = self.ends.get((name, config.nakama), EndKind.CLEAN)
        error = end if isinstance(end, AutofixError) else None
        kind = EndKind.UNFIXABLE if isinstance(end, AutofixError) else end
        if self.port and isinstance(delivery, UpgradeDelivery) and not delivery.port:
            told = PortResult(before="v1.36.0", after="v1.47.0")
            edits = {project.module_folder / "main.go": b"package main // ported\n"}
            delivery.port = CodePort(edits=edits, result=told)
            kind = EndKind.UNFIXABLE
        clean = kind is EndKind.CLEAN
        harvest = self._harvest(project, delivery, config.nakama)
        folder = self.folder / str(len(self.tried))
        folder.mkdir(parents=True)
        own = self.folder / "own"
        if self.vendors:
            write(own, {"new.txt": "new\n"})
            vendor = (project.module_folder / "vendor").relative_to(project.repository)
            harvest = with_tree(harvest, vendor.as_posix(), own)
        if clean and (delivery.keeps or not config.dry_run):
            server = replace(SERVER, release=config.nakama)
            delivery.require(server)
            delivery.deliver(
                harvest, backup=folder / "backup", intent=folder / "intent"
            )
            self.meanwhile()
        shutil.rmtree(own, ignore_errors=True)
        result = RunResult(
            run_id=folder.name,
            run_folder=str(folder),
            project=str(project.module_folder),
            ending=None if error else Ending(kind=kind, words="Said so."),
            error=str(error or ""),
            error_code=error.code if error else "",
            exit_code=error.exit_code if error else 0 if clean else 1,
            server=None,
            builder=None,
            root=str(harvest.root),
            files=harvest.names if clean else (),
        )
        return Attempt(result=delivery.conclude(result), error=error)

    def _harvest(self, project: Project, delivery: Delivery, nakama: str) -> Harvest:
        root = project.repository
        pinned = f"{project.go_mod.read_text()}// pinned for {nakama}\n".encode()
        files: dict[str, bytes | None] = {
            path.relative_to(root).as_posix(): content
            for path, content in {**delivery.edits, project.go_mod: pinned}.items()
        }
        return Harvest(
            root=root,
            changes=Changes(files=files, expected=snapshot(root, files)),
            names=tuple(files),
            created=(),
            diff="",
        )


def with_tree(harvest: Harvest, name: str, tree: Path) -> Harvest:
    """Return a harvest with a folder as well."""
    changes = harvest.changes
    expected = {**changes.expected, **snapshot(harvest.root, [name])}
    return replace(
        harvest,
        names=(*harvest.names, name),
        changes=replace(changes, trees={name: tree}, expected=expected),
    )


def run(root: Path, runs: Runs, **options: object) -> Outcome:
    """Upgrade all modules, to 3.29.0 unless told otherwise."""
    config = Config(project=root, dry_run=bool(options.pop("dry_run", False)))
    asked = {"nakama": "3.29.0", **options}
    request = Request(config=config, **asked)  # type: ignore[arg-type]
    said: list[str] = []
    return upgraded(request, find_projects(root), release_table(), runs, said.append)


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    """Return runs that all end clean."""
    return Runs(folder=tmp_path / "runs")


def test_all_modules_change_at_once(root: Path, runs: Runs) -> None:
    """The version moves once, and each result tells its own part as made."""
    outcome = run(root, runs)
    results = [each.result for each in outcome.attempts]
    changed = git(root, "diff", "--name-only").split()

    assert list(MOVED) == changed
    assert not any("3.26.0" in (root / name).read_text() for name in MOVED)
    assert [True, True] == [each.applied for each in results]
    assert [0, 0] == [each.exit_code for each in results]
    places = [
        [each.file for each in result.upgrade.moves]
        for result in results
        if result.upgrade
    ]
    assert [
        ["chat/Dockerfile", "docker-compose.yml"],
        ["games/arena/Dockerfile"],
    ] == places
    assert [MODULES, MODULES] == [
        each.upgrade.together for each in results if each.upgrade
    ]


def test_each_run_folder_has_the_originals_and_the_last_word(
    root: Path, runs: Runs
) -> None:
    """What ``runs show`` offers to undo it is there."""
    before = texts(root)
    outcome = run(root, runs)

    for attempt in outcome.attempts:
        folder = Path(attempt.result.run_folder)
        kept = json.loads((folder / "result.json").read_text())
        assert kept["applied"]
        assert {name: before[name] for name in attempt.result.files} == {
            name: (folder / "backup" / name).read_text()
            for name in attempt.result.files
        }


def test_one_that_fails_keeps_all_from_changing(root: Path, runs: Runs) -> None:
    """Each result is told, and the others say whose fault it is."""
    before = texts(root)
    runs.ends["arena", "3.29.0"] = EndKind.UNFIXABLE
    outcome = run(root, runs)
    chat, arena = (each.result for each in outcome.attempts)

    assert before == texts(root)
    assert "" == git(root, "status", "--porcelain")
    assert (0, 1) == (chat.exit_code, arena.exit_code)
    assert not chat.applied
    (finding,) = chat.findings
    assert ("held-back", True) == (finding.name, "games/arena" in finding.text)
    kept = json.loads((Path(chat.run_folder) / "result.json").read_text())
    assert "held-back" == kept["findings"][0]["name"]
    body = upgrade_markdown(chat, arena)
    assert "was not made: the server does not start with `games/arena`" in body


def test_a_run_begins_with_what_those_before_it_changed(root: Path, runs: Runs) -> None:
    """So that the sum is what was built and started; the first is given nothing."""
    run(root, runs, dry_run=True)

    assert [[], ["chat/Dockerfile", "chat/go.mod", "docker-compose.yml"]] == runs.given


def test_a_dry_run_changes_nothing(root: Path, runs: Runs) -> None:
    """Each module's part is told as what would change."""
    outcome = run(root, runs, dry_run=True)

    assert "" == git(root, "status", "--porcelain")
    assert [False, False] == [each.result.applied for each in outcome.attempts]
    assert all(each.result.files for each in outcome.attempts)


def test_all_modules_are_one_commit(root: Path, runs: Runs) -> None:
    """With a section for each; nothing checked out changes; ``git revert`` undoes it."""
    before = git(root, "ls-files", "-s")
    outcome = run(root, runs, commit=True)
    branch = "autofix/nakama-3.29.0"
    message = git(root, "log", "-1", "--format=%B", branch)

    assert "" == git(root, "status", "--porcelain")
    assert "1\n" == git(root, "rev-list", "--count", f"HEAD..{branch}")
    assert list(MOVED) == git(root, "diff", "--name-only", "HEAD", branch).split()
    assert message.startswith("build(deps): bump nakama from 3.26.0 to 3.29.0\n\n")
    for part in (*(f"**Module `{each}`**" for each in MODULES), *MOVED[:1]):
        assert part in message
    commits = {
        each.result.upgrade.commit for each in outcome.attempts if each.result.upgrade
    }
    assert {git(root, "rev-parse", branch).strip()} == commits
    git(root, "merge", "-q", "--ff-only", branch)
    git(root, "revert", "--no-edit", "HEAD")
    assert before == git(root, "ls-files", "-s")


def test_the_same_again_makes_no_second_commit(root: Path, runs: Runs) -> None:
    """The branch has this very change already."""
    first = run(root, runs, commit=True).attempts[0].result.upgrade
    again = run(root, runs, commit=True).attempts[0].result.upgrade

    assert first is not None
    assert again is not None
    assert (first.commit, True, False) == (again.commit, first.is_new, again.is_new)


def test_ported_code_of_all_is_a_commit_upon_the_pins(root: Path, runs: Runs) -> None:
    """Two commits, whatever the number of modules."""
    runs.port = True
    run(root, runs, commit=True, port=True)
    branch = "autofix/nakama-3.29.0"

    assert "2\n" == git(root, "rev-list", "--count", f"HEAD..{branch}")
    assert ["chat/main.go", "games/arena/main.go"] == git(
        root, "diff", "--name-only", f"{branch}~1", branch
    ).split()


def test_through_goes_release_by_release_with_all(root: Path, runs: Runs) -> None:
    """The first release that breaks one of them ends it, and nothing changes."""
    runs.ends["arena", "3.28.0"] = EndKind.UNFIXABLE
    outcome = run(root, runs, through=True)
    steps = [
        [(step.nakama, step.end) for step in each.result.upgrade.steps]
        for each in outcome.attempts
        if each.result.upgrade
    ]

    assert [
        ("chat", "3.27.1", False),
        ("arena", "3.27.1", False),
        ("chat", "3.28.0", False),
        ("arena", "3.28.0", False),
    ] == runs.tried
    assert [
        [("3.27.1", "clean"), ("3.28.0", "clean")],
        [("3.27.1", "clean"), ("3.28.0", "unfixable")],
    ] == steps
    assert "" == git(root, "status", "--porcelain")


def test_the_last_release_that_all_start_with_is_kept(root: Path, runs: Runs) -> None:
    """As with one module; both exit with 1, since it fell short."""
    runs.ends["chat", "3.29.0"] = EndKind.UNFIXABLE
    outcome = run(root, runs, through=True, keep_last_good=True)

    assert [1, 1] == [each.result.exit_code for each in outcome.attempts]
    assert "3.28.0" in (root / "docker-compose.yml").read_text()
    assert "3.28.0" in (root / "games/arena/Dockerfile").read_text()


def test_through_needs_one_release_to_begin_at(root: Path, runs: Runs) -> None:
    """It would be a way down for one of them."""
    write(root, {"chat/Dockerfile": DOCKERFILE.format(tag="3.27.1")})
    (root / "docker-compose.yml").unlink()

    with pytest.raises(UsageError, match=r"chat 3\.27\.1, games/arena 3\.26\.0"):
        run(root, runs, through=True)


def test_modules_at_several_releases_move_to_one(root: Path, runs: Runs) -> None:
    """Each from its own; the title names only where they are now."""
    (root / "docker-compose.yml").unlink()
    write(root, {"chat/Dockerfile": DOCKERFILE.format(tag="3.27.1")})
    git(root, "commit", "-qam", "two")
    run(root, runs, commit=True)
    title = git(root, "log", "-1", "--format=%s", "autofix/nakama-3.29.0")

    assert "build(deps): bump nakama to 3.29.0\n" == title


def test_uncommitted_changes_of_any_are_refused_first(root: Path, runs: Runs) -> None:
    """An hour of the first module's work must not end in a refusal of the second."""
    write(root, {"games/arena/Dockerfile": DOCKERFILE.format(tag="3.26.0") + "# x\n"})

    with pytest.raises(DirtyProjectError, match="Dockerfile"):
        run(root, runs)
    assert [] == runs.tried


def test_a_file_changed_meanwhile_keeps_all_from_changing(
    root: Path, runs: Runs
) -> None:
    """Whoever edits a file while the second module runs finds it as they left it."""
    edited = FILES["chat/go.mod"] + "// mine\n"
    runs.meanwhile = lambda: write(root, {"chat/go.mod": edited})
    outcome = run(root, runs)

    assert outcome.error is not None
    assert "project-changed" == outcome.error.code
    assert {**FILES, "chat/go.mod": edited} == texts(root)
    results = [each.result for each in outcome.attempts]
    assert [False, False] == [each.applied for each in results]
    assert [("project-changed", 2)] * 2 == [
        (each.error_code, each.exit_code) for each in results
    ]
    assert "was not made" in upgrade_markdown(*results).splitlines()[0]


def test_a_module_in_use_keeps_all_from_changing(
    root: Path, runs: Runs, state: Path
) -> None:
    """Another autofix works on one of them."""
    with project_lock(state, root / "games/arena"):
        outcome = run(root, runs)

    assert isinstance(outcome.error, ProjectLockedError)
    assert "" == git(root, "status", "--porcelain")


def test_an_interrupted_upgrade_begins_no_other_module(root: Path, runs: Runs) -> None:
    """Ctrl-C ends it, and nothing changes."""
    runs.ends["chat", "3.29.0"] = InterruptedRunError(2)
    outcome = run(root, runs)

    assert ["chat"] == [name for name, _, _ in runs.tried]
    assert 1 == len(outcome.attempts)


def test_vendor_folders_are_kept_until_the_end(root: Path, runs: Runs) -> None:
    """A run's own folders are gone when the last one has ended."""
    for name in MODULES:
        write(root, {f"{name}/vendor/modules.txt": "# old\n"})
    git(root, "add", "-A")
    git(root, "commit", "-qm", "vendored")
    runs.vendors = True
    outcome = run(root, runs)

    for name, attempt in zip(MODULES, outcome.attempts, strict=True):
        vendor = root / name / "vendor"
        assert ["new.txt"] == [each.name for each in vendor.iterdir()]
        backup = Path(attempt.result.run_folder) / "backup" / name / "vendor"
        assert "# old\n" == (backup / "modules.txt").read_text()


def test_a_module_that_moves_alone_is_told_whom_it_leaves(
    root: Path, runs: Runs
) -> None:
    """The compose file moves under the other; without it, or with all, none is left."""
    heard: list[Delivery] = []

    def perform(config: Config, project: Project, delivery: Delivery) -> Attempt:
        heard.append(delivery)
        return runs(config, project, delivery)

    def findings(folder: Path) -> list[str]:
        heard.clear()
        request = Request(config=Config(dry_run=True), nakama="3.29.0")
        projects = find_projects(folder)
        upgraded(request, projects, release_table(), perform, lambda _: None)
        return [each.text for delivery in heard for each in delivery.findings]

    (left,) = findings(root / "chat")
    assert left.startswith("docker-compose.yml may speak for other modules")
    assert left.endswith(": games/arena.")
    assert [] == findings(root)
    (root / "docker-compose.yml").unlink()
    assert [] == findings(root / "chat")


def test_a_module_comes_after_those_it_is_built_with(root: Path) -> None:
    """Whatever their names; names are relative to the repository."""
    replaced = FILES["chat/go.mod"] + "\nreplace example.com/arena => ../games/arena\n"
    write(root, {"chat/go.mod": replaced})
    ordered = in_order(find_projects(root))

    assert ("games/arena", "chat") == names_of(ordered)


def die(root: Path, state: Path, at: str) -> None:
    """Change both modules, and end this process as kill -9 would."""

    def step(name: str) -> None:
        if name == at:
            os.kill(os.getpid(), signal.SIGKILL)

    folders = [root / each for each in MODULES]
    names = [f"{each}/go.mod" for each in MODULES]
    with shared_intent(state, folders) as intent:
        apply(
            root,
            Changes(
                files=dict.fromkeys(names, b"half\n"), expected=snapshot(root, names)
            ),
            backup=root.parent / "backup",
            intent=intent,
            step=step,
        )


@pytest.mark.parametrize("module", MODULES)
def test_a_killed_change_of_all_is_taken_back_from_any(
    root: Path, state: Path, module: str
) -> None:
    """The next run of either module finds it; that of the other has nothing to do."""
    path = os.pathsep.join(path for path in sys.path if path)
    command = [sys.executable, __file__, str(root), str(state)]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": path}, check=False, timeout=30
    )
    assert -signal.SIGKILL == done.returncode
    assert "half\n" in {(root / each / "go.mod").read_text() for each in MODULES}

    (project,) = find_projects(root / module)
    other = next(each for each in MODULES if each != module)
    with held_project(Config(project=root / module), state, project) as (_, recovery):
        assert recovery is not None
    assert FILES == texts(root)
    assert not intent_path(state, root / module).is_symlink()
    (project,) = find_projects(root / other)
    with held_project(Config(project=root / other), state, project) as (_, again):
        assert again is None
    assert not intent_path(state, root / other).is_symlink()
    assert [] == list((state / "projects").glob("shared-*"))


if __name__ == "__main__":
    die(Path(sys.argv[1]), Path(sys.argv[2]), "swap games/arena/go.mod")
