"""What is kept of a quoted line is what the next run quotes too."""

from __future__ import annotations

import json

import pytest

from autofix.scenarios.quoting import LONGEST, lasting_words


def logged(message: str, error: str) -> str:
    """Return a line of Nakama's log."""
    return json.dumps({"level": "error", "ts": "now", "msg": message, "error": error})


@pytest.mark.parametrize(
    ("quoted", "kept"),
    [
        (
            logged(
                "Could not open Go module",
                'plugin.Open("/nakama/data/modules/backend"): plugin was built with a '
                "different version of package example.com/a/b",
            ),
            "plugin was built with a different version of package example.com/a/b",
        ),
        (
            logged(
                "Could not open Go module",
                'plugin.Open("/tmp/a/b.so"): /tmp/a/b.so: invalid ELF header',
            ),
            "invalid ELF header",
        ),
        (
            '{"level":"fatal","msg":"Error reading InitModule","name":"backend"}',
            "Error reading InitModule",
        ),
        (
            "/root/go/pkg/mod/example.com/a@v1.0.0/a.go:118:30: undefined: b.New",
            "undefined: b.New",
        ),
        (
            "main.go:7:2: example.com/a@v1.2.0: reading http://127.0.0.1:4711/a: 404",
            "main.go:7:2: example.com/a@v1.2.0: reading",
        ),
        ("2026/11/23 01:03:15 REGION is not set", "REGION is not set"),
        ("fatal error: runtime: no plugin module data", None),
        ("/nakama/data", ""),
        ("", ""),
        (logged("a message", 'a "quoted" word that is kept'), "word that is kept"),
    ],
)
def test_what_is_of_one_run_only_is_left_out(quoted: str, kept: str | None) -> None:
    """Paths, addresses and the loader's own preface; what remains stands in the line."""
    words = lasting_words(quoted)

    assert (quoted if kept is None else kept) == words
    assert words in quoted


def test_a_long_line_is_cut_between_words() -> None:
    """A scenario quotes a line, not a page."""
    words = lasting_words("word " * 1000)

    assert LONGEST - 5 <= len(words) <= LONGEST
    assert words.endswith("word")


def test_what_json_escapes_is_not_kept() -> None:
    """A line is compared as the program wrote it."""
    line = '{"level":"error","msg":"m","error":"caf\\u00e9 /a is closed today"}'

    assert "is closed today" == lasting_words(line)
