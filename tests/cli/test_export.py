"""``autofix export`` from outside: what is written where, and what is never overwritten."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.cli.test_main import environment
from tests.shell.test_bisect import GO_MOD
from tests.shell.test_checking import CODE

SHARED = {"github.com/heroiclabs/nakama-common", "google.golang.org/protobuf"}


@pytest.fixture
def game(tmp_path: Path) -> Path:
    """Write a plugin in a subfolder of a repository; its modules are not here."""
    folder = tmp_path / "game"
    (folder / "server").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / "server" / "main.go").write_text(CODE)
    (folder / "server" / "go.mod").write_text(
        GO_MOD.replace(")\n", "\texample.com/own v1.0.0\n)\n")
    )
    (folder / "Dockerfile").write_text("FROM heroiclabs/nakama:3.40.0\n")
    return folder


def export(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Export offline."""
    return subprocess.run(
        [sys.executable, "-m", "autofix", "export", *options, "--offline"],
        cwd=folder,
        env=environment(folder.parent),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_rules_go_to_stdout_and_doubts_to_stderr(game: Path) -> None:
    """Files are named from the repository's root; what the server lacks is not in."""
    renovate = export(game, "renovate", "server")
    dependabot = export(game, "dependabot", "server", "--quiet")
    rule = json.loads(renovate.stdout)["packageRules"][0]
    updates = yaml.safe_load(dependabot.stdout)["updates"]

    assert SHARED == {*rule["matchPackageNames"]}
    assert ["server/go.mod"] == rule["matchFileNames"]
    assert "false alarm" in renovate.stderr
    assert ("/server", SHARED, "") == (
        updates[0]["directory"],
        {each["dependency-name"] for each in updates[0]["ignore"]},
        dependabot.stderr,
    )
    assert [("gomod", "/server"), ("docker", "/")] == [
        (each["package-ecosystem"], each["directory"]) for each in updates
    ]


def test_another_nakama_dictates_other_versions(game: Path) -> None:
    """--nakama says which."""
    done = export(game, "renovate", "--nakama", "3.26.0")
    rule = json.loads(done.stdout)["packageRules"][0]

    assert "google.golang.org/protobuf@v1.36.4" in rule["description"]


def test_a_file_is_not_overwritten_unless_asked(game: Path) -> None:
    """Whoever has rules already keeps them; --force replaces them."""
    rules = game / "renovate.json"
    rules.write_text("mine")
    refused = export(game, "renovate", "-o", str(rules))
    kept = rules.read_text()
    forced = export(game, "renovate", "-o", str(rules), "--force")

    assert (2, "mine") == (refused.returncode, kept)
    assert "--force" in refused.stderr
    assert (0, "") == (forced.returncode, forced.stdout)
    assert "packageRules" in json.loads(rules.read_text())
