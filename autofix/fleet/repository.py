"""
What a fleet does with git: one commit out, and the branches made on it back home.

A repository's own settings never start programs, and nothing is ever pushed. The only
thing written to a repository of the user's are new branches.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path

from autofix.core.credentials import without_credentials
from autofix.errors import NetworkError, ProjectError

BASE = "fleet-base"
"""The branch of a worker's copy that stands at the commit it was given."""
SECONDS = 600.0
SAFE = (
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "safe.directory=*"),
    *("-c", "gc.auto=0"),
    *("-c", "protocol.ext.allow=never"),
)
_SERVE = f"git {' '.join(SAFE)} -c uploadpack.allowAnySHA1InWant=true upload-pack"
_IDENTITY = ("user.name", "user.email")


def home_of(folder: Path) -> tuple[Path, Path]:
    """Return the root of the repository that a folder is in, and the folder in it."""
    if not folder.is_dir():
        raise ProjectError(f"There is no folder {folder}.")
    root = git(folder, "rev-parse", "--show-toplevel").strip()
    if not root:
        raise ProjectError(
            f"{folder} is in no git repository.",
            why="What is asked for by revision, or to be committed, comes out of git.",
            todo="Leave revision and commit out, or commit the project first.",
        )
    return Path(root), folder.resolve().relative_to(Path(root).resolve())


def commit_of(where: str, revision: str, *, local: bool) -> str:
    """Return the commit that a revision names; ProjectError if there is none."""
    if local:
        found = git(
            Path(where), "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"
        )
    elif _is_commit(revision):
        return revision
    else:
        listed = _done(None, "ls-remote", "--", where, revision, f"{revision}^{{}}")
        if listed.returncode:
            raise NetworkError(
                f"{without_credentials(where)} cannot be read: {_said(listed)}.",
                todo="Try it with: git ls-remote, as the same user.",
            )
        found = _listed(listed.stdout.decode("utf-8", "replace"), revision)
    if not found.strip():
        raise ProjectError(
            f"{without_credentials(where)} has no revision {revision}.",
            todo="Name a branch, a tag or a commit.",
        )
    return found.strip()


def _listed(text: str, revision: str) -> str:
    """
    Return the commit of a revision among what ``git ls-remote`` lists, or "".

    A name is also listed for each reference that only ends with it (``next/main``), and
    an annotated tag a second time, with what it stands for. Tags come before branches,
    as git itself has it.
    """
    commits: dict[str, str] = {}
    for line in text.splitlines():
        commit, _, name = line.partition("\t")
        commits[name] = commit
    names = (revision, f"refs/{revision}", f"refs/tags/{revision}")
    for name in (*names, f"refs/heads/{revision}"):
        for each in (f"{name}^{{}}", name):
            if each in commits:
                return commits[each]
    return ""


def fetched(
    where: str, commit: str, into: Path, *, home: Path | None, by_user: bool = True
) -> Path:
    """
    Fetch one commit without its history into a new folder below ``into``; return it.

    It comes from the repository ``home`` of this machine, else from ``where``, which
    somebody else has written unless it is ``by_user``. Its branch is BASE; the identity
    that commits are made under is that of ``home``.
    """
    clone = Path(tempfile.mkdtemp(dir=into))
    _must(clone, "init", "--quiet", "--template=", f"--initial-branch={BASE}")
    serve = ("--upload-pack", _SERVE) if home else ()
    source = home.resolve().as_uri() if home else where
    fetch = ("fetch", "--quiet", "--depth=1", "--no-tags", *serve, "--", source, commit)
    trusted = {} if home or by_user else {"GIT_PROTOCOL_FROM_USER": "0"}
    done = _done(clone, *fetch, environment=trusted)
    if done.returncode:
        raise NetworkError(
            f"{commit[:12]} cannot be fetched from {without_credentials(where)}: "
            f"{_said(done)}.",
        )
    _must(clone, "update-ref", f"refs/heads/{BASE}", commit)
    for name in _IDENTITY:
        value = git(home or clone, "config", name).strip()
        if value:
            _must(clone, "config", name, value)
    (clone / ".git" / "FETCH_HEAD").unlink(missing_ok=True)
    return clone


def has_commit(folder: Path, commit: str) -> bool:
    """Tell whether a folder is a repository's own root, and that has a commit."""
    if not (folder / ".git").exists():  # else git would look above it
        return False
    return not _done(folder, "cat-file", "-e", f"{commit}^{{commit}}").returncode


def remote_of(home: Path) -> str:
    """Return where a repository came from; the folder itself if from nowhere."""
    return git(home, "config", "remote.origin.url").strip() or str(home.resolve())


def checked_out(folder: Path) -> None:
    """Fill the working tree of a worker's copy."""
    _must(folder, "reset", "--quiet", "--hard", BASE)


def new_branches(folder: Path) -> tuple[str, ...]:
    """Return the branches of a worker's copy that have commits of their own."""
    form = "--format=%(refname:short) %(objectname)"
    listed = git(folder, "for-each-ref", form, "refs/heads")
    heads = dict(line.split(" ") for line in listed.splitlines())
    base = heads.pop(BASE, "")
    return tuple(sorted(name for name, commit in heads.items() if commit != base))


def bundled(folder: Path, branches: Sequence[str], path: Path) -> bytes:
    """Return a bundle of branches, as far as they go beyond BASE; ``path`` is scratch."""
    refs = [f"refs/heads/{branch}" for branch in branches]
    _must(folder, "bundle", "create", "--quiet", str(path), *refs, f"^{BASE}")
    return path.read_bytes()


def brought_home(
    home: Path, bundle: Path, branches: Sequence[str], *, suffix: str
) -> tuple[str, ...]:
    """
    Bring branches from a bundle into the user's repository; return their names there.

    A branch that is there is never moved: one with the same content stands for the new
    one, beside another the new one gets the suffix. ProjectError if git refuses.
    """
    return tuple(_brought(home, bundle, branch, suffix) for branch in branches)


def _brought(home: Path, bundle: Path, branch: str, suffix: str) -> str:
    passing = f"refs/autofix/{suffix}/{branch}"
    fetch = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head")
    refs = f"+refs/heads/{branch}:{passing}"
    safe = ("-c", "fetch.fsckObjects=true")
    _must(home, *safe, *fetch, "--", str(bundle.resolve()), refs)
    try:
        tree = _tree(home, passing)
        same = ("", tree)
        heads = (f"refs/heads/{name}" for name in _names(branch, suffix))
        head = next(head for head in heads if _tree(home, head) in same)
        if not _tree(home, head):
            _must(home, "update-ref", head, passing, "")
    finally:
        _must(home, "update-ref", "-d", passing)
    return head.removeprefix("refs/heads/")


def _names(branch: str, suffix: str) -> Iterator[str]:
    """Yield what a branch may be called; the names have no end."""
    yield branch
    yield f"{branch}-{suffix}"
    yield from (f"{branch}-{suffix}-{number}" for number in count(2))


def _tree(home: Path, reference: str) -> str:
    """Return what identifies the content of a reference, "" if there is none."""
    return git(home, "rev-parse", "--verify", "--quiet", f"{reference}^{{tree}}")


def git(folder: Path, *arguments: str) -> str:
    """Return what a git command that only reads says; "" if it fails."""
    done = _done(folder, *arguments)
    return "" if done.returncode else done.stdout.decode("utf-8", "surrogateescape")


def _must(folder: Path, *arguments: str) -> None:
    done = _done(folder, *arguments)
    if done.returncode:
        raise ProjectError(f"git {_verb(arguments)} failed in {folder}: {_said(done)}.")


def _verb(arguments: Sequence[str]) -> str:
    """Return the command among git's arguments."""
    return arguments[2] if arguments[0] == "-c" else arguments[0]


def _done(
    folder: Path | None,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    told = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
    kept = {name: value for name, value in os.environ.items() if name not in told}
    own = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", **(environment or {})}
    try:
        return subprocess.run(
            ["git", *SAFE, *arguments],
            cwd=folder,
            env={**kept, **own},
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ProjectError(f"git {arguments[0]} cannot be run: {error}.") from error


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return without_credentials(lines[-1].rstrip(".")) if lines else "git says nothing"


def _is_commit(revision: str) -> bool:
    return len(revision) in (40, 64) and set(revision) <= set("0123456789abcdef")
