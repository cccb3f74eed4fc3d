"""Relative URLs of submodules, as git 2.39 resolves them."""

from __future__ import annotations

import pytest

from autofix.core.giturls import is_plain, submodule_url


@pytest.mark.parametrize(
    ("repository", "url", "resolved"),
    [
        ("https://h/a/game.git", "../lib.git", "https://h/a/lib.git"),
        ("https://h/a/game.git/", "../../b/lib", "https://h/b/lib"),
        ("https://me:token@h/a/game", "../lib", "https://me:token@h/a/lib"),
        ("https://h/a/game", "https://other/lib", "https://other/lib"),
        ("https://h/a/game", "./lib", "https://h/a/game/lib"),
        ("https://h/a/game", ".././../lib/", "https://h/lib"),
        ("git@h:a/game.git", "../lib.git", "git@h:a/lib.git"),
        ("git@h:game.git", "../lib.git", "git@h:lib.git"),
        ("/srv/git/game", "../lib", "/srv/git/lib"),
        ("file:///srv/git/game", "../lib", "file:///srv/git/lib"),
        ("https://h/game", "../../../lib", ""),
        ("https://h:80/game", "../../lib", ""),
        ("file:///srv/git", "../../lib", "file:///lib"),
        ("game", "../lib", ""),
    ],
)
def test_a_relative_url_begins_at_its_repositorys(
    repository: str, url: str, resolved: str
) -> None:
    """One level up for each ``../``; an absolute one is as it is."""
    assert resolved == submodule_url(repository, url)


@pytest.mark.parametrize("url", ["", "--upload-pack=x", "https://h/a\nhost=b", "a\x00"])
def test_what_is_no_url_is_not_handed_to_git(url: str) -> None:
    """An option, or lines that a credential helper would read."""
    assert not is_plain(url)
    assert is_plain("https://h/a b")
