"""
The submodules of a commit that travels: fetched into its .git, laid out by a worker.

What the user has checked out is taken from there; the rest comes from where
.gitmodules says. That file is somebody else's, so git's own rules for it hold: without
the user's ``protocol.file.allow=always`` it names no folder of this machine. One that
cannot be had stays an empty folder, as many are not needed to build a plugin.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from autofix.core.giturls import is_plain, submodule_url
from autofix.errors import AutofixError
from autofix.fleet.repository import BASE, checked_out, fetched, git, has_commit

STORES = "submodules"
"""Where they are in the .git of a worker's copy, each by a digest of its path."""
MOST_DEEP = 8
_GITLINK = "160000 commit "
_SETTINGS = r"^submodule\..*\.(path|url)$"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Submodule:
    """One of a commit: its path, the commit that it is at, and its name and URL."""

    path: str
    commit: str
    name: str = ""
    url: str = ""


def fetch_submodules(
    clone: Path, where: str, scratch: Path, *, home: Path | None
) -> tuple[str, ...]:
    """
    Fetch what BASE has of submodules, and theirs, into the .git of a worker's copy.

    ``where`` is the repository's URL; ``home`` the user's own clone of it, if there is
    one. Returns why each that is missing could not be had.
    """
    return tuple(_Fetching(clone, scratch).below(clone, where, (), home))


@dataclass(frozen=True, slots=True)
class _Fetching:
    """What goes into the .git of ``top``, by way of the folder ``scratch``."""

    top: Path
    scratch: Path

    def below(
        self, clone: Path, where: str, above: tuple[str, ...], home: Path | None
    ) -> Iterator[str]:
        """Fetch the submodules of a clone; yield why one could not be had."""
        for each in _submodules(clone):
            path = "/".join((*above, each.path))
            here = home / each.path if home else None
            own = here if here and has_commit(here, each.commit) else None
            url = submodule_url(where, _chosen_url(each, home))
            if len(above) >= MOST_DEEP:
                yield f"{path}: it is in {MOST_DEEP} others"
                continue
            if own is None and not is_plain(url):
                yield f"{path}: .gitmodules does not say where it is"
                continue
            try:
                inner = fetched(url, each.commit, self.scratch, home=own, by_user=False)
            except AutofixError as error:
                yield f"{path}: {error.what}"
                continue
            yield from self.below(inner, url, (*above, each.path), own)
            store = _store(self.top, path)
            store.parent.mkdir(exist_ok=True)
            shutil.move(inner / ".git", store)


def lay_out_submodules(top: Path) -> None:
    """Fill the folders of the submodules that came with a worker's copy."""
    _lay_out(top, top, "")


def _lay_out(top: Path, folder: Path, above: str) -> None:
    for each in _submodules(folder):
        target, store = folder / each.path, _store(top, f"{above}{each.path}")
        inside = target.resolve().is_relative_to(folder.resolve())
        empty = target.is_dir() and not any(target.iterdir())
        if not (store.is_dir() and inside and empty):
            continue
        (target / ".git").write_text(f"gitdir: {os.path.relpath(store, target)}\n")
        checked_out(target)
        _lay_out(top, target, f"{above}{each.path}/")


def _store(top: Path, path: str) -> Path:
    return top / ".git" / STORES / sha256(os.fsencode(path)).hexdigest()[:16]


def _submodules(repository: Path) -> Iterator[_Submodule]:
    """Yield the submodules of BASE; what .gitmodules has no line for has no URL."""
    told = _told(repository)
    for line in git(repository, "ls-tree", "-r", "-z", BASE).split("\0"):
        if line.startswith(_GITLINK):
            commit, _, path = line.removeprefix(_GITLINK).partition("\t")
            name, url = told.get(path, ("", ""))
            yield _Submodule(path=path, commit=commit, name=name, url=url)


def _told(repository: Path) -> dict[str, tuple[str, str]]:
    """Map paths to names and URLs, as the .gitmodules of BASE has them."""
    words = ("config", "-z", f"--blob={BASE}:.gitmodules", "--get-regexp", _SETTINGS)
    found: dict[str, dict[str, str]] = {}
    for entry in git(repository, *words).split("\0"):
        key, _, value = entry.partition("\n")
        name, _, setting = key.removeprefix("submodule.").rpartition(".")
        found.setdefault(name, {})[setting] = value
    return {
        settings["path"]: (name, settings.get("url", ""))
        for name, settings in found.items()
        if "path" in settings
    }


def _chosen_url(each: _Submodule, home: Path | None) -> str:
    """Return what the user's clone was told instead, or else .gitmodules' URL."""
    key = f"submodule.{each.name}.url"
    told = git(home, "config", key).strip() if home and each.name else ""
    return told or each.url
