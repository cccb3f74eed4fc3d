from __future__ import annotations

import json
import tomllib
from importlib.resources import files

import pytest

from autofix.core.porting import (
    TABLE,
    ApiChange,
    Asked,
    Ported,
    Problem,
    near_versions,
    parse_ported,
    request,
)
from autofix.core.versions import compare
from autofix.releases import release_table

TEXT = files("autofix").joinpath("data", TABLE).read_text("utf-8")
ANSWER = {
    "files": {"/src/game/main.go": "package main\n", "/src/lib/x.go": "package x\n"},
    "rewrites": [
        {
            "file": "/src/game/main.go",
            "line": 7,
            "api": "runtime.NakamaModule.LeaderboardCreate",
            "what": "added enableRanks true",
            "why": "Every leaderboard had ranks before.",
            "review": False,
            "release": "v1.33.0",
        },
        {
            "file": "/src/lib/x.go",
            "line": 9,
            "api": "runtime.Initializer.RegisterPurchaseNotificationApple",
            "what": "a | b",
            "why": "",
            "review": True,
            "release": "",
        },
    ],
    "before": [],
    "remaining": [
        {
            "file": "/src/game/main.go",
            "line": 3,
            "text": "undefined: x",
            "package": "",
            "module": "",
            "version": "",
        }
    ],
    "libraries": None,
    "changes": [{"api": "runtime.X", "kind": "removed", "old": "x", "new": ""}],
    "error": "",
}


def test_every_row_of_the_table_says_since_when_and_why() -> None:
    """A row has its API, a known version of nakama-common, and a reason."""
    rows = tomllib.loads(TEXT)
    versions = {each.nakama_common for each in release_table().releases}

    assert {"parameter", "rename", "field", "method"} == rows.keys()
    for row in [row for kind in rows.values() for row in kind]:
        assert row["api"].startswith("runtime.")
        assert row["release"] in versions
        assert row["reason"].endswith(".")


def test_no_row_of_the_table_stands_twice() -> None:
    """A parameter, a name and a field has one row."""
    for kind, rows in tomllib.loads(TEXT).items():
        named = kind in ("parameter", "field")
        keys = [(row["api"], row["name"] if named else "") for row in rows]

        assert len(keys) == len(set(keys))


def test_a_request_has_the_table_and_the_paths() -> None:
    """What the porter reads names the folders, the versions and the rows."""
    asked = Asked(
        folder="/src/game",
        packages=(".", "./two"),
        writable=("/src",),
        old="v1.36.0",
        new="v1.47.0",
        flags=("-trimpath",),
    )
    read = json.loads(request(asked, TEXT))

    assert "port" == read["mode"]
    assert [".", "./two"] == read["patterns"]
    assert ["/src"] == read["writable"]
    assert ("v1.36.0", "v1.47.0") == (read["oldVersion"], read["newVersion"])
    assert {"value", "api", "name", "release", "reason"} == read["parameters"][0].keys()


def test_an_answer_is_told_relative_to_the_module() -> None:
    """Files of the module and beside it are named as the module sees them."""
    ported = parse_ported(json.dumps(ANSWER).encode(), "/src/game")

    assert {"main.go": b"package main\n", "../lib/x.go": b"package x\n"} == ported.files
    assert ["main.go", "../lib/x.go"] == [each.file for each in ported.rewrites]
    assert (Problem(file="main.go", line=3, text="undefined: x"),) == ported.remaining
    assert (ApiChange(api="runtime.X", kind="removed", old="x", new=""),) == (
        ported.changes
    )
    assert not ported.complete
    assert 1 == len(ported.reviews)


def test_an_answer_that_is_none_is_refused() -> None:
    """Anything but the porter's own object is no answer."""
    for text in (b"", b"[]", b"no"):
        with pytest.raises(ValueError, match=r"no object|Expecting value"):
            parse_ported(text, "/src")


def test_code_without_an_error_left_is_complete() -> None:
    """A refusal, a remaining error or a library's error keeps it from being so."""
    problem = Problem(file="x.go", line=1, text="no")

    assert Ported().complete
    assert not Ported(refusal="no Go").complete
    assert not Ported(libraries=(problem,)).complete


def test_versions_near_one_that_cannot_be_had_are_the_next_older_ones() -> None:
    """Two older and one newer version stand in for one that is gone."""
    table = release_table()

    assert ("v1.42.1", "v1.42.0", "v1.43.0") == near_versions("v1.42.2", table)
    for version in ("v1.11.0", "v1.0.0", "v9.0.0"):
        near = near_versions(version, table)

        assert len(near) in (2, 3)
        assert all(compare(each, version) != 0 for each in near)
