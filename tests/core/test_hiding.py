"""What looks like a credential is covered, and nothing else is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.core.hiding import hidden, hidden_everywhere, without_home

TOKEN = "gh" + "p_" + "a1B2" * 9
KEY = "-----BEGIN RSA PRIVATE" + " KEY-----\nMIIEpAIBAAKCAQEA\n-----END"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("password=hunter2", "hunter2"),
        ('{"auth_token":"abcd1234"}', "abcd1234"),
        ("see https://bob:hush@git.example.com/x", "bob:hush"),
        (f"fatal: {TOKEN} is not valid", TOKEN),
        ("Authorization: Bearer abcdefghijklmnop", "abcdefghijklmnop"),
        ("--database.address postgres:localdb@db:5432/nakama", "localdb"),
        (KEY, "MIIEpAIBAAKCAQEA"),
        ("AKIA" + "ABCDEFGHIJKLMNOP", "AKIA" + "ABCDEFGHIJKLMNOP"),
    ],
)
def test_a_credential_is_covered(text: str, secret: str) -> None:
    """By its shape or its name; the text keeps its length."""
    clean = hidden(text)

    assert secret not in clean
    assert len(text) == len(clean)
    assert text.replace(secret, "*" * len(secret)) == clean


@pytest.mark.parametrize(
    "text",
    [
        "go: github.com/x/token@v1.2.3: missing go.sum entry",
        "image: heroiclabs/nakama:3.26.0@sha256:0123456789",
        "plugin was built with a different version of package internal/goarch",
        "git@github.com:acme/game.git",
        "ssh://git@example.com/x",
        "main.go:12:34: undefined: nk",
    ],
)
def test_other_words_stay(text: str) -> None:
    """Module versions, images by digest, what builds and servers say."""
    assert text == hidden(text)
    assert text == hidden(text, code=True)


def test_code_still_compiles() -> None:
    """Only literals are covered, with letters of the same number."""
    code = 'token := parts[1]\nconst apiKey = "abcdefgh12"\nsecret = load()\n'

    assert code.replace("abcdefgh12", "x" * 10) == hidden(code, code=True)


def test_homes_do_not_tell_who_lives_there() -> None:
    """Home folders only, not what merely has such a name."""
    text = "/home/alice/game/x.go /Users/bob/y github.com/home/alice /home/user/z"

    assert (
        "/home/user/game/x.go /Users/user/y github.com/home/alice /home/user/z"
        == without_home(text)
    )


def test_every_string_of_json_is_hidden() -> None:
    """At any depth; keys and numbers stay."""
    value = {"password": [1, "token=abcd"], "at": {"x": "/home/al/y"}}

    assert {
        "password": [1, "token=****"],
        "at": {"x": "/home/user/y"},
    } == hidden_everywhere(value)


@given(st.text("ab:@/=\"' -tokensecrpawd\n", max_size=200))
def test_length_and_lines_never_change(text: str) -> None:
    """Whatever is covered; covering again changes nothing of that."""
    for code in (False, True):
        clean = hidden(text, code=code)

        assert len(text) == len(clean)
        assert text.count("\n") == clean.count("\n")


@pytest.mark.parametrize(
    "piece", ["secret_", "eyJ", "://", "a.b:", "token  ", "basic "]
)
def test_no_text_takes_long(piece: str) -> None:
    """Time grows with the length, not with its square."""
    began = time.process_time()
    hidden(piece * 20_000)
    hidden(piece * 20_000, code=True)

    assert time.process_time() - began < 5
