"""The scenario repository of an upgrade: one command, one commit, and back again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autofix.core.linked import Linked
from autofix.core.lockfile import lock_text, parse_lock
from autofix.core.serverrecord import ServerRecord
from autofix.releases import known_release
from scenarios.catalogue import HERE
from scenarios.images import engine_problem
from scenarios.kit import ensure_images, local_server

pytestmark = pytest.mark.live

OLD, NEW = "3.26.0", "3.40.0"
BRANCH = f"autofix/nakama-{NEW}"
MOVED = [
    ".github/workflows/ci.yml",
    "Dockerfile",
    "Makefile",
    "autofix.lock",
    "docker-compose.yml",
    "go.mod",
    "go.sum",
]
SHARED = {
    "github.com/gofrs/uuid/v5",
    "github.com/golang-jwt/jwt/v5",
    "github.com/heroiclabs/nakama-common",
    "github.com/klauspost/compress",
    "go.uber.org/zap",
    "golang.org/x/crypto",
    "golang.org/x/sync",
    "golang.org/x/text",
    "google.golang.org/protobuf",
}


def git(project: Path, *arguments: str) -> str:
    """Run git as the plugin's author."""
    identity = ("-c", "user.name=Author", "-c", "user.email=author@example.com")
    done = subprocess.run(
        ["git", *identity, *arguments],
        cwd=project,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout.strip()


def old_lock() -> str:
    """Return a lock file of the old Nakama, as far as this test looks at it."""
    reference = f"heroiclabs/nakama:{OLD}"
    linked = Linked(name=reference, machine="amd64")
    return lock_text(
        ServerRecord(reference=reference, machine="amd64", linked=linked, release=OLD)
    )


def planned(project: Path) -> list[str]:
    """Return what ``check`` finds by the lock file alone, as CI asks for it."""
    command = (sys.executable, "-m", "autofix", "check", str(project), "--offline")
    done = subprocess.run(
        [*command, "--output-format", "json"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return [each["name"] for each in json.loads(done.stdout)["findings"]]


def upgrade(project: Path, *options: str) -> dict[str, Any]:
    """Run the command; return its result."""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "autofix", "upgrade", str(project)),
            *("--nakama", NEW, "--kit", "--output-format", "json", *options),
        ],
        env={
            **os.environ,
            "XDG_STATE_HOME": str(project.parent / "state"),
            "PYTHONPATH": str(root),
        },
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.stdout, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    assert 0 == done.returncode, done.stderr
    return result


def test_nine_modules_and_every_file_move_in_one_commit(tmp_path: Path) -> None:
    """
    A plugin at 3.26.0 is upgraded to 3.40.0: one commit that a clean start has proven.

    What is checked out stays as it is; a second run changes nothing and makes no
    commit; ``git revert`` restores every byte. The lock file is of the new server.
    """
    problem = engine_problem()
    if problem:
        pytest.skip(f"no container engine answers: {problem}")
    ensure_images([NEW])
    project = tmp_path / "plugin"
    shutil.copytree(HERE / "upgrade" / "plugin", project)
    (project / "autofix.lock").write_text(old_lock())
    git(project, "init", "--quiet")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "As its user has it")
    head, before = git(project, "rev-parse", "HEAD"), git(project, "ls-files", "-s")

    result = upgrade(project, "--commit", "--report", str(tmp_path / "body.md"))

    assert "clean" == result["ending"]["kind"]
    versions = known_release(NEW).modules
    assert {module: versions[module] for module in SHARED} == {
        pin["module"]: pin["after"] for pin in result["pins"]
    }
    assert (head, before, "") == (
        git(project, "rev-parse", "HEAD"),
        git(project, "ls-files", "-s"),
        git(project, "status", "--porcelain"),
    )
    assert "1" == git(project, "rev-list", "--count", f"HEAD..{BRANCH}")
    changed = git(project, "diff", "--name-only", "HEAD", BRANCH).splitlines()
    assert MOVED == changed
    texts = [git(project, "show", f"{BRANCH}:{name}") for name in changed[:-1]]
    assert [] == [text for text in texts if OLD in text or "1.23.5" in text]
    body = (tmp_path / "body.md").read_text()
    assert "Startup done" in body
    assert f"| `autofix.lock` | `{OLD}` | `{NEW}` |" in body

    git(project, "merge", "--quiet", "--ff-only", BRANCH)
    assert NEW == parse_lock((project / "autofix.lock").read_text()).release
    assert [] == planned(project)
    again = upgrade(project, "--commit", "--branch", "again")

    assert ([], [], "") == (again["pins"], again["files"], again["upgrade"]["commit"])
    assert "" == git(project, "branch", "--list", "again")
    git(project, "revert", "--no-edit", "HEAD")
    assert before == git(project, "ls-files", "-s")


def test_code_is_ported_where_the_api_changed(tmp_path: Path) -> None:
    """
    A plugin whose code is older than the API starts after ``--port``.

    Its pins are one commit and its code another, which only touches what it must.
    """
    problem = engine_problem()
    if problem:
        pytest.skip(f"no container engine answers: {problem}")
    ensure_images([NEW])
    project = tmp_path / "plugin"
    shutil.copytree(HERE / "api-changed" / "plugin", project)
    git(project, "init", "--quiet")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "As its user has it")

    result = upgrade(project, "--commit", "--port")

    assert "clean" == result["ending"]["kind"]
    (rewrite,) = result["upgrade"]["port"]["rewrites"]
    assert ("main.go", 35, "runtime.NakamaModule.AccountsGetId", "v1.45.0", False) == (
        *(rewrite[key] for key in ("file", "line", "api", "release", "review")),
    )
    assert ["go.mod", "go.sum"] == git(
        project, "diff", "--name-only", "HEAD", f"{BRANCH}~1"
    ).splitlines()
    assert "1\t1\tmain.go" == git(project, "diff", "--numstat", f"{BRANCH}~1", BRANCH)
    assert "" == git(project, "status", "--porcelain")


PLUGIN = """\
package main

import (
	"context"
	"database/sql"

	"github.com/heroiclabs/nakama-common/runtime"
)

func InitModule(_ context.Context, logger runtime.Logger, _ *sql.DB, _ \
runtime.NakamaModule, _ runtime.Initializer) error {
	logger.Info("here")
	return nil
}
"""


def test_two_modules_are_one_commit(tmp_path: Path) -> None:
    """Both are started with the new Nakama, and one commit has all of it."""
    project = tmp_path / "game"
    for name in ("chat", "arena"):
        folder = project / name
        folder.mkdir(parents=True)
        (folder / "main.go").write_text(PLUGIN)
        (folder / "go.mod").write_text(
            f"module example.com/{name}\n\ngo 1.26.5\n\n"
            "require github.com/heroiclabs/nakama-common v1.46.0\n"
        )
        (folder / "Dockerfile").write_text("FROM heroiclabs/nakama:3.39.0\n")
    (project / "compose.yml").write_text(
        "services: { nakama: { image: 'heroiclabs/nakama:3.39.0' } }\n"
    )
    git(project, "init", "--quiet")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "As its user has it")
    server = str(local_server(NEW))

    result = upgrade(project, "--commit", "--engine", "local", "--server", server)

    assert ["clean", "clean"] == [each["ending"]["kind"] for each in result["runs"]]
    assert "1" == git(project, "rev-list", "--count", f"HEAD..{BRANCH}")
    changed = git(project, "diff", "--name-only", "HEAD", BRANCH).splitlines()
    own = ("Dockerfile", "go.mod", "go.sum")
    modules = [f"{name}/{file}" for name in ("arena", "chat") for file in own]
    assert [*modules, "compose.yml"] == changed
    message = git(project, "log", "-1", "--format=%B", BRANCH)
    assert 2 == message.count("Startup done")
    assert "" == git(project, "status", "--porcelain")
