"""New majors are taken with the imports of the plugin's code, and left where they break."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scenarios.kit import local_server
from tests.module_proxy import asking, publish

pytestmark = pytest.mark.live

HOST = "timber.example"
OAK, PINE, FERN, MOSS = (f"{HOST}/{name}" for name in ("oak", "pine", "fern", "moss"))

MAIN = f"""\
package main

import (
	"context"
	"database/sql"

	"github.com/heroiclabs/nakama-common/runtime"
	"{FERN}" // by its own name
	"{MOSS}"
	wood "{OAK}"
	"{PINE}"

	"example.com/grove/inner"
)

func InitModule(_ context.Context, logger runtime.Logger, _ *sql.DB, _ runtime.NakamaModule, _ runtime.Initializer) error {{
	logger.Info("%v", []string{{fern.Name(), moss.Name(), wood.Name(), pine.Name(), inner.Name()}})
	return nil
}}
"""


def library(name: str, function: str = "Name", package: str = "") -> dict[str, str]:
    """Return the files of a library with one function."""
    text = (
        f'package {package or name}\n\nfunc {function}() string {{ return "{name}" }}\n'
    )
    return {f"{name}.go": text}


def proxy(folder: Path) -> Path:
    """Publish libraries with new majors: one as it was, one renamed, one that breaks."""
    leaf = {"leaf/leaf.go": library("leaf")["leaf.go"]}
    for path, versions in {
        OAK: ("v1.0.0", "v1.1.0"),
        f"{OAK}/v2": ("v2.0.0",),
        f"{OAK}/v3": ("v3.0.0", "v3.1.0"),
    }.items():
        for version in versions:
            publish(folder, path, version, {**library("oak"), **leaf})
    for version in ("v1.0.0", "v1.2.0"):
        publish(folder, PINE, version, library("pine"))
    publish(folder, f"{PINE}/v2", "v2.0.0", library("pine", "Words"))
    publish(folder, FERN, "v1.0.0", library("fern"))
    publish(folder, f"{FERN}/v2", "v2.0.0", library("fern", package="ferns"))
    wants = f"module {MOSS}\n\ngo 1.23\n\nrequire {OAK} v1.0.0\n"
    text = f'package moss\n\nimport "{OAK}"\n\nfunc Name() string {{ return oak.Name() }}\n'
    publish(folder, MOSS, "v1.0.0", {"go.mod": wants, "moss.go": text})
    return folder


def plugin(folder: Path) -> Path:
    """Write a plugin that imports them in two packages and a test, for 3.40.0."""
    (folder / "inner").mkdir(parents=True)
    (folder / "main.go").write_text(MAIN)
    inner = library("inner")["inner.go"].replace(
        "\n\nfunc", f'\n\nimport "{OAK}/leaf"\n\nvar _ = leaf.Name\n\nfunc'
    )
    (folder / "inner" / "inner.go").write_text(inner)
    (folder / "inner" / "inner_test.go").write_text(
        f'package inner\n\nimport (\n\t"testing"\n\n\t"{OAK}"\n)\n\n'
        "func TestName(t *testing.T) { t.Log(oak.Name()) }\n"
    )
    (folder / "go.mod").write_text(
        "module example.com/grove\n\ngo 1.26.5\n\nrequire (\n"
        "\tgithub.com/heroiclabs/nakama-common v1.47.0\n"
        f"\t{FERN} v1.0.0\n\t{MOSS} v1.0.0\n\t{OAK} v1.0.0\n\t{PINE} v1.0.0\n)\n"
    )
    (folder / "Dockerfile").write_text("FROM heroiclabs/nakama:3.40.0\n")
    return folder


def git(folder: Path, *words: str) -> str:
    """Run git, as somebody."""
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    return subprocess.run(
        ["git", *who, *words],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout


def test_majors_are_taken_with_their_imports(tmp_path: Path) -> None:
    """In one commit; one that breaks is left for the newest of its present major."""
    project = plugin(tmp_path / "plugin")
    environment = {
        **os.environ,
        **asking(proxy(tmp_path / "proxy"), f"{HOST}/*"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    tidy = ["go", "mod", "tidy"]
    subprocess.run(tidy, cwd=project, env=environment, check=True, timeout=300)
    git(project, "init", "-q")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "begin")
    server = str(local_server("3.40.0"))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "autofix", "upgrade", str(project)),
            *("--dependencies", "--majors", "--commit", "--output-format", "json"),
            *("--engine", "local", "--server", server),
        ],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    told = json.loads(done.stdout)["upgrade"]["dependencies"]
    rows = {each["module"]: each for each in told["modules"]}
    new = "autofix/dependencies"
    main = git(project, "show", f"{new}:main.go")
    gomod = git(project, "show", f"{new}:go.mod")

    assert {
        OAK: (f"{OAK}/v3", "v3.1.0", ""),
        FERN: (f"{FERN}/v2", "v2.0.0", ""),
        PINE: ("", "v1.2.0", "v2.0.0"),
    } == {name: (row["path"], row["after"], row["tried"]) for name, row in rows.items()}
    assert "undefined: pine.Name" in rows[PINE]["why"]
    assert (
        f"{OAK} v1.0.0 stays beside it, as other code may need it." == rows[OAK]["why"]
    )
    assert f'\tfern "{FERN}/v2" // by its own name\n' in main
    assert f'\twood "{OAK}/v3"\n' in main
    assert f'\t"{PINE}"\n' in main
    assert f"\t{FERN}/v2 v2.0.0\n" in gomod
    assert f"\t{FERN} " not in gomod
    assert f"\t{OAK} v1.0.0 // indirect\n" in gomod
    assert [
        "go.mod",
        "go.sum",
        "inner/inner.go",
        "inner/inner_test.go",
        "main.go",
    ] == git(project, "diff", "--name-only", "HEAD", new).split()
    assert "2" == git(project, "rev-list", "--count", new).strip()

    git(project, "checkout", "-q", new)
    words = ["go", "mod", "tidy", "-diff"]
    tidied = subprocess.run(
        words,
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    # Of go.sum a tidy takes lines out, which autofix leaves; go.mod is as it wants it.
    assert tidied.stdout.startswith("diff current/go.sum"), tidied.stderr
