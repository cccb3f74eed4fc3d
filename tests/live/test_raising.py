"""
Twelve newer versions of which two break the load: ten are taken, two are named.

Of one of the two a version in between starts, and is taken instead.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scenarios.kit import local_server
from tests.module_proxy import asking, publish

pytestmark = pytest.mark.live

HOST = "twelve.example"
NAMES = ("alder", "birch", "cedar", "date", "elm", "fir", "ginkgo", "hazel", "ivy")
LIBRARIES = (*NAMES, "jasmine", "kapok", "larch")
REMOVED, PANICS = "elm", "larch"
BETWEEN = ("v1.0.1", "v1.0.2", "v1.0.3")
"""Of the one that lacks a name; the last of them lacks it already."""
MOST_BUILDS = 10
"""Twice the four steps of a bisection of twelve, the first try and the last."""
MOST_BETWEEN = 2
"""The steps of a bisection of three."""


def library(name: str, version: str) -> dict[str, str]:
    """Return the files of a version; the newer of one lack a name, of one they panic."""
    newer = version in ("v1.0.3", "v1.1.0")
    words = "Words" if newer and name == REMOVED else "Name"
    text = f'package {name}\n\nfunc {words}() string {{ return "{name} {version}" }}\n'
    if newer and name == PANICS:
        text += f'\nfunc init() {{ panic("{name} has no licence") }}\n'
    return {f"{name}.go": text}


def proxy(folder: Path, between: tuple[str, ...] = ()) -> Path:
    """Publish two versions of each; of one also a retracted one and a pre-release."""
    for name in LIBRARIES:
        for version in ("v1.0.0", "v1.1.0"):
            publish(folder, f"{HOST}/{name}", version, library(name, version))
    for version in between:
        publish(folder, f"{HOST}/{REMOVED}", version, library(REMOVED, version))
    first = f"{HOST}/alder"
    retracts = f"module {first}\n\ngo 1.23\n\nretract v1.2.0\n"
    for version in ("v1.2.0", "v1.3.0-rc.1"):
        files = {**library("alder", version), "go.mod": retracts}
        publish(folder, first, version, files)
    return folder


def plugin(folder: Path, libraries: tuple[str, ...] = LIBRARIES) -> Path:
    """Write a plugin that uses some of them, for 3.40.0."""
    folder.mkdir()
    imports = "".join(f'\t"{HOST}/{name}"\n' for name in libraries)
    names = ", ".join(f"{name}.Name()" for name in libraries)
    requires = "".join(f"\t{HOST}/{name} v1.0.0\n" for name in libraries)
    (folder / "main.go").write_text(
        'package main\n\nimport (\n\t"context"\n\t"database/sql"\n\n'
        '\t"github.com/heroiclabs/nakama-common/runtime"\n'
        f"{imports})\n\n"
        "func InitModule(_ context.Context, logger runtime.Logger, _ *sql.DB, "
        "_ runtime.NakamaModule, _ runtime.Initializer) error {\n"
        f'\tlogger.Info("%v", []string{{{names}}})\n\treturn nil\n}}\n'
    )
    (folder / "go.mod").write_text(
        "module example.com/grove\n\ngo 1.26.5\n\nrequire (\n"
        f"\tgithub.com/heroiclabs/nakama-common v1.47.0\n{requires})\n"
    )
    (folder / "Dockerfile").write_text("FROM heroiclabs/nakama:3.40.0\n")
    return folder


def raised(project: Path, body: Path, environment: dict[str, str]) -> dict[str, Any]:
    """Raise what can be, and return what is told of it."""
    server = str(local_server("3.40.0"))
    words = ("--engine", "local", "--server", server, "--output-format", "json")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "autofix", "upgrade", str(project)),
            *("--dependencies", *words, "--report", str(body)),
        ],
        env={**environment, "XDG_STATE_HOME": str(body.parent / "state")},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)["upgrade"]["dependencies"]
    return told


def test_what_is_vendored_is_split_too(tmp_path: Path) -> None:
    """Each set is built from a vendor/ with just its versions."""
    project = plugin(tmp_path / "plugin", ("alder", REMOVED, PANICS))
    environment = {**os.environ, **asking(proxy(tmp_path / "proxy"), f"{HOST}/*")}
    for command in ("tidy", "vendor"):
        words = ["go", "mod", command]
        subprocess.run(words, cwd=project, env=environment, check=True, timeout=300)
    told = raised(project, tmp_path / "body.md", environment)
    vendored = project / "vendor" / HOST

    assert {"alder": "v1.1.0", REMOVED: "v1.0.0", PANICS: "v1.0.0"} == {
        each["module"].rpartition("/")[2]: each["after"] for each in told["modules"]
    }
    assert "alder v1.1.0" in (vendored / "alder" / "alder.go").read_text()
    assert "larch v1.0.0" in (vendored / "larch" / "larch.go").read_text()


def govulncheck(folder: Path, *names: str) -> Path:
    """Write one that knows a vulnerability of libraries, mended in 1.1.0."""
    folder.mkdir()
    findings = [
        {
            "osv": f"GO-2026-{name}",
            "fixed_version": "v1.1.0",
            "trace": [{"module": f"{HOST}/{name}", "version": "v1.0.0"}],
        }
        for name in names
    ]
    lines = "\n".join(json.dumps({"finding": each}) for each in findings)
    program = folder / "govulncheck"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{lines}\nEND\n")
    program.chmod(0o755)
    return folder


def test_ten_of_twelve_are_raised(tmp_path: Path) -> None:
    """
    In few builds, with the reason for the two, and what they would have mended.

    One of the two goes to the highest version in between that starts.
    """
    project = plugin(tmp_path / "plugin")
    body = tmp_path / "body.md"
    programs = govulncheck(tmp_path / "bin", "kapok", PANICS)
    environment = {
        **os.environ,
        **asking(proxy(tmp_path / "proxy", BETWEEN), f"{HOST}/*"),
        "PATH": f"{programs}:{os.environ['PATH']}",
    }
    told = raised(project, body, environment)
    rows = {each["module"].rpartition("/")[2]: each for each in told["modules"]}
    required = dict(
        line.split()[:2]
        for line in (project / "go.mod").read_text().splitlines()
        if line.strip().startswith(HOST)
    )

    assert {
        name: {REMOVED: "v1.0.2", PANICS: "v1.0.0"}.get(name, "v1.1.0")
        for name in LIBRARIES
    } == {name: required[f"{HOST}/{name}"] for name in LIBRARIES}
    assert {name: row["after"] for name, row in rows.items()} == {
        name: required[f"{HOST}/{name}"] for name in LIBRARIES
    }
    assert ("v1.1.0", "v1.1.0") == (rows[REMOVED]["tried"], rows[PANICS]["tried"])
    assert f"undefined: {REMOVED}.Name" in rows[REMOVED]["why"]
    assert "v1.0.3 breaks too" in rows[REMOVED]["why"]
    assert "panic" in rows[PANICS]["why"]
    assert told["builds"] <= MOST_BUILDS + MOST_BETWEEN
    assert {"kapok": ["GO-2026-kapok"], PANICS: [f"GO-2026-{PANICS}"]} == {
        name: row["mends"] for name, row in rows.items() if row["mends"]
    }
    assert "undefined: elm.Name" in body.read_text()
